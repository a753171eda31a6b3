/* SPDX-License-Identifier: MIT */
/* Literals: numbers, texts, moments, parameters. */
#include "base/text/date.h"
#include "base/text/duration.h"
#include "base/text/num.h"
#include "base/text/utf8.h"
#include "query/lang/lql/lql.h"
#include "query/lang/lql/lql_int.h"

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

struct expr *lql__integer(struct lql *lql, struct lql_token token) {
  struct slice digits = plain_digits(lql, token);
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

struct expr *lql__text(struct lql *lql, struct lql_token token) {
  uint8_t first = token.text.data[0];
  bool escaped = first == 'e' || first == 'E', is_double = first == '"';
  size_t head = escaped ? 2 : 1;
  struct slice inner = slice_of(token.text.data + head, token.text.bytes - head - 1);
  struct slice text = unquote(lql, token, inner, is_double ? '"' : '\'', escaped || is_double);
  if (!text.data) return NULL;
  if (!utf8_is_valid(text, NULL)) {
    lql__fail(lql, LUMA_SYNTAX_ERROR, token.offset, "the text is not UTF-8");
    return NULL;
  }
  return expr_const(lql->arena, val_text(text), token.offset);
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

static struct expr *moment(struct lql *lql, struct lql_token token, struct slice text) {
  struct val value = {.type = VAL_TIMESTAMP};
  struct duration_interval interval;
  uint8_t kind = token.text.data[0] | 32;
  bool good;
  if (kind == 't') {
    good = date_parse_timestamp(text, &value.integer);
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

struct expr *lql__typed(struct lql *lql, struct lql_token token) {
  const uint8_t *quote = memchr(token.text.data, '\'', token.text.bytes);
  struct slice inner =
      slice_of(quote + 1, (size_t)(token.text.data + token.text.bytes - quote) - 2);
  struct slice text = unquote(lql, token, inner, '\'', false);
  return text.data ? moment(lql, token, text) : NULL;
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
