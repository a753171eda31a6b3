/* SPDX-License-Identifier: MIT */
/* Intervals in words, as PostgreSQL reads them: "1 year 2 months -3 days 04:05:06.5 ago". */
#include <math.h>
#include <stdlib.h>

#include "base/text/duration.h"
#include "base/text/num.h"
#include "base/text/scan_int.h"

enum { NUMBER_BYTES_MAX = 32, UNIT_BYTES_MAX = 12, DAYS_PER_MONTH = 30 };

#define US_PER_SECOND INT64_C(1000000)
#define US_PER_DAY    INT64_C(86400000000)

/* One unit is `months` or `days` or `us`. */
struct unit {
  const char *name;
  int32_t months, days;
  int64_t us;
};

static const struct unit units[] = {
    {"microsecond", 0, 0, 1},
    {"us", 0, 0, 1},
    {"millisecond", 0, 0, 1000},
    {"ms", 0, 0, 1000},
    {"second", 0, 0, US_PER_SECOND},
    {"sec", 0, 0, US_PER_SECOND},
    {"s", 0, 0, US_PER_SECOND},
    {"minute", 0, 0, 60 * US_PER_SECOND},
    {"min", 0, 0, 60 * US_PER_SECOND},
    {"m", 0, 0, 60 * US_PER_SECOND},
    {"hour", 0, 0, 3600 * US_PER_SECOND},
    {"hr", 0, 0, 3600 * US_PER_SECOND},
    {"h", 0, 0, 3600 * US_PER_SECOND},
    {"day", 0, 1, 0},
    {"d", 0, 1, 0},
    {"week", 0, 7, 0},
    {"w", 0, 7, 0},
    {"month", 1, 0, 0},
    {"mon", 1, 0, 0},
    {"quarter", 3, 0, 0},
    {"year", 12, 0, 0},
    {"yr", 12, 0, 0},
    {"y", 12, 0, 0},
    {"decade", 120, 0, 0},
    {"century", 1200, 0, 0},
    {"centurie", 1200, 0, 0}, /* their plural less its s */
    {"millennium", 12000, 0, 0},
};

static const struct unit *find_unit(struct slice name) {
  for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
    struct slice unit = slice_of_text(units[i].name);
    if (slice_is_equal_nocase(name, unit)) return &units[i];
    bool plural = name.bytes == unit.bytes + 1 && (name.data[unit.bytes] | 32) == 's';
    if (plural && slice_is_equal_nocase(slice_of(name.data, unit.bytes), unit)) return &units[i];
  }
  return NULL;
}

/* Sums in floating point of whole months, days and microseconds: exact far beyond what fits. */
struct sums {
  double months, days, us;
};

/* What does not fill a month goes to days, and what does not fill a day to the time. */
static void add_units(struct sums *sums, const struct unit *unit, double count) {
  double months = trunc(count * unit->months), days = trunc(count * unit->days);
  double month_days = (count * unit->months - months) * DAYS_PER_MONTH;
  double rest = month_days - trunc(month_days) + (count * unit->days - days);
  sums->months += months;
  sums->days += days + trunc(month_days);
  sums->us += nearbyint(count * (double)unit->us + rest * (double)US_PER_DAY);
}

static void skip_spaces(struct scan *scan) {
  while (scan_byte(scan, ' ') || scan_byte(scan, '\t')) continue;
}

static struct slice scan_word(struct scan *scan) {
  const uint8_t *from = scan->at;
  while (!scan_is_end(scan) && (*scan->at | 32) >= 'a' && (*scan->at | 32) <= 'z') scan->at++;
  return slice_of(from, (size_t)(scan->at - from));
}

static bool scan_real(struct scan *scan, double *v) {
  char text[NUMBER_BYTES_MAX];
  size_t bytes = 0;
  while ((scan_has_digit(scan) || (!scan_is_end(scan) && *scan->at == '.')) && bytes < sizeof text)
    text[bytes++] = (char)*scan->at++;
  struct slice digits = slice_of(text, bytes);
  if (bytes && text[0] == '.') { /* ".5" */
    if (bytes == 1 || bytes == sizeof text) return false;
    memmove(text + 1, text, bytes);
    text[0] = '0';
    digits.bytes++;
  }
  if (digits.bytes && text[digits.bytes - 1] == '.') digits.bytes--;
  return digits.bytes > 0 && num_parse_float64(digits, v);
}

/* The rest of hours:minutes[:seconds]; the hours were read. */
static bool scan_clock(struct scan *scan, double hours, double sign, struct sums *sums) {
  double minutes, seconds = 0;
  if (!scan_real(scan, &minutes) || minutes >= 60) return false;
  if (scan_byte(scan, ':') && (!scan_real(scan, &seconds) || seconds >= 60)) return false;
  sums->us += sign * nearbyint((hours * 3600 + minutes * 60 + seconds) * (double)US_PER_SECOND);
  return true;
}

static bool is_ago(struct slice word) {
  return slice_is_equal_nocase(word, slice_of_text("ago"));
}

/* A number and what it counts. Alone it is seconds, as PostgreSQL has it. */
static bool scan_part(struct scan *scan, struct sums *sums, bool *ago) {
  double count, months, sign = scan_byte(scan, '-') ? -1 : 1;
  if (sign > 0) scan_byte(scan, '+');
  skip_spaces(scan);
  if (!scan_real(scan, &count)) return false;
  if (scan_byte(scan, ':')) return scan_clock(scan, count, sign, sums);
  if (scan_has_digit(scan)) return false;
  if (scan_byte(scan, '-')) { /* years-months */
    if (!scan_real(scan, &months) || months >= 12) return false;
    sums->months += sign * (count * 12 + months);
    return true;
  }
  skip_spaces(scan);
  struct slice word = scan_word(scan);
  *ago = is_ago(word);
  const struct unit *unit =
      word.bytes == 0 || *ago ? find_unit(slice_of_text("s")) : find_unit(word);
  if (unit) add_units(sums, unit, sign * count);
  return unit != NULL;
}

static bool take(const struct sums *sums, struct duration_interval *interval) {
  bool fits =
      fabs(sums->months) <= INT32_MAX && fabs(sums->days) <= INT32_MAX && fabs(sums->us) < 0x1p63;
  if (fits)
    *interval =
        (struct duration_interval){(int32_t)sums->months, (int32_t)sums->days, (int64_t)sums->us};
  return fits;
}

bool duration_parse_words(struct slice text, struct duration_interval *interval) {
  struct scan scan = scan_of(text);
  struct sums sums = {0};
  bool ago = false;
  skip_spaces(&scan);
  if (scan_byte(&scan, '@')) skip_spaces(&scan);
  if (scan_is_end(&scan)) return false;
  while (!scan_is_end(&scan) && !ago) {
    if (!scan_part(&scan, &sums, &ago)) return false;
    skip_spaces(&scan);
    struct scan before = scan;
    if (!ago && !(ago = is_ago(scan_word(&scan)))) scan = before;
    skip_spaces(&scan);
  }
  if (ago) sums = (struct sums){-sums.months, -sums.days, -sums.us};
  return scan_is_end(&scan) && take(&sums, interval);
}
