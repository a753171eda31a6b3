/* SPDX-License-Identifier: MIT */
/* Functions over windows: collected from a SELECT's list and ORDER BY into a WINDOW below its
 * PROJECT. Their columns stand behind those of the WINDOW's input, whose number is known only when
 * the whole SELECT is bound: until then their slots count from BIND_WINDOW_SLOT. */
#include "query/bind/bind_int.h"

void bind__begin_windows(struct binder *binder, struct plan *project,
                         struct window_scope *outside) {
  *outside = (struct window_scope){binder->window, binder->takes_windows};
  binder->window = project->input && project->input->kind == PLAN_WINDOW ? project->input : NULL;
  binder->takes_windows = true;
}

void bind__end_windows(struct binder *binder, struct plan *project,
                       const struct window_scope *outside) {
  struct plan *window = binder->window;
  if (window && window != project->input) {
    window->input = project->input;
    project->input = window;
  }
  binder->window = outside->window;
  binder->takes_windows = outside->takes_windows;
}

static status fail_place(struct binder *binder, const struct expr *expr, struct err *err) {
  status failed = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                            "a function over a window cannot stand here");
  if (err) err_hint(err, "they stand in the select list and in ORDER BY: use a SELECT in FROM");
  return bind__fail(binder, expr->offset, failed, err);
}

/** How many operands a window function takes. */
struct takes {
  const char *name;
  uint32_t min, max;
};

/** Those of another name take none. */
static bool fits_operands(const struct expr *expr) {
  static const struct takes takes[] = {{"ntile", 1, 1},      {"lag", 1, 3},
                                       {"lead", 1, 3},       {"first_value", 1, 1},
                                       {"last_value", 1, 1}, {"nth_value", 2, 2}};
  uint32_t count = expr->over->operands;
  if (expr->over->is_aggregate) return true;
  for (size_t i = 0; i < sizeof takes / sizeof takes[0]; i++)
    if (slice_is_equal_nocase(expr->name, slice_of_text(takes[i].name)))
      return count >= takes[i].min && count <= takes[i].max;
  return count == 0;
}

static status check_call(struct binder *binder, const struct expr *expr, struct err *err) {
  const struct expr_over *over = expr->over;
  status failed = LUMA_OK;
  bool by_offset = over->has_start || over->has_end;
  if (!fits_operands(expr))
    failed = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                       "%.*s does not take %u arguments", SLICE_ARG(expr->name), over->operands);
  else if (over->mode == EXPR_FRAME_RANGE && by_offset && over->order_count != 1)
    failed = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                       "RANGE with an offset needs one key in ORDER BY");
  else if (over->mode == EXPR_FRAME_GROUPS && over->has_frame && over->order_count == 0)
    failed = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "GROUPS needs an ORDER BY");
  return failed == LUMA_OK ? LUMA_OK : bind__fail(binder, expr->offset, failed, err);
}

static status bind_call(struct binder *binder, const struct scope *scope, const struct expr *expr,
                        struct expr **out, struct err *err) {
  struct expr *node = arena_copy(binder->arena, expr, sizeof *expr);
  TRY(bind__memory(binder, node, err));
  TRY(bind__room(binder, expr->args_count, sizeof *node->args, &node->args, err));
  for (uint32_t i = 0; i < expr->args_count; i++) {
    if (scope->aggregate)
      TRY(bind__grouped(binder, scope, expr->args[i], &node->args[i], err));
    else
      TRY(bind__expr(binder, scope, expr->args[i], &node->args[i], err));
  }
  *out = node;
  return check_call(binder, node, err);
}

status bind__window(struct binder *binder, const struct scope *scope, const struct expr *expr,
                    struct expr **out, struct err *err) {
  if (!binder->takes_windows) return fail_place(binder, expr, err);
  struct expr *call = NULL;
  binder->takes_windows = false; /* not within each other */
  status done = bind_call(binder, scope, expr, &call, err);
  binder->takes_windows = true;
  TRY(done);
  if (!binder->window) binder->window = plan_node(binder->arena, PLAN_WINDOW, NULL, expr->offset);
  struct plan *window = binder->window;
  TRY(bind__memory(binder, window, err));
  uint32_t at = 0;
  while (at < window->exprs_count && !expr_is_equal(window->exprs[at], call)) at++;
  if (at == window->exprs_count) {
    struct expr **exprs = NULL;
    TRY(bind__room(binder, at + 1, sizeof *exprs, &exprs, err));
    if (at) memcpy(exprs, window->exprs, at * sizeof *exprs);
    exprs[at] = call;
    window->exprs = exprs;
    window->exprs_count = at + 1;
  }
  TRY(bind__room(binder, 1, sizeof **out, out, err));
  **out = (struct expr){.kind = EXPR_FIELD, .slot = BIND_WINDOW_SLOT + at, .offset = expr->offset};
  (*out)->name =
      expr->over->is_aggregate ? slice_of_text(expr_aggregate_name(expr->aggregate)) : expr->name;
  return LUMA_OK;
}

/* ---- places ---- */

static void place_slots(struct expr *expr, uint32_t width) {
  if (expr->kind == EXPR_FIELD && expr->slot >= BIND_WINDOW_SLOT)
    expr->slot = width + (expr->slot - BIND_WINDOW_SLOT);
  for (uint32_t i = 0; i < expr->args_count; i++) place_slots(expr->args[i], width);
}

struct placing {
  struct binder *binder;
  struct err *err;
  status failed;
};

/** QUALIFY's FILTER, between the WINDOW and its PROJECT. */
static status place_qualify(struct placing *placing, struct plan *project, uint32_t width) {
  struct binder *binder = placing->binder;
  struct plan *filter = plan_node(binder->arena, PLAN_FILTER, project->input, project->offset);
  TRY(bind__memory(binder, filter, placing->err));
  filter->condition = project->condition;
  project->condition = NULL;
  project->input = filter;
  place_slots(filter->condition, width);
  bind__pass_columns(filter);
  return LUMA_OK;
}

static bool place_node(void *context, const struct plan *seen) {
  struct placing *placing = context;
  union {
    const struct plan *seen;
    struct plan *changed;
  } node = {.seen = seen}; /* the binder's own tree */
  struct plan *project = node.changed, *window = project->input;
  if (project->kind != PLAN_PROJECT || !window || window->kind != PLAN_WINDOW || window->columns)
    return true;
  uint32_t width = window->input->columns_count;
  placing->failed = bind__room(placing->binder, width + window->exprs_count,
                               sizeof *window->columns, &window->columns, placing->err);
  if (placing->failed != LUMA_OK) return false;
  if (width) memcpy(window->columns, window->input->columns, width * sizeof *window->columns);
  for (uint32_t i = 0; i < window->exprs_count; i++) {
    const struct expr *call = window->exprs[i];
    window->columns[width + i].name =
        call->over->is_aggregate ? slice_of_text(expr_aggregate_name(call->aggregate)) : call->name;
  }
  window->columns_count = width + window->exprs_count;
  for (uint32_t i = 0; i < project->exprs_count; i++) place_slots(project->exprs[i], width);
  if (project->condition) placing->failed = place_qualify(placing, project, width);
  return placing->failed == LUMA_OK;
}

status bind__place_windows(struct binder *binder, struct plan *plan, struct err *err) {
  struct placing placing = {.binder = binder, .err = err, .failed = LUMA_OK};
  plan_visit(plan, place_node, &placing);
  return placing.failed;
}
