/* SPDX-License-Identifier: MIT */
/* The texts of the documents in a body: one object, an array of them, or a line each. */
#include "base/mem/mem.h"
#include "server/rest/rest_int.h"

enum { DOCUMENTS_MAX = 1000000 };

static bool is_blank(uint8_t c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static status add_text(struct rest_texts *texts, struct slice text, struct err *err) {
  if (texts->count == DOCUMENTS_MAX)
    FAIL(err, LUMA_TOO_LARGE, "a request takes at most %d documents", DOCUMENTS_MAX);
  if (!mem_grow((void **)&texts->items, &texts->capacity, texts->count + 1, sizeof *texts->items))
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for documents");
  texts->items[texts->count++] = text;
  return LUMA_OK;
}

static size_t skip_blank(struct slice body, size_t at) {
  while (at < body.bytes && is_blank(body.data[at])) at++;
  return at;
}

/* Where the element that begins at `at` ends: at a comma or bracket of its own level. What is in it
 * is judged by the reader of JSON. */
static size_t end_of_element(struct slice body, size_t at) {
  uint32_t depth = 0;
  bool in_text = false;
  for (; at < body.bytes; at++) {
    uint8_t c = body.data[at];
    if (in_text) {
      if (c == '\\')
        at++;
      else if (c == '"')
        in_text = false;
      continue;
    }
    if (c == '"') in_text = true;
    if (depth == 0 && (c == ',' || c == ']' || c == '}')) break;
    if (c == '[' || c == '{') depth++;
    if (c == ']' || c == '}') depth--;
  }
  return at < body.bytes ? at : body.bytes;
}

static status fail_array(struct slice body, size_t at, const char *what, struct err *err) {
  err_raise(err, LUMA_INVALID_JSON, __FILE__, __LINE__, "%s", what);
  err_position(err, (const char *)body.data, body.bytes, at);
  return LUMA_INVALID_JSON;
}

static status split_array(struct slice body, size_t at, struct rest_texts *texts, struct err *err) {
  bool more;
  size_t next = skip_blank(body, at + 1);
  if (next < body.bytes && body.data[next] == ']') return LUMA_OK;
  do {
    size_t start = skip_blank(body, at + 1), end = end_of_element(body, start);
    if (end == body.bytes) return fail_array(body, at, "the array does not end", err);
    if (end == start) return fail_array(body, end, "expected a document", err);
    TRY(add_text(texts, slice_of(body.data + start, end - start), err));
    if (body.data[end] == '}') return fail_array(body, end, "expected `,` or `]`", err);
    more = body.data[end] == ',';
    at = end;
  } while (more);
  size_t rest = skip_blank(body, at + 1);
  return rest == body.bytes ? LUMA_OK
                            : fail_array(body, rest, "expected nothing after the array", err);
}

static status split_lines(struct slice body, struct rest_texts *texts, struct err *err) {
  for (size_t at = 0; at < body.bytes;) {
    const uint8_t *newline = memchr(body.data + at, '\n', body.bytes - at);
    size_t end = newline ? (size_t)(newline - body.data) : body.bytes;
    if (skip_blank(slice_of(body.data, end), at) < end)
      TRY(add_text(texts, slice_of(body.data + at, end - at), err));
    at = end + 1;
  }
  return LUMA_OK;
}

status rest__split(const struct exchange *exchange, struct rest_texts *texts, struct err *err) {
  struct slice body = buf_slice(&exchange->request->body);
  struct slice type = exchange->request->headers[HTTP_CONTENT_TYPE];
  struct slice lines = slice_of_text("application/x-ndjson");
  size_t start = skip_blank(body, 0);
  texts->is_array = true;
  if (type.bytes >= lines.bytes && slice_is_equal_nocase(slice_of(type.data, lines.bytes), lines))
    return split_lines(body, texts, err);
  if (start < body.bytes && body.data[start] == '[') return split_array(body, start, texts, err);
  texts->is_array = false;
  return add_text(texts, body, err);
}

void rest__place_error(const struct exchange *exchange, struct slice text, uint32_t nth,
                       struct err *err) {
  struct slice body = buf_slice(&exchange->request->body);
  if (err->line)
    err_position(err, (const char *)body.data, body.bytes,
                 (size_t)(text.data - body.data) + err->offset);
  err_wrap(err, "document %u", nth + 1);
}
