/* SPDX-License-Identifier: MIT */
/* The structures of the store in memory, for the files of this folder alone.
 *
 * Committed state: per space a sorted list of entries, each a chain of versions, newest first. A
 * reader with snapshot s sees the first version of a chain whose sequence is at most s. A version
 * is never changed once it is linked, and is freed only when no open snapshot can see it, so what a
 * transaction read stays in place until it ends: pins have nothing to hold.
 *
 * Locking: everything reachable from `struct mem_store` is read and changed under its one mutex,
 * but for the bytes of versions. What hangs on a transaction belongs to its thread. Functions named
 * `mem_store__…` below that take a mem_store want the mutex held. */
#ifndef STORE_MEM_MEM_STORE_INT_H
#define STORE_MEM_MEM_STORE_INT_H

#include "base/sync/sync.h"
#include "store/draft/draft.h"
#include "store/mem/mem_store.h"

/** One committed state of a key. */
struct mem_version {
  struct mem_version *older;
  store_seq seq;
  bool is_deleted;
  size_t bytes;
  uint8_t data[];
};

/** A key and its versions, newest first. `newest` is NULL only inside a commit that is making it.
 */
struct mem_entry {
  struct keylist_item item;
  struct mem_version *newest;
  uint8_t key[];
};

/** Says that from `seq` on, versions of `entry` may be superfluous. Queued once for each version
 * but the plain first ones. */
struct mem_garbage {
  struct mem_entry *entry;
  enum store_space space;
  store_seq seq;
};

/** A committed range delete, kept while a transaction that could conflict with it is open. */
struct mem_erased {
  struct draft_range where;
  store_seq seq;
  uint8_t *bytes; /* owns what `where` borrows */
};

struct mem_feed_item {
  struct store_pos position; /* high: the commit's sequence; low: 1, 2, … within the commit */
  size_t bytes;
  uint8_t *payload; /* owned */
};

struct mem_store {
  struct store store;
  struct mutex mutex;
  struct keylist spaces[STORE_SPACES];
  store_seq last_seq;
  struct store_pos newest;       /* of the last commit: (last_seq, its number of feed records) */
  struct fifo garbage;           /* mem_garbage, by seq */
  struct fifo erased;            /* mem_erased, by seq */
  struct fifo feed;              /* mem_feed_item, by position */
  struct store_pos feed_trimmed; /* the newest record let go */
  uint64_t feed_records_max;
  struct mem_txn *oldest_txn, *newest_txn; /* open transactions by snapshot */
  struct store_listener listener;
  struct store_stats stats;
};

struct mem_txn {
  struct store_txn txn;
  struct mem_txn *older, *newer; /* in the store's list; snapshots increase towards `newer` */
  store_seq snapshot;
  struct store_pos position; /* the store's newest at the snapshot */
  bool is_serializable;      /* whatever it reads is guarded */
  struct draft draft;
};

static inline struct mem_store *mem_store__of(const struct store_txn *txn) {
  return (struct mem_store *)txn->store;
}

/* ---- versions.c ---- */

struct mem_entry *mem_store__entry(const struct mem_store *store, enum store_space space,
                                   struct slice key);
/** The entry of a key, made without versions if need be; NULL when out of memory. */
struct mem_entry *mem_store__entry_make(struct mem_store *store, enum store_space space,
                                        struct slice key);
void mem_store__entry_drop(struct mem_store *store, enum store_space space,
                           struct mem_entry *entry);
/** What the snapshot sees of an entry (may be NULL), or NULL. */
const struct mem_version *mem_store__visible(const struct mem_entry *entry, store_seq snapshot);
struct mem_version *mem_store__version_make(store_seq seq, bool is_deleted, struct slice value);
/** Makes `version` the newest of `entry`; room in the garbage queue must have been reserved. */
void mem_store__version_link(struct mem_store *store, enum store_space space,
                             struct mem_entry *entry, struct mem_version *version);
/** Frees what no open transaction can see or conflict with any more. */
void mem_store__prune(struct mem_store *store);
/** Whether anything in the range was committed after `snapshot`. */
bool mem_store__is_changed(const struct mem_store *store, const struct draft_range *where,
                           store_seq snapshot);
static inline struct slice mem_store__value(const struct mem_version *version) {
  return slice_of(version->data, version->bytes);
}

/* ---- txn.c ---- */

status mem_store__begin(struct store *store, const struct store_begin_options *options,
                        struct store_txn **txn, struct err *err);
store_seq mem_store__snapshot(const struct store_txn *txn);
void mem_store__rollback(struct store_txn *txn);
/** Takes the transaction out of the store's list. */
void mem_store__txn_leave(struct mem_store *store, struct mem_txn *txn);
/** Frees a transaction that has left. */
void mem_store__txn_destroy(struct mem_txn *txn);
/* ---- write.c, read.c ---- */

status mem_store__put(struct store_txn *txn, enum store_space space, struct slice key,
                      struct slice value, struct err *err);
status mem_store__delete(struct store_txn *txn, enum store_space space, struct slice key,
                         struct err *err);
status mem_store__delete_range(struct store_txn *txn, enum store_space space,
                               struct store_range range, struct err *err);
status mem_store__add(struct store_txn *txn, struct slice key, int64_t delta, int64_t least,
                      int64_t most, struct err *err);
status mem_store__guard(struct store_txn *txn, enum store_space space, struct slice key,
                        struct err *err);
status mem_store__emit(struct store_txn *txn, struct slice payload, struct err *err);
status mem_store__savepoint(struct store_txn *txn, uint64_t *mark, struct err *err);
status mem_store__rollback_to(struct store_txn *txn, uint64_t mark, struct err *err);
status mem_store__get_many(struct store_txn *txn, enum store_space space, const struct slice *keys,
                           uint32_t count, struct store_value *values, struct store_pins *pins,
                           struct err *err);
status mem_store__count(struct store_txn *txn, struct slice key, int64_t *value, struct err *err);

/* ---- commit.c, cursor.c, feed.c ---- */

status mem_store__commit(struct store_txn *txn, enum store_durability durability,
                         struct store_pos *position, store_seq *seq, struct err *err);

status mem_store__cursor_open(struct store_txn *txn, enum store_space space,
                              struct store_range range, bool backwards,
                              struct store_cursor **cursor, struct err *err);
status mem_store__cursor_next(struct store_cursor *cursor, uint32_t max, struct store_rows *rows,
                              struct err *err);
status mem_store__cursor_seek(struct store_cursor *cursor, struct slice key, struct err *err);
status mem_store__cursor_keep(struct store_cursor *cursor, struct store_pins *pins,
                              struct err *err);
void mem_store__cursor_close(struct store_cursor *cursor);

status mem_store__feed_read(struct store *store, struct store_pos after, uint32_t max,
                            struct arena *arena, struct store_feed_record **records,
                            uint32_t *count, struct err *err);
status mem_store__feed_bounds(struct store *store, struct store_pos *oldest,
                              struct store_pos *newest, struct err *err);
status mem_store__feed_trim(struct store *store, struct store_pos position, struct err *err);
int mem_store__pos_compare(struct store_pos a, struct store_pos b);
/** Lets go of the oldest records over the limit. */
void mem_store__feed_bound(struct mem_store *store);

#endif
