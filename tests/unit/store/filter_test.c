/* SPDX-License-Identifier: MIT */
/* The filter: what was added is always found, what was not seldom, and the form in files never
 * changes. */
#include "base/core/bytes.h"
#include "base/mem/mem.h"
#include "store/lsm/filter/filter.h"
#include "tests/lib/test.h"

static struct slice make_key(uint64_t number, uint8_t room[12]) {
  memcpy(room, "key:", 4);
  store64be(room + 4, number);
  return slice_of(room, 12);
}

static uint8_t *block_for(uint8_t *bits, uint64_t hash, uint64_t blocks) {
  uint64_t at = filter_block_of(hash, blocks);
  assert_true(at < blocks);
  return bits + at * FILTER_BLOCK_BYTES;
}

/* Of absent keys about one in a hundred may pass. */
static void finds_what_was_added(void) {
  enum { TRIES = 50000 };
  uint8_t room[12];
  for (uint64_t keys = 1; keys <= 100000; keys *= 10) {
    uint64_t blocks = filter_blocks(keys), base = rng_next(test_rng()), passed = 0;
    uint8_t *bits = mem_zalloc(blocks, FILTER_BLOCK_BYTES);
    assert_non_null(bits);
    for (uint64_t i = 0; i < keys; i++) {
      uint64_t hash = filter_hash(make_key(base + i, room));
      filter_block_add(block_for(bits, hash, blocks), hash);
    }
    for (uint64_t i = 0; i < keys; i++) {
      uint64_t hash = filter_hash(make_key(base + i, room));
      assert_true(filter_block_may_have(block_for(bits, hash, blocks), hash));
    }
    for (uint64_t i = 0; i < TRIES; i++) {
      uint64_t hash = filter_hash(make_key(base + keys + i, room));
      passed += filter_block_may_have(block_for(bits, hash, blocks), hash);
    }
    assert_true(passed < TRIES / 50);
    mem_free(bits);
  }
}

static void has_the_size_it_says(void) {
  assert_int_equal(1, filter_blocks(0));
  assert_int_equal(1, filter_blocks(51));
  assert_int_equal(2, filter_blocks(52));
  assert_int_equal(10, filter_blocks(512));
  assert_int_equal(19531250, filter_blocks(1000000000));
}

/* A change here would make the filters of old files refuse keys they have. */
static void keeps_its_form(void) {
  uint8_t block[FILTER_BLOCK_BYTES] = {0};
  uint64_t hash = UINT64_C(0x0123456789ABCDEF);
  filter_block_add(block, hash);
  uint8_t expected[FILTER_BLOCK_BYTES] = {0};
  uint64_t product = hash * UINT64_C(0x9E3779B97F4A7C15);
  for (int probe = 1; probe <= 6; probe++) {
    uint64_t bit = product >> (64 - 9 * probe) & 511;
    expected[bit / 8] = (uint8_t)(expected[bit / 8] | 1U << bit % 8);
  }
  assert_memory_equal(expected, block, sizeof block);
  assert_int_equal(0x0123456, filter_block_of(hash, UINT64_C(1) << 28));
  assert_int_equal(UINT64_C(0x2D06800538D394C2), filter_hash(slice_of(NULL, 0)));
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"finds_what_was_added", finds_what_was_added, 0},
      {"has_the_size_it_says", has_the_size_it_says, 0},
      {"keeps_its_form", keeps_its_form, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
