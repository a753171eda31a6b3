/* SPDX-License-Identifier: MIT */
/* "join what exists": WHERE EXISTS (…), NOT EXISTS (…) and IN (…) whose SELECT reads the row around
 * it become semi and anti joins with what the SELECT reads: one pass over it in place of one run
 * for each row. The SELECT must be conditions over rows that do not read the row around themselves.
 * (Kim, "On optimizing an SQL-like nested query", 1982; semi joins as Galindo-Legaria and Joshi
 * have them, 2001.) NOT IN stays: a NULL among the rows decides it for all. */
#include "query/opt/opt_int.h"

static bool has_outer(const struct expr *expr) {
  bool has = expr && expr->kind == EXPR_OUTER;
  for (uint32_t i = 0; expr && !has && i < expr->args_count; i++) has = has_outer(expr->args[i]);
  return has;
}

/** Whether the expressions of one node read outer values of their SELECT. */
static bool node_reads_outer(const struct plan *node) {
  if (node->condition && has_outer(node->condition)) return true;
  if ((node->limit && has_outer(node->limit)) || (node->skip && has_outer(node->skip))) return true;
  for (uint32_t i = 0; i < node->exprs_count; i++)
    if (has_outer(node->exprs[i])) return true;
  for (uint32_t i = 0; i < node->sort_count; i++)
    if (has_outer(node->sort[i].expr)) return true;
  return false;
}

static bool tree_reads_outer(const struct plan *node) {
  if (!node) return false;
  bool is_known = node->kind != PLAN_WITH && node->kind != PLAN_CTE && !node->is_lateral;
  return !is_known || node_reads_outer(node) || tree_reads_outer(node->input) ||
         tree_reads_outer(node->right);
}

/** A SELECT taken apart. */
struct nested {
  struct opt *opt;
  const struct expr *expr; /* EXISTS or IN */
  uint32_t width;          /* columns of the row around */
  struct plan *source;     /* rows, with the conditions that concern them alone */
  struct expr *condition;  /* those about both, over the pair */
  struct expr *right;      /* conditions that concern the source alone */
  bool is_simple;
};

/** Over the pair: outer values are attributes of the left, the source's columns stand behind. */
static status pair_expr(struct nested *nested, const struct expr *expr, struct expr **out,
                        struct err *err) {
  if (expr->kind == EXPR_OUTER)
    return opt__shift(nested->opt,
                      nested->expr->args[nested->expr->subquery->left_count + expr->slot], 0, out,
                      err);
  struct expr *copy = arena_copy(nested->opt->arena, expr, sizeof *copy);
  TRY(opt__memory(nested->opt, copy, err));
  *out = copy;
  if (copy->kind == EXPR_FIELD) copy->slot += nested->width;
  if (copy->match || copy->shape) nested->is_simple = false;
  if (!copy->args_count) return LUMA_OK;
  copy->args = arena_copy(nested->opt->arena, copy->args, copy->args_count * sizeof *copy->args);
  TRY(opt__memory(nested->opt, copy->args, err));
  for (uint32_t i = 0; i < copy->args_count; i++)
    TRY(pair_expr(nested, expr->args[i], &copy->args[i], err));
  return LUMA_OK;
}

static status sort_conjunct(void *context, struct expr *conjunct, struct err *err) {
  struct nested *nested = context;
  struct expr *paired = NULL;
  if (!has_outer(conjunct))
    return opt__and(nested->opt, nested->right, conjunct, &nested->right, err);
  TRY(pair_expr(nested, conjunct, &paired, err));
  return opt__and(nested->opt, nested->condition, paired, &nested->condition, err);
}

/** For IN: the operand equals what the SELECT lists. */
static status add_equality(struct nested *nested, const struct plan *project, struct err *err) {
  struct expr *listed = NULL, *operand = NULL;
  if (nested->expr->subquery->kind == EXPR_SUBQUERY_EXISTS) return LUMA_OK;
  TRY(pair_expr(nested, project->exprs[0], &listed, err));
  TRY(opt__shift(nested->opt, nested->expr->args[0], 0, &operand, err));
  struct expr *equal =
      expr_binary(nested->opt->arena, EXPR_OP_EQ, operand, listed, nested->expr->offset);
  TRY(opt__memory(nested->opt, equal, err));
  return opt__and(nested->opt, nested->condition, equal, &nested->condition, err);
}

static status take_apart(struct nested *nested, struct err *err) {
  struct plan *at = nested->expr->subquery->plan;
  nested->is_simple = at->kind == PLAN_PROJECT && at->input;
  if (!nested->is_simple) return LUMA_OK;
  TRY(add_equality(nested, at, err));
  at = at->input;
  if (at->kind == PLAN_FILTER) {
    TRY(opt__conjuncts(at->condition, sort_conjunct, nested, err));
    at = at->input;
  }
  nested->source = at;
  bool is_source = at->kind == PLAN_SCAN || at->kind == PLAN_JOIN || at->kind == PLAN_PROJECT;
  nested->is_simple &= is_source && nested->condition && !tree_reads_outer(at);
  return LUMA_OK;
}

static bool is_candidate(const struct expr *expr) {
  const struct subquery *subquery = expr->subquery;
  if (expr->kind != EXPR_SUBQUERY || expr->args_count == subquery->left_count) return false;
  if (subquery->kind == EXPR_SUBQUERY_EXISTS) return true;
  return subquery->kind == EXPR_SUBQUERY_COMPARE && subquery->left_count == 1 && !subquery->all &&
         subquery->op == EXPR_OP_EQ;
}

/** Joins `*input` with what one conjunct asks of; `*kept` when it cannot. */
static status join_one(struct opt *opt, struct plan **input, struct expr *conjunct, bool *kept,
                       struct err *err) {
  bool negated = conjunct->kind == EXPR_UNARY && conjunct->op == EXPR_OP_NOT;
  const struct expr *asked = negated ? conjunct->args[0] : conjunct;
  *kept = true;
  if (!is_candidate(asked)) return LUMA_OK;
  if (negated && asked->subquery->kind != EXPR_SUBQUERY_EXISTS) return LUMA_OK;
  struct nested nested = {.opt = opt, .expr = asked, .width = (*input)->columns_count};
  TRY(take_apart(&nested, err));
  if (!nested.is_simple) return LUMA_OK;
  struct plan *join = plan_node(opt->arena, PLAN_JOIN, *input, asked->offset);
  TRY(opt__memory(opt, join, err));
  TRY(opt__put_filter(opt, &nested.source, nested.right, err));
  join->right = nested.source;
  join->condition = nested.condition;
  join->join = negated ? PLAN_JOIN_ANTI : PLAN_JOIN_SEMI;
  join->columns = (*input)->columns;
  join->columns_count = (*input)->columns_count;
  *input = join;
  *kept = false;
  return LUMA_OK;
}

struct joining {
  struct opt *opt;
  struct plan **input;
  struct expr *rest;
};

static status join_conjunct(void *context, struct expr *conjunct, struct err *err) {
  struct joining *joining = context;
  bool kept = true;
  TRY(join_one(joining->opt, joining->input, conjunct, &kept, err));
  return kept ? opt__and(joining->opt, joining->rest, conjunct, &joining->rest, err) : LUMA_OK;
}

status opt__semi_join(struct opt *opt, struct plan **node, struct err *err) {
  struct plan *filter = *node;
  if (filter->kind != PLAN_FILTER || opt->language == PLAN_JQL ||
      !opt__has_subquery(filter->condition))
    return LUMA_OK;
  struct plan *input = filter->input, *below = input;
  struct joining joining = {.opt = opt, .input = &input};
  TRY(opt__conjuncts(filter->condition, join_conjunct, &joining, err));
  if (input == below) return LUMA_OK;
  /* What is left is asked of the rows before they are joined. */
  struct plan *lowest = input;
  while (lowest->input != below) lowest = lowest->input;
  TRY(opt__put_filter(opt, &lowest->input, joining.rest, err));
  *node = input;
  return LUMA_OK;
}
