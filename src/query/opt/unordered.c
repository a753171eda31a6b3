/* SPDX-License-Identifier: MIT */
/* "read in any order": what an aggregate reads of a whole collection may come in any order, unless
 * the aggregate tells rows apart by their order. Several threads may then read it. */
#include "query/opt/opt_int.h"

static bool is_orderly(const struct expr *expr) {
  if (expr->kind != EXPR_AGGREGATE) return false;
  switch (expr->aggregate) {
  case EXPR_FIRST:
  case EXPR_LAST:
  case EXPR_PUSH:
  case EXPR_ADD_TO_SET: return true;
  case EXPR_COUNT:
  case EXPR_SUM:
  case EXPR_AVG:
  case EXPR_MIN:
  case EXPR_MAX: break;
  }
  return false;
}

static bool reads_everything(const struct plan *node) {
  while (node->kind == PLAN_FILTER || node->kind == PLAN_PROJECT) node = node->input;
  bool has_access = node->physical && node->physical->access;
  return node->kind == PLAN_SCAN && node->collection && !has_access;
}

status opt__unordered(struct opt *opt, struct plan **node, struct err *err) {
  struct plan *plan = *node;
  struct plan_physical *physical = NULL;
  if (plan->kind != PLAN_AGGREGATE || !reads_everything(plan->input)) return LUMA_OK;
  if (plan->physical && plan->physical->count_only) return LUMA_OK;
  for (uint32_t i = plan->keys_count; i < plan->exprs_count; i++)
    if (is_orderly(plan->exprs[i])) return LUMA_OK;
  TRY(opt__physical(opt, plan->input, &physical, err));
  physical->unordered = true;
  return LUMA_OK;
}
