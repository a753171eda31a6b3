/* SPDX-License-Identifier: MIT */
/* Binding plans, node by node from the leaves. */
#include "query/bind/bind.h"

#include "model/catalog/catalog.h"
#include "query/bind/bind_int.h"
#include "query/bind/information.h"
#include "query/func/func.h"
#include "query/plan/stage.h"

struct scope bind__scope(const struct plan *input) {
  struct scope scope = {0};
  if (!input) return scope;
  scope.columns = input->columns;
  scope.count = input->columns_count;
  if (input->kind == PLAN_WINDOW) {
    input = input->input;
    scope.columns = input->columns;
    scope.count = input->columns_count;
  }
  while (input->kind == PLAN_FILTER) input = input->input;
  if (input->kind == PLAN_AGGREGATE) {
    union {
      const struct plan *seen;
      struct plan *changed;
    } node = {.seen = input}; /* its aggregates are added while names above it are resolved */
    scope.aggregate = node.changed;
    scope.columns = input->columns;
    scope.count = input->columns_count;
  }
  return scope;
}

void bind__pass_columns(struct plan *node) {
  node->columns = node->input->columns;
  node->columns_count = node->input->columns_count;
}

/* ---- sources ---- */

status bind__find_collection(struct binder *binder, struct plan *node, struct err *err) {
  node->collection = binder->catalog ? catalog_find(binder->catalog, node->collection_name) : NULL;
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
static status make_document_column(struct binder *binder, struct plan *node, struct slice source,
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
  if (scan->collection && scan->collection->view.bytes) {
    if (access != QUERY_READ) return bind__refuse_view(binder, scan, err);
    return bind__view(binder, node, err);
  }
  struct slice alias = scan->alias.bytes ? scan->alias : scan->collection_name;
  TRY(make_document_column(binder, scan, alias, err));
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

/* ---- upper nodes ---- */

static status bind_filter(struct binder *binder, struct plan *node, struct err *err) {
  if (binder->language != PLAN_JQL && !bind__aggregate_below(node->input))
    TRY(bind__refuse_aggregates(binder, node, err));
  TRY(bind__plan(binder, &node->input, err));
  struct scope scope = bind__scope(node->input);
  if (binder->language == PLAN_JQL) scope.aggregate = NULL;
  TRY(bind__condition(binder, &scope, node->condition, &node->condition, err));
  bind__pass_columns(node);
  return LUMA_OK;
}

static status bind_limit(struct binder *binder, struct plan *node, struct err *err) {
  TRY(bind__plan(binder, &node->input, err));
  TRY(bind__bounds(binder, node, err));
  bind__pass_columns(node);
  return LUMA_OK;
}

static status bind_distinct(struct binder *binder, struct plan *node, struct err *err) {
  TRY(bind__plan(binder, &node->input, err));
  bind__pass_columns(node);
  if (node->on_count) return bind__distinct_on(binder, node, err);
  if (!node->unwind) return LUMA_OK;
  struct scope scope = bind__scope(node->input);
  struct expr *bound = NULL;
  TRY(bind__expr(binder, &scope, node->exprs[0], &bound, err));
  TRY(bind__room(binder, 1, sizeof *node->exprs, &node->exprs, err));
  TRY(bind__room(binder, 1, sizeof *node->columns, &node->columns, err));
  node->exprs[0] = bound;
  node->columns[0].name = bound->name;
  node->columns_count = 1;
  return LUMA_OK;
}

/** A pipeline's groups are documents to the stages above. */
static status bind_pipeline_group(struct binder *binder, struct plan **node, struct err *err) {
  TRY(bind__aggregate(binder, *node, err));
  struct scope scope = {.columns = (*node)->columns, .count = (*node)->columns_count};
  struct expr *row = NULL;
  TRY(bind__row(binder, &scope, (*node)->offset, &row, err));
  TRY(bind__put_above(binder, node, PLAN_PROJECT, err));
  TRY(bind__room(binder, 1, sizeof *(*node)->exprs, &(*node)->exprs, err));
  TRY(bind__room(binder, 1, sizeof *(*node)->columns, &(*node)->columns, err));
  (*node)->exprs[0] = row;
  (*node)->exprs_count = (*node)->columns_count = 1;
  (*node)->columns[0] = (struct plan_column){
      .name = slice_of_text("group"), .is_document = true, .is_spread = true, .type = VAL_MAP};
  return LUMA_OK;
}

/* ---- changes ---- */

status bind__check_write(struct binder *binder, const struct plan *node, enum query_access access,
                         struct err *err) {
  struct expr *predicate = NULL;
  struct shape *mask = NULL;
  if (!binder->policy || !node->collection) return LUMA_OK;
  return binder->policy->check(binder->policy->context, node->collection, access, binder->arena,
                               &predicate, &mask, err);
}

status bind__yield(struct binder *binder, struct plan *node, struct err *err) {
  struct slice alias = node->alias.bytes ? node->alias : node->collection_name;
  return node->yields ? make_document_column(binder, node, alias, err) : LUMA_OK;
}

/** The source of an UPDATE or DELETE: its scan asks the policy for that access. */
static status bind_changed(struct binder *binder, struct plan **node, enum query_access access,
                           struct err *err) {
  struct plan *at = *node;
  if (at->kind == PLAN_SCAN) return bind__scan(binder, node, access, err);
  if (at->kind == PLAN_JOIN) return bind__changed_join(binder, node, access, err);
  if (at->kind != PLAN_FILTER && at->kind != PLAN_SORT && at->kind != PLAN_LIMIT)
    return bind__plan(binder, node, err);
  TRY(bind_changed(binder, &at->input, access, err));
  struct scope scope = bind__scope(at->input), nothing = {0};
  if (at->condition) TRY(bind__condition(binder, &scope, at->condition, &at->condition, err));
  struct plan_sort_key *keys =
      at->sort_count ? arena_copy(binder->arena, at->sort, at->sort_count * sizeof *keys)
                     : at->sort;
  if (at->sort_count) TRY(bind__memory(binder, keys, err));
  for (uint32_t i = 0; i < at->sort_count; i++)
    TRY(bind__expr(binder, &scope, at->sort[i].expr, &keys[i].expr, err));
  at->sort = keys;
  if (at->limit) TRY(bind__expr(binder, &nothing, at->limit, &at->limit, err));
  if (at->skip) TRY(bind__expr(binder, &nothing, at->skip, &at->skip, err));
  bind__pass_columns(at);
  return LUMA_OK;
}

status bind__update_items(struct binder *binder, const struct scope *scope, uint32_t target,
                          struct plan_update_item **updates, uint32_t count, struct err *err) {
  const struct scope nothing = {0};
  struct plan_update_item *items = NULL;
  TRY(bind__room(binder, count, sizeof *items, &items, err));
  for (uint32_t i = 0; i < count; i++) {
    items[i] = (*updates)[i];
    if (items[i].value) TRY(bind__expr(binder, scope, items[i].value, &items[i].value, err));
    if (items[i].match) TRY(bind__match(binder, &nothing, items[i].match, &items[i].match, err));
    /* UPDATE users SET users.age = … names the source as the conditions do. */
    struct path *path = &items[i].path;
    bool qualified = binder->language != PLAN_JQL && path->count > 1 && path->steps[0].is_name &&
                     slice_is_equal(path->steps[0].name, scope->columns[target].source);
    if (qualified) *path = (struct path){.count = path->count - 1, .steps = path->steps + 1};
    /* What is set is checked with the being, and all its faults told; what is unset is no more. */
    if (items[i].op == PLAN_UNSET)
      TRY(bind__check_path(binder, scope->columns[target].collection, path, items[i].offset, err));
  }
  *updates = items;
  return LUMA_OK;
}

/** What positional operators ask: predicates on documents and elements by themselves. */
static status bind_positional(struct binder *binder, struct plan *node, struct err *err) {
  const struct scope nothing = {0};
  struct plan_array_filter *filters = NULL;
  if (node->filter_match)
    TRY(bind__match(binder, &nothing, node->filter_match, &node->filter_match, err));
  if (!node->array_filters_count) return LUMA_OK;
  TRY(bind__room(binder, node->array_filters_count, sizeof *filters, &filters, err));
  for (uint32_t i = 0; i < node->array_filters_count; i++) {
    filters[i] = node->array_filters[i];
    TRY(bind__match(binder, &nothing, filters[i].match, &filters[i].match, err));
  }
  node->array_filters = filters;
  return LUMA_OK;
}

static status bind_change(struct binder *binder, struct plan *node, struct err *err) {
  bool is_update = node->kind == PLAN_UPDATE;
  TRY(bind_changed(binder, &node->input, is_update ? QUERY_UPDATE : QUERY_DELETE, err));
  node->collection = binder->catalog ? catalog_find(binder->catalog, node->collection_name) : NULL;
  struct scope scope = bind__scope(node->input);
  if (node->replacement)
    TRY(bind__expr(binder, &scope, node->replacement, &node->replacement, err));
  if (node->upsert_match) {
    const struct scope nothing = {0};
    TRY(bind__match(binder, &nothing, node->upsert_match, &node->upsert_match, err));
  }
  TRY(bind__yield(binder, node, err));
  if (!is_update) return LUMA_OK;
  TRY(bind_positional(binder, node, err));
  return bind__update_items(binder, &scope, 0, &node->updates, node->updates_count, err);
}

/* ---- catalog, EXPLAIN ---- */

/** A column of what SHOW and EXPLAIN tell. */
struct told {
  const char *name;
  uint8_t type;
};

static status make_told_columns(struct binder *binder, struct plan *node, const struct told *told,
                                uint32_t count, struct err *err) {
  TRY(bind__room(binder, count, sizeof *node->columns, &node->columns, err));
  for (uint32_t i = 0; i < count; i++)
    node->columns[i] =
        (struct plan_column){.name = slice_of_text(told[i].name), .type = told[i].type};
  node->columns_count = count;
  return LUMA_OK;
}

static status bind_show(struct binder *binder, struct plan *node, struct err *err) {
  static const struct told collections[] = {
      {"name", VAL_TEXT}, {"documents", VAL_INT64}, {"indexes", VAL_INT64}};
  static const struct told indexes[] = {
      {"collection", VAL_TEXT},     {"name", VAL_TEXT},     {"keys", VAL_TEXT},
      {"unique", VAL_BOOL},         {"multikey", VAL_BOOL}, {"sparse", VAL_BOOL},
      {"nulls_distinct", VAL_BOOL}, {"state", VAL_TEXT},    {"condition", VAL_TEXT}};
  if (node->kind == PLAN_SHOW_COLLECTIONS)
    return make_told_columns(binder, node, collections, 3, err);
  if (node->collection_name.bytes) TRY(bind__find_collection(binder, node, err));
  return make_told_columns(binder, node, indexes, 9, err);
}

/** What is told are documents. A collection that is told about must be there; a soul may be named
 * by its id or hash as well. */
static status bind_told(struct binder *binder, struct plan *node, struct err *err) {
  enum plan_about about = node->soul->about;
  if (about == PLAN_ABOUT_COLLECTION || about == PLAN_ABOUT_STORAGE ||
      about == PLAN_ABOUT_EVOLUTION || about == PLAN_ABOUT_SUGGESTION)
    TRY(bind__find_collection(binder, node, err));
  TRY(make_document_column(binder, node, slice_of_text("soul"), err));
  node->columns[0].collection = NULL;
  return bind__check_write(binder, node, about == PLAN_ABOUT_EVOLUTION ? QUERY_SCHEMA : QUERY_READ,
                           err);
}

/** A collection that is not there is told of as the operator sees fit. */
static status bind_told_catalog(struct binder *binder, struct plan *node, struct err *err) {
  if (node->collection_name.bytes) {
    node->missing_is_empty = true;
    TRY(bind__find_collection(binder, node, err));
  }
  TRY(make_document_column(binder, node, slice_of_text("catalog"), err));
  node->columns[0].collection = NULL;
  return node->collection ? bind__check_write(binder, node, QUERY_READ, err) : LUMA_OK;
}

static status bind_explain(struct binder *binder, struct plan *node, struct err *err) {
  static const struct told names[] = {{"plan", VAL_TEXT}};
  TRY(bind__plan(binder, &node->input, err));
  return make_told_columns(binder, node, names, 1, err);
}

/* What an index computes must depend on the document alone. */
static bool depends_on_document(const struct expr *expr) {
  bool is_fixed = expr->kind != EXPR_PARAM && expr->kind != EXPR_SUBQUERY &&
                  expr->kind != EXPR_AGGREGATE && expr->kind != EXPR_WINDOW &&
                  (expr->kind != EXPR_CALL || expr->function->volatility == FUNC_IMMUTABLE);
  for (uint32_t i = 0; is_fixed && i < expr->args_count; i++)
    is_fixed = depends_on_document(expr->args[i]);
  return is_fixed;
}

static status check_fixed(struct binder *binder, const struct expr *expr, const char *what,
                          struct err *err) {
  if (depends_on_document(expr)) return LUMA_OK;
  status failed = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                            "the %s of an index reads the document alone", what);
  if (err) err_hint(err, "no parameters, SELECTs or functions that change by themselves");
  return bind__fail(binder, expr->offset, failed, err);
}

static bool is_computed(const struct plan *node) {
  for (uint32_t i = 0; i < node->index_keys_count; i++)
    if (node->index_keys[i].expression) return true;
  return node->condition != NULL;
}

/* The expressions of an index; they are kept as text. */
static status bind_index(struct binder *binder, struct plan *node, struct err *err) {
  if (!is_computed(node)) return LUMA_OK;
  struct plan *scan = plan_node(binder->arena, PLAN_SCAN, NULL, node->offset);
  TRY(bind__memory(binder, scan, err));
  scan->collection_name = scan->alias = node->collection_name;
  TRY(bind__scan(binder, &scan, QUERY_READ, err));
  struct scope scope = bind__scope(scan);
  if (node->condition) {
    TRY(bind__condition(binder, &scope, node->condition, &node->condition, err));
    TRY(check_fixed(binder, node->condition, "WHERE", err));
  }
  for (uint32_t i = 0; i < node->index_keys_count; i++) {
    struct plan_index_key *key = &node->index_keys[i];
    struct expr *bound = NULL;
    if (!key->expression) continue;
    TRY(bind__expr(binder, &scope, key->expression, &bound, err));
    TRY(check_fixed(binder, bound, "expression", err));
    bool is_path = bound->kind == EXPR_FIELD && bound->path.count;
    if (is_path) *key = (struct plan_index_key){.path = bound->path, .descending = key->descending};
    if (!is_path) key->expression = bound;
  }
  return LUMA_OK;
}

static status bind_schema(struct binder *binder, struct plan *node, struct err *err) {
  bool needs = node->kind == PLAN_CREATE_INDEX || node->kind == PLAN_RENAME_COLLECTION ||
               node->kind == PLAN_DROP_COLLECTION || node->kind == PLAN_EVOLVE_SOUL ||
               node->kind == PLAN_CHANGE_COLLECTION;
  bool may = node->kind == PLAN_DROP_INDEX || node->kind == PLAN_REINDEX;
  if (needs || (may && node->collection_name.bytes)) TRY(bind__find_collection(binder, node, err));
  if (node->kind == PLAN_CREATE_INDEX) TRY(bind_index(binder, node, err));
  return bind__check_write(binder, node, QUERY_SCHEMA, err);
}

/** The SELECT is bound to see that it can be, and not kept: each use binds it anew. */
static status bind_create_view(struct binder *binder, struct plan *node, struct err *err) {
  TRY(bind__plan(binder, &node->input, err));
  node->input = NULL;
  return bind__check_write(binder, node, QUERY_SCHEMA, err);
}

/** A node of a SELECT without a source stands on one empty row. */
static status give_input(struct binder *binder, struct plan *node, struct err *err) {
  bool needs = node->kind >= PLAN_FILTER && node->kind <= PLAN_AGGREGATE;
  if (!needs || node->input) return LUMA_OK;
  node->input = plan_node(binder->arena, PLAN_VALUES, NULL, node->offset);
  TRY(bind__memory(binder, node->input, err));
  node->input->rows_count = 1;
  return LUMA_OK;
}

/** An output's aggregate keeps its constants; what it takes is the stage's to compute. */
static status bind_window(struct binder *binder, struct stage_window *window, struct err *err) {
  const struct scope nothing = {0};
  if (!window->aggregate) return LUMA_OK;
  struct expr *aggregate = arena_copy(binder->arena, window->aggregate, sizeof *aggregate);
  TRY(bind__memory(binder, aggregate, err));
  TRY(bind__room(binder, aggregate->args_count, sizeof *aggregate->args, &aggregate->args, err));
  for (uint32_t i = 1; i < aggregate->args_count; i++)
    TRY(bind__expr(binder, &nothing, window->aggregate->args[i], &aggregate->args[i], err));
  window->aggregate = aggregate;
  return LUMA_OK;
}

static status make_stage_columns(struct binder *binder, struct plan *node, uint32_t count,
                                 struct err *err) {
  TRY(bind__room(binder, count, sizeof *node->columns, &node->columns, err));
  for (uint32_t i = 1; i < count; i++)
    node->columns[i] = (struct plan_column){.name = slice_of_text("output")};
  node->columns[0] = (struct plan_column){
      .name = slice_of_text("document"), .is_document = true, .is_spread = true, .type = VAL_MAP};
  node->columns_count = count;
  return LUMA_OK;
}

/** Documents in, documents out, computed values beside them. */
static status bind_stage(struct binder *binder, struct plan *node, struct err *err) {
  struct plan_stage *stage = arena_copy(binder->arena, node->stage, sizeof *stage);
  TRY(bind__memory(binder, stage, err));
  node->stage = stage;
  if (node->input) TRY(bind__plan(binder, &node->input, err));
  if (node->right) TRY(bind__plan(binder, &node->right, err));
  if (stage->kind == STAGE_BRANCH) return make_stage_columns(binder, node, 1, err);
  struct scope scope = bind__scope(node->input);
  struct expr **exprs = node->exprs;
  scope.aggregate = NULL;
  TRY(bind__room(binder, node->exprs_count, sizeof *node->exprs, &node->exprs, err));
  for (uint32_t i = 0; i < node->exprs_count; i++)
    TRY(bind__expr(binder, &scope, exprs[i], &node->exprs[i], err));
  struct stage_window *windows = stage->windows;
  TRY(bind__room(binder, stage->windows_count, sizeof *windows, &stage->windows, err));
  for (uint32_t i = 0; i < stage->windows_count; i++) {
    stage->windows[i] = windows[i];
    TRY(bind_window(binder, &stage->windows[i], err));
  }
  bool adds_one =
      stage->kind == STAGE_LOOKUP || stage->kind == STAGE_GRAPH || stage->kind == STAGE_BUCKETS;
  TRY(make_stage_columns(binder, node, (adds_one ? 1 : stage->windows_count) + 1, err));
  if (stage->kind == STAGE_BUCKETS) { /* accumulators see the document alone */
    node->columns[1].name = slice_of(NULL, 0);
    node->columns[1].is_hidden = true;
  }
  return LUMA_OK;
}

status bind__plan(struct binder *binder, struct plan **node, struct err *err) {
  TRY(give_input(binder, *node, err));
  switch ((*node)->kind) {
  case PLAN_SCAN: return bind__scan(binder, node, QUERY_READ, err);
  case PLAN_VALUES: return bind__values(binder, *node, err);
  case PLAN_FILTER: return bind_filter(binder, *node, err);
  case PLAN_PROJECT: return bind__project(binder, *node, err);
  case PLAN_SORT: return bind__sort(binder, *node, err);
  case PLAN_LIMIT: return bind_limit(binder, *node, err);
  case PLAN_DISTINCT: return bind_distinct(binder, *node, err);
  case PLAN_AGGREGATE:
    if (binder->language == PLAN_JQL && !binder->is_count)
      return bind_pipeline_group(binder, node, err);
    return bind__aggregate(binder, *node, err);
  case PLAN_JOIN: return bind__join(binder, node, err);
  case PLAN_DERIVED: return bind__derived(binder, node, err);
  case PLAN_UNNEST: return bind__numbered_source(binder, node, err);
  case PLAN_SET_OPERATION: return bind__set(binder, *node, err);
  case PLAN_WITH: return bind__with(binder, *node, err);
  case PLAN_WINDOW:
  case PLAN_STAGE: return bind_stage(binder, *node, err);
  case PLAN_CTE: break; /* made by the binder alone */
  case PLAN_INSERT: return bind__insert(binder, *node, err);
  case PLAN_MERGE: return bind__merge(binder, *node, err);
  case PLAN_UPDATE:
  case PLAN_DELETE: return bind_change(binder, *node, err);
  case PLAN_SEQUENCE:
    TRY(bind__plan(binder, &(*node)->input, err));
    return (*node)->right ? bind__plan(binder, &(*node)->right, err) : LUMA_OK;
  case PLAN_SHOW_COLLECTIONS:
  case PLAN_SHOW_INDEXES: return bind_show(binder, *node, err);
  case PLAN_TELL_CATALOG: return bind_told_catalog(binder, *node, err);
  case PLAN_TELL_SOUL: return bind_told(binder, *node, err);
  case PLAN_EXPLAIN: return bind_explain(binder, *node, err);
  case PLAN_CREATE_COLLECTION:
  case PLAN_DROP_COLLECTION:
  case PLAN_RENAME_COLLECTION:
  case PLAN_CREATE_INDEX:
  case PLAN_CHANGE_COLLECTION:
  case PLAN_CREATE_SOUL:
  case PLAN_EVOLVE_SOUL:
  case PLAN_DROP_INDEX:
  case PLAN_REINDEX: return bind_schema(binder, *node, err);
  case PLAN_CREATE_VIEW: return bind_create_view(binder, *node, err);
  case PLAN_CREATE_SEQUENCE:
  case PLAN_ALTER_SEQUENCE:
  case PLAN_DROP_SEQUENCE:
  case PLAN_DROP_VIEW:
    (*node)->collection = NULL;
    return bind__check_write(binder, *node, QUERY_SCHEMA, err);
  case PLAN_BEGIN:
  case PLAN_COMMIT:
  case PLAN_ROLLBACK:
  case PLAN_SAVEPOINT:
  case PLAN_ROLLBACK_TO:
  case PLAN_RELEASE:
  case PLAN_PREPARE:
  case PLAN_EXECUTE:
  case PLAN_DEALLOCATE:
  case PLAN_SET_OPTION: break;
  }
  return LUMA_OK;
}

/** The values of a command's variables. */
static status bind_lets(struct binder *binder, struct statement *statement, struct err *err) {
  const struct scope nothing = {0};
  struct expr **lets = statement->lets;
  TRY(bind__room(binder, statement->lets_count, sizeof *lets, &statement->lets, err));
  for (uint32_t i = 0; i < statement->lets_count; i++)
    TRY(bind__expr(binder, &nothing, lets[i], &statement->lets[i], err));
  return LUMA_OK;
}

status bind_statement(const struct bind_options *options, struct statement *statement,
                      struct err *err) {
  struct binder binder = {.arena = options->arena,
                          .catalog = options->catalog,
                          .policy = options->policy,
                          .read_view = options->read_view,
                          .language = statement->language,
                          .is_collated = statement->collation.type == VAL_MAP,
                          .is_count = statement->is_count,
                          .text = statement->text};
  TRY(bind_lets(&binder, statement, err));
  TRY(bind__plan(&binder, &statement->root, err));
  statement->has_views = binder.has_views;
  bool is_ahead = statement->root->kind == PLAN_CREATE_INDEX; /* of documents to come */
  statement->doubt = is_ahead ? NULL : binder.doubt;
  return bind__place_windows(&binder, statement->root, err);
}
