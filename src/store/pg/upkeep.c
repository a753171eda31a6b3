/* SPDX-License-Identifier: MIT */
/* What keeps the tables small, and what looks at them as a whole. */
#include <stdio.h>

#include "store/pg/pg_int.h"

/* ---- forgetting ---- */

static status ask_prune(struct conn *conn, store_seq horizon, struct err *err) {
  struct conn_params params = {0};
  conn_param_number(&params, horizon);
  for (int space = 0; space < STORE_SPACES; space++) {
    TRY(conn_ask(conn, SQL_PRUNE, space, &params, err));
  }
  TRY(conn_ask(conn, SQL_PRUNE_ERASED, 0, &params, err));
  return conn_run(conn, NULL, err);
}

status pg__prune(struct pg_store *store, struct err *err) {
  struct conn *conn;
  store_seq horizon = pg__horizon(store);
  TRY(pg__conn_acquire(store, false, &conn, err));
  status answer = ask_prune(conn, horizon, err);
  pg__conn_release(store, conn);
  return answer;
}

/* Outside of commits: the two would lock the same rows in different orders. */
status pg__checkpoint(struct store *store, struct err *err) {
  struct pg_store *pg = (struct pg_store *)store;
  if (pg->read_only) return LUMA_OK;
  mutex_lock(&pg->commits);
  status answer = pg__prune(pg, err);
  mutex_unlock(&pg->commits);
  return answer;
}

status pg__compact(struct store *store, struct err *err) {
  struct pg_store *pg = (struct pg_store *)store;
  struct conn *conn;
  if (pg->read_only) return LUMA_OK;
  TRY(pg__checkpoint(store, err));
  TRY(conn_open(pg->target, &conn, err));
  status answer = conn_command(conn,
                               "VACUUM (ANALYZE) luma_meta, luma_records, luma_entries, "
                               "luma_counters, luma_erased, luma_feed, luma_head",
                               NULL, err);
  conn_close(conn);
  return answer;
}

/* ---- durability ---- */

static status flush(struct conn *conn, struct err *err) {
  static const enum sql_kind kinds[] = {SQL_BEGIN_WRITE, SQL_SYNC_ON, SQL_HEAD_TOUCH, SQL_COMMIT};
  conn->in_transaction = true;
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    TRY(conn_ask(conn, kinds[i], 0, NULL, err));
  }
  TRY(conn_run(conn, NULL, err));
  conn->in_transaction = false;
  return LUMA_OK;
}

/* A commit that waits for the disk takes all earlier ones with it. */
status pg__sync(struct store *store, struct err *err) {
  struct pg_store *pg = (struct pg_store *)store;
  struct conn *conn;
  if (pg->is_synced || pg->read_only) return LUMA_OK;
  TRY(pg__conn_acquire(pg, false, &conn, err));
  status answer = flush(conn, err);
  pg__conn_release(pg, conn);
  if (answer != LUMA_OK) return answer;
  mutex_lock(&pg->mutex);
  pg->stats.syncs++;
  mutex_unlock(&pg->mutex);
  return LUMA_OK;
}

status pg__wait(struct store *store, struct store_pos position, struct err *err) {
  (void)position;
  return pg__sync(store, err);
}

/* ---- check ---- */

enum { CHECKS = 1 + STORE_SPACES + 3 };

static status ask_checks(struct conn *conn, PGresult *results[CHECKS], struct err *err) {
  static const enum sql_kind kinds[] = {SQL_CHECK_RECORDS, SQL_CHECK_COUNTERS, SQL_CHECK_FEED};
  conn->in_transaction = true;
  TRY(conn_ask(conn, SQL_BEGIN_READ, 0, NULL, err));
  for (int space = 0; space < STORE_SPACES; space++) {
    TRY(conn_ask(conn, SQL_CHECK, space, NULL, err));
  }
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    TRY(conn_ask(conn, kinds[i], 0, NULL, err));
  }
  return conn_run(conn, results, err);
}

static uint64_t report(const PGresult *result, store_check_fn *fault, void *context) {
  for (int row = 0; row < PQntuples(result); row++) {
    fault(context, PQgetvalue(result, row, 0), PQgetvalue(result, row, 1));
  }
  return (uint64_t)PQntuples(result);
}

status pg__check(struct store *store, store_check_fn *fault, void *context, struct err *err) {
  struct pg_store *pg = (struct pg_store *)store;
  PGresult *results[CHECKS];
  struct conn *conn;
  uint64_t faults = 0;
  TRY(pg__conn_acquire(pg, false, &conn, err));
  status answer = ask_checks(conn, results, err);
  pg__conn_release(pg, conn);
  if (answer != LUMA_OK) return answer;
  for (int i = 0; i < CHECKS; i++) {
    faults += report(results[i], fault, context);
    PQclear(results[i]);
  }
  if (faults == 0) return LUMA_OK;
  FAIL(err, LUMA_CORRUPT, "%llu faults in the tables", (unsigned long long)faults);
}

/* ---- figures ---- */

status pg__stats(struct store *store, struct store_stats *stats, struct err *err) {
  struct pg_store *pg = (struct pg_store *)store;
  PGresult *result;
  TRY(pg__query(pg, SQL_SIZE, 0, NULL, &result, err));
  mutex_lock(&pg->mutex);
  *stats = pg->stats;
  if (pg->oldest_txn) {
    stats->oldest_snapshot_age_us = os_monotonic_us(pg->os) - pg->oldest_txn->begun_us;
  }
  mutex_unlock(&pg->mutex);
  stats->file_bytes = conn_number(result, 0, 0);
  stats->bytes_written = atomic_load(&pg->bytes_written);
  stats->bytes_read = atomic_load(&pg->bytes_read);
  PQclear(result);
  return LUMA_OK;
}
