/* SPDX-License-Identifier: MIT */
#include "query/mongo/moment.h"

#include "base/text/date.h"

enum { MS_PER_DAY = 86400000, MS_PER_MINUTE = 60000 };

static int64_t floor_div(int64_t a, int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

static bool digit(struct slice s, size_t at, int32_t *out) {
  if (at >= s.bytes || s.data[at] < '0' || s.data[at] > '9') return false;
  *out = *out * 10 + (s.data[at] - '0');
  return true;
}

/** "+05", "+0530", "+05:30". */
static bool read_offset(struct slice zone, int64_t *offset_ms) {
  int32_t hours = 0, minutes = 0;
  size_t at = 3;
  bool is_signed = zone.bytes >= 3 && (zone.data[0] == '+' || zone.data[0] == '-');
  if (!is_signed || !digit(zone, 1, &hours) || !digit(zone, 2, &hours)) return false;
  if (zone.bytes > 3) {
    at += zone.data[3] == ':';
    if (zone.bytes != at + 2 || !digit(zone, at, &minutes) || !digit(zone, at + 1, &minutes))
      return false;
  }
  int64_t ms = ((int64_t)hours * 60 + minutes) * MS_PER_MINUTE;
  *offset_ms = zone.data[0] == '-' ? -ms : ms;
  return true;
}

bool moment_offset(struct zones *zones, struct slice zone, int64_t ms, int64_t *offset_ms) {
  int32_t offset = 0;
  *offset_ms = 0;
  bool is_utc = !zone.data || slice_is_equal(zone, slice_of_text("UTC")) ||
                slice_is_equal(zone, slice_of_text("GMT"));
  if (is_utc) return true;
  if (zone.bytes && (zone.data[0] == '+' || zone.data[0] == '-'))
    return read_offset(zone, offset_ms);
  if (!zones_offset(zones, zone, ms, &offset)) return false;
  *offset_ms = offset;
  return true;
}

bool moment_split(int64_t ms, int64_t offset_ms, struct moment *moment) {
  int64_t local = 0;
  if (__builtin_add_overflow(ms, offset_ms, &local)) return false;
  int64_t days = floor_div(local, MS_PER_DAY), rest = local - days * MS_PER_DAY;
  if (days < DATE_DAYS_MIN || days > DATE_DAYS_MAX) return false;
  struct date_civil civil = date_to_civil(days);
  *moment = (struct moment){.days = days,
                            .year = civil.year,
                            .month = civil.month,
                            .day = civil.day,
                            .hour = (int32_t)(rest / 3600000),
                            .minute = (int32_t)(rest / 60000 % 60),
                            .second = (int32_t)(rest / 1000 % 60),
                            .ms = (int32_t)(rest % 1000),
                            .offset_minutes = (int32_t)(offset_ms / MS_PER_MINUTE)};
  return true;
}

bool moment_to_utc(struct zones *zones, struct slice zone, int64_t local_ms, int64_t *ms) {
  int64_t offset = 0, again = 0;
  if (!moment_offset(zones, zone, local_ms, &offset)) return false;
  if (__builtin_sub_overflow(local_ms, offset, ms)) return false;
  if (!moment_offset(zones, zone, *ms, &again)) return false;
  return !__builtin_sub_overflow(local_ms, again, ms);
}

bool moment_days(int64_t year, int64_t month, int64_t day, int64_t *days) {
  int64_t months = month - 1, years = floor_div(months, 12), first = 0;
  struct date_civil civil = {.day = 1, .month = (uint8_t)(months - years * 12 + 1)};
  year += years;
  if (year < DATE_YEAR_MIN || year > DATE_YEAR_MAX) return false;
  civil.year = (int32_t)year;
  if (!date_from_civil(civil, &first)) return false;
  *days = first + day - 1;
  return *days >= DATE_DAYS_MIN && *days <= DATE_DAYS_MAX;
}

/* ---- weeks ---- */

int32_t moment_iso_weekday(int64_t days) {
  int64_t since_monday = days + 3 - floor_div(days + 3, 7) * 7; /* 1970-01-01 was a Thursday */
  return (int32_t)since_monday + 1;
}

int32_t moment_day_of_year(const struct moment *moment) {
  int64_t first = 0;
  (void)moment_days(moment->year, 1, 1, &first);
  return (int32_t)(moment->days - first) + 1;
}

int32_t moment_week(const struct moment *moment) {
  int32_t weekday = moment_iso_weekday(moment->days) % 7; /* 0 = Sunday */
  return (moment_day_of_year(moment) + 6 - weekday) / 7;
}

bool moment_iso_year_start(int64_t year, int64_t *days) {
  if (!moment_days(year, 1, 4, days)) return false; /* always in week 1 */
  *days -= moment_iso_weekday(*days) - 1;
  return true;
}

int32_t moment_iso_week(const struct moment *moment, int32_t *year) {
  int64_t thursday = moment->days - moment_iso_weekday(moment->days) + 4, start = 0;
  struct date_civil civil = date_to_civil(thursday);
  *year = civil.year;
  (void)moment_iso_year_start(civil.year, &start);
  return (int32_t)((moment->days - start) / 7) + 1;
}

/* ---- units ---- */

static const char *const unit_names[] = {
    [MOMENT_YEAR] = "year",     [MOMENT_QUARTER] = "quarter", [MOMENT_MONTH] = "month",
    [MOMENT_WEEK] = "week",     [MOMENT_DAY] = "day",         [MOMENT_HOUR] = "hour",
    [MOMENT_MINUTE] = "minute", [MOMENT_SECOND] = "second",   [MOMENT_MS] = "millisecond"};

bool moment_unit_parse(struct slice name, enum moment_unit *unit) {
  for (int i = MOMENT_YEAR; i <= MOMENT_MS; i++) {
    if (!slice_is_equal(name, slice_of_text(unit_names[i]))) continue;
    *unit = (enum moment_unit)i;
    return true;
  }
  return false;
}

int64_t moment_unit_ms(enum moment_unit unit) {
  static const int64_t of_units[] = {
      [MOMENT_WEEK] = 604800000, [MOMENT_DAY] = MS_PER_DAY, [MOMENT_HOUR] = 3600000,
      [MOMENT_MINUTE] = 60000,   [MOMENT_SECOND] = 1000,    [MOMENT_MS] = 1};
  return of_units[unit];
}

bool moment_weekday_parse(struct slice name, int32_t *weekday) {
  static const char *const names[] = {"monday", "tuesday",  "wednesday", "thursday",
                                      "friday", "saturday", "sunday"};
  for (int32_t i = 0; i < 7; i++) {
    struct slice whole = slice_of_text(names[i]), brief = slice_of(names[i], 3);
    if (!slice_is_equal_nocase(name, whole) && !slice_is_equal_nocase(name, brief)) continue;
    *weekday = i + 1;
    return true;
  }
  return false;
}

static bool add_months(struct zones *zones, struct slice zone, int64_t ms, int64_t months,
                       int64_t *out) {
  int64_t offset = 0, days = 0;
  struct moment local;
  if (!moment_offset(zones, zone, ms, &offset) || !moment_split(ms, offset, &local)) return false;
  if (!date_add_months(local.days, months, &days)) return false;
  int64_t of_day = ms + offset - local.days * MS_PER_DAY;
  return moment_to_utc(zones, zone, days * MS_PER_DAY + of_day, out);
}

bool moment_add(struct zones *zones, struct slice zone, int64_t ms, enum moment_unit unit,
                int64_t amount, int64_t *out) {
  static const int64_t months_of[] = {[MOMENT_YEAR] = 12, [MOMENT_QUARTER] = 3, [MOMENT_MONTH] = 1};
  int64_t moved = 0, offset = 0;
  if (unit <= MOMENT_MONTH)
    return !__builtin_mul_overflow(amount, months_of[unit], &moved) && moved < 12000000 &&
           moved > -12000000 && add_months(zones, zone, ms, moved, out);
  if (__builtin_mul_overflow(amount, moment_unit_ms(unit), &moved)) return false;
  if (unit >= MOMENT_HOUR) return !__builtin_add_overflow(ms, moved, out);
  /* days and weeks keep the wall clock over changes of summer time */
  if (!moment_offset(zones, zone, ms, &offset)) return false;
  if (__builtin_add_overflow(ms + offset, moved, &moved)) return false;
  return moment_to_utc(zones, zone, moved, out);
}

void moment_append(struct buf *out, int64_t ms) {
  struct moment moment;
  if (!moment_split(ms, 0, &moment)) return;
  buf_append_format(out, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", moment.year, moment.month,
                    moment.day, moment.hour, moment.minute, moment.second, moment.ms);
}
