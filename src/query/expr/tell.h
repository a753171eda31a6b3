/* SPDX-License-Identifier: MIT */
/* What an operation was about, for people: operands with their values and where they come from, as
 * in "cannot add 'abc' (users.age) and 1". Values of sensitive attributes are not shown. */
#ifndef QUERY_EXPR_TELL_H
#define QUERY_EXPR_TELL_H

#include "query/expr/env.h"

/** Counts a clash of types, which gives NULL; the first of a run is remembered with its values, of
 * `expr` with operands `values`. */
void tell_clash(struct expr_env *env, const struct expr *expr, const struct val *values,
                uint32_t count);
/** The same of a comparison that `expr` (IN, BETWEEN) makes of its first operand with operand
 * `nth`. */
void tell_pair(struct expr_env *env, const struct expr *expr, uint32_t nth, const struct val *a,
               const struct val *b);
/** The same of a value that stands for a condition and is no truth. */
void tell_no_truth(struct expr_env *env, const struct expr *expr, const struct val *value);
/** Puts in front of a failure what it was about, where the operands are not all written in the
 * statement. Answers `failed`. */
status tell_failure(const struct expr *expr, const struct val *values, uint32_t count,
                    status failed, struct err *err);
/** Takes over the clashes of an environment that ends. */
void tell_take(struct expr_env *env, const struct expr_env *ended);

/** Clashes that are told later, or never. */
struct told {
  uint64_t clashes;
  char first[EXPR_CLASH_BYTES];
};
/** Moves those of an environment behind those that stand in `told`. */
void tell_put_off(struct expr_env *env, struct told *told);
/** Moves them to an environment. */
void tell_now(struct expr_env *env, struct told *told);

#endif
