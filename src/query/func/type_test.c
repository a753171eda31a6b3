/* SPDX-License-Identifier: MIT */
/* What a value is (x IS type, x IS MISSING), lists as such, and periods that overlap. */
#include "base/text/utf8.h"
#include "query/func/arith.h"
#include "query/func/compare.h"
#include "query/func/func_int.h"

/** Digits before and behind the point; false for what is not finite. */
static bool digits_of(const struct val *number, int64_t *whole, int64_t *scale) {
  struct decimal decimal = val_to_decimal(number);
  struct decimal_parts parts;
  if (decimal_unpack(decimal, &parts) != DECIMAL_FINITE) return false;
  while (parts.exponent < 0 && parts.coefficient % 10 == 0) {
    parts.coefficient /= 10;
    parts.exponent++;
  }
  int64_t digits = 0;
  for (uint128 rest = parts.coefficient; rest; rest /= 10) digits++;
  *scale = parts.exponent < 0 ? -parts.exponent : 0;
  *whole = parts.coefficient && digits + parts.exponent > 0 ? digits + parts.exponent : 0;
  return true;
}

/** Whether the value keeps within the type's numbers: varchar(n), numeric(p, s). */
static bool fits_numbers(const struct val *value, const struct val *numbers, uint32_t count) {
  int64_t whole = 0, scale = 0;
  if (count == 0) return true;
  if (value->type == VAL_TEXT)
    return func__prefix_bytes(val_slice(value), numbers[0].integer) == value->bytes;
  if (!val_is_number(value)) return true;
  int64_t places = count > 1 ? numbers[1].integer : 0;
  return digits_of(value, &whole, &scale) && scale <= places &&
         whole <= numbers[0].integer - places;
}

static bool is_of(const struct val *value, enum val_type type) {
  bool is_whole = type == VAL_INT32 || type == VAL_INT64;
  if (is_whole && val_is_integer(value))
    return type == VAL_INT64 || (value->integer >= INT32_MIN && value->integer <= INT32_MAX);
  if (type == VAL_DECIMAL) return val_is_number(value); /* a literal with a point is a float */
  return value->type == type;
}

status func__is_type(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                     struct err *err) {
  enum val_type type = VAL_MISSING;
  (void)err;
  if (args[1].type != VAL_TEXT || !val_type_parse(val_slice(&args[1]), &type))
    return func__clash(env, out);
  *out = val_bool(is_of(&args[0], type) && fits_numbers(&args[0], args + 2, count - 2));
  return LUMA_OK;
}

status func__is_missing(struct func_env *env, const struct val *args, uint32_t count,
                        struct val *out, struct err *err) {
  (void)env, (void)count, (void)err;
  *out = val_bool(args[0].type == VAL_MISSING);
  return LUMA_OK;
}

status func__elements(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                      struct err *err) {
  (void)count, (void)err;
  if (args[0].type != VAL_LIST) return func__clash(env, out);
  *out = args[0];
  return LUMA_OK;
}

/* ---- periods ---- */

struct period {
  struct val start, end; /* the end may be NULL, the start not */
};

/** The earlier of the two first; an end that is a span counts from the start. False: a clash. */
static bool read_period(const struct val *args, struct period *period, struct err *err,
                        status *failed) {
  bool clash = false;
  int order = 0;
  *period = (struct period){args[0], args[1]};
  bool is_span = args[1].type == VAL_INTERVAL || args[1].type == VAL_DURATION;
  bool moves = is_span && (args[0].type == VAL_DATE || args[0].type == VAL_TIMESTAMP);
  if (moves) *failed = arith_binary(EXPR_OP_ADD, &args[0], &args[1], &period->end, &clash, err);
  if (clash || *failed != LUMA_OK) return false;
  if (val_is_null(&period->start)) *period = (struct period){period->end, period->start};
  if (val_is_null(&period->start) || val_is_null(&period->end)) return true;
  if (!compare_sql(&period->start, &period->end, &order)) return false;
  if (order > 0) *period = (struct period){period->end, period->start};
  return true;
}

/** The period that begins later against the earlier one's end. */
static bool reaches(const struct period *early, const struct period *late, struct val *out) {
  int order = 0;
  *out = val_null();
  if (val_is_null(&early->end)) return true;
  if (!compare_sql(&late->start, &early->end, &order)) return false;
  if (order < 0)
    *out = val_bool(true);
  else if (!val_is_null(&late->end))
    *out = val_bool(false);
  return true;
}

status func__overlaps(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                      struct err *err) {
  struct period a, b;
  status failed = LUMA_OK;
  int order = 0;
  (void)count;
  bool fit = read_period(args, &a, err, &failed) && read_period(args + 2, &b, err, &failed);
  if (failed != LUMA_OK) return failed;
  if (!fit) return func__clash(env, out);
  *out = val_null();
  if (val_is_null(&a.start) || val_is_null(&b.start)) return LUMA_OK;
  if (!compare_sql(&a.start, &b.start, &order)) return func__clash(env, out);
  if (order != 0) {
    fit = order < 0 ? reaches(&a, &b, out) : reaches(&b, &a, out);
    return fit ? LUMA_OK : func__clash(env, out);
  }
  if (!val_is_null(&a.end) && !val_is_null(&b.end)) *out = val_bool(true);
  return LUMA_OK;
}
