/* SPDX-License-Identifier: MIT */
/* Hash map from byte strings to 64-bit values (open addressing, XXH3). Keys are borrowed: they must
 * outlive the map. Not thread-safe. Iteration order is unspecified. */
#ifndef BASE_DS_HASHMAP_H
#define BASE_DS_HASHMAP_H

#include "base/text/slice.h"

struct hashmap_slot {
  struct slice key;
  uint64_t hash, value;
  bool used;
};

struct hashmap {
  struct hashmap_slot *slots;
  size_t count, capacity;
};

void hashmap_init(struct hashmap *map);
void hashmap_deinit(struct hashmap *map);
void hashmap_reset(struct hashmap *map);
/** The value's place, or NULL. Valid until the next put or remove. */
uint64_t *hashmap_get(const struct hashmap *map, struct slice key);
/** The value's place, made with 0 if the key is new (`*is_new`, may be NULL); NULL when out of
 * memory. */
uint64_t *hashmap_put(struct hashmap *map, struct slice key, bool *is_new);
bool hashmap_remove(struct hashmap *map, struct slice key);
/** Next used slot after `*at` (start with 0), or NULL at the end. */
struct hashmap_slot *hashmap_next(const struct hashmap *map, size_t *at);

#endif
