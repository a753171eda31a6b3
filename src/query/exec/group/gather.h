/* SPDX-License-Identifier: MIT */
/* MongoDB's accumulators that SQL's aggregates do not have: $stdDevPop, $stdDevSamp, $mergeObjects,
 * $concatArrays, $setUnion, $firstN, $lastN, $minN, $maxN, $top, $bottom, $topN, $bottomN,
 * $percentile, $median. An
 * EXPR_AGGREGATE with aggregate EXPR_GATHER names one; args[0] is the value; where there is
 * an `n`, a list of n and value; for $top and its kin a list of n, output and document. args[1] is
 * a constant: the percentiles, or the order of $top and its kin. Memory is the run's arena. One
 * thread. */
#ifndef QUERY_EXEC_GATHER_H
#define QUERY_EXEC_GATHER_H

#include "query/exec/exec_int.h"

struct gather;

/** Takes a value; makes `*gather` when it is NULL. */
status gather_add(struct exec *exec, const struct expr *aggregate, struct gather **gather,
                  const struct val *value, struct err *err);
/** The result so far (`gather` may be NULL: nothing was taken); lists live in `arena`. */
status gather_result(struct exec *exec, const struct expr *aggregate, struct gather *gather,
                     struct arena *arena, struct val *out, struct err *err);

#endif
