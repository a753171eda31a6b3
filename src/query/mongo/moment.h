/* SPDX-License-Identifier: MIT */
/* Moments in time zones, as MongoDB's date operators see them: milliseconds since 1970 UTC, their
 * parts, and their text. Zones are offsets ("+05:30", "+0530", "+05") or names of the IANA
 * database. Pure but for the cache of zones; one thread. */
#ifndef QUERY_MONGO_MOMENT_H
#define QUERY_MONGO_MOMENT_H

#include "base/text/buf.h"
#include "query/locale/zones.h"

/** A moment's parts in a zone. */
struct moment {
  int64_t days; /* since 1970-01-01, of the local date */
  int32_t year, month, day;
  int32_t hour, minute, second, ms;
  int32_t offset_minutes;
};

enum moment_unit {
  MOMENT_YEAR,
  MOMENT_QUARTER,
  MOMENT_MONTH,
  MOMENT_WEEK,
  MOMENT_DAY,
  MOMENT_HOUR,
  MOMENT_MINUTE,
  MOMENT_SECOND,
  MOMENT_MS
};

/** The zone's offset at a moment, in milliseconds; an empty name is UTC. False if there is no such
 * zone. */
bool moment_offset(struct zones *zones, struct slice zone, int64_t ms, int64_t *offset_ms);
/** False beyond what the calendar holds. */
bool moment_split(int64_t ms, int64_t offset_ms, struct moment *moment);
/** Local wall clock in the zone to UTC; false if there is no such zone, or no such moment. */
bool moment_to_utc(struct zones *zones, struct slice zone, int64_t local_ms, int64_t *ms);
/** Days since 1970 of a date whose month and day may lie beyond their ranges. */
bool moment_days(int64_t year, int64_t month, int64_t day, int64_t *days);

/** 1 = Monday … 7 = Sunday. */
int32_t moment_iso_weekday(int64_t days);
int32_t moment_day_of_year(const struct moment *moment);
/** Weeks from the first Sunday: 0 to 53. */
int32_t moment_week(const struct moment *moment);
/** ISO 8601's week, 1 to 53, and the year it belongs to. */
int32_t moment_iso_week(const struct moment *moment, int32_t *year);
/** Days since 1970 of the Monday that begins ISO week 1 of a year. */
bool moment_iso_year_start(int64_t year, int64_t *days);

/** "year", "ms's name millisecond", …; false if it is none. */
bool moment_unit_parse(struct slice name, enum moment_unit *unit);
/** Milliseconds of units up to a week; 0 for months and more. */
int64_t moment_unit_ms(enum moment_unit unit);
/** "mon", "Monday" to 1 … 7. */
bool moment_weekday_parse(struct slice name, int32_t *weekday);
/** The moment `amount` units later, by the zone's calendar; false when out of range. */
bool moment_add(struct zones *zones, struct slice zone, int64_t ms, enum moment_unit unit,
                int64_t amount, int64_t *out);

/** Appends "2017-06-19T15:13:25.713Z". */
void moment_append(struct buf *out, int64_t ms);
/** Reads ISO 8601 and the forms that MongoDB's dateFromString takes, in `zone` unless the text
 * names one; false if it does not read. */
bool moment_read(struct slice text, struct zones *zones, struct slice zone, int64_t *ms);

#endif
