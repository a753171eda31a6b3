/* SPDX-License-Identifier: MIT */
/* PostgreSQL's templates of moments: YYYY-MM-DD HH24:MI:SS and the like. FM before a pattern takes
 * its filling away, TH behind it makes an ordinal, "quoted" text stands for itself. Pure; any
 * thread. */
#ifndef QUERY_FUNC_FORMAT_TIME_H
#define QUERY_FUNC_FORMAT_TIME_H

#include "base/text/buf.h"
#include "query/func/time/calendar.h"

enum time_kind {
  TIME_YEAR,
  TIME_ISO_YEAR,
  TIME_MONTH,
  TIME_DAY,
  TIME_DAY_OF_YEAR,
  TIME_ISO_DAY,
  TIME_WEEKDAY,
  TIME_ISO_WEEKDAY,
  TIME_HOUR,
  TIME_HOUR_12,
  TIME_MINUTE,
  TIME_SECOND,
  TIME_SECOND_OF_DAY,
  TIME_MILLISECOND,
  TIME_MICROSECOND,
  TIME_FRACTION,
  TIME_QUARTER,
  TIME_WEEK,
  TIME_WEEK_OF_MONTH,
  TIME_ISO_WEEK,
  TIME_CENTURY,
  TIME_JULIAN,
  TIME_ZONE_MINUTE,
  TIME_MONTH_NAME, /* from here on words */
  TIME_DAY_NAME,
  TIME_HALF,
  TIME_ZONE_NAME,
  TIME_ZONE_OFFSET,
  TIME_ZONE_HOUR
};

struct time_pattern {
  const char *text;
  enum time_kind kind;
  uint32_t digits; /* the width of a number, or of a name */
};

/** A pattern of a template, or (`pattern` NULL) text between patterns. */
struct time_part {
  const struct time_pattern *pattern;
  struct slice text;
  bool fills_none, ordinal, small; /* FM before it; TH behind it; in small letters */
};

/** Takes the first part off a template; false at its end. */
bool time_pattern_next(struct slice *template, struct time_part *part);
/** Appends the moment (µs since 1970). */
void format_time_write(struct buf *out, struct slice template, int64_t us);
/** Reads a text; false when it does not fit the template or is no moment. */
bool format_time_read(struct slice text, struct slice template, int64_t *us);

/** What a template has read. */
struct time_read {
  int64_t us;     /* as written, whatever the zone */
  int32_t zone_s; /* east of UTC */
  bool has_date, has_time, has_zone;
  bool is_whole; /* nothing but blanks is left of the text */
};

/** The same, and which parts of a moment the template names. */
bool format_time_read_parts(struct slice text, struct slice template, struct time_read *read);

#endif
