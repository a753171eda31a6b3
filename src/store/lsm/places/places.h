/* SPDX-License-Identifier: MIT */
/* The table of places: for every key of a file, in which data block it stands and where there. A
 * lookup looks at one cache line of the table and then at the entry itself, instead of a filter, an
 * index and two binary searches.
 *
 * Built once, when all keys are known, and never changed: so it lies in the file in the form in
 * which it is used, needs no building at opening, and no reader ever waits. Buckets of 64 bytes
 * hold ten places of four bytes with the sixteen bits of the hash that tell keys of a bucket apart
 * (the bucket of Chandramouli et al., "FASTER", SIGMOD 2018, made static); seven are used on
 * average, about 9 bytes a key. A key whose bucket is full goes to one behind it in the same page,
 * and its own bucket notes how far to look. Pages are read and verified one at a time. Pure; any
 * thread. */
#ifndef STORE_LSM_PLACES_PLACES_H
#define STORE_LSM_PLACES_PLACES_H

#include "base/core/err.h"
#include "base/text/slice.h"

enum {
  PLACES_BUCKET_BYTES = 64,
  PLACES_BUCKET_SLOTS = 10,
  PLACES_PAGE_BUCKETS_MAX = 256, /* 16 KiB */
};

/** How a table is laid out: so many pages of so many buckets. No pages: there is no table. */
struct places_shape {
  uint32_t pages;
  uint16_t page_buckets;
  uint8_t index_bits; /* the low bits of a place: the entry in its block; above: the block */
};

/** A key to be put in a table. */
struct places_key {
  uint64_t hash;
  uint32_t block, index;
};

static inline uint64_t places_page_bytes(const struct places_shape *shape) {
  return (uint64_t)shape->page_buckets * PLACES_BUCKET_BYTES;
}

/** Is this a shape that places_build makes? */
bool places_is_shape(const struct places_shape *shape);

/** Makes the table of `count` keys: `*bytes` (the pages one after another, from mem_alloc) is the
 * caller's. Where a table cannot be (places need more than 32 bits, or many hashes are the same)
 * the shape has no pages and `*bytes` is NULL: the file does without. LUMA_OUT_OF_MEMORY. */
status places_build(const struct places_key *keys, uint64_t count, struct places_shape *shape,
                    uint8_t **bytes, struct err *err);

/** The page that has what there is of `hash`. */
static inline uint32_t places_page_of(const struct places_shape *shape, uint64_t hash) {
  return (uint32_t)(((hash >> 32) * shape->pages) >> 32);
}
/** The first bucket to look at, counted in its page; for fetching ahead. */
static inline uint32_t places_bucket_of(const struct places_shape *shape, uint64_t hash) {
  return (uint32_t)(((hash & UINT32_MAX) * shape->page_buckets) >> 32);
}

/** A walk through the places whose keys may be the one looked for: nearly always none or one. */
struct places_walk {
  const uint8_t *page;
  uint32_t page_buckets, bucket, left; /* buckets still to be looked at behind this one */
  uint32_t slots;                      /* a bit for each slot of this one that fits */
  uint16_t mark;
};

void places_walk_init(struct places_walk *walk, const struct places_shape *shape,
                      const uint8_t *page, uint64_t hash);
/** The next place; false: there is none. */
bool places_next(struct places_walk *walk, uint32_t *place);

/** Places in use in a page; UINT64_MAX when a bucket says that it has more than fit. */
uint64_t places_count(const struct places_shape *shape, const uint8_t *page);

#endif
