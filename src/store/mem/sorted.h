/* SPDX-License-Identifier: MIT */
/* A sorted list of items by byte key: an array of short sorted arrays. Finding is two binary
 * searches, stepping either way is an index, inserting moves at most one short array and, when that
 * is full, splits it. Simple enough to be seen right.
 *
 * Items are the caller's, begin with a `struct sorted_item` and are never copied; their keys must
 * not change while inside. Invariants: no chunk is empty; keys increase within a chunk and from one
 * chunk to the next; no key is there twice. Not thread-safe. */
#ifndef STORE_MEM_SORTED_H
#define STORE_MEM_SORTED_H

#include "base/text/slice.h"

/** The head of every item. */
struct sorted_item {
  struct slice key;
};

struct sorted_chunk;

struct sorted {
  struct sorted_chunk **chunks;
  size_t chunks_count, chunks_capacity;
  uint64_t items_count;
};

/** A gap between two items (or before the first, or after the last). Valid until the list changes.
 */
struct sorted_gap {
  size_t chunk;
  uint32_t index;
};

void sorted_init(struct sorted *list);
/** Frees the list, not the items. */
void sorted_deinit(struct sorted *list);

/** The item of exactly this key, or NULL. */
struct sorted_item *sorted_get(const struct sorted *list, struct slice key);
/** Adds an item whose key must not be there yet; false when out of memory. */
bool sorted_insert(struct sorted *list, struct sorted_item *item)
    __attribute__((warn_unused_result));
/** Takes out the item of this key, which must be there. Never fails. */
void sorted_remove(struct sorted *list, struct slice key);

/** The gap before the first item whose key is at or after `key`. */
struct sorted_gap sorted_find(const struct sorted *list, struct slice key);
struct sorted_gap sorted_end(const struct sorted *list);
/** The item after the gap (before it, if `backwards`), or NULL. */
struct sorted_item *sorted_peek(const struct sorted *list, struct sorted_gap gap, bool backwards);
/** Moves the gap over the item that sorted_peek answers, which must be one. */
void sorted_step(const struct sorted *list, struct sorted_gap *gap, bool backwards);

#endif
