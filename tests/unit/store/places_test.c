/* SPDX-License-Identifier: MIT */
/* The table of places: every key is found where it stands, others seldom; hashes chosen to fill a
 * page; and the form in files never changes. */
#include "base/core/bytes.h"
#include "base/mem/mem.h"
#include "store/lsm/places/places.h"
#include "tests/lib/test.h"

enum { ENTRIES_PER_BLOCK = 50 };

static struct places_key *make_keys(uint64_t count) {
  struct places_key *keys = mem_alloc((count + 1) * sizeof *keys);
  assert_non_null(keys);
  for (uint64_t i = 0; i < count; i++)
    keys[i] = (struct places_key){rng_next(test_rng()), (uint32_t)(i / ENTRIES_PER_BLOCK),
                                  (uint32_t)(i % ENTRIES_PER_BLOCK)};
  return keys;
}

static const uint8_t *page_for(const struct places_shape *shape, const uint8_t *bytes,
                               uint64_t hash) {
  uint32_t page = places_page_of(shape, hash);
  assert_true(page < shape->pages);
  assert_true(places_bucket_of(shape, hash) < shape->page_buckets);
  return bytes + page * places_page_bytes(shape);
}

/* Whether `place` is among those of `hash`; how many those are. */
static bool has_place(const struct places_shape *shape, const uint8_t *bytes, uint64_t hash,
                      uint32_t place, uint32_t *count) {
  struct places_walk walk;
  uint32_t next;
  bool has = false;
  places_walk_init(&walk, shape, page_for(shape, bytes, hash), hash);
  for (*count = 0; places_next(&walk, &next); ++*count) has |= next == place;
  return has;
}

static void expect_all(const struct places_key *keys, uint64_t count,
                       const struct places_shape *shape, const uint8_t *bytes) {
  uint64_t stored = 0;
  uint32_t met;
  for (uint64_t i = 0; i < count; i++)
    assert_true(has_place(shape, bytes, keys[i].hash,
                          keys[i].block << shape->index_bits | keys[i].index, &met));
  for (uint32_t page = 0; page < shape->pages; page++)
    stored += places_count(shape, bytes + page * places_page_bytes(shape));
  assert_int_equal(count, stored);
}

static void finds_every_key(void) {
  static const uint64_t COUNTS[] = {1,    2,    7,    8,    69,   70,    71,
                                    1791, 1792, 1793, 1800, 3585, 10000, 300000};
  for (size_t i = 0; i < sizeof COUNTS / sizeof COUNTS[0]; i++) {
    uint64_t count = COUNTS[i], absent = 0;
    struct places_key *keys = make_keys(count);
    struct places_shape shape;
    uint8_t *bytes;
    uint32_t met;
    assert_ok(places_build(keys, count, &shape, &bytes, test_err()));
    assert_non_null(bytes);
    assert_true(places_is_shape(&shape));
    expect_all(keys, count, &shape, bytes);
    for (int k = 0; k < 20000; k++) {
      has_place(&shape, bytes, rng_next(test_rng()), 0, &met);
      absent += met;
    }
    assert_true(absent < 100); /* about 3 are to be expected */
    assert_true(shape.pages * places_page_bytes(&shape) <= 10 * count + 128 * shape.pages);
    mem_free(bytes);
    mem_free(keys);
  }
}

/* Keys that crowd into one bucket spill into those behind it, as far as the page goes. */
static void crowds_spill_over(void) {
  enum { COUNT = 5000, CROWD = 300 };
  struct places_key *keys = make_keys(COUNT);
  struct places_shape shape;
  uint8_t *bytes;
  for (uint64_t i = 0; i < CROWD; i++) keys[i].hash = UINT64_C(0x80000000C0000000) + i;
  assert_ok(places_build(keys, COUNT, &shape, &bytes, test_err()));
  assert_non_null(bytes);
  expect_all(keys, COUNT, &shape, bytes);
  mem_free(bytes);
  mem_free(keys);
}

/* Where no table can be the file does without. */
static void some_files_have_no_table(void) {
  enum { COUNT = 4000 };
  struct places_key *keys = make_keys(COUNT);
  struct places_shape shape;
  uint8_t *bytes;
  assert_ok(places_build(keys, 0, &shape, &bytes, test_err()));
  assert_true(!bytes && shape.pages == 0 && places_is_shape(&shape));
  keys[1].block = UINT32_MAX;
  assert_ok(places_build(keys, COUNT, &shape, &bytes, test_err()));
  assert_true(!bytes && shape.pages == 0 && places_is_shape(&shape));
  keys[1].block = 0;
  for (uint64_t i = 0; i < COUNT; i++) keys[i].hash = 77;
  assert_ok(places_build(keys, COUNT, &shape, &bytes, test_err()));
  assert_true(!bytes && shape.pages == 0 && places_is_shape(&shape));
  mem_free(keys);
}

static void wrong_shapes_are_seen(void) {
  assert_false(places_is_shape(&(struct places_shape){1, 0, 4}));
  assert_false(places_is_shape(&(struct places_shape){1, 257, 4}));
  assert_false(places_is_shape(&(struct places_shape){1, 256, 17}));
  assert_false(places_is_shape(&(struct places_shape){0, 1, 0}));
  assert_true(places_is_shape(&(struct places_shape){1, 256, 16}));
}

/* A change here would make the tables of old files lose keys they have. */
static void keeps_its_form(void) {
  struct places_key keys[] = {{UINT64_C(0x0123456789ABCDEF), 5, 2}, {1, 6, 3}};
  struct places_shape shape;
  uint8_t *bytes, expected[PLACES_BUCKET_BYTES] = {0};
  assert_ok(places_build(keys, 2, &shape, &bytes, test_err()));
  assert_non_null(bytes);
  assert_true(shape.pages == 1 && shape.page_buckets == 1 && shape.index_bits == 2);
  store16le(expected, (uint16_t)((keys[0].hash * UINT64_C(0x9E3779B97F4A7C15)) >> 48));
  store16le(expected + 2, 0x9E37);
  store32le(expected + 20, 5 << 2 | 2);
  store32le(expected + 24, 6 << 2 | 3);
  expected[60] = 2;
  assert_memory_equal(expected, bytes, sizeof expected);
  bytes[60] = 11;
  assert_true(places_count(&shape, bytes) == UINT64_MAX);
  mem_free(bytes);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"finds_every_key", finds_every_key, 0},
      {"crowds_spill_over", crowds_spill_over, 0},
      {"some_files_have_no_table", some_files_have_no_table, 0},
      {"wrong_shapes_are_seen", wrong_shapes_are_seen, 0},
      {"keeps_its_form", keeps_its_form, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
