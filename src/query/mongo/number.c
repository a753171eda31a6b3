/* SPDX-License-Identifier: MIT */
/* Arithmetic: $add, $subtract, $multiply, $divide, $mod, $abs, $ceil, $floor, $round, $trunc, and
 * sums over lists. Kinds of numbers widen as MongoDB's do: int32 to int64 to float64 where a result
 * does not fit, decimals win over all. */
#include <math.h>

#include "query/mongo/mongo_int.h"

enum { PLACES_MIN = -20, PLACES_MAX = 100 };

static bool any_null(const struct val *args, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    if (val_is_null(&args[i])) return true;
  return false;
}

static bool is_moment(const struct val *v) {
  return v->type == VAL_TIMESTAMP || v->type == VAL_DATE;
}

/** An integer of the wider kind of both, or a double when it does not fit 64 bits. */
static struct val integer_or_real(bool overflow, int64_t v, double real, enum val_type wider) {
  if (overflow) return val_float64(real);
  return wider == VAL_INT32 ? mongo__integer(v) : val_int64(v);
}

struct val mongo__add_numbers(const struct val *a, const struct val *b) {
  enum val_type wider = mongo__wider(a, b);
  int64_t sum = 0;
  if (wider == VAL_DECIMAL)
    return val_decimal(decimal_add(val_to_decimal_15(a), val_to_decimal_15(b)));
  if (wider == VAL_FLOAT64) return val_float64(val_to_float64(a) + val_to_float64(b));
  bool overflow = __builtin_add_overflow(a->integer, b->integer, &sum);
  return integer_or_real(overflow, sum, (double)a->integer + (double)b->integer, wider);
}

static struct val multiply_numbers(const struct val *a, const struct val *b) {
  enum val_type wider = mongo__wider(a, b);
  int64_t product = 0;
  if (wider == VAL_DECIMAL)
    return val_decimal(decimal_multiply(val_to_decimal_15(a), val_to_decimal_15(b)));
  if (wider == VAL_FLOAT64) return val_float64(val_to_float64(a) * val_to_float64(b));
  bool overflow = __builtin_mul_overflow(a->integer, b->integer, &product);
  return integer_or_real(overflow, product, (double)a->integer * (double)b->integer, wider);
}

static struct val subtract_numbers(const struct val *a, const struct val *b) {
  enum val_type wider = mongo__wider(a, b);
  int64_t rest = 0;
  if (wider == VAL_DECIMAL)
    return val_decimal(decimal_subtract(val_to_decimal_15(a), val_to_decimal_15(b)));
  if (wider == VAL_FLOAT64) return val_float64(val_to_float64(a) - val_to_float64(b));
  bool overflow = __builtin_sub_overflow(a->integer, b->integer, &rest);
  return integer_or_real(overflow, rest, (double)a->integer - (double)b->integer, wider);
}

/* ---- dates ---- */

/** Milliseconds of a number, rounded to the nearest; false beyond 64 bits. */
static bool rounded_ms(const struct val *number, int64_t *ms) {
  if (mongo__whole64(number, ms)) return true;
  double real = round(val_to_float64(number));
  if (!(real >= -0x1p63 && real < 0x1p63)) return false;
  *ms = (int64_t)real;
  return true;
}

static status move_date(const struct val *date, const struct val *by, int sign, struct val *out,
                        struct err *err) {
  int64_t ms = 0, delta = 0;
  struct val cut = *by;
  if (sign < 0 && by->type == VAL_FLOAT64) cut = val_float64(trunc(by->real));
  (void)mongo__moment(date, &ms);
  bool fits = rounded_ms(&cut, &delta) && !__builtin_mul_overflow(delta, (int64_t)sign, &delta) &&
              !__builtin_add_overflow(ms, delta, &ms) && mongo__date(ms, out);
  return fits ? LUMA_OK : mongo_fail(err, 2, "date overflow in arithmetic");
}

status mongo__add(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  (void)env;
  struct val sum = val_int32(0), date = val_missing();
  *out = val_null();
  for (uint32_t i = 0; i < count; i++) {
    const struct val *v = &args[i];
    if (val_is_number(v)) {
      sum = mongo__add_numbers(&sum, v);
    } else if (is_moment(v)) {
      if (date.type != VAL_MISSING) return mongo_fail(err, 16612, "only one date allowed in $add");
      date = *v;
    } else if (val_is_null(v)) {
      return LUMA_OK; /* what stands behind it is not looked at */
    } else {
      return mongo_fail(err, 14, "$add only supports numeric or date types, not %s",
                        mongo_type_name(v));
    }
  }
  if (date.type != VAL_MISSING) return move_date(&date, &sum, 1, out, err);
  *out = sum;
  return LUMA_OK;
}

status mongo__subtract(struct func_env *env, const struct val *args, uint32_t count,
                       struct val *out, struct err *err) {
  (void)env, (void)count;
  const struct val *a = &args[0], *b = &args[1];
  int64_t left = 0, right = 0;
  *out = val_null();
  if (any_null(args, 2)) return LUMA_OK;
  if (val_is_number(a) && val_is_number(b)) {
    *out = subtract_numbers(a, b);
    return LUMA_OK;
  }
  if (is_moment(a) && is_moment(b)) {
    (void)mongo__moment(a, &left), (void)mongo__moment(b, &right);
    if (__builtin_sub_overflow(left, right, &left))
      return mongo_fail(err, 2, "overflow in $subtract of dates");
    *out = val_int64(left);
    return LUMA_OK;
  }
  if (is_moment(a) && val_is_number(b)) return move_date(a, b, -1, out, err);
  return mongo_fail(err, 14, "can't $subtract %s from %s", mongo_type_name(b), mongo_type_name(a));
}

status mongo__multiply(struct func_env *env, const struct val *args, uint32_t count,
                       struct val *out, struct err *err) {
  (void)env;
  struct val product = val_int32(1);
  *out = val_null();
  for (uint32_t i = 0; i < count; i++) {
    if (val_is_null(&args[i])) return LUMA_OK; /* what stands behind it is not looked at */
    if (!val_is_number(&args[i]))
      return mongo_fail(err, 14, "$multiply only supports numeric types, not %s",
                        mongo_type_name(&args[i]));
    product = multiply_numbers(&product, &args[i]);
  }
  *out = product;
  return LUMA_OK;
}

static status check_pair(const char *name, const struct val *args, struct err *err) {
  if (val_is_number(&args[0]) && val_is_number(&args[1])) return LUMA_OK;
  uint32_t code = strcmp(name, "$mod") == 0 ? 16611 : 14;
  return mongo_fail(err, code, "%s only supports numeric types, not %s and %s", name,
                    mongo_type_name(&args[0]), mongo_type_name(&args[1]));
}

static bool is_zero(const struct val *v) {
  return !mongo_is_true(v);
}

status mongo__divide(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                     struct err *err) {
  (void)env, (void)count;
  *out = val_null();
  if (any_null(args, 2)) return LUMA_OK;
  TRY(check_pair("$divide", args, err));
  if (is_zero(&args[1])) return mongo_fail(err, 2, "can't $divide by zero");
  if (mongo__wider(&args[0], &args[1]) == VAL_DECIMAL)
    *out = val_decimal(decimal_divide(val_to_decimal_15(&args[0]), val_to_decimal_15(&args[1])));
  else
    *out = val_float64(val_to_float64(&args[0]) / val_to_float64(&args[1]));
  return LUMA_OK;
}

static struct decimal decimal_cut(struct decimal d) {
  struct decimal_parts parts;
  if (decimal_unpack(d, &parts) != DECIMAL_FINITE) return d;
  while (parts.exponent < 0 && parts.coefficient) {
    parts.coefficient /= 10;
    parts.exponent++;
  }
  if (parts.exponent < 0) parts.exponent = 0;
  return decimal_pack(parts, NULL);
}

/** What division leaves, with the sign of `a`: exact, however far apart the two are. */
static struct decimal decimal_rest(struct decimal a, struct decimal b) {
  struct decimal_parts of_a, of_b;
  enum decimal_class class_of_b = decimal_unpack(b, &of_b);
  if (decimal_unpack(a, &of_a) != DECIMAL_FINITE || class_of_b == DECIMAL_NAN)
    return decimal_subtract(a, decimal_multiply(a, b)); /* not a number */
  if (class_of_b == DECIMAL_INFINITE) return a;
  for (; of_b.exponent > of_a.exponent; of_b.exponent--) {
    if (of_b.coefficient > of_a.coefficient) return a;
    of_b.coefficient *= 10;
  }
  of_a.coefficient %= of_b.coefficient;
  for (; of_a.exponent > of_b.exponent; of_a.exponent--)
    of_a.coefficient = of_a.coefficient * 10 % of_b.coefficient;
  return decimal_pack(of_a, NULL);
}

status mongo__mod(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  (void)env, (void)count;
  const struct val *a = &args[0], *b = &args[1];
  *out = val_null();
  if (any_null(args, 2)) return LUMA_OK;
  TRY(check_pair("$mod", args, err));
  if (is_zero(b)) return mongo_fail(err, 16610, "can't $mod by zero");
  enum val_type wider = mongo__wider(a, b);
  if (wider == VAL_DECIMAL)
    *out = val_decimal(decimal_rest(val_to_decimal_15(a), val_to_decimal_15(b)));
  else if (wider == VAL_FLOAT64)
    *out = val_float64(fmod(val_to_float64(a), val_to_float64(b)));
  else
    *out = integer_or_real(false, b->integer == -1 ? 0 : a->integer % b->integer, 0, wider);
  return LUMA_OK;
}

/* ---- one number ---- */

static status check_number(const char *name, const struct val *v, struct err *err) {
  if (val_is_number(v)) return LUMA_OK;
  return mongo_fail(err, 28765, "%s only supports numeric types, not %s", name, mongo_type_name(v));
}

status mongo__abs(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  (void)env, (void)count;
  const struct val *v = &args[0];
  TRY(check_number("$abs", v, err));
  *out = *v;
  if (v->type == VAL_DECIMAL) {
    out->decimal.high &= ~(UINT64_C(1) << 63);
  } else if (v->type == VAL_FLOAT64) {
    out->real = fabs(v->real);
  } else if (v->integer < 0) {
    if (v->integer == INT64_MIN) return mongo_fail(err, 28680, "can't take $abs of long long min");
    *out = v->type == VAL_INT32 ? mongo__integer(-v->integer) : val_int64(-v->integer);
  }
  return LUMA_OK;
}

/** To the integral decimal below (-1) or above (1). */
static struct decimal decimal_towards(struct decimal d, int direction) {
  struct decimal cut = decimal_cut(d), one = decimal_from_int64(1);
  int order = decimal_compare(d, cut);
  if (direction > 0 && order > 0) return decimal_add(cut, one);
  return direction < 0 && order < 0 ? decimal_subtract(cut, one) : cut;
}

static status towards(const char *name, const struct val *v, int direction, struct val *out,
                      struct err *err) {
  TRY(check_number(name, v, err));
  *out = *v;
  if (v->type == VAL_FLOAT64) out->real = direction > 0 ? ceil(v->real) : floor(v->real);
  if (v->type == VAL_DECIMAL) out->decimal = decimal_towards(v->decimal, direction);
  return LUMA_OK;
}

status mongo__ceil(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)env, (void)count;
  return towards("$ceil", &args[0], 1, out, err);
}

status mongo__floor(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)env, (void)count;
  return towards("$floor", &args[0], -1, out, err);
}

/* ---- rounding to places ---- */

/** With zeros up to `places` after the point, as far as its digits go: 1.5 to three is 1.500. */
static struct decimal decimal_padded(struct decimal d, int places) {
  const uint128 least_of_all_digits = (uint128)UINT64_C(1000000000000000000) * 1000000000000000;
  struct decimal_parts parts;
  if (decimal_unpack(d, &parts) != DECIMAL_FINITE) return d;
  for (; parts.exponent > -places && parts.coefficient < least_of_all_digits; parts.exponent--)
    parts.coefficient *= 10;
  return decimal_pack(parts, NULL);
}

/** The decimal cut (towards zero) to `places` after the point. */
static struct decimal decimal_cut_places(struct decimal d, int places) {
  struct decimal_parts parts;
  if (decimal_unpack(d, &parts) != DECIMAL_FINITE) return d;
  bool moved = false;
  while (parts.exponent < -places && parts.coefficient) {
    parts.coefficient /= 10;
    parts.exponent++;
    moved = true;
  }
  if (!moved) return decimal_round(d, places);
  if (parts.coefficient == 0) parts.exponent = -places; /* nothing is left of it */
  return decimal_pack(parts, NULL);
}

/** Doubles are rounded as the decimal numbers that they print as. */
static struct val rounded_real(double v, int places, bool cuts) {
  if (!isfinite(v)) return val_float64(v);
  if (places == 0) return val_float64(cuts ? trunc(v) : nearbyint(v));
  struct decimal d = decimal_from_float64(v);
  d = cuts ? decimal_cut_places(d, places) : decimal_round(d, places);
  return val_float64(decimal_to_float64(d));
}

static status rounded_integer(const struct val *v, int places, bool cuts, struct val *out,
                              struct err *err) {
  int64_t whole = 0;
  *out = *v;
  if (places >= 0) return LUMA_OK;
  struct decimal d = decimal_from_int64(v->integer);
  d = cuts ? decimal_cut_places(d, places) : decimal_round(d, places);
  if (!decimal_to_int64(d, &whole))
    return mongo_fail(err, 51080, "invalid conversion from Decimal128 result in $round");
  *out = v->type == VAL_INT32 ? mongo__integer(whole) : val_int64(whole);
  return LUMA_OK;
}

static status round_places(const char *name, const struct val *args, uint32_t count, bool cuts,
                           struct val *out, struct err *err) {
  int64_t places = 0;
  *out = val_null();
  bool has_places = count > 1 && word_is_given(&args[1]);
  if (val_is_null(&args[0]) || (has_places && val_is_null(&args[1]))) return LUMA_OK;
  if (!val_is_number(&args[0]))
    return mongo_fail(err, 51081, "%s only supports numeric types, not %s", name,
                      mongo_type_name(&args[0]));
  if (has_places) {
    if (!mongo__whole64(&args[1], &places))
      return mongo_fail(err, 51082, "precision argument to %s must be a integral value", name);
    if (places < PLACES_MIN || places > PLACES_MAX)
      return mongo_fail(err, 51083,
                        "cannot apply %s with precision value %lld value must be in [-20, 100]",
                        name, (long long)places);
  }
  if (args[0].type == VAL_FLOAT64) {
    *out = rounded_real(args[0].real, (int)places, cuts);
  } else if (args[0].type == VAL_DECIMAL) {
    struct decimal d = cuts ? decimal_cut_places(args[0].decimal, (int)places)
                            : decimal_round(args[0].decimal, (int)places);
    *out = val_decimal(decimal_padded(d, (int)places));
  } else {
    return rounded_integer(&args[0], (int)places, cuts, out, err);
  }
  return LUMA_OK;
}

status mongo__round(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)env;
  return round_places("$round", args, count, false, out, err);
}

status mongo__trunc(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)env;
  return round_places("$trunc", args, count, true, out, err);
}
