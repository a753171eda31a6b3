/* SPDX-License-Identifier: MIT */
/* to_char, to_date and to_timestamp with PostgreSQL's templates of moments. */
#include "query/func/time/format_time.h"
#include "query/func/func_int.h"

static const char *const months[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};
static const char *const weekdays[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                       "Friday", "Saturday", "Sunday"};

/* Longer patterns first: the first that fits is taken. `digits`: the width of a number. */
static const struct time_pattern patterns[] = {
    {"YYYY", TIME_YEAR, 4},
    {"IYYY", TIME_ISO_YEAR, 4},
    {"YYY", TIME_YEAR, 3},
    {"YY", TIME_YEAR, 2},
    {"Y", TIME_YEAR, 1},
    {"IDDD", TIME_ISO_DAY, 3},
    {"IW", TIME_ISO_WEEK, 2},
    {"IY", TIME_ISO_YEAR, 2},
    {"ID", TIME_ISO_WEEKDAY, 1},
    {"MONTH", TIME_MONTH_NAME, 9},
    {"MON", TIME_MONTH_NAME, 3},
    {"MM", TIME_MONTH, 2},
    {"MI", TIME_MINUTE, 2},
    {"MS", TIME_MILLISECOND, 3},
    {"DAY", TIME_DAY_NAME, 9},
    {"DDD", TIME_DAY_OF_YEAR, 3},
    {"DD", TIME_DAY, 2},
    {"DY", TIME_DAY_NAME, 3},
    {"D", TIME_WEEKDAY, 1},
    {"HH24", TIME_HOUR, 2},
    {"HH12", TIME_HOUR_12, 2},
    {"HH", TIME_HOUR_12, 2},
    {"SSSSS", TIME_SECOND_OF_DAY, 1},
    {"SSSS", TIME_SECOND_OF_DAY, 1},
    {"SS", TIME_SECOND, 2},
    {"US", TIME_MICROSECOND, 6},
    {"FF1", TIME_FRACTION, 1},
    {"FF2", TIME_FRACTION, 2},
    {"FF3", TIME_FRACTION, 3},
    {"FF4", TIME_FRACTION, 4},
    {"FF5", TIME_FRACTION, 5},
    {"FF6", TIME_FRACTION, 6},
    {"AM", TIME_HALF, 2},
    {"PM", TIME_HALF, 2},
    {"A.M.", TIME_HALF, 4},
    {"P.M.", TIME_HALF, 4},
    {"Q", TIME_QUARTER, 1},
    {"WW", TIME_WEEK, 2},
    {"W", TIME_WEEK_OF_MONTH, 1},
    {"CC", TIME_CENTURY, 2},
    {"J", TIME_JULIAN, 1},
    {"TZH", TIME_ZONE_HOUR, 3},
    {"TZM", TIME_ZONE_MINUTE, 2},
    {"TZ", TIME_ZONE_NAME, 3},
    {"OF", TIME_ZONE_OFFSET, 3},
};

static struct slice skip(struct slice text, size_t bytes) {
  return slice_of(text.data + bytes, text.bytes - bytes);
}

bool time_pattern_next(struct slice *template, struct time_part *part) {
  *part = (struct time_part){0};
  if (template->bytes == 0) return false;
  if (slice_begins_nocase(*template, "FM")) {
    part->fills_none = true;
    *template = skip(*template, 2);
  }
  for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
    if (!slice_begins_nocase(*template, patterns[i].text)) continue;
    part->pattern = &patterns[i];
    part->text = slice_of(template->data, strlen(patterns[i].text));
    *template = skip(*template, part->text.bytes);
    part->ordinal = slice_begins_nocase(*template, "TH");
    part->small = part->ordinal && template->data[0] == 't';
    if (part->ordinal) *template = skip(*template, 2);
    return true;
  }
  if (template->bytes == 0) return true;
  const uint8_t *end = template->data[0] == '"' && template->bytes > 1
                           ? memchr(template->data + 1, '"', template->bytes - 1)
                           : NULL;
  size_t bytes = end ? (size_t)(end - template->data) + 1 : 1;
  part->text = end ? slice_of(template->data + 1, bytes - 2) : slice_of(template->data, 1);
  *template = skip(*template, bytes);
  return true;
}

/* ---- writing ---- */

static int64_t iso_year_of(int64_t days, int64_t *week, int64_t *day) {
  int64_t thursday = days - calendar_weekday(days) + 4;
  struct calendar c = calendar_from_us(thursday * CALENDAR_US_PER_DAY);
  *week = (thursday - calendar_days(c.year, 1, 1)) / 7 + 1;
  *day = (*week - 1) * 7 + calendar_weekday(days);
  return c.year;
}

static int64_t fraction_of(const struct calendar *c, uint32_t digits) {
  int64_t v = c->us;
  for (uint32_t i = digits; i < 6; i++) v /= 10;
  return v;
}

static int64_t number_of(const struct time_part *part, const struct calendar *c) {
  static const int64_t tens[] = {1, 10, 100, 1000, 10000};
  enum { JULIAN_1970 = 2440588 };
  int64_t days = calendar_days(c->year, c->month, c->day), week = 0, iso_day = 0;
  int64_t iso_year = iso_year_of(days, &week, &iso_day);
  int64_t day_of_year = days - calendar_days(c->year, 1, 1) + 1;
  switch (part->pattern->kind) {
  case TIME_YEAR: return c->year % tens[part->pattern->digits];
  case TIME_ISO_YEAR: return iso_year % tens[part->pattern->digits];
  case TIME_MONTH: return c->month;
  case TIME_DAY: return c->day;
  case TIME_DAY_OF_YEAR: return day_of_year;
  case TIME_ISO_DAY: return iso_day;
  case TIME_WEEKDAY: return calendar_weekday(days) % 7 + 1;
  case TIME_ISO_WEEKDAY: return calendar_weekday(days);
  case TIME_HOUR: return c->hour;
  case TIME_HOUR_12: return c->hour % 12 ? c->hour % 12 : 12;
  case TIME_MINUTE: return c->minute;
  case TIME_SECOND: return c->second;
  case TIME_SECOND_OF_DAY: return c->hour * 3600 + c->minute * 60 + c->second;
  case TIME_MILLISECOND: return c->us / 1000;
  case TIME_MICROSECOND: return c->us;
  case TIME_FRACTION: return fraction_of(c, part->pattern->digits);
  case TIME_QUARTER: return (c->month - 1) / 3 + 1;
  case TIME_WEEK: return (day_of_year - 1) / 7 + 1;
  case TIME_WEEK_OF_MONTH: return (c->day - 1) / 7 + 1;
  case TIME_ISO_WEEK: return week;
  case TIME_CENTURY: return (c->year + 99) / 100;
  case TIME_JULIAN: return days + JULIAN_1970;
  case TIME_MONTH_NAME:
  case TIME_DAY_NAME:
  case TIME_HALF:
  case TIME_ZONE_NAME:
  case TIME_ZONE_OFFSET:
  case TIME_ZONE_HOUR:
  case TIME_ZONE_MINUTE: break; /* UTC */
  }
  return 0;
}

static bool is_capital(uint8_t c) {
  return c >= 'A' && c <= 'Z';
}

/** In the case the pattern is written in: MONTH, Month, month. */
static void append_cased(struct buf *out, const struct time_part *part, struct slice word) {
  bool first = is_capital(part->text.data[0]), rest = is_capital(part->text.data[1]);
  for (size_t i = 0; i < word.bytes; i++) {
    uint8_t c = word.data[i];
    bool capital = i ? first && rest : first;
    bool is_letter = (c | 32) >= 'a' && (c | 32) <= 'z';
    buf_append_byte(out, !is_letter ? c : capital ? c & 0xdf : c | 32);
  }
}

static void append_name(struct buf *out, const struct time_part *part, const struct calendar *c) {
  bool is_month = part->pattern->kind == TIME_MONTH_NAME;
  int32_t weekday = calendar_weekday(calendar_days(c->year, c->month, c->day));
  struct slice name = slice_of_text(is_month ? months[c->month - 1] : weekdays[weekday - 1]);
  uint32_t width = part->pattern->digits;
  if (width == 3) name.bytes = 3;
  append_cased(out, part, name);
  for (size_t i = name.bytes; !part->fills_none && i < width; i++) buf_append_byte(out, ' ');
}

static void append_word(struct buf *out, const struct time_part *part, const struct calendar *c) {
  if (part->pattern->kind == TIME_ZONE_NAME)
    append_cased(out, part, slice_of_text("UTC"));
  else if (part->pattern->kind == TIME_ZONE_OFFSET || part->pattern->kind == TIME_ZONE_HOUR)
    buf_append_text(out, "+00");
  else if (part->pattern->kind == TIME_HALF && part->pattern->digits == 4)
    append_cased(out, part, slice_of_text(c->hour < 12 ? "A.M." : "P.M."));
  else if (part->pattern->kind == TIME_HALF)
    append_cased(out, part, slice_of_text(c->hour < 12 ? "AM" : "PM"));
  else
    append_name(out, part, c);
}

static bool is_word(enum time_kind kind) {
  return kind >= TIME_MONTH_NAME;
}

static const char *ordinal_of(int64_t v) {
  static const char *const ends[] = {"TH", "ST", "ND", "RD"};
  bool is_teen = v / 10 % 10 == 1;
  return ends[!is_teen && v % 10 <= 3 ? v % 10 : 0];
}

void format_time_write(struct buf *out, struct slice template, int64_t us) {
  struct calendar c = calendar_from_us(us);
  struct time_part part;
  while (time_pattern_next(&template, &part)) {
    if (!part.pattern) {
      buf_append_slice(out, part.text);
      continue;
    }
    if (is_word(part.pattern->kind)) {
      append_word(out, &part, &c);
      continue;
    }
    int64_t v = number_of(&part, &c);
    int width = part.fills_none ? 1 : (int)part.pattern->digits;
    buf_append_format(out, "%0*lld", width, (long long)v);
    const char *end = part.ordinal ? ordinal_of(v) : "";
    for (; *end; end++) buf_append_byte(out, (uint8_t)(part.small ? *end | 32 : *end));
  }
}

/* ---- reading ---- */

struct reading {
  struct slice text;
  struct calendar c;
  int32_t day_of_year, half; /* half: 1 before noon, 2 after; 0 not told */
  int32_t zone_s, zone_sign; /* of TZH and TZM */
  int64_t julian, seconds;
  bool has_date, has_time, has_zone;
};

static bool read_digits(struct slice *text, uint32_t most, int64_t *v) {
  uint32_t count = 0;
  *v = 0;
  while (text->bytes && text->data[0] == ' ') *text = skip(*text, 1);
  bool minus = text->bytes && text->data[0] == '-';
  if (minus) *text = skip(*text, 1);
  for (; count < most && text->bytes && text->data[0] >= '0' && text->data[0] <= '9'; count++) {
    *v = *v * 10 + (text->data[0] - '0');
    *text = skip(*text, 1);
  }
  if (minus) *v = -*v;
  return count > 0;
}

/** A name, whole or its first three letters; its number from 1. */
static bool read_name(struct slice *text, const char *const *names, int count, int32_t *nth) {
  for (int i = 0; i < count; i++) {
    struct slice name = slice_of_text(names[i]), brief = slice_of_text(names[i]);
    brief.bytes = 3;
    bool is_whole =
        text->bytes >= name.bytes && slice_is_equal_nocase(slice_of(text->data, name.bytes), name);
    bool is_brief = text->bytes >= 3 && slice_is_equal_nocase(slice_of(text->data, 3), brief);
    if (!is_brief) continue;
    *nth = i + 1;
    *text = skip(*text, is_whole ? name.bytes : 3);
    return true;
  }
  return false;
}

static bool read_half(struct reading *in) {
  static const char *const words[] = {"A.M.", "AM", "P.M.", "PM"};
  for (int i = 0; i < 4; i++) {
    if (!slice_begins_nocase(in->text, words[i])) continue;
    in->half = i < 2 ? 1 : 2;
    in->text = skip(in->text, strlen(words[i]));
    return true;
  }
  return false;
}

/** A fraction of a second: its digits count from the point. */
static bool read_fraction(struct reading *in, uint32_t digits) {
  size_t before = in->text.bytes;
  int64_t v = 0;
  if (!read_digits(&in->text, digits, &v)) return false;
  for (size_t i = before - in->text.bytes; i < 6; i++) v *= 10;
  in->c.us = (int32_t)v;
  return true;
}

static void set_number(struct reading *in, const struct time_part *part, int64_t v) {
  bool brief = part->pattern->digits < 4;
  switch ((int)part->pattern->kind) {
  case TIME_YEAR:
  case TIME_ISO_YEAR:
    in->c.year = (int32_t)(brief && v < 70 ? v + 2000 : brief && v < 100 ? v + 1900 : v);
    break;
  case TIME_MONTH: in->c.month = (int32_t)v; break;
  case TIME_DAY: in->c.day = (int32_t)v; break;
  case TIME_DAY_OF_YEAR: in->day_of_year = (int32_t)v; break;
  case TIME_HOUR:
  case TIME_HOUR_12: in->c.hour = (int32_t)v; break;
  case TIME_MINUTE: in->c.minute = (int32_t)v; break;
  case TIME_SECOND: in->c.second = (int32_t)v; break;
  case TIME_SECOND_OF_DAY: in->seconds = v; break;
  case TIME_JULIAN: in->julian = v; break;
  default: break;
  }
}

static bool read_zone(struct reading *in, bool is_minutes) {
  int64_t v = 0;
  while (!is_minutes && in->text.bytes && in->text.data[0] == ' ') in->text = skip(in->text, 1);
  bool is_minus = in->text.bytes && in->text.data[0] == '-';
  bool is_signed = is_minus || (in->text.bytes && in->text.data[0] == '+');
  if (!is_minutes && is_signed) in->text = skip(in->text, 1);
  if (!is_minutes) in->zone_sign = is_minus ? -1 : 1;
  if (!read_digits(&in->text, 2, &v) || v < 0 || v > (is_minutes ? 59 : 15)) return false;
  int32_t sign = in->zone_sign ? in->zone_sign : 1;
  in->zone_s += sign * (int32_t)v * (is_minutes ? 60 : 3600);
  return true;
}

/* Which parts of a moment a template names. */
static void note_kind(struct reading *in, enum time_kind kind) {
  switch ((int)kind) {
  case TIME_HOUR:
  case TIME_HOUR_12:
  case TIME_MINUTE:
  case TIME_SECOND:
  case TIME_SECOND_OF_DAY:
  case TIME_MILLISECOND:
  case TIME_MICROSECOND:
  case TIME_FRACTION:
  case TIME_HALF: in->has_time = true; break;
  case TIME_ZONE_HOUR:
  case TIME_ZONE_MINUTE: in->has_zone = true; break;
  case TIME_ZONE_NAME:
  case TIME_ZONE_OFFSET: break;
  default: in->has_date = true; break;
  }
}

static bool read_part(struct reading *in, const struct time_part *part) {
  enum time_kind kind = part->pattern->kind;
  note_kind(in, kind);
  if (kind == TIME_ZONE_HOUR || kind == TIME_ZONE_MINUTE)
    return read_zone(in, kind == TIME_ZONE_MINUTE);
  int32_t unused = 0;
  int64_t v = 0;
  if (kind == TIME_MONTH_NAME) return read_name(&in->text, months, 12, &in->c.month);
  if (kind == TIME_DAY_NAME) return read_name(&in->text, weekdays, 7, &unused);
  if (kind == TIME_HALF) return read_half(in);
  if (kind == TIME_ZONE_NAME || kind == TIME_ZONE_OFFSET) return true;
  bool is_fraction = kind == TIME_MILLISECOND || kind == TIME_MICROSECOND || kind == TIME_FRACTION;
  if (is_fraction) return read_fraction(in, part->pattern->digits);
  uint32_t digits = part->pattern->digits;
  if (kind == TIME_JULIAN || kind == TIME_SECOND_OF_DAY) digits = 10;
  if (!read_digits(&in->text, digits, &v)) return false;
  set_number(in, part, v);
  if (part->ordinal && in->text.bytes >= 2) in->text = skip(in->text, 2);
  return true;
}

/** A mark of the template stands for any mark of the text; blanks may be missing. */
static void skip_mark(struct reading *in, struct slice mark) {
  for (size_t i = 0; i < mark.bytes && in->text.bytes; i++) {
    uint8_t c = in->text.data[0];
    bool is_digit = c >= '0' && c <= '9', is_blank = mark.data[i] <= ' ';
    if (is_digit || (is_blank && c > ' ')) return;
    in->text = skip(in->text, 1);
  }
}

static bool finish(const struct reading *in, int64_t *us) {
  struct calendar c = in->c;
  enum { JULIAN_1970 = 2440588 };
  if (in->half) c.hour = c.hour % 12 + (in->half == 2 ? 12 : 0);
  bool good = c.month >= 1 && c.month <= 12 && c.day >= 1 && c.hour >= 0 && c.hour < 24 &&
              c.minute >= 0 && c.minute < 60 && c.second >= 0 && c.second < 60;
  if (!good || c.day > (int32_t)date_days_in_month(c.year, (unsigned)c.month)) return false;
  if (c.year < 1 || c.year > 9999) return false;
  *us = calendar_to_us(&c) + in->seconds * CALENDAR_US_PER_SECOND;
  if (in->day_of_year) {
    if (in->day_of_year < 1 || in->day_of_year > 366) return false;
    *us += (calendar_days(c.year, 1, 1) + in->day_of_year - 1 -
            calendar_days(c.year, c.month, c.day)) *
           CALENDAR_US_PER_DAY;
  }
  if (in->julian) *us = (in->julian - JULIAN_1970) * CALENDAR_US_PER_DAY;
  return true;
}

bool format_time_read_parts(struct slice text, struct slice template, struct time_read *read) {
  struct reading in = {.text = text, .c = {.year = 1, .month = 1, .day = 1}};
  struct time_part part;
  while (time_pattern_next(&template, &part)) {
    if (!part.pattern)
      skip_mark(&in, part.text);
    else if (!read_part(&in, &part))
      return false;
  }
  while (in.text.bytes && in.text.data[0] == ' ') in.text = skip(in.text, 1);
  *read = (struct time_read){.zone_s = in.zone_s,
                             .has_date = in.has_date,
                             .has_time = in.has_time,
                             .has_zone = in.has_zone,
                             .is_whole = in.text.bytes == 0};
  return finish(&in, &read->us);
}

bool format_time_read(struct slice text, struct slice template, int64_t *us) {
  struct time_read read;
  if (!format_time_read_parts(text, template, &read)) return false;
  *us = read.us - read.zone_s * CALENDAR_US_PER_SECOND;
  return true;
}
