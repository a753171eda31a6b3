/* SPDX-License-Identifier: MIT */
/* Problems as people read them, on standard error:
 *
 *     query:1:15: error: there is no collection `user` (unknown_collection)
 *       SELECT * FROM user
 *                     ^
 *     hint: did you mean `users`?
 */
#ifndef CLI_IO_PROBLEM_H
#define CLI_IO_PROBLEM_H

#include "cli/io/cli.h"

/** Where the text of a statement comes from; borrowed. */
struct problem_place {
  const char *name;  /* "query", "airports.csv"; NULL: no place is told */
  struct slice text; /* shown with a caret when the error has a position; may be empty */
  size_t before;     /* bytes of `text` before what the error's position counts from */
};

/** `place` may be NULL. */
void problem_print(struct cli *cli, const struct problem_place *place, const struct err *err);
/** "warning: …" */
void problem_warn(struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
