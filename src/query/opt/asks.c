/* SPDX-License-Identifier: MIT */
#include "query/opt/asks.h"

#include "query/expr/like.h"
#include "query/regex/regex.h"

static struct ask *add(struct asks *asks, enum ask_kind kind, const struct path *path, bool is_key,
                       bool mongo) {
  if (asks->count == ASKS_MAX) return NULL;
  for (uint32_t i = 0; i < path->count; i++)
    if (path->steps[i].is_index)
      return NULL; /* keys on list places are rare, and languages disagree on them */
  struct ask *ask = &asks->items[asks->count++];
  *ask = (struct ask){.kind = kind, .path = *path, .is_key = is_key, .mongo = mongo};
  return ask;
}

enum { BEGINNING_BYTES_MAX = 256 }; /* of how texts begin that an expression matches */

/** An attribute, or what is computed of them. */
static bool is_askable(const struct expr *expr) {
  uint32_t low, high;
  if (expr->kind == EXPR_FIELD) return !expr->dotted && expr->path.count;
  return expr->kind != EXPR_CONST && opt__slots(expr, &low, &high) && !opt__has_subquery(expr);
}

static struct ask *add_about(struct asks *asks, enum ask_kind kind, const struct expr *expr) {
  static const struct path none = {0};
  if (expr->kind == EXPR_FIELD) return add(asks, kind, &expr->path, expr->key, false);
  struct ask *ask = add(asks, kind, &none, false, false);
  if (ask) ask->computed = expr;
  return ask;
}

static status set_value(struct asks *asks, struct ask *ask, struct expr *value, struct err *err) {
  if (!ask) return LUMA_OK;
  ask->values = arena_copy(asks->opt->arena, &value, sizeof value);
  ask->values_count = 1;
  return opt__memory(asks->opt, ask->values, err);
}

static void set_bound(struct ask *ask, enum expr_op op, struct expr *value) {
  if (!ask) return;
  bool is_low = op == EXPR_OP_GT || op == EXPR_OP_GE;
  if (is_low)
    ask->low = value;
  else
    ask->high = value;
  ask->low_open = op == EXPR_OP_GT;
  ask->high_open = op == EXPR_OP_LT;
}

/** field op constant, either way round. */
static status collect_comparison(struct asks *asks, const struct expr *expr, struct err *err) {
  bool swapped = opt__is_constant(expr->args[0]);
  struct expr *field = expr->args[swapped], *value = expr->args[!swapped];
  enum expr_op op = swapped ? expr_op_swapped(expr->op) : expr->op;
  bool fits = opt__is_constant(value) && is_askable(field) && op >= EXPR_OP_EQ &&
              op <= EXPR_OP_GE && op != EXPR_OP_NE;
  if (!fits || expr->mongo) return LUMA_OK;
  if (op == EXPR_OP_EQ) return set_value(asks, add_about(asks, ASK_EQUAL, field), value, err);
  set_bound(add_about(asks, ASK_RANGE, field), op, value);
  return LUMA_OK;
}

static bool is_literal_prefix(const struct opt *opt, const struct expr *pattern) {
  bool exact = false, prefix_only = false;
  if (pattern->kind != EXPR_CONST || pattern->value.type != VAL_TEXT) return false;
  uint8_t *room = arena_alloc_text(opt->arena, pattern->value.bytes + 1);
  return room && like_prefix(val_slice(&pattern->value), room, &exact, &prefix_only) > 0;
}

static status collect_binary(struct asks *asks, const struct expr *expr, struct err *err) {
  if (expr->op != EXPR_OP_LIKE) return collect_comparison(asks, expr, err);
  bool fits = is_askable(expr->args[0]) && expr->args_count == 2 &&
              is_literal_prefix(asks->opt, expr->args[1]);
  if (!fits) return LUMA_OK;
  struct ask *ask = add_about(asks, ASK_PREFIX, expr->args[0]);
  return set_value(asks, ask, expr->args[1], err);
}

static status collect_in(struct asks *asks, const struct expr *expr) {
  if (expr->negated || !is_askable(expr->args[0])) return LUMA_OK;
  for (uint32_t i = 1; i < expr->args_count; i++)
    if (!opt__is_constant(expr->args[i])) return LUMA_OK;
  struct ask *ask = add_about(asks, ASK_EQUAL, expr->args[0]);
  if (!ask) return LUMA_OK;
  ask->values = expr->args + 1;
  ask->values_count = expr->args_count - 1;
  ask->spread = ask->values_count == 1;
  return LUMA_OK;
}

static status collect_between(struct asks *asks, const struct expr *expr) {
  bool fits = !expr->negated && is_askable(expr->args[0]) && opt__is_constant(expr->args[1]) &&
              opt__is_constant(expr->args[2]);
  if (!fits) return LUMA_OK;
  struct ask *ask = add_about(asks, ASK_RANGE, expr->args[0]);
  if (!ask) return LUMA_OK;
  ask->low = expr->args[1];
  ask->high = expr->args[2];
  return LUMA_OK;
}

/* ---- MongoDB's ---- */

/** Operands that a key cannot answer for: patterns, and lists of them. */
static bool has_regex(const struct val *value) {
  if (value->type != VAL_LIST) return value->type == VAL_REGEX;
  for (uint32_t i = 0; i < val_count(value); i++) {
    struct val element = val_at(value, i);
    if (element.type == VAL_REGEX) return true;
  }
  return false;
}

static status collect_match(struct asks *asks, const struct match *match, struct err *err);

/** An index of elements has a list of none as it has what is missing. */
static bool is_like_missing(const struct val *value) {
  return val_is_null(value) || (value->type == VAL_LIST && val_count(value) == 0);
}

static bool has_like_missing(const struct val *list) {
  for (uint32_t i = 0; list->type == VAL_LIST && i < val_count(list); i++) {
    struct val element = val_at(list, i);
    if (is_like_missing(&element)) return true;
  }
  return false;
}

/** Lists are compared with lists, of which one may be that of none, and null with what is missing.
 */
static void collect_bound(struct asks *asks, const struct match *match, enum expr_op op) {
  const struct val *value = &match->value->value;
  struct ask *ask = add(asks, ASK_RANGE, &match->path, match->key, true);
  if (ask) ask->may_be_missing = val_is_null(value) || value->type == VAL_LIST;
  set_bound(ask, op, match->value);
}

/** {"$expr": {"$eq": ["$attribute", a constant or a variable]}}: what an index gives for equality
 * as filters have it is more, and the FILTER decides. */
static status collect_expression(struct asks *asks, const struct expr *expr, struct err *err) {
  if (expr->kind != EXPR_BINARY || expr->op != EXPR_OP_EQ) return LUMA_OK;
  bool swapped = expr->args[0]->kind != EXPR_FIELD;
  const struct expr *field = expr->args[swapped];
  struct expr *value = expr->args[!swapped];
  bool is_known =
      value->kind == EXPR_VARIABLE || (value->kind == EXPR_CONST && !has_regex(&value->value));
  if (field->kind != EXPR_FIELD || !field->path.count || !is_known) return LUMA_OK;
  struct ask *ask = add(asks, ASK_EQUAL, &field->path, field->key, true);
  if (ask) ask->may_be_missing = true;
  return set_value(asks, ask, value, err);
}

/** A value that is known when the statement runs. */
static status collect_variable(struct asks *asks, const struct match *match, struct err *err) {
  if (match->op != MATCH_IN && match->op != MATCH_EQ) return LUMA_OK;
  struct ask *ask = add(asks, ASK_EQUAL, &match->path, match->key, true);
  if (ask) ask->spread = match->op == MATCH_IN;
  if (ask) ask->may_be_missing = true;
  return set_value(asks, ask, match->value, err);
}

/** Keys of long texts are no keys. */
static bool has_long_regex(const struct val *value) {
  enum { REGEX_BYTES_MAX = 1024 };
  if (value->type != VAL_LIST) return value->type == VAL_REGEX && value->bytes > REGEX_BYTES_MAX;
  for (uint32_t i = 0; i < val_count(value); i++) {
    struct val element = val_at(value, i);
    if (element.type == VAL_REGEX && element.bytes > REGEX_BYTES_MAX) return true;
  }
  return false;
}

double asks_share_of_regex(const struct val *value) {
  static const double share_beginning = 0.1;
  uint8_t text[BEGINNING_BYTES_MAX];
  struct slice options, pattern = val_regex(value, &options);
  return regex_prefix(pattern, options, text, sizeof text) ? share_beginning : 1;
}

static status collect_regex(struct asks *asks, const struct match *match, struct expr *value,
                            struct err *err);

/** Every one of these must be there: each by itself narrows. */
static status collect_all(struct asks *asks, const struct match *match, struct err *err) {
  const struct val *list = &match->value->value;
  for (uint32_t i = 0; list->type == VAL_LIST && i < val_count(list); i++) {
    struct val element = val_at(list, i);
    bool fits = element.type != VAL_LIST && !val_is_null(&element);
    if (!fits) continue;
    struct expr *value = expr_const(asks->opt->arena, element, match->offset);
    TRY(opt__memory(asks->opt, value, err));
    if (element.type == VAL_REGEX) {
      TRY(collect_regex(asks, match, value, err));
      continue;
    }
    TRY(set_value(asks, add(asks, ASK_EQUAL, &match->path, match->key, true), value, err));
  }
  return LUMA_OK;
}

/** The beginning as a pattern of LIKE. */
static struct expr *make_prefix(const struct asks *asks, const uint8_t *text, size_t bytes,
                                uint64_t offset) {
  uint8_t *room = arena_alloc_text(asks->opt->arena, 2 * bytes + 1);
  size_t count = 0;
  for (size_t i = 0; room && i < bytes; i++) {
    bool is_wild = text[i] == '%' || text[i] == '_' || text[i] == LIKE_ESCAPE_DEFAULT;
    if (is_wild) room[count++] = LIKE_ESCAPE_DEFAULT;
    room[count++] = text[i];
  }
  if (!room) return NULL;
  room[count++] = '%';
  return expr_const(asks->opt->arena, val_text(slice_of(room, count)), offset);
}

/** {a: /^ab/}: texts that begin so, and the expression itself as a value; all texts, where it does
 * not say how they begin. */
static status collect_regex(struct asks *asks, const struct match *match, struct expr *value,
                            struct err *err) {
  uint8_t text[BEGINNING_BYTES_MAX];
  if (value->value.type != VAL_REGEX || has_long_regex(&value->value)) return LUMA_OK;
  struct slice options, pattern = val_regex(&value->value, &options);
  size_t bytes = regex_prefix(pattern, options, text, sizeof text);
  struct ask *ask = add(asks, bytes ? ASK_PREFIX : ASK_EQUAL, &match->path, match->key, true);
  if (!ask || !bytes) return set_value(asks, ask, value, err);
  struct expr *const values[] = {make_prefix(asks, text, bytes, match->offset), value};
  TRY(opt__memory(asks->opt, values[0], err));
  ask->values = arena_copy(asks->opt->arena, values, sizeof values);
  ask->values_count = 2;
  return opt__memory(asks->opt, ask->values, err);
}

static status collect_leaf(struct asks *asks, const struct match *match, struct err *err) {
  bool is_known = match->value && match->value->kind == EXPR_CONST;
  if (match->op == MATCH_EXPR) return collect_expression(asks, match->expression, err);
  if (match->value && match->value->kind == EXPR_VARIABLE)
    return collect_variable(asks, match, err);
  if (is_known && match->op == MATCH_ALL) return collect_all(asks, match, err);
  if (is_known && match->op == MATCH_REGEX) return collect_regex(asks, match, match->value, err);
  if (!is_known || match_is_about_all(match)) return LUMA_OK;
  if (match->op == MATCH_IN ? has_long_regex(&match->value->value)
                            : has_regex(&match->value->value))
    return LUMA_OK;
  struct ask *ask = NULL;
  switch ((int)match->op) {
  case MATCH_EQ:
    ask = add(asks, val_is_null(&match->value->value) ? ASK_NULL : ASK_EQUAL, &match->path,
              match->key, true);
    if (ask) ask->may_be_missing = is_like_missing(&match->value->value);
    return set_value(asks, ask, match->value, err);
  case MATCH_EXISTS:
    if (match->value->value.type == VAL_BOOL && match->value->value.boolean)
      (void)add(asks, ASK_EXISTS, &match->path, match->key, true);
    break;
  case MATCH_IN:
    ask = add(asks, ASK_EQUAL, &match->path, match->key, true);
    if (ask) ask->spread = true;
    if (ask) ask->may_be_missing = has_like_missing(&match->value->value);
    return set_value(asks, ask, match->value, err);
  case MATCH_GT: collect_bound(asks, match, EXPR_OP_GT); break;
  case MATCH_GTE: collect_bound(asks, match, EXPR_OP_GE); break;
  case MATCH_LT: collect_bound(asks, match, EXPR_OP_LT); break;
  case MATCH_LTE: collect_bound(asks, match, EXPR_OP_LE); break;
  default: break;
  }
  return LUMA_OK;
}

static status collect_match(struct asks *asks, const struct match *match, struct err *err) {
  if (match->op != MATCH_AND) return collect_leaf(asks, match, err);
  for (uint32_t i = 0; i < match->children_count; i++)
    TRY(collect_match(asks, match->children[i], err));
  return LUMA_OK;
}

/** A condition that stands by itself: the expression equals true, or under NOT false. */
static status collect_truth(struct asks *asks, const struct expr *expr, struct err *err) {
  bool wanted = true;
  for (; expr->kind == EXPR_UNARY && expr->op == EXPR_OP_NOT; expr = expr->args[0])
    wanted = !wanted;
  bool is_test = expr->kind == EXPR_UNARY && wanted &&
                 (expr->op == EXPR_OP_IS_TRUE || expr->op == EXPR_OP_IS_FALSE);
  if (is_test) wanted = expr->op == EXPR_OP_IS_TRUE;
  if (is_test) expr = expr->args[0];
  if (expr->mongo || expr->kind == EXPR_MATCH || !is_askable(expr)) return LUMA_OK;
  struct expr *value = expr_const(asks->opt->arena, val_bool(wanted), expr->offset);
  TRY(opt__memory(asks->opt, value, err));
  return set_value(asks, add_about(asks, ASK_EQUAL, expr), value, err);
}

static status collect_known(struct asks *asks, struct expr *expr, struct err *err) {
  if (expr->kind == EXPR_BINARY) return collect_binary(asks, expr, err);
  if (expr->kind == EXPR_IN) return collect_in(asks, expr);
  if (expr->kind == EXPR_BETWEEN) return collect_between(asks, expr);
  if (expr->kind == EXPR_MATCH) return collect_match(asks, expr->match, err);
  if (expr->kind == EXPR_UNARY && expr->op == EXPR_OP_IS_NULL && is_askable(expr->args[0]))
    add_about(asks, ASK_NULL, expr->args[0]);
  return LUMA_OK;
}

static status collect(void *context, struct expr *expr, struct err *err) {
  struct asks *asks = context;
  uint32_t before = asks->count;
  TRY(collect_known(asks, expr, err));
  return asks->count == before ? collect_truth(asks, expr, err) : LUMA_OK;
}

status asks_collect(struct opt *opt, struct expr *condition, struct asks *asks, struct err *err) {
  asks->opt = opt;
  asks->count = 0;
  asks->condition = condition;
  asks->also = NULL;
  asks->also_match = NULL;
  return opt__conjuncts(condition, collect, asks, err);
}

status asks_add(struct asks *asks, struct expr *expr, const struct match *match, struct err *err) {
  asks->also = expr;
  asks->also_match = match;
  return match ? collect_match(asks, match, err) : opt__conjuncts(expr, collect, asks, err);
}
