/* SPDX-License-Identifier: MIT */
/* Makers and comparison of expressions. */
#include "query/plan/expr.h"

#include "value/order/order.h"

enum { EXPR_TEXT_BYTES_MAX = 64 << 10 };

static struct expr *make(struct arena *arena, enum expr_kind kind, uint64_t offset) {
  struct expr *expr = arena_zalloc(arena, 1, sizeof *expr);
  if (!expr) return NULL;
  expr->kind = kind;
  expr->offset = offset;
  return expr;
}

struct expr *expr_const(struct arena *arena, struct val value, uint64_t offset) {
  struct expr *expr = make(arena, EXPR_CONST, offset);
  if (expr) expr->value = value;
  return expr;
}

struct expr *expr_param(struct arena *arena, uint32_t number, struct slice name, uint64_t offset) {
  struct expr *expr = make(arena, EXPR_PARAM, offset);
  if (!expr) return NULL;
  expr->parameter = number;
  expr->name = name;
  return expr;
}

struct expr *expr_name(struct arena *arena, struct slice text, bool dotted, uint64_t offset) {
  struct expr *expr = make(arena, EXPR_NAME, offset);
  if (!expr || path_parse(arena, text, dotted, &expr->path, NULL) != LUMA_OK) return NULL;
  expr->name = text;
  expr->dotted = dotted;
  return expr;
}

struct expr *expr_unary(struct arena *arena, enum expr_op op, struct expr *arg, uint64_t offset) {
  struct expr *expr = expr_node(arena, EXPR_UNARY, &arg, 1, offset);
  if (expr) expr->op = op;
  return expr;
}

struct expr *expr_binary(struct arena *arena, enum expr_op op, struct expr *left,
                         struct expr *right, uint64_t offset) {
  struct expr *args[] = {left, right};
  struct expr *expr = expr_node(arena, EXPR_BINARY, args, 2, offset);
  if (expr) expr->op = op;
  return expr;
}

struct expr *expr_node(struct arena *arena, enum expr_kind kind, struct expr *const *args,
                       uint32_t count, uint64_t offset) {
  for (uint32_t i = 0; i < count; i++)
    if (!args[i]) return NULL;
  struct expr *expr = make(arena, kind, offset);
  if (!expr) return NULL;
  expr->args_count = count;
  if (count == 0) return expr;
  expr->args = arena_copy(arena, args, count * sizeof *args);
  return expr->args ? expr : NULL;
}

struct match *match_node(struct arena *arena, enum match_op op, struct match *const *children,
                         uint32_t count, uint64_t offset) {
  for (uint32_t i = 0; i < count; i++)
    if (!children[i]) return NULL;
  struct match *match = arena_zalloc(arena, 1, sizeof *match);
  if (!match) return NULL;
  match->op = op;
  match->offset = offset;
  match->children_count = count;
  if (count == 0) return match;
  match->children = arena_copy(arena, children, count * sizeof *children);
  return match->children ? match : NULL;
}

bool match_is_about_all(const struct match *match) {
  bool orders = match->op == MATCH_GT || match->op == MATCH_GTE || match->op == MATCH_LT ||
                match->op == MATCH_LTE;
  if (!orders || !match->value || match->value->kind != EXPR_CONST) return false;
  return match->value->value.type == VAL_MINKEY || match->value->value.type == VAL_MAXKEY;
}

status plan_check_memory(const struct arena *arena, const void *made, struct err *err) {
  if (made) return LUMA_OK;
  if (arena_is_over_budget(arena))
    FAIL(err, LUMA_BUDGET_EXCEEDED, "the statement needs more memory than its budget");
  FAIL(err, LUMA_OUT_OF_MEMORY, "no memory is left for the statement");
}

static bool match_is_equal(const struct match *a, const struct match *b) {
  if (!a || !b) return a == b;
  if (a->op != b->op || a->slot != b->slot || a->children_count != b->children_count) return false;
  if (!path_is_equal(&a->path, &b->path)) return false;
  if (!expr_is_equal(a->value, b->value) || !expr_is_equal(a->expression, b->expression))
    return false;
  for (uint32_t i = 0; i < a->children_count; i++)
    if (!match_is_equal(a->children[i], b->children[i])) return false;
  return true;
}

static bool pick_is_equal(const struct shape_pick *a, const struct shape_pick *b) {
  return a->kind == b->kind && path_is_equal(&a->path, &b->path) && a->skip == b->skip &&
         a->limit == b->limit && match_is_equal(a->match, b->match);
}

static bool shape_is_equal(const struct shape *a, const struct shape *b) {
  if (!a || !b) return a == b;
  if (a->include != b->include || a->id != b->id) return false;
  if (a->paths_count != b->paths_count || a->computed_count != b->computed_count) return false;
  for (uint32_t i = 0; i < a->paths_count; i++)
    if (!path_is_equal(&a->paths[i], &b->paths[i])) return false;
  for (uint32_t i = 0; i < a->computed_count; i++)
    if (!slice_is_equal(a->computed_names[i], b->computed_names[i])) return false;
  if (a->picks_count != b->picks_count) return false;
  for (uint32_t i = 0; i < a->picks_count; i++)
    if (!pick_is_equal(&a->picks[i], &b->picks[i])) return false;
  return true;
}

static bool over_is_equal(const struct expr_over *a, const struct expr_over *b) {
  if (!a || !b) return a == b;
  if (a->operands != b->operands || a->has_filter != b->has_filter ||
      a->is_aggregate != b->is_aggregate || a->within_group != b->within_group ||
      a->partition_count != b->partition_count || a->order_count != b->order_count)
    return false;
  for (uint32_t i = 0; i < a->order_count; i++)
    if (a->order[i].descending != b->order[i].descending ||
        a->order[i].nulls_first != b->order[i].nulls_first ||
        a->order[i].nulls_last != b->order[i].nulls_last)
      return false;
  if (a->ignores_nulls != b->ignores_nulls) return false;
  return a->has_frame == b->has_frame && a->mode == b->mode && a->start == b->start &&
         a->end == b->end && a->exclude == b->exclude && slice_is_equal(a->base, b->base);
}

bool expr_is_window_function(struct slice name) {
  static const char *const names[] = {"row_number",  "rank",       "dense_rank", "percent_rank",
                                      "cume_dist",   "ntile",      "lag",        "lead",
                                      "first_value", "last_value", "nth_value"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (slice_is_equal_nocase(name, slice_of_text(names[i]))) return true;
  return false;
}

/** Everything but the arguments. */
static bool node_is_equal(const struct expr *a, const struct expr *b) {
  if (a->kind != b->kind || a->op != b->op || a->aggregate != b->aggregate) return false;
  if (a->negated != b->negated || a->distinct != b->distinct || a->has_else != b->has_else)
    return false;
  if (a->mongo != b->mongo || a->dotted != b->dotted || a->args_count != b->args_count)
    return false;
  if (a->variable != b->variable || a->each != b->each) return false;
  if (a->parameter != b->parameter || a->slot != b->slot || a->function != b->function)
    return false;
  if (a->subquery != b->subquery || !over_is_equal(a->over, b->over)) return false;
  bool named = a->kind == EXPR_PARAM || a->kind == EXPR_STAR;
  if (named && !slice_is_equal(a->name, b->name)) return false;
  bool called = a->kind == EXPR_CALL || a->kind == EXPR_WINDOW;
  if (called && !slice_is_equal_nocase(a->name, b->name)) return false;
  if (a->kind == EXPR_CONST &&
      (a->value.type != b->value.type || !val_is_equal(&a->value, &b->value)))
    return false;
  return path_is_equal(&a->path, &b->path);
}

bool expr_is_equal(const struct expr *a, const struct expr *b) {
  if (!a || !b) return a == b;
  if (a == b) return true;
  if (!node_is_equal(a, b)) return false;
  for (uint32_t i = 0; i < a->args_count; i++) {
    if (!expr_is_equal(a->args[i], b->args[i])) return false;
    if (a->names && !slice_is_equal(a->names[i], b->names[i])) return false;
  }
  return match_is_equal(a->match, b->match) && shape_is_equal(a->shape, b->shape);
}

static bool add_steps(struct path *path, const struct path_step *steps, uint32_t count) {
  if (path->count + count > PATH_STEPS_MAX) return false;
  for (uint32_t i = 0; i < count; i++) path->steps[path->count + i] = steps[i];
  path->count += count;
  return true;
}

const struct expr *expr_read_path(const struct expr *expr, struct path *path) {
  const struct path_step first = {.is_index = true};
  const struct expr *place = expr->kind == EXPR_AT && expr->args_count > 1 ? expr->args[1] : NULL;
  if (expr->kind != EXPR_AT && expr->kind != EXPR_FIELD) return NULL;
  if (expr->kind == EXPR_FIELD) path->count = 0;
  const struct expr *field = expr->kind == EXPR_FIELD ? expr : expr_read_path(expr->args[0], path);
  if (!field || !add_steps(path, expr->path.steps, expr->path.count)) return NULL;
  if (!place) return field;
  bool is_name = place->kind == EXPR_CONST && place->value.type == VAL_TEXT;
  struct path_step named = {.is_name = true, .index = PATH_NO_INDEX};
  if (is_name) named.name = val_slice(&place->value);
  return add_steps(path, is_name ? &named : &first, 1) ? field : NULL;
}

bool expr_reads_sensitive(const struct expr *expr) {
  if (expr->kind == EXPR_FIELD && expr->is_masked) return true;
  for (uint32_t i = 0; i < expr->args_count; i++) {
    if (expr_reads_sensitive(expr->args[i])) return true;
  }
  return false;
}

bool expr_has_subquery(const struct expr *expr) {
  bool has = expr->subquery != NULL;
  for (uint32_t i = 0; !has && i < expr->args_count; i++) has = expr_has_subquery(expr->args[i]);
  return has;
}

static void settle_names(struct arena *arena, struct expr *expr) {
  if (expr->kind == EXPR_FIELD && expr->path.count) expr->name = slice_of(NULL, 0);
  uint8_t *name = expr->kind == EXPR_CALL && expr->name.bytes
                      ? arena_copy(arena, expr->name.data, expr->name.bytes)
                      : NULL;
  for (size_t i = 0; name && i < expr->name.bytes; i++)
    if (name[i] >= 'A' && name[i] <= 'Z') name[i] |= 0x20;
  if (name) expr->name.data = name;
  for (uint32_t i = 0; i < expr->args_count; i++) settle_names(arena, expr->args[i]);
}

bool expr_op_keeps(enum expr_op op, int order) {
  switch ((int)op) {
  case EXPR_OP_EQ: return order == 0;
  case EXPR_OP_NE: return order != 0;
  case EXPR_OP_LT: return order < 0;
  case EXPR_OP_LE: return order <= 0;
  case EXPR_OP_GT: return order > 0;
  default: return order >= 0;
  }
}

enum expr_op expr_op_swapped(enum expr_op op) {
  switch ((int)op) {
  case EXPR_OP_LT: return EXPR_OP_GT;
  case EXPR_OP_LE: return EXPR_OP_GE;
  case EXPR_OP_GT: return EXPR_OP_LT;
  case EXPR_OP_GE: return EXPR_OP_LE;
  default: return op;
  }
}

bool expr_is_of_args(enum expr_kind kind) {
  switch ((int)kind) {
  case EXPR_CONST:
  case EXPR_PARAM:
  case EXPR_UNARY:
  case EXPR_BINARY:
  case EXPR_IN:
  case EXPR_BETWEEN:
  case EXPR_CASE:
  case EXPR_CALL:
  case EXPR_AGGREGATE:
  case EXPR_LIST:
  case EXPR_MAP: return true;
  default: return false;
  }
}

struct slice expr_settle_text(struct arena *arena, struct expr *expr) {
  struct buf text;
  buf_init(&text, EXPR_TEXT_BYTES_MAX);
  settle_names(arena, expr);
  expr_format(expr, &text);
  const uint8_t *copy = buf_check(&text, "an expression", NULL) == LUMA_OK
                            ? arena_copy(arena, text.data, text.bytes)
                            : NULL;
  struct slice made = slice_of(copy, copy ? text.bytes : 0);
  buf_deinit(&text);
  return made;
}
