/* SPDX-License-Identifier: MIT */
/* "drop empty projections": a PROJECT that passes its input's columns on, all and in order, does
 * nothing. */
#include "query/opt/opt_int.h"

static bool is_passed(const struct plan *project, uint32_t column) {
  const struct expr *expr = project->exprs[column];
  const struct plan_column *in = &project->input->columns[column], *out = &project->columns[column];
  if (expr->kind != EXPR_FIELD || expr->path.count || expr->slot != column) return false;
  if (project->is_derived) return true; /* what it is called was needed by the binder alone */
  return in->is_spread == out->is_spread && in->is_hidden == out->is_hidden &&
         in->without_count == out->without_count && slice_is_equal(in->name, out->name) &&
         slice_is_equal(in->source, out->source);
}

status opt__identity(struct opt *opt, struct plan **node, struct err *err) {
  struct plan *plan = *node;
  (void)opt, (void)err;
  if (plan->kind != PLAN_PROJECT || plan->exprs_count != plan->input->columns_count) return LUMA_OK;
  for (uint32_t i = 0; i < plan->exprs_count; i++)
    if (!is_passed(plan, i)) return LUMA_OK;
  *node = plan->input;
  return LUMA_OK;
}
