/* SPDX-License-Identifier: MIT */
/* SQLite's moments: date(x, '+1 month', 'start of day', …), datetime, time, julianday, unixepoch.
 * Numbers are days of Julius Scaliger's count, or seconds since 1970 after 'unixepoch'. The words
 * 'now', and none at all, have become calls of now() before: see the front end. Also MySQL's names
 * of parts of moments. */
#include <math.h>

#include "base/text/num.h"
#include "query/func/func_int.h"
#include "query/func/time/calendar.h"

enum { WORD_BYTES_MAX = 64 };

static const double julian_of_1970 = 2440587.5;
static const double us_per_day = 86400e6, us_max = 9e18;

static bool is_text(const struct val *value, const char *word) {
  return value->type == VAL_TEXT && slice_is_equal_nocase(val_slice(value), slice_of_text(word));
}

static bool from_real(double us, int64_t *out) {
  if (!(fabs(us) < us_max)) return false;
  *out = (int64_t)nearbyint(us);
  return true;
}

/* A moment, a time of day (of 2000-01-01), or a number. */
static bool read_moment(const struct val *value, bool is_unix, int64_t *us) {
  static const int64_t days_to_2000 = 10957;
  struct val duration;
  if (val_is_number(value)) {
    double number = val_to_float64(value);
    return from_real(is_unix ? number * 1e6 : (number - julian_of_1970) * us_per_day, us);
  }
  if (value->type == VAL_DURATION) {
    *us = days_to_2000 * CALENDAR_US_PER_DAY + value->integer;
    return true;
  }
  if (func__moment(value, us)) return true;
  struct func_env nothing = {0};
  bool is_time = value->type == VAL_TEXT && value->bytes < WORD_BYTES_MAX &&
                 func_cast(&nothing, value, VAL_DURATION, &duration, NULL) == LUMA_OK;
  if (is_time) *us = days_to_2000 * CALENDAR_US_PER_DAY + duration.integer;
  return is_time;
}

/* ---- modifiers ---- */

/* Months later; days that the month has not go over into the next. */
static bool add_months(int64_t *us, int64_t months) {
  int64_t first = 0, day = calendar_day_of(*us), in_day = *us - day * CALENDAR_US_PER_DAY;
  struct calendar c = calendar_from_us(*us);
  int64_t of_month = (day - (c.day - 1)) * CALENDAR_US_PER_DAY;
  if (!calendar_add_months(of_month, months, &first)) return false;
  return !__builtin_add_overflow(first, (c.day - 1) * CALENDAR_US_PER_DAY + in_day, us);
}

static bool is_unit(const char *word, const char *unit) {
  size_t bytes = strlen(unit);
  return strncasecmp(word, unit, bytes) == 0 &&
         (!word[bytes] || (strcasecmp(word + bytes, "s") == 0));
}

struct span_unit {
  const char *name;
  double us;
};

/* "+3 months", "-1.5 hours" */
static bool add_span(int64_t *us, double count, const char *unit) {
  static const struct span_unit units[] = {
      {"day", 86400e6}, {"hour", 3600e6}, {"minute", 60e6}, {"second", 1e6}};
  int64_t more = 0;
  bool is_year = is_unit(unit, "year");
  if (is_year || is_unit(unit, "month"))
    return fabs(count) < 1e6 && add_months(us, (int64_t)count * (is_year ? 12 : 1));
  for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
    if (is_unit(unit, units[i].name))
      return from_real(count * units[i].us, &more) && !__builtin_add_overflow(*us, more, us);
  return false;
}

static bool to_start(int64_t *us, const char *of) {
  struct calendar c = calendar_from_us(*us);
  bool is_year = strcasecmp(of, "year") == 0, is_month = strcasecmp(of, "month") == 0;
  if (!is_year && !is_month && strcasecmp(of, "day") != 0) return false;
  int64_t day = calendar_days(c.year, is_year ? 1 : c.month, is_year || is_month ? 1 : c.day);
  *us = day * CALENDAR_US_PER_DAY;
  return true;
}

/* The day itself or the next one that is a weekday, from 0 for Sunday. */
static bool to_weekday(int64_t *us, const char *number) {
  if (number[0] < '0' || number[0] > '6' || number[1]) return false;
  int32_t today = calendar_weekday(calendar_day_of(*us)) % 7, wanted = number[0] - '0';
  *us += (wanted - today + 7) % 7 * CALENDAR_US_PER_DAY;
  return true;
}

static bool modify(int64_t *us, const char *word) {
  double count = 0;
  if (strncasecmp(word, "start of ", 9) == 0) return to_start(us, word + 9);
  if (strncasecmp(word, "weekday ", 8) == 0) return to_weekday(us, word + 8);
  static const char *const nothing[] = {"utc",  "localtime", "unixepoch",
                                        "auto", "subsec",    "subsecond"};
  for (size_t i = 0; i < sizeof nothing / sizeof nothing[0]; i++)
    if (strcasecmp(word, nothing[i]) == 0) return true;
  if (word[0] == '+') word++;
  size_t bytes = strcspn(word, " ");
  const char *unit = word + bytes + strspn(word + bytes, " ");
  return num_parse_float64(slice_of(word, bytes), &count) && add_span(us, count, unit);
}

static status fail_modifier(struct slice word, struct err *err) {
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "`%.*s` does not change a moment",
            SLICE_ARG(word));
  err_hint(err, "'+3 days', '-1 month', 'start of month', 'weekday 1', 'unixepoch'");
  return LUMA_INVALID_ARGUMENT;
}

/* The moment with its modifiers; *is_none: it is no moment. */
static status moment_of(const struct val *args, uint32_t count, int64_t *us, bool *is_none,
                        struct err *err) {
  char word[WORD_BYTES_MAX];
  bool is_unix = false;
  for (uint32_t i = 1; i < count; i++) is_unix |= is_text(&args[i], "unixepoch");
  *is_none = !read_moment(&args[0], is_unix, us);
  for (uint32_t i = 1; i < count && !*is_none; i++) {
    struct slice text = args[i].type == VAL_TEXT ? val_slice(&args[i]) : slice_of_text("a value");
    if (args[i].type != VAL_TEXT || text.bytes >= sizeof word) return fail_modifier(text, err);
    memcpy(word, text.data, text.bytes);
    word[text.bytes] = 0;
    if (!modify(us, word)) return fail_modifier(text, err);
  }
  return LUMA_OK;
}

/** The day of a moment; of a text that reads as one. */
status func__date(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  int64_t us = 0;
  bool is_none = false;
  if (count == 1 && !val_is_number(&args[0])) return func_cast(env, &args[0], VAL_DATE, out, err);
  TRY(moment_of(args, count, &us, &is_none, err));
  if (is_none) return func__clash(env, out);
  *out = (struct val){.type = VAL_DATE, .integer = calendar_day_of(us)};
  return LUMA_OK;
}

status func__datetime(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                      struct err *err) {
  int64_t us = 0;
  bool is_none = false;
  TRY(moment_of(args, count, &us, &is_none, err));
  if (is_none) return func__clash(env, out);
  *out = val_timestamp(us);
  return LUMA_OK;
}

/** The time of day, as a duration since midnight. */
status func__time(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  int64_t us = 0;
  bool is_none = false;
  TRY(moment_of(args, count, &us, &is_none, err));
  if (is_none) return func__clash(env, out);
  *out =
      (struct val){.type = VAL_DURATION, .integer = us - calendar_day_of(us) * CALENDAR_US_PER_DAY};
  return LUMA_OK;
}

status func__julianday(struct func_env *env, const struct val *args, uint32_t count,
                       struct val *out, struct err *err) {
  int64_t us = 0;
  bool is_none = false;
  TRY(moment_of(args, count, &us, &is_none, err));
  if (is_none) return func__clash(env, out);
  *out = val_float64((double)us / us_per_day + julian_of_1970);
  return LUMA_OK;
}

status func__unixepoch(struct func_env *env, const struct val *args, uint32_t count,
                       struct val *out, struct err *err) {
  int64_t us = 0;
  bool is_none = false;
  TRY(moment_of(args, count, &us, &is_none, err));
  if (is_none) return func__clash(env, out);
  *out = val_int64(us / CALENDAR_US_PER_SECOND - (us % CALENDAR_US_PER_SECOND < 0));
  return LUMA_OK;
}

/* ---- parts ---- */

static const char *const day_names[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                        "Friday", "Saturday", "Sunday"};
static const char *const month_names[] = {"January",   "February", "March",    "April",
                                          "May",       "June",     "July",     "August",
                                          "September", "October",  "November", "December"};

status func__dayname(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                     struct err *err) {
  int64_t us = 0;
  (void)count, (void)err;
  if (!func__moment(&args[0], &us)) return func__clash(env, out);
  *out = val_text(slice_of_text(day_names[calendar_weekday(calendar_day_of(us)) - 1]));
  return LUMA_OK;
}

status func__monthname(struct func_env *env, const struct val *args, uint32_t count,
                       struct val *out, struct err *err) {
  int64_t us = 0;
  (void)count, (void)err;
  if (!func__moment(&args[0], &us)) return func__clash(env, out);
  *out = val_text(slice_of_text(month_names[calendar_from_us(us).month - 1]));
  return LUMA_OK;
}

/** From 0 for Monday, as MySQL counts. */
status func__weekday(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                     struct err *err) {
  int64_t us = 0;
  (void)count, (void)err;
  if (!func__moment(&args[0], &us)) return func__clash(env, out);
  *out = val_int64(calendar_weekday(calendar_day_of(us)) - 1);
  return LUMA_OK;
}

/** The last day of the moment's month. */
status func__last_day(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                      struct err *err) {
  int64_t us = 0;
  (void)count, (void)err;
  if (!func__moment(&args[0], &us)) return func__clash(env, out);
  struct calendar c = calendar_from_us(us);
  bool is_december = c.month == 12;
  int64_t next = calendar_days(c.year + is_december, is_december ? 1 : c.month + 1, 1);
  *out = (struct val){.type = VAL_DATE, .integer = next - 1};
  return LUMA_OK;
}
