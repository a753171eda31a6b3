/* SPDX-License-Identifier: MIT */
/* Collects the first steps of all paths. Whatever is not known to read by paths alone reads whole
 * documents: a kind of node or expression that comes later is slower, not wrong. */
#include "query/exec/reads.h"

#include "query/plan/physical.h"

enum { READS_MAX = 256 };

struct collecting {
  struct arena *arena;
  struct slice *names;
  uint32_t count;
  bool whole;
};

static void add_path(struct collecting *collecting, const struct path *path) {
  if (path->count == 0) return;
  if (!path->steps[0].is_name || collecting->count == READS_MAX)
    collecting->whole = true;
  else
    collecting->names[collecting->count++] = path->steps[0].name;
}

static void add_expr(struct collecting *collecting, const struct plan *scope,
                     const struct expr *expr);

static void add_match(struct collecting *collecting, const struct plan *scope,
                      const struct match *match) {
  if (!match) return;
  add_path(collecting, &match->path);
  if (match->expression) add_expr(collecting, scope, match->expression);
  for (uint32_t i = 0; i < match->children_count; i++)
    add_match(collecting, scope, match->children[i]);
}

/* A whole column: does it hold documents? */
static bool is_document(const struct plan *scope, uint32_t slot) {
  return !scope || slot >= scope->columns_count || scope->columns[slot].is_document ||
         scope->columns[slot].is_spread;
}

static void add_expr(struct collecting *collecting, const struct plan *scope,
                     const struct expr *expr) {
  if (expr->kind == EXPR_FIELD) {
    if (expr->path.count == 0) collecting->whole |= is_document(scope, expr->slot);
    add_path(collecting, &expr->path);
    return;
  }
  if (!expr_is_of_args(expr->kind) && expr->kind != EXPR_MATCH) {
    collecting->whole = true;
    return;
  }
  add_match(collecting, scope, expr->match);
  for (uint32_t i = 0; i < expr->args_count; i++) add_expr(collecting, scope, expr->args[i]);
}

static bool has_documents(const struct plan *node) {
  for (uint32_t i = 0; i < node->columns_count; i++) {
    if (is_document(node, i) && !node->columns[i].is_hidden) return true;
  }
  return false;
}

static void add_node(struct collecting *collecting, const struct plan *node) {
  const struct plan *scope = node->kind == PLAN_JOIN ? node : node->input;
  switch ((int)node->kind) {
  case PLAN_SCAN:
  case PLAN_VALUES:
  case PLAN_FILTER:
  case PLAN_PROJECT:
  case PLAN_SORT:
  case PLAN_LIMIT:
  case PLAN_AGGREGATE:
  case PLAN_JOIN: break;
  case PLAN_DISTINCT: collecting->whole |= !node->unwind && has_documents(node); break;
  default: collecting->whole = true; return;
  }
  if (node->condition) add_expr(collecting, scope, node->condition);
  for (uint32_t i = 0; i < node->exprs_count; i++) add_expr(collecting, scope, node->exprs[i]);
  for (uint32_t i = 0; i < node->sort_count; i++) add_expr(collecting, scope, node->sort[i].expr);
  for (uint32_t i = 0; node->physical && i < node->physical->keys_count; i++) {
    add_expr(collecting, node->input, node->physical->left_keys[i]);
    add_expr(collecting, node->right, node->physical->right_keys[i]);
  }
  if (node->input) add_node(collecting, node->input);
  if (node->right) add_node(collecting, node->right);
}

status reads_of(struct arena *arena, const struct plan *root, const struct model_reads **reads,
                struct err *err) {
  struct collecting collecting = {.arena = arena};
  *reads = NULL;
  if (has_documents(root)) return LUMA_OK;
  collecting.names = arena_zalloc(arena, READS_MAX, sizeof *collecting.names);
  struct model_reads *made = arena_zalloc(arena, 1, sizeof *made);
  TRY(plan_check_memory(arena, collecting.names, err));
  TRY(plan_check_memory(arena, made, err));
  add_node(&collecting, root);
  if (collecting.whole) return LUMA_OK;
  *made = (struct model_reads){.names = collecting.names, .count = collecting.count};
  *reads = made;
  return LUMA_OK;
}
