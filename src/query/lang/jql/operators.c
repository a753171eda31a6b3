/* SPDX-License-Identifier: MIT */
/* Operators of expressions that are more than functions: logic and conditions, which do not compute
 * what they do not need; comparisons; variables and what is done with each element of a list. */
#include "query/lang/jql/expression_int.h"

enum { FOLD_LEFT_MAX = 16 };

typedef status read_special(const struct jql *jql, const struct word *word,
                            const struct jql_node *node, struct expr **expr);

/** a AND b AND c from the left; long lists by halves, so that the tree stays shallow. */
static struct expr *fold(const struct jql *jql, enum expr_op op, struct expr *const *items,
                         uint32_t count, uint64_t offset) {
  if (count == 1) return items[0];
  uint32_t left = count <= FOLD_LEFT_MAX ? count - 1 : count / 2;
  struct expr *expr = expr_binary(jql->arena, op, fold(jql, op, items, left, offset),
                                  fold(jql, op, items + left, count - left, offset), offset);
  if (expr) expr->mongo = true;
  return expr;
}

/** Whether an expression answers true or false, and nothing else. */
static bool is_truth(const struct expr *expr) {
  if (expr->kind == EXPR_CONST) return expr->value.type == VAL_BOOL;
  if (expr->kind == EXPR_UNARY) return expr->op == EXPR_OP_NOT || expr->op == EXPR_OP_TRUTH;
  if (expr->kind != EXPR_BINARY) return expr->kind == EXPR_MATCH;
  return expr->op == EXPR_OP_AND || expr->op == EXPR_OP_OR ||
         (expr->op >= EXPR_OP_EQ && expr->op <= EXPR_OP_GE);
}

status jql__truth_of(const struct jql *jql, struct expr *expr, struct expr **truth) {
  *truth = is_truth(expr) ? expr : expr_unary(jql->arena, EXPR_OP_TRUTH, expr, expr->offset);
  return jql__made(jql, *truth);
}

/* ---- comparison and logic ---- */

struct word_op {
  const char *name;
  enum expr_op op;
};

static enum expr_op op_of(const struct word *word) {
  static const struct word_op ops[] = {
      {"$eq", EXPR_OP_EQ}, {"$ne", EXPR_OP_NE},  {"$gt", EXPR_OP_GT},   {"$gte", EXPR_OP_GE},
      {"$lt", EXPR_OP_LT}, {"$lte", EXPR_OP_LE}, {"$and", EXPR_OP_AND}, {"$or", EXPR_OP_OR}};
  for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
    if (strcmp(word->name, ops[i].name) == 0) return ops[i].op;
  return EXPR_OP_NOT;
}

static status read_comparison(const struct jql *jql, const struct word *word,
                              const struct jql_node *node, struct expr **expr) {
  struct jql_args args;
  TRY(jql__args(jql, word, node, &args));
  *expr = fold(jql, op_of(word), args.items, args.count, node->offset);
  return jql__made(jql, *expr);
}

static status read_logic(const struct jql *jql, const struct word *word,
                         const struct jql_node *node, struct expr **expr) {
  struct jql_args args;
  enum expr_op op = op_of(word);
  TRY(jql__args(jql, word, node, &args));
  for (uint32_t i = 0; i < args.count; i++) TRY(jql__truth_of(jql, args.items[i], &args.items[i]));
  if (op == EXPR_OP_NOT)
    *expr = expr_unary(jql->arena, EXPR_OP_NOT, args.items[0], node->offset);
  else if (args.count == 0)
    *expr = expr_const(jql->arena, val_bool(op == EXPR_OP_AND), node->offset);
  else
    *expr = fold(jql, op, args.items, args.count, node->offset);
  return jql__made(jql, *expr);
}

static status read_literal(const struct jql *jql, const struct word *word,
                           const struct jql_node *node, struct expr **expr) {
  (void)word;
  return jql__const(jql, node, expr);
}

static status read_if_null(const struct jql *jql, const struct word *word,
                           const struct jql_node *node, struct expr **expr) {
  struct jql_args args;
  TRY(jql__args(jql, word, node, &args));
  *expr = expr_node(jql->arena, EXPR_CALL, args.items, args.count, node->offset);
  TRY(jql__made(jql, *expr));
  (*expr)->name = slice_of_text("coalesce");
  return LUMA_OK;
}

/* ---- conditions ---- */

static status make_case(const struct jql *jql, const struct jql_node *node,
                        struct expr *const *items, uint32_t count, struct expr **expr) {
  *expr = expr_node(jql->arena, EXPR_CASE, items, count, node->offset);
  TRY(jql__made(jql, *expr));
  (*expr)->has_else = true;
  return LUMA_OK;
}

static status read_cond(const struct jql *jql, const struct word *word, const struct jql_node *node,
                        struct expr **expr) {
  static const struct jql_field specs[] = {
      {"if", JQL_ANY, true}, {"then", JQL_ANY, true}, {"else", JQL_ANY, true}};
  struct jql_node fields[3];
  struct expr *parts[3];
  struct jql_args args = {.items = parts, .count = 3};
  if (node->value.type != VAL_MAP || jql__has_operators(node)) {
    TRY(jql__args(jql, word, node, &args));
  } else {
    TRY(jql__take_arguments(jql, word->name, node, specs, 3, fields));
    for (uint32_t i = 0; i < 3; i++) TRY(jql__expression(jql, &fields[i], &parts[i]));
  }
  TRY(jql__truth_of(jql, args.items[0], &args.items[0]));
  return make_case(jql, node, args.items, 3, expr);
}

static status read_branches(const struct jql *jql, const struct jql_node *list,
                            struct expr **items) {
  static const struct jql_field specs[] = {{"case", JQL_ANY, true}, {"then", JQL_ANY, true}};
  struct jql_each each = jql__each(jql, list);
  struct jql_node branch, fields[2];
  while (jql__next(&each, &branch)) {
    TRY(jql__take_arguments(jql, "a branch of $switch", &branch, specs, 2, fields));
    TRY(jql__expression(jql, &fields[0], items));
    TRY(jql__truth_of(jql, items[0], items));
    TRY(jql__expression(jql, &fields[1], items + 1));
    items += 2;
  }
  return LUMA_OK;
}

static status read_switch(const struct jql *jql, const struct word *word,
                          const struct jql_node *node, struct expr **expr) {
  static const struct jql_field specs[] = {{"branches", JQL_ANY, false},
                                           {"default", JQL_ANY, false}};
  struct jql_node fields[2] = {0};
  TRY(jql__take_arguments(jql, word->name, node, specs, 2, fields));
  if (jql_is_given(&fields[0]) && fields[0].value.type != VAL_LIST)
    return jql__fail_code(jql, &fields[0], 40061, "$switch expected an array for 'branches'");
  uint32_t count = jql_is_given(&fields[0]) ? val_count(&fields[0].value) : 0;
  if (count == 0) return jql__fail_code(jql, node, 40068, "$switch requires at least one branch");
  struct expr **items = arena_zalloc(jql->arena, 2 * count + 1, sizeof *items);
  TRY(jql__made(jql, items));
  TRY(read_branches(jql, &fields[0], items));
  const struct jql_args none = {.items = items};
  if (jql_is_given(&fields[1]))
    TRY(jql__expression(jql, &fields[1], &items[2 * count]));
  else
    TRY(jql__call(jql, node, "$switchWithoutDefault", &none, &items[2 * count]));
  return make_case(jql, node, items, 2 * count + 1, expr);
}

/* ---- variables ---- */

static bool is_word_byte(uint8_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c >= 0x80;
}

status jql__check_variable(const struct jql *jql, const struct jql_node *node, struct slice name) {
  if (slice_is_equal(name, slice_of_text("CURRENT"))) return LUMA_OK;
  if (name.bytes == 0)
    return jql__fail_code(jql, node, 16866, "empty variable names are not allowed");
  bool good = (name.data[0] >= 'a' && name.data[0] <= 'z') || name.data[0] >= 0x80;
  if (!good)
    return jql__fail_code(jql, node, 16867,
                          "'%.*s' starts with an invalid character for a user variable name",
                          SLICE_ARG(name));
  for (size_t i = 0; i < name.bytes; i++)
    if (!is_word_byte(name.data[i]))
      return jql__fail_code(jql, node, 16868,
                            "'%.*s' contains an invalid character for a variable name: '%c'",
                            SLICE_ARG(name), name.data[i]);
  return LUMA_OK;
}

/** The first number that is free for a variable. */
static uint32_t free_number(const struct jql *jql) {
  return jql->variables ? jql->variables->number + 1 : 0;
}

static status read_let(const struct jql *jql, const struct word *word, const struct jql_node *node,
                       struct expr **expr) {
  static const struct jql_field specs[] = {{"vars", JQL_MAP, true}, {"in", JQL_ANY, true}};
  struct jql_node fields[2], field;
  TRY(jql__take_arguments(jql, word->name, node, specs, 2, fields));
  struct jql_each each = jql__each(jql, &fields[0]);
  struct jql inner = *jql;
  uint32_t first = free_number(jql);
  struct expr **items = arena_zalloc(jql->arena, each.count + 1, sizeof *items);
  struct jql_variable *variables = arena_zalloc(jql->arena, each.count + 1, sizeof *variables);
  TRY(jql__made(jql, items ? variables : NULL));
  for (uint32_t i = 0; jql__next(&each, &field); i++) {
    TRY(jql__check_variable(jql, &field, field.name));
    TRY(jql__expression(jql, &field, &items[i]));
    variables[i] = (struct jql_variable){field.name, first + i, inner.variables};
    inner.variables = &variables[i];
  }
  TRY(jql__expression(&inner, &fields[1], &items[each.count]));
  *expr = expr_node(jql->arena, EXPR_LET, items, each.count + 1, node->offset);
  TRY(jql__made(jql, *expr));
  (*expr)->variable = first;
  return LUMA_OK;
}

/** The name that `as` gives, "this" by default. */
static status read_as(const struct jql *jql, const struct jql_node *as, struct slice *name) {
  *name = slice_of_text("this");
  if (!jql_is_given(as)) return LUMA_OK;
  TRY(jql__check_kind(jql, as, JQL_TEXT));
  *name = val_slice(&as->value);
  return jql__check_variable(jql, as, *name);
}

static status make_each(const struct jql *jql, const struct jql_node *node, enum expr_each each,
                        struct expr *const *items, struct expr **expr) {
  *expr = expr_node(jql->arena, EXPR_EACH, items, 3, node->offset);
  TRY(jql__made(jql, *expr));
  (*expr)->each = each;
  (*expr)->variable = free_number(jql);
  return LUMA_OK;
}

/** $map and $filter: input, as, the body, and for $filter a limit. */
static status read_elements(const struct jql *jql, const struct word *word,
                            const struct jql_node *node, struct expr **expr) {
  bool filters = strcmp(word->name, "$filter") == 0;
  const struct jql_field specs[] = {{"input", JQL_ANY, true},
                                    {"as", JQL_ANY, false},
                                    {filters ? "cond" : "in", JQL_ANY, true},
                                    {"limit", JQL_ANY, false}};
  struct jql_node fields[4] = {0};
  struct slice name;
  struct expr *items[3];
  TRY(jql__take_arguments(jql, word->name, node, specs, filters ? 4 : 3, fields));
  TRY(read_as(jql, &fields[1], &name));
  TRY(jql__expression(jql, &fields[0], &items[0]));
  items[1] = expr_const(jql->arena, val_null(), node->offset);
  TRY(jql__made(jql, items[1]));
  if (filters && jql_is_given(&fields[3])) TRY(jql__expression(jql, &fields[3], &items[1]));
  struct jql inner = *jql;
  const struct jql_variable element = {name, free_number(jql), jql->variables};
  const struct jql_variable hidden = {slice_of("", 0), element.number + 1, &element};
  inner.variables = &hidden;
  TRY(jql__expression(&inner, &fields[2], &items[2]));
  return make_each(jql, node, filters ? EXPR_EACH_FILTER : EXPR_EACH_MAP, items, expr);
}

static status read_reduce(const struct jql *jql, const struct word *word,
                          const struct jql_node *node, struct expr **expr) {
  static const struct jql_field specs[] = {
      {"input", JQL_ANY, true}, {"initialValue", JQL_ANY, true}, {"in", JQL_ANY, true}};
  struct jql_node fields[3];
  struct expr *items[3];
  TRY(jql__take_arguments(jql, word->name, node, specs, 3, fields));
  TRY(jql__expression(jql, &fields[0], &items[0]));
  TRY(jql__expression(jql, &fields[1], &items[1]));
  struct jql inner = *jql;
  const struct jql_variable element = {slice_of_text("this"), free_number(jql), jql->variables};
  const struct jql_variable value = {slice_of_text("value"), element.number + 1, &element};
  inner.variables = &value;
  TRY(jql__expression(&inner, &fields[2], &items[2]));
  return make_each(jql, node, EXPR_EACH_REDUCE, items, expr);
}

static status read_meta(const struct jql *jql, const struct word *word, const struct jql_node *node,
                        struct expr **expr) {
  (void)word;
  return jql__meta(jql, node, expr);
}

struct special {
  const char *name;
  read_special *read;
};

status jql__special(const struct jql *jql, const struct word *word, const struct jql_node *node,
                    struct expr **expr) {
  static const struct special readers[] = {
      {"$eq", read_comparison},   {"$ne", read_comparison},   {"$gt", read_comparison},
      {"$gte", read_comparison},  {"$lt", read_comparison},   {"$lte", read_comparison},
      {"$and", read_logic},       {"$or", read_logic},        {"$not", read_logic},
      {"$literal", read_literal}, {"$const", read_literal},   {"$ifNull", read_if_null},
      {"$cond", read_cond},       {"$switch", read_switch},   {"$let", read_let},
      {"$map", read_elements},    {"$filter", read_elements}, {"$reduce", read_reduce},
      {"$meta", read_meta},
  };
  for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++)
    if (strcmp(word->name, readers[i].name) == 0) return readers[i].read(jql, word, node, expr);
  return jql__fail(jql, node, LUMA_INTERNAL, "`%s` has no reader", word->name);
}
