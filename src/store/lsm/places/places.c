/* SPDX-License-Identifier: MIT */
#include "store/lsm/places/places.h"

#include "base/core/bytes.h"
#include "base/mem/mem.h"

/* A bucket: marks u16[10], places u32[10], count u8, reach u8 (buckets behind it to be looked at as
 * well), zero u16. */
enum {
  MARK_BYTES = 2,
  PLACES_AT = PLACES_BUCKET_SLOTS * MARK_BYTES,
  COUNT_AT = PLACES_AT + PLACES_BUCKET_SLOTS * 4,
  REACH_AT = COUNT_AT + 1,
  KEYS_PER_BUCKET = 7,
  ROUNDS = 4, /* of making it larger when a page is full */
  INDEX_BITS_MAX = 16,
  PLACE_BITS = 32,
};

/* Sixteen bits that do not follow the choice of page and bucket. */
static uint16_t mark_of(uint64_t hash) {
  return (uint16_t)((hash * UINT64_C(0x9E3779B97F4A7C15)) >> 48);
}

bool places_is_shape(const struct places_shape *shape) {
  if (shape->pages == 0) return shape->page_buckets == 0 && shape->index_bits == 0;
  return shape->page_buckets > 0 && shape->page_buckets <= PLACES_PAGE_BUCKETS_MAX &&
         shape->index_bits <= INDEX_BITS_MAX;
}

/* ---- building ---- */

static bool put(uint8_t *page, const struct places_shape *shape, uint64_t hash, uint32_t place) {
  uint32_t home = places_bucket_of(shape, hash);
  uint8_t *reach = page + (size_t)home * PLACES_BUCKET_BYTES + REACH_AT;
  for (uint32_t step = 0; step < shape->page_buckets; step++) {
    uint32_t at = (home + step) % shape->page_buckets;
    uint8_t *bucket = page + (size_t)at * PLACES_BUCKET_BYTES, *count = bucket + COUNT_AT;
    if (*count == PLACES_BUCKET_SLOTS) continue;
    store16le(bucket + (size_t)*count * MARK_BYTES, mark_of(hash));
    store32le(bucket + PLACES_AT + (size_t)*count * 4, place);
    ++*count;
    if (step > *reach) *reach = (uint8_t)step;
    return true;
  }
  return false;
}

static bool fill(const struct places_key *keys, uint64_t count, const struct places_shape *shape,
                 uint8_t *bytes) {
  for (uint64_t i = 0; i < count; i++) {
    uint8_t *page = bytes + places_page_of(shape, keys[i].hash) * places_page_bytes(shape);
    uint32_t place = (uint32_t)((uint64_t)keys[i].block << shape->index_bits) | keys[i].index;
    if (!put(page, shape, keys[i].hash, place)) return false;
  }
  return true;
}

static uint8_t bits_for(uint64_t most) {
  uint8_t bits = 0;
  while (most >> bits) bits++;
  return bits;
}

/* The bits of a place, if they suffice. */
static bool choose_bits(const struct places_key *keys, uint64_t count, struct places_shape *shape) {
  uint32_t block = 0, index = 0;
  for (uint64_t i = 0; i < count; i++) {
    if (keys[i].block > block) block = keys[i].block;
    if (keys[i].index > index) index = keys[i].index;
  }
  shape->index_bits = bits_for(index);
  return shape->index_bits <= INDEX_BITS_MAX && bits_for(block) + shape->index_bits <= PLACE_BITS;
}

/* Pages are of one size, so that none is so small that chance fills it. */
static bool choose_pages(uint64_t buckets, struct places_shape *shape) {
  uint64_t pages = (buckets + PLACES_PAGE_BUCKETS_MAX - 1) / PLACES_PAGE_BUCKETS_MAX;
  if (pages > UINT32_MAX) return false;
  shape->pages = (uint32_t)pages;
  shape->page_buckets = (uint16_t)((buckets + pages - 1) / pages);
  return true;
}

status places_build(const struct places_key *keys, uint64_t count, struct places_shape *shape,
                    uint8_t **bytes, struct err *err) {
  *shape = (struct places_shape){0};
  *bytes = NULL;
  struct places_shape tried = {0};
  bool may = count > 0 && choose_bits(keys, count, &tried);
  uint64_t buckets = (count + KEYS_PER_BUCKET - 1) / KEYS_PER_BUCKET;
  for (int round = 0; may && round < ROUNDS; round++, buckets += buckets / 4 + 1) {
    if (!choose_pages(buckets, &tried)) break;
    uint8_t *table = mem_zalloc(tried.pages, places_page_bytes(&tried));
    if (!table) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the table of places of a file");
    if (fill(keys, count, &tried, table)) {
      *shape = tried;
      *bytes = table;
      break;
    }
    mem_free(table);
  }
  return LUMA_OK;
}

/* ---- looking ---- */

static uint32_t fitting_slots(const uint8_t *bucket, uint16_t mark) {
  uint32_t slots = 0, count = bucket[COUNT_AT];
  for (uint32_t i = 0; i < PLACES_BUCKET_SLOTS; i++)
    slots |= (uint32_t)(load16le(bucket + (size_t)i * MARK_BYTES) == mark) << i;
  return count < PLACES_BUCKET_SLOTS ? slots & ((1U << count) - 1) : slots;
}

static const uint8_t *bucket_at(const struct places_walk *walk) {
  return walk->page + (size_t)walk->bucket * PLACES_BUCKET_BYTES;
}

void places_walk_init(struct places_walk *walk, const struct places_shape *shape,
                      const uint8_t *page, uint64_t hash) {
  *walk = (struct places_walk){.page = page,
                               .page_buckets = shape->page_buckets,
                               .bucket = places_bucket_of(shape, hash),
                               .mark = mark_of(hash)};
  walk->slots = fitting_slots(bucket_at(walk), walk->mark);
  walk->left = bucket_at(walk)[REACH_AT];
}

bool places_next(struct places_walk *walk, uint32_t *place) {
  while (walk->slots == 0) {
    if (walk->left == 0) return false;
    walk->left--;
    walk->bucket = walk->bucket + 1 == walk->page_buckets ? 0 : walk->bucket + 1;
    walk->slots = fitting_slots(bucket_at(walk), walk->mark);
  }
  uint32_t slot = (uint32_t)__builtin_ctz(walk->slots);
  walk->slots &= walk->slots - 1;
  *place = load32le(bucket_at(walk) + PLACES_AT + (size_t)slot * 4);
  return true;
}

uint64_t places_count(const struct places_shape *shape, const uint8_t *page) {
  uint64_t count = 0;
  for (uint32_t i = 0; i < shape->page_buckets; i++) {
    uint8_t here = page[(size_t)i * PLACES_BUCKET_BYTES + COUNT_AT];
    if (here > PLACES_BUCKET_SLOTS) return UINT64_MAX;
    count += here;
  }
  return count;
}
