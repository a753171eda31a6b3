/* SPDX-License-Identifier: MIT */
/* Connections to the server, kept for the next transaction. */
#include "store/pg/pg_int.h"

enum { IDLE_MAX = 16, OPEN_MAX = 1000 };

/* Whether a commit of this connection waits for the disk. A server that waits for more than its own
 * disk keeps doing so. */
static const char *settings(const struct pg_store *store) {
  if (!store->is_synced) return "SET synchronous_commit = off";
  return "SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit') "
         "WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, false)";
}

static status open_conn(struct pg_store *store, struct conn **conn, struct err *err) {
  struct conn *made;
  TRY(conn_open(store->target, &made, err));
  status answer = conn_command(made, settings(store), NULL, err);
  if (answer == LUMA_OK) answer = conn_prepare(made, err);
  if (answer != LUMA_OK) {
    conn_close(made);
    return answer;
  }
  *conn = made;
  return LUMA_OK;
}

static void close_idle(struct pg_store *store) {
  while (store->idle) {
    struct conn *conn = store->idle;
    store->idle = conn->next;
    store->idle_count--;
    store->open_count--;
    conn_close(conn);
  }
}

/* Takes one that is kept, or leave to open another one. */
static status take_idle(struct pg_store *store, bool fresh, struct conn **conn, struct err *err) {
  if (fresh) close_idle(store);
  *conn = store->idle;
  if (*conn) {
    store->idle = (*conn)->next;
    store->idle_count--;
    return LUMA_OK;
  }
  if (store->open_count >= OPEN_MAX) {
    FAIL(err, LUMA_BUSY, "%u transactions are open already", store->open_count);
  }
  store->open_count++;
  return LUMA_OK;
}

status pg__conn_acquire(struct pg_store *store, bool fresh, struct conn **conn, struct err *err) {
  mutex_lock(&store->mutex);
  status answer = take_idle(store, fresh, conn, err);
  mutex_unlock(&store->mutex);
  if (answer != LUMA_OK || *conn) return answer;
  answer = open_conn(store, conn, err);
  if (answer == LUMA_OK) return LUMA_OK;
  mutex_lock(&store->mutex);
  store->open_count--;
  mutex_unlock(&store->mutex);
  return answer;
}

void pg__conn_release(struct pg_store *store, struct conn *conn) {
  bool is_clean = (!conn->in_transaction && conn->asked == 0) || conn_abandon(conn);
  conn->in_transaction = false;
  mutex_lock(&store->mutex);
  bool is_kept = is_clean && !conn_is_lost(conn) && store->idle_count < IDLE_MAX;
  if (is_kept) {
    conn->next = store->idle;
    store->idle = conn;
    store->idle_count++;
  } else {
    store->open_count--;
  }
  mutex_unlock(&store->mutex);
  if (!is_kept) conn_close(conn);
}

void pg__pool_close(struct pg_store *store) {
  close_idle(store);
}

status pg__query(struct pg_store *store, enum sql_kind kind, int space,
                 const struct conn_params *params, PGresult **result, struct err *err) {
  status answer = LUMA_OK;
  for (int attempt = 0; attempt < 2; attempt++) {
    struct conn *conn;
    TRY(pg__conn_acquire(store, attempt > 0, &conn, err));
    answer = conn_ask(conn, kind, space, params, err);
    PGresult *got = NULL;
    if (answer == LUMA_OK) answer = conn_run(conn, &got, err);
    bool is_lost = conn_is_lost(conn);
    pg__conn_release(store, conn);
    if (answer == LUMA_OK && result) *result = got;
    if (answer == LUMA_OK && !result) PQclear(got);
    if (answer == LUMA_OK || !is_lost) break;
  }
  if (answer == LUMA_OK && err) err_reset(err);
  return answer;
}
