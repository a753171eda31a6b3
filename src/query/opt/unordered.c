/* SPDX-License-Identifier: MIT */
/* "read in any order": what an aggregate reads of a whole collection may come in any order, unless
 * the aggregate tells rows apart by their order; and so may what an UPDATE changes. Several threads
 * may then read it. Those that look for first rows, or for values that differ, say which they met
 * first; what conditions let through of a whole collection is handed on in order (op_share.c). */
#include "query/opt/opt_int.h"
#include "query/plan/stage.h"

static bool is_orderly(const struct expr *expr) {
  if (expr->kind != EXPR_AGGREGATE) return false;
  enum expr_aggregate kind = expr->aggregate;
  bool is_any = kind == EXPR_COUNT || kind == EXPR_SUM || kind == EXPR_AVG || kind == EXPR_MIN ||
                kind == EXPR_MAX || kind == EXPR_GROUPING;
  return !is_any;
}

/* A SELECT inside an expression belongs to the run's thread. */
static bool has_select_in(const struct plan *node) {
  if (node->kind == PLAN_FILTER) return expr_has_subquery(node->condition);
  for (uint32_t i = 0; i < node->exprs_count; i++)
    if (expr_has_subquery(node->exprs[i])) return true;
  for (uint32_t i = 0; i < node->sort_count; i++)
    if (expr_has_subquery(node->sort[i].expr)) return true;
  return false;
}

/* A $lookup whose list is unwound at once: each worker looks up for its own documents. */
static bool is_unwound(const struct plan *node) {
  return node->kind == PLAN_STAGE && node->stage->kind == STAGE_LOOKUP && node->stage->unwinds;
}

/* Where a collection has indexes an access says also that none of them is used. */
static bool is_whole(const struct plan *scan) {
  const struct plan_access *access = scan->physical ? scan->physical->access : NULL;
  return !access || (!access->index && !access->parts_count && !access->branches_count &&
                     !access->backwards && !access->is_hinted && !access->nulls_apart);
}

static bool reads_everything(const struct plan *node) {
  for (; node->kind == PLAN_FILTER || node->kind == PLAN_PROJECT || is_unwound(node);
       node = node->input)
    if (has_select_in(node)) return false;
  return node->kind == PLAN_SCAN && node->collection && is_whole(node);
}

/* Groups of several threads are joined, which an order within an aggregate does not allow. */
static bool can_be_joined(const struct plan *plan) {
  for (uint32_t i = plan->keys_count; i < plan->exprs_count; i++)
    if (plan->exprs[i]->over && plan->exprs[i]->over->order_count) return false;
  return !has_select_in(plan);
}

/* What an UPDATE changes of a whole collection is found before the first is changed: by several
 * threads then. Which comes first must not matter. */
static bool is_collected(const struct plan *update) {
  const struct plan *input = update->input;
  bool is_plain = update->multi && !update->points && !update->conflict && !update->yields &&
                  !update->yields_before && !update->is_apart && !update->upsert;
  return is_plain && input->kind == PLAN_FILTER && reads_everything(input) && update->collection &&
         !update->collection->evolution;
}

/* SORT of which first rows are wanted, MongoDB's distinct. */
static bool is_shared_by_parts(const struct plan *plan) {
  bool is_top =
      plan->kind == PLAN_SORT && plan->physical && plan->physical->top_limit && !plan->limit;
  bool is_distinct = plan->kind == PLAN_DISTINCT && plan->unwind;
  return (is_top || is_distinct) && !has_select_in(plan) && reads_everything(plan->input);
}

/* What passes a condition of all documents: in the order of their keys, whoever finds it. */
static bool is_sifted(const struct plan *plan) {
  const struct plan *node = plan;
  while (node->kind == PLAN_PROJECT) node = node->input;
  return node->kind == PLAN_FILTER && reads_everything(plan);
}

status opt__unordered(struct opt *opt, struct plan **node, struct err *err) {
  struct plan *plan = *node;
  struct plan_physical *physical = NULL;
  if (opt->is_unsteady) return LUMA_OK; /* chance and sequences belong to the run's thread */
  if (plan->kind == PLAN_UPDATE && is_collected(plan)) {
    TRY(opt__physical(opt, plan->input, &physical, err));
    physical->collected = true;
  }
  if (opt->only_reads && is_sifted(plan)) {
    TRY(opt__physical(opt, plan, &physical, err));
    physical->in_pieces = true;
  }
  if (is_shared_by_parts(plan)) {
    TRY(opt__physical(opt, plan, &physical, err));
    physical->by_workers = true;
  }
  if (plan->kind != PLAN_AGGREGATE || !reads_everything(plan->input)) return LUMA_OK;
  if (plan->physical && plan->physical->count_only) return LUMA_OK;
  for (uint32_t i = plan->keys_count; i < plan->exprs_count; i++)
    if (is_orderly(plan->exprs[i])) return LUMA_OK;
  TRY(opt__physical(opt, plan->input, &physical, err));
  physical->unordered = true;
  if (!can_be_joined(plan)) return LUMA_OK;
  TRY(opt__physical(opt, plan, &physical, err));
  physical->by_workers = true;
  return LUMA_OK;
}
