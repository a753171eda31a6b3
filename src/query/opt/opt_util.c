/* SPDX-License-Identifier: MIT */
/* What the passes share: conditions as lists, the columns an expression reads, sizes. */
#include "base/core/assert.h"
#include "model/model.h"
#include "query/opt/opt_int.h"

static const double rows_unknown = 100000; /* of a collection, without a transaction to ask */
static const double filter_share = 0.1, filter_equal_share = 0.01, unnest_share = 10;

status opt__memory(const struct opt *opt, const void *made, struct err *err) {
  return plan_check_memory(opt->arena, made, err);
}

status opt__physical(struct opt *opt, struct plan *node, struct plan_physical **physical,
                     struct err *err) {
  if (!node->physical) {
    node->physical = arena_zalloc(opt->arena, 1, sizeof *node->physical);
    TRY(opt__memory(opt, node->physical, err));
  }
  *physical = node->physical;
  return LUMA_OK;
}

status opt__conjuncts(struct expr *condition, opt_each *each, void *context, struct err *err) {
  if (!condition) return LUMA_OK;
  if (condition->kind != EXPR_BINARY || condition->op != EXPR_OP_AND)
    return each(context, condition, err);
  TRY(opt__conjuncts(condition->args[0], each, context, err));
  return opt__conjuncts(condition->args[1], each, context, err);
}

status opt__and(struct opt *opt, struct expr *a, struct expr *b, struct expr **out,
                struct err *err) {
  *out = a ? a : b;
  if (!a || !b) return LUMA_OK;
  *out = expr_binary(opt->arena, EXPR_OP_AND, a, b, a->offset);
  return opt__memory(opt, *out, err);
}

static void widen(uint32_t slot, uint32_t *low, uint32_t *high, bool *found) {
  if (!*found || slot < *low) *low = slot;
  if (!*found || slot > *high) *high = slot;
  *found = true;
}

static void find_slots(const struct expr *expr, uint32_t *low, uint32_t *high, bool *found);

static void find_match_slots(const struct match *match, uint32_t *low, uint32_t *high,
                             bool *found) {
  bool is_tree = match->op >= MATCH_AND && match->op <= MATCH_EXPR;
  if (!is_tree) widen(match->slot, low, high, found);
  if (match->expression) find_slots(match->expression, low, high, found);
  for (uint32_t i = 0; match->op != MATCH_ELEM && i < match->children_count; i++)
    find_match_slots(match->children[i], low, high, found);
}

static void find_slots(const struct expr *expr, uint32_t *low, uint32_t *high, bool *found) {
  if (expr->kind == EXPR_FIELD) widen(expr->slot, low, high, found);
  if (expr->match) find_match_slots(expr->match, low, high, found);
  for (uint32_t i = 0; i < expr->args_count; i++) find_slots(expr->args[i], low, high, found);
}

bool opt__slots(const struct expr *expr, uint32_t *low, uint32_t *high) {
  bool found = false;
  *low = *high = 0;
  find_slots(expr, low, high, &found);
  return found;
}

static status shift_match(struct opt *opt, const struct match *match, int64_t delta,
                          struct match **out, struct err *err) {
  struct match *copy = arena_copy(opt->arena, match, sizeof *match);
  TRY(opt__memory(opt, copy, err));
  *out = copy;
  copy->slot = (uint32_t)(copy->slot + delta);
  if (copy->expression) TRY(opt__shift(opt, copy->expression, delta, &copy->expression, err));
  if (!copy->children_count) return LUMA_OK;
  copy->children =
      arena_copy(opt->arena, copy->children, copy->children_count * sizeof *copy->children);
  TRY(opt__memory(opt, copy->children, err));
  for (uint32_t i = 0; i < copy->children_count; i++)
    TRY(shift_match(opt, copy->children[i], delta, &copy->children[i], err));
  return LUMA_OK;
}

status opt__shift(struct opt *opt, const struct expr *expr, int64_t delta, struct expr **out,
                  struct err *err) {
  struct expr *copy = arena_copy(opt->arena, expr, sizeof *expr);
  TRY(opt__memory(opt, copy, err));
  *out = copy;
  if (copy->kind == EXPR_FIELD) copy->slot = (uint32_t)(copy->slot + delta);
  if (copy->match) TRY(shift_match(opt, copy->match, delta, &copy->match, err));
  if (!copy->args_count) return LUMA_OK;
  copy->args = arena_copy(opt->arena, copy->args, copy->args_count * sizeof *copy->args);
  TRY(opt__memory(opt, copy->args, err));
  for (uint32_t i = 0; i < copy->args_count; i++)
    TRY(opt__shift(opt, copy->args[i], delta, &copy->args[i], err));
  return LUMA_OK;
}

bool opt__has_subquery(const struct expr *expr) {
  bool has = expr && expr->subquery != NULL;
  for (uint32_t i = 0; expr && !has && i < expr->args_count; i++)
    has = opt__has_subquery(expr->args[i]);
  return has;
}

bool opt__is_constant(const struct expr *expr) {
  uint32_t low = 0, high = 0;
  return !opt__slots(expr, &low, &high);
}

static double rows_of_scan(struct opt *opt, const struct plan *node) {
  if (node->physical && node->physical->access) return node->physical->access->rows;
  if (!node->collection) return 0;
  return opt->txn ? (double)model_estimate_count(opt->txn, node->collection) : rows_unknown;
}

static double rows_of_limit(const struct plan *node, double below) {
  int64_t limit = 0;
  bool known = node->limit && node->limit->kind == EXPR_CONST &&
               val_is_number(&node->limit->value) && val_to_int64(&node->limit->value, &limit);
  return known && (double)limit < below ? (double)limit : below;
}

double opt__rows(struct opt *opt, const struct plan *node) {
  double below = node->input ? opt__rows(opt, node->input) : 0;
  switch ((int)node->kind) {
  case PLAN_SCAN: return rows_of_scan(opt, node);
  case PLAN_VALUES: return node->rows_count;
  case PLAN_FILTER: {
    ASSERT(node->input);
    bool narrowed =
        node->input->kind == PLAN_SCAN && node->input->physical && node->input->physical->access;
    bool is_equal = node->condition->kind == EXPR_BINARY && node->condition->op == EXPR_OP_EQ;
    return narrowed ? below : below * (is_equal ? filter_equal_share : filter_share);
  }
  case PLAN_LIMIT: return rows_of_limit(node, below);
  case PLAN_CTE:
  case PLAN_STAGE: return rows_unknown;
  case PLAN_SET_OPERATION: return below + opt__rows(opt, node->right);
  case PLAN_UNNEST: return node->input ? below * unnest_share : unnest_share;
  case PLAN_AGGREGATE: return node->keys_count ? below * filter_share : 1;
  case PLAN_JOIN: {
    double right = opt__rows(opt, node->right);
    return below > right ? below : right;
  }
  default: return below;
  }
}
