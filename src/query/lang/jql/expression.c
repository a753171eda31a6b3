/* SPDX-License-Identifier: MIT */
/* Field expressions of $project, $group, $addFields and $expr. Comparisons and truths are
 * MongoDB's: by the total order, and with everything but false, null and 0 true. */
#include "query/lang/jql/jql_int.h"

enum { FOLD_LEFT_MAX = 16 };

/** One operator; `op`, `call` and the counts mean what its reader makes of them. */
struct operation {
  const char *name;
  status (*read)(const struct jql *jql, const struct operation *operation,
                 const struct jql_node *node, struct expr **expr);
  enum expr_op op;
  const char *call; /* function of the query languages */
  uint32_t args_min, args_max;
  bool of_numbers; /* takes numbers, or moments: what is seen to be another type is an error */
};

/* ---- arguments ---- */

/** An operator takes a list of arguments, or one argument by itself. */
struct args {
  struct expr **items;
  uint32_t count;
};

static status fail_count(const struct jql *jql, const struct operation *operation,
                         const struct jql_node *node, uint32_t count) {
  if (operation->args_min == operation->args_max)
    return jql__fail(jql, node, LUMA_INVALID_ARGUMENT, "`%s` takes %u %s, not %u", operation->name,
                     operation->args_min, operation->args_min == 1 ? "argument" : "arguments",
                     count);
  if (count < operation->args_min)
    return jql__fail(jql, node, LUMA_INVALID_ARGUMENT, "`%s` takes at least %u %s, not %u",
                     operation->name, operation->args_min,
                     operation->args_min == 1 ? "argument" : "arguments", count);
  return jql__fail(jql, node, LUMA_INVALID_ARGUMENT, "`%s` takes at most %u arguments, not %u",
                   operation->name, operation->args_max, count);
}

static status read_args(const struct jql *jql, const struct operation *operation,
                        const struct jql_node *node, struct args *args) {
  bool is_list = node->value.type == VAL_LIST;
  uint32_t count = is_list ? val_count(&node->value) : 1;
  if (count < operation->args_min || count > operation->args_max)
    return fail_count(jql, operation, node, count);
  *args = (struct args){.count = count};
  args->items = arena_zalloc(jql->arena, count + 1, sizeof *args->items);
  TRY(jql__made(jql, args->items));
  if (!is_list) return jql__expression(jql, node, &args->items[0]);
  struct jql_each each = jql__each(jql, node);
  struct jql_node arg;
  while (jql__next(&each, &arg)) TRY(jql__expression(jql, &arg, &args->items[arg.index]));
  return LUMA_OK;
}

/** Whether an expression answers true or false, and nothing else. */
static bool is_truth(const struct expr *expr) {
  if (expr->kind == EXPR_CONST) return expr->value.type == VAL_BOOL;
  if (expr->kind == EXPR_UNARY) return expr->op == EXPR_OP_NOT;
  if (expr->kind != EXPR_BINARY) return expr->kind == EXPR_MATCH;
  return expr->op == EXPR_OP_AND || expr->op == EXPR_OP_OR ||
         (expr->op >= EXPR_OP_EQ && expr->op <= EXPR_OP_GE);
}

/** The type an argument has as it is written; MISSING when documents decide. */
static enum val_type written_type(const struct expr *arg) {
  if (arg->kind == EXPR_CONST) return (enum val_type)arg->value.type;
  if (arg->kind == EXPR_LIST) return VAL_LIST;
  if (arg->kind == EXPR_MAP) return VAL_MAP;
  return is_truth(arg) ? VAL_BOOL : VAL_MISSING;
}

static status check_numbers(const struct jql *jql, const struct operation *operation,
                            const struct jql_node *node, const struct args *args) {
  for (uint32_t i = 0; i < args->count; i++)
    if (args->items[i]->kind == EXPR_CONST && args->items[i]->value.type == VAL_NULL)
      return LUMA_OK; /* null wins */
  for (uint32_t i = 0; operation->of_numbers && i < args->count; i++) {
    enum val_type type = written_type(args->items[i]);
    bool fits = type != VAL_TEXT && type != VAL_BOOL && type != VAL_LIST && type != VAL_MAP;
    if (!fits)
      return jql__fail(jql, node, LUMA_TYPE_MISMATCH, "`%s` takes numbers, not %s", operation->name,
                       val_type_name(type));
  }
  return LUMA_OK;
}

static struct expr *make_binary(const struct jql *jql, enum expr_op op, struct expr *left,
                                struct expr *right, uint64_t offset) {
  struct expr *expr = expr_binary(jql->arena, op, left, right, offset);
  if (expr) expr->mongo = true;
  return expr;
}

/** a + b + c from the left; long lists by halves, so that the tree stays shallow. */
static struct expr *fold(const struct jql *jql, enum expr_op op, struct expr *const *items,
                         uint32_t count, uint64_t offset) {
  if (count == 1) return items[0];
  uint32_t left = count <= FOLD_LEFT_MAX ? count - 1 : count / 2;
  return make_binary(jql, op, fold(jql, op, items, left, offset),
                     fold(jql, op, items + left, count - left, offset), offset);
}

/* ---- operators ---- */

/** a op b op c. */
static status read_chain(const struct jql *jql, const struct operation *operation,
                         const struct jql_node *node, struct expr **expr) {
  struct args args;
  TRY(read_args(jql, operation, node, &args));
  TRY(check_numbers(jql, operation, node, &args));
  *expr = fold(jql, operation->op, args.items, args.count, node->offset);
  return jql__made(jql, *expr);
}

static status read_call(const struct jql *jql, const struct operation *operation,
                        const struct jql_node *node, struct expr **expr) {
  struct args args;
  TRY(read_args(jql, operation, node, &args));
  TRY(check_numbers(jql, operation, node, &args));
  *expr = expr_node(jql->arena, EXPR_CALL, args.items, args.count, node->offset);
  TRY(jql__made(jql, *expr));
  (*expr)->name = slice_of_text(operation->call);
  return LUMA_OK;
}

static status read_literal(const struct jql *jql, const struct operation *operation,
                           const struct jql_node *node, struct expr **expr) {
  (void)operation;
  return jql__const(jql, node, expr);
}

status jql__truth_of(const struct jql *jql, struct expr *expr, struct expr **truth) {
  uint64_t offset = expr->offset;
  *truth = expr;
  if (is_truth(expr)) return LUMA_OK;
  struct match *match = match_node(jql->arena, MATCH_EXPR, NULL, 0, offset);
  TRY(jql__made(jql, match));
  match->expression = expr;
  *truth = expr_node(jql->arena, EXPR_MATCH, NULL, 0, offset);
  TRY(jql__made(jql, *truth));
  (*truth)->match = match;
  return LUMA_OK;
}

/** $and, $or, $not of expressions: later ones are not computed when earlier ones decide. */
static status read_logic(const struct jql *jql, const struct operation *operation,
                         const struct jql_node *node, struct expr **expr) {
  struct args args;
  TRY(read_args(jql, operation, node, &args));
  for (uint32_t i = 0; i < args.count; i++) TRY(jql__truth_of(jql, args.items[i], &args.items[i]));
  if (operation->op == EXPR_OP_NOT)
    *expr = expr_unary(jql->arena, EXPR_OP_NOT, args.items[0], node->offset);
  else if (args.count == 0)
    *expr = expr_const(jql->arena, val_bool(operation->op == EXPR_OP_AND), node->offset);
  else
    *expr = fold(jql, operation->op, args.items, args.count, node->offset);
  return jql__made(jql, *expr);
}

/** The three parts of $cond, given as a list or by name. */
static status read_cond_parts(const struct jql *jql, const struct operation *operation,
                              const struct jql_node *node, struct args *args) {
  static const struct jql_field specs[] = {
      {"if", JQL_ANY, true}, {"then", JQL_ANY, true}, {"else", JQL_ANY, true}};
  struct jql_node fields[3];
  if (node->value.type != VAL_MAP) return read_args(jql, operation, node, args);
  TRY(jql__take(jql, node, specs, 3, fields));
  args->count = 3;
  args->items = arena_zalloc(jql->arena, 3, sizeof *args->items);
  TRY(jql__made(jql, args->items));
  for (uint32_t i = 0; i < 3; i++) TRY(jql__expression(jql, &fields[i], &args->items[i]));
  return LUMA_OK;
}

static status read_cond(const struct jql *jql, const struct operation *operation,
                        const struct jql_node *node, struct expr **expr) {
  struct args args = {0};
  TRY(read_cond_parts(jql, operation, node, &args));
  TRY(jql__truth_of(jql, args.items[0], &args.items[0]));
  *expr = expr_node(jql->arena, EXPR_CASE, args.items, args.count, node->offset);
  TRY(jql__made(jql, *expr));
  (*expr)->has_else = true;
  return LUMA_OK;
}

static const struct operation operations[] = {
    {"$literal", read_literal, 0, NULL, 0, 0, false},
    {"$add", read_chain, EXPR_OP_ADD, NULL, 1, UINT32_MAX, true},
    {"$subtract", read_chain, EXPR_OP_SUBTRACT, NULL, 2, 2, true},
    {"$multiply", read_chain, EXPR_OP_MULTIPLY, NULL, 1, UINT32_MAX, true},
    {"$divide", read_chain, EXPR_OP_DIVIDE, NULL, 2, 2, true},
    {"$mod", read_chain, EXPR_OP_MODULO, NULL, 2, 2, true},
    {"$concat", read_chain, EXPR_OP_CONCAT, NULL, 1, UINT32_MAX, false},
    {"$eq", read_chain, EXPR_OP_EQ, NULL, 2, 2, false},
    {"$ne", read_chain, EXPR_OP_NE, NULL, 2, 2, false},
    {"$gt", read_chain, EXPR_OP_GT, NULL, 2, 2, false},
    {"$gte", read_chain, EXPR_OP_GE, NULL, 2, 2, false},
    {"$lt", read_chain, EXPR_OP_LT, NULL, 2, 2, false},
    {"$lte", read_chain, EXPR_OP_LE, NULL, 2, 2, false},
    {"$and", read_logic, EXPR_OP_AND, NULL, 0, UINT32_MAX, false},
    {"$or", read_logic, EXPR_OP_OR, NULL, 0, UINT32_MAX, false},
    {"$not", read_logic, EXPR_OP_NOT, NULL, 1, 1, false},
    {"$cond", read_cond, 0, NULL, 3, 3, false},
    {"$ifNull", read_call, 0, "coalesce", 2, 16, false},
    {"$toUpper", read_call, 0, "upper", 1, 1, false},
    {"$toLower", read_call, 0, "lower", 1, 1, false},
    {"$abs", read_call, 0, "abs", 1, 1, true},
    {"$ceil", read_call, 0, "ceil", 1, 1, true},
    {"$floor", read_call, 0, "floor", 1, 1, true},
    {"$sqrt", read_call, 0, "sqrt", 1, 1, true},
    {"$pow", read_call, 0, "power", 2, 2, true},
    {"$strLenCP", read_call, 0, "length", 1, 1, false},
};

enum { OPERATIONS = sizeof operations / sizeof operations[0] };

static status read_operator(const struct jql *jql, const struct jql_node *map, struct expr **expr) {
  struct jql_each each = jql__each(jql, map);
  struct jql_node node;
  (void)jql__next(&each, &node);
  if (each.count > 1)
    return jql__fail(jql, &node, LUMA_SYNTAX_ERROR, "`%.*s` stands beside other fields",
                     SLICE_ARG(node.name));
  for (size_t i = 0; i < OPERATIONS; i++)
    if (jql_is_named(&node, operations[i].name))
      return operations[i].read(jql, &operations[i], &node, expr);
  return jql__fail_unknown(jql, &node, "an operator of expressions", operations, OPERATIONS,
                           sizeof *operations);
}

/* ---- variables, maps, lists ---- */

/** In expressions a number in a path is a name, never an index. */
static status read_path(const struct jql *jql, const struct jql_node *node, struct slice text,
                        struct expr **expr) {
  TRY(jql__name(jql, node, text, expr));
  for (uint32_t i = 0; i < (*expr)->path.count; i++) {
    (*expr)->path.steps[i].is_index = false;
    (*expr)->path.steps[i].index = PATH_NO_INDEX;
  }
  return LUMA_OK;
}

static status read_variable(const struct jql *jql, const struct jql_node *node, struct slice name,
                            struct expr **expr) {
  const uint8_t *dot = memchr(name.data, '.', name.bytes);
  struct slice rest = {0}, first = name;
  if (dot) {
    first.bytes = (size_t)(dot - name.data);
    rest = slice_of(dot + 1, name.bytes - first.bytes - 1);
  }
  bool is_row = slice_is_equal(first, slice_of_text("ROOT")) ||
                slice_is_equal(first, slice_of_text("CURRENT"));
  if (is_row && rest.data) return read_path(jql, node, rest, expr);
  if (is_row) {
    *expr = expr_node(jql->arena, EXPR_STAR, NULL, 0, node->offset);
  } else if (slice_is_equal(name, slice_of_text("NOW"))) {
    *expr = expr_node(jql->arena, EXPR_CALL, NULL, 0, node->offset);
    if (*expr) (*expr)->name = slice_of_text("now");
  } else if (slice_is_equal(name, slice_of_text("REMOVE"))) {
    *expr = expr_const(jql->arena, val_missing(), node->offset);
  } else {
    status failed =
        jql__fail(jql, node, LUMA_UNKNOWN_FIELD, "there is no variable `$$%.*s`", SLICE_ARG(first));
    err_hint(jql->err, "there are $$ROOT, $$CURRENT, $$NOW, $$REMOVE");
    return failed;
  }
  return jql__made(jql, *expr);
}

static status read_text(const struct jql *jql, const struct jql_node *node, struct expr **expr) {
  struct slice text = val_slice(&node->value);
  if (!jql_is_operator(text) || text.bytes == 1) return jql__const(jql, node, expr);
  if (text.data[1] == '$')
    return read_variable(jql, node, slice_of(text.data + 2, text.bytes - 2), expr);
  return read_path(jql, node, slice_of(text.data + 1, text.bytes - 1), expr);
}

/** A map or list whose parts are expressions. */
static status read_parts(const struct jql *jql, const struct jql_node *node, struct expr **expr) {
  struct jql_each each = jql__each(jql, node);
  struct jql_node part;
  bool is_map = node->value.type == VAL_MAP;
  struct expr **items = arena_zalloc(jql->arena, each.count + 1, sizeof *items);
  TRY(jql__made(jql, items));
  struct slice *names = arena_zalloc(jql->arena, each.count + 1, sizeof *names);
  TRY(jql__made(jql, names));
  while (jql__next(&each, &part)) {
    if (jql_is_operator(part.name))
      return jql__fail(jql, &part, LUMA_SYNTAX_ERROR, "`%.*s` stands beside other fields",
                       SLICE_ARG(part.name));
    names[part.index] = part.name;
    TRY(jql__expression(jql, &part, &items[part.index]));
  }
  *expr = expr_node(jql->arena, is_map ? EXPR_MAP : EXPR_LIST, items, each.count, node->offset);
  TRY(jql__made(jql, *expr));
  (*expr)->names = is_map ? names : NULL;
  return LUMA_OK;
}

status jql__expression(const struct jql *jql, const struct jql_node *node, struct expr **expr) {
  if (node->value.type == VAL_TEXT) return read_text(jql, node, expr);
  if (jql__has_operators(node)) return read_operator(jql, node, expr);
  if (node->value.type == VAL_MAP || node->value.type == VAL_LIST)
    return read_parts(jql, node, expr);
  return jql__const(jql, node, expr);
}
