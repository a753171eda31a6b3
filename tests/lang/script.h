/* SPDX-License-Identifier: MIT */
/* Text in, result out: runs statements on a database in memory and prints what they answer, for
 * tests that compare texts.
 *
 * A script is lines (script_lines.h); its orders:
 *
 *     @lang name            changes the language, which is LQL at first
 *
 * Each answer is rows as JSON
 * (`{"a":1}`), `affected N` (with `matched M` when that differs), `warnings N`, or `error
 * code: message` with ` (hint)` and the position ` at line:column`. */
#ifndef TESTS_LANG_SCRIPT_H
#define TESTS_LANG_SCRIPT_H

#include "query/query.h"
#include "tests/lib/test.h"

struct script_db {
  struct model *model;
  const char *const *rules_off;
  uint64_t now_us;
  size_t memory_bytes; /* 0 = the default */
  struct os *os;       /* of runs; NULL: the system's */
  const char *folder;  /* for what does not fit into memory; NULL: nowhere */
  struct query_params params;
};

void script_open(struct script_db *db);
/** The same over PostgreSQL. */
void script_open_at(struct script_db *db, const char *target);
/** Checks the whole database first. */
void script_close(struct script_db *db);
/** Runs one statement in a transaction of its own and appends the answer. */
void script_run(struct script_db *db, const struct lang *lang, struct slice text,
                struct buf *answer);
/** The same, answering its status; `err` is filled on failure and nothing is appended. */
status script_try(struct script_db *db, const struct lang *lang, struct slice text,
                  struct buf *answer, struct err *err);
/** Runs a script file and fails the case at the first answer that differs. */
void script_play(struct script_db *db, const char *path);

#endif
