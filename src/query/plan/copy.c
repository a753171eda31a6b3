/* SPDX-License-Identifier: MIT */
/* Copies of unbound plans: the binder completes a plan in place, and one SELECT in an expression
 * may stand in several. */
#include "query/plan/plan.h"

static bool copy_array(struct arena *arena, void *array, size_t bytes) {
  void *from = NULL;
  memcpy(&from, array, sizeof from); /* `array` is the address of a pointer of any type */
  if (!from || !bytes) return true;
  void *made = arena_copy(arena, from, bytes);
  memcpy(array, &made, sizeof made);
  return made != NULL;
}

static bool copy_expr(struct arena *arena, struct expr **expr) {
  if (!*expr) return true;
  struct expr *made = arena_copy(arena, *expr, sizeof *made);
  *expr = made;
  if (!made || !copy_array(arena, &made->args, made->args_count * sizeof *made->args)) return false;
  for (uint32_t i = 0; i < made->args_count; i++)
    if (!copy_expr(arena, &made->args[i])) return false;
  if (!made->subquery) return true;
  made->subquery = arena_copy(arena, made->subquery, sizeof *made->subquery);
  if (!made->subquery) return false;
  made->subquery->plan = plan_copy(arena, made->subquery->plan);
  return made->subquery->plan != NULL;
}

static bool copy_exprs(struct arena *arena, struct plan *plan) {
  if (!copy_expr(arena, &plan->condition) || !copy_expr(arena, &plan->limit) ||
      !copy_expr(arena, &plan->skip) || !copy_expr(arena, &plan->replacement) ||
      !copy_expr(arena, &plan->group_rows))
    return false;
  if (!copy_array(arena, &plan->exprs, plan->exprs_count * sizeof *plan->exprs) ||
      !copy_array(arena, &plan->sort, plan->sort_count * sizeof *plan->sort))
    return false;
  for (uint32_t i = 0; i < plan->exprs_count; i++)
    if (!copy_expr(arena, &plan->exprs[i])) return false;
  for (uint32_t i = 0; i < plan->sort_count; i++)
    if (!copy_expr(arena, &plan->sort[i].expr)) return false;
  return true;
}

static bool copy_ctes(struct arena *arena, struct plan *plan) {
  if (!copy_array(arena, &plan->ctes, plan->ctes_count * sizeof(void *))) return false;
  for (uint32_t i = 0; i < plan->ctes_count; i++) {
    struct plan_cte *made = arena_copy(arena, plan->ctes[i], sizeof *made);
    plan->ctes[i] = made;
    if (!made) return false;
    made->plan = plan_copy(arena, made->plan);
    if (!made->plan) return false;
  }
  return true;
}

struct plan *plan_copy(struct arena *arena, const struct plan *plan) {
  struct plan *made = plan ? arena_copy(arena, plan, sizeof *made) : NULL;
  if (!made || !copy_exprs(arena, made) || !copy_ctes(arena, made)) return NULL;
  if (made->input) {
    made->input = plan_copy(arena, made->input);
    if (!made->input) return NULL;
  }
  if (!made->right) return made;
  made->right = plan_copy(arena, made->right);
  return made->right ? made : NULL;
}
