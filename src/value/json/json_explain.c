/* SPDX-License-Identifier: MIT */
/* The careful reading of a text that is not JSON: finds the first fault and says where it is, what
 * was expected, what was found and what to do. Speed does not matter here. It decides the same
 * language as the walk (json_read.c): the fuzzer compares the two. */
#include <stdio.h>

#include "base/text/utf8.h"
#include "value/json/json_int.h"

struct explain {
  struct slice text;
  size_t at;
  uint32_t depth, depth_max;
  struct err *err;
};

static status explain_value(struct explain *e, const char *what);

/* The byte here; 0 at the end, where `at_end` tells it from a NUL byte. */
static uint8_t peek(const struct explain *e) {
  return e->at < e->text.bytes ? e->text.data[e->at] : 0;
}

static bool at_end(const struct explain *e) {
  return e->at == e->text.bytes;
}

static bool is_digit(uint8_t c) {
  return c >= '0' && c <= '9';
}
static bool is_letter(uint8_t c) {
  return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}
static bool is_word(uint8_t c) {
  return is_letter(c) || is_digit(c) || c == '_' || c == '$';
}

static void skip_space(struct explain *e) {
  while (peek(e) == ' ' || peek(e) == '\n' || peek(e) == '\r' || peek(e) == '\t') e->at++;
}

static bool looking_at(const struct explain *e, const char *text) {
  struct slice rest = slice_of(e->text.data + e->at, e->text.bytes - e->at);
  return slice_has_prefix(rest, slice_of_text(text));
}

/* ---- saying what is wrong ---- */

static status fault_at(const struct explain *e, size_t offset, status code, const char *message,
                       const char *hint) {
  err_raise(e->err, code, __FILE__, __LINE__, "%s", message);
  if (e->err) {
    if (hint) err_hint(e->err, "%s", hint);
    err_position(e->err, (const char *)e->text.data, e->text.bytes, offset);
  }
  return code;
}

static status fault(const struct explain *e, size_t offset, const char *message, const char *hint) {
  return fault_at(e, offset, LUMA_INVALID_JSON, message, hint);
}

static size_t word_bytes(const struct explain *e) {
  size_t bytes = 0;
  while (e->at + bytes < e->text.bytes && is_word(e->text.data[e->at + bytes])) bytes++;
  return bytes;
}

/* Bytes of the character here; 0 when it is not UTF-8. */
static size_t character_bytes(const struct explain *e) {
  for (size_t bytes = 1; bytes <= 4 && e->at + bytes <= e->text.bytes; bytes++)
    if (utf8_is_valid(slice_of(e->text.data + e->at, bytes), NULL)) return bytes;
  return 0;
}

/* What stands here, in words. */
static void describe(const struct explain *e, char *out, size_t bytes) {
  uint8_t c = peek(e);
  size_t word = word_bytes(e), character = character_bytes(e);
  uint32_t point = 0;
  if (at_end(e)) {
    snprintf(out, bytes, "the end of the text");
  } else if (word > 0) {
    snprintf(out, bytes, "`%.*s`", (int)(word < 24 ? word : 24),
             (const char *)e->text.data + e->at);
  } else if (character == 0) {
    snprintf(out, bytes, "the byte 0x%02x, which is not UTF-8", c);
  } else if (c < 0x20 || c == 0x7f) {
    snprintf(out, bytes, "the control character U+%04X", c);
  } else {
    utf8_decode(slice_of(e->text.data + e->at, character), &point);
    bool show = point < 0x2000; /* not the invisible ones further up */
    snprintf(out, bytes, show ? "`%.*s`" : "the character %.*s", (int)character,
             (const char *)e->text.data + e->at);
    if (!show) snprintf(out, bytes, "the character U+%04X", (unsigned)point);
  }
}

static status expected(const struct explain *e, const char *what, const char *hint) {
  char found[64], message[160];
  describe(e, found, sizeof found);
  snprintf(message, sizeof message, "expected %s, found %s", what, found);
  return fault(e, e->at, message, hint);
}

/* What people write where JSON has something else. */
static const struct {
  const char *start;
  const char *hint;
} mistakes[] = {
    {"'", "text stands in double quotes"},
    {"`", "text stands in double quotes"},
    {"\xe2\x80\x9c", "text stands in plain double quotes, not typographic ones"},
    {"//", "JSON has no comments"},
    {"/*", "JSON has no comments"},
    {"#", "JSON has no comments"},
    {"True", "write true"},
    {"False", "write false"},
    {"TRUE", "write true"},
    {"FALSE", "write false"},
    {"None", "write null"},
    {"NULL", "write null"},
    {"Null", "write null"},
    {"undefined", "write null, or leave the field out"},
    {"NaN", "JSON has no NaN: write null, or {\"$numberDouble\": \"NaN\"} in the tagged form"},
    {"nan", "JSON has no NaN: write null, or {\"$numberDouble\": \"NaN\"} in the tagged form"},
    {"Infinity",
     "JSON has no Infinity: write {\"$numberDouble\": \"Infinity\"} in the tagged form"},
    {"-Infinity",
     "JSON has no Infinity: write {\"$numberDouble\": \"-Infinity\"} in the tagged form"},
    {"+", "a number has no plus sign in front"},
    {".", "a number begins with a digit: 0.5, not .5"},
    {",", "a value is missing before the comma"},
    {"\xef\xbb\xbf", "remove the byte order mark"},
};

static const char *hint_for_value(const struct explain *e) {
  for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++)
    if (looking_at(e, mistakes[i].start)) return mistakes[i].hint;
  return is_letter(peek(e)) ? "text stands in double quotes" : NULL;
}

/* ---- texts ---- */

static status bad_utf8(const struct explain *e, size_t from, size_t to, bool *is_bad) {
  size_t bad = 0;
  *is_bad = !utf8_is_valid(slice_of(e->text.data + from, to - from), &bad);
  if (!*is_bad) return LUMA_OK;
  char message[64];
  snprintf(message, sizeof message, "the byte 0x%02x is not UTF-8", e->text.data[from + bad]);
  return fault(e, from + bad, message,
               "JSON text is UTF-8; convert the file, for example with iconv");
}

/* An escape: the backslash is here. */
static status explain_escape(struct explain *e) {
  static const size_t lengths[] = {2, 6, 12};
  size_t left = e->text.bytes - e->at;
  for (size_t i = 0; i < 3; i++) {
    uint8_t out[8];
    size_t bytes = 0;
    struct slice escape = slice_of(e->text.data + e->at, lengths[i]);
    if (left >= lengths[i] && json__unescape(escape, out, &bytes) &&
        (i > 0 || escape.data[1] != 'u')) {
      e->at += lengths[i];
      return LUMA_OK;
    }
  }
  if (left < 2) return fault(e, e->at, "the text ends inside an escape", NULL);
  if (e->text.data[e->at + 1] != 'u')
    return fault(
        e, e->at, "this escape does not exist in JSON",
        "the escapes are \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX; a backslash itself is \\\\");
  uint8_t first = left > 2 ? e->text.data[e->at + 2] | 0x20 : 0;
  if (first == 'd')
    return fault(e, e->at, "half of a surrogate pair",
                 "\\uD800 to \\uDBFF need \\uDC00 to \\uDFFF right behind them");
  return fault(e, e->at, "\\u needs four hexadecimal digits", NULL);
}

static status explain_text(struct explain *e) {
  size_t open = e->at++, from = e->at;
  bool is_bad = false;
  for (;;) {
    uint8_t c = peek(e);
    if (c == '"' || c == '\\' || c < 0x20) {
      status code = bad_utf8(e, from, e->at, &is_bad);
      if (is_bad) return code;
    }
    if (at_end(e))
      return fault(e, open, "text without a closing quote", "put a double quote at its end");
    if (c == '"') break;
    if (c == '\n' || c == '\r')
      return fault(e, e->at, "a line break inside text",
                   "write \\n, or put the closing quote before it");
    if (c < 0x20)
      return fault(e, e->at, "a control character inside text", "write it as \\t or \\u00XX");
    if (c == '\\') {
      TRY(explain_escape(e));
      from = e->at;
    } else {
      e->at++;
    }
  }
  e->at++;
  return LUMA_OK;
}

/* ---- numbers and literals ---- */

static size_t skip_digits(struct explain *e) {
  size_t from = e->at;
  while (is_digit(peek(e))) e->at++;
  return e->at - from;
}

static status explain_number(struct explain *e) {
  size_t from = e->at;
  const char *hint = hint_for_value(e);
  if (peek(e) == '-') e->at++;
  if (!is_digit(peek(e)))
    return hint ? fault(e, from, "this is not a number", hint) : expected(e, "a digit", NULL);
  if (peek(e) == '0') {
    e->at++;
    if (is_digit(peek(e)))
      return fault(e, from, "a number with a zero in front",
                   "write 7, not 07; or put it in quotes");
    if ((peek(e) | 0x20) == 'x')
      return fault(e, from, "JSON has no hexadecimal numbers", "write it in decimal, or in quotes");
  } else {
    skip_digits(e);
  }
  if (peek(e) == '.') {
    e->at++;
    if (skip_digits(e) == 0) return expected(e, "a digit after the point", "write 1.0 or 1");
  }
  if ((peek(e) | 0x20) == 'e') {
    e->at++;
    if (peek(e) == '+' || peek(e) == '-') e->at++;
    if (skip_digits(e) == 0) return expected(e, "a digit in the exponent", NULL);
  }
  if (peek(e) == '_') return fault(e, e->at, "a number has no separators", "write 1000, not 1_000");
  if (is_letter(peek(e)))
    return expected(e, "the end of the number", "text stands in double quotes");
  return LUMA_OK;
}

static bool is_literal(const struct explain *e, size_t bytes) {
  struct slice word = slice_of(e->text.data + e->at, bytes);
  return slice_is_equal(word, slice_of_text("true")) ||
         slice_is_equal(word, slice_of_text("false")) ||
         slice_is_equal(word, slice_of_text("null"));
}

/* ---- lists and maps ---- */

/* After a value: goes over a comma (`*more`) or the closing `close`. */
static status explain_next(struct explain *e, uint8_t close, bool *more) {
  const char *what = close == ']' ? "`,` or `]`" : "`,` or `}`";
  skip_space(e);
  uint8_t c = peek(e);
  *more = c == ',';
  if (c != ',' && c != close) {
    const char *hint = looking_at(e, "//") || looking_at(e, "/*") || c == '#'
                           ? "JSON has no comments"
                       : c == '"' || c == '{' || c == '[' ? "a comma is missing"
                                                          : NULL;
    return expected(e, what, hint);
  }
  size_t comma = e->at++;
  if (*more) {
    skip_space(e);
    if (peek(e) == ']' || peek(e) == '}')
      return fault(e, comma, "a comma after the last value", "remove the comma");
  }
  return LUMA_OK;
}

static status explain_list(struct explain *e) {
  e->at++;
  skip_space(e);
  if (peek(e) == ']') {
    e->at++;
    return LUMA_OK;
  }
  bool more = true;
  while (more) {
    TRY(explain_value(e, "a value or `]`"));
    TRY(explain_next(e, ']', &more));
  }
  return LUMA_OK;
}

static status explain_field(struct explain *e) {
  skip_space(e);
  if (peek(e) != '"') {
    bool is_bare = is_word(peek(e)) || peek(e) == '\'' || peek(e) == '`';
    const char *hint = is_bare ? "names stand in double quotes" : hint_for_value(e);
    return expected(e, "a name in double quotes or `}`", hint);
  }
  TRY(explain_text(e));
  skip_space(e);
  if (peek(e) != ':') return expected(e, "`:` after the name", NULL);
  e->at++;
  return explain_value(e, "a value");
}

static status explain_map(struct explain *e) {
  e->at++;
  skip_space(e);
  if (peek(e) == '}') {
    e->at++;
    return LUMA_OK;
  }
  bool more = true;
  while (more) {
    TRY(explain_field(e));
    TRY(explain_next(e, '}', &more));
  }
  return LUMA_OK;
}

static status explain_container(struct explain *e) {
  if (e->depth == e->depth_max) {
    char message[64];
    snprintf(message, sizeof message, "nesting is deeper than %u levels", e->depth_max);
    return fault_at(e, e->at, LUMA_TOO_DEEP, message, NULL);
  }
  e->depth++;
  status code = peek(e) == '[' ? explain_list(e) : explain_map(e);
  e->depth--;
  return code;
}

static status explain_value(struct explain *e, const char *what) {
  skip_space(e);
  uint8_t c = peek(e);
  if (c == '"') return explain_text(e);
  if (c == '-' || is_digit(c)) return explain_number(e);
  if (c == '[' || c == '{') return explain_container(e);
  size_t word = word_bytes(e);
  if (!is_literal(e, word)) return expected(e, what, hint_for_value(e));
  e->at += word;
  return LUMA_OK;
}

static status explain_end(struct explain *e) {
  size_t value_end = e->at;
  skip_space(e);
  if (at_end(e)) return LUMA_OK;
  uint8_t c = peek(e);
  bool is_other = c == '{' || c == '[' || c == '"';
  const char *hint =
      looking_at(e, "//") || looking_at(e, "/*") || c == '#' ? "JSON has no comments" : NULL;
  if (is_other) hint = "one value is read here; several stand in a list, or one per line (ndjson)";
  if (c == '}' || c == ']') hint = "there is one closing bracket too many";
  if (e->at == value_end && is_word(c)) hint = "text stands in double quotes";
  return expected(e, "the end of the text", hint);
}

static bool is_utf16(struct slice text) {
  if (text.bytes < 2) return false;
  const uint8_t *p = text.data;
  bool marked = (p[0] == 0xff && p[1] == 0xfe) || (p[0] == 0xfe && p[1] == 0xff);
  return marked || (p[0] == 0) != (p[1] == 0);
}

status json__explain(struct slice text, uint32_t depth_max, struct err *err) {
  struct explain e = {.text = text, .depth_max = depth_max, .err = err};
  skip_space(&e);
  if (at_end(&e)) return fault(&e, 0, "the text is empty", "an empty document is {}");
  if (looking_at(&e, "\xef\xbb\xbf"))
    return fault(&e, e.at, "the text begins with a byte order mark",
                 "remove its first three bytes");
  if (is_utf16(text))
    return fault(&e, 0, "the text is not UTF-8",
                 "it looks like UTF-16; convert it, for example with iconv");
  TRY(explain_value(&e, "a value"));
  return explain_end(&e);
}
