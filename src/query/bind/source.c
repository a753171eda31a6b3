/* SPDX-License-Identifier: MIT */
/* What a SELECT reads from: collections, seen through the policy, names of WITH, VALUES. */
#include "model/catalog/catalog.h"
#include "query/bind/bind_int.h"
#include "query/bind/information.h"

status bind__find_collection(struct binder *binder, struct plan *node, struct err *err) {
  bind__look_up(binder, node);
  if (node->collection || node->missing_is_empty || node->if_exists) return LUMA_OK;
  status failed = LUMA_OK;
  if (binder->catalog)
    failed = catalog_fail_unknown(binder->catalog, node->collection_name, err);
  else
    failed = err_raise(err, LUMA_UNKNOWN_COLLECTION, __FILE__, __LINE__,
                       "there is no collection `%.*s`", SLICE_ARG(node->collection_name));
  return bind__fail(binder, node->offset, failed, err);
}

/** One column that holds documents. */
status bind__document_column(struct binder *binder, struct plan *node, struct slice source,
                             struct err *err) {
  TRY(bind__room(binder, 1, sizeof *node->columns, &node->columns, err));
  node->columns_count = 1;
  node->columns[0] = (struct plan_column){.name = source,
                                          .source = source,
                                          .collection = node->collection,
                                          .is_document = true,
                                          .is_spread = true,
                                          .type = VAL_MAP};
  return LUMA_OK;
}

/** Puts `below` under a copy of the node, so that `*node` becomes the upper one. */
status bind__put_above(struct binder *binder, struct plan **node, enum plan_kind kind,
                       struct err *err) {
  struct plan *upper = plan_node(binder->arena, kind, *node, (*node)->offset);
  TRY(bind__memory(binder, upper, err));
  bind__pass_columns(upper);
  *node = upper;
  return LUMA_OK;
}

/** The policy's predicate and mask stand right above the scan, below everything the statement says.
 */
static status apply_policy(struct binder *binder, struct plan **node, enum query_access access,
                           struct err *err) {
  struct expr *predicate = NULL;
  struct shape *mask = NULL;
  const struct collection *collection = (*node)->collection;
  if (!binder->policy || !collection) return LUMA_OK;
  TRY(binder->policy->check(binder->policy->context, collection, access, binder->arena, &predicate,
                            &mask, err));
  if (predicate) {
    struct scope scope = bind__scope(*node);
    TRY(bind__put_above(binder, node, PLAN_FILTER, err));
    TRY(bind__condition(binder, &scope, predicate, &(*node)->condition, err));
  }
  if (!mask || access != QUERY_READ) return LUMA_OK;
  struct plan_column column = (*node)->columns[0];
  struct expr *shape = NULL, *row = NULL, unbound = {.kind = EXPR_SHAPE, .shape = mask};
  struct scope scope = bind__scope(*node);
  TRY(bind__row(binder, &scope, (*node)->offset, &row, err));
  unbound.args = &row;
  unbound.args_count = 1;
  TRY(bind__expr(binder, &scope, &unbound, &shape, err));
  TRY(bind__put_above(binder, node, PLAN_PROJECT, err));
  TRY(bind__room(binder, 1, sizeof *(*node)->exprs, &(*node)->exprs, err));
  TRY(bind__room(binder, 1, sizeof column, &(*node)->columns, err));
  (*node)->exprs[0] = shape;
  (*node)->exprs_count = 1;
  (*node)->columns[0] = column;
  return LUMA_OK;
}

/** A SCAN that turned out to read a name of WITH. */
static status bind_cte_scan(struct binder *binder, struct plan **node, struct err *err) {
  struct plan *scan = *node;
  const struct plan_cte *cte = scan->cte;
  struct slice alias = scan->alias.bytes ? scan->alias : scan->collection_name;
  TRY(bind__room(binder, cte->columns_count, sizeof *scan->columns, &scan->columns, err));
  for (uint32_t i = 0; i < cte->columns_count; i++) {
    scan->columns[i] = cte->columns[i];
    scan->columns[i].source = alias;
    if (scan->columns[i].is_document) scan->columns[i].name = alias;
  }
  scan->columns_count = cte->columns_count;
  scan->collection_name = slice_of(NULL, 0);
  return LUMA_OK;
}

status bind__scan(struct binder *binder, struct plan **node, enum query_access access,
                  struct err *err) {
  struct plan *scan = *node;
  if (scan->exprs_count) return bind__path_source(binder, node, err);
  if (access == QUERY_READ && bind__cte(binder, scan)) return bind_cte_scan(binder, node, err);
  bool is_variable = false;
  if (access == QUERY_READ) TRY(bind__variable_source(binder, node, &is_variable, err));
  if (is_variable) return LUMA_OK;
  if (access == QUERY_READ && information_is_scanned(binder, scan))
    return information_bind_catalog(binder, node, scan->collection_name, err);
  TRY(bind__find_collection(binder, scan, err));
  TRY(bind__refuse_cycle(binder, scan, err));
  if (scan->collection && scan->collection->view.bytes) {
    if (access != QUERY_READ) return bind__refuse_view(binder, scan, err);
    return bind__view(binder, node, err);
  }
  struct slice alias = scan->alias.bytes ? scan->alias : scan->collection_name;
  TRY(bind__document_column(binder, scan, alias, err));
  return apply_policy(binder, node, access, err);
}

status bind__values(struct binder *binder, struct plan *node, struct err *err) {
  const struct scope nothing = {0};
  uint32_t columns = node->rows_count ? node->exprs_count / node->rows_count : 0;
  struct expr **exprs = node->exprs;
  TRY(bind__room(binder, node->exprs_count, sizeof *node->exprs, &node->exprs, err));
  for (uint32_t i = 0; i < node->exprs_count; i++)
    TRY(bind__expr(binder, &nothing, exprs[i], &node->exprs[i], err));
  TRY(bind__room(binder, columns, sizeof *node->columns, &node->columns, err));
  for (uint32_t i = 0; i < columns; i++) {
    struct plan_column *column = &node->columns[i];
    if (node->names)
      column->name = node->names[i];
    else if (binder->language == PLAN_LQL)
      TRY(bind__print_name(binder, slice_of_text("column"), "", i + 1, &column->name, err));
    if (!node->alias.bytes || columns != 1) continue;
    *column = (struct plan_column){
        .name = node->alias, .source = node->alias, .is_document = true, .is_spread = true};
  }
  node->columns_count = columns;
  return LUMA_OK;
}
