/* SPDX-License-Identifier: MIT */
/* A bound condition as a filter document of MongoDB: what explain shows. */
#ifndef QUERY_EXEC_EXPLAIN_FILTER_H
#define QUERY_EXEC_EXPLAIN_FILTER_H

#include "query/plan/expr.h"
#include "value/doc/build.h"

/** Adds the condition under `name` to the map that is being built: a filter, or text where it is an
 * expression. `scratch` is empty before and after. */
void explain_filter(struct build *build, const char *name, const struct expr *condition,
                    struct buf *scratch);

#endif
