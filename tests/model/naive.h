/* SPDX-License-Identifier: MIT */
/* The naive store: what store/store.h promises, in arrays and without a thought for speed. The keys
 * that can ever be are few and known beforehand, so a state of the whole store is a plain array, a
 * snapshot is a copy of it, a range is a stretch of indexes, and a set of keys is a mark beside
 * each of them.
 *
 * Values are numbers: the bytes are made from them when needed. Nothing here knows the store under
 * test. */
#ifndef TESTS_MODEL_NAIVE_H
#define TESTS_MODEL_NAIVE_H

#include "base/ds/rng.h"
#include "store/store.h"

enum {
  NAIVE_KEYS = 64, /* in each space; the same keys in all */
  NAIVE_KEY_BYTES_MAX = 600,
  NAIVE_VALUE_BYTES_MAX = 20000,
  NAIVE_MARKS_MAX = 4,  /* savepoints at a time */
  NAIVE_EMITS_MAX = 32, /* payloads of one transaction */
  NAIVE_COMMITS_KEY =
      0 /* the counter that every commit adds 1 to, so that a store tells how many it has */
};

/** A value or a payload: `bytes` bytes made from `number`. */
struct naive_blob {
  uint64_t number;
  uint32_t bytes;
};

/** A key's state: there or not, since which commit. */
struct naive_cell {
  bool is_found;
  struct naive_blob blob; /* not for counters */
  int64_t count;          /* for counters */
  uint64_t commit;        /* the last that wrote it, deletions and adds too; 0 = none */
  store_seq seq;          /* what the store calls that commit; 0 = own write, or not known */
};

struct naive_state {
  struct naive_cell cells[STORE_SPACES][NAIVE_KEYS];
};

/** What a transaction did to a key. */
struct naive_write {
  bool is_written, has_add;
  int64_t delta, least, most;
};

/** The part of a transaction that a savepoint brings back. */
struct naive_draft {
  struct naive_state view; /* the snapshot with own puts and deletions; adds apart */
  struct naive_write writes[STORE_SPACES][NAIVE_KEYS];
  struct naive_blob emits[NAIVE_EMITS_MAX];
  uint32_t emits_count;
  bool is_touched; /* there is something to commit */
};

enum naive_read { NAIVE_UNREAD, NAIVE_MAYBE_READ, NAIVE_READ };

struct naive_txn {
  bool is_serializable;
  uint64_t begun; /* number of the last commit it sees */
  struct naive_draft draft, saved[NAIVE_MARKS_MAX];
  uint32_t saved_count;
  bool is_guarded[STORE_SPACES][NAIVE_KEYS];
  enum naive_read reads[STORE_SPACES][NAIVE_KEYS];
};

/** One feed record. */
struct naive_change {
  uint64_t commit;
  struct naive_blob payload;
  struct store_pos position; /* as first read from the store; zero before */
};

struct naive_store {
  struct slice keys[NAIVE_KEYS]; /* in order */
  uint8_t key_bytes[NAIVE_KEYS][NAIVE_KEY_BYTES_MAX];
  struct naive_state **states; /* after commit number i; NULL for those no longer of interest */
  size_t states_count, states_capacity;
  struct naive_change *feed;
  size_t feed_count, feed_capacity;
  uint64_t durable;        /* commits up to this one must survive anything */
  uint64_t durable_before; /* … and up to this one before the last of them became durable */
  uint64_t next_number;
  bool is_heavy; /* many values are large */
};

/** Draws the keys. */
void naive_init(struct naive_store *naive, struct rng *rng);
void naive_deinit(struct naive_store *naive);
uint64_t naive_commits(const struct naive_store *naive);
const struct naive_state *naive_now(const struct naive_store *naive);
/** Says that all commits so far are durable: nothing before them can come back. */
void naive_settle(struct naive_store *naive);
/** The last to become durable may be gone: as damage to the very end of a log, which no later frame
 * vouches for, looks like the end of what was written. */
void naive_doubt(struct naive_store *naive);
/** The store came up with `commits` commits: what was after them is as if it had never been. */
void naive_cut(struct naive_store *naive, uint64_t commits);

/** A new value, of a size of any kind that matters; at least `least` bytes. */
struct naive_blob naive_draw(struct naive_store *naive, struct rng *rng, uint32_t least);
/** Its bytes, in `room` of NAIVE_VALUE_BYTES_MAX. */
struct slice naive_bytes(struct naive_blob blob, uint8_t *room);
/** The stored bytes of a cell: a record's carries its sequence, a counter is 8 bytes. */
struct slice naive_stored(const struct naive_cell *cell, enum store_space space, uint8_t *room);

void naive_begin(const struct naive_store *naive, struct naive_txn *txn, bool is_serializable);
void naive_put(struct naive_txn *txn, enum store_space space, uint32_t key, struct naive_blob blob,
               int64_t count);
void naive_delete(struct naive_txn *txn, enum store_space space, uint32_t key);
void naive_delete_range(struct naive_txn *txn, enum store_space space, uint32_t from, uint32_t to);
void naive_add(struct naive_txn *txn, uint32_t key, int64_t delta, int64_t least, int64_t most);
int64_t naive_count(const struct naive_txn *txn, uint32_t key);
void naive_read(struct naive_txn *txn, enum store_space space, uint32_t key, enum naive_read how);
bool naive_emit(struct naive_txn *txn, struct naive_blob payload);
/** False when there is no room for another mark. */
bool naive_save(struct naive_txn *txn);
/** Back to mark number `mark`, which stays. */
void naive_restore(struct naive_txn *txn, uint32_t mark);

/** What commit may answer: bits. */
enum naive_may { NAIVE_MAY_COMMIT = 1, NAIVE_MAY_CONFLICT = 2, NAIVE_MAY_LIMIT = 4 };
/** What it may answer, and the last key that forbids it to succeed. */
struct naive_verdict {
  unsigned may;
  int space;
  uint32_t key;
  bool is_written, is_guarded; /* why the key was held; else it was read */
  uint64_t commit;             /* that wrote the key since */
};
struct naive_verdict naive_judge(const struct naive_store *naive, const struct naive_txn *txn);
/** Commits: the state after it is the new last one. */
void naive_commit(struct naive_store *naive, const struct naive_txn *txn, store_seq seq);

#endif
