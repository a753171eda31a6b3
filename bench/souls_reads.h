/* SPDX-License-Identifier: MIT */
/* Beings that evolved beside beings that were written in the newest form: how both are made, and
 * what reading them costs, in processor time of the reading thread, in which all of it is done.
 * Collections have `sizes.beings` beings with keys from 0. A failure ends the program. */
#ifndef BENCH_SOULS_READS_H
#define BENCH_SOULS_READS_H

#include "bench/souls.h"

/** All beings, written in this form. */
void souls_import(struct souls *souls, const char *collection, const struct souls_form *form);
/** INSERT INTO `collection` SELECT `values` FROM `from`, for all its beings. */
void souls_fill_from(struct souls *souls, const char *collection, const char *values,
                     const char *from);
/** Scans both as often as it takes to have them in the cache. `condition`: true of all. */
void souls_fill_cache(struct souls *souls, const char *evolved, const char *newest,
                      const char *condition);
/** A row: the time of one statement, and 50 ms beside it. */
void souls_statement(struct souls *souls, const char *name, const char *text);

/** What is read, of which kind: of those that match, and of one by its key. */
struct souls_question {
  const char *kind, *sum, *where, *point;
};

/** Two rows: by scans, and by single reads. */
void souls_ask(struct souls *souls, const char *evolved, const char *newest,
               const struct souls_question *question);
/** A row: a scan right after the evolution, once, when all blocks are cached. */
void souls_ask_first(struct souls *souls, const char *evolved, const char *newest,
                     const struct souls_question *question);
/** A row: whole beings by their keys. */
void souls_ask_gets(struct souls *souls, const char *evolved, const char *newest, const char *name);
/** Waits until the values are made that are made beside. */
void souls_wait_for_values(struct souls *souls);

#endif
