/* SPDX-License-Identifier: MIT */
/* Functions of moments: timestamps, dates, and text that reads as one. All in UTC. */
#include "query/func/arith.h"
#include "query/func/compare.h"
#include "query/func/func_int.h"
#include "query/func/time/calendar.h"

status func__now(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                 struct err *err) {
  (void)args, (void)count, (void)err;
  *out = val_timestamp((int64_t)env->now_us);
  return LUMA_OK;
}

bool func__moment(const struct val *value, int64_t *us) {
  bool is_date = false;
  if (value->type == VAL_TEXT) return calendar_parse(val_slice(value), us, &is_date);
  if (value->type != VAL_TIMESTAMP && value->type != VAL_DATE) return false;
  *us = value->type == VAL_DATE ? value->integer * CALENDAR_US_PER_DAY : value->integer;
  return true;
}

/** The moment moved by whole or broken days, or by a duration or interval. */
static status move_moment(struct func_env *env, const struct val *args, enum expr_op op,
                          struct val *out, struct err *err) {
  int64_t us = 0;
  bool clash = false;
  struct val span = args[1];
  if (!func__moment(&args[0], &us)) return func__clash(env, out);
  if (val_is_number(&args[1])) {
    double days = val_to_float64(&args[1]);
    if (!(days > -1e8 && days < 1e8))
      FAIL(err, LUMA_OUT_OF_RANGE, "the number of days is out of range");
    span = (struct val){.type = VAL_DURATION,
                        .integer = (int64_t)(days * (double)CALENDAR_US_PER_DAY)};
  }
  struct val moment = val_timestamp(us);
  TRY(arith_binary(op, &moment, &span, out, &clash, err));
  return clash ? func__clash(env, out) : LUMA_OK;
}

status func__date_sub(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                      struct err *err) {
  (void)count;
  return move_moment(env, args, EXPR_OP_SUBTRACT, out, err);
}

status func__date_add(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                      struct err *err) {
  (void)count;
  return move_moment(env, args, EXPR_OP_ADD, out, err);
}

enum date_field {
  DATE_MILLENNIUM,
  DATE_CENTURY,
  DATE_DECADE,
  DATE_YEAR,
  DATE_QUARTER,
  DATE_MONTH,
  DATE_WEEK,
  DATE_DAY,
  DATE_HOUR,
  DATE_MINUTE,
  DATE_SECOND,
  DATE_MILLISECOND,
  DATE_MICROSECOND, /* to here, what can be cut off */
  DATE_DOW,
  DATE_ISODOW,
  DATE_DOY,
  DATE_ISOYEAR,
  DATE_EPOCH,
  DATE_FIELDS
};

/* The plural of each is taken too. */
static bool find_field(const struct val *name, enum date_field *field) {
  static const char *const names[] = {"millennium", "century",     "decade",      "year", "quarter",
                                      "month",      "week",        "day",         "hour", "minute",
                                      "second",     "millisecond", "microsecond", "dow",  "isodow",
                                      "doy",        "isoyear",     "epoch"};
  if (name->type != VAL_TEXT) return false;
  struct slice asked = val_slice(name);
  bool plural = asked.bytes > 4 && (asked.data[asked.bytes - 1] | 32) == 's';
  for (int i = 0; i < DATE_FIELDS; i++) {
    struct slice known = slice_of_text(names[i]);
    bool is_it = slice_is_equal_nocase(asked, known) ||
                 (plural && slice_is_equal_nocase(slice_of(asked.data, asked.bytes - 1), known));
    if (!is_it) continue;
    *field = (enum date_field)i;
    return true;
  }
  return false;
}

static status fail_field(const struct val *name, struct err *err) {
  struct slice text =
      name->type == VAL_TEXT ? val_slice(name) : slice_of_text(val_type_name(name->type));
  status failed = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                            "`%.*s` is not a field of a date", SLICE_ARG(text));
  err_hint(err,
           "use year, quarter, month, week, day, hour, minute, second, dow, isodow, doy, epoch, …");
  return failed;
}

/** The Thursday of the day's week: ISO 8601 counts weeks and their years by it. */
static int64_t thursday_of(int64_t days) {
  return days - calendar_weekday(days) + 4;
}

static int64_t iso_week(int64_t days) {
  int64_t thursday = thursday_of(days);
  struct calendar c = calendar_from_us(thursday * CALENDAR_US_PER_DAY);
  return (thursday - calendar_days(c.year, 1, 1)) / 7 + 1;
}

/** Which span of `years` a year falls into, the first being 1; there is no year 0 before it. */
static int64_t nth_span(int64_t year, int64_t years) {
  return year > 0 ? (year + years - 1) / years : -((years - 1 - (year - 1)) / years);
}

static int64_t floor_div(int64_t a, int64_t b) {
  return a / b - (a % b < 0);
}

static struct val small_field(enum date_field field, const struct calendar *c) {
  int64_t us = c->second * CALENDAR_US_PER_SECOND + c->us;
  if (field == DATE_SECOND) return c->us ? val_float64((double)us / 1e6) : val_int64(c->second);
  if (field == DATE_MICROSECOND) return val_int64(us);
  return us % 1000 ? val_float64((double)us / 1e3) : val_int64(us / 1000);
}

static struct val field_of(enum date_field field, int64_t us) {
  struct calendar c = calendar_from_us(us);
  int64_t days = calendar_day_of(us);
  switch (field) {
  case DATE_MILLENNIUM: return val_int64(nth_span(c.year, 1000));
  case DATE_CENTURY: return val_int64(nth_span(c.year, 100));
  case DATE_DECADE: return val_int64(floor_div(c.year, 10));
  case DATE_YEAR: return val_int64(c.year);
  case DATE_QUARTER: return val_int64((c.month - 1) / 3 + 1);
  case DATE_MONTH: return val_int64(c.month);
  case DATE_WEEK: return val_int64(iso_week(days));
  case DATE_DAY: return val_int64(c.day);
  case DATE_HOUR: return val_int64(c.hour);
  case DATE_MINUTE: return val_int64(c.minute);
  case DATE_SECOND:
  case DATE_MILLISECOND:
  case DATE_MICROSECOND: return small_field(field, &c);
  case DATE_DOW: return val_int64(calendar_weekday(days) % 7);
  case DATE_ISODOW: return val_int64(calendar_weekday(days));
  case DATE_DOY: return val_int64(days - calendar_days(c.year, 1, 1) + 1);
  case DATE_ISOYEAR:
    return val_int64(calendar_from_us(thursday_of(days) * CALENDAR_US_PER_DAY).year);
  case DATE_EPOCH:
    return us % CALENDAR_US_PER_SECOND ? val_float64((double)us / 1e6)
                                       : val_int64(us / CALENDAR_US_PER_SECOND);
  case DATE_FIELDS: break;
  }
  return val_null();
}

/** The parts of a span are not converted into one another, but for the epoch: a year has 365.25
 * days there and a month 30. */
static struct val field_of_span(enum date_field field, const struct val_interval *span) {
  int64_t seconds = span->us / CALENDAR_US_PER_SECOND, in_minute = span->us % 60000000;
  int32_t years = span->months / 12, months = span->months % 12;
  struct calendar small = {.second = (int32_t)(in_minute / CALENDAR_US_PER_SECOND),
                           .us = (int32_t)(in_minute % CALENDAR_US_PER_SECOND)};
  switch ((int)field) {
  case DATE_MILLENNIUM: return val_int64(years / 1000);
  case DATE_CENTURY: return val_int64(years / 100);
  case DATE_DECADE: return val_int64(years / 10);
  case DATE_YEAR: return val_int64(years);
  case DATE_QUARTER: return val_int64(months / 3 + 1);
  case DATE_MONTH: return val_int64(months);
  case DATE_DAY: return val_int64(span->days);
  case DATE_HOUR: return val_int64(seconds / 3600);
  case DATE_MINUTE: return val_int64(seconds / 60 % 60);
  case DATE_SECOND:
  case DATE_MILLISECOND:
  case DATE_MICROSECOND: return small_field(field, &small);
  case DATE_EPOCH:
    return val_float64(years * 365.25 * 86400 + (months * 30.0 + span->days) * 86400 +
                       (double)span->us / 1e6);
  default: return val_null();
  }
}

status func__date_part(struct func_env *env, const struct val *args, uint32_t count,
                       struct val *out, struct err *err) {
  (void)count;
  int64_t us = 0;
  enum date_field field = DATE_FIELDS;
  if (!find_field(&args[0], &field)) return fail_field(&args[0], err);
  if (args[1].type == VAL_INTERVAL || args[1].type == VAL_DURATION) {
    struct val_interval span = {.us = args[1].integer};
    *out = field_of_span(field, args[1].type == VAL_INTERVAL ? &args[1].interval : &span);
    return LUMA_OK;
  }
  if (!func__moment(&args[1], &us)) return func__clash(env, out);
  *out = field_of(field, us);
  return LUMA_OK;
}

/** The first year of the span of `years` that a year falls into: 2001 for a century. */
static int32_t first_year(int32_t year, int32_t years) {
  return (int32_t)floor_div(year - 1, years) * years + 1;
}

static void truncate_years(enum date_field field, struct calendar *c) {
  if (field == DATE_DECADE) c->year = (int32_t)floor_div(c->year, 10) * 10;
  if (field == DATE_CENTURY) c->year = first_year(c->year, 100);
  if (field == DATE_MILLENNIUM) c->year = first_year(c->year, 1000);
}

/** Cuts everything below the field. */
static int64_t truncate(enum date_field field, int64_t us) {
  struct calendar c = calendar_from_us(us);
  if (field == DATE_WEEK) {
    int64_t days = calendar_day_of(us);
    return (days - calendar_weekday(days) + 1) * CALENDAR_US_PER_DAY;
  }
  if (field == DATE_MICROSECOND) return us;
  c.us = field == DATE_MILLISECOND ? c.us / 1000 * 1000 : 0;
  if (field <= DATE_MINUTE) c.second = 0;
  if (field <= DATE_HOUR) c.minute = 0;
  if (field <= DATE_DAY) c.hour = 0;
  if (field <= DATE_MONTH) c.day = 1;
  if (field == DATE_QUARTER) c.month = (c.month - 1) / 3 * 3 + 1;
  if (field <= DATE_YEAR) c.month = 1;
  truncate_years(field, &c);
  return calendar_to_us(&c);
}

/** Cuts a span: parts greater than the field stay as they are. */
static struct val truncate_span(enum date_field field, struct val_interval span) {
  static const int32_t months[] = {
      [DATE_MILLENNIUM] = 12000, [DATE_CENTURY] = 1200, [DATE_DECADE] = 120,
      [DATE_YEAR] = 12,          [DATE_QUARTER] = 3,    [DATE_MONTH] = 1};
  int64_t step = field == DATE_HOUR          ? INT64_C(3600000000)
                 : field == DATE_MINUTE      ? 60 * CALENDAR_US_PER_SECOND
                 : field == DATE_SECOND      ? CALENDAR_US_PER_SECOND
                 : field == DATE_MILLISECOND ? 1000
                                             : 1;
  if (field <= DATE_MONTH) span.months -= span.months % months[field];
  if (field <= DATE_MONTH) span.days = 0;
  if (field <= DATE_DAY)
    span.us = 0;
  else
    span.us -= span.us % step;
  return (struct val){.type = VAL_INTERVAL, .interval = span};
}

status func__date_trunc(struct func_env *env, const struct val *args, uint32_t count,
                        struct val *out, struct err *err) {
  (void)count;
  int64_t us = 0;
  enum date_field field = DATE_FIELDS;
  if (!find_field(&args[0], &field) || field > DATE_MICROSECOND) return fail_field(&args[0], err);
  if (args[1].type == VAL_INTERVAL && field != DATE_WEEK) {
    *out = truncate_span(field, args[1].interval);
    return LUMA_OK;
  }
  if (!func__moment(&args[1], &us)) return func__clash(env, out);
  *out = val_timestamp(truncate(field, us));
  return LUMA_OK;
}
