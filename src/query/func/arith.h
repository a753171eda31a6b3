/* SPDX-License-Identifier: MIT */
/* Arithmetic of the query languages, as PostgreSQL has it: integers are 64 bits and overflow is an
 * error, integers divide to integers (towards zero), dividing by zero is an error; an integer
 * beside a float is a float, beside a decimal a decimal. Moments take durations, intervals and
 * (dates) days. Types that have no such operation are a clash: NULL and a warning. Pure; any
 * thread. */
#ifndef QUERY_FUNC_ARITH_H
#define QUERY_FUNC_ARITH_H

#include "query/plan/expr.h"

/** ADD SUBTRACT MULTIPLY DIVIDE MODULO of two values that are not null. LUMA_OUT_OF_RANGE on
 * overflow and division by zero. `*clash`: no such operation for these types; `*out` is then NULL.
 */
status arith_binary(enum expr_op op, const struct val *a, const struct val *b, struct val *out,
                    bool *clash, struct err *err);
/** The same as MongoDB has it: division of integers is a float, numbers beside moments are
 * milliseconds. */
status arith_mongo(enum expr_op op, const struct val *a, const struct val *b, struct val *out,
                   bool *clash, struct err *err);
status arith_negate(const struct val *a, struct val *out, bool *clash, struct err *err);

#endif
