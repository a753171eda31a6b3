/* SPDX-License-Identifier: MIT */
/* Documents by key: read, replace, patch, delete, with versions as entity tags (RFC 9110, 8.8). */
#include "base/text/num.h"
#include "server/rest/rest_int.h"
#include "service/docs/docs.h"

/* ---- reading ---- */

static void put_etag(struct exchange *exchange, uint64_t version) {
  char tag[NUM_TEXT_BYTES_MAX + 2];
  if (version == 0) return; /* not committed yet */
  tag[0] = '"';
  size_t bytes = 1 + num_format_uint64(version, tag + 1);
  tag[bytes++] = '"';
  http_reply_header(exchange->request, "etag:", slice_of(tag, bytes));
}

/* Which soul a being was written under. */
static status put_soul(struct exchange *exchange, struct session *session, const struct val *key,
                       struct err *err) {
  struct buf id;
  buf_init(&id, 64);
  status result = docs_soul_of(session, exchange->first, key, &id, err);
  if (result == LUMA_OK && id.bytes)
    http_reply_header(exchange->request, "luma-soul:", buf_slice(&id));
  buf_deinit(&id);
  return result;
}

/* Whether a list of tags ("*", `"12", W/"13"`) has this version. */
static bool has_tag(struct slice list, uint64_t version) {
  char tag[NUM_TEXT_BYTES_MAX + 2];
  if (slice_is_equal(list, slice_of_text("*"))) return true;
  tag[0] = '"';
  size_t bytes = 1 + num_format_uint64(version, tag + 1);
  tag[bytes++] = '"';
  for (size_t i = 0; i + bytes <= list.bytes; i++) {
    if (memcmp(list.data + i, tag, bytes) == 0) return true;
  }
  return false;
}

status rest__reply_document(struct exchange *exchange, const struct val *key, unsigned status_code,
                            struct err *err) {
  struct val document;
  uint64_t version;
  struct http_request *request = exchange->request;
  struct json_write_options options = {0};
  TRY(docs_get(exchange->session, exchange->first, key, &request->arena, &document, &version, err));
  put_etag(exchange, version);
  if (exchange->is_being) TRY(put_soul(exchange, exchange->session, key, err));
  json_write(&request->reply.body, &document, &options);
  TRY(buf_check(&request->reply.body, "the document", err));
  rest__json(exchange, status_code);
  return LUMA_OK;
}

static status get_from(struct exchange *exchange, struct session *session, struct err *err) {
  struct http_request *request = exchange->request;
  struct json_write_options options = {0};
  struct val key, document;
  uint64_t version;
  TRY(rest__key(exchange->second, &key, err));
  TRY(docs_get(session, exchange->first, &key, &request->arena, &document, &version, err));
  put_etag(exchange, version);
  if (exchange->is_being) TRY(put_soul(exchange, session, &key, err));
  if (request->headers[HTTP_IF_NONE_MATCH].bytes && version &&
      has_tag(request->headers[HTTP_IF_NONE_MATCH], version)) {
    rest__empty(exchange, 304);
    return LUMA_OK;
  }
  json_write(&request->reply.body, &document, &options);
  TRY(buf_check(&request->reply.body, "the document", err));
  rest__json(exchange, 200);
  return LUMA_OK;
}

status rest__get_document(struct exchange *exchange, struct err *err) {
  if (exchange->request->headers[HTTP_LUMA_SESSION].bytes || exchange->is_being) {
    TRY(rest__take_session(exchange, err));
    return get_from(exchange, exchange->session, err);
  }
  uint32_t loop = http_loop_index(exchange->request->loop);
  return get_from(exchange, exchange->rest->loop_sessions[loop], err);
}

/* ---- changing ---- */

struct change {
  struct val key;
  struct docs_put_options options;
  bool is_delete, made;
};

static status change_once(struct exchange *exchange, struct change *change, struct err *err) {
  if (change->is_delete) return docs_delete(exchange->session, exchange->first, &change->key, err);
  return docs_put(exchange->session, exchange->first, &change->key,
                  buf_slice(&exchange->request->body), &change->options, &change->made, err);
}

static status check_condition(struct exchange *exchange, const struct change *change,
                              struct err *err) {
  struct slice tags = exchange->request->headers[HTTP_IF_MATCH];
  bool only_new = exchange->request->headers[HTTP_IF_NONE_MATCH].bytes > 0;
  struct val document;
  uint64_t version = 0;
  status result = docs_get(exchange->session, exchange->first, &change->key,
                           &exchange->request->arena, &document, &version, err);
  bool is_there = result == LUMA_OK;
  if (!is_there && result != LUMA_NOT_FOUND && result != LUMA_UNKNOWN_COLLECTION) return result;
  if (only_new && is_there)
    FAIL(err, LUMA_PRECONDITION_FAILED, "there is a document under this key");
  if (tags.bytes == 0 || (is_there && has_tag(tags, version))) return LUMA_OK;
  err_raise(err, LUMA_PRECONDITION_FAILED, __FILE__, __LINE__,
            is_there ? "the document changed since it was read"
                     : "there is no document under this key any more");
  err_hint(err, "read it again and decide anew");
  return LUMA_PRECONDITION_FAILED;
}

/* Condition and change in one transaction: the session's, or one of their own. */
static status change_if(struct exchange *exchange, struct change *change, struct err *err) {
  struct session *session = exchange->session;
  bool is_own = !session_in_transaction(session);
  if (is_own) TRY(session_begin(session, SESSION_SNAPSHOT, err));
  status result = check_condition(exchange, change, err);
  if (result == LUMA_OK) result = change_once(exchange, change, err);
  if (!is_own) return result;
  if (result == LUMA_OK) return session_commit(session, err);
  (void)session_rollback(session, NULL);
  return result;
}

static status apply(struct exchange *exchange, struct change *change, struct err *err) {
  const struct slice *headers = exchange->request->headers;
  if (!headers[HTTP_IF_MATCH].bytes && !headers[HTTP_IF_NONE_MATCH].bytes)
    return change_once(exchange, change, err);
  uint32_t tries = 0;
  status result;
  do result = change_if(exchange, change, err);
  while (result == LUMA_CONFLICT && !session_in_transaction(exchange->session) &&
         rest__try_again(exchange, &tries));
  return result;
}

/* The document as it is there; MISSING when it is not. */
static status look(struct exchange *exchange, const struct val *key, struct val *document,
                   struct err *err) {
  *document = val_missing();
  status found = docs_get(exchange->session, exchange->first, key, &exchange->request->arena,
                          document, NULL, err);
  return found == LUMA_NOT_FOUND || found == LUMA_UNKNOWN_COLLECTION ? LUMA_OK : found;
}

static status try_change(struct exchange *exchange, void *context, struct err *err) {
  struct change *change = context;
  const struct slice *headers = exchange->request->headers;
  struct rest_change told = {.key = change->key};
  TRY(look(exchange, &change->key, &told.before, err));
  if (headers[HTTP_IF_MATCH].bytes || headers[HTTP_IF_NONE_MATCH].bytes)
    TRY(check_condition(exchange, change, err));
  TRY(change_once(exchange, change, err));
  TRY(look(exchange, &change->key, &told.after, err));
  told.what = change->is_delete ? "delete" : change->made ? "insert" : "update";
  rest__tell_change(exchange, &told);
  return LUMA_OK;
}

/* Whether it was a dry run, which has replied. */
static status change_document(struct exchange *exchange, struct change *change, bool *is_dry,
                              struct err *err) {
  TRY(rest__key(exchange->second, &change->key, err));
  TRY(rest__take_session(exchange, err));
  TRY(rest__check_affected(exchange, 1, err));
  *is_dry = rest__is_dry(exchange);
  if (!*is_dry) return apply(exchange, change, err);
  TRY(rest__try(exchange, try_change, change, err));
  return rest__end_changes(exchange, err);
}

status rest__put_document(struct exchange *exchange, struct err *err) {
  struct change change = {.options = {.upsert = true}};
  bool is_dry;
  TRY(change_document(exchange, &change, &is_dry, err));
  if (is_dry) return LUMA_OK;
  return rest__reply_document(exchange, &change.key, change.made ? 201 : 200, err);
}

status rest__patch_document(struct exchange *exchange, struct err *err) {
  struct change change = {.options = {.merge = true}};
  bool is_dry;
  TRY(change_document(exchange, &change, &is_dry, err));
  if (is_dry) return LUMA_OK;
  return rest__reply_document(exchange, &change.key, 200, err);
}

status rest__delete_document(struct exchange *exchange, struct err *err) {
  struct change change = {.is_delete = true};
  bool is_dry;
  TRY(change_document(exchange, &change, &is_dry, err));
  if (!is_dry) rest__empty(exchange, 204);
  return LUMA_OK;
}
