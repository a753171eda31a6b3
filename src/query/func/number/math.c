/* SPDX-License-Identifier: MIT */
/* Functions of numbers: the kind of the argument is kept. */
#include <math.h>

#include "query/func/arith.h"
#include "query/func/arith_span.h"
#include "query/func/func_int.h"
#include "query/func/number/numeric.h"

status func__abs(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                 struct err *err) {
  (void)count;
  bool clash = false;
  bool is_span = args[0].type == VAL_INTERVAL || args[0].type == VAL_DURATION;
  *out = args[0];
  if (is_span && arith_span_is_negative(&args[0])) return arith_span_negate(&args[0], out, err);
  if (is_span) return LUMA_OK;
  if (!val_is_number(&args[0])) return func__clash(env, out);
  if (args[0].type == VAL_FLOAT64)
    *out = val_float64(fabs(args[0].real));
  else if (val_to_float64(&args[0]) < 0)
    return arith_negate(&args[0], out, &clash, err);
  return LUMA_OK;
}

status func__sign(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  (void)count, (void)err;
  if (!val_is_number(&args[0])) return func__clash(env, out);
  double v = val_to_float64(&args[0]);
  *out = val_int64((v > 0) - (v < 0));
  if (args[0].type == VAL_DECIMAL) *out = val_decimal(decimal_from_int64(out->integer));
  return LUMA_OK;
}

static struct decimal decimal_floor(struct decimal v, bool up) {
  struct decimal whole = decimal_quantize(v, 0);
  int order = decimal_compare(whole, v);
  if (up && order < 0) return decimal_add(whole, decimal_from_int64(1));
  if (!up && order > 0) return decimal_subtract(whole, decimal_from_int64(1));
  return whole;
}

static status to_whole(struct func_env *env, const struct val *value, bool up, struct val *out) {
  *out = *value;
  if (value->type == VAL_FLOAT64)
    *out = val_float64(up ? ceil(value->real) : floor(value->real));
  else if (value->type == VAL_DECIMAL)
    *out = val_decimal(decimal_floor(value->decimal, up));
  else if (!val_is_integer(value))
    return func__clash(env, out);
  return LUMA_OK;
}

status func__floor(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)count, (void)err;
  return to_whole(env, &args[0], false, out);
}

status func__ceil(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  (void)count, (void)err;
  return to_whole(env, &args[0], true, out);
}

/** Floats come by their shortest text, so that round(2.675, 2) is what people read: 2.68. */
status func__round(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  int64_t places = 0;
  if (!val_is_number(&args[0]) || (count > 1 && !val_to_int64(&args[1], &places)))
    return func__clash(env, out);
  if (places < -30 || places > 30) FAIL(err, LUMA_OUT_OF_RANGE, "round takes -30 to 30 places");
  struct decimal rounded = decimal_quantize(val_to_decimal(&args[0]), (int)places);
  *out = args[0];
  if (args[0].type == VAL_FLOAT64) {
    if (isfinite(args[0].real)) *out = val_float64(decimal_to_float64(rounded));
  } else if (args[0].type == VAL_DECIMAL) {
    *out = val_decimal(rounded);
  } else if (places < 0) {
    int64_t whole = 0;
    if (!decimal_to_int64(rounded, &whole))
      FAIL(err, LUMA_OUT_OF_RANGE, "the result does not fit a 64-bit integer");
    *out = val_int64(whole);
  }
  return LUMA_OK;
}

status func__mod(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                 struct err *err) {
  (void)count;
  bool clash = false;
  TRY(arith_binary(EXPR_OP_MODULO, &args[0], &args[1], out, &clash, err));
  return clash ? func__clash(env, out) : LUMA_OK;
}

static bool is_decimal(const struct val *a, const struct val *b) {
  return a->type == VAL_DECIMAL || b->type == VAL_DECIMAL;
}

static status power_decimal(struct decimal base, struct decimal exponent, struct val *out,
                            struct err *err) {
  struct decimal zero = decimal_from_int64(0);
  struct decimal_parts parts;
  bool is_whole = decimal_compare(decimal_round(exponent, 0), exponent) == 0;
  if (decimal_compare(base, zero) == 0 && decimal_compare(exponent, zero) < 0)
    FAIL(err, LUMA_OUT_OF_RANGE, "zero raised to a negative power is not defined");
  if (decimal_compare(base, zero) < 0 && !is_whole)
    FAIL(err, LUMA_OUT_OF_RANGE, "a negative number has no root of this kind");
  struct decimal result = numeric_power(base, exponent);
  if (decimal_unpack(result, &parts) == DECIMAL_INFINITE)
    FAIL(err, LUMA_OUT_OF_RANGE, "the result does not fit a decimal");
  *out = val_decimal(result);
  return LUMA_OK;
}

status func__power(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)count;
  if (!val_is_number(&args[0]) || !val_is_number(&args[1])) return func__clash(env, out);
  if (is_decimal(&args[0], &args[1]))
    return power_decimal(val_to_decimal(&args[0]), val_to_decimal(&args[1]), out, err);
  double base = val_to_float64(&args[0]), exponent = val_to_float64(&args[1]),
         result = pow(base, exponent);
  bool finite = isfinite(base) && isfinite(exponent);
  if (finite && isnan(result))
    FAIL(err, LUMA_OUT_OF_RANGE, "a negative number has no root of this kind");
  if (finite && base != 0 && result == 0)
    FAIL(err, LUMA_OUT_OF_RANGE, "the result is too small for a 64-bit float");
  if (finite && isinf(result))
    FAIL(err, LUMA_OUT_OF_RANGE, "the result does not fit a 64-bit float");
  *out = val_float64(result);
  return LUMA_OK;
}

status func__sqrt(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  (void)count;
  if (!val_is_number(&args[0])) return func__clash(env, out);
  double v = val_to_float64(&args[0]);
  if (v < 0) FAIL(err, LUMA_OUT_OF_RANGE, "a negative number has no square root");
  *out = args[0].type == VAL_DECIMAL ? val_decimal(numeric_sqrt(args[0].decimal))
                                     : val_float64(sqrt(v));
  return LUMA_OK;
}
