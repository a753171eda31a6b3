/* SPDX-License-Identifier: MIT */
/* Moments as the functions of the query languages see them: their fields, and text that is a
 * timestamp or a date. The calendar itself is base/text/date. Pure; any thread. */
#ifndef QUERY_FUNC_CALENDAR_H
#define QUERY_FUNC_CALENDAR_H

#include "base/text/date.h"
#include "value/val/val.h"

#define CALENDAR_US_PER_SECOND INT64_C(1000000)
#define CALENDAR_US_PER_DAY    DATE_US_PER_DAY

struct calendar {
  int32_t year, month, day; /* month and day from 1 */
  int32_t hour, minute, second, us;
};

/** Days since 1970-01-01, rounded down. */
int64_t calendar_day_of(int64_t us);
/** Days since 1970-01-01 of a date, which must be valid. */
int64_t calendar_days(int32_t year, int32_t month, int32_t day);
struct calendar calendar_from_us(int64_t us);
int64_t calendar_to_us(const struct calendar *calendar);
/** 1 = Monday … 7 = Sunday. */
int32_t calendar_weekday(int64_t days);
/** Months later, the day cut to the month's last; false when out of range. */
bool calendar_add_months(int64_t us, int64_t months, int64_t *out);
/** Reads a timestamp (or a date: then midnight UTC); `*is_date` tells which it was. False if it is
 * neither. */
bool calendar_parse(struct slice text, int64_t *us, bool *is_date);

#endif
