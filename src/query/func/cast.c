/* SPDX-License-Identifier: MIT */
/* CAST: from any value to a type, by PostgreSQL's rules where they apply. */
#include <math.h>

#include "base/text/duration.h"
#include "base/text/num.h"
#include "query/func/compare.h"
#include "query/func/func_int.h"
#include "query/func/number/numeric.h"
#include "query/func/time/calendar.h"

static status fail_cast(const struct val *value, enum val_type type, struct err *err) {
  if (value->type == VAL_TEXT)
    FAIL(err, LUMA_INVALID_VALUE, "the text '%.*s' does not read as %s",
         value->bytes > 60 ? 60 : (int)value->bytes, (const char *)value->data,
         val_type_name(type));
  FAIL(err, LUMA_INVALID_VALUE, "a value of type %s cannot become %s", val_type_name(value->type),
       val_type_name(type));
}

static struct slice trimmed(const struct val *text) {
  struct slice s = val_slice(text);
  while (s.bytes && s.data[0] <= ' ') s = slice_of(s.data + 1, s.bytes - 1);
  while (s.bytes && s.data[s.bytes - 1] <= ' ') s.bytes--;
  return s;
}

static bool round_to_int64(double real, int64_t *out) {
  double rounded = nearbyint(real); /* half to even, as PostgreSQL's double precision */
  if (!(rounded >= -0x1p63 && rounded < 0x1p63)) return false;
  *out = (int64_t)rounded;
  return true;
}

/** Digits of 2, 8 or 16, behind 0b, 0o, 0x; underscores between them are left out. */
static bool parse_based(struct slice digits, unsigned base, uint64_t *value) {
  *value = 0;
  for (size_t i = 0; i < digits.bytes; i++) {
    uint8_t c = digits.data[i] | 32;
    unsigned digit = c >= 'a' ? 10u + c - 'a' : (unsigned)digits.data[i] - '0';
    if (digit >= base || __builtin_mul_overflow(*value, (uint64_t)base, value) ||
        __builtin_add_overflow(*value, (uint64_t)digit, value))
      return false;
  }
  return digits.bytes > 0;
}

static unsigned base_of(struct slice text) {
  if (text.bytes < 3 || text.data[0] != '0') return 10;
  switch (text.data[1] | 32) {
  case 'x': return 16;
  case 'o': return 8;
  case 'b': return 2;
  default: return 10;
  }
}

/** An integer as PostgreSQL reads it: a sign, digits, or 0x2a, 0o52, 0b101010. */
static bool parse_integer(struct slice text, int64_t *value) {
  bool has_sign = text.bytes && (text.data[0] == '+' || text.data[0] == '-');
  bool negative = has_sign && text.data[0] == '-';
  struct slice rest = has_sign ? slice_of(text.data + 1, text.bytes - 1) : text;
  unsigned base = base_of(rest);
  uint64_t magnitude = 0;
  if (base == 10 && (!rest.bytes || rest.data[0] < '0' || rest.data[0] > '9')) return false;
  if (base == 10) return num_parse_int64(negative ? text : rest, value);
  if (!parse_based(slice_of(rest.data + 2, rest.bytes - 2), base, &magnitude)) return false;
  if (magnitude > (uint64_t)INT64_MAX + negative) return false;
  *value = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
  return true;
}

static status cast_int(const struct val *value, enum val_type type, struct val *out,
                       struct err *err) {
  int64_t v = 0;
  if (value->type == VAL_BOOL)
    v = value->boolean;
  else if (value->type == VAL_TEXT) {
    if (!parse_integer(trimmed(value), &v)) return fail_cast(value, type, err);
  } else if (!val_is_number(value)) {
    return fail_cast(value, type, err);
  } else if (!val_to_int64(value, &v)) {
    struct val whole = *value;
    if (value->type == VAL_DECIMAL) whole = val_decimal(decimal_quantize(value->decimal, 0));
    bool fits =
        value->type == VAL_DECIMAL ? val_to_int64(&whole, &v) : round_to_int64(value->real, &v);
    if (!fits) FAIL(err, LUMA_OUT_OF_RANGE, "the number does not fit a 64-bit integer");
  }
  if (type == VAL_INT32 && (v < INT32_MIN || v > INT32_MAX))
    FAIL(err, LUMA_OUT_OF_RANGE, "%lld does not fit a 32-bit integer", (long long)v);
  *out = (struct val){.type = (uint8_t)type, .integer = v};
  return LUMA_OK;
}

/** Whether the number that is written has a digit other than 0; infinity has none. */
static bool is_not_zero(struct slice text) {
  for (size_t i = 0; i < text.bytes && (text.data[i] | 32) != 'e'; i++)
    if (text.data[i] >= '1' && text.data[i] <= '9') return true;
  return false;
}

/** Finite and not 0, in a text or a decimal. */
static bool is_ordinary(const struct val *value) {
  struct decimal_parts parts;
  if (value->type == VAL_TEXT) return is_not_zero(val_slice(value));
  return value->type == VAL_DECIMAL && decimal_unpack(value->decimal, &parts) == DECIMAL_FINITE &&
         parts.coefficient != 0;
}

static status cast_float(const struct val *value, struct val *out, struct err *err) {
  double v = 0;
  if (val_is_number(value))
    v = val_to_float64(value);
  else if (value->type == VAL_BOOL)
    v = value->boolean;
  else if (value->type != VAL_TEXT || !num_parse_float64(trimmed(value), &v))
    return fail_cast(value, VAL_FLOAT64, err);
  bool is_lost = (v == 0 || isinf(v)) && is_ordinary(value);
  if (is_lost && v != 0) FAIL(err, LUMA_OUT_OF_RANGE, "the number does not fit a 64-bit float");
  if (is_lost) FAIL(err, LUMA_OUT_OF_RANGE, "the number is too small for a 64-bit float");
  *out = val_float64(v);
  return LUMA_OK;
}

/** 1e5 is 100000, while that fits: a numeric's scale is not negative. */
static struct decimal without_exponent(struct decimal v) {
  struct decimal_parts parts;
  bool is_short = decimal_unpack(v, &parts) == DECIMAL_FINITE && parts.exponent > 0;
  return is_short ? decimal_quantize(v, 0) : v;
}

static status cast_decimal(const struct val *value, struct val *out, struct err *err) {
  struct decimal v;
  if (val_is_number(value))
    v = val_to_decimal(value);
  else if (value->type != VAL_TEXT || !decimal_parse(trimmed(value), &v, NULL))
    return fail_cast(value, VAL_DECIMAL, err);
  *out = val_decimal(without_exponent(v));
  return LUMA_OK;
}

static bool is_one_of(struct slice text, const char *const *words) {
  for (; *words; words++)
    if (slice_is_equal_nocase(text, slice_of_text(*words))) return true;
  return false;
}

static status cast_bool(const struct val *value, struct val *out, struct err *err) {
  static const char *const yes[] = {"true", "t", "yes", "y", "on", "1", NULL};
  static const char *const no[] = {"false", "f", "no", "n", "off", "0", NULL};
  if (val_is_number(value)) {
    *out = val_bool(val_to_float64(value) != 0);
    return LUMA_OK;
  }
  if (value->type != VAL_TEXT) return fail_cast(value, VAL_BOOL, err);
  bool is_true = is_one_of(trimmed(value), yes);
  if (!is_true && !is_one_of(trimmed(value), no)) return fail_cast(value, VAL_BOOL, err);
  *out = val_bool(is_true);
  return LUMA_OK;
}

/** To a timestamp or date: from the other, from text, from seconds since 1970. */
static status cast_moment(const struct val *value, enum val_type type, struct val *out,
                          struct err *err) {
  int64_t us = 0;
  bool is_date = false;
  if (value->type == VAL_TIMESTAMP)
    us = value->integer;
  else if (value->type == VAL_DATE)
    us = value->integer * CALENDAR_US_PER_DAY;
  else if (value->type == VAL_TEXT) {
    if (!calendar_parse(trimmed(value), &us, &is_date)) return fail_cast(value, type, err);
  } else if (!val_is_number(value) || !round_to_int64(val_to_float64(value) * 1e6, &us)) {
    return fail_cast(value, type, err);
  }
  int64_t days = calendar_day_of(us);
  *out = type == VAL_DATE ? (struct val){.type = VAL_DATE, .integer = days} : val_timestamp(us);
  return LUMA_OK;
}

/** To a duration or interval: from the other, where nothing is lost, and from text. */
static status cast_span(const struct val *value, enum val_type type, struct val *out,
                        struct err *err) {
  struct duration_interval span = {.us = value->integer};
  bool good = value->type == VAL_DURATION;
  if (value->type == VAL_TIMESTAMP && type == VAL_DURATION) { /* its time of day */
    span.us -= calendar_day_of(value->integer) * CALENDAR_US_PER_DAY;
    good = true;
  } else if (value->type == VAL_INTERVAL) {
    span = (struct duration_interval){value->interval.months, value->interval.days,
                                      value->interval.us};
    good = true;
  } else if (value->type == VAL_TEXT) {
    good = duration_parse_words(trimmed(value), &span) ||
           duration_parse_interval(trimmed(value), &span);
  }
  int64_t us = 0;
  bool is_duration = type == VAL_DURATION;
  if (is_duration)
    good = good && span.months == 0 &&
           !__builtin_mul_overflow(span.days, CALENDAR_US_PER_DAY, &us) &&
           !__builtin_add_overflow(us, span.us, &us);
  if (!good) return fail_cast(value, type, err);
  *out = (struct val){.type = (uint8_t)type};
  if (is_duration)
    out->integer = us;
  else
    out->interval = (struct val_interval){span.months, span.days, span.us};
  return LUMA_OK;
}

static status cast_text(struct func_env *env, const struct val *value, struct val *out,
                        struct err *err) {
  if (value->type == VAL_DECIMAL)
    numeric_append(env->scratch, value->decimal);
  else
    func_append_text(env->scratch, value);
  return func__scratch_text(env, out, err);
}

status func_cast(struct func_env *env, const struct val *value, enum val_type type, struct val *out,
                 struct err *err) {
  *out = *value;
  if (value->type == type || val_is_null(value)) return LUMA_OK;
  if (type == VAL_INT32 || type == VAL_INT64) return cast_int(value, type, out, err);
  if (type == VAL_FLOAT64) return cast_float(value, out, err);
  if (type == VAL_DECIMAL) return cast_decimal(value, out, err);
  if (type == VAL_BOOL) return cast_bool(value, out, err);
  if (type == VAL_TEXT) return cast_text(env, value, out, err);
  if (type == VAL_TIMESTAMP || type == VAL_DATE) return cast_moment(value, type, out, err);
  if (type == VAL_INTERVAL || type == VAL_DURATION) return cast_span(value, type, out, err);
  if (value->type == VAL_TEXT && compare_read_text(trimmed(value), type, out)) return LUMA_OK;
  return fail_cast(value, type, err);
}
