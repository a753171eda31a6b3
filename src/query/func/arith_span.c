/* SPDX-License-Identifier: MIT */
/* The parts of an interval are added each for itself; times a number, fractions of months go to
 * days of 30 and those of days to the time, as PostgreSQL has it. */
#include "query/func/arith_span.h"

#include <math.h>

#include "query/func/time/calendar.h"

enum { DAYS_PER_MONTH = 30, SECONDS_PER_DAY = 86400, US_PER_SECOND = 1000000 };

static status fail_range(struct err *err) {
  FAIL(err, LUMA_OUT_OF_RANGE, "the result does not fit an interval");
}

/** As an interval: a duration has time only. */
static struct val_interval parts_of(const struct val *span) {
  if (span->type == VAL_INTERVAL) return span->interval;
  return (struct val_interval){.us = span->integer};
}

static status add(const struct val *a, const struct val *b, int sign, struct val *out,
                  struct err *err) {
  struct val_interval x = parts_of(a), y = parts_of(b), sum = {0};
  int64_t us = 0;
  int64_t months = (int64_t)x.months + (int64_t)sign * y.months;
  int64_t days = (int64_t)x.days + (int64_t)sign * y.days;
  bool fits = months >= INT32_MIN && months <= INT32_MAX && days >= INT32_MIN &&
              days <= INT32_MAX && !__builtin_mul_overflow(y.us, (int64_t)sign, &us) &&
              !__builtin_add_overflow(x.us, us, &sum.us);
  if (!fits) return fail_range(err);
  sum.months = (int32_t)months;
  sum.days = (int32_t)days;
  *out = (struct val){.type = VAL_INTERVAL, .interval = sum};
  return LUMA_OK;
}

/** To six places: what is left of a month in binary is not 9.99999999 days. */
static double rounded(double value) {
  return nearbyint(value * 1e6) / 1e6;
}

static double whole_part(double value, double *rest) {
  double whole = trunc(value);
  *rest = value - whole;
  return whole;
}

/** Times `by`, or (divides) by it. */
static double scaled(double value, double by, bool divides) {
  return divides ? value / by : value * by;
}

static status scale(const struct val *span, double by, bool divides, struct val *out,
                    struct err *err) {
  struct val_interval from = parts_of(span);
  double month_rest = 0, day_rest = 0;
  double months = whole_part(scaled(from.months, by, divides), &month_rest), more = 0;
  double days = whole_part(scaled(from.days, by, divides), &day_rest);
  days += whole_part(rounded(month_rest * DAYS_PER_MONTH), &more);
  double left = rounded((day_rest + more) * SECONDS_PER_DAY);
  double carried = trunc(left / SECONDS_PER_DAY); /* two rests may make a day */
  days += carried;
  left -= carried * SECONDS_PER_DAY;
  double us = nearbyint(scaled((double)from.us, by, divides) + left * US_PER_SECOND);
  bool fits = fabs(months) <= INT32_MAX && fabs(days) <= INT32_MAX && fabs(us) < 0x1p63;
  if (!fits) return fail_range(err); /* so is what is no number */
  *out = (struct val){.type = span->type};
  if (span->type == VAL_DURATION)
    out->integer = (int64_t)us;
  else
    out->interval = (struct val_interval){(int32_t)months, (int32_t)days, (int64_t)us};
  return LUMA_OK;
}

static bool is_span(const struct val *v) {
  return v->type == VAL_DURATION || v->type == VAL_INTERVAL;
}

status arith_span(enum expr_op op, const struct val *a, const struct val *b, struct val *out,
                  bool *clash, struct err *err) {
  bool adds = op == EXPR_OP_ADD || op == EXPR_OP_SUBTRACT;
  if (adds && is_span(a) && is_span(b)) return add(a, b, op == EXPR_OP_ADD ? 1 : -1, out, err);
  if (op == EXPR_OP_MULTIPLY && is_span(a) && val_is_number(b))
    return scale(a, val_to_float64(b), false, out, err);
  if (op == EXPR_OP_MULTIPLY && is_span(b) && val_is_number(a))
    return scale(b, val_to_float64(a), false, out, err);
  *clash = op != EXPR_OP_DIVIDE || !is_span(a) || !val_is_number(b);
  if (*clash) return LUMA_OK;
  double by = val_to_float64(b);
  if (by == 0) FAIL(err, LUMA_OUT_OF_RANGE, "division by zero");
  return scale(a, by, true, out, err);
}

status arith_span_negate(const struct val *span, struct val *out, struct err *err) {
  const struct val nothing = {.type = VAL_INTERVAL};
  int64_t us = 0;
  if (span->type == VAL_INTERVAL) return add(&nothing, span, -1, out, err);
  if (__builtin_sub_overflow((int64_t)0, span->integer, &us)) return fail_range(err);
  *out = (struct val){.type = VAL_DURATION, .integer = us};
  return LUMA_OK;
}

bool arith_span_is_negative(const struct val *span) {
  struct val_interval parts = parts_of(span);
  double days = (double)parts.months * DAYS_PER_MONTH + parts.days;
  return days * (double)CALENDAR_US_PER_DAY + (double)parts.us < 0;
}
