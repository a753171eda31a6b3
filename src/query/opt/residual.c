/* SPDX-License-Identifier: MIT */
/* "leave out what bounds say": of what a FILTER asks, the predicates that are true of each document
 * that the bounds of an index let through are not asked again. Only where nothing changes between
 * the reading of an entry and that of its document, and where the SCAN stays as it is: what $lookup
 * reads may be read otherwise. */
#include "query/opt/exact.h"

struct leaving {
  struct opt *opt;
  const struct collection *collection;
  const struct plan_access *access;
};

/** Whether the one key that is read is what the predicate asks for. */
static bool is_of_key(const struct leaving *leaving, const struct match *match) {
  const struct plan_access *access = leaving->access;
  const struct plan_part *part = access->index ? NULL : &access->parts[0];
  bool is_read = part && part->is_equal && !part->spread && part->values_count == 1 &&
                 match->op == MATCH_EQ && part->values[0] == match->value &&
                 access_is_key(leaving->collection, &match->path, false);
  return is_read && access_is_point(match->value) && match->value->value.type != VAL_BOOL;
}

/** `*left`: what is still to be asked; NULL: nothing. */
static status leave_match(const struct leaving *leaving, struct match *match, struct match **left,
                          struct err *err) {
  *left = NULL;
  bool is_said = is_of_key(leaving, match) ||
                 exact_match(leaving->opt, leaving->collection, leaving->access, match);
  if (is_said) return LUMA_OK;
  *left = match;
  if (match->op != MATCH_AND) return LUMA_OK;
  struct match *copy = arena_copy(leaving->opt->arena, match, sizeof *copy);
  TRY(opt__memory(leaving->opt, copy, err));
  copy->children =
      arena_zalloc(leaving->opt->arena, match->children_count + 1u, sizeof *copy->children);
  TRY(opt__memory(leaving->opt, copy->children, err));
  copy->children_count = 0;
  for (uint32_t i = 0; i < match->children_count; i++) {
    struct match *child = NULL;
    TRY(leave_match(leaving, match->children[i], &child, err));
    if (child) copy->children[copy->children_count++] = child;
  }
  *left = copy->children_count == 1 ? copy->children[0] : copy;
  return LUMA_OK;
}

/** The same of a condition. */
static status leave_expr(const struct leaving *leaving, struct expr *expr, struct expr **left,
                         struct err *err) {
  struct match *match = NULL;
  *left = expr;
  if (expr->kind == EXPR_BINARY && expr->op == EXPR_OP_AND && !expr->mongo) {
    struct expr *a = NULL, *b = NULL;
    TRY(leave_expr(leaving, expr->args[0], &a, err));
    TRY(leave_expr(leaving, expr->args[1], &b, err));
    return opt__and(leaving->opt, a, b, left, err);
  }
  if (expr->kind != EXPR_MATCH) return LUMA_OK;
  TRY(leave_match(leaving, expr->match, &match, err));
  *left = NULL;
  if (!match) return LUMA_OK;
  *left = arena_copy(leaving->opt->arena, expr, sizeof *expr);
  TRY(opt__memory(leaving->opt, *left, err));
  (*left)->match = match;
  return LUMA_OK;
}

static status leave_out(struct opt *opt, struct plan **node, struct err *err) {
  struct plan *filter = *node, *scan = filter->input;
  struct expr *left = NULL;
  struct plan_access *access = scan->physical->access;
  const struct leaving leaving = {opt, scan->collection, access};
  TRY(leave_expr(&leaving, filter->condition, &left, err));
  struct plan_access *kept = arena_copy(opt->arena, access, sizeof *kept);
  TRY(opt__memory(opt, kept, err));
  kept->bounded = filter->condition;
  scan->physical->access = kept;
  if (!left) {
    *node = scan;
    return LUMA_OK;
  }
  struct plan *copy = arena_copy(opt->arena, filter, sizeof *copy);
  TRY(opt__memory(opt, copy, err));
  copy->condition = left;
  *node = copy;
  return LUMA_OK;
}

/** Those that hand on what one input has. */
static bool is_passed(const struct plan *node) {
  switch ((int)node->kind) {
  case PLAN_EXPLAIN:
  case PLAN_PROJECT:
  case PLAN_SORT:
  case PLAN_LIMIT:
  case PLAN_AGGREGATE:
  case PLAN_DISTINCT:
  case PLAN_STAGE: return node->input != NULL;
  default: return false;
  }
}

/** Its bounds are those of one index, read entry by entry, or of the key. */
static bool is_bounded(const struct plan *scan) {
  const struct plan_access *access = scan->physical ? scan->physical->access : NULL;
  return scan->kind == PLAN_SCAN && scan->collection && !scan->collection->evolution && access &&
         access->parts_count && !access->branches_count;
}

status opt__residual(struct opt *opt, struct plan **node, struct err *err) {
  bool may = *node == opt->root && opt->only_reads && opt->language == PLAN_JQL &&
             !opt->is_several && !opt->is_collated;
  if (!may) return LUMA_OK;
  while (is_passed(*node)) node = &(*node)->input;
  if ((*node)->kind != PLAN_FILTER || !is_bounded((*node)->input)) return LUMA_OK;
  return leave_out(opt, node, err);
}
