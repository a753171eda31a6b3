/* SPDX-License-Identifier: MIT */
/* $bitsAllSet and its kin: which bits of a number or of bytes are set. Bits of a number go on as
 * its sign; bytes end with zeroes. */
#include <math.h>
#include <stdlib.h>

#include "query/expr/matcher_int.h"
#include "query/mongo/mongo.h"

enum { BITS_MAX = 1 << 20 };

static int compare_positions(const void *a, const void *b) {
  uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
  return (left > right) - (left < right);
}

static status make_room(struct expr_env *env, struct matcher *matcher, size_t count,
                        struct err *err) {
  matcher->bits = arena_zalloc(env->arena, count + 1, sizeof *matcher->bits);
  return plan_check_memory(env->arena, matcher->bits, err);
}

static status set_from_number(struct expr_env *env, struct matcher *matcher, struct err *err) {
  int64_t mask = 0;
  if (!val_to_int64(&matcher->value, &mask))
    return mongo_fail(err, 9, "a bit mask must be an integer of 64 bits");
  if (mask < 0) return mongo_fail(err, 9, "a bit mask must not be negative");
  TRY(make_room(env, matcher, 64, err));
  for (uint32_t i = 0; i < 63; i++)
    if (mask >> i & 1) matcher->bits[matcher->bits_count++] = i;
  return LUMA_OK;
}

static status set_from_bytes(struct expr_env *env, struct matcher *matcher, struct err *err) {
  const struct val *mask = &matcher->value;
  if (mask->bytes > BITS_MAX / 8) FAIL(err, LUMA_TOO_LARGE, "the bit mask is too long");
  TRY(make_room(env, matcher, (size_t)mask->bytes * 8, err));
  for (uint32_t i = 0; i < mask->bytes * 8; i++)
    if (mask->data[i / 8] >> (i % 8) & 1) matcher->bits[matcher->bits_count++] = i;
  return LUMA_OK;
}

static status set_from_list(struct expr_env *env, struct matcher *matcher, struct err *err) {
  uint32_t count = val_count(&matcher->value);
  TRY(make_room(env, matcher, count, err));
  for (uint32_t i = 0; i < count; i++) {
    struct val position = val_at(&matcher->value, i);
    int64_t whole = -1;
    if (!val_is_number(&position) || !val_to_int64(&position, &whole) || whole < 0 ||
        whole > INT32_MAX)
      return mongo_fail(err, 2, "bit positions must be integers that are not negative");
    matcher->bits[matcher->bits_count++] = (uint32_t)whole;
  }
  qsort(matcher->bits, matcher->bits_count, sizeof *matcher->bits, compare_positions);
  return LUMA_OK;
}

status matcher__set_bits(struct expr_env *env, struct matcher *matcher, struct err *err) {
  if (val_is_number(&matcher->value)) return set_from_number(env, matcher, err);
  if (matcher->value.type == VAL_BYTES) return set_from_bytes(env, matcher, err);
  if (matcher->value.type == VAL_LIST) return set_from_list(env, matcher, err);
  return mongo_fail(err, 2, "takes an Array, a number, or a BinData but received: %s",
                    mongo_type_name(&matcher->value));
}

/** Whether a value has bits at all; those of a number in `*bits`. */
static bool has_bits(const struct val *v, int64_t *bits) {
  if (v->type == VAL_BYTES) return true;
  return val_is_number(v) && val_to_int64(v, bits);
}

static bool is_set(const struct val *v, int64_t bits, uint32_t position) {
  if (v->type == VAL_BYTES)
    return position / 8 < v->bytes && (v->data[position / 8] >> (position % 8) & 1);
  return position > 63 ? bits < 0 : ((uint64_t)bits >> position & 1);
}

bool matcher__test_bits(const struct matcher *matcher, const struct val *v) {
  bool wants_set = matcher->op == MATCH_BITS_ALL_SET || matcher->op == MATCH_BITS_ANY_SET;
  bool all = matcher->op == MATCH_BITS_ALL_SET || matcher->op == MATCH_BITS_ALL_CLEAR;
  int64_t bits = 0;
  if (!has_bits(v, &bits)) return false;
  for (uint32_t i = 0; i < matcher->bits_count; i++)
    if ((is_set(v, bits, matcher->bits[i]) == wants_set) != all) return !all;
  return all;
}
