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

/** Steps of its machine that SQLite may take for one statement, some tenths of a second. It has no
 * way around running a SELECT within a SELECT for every row around it, and some that are drawn
 * would take it hours. */
enum { PAIR_STEPS_MAX = 20000000 };

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
  bool may_refuse;     /* a statement that SQLite refuses is to be refused by all, and no other */
  uint64_t aliases;    /* given to sources so far, so that none is given twice */
  uint64_t steps;      /* that SQLite has taken for the statement in hand */
  uint64_t asked, given_up; /* statements put to SQLite, and those that took it too long */
};

/** Opens SQLite and a LumaDB at each target. */
void pair_open(struct pair *pair, const char *const *targets, size_t count);
/** Checks every LumaDB's indexes and counts, and closes all. Fails where more than one in a hundred
 * statements took SQLite too long. */
void pair_close(struct pair *pair);
/** Draws how each side runs from now on. `reopens`: some are closed and opened again. */
void pair_draw(struct pair *pair, bool reopens);

/** Runs a statement in all of them, which none may refuse. */
void pair_run(struct pair *pair, const char *text);
/** Runs it in SQLite only. */
void pair_run_sqlite(struct pair *pair, const char *text);
/** Runs it in one side only. */
void pair_run_side(struct pair *pair, struct pair_side *side, const char *text);
/** Puts the statement in `text` to all; without `ordered` the order of rows says nothing. One that
 * takes SQLite more than PAIR_STEPS_MAX is put to none of the others; a transaction that this ends
 * in SQLite is rolled back in all. */
void pair_compare(struct pair *pair, bool ordered);
/** Whether SQLite is in a transaction. */
bool pair_is_in_transaction(const struct pair *pair);

#endif
