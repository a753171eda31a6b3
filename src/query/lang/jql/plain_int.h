/* SPDX-License-Identifier: MIT */
/* Shared by plain.c, constructors.c and shell.c. */
#ifndef QUERY_LANG_JQL_PLAIN_INT_H
#define QUERY_LANG_JQL_PLAIN_INT_H

#include "base/text/buf.h"
#include "query/lang/jql/plain.h"

struct writing {
  struct slice text;
  size_t at;
  struct buf json, marks;
  uint32_t depth;
  uint64_t now_us;
  bool is_momentary; /* see struct plain */
  struct err *err;
};

/** Past blanks and comments; answers the byte there, 0 at the end. */
uint8_t plain__peek(struct writing *writing);
/** Past `c`, if it stands there. */
bool plain__take(struct writing *writing, char c);
/** The name there, passed: letters, digits, `_` and `$`; empty: none. */
struct slice plain__name(struct writing *writing);
/** What is written next stands for the text at `at`. */
void plain__mark(struct writing *writing, size_t at);
/** Writes the value there as JSON, and passes it. */
status plain__value(struct writing *writing);
/** Writes a quoted text, or a name, as a JSON string. */
status plain__string(struct writing *writing);
/** Writes a number, and passes it. */
status plain__number(struct writing *writing);
/** Writes the value that `word`, at `at`, makes with the arguments behind it (constructors.c). */
status plain__construct(struct writing *writing, size_t at, struct slice word);
/** The digit that the byte is, -1: it is none. (constructors.c) */
int plain__hex(uint8_t c);
/** Of a text, of milliseconds, of a year with what follows it, or of now. (moments.c) */
status plain__date(struct writing *writing, const char *key);
status plain__now(struct writing *writing, const char *unused);
status plain__utc(struct writing *writing, const char *unused);
status plain__id_of_time(struct writing *writing, const char *key);
/** The method there is asked of the value at `from` of the JSON, which its answer takes the place
 * of. */
status plain__ask(struct writing *writing, size_t from);
/** Fails with the position of `at`. */
status plain__fail(struct writing *writing, size_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4), cold));
/** Fails unless `c` stands there; passes it. */
status plain__expect(struct writing *writing, char c, const char *where);
/** The command that the call there means (shell.c). */
status plain__call(struct writing *writing);

#endif
