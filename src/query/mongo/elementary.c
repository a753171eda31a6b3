/* SPDX-License-Identifier: MIT */
/* Elementary functions: trigonometry, exponentials, logarithms, powers, roots. */
#include <math.h>

#include "query/func/number/quad.h"
#include "query/mongo/mongo_int.h"

/** What a function takes: [low, high], or any number. */
struct domain {
  const char *name;
  enum quad_function function;
  double low, high;
  bool open; /* the ends do not belong to it */
  uint32_t code;
};

static const struct domain everywhere = {.low = -(double)INFINITY, .high = (double)INFINITY};

static status apply(const struct domain *domain, const struct val *v, struct val *out,
                    struct err *err) {
  *out = val_null();
  if (val_is_null(v)) return LUMA_OK;
  if (!val_is_number(v))
    return mongo_fail(err, 28765, "%s only supports numeric types, not %s", domain->name,
                      mongo_type_name(v));
  if (mongo__is_nan(v)) {
    *out = *v;
    return LUMA_OK;
  }
  double real = val_to_float64(v);
  bool inside = domain->open ? real > domain->low && real < domain->high
                             : real >= domain->low && real <= domain->high;
  if (v->type == VAL_DECIMAL && domain->low == 0 && domain->open)
    inside = decimal_compare(v->decimal, decimal_from_int64(0)) > 0;
  if (!inside)
    return mongo_fail(err, domain->code, "cannot apply %s to %g, value must be in %c%g,%g%c",
                      domain->name, real, domain->open ? '(' : '[', domain->low, domain->high,
                      domain->open ? ')' : ']');
  if (v->type == VAL_DECIMAL)
    *out = val_decimal(quad_apply(domain->function, v->decimal));
  else
    *out = val_float64(quad_of_float64(domain->function, real));
  return LUMA_OK;
}

/* The ends of (-inf, inf) are refused by $sin, $cos and $tan only. */
static status anywhere(const char *name, enum quad_function function, const struct val *v,
                       struct val *out, struct err *err) {
  struct domain domain = everywhere;
  domain.name = name;
  domain.function = function;
  domain.open = function <= QUAD_TAN;
  domain.code = 50989;
  return apply(&domain, v, out, err);
}

static status between(const char *name, enum quad_function function, double low, double high,
                      const struct val *v, struct val *out, struct err *err) {
  const struct domain domain = {name, function, low, high, false, 50989};
  return apply(&domain, v, out, err);
}

status mongo__sigmoid(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                      struct err *err) {
  (void)env, (void)count;
  *out = val_null();
  if (val_is_null(&args[0])) return LUMA_OK;
  if (!val_is_number(&args[0]))
    return mongo_fail(err, 28765, "$sigmoid only supports numeric types, not %s",
                      mongo_type_name(&args[0]));
  double share = 1 / (1 + exp(-val_to_float64(&args[0])));
  *out =
      args[0].type == VAL_DECIMAL ? val_decimal(decimal_from_float64(share)) : val_float64(share);
  return LUMA_OK;
}

status mongo__sin(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  (void)env, (void)count;
  return anywhere("$sin", QUAD_SIN, args, out, err);
}

status mongo__cos(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  (void)env, (void)count;
  return anywhere("$cos", QUAD_COS, args, out, err);
}

status mongo__tan(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  (void)env, (void)count;
  return anywhere("$tan", QUAD_TAN, args, out, err);
}

status mongo__asin(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)env, (void)count;
  return between("$asin", QUAD_ASIN, -1, 1, args, out, err);
}

status mongo__acos(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)env, (void)count;
  return between("$acos", QUAD_ACOS, -1, 1, args, out, err);
}

status mongo__atan(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)env, (void)count;
  return anywhere("$atan", QUAD_ATAN, args, out, err);
}

status mongo__sinh(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)env, (void)count;
  return anywhere("$sinh", QUAD_SINH, args, out, err);
}

status mongo__cosh(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)env, (void)count;
  return anywhere("$cosh", QUAD_COSH, args, out, err);
}

status mongo__tanh(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)env, (void)count;
  return anywhere("$tanh", QUAD_TANH, args, out, err);
}

status mongo__asinh(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)env, (void)count;
  return anywhere("$asinh", QUAD_ASINH, args, out, err);
}

status mongo__acosh(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)env, (void)count;
  return between("$acosh", QUAD_ACOSH, 1, (double)INFINITY, args, out, err);
}

status mongo__atanh(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)env, (void)count;
  return between("$atanh", QUAD_ATANH, -1, 1, args, out, err);
}

status mongo__degrees_to_radians(struct func_env *env, const struct val *args, uint32_t count,
                                 struct val *out, struct err *err) {
  (void)env, (void)count;
  return anywhere("$degreesToRadians", QUAD_RADIANS, args, out, err);
}

status mongo__radians_to_degrees(struct func_env *env, const struct val *args, uint32_t count,
                                 struct val *out, struct err *err) {
  (void)env, (void)count;
  return anywhere("$radiansToDegrees", QUAD_DEGREES, args, out, err);
}

status mongo__exp(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  (void)env, (void)count;
  return anywhere("$exp", QUAD_EXP, args, out, err);
}

/** Logarithms take what is above zero. */
static status logarithm(const char *name, enum quad_function function, uint32_t code,
                        const struct val *v, struct val *out, struct err *err) {
  struct domain domain = {name, function, 0, (double)INFINITY, true, code};
  if (val_is_number(v) && isinf(val_to_float64(v))) domain.open = val_to_float64(v) < 0;
  return apply(&domain, v, out, err);
}

status mongo__ln(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                 struct err *err) {
  (void)env, (void)count;
  return logarithm("$ln", QUAD_LN, 28766, args, out, err);
}

status mongo__log10(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)env, (void)count;
  return logarithm("$log10", QUAD_LOG10, 28761, args, out, err);
}

status mongo__sqrt(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)env, (void)count;
  const struct domain domain = {"$sqrt", QUAD_SQRT, 0, (double)INFINITY, false, 28714};
  return apply(&domain, args, out, err);
}

status mongo__log(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  (void)env, (void)count;
  const struct val *v = &args[0], *base = &args[1];
  *out = val_null();
  if (val_is_null(v) || val_is_null(base)) return LUMA_OK;
  if (!val_is_number(v))
    return mongo_fail(err, 28756, "$log's argument must be numeric, not %s", mongo_type_name(v));
  if (!val_is_number(base))
    return mongo_fail(err, 28757, "$log's base must be numeric, not %s", mongo_type_name(base));
  double real = val_to_float64(v), base_real = val_to_float64(base);
  if (real <= 0)
    return mongo_fail(err, 28758, "$log's argument must be a positive number, but is %g", real);
  if (base_real <= 0 || base_real == 1)
    return mongo_fail(err, 28759, "$log's base must be a positive number not equal to 1, but is %g",
                      base_real);
  if (mongo__wider(v, base) == VAL_DECIMAL)
    *out = val_decimal(decimal_divide(quad_apply(QUAD_LN, val_to_decimal_15(v)),
                                      quad_apply(QUAD_LN, val_to_decimal_15(base))));
  else
    *out = val_float64(log(real) / log(base_real));
  return LUMA_OK;
}

status mongo__atan2(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)env, (void)count;
  const struct val *y = &args[0], *x = &args[1];
  *out = val_null();
  if (val_is_null(y) || val_is_null(x)) return LUMA_OK;
  if (!val_is_number(y) || !val_is_number(x))
    return mongo_fail(err, 51044, "$atan2 only supports numeric types, not %s and %s",
                      mongo_type_name(y), mongo_type_name(x));
  if (mongo__wider(y, x) == VAL_DECIMAL)
    *out = val_decimal(quad_atan2(val_to_decimal_15(y), val_to_decimal_15(x)));
  else
    *out = val_float64(atan2(val_to_float64(y), val_to_float64(x)));
  return LUMA_OK;
}

/** base^exponent in 64 bits; false when it does not fit. */
static bool integer_power(int64_t base, int64_t exponent, int64_t *out) {
  *out = 1;
  while (exponent > 0) {
    if ((exponent & 1) && __builtin_mul_overflow(*out, base, out)) return false;
    exponent >>= 1;
    if (exponent && __builtin_mul_overflow(base, base, &base)) return false;
  }
  return true;
}

static struct val power_of_integers(const struct val *base, const struct val *exponent) {
  int64_t power = 0, b = base->integer, e = exponent->integer;
  if (e < 0 && (b == 1 || b == -1)) e = e % 2 ? 1 : 0;
  if (e < 0 || !integer_power(b, e, &power)) return val_float64(pow((double)b, (double)e));
  return mongo__wider(base, exponent) == VAL_INT32 ? mongo__integer(power) : val_int64(power);
}

status mongo__pow(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  (void)env, (void)count;
  const struct val *base = &args[0], *exponent = &args[1];
  *out = val_null();
  if (val_is_null(base) || val_is_null(exponent)) return LUMA_OK;
  if (!val_is_number(base))
    return mongo_fail(err, 28762, "$pow's base must be numeric, not %s", mongo_type_name(base));
  if (!val_is_number(exponent))
    return mongo_fail(err, 28763, "$pow's exponent must be numeric, not %s",
                      mongo_type_name(exponent));
  if (!mongo_is_true(base) && val_to_float64(exponent) < 0)
    return mongo_fail(err, 28764, "$pow cannot take a base of 0 and a negative exponent");
  enum val_type wider = mongo__wider(base, exponent);
  if (wider == VAL_DECIMAL)
    *out = val_decimal(quad_power(val_to_decimal_15(base), val_to_decimal_15(exponent)));
  else if (wider == VAL_FLOAT64)
    *out = val_float64(pow(val_to_float64(base), val_to_float64(exponent)));
  else
    *out = power_of_integers(base, exponent);
  return LUMA_OK;
}
