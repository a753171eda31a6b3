/* SPDX-License-Identifier: MIT */
/* Prepared statements, as the two files of the door share them. */
#ifndef QUERY_QUERY_INT_H
#define QUERY_QUERY_INT_H

#include "query/query.h"

/** A bound and optimised plan. Runs and the query hold references. */
struct query_compiled {
  uint32_t references;
  bool is_borrowed; /* bound to the picture of `txn`: good for one opening in it */
  const struct model_txn *txn;
  struct arena arena;
  const struct catalog *catalog; /* one reference, unless borrowed */
  struct statement statement;
  uint32_t marks; /* query__marks of the plan, when it was made */
};

struct query {
  struct model *model;
  struct arena arena; /* the source */
  struct query_source source;
  struct query_prepare_options options;
  struct query_compiled *compiled;
};

/** Parses, binds and optimises against the transaction's catalog, or (NULL) the newest committed
 * one. */
status query__compile(struct query *query, struct model_txn *txn, size_t *offset,
                      struct query_compiled **compiled, struct err *err);
/** Collections of the plan in which `id` may be an attribute besides naming the key: plans depend
 * on it. */
uint32_t query__marks(const struct plan *plan);
/** Gives a reference back. */
void query__release(struct query_compiled *compiled);

#endif
