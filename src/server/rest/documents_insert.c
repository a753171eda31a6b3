/* SPDX-License-Identifier: MIT */
/* POST of documents: one object, an array of them, or a line each. */
#include "base/hash/sha256.h"
#include "base/mem/mem.h"
#include "server/rest/rest_int.h"
#include "service/docs/docs.h"

enum { DOCUMENTS_MAX = 1000000 };

/* The texts of the documents in a body. */
struct texts {
  struct slice *items;
  size_t count, capacity;
  bool is_array;
};

static bool is_blank(uint8_t c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static status add_text(struct texts *texts, struct slice text, struct err *err) {
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

static status split_array(struct slice body, size_t at, struct texts *texts, struct err *err) {
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

static status split_lines(struct slice body, struct texts *texts, struct err *err) {
  for (size_t at = 0; at < body.bytes;) {
    const uint8_t *newline = memchr(body.data + at, '\n', body.bytes - at);
    size_t end = newline ? (size_t)(newline - body.data) : body.bytes;
    if (skip_blank(slice_of(body.data, end), at) < end)
      TRY(add_text(texts, slice_of(body.data + at, end - at), err));
    at = end + 1;
  }
  return LUMA_OK;
}

static status split(const struct exchange *exchange, struct texts *texts, struct err *err) {
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

/* A position in one document's text becomes one in the body. */
static void place_error(const struct exchange *exchange, struct slice text, uint32_t nth,
                        struct err *err) {
  struct slice body = buf_slice(&exchange->request->body);
  if (err->line)
    err_position(err, (const char *)body.data, body.bytes,
                 (size_t)(text.data - body.data) + err->offset);
  err_wrap(err, "document %u", nth + 1);
}

static void put_address(struct exchange *exchange, const struct val *key) {
  static const char digits[] = "0123456789ABCDEF";
  struct buf plain, address;
  buf_init(&plain, 16 << 10);
  buf_init(&address, 64 << 10);
  rest__put_key(&plain, key);
  buf_append_slice(&address, exchange->request->path);
  buf_append_byte(&address, '/');
  for (size_t i = 0; i < plain.bytes; i++) {
    uint8_t c = plain.data[i];
    bool stays = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '-' ||
                 c == '_' || c == '.';
    char escaped[3] = {'%', digits[c >> 4], digits[c & 15]};
    buf_append(&address, stays ? (const char *)&c : escaped, stays ? 1 : 3);
  }
  if (!address.failed && address.bytes < 1024)
    http_reply_header(exchange->request, "location:", buf_slice(&address));
  buf_deinit(&plain);
  buf_deinit(&address);
}

static void reply_keys(struct exchange *exchange, const struct texts *texts,
                       const struct val *keys) {
  struct buf *body = &exchange->request->reply.body;
  struct json_write_options options = {0};
  buf_append_text(body, "{\"keys\":[");
  for (size_t i = 0; i < texts->count; i++) {
    if (i) buf_append_byte(body, ',');
    json_write(body, &keys[i], &options);
  }
  buf_append_format(body, "],\"count\":%zu}", texts->count);
  if (!texts->is_array) put_address(exchange, &keys[0]);
  rest__json(exchange, 201);
}

static status insert(struct exchange *exchange, const struct texts *texts, struct err *err) {
  TRY(rest__check_affected(exchange, texts->count, err));
  struct arena *arena = &exchange->request->arena;
  struct docs_batch batch = {
      .jsons = texts->items, .count = (uint32_t)texts->count, .arena = arena};
  batch.keys = arena_zalloc(arena, texts->count + 1, sizeof *batch.keys);
  if (!batch.keys) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the keys");
  struct slice body = buf_slice(&exchange->request->body);
  batch.once_key = exchange->request->headers[HTTP_IDEMPOTENCY_KEY];
  sha256(body, batch.once_request);
  status result = docs_insert(exchange->session, exchange->first, &batch, err);
  if (batch.once_clashed) exchange->http_status = 422;
  bool has_place = result != LUMA_INVALID_BEING && batch.failed < texts->count;
  if (result != LUMA_OK && texts->is_array && has_place && !batch.once_clashed)
    place_error(exchange, texts->items[batch.failed], batch.failed, err);
  TRY(result);
  if (batch.once_replayed)
    http_reply_header(exchange->request, "idempotency-replayed:", slice_of_text("true"));
  if (exchange->is_being && !texts->is_array) {
    put_address(exchange, &batch.keys[0]);
    return rest__reply_document(exchange, &batch.keys[0], 201, err);
  }
  reply_keys(exchange, texts, batch.keys);
  return buf_check(&exchange->request->reply.body, "the keys", err);
}

static status try_insert(struct exchange *exchange, void *context, struct err *err) {
  const struct texts *texts = context;
  struct arena *arena = &exchange->request->arena;
  struct docs_batch batch = {
      .jsons = texts->items, .count = (uint32_t)texts->count, .arena = arena};
  batch.keys = arena_zalloc(arena, texts->count + 1, sizeof *batch.keys);
  if (!batch.keys) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the keys");
  TRY(rest__check_affected(exchange, texts->count, err));
  status result = docs_insert(exchange->session, exchange->first, &batch, err);
  bool has_place = result != LUMA_INVALID_BEING && batch.failed < texts->count;
  if (result != LUMA_OK && texts->is_array && has_place)
    place_error(exchange, texts->items[batch.failed], batch.failed, err);
  for (size_t i = 0; i < texts->count && result == LUMA_OK; i++) {
    struct rest_change told = {.what = "insert", .key = batch.keys[i]};
    result = docs_get(exchange->session, exchange->first, &told.key, arena, &told.after, NULL, err);
    if (result == LUMA_OK) rest__tell_change(exchange, &told);
  }
  return result;
}

status rest__insert_documents(struct exchange *exchange, struct err *err) {
  struct texts texts = {0};
  TRY(rest__take_session(exchange, err));
  status result = split(exchange, &texts, err);
  bool is_dry = rest__is_dry(exchange);
  if (result == LUMA_OK && is_dry) result = rest__try(exchange, try_insert, &texts, err);
  if (result == LUMA_OK)
    result = is_dry ? rest__end_changes(exchange, err) : insert(exchange, &texts, err);
  mem_free(texts.items);
  return result;
}
