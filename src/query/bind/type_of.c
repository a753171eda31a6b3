/* SPDX-License-Identifier: MIT */
/* The type that all values of a bound expression have, or NULL, where it can be told. */
#include <string.h>

#include "query/bind/bind_int.h"
#include "query/func/func.h"
#include "query/plan/aggregate.h"

enum { LOOKED_INTO_MAX = 32 }; /* expressions within each other: beyond, types are not told */

static enum val_type type_within(const struct expr *expr, unsigned depth);

static bool is_null(const struct expr *expr) {
  return expr->kind == EXPR_CONST && val_is_null(&expr->value);
}

/** Of what is of two types, none is told. */
static enum val_type common_type(enum val_type a, enum val_type b) {
  return a == b ? a : VAL_MISSING;
}

/** The type that every `step`th of the arguments from `first` on has; NULLs have any. */
static enum val_type type_of_all(const struct expr *expr, uint32_t first, uint32_t step,
                                 unsigned depth) {
  enum val_type type = VAL_MISSING;
  bool has = false;
  for (uint32_t i = first; i < expr->args_count; i += step) {
    if (is_null(expr->args[i])) continue;
    enum val_type of = type_within(expr->args[i], depth);
    type = has ? common_type(type, of) : of;
    has = true;
    if (type == VAL_MISSING) break;
  }
  return type;
}

/** WHEN and THEN by turns, then ELSE. */
static enum val_type case_type(const struct expr *expr, unsigned depth) {
  enum val_type type = type_of_all(expr, 1, 2, depth);
  bool has_else = expr->args_count % 2 == 1 && !is_null(expr->args[expr->args_count - 1]);
  if (!has_else) return type;
  enum val_type otherwise = type_within(expr->args[expr->args_count - 1], depth);
  bool has_others = false;
  for (uint32_t i = 1; i < expr->args_count; i += 2) has_others |= !is_null(expr->args[i]);
  return has_others ? common_type(type, otherwise) : otherwise;
}

/** Numbers of one type give that type, or an error where it has no room. */
static enum val_type arithmetic_type(const struct expr *expr, unsigned depth) {
  enum val_type left = type_within(expr->args[0], depth);
  bool is_whole = left == VAL_INT64 || left == VAL_FLOAT64 || left == VAL_DECIMAL;
  return is_whole ? common_type(left, type_within(expr->args[1], depth)) : VAL_MISSING;
}

static enum val_type binary_type(const struct expr *expr, unsigned depth) {
  if (expr->mongo) return VAL_MISSING;
  if (expr->op >= EXPR_OP_ADD && expr->op <= EXPR_OP_MODULO) return arithmetic_type(expr, depth);
  return expr->op == EXPR_OP_CONCAT ? VAL_MISSING : VAL_BOOL;
}

static bool is_called(const struct expr *call, const char *name) {
  return strcmp(call->function->name, name) == 0;
}

static enum val_type call_type(const struct expr *call, unsigned depth) {
  enum val_type type = VAL_MISSING;
  if (!call->function || call->mongo || call->function->type != VAL_MISSING)
    return call->function ? (enum val_type)call->function->type : VAL_MISSING;
  bool is_cast = is_called(call, "cast") && call->args_count == 2;
  if (is_cast && call->args[1]->kind == EXPR_CONST && call->args[1]->value.type == VAL_TEXT)
    return val_type_parse(val_slice(&call->args[1]->value), &type) ? type : VAL_MISSING;
  bool is_any = is_called(call, "coalesce") || is_called(call, "greatest") ||
                is_called(call, "least") || is_called(call, "max_of") || is_called(call, "min_of");
  if (is_any) return type_of_all(call, 0, 1, depth);
  return is_called(call, "nullif") || is_called(call, "abs") ? type_of_all(call, 0, 2, depth)
                                                             : VAL_MISSING;
}

static enum val_type aggregate_of(const struct expr *expr, unsigned depth) {
  bool is_one = expr->aggregate == EXPR_MIN || expr->aggregate == EXPR_MAX;
  if (is_one && !expr->mongo && expr->args_count == 1) return type_within(expr->args[0], depth);
  return aggregate_type(expr->aggregate);
}

static enum val_type subquery_type(const struct subquery *subquery) {
  switch (subquery->kind) {
  case EXPR_SUBQUERY_EXISTS:
  case EXPR_SUBQUERY_COMPARE: return VAL_BOOL;
  case EXPR_SUBQUERY_LIST: return VAL_LIST;
  case EXPR_SUBQUERY_SCALAR: break;
  }
  bool is_one = subquery->plan->columns_count == 1 && !subquery->plan->columns[0].is_document;
  return is_one ? (enum val_type)subquery->plan->columns[0].type : VAL_MISSING;
}

static enum val_type type_within(const struct expr *expr, unsigned depth) {
  if (depth == 0) return VAL_MISSING;
  switch (expr->kind) {
  case EXPR_CONST:
    return expr->value.type == VAL_NULL ? VAL_MISSING : (enum val_type)expr->value.type;
  case EXPR_UNARY:
    return expr->op == EXPR_OP_NEGATE ? type_within(expr->args[0], depth - 1) : VAL_BOOL;
  case EXPR_BINARY: return binary_type(expr, depth - 1);
  case EXPR_IN:
  case EXPR_BETWEEN:
  case EXPR_MATCH: return VAL_BOOL;
  case EXPR_CALL: return call_type(expr, depth - 1);
  case EXPR_AGGREGATE: return aggregate_of(expr, depth - 1);
  case EXPR_CASE: return expr->mongo ? VAL_MISSING : case_type(expr, depth - 1);
  case EXPR_LIST: return VAL_LIST;
  case EXPR_MAP:
  case EXPR_SHAPE: return VAL_MAP;
  case EXPR_FIELD:
  case EXPR_OUTER: return (enum val_type)expr->declared;
  case EXPR_SUBQUERY: return subquery_type(expr->subquery);
  case EXPR_PARAM:
  case EXPR_NAME:
  case EXPR_AT:
  case EXPR_WINDOW:
  case EXPR_STAR:
  case EXPR_VARIABLE:
  case EXPR_LET:
  case EXPR_EACH: break;
  }
  return VAL_MISSING;
}

enum val_type bind__type(const struct expr *expr) {
  return type_within(expr, LOOKED_INTO_MAX);
}
