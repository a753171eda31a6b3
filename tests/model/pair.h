/* SPDX-License-Identifier: MIT */
/* One statement put to SQLite and to two LumaDBs, the answers compared as text, a row a line. A
 * case that differs fails with the statement and both answers. One thread. */
#ifndef TESTS_MODEL_PAIR_H
#define TESTS_MODEL_PAIR_H

#include <sqlite3.h>

#include "service/session/session.h"
#include "tests/lib/test.h"

enum { PAIR_TEXT_BYTES_MAX = 16 << 20 };

struct pair {
  sqlite3 *sqlite;
  struct db *plain, *indexed;
  struct session *plain_session, *indexed_session;
  struct rng *rng;
  struct buf text; /* the statement */
};

/** Runs the statement in `text` in a session and appends its rows, or `affected N`. */
void pair_ask(struct pair *pair, struct session *session, struct buf *out);
/** Puts the statement in `text` to all three; without `ordered` the order of rows says nothing. */
void pair_compare(struct pair *pair, bool ordered);

#endif
