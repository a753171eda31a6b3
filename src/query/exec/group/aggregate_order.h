/* SPDX-License-Identifier: MIT */
/* ORDER BY within an aggregate: its rows are kept with their groups and keys, sorted at the end,
 * and only then given to the accumulators. Memory is the run's. */
#ifndef QUERY_EXEC_AGGREGATE_ORDER_H
#define QUERY_EXEC_AGGREGATE_ORDER_H

#include "query/exec/group/accumulate.h"

struct aggregate_order;

status aggregate_order_create(struct exec *exec, const struct expr *aggregate,
                              struct aggregate_order **order, struct err *err);
/** Keeps the live rows of a batch; `groups` by live row. */
status aggregate_order_take(struct aggregate_order *order, const struct batch *batch,
                            const uint32_t *groups, struct arena *arena, struct err *err);
/** Sorts what was kept: within each group by the keys. Answers how many rows there are. */
uint64_t aggregate_order_sort(struct aggregate_order *order);
/** Row `nth` in that order: its operand (WITHIN GROUP: its first key) and its group. */
const struct val *aggregate_order_at(const struct aggregate_order *order, uint64_t nth,
                                     uint32_t *group);

#endif
