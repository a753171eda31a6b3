/* SPDX-License-Identifier: MIT */
/* Sessions: opened, begun if asked, ended. */
#include "server/rest/rest_int.h"

/* {"begin":true,"serializable":true,"read_only":true}; each may be left out. */
static status read_wish(const char *name, const struct val *body, bool *wish, struct err *err) {
  struct val value = val_field(body, slice_of_text(name));
  if (val_is_null(&value)) return LUMA_OK;
  if (value.type != VAL_BOOL) FAIL(err, LUMA_INVALID_ARGUMENT, "`%s` takes true or false", name);
  *wish = value.boolean;
  return LUMA_OK;
}

static status begin_if_asked(struct exchange *exchange, struct session *session, struct err *err) {
  struct buf room;
  struct val body;
  bool begin = false, serializable = false, read_only = false;
  if (exchange->request->body_bytes == 0) return LUMA_OK;
  buf_init(&room, DOC_BYTES_MAX);
  exchange->session = session;
  status result = rest__read_body(exchange, NULL, &room, &body, err);
  exchange->session = NULL;
  if (result == LUMA_OK) result = read_wish("begin", &body, &begin, err);
  if (result == LUMA_OK) result = read_wish("serializable", &body, &serializable, err);
  if (result == LUMA_OK) result = read_wish("read_only", &body, &read_only, err);
  if (result == LUMA_OK && !begin && (serializable || read_only))
    result = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                       "`%s` is of a transaction: it goes with `begin`",
                       read_only ? "read_only" : "serializable");
  unsigned flags = (serializable ? SESSION_SERIALIZABLE : SESSION_SNAPSHOT) |
                   (read_only ? SESSION_READ_ONLY : 0);
  if (result == LUMA_OK && begin) result = session_begin(session, flags, err);
  buf_deinit(&room);
  return result;
}

status rest__open_session(struct exchange *exchange, struct err *err) {
  struct registry *registry = exchange->rest->registry;
  struct registry_session *session;
  TRY(registry_open_session(registry, &session, err));
  status result = begin_if_asked(exchange, session->session, err);
  if (result != LUMA_OK) {
    registry_end_session(registry, session);
    return result;
  }
  buf_append_format(&exchange->request->reply.body, "{\"session\":\"%s\"}", session->id);
  http_reply_header(exchange->request, "luma-session:", slice_of_text(session->id));
  registry_give_session(registry, session);
  rest__json(exchange, 201);
  return buf_check(&exchange->request->reply.body, "the reply", err);
}

status rest__close_session(struct exchange *exchange, struct err *err) {
  struct registry *registry = exchange->rest->registry;
  struct registry_session *session;
  status result = registry_take_session(registry, exchange->first, &session, err);
  if (result == LUMA_BUSY) exchange->http_status = 409;
  TRY(result);
  registry_end_session(registry, session);
  rest__empty(exchange, 204);
  return LUMA_OK;
}
