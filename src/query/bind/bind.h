/* SPDX-License-Identifier: MIT */
/* The binder: names as written become columns and paths, against a catalog picture. In: the plan a
 * front end built. Out: a new tree in which every EXPR_NAME is an EXPR_FIELD, every node has its
 * columns, aggregates stand in AGGREGATE nodes, `*` is expanded, functions and collections are
 * found. Errors have a position and, where a name was nearly right, the right one as hint.
 *
 * A name's first step is the alias of a source; else a computed column; else an attribute of the
 * only document source, and then any name is right, because collections are open: an attribute that
 * is not there reads as missing. */
#ifndef QUERY_BIND_BIND_H
#define QUERY_BIND_BIND_H

#include "query/bind/policy.h"
#include "query/plan/plan.h"

struct bind_options {
  struct arena *arena;               /* everything made lives here */
  const struct catalog *catalog;     /* NULL: there are no collections */
  const struct query_policy *policy; /* may be NULL */
  uint64_t session;                  /* whose temporary collections are seen; 0: none are */
  /** Reads the SELECT that a view stands for. */
  status (*read_view)(struct arena *arena, struct slice text, struct plan **plan, struct err *err);
};

/** Binds statement->root in place. */
status bind_statement(const struct bind_options *options, struct statement *statement,
                      struct err *err);

#endif
