/* SPDX-License-Identifier: MIT */
/* Functions of moments: timestamps, dates, and text that reads as one. All in UTC. */
#include "query/func/arith.h"
#include "query/func/calendar.h"
#include "query/func/compare.h"
#include "query/func/func_int.h"

status func__now(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                 struct err *err) {
  (void)args, (void)count, (void)err;
  *out = val_timestamp((int64_t)env->now_us);
  return LUMA_OK;
}

static bool read_moment(const struct val *value, int64_t *us) {
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
  if (!read_moment(&args[0], &us)) return func__clash(env, out);
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
  DATE_YEAR,
  DATE_QUARTER,
  DATE_MONTH,
  DATE_WEEK,
  DATE_DAY,
  DATE_HOUR,
  DATE_MINUTE,
  DATE_SECOND,
  DATE_DOW,
  DATE_DOY,
  DATE_EPOCH,
  DATE_FIELDS
};

static bool find_field(const struct val *name, enum date_field *field) {
  static const char *const names[] = {"year",   "quarter", "month", "week", "day",  "hour",
                                      "minute", "second",  "dow",   "doy",  "epoch"};
  if (name->type != VAL_TEXT) return false;
  for (int i = 0; i < DATE_FIELDS; i++) {
    if (!slice_is_equal_nocase(val_slice(name), slice_of_text(names[i]))) continue;
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
  err_hint(err, "use year, quarter, month, week, day, hour, minute, second, dow, doy or epoch");
  return failed;
}

/** The ISO 8601 week: that of the Thursday in it. */
static int64_t iso_week(int64_t days) {
  int64_t thursday = days - calendar_weekday(days) + 4;
  struct calendar c = calendar_from_us(thursday * CALENDAR_US_PER_DAY);
  return (thursday - calendar_days(c.year, 1, 1)) / 7 + 1;
}

static struct val field_of(enum date_field field, int64_t us) {
  struct calendar c = calendar_from_us(us);
  int64_t days = calendar_days(c.year, c.month, c.day);
  switch (field) {
  case DATE_YEAR: return val_int64(c.year);
  case DATE_QUARTER: return val_int64((c.month - 1) / 3 + 1);
  case DATE_MONTH: return val_int64(c.month);
  case DATE_WEEK: return val_int64(iso_week(days));
  case DATE_DAY: return val_int64(c.day);
  case DATE_HOUR: return val_int64(c.hour);
  case DATE_MINUTE: return val_int64(c.minute);
  case DATE_SECOND: return c.us ? val_float64(c.second + c.us / 1e6) : val_int64(c.second);
  case DATE_DOW: return val_int64(calendar_weekday(days) % 7);
  case DATE_DOY: return val_int64(days - calendar_days(c.year, 1, 1) + 1);
  case DATE_EPOCH:
    return us % CALENDAR_US_PER_SECOND ? val_float64((double)us / 1e6)
                                       : val_int64(us / CALENDAR_US_PER_SECOND);
  case DATE_FIELDS: break;
  }
  return val_null();
}

status func__date_part(struct func_env *env, const struct val *args, uint32_t count,
                       struct val *out, struct err *err) {
  (void)count;
  int64_t us = 0;
  enum date_field field = DATE_FIELDS;
  if (!find_field(&args[0], &field)) return fail_field(&args[0], err);
  if (!read_moment(&args[1], &us)) return func__clash(env, out);
  *out = field_of(field, us);
  return LUMA_OK;
}

status func__extract(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                     struct err *err) {
  return func__date_part(env, args, count, out, err);
}

/** Cuts everything below the field. */
static int64_t truncate(enum date_field field, int64_t us) {
  struct calendar c = calendar_from_us(us);
  if (field == DATE_WEEK) {
    int64_t days = calendar_days(c.year, c.month, c.day);
    return (days - calendar_weekday(days) + 1) * CALENDAR_US_PER_DAY;
  }
  c.us = 0;
  if (field <= DATE_MINUTE) c.second = 0;
  if (field <= DATE_HOUR) c.minute = 0;
  if (field <= DATE_DAY) c.hour = 0;
  if (field <= DATE_MONTH) c.day = 1;
  if (field == DATE_QUARTER) c.month = (c.month - 1) / 3 * 3 + 1;
  if (field == DATE_YEAR) c.month = 1;
  return calendar_to_us(&c);
}

status func__date_trunc(struct func_env *env, const struct val *args, uint32_t count,
                        struct val *out, struct err *err) {
  (void)count;
  int64_t us = 0;
  enum date_field field = DATE_FIELDS;
  if (!find_field(&args[0], &field) || field > DATE_SECOND) return fail_field(&args[0], err);
  if (!read_moment(&args[1], &us)) return func__clash(env, out);
  *out = val_timestamp(truncate(field, us));
  return LUMA_OK;
}
