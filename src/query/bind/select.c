/* SPDX-License-Identifier: MIT */
/* SELECT's upper nodes: the select list with its names and stars, grouping, ORDER BY. */
#include <stdio.h>

#include "model/catalog/catalog.h"
#include "query/bind/bind_int.h"
#include "query/func/func.h"

struct plan *bind__aggregate_below(struct plan *node) {
  while (node && node->kind == PLAN_FILTER) node = node->input;
  return node && node->kind == PLAN_AGGREGATE ? node : NULL;
}

status bind__group_all(struct binder *binder, struct plan *node, bool has, struct err *err) {
  if (!has || bind__aggregate_below(node->input)) return LUMA_OK;
  struct plan *aggregate = plan_node(binder->arena, PLAN_AGGREGATE, node->input, node->offset);
  TRY(bind__memory(binder, aggregate, err));
  node->input = aggregate;
  return LUMA_OK;
}

/* ---- names of columns ---- */

static bool is_taken(const struct plan_column *columns, uint32_t count, struct slice name) {
  for (uint32_t i = 0; i < count; i++)
    if (!columns[i].is_spread && slice_is_equal(columns[i].name, name)) return true;
  return false;
}

status bind__print_name(struct binder *binder, struct slice plain, const char *between,
                        uint32_t number, struct slice *name, struct err *err) {
  char room[256];
  int printed = snprintf(room, sizeof room, "%.*s%s%u", plain.bytes > 200 ? 200 : (int)plain.bytes,
                         (const char *)plain.data, between, number);
  void *copy = arena_copy(binder->arena, room, (size_t)printed + 1);
  *name = slice_of(copy, (size_t)printed);
  return bind__memory(binder, copy, err);
}

/** A second column of one name is told by its source (`o.name`), else by a number. */
status bind__unique_name(struct binder *binder, const struct plan *node, uint32_t at,
                         const struct expr *expr, struct err *err) {
  struct slice *name = &node->columns[at].name, plain = *name;
  if (is_taken(node->columns, at, plain) && expr->kind == EXPR_NAME && expr->path.count > 1)
    *name = expr->name;
  for (uint32_t number = 2; is_taken(node->columns, at, *name); number++)
    TRY(bind__print_name(binder, plain, "_", number, name, err));
  return LUMA_OK;
}

/** As PostgreSQL names columns: the attribute, the function, else the text of the expression. */
static status derive_name(struct binder *binder, const struct expr *expr, struct slice *name,
                          struct err *err) {
  if ((expr->kind == EXPR_NAME || expr->kind == EXPR_FIELD) && expr->path.count) {
    const struct path_step *last = &expr->path.steps[expr->path.count - 1];
    for (uint32_t i = expr->path.count; i-- > 0 && !last->is_name;) last = &expr->path.steps[i];
    *name = last->is_name ? last->name : expr->name;
    return LUMA_OK;
  }
  const struct func *function = expr->kind == EXPR_CALL ? func_find(expr->name) : NULL;
  if (function) *name = slice_of_text(function->name);
  if (expr->kind == EXPR_WINDOW && !expr->over->is_aggregate) *name = expr->name;
  if (expr->kind == EXPR_BINARY || expr->kind == EXPR_CASE) *name = expr->name;
  if (expr->kind == EXPR_AGGREGATE || (expr->kind == EXPR_WINDOW && expr->over->is_aggregate))
    *name = expr->name.bytes ? expr->name : slice_of_text(expr_aggregate_name(expr->aggregate));
  if (name->bytes) return LUMA_OK;
  struct buf text;
  buf_init(&text, 4096);
  expr_format(expr, &text);
  void *copy = arena_copy(binder->arena, text.bytes ? (const void *)text.data : "?",
                          text.bytes ? text.bytes : 1);
  *name = slice_of(copy, text.bytes ? text.bytes : 1);
  buf_deinit(&text);
  return bind__memory(binder, copy, err);
}

/* ---- the select list ---- */

/** Column properties of a bound expression: a whole document passed on stays one. */
static void describe(struct plan_column *column, const struct scope *scope,
                     const struct expr *bound) {
  column->type = (uint8_t)bind__type(bound);
  column->is_sensitive = expr_reads_sensitive(bound);
  bool is_column = bound->kind == EXPR_FIELD && bound->slot < scope->count;
  if (is_column && bound->path.count == 0 && !scope->aggregate)
    column->is_document = scope->columns[bound->slot].is_document;
  if (bound->kind == EXPR_SHAPE) column->is_document = column->is_spread = true;
}

status bind__item(struct binder *binder, struct plan *node, const struct scope *scope,
                  const struct expr *expr, struct slice asked, uint32_t at, struct err *err) {
  struct plan_column *column = &node->columns[at];
  if (scope->aggregate)
    TRY(bind__grouped(binder, scope, expr, &node->exprs[at], err));
  else
    TRY(bind__expr(binder, scope, expr, &node->exprs[at], err));
  column->name = asked;
  if (node->is_value && !asked.bytes) column->name = slice_of_text("value");
  if (!column->name.bytes) TRY(derive_name(binder, expr, &column->name, err));
  TRY(bind__unique_name(binder, node, at, expr, err));
  describe(column, scope, node->exprs[at]);
  TRY(bind__note_origin(binder, scope, node->exprs[at], NULL, column, err));
  if (node->is_value || expr->spreads) column->is_document = column->is_spread = true;
  return LUMA_OK;
}

/* A place in the select list that there is not. */
static status fail_place(struct binder *binder, const struct expr *key, const char *clause,
                         uint32_t columns, struct err *err) {
  status failed = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                            "%s %lld: the select list has %u column%s", clause,
                            (long long)key->value.integer, columns, columns == 1 ? "" : "s");
  return bind__fail(binder, key->offset, failed, err);
}

/** GROUP BY 2 means the second item of the select list; GROUP BY name an attribute, else the item
 * of that name. */
static status resolve_key(struct binder *binder, const struct scope *scope, struct expr **key,
                          struct err *err) {
  const struct plan *project = binder->project;
  if (!project) return LUMA_OK;
  if ((*key)->kind == EXPR_CONST && val_is_integer(&(*key)->value)) {
    int64_t at = (*key)->value.integer;
    if (at < 1 || at > project->exprs_count)
      return fail_place(binder, *key, "GROUP BY", project->exprs_count, err);
    *key = project->exprs[at - 1];
    return LUMA_OK;
  }
  if ((*key)->kind != EXPR_NAME || bind__is_known(binder, scope, *key)) return LUMA_OK;
  for (uint32_t i = 0; project->names && i < project->exprs_count; i++) {
    if (!project->names[i].bytes || !slice_is_equal(project->names[i], (*key)->name) ||
        bind__has_aggregate(project->exprs[i]))
      continue;
    *key = project->exprs[i];
    return LUMA_OK;
  }
  return LUMA_OK;
}

static bool is_source(const struct scope *scope, const struct expr *star) {
  for (uint32_t c = 0; c < scope->count; c++)
    if (bind__star_takes(star, &scope->columns[c])) return true;
  return false;
}

/** `address.*` where no source is called so: the attributes of that attribute, if one is known. */
static status spread_attributes(struct binder *binder, struct plan *node, const struct scope *scope,
                                struct err *err) {
  struct expr **exprs = NULL;
  TRY(bind__room(binder, node->exprs_count, sizeof *exprs, &exprs, err));
  for (uint32_t i = 0; i < node->exprs_count; i++) {
    const struct expr *star = exprs[i] = node->exprs[i];
    if (star->kind != EXPR_STAR || !star->name.bytes || is_source(scope, star)) continue;
    struct path_step *step = NULL;
    TRY(bind__room(binder, 1, sizeof *step, &step, err));
    *step = (struct path_step){.name = star->name, .index = PATH_NO_INDEX, .is_name = true};
    struct expr *name = expr_node(binder->arena, EXPR_NAME, NULL, 0, star->offset);
    TRY(bind__memory(binder, name, err));
    name->name = star->name;
    name->path = (struct path){.count = 1, .steps = step};
    name->spreads = true;
    if (bind__is_known(binder, scope, name)) exprs[i] = name;
  }
  node->exprs = exprs;
  return LUMA_OK;
}

static status bind_items(struct binder *binder, struct plan *node, const struct scope *scope,
                         struct err *err) {
  if (!node->is_value && !scope->aggregate) TRY(spread_attributes(binder, node, scope, err));
  struct expr **exprs = node->exprs;
  struct slice *names = node->names;
  uint32_t count = node->exprs_count, total = 0, at = 0;
  TRY(bind__count_stars(binder, node, scope, &total, err));
  TRY(bind__room(binder, total, sizeof *node->exprs, &node->exprs, err));
  TRY(bind__room(binder, total, sizeof *node->columns, &node->columns, err));
  for (uint32_t i = 0; i < count; i++) {
    struct slice asked = names ? names[i] : slice_of(NULL, 0);
    if (exprs[i]->kind == EXPR_STAR && !node->is_value) {
      TRY(bind__expand_star(binder, node, scope, exprs[i], &at, err));
      continue;
    }
    TRY(bind__item(binder, node, scope, exprs[i], asked, at, err));
    at++;
  }
  node->names = NULL;
  node->exprs_count = node->columns_count = at;
  if (at || total == 0) return LUMA_OK;
  status failed =
      err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "the star leaves no column");
  return bind__fail(binder, node->offset, failed, err);
}

/** The FILTERs above an AGGREGATE that grew have its columns. */
static void pass_filters(struct plan *at) {
  if (at && at->kind == PLAN_WINDOW) at = at->input;
  for (; at && at->kind == PLAN_FILTER; at = at->input) bind__pass_columns(at);
}

/** QUALIFY: it becomes a FILTER above the WINDOW when that has its place. */
static status bind_qualify(struct binder *binder, struct plan *node, const struct scope *scope,
                           struct err *err) {
  const struct expr *asked = node->condition;
  if (scope->aggregate)
    TRY(bind__grouped(binder, scope, asked, &node->condition, err));
  else
    TRY(bind__expr(binder, scope, asked, &node->condition, err));
  if (binder->window) return LUMA_OK;
  status failed = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                            "QUALIFY asks of functions over windows, and there are none");
  if (err) err_hint(err, "WHERE asks of rows, HAVING of groups");
  return bind__fail(binder, asked->offset, failed, err);
}

status bind__project(struct binder *binder, struct plan *node, struct err *err) {
  bool has_aggregate = false;
  for (uint32_t i = 0; i < node->exprs_count; i++)
    has_aggregate |= bind__has_aggregate(node->exprs[i]);
  if (node->condition) has_aggregate |= bind__has_aggregate(node->condition);
  TRY(bind__group_all(binder, node, has_aggregate, err));
  struct plan *aggregate = binder->language == PLAN_JQL ? NULL : bind__aggregate_below(node->input);
  binder->project = aggregate ? node : NULL;
  TRY(bind__plan(binder, &node->input, err));
  struct scope scope = bind__scope(node->input);
  if (binder->language == PLAN_JQL) scope.aggregate = NULL;
  struct window_scope outside;
  const char *doubt = binder->doubt;
  bind__begin_windows(binder, node, &outside);
  status done = bind_items(binder, node, &scope, err);
  if (done == LUMA_OK && node->condition) done = bind_qualify(binder, node, &scope, err);
  bind__end_windows(binder, node, &outside);
  if (plan_is_change(node->input->kind)) binder->doubt = doubt; /* RETURNING names what is new */
  TRY(done);
  pass_filters(node->input);
  return LUMA_OK;
}

/* ---- grouping ---- */

status bind__refuse_aggregates(struct binder *binder, const struct plan *where, struct err *err) {
  if (!where || where->kind != PLAN_FILTER || !bind__has_aggregate(where->condition))
    return LUMA_OK;
  status failed =
      err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "aggregates cannot stand in WHERE");
  if (err) err_hint(err, "WHERE is asked of each row; ask of the groups in HAVING");
  return bind__fail(binder, where->condition->offset, failed, err);
}

static status fail_key(struct binder *binder, uint64_t offset, struct err *err) {
  status failed =
      err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "GROUP BY takes no aggregates");
  if (err) err_hint(err, "an aggregate is made of groups; group a SELECT of groups by it");
  return bind__fail(binder, offset, failed, err);
}

status bind__aggregate(struct binder *binder, struct plan *node, struct err *err) {
  const struct plan *project = binder->project;
  TRY(bind__refuse_aggregates(binder, node->input, err));
  binder->project = NULL;
  TRY(bind__plan(binder, &node->input, err));
  struct scope scope = bind__scope(node->input);
  struct expr **exprs = node->exprs;
  scope.aggregate = NULL;
  binder->project = project;
  TRY(bind__room(binder, node->exprs_count, sizeof *node->exprs, &node->exprs, err));
  TRY(bind__room(binder, node->exprs_count, sizeof *node->columns, &node->columns, err));
  for (uint32_t i = 0; i < node->exprs_count; i++) {
    struct expr *key = exprs[i];
    if (i < node->keys_count) TRY(resolve_key(binder, &scope, &key, err));
    if (i < node->keys_count && bind__has_aggregate(key))
      return fail_key(binder, exprs[i]->offset, err);
    struct expr *bound = arena_copy(binder->arena, key, sizeof *bound);
    TRY(bind__memory(binder, bound, err));
    if (key->kind == EXPR_AGGREGATE) { /* a pipeline's */
      TRY(bind__room(binder, exprs[i]->args_count, sizeof *bound->args, &bound->args, err));
      for (uint32_t a = 0; a < exprs[i]->args_count; a++)
        TRY(bind__expr(binder, &scope, exprs[i]->args[a], &bound->args[a], err));
    } else {
      TRY(bind__expr(binder, &scope, key, &bound, err));
    }
    node->exprs[i] = bound;
    if (node->names && node->names[i].bytes)
      node->columns[i].name = node->names[i];
    else if (node->key_names && i < node->keys_count && node->key_names[i].bytes)
      node->columns[i].name = node->key_names[i];
    else
      TRY(derive_name(binder, key, &node->columns[i].name, err));
    node->columns[i].type = (uint8_t)bind__type(bound);
    node->columns[i].is_sensitive = expr_reads_sensitive(bound);
    TRY(bind__note_origin(binder, &scope, bound, NULL, &node->columns[i], err));
  }
  node->columns_count = node->exprs_count;
  binder->project = NULL;
  return LUMA_OK;
}

/* ---- ORDER BY ---- */

/** The PROJECT a SORT may look through, past DISTINCT; NULL if there is none. */
static struct plan *project_below(struct plan *node, bool *distinct) {
  *distinct = node->kind == PLAN_DISTINCT && !node->on_count;
  if (node->kind == PLAN_DISTINCT) node = node->input;
  return node->kind == PLAN_PROJECT ? node : NULL;
}

static status make_slot(struct binder *binder, const struct expr *like, uint32_t slot,
                        struct slice name, struct expr **out, struct err *err) {
  TRY(bind__room(binder, 1, sizeof **out, out, err));
  **out = (struct expr){.kind = EXPR_FIELD, .slot = slot, .name = name, .offset = like->offset};
  return LUMA_OK;
}

/** The output column a sort key is: by position, by name. */
static status find_output(struct binder *binder, const struct plan *project, const struct expr *key,
                          struct expr **out, struct err *err) {
  *out = NULL;
  if (key->kind == EXPR_CONST && val_is_integer(&key->value)) {
    int64_t at = key->value.integer;
    if (at >= 1 && at <= project->columns_count)
      return make_slot(binder, key, (uint32_t)at - 1, project->columns[at - 1].name, out, err);
    return fail_place(binder, key, "ORDER BY", project->columns_count, err);
  }
  if (key->kind != EXPR_NAME || key->path.count == 0 || !key->path.steps[0].is_name) return LUMA_OK;
  for (uint32_t i = 0; i < project->columns_count; i++) {
    const struct plan_column *column = &project->columns[i];
    if (column->is_spread || column->is_hidden ||
        !slice_is_equal(column->name, key->path.steps[0].name))
      continue;
    TRY(make_slot(binder, key, i, key->name, out, err));
    (*out)->path = (struct path){.count = key->path.count - 1, .steps = key->path.steps + 1};
    return LUMA_OK;
  }
  return LUMA_OK;
}

/** Rewrites an expression over the PROJECT's input into one over its output; false (in `*fits`)
 * when something is not passed on. */
static status lift(struct binder *binder, const struct plan *project, const struct expr *expr,
                   struct expr **out, bool *fits, struct err *err) {
  for (uint32_t i = 0; i < project->exprs_count; i++) {
    const struct expr *item = project->exprs[i];
    bool passed = item->kind == EXPR_FIELD && item->path.count == 0 && expr->kind == EXPR_FIELD &&
                  item->slot == expr->slot;
    if (!passed && !expr_is_equal(item, expr)) continue;
    *out = arena_copy(binder->arena, expr, sizeof *expr);
    TRY(bind__memory(binder, *out, err));
    if (passed)
      (*out)->slot = i;
    else
      TRY(make_slot(binder, expr, i, project->columns[i].name, out, err));
    return LUMA_OK;
  }
  *fits = *fits && expr->kind != EXPR_FIELD && expr->kind != EXPR_MATCH;
  *out = arena_copy(binder->arena, expr, sizeof *expr);
  TRY(bind__memory(binder, *out, err));
  TRY(bind__room(binder, expr->args_count, sizeof *(*out)->args, &(*out)->args, err));
  for (uint32_t i = 0; i < expr->args_count; i++)
    TRY(lift(binder, project, expr->args[i], &(*out)->args[i], fits, err));
  return LUMA_OK;
}

status bind__append_column(struct binder *binder, struct plan *project, struct expr *expr,
                           const struct plan_column *column, struct err *err) {
  uint32_t count = project->exprs_count;
  struct expr **exprs = NULL;
  struct plan_column *columns = NULL;
  TRY(bind__room(binder, count + 1, sizeof *exprs, &exprs, err));
  TRY(bind__room(binder, count + 1, sizeof *columns, &columns, err));
  memcpy(exprs, project->exprs, count * sizeof *exprs);
  memcpy(columns, project->columns, count * sizeof *columns);
  exprs[count] = expr;
  columns[count] = *column;
  project->exprs = exprs;
  project->columns = columns;
  project->exprs_count = project->columns_count = count + 1;
  return LUMA_OK;
}

/** A hidden column of the PROJECT for a sort key that is not in the select list. */
static status add_hidden(struct binder *binder, struct plan *project, struct expr *bound,
                         struct expr **out, struct err *err) {
  struct plan_column column = {.is_hidden = true, .is_sensitive = expr_reads_sensitive(bound)};
  uint32_t slot = project->columns_count;
  TRY(derive_name(binder, bound, &column.name, err));
  TRY(bind__append_column(binder, project, bound, &column, err));
  return make_slot(binder, bound, slot, column.name, out, err);
}

static status fail_distinct(struct binder *binder, const struct expr *key, struct err *err) {
  status failed = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                            "with DISTINCT, ORDER BY can only use columns of the select list");
  return bind__fail(binder, key->offset, failed, err);
}

static status bind_key(struct binder *binder, struct plan *project, bool distinct,
                       const struct expr *key, struct expr **out, struct err *err) {
  TRY(find_output(binder, project, key, out, err));
  if (*out) return LUMA_OK;
  struct scope scope = bind__scope(project->input);
  struct expr *bound = NULL;
  struct window_scope outside;
  bool fits = true;
  bind__begin_windows(binder, project, &outside);
  status done = scope.aggregate ? bind__grouped(binder, &scope, key, &bound, err)
                                : bind__expr(binder, &scope, key, &bound, err);
  bind__end_windows(binder, project, &outside);
  TRY(done);
  pass_filters(project->input);
  TRY(lift(binder, project, bound, out, &fits, err));
  if (fits) return LUMA_OK;
  if (distinct) return fail_distinct(binder, key, err);
  return add_hidden(binder, project, bound, out, err);
}

/** Set operations and VALUES: ORDER BY sees their columns. */
static bool is_body(const struct plan *node) {
  return node->kind == PLAN_SET_OPERATION || node->kind == PLAN_VALUES || node->kind == PLAN_CTE;
}

static status bind_body_key(struct binder *binder, const struct plan *body, const struct expr *key,
                            struct expr **out, struct err *err) {
  struct scope scope = {.columns = body->columns, .count = body->columns_count};
  TRY(find_output(binder, body, key, out, err));
  return *out ? LUMA_OK : bind__expr(binder, &scope, key, out, err);
}

/** DISTINCT ON: its keys are found as those of ORDER BY are, below which it stands. */
status bind__distinct_on(struct binder *binder, struct plan *node, struct err *err) {
  bool distinct = false;
  struct plan *sort = node->input->kind == PLAN_SORT ? node->input : NULL;
  struct plan *project = project_below(sort ? sort->input : node->input, &distinct);
  struct expr **exprs = NULL;
  TRY(bind__room(binder, node->on_count, sizeof *exprs, &exprs, err));
  for (uint32_t i = 0; i < node->on_count; i++) {
    if (project)
      TRY(bind_key(binder, project, distinct, node->exprs[i], &exprs[i], err));
    else
      TRY(bind_body_key(binder, node->input, node->exprs[i], &exprs[i], err));
  }
  node->exprs = exprs;
  if (sort) bind__pass_columns(sort);
  bind__pass_columns(node);
  return LUMA_OK;
}

status bind__bounds(struct binder *binder, struct plan *node, struct err *err) {
  const struct scope nothing = {0};
  if (node->limit) TRY(bind__expr(binder, &nothing, node->limit, &node->limit, err));
  if (node->skip) TRY(bind__expr(binder, &nothing, node->skip, &node->skip, err));
  return LUMA_OK;
}

status bind__sort(struct binder *binder, struct plan *node, struct err *err) {
  bool distinct = false, has_aggregate = false;
  struct plan *project =
      binder->language == PLAN_JQL ? NULL : project_below(node->input, &distinct);
  for (uint32_t i = 0; i < node->sort_count; i++)
    has_aggregate |= bind__has_aggregate(node->sort[i].expr);
  if (project) TRY(bind__group_all(binder, project, has_aggregate, err));
  TRY(bind__plan(binder, &node->input, err));
  struct plan_sort_key *keys =
      arena_copy(binder->arena, node->sort, node->sort_count * sizeof *keys);
  TRY(bind__memory(binder, keys, err));
  project = project ? project_below(node->input, &distinct) : NULL;
  for (uint32_t i = 0; i < node->sort_count; i++) {
    struct scope scope = bind__scope(node->input);
    if (binder->language == PLAN_JQL) scope.aggregate = NULL;
    if (project)
      TRY(bind_key(binder, project, distinct, node->sort[i].expr, &keys[i].expr, err));
    else if (binder->language != PLAN_JQL && is_body(node->input))
      TRY(bind_body_key(binder, node->input, node->sort[i].expr, &keys[i].expr, err));
    else if (scope.aggregate)
      TRY(bind__grouped(binder, &scope, node->sort[i].expr, &keys[i].expr, err));
    else
      TRY(bind__expr(binder, &scope, node->sort[i].expr, &keys[i].expr, err));
  }
  node->sort = keys;
  if (distinct) bind__pass_columns(node->input);
  bind__pass_columns(node);
  return bind__bounds(binder, node, err);
}
