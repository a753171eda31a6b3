/* SPDX-License-Identifier: MIT */
/* $dateAdd, $dateSubtract, $dateDiff, $dateTrunc. */
#include "query/mongo/date_args.h"

/** 2000-01-01, from which $dateTrunc counts its bins. */
#define REFERENCE_DAYS INT64_C(10957)

static int64_t floor_div(int64_t a, int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

/** Whether one of the arguments that must be there is null. */
static bool any_null(const struct val *args, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    if (val_is_null(&args[i])) return true;
  return false;
}

/* ---- startDate, unit, amount, timezone ---- */

static status add(struct func_env *env, const char *name, const struct val *args, int sign,
                  struct val *out, struct err *err) {
  struct slice zone;
  enum moment_unit unit = MOMENT_DAY;
  int64_t ms = 0, amount = 0;
  bool is_null = any_null(args, 3);
  *out = val_null();
  TRY(date_zone(name, &args[3], &zone, &is_null, err));
  if (!val_is_null(&args[1])) TRY(date_unit(name, &args[1], &unit, err));
  if (is_null) return LUMA_OK;
  if (!mongo__moment(&args[0], &ms))
    return mongo_fail(err, 5166403, "%s requires startDate to be convertible to a date", name);
  if (!mongo__whole64(&args[2], &amount))
    return mongo_fail(err, 5166405, "%s expects integer amount of time units", name);
  int64_t offset = 0;
  if (!moment_offset(env->zones, zone, ms, &offset)) return date_fail_zone(zone, err);
  bool fits = amount != INT64_MIN &&
              moment_add(env->zones, zone, ms, unit, sign < 0 ? -amount : amount, &ms) &&
              mongo__date(ms, out);
  return fits ? LUMA_OK : mongo_fail(err, 5166406, "%s overflowed", name);
}

status mongo__date_add(struct func_env *env, const struct val *args, uint32_t count,
                       struct val *out, struct err *err) {
  (void)count;
  return add(env, "$dateAdd", args, 1, out, err);
}

status mongo__date_subtract(struct func_env *env, const struct val *args, uint32_t count,
                            struct val *out, struct err *err) {
  (void)count;
  return add(env, "$dateSubtract", args, -1, out, err);
}

/** 1 = Monday … 7 = Sunday, the default. Other units than weeks pass it over. */
static status start_of_week(const char *name, const struct val *v, enum moment_unit unit,
                            int32_t *weekday, bool *is_null, struct err *err) {
  *weekday = 7;
  if (!word_is_given(v) || unit != MOMENT_WEEK) return LUMA_OK;
  if (val_is_null(v)) {
    *is_null = true;
    return LUMA_OK;
  }
  if (v->type != VAL_TEXT)
    return mongo_fail(err, 5439015, "%s requires 'startOfWeek' to be a string, but got %s", name,
                      mongo_type_name(v));
  if (moment_weekday_parse(val_slice(v), weekday)) return LUMA_OK;
  return mongo_fail(err, 9, "unknown day of week value: %.*s", SLICE_ARG(val_slice(v)));
}

/* ---- $dateDiff: startDate, endDate, unit, timezone, startOfWeek ---- */

static int64_t difference(const struct moment *from, const struct moment *to, enum moment_unit unit,
                          int32_t weekday) {
  int64_t years = (int64_t)to->year - from->year, months = years * 12 + to->month - from->month;
  switch ((int)unit) {
  case MOMENT_YEAR: return years;
  case MOMENT_QUARTER: return years * 4 + (to->month - 1) / 3 - (from->month - 1) / 3;
  case MOMENT_MONTH: return months;
  case MOMENT_WEEK:
    /* 1970-01-01 was a Thursday: day 4 - weekday of that week is where weeks begin */
    return floor_div(to->days + 4 - weekday, 7) - floor_div(from->days + 4 - weekday, 7);
  default: break;
  }
  return to->days - from->days;
}

status mongo__date_diff(struct func_env *env, const struct val *args, uint32_t count,
                        struct val *out, struct err *err) {
  (void)count;
  struct slice zone;
  struct moment from, to;
  enum moment_unit unit = MOMENT_DAY;
  int32_t weekday = 7;
  int64_t start = 0, end = 0, start_offset = 0, end_offset = 0;
  bool is_null = any_null(args, 3);
  *out = val_null();
  TRY(date_zone("$dateDiff", &args[3], &zone, &is_null, err));
  if (!val_is_null(&args[2])) TRY(date_unit("$dateDiff", &args[2], &unit, err));
  TRY(start_of_week("$dateDiff", &args[4], unit, &weekday, &is_null, err));
  if (is_null) return LUMA_OK;
  if (!mongo__moment(&args[0], &start) || !mongo__moment(&args[1], &end))
    return mongo_fail(err, 5166307, "$dateDiff requires startDate and endDate to be dates");
  if (!moment_offset(env->zones, zone, start, &start_offset) ||
      !moment_offset(env->zones, zone, end, &end_offset))
    return date_fail_zone(zone, err);
  if (unit >= MOMENT_HOUR) {
    int64_t size = moment_unit_ms(unit);
    *out = val_int64(floor_div(end + end_offset, size) - floor_div(start + start_offset, size) -
                     (end_offset - start_offset) / size);
    return LUMA_OK;
  }
  if (!moment_split(start, start_offset, &from) || !moment_split(end, end_offset, &to))
    return mongo_fail(err, 5166308, "$dateDiff: a date is out of range");
  *out = val_int64(difference(&from, &to, unit, weekday));
  return LUMA_OK;
}

/* ---- $dateTrunc: date, unit, binSize, timezone, startOfWeek ---- */

/** The start of the bin, in local milliseconds. */
static bool truncate(const struct moment *moment, int64_t local, enum moment_unit unit,
                     int64_t size, int32_t weekday, int64_t *out) {
  int64_t days = 0, reference = REFERENCE_DAYS * 86400000;
  if (unit <= MOMENT_MONTH) {
    int64_t months_of = unit == MOMENT_YEAR ? 12 : unit == MOMENT_QUARTER ? 3 : 1;
    int64_t since = ((int64_t)moment->year - 2000) * 12 + moment->month - 1;
    int64_t bin = months_of * size, start = floor_div(since, bin) * bin;
    if (!moment_days(2000, start + 1, 1, &days)) return false;
    *out = days * 86400000;
    return true;
  }
  if (unit == MOMENT_WEEK) {
    int64_t first = REFERENCE_DAYS;
    while (moment_iso_weekday(first) != weekday) first++;
    reference = first * 86400000;
  }
  int64_t bin = 0, start = 0;
  if (__builtin_mul_overflow(moment_unit_ms(unit), size, &bin)) return false;
  start = floor_div(local - reference, bin);
  if (__builtin_mul_overflow(start, bin, &start)) return false;
  *out = reference + start;
  return true;
}

status mongo__date_trunc(struct func_env *env, const struct val *args, uint32_t count,
                         struct val *out, struct err *err) {
  (void)count;
  struct slice zone;
  struct moment moment;
  enum moment_unit unit = MOMENT_DAY;
  int32_t weekday = 7;
  int64_t ms = 0, size = 1, offset = 0, local = 0;
  bool is_null = any_null(args, 2);
  *out = val_null();
  TRY(date_zone("$dateTrunc", &args[3], &zone, &is_null, err));
  if (!val_is_null(&args[1])) TRY(date_unit("$dateTrunc", &args[1], &unit, err));
  TRY(start_of_week("$dateTrunc", &args[4], unit, &weekday, &is_null, err));
  if (word_is_given(&args[2]) && val_is_null(&args[2])) is_null = true;
  if (is_null) return LUMA_OK;
  if (word_is_given(&args[2]) && (!mongo__whole64(&args[2], &size) || size <= 0))
    return mongo_fail(err, 5439017, "$dateTrunc requires 'binSize' to be a positive integer");
  if (!mongo__moment(&args[0], &ms))
    return mongo_fail(err, 5439012, "$dateTrunc requires 'date' to be a date, but got %s",
                      mongo_type_name(&args[0]));
  if (!moment_offset(env->zones, zone, ms, &offset)) return date_fail_zone(zone, err);
  bool fits = size <= 1000000000 && moment_split(ms, offset, &moment) &&
              truncate(&moment, ms + offset, unit, size, weekday, &local) &&
              moment_to_utc(env->zones, zone, local, &ms) && mongo__date(ms, out);
  return fits ? LUMA_OK : mongo_fail(err, 5166408, "$dateTrunc: the date is out of range");
}
