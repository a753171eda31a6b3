/* SPDX-License-Identifier: MIT */
/* Dates and timestamps: the proleptic Gregorian calendar, days since 1970-01-01, microseconds since
 * 1970-01-01T00:00:00Z, and their text (RFC 3339; years outside 0000-9999 as ISO 8601's expanded
 * form with a sign and six digits, "+012026-01-01"). The arithmetic is Hinnant's
 * (https://howardhinnant.github.io/date_algorithms.html). No time zones but offsets, no leap
 * seconds: 23:59:60 reads as the second that follows. Pure; any thread. */
#ifndef BASE_TEXT_DATE_H
#define BASE_TEXT_DATE_H

#include "base/text/slice.h"

enum { DATE_TEXT_BYTES_MAX = 40, DATE_YEAR_MIN = -999999, DATE_YEAR_MAX = 999999 };

/** The days of DATE_YEAR_MIN-01-01 and DATE_YEAR_MAX-12-31. Every 64-bit timestamp lies between
 * them. */
#define DATE_DAYS_MIN   INT64_C(-365961662)
#define DATE_DAYS_MAX   INT64_C(364522971)
#define DATE_US_PER_DAY INT64_C(86400000000)

/** A day of the calendar. */
struct date_civil {
  int32_t year;
  uint8_t month, day; /* from 1 */
};

/** Days since 1970-01-01; false when the calendar has no such day, or the year is out of range. */
bool date_from_civil(struct date_civil civil, int64_t *days);
/** `days` must lie between DATE_DAYS_MIN and DATE_DAYS_MAX. */
struct date_civil date_to_civil(int64_t days);
/** 28 to 31; `month` from 1 to 12. */
unsigned date_days_in_month(int32_t year, unsigned month);
/** The same day `months` later (or earlier), or the last of that month when it has no such day;
 * false when out of range. */
bool date_add_months(int64_t days, int64_t months, int64_t *result);

/** Prints at most DATE_TEXT_BYTES_MAX bytes at `out`, not terminated; answers them, 0 when out of
 * range. "2026-02-28" */
size_t date_format(int64_t days, char *out);
/** "2026-02-28T23:59:59Z", with ".123" or ".123456" when there is a fraction. */
size_t date_format_timestamp(int64_t us, char *out);

/** The whole of `text` must be a date; false if not. */
bool date_parse(struct slice text, int64_t *days);
/** Date, `T`, `t` or a space, hours:minutes[:seconds[.fraction]], then `Z`, an offset (+01:30,
 * +0130, +01) or nothing, which is UTC too. Digits beyond microseconds are cut off. False if not,
 * or beyond 64 bits. */
bool date_parse_timestamp(struct slice text, int64_t *us);

#endif
