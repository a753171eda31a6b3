/* SPDX-License-Identifier: MIT */
/* SELECTs in expressions, and what they read of the rows around them. */
#include "model/catalog/catalog.h"
#include "query/bind/bind_int.h"

status bind__add_outer(struct binder *binder, struct frame *frame, struct expr *expr,
                       struct expr **out, struct err *err) {
  uint32_t at = 0;
  while (at < frame->count && !expr_is_equal(frame->outers[at], expr)) at++;
  if (at == frame->capacity) {
    uint32_t capacity = frame->capacity ? frame->capacity * 2 : 4;
    struct expr **outers = NULL;
    TRY(bind__room(binder, capacity, sizeof *outers, &outers, err));
    if (frame->count) memcpy(outers, frame->outers, frame->count * sizeof *outers);
    frame->outers = outers;
    frame->capacity = capacity;
  }
  if (at == frame->count) frame->outers[frame->count++] = expr;
  TRY(bind__room(binder, 1, sizeof **out, out, err));
  **out = (struct expr){.kind = EXPR_OUTER, .slot = at, .name = expr->name, .offset = expr->offset};
  if (binder->language == PLAN_LQL) (*out)->declared = (uint8_t)bind__type(expr);
  return LUMA_OK;
}

static status fail_columns(struct binder *binder, const struct expr *expr, uint32_t wanted,
                           uint32_t got, struct err *err) {
  status failed = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                            "the SELECT has %u columns where %u %s wanted", got, wanted,
                            wanted == 1 ? "is" : "are");
  return bind__fail(binder, expr->offset, failed, err);
}

/** A SELECT that reads as one value per row: `SELECT *` over one source is the document. */
static status check_columns(struct binder *binder, const struct expr *expr, struct err *err) {
  const struct subquery *subquery = expr->subquery;
  uint32_t got = subquery->plan->columns_count;
  uint32_t wanted = subquery->left_count ? subquery->left_count : 1;
  if (subquery->kind == EXPR_SUBQUERY_EXISTS || got == wanted) return LUMA_OK;
  return fail_columns(binder, expr, wanted, got, err);
}

static status bind_left(struct binder *binder, const struct scope *scope, const struct expr *expr,
                        struct expr *node, struct frame *frame, struct err *err) {
  uint32_t left = expr->subquery->left_count;
  TRY(bind__room(binder, left + frame->count, sizeof *node->args, &node->args, err));
  for (uint32_t i = 0; i < left; i++) {
    if (scope->aggregate)
      TRY(bind__grouped(binder, scope, expr->args[i], &node->args[i], err));
    else
      TRY(bind__expr(binder, scope, expr->args[i], &node->args[i], err));
  }
  for (uint32_t i = 0; i < frame->count; i++) node->args[left + i] = frame->outers[i];
  node->args_count = left + frame->count;
  return LUMA_OK;
}

/** Binds a copy of the plan in a frame of its own. */
static status bind_inside(struct binder *binder, struct frame *frame, struct subquery *subquery,
                          struct err *err) {
  struct window_scope outside = {binder->window, binder->takes_windows};
  subquery->plan = plan_copy(binder->arena, subquery->plan);
  TRY(bind__memory(binder, subquery->plan, err));
  binder->window = NULL;
  binder->takes_windows = false;
  binder->frame = frame;
  binder->depth++;
  status done = bind__plan(binder, &subquery->plan, err);
  if (done == LUMA_OK) done = bind__strip_hidden(binder, &subquery->plan, err);
  binder->depth--;
  binder->frame = frame->parent;
  binder->window = outside.window;
  binder->takes_windows = outside.takes_windows;
  return done;
}

status bind__subquery(struct binder *binder, const struct scope *scope, const struct expr *expr,
                      struct expr **out, struct err *err) {
  struct frame frame = {.parent = binder->frame, .scope = scope};
  struct expr *node = arena_copy(binder->arena, expr, sizeof *expr);
  TRY(bind__memory(binder, node, err));
  node->subquery = arena_copy(binder->arena, expr->subquery, sizeof *expr->subquery);
  TRY(bind__memory(binder, node->subquery, err));
  if (binder->depth == BIND_DEPTH_MAX) {
    status failed = err_raise(err, LUMA_TOO_DEEP, __FILE__, __LINE__,
                              "over %d SELECTs stand within each other", BIND_DEPTH_MAX);
    return bind__fail(binder, expr->offset, failed, err);
  }
  TRY(bind_inside(binder, &frame, node->subquery, err));
  TRY(check_columns(binder, node, err));
  node->subquery->is_steady = !frame.is_unsteady;
  *out = node;
  TRY(bind_left(binder, scope, expr, node, &frame, err));
  if (binder->language != PLAN_LQL) return LUMA_OK;
  TRY(bind__read_members(binder, node, err));
  return bind__check_members(binder, node, err);
}

/* ---- value IN source ---- */

/** The alias of a collection's documents: a document is no list, so the collection is meant. */
static bool is_collection(const struct scope *scope, struct slice name) {
  for (uint32_t i = 0; i < scope->count; i++) {
    const struct plan_column *column = &scope->columns[i];
    if (column->is_document && column->collection && slice_is_equal_nocase(column->source, name))
      return true;
  }
  return false;
}

/** Whether a name means a column, here or around. */
static bool is_column(struct binder *binder, const struct scope *scope, const struct expr *name) {
  struct scope here = scope->aggregate ? bind__scope(scope->aggregate->input) : *scope;
  here.aggregate = NULL;
  if (is_collection(&here, name->name)) return false;
  if (bind__is_known(binder, &here, name)) return true;
  for (struct frame *frame = binder->frame; frame; frame = frame->parent)
    if (bind__is_known(binder, frame->scope, name)) return true;
  return false;
}

/** SELECT * FROM name; NULL when there is no such source or no memory (`*err` tells). */
static status select_all(struct binder *binder, const struct expr *name, struct plan **query,
                         struct err *err) {
  struct plan *scan = plan_node(binder->arena, PLAN_SCAN, NULL, name->offset);
  TRY(bind__memory(binder, scan, err));
  scan->collection_name = scan->alias = name->path.steps[0].name;
  *query = NULL;
  bool is_source = bind__cte(binder, scan);
  if (is_source) scan->cte->reads--; /* it is looked for again where it is bound */
  scan->kind = PLAN_SCAN;
  scan->cte = NULL;
  is_source |= bind__named(binder, scan->collection_name) != NULL;
  if (!is_source) return LUMA_OK;
  struct expr *star = expr_node(binder->arena, EXPR_STAR, NULL, 0, name->offset);
  struct plan *project = plan_node(binder->arena, PLAN_PROJECT, scan, name->offset);
  TRY(bind__memory(binder, star && project ? project : NULL, err));
  TRY(bind__room(binder, 1, sizeof *project->exprs, &project->exprs, err));
  TRY(bind__room(binder, 1, sizeof *project->names, &project->names, err));
  project->exprs[0] = star;
  project->exprs_count = 1;
  *query = project;
  return LUMA_OK;
}

status bind__in_source(struct binder *binder, const struct scope *scope, const struct expr *expr,
                       struct expr **out, struct err *err) {
  const struct expr *name = expr->args[1];
  struct plan *query = NULL;
  *out = NULL;
  if (name->path.count != 1 || !name->path.steps[0].is_name || is_column(binder, scope, name))
    return LUMA_OK;
  TRY(select_all(binder, name, &query, err));
  if (!query) return LUMA_OK;
  struct subquery subquery = {.kind = EXPR_SUBQUERY_COMPARE,
                              .op = expr->negated ? EXPR_OP_NE : EXPR_OP_EQ,
                              .all = expr->negated,
                              .plan = query,
                              .left_count = 1};
  struct expr *made = expr_node(binder->arena, EXPR_SUBQUERY, expr->args, 1, expr->offset);
  TRY(bind__memory(binder, made, err));
  made->subquery = &subquery;
  return bind__subquery(binder, scope, made, out, err);
}
