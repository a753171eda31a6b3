/* SPDX-License-Identifier: MIT */
/* .datetime(): moments out of texts, and back. A moment without a zone is of UTC where it meets one
 * that has one. */
#include <stdio.h>

#include "base/text/date.h"
#include "query/jsonpath/jsonpath_int.h"

#define US_PER_SECOND INT64_C(1000000)

static void skip(struct slice *text, size_t bytes) {
  *text = slice_of(text->data + bytes, text->bytes - bytes);
}

static void skip_blanks(struct slice *text) {
  while (text->bytes && (text->data[0] == ' ' || (text->data[0] >= 9 && text->data[0] <= 13)))
    skip(text, 1);
}

static bool read_number(struct slice *text, uint32_t most, int32_t *number) {
  uint32_t digits = 0;
  *number = 0;
  for (; digits < most && text->bytes && text->data[0] >= '0' && text->data[0] <= '9'; digits++) {
    *number = *number * 10 + (text->data[0] - '0');
    skip(text, 1);
  }
  return digits > 0;
}

static bool read_mark(struct slice *text, uint8_t mark) {
  if (!text->bytes || text->data[0] != mark) return false;
  skip(text, 1);
  return true;
}

/* 2026-11-28 */
static bool read_date(struct slice *text, int64_t *days) {
  int32_t year = 0, month = 0, day = 0;
  struct slice rest = *text;
  bool good = read_number(&rest, 4, &year) && read_mark(&rest, '-') &&
              read_number(&rest, 2, &month) && read_mark(&rest, '-') && read_number(&rest, 2, &day);
  if (!good || year < 1 || month < 1 || month > 12 || day < 1 || day > 31) return false;
  *text = rest;
  return date_from_civil(
      (struct date_civil){.year = year, .month = (uint8_t)month, .day = (uint8_t)day}, days);
}

/* .123: at most six digits count. */
static void read_fraction(struct slice *text, int64_t *us) {
  int64_t unit = US_PER_SECOND / 10;
  if (text->bytes < 2 || text->data[0] != '.') return;
  skip(text, 1);
  for (; text->bytes && text->data[0] >= '0' && text->data[0] <= '9'; unit /= 10) {
    *us += (text->data[0] - '0') * unit;
    skip(text, 1);
  }
}

/* 12:34:56.789 */
static bool read_time(struct slice *text, int64_t *us) {
  int32_t hour = 0, minute = 0, second = 0;
  bool good = read_number(text, 2, &hour) && read_mark(text, ':') &&
              read_number(text, 2, &minute) && read_mark(text, ':') &&
              read_number(text, 2, &second);
  if (!good || hour > 23 || minute > 59 || second > 59) return false;
  *us = ((hour * 60 + minute) * INT64_C(60) + second) * US_PER_SECOND;
  read_fraction(text, us);
  return true;
}

/* +02, -03:30, Z; `*is_zoned` stays false where there is none. */
static bool read_zone(struct slice *text, bool *is_zoned, int32_t *zone_s) {
  int32_t hours = 0, minutes = 0;
  skip_blanks(text);
  if (!text->bytes) return true;
  *is_zoned = true;
  if (read_mark(text, 'Z') || read_mark(text, 'z')) return true;
  bool is_minus = text->data[0] == '-';
  if (!is_minus && text->data[0] != '+') return false;
  skip(text, 1);
  if (!read_number(text, 2, &hours) || hours > 15) return false;
  if (read_mark(text, ':') && !read_number(text, 2, &minutes)) return false;
  if (minutes > 59) return false;
  *zone_s = (is_minus ? -1 : 1) * (hours * 3600 + minutes * 60);
  return true;
}

bool jsonpath__read_moment(struct slice text, struct jsonpath_moment *moment) {
  int64_t days = 0, us = 0;
  bool is_zoned = false;
  int32_t zone_s = 0;
  skip_blanks(&text);
  bool has_date = read_date(&text, &days);
  if (has_date && !read_mark(&text, 'T')) skip_blanks(&text);
  bool has_time = text.bytes > 0;
  if (!has_date && !has_time) return false;
  if (has_time && (!read_time(&text, &us) || !read_zone(&text, &is_zoned, &zone_s))) return false;
  skip_blanks(&text);
  if (text.bytes) return false;
  enum jsonpath_moment_kind kind = !has_time  ? JSONPATH_DATE
                                   : has_date ? JSONPATH_TIMESTAMP
                                              : JSONPATH_TIME;
  if (is_zoned) kind++;
  us += days * 86400 * US_PER_SECOND;
  if (has_date) us -= zone_s * US_PER_SECOND;
  *moment = (struct jsonpath_moment){kind, zone_s, us};
  return true;
}

/* ---- as a text ---- */

static size_t time_text(int64_t us, char *out) {
  int64_t second = us / US_PER_SECOND, rest = us % US_PER_SECOND;
  int bytes = snprintf(out, 24, "%02d:%02d:%02d", (int)(second / 3600), (int)(second / 60 % 60),
                       (int)(second % 60));
  if (!rest) return (size_t)bytes;
  bytes += snprintf(out + bytes, 10, ".%06d", (int)rest);
  while (out[bytes - 1] == '0') bytes--;
  return (size_t)bytes;
}

size_t jsonpath__moment_text(const struct jsonpath_moment *moment, char *out) {
  bool is_zoned = moment->kind == JSONPATH_TIME_ZONED || moment->kind == JSONPATH_TIMESTAMP_ZONED;
  bool is_day = moment->kind == JSONPATH_DATE || moment->kind >= JSONPATH_TIMESTAMP;
  int64_t day_us = 86400 * US_PER_SECOND, us = moment->us;
  if (moment->kind == JSONPATH_TIMESTAMP_ZONED) us += moment->zone_s * US_PER_SECOND;
  int64_t days = us / day_us - (us % day_us < 0);
  size_t bytes = is_day ? date_format(days, out) : 0;
  if (moment->kind == JSONPATH_DATE) return bytes;
  if (is_day) out[bytes++] = 'T';
  bytes += time_text(us - days * day_us, out + bytes);
  if (!is_zoned) return bytes;
  int32_t zone = moment->zone_s < 0 ? -moment->zone_s : moment->zone_s;
  return bytes + (size_t)snprintf(out + bytes, 10, "%c%02d:%02d", moment->zone_s < 0 ? '-' : '+',
                                  zone / 3600 % 100, zone / 60 % 60);
}

/* ---- comparison, the method ---- */

static bool is_time(const struct jsonpath_moment *moment) {
  return moment->kind == JSONPATH_TIME || moment->kind == JSONPATH_TIME_ZONED;
}

bool jsonpath__compare_moments(const struct jsonpath_moment *a, const struct jsonpath_moment *b,
                               int *order) {
  bool times = is_time(a);
  if (times != is_time(b)) return false;
  int64_t left = a->us - (times ? a->zone_s * US_PER_SECOND : 0);
  int64_t right = b->us - (times ? b->zone_s * US_PER_SECOND : 0);
  *order = (left > right) - (left < right);
  if (*order == 0 && times) *order = (a->zone_s < b->zone_s) - (a->zone_s > b->zone_s);
  return true;
}

enum jsonpath_reach jsonpath__datetime(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                       const struct jsonpath_item *item,
                                       struct jsonpath_list *found) {
  struct jsonpath_item made = {0};
  struct slice text;
  bool has_template = node->value.type == VAL_TEXT;
  bool is_stored = item->moment.kind && item->value.type != VAL_MISSING;
  if (is_stored && !has_template) return jsonpath__next(exec, node, item, found);
  if (!jsonpath__text_of(exec, item, &text))
    return jsonpath__fault(exec, LUMA_INVALID_VALUE, "", "`.datetime()` takes a text, not %s %s",
                           jsonpath__article(item), jsonpath__type_name(item));
  bool good = has_template
                  ? exec->run->host->read_moment(text, val_slice(&node->value), &made.moment)
                  : jsonpath__read_moment(text, &made.moment);
  if (good) return jsonpath__next(exec, node, &made, found);
  const char *hint =
      has_template ? "" : "a template tells how it is written: .datetime(\"DD.MM.YYYY\")";
  return jsonpath__fault(exec, LUMA_INVALID_VALUE, hint, "`.datetime()`: \"%.*s\" is no moment%s",
                         (int)(text.bytes > 60 ? 60 : text.bytes), (const char *)text.data,
                         has_template ? " of this template" : "");
}
