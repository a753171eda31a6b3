/* SPDX-License-Identifier: MIT */
/* What is read of a part of an index in MongoDB's words: "(5, inf.0]", in the direction of the
 * scan. */
#ifndef QUERY_EXEC_EXPLAIN_BOUNDS_H
#define QUERY_EXEC_EXPLAIN_BOUNDS_H

#include "query/plan/physical.h"
#include "value/doc/build.h"

/** Adds the intervals of part `nth`, as texts, to the list that is being built. `scratch` is empty
 * before and after; `arena` is room for those of a list of values. */
status explain_bounds(struct build *build, const struct plan_access *access, uint32_t nth,
                      struct arena *arena, struct buf *scratch, struct err *err);

#endif
