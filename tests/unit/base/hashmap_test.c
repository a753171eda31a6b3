/* SPDX-License-Identifier: MIT */
#include "base/ds/hashmap.h"

#include <stdio.h>

#include "base/hash/crc32c_int.h"
#include "base/hash/hash.h"
#include "tests/lib/fault.h"
#include "tests/lib/test.h"

enum { KEYS = 600 };

/* The oracle: an array with a place for each key there may be. */
struct oracle {
  char keys[KEYS][8];
  uint64_t values[KEYS];
  bool present[KEYS];
  size_t count;
};

static void check_all(const struct hashmap *map, const struct oracle *oracle) {
  assert_int_equal(map->count, oracle->count);
  for (size_t i = 0; i < KEYS; i++) {
    const uint64_t *value = hashmap_get(map, slice_of_text(oracle->keys[i]));
    assert_int_equal(value != NULL, oracle->present[i]);
    if (value) assert_int_equal(*value, oracle->values[i]);
  }
  size_t at = 0, seen = 0;
  for (const struct hashmap_slot *slot; (slot = hashmap_next(map, &at)); seen++)
    assert_ptr_equal(hashmap_get(map, slot->key), &slot->value);
  assert_int_equal(seen, oracle->count);
}

static void put_random(struct hashmap *map, struct oracle *oracle) {
  size_t i = rng_below(test_rng(), KEYS);
  bool is_new;
  uint64_t *value = hashmap_put(map, slice_of_text(oracle->keys[i]), &is_new);
  assert_non_null(value);
  assert_int_equal(is_new, !oracle->present[i]);
  assert_int_equal(*value, oracle->present[i] ? oracle->values[i] : 0);
  oracle->count += !oracle->present[i];
  oracle->present[i] = true;
  *value = oracle->values[i] = rng_next(test_rng());
}

static void remove_random(struct hashmap *map, struct oracle *oracle) {
  size_t i = rng_below(test_rng(), KEYS);
  assert_int_equal(hashmap_remove(map, slice_of_text(oracle->keys[i])), oracle->present[i]);
  oracle->count -= oracle->present[i];
  oracle->present[i] = false;
}

static void it_agrees_with_an_array(void) {
  static struct oracle oracle;
  struct hashmap map;
  hashmap_init(&map);
  for (size_t i = 0; i < KEYS; i++) snprintf(oracle.keys[i], sizeof oracle.keys[i], "k%zu", i);
  uint64_t puts = 50; /* of a hundred: drifts, so that the map fills and empties */
  for (size_t step = 0; step < test_rounds(60000); step++) {
    if (step % 1000 == 0) {
      puts = 20 + rng_below(test_rng(), 60);
      check_all(&map, &oracle);
    }
    if (rng_below(test_rng(), 100) < puts)
      put_random(&map, &oracle);
    else
      remove_random(&map, &oracle);
  }
  hashmap_reset(&map);
  assert_null(hashmap_get(&map, slice_of_text("k1")));
  size_t at = 0;
  assert_null(hashmap_next(&map, &at));
  hashmap_deinit(&map);
}

static void an_empty_map_answers(void) {
  struct hashmap map;
  hashmap_init(&map);
  size_t at = 0;
  assert_null(hashmap_get(&map, slice_of_text("x")));
  assert_false(hashmap_remove(&map, slice_of_text("x")));
  assert_null(hashmap_next(&map, &at));
  uint64_t *value = hashmap_put(&map, slice_of("", 0), NULL);
  assert_non_null(value);
  assert_ptr_equal(hashmap_get(&map, slice_of(NULL, 0)), value);
  hashmap_deinit(&map);
}

static status fill(void *context) {
  (void)context;
  static char keys[100][4];
  struct hashmap map;
  hashmap_init(&map);
  status result = LUMA_OK;
  size_t count = 0;
  for (size_t i = 0; i < 100; i++) {
    snprintf(keys[i], sizeof keys[i], "%zu", i);
    if (hashmap_put(&map, slice_of_text(keys[i]), NULL))
      count++;
    else
      result = LUMA_OUT_OF_MEMORY;
    assert_int_equal(map.count, count);
  }
  hashmap_deinit(&map);
  return result;
}

static void memory_may_run_out(void) {
  assert_true(fault_sweep_alloc(fill, NULL) > 3);
}

/* Vectors of RFC 3720, appendix B.4. */
static void crc32c_of_the_rfc(void) {
  uint8_t data[32] = {0};
  assert_int_equal(hash_crc32c(0, slice_of(data, 32)), 0x8a9136aa);
  memset(data, 0xff, 32);
  assert_int_equal(hash_crc32c(0, slice_of(data, 32)), 0x62a8ab43);
  for (size_t i = 0; i < 32; i++) data[i] = (uint8_t)i;
  assert_int_equal(hash_crc32c(0, slice_of(data, 32)), 0x46dd794e);
  for (size_t i = 0; i < 32; i++) data[i] = (uint8_t)(31 - i);
  assert_int_equal(hash_crc32c(0, slice_of(data, 32)), 0x113fdb5c);
  assert_int_equal(hash_crc32c(0, slice_of_text("123456789")), 0xe3069283);
  assert_int_equal(hash_crc32c(0, slice_of(NULL, 0)), 0);
}

/* Bit by bit, as the polynomial says. */
static uint32_t crc32c_by_definition(const uint8_t *p, size_t bytes) {
  uint32_t state = UINT32_MAX;
  for (size_t i = 0; i < bytes * 8; i++) {
    uint32_t bit = (state ^ (uint32_t)(p[i / 8] >> (i % 8))) & 1;
    state = (state >> 1) ^ (bit ? 0x82f63b78 : 0);
  }
  return ~state;
}

/* Short ones mostly, and some for which several runs go side by side. */
static void crc32c_of_anything_in_parts(void) {
  static uint8_t data[10000];
  for (size_t round = 0; round < test_rounds(1000); round++) {
    size_t most = round % 16 ? 300 : sizeof data;
    rng_fill(test_rng(), data, most);
    size_t begin = rng_below(test_rng(), 9), end = begin + rng_below(test_rng(), most - begin);
    size_t middle = begin + rng_below(test_rng(), end - begin + 1);
    uint32_t expected = crc32c_by_definition(data + begin, end - begin);
    assert_int_equal(hash_crc32c(0, slice_of(data + begin, end - begin)), expected);
    assert_int_equal(~crc32c__update_portable(UINT32_MAX, data + begin, end - begin), expected);
    uint32_t first = hash_crc32c(0, slice_of(data + begin, middle - begin));
    assert_int_equal(hash_crc32c(first, slice_of(data + middle, end - middle)), expected);
  }
}

/* Stored files hold these: they must never change. */
static void xxh3_never_changes(void) {
  assert_true(hash64(slice_of(NULL, 0), 0) == 0x2d06800538d394c2);
  assert_true(hash64(slice_of_text("abc"), 0) == 0x78af5f94892f3950);
  assert_true(hash64(slice_of_text("abc"), 1) != hash64(slice_of_text("abc"), 0));
  uint8_t out[16];
  hash128(slice_of_text("abc"), out);
  static const uint8_t expected[16] = {0x06, 0xb0, 0x5a, 0xb6, 0x73, 0x3a, 0x61, 0x85,
                                       0x78, 0xaf, 0x5f, 0x94, 0x89, 0x2f, 0x39, 0x50};
  assert_memory_equal(out, expected, 16);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"it_agrees_with_an_array", it_agrees_with_an_array, 0},
      {"an_empty_map_answers", an_empty_map_answers, 0},
      {"memory_may_run_out", memory_may_run_out, 0},
      {"crc32c_of_the_rfc", crc32c_of_the_rfc, 0},
      {"crc32c_of_anything_in_parts", crc32c_of_anything_in_parts, 0},
      {"xxh3_never_changes", xxh3_never_changes, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
