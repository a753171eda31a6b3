/* SPDX-License-Identifier: MIT */
/* Random entries for the tests of what holds entries, and sorted files made of them. */
#ifndef TESTS_UNIT_STORE_ENTRIES_H
#define TESTS_UNIT_STORE_ENTRIES_H

#include "base/ds/rng.h"
#include "base/mem/arena.h"
#include "store/lsm/sorted/sorted.h"

enum { ENTRIES_SPACE = 2 };

/** Entries in the order of entries; keys and values live in the arena. */
struct entries {
  struct arena arena;
  struct lsm_entry *items;
  size_t count;
  uint64_t seq_max;
};

struct entries_shape {
  uint32_t keys;         /* at most */
  uint32_t versions_max; /* of one key */
  uint32_t value_bytes_max;
  uint32_t large_one_in; /* one value in so many is 20 times as large; 0 = none */
};

/** Keys of many lengths that share prefixes; versions put or deleted at random sequences. At least
 * one entry. */
void entries_init(struct entries *entries, struct rng *rng, const struct entries_shape *shape);
void entries_deinit(struct entries *entries);

/** What is needed to write files. */
struct entries_disk {
  struct os *os;
  struct cache *cache;
  uint32_t block_bytes;
  enum block_codec codec;
  bool has_places;
};

/** Writes `items` to the file "<number>.sorted". */
status entries_write(const struct entries_disk *disk, uint64_t number,
                     const struct lsm_entry *items, size_t count, struct sorted_info *info,
                     struct err *err);
/** Opens it. */
status entries_open(const struct entries_disk *disk, uint64_t number, struct sorted_file **file,
                    struct err *err);

bool entries_is_equal(const struct lsm_entry *a, const struct lsm_entry *b);

#endif
