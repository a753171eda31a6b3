/* SPDX-License-Identifier: MIT */
/* Reading moments: ISO 8601 with shorter forms ("2017-02-08", "2017-02-08 12:10"), names of months
 * ("July 4, 2017"), American ("7/4/2017") and pointed ("4.7.2017") ones, the name of a weekday
 * before them, and a zone at the end. */
#include <string.h>

#include "base/text/date.h"
#include "query/mongo/moment.h"

struct reading {
  const uint8_t *at, *end;
  int64_t year, month, day, ms;
  bool has_time;
};

static void skip_space(struct reading *reading) {
  while (reading->at < reading->end && (*reading->at == ' ' || *reading->at == ',')) reading->at++;
}

/** What may stand between a day and the name of its month: "4 July 2017", "4-Jul-2017". */
static void skip_marks(struct reading *reading) {
  while (reading->at < reading->end && memchr(" ,.-", *reading->at, 4)) reading->at++;
}

static bool next_is(const struct reading *reading, char c) {
  return reading->at < reading->end && *reading->at == (uint8_t)c;
}

static bool take(struct reading *reading, char c) {
  if (!next_is(reading, c)) return false;
  reading->at++;
  return true;
}

/** `least` to `most` digits. */
static bool number(struct reading *reading, int least, int most, int64_t *out) {
  int count = 0;
  *out = 0;
  while (count < most && reading->at < reading->end && *reading->at >= '0' && *reading->at <= '9') {
    *out = *out * 10 + (*reading->at++ - '0');
    count++;
  }
  return count >= least;
}

/** Letters of which the first three are those of one of `count` names; -1 for others. */
static int64_t read_name(struct reading *reading, const char *names, int64_t count) {
  const uint8_t *start = reading->at;
  while (reading->at < reading->end && ((*reading->at | 32) >= 'a' && (*reading->at | 32) <= 'z'))
    reading->at++;
  if (reading->at - start < 3) return -1;
  for (int64_t i = 0; i < count; i++)
    if (slice_is_equal_nocase(slice_of(start, 3), slice_of(names + 3 * i, 3))) return i;
  return -1;
}

static bool read_month_name(struct reading *reading) {
  reading->month = read_name(reading, "janfebmaraprmayjunjulaugsepoctnovdec", 12) + 1;
  return reading->month > 0;
}

/** "Mon, " says nothing that the date does not. */
static void skip_weekday(struct reading *reading) {
  const uint8_t *start = reading->at;
  if (read_name(reading, "sunmontuewedthufrisat", 7) < 0)
    reading->at = start;
  else
    skip_space(reading);
}

/** "July 4, 2017", "4 July 2017", "4-Jul-2017" */
static bool read_named_date(struct reading *reading) {
  bool day_first = *reading->at >= '0' && *reading->at <= '9';
  if (day_first && !number(reading, 1, 2, &reading->day)) return false;
  skip_marks(reading);
  if (!read_month_name(reading)) return false;
  skip_marks(reading);
  if (!day_first && !number(reading, 1, 2, &reading->day)) return false;
  skip_marks(reading);
  return number(reading, 4, 4, &reading->year);
}

/** "7/4/2017" is the fourth of July, "7.4.2017" and "7-4-2017" are the seventh of April. */
static bool read_short_date(struct reading *reading) {
  int64_t first = 0, second = 0;
  if (!number(reading, 1, 2, &first)) return false;
  bool is_american = next_is(reading, '/');
  reading->at++;
  if (!number(reading, 1, 2, &second)) return false;
  if (!take(reading, '/') && !take(reading, '.') && !take(reading, '-')) return false;
  reading->month = is_american ? first : second;
  reading->day = is_american ? second : first;
  return number(reading, 4, 4, &reading->year);
}

/** Its mark stands behind one digit or two. */
static bool is_short(const struct reading *reading) {
  const uint8_t *at = reading->at;
  while (at < reading->end && *at >= '0' && *at <= '9') at++;
  ptrdiff_t digits = at - reading->at;
  return (digits == 1 || digits == 2) && at < reading->end && memchr("/.-", *at, 3);
}

/** "2017-06-19", "20170619", "2017/6/19" */
static bool read_plain_date(struct reading *reading) {
  if (!number(reading, 4, 4, &reading->year)) return false;
  bool dashed = take(reading, '-') || take(reading, '/');
  if (!number(reading, dashed ? 1 : 2, 2, &reading->month)) return false;
  if (dashed && !take(reading, '-') && !take(reading, '/')) {
    reading->day = 1;
    return true;
  }
  return number(reading, dashed ? 1 : 2, 2, &reading->day);
}

static bool has_letter_soon(const struct reading *reading) {
  const uint8_t *at = reading->at;
  while (at < reading->end && ((*at >= '0' && *at <= '9') || memchr(" -.", *at, 3))) at++;
  bool is_letter = at < reading->end && ((*at | 32) >= 'a' && (*at | 32) <= 'z');
  return is_letter && at - reading->at < 4;
}

static bool read_time(struct reading *reading) {
  int64_t hour = 0, minute = 0, second = 0, fraction = 0;
  const uint8_t *start = reading->at;
  if (!take(reading, 'T') && !take(reading, 't')) skip_space(reading);
  if (reading->at == reading->end || *reading->at < '0' || *reading->at > '9') {
    reading->at = start;
    return true;
  }
  if (!number(reading, 1, 2, &hour)) return false;
  bool colon = take(reading, ':');
  if (!number(reading, 2, 2, &minute)) return false;
  bool has_seconds = colon
                         ? take(reading, ':')
                         : reading->at < reading->end && *reading->at >= '0' && *reading->at <= '9';
  if (has_seconds && !number(reading, 2, 2, &second)) return false;
  if (has_seconds && (take(reading, '.') || take(reading, ','))) {
    int64_t unit = 100;
    for (; reading->at < reading->end && *reading->at >= '0' && *reading->at <= '9'; unit /= 10)
      fraction += (*reading->at++ - '0') * unit;
  }
  if (hour > 24 || minute > 59 || second > 60) return false;
  reading->ms = ((hour * 60 + minute) * 60 + second) * 1000 + fraction;
  reading->has_time = true;
  return true;
}

/** The zones of navies: A to M, without J, are east of UTC, N to Y west. */
static bool read_letter(uint8_t c, int64_t *hours) {
  c &= (uint8_t)~32u;
  if (c < 'A' || c > 'Z' || c == 'J') return false;
  if (c == 'Z')
    *hours = 0;
  else
    *hours = c < 'J' ? c - 'A' + 1 : c < 'N' ? c - 'A' : 'M' - c;
  return true;
}

/** What is left is a zone: Z, an offset, a name. A text that names one must not be given another.
 */
static bool read_zone(struct reading *reading, struct zones *zones, struct slice given,
                      int64_t local, int64_t *ms) {
  skip_space(reading);
  struct slice zone = slice_of(reading->at, (size_t)(reading->end - reading->at));
  if (zone.bytes == 0) return moment_to_utc(zones, given, local, ms);
  int64_t hours = 0;
  if (given.data) return false;
  if (zone.bytes == 1 && read_letter(zone.data[0], &hours)) {
    *ms = local - hours * 3600000;
    return true;
  }
  if (!reading->has_time) return false;
  return moment_to_utc(zones, zone, local, ms);
}

bool moment_read(struct slice text, struct zones *zones, struct slice zone, int64_t *ms) {
  struct reading reading = {.at = text.data, .end = text.data + text.bytes};
  int64_t days = 0;
  skip_space(&reading);
  skip_weekday(&reading);
  if (reading.at == reading.end) return false;
  bool good = has_letter_soon(&reading) ? read_named_date(&reading)
              : is_short(&reading)      ? read_short_date(&reading)
                                        : read_plain_date(&reading);
  if (!good || !read_time(&reading)) return false;
  bool valid = reading.month >= 1 && reading.month <= 12 && reading.day >= 1 &&
               reading.day <= date_days_in_month((int32_t)reading.year, (unsigned)reading.month);
  if (!valid || !moment_days(reading.year, reading.month, reading.day, &days)) return false;
  return read_zone(&reading, zones, zone, days * 86400000 + reading.ms, ms);
}
