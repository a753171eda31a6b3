/* SPDX-License-Identifier: MIT */
/* "count by the collection": COUNT(*) of everything in a collection is a number that the collection
 * keeps. */
#include "query/opt/opt_int.h"

static bool counts_rows(const struct expr *aggregate) {
  return aggregate->aggregate == EXPR_COUNT && aggregate->args_count == 0 && !aggregate->distinct;
}

status opt__count(struct opt *opt, struct plan **node, struct err *err) {
  struct plan *plan = *node;
  struct plan_physical *physical = NULL;
  bool fits = plan->kind == PLAN_AGGREGATE && plan->keys_count == 0 && plan->exprs_count > 0 &&
              plan->input->kind == PLAN_SCAN && !plan->input->hint;
  for (uint32_t i = 0; fits && i < plan->exprs_count; i++) fits = counts_rows(plan->exprs[i]);
  if (!fits) return LUMA_OK;
  TRY(opt__physical(opt, plan, &physical, err));
  physical->count_only = true;
  return LUMA_OK;
}
