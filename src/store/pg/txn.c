/* SPDX-License-Identifier: MIT */
/* Transactions: their snapshot, their writes, their end. */
#include "base/mem/mem.h"
#include "store/pg/pg_int.h"

/* ---- the open ones ---- */

/* Until the server has told the snapshot, it counts as the oldest it could be. */
static void join(struct pg_store *store, struct pg_txn *txn) {
  mutex_lock(&store->mutex);
  txn->snapshot = store->last_seq;
  txn->older = store->newest_txn;
  if (txn->older) {
    txn->older->newer = txn;
  } else {
    store->oldest_txn = txn;
  }
  store->newest_txn = txn;
  store->stats.snapshots_open++;
  mutex_unlock(&store->mutex);
}

static void leave(struct pg_store *store, struct pg_txn *txn) {
  mutex_lock(&store->mutex);
  if (txn->older) {
    txn->older->newer = txn->newer;
  } else {
    store->oldest_txn = txn->newer;
  }
  if (txn->newer) {
    txn->newer->older = txn->older;
  } else {
    store->newest_txn = txn->older;
  }
  store->stats.snapshots_open--;
  mutex_unlock(&store->mutex);
}

store_seq pg__horizon(struct pg_store *store) {
  mutex_lock(&store->mutex);
  store_seq horizon = store->last_seq;
  for (const struct pg_txn *txn = store->oldest_txn; txn; txn = txn->newer) {
    if (txn->snapshot < horizon) horizon = txn->snapshot;
  }
  mutex_unlock(&store->mutex);
  return horizon;
}

/* ---- beginning and ending ---- */

static status take_snapshot(struct pg_store *store, struct pg_txn *txn, struct err *err) {
  PGresult *results[2];
  TRY(conn_ask(txn->conn, SQL_BEGIN_READ, 0, NULL, err));
  TRY(conn_ask(txn->conn, SQL_HEAD_READ, 0, NULL, err));
  txn->conn->in_transaction = true;
  TRY(conn_run(txn->conn, results, err));
  bool has_head = PQntuples(results[1]) == 1;
  if (has_head) {
    struct store_pos position = {conn_number(results[1], 0, 0), conn_number(results[1], 0, 1)};
    mutex_lock(&store->mutex);
    txn->snapshot = position.high;
    txn->position = position;
    mutex_unlock(&store->mutex);
  }
  PQclear(results[0]);
  PQclear(results[1]);
  if (!has_head) FAIL(err, LUMA_CORRUPT, "luma_head has lost its row");
  return LUMA_OK;
}

/* A connection that was kept may have been lost since: then a new one is tried. */
static status start(struct pg_store *store, struct pg_txn *txn, struct err *err) {
  status answer = LUMA_OK;
  for (int attempt = 0; attempt < 2; attempt++) {
    TRY(pg__conn_acquire(store, attempt > 0, &txn->conn, err));
    answer = take_snapshot(store, txn, err);
    if (answer == LUMA_OK) break;
    bool is_lost = conn_is_lost(txn->conn);
    pg__conn_release(store, txn->conn);
    if (!is_lost) break;
  }
  return answer;
}

status pg__begin(struct store *store, const struct store_begin_options *options,
                 struct store_txn **txn, struct err *err) {
  struct pg_store *pg = (struct pg_store *)store;
  struct pg_txn *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a transaction");
  draft_init(&made->draft);
  made->is_serializable = options->isolation == STORE_SERIALIZABLE && !options->read_only;
  made->begun_us = os_monotonic_us(pg->os);
  join(pg, made);
  status answer = start(pg, made, err);
  if (answer != LUMA_OK) {
    leave(pg, made);
    draft_deinit(&made->draft);
    mem_free(made);
    return answer;
  }
  if (err) err_reset(err);
  *txn = &made->txn;
  return LUMA_OK;
}

void pg__rollback(struct store_txn *txn) {
  struct pg_store *store = pg__of(txn);
  struct pg_txn *pg = (struct pg_txn *)txn;
  pg__conn_release(store, pg->conn);
  leave(store, pg);
  draft_deinit(&pg->draft);
  mem_free(pg);
}

store_seq pg__snapshot(const struct store_txn *txn) {
  return ((const struct pg_txn *)txn)->snapshot;
}

/* ---- writes: they wait in the draft ---- */

static struct draft *draft_of(struct store_txn *txn) {
  return &((struct pg_txn *)txn)->draft;
}

status pg__put(struct store_txn *txn, enum store_space space, struct slice key, struct slice value,
               struct err *err) {
  return draft_put(draft_of(txn), space, key, value, err);
}

status pg__delete(struct store_txn *txn, enum store_space space, struct slice key,
                  struct err *err) {
  return draft_delete(draft_of(txn), space, key, err);
}

status pg__delete_range(struct store_txn *txn, enum store_space space, struct store_range range,
                        struct err *err) {
  return draft_erase(draft_of(txn), space, range, err);
}

status pg__add(struct store_txn *txn, struct slice key, int64_t delta, int64_t least, int64_t most,
               struct err *err) {
  return draft_add(draft_of(txn), key, delta, least, most, err);
}

status pg__guard(struct store_txn *txn, enum store_space space, struct slice key, struct err *err) {
  return draft_guard_key(draft_of(txn), space, key, err);
}

status pg__emit(struct store_txn *txn, struct slice payload, struct err *err) {
  return draft_emit(draft_of(txn), payload, err);
}

status pg__savepoint(struct store_txn *txn, uint64_t *mark, struct err *err) {
  (void)err;
  *mark = draft_mark(draft_of(txn));
  return LUMA_OK;
}

status pg__rollback_to(struct store_txn *txn, uint64_t mark, struct err *err) {
  return draft_undo(draft_of(txn), mark, err);
}
