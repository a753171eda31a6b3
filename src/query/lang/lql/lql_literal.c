/* SPDX-License-Identifier: MIT */
/* Literals: numbers, texts, moments, parameters. */
#include "base/text/date.h"
#include "base/text/duration.h"
#include "base/text/num.h"
#include "base/text/utf8.h"
#include "query/lang/lql/lql.h"
#include "query/lang/lql/lql_expr.h"
#include "query/lang/lql/lql_lexer.h"

enum { DOUBLE_DIGITS = 17, NUMBER_BYTES_MAX = 4096 };

static void fail_number(struct lql *lql, struct lql_token token) {
  lql__fail(lql, LUMA_OUT_OF_RANGE, token.offset, "the number has more digits than can be kept");
  lql__hint(lql, "a number has at most %d significant digits", DECIMAL_DIGITS_MAX);
}

/* The digits without their underscores, in the arena. */
static struct slice plain_digits(struct lql *lql, struct lql_token token) {
  uint8_t *copy = arena_alloc_text(lql->arena, token.text.bytes + 1);
  size_t count = 0;
  for (size_t i = 0; copy && i < token.text.bytes; i++) {
    if (token.text.data[i] != '_') copy[count++] = token.text.data[i];
  }
  return slice_of(copy, count);
}

static struct expr *decimal_literal(struct lql *lql, struct lql_token token, struct slice digits) {
  struct decimal value;
  bool inexact;
  if (digits.bytes > NUMBER_BYTES_MAX || !decimal_parse(digits, &value, &inexact) || inexact) {
    fail_number(lql, token);
    return NULL;
  }
  return expr_const(lql->arena, val_decimal(value), token.offset);
}

/* 0xff, 0o17, 0b101. */
static struct expr *radix_literal(struct lql *lql, struct lql_token token, struct slice digits) {
  uint8_t letter = digits.data[1] | 32;
  uint64_t radix = letter == 'x' ? 16 : letter == 'o' ? 8 : 2, value = 0;
  for (size_t i = 2; i < digits.bytes; i++) {
    uint8_t c = digits.data[i];
    uint64_t digit = (uint64_t)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
    if (value > ((uint64_t)INT64_MAX - digit) / radix) {
      lql__fail(lql, LUMA_OUT_OF_RANGE, token.offset, "the number is larger than an integer");
      lql__hint(lql, "integers go up to 0x7fffffffffffffff");
      return NULL;
    }
    value = value * radix + digit;
  }
  return expr_const(lql->arena, val_int64((int64_t)value), token.offset);
}

struct expr *lql__integer(struct lql *lql, struct lql_token token) {
  struct slice digits = plain_digits(lql, token);
  bool has_radix = digits.bytes > 2 && digits.data[1] > '9';
  if (has_radix) return radix_literal(lql, token, digits);
  int64_t value;
  if (num_parse_int64(digits, &value))
    return expr_const(lql->arena, val_int64(value), token.offset);
  return digits.data ? decimal_literal(lql, token, digits) : NULL;
}

/* Digits between the first and the last that is not zero. */
static uint32_t significant_digits(struct slice text) {
  uint32_t count = 0, significant = 0;
  bool leading = true;
  for (size_t i = 0; i < text.bytes && text.data[i] != 'e' && text.data[i] != 'E'; i++) {
    uint8_t c = text.data[i];
    if (c == '.') continue;
    leading &= c == '0';
    count += !leading;
    if (c != '0') significant = count;
  }
  return significant;
}

/* A double, unless it cannot hold the digits. */
struct expr *lql__float(struct lql *lql, struct lql_token token) {
  struct slice digits = plain_digits(lql, token);
  if (!digits.data) return NULL;
  if (digits.data[digits.bytes - 1] == '.') digits.bytes--;
  double value;
  if (digits.data[0] == '.') {
    uint8_t *padded = arena_alloc_text(lql->arena, digits.bytes + 1);
    if (!padded) return NULL;
    padded[0] = '0';
    memcpy(padded + 1, digits.data, digits.bytes);
    digits = slice_of(padded, digits.bytes + 1);
  }
  bool fits = significant_digits(digits) <= DOUBLE_DIGITS && num_parse_float64(digits, &value) &&
              value - value == 0.0;
  return fits ? expr_const(lql->arena, val_float64(value), token.offset)
              : decimal_literal(lql, token, digits);
}

/* ---- texts ---- */

/* The digits after the letter at `at`; answers the bytes read with the letter, 0 if they are not
 * there. */
static size_t hex_digits(const uint8_t *at, const uint8_t *end, uint32_t *code_point) {
  size_t digits = *at == 'u' ? 4 : *at == 'U' ? 8 : 2, read = 0;
  *code_point = 0;
  for (at++; read < digits && at < end; at++, read++) {
    uint8_t c = *at;
    uint32_t digit = c >= '0' && c <= '9'                 ? c - '0'
                     : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                          : 16;
    if (digit == 16) break;
    *code_point = *code_point * 16 + digit;
  }
  return read == digits ? digits + 1 : 0;
}

/* One code point; JSON writes those beyond 16 bits as two escapes, a pair of surrogates. */
static size_t hex_escape(const uint8_t *at, const uint8_t *end, uint32_t *code_point) {
  size_t read = hex_digits(at, end, code_point);
  bool is_high = *at == 'u' && *code_point >= 0xd800 && *code_point < 0xdc00;
  if (is_high && read && end - at > 6 && at[5] == '\\' && at[6] == 'u') {
    uint32_t low;
    size_t more = hex_digits(at + 6, end, &low);
    if (!more || low < 0xdc00 || low > 0xdfff) return 0;
    *code_point = 0x10000 + ((*code_point - 0xd800) << 10) + (low - 0xdc00);
    return read + 1 + more;
  }
  bool is_scalar = *code_point <= 0x10ffff && (*code_point < 0xd800 || *code_point > 0xdfff);
  return is_scalar ? read : 0;
}

/* What stands after a backslash, written to `out`; answers the bytes read, 0 if it is no escape. */
static size_t unescape(const uint8_t *at, const uint8_t *end, uint8_t **out) {
  static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
  const char *known = *at ? strchr(from, *at) : NULL;
  uint32_t code_point;
  if (known) {
    *(*out)++ = (uint8_t)to[known - from];
    return 1;
  }
  if (*at != 'x' && *at != 'u' && *at != 'U') {
    *(*out)++ = *at;
    return 1;
  }
  size_t read = hex_escape(at, end, &code_point);
  if (read > 0) *out += utf8_encode(code_point, *out);
  return read;
}

/* The text between the quotes: doubled quotes single, escapes read if `escapes`. */
static struct slice unquote(struct lql *lql, struct lql_token token, struct slice inner,
                            uint8_t quote, bool escapes) {
  uint8_t *copy = arena_alloc_text(lql->arena, inner.bytes + 1), *out = copy;
  const uint8_t *end = inner.data + inner.bytes;
  for (const uint8_t *at = inner.data; copy && at < end; at++) {
    if (escapes && *at == '\\' && at + 1 < end) {
      size_t read = unescape(at + 1, end, &out);
      if (read == 0) {
        lql__fail(lql, LUMA_SYNTAX_ERROR, token.offset,
                  "the text has an escape that cannot be read");
        lql__hint(lql, "\\u takes four hexadecimal digits, \\x two");
        return slice_of(copy, 0);
      }
      at += read;
      continue;
    }
    *out++ = *at;
    if (*at == quote && at + 1 < end) at++; /* doubled */
  }
  return slice_of(copy, copy ? (size_t)(out - copy) : 0);
}

/* $tag$ … $tag$: everything between stands for itself. */
static struct slice undollar(struct slice text) {
  const uint8_t *tag_end = memchr(text.data + 1, '$', text.bytes - 1);
  size_t tag = (size_t)(tag_end - text.data) + 1;
  return slice_of(text.data + tag, text.bytes - 2 * tag);
}

struct expr *lql__text(struct lql *lql, struct lql_token token) {
  uint8_t first = token.text.data[0];
  bool escaped = first == 'e' || first == 'E', is_double = first == '"';
  size_t head = escaped ? 2 : 1;
  struct slice inner = slice_of(token.text.data + head, token.text.bytes - head - 1);
  struct slice text =
      first == '$' ? undollar(token.text)
                   : unquote(lql, token, inner, is_double ? '"' : '\'', escaped || is_double);
  if (!text.data) return NULL;
  if (!utf8_is_valid(text, NULL)) {
    lql__fail(lql, LUMA_SYNTAX_ERROR, token.offset, "the text is not UTF-8");
    return NULL;
  }
  return expr_const(lql->arena, val_text(text), token.offset);
}

struct expr *lql__bytes(struct lql *lql, struct lql_token token) {
  size_t digits = token.text.bytes - 3;
  uint8_t *bytes = arena_alloc_text(lql->arena, digits / 2 + 1);
  if (!bytes) return NULL;
  if (digits % 2) {
    lql__fail(lql, LUMA_SYNTAX_ERROR, token.offset, "each byte has two hexadecimal digits");
    return NULL;
  }
  for (size_t i = 0; i < digits; i++) {
    uint8_t c = token.text.data[2 + i];
    uint8_t digit = (uint8_t)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
    bytes[i / 2] = (uint8_t)(i % 2 ? bytes[i / 2] | digit : digit << 4);
  }
  struct val value = {.type = VAL_BYTES, .bytes = (uint32_t)(digits / 2), .data = bytes};
  return expr_const(lql->arena, value, token.offset);
}

struct slice lql__name(struct lql *lql, struct lql_token token) {
  if (token.kind == LQL_TEXT) {
    struct expr *text = lql__text(lql, token);
    return text ? val_slice(&text->value) : slice_of(NULL, 0);
  }
  if (token.kind != LQL_QUOTED) return token.text;
  struct slice inner = slice_of(token.text.data + 1, token.text.bytes - 2);
  if (inner.bytes == 0) lql__fail(lql, LUMA_SYNTAX_ERROR, token.offset, "a quoted name is empty");
  return unquote(lql, token, inner, token.text.data[0], false);
}

/* ---- moments ---- */

static bool is_digit(uint8_t byte) {
  return byte >= '0' && byte <= '9';
}

bool lql__is_clock(const uint8_t *word) {
  return (word[4] | 32) != 's'; /* the lexer has seen time or timestamp, and more behind it */
}

/* Two digits below `limit` at the start, which is moved behind them; -1 if they are not there. */
static int64_t two_digits(struct slice *text, int64_t limit) {
  const uint8_t *at = text->data;
  if (text->bytes < 2 || !is_digit(at[0]) || !is_digit(at[1])) return -1;
  int64_t value = (at[0] - '0') * 10 + at[1] - '0';
  *text = slice_of(at + 2, text->bytes - 2);
  return value < limit ? value : -1;
}

static bool take_byte(struct slice *text, uint8_t byte) {
  if (!text->bytes || text->data[0] != byte) return false;
  *text = slice_of(text->data + 1, text->bytes - 1);
  return true;
}

/* A fraction of a second, in microseconds, rounded to `places`. */
static int64_t fraction(struct slice *text, int64_t places) {
  static const int64_t units[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
  int64_t value = 0, unit = 100000;
  for (; text->bytes && is_digit(text->data[0]); unit /= 10) {
    value += unit * (text->data[0] - '0');
    *text = slice_of(text->data + 1, text->bytes - 1);
  }
  int64_t step = units[places < 6 ? places : 6];
  return (value + step / 2) / step * step;
}

/* 12:30, 12:30:15.25, 12:30:15+02:00: microseconds since midnight, of UTC where a zone is told. */
static bool parse_clock(struct slice text, int64_t places, int64_t *us) {
  int64_t hour = two_digits(&text, 24), second = 0, part = 0;
  int64_t minute = hour >= 0 && take_byte(&text, ':') ? two_digits(&text, 60) : -1;
  if (minute < 0) return false;
  if (take_byte(&text, ':')) second = two_digits(&text, 60);
  if (second < 0) return false;
  if (take_byte(&text, '.')) part = fraction(&text, places);
  int64_t day = INT64_C(86400000000), zone = 0;
  *us = ((hour * 60 + minute) * 60 + second) * 1000000 + part;
  if (text.bytes) {
    int sign = take_byte(&text, '-') ? -1 : take_byte(&text, '+') ? 1 : 0;
    int64_t hours = two_digits(&text, 24), minutes = 0;
    if (take_byte(&text, ':')) minutes = two_digits(&text, 60);
    if (!sign || hours < 0 || minutes < 0 || text.bytes) return false;
    zone = sign * (hours * 60 + minutes) * 60000000;
  }
  *us = ((*us - zone) % day + day) % day;
  return true;
}

/* TIME (2) '12:30': a time of day is the duration since midnight. */
static struct expr *clock_literal(struct lql *lql, struct lql_token token, struct slice text) {
  struct val value = {.type = VAL_DURATION};
  const uint8_t *quote = memchr(token.text.data, '\'', token.text.bytes);
  const uint8_t *digit = memchr(token.text.data, '(', (size_t)(quote - token.text.data));
  bool has_places = digit && digit[1] >= '0' && digit[1] <= '9';
  int64_t places = has_places && digit[2] == ')' ? digit[1] - '0' : 6;
  if (parse_clock(text, places, &value.integer)) return expr_const(lql->arena, value, token.offset);
  lql__fail(lql, LUMA_INVALID_VALUE, token.offset, "`%.*s` is not a time", SLICE_ARG(text));
  lql__hint(lql, "write TIME '12:30:00'");
  return NULL;
}

static struct expr *moment(struct lql *lql, struct lql_token token, struct slice text) {
  struct val value = {.type = VAL_TIMESTAMP};
  struct duration_interval interval;
  uint8_t kind = token.text.data[0] | 32;
  bool good;
  if (kind == 't') {
    int64_t days = 0;
    good = date_parse_timestamp(text, &value.integer);
    if (!good && date_parse(text, &days))
      good = !__builtin_mul_overflow(days, DATE_US_PER_DAY, &value.integer);
  } else if (kind == 'd') {
    value.type = VAL_DATE;
    good = date_parse(text, &value.integer);
  } else {
    good = duration_parse_interval(text, &interval) || duration_parse_words(text, &interval);
    if (good) value.interval = (struct val_interval){interval.months, interval.days, interval.us};
    value.type = VAL_INTERVAL;
  }
  if (good) return expr_const(lql->arena, value, token.offset);
  lql__fail(lql, LUMA_INVALID_VALUE, token.offset, "`%.*s` is not %s", SLICE_ARG(text),
            kind == 't'   ? "a timestamp"
            : kind == 'd' ? "a date"
                          : "an interval");
  lql__hint(lql, "write %s",
            kind == 't'   ? "TIMESTAMP '2026-01-31T12:00:00Z'"
            : kind == 'd' ? "DATE '2026-01-31'"
                          : "INTERVAL '1 month 2 days 3 hours' or 'P1M2DT3H'");
  return NULL;
}

/* INTERVAL 3 DAYS, and INTERVAL '3' DAY: the number and the unit as one text. */
static struct slice interval_text(struct lql *lql, struct slice number, struct slice units) {
  uint8_t *text = arena_alloc_text(lql->arena, number.bytes + units.bytes + 1);
  if (!text) return slice_of(NULL, 0);
  if (number.bytes) memcpy(text, number.data, number.bytes);
  text[number.bytes] = ' ';
  if (units.data) memcpy(text + number.bytes + 1, units.data, units.bytes);
  return slice_of(text, number.bytes + 1 + units.bytes);
}

static bool is_plain_number(struct slice text) {
  for (size_t i = 0; i < text.bytes; i++) {
    uint8_t c = text.data[i];
    if (!(c >= '0' && c <= '9') && c != '-' && c != '+' && c != '.') return false;
    if (c == '-' && i) return false;
  }
  return text.bytes > 0;
}

/* "1 2:03:04": days before the clock. */
static struct slice with_days(struct lql *lql, struct slice inner) {
  const uint8_t *blank = memchr(inner.data, ' ', inner.bytes);
  size_t days = blank ? (size_t)(blank - inner.data) : 0;
  bool has_clock = days && days + 1 < inner.bytes && blank[1] >= '0' && blank[1] <= '9' &&
                   memchr(inner.data, ':', inner.bytes);
  if (!has_clock || !is_plain_number(slice_of(inner.data, days))) return inner;
  struct slice rest =
      interval_text(lql, slice_of_text("days"), slice_of(blank + 1, inner.bytes - days - 1));
  return interval_text(lql, slice_of(inner.data, days), rest);
}

/* The unit without what stands in parentheses behind it. */
static struct slice without_places(struct slice units) {
  const uint8_t *open = memchr(units.data, '(', units.bytes);
  return open ? slice_of(units.data, (size_t)(open - units.data)) : units;
}

/* '42:18' MINUTE TO SECOND. */
static bool is_minutes(struct slice units, struct slice inner) {
  bool from =
      units.bytes > 6 && slice_is_equal_nocase(slice_of(units.data, 6), slice_of_text("minute"));
  const uint8_t *first = memchr(inner.data, ':', inner.bytes);
  return from && first && first == memrchr(inner.data, ':', inner.bytes);
}

/* The text on both sides of `mark`, each a number of its unit; the second has the first's sign when
 * `is_signed`. */
static struct slice two_units(struct lql *lql, struct slice inner, char mark, const char *first,
                              const char *second, bool is_signed) {
  const uint8_t *at = memchr(inner.data, mark, inner.bytes);
  size_t front = (size_t)(at - inner.data);
  bool is_negative = is_signed && inner.bytes && inner.data[0] == '-';
  struct slice rest =
      interval_text(lql, slice_of(at + 1, inner.bytes - front - 1), slice_of_text(second));
  struct slice sign = slice_of_text(is_negative ? " -" : " ");
  uint8_t *text = arena_alloc_text(lql->arena, front + 12 + sign.bytes + rest.bytes);
  if (!text || !rest.data) return slice_of(NULL, 0);
  size_t bytes = 0;
  memcpy(text, inner.data, bytes = front);
  text[bytes++] = ' ';
  for (; *first; first++) text[bytes++] = (uint8_t)*first;
  memcpy(text + bytes, sign.data, sign.bytes);
  memcpy(text + bytes + sign.bytes, rest.data, rest.bytes);
  return slice_of(text, bytes + sign.bytes + rest.bytes);
}

/* '1 2' DAY TO HOUR. */
static bool is_days_and_hours(struct slice units, struct slice inner) {
  const uint8_t *blank = memchr(inner.data, ' ', inner.bytes);
  if (units.bytes <= 3 || !slice_is_equal_nocase(slice_of(units.data, 3), slice_of_text("day")))
    return false;
  size_t days = blank ? (size_t)(blank - inner.data) : 0;
  return days && is_plain_number(slice_of(inner.data, days)) &&
         is_plain_number(slice_of(blank + 1, inner.bytes - days - 1));
}

/* A number takes the unit behind it; '1-2' YEAR TO MONTH and '1 2:03' DAY TO MINUTE say it all. */
static struct slice with_units(struct lql *lql, struct slice inner, struct slice units) {
  while (units.bytes && units.data[0] <= ' ') units = slice_of(units.data + 1, units.bytes - 1);
  if (is_minutes(units, inner)) return two_units(lql, inner, ':', "minutes", "seconds", true);
  if (is_days_and_hours(units, inner)) return two_units(lql, inner, ' ', "days", "hours", false);
  if (!units.bytes || !is_plain_number(inner)) return with_days(lql, inner);
  units = without_places(units);
  return interval_text(lql, inner, units);
}

/* SECOND (3) keeps three places of it, rounded. */
static void keep_places(struct expr *interval, struct slice units) {
  int64_t step = 1;
  for (int places = lql__interval_places(units); places < INTERVAL_PLACES; places++) step *= 10;
  int64_t *us = &interval->value.interval.us, half = *us < 0 ? -step / 2 : step / 2;
  if (step > 1 && !__builtin_add_overflow(*us, half, us)) *us -= *us % step;
}

struct expr *lql__typed(struct lql *lql, struct lql_token token) {
  const uint8_t *end = token.text.data + token.text.bytes;
  const uint8_t *quote = memchr(token.text.data, '\'', token.text.bytes);
  if (!quote) { /* INTERVAL 3 DAYS */
    struct slice rest = slice_of(token.text.data + 8, token.text.bytes - 8);
    return moment(lql, token, rest);
  }
  const uint8_t *last = memrchr(quote, '\'', (size_t)(end - quote));
  struct slice inner = slice_of(quote + 1, (size_t)(last - quote) - 1);
  struct slice text = unquote(lql, token, inner, '\'', false);
  bool is_interval = (token.text.data[0] | 32) == 'i';
  struct slice units = slice_of(last + 1, (size_t)(end - last) - 1);
  if (text.data && is_interval) text = with_units(lql, text, units);
  bool is_clock = (token.text.data[0] | 32) == 't' && lql__is_clock(token.text.data);
  if (text.data && is_clock) return clock_literal(lql, token, text);
  struct expr *made = text.data ? moment(lql, token, text) : NULL;
  if (made && is_interval) keep_places(made, units);
  return made;
}

/* ---- CAST … AS INTERVAL unit ---- */

struct expr *lql__cast_interval(struct lql *lql, struct lql_token at, struct expr *value,
                                const struct lql_units *units) {
  struct lql_token finest = units->finest;
  bool is_second = slice_is_equal_nocase(finest.text, slice_of_text("second"));
  if (!value) return NULL;
  if (!slice_is_equal_nocase(units->type.text, slice_of_text("interval"))) {
    lql__fail(lql, LUMA_SYNTAX_ERROR, finest.offset, "`%.*s` does not fit here",
              SLICE_ARG(finest.text));
    lql__hint(lql, "INTERVAL alone has units: CAST(x AS INTERVAL YEAR TO MONTH)");
    return NULL;
  }
  if (is_second && units->has_places) {
    lql__fail(lql, LUMA_UNSUPPORTED, finest.offset, "a CAST keeps all places of a second");
    lql__hint(lql, "write SECOND, or INTERVAL '1.234567' SECOND(3), which rounds");
    return NULL;
  }
  struct lql_type type = {.name = units->type};
  bool is_text = value->kind == EXPR_CONST && value->value.type == VAL_TEXT;
  if (is_text) {
    struct slice text = with_units(lql, val_slice(&value->value), finest.text);
    value = text.data ? expr_const(lql->arena, val_text(text), value->offset) : NULL;
  }
  struct expr *cast = value ? lql__cast(lql, at, value, type) : NULL;
  if (is_second) return cast;
  struct expr *unit = expr_const(lql->arena, val_text(finest.text), finest.offset);
  return cast ? lql__apply(lql, "date_trunc", at, unit, cast) : NULL;
}

/* ---- the rest ---- */

struct expr *lql__bool(struct lql *lql, struct lql_token token, bool value) {
  return expr_const(lql->arena, val_bool(value), token.offset);
}

struct expr *lql__null(struct lql *lql, struct lql_token token) {
  return expr_const(lql->arena, val_null(), token.offset);
}

struct expr *lql__parameter(struct lql *lql, struct lql_token token) {
  struct slice rest = slice_of(token.text.data + 1, token.text.bytes - 1);
  int64_t number = 0;
  if (token.text.data[0] == '?')
    number = ++lql->questions;
  else if (rest.data[0] >= '0' && rest.data[0] <= '9' && !num_parse_int64(rest, &number))
    number = -1;
  else if (rest.data[0] < '0' || rest.data[0] > '9')
    return expr_param(lql->arena, 0, rest, token.offset);
  if (number < 1 || number > LQL_PARAMETERS_MAX) {
    lql__fail(lql, LUMA_SYNTAX_ERROR, token.offset, "parameters are numbered from 1 to %d",
              LQL_PARAMETERS_MAX);
    return NULL;
  }
  if ((uint32_t)number > lql->parameters) lql->parameters = (uint32_t)number;
  return expr_param(lql->arena, (uint32_t)number, slice_of(NULL, 0), token.offset);
}
