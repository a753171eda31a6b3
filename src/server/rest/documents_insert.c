/* SPDX-License-Identifier: MIT */
/* POST of documents: one object, an array of them, or a line each. */
#include "base/mem/mem.h"
#include "server/rest/documents_bulk.h"

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

static void reply_keys(struct exchange *exchange, const struct rest_texts *texts,
                       const struct val *keys, uint64_t version) {
  struct buf *body = &exchange->request->reply.body;
  struct json_write_options options = {0};
  buf_append_text(body, "{\"keys\":[");
  for (size_t i = 0; i < texts->count; i++) {
    if (i) buf_append_byte(body, ',');
    json_write(body, &keys[i], &options);
  }
  buf_append_format(body, "],\"count\":%zu}", texts->count);
  if (texts->count) rest__put_version(exchange, version);
  if (!texts->is_array) put_address(exchange, &keys[0]);
  rest__json(exchange, 201);
}

static void set_up(struct exchange *exchange, const struct rest_texts *texts,
                   struct docs_batch *batch) {
  *batch = (struct docs_batch){.jsons = texts->items,
                               .count = (uint32_t)texts->count,
                               .is_list = texts->is_array,
                               .arena = &exchange->request->arena};
}

static status insert_batch(struct exchange *exchange, const struct rest_texts *texts,
                           struct docs_batch *batch, struct err *err) {
  TRY(rest__check_affected(exchange, texts->count, err));
  batch->keys = arena_zalloc(batch->arena, texts->count + 1, sizeof *batch->keys);
  if (!batch->keys) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the keys");
  status result = docs_insert(exchange->session, exchange->first, batch, err);
  bool clashed = batch->once && batch->once->clashed;
  bool has_place = result != LUMA_INVALID_BEING && batch->failed < texts->count && !clashed;
  if (result != LUMA_OK && texts->is_array && has_place)
    rest__place_error(exchange, texts->items[batch->failed], batch->failed, err);
  return result;
}

static status insert(struct exchange *exchange, const struct rest_texts *texts, struct err *err) {
  struct docs_batch batch;
  struct docs_once once;
  set_up(exchange, texts, &batch);
  if (rest__once(exchange, &once)) batch.once = &once;
  status result = insert_batch(exchange, texts, &batch, err);
  if (batch.once && once.clashed) exchange->http_status = 422;
  TRY(result);
  if (batch.once && once.replayed)
    http_reply_header(exchange->request, "idempotency-replayed:", slice_of_text("true"));
  if (exchange->is_being && !texts->is_array) {
    put_address(exchange, &batch.keys[0]);
    return rest__reply_document(exchange, &batch.keys[0], 201, err);
  }
  bool is_again = batch.once && once.replayed;
  reply_keys(exchange, texts, batch.keys,
             is_again ? once.version : session_version(exchange->session));
  return buf_check(&exchange->request->reply.body, "the keys", err);
}

static status try_insert(struct exchange *exchange, void *context, struct err *err) {
  const struct rest_texts *texts = context;
  struct docs_batch batch;
  set_up(exchange, texts, &batch);
  status result = insert_batch(exchange, texts, &batch, err);
  for (size_t i = 0; i < texts->count && result == LUMA_OK; i++) {
    struct rest_change told = {.what = "insert", .key = batch.keys[i]};
    result = docs_get(exchange->session, exchange->first, &told.key, batch.arena, &told.after, NULL,
                      err);
    if (result == LUMA_OK) rest__tell_change(exchange, &told);
  }
  return result;
}

/* Each in its own transaction. */
static status insert_each(struct exchange *exchange, const struct rest_texts *texts,
                          struct err *err) {
  struct rest_alone alone = {0};
  struct buf faults;
  TRY(rest__check_affected(exchange, texts->count, err));
  if (exchange->request->headers[HTTP_IDEMPOTENCY_KEY].bytes)
    FAIL(err, LUMA_INVALID_ARGUMENT, "inserts with an idempotency key are done all or none");
  buf_init(&faults, 2 << 20);
  for (size_t i = 0; i < texts->count && !atomic_load(&exchange->cancelled); i++) {
    struct val key = val_missing();
    struct err why = {.faults = &faults};
    struct docs_batch one = {
        .jsons = &texts->items[i], .count = 1, .keys = &key, .arena = &exchange->request->arena};
    status result = docs_insert(exchange->session, exchange->first, &one, &why);
    rest__tell_alone(exchange, &alone, &key, 201, result == LUMA_OK ? NULL : &why);
  }
  buf_deinit(&faults);
  return rest__end_alone(exchange, &alone, 201, err);
}

status rest__insert_documents(struct exchange *exchange, struct err *err) {
  struct rest_texts texts = {0};
  TRY(rest__take_session(exchange, err));
  status result = rest__split(exchange, &texts, err);
  bool is_dry = rest__is_dry(exchange);
  if (result == LUMA_OK && is_dry) result = rest__try(exchange, try_insert, &texts, err);
  if (result == LUMA_OK)
    result = is_dry                                       ? rest__end_changes(exchange, err)
             : texts.is_array && rest__is_alone(exchange) ? insert_each(exchange, &texts, err)
                                                          : insert(exchange, &texts, err);
  mem_free(texts.items);
  return result;
}
