/* SPDX-License-Identifier: MIT */
/* Scripts as a user runs them: one session on a database in memory or in a directory, so that
 * transactions, parameters and what is there after reopening can be told. Lines as in
 * script_lines.h, answers as in script.h. The orders:
 *
 *     @params [1, "x"]      values for the parameters of the next statement; {"a": 1}: by name
 *     @reopen               closes the database and opens it again; nothing in memory
 *
 * A change answers `affected N`; numbers of warnings are left out. The
 * language of each statement is guessed, as it is for those who type it. */
#ifndef TESTS_LANG_SESSION_SCRIPT_H
#define TESTS_LANG_SESSION_SCRIPT_H

#include "service/session/session.h"
#include "tests/lib/test.h"

struct session_script {
  const char *target; /* "memory:" or a directory */
  struct db *db;
  struct session *session;
  struct buf params; /* JSON for the next statement */
};

void session_script_open(struct session_script *script, const char *target);
/** Checks the whole database first. */
void session_script_close(struct session_script *script);
/** Runs the statement and appends its answer. */
void session_script_run(struct session_script *script, struct slice text, struct buf *answer);

/** Called for each statement of a file with the answer it gave and the one that is written. */
typedef void session_script_judge(unsigned line, struct slice text, struct slice expected,
                                  struct slice answer);
void session_script_play(struct session_script *script, const char *path,
                         session_script_judge *judge);

#endif
