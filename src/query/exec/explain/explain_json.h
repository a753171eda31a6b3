/* SPDX-License-Identifier: MIT */
/* EXPLAIN (FORMAT JSON): the plan as one document, with PostgreSQL's names of what both have. */
#ifndef QUERY_EXEC_EXPLAIN_JSON_H
#define QUERY_EXEC_EXPLAIN_JSON_H

#include "query/exec/exec_int.h"

/** The operator below `root` that runs a node; NULL if there is none. */
const struct op *explain_find_op(const struct op *root, const struct plan *plan);
/** [{"Plan": {…}}] in the run's arena; `root` is what ANALYZE ran, or NULL. */
status explain_json(struct exec *exec, const struct plan *plan, const struct op *root,
                    struct val *out, struct err *err);

#endif
