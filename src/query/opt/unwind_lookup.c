/* SPDX-License-Identifier: MIT */
/* "unwind what was looked up": a $lookup whose list is unwound at once, and of whose documents an
 * aggregate looks at attributes only, yields each pair of documents beside each other: neither the
 * list nor a document around it is made. */
#include "query/opt/opt_int.h"
#include "query/plan/stage.h"

/** The nodes from the aggregate down. */
struct unwound {
  struct plan *unwind, *project, *lookup;
  struct slice as;
};

static bool is_column(const struct expr *expr, uint32_t slot) {
  return expr->kind == EXPR_FIELD && expr->slot == slot && expr->path.count == 0;
}

/** The PROJECT that puts the list of a $lookup into its document. */
static bool puts_list(const struct plan *project, struct slice *as) {
  if (project->kind != PLAN_PROJECT || project->exprs_count != 1) return false;
  const struct expr *expr = project->exprs[0];
  const struct shape *shape = expr->shape;
  bool fits = expr->kind == EXPR_SHAPE && !shape->include && shape->id && !shape->picks_count &&
              shape->computed_count == 1 && expr->args_count == 2 && is_column(expr->args[0], 0) &&
              is_column(expr->args[1], 1);
  if (!fits) return false;
  *as = shape->computed_names[0];
  return memchr(as->data, '.', as->bytes) == NULL;
}

static bool find_chain(struct plan *aggregate, struct unwound *chain) {
  chain->unwind = aggregate->input;
  if (chain->unwind->kind != PLAN_STAGE || chain->unwind->stage->kind != STAGE_UNWIND) return false;
  const struct plan_stage *stage = chain->unwind->stage;
  chain->project = chain->unwind->input;
  if (stage->index_name.bytes || !puts_list(chain->project, &chain->as)) return false;
  chain->lookup = chain->project->input;
  return chain->lookup->kind == PLAN_STAGE && chain->lookup->stage->kind == STAGE_LOOKUP &&
         stage->path.count == 1 && slice_is_equal(stage->path.steps[0].name, chain->as);
}

/** Whether all that is looked at are attributes, by paths. */
static bool looks_at_paths(const struct expr *expr) {
  bool fits = expr_is_of_args(expr->kind);
  if (expr->kind == EXPR_FIELD)
    return expr->path.count && expr->path.steps[0].is_name && !expr->key;
  for (uint32_t i = 0; fits && i < expr->args_count; i++) fits = looks_at_paths(expr->args[i]);
  return fits;
}

/** A copy that finds what stands under `as` in the second column. */
static status see_apart(struct opt *opt, const struct expr *expr, struct slice as,
                        struct expr **out, struct err *err) {
  struct expr *copy = arena_copy(opt->arena, expr, sizeof *copy);
  TRY(opt__memory(opt, copy, err));
  *out = copy;
  if (copy->kind == EXPR_FIELD && slice_is_equal(copy->path.steps[0].name, as)) {
    copy->slot = 1;
    copy->path.steps++;
    copy->path.count--;
  }
  if (!copy->args_count) return LUMA_OK;
  copy->args = arena_copy(opt->arena, copy->args, copy->args_count * sizeof *copy->args);
  TRY(opt__memory(opt, copy->args, err));
  for (uint32_t i = 0; i < copy->args_count; i++)
    TRY(see_apart(opt, copy->args[i], as, &copy->args[i], err));
  return LUMA_OK;
}

static status make_lookup(struct opt *opt, const struct unwound *chain, struct plan **lookup,
                          struct err *err) {
  struct plan *node = arena_copy(opt->arena, chain->lookup, sizeof *node);
  struct plan_stage *stage = arena_copy(opt->arena, chain->lookup->stage, sizeof *stage);
  TRY(opt__memory(opt, node ? stage : NULL, err));
  stage->unwinds = true;
  stage->keeps_empty = chain->unwind->stage->keeps_empty;
  node->stage = stage;
  *lookup = node;
  return LUMA_OK;
}

status opt__unwind_lookup(struct opt *opt, struct plan **node, struct err *err) {
  struct plan *aggregate = *node;
  struct unwound chain;
  if (aggregate->kind != PLAN_AGGREGATE || opt->is_collated || !find_chain(aggregate, &chain))
    return LUMA_OK;
  for (uint32_t i = 0; i < aggregate->exprs_count; i++)
    if (!looks_at_paths(aggregate->exprs[i])) return LUMA_OK;
  struct expr **exprs = arena_alloc(opt->arena, (aggregate->exprs_count + 1u) * sizeof *exprs);
  TRY(opt__memory(opt, exprs, err));
  for (uint32_t i = 0; i < aggregate->exprs_count; i++)
    TRY(see_apart(opt, aggregate->exprs[i], chain.as, &exprs[i], err));
  TRY(make_lookup(opt, &chain, &aggregate->input, err));
  aggregate->exprs = exprs;
  return LUMA_OK;
}
