/* SPDX-License-Identifier: MIT */
/* Sorted runs on disk become one order: a heap of their first tuples. Of equal ones those of an
 * earlier run come first. One thread. */
#ifndef QUERY_EXEC_MERGE_H
#define QUERY_EXEC_MERGE_H

#include "query/exec/sort/spill.h"

struct merge;

/** Which of two tuples comes first, as qsort has it. */
typedef int merge_compare(const void *context, const struct val *a, const struct val *b);
struct merge_order {
  merge_compare *compare;
  const void *context;
};

/** Over all runs of `spill`, in the arena of `exec`; ended with merge_destroy. */
status merge_create(struct exec *exec, struct spill *spill, struct merge_order order,
                    struct merge **merge, struct err *err);
/** NULL is fine. */
void merge_destroy(struct merge *merge);
/** The tuple that comes next, valid until merge_step; NULL at the end. */
const struct val *merge_first(const struct merge *merge);
status merge_step(struct merge *merge, struct err *err);

#endif
