/* SPDX-License-Identifier: MIT */
/* Commit: one at a time, by a lock on the row of luma_head.
 *
 * 1. The snapshot ends, a transaction that sees what is committed now begins, locks the head and
 *    reads the counters that were added to: one round trip.
 * 2. If the head has moved since the snapshot, what it moved over is looked for among what was
 *    written and guarded: one more.
 * 3. The writes, the feed's records and the new head are sent, and the commit: one more.
 *
 * So sequences and positions are in the order of commits, a snapshot is all commits up to the head
 * it sees, and the feed has no gaps to be filled later. */
#include "store/pg/pg_int.h"

/* Deletions kept for conflicts are looked through for old ones when there are this many more. */
enum { PRUNE_AFTER = 10000 };

status pg__each_write(const struct draft *draft,
                      status (*each)(void *context, enum store_space space,
                                     const struct draft_write *write, struct err *err),
                      void *context, struct err *err) {
  for (int space = 0; space < STORE_SPACES; space++) {
    const struct keylist *list = &draft->writes[space];
    struct keylist_gap gap = keylist_find(list, (struct slice){0});
    for (struct keylist_item *item; (item = keylist_peek(list, gap, false));
         keylist_step(list, &gap, false)) {
      const struct draft_write *write = (const struct draft_write *)item;
      if (!draft_is_idle(write)) TRY(each(context, (enum store_space)space, write, err));
    }
  }
  return LUMA_OK;
}

/* ---- the head, and the counters as they stand ---- */

/** The first round trip: what is asked, and what came back. */
struct opening {
  struct pg_txn *txn;
  struct conn_array keys;
  struct pg_sum *sums;
  size_t sums_count;
  PGresult **results; /* of the statements in their order; those from GETS on are of counters */
  size_t *firsts;     /* the first sum that a result is of */
  size_t count;
};
enum { HEAD = 2, GETS = 3 };

static status ask_gets(struct opening *opening, struct err *err) {
  if (opening->keys.count == 0) return LUMA_OK;
  struct conn_params params = {0};
  TRY(conn_param_array(&params, &opening->keys, err));
  TRY(conn_ask(opening->txn->conn, SQL_GET, STORE_COUNTERS, &params, err));
  opening->firsts[opening->count++] = opening->sums_count - opening->keys.count;
  conn_array_reset(&opening->keys);
  return LUMA_OK;
}

static status add_sum(void *context, enum store_space space, const struct draft_write *write,
                      struct err *err) {
  struct opening *opening = context;
  if (space != STORE_COUNTERS || !pg__takes_base(&opening->txn->draft, write)) return LUMA_OK;
  if (conn_array_is_full(&opening->keys)) TRY(ask_gets(opening, err));
  opening->sums[opening->sums_count++] = (struct pg_sum){write, 0};
  conn_array_add(&opening->keys, write->item.key);
  return LUMA_OK;
}

static status ask_opening(struct opening *opening, struct err *err) {
  struct conn *conn = opening->txn->conn;
  TRY(conn_ask(conn, SQL_ROLLBACK, 0, NULL, err));
  TRY(conn_ask(conn, SQL_BEGIN_WRITE, 0, NULL, err));
  TRY(conn_ask(conn, SQL_HEAD_LOCK, 0, NULL, err));
  opening->count = GETS;
  TRY(pg__each_write(&opening->txn->draft, add_sum, opening, err));
  TRY(ask_gets(opening, err));
  return conn_run(conn, opening->results, err);
}

static void read_sums(struct opening *opening) {
  for (size_t i = GETS; i < opening->count; i++) {
    const PGresult *result = opening->results[i];
    for (int row = 0; row < PQntuples(result); row++) {
      struct slice value = conn_bytes(result, row, 1);
      size_t place = opening->firsts[i] + conn_number(result, row, 0) - 1;
      if (value.bytes != sizeof(int64_t)) continue; /* a check tells */
      memcpy(&opening->sums[place].base, value.data, sizeof(int64_t));
    }
  }
}

/* Room for as many results as there may be. */
static status prepare_opening(struct pg_txn *txn, struct opening *opening, struct err *err) {
  struct arena *arena = &txn->draft.arena;
  size_t most = (size_t)txn->draft.writes[STORE_COUNTERS].items_count + GETS;
  *opening = (struct opening){.txn = txn};
  opening->sums = arena_zalloc(arena, most, sizeof *opening->sums);
  opening->results = arena_zalloc(arena, most, sizeof(PGresult *));
  opening->firsts = arena_zalloc(arena, most, sizeof *opening->firsts);
  if (!opening->sums || !opening->results || !opening->firsts) {
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to commit");
  }
  return LUMA_OK;
}

/* Locks the head; `sums` get what their counters stand at. */
static status open_commit(struct pg_txn *txn, struct pg_head *head, struct pg_sum **sums,
                          struct err *err) {
  struct opening opening;
  TRY(prepare_opening(txn, &opening, err));
  conn_array_init(&opening.keys);
  status answer = ask_opening(&opening, err);
  conn_array_deinit(&opening.keys);
  if (answer != LUMA_OK) return answer;
  read_sums(&opening);
  answer = pg__head_of(pg__of(&txn->txn), opening.results[HEAD], head, err);
  for (size_t i = 0; i < opening.count; i++) PQclear(opening.results[i]);
  *sums = opening.sums;
  return answer;
}

status pg__head_of(const struct pg_store *store, const PGresult *result, struct pg_head *head,
                   struct err *err) {
  if (PQntuples(result) != 1) FAIL(err, LUMA_CORRUPT, "luma_head has lost its row");
  if (conn_number(result, 0, 0) != store->owner) {
    FAIL(err, LUMA_LOCKED, "another process has taken the database over");
  }
  head->newest = (struct store_pos){conn_number(result, 0, 1), conn_number(result, 0, 2)};
  head->trimmed = (struct store_pos){conn_number(result, 0, 3), conn_number(result, 0, 4)};
  return LUMA_OK;
}

/* ---- the commit ---- */

static status commit_writes(struct pg_txn *txn, struct store_pos *position, struct err *err) {
  struct pg_head head;
  struct pg_sum *sums;
  if (pg__of(&txn->txn)->read_only) {
    FAIL(err, LUMA_READ_ONLY, "the database is open for reading only");
  }
  TRY(open_commit(txn, &head, &sums, err));
  if (head.newest.high != txn->snapshot) TRY(pg__check_changes(txn, err));
  *position = (struct store_pos){head.newest.high + 1, txn->draft.emits.count};
  TRY(pg__apply(txn, position->high, sums, err));
  TRY(conn_ask(txn->conn, SQL_COMMIT, 0, NULL, err));
  TRY(conn_run(txn->conn, NULL, err));
  txn->conn->in_transaction = false;
  return LUMA_OK;
}

static void count_commit(struct pg_store *store, status answer, store_seq seq) {
  mutex_lock(&store->mutex);
  if (answer == LUMA_OK) {
    store->last_seq = seq;
    store->stats.commits++;
  }
  if (answer == LUMA_CONFLICT) store->stats.conflicts++;
  mutex_unlock(&store->mutex);
}

/* Whatever becomes of it, the commit stands. */
static void prune_now_and_then(struct pg_store *store) {
  if (store->forgettable < PRUNE_AFTER) return;
  store->forgettable = 0;
  (void)pg__prune(store, NULL);
}

status pg__commit(struct store_txn *txn, enum store_durability durability,
                  struct store_pos *position, store_seq *seq, struct err *err) {
  (void)durability; /* a commit that may be waited for is one that was */
  struct pg_store *store = pg__of(txn);
  struct pg_txn *pg = (struct pg_txn *)txn;
  struct store_pos reached = pg->position;
  status answer = LUMA_OK;
  if (!draft_is_empty(&pg->draft)) {
    mutex_lock(&store->commits);
    answer = commit_writes(pg, &reached, err);
    count_commit(store, answer, reached.high);
    if (answer == LUMA_OK && store->listener.committed) {
      store->listener.committed(store->listener.context, reached);
    }
    if (answer == LUMA_OK) prune_now_and_then(store);
    mutex_unlock(&store->commits);
  }
  if (answer == LUMA_OK && position) *position = reached;
  if (answer == LUMA_OK && seq) *seq = reached.high;
  pg__rollback(txn);
  return answer;
}
