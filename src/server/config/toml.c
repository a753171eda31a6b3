/* SPDX-License-Identifier: MIT */
/* TOML 1.0, the part that settings need: comments, [sections], bare names, "basic" and 'literal'
 * text, integers with underscores, booleans, lists of text over several lines. */
#include "base/text/num.h"
#include "base/text/utf8.h"
#include "server/config/config_int.h"

enum { INTEGER_BYTES_MAX = 32 };

static status fail_at(const struct toml_reader *reader, size_t offset, struct err *err,
                      const char *what) {
  err_raise(err, LUMA_SYNTAX_ERROR, __FILE__, __LINE__, "%s", what);
  err_position(err, (const char *)reader->text.data, reader->text.bytes, offset);
  return LUMA_SYNTAX_ERROR;
}

static int peek(const struct toml_reader *reader) {
  return reader->at < reader->text.bytes ? reader->text.data[reader->at] : -1;
}

static void skip_blank(struct toml_reader *reader) {
  while (peek(reader) == ' ' || peek(reader) == '\t') reader->at++;
}

static void skip_comment(struct toml_reader *reader) {
  if (peek(reader) != '#') return;
  while (peek(reader) != -1 && peek(reader) != '\n') reader->at++;
}

/* Blanks, comments and line ends. */
static void skip_lines(struct toml_reader *reader) {
  for (;;) {
    skip_blank(reader);
    skip_comment(reader);
    if (peek(reader) != '\n' && peek(reader) != '\r') return;
    reader->at++;
  }
}

static status end_line(struct toml_reader *reader, struct err *err) {
  skip_blank(reader);
  skip_comment(reader);
  if (peek(reader) == '\r') reader->at++;
  if (peek(reader) == -1) return LUMA_OK;
  if (peek(reader) != '\n') return fail_at(reader, reader->at, err, "expected the end of the line");
  reader->at++;
  return LUMA_OK;
}

static bool is_bare(int c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

static status read_name(struct toml_reader *reader, struct slice *name, struct err *err) {
  size_t start = reader->at;
  while (is_bare(peek(reader))) reader->at++;
  *name = slice_of(reader->text.data + start, reader->at - start);
  return name->bytes ? LUMA_OK : fail_at(reader, start, err, "expected a name");
}

static status read_section(struct toml_reader *reader, struct err *err) {
  size_t start = reader->at++;
  if (peek(reader) == '[') return fail_at(reader, start, err, "lists of sections are not settings");
  skip_blank(reader);
  TRY(read_name(reader, &reader->section, err));
  skip_blank(reader);
  if (peek(reader) != ']')
    return fail_at(reader, reader->at, err, "expected `]` after the section's name");
  reader->at++;
  return end_line(reader, err);
}

/* ---- text ---- */

static int hex_of(int c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 32;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static status read_code_point(struct toml_reader *reader, int digits, uint8_t **out,
                              struct err *err) {
  uint32_t code = 0;
  for (int i = 0; i < digits; i++) {
    int digit = hex_of(peek(reader));
    if (digit < 0) return fail_at(reader, reader->at, err, "expected a hexadecimal digit");
    code = code << 4 | (uint32_t)digit;
    reader->at++;
  }
  if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
    return fail_at(reader, reader->at, err, "this is no character");
  *out += utf8_encode(code, *out);
  return LUMA_OK;
}

static status read_escape(struct toml_reader *reader, uint8_t **out, struct err *err) {
  static const char letters[] = "btnfr\"\\", means[] = "\b\t\n\f\r\"\\";
  int c = peek(reader);
  const char *found = c > 0 ? strchr(letters, c) : NULL;
  if (found) {
    reader->at++;
    *(*out)++ = (uint8_t)means[found - letters];
    return LUMA_OK;
  }
  if (c != 'u' && c != 'U')
    return fail_at(reader, reader->at, err, "there is no such escape in text");
  reader->at++;
  return read_code_point(reader, c == 'u' ? 4 : 8, out, err);
}

static status read_text(struct toml_reader *reader, const char **text, struct err *err) {
  size_t start = reader->at;
  int quote = peek(reader);
  /* No escape is shorter than what it stands for. */
  uint8_t *out = arena_alloc_text(reader->arena, reader->text.bytes - start + 1);
  if (!out) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the settings");
  *text = (const char *)out;
  reader->at++;
  while (peek(reader) != quote) {
    int c = peek(reader);
    if (c == -1 || c == '\n') return fail_at(reader, start, err, "the text does not end");
    if (c == 0 || (c < ' ' && c != '\t'))
      return fail_at(reader, reader->at, err, "control characters in text are written as escapes");
    reader->at++;
    if (c == '\\' && quote == '"')
      TRY(read_escape(reader, &out, err));
    else
      *out++ = (uint8_t)c;
  }
  reader->at++;
  *out = 0;
  return LUMA_OK;
}

/* ---- other values ---- */

static status read_list(struct toml_reader *reader, struct config_list *list, struct err *err) {
  size_t start = reader->at++;
  list->count = 0;
  for (;;) {
    skip_lines(reader);
    if (peek(reader) == ']') break;
    if (peek(reader) != '"' && peek(reader) != '\'')
      return fail_at(reader, reader->at, err, "expected text in quotes, or `]`");
    if (list->count == CONFIG_LIST_MAX) return fail_at(reader, start, err, "the list is too long");
    TRY(read_text(reader, &list->items[list->count++], err));
    skip_lines(reader);
    if (peek(reader) != ',' && peek(reader) != ']')
      return fail_at(reader, reader->at, err, "expected `,` or `]`");
    if (peek(reader) == ',') reader->at++;
  }
  reader->at++;
  return LUMA_OK;
}

static bool take_word(struct toml_reader *reader, const char *word) {
  struct slice rest = slice_of(reader->text.data + reader->at, reader->text.bytes - reader->at);
  if (!slice_has_prefix(rest, slice_of_text(word))) return false;
  reader->at += strlen(word);
  return true;
}

static status read_integer(struct toml_reader *reader, int64_t *integer, struct err *err) {
  char digits[INTEGER_BYTES_MAX];
  size_t start = reader->at, count = 0;
  if (peek(reader) == '+') reader->at++;
  while (count < sizeof digits) {
    int c = peek(reader);
    if (c != '_' && c != '-' && (c < '0' || c > '9')) break;
    if (c != '_') digits[count++] = (char)c;
    reader->at++;
  }
  if (num_parse_int64(slice_of(digits, count), integer)) return LUMA_OK;
  return fail_at(reader, start, err,
                 "expected a value: \"text\", an integer, true, false, or a list of texts");
}

static status read_value(struct toml_reader *reader, struct toml_entry *entry, struct err *err) {
  int c = peek(reader);
  entry->value_offset = reader->at;
  if (c == '"' || c == '\'') {
    entry->kind = TOML_TEXT;
    return read_text(reader, &entry->text, err);
  }
  if (c == '[') {
    entry->kind = TOML_LIST;
    return read_list(reader, &entry->list, err);
  }
  entry->kind = TOML_BOOLEAN;
  entry->boolean = take_word(reader, "true");
  if (entry->boolean || take_word(reader, "false")) return LUMA_OK;
  entry->kind = TOML_INTEGER;
  return read_integer(reader, &entry->integer, err);
}

status toml_next(struct toml_reader *reader, struct toml_entry *entry, bool *has, struct err *err) {
  skip_lines(reader);
  while (peek(reader) == '[') {
    TRY(read_section(reader, err));
    skip_lines(reader);
  }
  *has = peek(reader) != -1;
  if (!*has) return LUMA_OK;
  entry->section = reader->section;
  entry->name_offset = reader->at;
  TRY(read_name(reader, &entry->name, err));
  skip_blank(reader);
  if (peek(reader) != '=') return fail_at(reader, reader->at, err, "expected `=` after the name");
  reader->at++;
  skip_blank(reader);
  TRY(read_value(reader, entry, err));
  return end_line(reader, err);
}
