/* SPDX-License-Identifier: MIT */
/* SELECTs in expressions, and what they read of the rows around them. */
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
  *out = node;
  return bind_left(binder, scope, expr, node, &frame, err);
}
