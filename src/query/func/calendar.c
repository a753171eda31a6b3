/* SPDX-License-Identifier: MIT */
/* Civil dates by the method of era and day of era (H. Hinnant, "chrono-compatible low-level date
 * algorithms"). */
#include "query/func/calendar.h"

#include <stdio.h>

enum { DAYS_PER_ERA = 146097, YEARS_PER_ERA = 400, DAYS_BEFORE_EPOCH = 719468 };

static int64_t floor_divide(int64_t a, int64_t b) {
  return a / b - (a % b != 0 && (a % b < 0) != (b < 0));
}

int64_t calendar_days(int64_t year, int32_t month, int32_t day) {
  int64_t shifted = year - (month <= 2); /* years begin in March, so that a leap day is the last */
  int64_t era = floor_divide(shifted, YEARS_PER_ERA);
  int64_t year_of_era = shifted - era * YEARS_PER_ERA;
  int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * DAYS_PER_ERA + day_of_era - DAYS_BEFORE_EPOCH;
}

struct calendar calendar_from_us(int64_t us) {
  int64_t days = floor_divide(us, CALENDAR_US_PER_DAY);
  int64_t in_day = us - days * CALENDAR_US_PER_DAY;
  int64_t shifted = days + DAYS_BEFORE_EPOCH;
  int64_t era = floor_divide(shifted, DAYS_PER_ERA);
  int64_t day_of_era = shifted - era * DAYS_PER_ERA;
  int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / (DAYS_PER_ERA - 1)) / 365;
  int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t month_index = (5 * day_of_year + 2) / 153;
  int32_t month = (int32_t)(month_index < 10 ? month_index + 3 : month_index - 9);
  int64_t seconds = in_day / CALENDAR_US_PER_SECOND;
  return (struct calendar){
      .year = year_of_era + era * YEARS_PER_ERA + (month <= 2),
      .month = month,
      .day = (int32_t)(day_of_year - (153 * month_index + 2) / 5 + 1),
      .hour = (int32_t)(seconds / 3600),
      .minute = (int32_t)(seconds / 60 % 60),
      .second = (int32_t)(seconds % 60),
      .us = (int32_t)(in_day % CALENDAR_US_PER_SECOND),
  };
}

int64_t calendar_to_us(const struct calendar *c) {
  int64_t seconds = (int64_t)c->hour * 3600 + (int64_t)c->minute * 60 + c->second;
  return calendar_days(c->year, c->month, c->day) * CALENDAR_US_PER_DAY +
         seconds * CALENDAR_US_PER_SECOND + c->us;
}

int32_t calendar_weekday(int64_t days) {
  int64_t since_monday = days + 3; /* 1970-01-01 was a Thursday */
  return (int32_t)(since_monday - floor_divide(since_monday, 7) * 7) + 1;
}

int32_t calendar_days_in_month(int64_t year, int32_t month) {
  static const int32_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return days[month - 1] + (month == 2 && leap);
}

int64_t calendar_add_months(int64_t us, int64_t months) {
  struct calendar c = calendar_from_us(us);
  int64_t total = c.year * 12 + (c.month - 1) + months;
  c.year = floor_divide(total, 12);
  c.month = (int32_t)(total - c.year * 12) + 1;
  int32_t last = calendar_days_in_month(c.year, c.month);
  if (c.day > last) c.day = last;
  return calendar_to_us(&c);
}

/* ---- text ---- */

/** Reads exactly `digits` digits at `*at`. */
static bool read_digits(struct slice text, size_t *at, size_t digits, int32_t *out) {
  if (text.bytes - *at < digits) return false;
  int32_t v = 0;
  for (size_t i = 0; i < digits; i++) {
    uint8_t c = text.data[*at + i];
    if (c < '0' || c > '9') return false;
    v = v * 10 + (c - '0');
  }
  *at += digits;
  *out = v;
  return true;
}

static bool read_byte(struct slice text, size_t *at, char wanted) {
  if (*at >= text.bytes || text.data[*at] != (uint8_t)wanted) return false;
  (*at)++;
  return true;
}

static bool read_date(struct slice text, size_t *at, struct calendar *c) {
  int32_t year = 0;
  if (!read_digits(text, at, 4, &year) || !read_byte(text, at, '-')) return false;
  if (!read_digits(text, at, 2, &c->month) || !read_byte(text, at, '-')) return false;
  if (!read_digits(text, at, 2, &c->day)) return false;
  c->year = year;
  return c->month >= 1 && c->month <= 12 && c->day >= 1 &&
         c->day <= calendar_days_in_month(year, c->month);
}

/** Digits after the seconds' point: at least one; those past microseconds are cut. */
static bool read_fraction(struct slice text, size_t *at, int32_t *us) {
  int32_t scale = 100000, digits = 0;
  *us = 0;
  while (*at < text.bytes && text.data[*at] >= '0' && text.data[*at] <= '9') {
    *us += (text.data[*at] - '0') * scale;
    scale /= 10;
    digits++;
    (*at)++;
  }
  return digits > 0;
}

static bool read_time(struct slice text, size_t *at, struct calendar *c) {
  if (!read_digits(text, at, 2, &c->hour) || !read_byte(text, at, ':')) return false;
  if (!read_digits(text, at, 2, &c->minute)) return false;
  if (read_byte(text, at, ':')) {
    if (!read_digits(text, at, 2, &c->second)) return false;
    if (read_byte(text, at, '.') && !read_fraction(text, at, &c->us)) return false;
  }
  return c->hour < 24 && c->minute < 60 && c->second < 60;
}

/** The zone's offset in minutes east of UTC: Z, +02:00, +0200, +02 or nothing. */
static bool read_zone(struct slice text, size_t *at, int32_t *minutes) {
  *minutes = 0;
  if (*at == text.bytes || read_byte(text, at, 'Z') || read_byte(text, at, 'z')) return true;
  bool west = read_byte(text, at, '-');
  if (!west && !read_byte(text, at, '+')) return false;
  int32_t hours = 0, rest = 0;
  if (!read_digits(text, at, 2, &hours)) return false;
  bool colon = read_byte(text, at, ':');
  if ((colon || *at < text.bytes) && !read_digits(text, at, 2, &rest)) return false;
  if (hours > 23 || rest > 59) return false;
  *minutes = west ? -(hours * 60 + rest) : hours * 60 + rest;
  return true;
}

bool calendar_parse(struct slice text, int64_t *us, bool *is_date) {
  struct calendar c = {0};
  size_t at = 0;
  int32_t zone = 0;
  if (!read_date(text, &at, &c)) return false;
  *is_date = at == text.bytes;
  if (!*is_date) {
    if (!read_byte(text, &at, 'T') && !read_byte(text, &at, 't') && !read_byte(text, &at, ' '))
      return false;
    if (!read_time(text, &at, &c) || !read_zone(text, &at, &zone) || at != text.bytes) return false;
  }
  *us = calendar_to_us(&c) - zone * 60 * CALENDAR_US_PER_SECOND;
  return true;
}

size_t calendar_format_date(int64_t days, char out[CALENDAR_TEXT_BYTES_MAX]) {
  struct calendar c = calendar_from_us(days * CALENDAR_US_PER_DAY);
  return (size_t)snprintf(out, CALENDAR_TEXT_BYTES_MAX, "%04lld-%02d-%02d", (long long)c.year,
                          (int)c.month, (int)c.day);
}

size_t calendar_format(int64_t us, char out[CALENDAR_TEXT_BYTES_MAX]) {
  struct calendar c = calendar_from_us(us);
  int bytes =
      snprintf(out, CALENDAR_TEXT_BYTES_MAX, "%04lld-%02d-%02dT%02d:%02d:%02d", (long long)c.year,
               (int)c.month, (int)c.day, (int)c.hour, (int)c.minute, (int)c.second);
  if (c.us) {
    bytes += snprintf(out + bytes, (size_t)(CALENDAR_TEXT_BYTES_MAX - bytes), ".%06d", (int)c.us);
    while (out[bytes - 1] == '0') bytes--;
  }
  out[bytes] = 'Z';
  return (size_t)bytes + 1;
}
