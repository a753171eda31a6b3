/* SPDX-License-Identifier: MIT */
/* Item i has its children at 2i+1 and 2i+2, and neither of them comes before it. Items move into a
 * hole instead of being swapped: one copy a level. */
#include "base/ds/heap.h"

#include <stdint.h>
#include <string.h>

#include "base/core/assert.h"
#include "base/mem/mem.h"

static void *item_at(const struct heap *heap, size_t i) {
  return (uint8_t *)heap->items + i * heap->item_bytes;
}

static bool is_before(const struct heap *heap, const void *a, const void *b) {
  return heap->before(heap->context, a, b);
}

void heap_init(struct heap *heap, size_t item_bytes, heap_before_fn *before, const void *context) {
  ASSERT(item_bytes > 0 && item_bytes <= HEAP_ITEM_BYTES_MAX);
  *heap = (struct heap){.item_bytes = item_bytes, .before = before, .context = context};
}

void heap_deinit(struct heap *heap) {
  mem_free(heap->items);
  heap_init(heap, heap->item_bytes, heap->before, heap->context);
}

void heap_reset(struct heap *heap) {
  heap->count = 0;
}

bool heap_push(struct heap *heap, const void *item) {
  if (!mem_grow(&heap->items, &heap->capacity, heap->count + 1, heap->item_bytes)) return false;
  size_t hole = heap->count++;
  while (hole > 0) {
    size_t parent = (hole - 1) / 2;
    if (!is_before(heap, item, item_at(heap, parent))) break;
    memcpy(item_at(heap, hole), item_at(heap, parent), heap->item_bytes);
    hole = parent;
  }
  memcpy(item_at(heap, hole), item, heap->item_bytes);
  return true;
}

void *heap_peek(const struct heap *heap) {
  return heap->count ? heap->items : NULL;
}

/* The child of `parent` that comes first, or the count when it has none. */
static size_t first_child(const struct heap *heap, size_t parent) {
  size_t left = 2 * parent + 1, right = left + 1;
  if (left >= heap->count) return heap->count;
  bool is_right = right < heap->count && is_before(heap, item_at(heap, right), item_at(heap, left));
  return is_right ? right : left;
}

/* Finds the place of `item`, which lies outside of the items, from the top down. */
static void sink(struct heap *heap, const void *item) {
  size_t hole = 0;
  for (;;) {
    size_t child = first_child(heap, hole);
    if (child == heap->count || !is_before(heap, item_at(heap, child), item)) break;
    memcpy(item_at(heap, hole), item_at(heap, child), heap->item_bytes);
    hole = child;
  }
  memcpy(item_at(heap, hole), item, heap->item_bytes);
}

bool heap_pop(struct heap *heap, void *item) {
  if (heap->count == 0) return false;
  if (item) memcpy(item, heap->items, heap->item_bytes);
  heap->count--;
  /* The last item seeks a new place; its memory, just past the end, is not written meanwhile. */
  if (heap->count > 0) sink(heap, item_at(heap, heap->count));
  return true;
}

void heap_replace(struct heap *heap, const void *item) {
  ASSERT(heap->count > 0);
  uint8_t copy[HEAP_ITEM_BYTES_MAX];
  memcpy(copy, item, heap->item_bytes);
  sink(heap, copy);
}
