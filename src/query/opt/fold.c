/* SPDX-License-Identifier: MIT */
/* "fold constants": operators and immutable functions of constants become their value; TRUE leaves
 * a conjunction, FALSE and NULL end a filter. What would fail is left for the run, which may never
 * get there. */
#include "query/expr/program.h"
#include "query/func/func.h"
#include "query/opt/opt_int.h"

static bool is_foldable(const struct expr *expr) {
  switch (expr->kind) {
  case EXPR_UNARY:
  case EXPR_BINARY:
  case EXPR_IN:
  case EXPR_BETWEEN:
  case EXPR_AT:
  case EXPR_CASE: break;
  case EXPR_CALL:
    if (expr->function->volatility != FUNC_IMMUTABLE) return false;
    break;
  case EXPR_CONST:
  case EXPR_PARAM:
  case EXPR_NAME:
  case EXPR_FIELD:
  case EXPR_AGGREGATE:
  case EXPR_LIST:
  case EXPR_MAP:
  case EXPR_MATCH:
  case EXPR_SHAPE:
  case EXPR_SUBQUERY:
  case EXPR_OUTER:
  case EXPR_WINDOW:
  case EXPR_STAR:
  case EXPR_VARIABLE:
  case EXPR_LET:
  case EXPR_EACH: return false;
  }
  for (uint32_t i = 0; i < expr->args_count; i++)
    if (!expr->args[i] || expr->args[i]->kind != EXPR_CONST) return false;
  return expr->args_count > 0;
}

static status evaluate(struct opt *opt, struct expr **expr, struct err *err) {
  if (opt->is_collated) return LUMA_OK;
  struct expr_env env;
  struct val value;
  expr_env_init(&env, opt->arena);
  status done = program_constant(&env, *expr, &value, NULL);
  bool is_clean = env.clashes == 0; /* a clash must be met and told of in the run */
  expr_env_deinit(&env);
  if (done == LUMA_OUT_OF_MEMORY || done == LUMA_BUDGET_EXCEEDED)
    return opt__memory(opt, NULL, err);
  if (done != LUMA_OK || !is_clean) return LUMA_OK;
  *expr = expr_const(opt->arena, value, (*expr)->offset);
  return opt__memory(opt, *expr, err);
}

static bool is_bool(const struct expr *expr, bool wanted) {
  return expr->kind == EXPR_CONST && expr->value.type == VAL_BOOL && expr->value.boolean == wanted;
}

/** `x AND true` is x, `x AND false` is false; the mirror image for OR. */
static void simplify_logic(struct expr **expr) {
  struct expr *node = *expr;
  if (node->kind != EXPR_BINARY || (node->op != EXPR_OP_AND && node->op != EXPR_OP_OR)) return;
  bool neutral = node->op == EXPR_OP_AND;
  for (int i = 0; i < 2; i++) {
    /* x must be a truth already: another type would be a clash and NULL. */
    const struct expr *other = node->args[1 - i];
    bool is_truth = other->kind == EXPR_BINARY || other->kind == EXPR_UNARY ||
                    other->kind == EXPR_IN || other->kind == EXPR_BETWEEN ||
                    other->kind == EXPR_MATCH;
    if (is_bool(node->args[i], neutral) && is_truth) *expr = node->args[1 - i];
    if (is_bool(node->args[i], !neutral)) *expr = node->args[i];
  }
}

status opt__fold_expr(struct opt *opt, struct expr **expr, struct err *err) {
  if (!*expr) return LUMA_OK;
  for (uint32_t i = 0; i < (*expr)->args_count; i++)
    TRY(opt__fold_expr(opt, &(*expr)->args[i], err));
  if (is_foldable(*expr)) return evaluate(opt, expr, err);
  simplify_logic(expr);
  return LUMA_OK;
}

status opt__fold(struct opt *opt, struct plan **node, struct err *err) {
  struct plan *plan = *node;
  TRY(opt__fold_expr(opt, &plan->condition, err));
  for (uint32_t i = 0; i < plan->exprs_count; i++) TRY(opt__fold_expr(opt, &plan->exprs[i], err));
  for (uint32_t i = 0; i < plan->sort_count; i++)
    TRY(opt__fold_expr(opt, &plan->sort[i].expr, err));
  if (plan->kind == PLAN_FILTER && is_bool(plan->condition, true)) *node = plan->input;
  return LUMA_OK;
}
