/* SPDX-License-Identifier: MIT */
#include "query/lang/jql/plain.h"

#include <stdarg.h>
#include <stdio.h>

#include "query/lang/jql/plain_int.h"
#include "value/doc/doc.h"

/* ---- walking ---- */

static bool is_name_byte(uint8_t c) {
  return c == '_' || c == '$' || c >= 0x80 || (c >= '0' && c <= '9') ||
         ((c | 32) >= 'a' && (c | 32) <= 'z');
}

static uint8_t byte_at(const struct writing *writing, size_t at) {
  return at < writing->text.bytes ? writing->text.data[at] : 0;
}

/* At a comment: past it. */
static bool pass_comment(struct writing *writing) {
  const struct slice *text = &writing->text;
  if (byte_at(writing, writing->at) != '/') return false;
  uint8_t second = byte_at(writing, writing->at + 1);
  const char *closing = second == '/' ? "\n" : second == '*' ? "*/" : NULL;
  if (!closing) return false;
  const uint8_t *from = text->data + writing->at + 2;
  size_t left = text->bytes - writing->at - 2;
  const uint8_t *found = memmem(from, left, closing, strlen(closing));
  writing->at = found ? (size_t)(found - text->data) + strlen(closing) : text->bytes;
  return true;
}

uint8_t plain__peek(struct writing *writing) {
  for (;;) {
    uint8_t c = byte_at(writing, writing->at);
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
      writing->at++;
    else if (!pass_comment(writing))
      return c;
  }
}

bool plain__take(struct writing *writing, char c) {
  if (plain__peek(writing) != (uint8_t)c || c == 0) return false;
  writing->at++;
  return true;
}

struct slice plain__name(struct writing *writing) {
  (void)plain__peek(writing);
  size_t start = writing->at;
  while (is_name_byte(byte_at(writing, writing->at))) writing->at++;
  return slice_of(writing->text.data + start, writing->at - start);
}

void plain__mark(struct writing *writing, size_t at) {
  struct plain_mark mark = {writing->json.bytes, at};
  buf_append(&writing->marks, &mark, sizeof mark);
}

status plain__fail(struct writing *writing, size_t at, const char *format, ...) {
  char message[ERR_MESSAGE_BYTES];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  err_raise(writing->err, LUMA_SYNTAX_ERROR, __FILE__, __LINE__, "%s", message);
  if (writing->err)
    err_position(writing->err, (const char *)writing->text.data, writing->text.bytes, at);
  return LUMA_SYNTAX_ERROR;
}

status plain__expect(struct writing *writing, char c, const char *where) {
  if (plain__take(writing, c)) return LUMA_OK;
  return plain__fail(writing, writing->at, "`%c` is expected %s", c, where);
}

/* ---- strings ---- */

static void write_byte(struct writing *writing, uint8_t c) {
  if (c < 0x20)
    buf_append_format(&writing->json, "\\u%04x", c);
  else if (c == '"' || c == '\\')
    buf_append_format(&writing->json, "\\%c", c);
  else
    buf_append_byte(&writing->json, c);
}

static int hex_digit(uint8_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  return (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* \xHH and \uHHHH, with `writing->at` behind the letter. */
static status write_code(struct writing *writing, int digits) {
  uint32_t code = 0;
  for (int i = 0; i < digits; i++) {
    int digit = hex_digit(byte_at(writing, writing->at));
    if (digit < 0)
      return plain__fail(writing, writing->at, "%d hexadecimal digits are expected", digits);
    code = code * 16 + (uint32_t)digit;
    writing->at++;
  }
  buf_append_format(&writing->json, "\\u%04x", (unsigned)code);
  return LUMA_OK;
}

/* What stands behind a backslash. */
static status write_escape(struct writing *writing) {
  static const char letters[] = "ntrbfv0", bytes[] = "\n\t\r\b\f\v";
  uint8_t c = byte_at(writing, writing->at++);
  const char *letter = c ? strchr(letters, c) : NULL;
  if (c == 'x') return write_code(writing, 2);
  if (c == 'u') return write_code(writing, 4);
  if (c == '\n') return LUMA_OK; /* the line goes on */
  write_byte(writing, letter ? (uint8_t)bytes[letter - letters] : c);
  return LUMA_OK;
}

static status write_quoted(struct writing *writing, uint8_t quote) {
  size_t start = writing->at++;
  buf_append_byte(&writing->json, '"');
  for (;;) {
    if (writing->at >= writing->text.bytes)
      return plain__fail(writing, start, "the text has no closing %c", quote);
    uint8_t c = writing->text.data[writing->at++];
    if (c == quote) break;
    if (c == '\\')
      TRY(write_escape(writing));
    else
      write_byte(writing, c);
  }
  buf_append_byte(&writing->json, '"');
  return LUMA_OK;
}

status plain__string(struct writing *writing) {
  uint8_t c = plain__peek(writing);
  plain__mark(writing, writing->at);
  if (c == '"' || c == '\'' || c == '`') return write_quoted(writing, c);
  struct slice name = plain__name(writing);
  if (name.bytes == 0) return plain__fail(writing, writing->at, "a name is expected");
  buf_append_byte(&writing->json, '"');
  buf_append_slice(&writing->json, name);
  buf_append_byte(&writing->json, '"');
  return LUMA_OK;
}

/* Up to the slash that closes it, which stands in no class. */
static status write_pattern(struct writing *writing, size_t start) {
  bool in_class = false;
  for (;; writing->at++) {
    uint8_t c = byte_at(writing, writing->at), next = byte_at(writing, writing->at + 1);
    if (c == 0 || c == '\n') return plain__fail(writing, start, "the expression has no closing /");
    if (c == '/' && !in_class) return LUMA_OK;
    if (c == '[') in_class = true;
    if (c == ']') in_class = false;
    if (c == '\\' && next && next != '\n') {
      if (next != '/') write_byte(writing, c);
      writing->at++;
      c = next;
    }
    write_byte(writing, c);
  }
}

/* `/pattern/flags` */
static status write_regex(struct writing *writing) {
  size_t start = writing->at++;
  buf_append_text(&writing->json, "{\"$regularExpression\":{\"pattern\":\"");
  TRY(write_pattern(writing, start));
  writing->at++;
  buf_append_text(&writing->json, "\",\"options\":\"");
  while (is_name_byte(byte_at(writing, writing->at)))
    write_byte(writing, writing->text.data[writing->at++]);
  buf_append_text(&writing->json, "\"}}");
  return LUMA_OK;
}

/* ---- numbers ---- */

static status write_hex(struct writing *writing, size_t start) {
  uint64_t value = 0;
  int digit, count = 0;
  for (; (digit = hex_digit(byte_at(writing, writing->at))) >= 0; count++, writing->at++)
    value = value << 4 | (uint64_t)digit;
  if (count == 0 || count > 15)
    return plain__fail(writing, start, "a number in hexadecimal digits has 1 to 15 of them");
  buf_append_format(&writing->json, "%llu", (unsigned long long)value);
  return LUMA_OK;
}

static void write_digits(struct writing *writing) {
  while (byte_at(writing, writing->at) >= '0' && byte_at(writing, writing->at) <= '9')
    buf_append_byte(&writing->json, writing->text.data[writing->at++]);
}

/* JSON wants a digit on each side of the point. */
static void write_decimal(struct writing *writing) {
  size_t start = writing->at;
  write_digits(writing);
  if (writing->at == start) buf_append_byte(&writing->json, '0');
  if (byte_at(writing, writing->at) == '.') {
    start = ++writing->at;
    buf_append_byte(&writing->json, '.');
    write_digits(writing);
    if (writing->at == start) buf_append_byte(&writing->json, '0');
  }
  if ((byte_at(writing, writing->at) | 32) != 'e') return;
  buf_append_byte(&writing->json, writing->text.data[writing->at++]);
  if (byte_at(writing, writing->at) == '-' || byte_at(writing, writing->at) == '+')
    buf_append_byte(&writing->json, writing->text.data[writing->at++]);
  write_digits(writing);
}

status plain__number(struct writing *writing) {
  size_t start = writing->at;
  bool is_negative = byte_at(writing, start) == '-';
  if (is_negative || byte_at(writing, start) == '+') writing->at++;
  uint8_t first = plain__peek(writing);
  if (first == 'I') {
    struct slice name = plain__name(writing);
    if (!slice_is_equal(name, slice_of_text("Infinity")))
      return plain__fail(writing, start, "a number is expected");
    buf_append_format(&writing->json, "{\"$numberDouble\":\"%sInfinity\"}", is_negative ? "-" : "");
    return LUMA_OK;
  }
  if (is_negative) buf_append_byte(&writing->json, '-');
  if (first == '0' && (byte_at(writing, writing->at + 1) | 32) == 'x') {
    writing->at += 2;
    return write_hex(writing, start);
  }
  if (first != '.' && (first < '0' || first > '9'))
    return plain__fail(writing, start, "a number is expected");
  write_decimal(writing);
  if (is_name_byte(byte_at(writing, writing->at)))
    return plain__fail(writing, writing->at, "the number ends, and something follows at once");
  return LUMA_OK;
}

/* ---- words ---- */

static status write_word(struct writing *writing) {
  static const char *const same[] = {"true", "false", "null"};
  size_t at = writing->at;
  struct slice word = plain__name(writing);
  if (slice_is_equal(word, slice_of_text("new"))) word = plain__name(writing);
  for (int i = 0; i < 3; i++)
    if (slice_is_equal(word, slice_of_text(same[i])))
      return (void)buf_append_slice(&writing->json, word), LUMA_OK;
  if (slice_is_equal(word, slice_of_text("undefined")))
    return (void)buf_append_text(&writing->json, "null"), LUMA_OK;
  if (slice_is_equal(word, slice_of_text("NaN")))
    return (void)buf_append_text(&writing->json, "{\"$numberDouble\":\"NaN\"}"), LUMA_OK;
  if (slice_is_equal(word, slice_of_text("Infinity")))
    return (void)buf_append_text(&writing->json, "{\"$numberDouble\":\"Infinity\"}"), LUMA_OK;
  return plain__construct(writing, at, word);
}

/* ---- values ---- */

static status write_field(struct writing *writing) {
  TRY(plain__string(writing));
  TRY(plain__expect(writing, ':', "behind the name of a field"));
  buf_append_byte(&writing->json, ':');
  return plain__value(writing);
}

/* The last comma may be one too many. */
static status write_parts(struct writing *writing, char close, status (*part)(struct writing *)) {
  size_t start = writing->at++;
  if (++writing->depth > DOC_DEPTH_MAX)
    return plain__fail(writing, start, "this is nested too deep");
  buf_append_byte(&writing->json, writing->text.data[start]);
  for (bool is_first = true; !plain__take(writing, close); is_first = false) {
    if (writing->at == writing->text.bytes)
      return plain__fail(writing, start, "there is no `%c` that closes this", close);
    if (!is_first) TRY(plain__expect(writing, ',', "here, or the end of what is in brackets"));
    if (!is_first && plain__take(writing, close)) break;
    if (!is_first) buf_append_byte(&writing->json, ',');
    TRY(part(writing));
  }
  buf_append_byte(&writing->json, (uint8_t)close);
  writing->depth--;
  return LUMA_OK;
}

status plain__value(struct writing *writing) {
  uint8_t c = plain__peek(writing);
  plain__mark(writing, writing->at);
  switch (c) {
  case '{': return write_parts(writing, '}', write_field);
  case '[': return write_parts(writing, ']', plain__value);
  case '"':
  case '\'':
  case '`': return write_quoted(writing, c);
  case '/': return write_regex(writing);
  default: break;
  }
  if (c == '-' || c == '+' || c == '.' || (c >= '0' && c <= '9')) return plain__number(writing);
  if (is_name_byte(c)) return write_word(writing);
  return plain__fail(writing, writing->at, "a value is expected");
}

/* ---- the door ---- */

bool jql_is_call(struct slice text, size_t at) {
  return text.bytes - at > 2 && memcmp(text.data + at, "db", 2) == 0 &&
         (text.data[at + 2] == '.' || text.data[at + 2] == '[');
}

static status keep(const struct lang_context *context, const struct writing *writing,
                   struct plain *plain, struct err *err) {
  TRY(buf_check(&writing->json, "the command", err));
  TRY(buf_check(&writing->marks, "the command", err));
  void *json = arena_copy(context->arena, writing->json.data, writing->json.bytes);
  void *marks = arena_copy(context->arena, writing->marks.data, writing->marks.bytes);
  TRY(plan_check_memory(context->arena, json ? marks : NULL, err));
  *plain = (struct plain){.json = slice_of(json, writing->json.bytes),
                          .written = writing->text,
                          .end = writing->at,
                          .is_momentary = writing->is_momentary,
                          .marks = marks,
                          .marks_count = writing->marks.bytes / sizeof *plain->marks};
  return LUMA_OK;
}

status plain_read(const struct lang_context *context, struct slice text, size_t at,
                  struct plain *plain, struct err *err) {
  struct writing writing = {.text = text, .at = at, .now_us = context->now_us, .err = err};
  buf_init(&writing.json, 4 * (size_t)DOC_BYTES_MAX);
  buf_init(&writing.marks, 16 * (size_t)DOC_BYTES_MAX);
  status done = jql_is_call(text, at) ? plain__call(&writing) : plain__value(&writing);
  (void)plain__peek(&writing); /* a comment behind it is no other command */
  if (done == LUMA_OK) done = keep(context, &writing, plain, err);
  buf_deinit(&writing.json);
  buf_deinit(&writing.marks);
  return done;
}

status jql_as_json(const struct lang_context *context, struct slice text, size_t at,
                   struct slice *json, struct err *err) {
  struct plain plain;
  TRY(plain_read(context, text, at, &plain, err));
  *json = plain.json;
  return LUMA_OK;
}

size_t plain_told(const struct plain *plain, size_t offset) {
  size_t low = 0, high = plain->marks_count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (plain->marks[middle].made <= offset)
      low = middle + 1;
    else
      high = middle;
  }
  return low ? plain->marks[low - 1].written : 0;
}
