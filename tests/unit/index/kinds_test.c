/* SPDX-License-Identifier: MIT */
/* Kinds of values: whatever a part has met, values that are said to come back from its keys do. */
#include "index/index.h"
#include "tests/lib/test.h"
#include "tests/unit/value/gen.h"
#include "value/key/key.h"
#include "value/order/order.h"

enum { BUF_BYTES_MAX = 1 << 20, VALUES = 3 };

static struct val draw(struct gen *gen) {
  if (rng_below(gen->rng, 3)) return gen_number(gen);
  return rng_below(gen->rng, 8) ? gen_value(gen, 1) : val_missing();
}

/* The value read back from its key, as of a part that has met `kinds`. */
static bool read_back(const struct val *value, bool descending, uint8_t kinds, struct buf *key,
                      struct buf *scratch, struct val *out) {
  buf_reset(key);
  buf_reset(scratch);
  if (key_encode(key, value, descending, test_err()) != LUMA_OK) return false;
  assert_non_null(buf_reserve(scratch, key->bytes));
  size_t bytes = key_decode_scalar(buf_slice(key), descending, scratch, out);
  assert_int_equal(bytes, key->bytes);
  *out = index_number(kinds, *out);
  return true;
}

static void values_that_return_are_what_they_were(void) {
  struct buf key, scratch;
  uint64_t returned = 0;
  buf_init(&key, BUF_BYTES_MAX);
  buf_init(&scratch, BUF_BYTES_MAX);
  for (size_t round = 0; round < test_rounds(20000); round++) {
    struct gen gen;
    struct val values[VALUES], out;
    uint8_t kinds = 0;
    gen_init(&gen, test_rng(), NULL);
    bool descending = rng_below(gen.rng, 2);
    for (int i = 0; i < VALUES; i++) values[i] = draw(&gen);
    for (int i = 0; i < VALUES; i++) kinds |= index_kind_of(&values[i]);
    for (int i = 0; i < VALUES && index_kinds_return(kinds); i++) {
      if (!read_back(&values[i], descending, kinds, &key, &scratch, &out)) continue;
      assert_int_equal(out.type, values[i].type);
      assert_true(out.type == VAL_MISSING || gen_is_identical(&out, &values[i]));
      returned++;
    }
    gen_deinit(&gen);
  }
  assert_true(returned > test_rounds(20000) / 10);
  buf_deinit(&key);
  buf_deinit(&scratch);
}

static void kinds_that_collide_do_not_return(void) {
  const uint8_t small = INDEX_KIND_SMALL_INT64, whole = INDEX_KIND_WHOLE_FLOAT;
  assert_true(index_kinds_return(0));
  assert_true(index_kinds_return(INDEX_KIND_INT32 | INDEX_KIND_LARGE_INT64));
  assert_true(index_kinds_return(small | INDEX_KIND_LARGE_INT64));
  assert_false(index_kinds_return(INDEX_KIND_INT32 | small));
  assert_false(index_kinds_return(INDEX_KIND_LARGE_INT64 | whole));
  assert_false(index_kinds_return(INDEX_KIND_OTHER));
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"values that return are what they were", values_that_return_are_what_they_were, 0},
      {"kinds that collide do not return", kinds_that_collide_do_not_return, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
