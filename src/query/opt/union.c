/* SPDX-License-Identifier: MIT */
/* A condition that is one thing or another: each alternative is read by an index of its own, and
 * what several find comes once. */
#include <math.h>

#include "query/opt/access.h"

/** The alternatives of a disjunction, in either family. */
struct alternatives {
  struct expr *exprs[ACCESS_BRANCHES_MAX];
  const struct match *matches[ACCESS_BRANCHES_MAX];
  uint32_t count;
  bool is_found, is_too_many;
};

static void add(struct alternatives *all, struct expr *expr, const struct match *match) {
  if (all->count == ACCESS_BRANCHES_MAX) {
    all->is_too_many = true;
    return;
  }
  all->exprs[all->count] = expr;
  all->matches[all->count++] = match;
}

static void add_expr(struct alternatives *all, struct expr *expr) {
  if (expr->kind == EXPR_BINARY && expr->op == EXPR_OP_OR) {
    add_expr(all, expr->args[0]);
    add_expr(all, expr->args[1]);
  } else {
    add(all, expr, NULL);
  }
}

static void find_in_match(struct alternatives *all, const struct match *match) {
  if (all->is_found) return;
  if (match->op == MATCH_AND)
    for (uint32_t i = 0; i < match->children_count; i++) find_in_match(all, match->children[i]);
  if (match->op != MATCH_OR || all->is_found) return;
  all->is_found = true;
  for (uint32_t i = 0; i < match->children_count; i++) add(all, NULL, match->children[i]);
}

static status find(void *context, struct expr *conjunct, struct err *err) {
  struct alternatives *all = context;
  (void)err;
  if (all->is_found) return LUMA_OK;
  if (conjunct->kind == EXPR_MATCH) find_in_match(all, conjunct->match);
  if (conjunct->kind != EXPR_BINARY || conjunct->op != EXPR_OP_OR) return LUMA_OK;
  all->is_found = true;
  add_expr(all, conjunct);
  return LUMA_OK;
}

/** The best way to read one alternative; `*found` false when that is everything. */
static status make_branch(struct opt *opt, const struct plan *scan, struct asks *asks,
                          struct plan_access *branch, double *guessed, bool *found,
                          struct err *err) {
  const struct collection *collection = scan->collection;
  *found = false;
  for (uint32_t i = 0; i <= collection->indexes_count; i++) {
    struct plan_access way;
    enum access_refusal refusal = ACCESS_FITS;
    const struct catalog_index *index = i ? &collection->indexes[i - 1] : NULL;
    TRY(access_make(opt, collection, index, asks, &way, &refusal, err));
    if (refusal != ACCESS_FITS || way.parts_count == 0) continue;
    double guess = way.cost;
    access_probe(opt, collection, &way);
    if (*found && branch->cost <= way.cost) continue;
    *branch = way;
    *guessed = guess;
    *found = true;
  }
  return LUMA_OK;
}

status access_each_alternative(struct opt *opt, struct expr *condition, access_alternative *each,
                               void *context, bool *fits, struct err *err) {
  struct alternatives *all = arena_zalloc(opt->arena, 1, sizeof *all);
  TRY(opt__memory(opt, all, err));
  TRY(opt__conjuncts(condition, find, all, err));
  *fits = all->count >= 2 && !all->is_too_many;
  if (!*fits) return LUMA_OK;
  struct asks *asks = arena_alloc(opt->arena, sizeof *asks);
  TRY(opt__memory(opt, asks, err));
  for (uint32_t i = 0; i < all->count && *fits; i++) {
    TRY(asks_collect(opt, condition, asks, err));
    TRY(asks_add(asks, all->exprs[i], all->matches[i], err));
    TRY(each(context, asks, fits, err));
  }
  return LUMA_OK;
}

/** A union in the making. */
struct uniting {
  struct opt *opt;
  const struct plan *scan;
  struct plan_access *access;
  double guessed; /* cost, before anything was counted */
};

static status add_branch(void *context, struct asks *asks, bool *fits, struct err *err) {
  struct uniting *uniting = context;
  struct plan_access *access = uniting->access;
  struct arena *arena = uniting->opt->arena;
  if (!access->branches)
    access->branches = arena_zalloc(arena, ACCESS_BRANCHES_MAX, sizeof *access->branches);
  TRY(opt__memory(uniting->opt, access->branches, err));
  struct plan_access *branch = &access->branches[access->branches_count];
  double guessed = 0;
  TRY(make_branch(uniting->opt, uniting->scan, asks, branch, &guessed, fits, err));
  uniting->guessed += guessed;
  access->branches_count++;
  access->rows += branch->rows;
  access->cost += branch->cost;
  return LUMA_OK;
}

status access_make_union(struct opt *opt, const struct plan *scan, struct expr *condition,
                         struct plan_access *access, bool *fits, struct err *err) {
  static const double less = 0.9;
  struct uniting uniting = {.opt = opt, .scan = scan, .access = access};
  double all = access_count(opt, scan->collection);
  *access = (struct plan_access){0};
  TRY(access_each_alternative(opt, condition, add_branch, &uniting, fits, err));
  access->rows = fmin(access->rows, all);
  /* What was counted tells ways from each other; it does not speak for reading everything. */
  if (uniting.guessed < all) access->cost = fmin(access->cost, all * less);
  return LUMA_OK;
}
