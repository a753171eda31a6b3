/* SPDX-License-Identifier: MIT */
/* Binding expressions: a new tree for each, so that one expression of a front end may stand in
 * several places. */
#include "base/core/assert.h"
#include "query/bind/bind_int.h"
#include "query/expr/program.h"
#include "query/func/func.h"
#include "query/mongo/mongo.h"

typedef status bind_fn(struct binder *binder, const struct scope *scope, const struct expr *expr,
                       struct expr **out, struct err *err);

bool bind__has_aggregate(const struct expr *expr) {
  if (expr->kind == EXPR_AGGREGATE) return true;
  for (uint32_t i = 0; i < expr->args_count; i++)
    if (expr->args[i] && bind__has_aggregate(expr->args[i])) return true;
  return false;
}

static status find_function(struct binder *binder, struct expr *call, struct err *err) {
  call->function = call->mongo ? mongo_function(call->name) : func_find(call->name);
  if (!call->function)
    return bind__fail(binder, call->offset, func_fail_unknown(call->name, err), err);
  const struct func *f = call->function;
  bool is_volatile = f->volatility == FUNC_VOLATILE;
  binder->is_unsteady |= is_volatile;
  for (struct frame *at = binder->frame; is_volatile && at; at = at->parent) at->is_unsteady = true;
  if (call->mongo) return LUMA_OK; /* its front end has counted */
  if (call->args_count >= f->args_min && call->args_count <= f->args_max) return LUMA_OK;
  status failed = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                            "%s does not take %u arguments", f->name, call->args_count);
  if (err) err_hint(err, "it is %s", f->usage);
  return bind__fail(binder, call->offset, failed, err);
}

static bool is_fixed(const struct expr *expr) {
  for (uint32_t i = 0; i < expr->args_count; i++)
    if (!expr->args[i] || expr->args[i]->kind != EXPR_CONST) return false;
  if (expr->kind == EXPR_CALL) return expr->mongo && expr->function->volatility == FUNC_IMMUTABLE;
  return expr->kind == EXPR_LIST || expr->kind == EXPR_MAP;
}

/** MongoDB computes what depends on no document before it runs, and says what is wrong then, also
 * where no document would get there. */
static status compute_fixed(struct binder *binder, struct expr **expr, struct err *err) {
  struct expr_env env;
  struct val value;
  uint64_t offset = (*expr)->offset;
  if (binder->language != PLAN_JQL || binder->is_collated || !is_fixed(*expr)) return LUMA_OK;
  expr_env_init(&env, binder->arena);
  status done = program_constant(&env, *expr, &value, err);
  expr_env_deinit(&env);
  if (done != LUMA_OK) return bind__fail(binder, offset, done, err);
  *expr = expr_const(binder->arena, value, offset);
  return bind__memory(binder, *expr, err);
}

/** LIKE … ESCAPE NULL is NULL, as LIKE NULL is. */
static void take_null_escape(struct expr *node) {
  bool has_escape =
      node->kind == EXPR_BINARY && node->args_count == 3 && node->args[2]->kind == EXPR_CONST;
  if (!has_escape || !val_is_null(&node->args[2]->value)) return;
  node->args[1] = node->args[2];
  node->args_count = 2;
}

/** What is NULL whatever its other operands are: those are not computed then, nor fail. */
static bool is_unknown(const struct expr *node) {
  bool is_operator = node->kind == EXPR_BINARY && !node->mongo && node->op != EXPR_OP_AND &&
                     node->op != EXPR_OP_OR && node->op != EXPR_OP_IS_DISTINCT &&
                     node->op != EXPR_OP_IS_NOT_DISTINCT;
  bool is_call = node->kind == EXPR_CALL && !node->mongo && node->function->strict;
  for (uint32_t i = 0; (is_operator || is_call) && i < node->args_count; i++)
    if (node->args[i] && node->args[i]->kind == EXPR_CONST && val_is_null(&node->args[i]->value))
      return true;
  return false;
}

/** A copy of the node whose arguments are bound by `bind`. */
static status bind_args(struct binder *binder, const struct scope *scope, const struct expr *expr,
                        bind_fn *bind, struct expr **out, struct err *err) {
  struct expr *node = arena_copy(binder->arena, expr, sizeof *expr);
  TRY(bind__memory(binder, node, err));
  TRY(bind__room(binder, expr->args_count, sizeof *node->args, &node->args, err));
  for (uint32_t i = 0; i < expr->args_count; i++)
    if (expr->args[i]) TRY(bind(binder, scope, expr->args[i], &node->args[i], err));
  take_null_escape(node);
  if (node->kind == EXPR_CALL) TRY(find_function(binder, node, err));
  TRY(bind__read_texts(binder, node, err));
  TRY(bind__check_types(binder, node, err));
  *out = node;
  if (binder->language != PLAN_JQL && is_unknown(node)) {
    *out = expr_const(binder->arena, val_null(), node->offset);
    return bind__memory(binder, *out, err);
  }
  return compute_fixed(binder, out, err);
}

static status fail_aggregate(struct binder *binder, const struct expr *expr, struct err *err) {
  status failed = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "%s cannot stand here",
                            expr_aggregate_name(expr->aggregate));
  if (err) err_hint(err, "aggregates stand in the select list, in HAVING and in ORDER BY");
  return bind__fail(binder, expr->offset, failed, err);
}

static status bind_match_node(struct binder *binder, const struct scope *scope,
                              const struct expr *expr, struct expr **out, struct err *err) {
  struct expr *node = arena_copy(binder->arena, expr, sizeof *expr);
  TRY(bind__memory(binder, node, err));
  *out = node;
  return bind__match(binder, scope, expr->match, &node->match, err);
}

/** A bound copy of a shape's picks: predicates of elements stand by themselves. */
static status bind_picks(struct binder *binder, const struct scope *scope, struct expr *node,
                         struct err *err) {
  const struct scope nothing = {0};
  struct shape *shape = arena_copy(binder->arena, node->shape, sizeof *shape);
  struct shape_pick *picks = NULL;
  TRY(bind__memory(binder, shape, err));
  TRY(bind__room(binder, shape->picks_count, sizeof *picks, &picks, err));
  for (uint32_t i = 0; i < shape->picks_count; i++) {
    picks[i] = shape->picks[i];
    if (!picks[i].match) continue;
    TRY(bind__match(binder, picks[i].kind == SHAPE_MATCHED ? scope : &nothing, picks[i].match,
                    &picks[i].match, err));
  }
  shape->picks = picks;
  node->shape = shape;
  return LUMA_OK;
}

/** The subject of a shape may be left out: the row. */
static status bind_shape(struct binder *binder, const struct scope *scope, const struct expr *expr,
                         struct expr **out, struct err *err) {
  if (expr->args_count) {
    TRY(bind_args(binder, scope, expr, bind__expr, out, err));
    return expr->shape->picks_count ? bind_picks(binder, scope, *out, err) : LUMA_OK;
  }
  struct expr *row = NULL, *node = arena_copy(binder->arena, expr, sizeof *expr);
  TRY(bind__memory(binder, node, err));
  TRY(bind__row(binder, scope, expr->offset, &row, err));
  TRY(bind__room(binder, 1, sizeof *node->args, &node->args, err));
  node->args[0] = row;
  node->args_count = 1;
  *out = node;
  return LUMA_OK;
}

status bind__expr(struct binder *binder, const struct scope *scope, const struct expr *expr,
                  struct expr **out, struct err *err) {
  if (expr->is_bare) {
    TRY(bind__in_source(binder, scope, expr, out, err));
    if (*out) return LUMA_OK;
  }
  switch (expr->kind) {
  case EXPR_NAME: return bind__name(binder, scope, expr, out, err);
  case EXPR_AGGREGATE: return fail_aggregate(binder, expr, err);
  case EXPR_STAR: return bind__row(binder, scope, expr->offset, out, err);
  case EXPR_MATCH: return bind_match_node(binder, scope, expr, out, err);
  case EXPR_SHAPE: return bind_shape(binder, scope, expr, out, err);
  case EXPR_SUBQUERY: return bind__subquery(binder, scope, expr, out, err);
  case EXPR_WINDOW: return bind__window(binder, scope, expr, out, err);
  case EXPR_CONST:
  case EXPR_PARAM:
  case EXPR_FIELD:
  case EXPR_UNARY:
  case EXPR_BINARY:
  case EXPR_IN:
  case EXPR_BETWEEN:
  case EXPR_CASE:
  case EXPR_LIST:
  case EXPR_OUTER:
  case EXPR_MAP:
  case EXPR_VARIABLE:
  case EXPR_LET:
  case EXPR_EACH: break;
  case EXPR_CALL:
  case EXPR_AT:
    TRY(bind_args(binder, scope, expr, bind__expr, out, err));
    TRY(bind__arrow_to_key(binder, scope, out, err));
    return bind__check_at(binder, scope, *out, err);
  }
  return bind_args(binder, scope, expr, bind__expr, out, err);
}

/* ---- over groups ---- */

static bool is_grouping(const struct expr *expr) {
  return expr->kind == EXPR_CALL && slice_is_equal_nocase(expr->name, slice_of_text("grouping"));
}

/** A column of the AGGREGATE. */
static struct expr *make_slot(struct binder *binder, const struct plan *aggregate,
                              const struct expr *like, uint32_t slot) {
  struct expr *field = arena_zalloc(binder->arena, 1, sizeof *field);
  if (!field) return NULL;
  field->kind = EXPR_FIELD;
  field->slot = slot;
  if (binder->language == PLAN_LQL) field->declared = aggregate->columns[slot].type;
  field->offset = like->offset;
  return field;
}

/** The name an aggregate's column goes by in EXPLAIN: its text. */
static status name_by_text(struct binder *binder, const struct expr *expr, struct slice *name,
                           struct err *err) {
  struct buf text;
  buf_init(&text, 4096);
  expr_format(expr, &text);
  void *copy = arena_copy(binder->arena, text.bytes ? (const void *)text.data : "",
                          text.bytes ? text.bytes : 1);
  *name = slice_of(copy, text.bytes);
  buf_deinit(&text);
  return bind__memory(binder, copy, err);
}

/** Column `slot` of the AGGREGATE for this bound aggregate, appended unless an equal one is there.
 */
static status place_aggregate(struct binder *binder, struct plan *node, struct expr *aggregate,
                              uint32_t *slot, struct err *err) {
  for (uint32_t i = node->keys_count; i < node->exprs_count; i++) {
    *slot = i;
    if (expr_is_equal(node->exprs[i], aggregate)) return LUMA_OK;
  }
  struct expr **exprs = NULL;
  struct plan_column *columns = NULL;
  uint32_t count = node->exprs_count;
  TRY(bind__room(binder, count + 1, sizeof *exprs, &exprs, err));
  TRY(bind__room(binder, count + 1, sizeof *columns, &columns, err));
  if (count) memcpy(exprs, node->exprs, count * sizeof *exprs);
  if (count) memcpy(columns, node->columns, count * sizeof *columns);
  exprs[count] = aggregate;
  TRY(name_by_text(binder, aggregate, &columns[count].name, err));
  columns[count].type = (uint8_t)bind__type(aggregate);
  columns[count].is_sensitive = expr_reads_sensitive(aggregate);
  node->exprs = exprs;
  node->columns = columns;
  node->exprs_count = node->columns_count = count + 1;
  node->names = NULL;
  *slot = count;
  return LUMA_OK;
}

static status bind_aggregate(struct binder *binder, const struct scope *scope,
                             const struct expr *expr, struct expr **out, struct err *err) {
  struct scope below = bind__scope(scope->aggregate->input);
  struct expr *aggregate = NULL;
  uint32_t slot = 0;
  below.aggregate = NULL;
  TRY(bind_args(binder, &below, expr, bind__expr, &aggregate, err));
  TRY(place_aggregate(binder, scope->aggregate, aggregate, &slot, err));
  *out = make_slot(binder, scope->aggregate, expr, slot);
  if (!*out) return bind__memory(binder, NULL, err);
  (*out)->name = scope->aggregate->columns[slot].name;
  return LUMA_OK;
}

/** True with the key's column when a bound expression is a key, or an attribute within a key. */
static status find_key(struct binder *binder, const struct plan *aggregate,
                       const struct expr *bound, struct expr **out, struct err *err) {
  *out = NULL;
  for (uint32_t i = 0; i < aggregate->keys_count; i++) {
    const struct expr *key = aggregate->exprs[i];
    bool within = key->kind == EXPR_FIELD && bound->kind == EXPR_FIELD &&
                  key->slot == bound->slot && path_has_prefix(&bound->path, &key->path);
    if (!within && !expr_is_equal(key, bound)) continue;
    *out = make_slot(binder, aggregate, bound, i);
    TRY(bind__memory(binder, *out, err));
    ASSERT(*out);
    (*out)->name = bound->name;
    uint32_t skip = within ? key->path.count : 0;
    if (within)
      (*out)->path =
          (struct path){.count = bound->path.count - skip, .steps = bound->path.steps + skip};
    if ((*out)->path.count) (*out)->declared = VAL_MISSING;
    return LUMA_OK;
  }
  return LUMA_OK;
}

static status fail_ungrouped(struct binder *binder, const struct expr *name, struct err *err) {
  struct buf text;
  buf_init(&text, ERR_MESSAGE_BYTES);
  expr_format(name, &text);
  status failed =
      err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                "`%.*s` is neither grouped nor aggregated", SLICE_ARG(buf_slice(&text)));
  if (err)
    err_hint(err, "add `%.*s` to GROUP BY, or use an aggregate such as max(%.*s)",
             SLICE_ARG(buf_slice(&text)), SLICE_ARG(buf_slice(&text)));
  buf_deinit(&text);
  return bind__fail(binder, name->offset, failed, err);
}

/** Parts that cannot be looked for among the keys as they stand. */
static bool has_own_parts(const struct expr *expr) {
  bool own = expr->kind == EXPR_AGGREGATE || expr->kind == EXPR_SUBQUERY ||
             expr->kind == EXPR_WINDOW || is_grouping(expr);
  for (uint32_t i = 0; !own && i < expr->args_count; i++) own = has_own_parts(expr->args[i]);
  return own;
}

/** GROUPING(keys): which of them the row's grouping set leaves out, a bit each. */
static status bind_grouping(struct binder *binder, const struct scope *scope,
                            const struct expr *expr, struct expr **out, struct err *err) {
  struct expr *made =
      expr_node(binder->arena, EXPR_AGGREGATE, expr->args, expr->args_count, expr->offset);
  uint32_t slot = 0;
  TRY(bind__memory(binder, made, err));
  made->aggregate = EXPR_GROUPING;
  for (uint32_t i = 0; i < expr->args_count; i++) {
    struct scope below = bind__scope(scope->aggregate->input);
    struct expr *bound = NULL, *key = NULL;
    below.aggregate = NULL;
    TRY(bind__expr(binder, &below, expr->args[i], &bound, err));
    ASSERT(bound);
    TRY(find_key(binder, scope->aggregate, bound, &key, err));
    if (!key) return fail_ungrouped(binder, expr->args[i], err);
    made->args[i] = expr_const(binder->arena, val_int64(key->slot), expr->args[i]->offset);
    TRY(bind__memory(binder, made->args[i], err));
  }
  TRY(place_aggregate(binder, scope->aggregate, made, &slot, err));
  *out = make_slot(binder, scope->aggregate, expr, slot);
  return bind__memory(binder, *out, err);
}

bool bind__group_name(const struct plan *aggregate, struct slice name, uint32_t *key) {
  for (*key = 0; aggregate->key_names && *key < aggregate->keys_count; (*key)++)
    if (slice_is_equal(aggregate->key_names[*key], name)) return true;
  *key = UINT32_MAX;
  return aggregate->group_rows && slice_is_equal(aggregate->group_name, name);
}

static bool has_group_names(const struct plan *aggregate, const struct expr *expr) {
  uint32_t key;
  if (expr->kind == EXPR_NAME)
    return expr->path.count && expr->path.steps[0].is_name &&
           bind__group_name(aggregate, expr->path.steps[0].name, &key);
  bool has = false;
  for (uint32_t i = 0; !has && i < expr->args_count; i++)
    has = has_group_names(aggregate, expr->args[i]);
  return has;
}

/** A name that GROUP BY gave: to a key, or (GROUP AS) to the list of the group's rows. */
static status bind_group_name(struct binder *binder, const struct scope *scope,
                              const struct expr *name, uint32_t key, struct expr **out,
                              struct err *err) {
  struct path rest = {.count = name->path.count - 1, .steps = name->path.steps + 1};
  if (key == UINT32_MAX)
    TRY(bind_aggregate(binder, scope, scope->aggregate->group_rows, out, err));
  else
    *out = make_slot(binder, scope->aggregate, name, key);
  if (!*out) return bind__memory(binder, NULL, err);
  (*out)->path = rest;
  if (rest.count) (*out)->declared = VAL_MISSING;
  (*out)->name = name->path.steps[0].name;
  return LUMA_OK;
}

status bind__grouped(struct binder *binder, const struct scope *scope, const struct expr *expr,
                     struct expr **out, struct err *err) {
  uint32_t key;
  if (expr->kind == EXPR_NAME && has_group_names(scope->aggregate, expr) &&
      bind__group_name(scope->aggregate, expr->path.steps[0].name, &key))
    return bind_group_name(binder, scope, expr, key, out, err);
  if (expr->kind == EXPR_AGGREGATE) return bind_aggregate(binder, scope, expr, out, err);
  if (expr->kind == EXPR_STAR) return fail_ungrouped(binder, expr, err);
  if (expr->is_bare) {
    TRY(bind__in_source(binder, scope, expr, out, err));
    if (*out) return LUMA_OK;
  }
  if (expr->kind == EXPR_SUBQUERY) return bind__subquery(binder, scope, expr, out, err);
  if (expr->kind == EXPR_WINDOW) return bind__window(binder, scope, expr, out, err);
  if (is_grouping(expr)) return bind_grouping(binder, scope, expr, out, err);
  if (!has_own_parts(expr) && !has_group_names(scope->aggregate, expr)) {
    struct scope below = bind__scope(scope->aggregate->input);
    struct expr *bound = NULL;
    below.aggregate = NULL;
    TRY(bind__expr(binder, &below, expr, &bound, err));
    TRY(find_key(binder, scope->aggregate, bound, out, err));
    if (*out) return LUMA_OK;
  }
  if (expr->kind == EXPR_NAME) return fail_ungrouped(binder, expr, err);
  return bind_args(binder, scope, expr, bind__grouped, out, err);
}

/* ---- MongoDB's predicates ---- */

static status bind_match_children(struct binder *binder, const struct scope *scope,
                                  struct match *node, struct err *err) {
  const struct scope nothing = {0};
  const struct scope *inner = node->op == MATCH_ELEM ? &nothing : scope;
  struct match *const *children = node->children;
  TRY(bind__room(binder, node->children_count, sizeof *node->children, &node->children, err));
  for (uint32_t i = 0; i < node->children_count; i++)
    TRY(bind__match(binder, inner, children[i], &node->children[i], err));
  return LUMA_OK;
}

/** The document that the predicate's path starts from; within $elemMatch (an empty scope) it is the
 * element. */
static status bind_match_path(struct binder *binder, const struct scope *scope, struct match *node,
                              struct err *err) {
  if (scope->count == 0) return LUMA_OK;
  struct expr name = {.kind = EXPR_NAME,
                      .dotted = true,
                      .path = node->path,
                      .offset = node->offset},
              *field = NULL;
  if (node->path.count) name.name = node->path.steps[0].name;
  TRY(bind__name(binder, scope, &name, &field, err));
  node->slot = field->slot;
  node->path = field->path;
  node->key = field->key;
  return LUMA_OK;
}

status bind__match(struct binder *binder, const struct scope *scope, const struct match *match,
                   struct match **out, struct err *err) {
  const struct scope nothing = {0};
  struct match *node = arena_copy(binder->arena, match, sizeof *match);
  TRY(bind__memory(binder, node, err));
  *out = node;
  bool is_tree = match->op >= MATCH_AND && match->op <= MATCH_EXPR;
  if (match->children_count) TRY(bind_match_children(binder, scope, node, err));
  if (!is_tree) TRY(bind_match_path(binder, scope, node, err));
  if (match->value) TRY(bind__expr(binder, &nothing, match->value, &node->value, err));
  if (match->expression) TRY(bind__expr(binder, scope, match->expression, &node->expression, err));
  return LUMA_OK;
}
