/* SPDX-License-Identifier: MIT */
#include "query/func/arith.h"

#include <math.h>

#include "query/func/arith_span.h"
#include "query/func/number/numeric.h"
#include "query/func/time/calendar.h"

static status fail_overflow(const char *type, struct err *err) {
  FAIL(err, LUMA_OUT_OF_RANGE, "the result does not fit %s", type);
}

static status fail_zero(struct err *err) {
  status failed = err_raise(err, LUMA_OUT_OF_RANGE, __FILE__, __LINE__, "division by zero");
  err_hint(err, "nullif(divisor, 0) gives NULL instead of an error");
  return failed;
}

static status divide_int(enum expr_op op, int64_t a, int64_t b, int64_t *out, struct err *err) {
  if (b == 0) return fail_zero(err);
  if (b == -1) { /* INT64_MIN / -1 traps in hardware */
    if (op == EXPR_OP_MODULO)
      *out = 0;
    else if (__builtin_sub_overflow((int64_t)0, a, out))
      return fail_overflow("a 64-bit integer", err);
    return LUMA_OK;
  }
  *out = op == EXPR_OP_DIVIDE ? a / b : a % b;
  return LUMA_OK;
}

static status arith_int(enum expr_op op, int64_t a, int64_t b, struct val *out, struct err *err) {
  int64_t result = 0;
  bool overflow = false;
  if (op == EXPR_OP_ADD)
    overflow = __builtin_add_overflow(a, b, &result);
  else if (op == EXPR_OP_SUBTRACT)
    overflow = __builtin_sub_overflow(a, b, &result);
  else if (op == EXPR_OP_MULTIPLY)
    overflow = __builtin_mul_overflow(a, b, &result);
  else
    TRY(divide_int(op, a, b, &result, err));
  if (overflow) return fail_overflow("a 64-bit integer", err);
  *out = val_int64(result);
  return LUMA_OK;
}

static double float_result(enum expr_op op, double a, double b) {
  if (op == EXPR_OP_ADD) return a + b;
  if (op == EXPR_OP_SUBTRACT) return a - b;
  if (op == EXPR_OP_MULTIPLY) return a * b;
  return op == EXPR_OP_DIVIDE ? a / b : fmod(a, b);
}

static status arith_float(enum expr_op op, double a, double b, struct val *out, struct err *err) {
  bool divides = op == EXPR_OP_DIVIDE || op == EXPR_OP_MODULO;
  if (divides && b == 0) return fail_zero(err);
  double result = float_result(op, a, b);
  if (isinf(result) && !isinf(a) && !isinf(b)) return fail_overflow("a 64-bit float", err);
  *out = val_float64(result);
  return LUMA_OK;
}

/** PostgreSQL's scales; what no longer fits a decimal is an error. */
static status arith_decimal(enum expr_op op, struct decimal a, struct decimal b, struct val *out,
                            struct err *err) {
  struct decimal_parts parts;
  struct decimal result;
  bool divides = op == EXPR_OP_DIVIDE || op == EXPR_OP_MODULO;
  if (divides && decimal_compare(b, decimal_from_int64(0)) == 0) return fail_zero(err);
  if (op == EXPR_OP_ADD)
    result = decimal_add(a, b);
  else if (op == EXPR_OP_SUBTRACT)
    result = decimal_subtract(a, b);
  else if (op == EXPR_OP_MULTIPLY)
    result = decimal_multiply(a, b);
  else
    result = op == EXPR_OP_DIVIDE ? numeric_divide(a, b) : decimal_remainder(a, b);
  bool overflows = decimal_unpack(result, &parts) == DECIMAL_INFINITE &&
                   decimal_unpack(a, &parts) == DECIMAL_FINITE &&
                   decimal_unpack(b, &parts) == DECIMAL_FINITE;
  if (overflows) return fail_overflow("a decimal", err);
  *out = val_decimal(result);
  if (decimal_unpack(result, &parts) == DECIMAL_FINITE && !parts.coefficient && parts.negative)
    *out = val_decimal(decimal_negate(result)); /* SQL has one zero */
  return LUMA_OK;
}

/* ---- moments ---- */

static bool is_span(const struct val *v) {
  return v->type == VAL_DURATION || v->type == VAL_INTERVAL;
}

static bool is_moment(const struct val *v) {
  return v->type == VAL_TIMESTAMP || v->type == VAL_DATE;
}

static status add_us(int64_t us, int64_t delta, uint8_t type, struct val *out, struct err *err) {
  int64_t result = 0;
  if (__builtin_add_overflow(us, delta, &result)) return fail_overflow("a timestamp", err);
  *out = (struct val){.type = type, .integer = result};
  return LUMA_OK;
}

/** A timestamp (in µs) moved by a duration or interval, forwards (sign 1) or back (-1). */
static status move_moment(int64_t us, const struct val *span, int sign, struct val *out,
                          struct err *err) {
  int64_t delta = 0;
  if (span->type == VAL_DURATION) {
    if (__builtin_mul_overflow(span->integer, (int64_t)sign, &delta))
      return fail_overflow("a duration", err);
    return add_us(us, delta, VAL_TIMESTAMP, out, err);
  }
  int64_t moved = 0;
  bool overflow =
      !calendar_add_months(us, (int64_t)span->interval.months * sign, &moved) ||
      __builtin_mul_overflow((int64_t)span->interval.days * sign, CALENDAR_US_PER_DAY, &delta) ||
      __builtin_add_overflow(moved, delta, &moved) ||
      __builtin_mul_overflow(span->interval.us, (int64_t)sign, &delta);
  if (overflow) return fail_overflow("a timestamp", err);
  return add_us(moved, delta, VAL_TIMESTAMP, out, err);
}

static int64_t moment_us(const struct val *v) {
  return v->type == VAL_DATE ? v->integer * CALENDAR_US_PER_DAY : v->integer;
}

static status subtract_moments(const struct val *a, const struct val *b, struct val *out,
                               struct err *err) {
  if (a->type == VAL_DATE && b->type == VAL_DATE) {
    *out = val_int64(a->integer - b->integer);
    return LUMA_OK;
  }
  int64_t result = 0;
  if (__builtin_sub_overflow(moment_us(a), moment_us(b), &result))
    return fail_overflow("a duration", err);
  *out = (struct val){.type = VAL_DURATION, .integer = result};
  return LUMA_OK;
}

static status arith_moment(enum expr_op op, const struct val *a, const struct val *b,
                           struct val *out, bool *clash, struct err *err) {
  if (op == EXPR_OP_SUBTRACT && is_moment(a) && is_moment(b))
    return subtract_moments(a, b, out, err);
  if (op == EXPR_OP_ADD && is_moment(b)) { /* addition commutes */
    const struct val *swap = a;
    a = b;
    b = swap;
  }
  int sign = op == EXPR_OP_ADD ? 1 : -1;
  bool moves = (op == EXPR_OP_ADD || op == EXPR_OP_SUBTRACT) && is_moment(a);
  if (moves && is_span(b)) return move_moment(moment_us(a), b, sign, out, err);
  if (moves && a->type == VAL_DATE && val_is_integer(b)) {
    int64_t days = 0;
    if (__builtin_mul_overflow(b->integer, (int64_t)sign, &days))
      return fail_overflow("a date", err);
    return add_us(a->integer, days, VAL_DATE, out, err);
  }
  *clash = true;
  return LUMA_OK;
}

static status arith_duration(enum expr_op op, const struct val *a, const struct val *b,
                             struct val *out, bool *clash, struct err *err) {
  bool both = a->type == VAL_DURATION && b->type == VAL_DURATION &&
              (op == EXPR_OP_ADD || op == EXPR_OP_SUBTRACT);
  bool scaled = a->type == VAL_DURATION && val_is_integer(b) &&
                (op == EXPR_OP_MULTIPLY || op == EXPR_OP_DIVIDE);
  if (!both && !scaled) return arith_span(op, a, b, out, clash, err);
  TRY(arith_int(op, a->integer, b->integer, out, err));
  out->type = VAL_DURATION;
  return LUMA_OK;
}

status arith_binary(enum expr_op op, const struct val *a, const struct val *b, struct val *out,
                    bool *clash, struct err *err) {
  *out = val_null();
  *clash = false;
  if (val_is_integer(a) && val_is_integer(b))
    return arith_int(op, a->integer, b->integer, out, err);
  if (val_is_number(a) && val_is_number(b)) {
    if (a->type == VAL_DECIMAL || b->type == VAL_DECIMAL)
      return arith_decimal(op, val_to_decimal(a), val_to_decimal(b), out, err);
    return arith_float(op, val_to_float64(a), val_to_float64(b), out, err);
  }
  if (is_moment(a) || is_moment(b)) return arith_moment(op, a, b, out, clash, err);
  if (is_span(a) || is_span(b)) return arith_duration(op, a, b, out, clash, err);
  *clash = true;
  return LUMA_OK;
}

/* ---- MongoDB's ---- */

/** Decimals as IEEE 754 has them: infinities, a signed zero, as many digits as fit. */
static status arith_mongo_decimal(enum expr_op op, struct decimal a, struct decimal b,
                                  struct val *out, struct err *err) {
  bool divides = op == EXPR_OP_DIVIDE || op == EXPR_OP_MODULO;
  if (divides && decimal_compare(b, decimal_from_int64(0)) == 0) return fail_zero(err);
  if (op == EXPR_OP_ADD)
    *out = val_decimal(decimal_add(a, b));
  else if (op == EXPR_OP_SUBTRACT)
    *out = val_decimal(decimal_subtract(a, b));
  else if (op == EXPR_OP_MULTIPLY)
    *out = val_decimal(decimal_multiply(a, b));
  else
    *out = val_decimal(op == EXPR_OP_DIVIDE ? decimal_divide(a, b) : decimal_remainder(a, b));
  return LUMA_OK;
}

/** Milliseconds as microseconds: rounded when added, cut off when subtracted. */
static bool milliseconds_us(enum expr_op op, const struct val *number, int64_t *us) {
  int64_t ms = 0;
  if (!val_to_int64(number, &ms)) {
    double real = val_to_float64(number), rounded = op == EXPR_OP_ADD ? round(real) : trunc(real);
    if (!(rounded >= -0x1p63 && rounded < 0x1p63)) return false;
    ms = (int64_t)rounded;
  }
  return !__builtin_mul_overflow(ms, (int64_t)1000, us);
}

/** A moment and milliseconds, or the milliseconds between two moments. */
static status arith_mongo_moment(enum expr_op op, const struct val *a, const struct val *b,
                                 struct val *out, bool *clash, struct err *err) {
  int64_t us = 0, result = 0;
  if (op == EXPR_OP_SUBTRACT && is_moment(a) && is_moment(b)) {
    if (__builtin_sub_overflow(moment_us(a), moment_us(b), &result))
      return fail_overflow("a 64-bit integer", err);
    *out = val_int64(result / 1000);
    return LUMA_OK;
  }
  const struct val *moment = is_moment(a) ? a : b, *number = is_moment(a) ? b : a;
  bool moves =
      val_is_number(number) && (op == EXPR_OP_ADD || (op == EXPR_OP_SUBTRACT && is_moment(a)));
  if (!moves) return arith_moment(op, a, b, out, clash, err);
  if (!milliseconds_us(op, number, &us)) return fail_overflow("a timestamp", err);
  if (op == EXPR_OP_SUBTRACT && __builtin_sub_overflow((int64_t)0, us, &us))
    return fail_overflow("a timestamp", err);
  return add_us(moment_us(moment), us, VAL_TIMESTAMP, out, err);
}

status arith_mongo(enum expr_op op, const struct val *a, const struct val *b, struct val *out,
                   bool *clash, struct err *err) {
  *out = val_null();
  *clash = false;
  if (op == EXPR_OP_DIVIDE && val_is_integer(a) && val_is_integer(b)) {
    if (b->integer == 0) return fail_zero(err);
    *out = val_float64((double)a->integer / (double)b->integer);
    return LUMA_OK;
  }
  bool is_decimal = a->type == VAL_DECIMAL || b->type == VAL_DECIMAL;
  if (is_decimal && val_is_number(a) && val_is_number(b))
    return arith_mongo_decimal(op, val_to_decimal_15(a), val_to_decimal_15(b), out, err);
  if (is_moment(a) || is_moment(b)) return arith_mongo_moment(op, a, b, out, clash, err);
  return arith_binary(op, a, b, out, clash, err);
}

status arith_negate(const struct val *a, struct val *out, bool *clash, struct err *err) {
  *clash = false;
  *out = val_null();
  if (val_is_integer(a) || a->type == VAL_DURATION) {
    TRY(arith_int(EXPR_OP_SUBTRACT, 0, a->integer, out, err));
    if (a->type == VAL_DURATION) out->type = VAL_DURATION;
  } else if (a->type == VAL_FLOAT64) {
    *out = val_float64(-a->real);
  } else if (a->type == VAL_DECIMAL) {
    bool is_zero = decimal_compare(a->decimal, decimal_from_int64(0)) == 0;
    *out = is_zero ? *a : val_decimal(decimal_negate(a->decimal));
  } else if (a->type == VAL_INTERVAL) {
    return arith_span_negate(a, out, err);
  } else {
    *clash = true;
  }
  return LUMA_OK;
}
