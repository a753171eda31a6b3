/* SPDX-License-Identifier: MIT */
/* Durations (exact microseconds) and intervals (months, days, microseconds) as ISO 8601 text:
 * "PT36H",
 * "-PT0.5S", "P1Y2M-3DT4H5M6.5S".
 * Reading takes a sign before the whole ("-P1D") and, as PostgreSQL does, before each number
 * ("P1M-2D"); weeks; a fraction of seconds alone. Years and months have no exact length and are
 * refused in durations, where a day is 24 hours. Pure; any thread. */
#ifndef BASE_TEXT_DURATION_H
#define BASE_TEXT_DURATION_H

#include "base/text/slice.h"

enum { DURATION_TEXT_BYTES_MAX = 80 };

/** A span of the calendar. Its parts are not converted into one another: a month has no length in
 * days. */
struct duration_interval {
  int32_t months, days;
  int64_t us;
};

/** Prints at most DURATION_TEXT_BYTES_MAX bytes at `out`, not terminated; answers them. */
size_t duration_format(int64_t us, char *out);
size_t duration_format_interval(struct duration_interval interval, char *out);

/** The whole of `text` must be a duration; false if not, or if a part is out of range. */
bool duration_parse(struct slice text, int64_t *us);
bool duration_parse_interval(struct slice text, struct duration_interval *interval);
/** Words instead, as PostgreSQL reads them: "1 year 2 months -3 days 04:05:06.5", "1-2", "90 min
 * ago". Fractions of months go to days of 30, those of days to the time. */
bool duration_parse_words(struct slice text, struct duration_interval *interval);

#endif
