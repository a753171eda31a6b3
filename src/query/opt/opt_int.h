/* SPDX-License-Identifier: MIT */
/* Shared by the passes. */
#ifndef QUERY_OPT_OPT_INT_H
#define QUERY_OPT_OPT_INT_H

#include "model/catalog/catalog.h"
#include "query/opt/opt.h"

struct opt {
  struct arena *arena;
  struct model_txn *txn;
  uint64_t now_us;
  bool is_collated;       /* texts are compared by a collation */
  struct slice collation; /* what indexes of it say; empty: by bytes */
  enum plan_language language;
  bool is_several;  /* the statement makes several changes: what one puts in, another may meet */
  bool has_selects; /* SELECTs stand in expressions */
  bool is_unsteady; /* as the statement is */
  status (*read_rule)(struct arena *arena, const struct soul_rule *condition, struct expr **expr,
                      struct err *err); /* as in struct opt_options */
  bool only_reads;                      /* it, or what is explained */
  bool is_explained;                    /* choices are told with their reasons */
  const struct plan *root;              /* of the statement */
  struct asks *asks;                    /* room that each choice of an index uses again */
  struct ways *ways;
  struct opt_index *indexes; /* those whose expressions were looked at */
};

/** What an index computes, bound to the document. */
struct opt_index {
  struct opt_index *next;
  const struct catalog_index *index;
  struct expr *condition; /* NULL: not read */
  struct expr **keys;     /* NULL: not read; else NULL for each key that is a path */
};

/** A pass looks at one node, whose inputs it has already seen, and may put another in its place. */
typedef status opt_pass(struct opt *opt, struct plan **node, struct err *err);

/* In the order they run. */
/** Marks what EXPLAIN must not show. */
opt_pass opt__mask;
opt_pass opt__fold, opt__push_filters, opt__semi_join, opt__order_joins, opt__count, opt__join,
    opt__access, opt__order, opt__top, opt__identity, opt__cover, opt__residual, opt__unordered,
    opt__unwind_lookup;

/** The condition of a partial index; NULL: it has none, or none can be read. */
status opt__index_condition(struct opt *opt, const struct catalog_index *index,
                            struct expr **condition, struct err *err);
/** The keys of an index (NULL: the key itself) that are expressions, each at its place, NULL where
 * a path is; `*keys` NULL: all are paths, or none can be read. */
status opt__index_keys(struct opt *opt, const struct catalog_index *index,
                       struct expr *const **keys, struct err *err);
/** Computes what is constant in an expression. */
status opt__fold_expr(struct opt *opt, struct expr **expr, struct err *err);
status opt__memory(const struct opt *opt, const void *made, struct err *err);
/** The node's physical choices, made on first use. */
status opt__physical(struct opt *opt, struct plan *node, struct plan_physical **physical,
                     struct err *err);
/** Calls `each` for every conjunct of a condition. */
typedef status opt_each(void *context, struct expr *conjunct, struct err *err);
status opt__conjuncts(struct expr *condition, opt_each *each, void *context, struct err *err);
/** A FILTER above `*node`, pushed on down; `condition` may be NULL. */
status opt__put_filter(struct opt *opt, struct plan **node, struct expr *condition,
                       struct err *err);
/** A FILTER over a node that computes: what can be asked below goes there. */
status opt__push_through(struct opt *opt, struct plan **node, struct err *err);
/** A SELECT in the expression, or an outer value. */
bool opt__has_subquery(const struct expr *expr);
/** `a AND b`; either may be NULL. */
status opt__and(struct opt *opt, struct expr *a, struct expr *b, struct expr **out,
                struct err *err);
/** True when the expression reads columns; `*low` and `*high` are then the least and the greatest
 * of them. */
bool opt__slots(const struct expr *expr, uint32_t *low, uint32_t *high);
/** A copy over columns moved by `delta`. */
status opt__shift(struct opt *opt, const struct expr *expr, int64_t delta, struct expr **out,
                  struct err *err);
/** Without columns: its value is known when the statement is opened. */
bool opt__is_constant(const struct expr *expr);
/** Rows a node yields, roughly. */
double opt__rows(struct opt *opt, const struct plan *node);

#endif
