/* SPDX-License-Identifier: MIT */
/* A database of a test's own, with a session on it. */
#ifndef TESTS_UNIT_SERVICE_PLACE_H
#define TESTS_UNIT_SERVICE_PLACE_H

#include "service/session/session.h"

struct place {
  struct db *db;
  struct session *session;
  char path[4096];
};

/** Opens the database in the test's folder, or makes it. `threads`: that may read for one
 * statement. */
void place_open(struct place *place, uint32_t threads);
/** Closes it, once it was checked that all that is stored agrees. */
void place_close(struct place *place);

/** Runs a statement to its end. `*answer`, unless NULL: the field of the first document that is
 * called so, or its first where `field` is NULL; left as it is where there is none. */
status place_run(struct session *session, const char *text, const char *field, int64_t *answer,
                 struct err *err);
/** A statement that has to work. */
void place_expect(struct place *place, const char *text);
/** The first field of the first document that a query finds; -1: it finds none. */
int64_t place_ask(struct place *place, const char *text);

#endif
