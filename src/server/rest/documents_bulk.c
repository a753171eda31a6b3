/* SPDX-License-Identifier: MIT */
/* PATCH and DELETE of many documents: all or none in one transaction, which is tried again when it
 * conflicts, or (?atomic=false) each in its own. */
#include "server/rest/documents_bulk.h"

enum { SHOWN_MAX = 1000 }; /* changes that a dry run looks at before it does them */

/* ---- all or none ---- */

static struct docs_changes changes_of(const struct exchange *exchange, const struct bulk *bulk) {
  return (struct docs_changes){.items = bulk->items,
                               .count = (uint32_t)bulk->count,
                               .is_list = true,
                               .arena = &exchange->request->arena};
}

/* Finds what the filter names, in the transaction, and whether it may change that many. */
static status find_changes(struct exchange *exchange, struct bulk *bulk, struct err *err) {
  if (bulk->filter.type != VAL_MISSING) TRY(rest__bulk_find(exchange, bulk, err));
  if (bulk->has_most && bulk->count > bulk->most) return docs_fail_affected(bulk->most, err);
  return rest__check_affected(exchange, bulk->count, err);
}

static status change_found(struct exchange *exchange, struct bulk *bulk, struct err *err) {
  TRY(find_changes(exchange, bulk, err));
  struct docs_changes changes = changes_of(exchange, bulk);
  return docs_change_all(exchange->session, exchange->first, &changes, err);
}

/* Every document was written, which a filter like {} may not have meant. */
static bool writes_whole(const struct bulk *bulk) {
  return bulk->count && bulk->filter.type == VAL_MAP && val_count(&bulk->filter) == 0;
}

/* Their version is known once they are committed: change_whole. */
static void reply_keys(struct exchange *exchange, const struct val *keys, uint32_t count,
                       size_t stride, bool is_whole) {
  struct buf *body = &exchange->request->reply.body;
  struct json_write_options options = {0};
  buf_append_text(body, "{\"keys\":[");
  for (uint32_t i = 0; i < count; i++) {
    if (i) buf_append_byte(body, ',');
    json_write(body, (const struct val *)((const uint8_t *)keys + i * stride), &options);
  }
  buf_append_format(body, "],\"count\":%u", count);
  if (is_whole)
    buf_append_text(body, ",\"warnings\":[\"there is no condition: every document of the "
                          "collection is written\"]");
  buf_append_byte(body, '}');
  rest__json(exchange, 200);
}

void rest__put_version(struct exchange *exchange, uint64_t version) {
  struct buf *body = &exchange->request->reply.body;
  if (version == 0 || body->bytes == 0 || body->failed != LUMA_OK) return;
  body->bytes--;
  buf_append_format(body, ",\"version\":\"%llu\"}", (unsigned long long)version);
}

/* The keys of what was changed, one after the other. */
static status keys_of(struct exchange *exchange, const struct bulk *bulk, struct val **keys,
                      struct err *err) {
  *keys = arena_zalloc(&exchange->request->arena, bulk->count + 1, sizeof **keys);
  if (!*keys) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the keys");
  for (size_t i = 0; i < bulk->count; i++) (*keys)[i] = bulk->items[i].key;
  return LUMA_OK;
}

/* In the session's transaction. */
static status change_once(struct exchange *exchange, struct bulk *bulk, struct docs_once *once,
                          struct err *err) {
  struct val *keys = NULL;
  uint32_t count = 0;
  buf_reset(&exchange->request->reply.body);
  if (once) {
    TRY(docs_once_find(exchange->session, once, &exchange->request->arena, &keys, &count, err));
    if (once->replayed) reply_keys(exchange, keys, count, sizeof *keys, false);
    if (once->replayed) return LUMA_OK;
  }
  TRY(change_found(exchange, bulk, err));
  const struct val *first = bulk->count ? &bulk->items->key : NULL;
  reply_keys(exchange, first, (uint32_t)bulk->count, sizeof *bulk->items, writes_whole(bulk));
  if (!once) return LUMA_OK;
  TRY(keys_of(exchange, bulk, &keys, err));
  return docs_once_keep(exchange->session, once, keys, (uint32_t)bulk->count, err);
}

static status change_whole(struct exchange *exchange, struct bulk *bulk, struct docs_once *once,
                           struct err *err) {
  struct session *session = exchange->session;
  if (session_in_transaction(session)) return change_once(exchange, bulk, once, err);
  TRY(session_begin(session, SESSION_SNAPSHOT, err));
  status result = change_once(exchange, bulk, once, err);
  if (result == LUMA_OK) {
    TRY(session_commit(session, err));
    bool is_again = once && once->replayed;
    if (!bulk->is_delete && (bulk->count || is_again))
      rest__put_version(exchange, is_again ? once->version : session_version(session));
    return LUMA_OK;
  }
  (void)session_rollback(session, NULL);
  return result;
}

static status change_all(struct exchange *exchange, struct bulk *bulk, struct err *err) {
  struct docs_once once;
  bool has_name = rest__once(exchange, &once);
  uint32_t tries = 0;
  status result;
  do result = change_whole(exchange, bulk, has_name ? &once : NULL, err);
  while (result == LUMA_CONFLICT && !session_in_transaction(exchange->session) &&
         rest__try_again(exchange, &tries));
  if (has_name && once.clashed) exchange->http_status = 422;
  if (has_name && once.replayed)
    http_reply_header(exchange->request, "idempotency-replayed:", slice_of_text("true"));
  TRY(result);
  return buf_check(&exchange->request->reply.body, "the keys", err);
}

/* ---- each alone ---- */

void rest__tell_alone(struct exchange *exchange, struct rest_alone *alone, const struct val *key,
                      unsigned done, const struct err *why) {
  struct buf *body = &exchange->request->reply.body;
  struct json_write_options options = {0};
  buf_append_text(body, alone->done + alone->failed ? ",{" : "{\"results\":[{");
  if (key->type != VAL_MISSING) {
    buf_append_text(body, "\"id\":");
    json_write(body, key, &options);
    buf_append_byte(body, ',');
  }
  buf_append_format(body, "\"status\":%u", why ? (unsigned)status_info(why->code)->http : done);
  if (why) {
    size_t at = body->bytes;
    rest__put_error(body, why, false);
    if (body->failed == LUMA_OK) body->data[at] = ',';
  } else {
    buf_append_byte(body, '}');
    if (!alone->is_delete) rest__put_version(exchange, session_version(exchange->session));
  }
  if (why)
    alone->failed++;
  else
    alone->done++;
}

/** 207 is WebDAV's (RFC 4918, 11.1): some of many failed. */
enum { HTTP_MULTI_STATUS = 207 };

status rest__end_alone(struct exchange *exchange, const struct rest_alone *alone, unsigned done,
                       struct err *err) {
  struct buf *body = &exchange->request->reply.body;
  if (alone->done + alone->failed == 0) buf_append_text(body, "{\"results\":[");
  buf_append_format(body, "],\"count\":%llu,\"failed\":%llu}", (unsigned long long)alone->done,
                    (unsigned long long)alone->failed);
  rest__json(exchange, alone->failed ? HTTP_MULTI_STATUS : done);
  return buf_check(body, "the results", err);
}

static status change_each(struct exchange *exchange, struct bulk *bulk, struct err *err) {
  struct rest_alone alone = {.is_delete = bulk->is_delete};
  struct buf faults;
  uint64_t count;
  TRY(docs_count(exchange->session, exchange->first, &count, err)); /* it is there */
  TRY(find_changes(exchange, bulk, err));
  buf_init(&faults, 2 << 20);
  for (size_t i = 0; i < bulk->count && !atomic_load(&exchange->cancelled); i++) {
    struct docs_changes one = changes_of(exchange, bulk);
    struct err why = {.faults = &faults};
    one.items += i;
    one.count = 1;
    one.is_list = false;
    status result = docs_change_all(exchange->session, exchange->first, &one, &why);
    rest__tell_alone(exchange, &alone, &one.items->key, 200, result == LUMA_OK ? NULL : &why);
  }
  buf_deinit(&faults);
  return rest__end_alone(exchange, &alone, 200, err);
}

/* ---- dry runs ---- */

static void look(struct exchange *exchange, const struct val *key, struct val *document) {
  *document = val_missing();
  (void)docs_get(exchange->session, exchange->first, key, &exchange->request->arena, document, NULL,
                 NULL);
}

static status try_changes(struct exchange *exchange, void *context, struct err *err) {
  struct bulk *bulk = context;
  struct docs_changes changes;
  TRY(find_changes(exchange, bulk, err));
  size_t shown = bulk->count < SHOWN_MAX ? bulk->count : SHOWN_MAX;
  struct val *before = arena_zalloc(&exchange->request->arena, shown + 1, sizeof *before);
  if (!before) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a dry run");
  for (size_t i = 0; i < shown; i++) look(exchange, &bulk->items[i].key, &before[i]);
  changes = changes_of(exchange, bulk);
  TRY(docs_change_all(exchange->session, exchange->first, &changes, err));
  for (size_t i = 0; i < bulk->count; i++) {
    struct rest_change told = {.what = bulk->is_delete ? "delete" : "update",
                               .key = bulk->items[i].key,
                               .before = i < shown ? before[i] : val_missing(),
                               .after = val_missing()};
    if (i < shown && !bulk->is_delete) look(exchange, &told.key, &told.after);
    rest__tell_change(exchange, &told);
  }
  return LUMA_OK;
}

/* ---- the routes ---- */

static status change_read(struct exchange *exchange, struct bulk *bulk, struct err *err) {
  TRY(rest__read_bulk(exchange, bulk, err));
  if (bulk->is_dry) {
    TRY(rest__try(exchange, try_changes, bulk, err));
    return rest__end_changes(exchange, err);
  }
  return bulk->is_alone ? change_each(exchange, bulk, err) : change_all(exchange, bulk, err);
}

static status change(struct exchange *exchange, bool is_delete, struct err *err) {
  struct bulk bulk = {.is_delete = is_delete};
  TRY(rest__take_session(exchange, err));
  status result = change_read(exchange, &bulk, err);
  rest__bulk_deinit(&bulk);
  return result;
}

status rest__patch_documents(struct exchange *exchange, struct err *err) {
  return change(exchange, false, err);
}

status rest__delete_documents(struct exchange *exchange, struct err *err) {
  return change(exchange, true, err);
}
