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
  bool writes_whole; /* a change without a condition: worth a warning */
  uint64_t names;    /* what the plan knew of names: see query__names */
};

struct query {
  struct model *model;
  struct arena arena; /* the source */
  struct query_source source;
  struct query_prepare_options options;
  struct query_compiled *compiled;
  bool is_borrowed; /* its text */
  bool is_alone;    /* nothing follows the statement in its text, as far as can be told unread */
  uint64_t planned_us;
};

/** Parses, binds and optimises against the transaction's catalog, or (NULL) the newest committed
 * one. */
status query__compile(struct query *query, struct model_txn *txn, size_t *offset,
                      struct query_compiled **compiled, struct err *err);
/** How many names the dictionaries of the plan's collections have, the mark of an own `id` among
 * them: what names mean depends on them, and they only grow. */
uint64_t query__names(const struct plan *plan);
/** Notes in `err` that a failure is that of the only change of a list; answers `done`. */
status query__note_change(const struct statement *statement, status done, struct err *err);
/** Gives a reference back. */
void query__release(struct query_compiled *compiled);

/** CREATE INDEX: the texts that the catalog keeps of its expressions, such that reading them gives
 * what was bound. */
status query__settle_index(struct arena *arena, struct plan *root, struct err *err);

#endif
