/* SPDX-License-Identifier: MIT */
/* "keep the first": a SORT below a LIMIT keeps only as many rows as will be asked of it. */
#include "query/opt/opt_int.h"

status opt__top(struct opt *opt, struct plan **node, struct err *err) {
  struct plan *limit = *node, *sort = limit->input;
  struct plan_physical *physical = NULL;
  if (limit->kind != PLAN_LIMIT || !limit->limit) return LUMA_OK;
  while (sort->kind == PLAN_PROJECT) sort = sort->input;
  if (sort->kind != PLAN_SORT || sort->limit) return LUMA_OK;
  TRY(opt__physical(opt, sort, &physical, err));
  physical->top_limit = limit->limit;
  physical->top_skip = limit->skip;
  return LUMA_OK;
}
