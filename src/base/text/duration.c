/* SPDX-License-Identifier: MIT */
#include "base/text/duration.h"

#include "base/text/num.h"
#include "base/text/scan_int.h"

enum { US_PER_SECOND = 1000000, DAYS_PER_WEEK = 7, MONTHS_PER_YEAR = 12 };

#define US_PER_MINUTE INT64_C(60000000)
#define US_PER_HOUR   INT64_C(3600000000)
#define US_PER_DAY    INT64_C(86400000000)

/* A number as it is printed: its size apart from its sign, since the size of the smallest has no
 * signed form. */
struct amount {
  uint64_t size;
  bool negative;
};

static struct amount amount_of(int64_t v) {
  return (struct amount){.size = v < 0 ? 0 - (uint64_t)v : (uint64_t)v, .negative = v < 0};
}

static char *put_number(char *out, struct amount amount) {
  if (amount.negative) *out++ = '-';
  return out + num_format_uint64(amount.size, out);
}

static char *put_part(char *out, struct amount amount, char unit) {
  if (amount.size == 0) return out;
  out = put_number(out, amount);
  *out = unit;
  return out + 1;
}

/* Seconds and their fraction, without trailing zeroes; the sign stands even before "-0.5". */
static char *put_seconds(char *out, struct amount us) {
  if (us.size == 0) return out;
  out = put_number(out, (struct amount){us.size / US_PER_SECOND, us.negative});
  uint32_t fraction = (uint32_t)(us.size % US_PER_SECOND);
  if (fraction) *out++ = '.';
  for (uint32_t unit = US_PER_SECOND / 10; fraction; fraction %= unit, unit /= 10)
    *out++ = (char)('0' + fraction / unit);
  *out = 'S';
  return out + 1;
}

static char *put_time(char *out, struct amount us) {
  if (us.size == 0) return out;
  *out++ = 'T';
  out = put_part(out, (struct amount){us.size / US_PER_HOUR, us.negative}, 'H');
  out = put_part(out, (struct amount){us.size % US_PER_HOUR / US_PER_MINUTE, us.negative}, 'M');
  return put_seconds(out, (struct amount){us.size % US_PER_MINUTE, us.negative});
}

/* `body` is where the parts begin: no part at all is no time. */
static size_t finish(char *out, const char *body, char *at) {
  if (at != body) return (size_t)(at - out);
  memcpy(at, "T0S", 3);
  return (size_t)(at + 3 - out);
}

size_t duration_format_interval(struct duration_interval interval, char *out) {
  char *body = out + 1;
  *out = 'P';
  char *at = put_part(body, amount_of(interval.months / MONTHS_PER_YEAR), 'Y');
  at = put_part(at, amount_of(interval.months % MONTHS_PER_YEAR), 'M');
  at = put_part(at, amount_of(interval.days), 'D');
  return finish(out, body, put_time(at, amount_of(interval.us)));
}

size_t duration_format(int64_t us, char *out) {
  char *at = out;
  if (us < 0) *at++ = '-';
  *at++ = 'P';
  return finish(out, at, put_time(at, (struct amount){.size = amount_of(us).size}));
}

/* What has been read, wider than what it ends in: "P8W-50D" is small though its parts need not be.
 */
struct parts {
  int64_t months, days, us;
};

static bool add(int64_t *sum, int64_t v, int64_t unit) {
  int64_t product;
  return !__builtin_mul_overflow(v, unit, &product) && !__builtin_add_overflow(*sum, product, sum);
}

/* A sign and digits, and a fraction where seconds may follow. Built with its sign, so that the
 * smallest number fits. */
struct number {
  int64_t whole;
  int32_t millionths;
  bool has_fraction;
};

static bool scan_number(struct scan *scan, bool negative, struct number *number) {
  if (scan_byte(scan, '-'))
    negative = !negative;
  else
    scan_byte(scan, '+');
  if (!scan_has_digit(scan)) return false;
  *number = (struct number){0};
  while (scan_has_digit(scan)) {
    int digit = *scan->at++ - '0';
    if (__builtin_mul_overflow(number->whole, 10, &number->whole)) return false;
    if (__builtin_add_overflow(number->whole, negative ? -digit : digit, &number->whole))
      return false;
  }
  number->has_fraction = scan_byte(scan, '.') || scan_byte(scan, ',');
  if (number->has_fraction && !scan_fraction(scan, &number->millionths)) return false;
  if (negative) number->millionths = -number->millionths;
  return true;
}

/* The letters in their order, each at most once. */
static const char date_units[] = "YMWD", time_units[] = "HMS";

static bool add_date_part(struct parts *parts, int64_t v, char unit) {
  switch (unit) {
  case 'Y': return add(&parts->months, v, MONTHS_PER_YEAR);
  case 'M': return add(&parts->months, v, 1);
  case 'W': return add(&parts->days, v, DAYS_PER_WEEK);
  default: return add(&parts->days, v, 1);
  }
}

static bool add_time_part(struct parts *parts, struct number number, char unit) {
  int64_t unit_us = unit == 'H' ? US_PER_HOUR : unit == 'M' ? US_PER_MINUTE : US_PER_SECOND;
  return add(&parts->us, number.whole, unit_us) && add(&parts->us, number.millionths, 1);
}

static bool scan_parts(struct scan *scan, bool negative, const char *units, struct parts *parts) {
  const char *least = units;
  do {
    struct number number;
    if (!scan_number(scan, negative, &number) || scan_is_end(scan)) return false;
    char unit = (char)*scan->at++;
    const char *found = unit ? strchr(least, unit) : NULL;
    if (!found || (number.has_fraction && unit != 'S')) return false;
    least = found + 1;
    bool added = units == date_units ? add_date_part(parts, number.whole, unit)
                                     : add_time_part(parts, number, unit);
    if (!added) return false;
  } while (!scan_is_end(scan) && *scan->at != 'T');
  return true;
}

static bool parse_parts(struct slice text, struct parts *parts) {
  struct scan scan = scan_of(text);
  bool negative = scan_byte(&scan, '-');
  *parts = (struct parts){0};
  if (!scan_byte(&scan, 'P') || scan_is_end(&scan)) return false;
  if (*scan.at != 'T' && !scan_parts(&scan, negative, date_units, parts)) return false;
  if (scan_byte(&scan, 'T') && !scan_parts(&scan, negative, time_units, parts)) return false;
  return scan_is_end(&scan);
}

bool duration_parse(struct slice text, int64_t *us) {
  struct parts parts;
  if (!parse_parts(text, &parts) || parts.months != 0 || !add(&parts.us, parts.days, US_PER_DAY))
    return false;
  *us = parts.us;
  return true;
}

bool duration_parse_interval(struct slice text, struct duration_interval *interval) {
  struct parts parts;
  if (!parse_parts(text, &parts)) return false;
  struct duration_interval result = {.us = parts.us};
  if (__builtin_add_overflow(parts.months, 0, &result.months)) return false;
  if (__builtin_add_overflow(parts.days, 0, &result.days)) return false;
  *interval = result;
  return true;
}
