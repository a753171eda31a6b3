/* SPDX-License-Identifier: MIT */
/* The calendar repeats every 400 years, an era. Inside one, years are counted from March, so that
 * the leap day comes last and the days before a month follow one formula. */
#include "base/text/date.h"

#include "base/core/assert.h"
#include "base/text/scan_int.h"

enum { ERA_YEARS = 400, ERA_DAYS = 146097, DAYS_TO_1970 = 719468 /* from 0000-03-01 */ };
enum { US_PER_SECOND = 1000000, SECONDS_PER_DAY = 86400 };

static int64_t floor_div(int64_t a, int64_t b) {
  return a / b - (a % b < 0);
}

static bool is_leap(int32_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

unsigned date_days_in_month(int32_t year, unsigned month) {
  ASSERT(month >= 1 && month <= 12);
  static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

bool date_from_civil(struct date_civil civil, int64_t *days) {
  if (civil.year < DATE_YEAR_MIN || civil.year > DATE_YEAR_MAX || civil.month < 1 ||
      civil.month > 12)
    return false;
  if (civil.day < 1 || civil.day > date_days_in_month(civil.year, civil.month)) return false;
  int64_t year = civil.year - (civil.month <= 2);
  int64_t era = floor_div(year, ERA_YEARS);
  int64_t year_of_era = year - era * ERA_YEARS;
  int64_t month = (civil.month + 9) % 12; /* March is 0 */
  int64_t day_of_year = (153 * month + 2) / 5 + civil.day - 1;
  int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  *days = era * ERA_DAYS + day_of_era - DAYS_TO_1970;
  return true;
}

struct date_civil date_to_civil(int64_t days) {
  ASSERT(days >= DATE_DAYS_MIN && days <= DATE_DAYS_MAX);
  int64_t since = days + DAYS_TO_1970;
  int64_t era = floor_div(since, ERA_DAYS);
  int64_t day_of_era = since - era * ERA_DAYS;
  int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t month = (5 * day_of_year + 2) / 153; /* March is 0 */
  int64_t year = year_of_era + era * ERA_YEARS + (month >= 10);
  return (struct date_civil){.year = (int32_t)year,
                             .month = (uint8_t)(month < 10 ? month + 3 : month - 9),
                             .day = (uint8_t)(day_of_year - (153 * month + 2) / 5 + 1)};
}

bool date_add_months(int64_t days, int64_t months, int64_t *result) {
  if (days < DATE_DAYS_MIN || days > DATE_DAYS_MAX) return false;
  struct date_civil civil = date_to_civil(days);
  int64_t total;
  if (__builtin_add_overflow((int64_t)civil.year * 12 + civil.month - 1, months, &total))
    return false;
  int64_t year = floor_div(total, 12);
  if (year < DATE_YEAR_MIN || year > DATE_YEAR_MAX) return false;
  civil.year = (int32_t)year;
  civil.month = (uint8_t)(total - year * 12 + 1);
  unsigned last = date_days_in_month(civil.year, civil.month);
  if (civil.day > last) civil.day = (uint8_t)last;
  return date_from_civil(civil, result);
}

/* Exactly `count` digits; answers where the text goes on. */
static char *put_digits(char *out, unsigned count, uint32_t v) {
  for (unsigned i = count; i > 0; i--, v /= 10) out[i - 1] = (char)('0' + v % 10);
  return out + count;
}

static char *put_byte(char *out, char byte) {
  *out = byte;
  return out + 1;
}

static char *put_date(char *out, struct date_civil civil) {
  bool is_plain = civil.year >= 0 && civil.year <= 9999;
  if (!is_plain) out = put_byte(out, civil.year < 0 ? '-' : '+');
  out = put_digits(out, is_plain ? 4 : 6, (uint32_t)(civil.year < 0 ? -civil.year : civil.year));
  out = put_digits(put_byte(out, '-'), 2, civil.month);
  return put_digits(put_byte(out, '-'), 2, civil.day);
}

size_t date_format(int64_t days, char *out) {
  if (days < DATE_DAYS_MIN || days > DATE_DAYS_MAX) return 0;
  return (size_t)(put_date(out, date_to_civil(days)) - out);
}

static char *put_fraction(char *out, uint32_t us) {
  if (us == 0) return out;
  out = put_byte(out, '.');
  return us % 1000 == 0 ? put_digits(out, 3, us / 1000) : put_digits(out, 6, us);
}

size_t date_format_timestamp(int64_t us, char *out) {
  int64_t days = floor_div(us, DATE_US_PER_DAY);
  int64_t us_of_day = us % DATE_US_PER_DAY;
  if (us_of_day < 0) us_of_day += DATE_US_PER_DAY;
  uint32_t seconds = (uint32_t)(us_of_day / US_PER_SECOND);
  char *at = put_byte(put_date(out, date_to_civil(days)), 'T');
  at = put_digits(at, 2, seconds / 3600);
  at = put_digits(put_byte(at, ':'), 2, seconds / 60 % 60);
  at = put_digits(put_byte(at, ':'), 2, seconds % 60);
  at = put_byte(put_fraction(at, (uint32_t)(us_of_day % US_PER_SECOND)), 'Z');
  return (size_t)(at - out);
}

static bool scan_year(struct scan *scan, int32_t *year) {
  if (scan_byte(scan, '+')) return scan_digits(scan, 6, year);
  if (!scan_byte(scan, '-')) return scan_digits(scan, 4, year);
  if (!scan_digits(scan, 6, year) || *year == 0) return false; /* there is no year -0 */
  *year = -*year;
  return true;
}

static bool scan_date(struct scan *scan, int64_t *days) {
  int32_t year, month, day;
  if (!scan_year(scan, &year) || !scan_byte(scan, '-')) return false;
  if (!scan_digits(scan, 2, &month) || !scan_byte(scan, '-') || !scan_digits(scan, 2, &day))
    return false;
  return date_from_civil(
      (struct date_civil){.year = year, .month = (uint8_t)month, .day = (uint8_t)day}, days);
}

bool date_parse(struct slice text, int64_t *days) {
  struct scan scan = scan_of(text);
  int64_t parsed;
  if (!scan_date(&scan, &parsed) || !scan_is_end(&scan)) return false;
  *days = parsed;
  return true;
}

/* Microseconds since midnight. */
static bool scan_time(struct scan *scan, int64_t *us) {
  int32_t hours, minutes, seconds = 0, fraction = 0;
  if (!scan_digits(scan, 2, &hours) || !scan_byte(scan, ':') || !scan_digits(scan, 2, &minutes))
    return false;
  if (scan_byte(scan, ':')) {
    if (!scan_digits(scan, 2, &seconds)) return false;
    if (scan_byte(scan, '.') && !scan_fraction(scan, &fraction)) return false;
  }
  if (hours > 23 || minutes > 59 || seconds > 60) return false;
  *us = ((int64_t)hours * 3600 + minutes * 60 + seconds) * US_PER_SECOND + fraction;
  return true;
}

/* What has to be taken off local time to get UTC; nothing at the end of the text is UTC. */
static bool scan_offset(struct scan *scan, int64_t *us) {
  *us = 0;
  if (scan_is_end(scan) || scan_byte(scan, 'Z') || scan_byte(scan, 'z')) return true;
  bool is_east = scan_byte(scan, '+');
  if (!is_east && !scan_byte(scan, '-')) return false;
  int32_t hours, minutes = 0;
  if (!scan_digits(scan, 2, &hours)) return false;
  bool has_minutes = scan_byte(scan, ':') || !scan_is_end(scan);
  if (has_minutes && !scan_digits(scan, 2, &minutes)) return false;
  if (hours > 23 || minutes > 59) return false;
  int64_t size = ((int64_t)hours * 60 + minutes) * 60 * US_PER_SECOND;
  *us = is_east ? size : -size;
  return true;
}

static bool scan_separator(struct scan *scan) {
  return scan_byte(scan, 'T') || scan_byte(scan, 't') || scan_byte(scan, ' ');
}

/* Days before 1970 are summed from the following midnight: the first of all timestamps lies inside
 * a day whose own midnight is beyond 64 bits. */
static bool sum(int64_t days, int64_t us_of_day, int64_t *us) {
  if (days < 0) {
    days++;
    us_of_day -= DATE_US_PER_DAY;
  }
  int64_t midnight;
  return !__builtin_mul_overflow(days, DATE_US_PER_DAY, &midnight) &&
         !__builtin_add_overflow(midnight, us_of_day, us);
}

bool date_parse_timestamp(struct slice text, int64_t *us) {
  struct scan scan = scan_of(text);
  int64_t days, us_of_day, offset, result;
  if (!scan_date(&scan, &days) || !scan_separator(&scan) || !scan_time(&scan, &us_of_day))
    return false;
  if (!scan_offset(&scan, &offset) || !scan_is_end(&scan)) return false;
  if (!sum(days, us_of_day - offset, &result)) return false;
  *us = result;
  return true;
}
