/* SPDX-License-Identifier: MIT */
/* Transactions of the native engine: a view and a sequence to read at, the writes so far, and what
 * must not have changed when they are committed. The calls are those of store.h.
 *
 * Commit (commit.c): resolve the write set outside of any lock; under the commit lock check for
 * conflicts, add up counters, take the next sequence and a place in the log; then, beside other
 * commits, insert into the memtable, copy the record into its place, wait for the log. Everything
 * that can fail but the waiting comes before the place is taken. Threads: a transaction belongs to
 * one at a time. */
#ifndef STORE_LSM_TXN_TXN_H
#define STORE_LSM_TXN_TXN_H

#include "store/lsm/engine/engine.h"
#include "store/lsm/txn/writes.h"

/** A key or a range that no other commit may touch after our snapshot. */
struct txn_guard {
  struct txn_guard *next;
  uint8_t space;
  bool is_key; /* `range.from` alone */
  struct store_range range;
};

struct txn {
  struct store_txn head; /* first */
  struct engine *engine;
  struct engine_reader reader;
  struct arena arena; /* guards */
  struct txn_guard *guards;
  struct writes writes;
  bool serializable;
};

status txn_begin(struct store *store, const struct store_begin_options *options,
                 struct store_txn **txn, struct err *err);
void txn_rollback(struct store_txn *txn);
store_seq txn_snapshot(const struct store_txn *txn);

status txn_get_many(struct store_txn *txn, enum store_space space, const struct slice *keys,
                    uint32_t count, struct store_value *values, struct store_pins *pins,
                    struct err *err);
status txn_count(struct store_txn *txn, struct slice key, int64_t *value, struct err *err);
status txn_put(struct store_txn *txn, enum store_space space, struct slice key, struct slice value,
               struct err *err);
status txn_delete(struct store_txn *txn, enum store_space space, struct slice key, struct err *err);
status txn_delete_range(struct store_txn *txn, enum store_space space, struct store_range range,
                        struct err *err);
status txn_add(struct store_txn *txn, struct slice key, int64_t delta, int64_t least, int64_t most,
               struct err *err);
status txn_guard(struct store_txn *txn, enum store_space space, struct slice key, struct err *err);
status txn_emit(struct store_txn *txn, struct slice payload, struct err *err);
status txn_savepoint(struct store_txn *txn, uint64_t *mark, struct err *err);
status txn_rollback_to(struct store_txn *txn, uint64_t mark, struct err *err);

status txn_commit(struct store_txn *txn, enum store_durability durability,
                  struct store_pos *position, store_seq *seq, struct err *err);

status txn_cursor_open(struct store_txn *txn, enum store_space space, struct store_range range,
                       bool backwards, struct store_cursor **cursor, struct err *err);
status txn_cursor_next(struct store_cursor *cursor, uint32_t max, struct store_rows *rows,
                       struct err *err);
status txn_cursor_seek(struct store_cursor *cursor, struct slice key, struct err *err);
status txn_cursor_pick(struct store_cursor *cursor, struct store_pick *pick, uint32_t max,
                       struct store_rows *rows, struct err *err);
status txn_cursor_keep(struct store_cursor *cursor, struct store_pins *pins, struct err *err);
void txn_cursor_close(struct store_cursor *cursor);
status txn_cut(struct store_txn *txn, enum store_space space, struct store_range range,
               struct store_cuts *cuts, struct err *err);
status txn_measure(struct store_txn *txn, enum store_space space, struct store_range range,
                   struct store_measure *measure, struct err *err);

enum { TXN_COUNTERS = 1, TXN_OTHERS = 2 };
/** Inserts what a commit record says, of counters or of all other spaces or both, into a memtable
 * that has `room` for it, values stamped. Range deletes are left out. False: it has a key twice, or
 * one that a commit as new wrote; the operations before that are inserted. */
bool txn_insert_record(struct memtable *memtable, struct slice record, uint64_t horizon,
                       struct memtable_room *room, unsigned which);
/** What memtable_reserve must be asked for before. */
void txn_measure_record(struct slice record, uint64_t *entries, uint64_t *bytes);

/* ---- inside this folder ---- */

/** A call that reads the snapshot begins; ends with txn__leave when it is LUMA_OK.
 * LUMA_SNAPSHOT_TOO_OLD when the snapshot is older than the setting and holds on to something:
 * others have committed since. */
status txn__enter(const struct txn *txn, struct err *err);
void txn__leave(const struct txn *txn);
void txn__destroy(struct txn *txn);
/** Notes that the range was read, if the transaction is serializable. */
status txn__note_range(struct txn *txn, uint8_t space, struct store_range range, struct err *err);
status txn__guard_key(struct txn *txn, uint8_t space, struct slice key, struct err *err);

#endif
