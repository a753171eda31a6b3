/* SPDX-License-Identifier: MIT */
/* Tuples that are put in order on disk: sorted by parts of the statement's memory, then merged.
 * Stable: equal tuples stay in the order they came in. One thread. */
#ifndef QUERY_EXEC_RUNS_H
#define QUERY_EXEC_RUNS_H

#include "query/exec/sort/merge.h"

struct runs;

/** For tuples of so many columns; ended with runs_destroy. */
status runs_create(struct exec *exec, uint32_t columns, struct merge_order order,
                   struct runs **runs, struct err *err);
/** NULL is fine. */
void runs_destroy(struct runs *runs);
/** Adds a copy of a tuple. */
status runs_add(struct runs *runs, const struct val *tuple, struct err *err);
/** All were added: the first can be read. */
status runs_end(struct runs *runs, struct err *err);
/** The tuple that comes next, valid until runs_step; NULL at the end. After runs_end. */
const struct val *runs_first(const struct runs *runs);
status runs_step(struct runs *runs, struct err *err);

#endif
