/* SPDX-License-Identifier: MIT */
/* One round of the model test: random operations of several interleaved clients, done to a store
 * and to the naive one, every answer compared. All chance comes from the round's seed; the trace of
 * the last operations is printed when they differ.
 *
 * Over a simulated system the power may fail at any call that changes the disk. The round is then
 * `broken`: whatever the store answers is believed to be an error, everything is closed, the system
 * reboots, and the store must come up with all durable commits, and of the later ones the first so
 * and so many, whole. It says how many by the counter NAIVE_COMMITS_KEY. */
#ifndef TESTS_MODEL_RUN_H
#define TESTS_MODEL_RUN_H

#include "tests/lib/simos.h"
#include "tests/model/naive.h"

enum {
  RUN_CLIENTS = 4,
  RUN_KEPT_MAX = 48,
  RUN_TRACE_LINES = 40,
  RUN_TRACE_BYTES = 160,
  RUN_FEED_UNTRIMMED = 256 << 20
};

struct run;

/** Sizes so small that everything happens often. */
struct run_tuning {
  enum store_sync_mode sync_mode;
  bool is_direct; /* the log is written around the page cache */
  bool is_lazy;   /* clients seldom ask for durability, so that much is not */
  uint64_t wal_segment_bytes, memtable_bytes, block_bytes, block_cache_bytes, kept_bytes,
      file_bytes, blob_value_bytes;
  uint64_t feed_bytes_max; /* small: the store trims by itself */
};

/** What befalls a store. */
enum run_trouble {
  RUN_NO_TROUBLE,
  RUN_CRASH, /* the power fails */
  RUN_KILL,  /* the process dies */
  RUN_FAULT, /* a call fails, half done */
  RUN_FULL,  /* the disk has no more room */
  RUN_ROT,   /* bits turn over while the store is closed */
  RUN_TROUBLES
};

/** What rounds went through. */
struct run_tally {
  uint64_t rounds, operations, commits;
  uint64_t met[RUN_TROUBLES];  /* troubles that struck */
  uint64_t rot_refused;        /* after rot: openings refused */
  uint64_t rot_told, rot_idle; /* … told by reads and check; of no consequence */
};

/** An implementation under test. */
struct run_target {
  const char *name;
  status (*open)(struct run *run, struct store **store, struct err *err);
  bool is_kept;            /* what was committed outlives close */
  bool is_on_sim;          /* it stands on run->sim */
  bool can_crash;          /* and run->sim does what is worst */
  bool is_harsh;           /* trouble comes as often as it can, and rounds may end with rot */
  struct run_tally *tally; /* added to; may be NULL */
};

/** Something read that must stay in place. */
struct run_kept {
  struct slice bytes;
  uint64_t hash;
};

/** One transaction at a time, with its cursor and what it has read. */
struct run_client {
  struct store_txn *txn; /* NULL: none */
  struct naive_txn naive;
  bool is_read_only;
  uint64_t marks[NAIVE_MARKS_MAX];
  struct store_pins pins;
  struct run_kept kept[RUN_KEPT_MAX];
  uint32_t kept_count;
  struct store_cursor *cursor; /* NULL: none */
  enum store_space cursor_space;
  bool is_backwards;
  uint32_t from, to; /* the keys the cursor has still to come to are [from, to) */
};

struct run {
  const struct run_target *target;
  uint64_t seed;
  struct rng rng;
  struct run_tuning tuning;
  struct simos *sim; /* NULL: no simulated system */
  struct naive_store naive;
  struct store *store;
  struct run_client clients[RUN_CLIENTS];
  enum run_trouble trouble; /* the one under way */
  struct run_tally tally;
  bool is_armed;             /* a crash or fault is under way: errors may come */
  bool is_broken;            /* one came */
  bool is_starved;           /* memory may run out during the next call */
  bool is_hungry;            /* it did: the transaction of that call ends */
  struct run_client *active; /* whose operation it is; NULL: the store's */
  bool is_loud;       /* operations are printed as they come, for runs that do not live to tell */
  store_seq last_seq; /* of the newest commit; 0 = not known */
  struct store_pos last_position; /* the same; zero = not known */
  size_t reader;                  /* feed records the reader has had */
  size_t trimmed;                 /* feed records that may be gone */
  struct store_rows rows;
  struct err err;
  char trace[RUN_TRACE_LINES][RUN_TRACE_BYTES];
  uint64_t trace_count;
};

/** Runs one round of `operations`. Fails the case on the first difference. */
void run_round(const struct run_target *target, uint64_t seed, uint32_t operations);

/* ---- for the files of the test ---- */

/** Notes an operation. */
void run_note(struct run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** Fails the case, with the trace, unless `holds`. */
void run_expect(struct run *run, bool holds, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** True when `answer` is LUMA_OK; false, and the run is broken, when a fault explains it; else
 * fails the case. */
bool run_worked(struct run *run, status answer, const char *what);
/** Now and then lets memory run out during the next call of the store. */
void run_starve(struct run *run);
/** True `one` times in `in`. */
bool run_chance(struct run *run, uint32_t one, uint32_t in);
/** Whether a commit answered with LUMA_OK is durable by that. */
bool run_is_durable(const struct run *run);

/** A random bound: the bytes of a key or near one; `*index` is the first key at or after it. */
struct slice run_bound(struct run *run, uint8_t *room, uint32_t *index);

void run_client_begin(struct run *run, struct run_client *client);
void run_client_commit(struct run *run, struct run_client *client);
void run_client_rollback(struct run *run, struct run_client *client);
void run_client_close_cursor(struct run_client *client);
/** Reads some keys and compares. */
void run_client_get(struct run *run, struct run_client *client);
/** One random operation inside the transaction. */
void run_client_step(struct run *run, struct run_client *client);

/** Compares the whole store with the naive one. */
void run_verify(struct run *run);
/** Ends every transaction without a look at the answers. */
void run_abandon(struct run *run);
/** Maintenance, feed, reopening, trouble: one random operation on the store as a whole. */
void run_store_step(struct run *run);
/** Reads the feed where the reader stands. */
void run_feed_read(struct run *run);
/** After a fault: closes, reboots, opens, and finds out what survived. */
void run_recover(struct run *run);
/** With the store closed: turns over bits of one of its files and opens it. What was there is
 * there, or refused with the name of the file and the offset; nothing wrong is ever read, the check
 * finds what reads find, and what the damage does not touch stays readable. Leaves the store
 * closed. */
void run_rot(struct run *run);

#endif
