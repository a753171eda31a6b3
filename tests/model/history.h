/* SPDX-License-Identifier: MIT */
/* Recorded histories of transactions that append to lists and read them, and a checker that says
 * which isolation they show. From what a read finds in a list follows the order of its appends, and
 * so who wrote before whom (ww), who read from whom (wr) and who read before whom wrote (rw); a
 * cycle of these is an anomaly, named after the edges it takes (Adya 1999; Kingsbury, Alvaro: Elle,
 * VLDB 2020; Cerone, Gotsman: Analysing Snapshot Isolation, PODC 2016: a history is a snapshot's
 * when no cycle is without two rw in a row).
 *
 * A value tells who appended it: transaction number times HISTORY_OPS_MAX plus the number of the
 * operation. So nothing is appended twice.
 *
 * Threads: distinct transactions may be recorded by distinct threads; everything else by one. */
#ifndef TESTS_MODEL_HISTORY_H
#define TESTS_MODEL_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HISTORY_OPS_MAX = 32, HISTORY_TEXT_BYTES = 512 };

struct history_op {
  uint32_t key;
  bool is_append;
  uint32_t value; /* appended */
  uint32_t count; /* read */
  uint32_t *list; /* owned */
};

struct history_txn {
  uint64_t begun, ended; /* on one clock for all: what ended before another began came first */
  bool is_committed;     /* else it did not happen */
  uint32_t ops_count;
  struct history_op ops[HISTORY_OPS_MAX];
};

struct history {
  struct history_txn *txns;
  uint32_t count, keys; /* every key is below `keys` */
};

/** What a history shows, from bad to less bad. */
enum history_anomaly {
  HISTORY_SOUND,
  HISTORY_INTERNAL,  /* a transaction does not see its own appends, or reads a key in two ways */
  HISTORY_DUPLICATE, /* a value stands twice in a list, or in one it was not appended to */
  HISTORY_G1A,       /* the value of a transaction that did not commit was read */
  HISTORY_G1B,       /* a list was read in the middle of a transaction of another */
  HISTORY_ORDER,     /* two reads show two orders of the same list */
  HISTORY_LOST,      /* an append is gone that had ended before a reader began */
  HISTORY_G0,        /* a cycle of ww */
  HISTORY_G1C,       /* of ww and wr, and what came first */
  HISTORY_G_SINGLE,  /* … with no two rw in a row: lost updates, read skew */
  HISTORY_G2,        /* with any rw: write skew, phantoms */
};

/** Room for `count` transactions; never fails. */
void history_init(struct history *history, uint32_t count, uint32_t keys);
void history_deinit(struct history *history);
/** Adds an operation to a transaction that has fewer than HISTORY_OPS_MAX; `list` is copied. */
void history_append(struct history *history, uint32_t txn, uint32_t key);
void history_read(struct history *history, uint32_t txn, uint32_t key, const uint32_t *list,
                  uint32_t count);
/** The value that the transaction's next append adds. */
uint32_t history_next_value(const struct history *history, uint32_t txn);

/** The first anomaly found, in words too; HISTORY_G2 only when `is_serializable`. */
enum history_anomaly history_check(const struct history *history, bool is_serializable,
                                   char text[HISTORY_TEXT_BYTES]);

/* ---- between the files of the checker ---- */

enum history_edge_kind { HISTORY_WW, HISTORY_WR, HISTORY_RW };
struct history_edge {
  uint32_t from, to;
  enum history_edge_kind kind;
};
struct history_edges {
  struct history_edge *items;
  size_t count, capacity;
};

/** The worst cycle that the edges and the clock make. */
enum history_anomaly history__find_cycle(const struct history *history,
                                         const struct history_edges *edges, bool is_serializable,
                                         char text[HISTORY_TEXT_BYTES]);

#endif
