/* SPDX-License-Identifier: MIT */
/* Filters through nodes that compute: a condition over a PROJECT becomes one over its input, one
 * over a UNION is asked of both sides, one over UNNEST that does not look at the elements is asked
 * before. */
#include "query/opt/opt_int.h"

/** What a condition may stand for again: attributes and constants. */
static bool is_plain(const struct expr *expr) {
  return expr->kind == EXPR_FIELD || expr->kind == EXPR_CONST || expr->kind == EXPR_PARAM ||
         expr->kind == EXPR_OUTER;
}

/** Whether all that the condition reads of the PROJECT is plain. */
static bool is_lowerable(const struct plan *project, const struct expr *expr) {
  if (expr->match || expr->kind == EXPR_SHAPE) return false;
  if (expr->kind == EXPR_FIELD) {
    const struct expr *item = project->exprs[expr->slot];
    if (!is_plain(item)) return false;
    if (expr->path.count && (item->kind != EXPR_FIELD || item->path.count)) return false;
  }
  for (uint32_t i = 0; i < expr->args_count; i++)
    if (!is_lowerable(project, expr->args[i])) return false;
  return true;
}

/** The same over the PROJECT's input. */
static status lower(struct opt *opt, const struct plan *project, const struct expr *expr,
                    struct expr **out, struct err *err) {
  const struct expr *item = expr->kind == EXPR_FIELD ? project->exprs[expr->slot] : NULL;
  struct expr *copy = arena_copy(opt->arena, item && !expr->path.count ? item : expr, sizeof *copy);
  TRY(opt__memory(opt, copy, err));
  *out = copy;
  if (item) {
    copy->slot = item->slot;
    return LUMA_OK;
  }
  if (!copy->args_count) return LUMA_OK;
  copy->args = arena_copy(opt->arena, copy->args, copy->args_count * sizeof *copy->args);
  TRY(opt__memory(opt, copy->args, err));
  for (uint32_t i = 0; i < copy->args_count; i++)
    TRY(lower(opt, project, expr->args[i], &copy->args[i], err));
  return LUMA_OK;
}

struct splitting {
  struct opt *opt;
  const struct plan *node; /* below the filter */
  struct expr *below, *here;
};

static status split_project(void *context, struct expr *conjunct, struct err *err) {
  struct splitting *split = context;
  struct expr *lowered = NULL;
  if (!is_lowerable(split->node, conjunct))
    return opt__and(split->opt, split->here, conjunct, &split->here, err);
  TRY(lower(split->opt, split->node, conjunct, &lowered, err));
  return opt__and(split->opt, split->below, lowered, &split->below, err);
}

static status split_unnest(void *context, struct expr *conjunct, struct err *err) {
  struct splitting *split = context;
  uint32_t low = 0, high = 0;
  bool reads = opt__slots(conjunct, &low, &high);
  bool is_below = reads && high < split->node->input->columns_count;
  struct expr **part = is_below ? &split->below : &split->here;
  return opt__and(split->opt, *part, conjunct, part, err);
}

/** Puts `split.below` under the node and leaves the rest above. */
static status put_split(struct opt *opt, struct plan **node, struct splitting *split,
                        struct err *err) {
  struct plan *filter = *node, *below = filter->input;
  if (!split->below) return LUMA_OK;
  TRY(opt__put_filter(opt, &below->input, split->below, err));
  filter->condition = split->here;
  if (!split->here) *node = below;
  return LUMA_OK;
}

static status both_sides(struct opt *opt, struct plan **node, struct err *err) {
  struct plan *filter = *node, *set = filter->input;
  struct expr *copy = NULL;
  TRY(opt__shift(opt, filter->condition, 0, &copy, err));
  TRY(opt__put_filter(opt, &set->input, filter->condition, err));
  TRY(opt__put_filter(opt, &set->right, copy, err));
  *node = set;
  return LUMA_OK;
}

status opt__push_through(struct opt *opt, struct plan **node, struct err *err) {
  struct plan *filter = *node, *below = filter->input;
  struct splitting split = {.opt = opt, .node = below};
  if (below->kind == PLAN_PROJECT && opt->language != PLAN_JQL) {
    TRY(opt__conjuncts(filter->condition, split_project, &split, err));
    return put_split(opt, node, &split, err);
  }
  if (below->kind == PLAN_UNNEST && below->input) {
    TRY(opt__conjuncts(filter->condition, split_unnest, &split, err));
    return put_split(opt, node, &split, err);
  }
  bool is_union = below->kind == PLAN_SET_OPERATION && below->set_op == PLAN_UNION;
  return is_union && !opt__has_subquery(filter->condition) ? both_sides(opt, node, err) : LUMA_OK;
}
