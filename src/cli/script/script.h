/* SPDX-License-Identifier: MIT */
/* Cuts a script into statements, each in its language: LQL ends with `;` (outside quotes and
 * comments), a JQL command is one JSON object, or a chain of calls that ends with its line, an NQL
 * sentence is a line. Only the ends are looked
 * at; the front ends judge the rest. Pure; any thread. */
#ifndef CLI_SCRIPT_SCRIPT_H
#define CLI_SCRIPT_SCRIPT_H

#include "base/text/slice.h"

/** One statement of a script. */
struct script_statement {
  struct slice text;    /* without its `;`, blanks cut off at both ends */
  size_t offset;        /* of `text` in the script */
  const char *language; /* as asked, or guessed */
  bool is_ended;        /* it had its end; false: more input could belong to it */
};

/** The statement at `*offset`, which moves past it; false when only blanks and comments are left.
 * `language` NULL: guessed for each statement. */
bool script_next(struct slice script, size_t *offset, const char *language,
                 struct script_statement *statement);

#endif
