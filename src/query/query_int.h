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
  /* Of a plan that other literals may be put into (query_literals.c): the constants that stand for
   * them, and the literals it was made with. Once others were put there, those and their text:
   * constants are the only thing of a plan that changes, and only while no run is open. */
  struct expr **places;
  uint32_t places_count;
  const struct literals *written, *now;
  struct slice text;
};

struct query {
  struct model *model;
  struct arena arena; /* the source */
  struct query_source source;
  struct query_prepare_options options;
  struct query_compiled *compiled;
  bool is_borrowed; /* its text */
  bool is_stale;    /* its plan was not the one that ran last: others are better off without it */
  bool is_alone;    /* nothing follows the statement in its text, as far as can be told unread */
  uint64_t planned_us;
  struct literals *literals; /* of the source's text, which may be exchanged; NULL: it may not */
  uint8_t *room;             /* for that text */
  size_t room_bytes;
};

/** Parses, binds and optimises against the transaction's catalog, or (NULL) the newest committed
 * one. */
status query__compile(struct query *query, struct model_txn *txn, size_t *offset,
                      struct query_compiled **compiled, struct err *err);
/** The same of a portion of a statement's `rest`, for a run in `txn`: after those before it. Its
 * `lets` are those that its own changes add. */
status query__compile_rest(const struct query *query, const struct plan_rest *rest,
                           struct model_txn *txn, struct query_compiled **compiled,
                           struct err *err);
/** How many names the dictionaries of the plan's collections have, the mark of an own `id` among
 * them: what names mean depends on them, and they only grow. */
uint64_t query__names(const struct plan *plan);
/** Where the plan is good for other literals, notes which these are and where they went. `literals`
 * may be NULL. */
status query__place_literals(struct query *query, const struct literals *literals, struct err *err);
/** A position in the text that the plan was made of becomes that in the text it is run for. */
void query__tell_place(const struct query_compiled *compiled, struct err *err);
/** Notes in `err` that a failure is that of the only change of a list; answers `done`. */
status query__note_change(const struct statement *statement, status done, struct err *err);
/** Gives a reference back. */
void query__release(struct query_compiled *compiled);

/** CREATE INDEX: the texts that the catalog keeps of its expressions, such that reading them gives
 * what was bound. */
status query__settle_index(struct arena *arena, struct plan *root, struct err *err);

#endif
