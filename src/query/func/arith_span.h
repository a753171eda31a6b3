/* SPDX-License-Identifier: MIT */
/* Durations and intervals beside each other and beside numbers. Pure; any thread. */
#ifndef QUERY_FUNC_ARITH_SPAN_H
#define QUERY_FUNC_ARITH_SPAN_H

#include "query/plan/expr.h"

/** a + b, a - b of spans that are not both durations; a * n, n * a, a / n. LUMA_OUT_OF_RANGE on
 * overflow and division by zero. `*clash`: no such operation. */
status arith_span(enum expr_op op, const struct val *a, const struct val *b, struct val *out,
                  bool *clash, struct err *err);
/** The span the other way around. LUMA_OUT_OF_RANGE where that does not fit. */
status arith_span_negate(const struct val *span, struct val *out, struct err *err);
/** Whether it goes back in time, a month counted as 30 days. */
bool arith_span_is_negative(const struct val *span);

#endif
