/* SPDX-License-Identifier: MIT */
#include "store/mem/sorted.h"

#include "base/core/assert.h"
#include "base/mem/mem.h"

enum { SORTED_CHUNK_ITEMS = 256 };

struct sorted_chunk {
  uint32_t count;
  struct sorted_item *items[SORTED_CHUNK_ITEMS];
};

void sorted_init(struct sorted *list) {
  *list = (struct sorted){0};
}

void sorted_deinit(struct sorted *list) {
  for (size_t i = 0; i < list->chunks_count; i++) mem_free(list->chunks[i]);
  mem_free(list->chunks);
  sorted_init(list);
}

/* The last chunk whose first key is not after `key`; 0 when there is none. */
static size_t chunk_find(const struct sorted *list, struct slice key) {
  size_t low = 0, high = list->chunks_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (slice_compare(list->chunks[middle]->items[0]->key, key) <= 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low ? low - 1 : 0;
}

/* The first place in the chunk whose key is at or after `key`. */
static uint32_t place_find(const struct sorted_chunk *chunk, struct slice key) {
  uint32_t low = 0, high = chunk->count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (slice_compare(chunk->items[middle]->key, key) < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

struct sorted_gap sorted_find(const struct sorted *list, struct slice key) {
  if (list->chunks_count == 0) return (struct sorted_gap){0, 0};
  size_t chunk = chunk_find(list, key);
  return (struct sorted_gap){chunk, place_find(list->chunks[chunk], key)};
}

struct sorted_gap sorted_end(const struct sorted *list) {
  return (struct sorted_gap){list->chunks_count, 0};
}

/* The item after a gap stands in the next chunk when the gap is at the end of its own; the same for
 * the item before it. */
struct sorted_item *sorted_peek(const struct sorted *list, struct sorted_gap gap, bool backwards) {
  if (backwards) {
    if (gap.index > 0) return list->chunks[gap.chunk]->items[gap.index - 1];
    if (gap.chunk == 0) return NULL;
    const struct sorted_chunk *before = list->chunks[gap.chunk - 1];
    return before->items[before->count - 1];
  }
  if (gap.chunk >= list->chunks_count) return NULL;
  if (gap.index < list->chunks[gap.chunk]->count) return list->chunks[gap.chunk]->items[gap.index];
  return gap.chunk + 1 < list->chunks_count ? list->chunks[gap.chunk + 1]->items[0] : NULL;
}

void sorted_step(const struct sorted *list, struct sorted_gap *gap, bool backwards) {
  ASSERT(sorted_peek(list, *gap, backwards));
  if (backwards) {
    if (gap->index == 0) {
      gap->chunk--;
      gap->index = list->chunks[gap->chunk]->count;
    }
    gap->index--;
  } else {
    if (gap->index == list->chunks[gap->chunk]->count) {
      gap->chunk++;
      gap->index = 0;
    }
    gap->index++;
  }
}

struct sorted_item *sorted_get(const struct sorted *list, struct slice key) {
  struct sorted_item *item = sorted_peek(list, sorted_find(list, key), false);
  return item && slice_is_equal(item->key, key) ? item : NULL;
}

/* Makes an empty chunk at `at`. */
static bool chunk_add(struct sorted *list, size_t at) {
  void *chunks = list->chunks;
  if (!mem_grow(&chunks, &list->chunks_capacity, list->chunks_count + 1, sizeof *list->chunks)) {
    return false;
  }
  list->chunks = chunks;
  struct sorted_chunk *chunk = mem_alloc(sizeof *chunk);
  if (!chunk) return false;
  chunk->count = 0;
  memmove(list->chunks + at + 1, list->chunks + at,
          (list->chunks_count - at) * sizeof *list->chunks);
  list->chunks[at] = chunk;
  list->chunks_count++;
  return true;
}

/* Splits the full chunk of `gap`, which stays at the same place between items. Keys that come in
 * order leave full chunks. */
static bool chunk_split(struct sorted *list, struct sorted_gap *gap) {
  bool at_end = gap->chunk + 1 == list->chunks_count && gap->index == SORTED_CHUNK_ITEMS;
  uint32_t keep = at_end ? SORTED_CHUNK_ITEMS : SORTED_CHUNK_ITEMS / 2;
  if (!chunk_add(list, gap->chunk + 1)) return false;
  struct sorted_chunk *left = list->chunks[gap->chunk], *right = list->chunks[gap->chunk + 1];
  right->count = SORTED_CHUNK_ITEMS - keep;
  memcpy(right->items, left->items + keep, right->count * sizeof right->items[0]);
  left->count = keep;
  if (gap->index > keep || at_end) *gap = (struct sorted_gap){gap->chunk + 1, gap->index - keep};
  return true;
}

bool sorted_insert(struct sorted *list, struct sorted_item *item) {
  struct sorted_gap gap = sorted_find(list, item->key);
  if (list->chunks_count == 0 && !chunk_add(list, 0)) return false;
  if (list->chunks[gap.chunk]->count == SORTED_CHUNK_ITEMS && !chunk_split(list, &gap))
    return false;
  struct sorted_chunk *chunk = list->chunks[gap.chunk];
  memmove(chunk->items + gap.index + 1, chunk->items + gap.index,
          (chunk->count - gap.index) * sizeof chunk->items[0]);
  chunk->items[gap.index] = item;
  chunk->count++;
  list->items_count++;
  return true;
}

void sorted_remove(struct sorted *list, struct slice key) {
  ASSERT(sorted_get(list, key));
  size_t at = chunk_find(list, key);
  struct sorted_chunk *chunk = list->chunks[at];
  uint32_t index = place_find(chunk, key);
  chunk->count--;
  list->items_count--;
  memmove(chunk->items + index, chunk->items + index + 1,
          (chunk->count - index) * sizeof chunk->items[0]);
  if (chunk->count > 0) return;
  mem_free(chunk);
  list->chunks_count--;
  memmove(list->chunks + at, list->chunks + at + 1,
          (list->chunks_count - at) * sizeof *list->chunks);
}
