/* SPDX-License-Identifier: MIT */
/* Shared by the files of the binder. */
#ifndef QUERY_BIND_BIND_INT_H
#define QUERY_BIND_BIND_INT_H

#include "query/bind/bind.h"

struct binder {
  struct arena *arena;
  const struct catalog *catalog;
  const struct query_policy *policy;
  enum plan_language language;
  bool is_count; /* the answer is one number: groups stay columns */
  struct slice text;
};

/** What names may mean: the columns of a node's input. */
struct scope {
  const struct plan_column *columns;
  uint32_t count;
  struct plan *aggregate; /* not NULL: columns are those of this AGGREGATE, and names must be its
                             keys or stand in aggregates */
};

/** Gives `err` the position of `offset`; answers `failed`. */
status bind__fail(const struct binder *binder, uint64_t offset, status failed, struct err *err);
/** The error of the arena, unless `made`. */
status bind__memory(const struct binder *binder, const void *made, struct err *err);
/** Room for `count` elements, zeroed. */
status bind__room(const struct binder *binder, uint32_t count, size_t bytes, void *room,
                  struct err *err);

/** Binds an expression, answering a new tree. */
status bind__expr(struct binder *binder, const struct scope *scope, const struct expr *expr,
                  struct expr **out, struct err *err);
/** The same over the results of scope->aggregate. */
status bind__grouped(struct binder *binder, const struct scope *scope, const struct expr *expr,
                     struct expr **out, struct err *err);
/** A bound condition: of a type that is a truth. */
status bind__condition(struct binder *binder, const struct scope *scope, const struct expr *expr,
                       struct expr **out, struct err *err);
/** Resolves a name to a column and a path in it. */
status bind__name(struct binder *binder, const struct scope *scope, const struct expr *name,
                  struct expr **out, struct err *err);
status bind__match(struct binder *binder, const struct scope *scope, const struct match *match,
                   struct match **out, struct err *err);
/** The whole row as one document. */
status bind__row(struct binder *binder, const struct scope *scope, uint64_t offset,
                 struct expr **out, struct err *err);
bool bind__has_aggregate(const struct expr *expr);

/** The type an expression is known to have; VAL_MISSING when it depends on data. */
enum val_type bind__type(const struct expr *expr);
/** LUMA_TYPE_MISMATCH for operators whose arguments can be seen not to fit. */
status bind__check_types(const struct binder *binder, const struct expr *expr, struct err *err);

/** Binds a node and what is below it. */
status bind__plan(struct binder *binder, struct plan **node, struct err *err);
/** What names mean above `input` (NULL: nothing). */
struct scope bind__scope(const struct plan *input);
status bind__project(struct binder *binder, struct plan *node, struct err *err);
status bind__sort(struct binder *binder, struct plan *node, struct err *err);
status bind__aggregate(struct binder *binder, struct plan *node, struct err *err);
/** WHERE is asked before there are groups: an error if `where` is a FILTER by an aggregate. */
status bind__refuse_aggregates(struct binder *binder, const struct plan *where, struct err *err);
/** Puts an AGGREGATE without keys under `node` when `has` aggregates but nothing below groups. */
status bind__group_all(struct binder *binder, struct plan *node, bool has, struct err *err);
/** The AGGREGATE a SELECT's node stands on, through FILTERs; NULL if there is none. */
struct plan *bind__aggregate_below(struct plan *node);
/** A node with the same columns as its input. */
void bind__pass_columns(struct plan *node);

#endif
