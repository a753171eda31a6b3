/* SPDX-License-Identifier: MIT */
/* One statement put to SQLite and to several LumaDBs, the answers compared as text, a row a line. A
 * case that differs fails with the statement, the side and both answers.
 *
 * The sides differ in all that must not change an answer: the store, the indexes, the rows of a
 * batch, the passes of the optimizer that run. pair_draw draws these anew from the case's seed. One
 * thread. */
#ifndef TESTS_MODEL_PAIR_H
#define TESTS_MODEL_PAIR_H

#include <sqlite3.h>

#include "service/session/session.h"
#include "tests/lib/test.h"

enum { PAIR_TEXT_BYTES_MAX = 16 << 20, PAIR_SIDES_MAX = 4, PAIR_RULES_MAX = 32 };

/** One LumaDB. */
struct pair_side {
  const char *target;
  struct db *db;
  struct session *session;
  bool is_indexed;                       /* CREATE INDEX is for this side too */
  const char *rules[PAIR_RULES_MAX + 1]; /* passes that are off */
};

struct pair {
  sqlite3 *sqlite;
  struct pair_side sides[PAIR_SIDES_MAX];
  size_t sides_count;
  struct rng *rng;
  struct buf text;     /* the statement */
  const char *changed; /* the table that the statement changes: no SELECT within reads it, for
                          SQLite would see what was changed before */
  uint64_t aliases;    /* given to sources so far, so that none is given twice */
};

/** Opens SQLite and a LumaDB at each target. */
void pair_open(struct pair *pair, const char *const *targets, size_t count);
/** Checks every LumaDB's indexes and counts, and closes all. */
void pair_close(struct pair *pair);
/** Draws how each side runs from now on. `reopens`: some are closed and opened again. */
void pair_draw(struct pair *pair, bool reopens);

/** Runs a statement in all of them, which none may refuse. */
void pair_run(struct pair *pair, const char *text);
/** Runs it in SQLite only. */
void pair_run_sqlite(struct pair *pair, const char *text);
/** Runs it in one side only. */
void pair_run_side(struct pair *pair, struct pair_side *side, const char *text);
/** Puts the statement in `text` to all; without `ordered` the order of rows says nothing. */
void pair_compare(struct pair *pair, bool ordered);

#endif
