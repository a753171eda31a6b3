/* SPDX-License-Identifier: MIT */
/* From what a predicate asks of an index's parts to the ranges to read, once the values are known.
 * Ranges may hold more than the predicate keeps (the FILTER above decides), never less. They are
 * disjoint and in the order of the index (reversed for a scan backwards), so that reading them one
 * after the other keeps the order. */
#ifndef QUERY_EXEC_RANGES_H
#define QUERY_EXEC_RANGES_H

#include "index/index.h"
#include "query/expr/env.h"
#include "query/plan/physical.h"

enum { RANGES_MAX = 4096 };

/** `items` NULL with count 1: everything. Their values live in the arena of the environment. */
struct ranges {
  struct index_bounds *items;
  uint32_t count;
};

status ranges_make(struct expr_env *env, const struct plan_access *access, struct ranges *ranges,
                   struct err *err);

/** What JQL's min and max name, as the index has it; LUMA_INVALID_ARGUMENT: the one does not come
 * before the other. */
struct ranges_edges {
  const struct val *from, *to; /* of all keys; NULL: none is named */
};
status ranges_edges_make(struct expr_env *env, const struct plan_access *access,
                         struct ranges_edges *edges, struct err *err);

#endif
