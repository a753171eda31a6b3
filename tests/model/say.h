/* SPDX-License-Identifier: MIT */
/* Random statements that LQL and SQLite read alike, said into a pair's `text`.
 *
 * Sources have the columns id (unique), i and j (integers), r and q (reals), s and u (texts), each
 * with NULLs. What the two languages do differently is not said: other divisions by zero than none,
 * texts beside numbers, the default place of NULLs, small numbers as texts. One thread. */
#ifndef TESTS_MODEL_SAY_H
#define TESTS_MODEL_SAY_H

#include "tests/model/pair.h"

enum { SAY_DEPTH_MAX = 3, SAY_TABLES_MAX = 8, SAY_ALIAS_BYTES = 16 };

enum say_kind { SAY_INTEGER, SAY_REAL, SAY_TEXT, SAY_KINDS };

/** Sources that can be named: those of the SELECT first, then those around it. */
struct scope {
  char tables[SAY_TABLES_MAX][SAY_ALIAS_BYTES];
  unsigned count, own;
};

uint64_t pick(struct pair *pair, uint64_t below);
/** Appends to the statement. */
__attribute__((format(printf, 2, 3))) void say(struct pair *pair, const char *format, ...);
/** A column's name of the kind; `nth` of 0 and 1. */
const char *say_column_name(enum say_kind kind, uint64_t nth);

/* ---- expressions ---- */

void say_column(struct pair *pair, const struct scope *scope, enum say_kind kind);
void say_literal(struct pair *pair, enum say_kind kind);
void say_value(struct pair *pair, const struct scope *scope, enum say_kind kind, unsigned depth);
void say_predicate(struct pair *pair, const struct scope *scope, unsigned depth);
/** A key to sort or group by, which is no bare number: that would be the number of a column. */
void say_key(struct pair *pair, const struct scope *scope);
/** ASC or DESC, and where NULLs go. */
void say_direction(struct pair *pair);
/** An aggregate of rows of the scope's own sources; FILTER and DISTINCT now and then. */
void say_aggregate(struct pair *pair, const struct scope *scope);
/** A SELECT of one column of a kind, which may look at the scope around. `is_single`: at most one
 * row. */
void say_subquery(struct pair *pair, const struct scope *scope, enum say_kind kind, bool is_single);

/* ---- sources ---- */

/** One source with an alias that is new, which the scope learns. */
void say_source(struct pair *pair, struct scope *scope);
/** FROM with joins of all kinds. */
void say_from(struct pair *pair, struct scope *scope);

/* ---- statements; each is said, put to all databases and compared ---- */

void select_rows(struct pair *pair);
void select_groups(struct pair *pair);
void select_compound(struct pair *pair);
void select_windows(struct pair *pair);
void select_with(struct pair *pair);
void change_rows(struct pair *pair);
/** A whole transaction. */
void transact(struct pair *pair);

#endif
