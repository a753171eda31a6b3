/* SPDX-License-Identifier: MIT */
/* Expressions as text: EXPLAIN, column names, golden plans. */
#include "base/text/quote.h"
#include "query/plan/aggregate.h"
#include "value/json/json.h"

static const char *const op_texts[] = {
    [EXPR_OP_NOT] = "NOT ",
    [EXPR_OP_NEGATE] = "-",
    [EXPR_OP_IS_NULL] = " IS NULL",
    [EXPR_OP_IS_NOT_NULL] = " IS NOT NULL",
    [EXPR_OP_IS_TRUE] = " IS TRUE",
    [EXPR_OP_TRUTH] = " IS TRUE",
    [EXPR_OP_IS_FALSE] = " IS FALSE",
    [EXPR_OP_AND] = "AND",
    [EXPR_OP_OR] = "OR",
    [EXPR_OP_EQ] = "=",
    [EXPR_OP_NE] = "!=",
    [EXPR_OP_LT] = "<",
    [EXPR_OP_LE] = "<=",
    [EXPR_OP_GT] = ">",
    [EXPR_OP_GE] = ">=",
    [EXPR_OP_IS_DISTINCT] = "IS DISTINCT FROM",
    [EXPR_OP_IS_NOT_DISTINCT] = "IS NOT DISTINCT FROM",
    [EXPR_OP_LIKE] = "LIKE",
    [EXPR_OP_NOT_LIKE] = "NOT LIKE",
    [EXPR_OP_ILIKE] = "ILIKE",
    [EXPR_OP_NOT_ILIKE] = "NOT ILIKE",
    [EXPR_OP_CONTAINS] = "CONTAINS",
    [EXPR_OP_STARTS_WITH] = "STARTS WITH",
    [EXPR_OP_ENDS_WITH] = "ENDS WITH",
    [EXPR_OP_ADD] = "+",
    [EXPR_OP_SUBTRACT] = "-",
    [EXPR_OP_MULTIPLY] = "*",
    [EXPR_OP_DIVIDE] = "/",
    [EXPR_OP_MODULO] = "%",
    [EXPR_OP_CONCAT] = "||",
};

const char *expr_aggregate_name(enum expr_aggregate aggregate) {
  static const char *const others[] = {[EXPR_PUSH] = "push",
                                       [EXPR_ADD_TO_SET] = "addToSet",
                                       [EXPR_GATHER] = "gather",
                                       [EXPR_GROUPING] = "grouping"};
  for (uint32_t i = 0; i < aggregate__table_count; i++)
    if (aggregate__table[i].kind == aggregate && !aggregate__table[i].is_other)
      return aggregate__table[i].name;
  return others[aggregate];
}

static void format_value(const struct val *value, struct buf *out) {
  struct json_write_options options = {.form = JSON_PLAIN, .key_name = "_id"};
  if (value->type == VAL_TEXT) {
    quote_append(out, val_slice(value), '\'');
    return;
  }
  bool plain = val_is_null(value) || value->type == VAL_BOOL || val_is_number(value);
  bool nested = value->type == VAL_LIST || value->type == VAL_MAP;
  if (!plain && !nested) buf_append_format(out, "%s ", val_type_name(value->type));
  json_write(out, value, &options);
}

/** Comma-separated arguments [first, end). */
static void format_some(const struct expr *expr, uint32_t first, uint32_t end, struct buf *out) {
  for (uint32_t i = first; i < end; i++) {
    if (i > first) buf_append_text(out, ", ");
    expr_format(expr->args[i], out);
  }
}

static void format_args(const struct expr *expr, uint32_t first, struct buf *out) {
  format_some(expr, first, expr->args_count, out);
}

static bool is_compound(const struct expr *expr) {
  return expr->kind == EXPR_BINARY || expr->kind == EXPR_BETWEEN || expr->kind == EXPR_IN ||
         (expr->kind == EXPR_UNARY && expr->op != EXPR_OP_NEGATE);
}

/** An argument of an operator: compound ones in parentheses. */
static void format_operand(const struct expr *expr, struct buf *out) {
  bool compound = is_compound(expr);
  if (compound) buf_append_byte(out, '(');
  expr_format(expr, out);
  if (compound) buf_append_byte(out, ')');
}

/* Two minus signs together would begin a comment. */
static bool begins_minus(const struct expr *expr) {
  return (expr->kind == EXPR_UNARY && expr->op == EXPR_OP_NEGATE) ||
         (expr->kind == EXPR_CONST && val_is_number(&expr->value));
}

static void format_unary(const struct expr *expr, struct buf *out) {
  bool prefix = expr->op == EXPR_OP_NOT || expr->op == EXPR_OP_NEGATE;
  if (prefix) buf_append_text(out, op_texts[expr->op]);
  if (expr->op == EXPR_OP_NEGATE && begins_minus(expr->args[0])) buf_append_byte(out, ' ');
  format_operand(expr->args[0], out);
  if (!prefix) buf_append_text(out, op_texts[expr->op]);
}

static void format_case(const struct expr *expr, struct buf *out) {
  buf_append_text(out, "CASE");
  uint32_t pairs = expr->args_count / 2;
  for (uint32_t i = 0; i < pairs; i++) {
    buf_append_text(out, " WHEN ");
    expr_format(expr->args[2 * i], out);
    buf_append_text(out, " THEN ");
    expr_format(expr->args[2 * i + 1], out);
  }
  if (expr->has_else) {
    buf_append_text(out, " ELSE ");
    expr_format(expr->args[expr->args_count - 1], out);
  }
  buf_append_text(out, " END");
}

static void format_map(const struct expr *expr, struct buf *out) {
  buf_append_byte(out, '{');
  for (uint32_t i = 0; i < expr->args_count; i++) {
    if (i) buf_append_text(out, ", ");
    json_write_text(out, expr->names[i]);
    buf_append_text(out, ": ");
    expr_format(expr->args[i], out);
  }
  buf_append_byte(out, '}');
}

static void format_shape(const struct expr *expr, struct buf *out) {
  static const char *const kinds[] = {
      [SHAPE_SLICE] = " slice", [SHAPE_ELEMENT] = " element", [SHAPE_MATCHED] = " matched"};
  const struct shape *shape = expr->shape;
  buf_append_text(out, shape->include ? "keep {" : "leave out {");
  const char *between = "";
  if (shape->id == shape->include) { /* named in either list only when it is in it */
    buf_append_text(out, "_id");
    between = ", ";
  }
  for (uint32_t i = 0; i < shape->paths_count; i++) {
    buf_append_text(out, between);
    path_format(&shape->paths[i], out);
    between = ", ";
  }
  for (uint32_t i = 0; i < shape->computed_count; i++) {
    buf_append_text(out, between);
    buf_append_slice(out, shape->computed_names[i]);
    buf_append_text(out, ": ");
    expr_format(expr->args[i + 1], out);
    between = ", ";
  }
  for (uint32_t i = 0; i < shape->picks_count; i++) {
    buf_append_text(out, between);
    path_format(&shape->picks[i].path, out);
    buf_append_text(out, kinds[shape->picks[i].kind]);
    between = ", ";
  }
  buf_append_byte(out, '}');
}

/* CAST(a AS text) is the call cast(a, 'text'). */
static bool is_cast(const struct expr *expr) {
  return expr->kind == EXPR_CALL && expr->args_count >= 2 &&
         slice_is_equal_nocase(expr->name, slice_of_text("cast")) &&
         expr->args[1]->kind == EXPR_CONST && expr->args[1]->value.type == VAL_TEXT;
}

static void format_cast(const struct expr *expr, struct buf *out) {
  buf_append_text(out, "CAST(");
  expr_format(expr->args[0], out);
  buf_append_text(out, " AS ");
  buf_append_slice(out, val_slice(&expr->args[1]->value));
  if (expr->args_count > 2) {
    buf_append_byte(out, '(');
    format_args(expr, 2, out);
    buf_append_byte(out, ')');
  }
  buf_append_byte(out, ')');
}

static void format_keys(const struct expr *expr, uint32_t first, struct buf *out) {
  buf_append_text(out, "ORDER BY ");
  for (uint32_t i = 0; i < expr->over->order_count; i++) {
    const struct expr_order *order = &expr->over->order[i];
    if (i) buf_append_text(out, ", ");
    expr_format(expr->args[first + i], out);
    if (order->descending) buf_append_text(out, " DESC");
    if (order->nulls_first) buf_append_text(out, " NULLS FIRST");
    if (order->nulls_last) buf_append_text(out, " NULLS LAST");
  }
}

static void format_bound(const struct expr *expr, enum expr_bound bound, uint32_t at,
                         struct buf *out) {
  static const char *const texts[] = {"UNBOUNDED PRECEDING", "PRECEDING", "CURRENT ROW",
                                      "FOLLOWING", "UNBOUNDED FOLLOWING"};
  if (bound == EXPR_BOUND_PRECEDING || bound == EXPR_BOUND_FOLLOWING) {
    format_operand(expr->args[at], out);
    buf_append_byte(out, ' ');
  }
  buf_append_text(out, texts[bound]);
}

static void format_frame(const struct expr *expr, uint32_t at, struct buf *out) {
  static const char *const modes[] = {" RANGE", " ROWS", " GROUPS"};
  static const char *const excludes[] = {"", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP",
                                         " EXCLUDE TIES"};
  const struct expr_over *over = expr->over;
  buf_append_format(out, "%s BETWEEN ", modes[over->mode]);
  format_bound(expr, over->start, at, out);
  buf_append_text(out, " AND ");
  format_bound(expr, over->end, at + over->has_start, out);
  buf_append_text(out, excludes[over->exclude]);
}

static void format_window(const struct expr *expr, uint32_t at, struct buf *out) {
  const struct expr_over *over = expr->over;
  buf_append_text(out, " OVER (");
  buf_append_slice(out, over->base);
  if (over->partition_count) buf_append_text(out, "PARTITION BY ");
  format_some(expr, at, at + over->partition_count, out);
  at += over->partition_count;
  if (over->order_count && over->partition_count) buf_append_byte(out, ' ');
  if (over->order_count) format_keys(expr, at, out);
  if (over->has_frame) format_frame(expr, at + over->order_count, out);
  buf_append_byte(out, ')');
}

/* What follows the operands of a call, its closing parenthesis included. */
static void format_over(const struct expr *expr, struct buf *out) {
  const struct expr_over *over = expr->over;
  bool is_window = expr->kind == EXPR_WINDOW;
  uint32_t at = over->operands, keys = at + over->has_filter;
  if (!is_window && over->order_count && !over->within_group) {
    buf_append_byte(out, ' ');
    format_keys(expr, keys, out);
  }
  buf_append_byte(out, ')');
  if (!is_window && over->within_group) {
    buf_append_text(out, " WITHIN GROUP (");
    format_keys(expr, keys, out);
    buf_append_byte(out, ')');
  }
  if (over->has_filter) {
    buf_append_text(out, " FILTER (WHERE ");
    expr_format(expr->args[at], out);
    buf_append_byte(out, ')');
  }
  if (is_window) format_window(expr, keys, out);
}

static void format_call(const struct expr *expr, struct buf *out) {
  if (is_cast(expr)) {
    format_cast(expr, out);
    return;
  }
  bool is_aggregate = expr->kind == EXPR_AGGREGATE || (expr->over && expr->over->is_aggregate);
  if (is_aggregate)
    buf_append_text(out, expr_aggregate_name(expr->aggregate));
  else
    buf_append_slice(out, expr->name);
  buf_append_byte(out, '(');
  if (expr->distinct) buf_append_text(out, "DISTINCT ");
  if (is_aggregate && expr_operands(expr) == 0) buf_append_byte(out, '*');
  format_some(expr, 0, expr_operands(expr), out);
  if (!expr->over) {
    buf_append_byte(out, ')');
    return;
  }
  format_over(expr, out);
}

/* The nodes of the plan in one line, from the top. */
static void format_subquery(const struct expr *expr, struct buf *out) {
  const struct subquery *subquery = expr->subquery;
  if (subquery->left_count) {
    buf_append_byte(out, '(');
    format_some(expr, 0, subquery->left_count, out);
    buf_append_format(out, ") %s %s ", op_texts[subquery->op], subquery->all ? "ALL" : "ANY");
  }
  if (subquery->kind == EXPR_SUBQUERY_EXISTS) buf_append_text(out, "EXISTS ");
  if (subquery->kind == EXPR_SUBQUERY_LIST) buf_append_text(out, "ARRAY");
  buf_append_text(out, "(SELECT");
  if (expr->args_count > subquery->left_count) buf_append_text(out, " for ");
  format_some(expr, subquery->left_count, expr->args_count, out);
  buf_append_byte(out, ')');
}

static void format_at(const struct expr *expr, struct buf *out) {
  const struct expr *from = expr->args[0];
  bool is_number = from->kind == EXPR_CONST && val_is_number(&from->value); /* 1.a begins with 1. */
  if (is_number) buf_append_byte(out, '(');
  format_operand(from, out);
  if (is_number) buf_append_byte(out, ')');
  if (expr->args_count > 1) {
    buf_append_byte(out, '[');
    expr_format(expr->args[1], out);
    buf_append_byte(out, ']');
    return;
  }
  if (expr->path.steps[0].is_name) buf_append_byte(out, '.');
  path_format(&expr->path, out);
}

static void format_name(const struct expr *expr, struct buf *out) {
  if (expr->name.bytes) {
    buf_append_slice(out, expr->name);
  } else if (expr->path.count == 0) {
    buf_append_format(out, "#%u", expr->slot);
  } else {
    path_format(&expr->path, out);
  }
}

static void format_param(const struct expr *expr, struct buf *out) {
  buf_append_byte(out, '$');
  if (expr->parameter)
    buf_append_format(out, "%u", expr->parameter);
  else
    buf_append_slice(out, expr->name);
}

static void format_range(const struct expr *expr, struct buf *out) {
  format_operand(expr->args[0], out);
  if (expr->negated) buf_append_text(out, " NOT");
  if (expr->kind == EXPR_IN) {
    buf_append_text(out, " IN (");
    format_args(expr, 1, out);
    buf_append_byte(out, ')');
    return;
  }
  buf_append_text(out, " BETWEEN ");
  format_operand(expr->args[1], out);
  buf_append_text(out, " AND ");
  format_operand(expr->args[2], out);
}

/** let($$0: …, body), map(list, …, $$0: body). */
static void format_lambda(const struct expr *expr, struct buf *out) {
  static const char *const names[] = {"map", "filter", "reduce"};
  buf_append_text(out, expr->kind == EXPR_LET ? "let" : names[expr->each]);
  buf_append_format(out, "($$%u: ", expr->variable);
  format_args(expr, 0, out);
  buf_append_byte(out, ')');
}

void expr_format(const struct expr *expr, struct buf *out) {
  switch (expr->kind) {
  case EXPR_CONST:
    if (expr->is_masked)
      buf_append_text(out, "***");
    else
      format_value(&expr->value, out);
    break;
  case EXPR_PARAM: format_param(expr, out); break;
  case EXPR_NAME:
  case EXPR_FIELD:
    format_name(expr, out);
    if (expr->spreads) buf_append_text(out, ".*");
    break;
  case EXPR_UNARY: format_unary(expr, out); break;
  case EXPR_BINARY:
    format_operand(expr->args[0], out);
    buf_append_format(out, " %s ", op_texts[expr->op]);
    format_operand(expr->args[1], out);
    if (expr->args_count == 3) {
      buf_append_text(out, " ESCAPE ");
      format_operand(expr->args[2], out);
    }
    break;
  case EXPR_IN:
  case EXPR_BETWEEN: format_range(expr, out); break;
  case EXPR_CASE: format_case(expr, out); break;
  case EXPR_CALL:
  case EXPR_WINDOW:
  case EXPR_AGGREGATE: format_call(expr, out); break;
  case EXPR_SUBQUERY: format_subquery(expr, out); break;
  case EXPR_OUTER: buf_append_format(out, "outer #%u", expr->slot); break;
  case EXPR_AT: format_at(expr, out); break;
  case EXPR_LIST:
    buf_append_byte(out, '[');
    format_args(expr, 0, out);
    buf_append_byte(out, ']');
    break;
  case EXPR_MAP: format_map(expr, out); break;
  case EXPR_MATCH: match_format(expr->match, out); break;
  case EXPR_SHAPE: format_shape(expr, out); break;
  case EXPR_VARIABLE:
    buf_append_format(out, "$$%u", expr->variable);
    if (expr->path.count) {
      buf_append_byte(out, '.');
      path_format(&expr->path, out);
    }
    break;
  case EXPR_LET:
  case EXPR_EACH: format_lambda(expr, out); break;
  case EXPR_STAR:
    if (expr->name.bytes) {
      buf_append_slice(out, expr->name);
      buf_append_byte(out, '.');
    }
    buf_append_byte(out, '*');
    break;
  }
}

/* ---- matches ---- */

static const char *const match_texts[] = {
    [MATCH_EQ] = "$eq",
    [MATCH_NE] = "$ne",
    [MATCH_GT] = "$gt",
    [MATCH_GTE] = "$gte",
    [MATCH_LT] = "$lt",
    [MATCH_LTE] = "$lte",
    [MATCH_IN] = "$in",
    [MATCH_NIN] = "$nin",
    [MATCH_EXISTS] = "$exists",
    [MATCH_TYPE] = "$type",
    [MATCH_REGEX] = "$regex",
    [MATCH_ALL] = "$all",
    [MATCH_BITS_ALL_SET] = "$bitsAllSet",
    [MATCH_BITS_ANY_SET] = "$bitsAnySet",
    [MATCH_BITS_ALL_CLEAR] = "$bitsAllClear",
    [MATCH_BITS_ANY_CLEAR] = "$bitsAnyClear",
    [MATCH_GEO_WITHIN] = "$geoWithin",
    [MATCH_GEO_MEETS] = "$geoIntersects",
    [MATCH_SIZE] = "$size",
    [MATCH_MOD] = "$mod",
    [MATCH_ELEM] = "$elemMatch",
    [MATCH_AND] = "$and",
    [MATCH_OR] = "$or",
    [MATCH_NOR] = "$nor",
    [MATCH_NOT] = "$not",
    [MATCH_EXPR] = "$expr",
};

const char *match_op_name(enum match_op op) {
  return match_texts[op];
}

static void format_operator(const struct match *match, struct buf *out) {
  buf_append_format(out, "{%s: ", match_texts[match->op]);
  if (match->op == MATCH_EXPR) {
    expr_format(match->expression, out);
  } else if (match->value) {
    expr_format(match->value, out);
  } else {
    buf_append_byte(out, '[');
    for (uint32_t i = 0; i < match->children_count; i++) {
      if (i) buf_append_text(out, ", ");
      match_format(match->children[i], out);
    }
    buf_append_byte(out, ']');
  }
  buf_append_byte(out, '}');
}

void match_format(const struct match *match, struct buf *out) {
  if (match->path.count == 0) {
    format_operator(match, out);
    return;
  }
  buf_append_byte(out, '{');
  path_format(&match->path, out);
  buf_append_text(out, ": ");
  format_operator(match, out);
  buf_append_byte(out, '}');
}
