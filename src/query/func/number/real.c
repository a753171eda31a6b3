/* SPDX-License-Identifier: MIT */
/* Functions of real numbers. Arguments of any kind are taken as 64-bit floats; an argument outside
 * of a function's domain is an error, as in PostgreSQL, never a NaN that spreads. */
#include <math.h>

#include "query/func/func_int.h"
#include "query/func/number/numeric.h"

enum { EXPONENT_MAX = 6000 }; /* of exp of a decimal, as in PostgreSQL */

typedef double real_fn(double);

/** Exact where the root is whole, which the library's need not be. */
static double cube_root(double v) {
  double root = cbrt(v), whole = nearbyint(root);
  return whole * whole * whole == v ? whole : root;
}

static status of_one(struct func_env *env, const struct val *args, real_fn *function,
                     struct val *out, struct err *err) {
  if (!val_is_number(&args[0])) return func__clash(env, out);
  double v = val_to_float64(&args[0]), result = function(v);
  if (isnan(result) && !isnan(v))
    FAIL(err, LUMA_OUT_OF_RANGE, "%g is outside of what the function takes", v);
  if (isinf(result) && isfinite(v))
    FAIL(err, LUMA_OUT_OF_RANGE, "the result does not fit a 64-bit float");
  *out = val_float64(result);
  return LUMA_OK;
}

static status check_logarithm(const struct val *number, struct err *err) {
  double v = val_to_float64(number);
  if (v == 0) FAIL(err, LUMA_OUT_OF_RANGE, "zero has no logarithm");
  if (v < 0) FAIL(err, LUMA_OUT_OF_RANGE, "a negative number has no logarithm");
  return LUMA_OK;
}

static status log_of(struct func_env *env, const struct val *args, real_fn *function,
                     struct val *out, struct err *err) {
  if (!val_is_number(&args[0])) return func__clash(env, out);
  TRY(check_logarithm(&args[0], err));
  return of_one(env, args, function, out, err);
}

/** Of decimals, to the base 10 unless one is given: numeric as its arguments are. */
static status log_decimal(const struct val *base, const struct val *number, struct val *out,
                          struct err *err) {
  struct decimal one = decimal_from_int64(1), ten = decimal_from_int64(10);
  if (base) TRY(check_logarithm(base, err));
  TRY(check_logarithm(number, err));
  if (base && decimal_compare(val_to_decimal(base), one) == 0)
    FAIL(err, LUMA_OUT_OF_RANGE, "1 is not the base of a logarithm");
  *out = val_decimal(numeric_log(base ? val_to_decimal(base) : ten, val_to_decimal(number)));
  return LUMA_OK;
}

static status exp_decimal(struct decimal v, struct val *out, struct err *err) {
  struct decimal_parts parts;
  struct decimal result = numeric_exp(v);
  bool is_far = decimal_compare(v, decimal_from_int64(EXPONENT_MAX)) >= 0;
  if (is_far || decimal_unpack(result, &parts) == DECIMAL_INFINITE)
    FAIL(err, LUMA_OUT_OF_RANGE, "the result does not fit a decimal");
  *out = val_decimal(result);
  return LUMA_OK;
}

/* Divided, as PostgreSQL does: pi / 180 is rounded by less than 180 / pi is. */
static double to_degrees(double v) {
  return v / (M_PI / 180);
}
static double to_radians(double v) {
  return v * (M_PI / 180);
}
static double cotangent(double v) {
  return 1 / tan(v);
}

status func__exp(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                 struct err *err) {
  (void)count;
  if (args[0].type == VAL_DECIMAL) return exp_decimal(args[0].decimal, out, err);
  TRY(of_one(env, args, exp, out, err));
  bool is_underflow =
      out->type == VAL_FLOAT64 && out->real == 0 && isfinite(val_to_float64(&args[0]));
  if (is_underflow) FAIL(err, LUMA_OUT_OF_RANGE, "the result is too small for a 64-bit float");
  return LUMA_OK;
}

status func__ln(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                struct err *err) {
  (void)count;
  TRY(log_of(env, args, log, out, err));
  if (args[0].type == VAL_DECIMAL) *out = val_decimal(numeric_ln(args[0].decimal));
  return LUMA_OK;
}

status func__log10(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)count;
  if (args[0].type == VAL_DECIMAL) return log_decimal(NULL, &args[0], out, err);
  return log_of(env, args, log10, out, err);
}

status func__log2(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  (void)count;
  return log_of(env, args, log2, out, err);
}

/** log(x) is to the base 10; log(base, x) to any. */
status func__log(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                 struct err *err) {
  struct val base = val_null();
  if (count == 1) return func__log10(env, args, count, out, err);
  bool is_decimal = args[0].type == VAL_DECIMAL || args[1].type == VAL_DECIMAL;
  if (is_decimal && val_is_number(&args[0]) && val_is_number(&args[1]))
    return log_decimal(&args[0], &args[1], out, err);
  TRY(log_of(env, &args[0], log, &base, err));
  TRY(log_of(env, &args[1], log, out, err));
  if (base.type != VAL_FLOAT64 || out->type != VAL_FLOAT64) return LUMA_OK;
  if (base.real == 0) FAIL(err, LUMA_OUT_OF_RANGE, "1 is not the base of a logarithm");
  *out = val_float64(out->real / base.real);
  return LUMA_OK;
}

status func__cbrt(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  (void)count;
  return of_one(env, args, cube_root, out, err);
}

status func__degrees(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                     struct err *err) {
  (void)count;
  return of_one(env, args, to_degrees, out, err);
}

status func__radians(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                     struct err *err) {
  (void)count;
  return of_one(env, args, to_radians, out, err);
}

status func__pi(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                struct err *err) {
  (void)env, (void)args, (void)count, (void)err;
  *out = val_float64(M_PI);
  return LUMA_OK;
}

status func__sin(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                 struct err *err) {
  (void)count;
  return of_one(env, args, sin, out, err);
}

status func__cos(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                 struct err *err) {
  (void)count;
  return of_one(env, args, cos, out, err);
}

status func__tan(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                 struct err *err) {
  (void)count;
  return of_one(env, args, tan, out, err);
}

status func__asin(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  (void)count;
  return of_one(env, args, asin, out, err);
}

status func__acos(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  (void)count;
  return of_one(env, args, acos, out, err);
}

status func__atan(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  (void)count;
  return of_one(env, args, atan, out, err);
}

status func__sinh(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  (void)count;
  return of_one(env, args, sinh, out, err);
}

status func__cosh(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  (void)count;
  return of_one(env, args, cosh, out, err);
}

status func__tanh(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  (void)count;
  return of_one(env, args, tanh, out, err);
}

status func__asinh(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)count;
  return of_one(env, args, asinh, out, err);
}

status func__acosh(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)count;
  return of_one(env, args, acosh, out, err);
}

status func__atanh(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)count;
  return of_one(env, args, atanh, out, err);
}

status func__cot(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                 struct err *err) {
  (void)count;
  return of_one(env, args, cotangent, out, err);
}

status func__atan2(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)count, (void)err;
  if (!val_is_number(&args[0]) || !val_is_number(&args[1])) return func__clash(env, out);
  *out = val_float64(atan2(val_to_float64(&args[0]), val_to_float64(&args[1])));
  return LUMA_OK;
}
