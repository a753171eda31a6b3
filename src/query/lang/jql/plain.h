/* SPDX-License-Identifier: MIT */
/* What people write for MongoDB's shell, in strict JSON: literals of JavaScript (plain.c), of
 * the shell's types (constructors.c), and calls such as db.users.find({age: 5}) (shell.c), whose
 * JSON is the command they mean.
 *
 * Nothing is computed: a function, a variable or an operator is refused with its place. Each part
 * of the JSON is marked with the place it was written at, so that errors about the command point
 * into the text. */
#ifndef QUERY_LANG_JQL_PLAIN_H
#define QUERY_LANG_JQL_PLAIN_H

#include "query/lang/lang.h"

/** The JSON from `made` on was written at `written`. */
struct plain_mark {
  size_t made, written;
};

/** JSON and what it was made of. Everything lives in the arena, but for `written`, the text. */
struct plain {
  struct slice json, written;
  size_t end;        /* of the statement in `written` */
  bool is_momentary; /* it has a moment or an identity that was made when it was read */
  const struct plain_mark *marks;
  size_t marks_count;
};

/** Reads a call, or a value, from `at` on. LUMA_SYNTAX_ERROR with the place. */
status plain_read(const struct lang_context *context, struct slice text, size_t at,
                  struct plain *plain, struct err *err);
/** Where the part of the JSON at `offset` was written. */
size_t plain_told(const struct plain *plain, size_t offset);

#endif
