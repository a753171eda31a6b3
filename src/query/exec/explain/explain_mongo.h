/* SPDX-License-Identifier: MIT */
/* A plan, and what its run did, in the shape of MongoDB's explain: queryPlanner with the stages of
 * the winning plan (IXSCAN, FETCH, COLLSCAN, SORT, …), executionStats with nReturned,
 * totalKeysExamined and totalDocsExamined. */
#ifndef QUERY_EXEC_EXPLAIN_MONGO_H
#define QUERY_EXEC_EXPLAIN_MONGO_H

#include "query/exec/exec_int.h"

/** The document, with all names inline, into the run's arena. `explain` is an EXPLAIN; `root` is
 * the operator that ran its input; NULL: it was not run, and there are no executionStats. */
status explain_mongo(struct exec *exec, const struct plan *explain, const struct op *root,
                     struct val *document, struct err *err);

#endif
