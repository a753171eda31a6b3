/* SPDX-License-Identifier: MIT */
/* Operators of pipeline stages (query/plan/stage.h), and what they share: running sub-pipelines,
 * rows that are kept. One thread. */
#ifndef QUERY_EXEC_STAGE_H
#define QUERY_EXEC_STAGE_H

#include "query/exec/exec_int.h"
#include "query/plan/stage.h"

/** A sub-pipeline that is run many times, each time in an arena that is emptied after. */
struct subplan {
  const struct plan *plan;
  const struct exec *outer;
  struct arena arena;
  struct expr_env env;
};

status subplan_init(struct subplan *sub, const struct exec *exec, const struct plan *plan);
void subplan_deinit(struct subplan *sub);
/** Runs it over `source` (what its STAGE_ROWS yields; may be NULL) with these values of variables,
 * and adds the documents it yields to `rows` (of one column), copied. */
status subplan_run(struct subplan *sub, const struct rows *source, const struct val *variables,
                   uint32_t variables_count, struct rows *rows, struct err *err);
/** Adds all rows of an operator, copied; as many columns as `rows` has. */
status stage_take_all(struct op *input, struct rows *rows, struct err *err);

op_open op__open_unwind, op__open_union, op__open_facet, op__open_lookup, op__open_sample,
    op__open_stage_window;

#endif
