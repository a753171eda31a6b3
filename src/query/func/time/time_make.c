/* SPDX-License-Identifier: MIT */
/* Functions that make moments and spans, and the distance between moments. */
#include <math.h>

#include "base/text/duration.h"
#include "query/func/arith.h"
#include "query/func/func_int.h"
#include "query/func/time/calendar.h"

enum { DAYS_PER_MONTH = 30 };

status func__clock_timestamp(struct func_env *env, const struct val *args, uint32_t count,
                             struct val *out, struct err *err) {
  return func__now(env, args, count, out, err);
}

status func__current_date(struct func_env *env, const struct val *args, uint32_t count,
                          struct val *out, struct err *err) {
  (void)args, (void)count, (void)err;
  *out = (struct val){.type = VAL_DATE, .integer = calendar_day_of((int64_t)env->now_us)};
  return LUMA_OK;
}

static status read_whole(const struct val *args, uint32_t count, int32_t *whole, struct err *err) {
  for (uint32_t i = 0; i < count; i++) {
    int64_t v;
    if (!val_to_int64(&args[i], &v) || v < INT32_MIN || v > INT32_MAX)
      FAIL(err, LUMA_OUT_OF_RANGE, "a part of a date is a whole number");
    whole[i] = (int32_t)v;
  }
  return LUMA_OK;
}

static bool are_numbers(const struct val *args, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    if (!val_is_number(&args[i])) return false;
  return true;
}

static status make_day(const int32_t *parts, int64_t *days, struct err *err) {
  bool fits = parts[1] >= 1 && parts[1] <= 12 && parts[2] >= 1 && parts[2] <= 31;
  struct date_civil civil = {parts[0], (uint8_t)parts[1], (uint8_t)parts[2]};
  if (!fits || !date_from_civil(civil, days))
    FAIL(err, LUMA_OUT_OF_RANGE, "the calendar has no day %d-%02d-%02d", parts[0], parts[1],
         parts[2]);
  return LUMA_OK;
}

status func__make_date(struct func_env *env, const struct val *args, uint32_t count,
                       struct val *out, struct err *err) {
  int32_t parts[3];
  int64_t days;
  if (!are_numbers(args, count)) return func__clash(env, out);
  TRY(read_whole(args, 3, parts, err));
  TRY(make_day(parts, &days, err));
  *out = (struct val){.type = VAL_DATE, .integer = days};
  return LUMA_OK;
}

status func__make_timestamp(struct func_env *env, const struct val *args, uint32_t count,
                            struct val *out, struct err *err) {
  int32_t parts[5];
  int64_t days, us;
  if (!are_numbers(args, count)) return func__clash(env, out);
  TRY(read_whole(args, 5, parts, err));
  TRY(make_day(parts, &days, err));
  double seconds = val_to_float64(&args[5]);
  bool fits = parts[3] >= 0 && parts[3] < 24 && parts[4] >= 0 && parts[4] < 60 && seconds >= 0 &&
              seconds < 60;
  if (!fits) FAIL(err, LUMA_OUT_OF_RANGE, "the clock does not show this time");
  int64_t in_day = (parts[3] * INT64_C(3600) + parts[4] * INT64_C(60)) * CALENDAR_US_PER_SECOND +
                   (int64_t)nearbyint(seconds * 1e6);
  if (__builtin_mul_overflow(days, CALENDAR_US_PER_DAY, &us) ||
      __builtin_add_overflow(us, in_day, &us))
    FAIL(err, LUMA_OUT_OF_RANGE, "the result does not fit a timestamp");
  *out = val_timestamp(us);
  return LUMA_OK;
}

/** make_time(hour, minute, second): a duration since midnight. */
status func__make_time(struct func_env *env, const struct val *args, uint32_t count,
                       struct val *out, struct err *err) {
  int32_t parts[2] = {0};
  (void)count;
  if (!are_numbers(args, 3)) return func__clash(env, out);
  TRY(read_whole(args, 2, parts, err));
  double seconds = val_to_float64(&args[2]);
  bool fits = parts[0] >= 0 && parts[0] < 24 && parts[1] >= 0 && parts[1] < 60 && seconds >= 0 &&
              seconds < 60;
  if (!fits) FAIL(err, LUMA_OUT_OF_RANGE, "the clock does not show this time");
  int64_t us = (parts[0] * INT64_C(3600) + parts[1] * INT64_C(60)) * CALENDAR_US_PER_SECOND;
  *out = (struct val){.type = VAL_DURATION, .integer = us + (int64_t)nearbyint(seconds * 1e6)};
  return LUMA_OK;
}

/** years, months, weeks, days, hours, minutes, seconds: each may be left out. */
status func__make_interval(struct func_env *env, const struct val *args, uint32_t count,
                           struct val *out, struct err *err) {
  int32_t parts[6] = {0};
  int64_t months, days, us;
  if (!are_numbers(args, count)) return func__clash(env, out);
  TRY(read_whole(args, count < 6 ? count : 6, parts, err));
  double seconds = count > 6 ? val_to_float64(&args[6]) : 0;
  months = parts[0] * INT64_C(12) + parts[1];
  days = parts[2] * INT64_C(7) + parts[3];
  us = (parts[4] * INT64_C(3600) + parts[5] * INT64_C(60)) * CALENDAR_US_PER_SECOND;
  bool fits = months == (int32_t)months && days == (int32_t)days && fabs(seconds) < 1e12 &&
              !__builtin_add_overflow(us, (int64_t)nearbyint(seconds * 1e6), &us);
  if (!fits) FAIL(err, LUMA_OUT_OF_RANGE, "the result does not fit an interval");
  *out = (struct val){.type = VAL_INTERVAL, .interval = {(int32_t)months, (int32_t)days, us}};
  return LUMA_OK;
}

static int64_t us_in_day(const struct calendar *c) {
  return (c->hour * INT64_C(3600) + c->minute * INT64_C(60) + c->second) * CALENDAR_US_PER_SECOND +
         c->us;
}

/* Field by field, as PostgreSQL does: a month that is broken into days is the earlier moment's. */
static struct val_interval span_between(int64_t later, int64_t earlier) {
  struct calendar a = calendar_from_us(earlier), b = calendar_from_us(later);
  struct val_interval span = {.months = (b.year - a.year) * 12 + b.month - a.month,
                              .days = b.day - a.day,
                              .us = us_in_day(&b) - us_in_day(&a)};
  if (span.us < 0) {
    span.us += CALENDAR_US_PER_DAY;
    span.days--;
  }
  if (span.days < 0) {
    span.days += (int32_t)date_days_in_month(a.year, (unsigned)a.month);
    span.months--;
  }
  return span;
}

/** The distance as people say it; with one argument from the beginning of today. */
status func__age(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                 struct err *err) {
  (void)err;
  int64_t later = calendar_day_of((int64_t)env->now_us) * CALENDAR_US_PER_DAY, earlier = 0;
  if (!func__moment(&args[count - 1], &earlier)) return func__clash(env, out);
  if (count > 1 && !func__moment(&args[0], &later)) return func__clash(env, out);
  bool turned = later < earlier;
  struct val_interval span = turned ? span_between(earlier, later) : span_between(later, earlier);
  if (turned) span = (struct val_interval){-span.months, -span.days, -span.us};
  *out = (struct val){.type = VAL_INTERVAL, .interval = span};
  return LUMA_OK;
}

/* ---- spans ---- */

static bool read_span(const struct val *value, struct val_interval *span) {
  struct duration_interval read;
  *span = (struct val_interval){0};
  if (value->type == VAL_DURATION)
    span->us = value->integer;
  else if (value->type == VAL_INTERVAL)
    *span = value->interval;
  else if (value->type == VAL_TEXT && (duration_parse_words(val_slice(value), &read) ||
                                       duration_parse_interval(val_slice(value), &read)))
    *span = (struct val_interval){read.months, read.days, read.us};
  else
    return false;
  return true;
}

/* Both of one sign, as in "1 month -1 hour" is "29 days 23 hours". */
static void carry_hours(struct val_interval *span) {
  int64_t days = span->us / CALENDAR_US_PER_DAY;
  span->us -= days * CALENDAR_US_PER_DAY;
  span->days += (int32_t)days;
  if (span->days > 0 && span->us < 0) {
    span->days--;
    span->us += CALENDAR_US_PER_DAY;
  } else if (span->days < 0 && span->us > 0) {
    span->days++;
    span->us -= CALENDAR_US_PER_DAY;
  }
}

static void carry_days(struct val_interval *span, bool with_us) {
  span->months += span->days / DAYS_PER_MONTH;
  span->days %= DAYS_PER_MONTH;
  bool is_behind = span->days < 0 || (span->days == 0 && with_us && span->us < 0);
  bool is_ahead = span->days > 0 || (span->days == 0 && with_us && span->us > 0);
  if (span->months > 0 && is_behind) {
    span->months--;
    span->days += DAYS_PER_MONTH;
  } else if (span->months < 0 && is_ahead) {
    span->months++;
    span->days -= DAYS_PER_MONTH;
  }
}

static status justify(struct func_env *env, const struct val *arg, bool hours, bool days,
                      struct val *out) {
  struct val_interval span;
  if (!read_span(arg, &span)) return func__clash(env, out);
  if (hours) carry_hours(&span);
  if (days) carry_days(&span, hours);
  if (hours && days) carry_hours(&span); /* of a day that a month gave */
  *out = (struct val){.type = VAL_INTERVAL, .interval = span};
  return LUMA_OK;
}

status func__justify_hours(struct func_env *env, const struct val *args, uint32_t count,
                           struct val *out, struct err *err) {
  (void)count, (void)err;
  return justify(env, args, true, false, out);
}

status func__justify_days(struct func_env *env, const struct val *args, uint32_t count,
                          struct val *out, struct err *err) {
  (void)count, (void)err;
  return justify(env, args, false, true, out);
}

status func__justify_interval(struct func_env *env, const struct val *args, uint32_t count,
                              struct val *out, struct err *err) {
  (void)count, (void)err;
  return justify(env, args, true, true, out);
}

/* ---- buckets of time ---- */

static int64_t floor_to(int64_t us, int64_t origin, int64_t width) {
  int64_t rest = (us - origin) % width;
  return us - (rest < 0 ? rest + width : rest);
}

/* Buckets of months are counted from the origin's month. */
static int64_t floor_to_months(int64_t us, int64_t origin, int32_t months) {
  struct calendar a = calendar_from_us(origin), b = calendar_from_us(us);
  int64_t between = (b.year - (int64_t)a.year) * 12 + b.month - a.month, start = us;
  int64_t nth = between / months - (between % months < 0);
  if (!calendar_add_months(origin, nth * months, &start) || start > us)
    calendar_add_months(origin, (nth - 1) * months, &start);
  return start;
}

/** The start of the bucket a moment falls into: buckets as wide as the span, one of them beginning
 * at the origin (2000-01-03, a Monday, when none is given). */
status func__time_bucket(struct func_env *env, const struct val *args, uint32_t count,
                         struct val *out, struct err *err) {
  struct val_interval width;
  int64_t us = 0, origin = calendar_days(2000, 1, 3) * CALENDAR_US_PER_DAY;
  bool fit = read_span(&args[0], &width) && func__moment(&args[1], &us) &&
             (count < 3 || func__moment(&args[2], &origin));
  if (!fit) return func__clash(env, out);
  int64_t wide = 0;
  bool mixed = width.months && (width.days || width.us);
  bool good = !mixed && !__builtin_mul_overflow(width.days, CALENDAR_US_PER_DAY, &wide) &&
              !__builtin_add_overflow(wide, width.us, &wide) && (wide > 0 || width.months > 0);
  if (!good) FAIL(err, LUMA_OUT_OF_RANGE, "a bucket is some months wide, or some days and hours");
  if (width.months && count < 3) origin = calendar_days(2000, 1, 1) * CALENDAR_US_PER_DAY;
  *out = val_timestamp(width.months ? floor_to_months(us, origin, width.months)
                                    : floor_to(us, origin, wide));
  return LUMA_OK;
}

status func__isfinite(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                      struct err *err) {
  (void)count, (void)err;
  int64_t us;
  struct val_interval span;
  if (val_is_number(&args[0]))
    *out = val_bool(isfinite(val_to_float64(&args[0])));
  else if (func__moment(&args[0], &us) || read_span(&args[0], &span))
    *out = val_bool(true);
  else
    return func__clash(env, out);
  return LUMA_OK;
}
