/* SPDX-License-Identifier: MIT */
/* The calendar (proleptic Gregorian, UTC): timestamps to fields and back, their text form (RFC
 * 3339, and the looser forms people write: a date alone, a space for the T, no seconds, no zone).
 * Pure; any thread. */
#ifndef QUERY_FUNC_CALENDAR_H
#define QUERY_FUNC_CALENDAR_H

#include "value/val/val.h"

#define CALENDAR_US_PER_SECOND INT64_C(1000000)
#define CALENDAR_US_PER_DAY    (INT64_C(86400) * CALENDAR_US_PER_SECOND)

enum { CALENDAR_TEXT_BYTES_MAX = 40 };

struct calendar {
  int64_t year;
  int32_t month, day; /* from 1 */
  int32_t hour, minute, second, us;
};

/** Days since 1970-01-01 of a date, which must be valid. */
int64_t calendar_days(int64_t year, int32_t month, int32_t day);
struct calendar calendar_from_us(int64_t us);
int64_t calendar_to_us(const struct calendar *calendar);
/** 1 = Monday … 7 = Sunday. */
int32_t calendar_weekday(int64_t days);
int32_t calendar_days_in_month(int64_t year, int32_t month);
/** Months later, the day cut to the month's last. */
int64_t calendar_add_months(int64_t us, int64_t months);

/** Reads a timestamp (or a date: then midnight UTC); `*is_date` tells which it was. False if it is
 * neither. */
bool calendar_parse(struct slice text, int64_t *us, bool *is_date);
/** RFC 3339 with as many fractional digits as needed; a date as 2024-01-31. Not terminated; answers
 * the bytes. */
size_t calendar_format(int64_t us, char out[CALENDAR_TEXT_BYTES_MAX]);
size_t calendar_format_date(int64_t days, char out[CALENDAR_TEXT_BYTES_MAX]);

#endif
