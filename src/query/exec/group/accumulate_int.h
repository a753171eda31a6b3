/* SPDX-License-Identifier: MIT */
/* Shared by the files of the accumulators: each takes a row's values for some aggregates and
 * answers their results. */
#ifndef QUERY_EXEC_ACCUMULATE_INT_H
#define QUERY_EXEC_ACCUMULATE_INT_H

#include "query/exec/group/accumulate.h"
#include "query/plan/aggregate.h"

/** Keeps a copy of a value, reusing the room of the one before. */
status accumulate__keep(struct exec *exec, struct kept *kept, const struct val *v, struct err *err);

/* ---- variances and regression: accumulate_moments.c ---- */

bool accumulate__is_moments(enum expr_aggregate kind);
/** LUMA_OUT_OF_RANGE when squares of finite numbers add up to none. */
status accumulate__take_moments(struct exec *exec, const struct expr *aggregate,
                                struct accumulator *a, const struct val *values, struct err *err);
struct val accumulate__moments(enum expr_aggregate kind, const struct accumulator *a);

/* ---- extremes, truths, bits, sketches: accumulate_kept.c ---- */

status accumulate__take_by(struct exec *exec, struct accumulator *a, const struct val *values,
                           int sign, struct err *err);
void accumulate__take_truth(struct exec *exec, bool is_and, struct accumulator *a,
                            const struct val *v);
void accumulate__take_bits(struct exec *exec, enum expr_aggregate kind, struct accumulator *a,
                           const struct val *v);
status accumulate__take_sketch(struct exec *exec, struct accumulator *a, const struct val *v,
                               struct err *err);
status accumulate__take_digest(struct exec *exec, struct accumulator *a, const struct val *values,
                               struct err *err);

/* ---- lists, texts, percentiles: accumulate_list.c ---- */

/** Appends a tuple of `columns` values. */
status accumulate__push(struct exec *exec, struct accumulator *a, const struct val *values,
                        uint32_t columns, struct err *err);
status accumulate__take_text(struct exec *exec, struct accumulator *a, const struct val *values,
                             uint32_t count, struct err *err);
status accumulate__take_ordered(struct exec *exec, const struct expr *aggregate,
                                struct accumulator *a, const struct val *values, struct err *err);
/** The list of what was pushed. */
status accumulate__list(struct exec *exec, const struct accumulator *a, struct arena *arena,
                        struct val *out, struct err *err);
/** The map of the names and values pushed. */
status accumulate__object(struct exec *exec, const struct accumulator *a, struct arena *arena,
                          struct val *out, struct err *err);
/** Percentiles and mode. */
status accumulate__ordered(struct exec *exec, const struct expr *aggregate,
                           const struct accumulator *a, struct arena *arena, struct val *out,
                           struct err *err);

#endif
