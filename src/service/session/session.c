/* SPDX-License-Identifier: MIT */
/* Sessions, their transaction, and which statements are theirs to run. */
#include "service/session/session.h"

#include "base/mem/mem.h"
#include "service/session/session_int.h"

/* Thread: the session's. */
static status ask(void *context, struct err *err) {
  const struct session *session = context;
  if (atomic_load_explicit(&session->cancelled, memory_order_relaxed))
    FAIL(err, LUMA_CANCELLED, "the statement was cancelled");
  if (session->deadline_us && os_monotonic_us(session->db->os) > session->deadline_us)
    FAIL(err, LUMA_TIMEOUT, "the statement took longer than its limit");
  return LUMA_OK;
}

static bool wait_begin(void *context) {
  const struct db_waits *waits = &((struct session *)context)->db->options.waits;
  return !waits->begin || waits->begin(waits->context);
}

static void wait_end(void *context) {
  const struct db_waits *waits = &((struct session *)context)->db->options.waits;
  if (waits->end) waits->end(waits->context);
}

void session__set_deadline(struct session *session, uint64_t timeout_us) {
  if (timeout_us == 0) timeout_us = session->timeout_us;
  session->deadline_us = timeout_us ? os_monotonic_us(session->db->os) + timeout_us : 0;
}

status session__begin(struct session *session, const struct store_begin_options *options,
                      struct model_txn **txn, struct err *err) {
  TRY(model_begin(session->db->model, options, txn, err));
  model_set_caller(*txn, &session->caller);
  return LUMA_OK;
}

status session_open(struct db *db, struct session **session, struct err *err) {
  struct session *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a session");
  made->db = db;
  made->number = atomic_fetch_add_explicit(&db->sessions, 1, memory_order_relaxed) + 1;
  made->caller = (struct model_caller){ask, wait_begin, wait_end, made};
  *session = made;
  return LUMA_OK;
}

/* What is temporary ends with the session, and with its use by somebody. */
static void drop_temporaries(struct session *session) {
  if (session->has_temporaries) db_drop_temporaries(session->db, session->number);
  session->has_temporaries = false;
}

void session_close(struct session *session) {
  if (!session) return;
  while (session->cursors) session_cursor_close(session->cursors);
  model_rollback(session->txn);
  drop_temporaries(session);
  session__drop_marks(session, 0);
  (void)session__drop_named(session, slice_of(NULL, 0), NULL);
  mem_free(session->named);
  session__drop_numbers(session);
  mem_free(session->marks);
  json_reader_destroy(session->reader);
  mem_free(session);
}

void session_reset(struct session *session) {
  static const struct query_guard none = {0};
  if (session->txn) (void)session_rollback(session, NULL);
  drop_temporaries(session);
  (void)session__drop_named(session, slice_of(NULL, 0), NULL);
  session__drop_numbers(session);
  session->guard = none;
  session->timeout_us = 0;
}

struct db *session_db(const struct session *session) {
  return session->db;
}
bool session_in_transaction(const struct session *session) {
  return session->txn != NULL;
}
void session_cancel(struct session *session) {
  atomic_store(&session->cancelled, true);
}
void session_uncancel(struct session *session) {
  atomic_store(&session->cancelled, false);
}
void session_set_timeout_us(struct session *session, uint64_t timeout_us) {
  session->timeout_us = timeout_us;
}

void session_set_durability(struct session *session, enum store_durability durability) {
  session->durability = durability;
}
struct store_pos session_position(const struct session *session) {
  return session->position;
}

uint32_t session_threads(const struct session *session) {
  return session->db->options.threads;
}

uint64_t session_version(const struct session *session) {
  return session->txn ? 0 : session->seq;
}

status session_json_reader(struct session *session, struct json_reader **reader, struct err *err) {
  if (!session->reader) TRY(json_reader_create(&session->reader, err));
  *reader = session->reader;
  return LUMA_OK;
}

/* ---- the explicit transaction ---- */

status session_begin(struct session *session, unsigned flags, struct err *err) {
  if (session->txn) {
    err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "a transaction is open already");
    err_hint(err, "COMMIT or ROLLBACK it first; transactions do not nest");
    return LUMA_INVALID_ARGUMENT;
  }
  struct store_begin_options options = {
      .isolation = flags & SESSION_SERIALIZABLE ? STORE_SERIALIZABLE : STORE_SNAPSHOT,
      .read_only = session->db->options.read_only || (flags & SESSION_READ_ONLY),
      .may_block = true};
  session->is_reading = flags & SESSION_READ_ONLY;
  return session__begin(session, &options, &session->txn, err);
}

status session__fail_no_transaction(struct err *err) {
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "no transaction is open");
  err_hint(err, "BEGIN opens one");
  return LUMA_INVALID_ARGUMENT;
}

status session__commit(struct session *session, struct model_txn *txn, struct err *err) {
  return model_commit_seq(txn, session->durability, &session->position, &session->seq, err);
}

status session_commit(struct session *session, struct err *err) {
  if (!session->txn) return session__fail_no_transaction(err);
  session__close_runs(session);
  session__drop_marks(session, 0);
  struct model_txn *txn = session->txn;
  session->txn = NULL;
  return session__commit(session, txn, err);
}

status session_rollback(struct session *session, struct err *err) {
  if (!session->txn) return session__fail_no_transaction(err);
  session__close_runs(session);
  session__drop_marks(session, 0);
  model_rollback(session->txn);
  session->txn = NULL;
  return LUMA_OK;
}

/* ---- preparing ---- */

/* The transaction whose picture of the catalog a plan must be made for; NULL: it is the newest that
 * all see, and the plan may serve others. */
static struct model_txn *own_catalog(const struct session *session) {
  if (!session->txn) return NULL;
  const struct catalog *newest = model_catalog_acquire(session->db->model);
  bool is_newest = newest == model_catalog(session->txn);
  catalog_release(newest);
  return is_newest ? NULL : session->txn;
}

/* `runs`: now, while its text is there. `literals`: of the text; may be NULL. */
static status prepare(struct session *session, const struct query_source *source, size_t *offset,
                      const struct literals *literals, bool runs, struct query **query,
                      struct err *err) {
  struct query_source with_lang = *source;
  if (!with_lang.lang) with_lang.lang = source->command ? &lang_jql : lang_guess(source->text);
  struct query_prepare_options options = {.now_us = os_now_us(session->db->os),
                                          .text_stays = runs,
                                          .literals = literals,
                                          .rules_off = session->db->options.rules_off,
                                          .session = session->number,
                                          .has_temporaries = session->has_temporaries};
  TRY(session_json_reader(session, &options.reader, err));
  return query_prepare(session->db->model, own_catalog(session), &with_lang, offset, &options,
                       query, err);
}

/* Takes a plan from the cache, or makes one. */
static status plan(struct session *session, const struct query_source *source, size_t *offset,
                   struct query **query, struct err *err) {
  if (source->command) return prepare(session, source, offset, NULL, true, query, err);
  size_t from = offset ? *offset : 0;
  struct query_source rest = *source;
  if (!rest.lang) rest.lang = lang_guess(source->text);
  struct slice text = slice_of(rest.text.data + from, rest.text.bytes - from);
  struct literals room;
  const struct literals *literals =
      rest.lang->literals && rest.lang->literals(text, &room) ? &room : NULL;
  /* With temporary collections a name may mean another thing than to others. */
  *query = session->has_temporaries ? NULL
                                    : plans_take(session->db->plans, rest.lang, text, literals,
                                                 os_now_us(session->db->os));
  if (!*query) return prepare(session, &rest, offset, literals, true, query, err);
  if (offset) *offset = rest.text.bytes;
  return LUMA_OK;
}

status session_prepare(struct session *session, const struct query_source *source,
                       struct session_prepared **prepared, struct err *err) {
  struct session_prepared *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a statement");
  made->session = session;
  status result = prepare(session, source, NULL, NULL, false, &made->query, err);
  if (result != LUMA_OK) {
    mem_free(made);
    return result;
  }
  *prepared = made;
  return LUMA_OK;
}

void session_unprepare(struct session_prepared *prepared) {
  if (!prepared) return;
  query_destroy(prepared->query);
  mem_free(prepared);
}

/* ---- running ---- */

static status run_own(struct session *session, const struct plan *plan, struct err *err) {
  unsigned flags = (plan->serializable ? SESSION_SERIALIZABLE : SESSION_SNAPSHOT) |
                   (plan->read_only ? SESSION_READ_ONLY : 0);
  if (plan->kind == PLAN_BEGIN) return session_begin(session, flags, err);
  if (plan->kind == PLAN_COMMIT) return session_commit(session, err);
  if (plan->kind == PLAN_ROLLBACK) return session_rollback(session, err);
  if (plan->kind == PLAN_SAVEPOINT) return session_savepoint(session, plan->new_name, err);
  if (plan->kind == PLAN_RELEASE) return session_release(session, plan->new_name, err);
  if (plan->kind == PLAN_PREPARE)
    return session__keep_named(session, plan->new_name, plan->alias, err);
  if (plan->kind == PLAN_DEALLOCATE) return session__drop_named(session, plan->new_name, err);
  if (plan->kind == PLAN_ROLLBACK_TO) return session_rollback_to(session, plan->new_name, err);
  return session_set_option(session, plan->new_name, plan->alias, err);
}

/* Errors speak of temporary collections by the names that the session gave them. */
static void tell_plainly(const struct session *session, struct err *err) {
  if (!err || !session->has_temporaries) return;
  catalog_plain_text(err->message);
  catalog_plain_text(err->hint);
}

static void count_statement(struct session *session, status result) {
  atomic_fetch_add_explicit(&session->db->counters.statements, 1, memory_order_relaxed);
  if (result != LUMA_OK) {
    atomic_fetch_add_explicit(&session->db->counters.failures, 1, memory_order_relaxed);
  }
}

/* Runs a prepared query under a new cursor, which owns it if `owns`. */
static status run_query(struct session *session, struct query *query, bool owns,
                        const struct session_request *request, struct session_cursor **cursor,
                        struct err *err) {
  struct session_cursor *made;
  status result = session__cursor_create(session, query, owns, &made, err);
  if (result != LUMA_OK) {
    if (owns) plans_give(session->db->plans, query);
    return result;
  }
  if (plan_is_session(made->kind)) {
    made->ended = true;
    result = run_own(session, query_root(query), err);
  } else {
    result = session__execute(made, request, err);
  }
  if (owns) query_let_go_of_text(query);
  count_statement(session, result);
  session->has_temporaries |= result == LUMA_OK && query_root(query)->is_temporary;
  if (result != LUMA_OK) {
    tell_plainly(session, err);
    session_cursor_close(made);
    return result;
  }
  *cursor = made;
  return LUMA_OK;
}

/* EXECUTE: the text that was kept, with these values. They live in an arena of the cursor's. */
static status run_named(struct session *session, struct query *execute,
                        const struct session_request *request, struct session_cursor **cursor,
                        struct err *err) {
  const struct plan *root = query_root(execute);
  struct query *query = NULL;
  struct session_request inner = *request;
  struct arena values;
  inner.source = (struct query_source){.lang = &lang_lql};
  arena_init(&values, 1024, 0);
  status done = session__find_named(session, root->new_name, &inner.source.text, err);
  if (done == LUMA_OK)
    done = session__named_values(root, &request->params, &values, &inner.params, err);
  if (done == LUMA_OK) done = plan(session, &inner.source, NULL, &query, err);
  if (done == LUMA_OK && query_kind(query) == PLAN_EXECUTE) {
    plans_give(session->db->plans, query);
    done = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                     "a prepared statement executes no other");
  } else if (done == LUMA_OK) {
    done = run_query(session, query, true, &inner, cursor, err);
  }
  if (done == LUMA_OK)
    (*cursor)->values = values;
  else
    arena_deinit(&values);
  return done;
}

status session_run(struct session *session, const struct session_request *request, size_t *offset,
                   struct session_cursor **cursor, struct err *err) {
  struct query *query;
  status result = plan(session, &request->source, offset, &query, err);
  if (result != LUMA_OK) {
    tell_plainly(session, err);
    count_statement(session, result);
    return result;
  }
  if (query_kind(query) != PLAN_EXECUTE)
    return run_query(session, query, true, request, cursor, err);
  result = run_named(session, query, request, cursor, err);
  plans_give(session->db->plans, query);
  return result;
}

status session_run_prepared(struct session_prepared *prepared, const struct query_params *params,
                            struct session_cursor **cursor, struct err *err) {
  struct session_request request = {.params = *params};
  if (query_kind(prepared->query) == PLAN_EXECUTE)
    return run_named(prepared->session, prepared->query, &request, cursor, err);
  return run_query(prepared->session, prepared->query, false, &request, cursor, err);
}
