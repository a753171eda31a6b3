/* SPDX-License-Identifier: MIT */
/* INSERT, with what its conflicts do, and MERGE. */
#include "model/catalog/catalog.h"
#include "query/bind/bind_int.h"
#include "query/plan/stage.h"

static status fail_positions(struct binder *binder, const struct plan *node, struct err *err) {
  status failed = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                            "`%.*s` takes any attributes: the values need names",
                            SLICE_ARG(node->collection_name));
  if (err)
    err_hint(err, "INSERT INTO %.*s (a, b) VALUES (1, 2), or INSERT INTO %.*s {a: 1, b: 2}",
             SLICE_ARG(node->collection_name), SLICE_ARG(node->collection_name));
  return bind__fail(binder, node->offset, failed, err);
}

static status fail_width(struct binder *binder, const struct plan *node, uint32_t values,
                         uint32_t columns, struct err *err) {
  status failed = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                            "%u values are given to %u columns", values, columns);
  return bind__fail(binder, node->offset, failed, err);
}

/** Names for values without: the attributes of a closed collection, in their order. */
static status name_positions(struct binder *binder, struct plan *node, uint32_t width,
                             struct err *err) {
  if (!bind__is_closed(node->collection)) return fail_positions(binder, node, err);
  const struct soul *soul = node->collection->genotype;
  if (width > soul->attributes_count)
    return fail_width(binder, node, width, soul->attributes_count, err);
  TRY(bind__room(binder, width, sizeof *node->names, &node->names, err));
  for (uint32_t i = 0; i < width; i++) node->names[i] = soul->attributes[i].name;
  node->names_count = width;
  return LUMA_OK;
}

/** Attributes match exactly, else by the only one that is equal without case. */
static status correct_names(struct binder *binder, struct plan *node, struct err *err) {
  struct slice *names = NULL;
  if (!node->collection || !node->collection->genotype) return LUMA_OK;
  TRY(bind__room(binder, node->names_count, sizeof *names, &names, err));
  for (uint32_t i = 0; i < node->names_count; i++) {
    const struct soul_attribute *found = bind__attribute(node->collection, node->names[i]);
    names[i] = found ? found->name : node->names[i];
  }
  node->names = names;
  return LUMA_OK;
}

/** A SELECT whose rows become documents: its columns go by the statement's names. */
static status bind_selected(struct binder *binder, struct plan *node, struct err *err) {
  TRY(bind__plan(binder, &node->input, err));
  TRY(bind__strip_hidden(binder, &node->input, err));
  const struct plan *input = node->input;
  bool spreads = false;
  for (uint32_t i = 0; i < input->columns_count; i++) spreads |= input->columns[i].is_spread;
  if (node->names_count == 0 && bind__is_closed(node->collection) && !spreads)
    TRY(name_positions(binder, node, input->columns_count, err));
  if (node->names_count == 0) return LUMA_OK;
  if (node->names_count != input->columns_count)
    return fail_width(binder, node, input->columns_count, node->names_count, err);
  TRY(correct_names(binder, node, err));
  TRY(bind__pass_on(binder, &node->input, err));
  for (uint32_t i = 0; i < node->names_count; i++)
    node->input->columns[i] = (struct plan_column){.name = node->names[i]};
  node->input->is_derived = false; /* the names are what counts */
  return LUMA_OK;
}

/* ---- GENERATED ALWAYS ---- */

/** What numbers itself and never changes: GENERATED ALWAYS AS IDENTITY. */
static bool is_generated(const struct plan *node, struct slice name) {
  static const char start[] = "nextval(";
  const struct soul_attribute *attribute = bind__attribute(node->collection, name);
  struct slice text = attribute ? attribute->default_expression : slice_of(NULL, 0);
  return attribute && attribute->immutable && text.bytes > sizeof start - 1 &&
         slice_is_equal_nocase(slice_of(text.data, sizeof start - 1), slice_of_text(start));
}

static status refuse_generated(struct binder *binder, const struct plan *node, struct slice name,
                               struct err *err) {
  status failed =
      err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                "`%.*s` is GENERATED ALWAYS: an INSERT gives it no value", SLICE_ARG(name));
  err_hint(err, "leave it out, write DEFAULT, or INSERT INTO %.*s (…) OVERRIDING SYSTEM VALUE",
           SLICE_ARG(node->collection_name));
  return bind__fail(binder, node->offset, failed, err);
}

static bool is_default(const struct expr *value) {
  return value->kind == EXPR_CONST && value->value.type == VAL_MISSING;
}

/** Column `at` of all rows: refused, or (OVERRIDING USER VALUE) taken away. */
static status judge_column(struct binder *binder, struct plan *node, uint32_t at, struct err *err) {
  for (uint32_t i = at; i < node->exprs_count; i += node->names_count) {
    if (is_default(node->exprs[i])) continue;
    if (node->overriding == PLAN_OVERRIDING_NOTHING)
      return refuse_generated(binder, node, node->names[at], err);
    node->exprs[i] = expr_const(binder->arena, val_missing(), node->exprs[i]->offset);
    TRY(bind__memory(binder, node->exprs[i], err));
  }
  return LUMA_OK;
}

/** A SELECT gives no default: its column is refused. */
static status judge_generated(struct binder *binder, struct plan *node, struct err *err) {
  bool judges = binder->language == PLAN_LQL && node->collection && node->collection->genotype &&
                node->overriding != PLAN_OVERRIDING_SYSTEM;
  for (uint32_t i = 0; judges && i < node->names_count; i++) {
    if (!is_generated(node, node->names[i])) continue;
    if (node->input) return refuse_generated(binder, node, node->names[i], err);
    TRY(judge_column(binder, node, i, err));
  }
  return LUMA_OK;
}

/** Keys of an index that are expressions over what is there: their texts are what indexes go by. */
static status bind_targets(struct binder *binder, const struct plan_column *there,
                           struct plan_conflict *conflict, struct err *err) {
  const struct scope scope = {.columns = there, .count = 1};
  for (uint32_t i = 0; i < conflict->targets_count; i++) {
    struct plan_index_key *target = &conflict->targets[i];
    if (!target->expression) continue;
    TRY(bind__expr(binder, &scope, target->expression, &target->expression, err));
    target->text = expr_settle_text(binder->arena, target->expression);
    TRY(bind__memory(binder, target->text.data, err));
  }
  return LUMA_OK;
}

/** What is there, and as `excluded` what was to be inserted. */
static status bind_conflict(struct binder *binder, struct plan *node, struct err *err) {
  struct plan_conflict *conflict = arena_copy(binder->arena, node->conflict, sizeof *conflict);
  struct slice alias = node->alias.bytes ? node->alias : node->collection_name;
  TRY(bind__memory(binder, conflict, err));
  struct plan_column columns[2] = {{.name = alias,
                                    .source = alias,
                                    .collection = node->collection,
                                    .is_document = true,
                                    .is_spread = true},
                                   {.name = slice_of_text("excluded"),
                                    .source = slice_of_text("excluded"),
                                    .is_document = true}};
  struct scope scope = {.columns = columns, .count = 2};
  node->conflict = conflict;
  TRY(bind_targets(binder, columns, conflict, err));
  if (conflict->condition)
    TRY(bind__condition(binder, &scope, conflict->condition, &conflict->condition, err));
  return bind__update_items(binder, &scope, 0, &conflict->updates, conflict->updates_count, err);
}

/** $out and $merge: they change and delete, too. What is computed of a document there reads that
 * alone, and columns behind it by their numbers. */
static status bind_store(struct binder *binder, struct plan *node, struct err *err) {
  struct expr **exprs = node->exprs;
  struct plan_column there = {
      .name = node->collection_name, .is_document = true, .is_spread = true, .type = VAL_MAP};
  const struct scope beside = {.columns = &there, .count = 1};
  bool replaces = node->stage->kind == STAGE_OUT;
  TRY(bind__check_write(binder, node, replaces ? QUERY_DELETE : QUERY_UPDATE, err));
  TRY(bind__plan(binder, &node->input, err));
  const struct scope scope = bind__scope(node->input);
  TRY(bind__room(binder, node->exprs_count, sizeof *node->exprs, &node->exprs, err));
  for (uint32_t i = 0; i < node->exprs_count; i++)
    TRY(bind__expr(binder, &scope, exprs[i], &node->exprs[i], err));
  if (node->replacement)
    TRY(bind__expr(binder, &beside, node->replacement, &node->replacement, err));
  return bind__yield(binder, node, err);
}

/** CREATE TABLE … AS of a collection that is there already. */
static status bind_creation(struct binder *binder, struct plan *node, struct err *err) {
  if (node->if_not_exists) {
    node->kind = PLAN_CREATE_COLLECTION;
    node->input = NULL;
    return LUMA_OK;
  }
  status failed =
      err_raise(err, LUMA_ALREADY_EXISTS, __FILE__, __LINE__,
                "there is a collection `%.*s` already", SLICE_ARG(node->collection->name));
  err_hint(err, "CREATE TABLE IF NOT EXISTS, or INSERT INTO %.*s SELECT …",
           SLICE_ARG(node->collection->name));
  return bind__fail(binder, node->offset, failed, err);
}

status bind__insert(struct binder *binder, struct plan *node, struct err *err) {
  const struct scope nothing = {0};
  struct expr **exprs = node->exprs;
  TRY(bind__place_temporary(binder, node, err));
  if (node->creates)
    node->collection =
        binder->catalog ? catalog_find(binder->catalog, node->collection_name) : NULL;
  else
    bind__look_up(binder, node);
  TRY(bind__check_write(binder, node, QUERY_INSERT, err));
  if (node->creates && node->collection) return bind_creation(binder, node, err);
  TRY(bind__refuse_view(binder, node, err));
  if (node->stage) return bind_store(binder, node, err);
  if (node->is_positional) TRY(name_positions(binder, node, node->names_count, err));
  if (node->input) TRY(bind_selected(binder, node, err));
  if (!node->input && node->names_count) TRY(correct_names(binder, node, err));
  TRY(bind__room(binder, node->exprs_count, sizeof *node->exprs, &node->exprs, err));
  for (uint32_t i = 0; i < node->exprs_count; i++)
    TRY(bind__expr(binder, &nothing, exprs[i], &node->exprs[i], err));
  TRY(judge_generated(binder, node, err));
  if (node->conflict) TRY(bind_conflict(binder, node, err));
  return bind__yield(binder, node, err);
}

/* ---- MERGE ---- */

static status bind_when(struct binder *binder, const struct scope *scope,
                        const struct scope *source, struct plan_merge **merge, struct err *err) {
  struct plan_merge *when = arena_copy(binder->arena, *merge, sizeof *when);
  TRY(bind__memory(binder, when, err));
  *merge = when;
  const struct scope *seen = when->action >= PLAN_MERGE_INSERT ? source : scope;
  if (when->condition) TRY(bind__condition(binder, seen, when->condition, &when->condition, err));
  if (when->document) TRY(bind__expr(binder, seen, when->document, &when->document, err));
  return bind__update_items(binder, scope, scope->count - 1, &when->updates, when->updates_count,
                            err);
}

status bind__merge(struct binder *binder, struct plan *node, struct err *err) {
  TRY(bind__plan(binder, &node->input, err));
  bind__look_up(binder, node);
  TRY(bind__check_write(binder, node, QUERY_UPDATE, err));
  struct scope scope = bind__scope(node->input), source = scope;
  source.count--; /* a row that matches nothing has no document */
  struct plan_merge **merges = NULL;
  TRY(bind__room(binder, node->merges_count, sizeof *merges, &merges, err));
  for (uint32_t i = 0; i < node->merges_count; i++) {
    merges[i] = node->merges[i];
    TRY(bind_when(binder, &scope, &source, &merges[i], err));
  }
  node->merges = merges;
  return bind__yield(binder, node, err);
}
