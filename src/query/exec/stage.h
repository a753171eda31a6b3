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
/** The column of a LOOKUP that unwinds which has the number of the document found, rising from 0,
 * where it has one: two rows with the same number have the same document. MISSING elsewhere. */
enum { LOOKUP_NUMBERS = 2 };

/** Adds all rows of an operator, copied; as many columns as `rows` has. */
status stage_take_all(struct op *input, struct rows *rows, struct err *err);

/** The rows of a stage's input, each beside the values of the stage's exprs; memory of the run. */
struct stage_rows {
  struct exec *exec;
  struct program **programs;
  uint32_t exprs_count, keys_at; /* what a tuple is sorted by stands from keys_at on */
  struct rows rows;              /* tuples: the document, then the values, then, where there is a
                                    collation, what they are compared by */
  const struct val **sorted;     /* tuples in order */
};
status stage_rows_init(struct stage_rows *kept, struct exec *exec, const struct plan *plan,
                       struct err *err);
/** Takes all rows; `arena` is emptied with each batch. */
status stage_rows_take(struct stage_rows *kept, struct op *input, struct arena *arena,
                       struct err *err);
/** Sorts by the values from the second on (the partition), then by the first, as the collation has
 * them; null and missing are one, and least; equal rows stay in the order they came. */
status stage_rows_sort(struct stage_rows *kept, struct err *err);
/** What the first value is compared by. */
static inline const struct val *stage_rows_key(const struct stage_rows *kept,
                                               const struct val *tuple) {
  return &tuple[kept->keys_at];
}
bool stage_rows_same_partition(const struct stage_rows *kept, const struct val *a,
                               const struct val *b);

op_open op__open_unwind, op__open_union, op__open_facet, op__open_lookup, op__open_sample,
    op__open_stage_window, op__open_redact, op__open_densify, op__open_buckets, op__open_graph,
    op__open_inverse, op__open_keys;
/** An INSERT with a stage: $out and $merge. */
op_open op__open_store;

#endif
