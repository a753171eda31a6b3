/* SPDX-License-Identifier: MIT */
/* Tokens of a path. Names are whatever has no other meaning; strings and names take JavaScript's
 * escapes. */
#include <stdarg.h>
#include <stdio.h>

#include "base/text/num.h"
#include "base/text/utf8.h"
#include "query/jsonpath/jsonpath_int.h"

status jsonpath__refuse(const struct jsonpath_lexer *lexer, uint32_t at, const char *hint,
                        const char *format, ...) {
  char message[512];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(message, sizeof message, format, args);
  va_end(args);
  size_t character = utf8_count(slice_of(lexer->text.data, at)) + 1;
  status failed = err_raise(lexer->err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                            "the path does not read at character %zu: %s", character, message);
  if (hint[0]) err_hint(lexer->err, "%s", hint);
  return failed;
}

static bool is_blank(uint8_t c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(uint8_t c) {
  return c >= '0' && c <= '9';
}

static bool is_special(uint8_t c) {
  return is_blank(c) || memchr("?%$.[]{}()|&!=<>@#,*:-+/\"", c, 24) != NULL;
}

static uint8_t byte_at(const struct jsonpath_lexer *lexer, size_t at) {
  return at < lexer->text.bytes ? lexer->text.data[at] : 0;
}

static status skip_blanks(struct jsonpath_lexer *lexer) {
  for (;;) {
    while (is_blank(byte_at(lexer, lexer->at))) lexer->at++;
    if (byte_at(lexer, lexer->at) != '/' || byte_at(lexer, lexer->at + 1) != '*') return LUMA_OK;
    struct slice rest =
        slice_of(lexer->text.data + lexer->at + 2, lexer->text.bytes - lexer->at - 2);
    const uint8_t *end = rest.bytes ? memmem(rest.data, rest.bytes, "*/", 2) : NULL;
    if (!end)
      return jsonpath__refuse(lexer, lexer->at, "close it with */", "the comment does not end");
    lexer->at = (uint32_t)(end - lexer->text.data) + 2;
  }
}

/* ---- strings and names ---- */

/* Where it ends; a backslash takes the byte behind it along. */
static uint32_t end_of_text(const struct jsonpath_lexer *lexer, uint32_t at, bool quoted) {
  for (; at < lexer->text.bytes; at++) {
    uint8_t c = lexer->text.data[at];
    if (quoted ? c == '"' : is_special(c)) break;
    if (c == '\\' && at + 1 < lexer->text.bytes) at++;
  }
  return at;
}

/* What is written up to `end`, escapes resolved: never more bytes than that. */
static status resolve(struct jsonpath_lexer *lexer, uint32_t at, uint32_t end) {
  uint8_t *out = arena_alloc_text(lexer->arena, end - at + 1);
  size_t bytes = 0, added = 0;
  if (!out) return jsonpath__fail_memory(lexer->arena, lexer->err);
  while (at < end) {
    if (lexer->text.data[at] != '\\') {
      out[bytes++] = lexer->text.data[at++];
      continue;
    }
    at++;
    TRY(jsonpath__escape(lexer, &at, out + bytes, &added));
    bytes += added;
  }
  lexer->token.text = slice_of(out, bytes);
  return LUMA_OK;
}

static status read_text(struct jsonpath_lexer *lexer, uint32_t from, bool quoted) {
  uint32_t end = end_of_text(lexer, from, quoted);
  if (quoted && end == lexer->text.bytes)
    return jsonpath__refuse(lexer, from - 1, "close it with \"", "the string does not end");
  lexer->at = end + quoted;
  lexer->token.text = slice_of(lexer->text.data + from, end - from);
  bool has_escapes = end > from && memchr(lexer->token.text.data, '\\', end - from);
  return has_escapes ? resolve(lexer, from, end) : LUMA_OK;
}

/* ---- numbers ---- */

bool jsonpath__number(struct slice text, struct val *out) {
  double real = 0;
  int64_t whole = 0;
  struct decimal decimal;
  bool inexact = false;
  if (num_parse_int64(text, &whole)) {
    *out = val_int64(whole);
    return true;
  }
  if (!decimal_parse(text, &decimal, &inexact) || inexact) return false;
  *out = val_decimal(decimal);
  if (!num_parse_float64(text, &real) || real - real != 0) return true;
  if (decimal_compare(decimal_from_float64(real), decimal) == 0) *out = val_float64(real);
  return true;
}

static uint32_t skip_digits(const struct jsonpath_lexer *lexer, uint32_t at) {
  while (is_digit(byte_at(lexer, at))) at++;
  return at;
}

static status read_number(struct jsonpath_lexer *lexer) {
  uint32_t start = lexer->at, end = skip_digits(lexer, start);
  bool has_zero = byte_at(lexer, start) == '0' && end > start + 1;
  if (byte_at(lexer, end) == '.') end = skip_digits(lexer, end + 1);
  uint8_t e = byte_at(lexer, end) | 32, sign = byte_at(lexer, end + 1);
  uint32_t power = end + 1 + (sign == '+' || sign == '-');
  if (e == 'e' && is_digit(byte_at(lexer, power))) end = skip_digits(lexer, power);
  uint8_t behind = byte_at(lexer, end);
  if (end < lexer->text.bytes && (behind == '"' || !is_special(behind)))
    return jsonpath__refuse(lexer, start, "a name that begins with a digit is quoted: $.\"1a\"",
                            "a number is followed by a letter");
  if (has_zero)
    return jsonpath__refuse(lexer, start, "write it without the zero", "a number begins with 0");
  struct slice text = slice_of(lexer->text.data + start, end - start);
  lexer->token.kind = JSONPATH_NUMBER;
  lexer->at = end;
  if (jsonpath__number(text, &lexer->token.number)) return LUMA_OK;
  return jsonpath__refuse(lexer, start, "", "the number has more than 34 digits");
}

/* ---- marks ---- */

static void read_mark(struct jsonpath_lexer *lexer) {
  static const char *const twos[] = {"&&", "||", "**", "==", "!=", "<>", "<=", ">="};
  uint8_t first = byte_at(lexer, lexer->at), second = byte_at(lexer, lexer->at + 1);
  lexer->token.kind = JSONPATH_MARK;
  lexer->token.mark = first;
  for (size_t i = 0; i < sizeof twos / sizeof twos[0]; i++) {
    if (first != (uint8_t)twos[i][0] || second != (uint8_t)twos[i][1]) continue;
    lexer->token.kind = JSONPATH_TWO_MARK;
    lexer->token.mark = (uint16_t)(first << 8 | second);
  }
  lexer->at += lexer->token.kind == JSONPATH_TWO_MARK ? 2 : 1;
}

static status read_token(struct jsonpath_lexer *lexer) {
  uint8_t c = byte_at(lexer, lexer->at), next = byte_at(lexer, lexer->at + 1);
  if (lexer->at == lexer->text.bytes) return LUMA_OK;
  if (is_digit(c) || (c == '.' && is_digit(next))) return read_number(lexer);
  bool has_name = lexer->at + 1 < lexer->text.bytes && (next == '"' || !is_special(next));
  if (c == '$' && has_name) {
    lexer->token.kind = JSONPATH_VAR;
    return read_text(lexer, lexer->at + 1 + (next == '"'), next == '"');
  }
  if (c == '"') {
    lexer->token.kind = JSONPATH_STRING;
    return read_text(lexer, lexer->at + 1, true);
  }
  if (!is_special(c)) {
    lexer->token.kind = JSONPATH_WORD;
    return read_text(lexer, lexer->at, false);
  }
  read_mark(lexer);
  return LUMA_OK;
}

status jsonpath__advance(struct jsonpath_lexer *lexer) {
  lexer->token = (struct jsonpath_token){0};
  TRY(skip_blanks(lexer));
  lexer->token.at = lexer->at;
  TRY(read_token(lexer));
  lexer->token.bytes = lexer->at - lexer->token.at;
  return LUMA_OK;
}
