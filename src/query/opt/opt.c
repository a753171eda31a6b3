/* SPDX-License-Identifier: MIT */
/* The list of passes, and the walk that applies them. */
#include "query/opt/opt.h"

#include "query/opt/opt_int.h"

struct pass {
  const char *name;
  opt_pass *run;
};

static const struct pass passes[] = {
    {"fold constants", opt__fold},
    {"drop empty projections", opt__identity},
    {"push filters", opt__push_filters},
    {"join what exists", opt__semi_join},
    {"order joins", opt__order_joins},
    {"count by the collection", opt__count},
    {"choose an index", opt__access},
    {"choose join methods", opt__join},
    {"read in order", opt__order},
    {"keep the first", opt__top},
    {"unwind what was looked up", opt__unwind_lookup},
    {"answer from the index", opt__cover},
    {"leave out what bounds say", opt__residual},
    {"read in any order", opt__unordered},
};

enum { PASSES = sizeof passes / sizeof passes[0] };

const char *opt_pass_name(uint32_t nth) {
  return nth < PASSES ? passes[nth].name : NULL;
}

static bool is_off(const struct opt_options *options, const char *name) {
  for (const char *const *off = options->rules_off; off && *off; off++)
    if (strcmp(*off, name) == 0) return true;
  return false;
}

static status walk(struct opt *opt, opt_pass *run, struct plan **node, struct err *err);

/** The SELECTs in an expression. */
static status walk_expr(struct opt *opt, opt_pass *run, const struct expr *expr, struct err *err) {
  if (!expr) return LUMA_OK;
  if (expr->subquery) TRY(walk(opt, run, &expr->subquery->plan, err));
  for (uint32_t i = 0; i < expr->args_count; i++) TRY(walk_expr(opt, run, expr->args[i], err));
  return LUMA_OK;
}

static status walk_exprs(struct opt *opt, opt_pass *run, const struct plan *node, struct err *err) {
  TRY(walk_expr(opt, run, node->condition, err));
  TRY(walk_expr(opt, run, node->limit, err));
  TRY(walk_expr(opt, run, node->skip, err));
  for (uint32_t i = 0; i < node->exprs_count; i++) TRY(walk_expr(opt, run, node->exprs[i], err));
  for (uint32_t i = 0; i < node->sort_count; i++) TRY(walk_expr(opt, run, node->sort[i].expr, err));
  for (uint32_t i = 0; i < node->updates_count; i++)
    TRY(walk_expr(opt, run, node->updates[i].value, err));
  return LUMA_OK;
}

static bool is_select_in(const struct expr *expr) {
  bool is = expr && expr->subquery;
  for (uint32_t i = 0; expr && !is && i < expr->args_count; i++) is = is_select_in(expr->args[i]);
  return is;
}

/** Whether a SELECT stands in an expression of the statement: most have none, and then no pass
 * looks for them. A pass moves those that are there and makes none. */
static bool has_selects(const struct plan *node) {
  bool has = is_select_in(node->condition) || is_select_in(node->limit) || is_select_in(node->skip);
  for (uint32_t i = 0; !has && i < node->exprs_count; i++) has = is_select_in(node->exprs[i]);
  for (uint32_t i = 0; !has && i < node->sort_count; i++) has = is_select_in(node->sort[i].expr);
  for (uint32_t i = 0; !has && i < node->updates_count; i++)
    has = is_select_in(node->updates[i].value);
  for (uint32_t i = 0; !has && i < node->ctes_count; i++) has = has_selects(node->ctes[i]->plan);
  return has || (node->input && has_selects(node->input)) ||
         (node->right && has_selects(node->right));
}

/** A change of several that cannot be leaves those beside it alone. */
static status walk_listed(struct opt *opt, opt_pass *run, struct plan **node, struct err *err) {
  enum plan_kind kind = (*node)->kind;
  struct err why;
  if (opt->language != PLAN_JQL || (kind != PLAN_UPDATE && kind != PLAN_DELETE))
    return walk(opt, run, node, err);
  if ((*node)->failure) return LUMA_OK;
  err_init(&why);
  opt->is_collated = (*node)->collation.type == VAL_MAP;
  TRY(plan_collation_text(opt->arena, &(*node)->collation, &opt->collation, err));
  status done = walk(opt, run, node, &why);
  if (done == LUMA_OK) return LUMA_OK;
  if (plan_fails_alone(done)) return plan_put_failure(opt->arena, &why, node, err);
  if (err) *err = why;
  return done;
}

/** What stands within first, then inputs, then the node. */
static status walk(struct opt *opt, opt_pass *run, struct plan **node, struct err *err) {
  if (opt->has_selects) TRY(walk_exprs(opt, run, *node, err));
  for (uint32_t i = 0; i < (*node)->ctes_count; i++)
    TRY(walk(opt, run, &(*node)->ctes[i]->plan, err));
  struct plan *right = (*node)->right;
  bool is_list = (*node)->kind == PLAN_SEQUENCE;
  bool is_change = is_list && right && right->kind != PLAN_SEQUENCE; /* else more of the list */
  if ((*node)->input) TRY((is_list ? walk_listed : walk)(opt, run, &(*node)->input, err));
  if (right) TRY((is_change ? walk_listed : walk)(opt, run, &(*node)->right, err));
  return run(opt, node, err);
}

static bool only_reads(const struct plan *root) {
  return !plan_is_write(root->kind == PLAN_EXPLAIN ? root->input : root);
}

status opt_statement(const struct opt_options *options, struct statement *statement,
                     struct err *err) {
  struct opt opt = {.arena = options->arena,
                    .txn = options->txn,
                    .now_us = options->now_us,
                    .is_collated = statement->collation.type == VAL_MAP,
                    .language = statement->language,
                    .only_reads = only_reads(statement->root),
                    .is_explained = statement->root->kind == PLAN_EXPLAIN,
                    .is_several = statement->root->kind == PLAN_SEQUENCE,
                    .has_selects = has_selects(statement->root),
                    .is_unsteady = statement->is_unsteady,
                    .read_rule = options->read_rule};
  TRY(plan_collation_text(opt.arena, &statement->collation, &opt.collation, err));
  for (uint32_t i = 0; i < PASSES; i++) {
    opt.root = statement->root;
    if (!is_off(options, passes[i].name)) TRY(walk(&opt, passes[i].run, &statement->root, err));
  }
  if (statement->root->kind == PLAN_EXPLAIN) return walk(&opt, opt__mask, &statement->root, err);
  return LUMA_OK;
}
