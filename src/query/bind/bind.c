/* SPDX-License-Identifier: MIT */
/* Binding plans, node by node from the leaves. */
#include "query/bind/bind.h"

#include "model/catalog/catalog.h"
#include "query/bind/bind_int.h"
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
  return node->yields ? bind__document_column(binder, node, alias, err) : LUMA_OK;
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
  bind__look_up(binder, node);
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

/* ---- stages of pipelines, nodes ---- */

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

/** What is wrong with one change says nothing of those beside it. */
static status bind_listed(struct binder *binder, struct plan **node, struct err *err) {
  enum plan_kind kind = (*node)->kind;
  struct err why;
  if (binder->language != PLAN_JQL || (kind != PLAN_UPDATE && kind != PLAN_DELETE))
    return bind__plan(binder, node, err);
  if ((*node)->failure) return LUMA_OK;
  err_init(&why);
  binder->is_collated = (*node)->collation.type == VAL_MAP;
  struct slice text = binder->text;
  binder->text = slice_of(NULL, 0); /* of its failure, the place is not told */
  status done = bind__plan(binder, node, &why);
  binder->text = text;
  if (done == LUMA_OK) return LUMA_OK;
  if (plan_fails_alone(done) && !bind__is_of_view(&why))
    return plan_put_failure(binder->arena, &why, node, err);
  if (err) *err = why;
  return done;
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
    TRY(bind_listed(binder, &(*node)->input, err));
    if ((*node)->right && (*node)->right->kind != PLAN_SEQUENCE)
      return bind_listed(binder, &(*node)->right, err);
    return (*node)->right ? bind__plan(binder, &(*node)->right, err) : LUMA_OK;
  case PLAN_SHOW_COLLECTIONS:
  case PLAN_SHOW_INDEXES: return bind__show(binder, *node, err);
  case PLAN_TELL_CATALOG: return bind__told_catalog(binder, *node, err);
  case PLAN_TELL_SOUL: return bind__told(binder, *node, err);
  case PLAN_EXPLAIN: return bind__explain(binder, *node, err);
  case PLAN_CREATE_COLLECTION:
  case PLAN_DROP_COLLECTION:
  case PLAN_RENAME_COLLECTION:
  case PLAN_CREATE_INDEX:
  case PLAN_CHANGE_COLLECTION:
  case PLAN_CREATE_SOUL:
  case PLAN_EVOLVE_SOUL:
  case PLAN_DROP_INDEX:
  case PLAN_REINDEX: return bind__schema(binder, *node, err);
  case PLAN_CREATE_VIEW: return bind__create_view(binder, *node, err);
  case PLAN_DROP_VIEW: bind__look_up(binder, *node); __attribute__((fallthrough));
  case PLAN_CREATE_SEQUENCE:
  case PLAN_ALTER_SEQUENCE:
  case PLAN_DROP_SEQUENCE:
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
                          .session = options->session,
                          .language = statement->language,
                          .is_collated = statement->collation.type == VAL_MAP,
                          .is_count = statement->is_count,
                          .text = statement->text};
  TRY(bind_lets(&binder, statement, err));
  TRY(bind__plan(&binder, &statement->root, err));
  statement->has_views = binder.has_views;
  statement->is_unsteady = binder.is_unsteady;
  bool is_ahead = statement->root->kind == PLAN_CREATE_INDEX; /* of documents to come */
  statement->doubt = is_ahead ? NULL : binder.doubt;
  return bind__place_windows(&binder, statement->root, err);
}
