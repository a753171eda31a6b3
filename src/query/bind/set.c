/* SPDX-License-Identifier: MIT */
/* UNION and its kin, and the names of WITH. */
#include "query/bind/bind_int.h"

/* ---- set operations ---- */

static status fail_widths(struct binder *binder, const struct plan *set, struct err *err) {
  static const char *const names[] = {
      [PLAN_UNION] = "UNION", [PLAN_INTERSECT] = "INTERSECT", [PLAN_EXCEPT] = "EXCEPT"};
  status failed = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                            "the SELECTs of %s have %u and %u columns", names[set->set_op],
                            set->input->columns_count, set->right->columns_count);
  return bind__fail(binder, set->offset, failed, err);
}

/** The columns of a set operation: the left side's names. */
static status set_columns(struct binder *binder, struct plan *set, struct err *err) {
  const struct plan *left = set->input, *right = set->right;
  if (left->columns_count != right->columns_count) return fail_widths(binder, set, err);
  TRY(bind__room(binder, left->columns_count, sizeof *set->columns, &set->columns, err));
  for (uint32_t i = 0; i < left->columns_count; i++) {
    const struct plan_column *a = &left->columns[i], *b = &right->columns[i];
    bool documents = a->is_document && b->is_document;
    bool same = documents && a->collection == b->collection;
    set->columns[i] = (struct plan_column){.name = a->name,
                                           .collection = same ? a->collection : NULL,
                                           .is_document = documents,
                                           .is_spread = a->is_spread && b->is_spread,
                                           .type = a->type == b->type ? a->type : VAL_MISSING};
  }
  set->columns_count = left->columns_count;
  return LUMA_OK;
}

/* ---- CORRESPONDING ---- */

/** The number of the column, or the count of them. */
static uint32_t column_of(const struct plan *plan, struct slice name) {
  uint32_t at = 0;
  while (at < plan->columns_count && !slice_is_equal_nocase(plan->columns[at].name, name)) at++;
  return at;
}

static status fail_corresponding(struct binder *binder, const struct plan *set, const char *what,
                                 struct slice name, struct err *err) {
  status failed = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "CORRESPONDING: %s%.*s",
                            what, SLICE_ARG(name));
  err_hint(err, "both SELECTs name their columns: SELECT x.a AS a, …");
  return bind__fail(binder, set->offset, failed, err);
}

/** Whole documents have no columns that the statement knows. */
static status check_named(struct binder *binder, const struct plan *set, const struct plan *side,
                          struct err *err) {
  for (uint32_t i = 0; i < side->columns_count; i++)
    if (side->columns[i].is_spread)
      return fail_corresponding(binder, set, "`*` of documents has any columns", slice_of(NULL, 0),
                                err);
  return LUMA_OK;
}

/** The names that both sides have, in the order of the left. */
static status common_names(struct binder *binder, struct plan *set, struct err *err) {
  const struct plan *left = set->input, *right = set->right;
  TRY(bind__room(binder, left->columns_count, sizeof *set->using_names, &set->using_names, err));
  for (uint32_t i = 0; i < left->columns_count; i++)
    if (column_of(right, left->columns[i].name) < right->columns_count)
      set->using_names[set->using_count++] = left->columns[i].name;
  if (set->using_count) return LUMA_OK;
  return fail_corresponding(binder, set, "the SELECTs have no column in common", slice_of(NULL, 0),
                            err);
}

/** A PROJECT of the columns of those names, in their order. */
static status pick_columns(struct binder *binder, const struct plan *set, struct plan **side,
                           struct err *err) {
  TRY(bind__pass_on(binder, side, err));
  struct plan *all = *side;
  struct expr **exprs = NULL;
  struct plan_column *columns = NULL;
  TRY(bind__room(binder, set->using_count, sizeof *exprs, &exprs, err));
  TRY(bind__room(binder, set->using_count, sizeof *columns, &columns, err));
  for (uint32_t i = 0; i < set->using_count; i++) {
    uint32_t at = column_of(all, set->using_names[i]);
    if (at == all->columns_count)
      return fail_corresponding(binder, set, "not both SELECTs have a column ", set->using_names[i],
                                err);
    exprs[i] = all->exprs[at];
    columns[i] = all->columns[at];
  }
  all->exprs = exprs;
  all->columns = columns;
  all->exprs_count = all->columns_count = set->using_count;
  return LUMA_OK;
}

static status make_correspond(struct binder *binder, struct plan *set, struct err *err) {
  TRY(check_named(binder, set, set->input, err));
  TRY(check_named(binder, set, set->right, err));
  if (!set->using_count) TRY(common_names(binder, set, err));
  TRY(pick_columns(binder, set, &set->input, err));
  return pick_columns(binder, set, &set->right, err);
}

status bind__set(struct binder *binder, struct plan *node, struct err *err) {
  TRY(bind__plan(binder, &node->input, err));
  TRY(bind__strip_hidden(binder, &node->input, err));
  TRY(bind__plan(binder, &node->right, err));
  TRY(bind__strip_hidden(binder, &node->right, err));
  if (node->is_corresponding) TRY(make_correspond(binder, node, err));
  return set_columns(binder, node, err);
}

/* ---- WITH ---- */

/** The columns of a CTE under the names it was given. */
static status name_columns(struct binder *binder, struct plan_cte *cte, const struct plan *plan,
                           struct err *err) {
  if (cte->names_count > plan->columns_count) {
    status failed =
        err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "`%.*s` names %u columns of %u",
                  SLICE_ARG(cte->name), cte->names_count, plan->columns_count);
    return bind__fail(binder, cte->offset, failed, err);
  }
  TRY(bind__room(binder, plan->columns_count, sizeof *cte->columns, &cte->columns, err));
  for (uint32_t i = 0; i < plan->columns_count; i++) {
    cte->columns[i] = plan->columns[i];
    cte->columns[i].is_qualified = false;
    if (i < cte->names_count) cte->columns[i].name = cte->names[i];
  }
  cte->columns_count = plan->columns_count;
  return LUMA_OK;
}

/** WITH RECURSIVE: the start is bound first and gives the columns that the step reads. */
static status bind_recursive(struct binder *binder, struct plan_cte *cte, struct with_scope *scope,
                             struct err *err) {
  struct plan *set = cte->plan;
  TRY(bind__plan(binder, &set->input, err));
  TRY(bind__strip_hidden(binder, &set->input, err));
  TRY(name_columns(binder, cte, set->input, err));
  for (uint32_t i = 0; i < cte->columns_count; i++) cte->columns[i].origin = NULL;
  scope->count++;
  uint32_t reads = cte->reads;
  TRY(bind__plan(binder, &set->right, err));
  TRY(bind__strip_hidden(binder, &set->right, err));
  cte->reads_itself = cte->reads > reads;
  for (uint32_t i = 0; i < cte->columns_count; i++) cte->columns[i].type = VAL_MISSING;
  return set_columns(binder, set, err);
}

static status bind_cte(struct binder *binder, struct plan_cte *cte, struct with_scope *scope,
                       struct err *err) {
  bool may_recur =
      cte->recursive && cte->plan->kind == PLAN_SET_OPERATION && cte->plan->set_op == PLAN_UNION;
  if (may_recur) return bind_recursive(binder, cte, scope, err);
  TRY(bind__plan(binder, &cte->plan, err));
  TRY(bind__strip_hidden(binder, &cte->plan, err));
  scope->count++;
  return name_columns(binder, cte, cte->plan, err);
}

status bind__with(struct binder *binder, struct plan *node, struct err *err) {
  struct with_scope scope = {.parent = binder->withs, .frame = binder->frame, .ctes = node->ctes};
  status done = LUMA_OK;
  binder->withs = &scope;
  for (uint32_t i = 0; i < node->ctes_count && done == LUMA_OK; i++)
    done = bind_cte(binder, node->ctes[i], &scope, err);
  if (done == LUMA_OK) done = bind__plan(binder, &node->input, err);
  binder->withs = scope.parent;
  if (done == LUMA_OK) bind__pass_columns(node);
  return done;
}

bool bind__has_cte(const struct binder *binder, struct slice name) {
  for (const struct with_scope *at = binder->withs; at; at = at->parent)
    for (uint32_t i = 0; i < at->count; i++)
      if (slice_is_equal_nocase(at->ctes[i]->name, name)) return true;
  return false;
}

/** SELECTs between the WITH and the place in hand read rows that change where the WITH itself is
 * run anew, or goes by rounds. */
static void note_unsteady(struct binder *binder, const struct with_scope *with,
                          const struct plan_cte *cte) {
  if (!with->frame && !cte->recursive) return;
  for (struct frame *at = binder->frame; at && at != with->frame; at = at->parent)
    at->is_unsteady = true;
}

bool bind__cte(struct binder *binder, struct plan *scan) {
  for (const struct with_scope *at = binder->withs; at; at = at->parent) {
    for (uint32_t i = 0; i < at->count; i++) {
      if (!slice_is_equal_nocase(at->ctes[i]->name, scan->collection_name)) continue;
      scan->kind = PLAN_CTE;
      scan->cte = at->ctes[i];
      scan->cte->reads++;
      note_unsteady(binder, at, scan->cte);
      return true;
    }
  }
  return false;
}
