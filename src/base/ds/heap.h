/* SPDX-License-Identifier: MIT */
/* A binary heap of items of one size, the first by the given order on top: priority queues, k-way
 * merges, top-k. Items are copied in and out. A pop or a replacement costs about 2 log2(count)
 * comparisons. Not thread-safe. */
#ifndef BASE_DS_HEAP_H
#define BASE_DS_HEAP_H

#include <stdbool.h>
#include <stddef.h>

/** True when `a` comes before `b`. */
typedef bool heap_before_fn(const void *context, const void *a, const void *b);

/** Fields but `count` are private. */
struct heap {
  void *items;
  size_t count, capacity, item_bytes;
  heap_before_fn *before;
  const void *context;
};

enum { HEAP_ITEM_BYTES_MAX = 256 };

/** Ready without allocating. `context` is given to every call of `before`. */
void heap_init(struct heap *heap, size_t item_bytes, heap_before_fn *before, const void *context);
void heap_deinit(struct heap *heap);
/** Empty, capacity kept. */
void heap_reset(struct heap *heap);

/** Copies `item` in; false when out of memory (nothing changed). */
bool heap_push(struct heap *heap, const void *item) __attribute__((warn_unused_result));
/** The first item, NULL when empty. Valid until the heap changes; to change its order, see
 * heap_replace. */
void *heap_peek(const struct heap *heap);
/** Takes the first item out into `item` (may be NULL); false when empty. */
bool heap_pop(struct heap *heap, void *item);
/** Puts `item` in the place of the first one (it may be that one, changed in place). Needs one
 * there. */
void heap_replace(struct heap *heap, const void *item);

#endif
