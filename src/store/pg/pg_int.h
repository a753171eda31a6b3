/* SPDX-License-Identifier: MIT */
/* The structures of the store over PostgreSQL, for the files of this folder alone.
 *
 * A transaction holds one connection, on which a read-only transaction of the server's keeps its
 * snapshot; what it writes stays in a draft here. Commit ends that snapshot and opens a second,
 * short transaction that locks the one row of luma_head, finds what was written after the snapshot
 * by its sequence, writes, and raises the head: see commit.c.
 *
 * Locks: `commits` is held through a commit, so that the listener hears commits in order; `mutex`
 * guards the lists and figures, is taken inside it and never while waiting for the server. */
#ifndef STORE_PG_PG_INT_H
#define STORE_PG_PG_INT_H

#include <stdatomic.h>

#include "base/sync/sync.h"
#include "store/draft/draft.h"
#include "store/pg/conn.h"
#include "store/pg/pg.h"

struct pg_store {
  struct store store;
  struct os *os;
  char *target;              /* owned; may hold a password: never shown */
  bool read_only, is_synced; /* is_synced: a commit answers once it is on the server's disk */
  struct store_listener listener;
  struct conn *keeper; /* holds the lock that says who writes */
  uint64_t owner; /* the number this opening drew: a commit finds it in the head, or is refused */
  struct mutex commits;
  struct mutex mutex;
  struct conn *idle;
  uint32_t idle_count, open_count; /* connections kept; connections there are, the keeper apart */
  struct pg_txn *oldest_txn, *newest_txn; /* the open ones, by when they began */
  store_seq last_seq;                     /* at most the last commit's */
  struct store_stats stats;
  atomic_uint_fast64_t bytes_written, bytes_read;
  uint64_t forgettable; /* deletions and range deletes noted since the last prune; by `commits` */
  uint8_t top[STORE_KEY_BYTES_MAX + 1]; /* after every key */
};

struct pg_txn {
  struct store_txn txn;
  struct pg_txn *older, *newer;
  struct conn *conn;
  store_seq snapshot;
  struct store_pos position; /* the newest at the snapshot */
  uint64_t begun_us;
  bool is_serializable; /* whatever it reads is guarded */
  struct draft draft;
};

static inline struct pg_store *pg__of(const struct store_txn *txn) {
  return (struct pg_store *)txn->store;
}
/** The upper end of a range as a key: one after all keys where there is none. */
static inline struct slice pg__to(const struct pg_store *store, struct slice to) {
  return to.bytes ? to : slice_of(store->top, sizeof store->top);
}

/* ---- pool.c ---- */

/** A connection that is ready, to give back with pg__conn_release. `fresh`: a new one, and those
 * kept are let go, for one of them was found lost. */
status pg__conn_acquire(struct pg_store *store, bool fresh, struct conn **conn, struct err *err);
/** Keeps it, rolling back what is open on it, or lets it go when it is lost or not needed. */
void pg__conn_release(struct pg_store *store, struct conn *conn);
void pg__pool_close(struct pg_store *store);
/** Asks one statement and gives its rows (may be NULL), on a connection of the pool. */
status pg__query(struct pg_store *store, enum sql_kind kind, int space,
                 const struct conn_params *params, PGresult **result, struct err *err);

/* ---- schema.c ---- */

/** Finds the tables, or makes them, and takes the lock on them; on the keeper's connection. */
status pg__schema_open(struct pg_store *store, const struct pg_options *options, struct err *err);

/* ---- txn.c ---- */

status pg__begin(struct store *store, const struct store_begin_options *options,
                 struct store_txn **txn, struct err *err);
store_seq pg__snapshot(const struct store_txn *txn);
void pg__rollback(struct store_txn *txn);
/** Sequences up to this one are in the past of every open transaction. */
store_seq pg__horizon(struct pg_store *store);
status pg__put(struct store_txn *txn, enum store_space space, struct slice key, struct slice value,
               struct err *err);
status pg__delete(struct store_txn *txn, enum store_space space, struct slice key, struct err *err);
status pg__delete_range(struct store_txn *txn, enum store_space space, struct store_range range,
                        struct err *err);
status pg__add(struct store_txn *txn, struct slice key, int64_t delta, int64_t least, int64_t most,
               struct err *err);
status pg__guard(struct store_txn *txn, enum store_space space, struct slice key, struct err *err);
status pg__emit(struct store_txn *txn, struct slice payload, struct err *err);
status pg__savepoint(struct store_txn *txn, uint64_t *mark, struct err *err);
status pg__rollback_to(struct store_txn *txn, uint64_t mark, struct err *err);

/* ---- read.c ---- */

status pg__get_many(struct store_txn *txn, enum store_space space, const struct slice *keys,
                    uint32_t count, struct store_value *values, struct store_pins *pins,
                    struct err *err);
status pg__count(struct store_txn *txn, struct slice key, int64_t *value, struct err *err);

/* ---- cursor.c ---- */

status pg__cursor_open(struct store_txn *txn, enum store_space space, struct store_range range,
                       bool backwards, struct store_cursor **cursor, struct err *err);
status pg__cursor_next(struct store_cursor *cursor, uint32_t max, struct store_rows *rows,
                       struct err *err);
status pg__cursor_seek(struct store_cursor *cursor, struct slice key, struct err *err);
status pg__cursor_keep(struct store_cursor *cursor, struct store_pins *pins, struct err *err);
void pg__cursor_close(struct store_cursor *cursor);

/* ---- commit.c, changes.c, apply.c ---- */

status pg__commit(struct store_txn *txn, enum store_durability durability,
                  struct store_pos *position, store_seq *seq, struct err *err);
/** Calls `each` for every write that does something, by space and key. */
status pg__each_write(const struct draft *draft,
                      status (*each)(void *context, enum store_space space,
                                     const struct draft_write *write, struct err *err),
                      void *context, struct err *err);
/** LUMA_CONFLICT when a commit after the snapshot touched what the transaction wrote or guards.
 * Reads what is committed now: the head must be locked. */
status pg__check_changes(struct pg_txn *txn, struct err *err);

/** A counter that was only added to, and what it stands at. */
struct pg_sum {
  const struct draft_write *write;
  int64_t base;
};
/** Asks to write all of the draft as commit `seq`; `sums` are its counters in the order of keys.
 * LUMA_LIMIT_REACHED and LUMA_OUT_OF_RANGE as store_commit. */
status pg__apply(struct pg_txn *txn, store_seq seq, const struct pg_sum *sums, struct err *err);

/** Whether the sum of a counter stands on what is committed. */
static inline bool pg__takes_base(const struct draft *draft, const struct draft_write *write) {
  return write->has_add && write->kind == DRAFT_NONE &&
         !draft_is_erased(draft, STORE_COUNTERS, write->item.key);
}

/** The row of luma_head. */
struct pg_head {
  struct store_pos newest, trimmed;
};
/** Reads the answer to SQL_HEAD_LOCK. LUMA_LOCKED when another process has drawn a newer number. */
status pg__head_of(const struct pg_store *store, const PGresult *result, struct pg_head *head,
                   struct err *err);

/* ---- feed.c ---- */

status pg__feed_read(struct store *store, struct store_pos after, uint32_t max, struct arena *arena,
                     struct store_feed_record **records, uint32_t *count, struct err *err);
status pg__feed_bounds(struct store *store, struct store_pos *oldest, struct store_pos *newest,
                       struct err *err);
status pg__feed_trim(struct store *store, struct store_pos position, struct err *err);
int pg__pos_compare(struct store_pos a, struct store_pos b);

/* ---- upkeep.c ---- */

/** Forgets the deletions that no open transaction could conflict with any more. */
status pg__prune(struct pg_store *store, struct err *err);
status pg__wait(struct store *store, struct store_pos position, struct err *err);
status pg__sync(struct store *store, struct err *err);
status pg__checkpoint(struct store *store, struct err *err);
status pg__compact(struct store *store, struct err *err);
status pg__check(struct store *store, store_check_fn *fault, void *context, struct err *err);
status pg__stats(struct store *store, struct store_stats *stats, struct err *err);

#endif
