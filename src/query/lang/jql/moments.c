/* SPDX-License-Identifier: MIT */
/* Moments of MongoDB's shell: Date and ISODate in their several forms, and what its users ask of a
 * value when they have written it, such as ObjectId("…").getTimestamp(). There is no local time:
 * parts of a date are those of UTC. */
#include "base/text/date.h"
#include "base/text/num.h"
#include "query/lang/jql/plain_int.h"

static void put_now(struct writing *writing) {
  buf_append_format(&writing->json, "%llu", (unsigned long long)(writing->now_us / 1000));
  writing->is_momentary = true;
}

/* ---- texts ---- */

/* 20260131 and 20260131T101500, as ISO 8601's short form has them: dashes and colons go in. */
static void spread_date(struct buf *json, size_t from) {
  enum { DAY_BYTES = 8, TIME_BYTES = 6 };
  uint8_t text[DATE_TEXT_BYTES_MAX];
  size_t bytes = json->bytes - from - 2, digits = 0;
  if (bytes > sizeof text) return;
  memcpy(text, json->data + from + 1, bytes);
  while (digits < bytes && text[digits] >= '0' && text[digits] <= '9') digits++;
  if (digits != DAY_BYTES || (bytes > DAY_BYTES && text[DAY_BYTES] != 'T')) return;
  json->bytes = from;
  buf_append_format(json, "\"%.4s-%.2s-%.2s", text, text + 4, text + 6);
  for (size_t i = DAY_BYTES; i < bytes; i++) {
    size_t place = i - DAY_BYTES - 1; /* in the time */
    bool is_digit = i > DAY_BYTES && place < TIME_BYTES && text[i] >= '0' && text[i] <= '9';
    if (is_digit && place > 0 && place % 2 == 0) buf_append_byte(json, ':');
    buf_append_byte(json, text[i]);
  }
  buf_append_byte(json, '"');
}

/* A date without a time is midnight, and one without a zone is UTC's. The text is at `from`. */
static void complete_date(struct buf *json, size_t from) {
  enum { DATE_BYTES = 10, MINUTES_BYTES = 16 };
  spread_date(json, from);
  size_t bytes = json->bytes - from - 2;
  const uint8_t *text = json->data + from + 1;
  bool is_day = bytes == DATE_BYTES, is_moment = bytes >= MINUTES_BYTES;
  for (size_t i = DATE_BYTES; is_moment && i < bytes; i++)
    if (text[i] == 'Z' || text[i] == '+' || text[i] == '-') is_moment = false;
  if (!is_day && !is_moment) return;
  json->bytes--;
  buf_append_text(json, is_day ? "T00:00:00Z\"" : "Z\"");
}

/* ---- numbers ---- */

enum { PARTS_MAX = 7 };

/* A whole number, which is not written. */
static status read_part(struct writing *writing, int64_t *part) {
  static const int64_t most = 1000000000000000;
  (void)plain__peek(writing);
  size_t start = writing->at, made = writing->json.bytes;
  TRY(plain__number(writing));
  TRY(buf_check(&writing->json, "the command", writing->err));
  struct slice text = slice_of(writing->json.data + made, writing->json.bytes - made);
  bool is_whole = num_parse_int64(text, part) && *part >= -most && *part <= most;
  writing->json.bytes = made;
  return is_whole ? LUMA_OK : plain__fail(writing, start, "a whole number is expected");
}

static status read_parts(struct writing *writing, int64_t parts[PARTS_MAX], uint32_t *count) {
  *count = 0;
  do {
    if (*count == PARTS_MAX)
      return plain__fail(writing, writing->at, "a date has at most %d parts", PARTS_MAX);
    TRY(read_part(writing, &parts[(*count)++]));
  } while (plain__take(writing, ','));
  return LUMA_OK;
}

/* Milliseconds since 1970 of a year, a month from 0, a day and a time; parts beyond their measure
 * count on, and years below 100 are of the last century, as in JavaScript. */
static status compose(struct writing *writing, size_t at, const int64_t parts[PARTS_MAX],
                      int64_t *ms) {
  static const int64_t most = 1000000000, day_ms = 86400000;
  int64_t month = parts[1] % 12, days = 0;
  if (month < 0) month += 12;
  int64_t year =
      (parts[0] >= 0 && parts[0] < 100 ? parts[0] + 1900 : parts[0]) + (parts[1] - month) / 12;
  bool is_good = year >= DATE_YEAR_MIN && year <= DATE_YEAR_MAX;
  for (int i = 2; i < 6; i++) is_good = is_good && parts[i] >= -most && parts[i] <= most;
  struct date_civil first = {.year = (int32_t)year, .month = (uint8_t)(month + 1), .day = 1};
  if (!is_good || !date_from_civil(first, &days))
    return plain__fail(writing, at, "there is no such moment");
  *ms = (days + parts[2] - 1) * day_ms + parts[3] * 3600000 + parts[4] * 60000 + parts[5] * 1000 +
        parts[6];
  return LUMA_OK;
}

/* A number alone is milliseconds already, unless it must be a year. */
static status read_moment(struct writing *writing, bool is_year, int64_t *ms) {
  int64_t parts[PARTS_MAX] = {0, 0, 1, 0, 0, 0, 0};
  size_t at = writing->at;
  uint32_t count = 0;
  TRY(read_parts(writing, parts, &count));
  *ms = parts[0];
  return count > 1 || is_year ? compose(writing, at, parts, ms) : LUMA_OK;
}

/* ---- constructors ---- */

static status write_milliseconds(struct writing *writing) {
  int64_t ms = 0;
  if (plain__peek(writing) == ')') {
    put_now(writing);
    return LUMA_OK;
  }
  if (plain__peek(writing) == 'D') return plain__value(writing); /* Date.UTC(…), Date.now() */
  TRY(read_moment(writing, false, &ms));
  buf_append_format(&writing->json, "%lld", (long long)ms);
  return LUMA_OK;
}

status plain__date(struct writing *writing, const char *key) {
  uint8_t c = plain__peek(writing);
  bool is_text = c == '"' || c == '\'' || c == '`';
  buf_append_format(&writing->json, is_text ? "{\"%s\":" : "{\"%s\":{\"$numberLong\":\"", key);
  size_t from = writing->json.bytes;
  if (!is_text) {
    TRY(write_milliseconds(writing));
    buf_append_text(&writing->json, "\"}}");
    return LUMA_OK;
  }
  TRY(plain__string(writing));
  if (writing->json.failed == LUMA_OK) complete_date(&writing->json, from);
  buf_append_byte(&writing->json, '}');
  return LUMA_OK;
}

status plain__now(struct writing *writing, const char *unused) {
  (void)unused;
  put_now(writing);
  return LUMA_OK;
}

status plain__utc(struct writing *writing, const char *unused) {
  int64_t ms = 0;
  (void)unused;
  TRY(read_moment(writing, true, &ms));
  buf_append_format(&writing->json, "%lld", (long long)ms);
  return LUMA_OK;
}

status plain__id_of_time(struct writing *writing, const char *key) {
  int64_t seconds = 0;
  size_t at = writing->at;
  TRY(read_part(writing, &seconds));
  if (seconds < 0 || seconds > UINT32_MAX)
    return plain__fail(writing, at, "seconds since 1970 are expected");
  buf_append_format(&writing->json, "{\"%s\":\"%08llx0000000000000000\"}", key,
                    (unsigned long long)seconds);
  return LUMA_OK;
}

/* ---- what is asked of a value ---- */

static bool begins(struct slice made, const char *tag) {
  return slice_has_prefix(made, slice_of_text(tag));
}

/* The moment of an id, or of a date; false: it is neither. */
static bool moment_of(struct slice made, int64_t *ms) {
  static const char id[] = "{\"$oid\":\"", date[] = "{\"$date\":\"",
                    number[] = "{\"$date\":{\"$numberLong\":\"";
  enum { SECONDS_DIGITS = 8, ID_DIGITS = 24 };
  if (begins(made, id) && made.bytes == sizeof id - 1 + ID_DIGITS + 2) {
    *ms = 0;
    for (size_t i = 0; i < SECONDS_DIGITS; i++) {
      int digit = plain__hex(made.data[sizeof id - 1 + i]);
      if (digit < 0) return false;
      *ms = *ms * 16 + digit;
    }
    *ms *= 1000;
    return true;
  }
  size_t head = begins(made, number) ? sizeof number - 1 : begins(made, date) ? sizeof date - 1 : 0;
  size_t tail = begins(made, number) ? 3 : 2;
  if (!head || made.bytes < head + tail) return false;
  struct slice text = slice_of(made.data + head, made.bytes - head - tail);
  if (tail == 3) return num_parse_int64(text, ms);
  if (!date_parse_timestamp(text, ms)) return false;
  *ms = *ms / 1000 - (*ms % 1000 < 0);
  return true;
}

/* The text of an id or a UUID alone; false: it is none. */
static bool put_text(struct writing *writing, size_t from) {
  static const char *const tags[] = {"{\"$oid\":", "{\"$uuid\":"};
  struct slice made = slice_of(writing->json.data + from, writing->json.bytes - from);
  for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
    size_t head = strlen(tags[i]);
    if (!begins(made, tags[i])) continue;
    memmove(writing->json.data + from, made.data + head, made.bytes - head - 1);
    writing->json.bytes -= head + 1;
    return true;
  }
  return false;
}

static bool put_moment(struct writing *writing, size_t from, const char *before,
                       const char *behind) {
  int64_t ms;
  if (!moment_of(slice_of(writing->json.data + from, writing->json.bytes - from), &ms))
    return false;
  writing->json.bytes = from;
  buf_append_format(&writing->json, "%s%lld%s", before, (long long)ms, behind);
  return true;
}

static bool put_iso(struct writing *writing, size_t from) {
  int64_t ms;
  char text[DATE_TEXT_BYTES_MAX];
  if (!moment_of(slice_of(writing->json.data + from, writing->json.bytes - from), &ms) ||
      ms > INT64_MAX / 1000 || ms < INT64_MIN / 1000)
    return false;
  size_t bytes = date_format_timestamp(ms * 1000, text);
  writing->json.bytes = from;
  buf_append_format(&writing->json, "\"%.*s\"", (int)bytes, text);
  return true;
}

status plain__ask(struct writing *writing, size_t from) {
  size_t at = writing->at;
  struct slice method = plain__name(writing);
  TRY(buf_check(&writing->json, "the command", writing->err));
  bool is_id = begins(slice_of(writing->json.data + from, writing->json.bytes - from), "{\"$oid");
  bool is_done = false;
  if (is_id && slice_is_equal(method, slice_of_text("getTimestamp")))
    is_done = put_moment(writing, from, "{\"$date\":{\"$numberLong\":\"", "\"}}");
  else if (!is_id && (slice_is_equal(method, slice_of_text("getTime")) ||
                      slice_is_equal(method, slice_of_text("valueOf"))))
    is_done = put_moment(writing, from, "", "");
  else if (!is_id && (slice_is_equal(method, slice_of_text("toISOString")) ||
                      slice_is_equal(method, slice_of_text("toJSON"))))
    is_done = put_iso(writing, from);
  else if (slice_is_equal(method, slice_of_text("toString")) ||
           slice_is_equal(method, slice_of_text("toHexString")))
    is_done = put_text(writing, from);
  if (!is_done)
    return plain__fail(writing, at, "`%.*s` cannot be asked of this value", SLICE_ARG(method));
  TRY(plain__expect(writing, '(', "behind the method"));
  return plain__expect(writing, ')', "to close the call");
}
