/* SPDX-License-Identifier: MIT */
/* Named savepoints of the session's transaction. The transaction's own marks stay until it ends; a
 * released savepoint only loses its name. */
#include "base/mem/mem.h"
#include "service/session/session_int.h"

void session__drop_marks(struct session *session, size_t from) {
  for (size_t i = from; i < session->marks_count; i++) mem_free(session->marks[i].name);
  if (from < session->marks_count) session->marks_count = from;
}

/* The newest of the name: exactly, else without case. */
static status find(struct session *session, struct slice name, size_t *at, struct err *err) {
  if (!session->txn) return session__fail_no_transaction(err);
  for (int nocase = 0; nocase < 2; nocase++) {
    for (size_t i = session->marks_count; i-- > 0;) {
      struct slice have = slice_of(session->marks[i].name, session->marks[i].name_bytes);
      *at = i;
      if (nocase ? slice_is_equal_nocase(have, name) : slice_is_equal(have, name)) return LUMA_OK;
    }
  }
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "there is no savepoint `%.*s`",
            SLICE_ARG(name));
  err_hint(err, "SAVEPOINT %.*s makes one; the end of its transaction ends it", SLICE_ARG(name));
  return LUMA_INVALID_ARGUMENT;
}

static status copy_name(struct slice name, struct session_mark *mark, struct err *err) {
  mark->name = mem_alloc(name.bytes + 1);
  if (!mark->name) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a savepoint");
  if (name.bytes) memcpy(mark->name, name.data, name.bytes);
  mark->name_bytes = name.bytes;
  return LUMA_OK;
}

status session_savepoint(struct session *session, struct slice name, struct err *err) {
  struct session_mark mark = {0};
  if (!session->txn) return session__fail_no_transaction(err);
  if (session->marks_count == SESSION_SAVEPOINTS_MAX)
    FAIL(err, LUMA_LIMIT_REACHED, "a transaction has at most %d savepoints",
         SESSION_SAVEPOINTS_MAX);
  if (!mem_grow((void **)&session->marks, &session->marks_capacity, session->marks_count + 1,
                sizeof *session->marks))
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a savepoint");
  TRY(copy_name(name, &mark, err));
  status done = model_savepoint(session->txn, &mark.mark, err);
  if (done == LUMA_OK)
    session->marks[session->marks_count++] = mark;
  else
    mem_free(mark.name);
  return done;
}

status session_rollback_to(struct session *session, struct slice name, struct err *err) {
  size_t at = 0;
  TRY(find(session, name, &at, err));
  session__close_runs(session);
  TRY(model_rollback_to(session->txn, session->marks[at].mark, err));
  session__drop_marks(session, at + 1);
  return LUMA_OK;
}

status session_release(struct session *session, struct slice name, struct err *err) {
  size_t at = 0;
  TRY(find(session, name, &at, err));
  session__drop_marks(session, at);
  return LUMA_OK;
}
