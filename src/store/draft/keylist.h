/* SPDX-License-Identifier: MIT */
/* A sorted list of items by byte key: an array of short sorted arrays. Finding is two binary
 * searches, stepping either way is an index, inserting moves at most one short array and, when that
 * is full, splits it. Simple enough to be seen right.
 *
 * Items are the caller's, begin with a `struct keylist_item` and are never copied; their keys must
 * not change while inside. Invariants: no chunk is empty; keys increase within a chunk and from one
 * chunk to the next; no key is there twice. Not thread-safe. */
#ifndef STORE_DRAFT_KEYLIST_H
#define STORE_DRAFT_KEYLIST_H

#include "base/text/slice.h"

/** The head of every item. */
struct keylist_item {
  struct slice key;
};

struct keylist_chunk;

struct keylist {
  struct keylist_chunk **chunks;
  size_t chunks_count, chunks_capacity;
  uint64_t items_count;
};

/** A gap between two items (or before the first, or after the last). Valid until the list changes.
 */
struct keylist_gap {
  size_t chunk;
  uint32_t index;
};

void keylist_init(struct keylist *list);
/** Frees the list, not the items. */
void keylist_deinit(struct keylist *list);

/** The item of exactly this key, or NULL. */
struct keylist_item *keylist_get(const struct keylist *list, struct slice key);
/** Adds an item whose key must not be there yet; false when out of memory. */
bool keylist_insert(struct keylist *list, struct keylist_item *item)
    __attribute__((warn_unused_result));
/** Takes out the item of this key, which must be there. Never fails. */
void keylist_remove(struct keylist *list, struct slice key);

/** The gap before the first item whose key is at or after `key`. */
struct keylist_gap keylist_find(const struct keylist *list, struct slice key);
struct keylist_gap keylist_end(const struct keylist *list);
/** The item after the gap (before it, if `backwards`), or NULL. */
struct keylist_item *keylist_peek(const struct keylist *list, struct keylist_gap gap,
                                  bool backwards);
/** Moves the gap over the item that keylist_peek answers, which must be one. */
void keylist_step(const struct keylist *list, struct keylist_gap *gap, bool backwards);

#endif
