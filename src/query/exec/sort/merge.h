/* SPDX-License-Identifier: MIT */
/* Sorted runs on disk become one order: a heap of their first tuples. Tuples have the keys first;
 * of equal ones those of an earlier run come first. One thread. */
#ifndef QUERY_EXEC_MERGE_H
#define QUERY_EXEC_MERGE_H

#include "query/exec/sort/spill.h"

struct merge;

/** Over all runs of `spill`, in the arena of `exec`; ended with merge_destroy. */
status merge_create(struct exec *exec, struct spill *spill, const struct plan *sort,
                    struct merge **merge, struct err *err);
/** NULL is fine. */
void merge_destroy(struct merge *merge);
/** The tuple that comes next, valid until merge_step; NULL at the end. */
const struct val *merge_first(const struct merge *merge);
status merge_step(struct merge *merge, struct err *err);

#endif
