/* SPDX-License-Identifier: MIT */
/* Statements in the log, when some soul has sensitive attributes: texts in them are masked. */
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

/* Where the quoted text that begins at `at` ends: past its closing quote. */
static size_t end_of_quoted(struct slice text, size_t at) {
  uint8_t quote = text.data[at++];
  while (at < text.bytes && text.data[at] != quote) at += text.data[at] == '\\' ? 2 : 1;
  return at < text.bytes ? at + 1 : text.bytes;
}

/* A quoted text before a colon is a name of JSON. */
static bool is_name(struct slice text, size_t end) {
  while (end < text.bytes && text.data[end] <= ' ') end++;
  return end < text.bytes && text.data[end] == ':';
}

static bool is_digit(uint8_t c) {
  return c >= '0' && c <= '9';
}

static void redact(struct slice text, struct buf *out) {
  for (size_t at = 0; at < text.bytes;) {
    uint8_t c = text.data[at];
    size_t end = at + 1;
    bool is_quoted = c == '\'' || c == '"';
    if (is_quoted) end = end_of_quoted(text, at);
    while (is_digit(c) && end < text.bytes && is_digit(text.data[end])) end++;
    if ((is_quoted && !is_name(text, end)) || is_digit(c))
      buf_append_text(out, "***");
    else
      buf_append(out, text.data + at, end - at);
    at = end;
  }
}

struct slice rest__redacted(struct exchange *exchange, struct slice statement) {
  const struct catalog *catalog = model_catalog_acquire(exchange->rest->options.db->model);
  bool masks = has_sensitive(catalog);
  catalog_release(catalog);
  if (!masks) return statement;
  struct buf out;
  buf_init(&out, 64 << 10);
  redact(statement, &out);
  const uint8_t *copy = arena_copy(&exchange->request->arena, out.data, out.bytes);
  struct slice redacted = slice_of(copy, copy ? out.bytes : 0);
  buf_deinit(&out);
  return redacted;
}
