/* SPDX-License-Identifier: MIT */
/* Linear probing in a power of two of slots, at most three quarters full; removal shifts later
 * slots back, so there are no tombstones and a search ends at the first unused slot. */
#include "base/ds/hashmap.h"

#include "base/hash/hash.h"
#include "base/mem/mem.h"

enum { CAPACITY_MIN = 16 };

void hashmap_init(struct hashmap *map) {
  *map = (struct hashmap){0};
}

void hashmap_deinit(struct hashmap *map) {
  mem_free(map->slots);
  hashmap_init(map);
}

void hashmap_reset(struct hashmap *map) {
  if (map->count) memset(map->slots, 0, map->capacity * sizeof *map->slots);
  map->count = 0;
}

/* The slot of `key`, or the unused one where it belongs. */
static struct hashmap_slot *find(const struct hashmap *map, struct slice key, uint64_t hash) {
  size_t mask = map->capacity - 1;
  for (size_t i = hash & mask;; i = (i + 1) & mask) {
    struct hashmap_slot *slot = &map->slots[i];
    if (!slot->used || (slot->hash == hash && slice_is_equal(slot->key, key))) return slot;
  }
}

uint64_t *hashmap_get(const struct hashmap *map, struct slice key) {
  if (map->count == 0) return NULL;
  struct hashmap_slot *slot = find(map, key, hash64(key, 0));
  return slot->used ? &slot->value : NULL;
}

static bool grow(struct hashmap *map) {
  struct hashmap grown = {.capacity = map->capacity ? map->capacity * 2 : CAPACITY_MIN,
                          .count = map->count};
  grown.slots = mem_zalloc(grown.capacity, sizeof *grown.slots);
  if (!grown.slots) return false;
  for (size_t i = 0; i < map->capacity; i++)
    if (map->slots[i].used) *find(&grown, map->slots[i].key, map->slots[i].hash) = map->slots[i];
  mem_free(map->slots);
  *map = grown;
  return true;
}

static uint64_t *insert(struct hashmap *map, struct slice key, uint64_t hash) {
  bool is_full = map->count >= map->capacity / 4 * 3;
  if (is_full && !grow(map)) return NULL;
  struct hashmap_slot *slot = find(map, key, hash);
  *slot = (struct hashmap_slot){.key = key, .hash = hash, .used = true};
  map->count++;
  return &slot->value;
}

uint64_t *hashmap_put(struct hashmap *map, struct slice key, bool *is_new) {
  uint64_t hash = hash64(key, 0);
  struct hashmap_slot *slot = map->count ? find(map, key, hash) : NULL;
  bool found = slot && slot->used;
  if (is_new) *is_new = !found;
  return found ? &slot->value : insert(map, key, hash);
}

/* Closes the gap at `hole`: a later slot of the run moves back unless its home lies after the hole.
 */
static void shift_back(struct hashmap *map, size_t hole) {
  size_t mask = map->capacity - 1;
  for (size_t i = (hole + 1) & mask; map->slots[i].used; i = (i + 1) & mask) {
    size_t home = map->slots[i].hash & mask;
    if (((i - home) & mask) < ((i - hole) & mask)) continue;
    map->slots[hole] = map->slots[i];
    hole = i;
  }
  map->slots[hole] = (struct hashmap_slot){0};
}

bool hashmap_remove(struct hashmap *map, struct slice key) {
  if (map->count == 0) return false;
  struct hashmap_slot *slot = find(map, key, hash64(key, 0));
  if (!slot->used) return false;
  shift_back(map, (size_t)(slot - map->slots));
  map->count--;
  return true;
}

struct hashmap_slot *hashmap_next(const struct hashmap *map, size_t *at) {
  while (*at < map->capacity) {
    struct hashmap_slot *slot = &map->slots[(*at)++];
    if (slot->used) return slot;
  }
  return NULL;
}
