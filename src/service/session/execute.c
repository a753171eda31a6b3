/* SPDX-License-Identifier: MIT */
/* Executing a statement in the right transaction: the session's, under a savepoint; or its own,
 * tried again on conflict. */
#include "service/session/session_int.h"

enum { BACKOFF_FIRST_US = 50, BACKOFF_MAX_US = 20000 };

static status open_run(struct session_cursor *cursor, const struct session_request *request,
                       struct model_txn *txn, struct err *err) {
  struct session *session = cursor->session;
  struct db *db = session->db;
  struct query_open_options options = {
      .guard = session__guard(cursor, request),
      .params = request->params,
      .os = db->os,
      .now_us = os_now_us(db->os),
      .deadline_us = session->deadline_us,
      .cancelled = &session->cancelled,
      .threads = db->options.threads,
      .batch_rows = db->options.batch_rows,
      .folder = db->folder,
      .memory_bytes = request->memory_bytes ? request->memory_bytes : db->options.statement_bytes,
      .tail = cursor->tails ? &cursor->tail : NULL,
  };
  session__numbers(cursor, request, txn);
  options.numbers = &cursor->numbers.ops;
  return query_open(cursor->query, txn, &options, &cursor->run, err);
}

/* Runs a writing statement to its end and keeps its outcome. */
static status run_write(struct session_cursor *cursor, const struct session_request *request,
                        struct model_txn *txn, struct err *err) {
  TRY(open_run(cursor, request, txn, err));
  status result;
  struct batch *batch;
  model_set_numbers(txn, &cursor->numbers.ops);
  session__cursor_drop_rows(cursor);
  do {
    result = query_next(cursor->run, &batch, err);
    if (result == LUMA_OK && batch) result = session__cursor_keep_rows(cursor, batch, err);
  } while (result == LUMA_OK && batch);
  bool is_dry = session__guard(cursor, request).dry_run;
  if (result == LUMA_OK && is_dry) result = session__keep_changes(cursor, err);
  if (result == LUMA_OK) result = session__cursor_keep_outcome(cursor, err);
  model_set_numbers(txn, NULL);
  query_close(cursor->run);
  cursor->run = NULL;
  return result;
}

/* ---- transactions around work ---- */

static status change_once(struct session *session, struct model_tries *tries, session_work_fn *work,
                          void *context, struct err *err) {
  struct store_begin_options options = {
      .isolation = session->wants_serializable ? STORE_SERIALIZABLE : STORE_SNAPSHOT,
      .may_block = true};
  struct model_txn *txn;
  TRY(session__begin(session, &options, &txn, err));
  model_allow_restart(txn, tries);
  status result = work(context, txn, err);
  if (result != LUMA_OK) {
    model_rollback(txn);
    return result;
  }
  return session__commit(session, txn, err);
}

/* Before another try. A session whose commits are queued may have met one of its own, which it sees
 * once that is durable. */
static void pause(struct session *session, uint64_t pause_us) {
  struct store *store = model_store(session->db->model);
  if (session->durability != STORE_QUEUED || store_wait(store, session->position, NULL) != LUMA_OK)
    os_sleep_us(session->db->os, pause_us);
}

static status change_until(struct session *session, struct model_tries *tries,
                           session_work_fn *work, void *context, struct err *err) {
  uint64_t pause_us = BACKOFF_FIRST_US;
  for (int count = 0;; count++) {
    status result = change_once(session, tries, work, context, err);
    if (result != LUMA_CONFLICT || count == SESSION_RETRIES_MAX) return result;
    atomic_fetch_add_explicit(&session->db->counters.retries, 1, memory_order_relaxed);
    if (atomic_load(&session->cancelled)) return result;
    pause(session, pause_us);
    if (pause_us < BACKOFF_MAX_US) pause_us *= 2;
  }
}

static status change_alone(struct session *session, session_work_fn *work, void *context,
                           struct err *err) {
  struct model_tries tries;
  model_tries_begin(session->db->model, &tries);
  status result = change_until(session, &tries, work, context, err);
  model_tries_end(&tries);
  return result;
}

static status change_inside(struct session *session, session_work_fn *work, void *context,
                            struct err *err) {
  uint64_t mark;
  TRY(model_savepoint(session->txn, &mark, err));
  status result = work(context, session->txn, err);
  if (result == LUMA_OK) return LUMA_OK;
  struct err second = {0};
  if (model_rollback_to(session->txn, mark, &second) != LUMA_OK) {
    err_wrap(err, "the statement could not be undone (%s)", second.message);
  }
  return result;
}

status session__check_writable(const struct session *session, struct err *err) {
  if (session->db->options.read_only) {
    bool media = session->db->is_media_read_only;
    FAIL(err, LUMA_READ_ONLY, "the database is open for reading only%s",
         media ? ": its file system is mounted read-only" : "");
  }
  if (session->txn && session->is_reading) {
    err_raise(err, LUMA_READ_ONLY, __FILE__, __LINE__, "the transaction is for reading only");
    err_hint(err, "it was begun READ ONLY: COMMIT it and begin another");
    return LUMA_READ_ONLY;
  }
  return LUMA_OK;
}

static status change(struct session *session, session_work_fn *work, void *context,
                     struct err *err) {
  TRY(session__check_writable(session, err));
  return session->txn ? change_inside(session, work, context, err)
                      : change_alone(session, work, context, err);
}

static status change_serializable(struct session *session, session_work_fn *work, void *context,
                                  struct err *err) {
  session->wants_serializable = true;
  status result = change(session, work, context, err);
  session->wants_serializable = false;
  return result;
}

status session_change(struct session *session, session_work_fn *work, void *context,
                      struct err *err) {
  session__set_deadline(session, 0);
  return change(session, work, context, err);
}

status session_change_serializable(struct session *session, session_work_fn *work, void *context,
                                   struct err *err) {
  session__set_deadline(session, 0);
  return change_serializable(session, work, context, err);
}

status session_look(struct session *session, session_work_fn *work, void *context,
                    struct err *err) {
  if (session->txn) return work(context, session->txn, err);
  struct store_begin_options options = {.read_only = true, .may_block = true};
  struct model_txn *txn;
  TRY(model_begin(session->db->model, &options, &txn, err));
  status result = work(context, txn, err);
  model_rollback(txn);
  return result;
}

/* Does the work and undoes it, whatever came of it. */
static status change_dry(struct session *session, session_work_fn *work, void *context,
                         struct err *err) {
  struct store_begin_options options = {.isolation = STORE_SNAPSHOT, .may_block = true};
  struct model_txn *txn = NULL;
  uint64_t mark = 0;
  TRY(session__check_writable(session, err));
  if (!session->txn) {
    TRY(session__begin(session, &options, &txn, err));
    status done = work(context, txn, err);
    model_rollback(txn);
    return done;
  }
  TRY(model_savepoint(session->txn, &mark, err));
  status done = work(context, session->txn, err);
  status undone = model_rollback_to(session->txn, mark, done == LUMA_OK ? err : NULL);
  return done == LUMA_OK ? undone : done;
}

status session_try(struct session *session, session_work_fn *work, void *context, struct err *err) {
  session__set_deadline(session, 0);
  return change_dry(session, work, context, err);
}

/* ---- statements ---- */

struct write_work {
  struct session_cursor *cursor;
  const struct session_request *request;
};

static status write_work(void *context, struct model_txn *txn, struct err *err) {
  struct write_work *work = context;
  return run_write(work->cursor, work->request, txn, err);
}

static status fail_index_inside(struct err *err) {
  enum { MONGO_NOT_IN_TRANSACTION = 263 };
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
            "an index cannot be made inside a transaction");
  err_hint(err, "COMMIT first: building an index commits in steps of its own");
  if (err) err->foreign = MONGO_NOT_IN_TRANSACTION;
  return LUMA_INVALID_ARGUMENT;
}

static status read_alone(struct session_cursor *cursor, const struct session_request *request,
                         struct err *err) {
  struct store_begin_options options = {.read_only = true, .may_block = true};
  TRY(model_begin(cursor->session->db->model, &options, &cursor->own, err));
  return open_run(cursor, request, cursor->own, err);
}

status session__go_on(struct session_cursor *cursor, struct err *err) {
  session__set_deadline(cursor->session, cursor->request.timeout_us);
  cursor->is_waiting = false;
  return read_alone(cursor, &cursor->request, err);
}

status session__execute(struct session_cursor *cursor, const struct session_request *request,
                        struct err *err) {
  struct session *session = cursor->session;
  session__set_deadline(session, request->timeout_us);
  if (!session->txn) cursor->tails = query_tails(cursor->query, &cursor->awaits);
  cursor->request = *request;
  if (!query_is_write(cursor->query)) {
    TRY(session->txn ? open_run(cursor, request, session->txn, err)
                     : read_alone(cursor, request, err));
    session__count(cursor);
    return LUMA_OK;
  }
  if (session->txn && (cursor->kind == PLAN_CREATE_INDEX || cursor->kind == PLAN_REINDEX))
    return fail_index_inside(err);
  cursor->ended = true;
  struct write_work work = {cursor, request};
  if (session__guard(cursor, request).dry_run) {
    TRY(session__check_dry_run(cursor, err));
    return change_dry(session, write_work, &work, err);
  }
  /* Evolution looks at beings, and must see those that are made meanwhile. */
  bool looks = cursor->kind == PLAN_EVOLVE_SOUL || cursor->kind == PLAN_CREATE_SOUL;
  status done = looks ? change_serializable(session, write_work, &work, err)
                      : change(session, write_work, &work, err);
  if (done == LUMA_OK) session__count(cursor);
  if (done == LUMA_OK) return session__note_change(cursor, err);
  /* SQLite's OR ROLLBACK takes the whole transaction back. */
  if (query_root(cursor->query)->rolls_back && session->txn) (void)session_rollback(session, NULL);
  return done;
}
