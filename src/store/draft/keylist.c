/* SPDX-License-Identifier: MIT */
#include "store/draft/keylist.h"

#include "base/core/assert.h"
#include "base/mem/mem.h"

enum { KEYLIST_CHUNK_ITEMS = 256 };

struct keylist_chunk {
  uint32_t count;
  struct keylist_item *items[KEYLIST_CHUNK_ITEMS];
};

void keylist_init(struct keylist *list) {
  *list = (struct keylist){0};
}

void keylist_deinit(struct keylist *list) {
  for (size_t i = 0; i < list->chunks_count; i++) mem_free(list->chunks[i]);
  mem_free(list->chunks);
  keylist_init(list);
}

/* The last chunk whose first key is not after `key`; 0 when there is none. */
static size_t chunk_find(const struct keylist *list, struct slice key) {
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
static uint32_t place_find(const struct keylist_chunk *chunk, struct slice key) {
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

struct keylist_gap keylist_find(const struct keylist *list, struct slice key) {
  if (list->chunks_count == 0) return (struct keylist_gap){0, 0};
  size_t chunk = chunk_find(list, key);
  return (struct keylist_gap){chunk, place_find(list->chunks[chunk], key)};
}

struct keylist_gap keylist_end(const struct keylist *list) {
  return (struct keylist_gap){list->chunks_count, 0};
}

/* The item after a gap stands in the next chunk when the gap is at the end of its own; the same for
 * the item before it. */
struct keylist_item *keylist_peek(const struct keylist *list, struct keylist_gap gap,
                                  bool backwards) {
  if (backwards) {
    if (gap.index > 0) return list->chunks[gap.chunk]->items[gap.index - 1];
    if (gap.chunk == 0) return NULL;
    const struct keylist_chunk *before = list->chunks[gap.chunk - 1];
    return before->items[before->count - 1];
  }
  if (gap.chunk >= list->chunks_count) return NULL;
  if (gap.index < list->chunks[gap.chunk]->count) return list->chunks[gap.chunk]->items[gap.index];
  return gap.chunk + 1 < list->chunks_count ? list->chunks[gap.chunk + 1]->items[0] : NULL;
}

void keylist_step(const struct keylist *list, struct keylist_gap *gap, bool backwards) {
  ASSERT(keylist_peek(list, *gap, backwards));
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

struct keylist_item *keylist_get(const struct keylist *list, struct slice key) {
  struct keylist_item *item = keylist_peek(list, keylist_find(list, key), false);
  return item && slice_is_equal(item->key, key) ? item : NULL;
}

/* Makes an empty chunk at `at`. */
static bool chunk_add(struct keylist *list, size_t at) {
  void *chunks = list->chunks;
  if (!mem_grow(&chunks, &list->chunks_capacity, list->chunks_count + 1, sizeof *list->chunks)) {
    return false;
  }
  list->chunks = chunks;
  struct keylist_chunk *chunk = mem_alloc(sizeof *chunk);
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
static bool chunk_split(struct keylist *list, struct keylist_gap *gap) {
  bool at_end = gap->chunk + 1 == list->chunks_count && gap->index == KEYLIST_CHUNK_ITEMS;
  uint32_t keep = at_end ? KEYLIST_CHUNK_ITEMS : KEYLIST_CHUNK_ITEMS / 2;
  if (!chunk_add(list, gap->chunk + 1)) return false;
  struct keylist_chunk *left = list->chunks[gap->chunk], *right = list->chunks[gap->chunk + 1];
  right->count = KEYLIST_CHUNK_ITEMS - keep;
  memcpy(right->items, left->items + keep, right->count * sizeof right->items[0]);
  left->count = keep;
  if (gap->index > keep || at_end) *gap = (struct keylist_gap){gap->chunk + 1, gap->index - keep};
  return true;
}

bool keylist_insert(struct keylist *list, struct keylist_item *item) {
  struct keylist_gap gap = keylist_find(list, item->key);
  if (list->chunks_count == 0 && !chunk_add(list, 0)) return false;
  if (list->chunks[gap.chunk]->count == KEYLIST_CHUNK_ITEMS && !chunk_split(list, &gap))
    return false;
  struct keylist_chunk *chunk = list->chunks[gap.chunk];
  memmove(chunk->items + gap.index + 1, chunk->items + gap.index,
          (chunk->count - gap.index) * sizeof chunk->items[0]);
  chunk->items[gap.index] = item;
  chunk->count++;
  list->items_count++;
  return true;
}

void keylist_remove(struct keylist *list, struct slice key) {
  ASSERT(keylist_get(list, key));
  size_t at = chunk_find(list, key);
  struct keylist_chunk *chunk = list->chunks[at];
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
