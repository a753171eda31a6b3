/* SPDX-License-Identifier: MIT */
/* to_char, to_number, to_date and to_timestamp, and differences of dates in a unit. */
#include "query/func/func_int.h"
#include "query/func/number/format_number.h"
#include "query/func/time/calendar.h"
#include "query/func/time/format_time.h"

status func__to_char(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                     struct err *err) {
  (void)count;
  int64_t us = 0;
  if (args[1].type != VAL_TEXT) return func__clash(env, out);
  struct slice template = val_slice(&args[1]);
  if (val_is_number(&args[0])) {
    if (!format_number_write(env->scratch, template, val_to_decimal(&args[0]))) {
      buf_reset(env->scratch);
      FAIL(err, LUMA_OUT_OF_RANGE, "the number has more digits than to_char writes");
    }
    return func__scratch_text(env, out, err);
  }
  if (args[0].type == VAL_DURATION)
    us = args[0].integer;
  else if (args[0].type == VAL_INTERVAL)
    us = args[0].interval.us; /* the clock's part */
  else if (!func__moment(&args[0], &us))
    return func__clash(env, out);
  format_time_write(env->scratch, template, us);
  return func__scratch_text(env, out, err);
}

status func__to_number(struct func_env *env, const struct val *args, uint32_t count,
                       struct val *out, struct err *err) {
  (void)count;
  struct decimal number;
  if (args[0].type != VAL_TEXT || args[1].type != VAL_TEXT) return func__clash(env, out);
  if (!format_number_read(val_slice(&args[0]), val_slice(&args[1]), &number))
    FAIL(err, LUMA_INVALID_VALUE, "the text '%.*s' does not read as a number",
         SLICE_ARG(val_slice(&args[0])));
  *out = val_decimal(number);
  return LUMA_OK;
}

static status read_moment(const struct val *args, int64_t *us, struct err *err) {
  if (format_time_read(val_slice(&args[0]), val_slice(&args[1]), us)) return LUMA_OK;
  FAIL(err, LUMA_INVALID_VALUE, "the text '%.*s' does not fit the template '%.*s'",
       SLICE_ARG(val_slice(&args[0])), SLICE_ARG(val_slice(&args[1])));
}

status func__to_date(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                     struct err *err) {
  int64_t us = 0;
  if (count == 1) return func_cast(env, &args[0], VAL_DATE, out, err);
  if (args[0].type != VAL_TEXT || args[1].type != VAL_TEXT) return func__clash(env, out);
  TRY(read_moment(args, &us, err));
  *out = (struct val){.type = VAL_DATE, .integer = calendar_day_of(us)};
  return LUMA_OK;
}

status func__to_timestamp(struct func_env *env, const struct val *args, uint32_t count,
                          struct val *out, struct err *err) {
  int64_t us = 0;
  if (count == 1) return func_cast(env, &args[0], VAL_TIMESTAMP, out, err);
  if (args[0].type != VAL_TEXT || args[1].type != VAL_TEXT) return func__clash(env, out);
  TRY(read_moment(args, &us, err));
  *out = val_timestamp(us);
  return LUMA_OK;
}

/* ---- differences ---- */

/** Units by the months or microseconds they have. */
struct unit {
  const char *name;
  int64_t months, us;
};

static const struct unit *find_unit(const struct val *name) {
  static const struct unit units[] = {{"year", 12, 0},
                                      {"quarter", 3, 0},
                                      {"month", 1, 0},
                                      {"week", 0, 7 * CALENDAR_US_PER_DAY},
                                      {"day", 0, CALENDAR_US_PER_DAY},
                                      {"hour", 0, 3600 * CALENDAR_US_PER_SECOND},
                                      {"minute", 0, 60 * CALENDAR_US_PER_SECOND},
                                      {"second", 0, CALENDAR_US_PER_SECOND},
                                      {"millisecond", 0, 1000},
                                      {"microsecond", 0, 1}};
  if (name->type != VAL_TEXT || !name->bytes) return NULL;
  struct slice asked = val_slice(name);
  if ((asked.data[asked.bytes - 1] | 32) == 's') asked.bytes--;
  for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
    if (slice_is_equal_nocase(asked, slice_of_text(units[i].name))) return &units[i];
  return NULL;
}

static int64_t divide_down(int64_t a, int64_t b) {
  return a / b - (a % b < 0);
}

/** The number of the unit that a moment falls into; weeks begin on Mondays. */
static int64_t nth_unit(const struct unit *unit, int64_t us) {
  enum { DAYS_TO_MONDAY = 3 }; /* 1970 began on a Thursday */
  if (unit->months) {
    struct calendar c = calendar_from_us(us);
    return divide_down((int64_t)c.year * 12 + c.month - 1, unit->months);
  }
  bool is_week = unit->us == 7 * CALENDAR_US_PER_DAY;
  return divide_down(us + (is_week ? DAYS_TO_MONDAY * CALENDAR_US_PER_DAY : 0), unit->us);
}

/** Whole units from one moment to a later one. */
static int64_t whole_units(const struct unit *unit, int64_t from, int64_t to) {
  if (!unit->months) return (to - from) / unit->us;
  if (to < from) return -whole_units(unit, to, from);
  struct calendar a = calendar_from_us(from), b = calendar_from_us(to);
  int64_t months = ((int64_t)b.year - a.year) * 12 + b.month - a.month, moved = 0;
  if (!calendar_add_months(from, months, &moved) || moved > to) months--;
  return months / unit->months;
}

static status difference(struct func_env *env, const struct val *args, bool whole, struct val *out,
                         struct err *err) {
  int64_t from = 0, to = 0;
  const struct unit *unit = find_unit(&args[0]);
  if (!unit) {
    status failed = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                              "the first argument is no unit of time");
    err_hint(err, "use year, quarter, month, week, day, hour, minute, second");
    return failed;
  }
  if (!func__moment(&args[1], &from) || !func__moment(&args[2], &to)) return func__clash(env, out);
  *out = val_int64(whole ? whole_units(unit, from, to) : nth_unit(unit, to) - nth_unit(unit, from));
  return LUMA_OK;
}

/** (unit, from, to): borders crossed; (a, b): days from b to a, as MySQL has it. */
status func__date_diff(struct func_env *env, const struct val *args, uint32_t count,
                       struct val *out, struct err *err) {
  if (count == 3) return difference(env, args, false, out, err);
  struct val days[3] = {val_text(slice_of_text("day")), args[1], args[0]};
  return difference(env, days, false, out, err);
}

status func__timestampdiff(struct func_env *env, const struct val *args, uint32_t count,
                           struct val *out, struct err *err) {
  (void)count;
  return difference(env, args, true, out, err);
}
