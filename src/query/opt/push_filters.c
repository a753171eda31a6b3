/* SPDX-License-Identifier: MIT */
/* "push filters": conditions move towards the data. Neighbouring filters become one; a filter
 * passes SORT and DISTINCT; its conjuncts about one side of a join go to that side, those about
 * both become part of ON. What may not be asked of rows that a left join fills up stays above it.
 */
#include "query/opt/opt_int.h"

status opt__put_filter(struct opt *opt, struct plan **node, struct expr *condition,
                       struct err *err) {
  if (!condition) return LUMA_OK;
  struct plan *filter = plan_node(opt->arena, PLAN_FILTER, *node, condition->offset);
  TRY(opt__memory(opt, filter, err));
  filter->condition = condition;
  filter->columns = (*node)->columns;
  filter->columns_count = (*node)->columns_count;
  *node = filter;
  return opt__push_filters(opt, node, err);
}

/** The conjuncts of a condition over a join, sorted by what they are about. */
struct split {
  struct opt *opt;
  const struct plan *join;
  struct expr *left, *right, *both;
};

static status sort_conjunct(void *context, struct expr *conjunct, struct err *err) {
  struct split *split = context;
  uint32_t low = 0, high = 0, width = split->join->input->columns_count;
  bool reads = opt__slots(conjunct, &low, &high);
  if (reads && high < width) return opt__and(split->opt, split->left, conjunct, &split->left, err);
  if (!reads || low < width) return opt__and(split->opt, split->both, conjunct, &split->both, err);
  struct expr *moved = NULL;
  TRY(opt__shift(split->opt, conjunct, -(int64_t)width, &moved, err));
  return opt__and(split->opt, split->right, moved, &split->right, err);
}

/** ON's own conjuncts: those about the right side narrow it; those about the left do so unless its
 * rows must all stay. */
static status push_on(struct opt *opt, struct plan *join, struct err *err) {
  if (join->join == PLAN_JOIN_FULL || join->is_lateral) return LUMA_OK;
  struct split split = {.opt = opt, .join = join};
  TRY(opt__conjuncts(join->condition, sort_conjunct, &split, err));
  join->condition = split.both;
  if (join->join == PLAN_JOIN_LEFT || join->join == PLAN_JOIN_ANTI)
    TRY(opt__and(opt, join->condition, split.left, &join->condition, err));
  else
    TRY(opt__put_filter(opt, &join->input, split.left, err));
  return opt__put_filter(opt, &join->right, split.right, err);
}

/** FILTER over a node that keeps rows as they are: the two change places. */
static status swap_down(struct opt *opt, struct plan **node, struct err *err) {
  struct plan *filter = *node, *upper = filter->input;
  filter->input = upper->input;
  filter->columns = upper->input->columns;
  filter->columns_count = upper->input->columns_count;
  upper->input = filter;
  *node = upper;
  return opt__push_filters(opt, &upper->input, err);
}

static bool is_half(const struct plan *join) {
  return join->join == PLAN_JOIN_SEMI || join->join == PLAN_JOIN_ANTI;
}

static status push_into_join(struct opt *opt, struct plan **node, struct err *err) {
  struct plan *filter = *node, *join = filter->input;
  struct split split = {.opt = opt, .join = join};
  if (join->join == PLAN_JOIN_FULL) return LUMA_OK;
  if (is_half(join)) return swap_down(opt, node, err);
  TRY(opt__conjuncts(filter->condition, sort_conjunct, &split, err));
  TRY(opt__put_filter(opt, &join->input, split.left, err));
  if (join->join != PLAN_JOIN_LEFT && !join->is_lateral) {
    TRY(opt__put_filter(opt, &join->right, split.right, err));
    TRY(opt__and(opt, join->condition, split.both, &join->condition, err));
    if (split.both) join->join = PLAN_JOIN_INNER;
    *node = join;
    return LUMA_OK;
  }
  struct expr *right = NULL, *left_over = split.both;
  if (split.right) TRY(opt__shift(opt, split.right, join->input->columns_count, &right, err));
  TRY(opt__and(opt, left_over, right, &left_over, err));
  filter->condition = left_over;
  if (!left_over) *node = join;
  return LUMA_OK;
}

status opt__push_filters(struct opt *opt, struct plan **node, struct err *err) {
  struct plan *plan = *node;
  if (plan->kind == PLAN_JOIN && plan->condition) return push_on(opt, plan, err);
  if (plan->kind != PLAN_FILTER) return LUMA_OK;
  struct plan *input = plan->input;
  if (input->kind == PLAN_FILTER) {
    TRY(opt__and(opt, input->condition, plan->condition, &input->condition, err));
    *node = input;
    return opt__push_filters(opt, node, err);
  }
  if (input->kind == PLAN_JOIN) return push_into_join(opt, node, err);
  bool is_plain_sort = input->kind == PLAN_SORT && !input->limit;
  if (is_plain_sort || (input->kind == PLAN_DISTINCT && !input->unwind && !input->on_count))
    return swap_down(opt, node, err);
  return opt__push_through(opt, node, err);
}
