/* SPDX-License-Identifier: MIT */
/* Expressions that are made quickly, as the files that read and run them share them. A node answers
 * false for whatever is not the usual case: the expression is then run as all are, which gives the
 * same value, or the error. So a node knows the usual types and nothing else. */
#ifndef QUERY_RULE_QUICK_INT_H
#define QUERY_RULE_QUICK_INT_H

#include "model/soul/rules.h"
#include "query/plan/expr.h"

struct quick_node;

/** The document at hand. */
struct quick_at {
  const uint8_t *map; /* its tag */
  struct soul_room *room;
};
typedef bool quick_run(const struct quick_node *node, const struct quick_at *at, struct val *out);

enum quick_kind { QUICK_FIXED, QUICK_STORED, QUICK_RUN };
struct quick_node {
  enum quick_kind kind;
  uint32_t place; /* STORED */
  quick_run *run; /* RUN */
  const struct quick_node *const *args;
  uint32_t args_count;
  enum expr_op op;
  bool upper;       /* letters */
  bool has_else;    /* CASE */
  struct val value; /* FIXED */
};

/** Numbers. */
quick_run quick__arithmetic, quick__negate, quick__to_int, quick__to_float;
/** Texts. */
quick_run quick__letters, quick__length, quick__concat;
/** What is true, false or NULL, and what depends on it. */
quick_run quick__compare, quick__is_null, quick__is_not_null, quick__not, quick__and, quick__or,
    quick__case, quick__coalesce;

#endif
