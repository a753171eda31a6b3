/* SPDX-License-Identifier: MIT */
#include "query/exec/join/lookup_branch.h"

#include "query/plan/stage.h"

static bool is_variable(const struct expr *expr, const struct plan *lookup) {
  uint32_t first = lookup->stage->first_variable;
  return expr && expr->kind == EXPR_VARIABLE && expr->variable >= first &&
         expr->variable < first + lookup->exprs_count;
}

/** {"$eq": ["$attribute", "$$variable"]}, either way round. */
static bool read_expression(const struct expr *expr, const struct plan *lookup,
                            struct lookup_branch *branch) {
  if (expr->kind != EXPR_BINARY || expr->op != EXPR_OP_EQ) return false;
  bool swapped = expr->args[0]->kind == EXPR_VARIABLE;
  const struct expr *field = expr->args[swapped], *variable = expr->args[!swapped];
  if (field->kind != EXPR_FIELD || !field->path.count || !is_variable(variable, lookup))
    return false;
  branch->path = &field->path;
  branch->variable = variable->variable;
  return true;
}

static bool read_match(const struct match *match, const struct plan *lookup,
                       struct lookup_branch *branch) {
  if (match->op == MATCH_AND) {
    for (uint32_t i = 0; i < match->children_count; i++)
      if (read_match(match->children[i], lookup, branch)) return true;
    return false;
  }
  if (match->op == MATCH_EXPR) return read_expression(match->expression, lookup, branch);
  if (match->op != MATCH_IN || !match->path.count || !is_variable(match->value, lookup))
    return false;
  branch->path = &match->path;
  branch->variable = match->value->variable;
  branch->is_any = true;
  return true;
}

static bool has_positions(const struct path *path) {
  for (uint32_t i = 0; i < path->count; i++)
    if (path->steps[i].is_index) return true;
  return false;
}

/** The FILTER over the branch's SCAN; NULL when it is built otherwise. */
static const struct plan *filter_of(const struct plan *branch) {
  for (; branch->input; branch = branch->input)
    if (branch->kind == PLAN_FILTER && branch->input->kind == PLAN_SCAN &&
        branch->input->collection)
      return branch;
  return NULL;
}

/** Copies the branch with a STAGE_ROWS in the place of its SCAN. */
static status copy_over_rows(struct exec *exec, const struct plan *from, const struct plan *scan,
                             const struct plan **out, struct err *err) {
  struct plan *copy = arena_copy(exec->arena, from, sizeof *copy);
  struct plan_stage *stage = arena_zalloc(exec->arena, 1, sizeof *stage);
  const struct plan *input = NULL;
  TRY(op__memory(exec, copy ? stage : NULL, err));
  *out = copy;
  if (from != scan) {
    TRY(copy_over_rows(exec, from->input, scan, &input, err));
    copy->input = (struct plan *)(uintptr_t)input;
    return LUMA_OK;
  }
  stage->kind = STAGE_ROWS;
  copy->kind = PLAN_STAGE;
  copy->stage = stage;
  copy->physical = NULL;
  return LUMA_OK;
}

static status copy_whole(struct exec *exec, const struct plan *scan, const struct plan **out,
                         struct err *err) {
  struct plan *copy = arena_copy(exec->arena, scan, sizeof *copy);
  TRY(op__memory(exec, copy, err));
  copy->physical = NULL;
  *out = copy;
  return LUMA_OK;
}

status lookup_branch_read(struct exec *exec, const struct plan *lookup,
                          struct lookup_branch *branch, struct err *err) {
  const struct plan *root = lookup->right->input, *filter = filter_of(root);
  *branch = (struct lookup_branch){.over_rows = root};
  if (!filter || exec->env->collation || filter->condition->kind != EXPR_MATCH) return LUMA_OK;
  const struct match *match = filter->condition->match;
  if (!read_match(match, lookup, branch) || has_positions(branch->path)) return LUMA_OK;
  const struct plan *scan = filter->input;
  const struct plan_access *access = scan->physical ? scan->physical->access : NULL;
  branch->scan = scan;
  branch->is_whole = root == filter && match->op == MATCH_IN;
  branch->has_index = access && access->parts_count > 0;
  TRY(copy_whole(exec, scan, &branch->whole_scan, err));
  return copy_over_rows(exec, root, scan, &branch->over_rows, err);
}
