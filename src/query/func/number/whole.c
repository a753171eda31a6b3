/* SPDX-License-Identifier: MIT */
/* Functions of whole numbers, and of the digits of any. */
#include <math.h>

#include "query/func/arith.h"
#include "query/func/func_int.h"
#include "value/order/order.h"

static status fail_overflow(struct err *err) {
  FAIL(err, LUMA_OUT_OF_RANGE, "the result does not fit a 64-bit integer");
}

static uint64_t magnitude(int64_t v) {
  return v < 0 ? -(uint64_t)v : (uint64_t)v;
}

static uint64_t divisor_of(uint64_t a, uint64_t b) {
  while (b) {
    uint64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

status func__gcd(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                 struct err *err) {
  (void)count;
  if (!val_is_integer(&args[0]) || !val_is_integer(&args[1])) return func__clash(env, out);
  uint64_t v = divisor_of(magnitude(args[0].integer), magnitude(args[1].integer));
  if (v > INT64_MAX) return fail_overflow(err);
  *out = val_int64((int64_t)v);
  return LUMA_OK;
}

status func__lcm(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                 struct err *err) {
  (void)count;
  if (!val_is_integer(&args[0]) || !val_is_integer(&args[1])) return func__clash(env, out);
  uint64_t a = magnitude(args[0].integer), b = magnitude(args[1].integer), v = 0;
  if (a && b && __builtin_mul_overflow(a / divisor_of(a, b), b, &v)) return fail_overflow(err);
  if (v > INT64_MAX) return fail_overflow(err);
  *out = val_int64((int64_t)v);
  return LUMA_OK;
}

status func__factorial(struct func_env *env, const struct val *args, uint32_t count,
                       struct val *out, struct err *err) {
  (void)count;
  if (!val_is_integer(&args[0])) return func__clash(env, out);
  if (args[0].integer < 0) FAIL(err, LUMA_OUT_OF_RANGE, "a negative number has no factorial");
  int64_t product = 1;
  for (int64_t i = 2; i <= args[0].integer; i++)
    if (__builtin_mul_overflow(product, i, &product)) return fail_overflow(err);
  *out = val_int64(product);
  return LUMA_OK;
}

/** The quotient, cut off to a whole number: exact, because what is left over is taken off first. */
static status divide_decimals(const struct val *a, const struct val *b, struct val *out,
                              struct err *err) {
  struct decimal dividend = val_to_decimal(a), divisor = val_to_decimal(b);
  if (decimal_compare(divisor, decimal_from_int64(0)) == 0)
    FAIL(err, LUMA_OUT_OF_RANGE, "division by zero");
  struct decimal even = decimal_subtract(dividend, decimal_remainder(dividend, divisor));
  *out = val_decimal(decimal_quantize(decimal_divide(even, divisor), 0));
  return LUMA_OK;
}

/** The quotient, cut off to a whole number. */
status func__div(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                 struct err *err) {
  (void)count;
  bool clash = false;
  struct val quotient = val_null();
  bool is_decimal = args[0].type == VAL_DECIMAL || args[1].type == VAL_DECIMAL;
  if (is_decimal && val_is_number(&args[0]) && val_is_number(&args[1]))
    return divide_decimals(&args[0], &args[1], out, err);
  TRY(arith_binary(EXPR_OP_DIVIDE, &args[0], &args[1], &quotient, &clash, err));
  if (clash || !val_is_number(&quotient)) return func__clash(env, out);
  return func__trunc(env, &quotient, 1, out, err);
}

static struct decimal cut_decimal(struct decimal v, int64_t places) {
  struct decimal_parts parts;
  if (decimal_unpack(v, &parts) != DECIMAL_FINITE) return v;
  for (; parts.exponent < -places && parts.coefficient; parts.exponent++) parts.coefficient /= 10;
  return decimal_quantize(decimal_pack(parts, NULL), (int)places);
}

/** Cuts off digits after `places` of them; floats by their shortest text. */
status func__trunc(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  int64_t places = 0, whole = 0;
  if (!val_is_number(&args[0]) || (count > 1 && !val_to_int64(&args[1], &places)))
    return func__clash(env, out);
  if (places < -30 || places > 30) FAIL(err, LUMA_OUT_OF_RANGE, "trunc takes -30 to 30 places");
  struct decimal cut = cut_decimal(val_to_decimal(&args[0]), places);
  *out = args[0];
  if (args[0].type == VAL_DECIMAL)
    *out = val_decimal(cut);
  else if (args[0].type == VAL_FLOAT64 && isfinite(args[0].real))
    *out = val_float64(places ? decimal_to_float64(cut) : trunc(args[0].real));
  else if (val_is_integer(&args[0]) && decimal_to_int64(cut, &whole))
    out->integer = whole;
  return LUMA_OK;
}

/** Digits after the point that the number is written with. */
status func__scale(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)count, (void)err;
  struct decimal_parts parts;
  if (!val_is_number(&args[0])) return func__clash(env, out);
  *out = val_null();
  if (decimal_unpack(val_to_decimal(&args[0]), &parts) != DECIMAL_FINITE) return LUMA_OK;
  *out = val_int64(parts.exponent < 0 ? -(int64_t)parts.exponent : 0);
  return LUMA_OK;
}

/** Which of `buckets` equal parts of [low, high) a number falls into: 0 below, buckets + 1 above.
 */
/* width_bucket(value, thresholds): how many of the sorted thresholds it reaches. */
static status bucket_of_list(struct func_env *env, const struct val *args, struct val *out) {
  int64_t reached = 0;
  if (args[1].type != VAL_LIST) return func__clash(env, out);
  for (uint32_t i = 0; i < val_count(&args[1]); i++) {
    struct val threshold = val_at(&args[1], i);
    reached += val_compare(&args[0], &threshold) >= 0;
  }
  *out = val_int64(reached);
  return LUMA_OK;
}

status func__width_bucket(struct func_env *env, const struct val *args, uint32_t count,
                          struct val *out, struct err *err) {
  if (count == 2) return bucket_of_list(env, args, out);
  if (count == 3) FAIL(err, LUMA_INVALID_ARGUMENT, "width_bucket takes two or four arguments");
  for (uint32_t i = 0; i < count; i++)
    if (!val_is_number(&args[i])) return func__clash(env, out);
  double v = val_to_float64(&args[0]), low = val_to_float64(&args[1]),
         high = val_to_float64(&args[2]);
  int64_t buckets = 0;
  if (!val_to_int64(&args[3], &buckets) || buckets < 1 || buckets == INT64_MAX)
    FAIL(err, LUMA_OUT_OF_RANGE, "the number of buckets is a whole number from 1");
  if (!(isfinite(low) && isfinite(high) && low != high && !isnan(v)))
    FAIL(err, LUMA_OUT_OF_RANGE, "the bounds of buckets are two finite numbers");
  double at = (v - low) / (high - low); /* falls too, where the bounds do */
  if (at < 0)
    *out = val_int64(0);
  else
    *out = val_int64(at >= 1 ? buckets + 1 : (int64_t)(at * (double)buckets) + 1);
  return LUMA_OK;
}

static status to_base(struct func_env *env, const struct val *arg, unsigned base, struct val *out,
                      struct err *err) {
  char digits[64];
  size_t at = sizeof digits;
  if (!val_is_integer(arg)) return func__clash(env, out);
  uint64_t v = (uint64_t)arg->integer;
  do {
    digits[--at] = "0123456789abcdef"[v % base];
    v /= base;
  } while (v);
  return func__text(env, slice_of(digits + at, sizeof digits - at), out, err);
}

status func__to_hex(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)count;
  return to_base(env, &args[0], 16, out, err);
}

status func__to_bin(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)count;
  return to_base(env, &args[0], 2, out, err);
}

status func__to_oct(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)count;
  return to_base(env, &args[0], 8, out, err);
}
