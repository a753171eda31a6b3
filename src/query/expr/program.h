/* SPDX-License-Identifier: MIT */
/* Expressions compiled to a flat array of steps, each working on a whole column of values over the
 * rows that are live: one dispatch per step and batch instead of one per row and node. AND, OR,
 * CASE and coalesce narrow the live rows for the steps of their later arguments, so that those see
 * only the rows that SQL lets them see (`x != 0 AND 1 / x > 2` does not fail).
 *
 * A program's results live in its registers, or in the batch or constants they come from, until its
 * next run; texts and lists it makes live in the arena given to the run. One thread. */
#ifndef QUERY_EXPR_PROGRAM_H
#define QUERY_EXPR_PROGRAM_H

#include "query/expr/env.h"
#include "value/batch/batch.h"

struct program;

/** Compiles a bound expression; parameters are looked up now. */
status program_create(struct expr_env *env, const struct expr *expr, struct program **program,
                      struct err *err);
/** Evaluates over the live rows: row r's value is (*values)[r * *stride]; a constant has stride 0.
 * Rows that are not live have no value. */
status program_run(struct program *program, const struct batch *batch, struct arena *arena,
                   const struct val **values, uint32_t *stride, struct err *err);
/** The value of an expression without columns; memory of env->arena. */
status program_constant(struct expr_env *env, const struct expr *expr, struct val *value,
                        struct err *err);

/** Keeps the rows for which a condition is true. */
struct filter;
status filter_create(struct expr_env *env, const struct expr *condition, struct filter **filter,
                     struct err *err);
/** Prepares filter_drops for documents that are column 0 and of this dictionary; `*can` false: it
 * would drop none. */
status filter_prepare(struct filter *filter, const struct names *names, bool *can, struct err *err);
/** Whether the filter certainly does not keep a document (of struct filter), as it is stored, and
 * nothing in front of what tells so could fail or warn. A model_sieve's. */
bool filter_drops(const void *filter, const struct doc *document);
status filter_run(struct filter *filter, struct batch *batch, struct arena *arena, struct err *err);

#endif
