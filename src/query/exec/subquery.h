/* SPDX-License-Identifier: MIT */
/* SELECTs in expressions, as the executor runs them. */
#ifndef QUERY_EXEC_SUBQUERY_H
#define QUERY_EXEC_SUBQUERY_H

#include "query/exec/exec_int.h"

enum { SUBQUERY_LEFT_MAX = 64 };

/** The calls of struct expr_subqueries; `context` is the exec around. */
status subquery__open(void *context, const struct expr *expr, struct expr_subquery **subquery,
                      struct err *err);
status subquery__answer(struct expr_subquery *subquery, const struct val *args, struct arena *arena,
                        struct val *out, struct err *err);
/** Sets `exec` and `env` (initialised, on `arena`) up to run a plan within a run of `around`. */
void subquery__inherit(struct exec *around, struct exec *exec, struct expr_env *env,
                       struct arena *arena);
/** Lets go of what the SELECTs of an executor's expressions hold. */
void subquery__end(struct exec *exec);

#endif
