/* SPDX-License-Identifier: MIT */
/* Statements and errors in the log, when some soul has sensitive attributes: whatever may be a
 * value is masked. Texts of statements are taken apart as the languages do it, as far as that tells
 * values from names; in plain English nothing does. */
#include "query/lang/lang.h"
#include "server/rest/rest_int.h"

static bool has_sensitive(const struct catalog *catalog) {
  for (uint32_t i = 0; i < catalog_count(catalog); i++) {
    const struct soul *soul = catalog_at(catalog, i)->genotype;
    for (uint32_t k = 0; soul && k < soul->attributes_count; k++) {
      if (soul->attributes[k].is_masked) return true;
    }
  }
  return false;
}

static uint8_t at_or_none(struct slice text, size_t at) {
  return at < text.bytes ? text.data[at] : 0;
}

static bool is_digit(uint8_t c) {
  return c >= '0' && c <= '9';
}

static bool is_word(uint8_t c) {
  return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c >= 0x80;
}

/* Past the closing quote; to the end when there is none. */
static size_t end_of_quoted(struct slice text, size_t at, bool has_escapes) {
  uint8_t quote = text.data[at++];
  while (at < text.bytes && text.data[at] != quote)
    at += has_escapes && text.data[at] == '\\' ? 2 : 1;
  return at < text.bytes ? at + 1 : text.bytes;
}

/* Past the next place where `end` stands. */
static size_t past(struct slice text, size_t from, struct slice end) {
  const uint8_t *found =
      from < text.bytes ? memmem(text.data + from, text.bytes - from, end.data, end.bytes) : NULL;
  return found ? (size_t)(found - text.data) + end.bytes : text.bytes;
}

/* A quoted text before a colon is a name of JSON; before two it is cast. */
static bool is_name(struct slice text, size_t end) {
  while (end < text.bytes && text.data[end] <= ' ') end++;
  return at_or_none(text, end) == ':' && at_or_none(text, end + 1) != ':';
}

/* $tag$ … $tag$; `at` when none begins there. */
static size_t end_of_dollars(struct slice text, size_t at) {
  size_t tag = at + 1;
  while (is_word(at_or_none(text, tag))) tag++;
  if (at_or_none(text, tag) != '$') return at;
  struct slice end = slice_of(text.data + at, tag + 1 - at);
  return past(text, tag + 1, end);
}

static size_t end_of_word(struct slice text, size_t at) {
  while (is_word(at_or_none(text, at))) at++;
  return at;
}

static bool is_truth(struct slice word) {
  return slice_is_equal_nocase(word, slice_of_text("true")) ||
         slice_is_equal_nocase(word, slice_of_text("false"));
}

/* A word or a number begins at `at`, or something else that is no value. */
static size_t take_word(struct slice text, size_t at, bool *is_value) {
  size_t end = at + 1;
  *is_value = is_digit(text.data[at]);
  if (*is_value) {
    while (is_word(at_or_none(text, end)) || at_or_none(text, end) == '.') end++;
    return end;
  }
  if (!is_word(text.data[at])) return end;
  end = end_of_word(text, at);
  *is_value = is_truth(slice_of(text.data + at, end - at));
  return end;
}

/* `/pattern/flags`: the slash that closes it stands in no class. */
static size_t end_of_pattern(struct slice text, size_t at) {
  bool in_class = false;
  for (at++; at < text.bytes && (in_class || text.data[at] != '/'); at++) {
    if (text.data[at] == '[') in_class = true;
    if (text.data[at] == ']') in_class = false;
    if (text.data[at] == '\\') at++;
  }
  return at < text.bytes ? end_of_word(text, at + 1) : text.bytes;
}

/* JSON, and MongoDB's shell: nothing is computed there, so that a slash begins an expression or a
 * comment, and every quoted text has escapes. */
static size_t take_shell_piece(struct slice text, size_t at, bool *is_value) {
  uint8_t c = text.data[at], next = at_or_none(text, at + 1);
  *is_value = true;
  if (c == '/' && next == '/') return past(text, at, slice_of_text("\n"));
  if (c == '/' && next == '*') return past(text, at + 2, slice_of_text("*/"));
  if (c == '/') return end_of_pattern(text, at);
  if (c != '\'' && c != '"' && c != '`') return take_word(text, at, is_value);
  size_t end = end_of_quoted(text, at, true);
  *is_value = c == '`' || !is_name(text, end);
  return end;
}

/* Where the piece at `at` ends, and whether it may be a value. */
static size_t take_piece(struct slice text, size_t at, bool *is_value) {
  uint8_t c = text.data[at], next = at_or_none(text, at + 1);
  size_t end = at + 1;
  *is_value = true;
  if (c == '\'') return end_of_quoted(text, at, false);
  if ((c == 'e' || c == 'E' || c == 'x' || c == 'X') && next == '\'')
    return end_of_quoted(text, end, (c | 0x20) == 'e');
  if (c == '-' && next == '-') return past(text, at, slice_of_text("\n"));
  if (c == '/' && next == '*') return past(text, at + 2, slice_of_text("*/"));
  if (c == '$' && end_of_dollars(text, at) > at) return end_of_dollars(text, at);
  if (c == '"') {
    end = end_of_quoted(text, at, true);
    *is_value = !is_name(text, end);
    return end;
  }
  if (c != '`') return take_word(text, at, is_value);
  *is_value = false;
  return end_of_quoted(text, at, false);
}

static void redact(struct slice text, bool is_jql, struct buf *out) {
  for (size_t at = 0; at < text.bytes;) {
    bool is_value;
    size_t end = is_jql ? take_shell_piece(text, at, &is_value) : take_piece(text, at, &is_value);
    if (end > text.bytes) end = text.bytes;
    if (is_value)
      buf_append_text(out, "***");
    else
      buf_append(out, text.data + at, end - at);
    at = end;
  }
}

bool rest__masks(struct exchange *exchange) {
  const struct catalog *catalog = model_catalog_acquire(exchange->rest->options.db->model);
  bool any = has_sensitive(catalog);
  catalog_release(catalog);
  return any;
}

static struct slice redacted(struct exchange *exchange, struct slice text, bool is_jql) {
  struct buf out;
  buf_init(&out, 64 << 10);
  redact(text, is_jql, &out);
  const uint8_t *copy = arena_copy(&exchange->request->arena, out.data, out.bytes);
  struct slice made = slice_of(copy, copy ? out.bytes : 0);
  buf_deinit(&out);
  return made;
}

/* A collection may be named by its soul, so any whose keys are sensitive counts. */
static bool masks_keys(struct exchange *exchange) {
  const struct catalog *catalog = model_catalog_acquire(exchange->rest->options.db->model);
  bool any = false;
  for (uint32_t i = 0; i < catalog_count(catalog) && !any; i++)
    any = soul_hides_keys(catalog_at(catalog, i)->genotype);
  catalog_release(catalog);
  return any;
}

struct slice rest__redacted_path(struct exchange *exchange) {
  struct slice path = exchange->request->path, key = exchange->second;
  if (key.bytes == 0 || key.bytes > path.bytes || !masks_keys(exchange)) return path;
  struct buf out;
  buf_init(&out, 64 << 10);
  buf_append(&out, path.data, path.bytes - key.bytes);
  buf_append_text(&out, "***");
  const uint8_t *copy = arena_copy(&exchange->request->arena, out.data, out.bytes);
  struct slice made = slice_of(copy, copy ? out.bytes : 0);
  buf_deinit(&out);
  return made;
}

struct slice rest__redacted(struct exchange *exchange, struct slice statement) {
  if (!rest__masks(exchange)) return statement;
  return exchange->is_english ? slice_of_text("***")
                              : redacted(exchange, statement, exchange->is_jql);
}

struct slice rest__redacted_as(struct exchange *exchange, struct slice statement,
                               const struct lang *lang) {
  return lang == &lang_nql ? slice_of_text("***")
                           : redacted(exchange, statement, lang == &lang_jql);
}

/* What stands in backquotes are names, or pieces of a statement that could not be read. */
struct slice rest__redacted_error(struct exchange *exchange) {
  const struct err *err = &exchange->err;
  struct slice message = slice_of_text(err->message);
  if (!rest__masks(exchange)) return message;
  bool quotes_statement = err->code == LUMA_SYNTAX_ERROR;
  return quotes_statement ? slice_of_text(status_info(err->code)->name)
                          : redacted(exchange, message, false);
}
