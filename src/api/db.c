/* SPDX-License-Identifier: MIT */
/* Databases, errors, sessions. */
#include <stdio.h>

#include "api/api_int.h"
#include "base/mem/mem.h"
#include "service/expiry/expiry.h"

static const char version_text[] = LUMA_VERSION_TEXT;

const char *luma_version(void) {
  return version_text;
}

const char *luma_status_name(enum luma_status code) {
  return status_info(code)->name;
}

const char *luma_type_name(enum luma_type type) {
  return val_type_name((int)type < (int)VAL_TYPES ? (enum val_type)type : VAL_MISSING);
}

enum luma_status api__answer(luma_error *error, const struct err *err, status result) {
  if (!error) return result;
  error->status = result;
  error->code = status_info(result)->name;
  error->message[0] = error->hint[0] = 0;
  error->retryable = false;
  error->line = error->column = 0;
  error->offset = 0;
  if (result == LUMA_OK) return result;
  error->offset = err->offset;
  error->line = err->line;
  error->column = err->column;
  error->retryable = status_info(result)->retryable;
  const char *message = err->message[0] ? err->message : status_info(result)->text;
  (void)snprintf(error->message, sizeof error->message, "%s", message);
  (void)snprintf(error->hint, sizeof error->hint, "%s", err->hint);
  return result;
}

enum luma_status api__fail(luma_error *error, status code, const char *message) {
  struct err err;
  err_init(&err);
  err_raise(&err, code, __FILE__, __LINE__, "%s", message);
  return api__answer(error, &err, code);
}

struct slice api__text(const char *text, size_t bytes) {
  if (!text) return slice_of(NULL, 0);
  return bytes == LUMA_TEXT_END ? slice_of_text(text) : slice_of(text, bytes);
}

/* ---- databases ---- */

static enum store_sync_mode sync_mode(enum luma_sync sync) {
  switch (sync) {
  case LUMA_SYNC_ALWAYS: return STORE_SYNC_ALWAYS;
  case LUMA_SYNC_PERIODIC: return STORE_SYNC_PERIODIC;
  case LUMA_SYNC_NEVER: return STORE_SYNC_NEVER;
  case LUMA_SYNC_GROUP: break;
  }
  return STORE_SYNC_GROUP;
}

static void tell_committed(void *context, struct store_pos position) {
  const luma_db *db = context;
  db->committed(db->committed_context, (luma_position){position.high, position.low});
}

enum luma_status luma_open(const char *target, const luma_options *options, luma_db **db,
                           luma_error *error) {
  static const luma_options defaults = {0};
  if (!options) options = &defaults;
  *db = NULL;
  if (!target) return api__fail(error, LUMA_INVALID_ARGUMENT, "no target is named");
  luma_db *made = mem_zalloc(1, sizeof *made);
  if (!made) return api__fail(error, LUMA_OUT_OF_MEMORY, "no memory for the database");
  struct db_options inner = {.must_exist = options->must_exist,
                             .read_only = options->read_only,
                             .sync_mode = sync_mode(options->sync),
                             .cache_bytes = options->cache_bytes,
                             .statement_bytes = options->memory_bytes,
                             .threads = options->threads,
                             .background_threads = options->background_threads,
                             .batch_size = options->batch_size,
                             .batch_timeout_us = options->batch_timeout_us,
                             .holder = options->holder};
  if (options->committed) inner.listener = (struct store_listener){tell_committed, made};
  made->committed = options->committed;
  made->committed_context = options->committed_context;
  struct err err;
  err_init(&err);
  status result = db_open(target, &inner, &made->db, &err);
  if (result == LUMA_OK)
    *db = made;
  else
    mem_free(made);
  return api__answer(error, &err, result);
}

void luma_close(luma_db *db) {
  if (!db) return;
  db_close(db->db);
  mem_free(db);
}

enum luma_status luma_check(luma_db *db, luma_fault_fn *fault, void *context, luma_error *error) {
  struct err err;
  err_init(&err);
  return api__answer(error, &err, model_check(db->db->model, fault, context, &err));
}

enum luma_status luma_stats(luma_db *db, char **json, luma_error *error) {
  enum { STATS_BYTES_MAX = 64 << 20 };
  struct err err;
  err_init(&err);
  struct buf out;
  *json = NULL;
  buf_init(&out, STATS_BYTES_MAX);
  status result = db_stats(db->db, &out, &err);
  if (result == LUMA_OK && !buf_append_byte(&out, 0))
    result = buf_check(&out, "the statistics", &err);
  size_t bytes;
  if (result == LUMA_OK) *json = (char *)buf_take(&out, &bytes);
  buf_deinit(&out);
  return api__answer(error, &err, result);
}

enum luma_status luma_checkpoint(luma_db *db, luma_error *error) {
  struct err err;
  err_init(&err);
  return api__answer(error, &err, store_checkpoint(model_store(db->db->model), &err));
}

enum luma_status luma_compact(luma_db *db, luma_error *error) {
  struct err err;
  err_init(&err);
  return api__answer(error, &err, store_compact(model_store(db->db->model), &err));
}

enum luma_status luma_expire(luma_db *db, uint64_t *deleted, luma_error *error) {
  static const struct expiry_options options = {0};
  struct err err;
  uint64_t count = 0;
  err_init(&err);
  status result = expiry_run(db->db, &options, &count, &err);
  if (deleted) *deleted = count;
  return api__answer(error, &err, result);
}

void luma_free(void *memory) {
  mem_free(memory);
}

/* ---- sessions ---- */

enum luma_status luma_session_open(luma_db *db, luma_session **session, luma_error *error) {
  *session = NULL;
  luma_session *made = mem_zalloc(1, sizeof *made);
  if (!made) return api__fail(error, LUMA_OUT_OF_MEMORY, "no memory for a session");
  made->db = db;
  struct err err;
  err_init(&err);
  status result = session_open(db->db, &made->session, &err);
  if (result == LUMA_OK)
    *session = made;
  else
    mem_free(made);
  return api__answer(error, &err, result);
}

void luma_session_close(luma_session *session) {
  if (!session) return;
  session_close(session->session);
  mem_free(session);
}

enum luma_status luma_begin(luma_session *session, bool serializable, luma_error *error) {
  struct err err;
  err_init(&err);
  unsigned flags = serializable ? SESSION_SERIALIZABLE : SESSION_SNAPSHOT;
  return api__answer(error, &err, session_begin(session->session, flags, &err));
}

enum luma_status luma_commit(luma_session *session, luma_error *error) {
  struct err err;
  err_init(&err);
  return api__answer(error, &err, session_commit(session->session, &err));
}

enum luma_status luma_rollback(luma_session *session, luma_error *error) {
  struct err err;
  err_init(&err);
  return api__answer(error, &err, session_rollback(session->session, &err));
}

enum luma_status luma_savepoint(luma_session *session, const char *name, luma_error *error) {
  struct err err;
  err_init(&err);
  return api__answer(error, &err, session_savepoint(session->session, slice_of_text(name), &err));
}

enum luma_status luma_rollback_to(luma_session *session, const char *name, luma_error *error) {
  struct err err;
  err_init(&err);
  return api__answer(error, &err, session_rollback_to(session->session, slice_of_text(name), &err));
}

enum luma_status luma_release(luma_session *session, const char *name, luma_error *error) {
  struct err err;
  err_init(&err);
  return api__answer(error, &err, session_release(session->session, slice_of_text(name), &err));
}

void luma_set_guard(luma_session *session, const luma_guard *guard) {
  struct query_guard own = {0};
  if (guard)
    own = (struct query_guard){.is_limited = guard->is_limited,
                               .max_affected = guard->max_affected,
                               .dry_run = guard->dry_run};
  session_set_guard(session->session, &own);
}

bool luma_in_transaction(const luma_session *session) {
  return session_in_transaction(session->session);
}

void luma_cancel(luma_session *session) {
  session_cancel(session->session);
}

void luma_set_timeout_ms(luma_session *session, uint64_t timeout_ms) {
  session_set_timeout_us(session->session, timeout_ms > UINT64_MAX / 1000 ? 0 : timeout_ms * 1000);
}

/* ---- commits ahead of the disk ---- */

void luma_set_queued(luma_session *session, bool queued) {
  session_set_durability(session->session, queued ? STORE_QUEUED : STORE_SYNC_DEFAULT);
}

static luma_position public_of(struct store_pos position) {
  return (luma_position){position.high, position.low};
}
static struct store_pos inner_of(luma_position position) {
  return (struct store_pos){position.high, position.low};
}

luma_position luma_last_position(const luma_session *session) {
  return public_of(session_position(session->session));
}

enum luma_status luma_wait(luma_db *db, luma_position position, luma_error *error) {
  struct err err;
  err_init(&err);
  struct store *store = model_store(db->db->model);
  return api__answer(error, &err, store_wait(store, inner_of(position), &err));
}

luma_position luma_durable(luma_db *db) {
  return public_of(store_durable(model_store(db->db->model)));
}

int luma_position_compare(luma_db *db, luma_position a, luma_position b) {
  return store_pos_compare(model_store(db->db->model), inner_of(a), inner_of(b));
}
