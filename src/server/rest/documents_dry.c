/* SPDX-License-Identifier: MIT */
/* Dry runs of changes by key: done, looked at and undone; the reply is what would change, as that
 * of a statement's dry run. */
#include "server/rest/rest_int.h"
#include "service/docs/docs.h"

enum { TOLD_MAX = 1000 }; /* documents shown */

bool rest__is_dry(const struct exchange *exchange) {
  return session_guard(exchange->session)->dry_run;
}

status rest__check_affected(const struct exchange *exchange, uint64_t count, struct err *err) {
  const struct query_guard *guard = session_guard(exchange->session);
  if (!guard->is_limited || count <= guard->max_affected) return LUMA_OK;
  return docs_fail_affected(guard->max_affected, err);
}

/* Undone by a savepoint inside the session's transaction, else with a transaction of its own. */
static status undo(struct session *session, bool is_own, struct slice mark, struct err *err) {
  if (is_own) return session_rollback(session, err);
  TRY(session_rollback_to(session, mark, err));
  return session_release(session, mark, err);
}

status rest__try(struct exchange *exchange, rest_try_fn *work, void *context, struct err *err) {
  struct session *session = exchange->session;
  const struct slice mark = slice_of_text("dry run of a request");
  struct query_guard guard = *session_guard(session), open = guard;
  bool is_own = !session_in_transaction(session);
  TRY(is_own ? session_begin(session, SESSION_SNAPSHOT, err)
             : session_savepoint(session, mark, err));
  open.dry_run = false;
  session_set_guard(session, &open);
  status done = work(exchange, context, err);
  session_set_guard(session, &guard);
  status undone = undo(session, is_own, mark, done == LUMA_OK ? err : NULL);
  return done == LUMA_OK ? undone : done;
}

static void put_document(struct buf *body, const char *name, const struct val *document) {
  struct json_write_options options = {0};
  if (document->type == VAL_MISSING) return;
  buf_append_format(body, ",\"%s\":", name);
  json_write(body, document, &options);
}

void rest__tell_change(struct exchange *exchange, const struct rest_change *change) {
  struct buf *body = &exchange->request->reply.body;
  struct json_write_options options = {0};
  if (exchange->changes_told++ >= TOLD_MAX) return;
  buf_append_text(body, exchange->changes_told == 1 ? "{\"documents\":[" : ",");
  buf_append_format(body, "{\"change\":\"%s\",\"id\":", change->what);
  json_write(body, &change->key, &options);
  put_document(body, "before", &change->before);
  put_document(body, "after", &change->after);
  buf_append_byte(body, '}');
}

status rest__end_changes(struct exchange *exchange, struct err *err) {
  struct buf *body = &exchange->request->reply.body;
  if (exchange->changes_told == 0) buf_append_text(body, "{\"documents\":[");
  buf_append_format(body, "],\"affected\":%llu}", (unsigned long long)exchange->changes_told);
  TRY(buf_check(body, "the changes", err));
  rest__json(exchange, 200);
  return LUMA_OK;
}
