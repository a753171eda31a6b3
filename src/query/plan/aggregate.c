/* SPDX-License-Identifier: MIT */
#include "query/plan/aggregate.h"

const struct aggregate *aggregate_find(struct slice name) {
  uint32_t from = 0, to = aggregate__table_count;
  while (from < to) {
    uint32_t middle = (from + to) / 2;
    int order = slice_compare_known(name, aggregate__table[middle].name);
    if (order == 0) return &aggregate__table[middle];
    if (order < 0)
      to = middle;
    else
      from = middle + 1;
  }
  return NULL;
}

enum val_type aggregate_type(enum expr_aggregate kind) {
  for (uint32_t i = 0; i < aggregate__table_count; i++)
    if (aggregate__table[i].kind == kind) return (enum val_type)aggregate__table[i].type;
  return VAL_MISSING;
}

bool aggregate_is_of_key(const struct expr *aggregate) {
  enum expr_aggregate kind = aggregate->aggregate;
  bool is_ordered =
      kind == EXPR_PERCENTILE_CONT || kind == EXPR_PERCENTILE_DISC || kind == EXPR_MODE;
  return is_ordered && aggregate->over && aggregate->over->within_group;
}
