/* SPDX-License-Identifier: MIT */
#include "query/exec/group/aggregate_order.h"

#include <stdlib.h>

#include "query/exec/sort/sort_key.h"
#include "query/expr/program.h"
#include "query/plan/aggregate.h"

struct aggregate_order {
  struct exec *exec;
  const struct expr *aggregate;
  struct program **args;
  struct rows rows; /* tuples: the group's number, its place of arrival, then the arguments */
  const struct val **sorted;
  uint64_t sorted_capacity;
};

enum { AT_GROUP, AT_ARRIVAL, AT_ARGS };

status aggregate_order_create(struct exec *exec, const struct expr *aggregate,
                              struct aggregate_order **order, struct err *err) {
  struct aggregate_order *made = arena_zalloc(exec->arena, 1, sizeof *made);
  TRY(op__memory(exec, made, err));
  made->exec = exec;
  made->aggregate = aggregate;
  rows_init(&made->rows, exec, AT_ARGS + aggregate->args_count);
  *order = made;
  return op__programs(exec, aggregate->args, aggregate->args_count, &made->args, err);
}

static status reserve(struct aggregate_order *order, uint64_t count, struct err *err) {
  if (count <= order->sorted_capacity) return LUMA_OK;
  uint64_t capacity = order->sorted_capacity ? order->sorted_capacity * 2 : 1024;
  while (capacity < count) capacity *= 2;
  order->sorted = arena_alloc(order->exec->arena, capacity * sizeof *order->sorted);
  order->sorted_capacity = capacity;
  return op__memory(order->exec, order->sorted, err);
}

status aggregate_order_take(struct aggregate_order *order, const struct batch *batch,
                            const uint32_t *groups, struct arena *arena, struct err *err) {
  uint64_t first = order->rows.count;
  TRY(reserve(order, first + batch->selected_count, err));
  for (uint32_t i = 0; i < batch->selected_count; i++) {
    struct val *tuple = NULL;
    TRY(rows_add(&order->rows, &tuple, err));
    tuple[AT_GROUP] = val_int64(groups[i]);
    tuple[AT_ARRIVAL] = val_int64((int64_t)(first + i));
  }
  for (uint32_t a = 0; a < order->aggregate->args_count; a++) {
    const struct val *values = NULL;
    uint32_t stride = 0;
    TRY(program_run(order->args[a], batch, arena, &values, &stride, err));
    for (uint32_t i = 0; i < batch->selected_count; i++)
      TRY(expr_copy_value(order->exec->arena, &values[batch_row(batch, i) * stride],
                          &rows_at(&order->rows, first + i)[AT_ARGS + a], err));
  }
  return LUMA_OK;
}

static int compare(const void *left, const void *right, void *context) {
  const struct aggregate_order *order = context;
  const struct expr_over *over = order->aggregate->over;
  const struct val *a, *b;
  memcpy(&a, left, sizeof a);
  memcpy(&b, right, sizeof b);
  if (a[AT_GROUP].integer != b[AT_GROUP].integer)
    return a[AT_GROUP].integer < b[AT_GROUP].integer ? -1 : 1;
  uint32_t at = AT_ARGS + over->operands + over->has_filter;
  for (uint32_t i = 0; i < over->order_count; i++) {
    struct plan_sort_key key = {.descending = over->order[i].descending,
                                .nulls_first = over->order[i].nulls_first,
                                .nulls_last = over->order[i].nulls_last};
    int found = sort_key_compare(&key, 1, &a[at + i], &b[at + i]);
    if (found) return found;
  }
  return a[AT_ARRIVAL].integer < b[AT_ARRIVAL].integer ? -1 : 1;
}

uint64_t aggregate_order_sort(struct aggregate_order *order) {
  for (uint64_t i = 0; i < order->rows.count; i++) order->sorted[i] = rows_at(&order->rows, i);
  if (order->rows.count)
    qsort_r(order->sorted, order->rows.count, sizeof *order->sorted, compare, order);
  return order->rows.count;
}

const struct val *aggregate_order_at(const struct aggregate_order *order, uint64_t nth,
                                     uint32_t *group) {
  const struct expr_over *over = order->aggregate->over;
  const struct val *tuple = order->sorted[nth];
  *group = (uint32_t)tuple[AT_GROUP].integer;
  return over->operands || aggregate_is_of_key(order->aggregate) ? tuple + AT_ARGS : NULL;
}
