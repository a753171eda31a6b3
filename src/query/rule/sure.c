/* SPDX-License-Identifier: MIT */
/* What cannot fail, of which type it is, and between what: texts, integers and truths. What is not
 * known here is not sure, and nothing above it is. */
#include "query/rule/sure.h"

#include "query/func/func.h"

enum { DEPTH_MAX = 32 };

struct assuring {
  const struct soul_known *known;
  uint32_t depth;
};

static struct soul_sure assure(struct assuring *assuring, const struct expr *expr);

static struct soul_sure nothing(void) {
  return (struct soul_sure){.may_be_null = true};
}

static struct soul_sure some(enum val_type type, bool may_be_null) {
  return (struct soul_sure){(uint8_t)type, may_be_null, false, INT64_MIN, INT64_MAX};
}

static struct soul_sure argument(struct assuring *assuring, const struct expr *expr, uint32_t nth) {
  return nth < expr->args_count && expr->args[nth] ? assure(assuring, expr->args[nth]) : nothing();
}

/* ---- leaves ---- */

static struct soul_sure of_const(const struct val *value) {
  struct soul_sure sure = some(value->type, false);
  switch ((int)value->type) {
  case VAL_TEXT: return sure;
  case VAL_INT64: sure.least = sure.most = value->integer; return sure;
  case VAL_BOOL: sure.is_true = value->boolean; return sure;
  default: return nothing();
  }
}

static struct soul_sure of_field(const struct assuring *assuring, const struct expr *expr) {
  bool is_attribute = expr->path.count == 1 && expr->path.steps[0].is_name && !expr->key;
  if (!is_attribute) return nothing();
  return assuring->known->of(assuring->known->context, expr->path.steps[0].name);
}

/* ---- integers ---- */

/* The bounds of sums, differences and products are among those of the operands' bounds. */
static bool combine_bounds(enum expr_op op, int64_t a, int64_t b, struct soul_sure *sure) {
  int64_t made;
  bool overflows = op == EXPR_OP_ADD        ? __builtin_add_overflow(a, b, &made)
                   : op == EXPR_OP_SUBTRACT ? __builtin_sub_overflow(a, b, &made)
                                            : __builtin_mul_overflow(a, b, &made);
  if (overflows) return false;
  if (made < sure->least) sure->least = made;
  if (made > sure->most) sure->most = made;
  return true;
}

static struct soul_sure of_arithmetic(enum expr_op op, const struct soul_sure *a,
                                      const struct soul_sure *b) {
  struct soul_sure sure = some(VAL_INT64, a->may_be_null || b->may_be_null);
  sure.least = INT64_MAX;
  sure.most = INT64_MIN;
  if (a->type != VAL_INT64 || b->type != VAL_INT64) return nothing();
  bool fits = combine_bounds(op, a->least, b->least, &sure) &&
              combine_bounds(op, a->least, b->most, &sure) &&
              combine_bounds(op, a->most, b->least, &sure) &&
              combine_bounds(op, a->most, b->most, &sure);
  return fits ? sure : nothing();
}

/* ---- truths ---- */

static bool is_always(enum expr_op op, const struct soul_sure *a, const struct soul_sure *b) {
  switch ((int)op) {
  case EXPR_OP_EQ: return a->least == b->most && a->most == b->least;
  case EXPR_OP_NE: return a->most < b->least || a->least > b->most;
  case EXPR_OP_LT: return a->most < b->least;
  case EXPR_OP_LE: return a->most <= b->least;
  case EXPR_OP_GT: return a->least > b->most;
  default: return a->least >= b->most;
  }
}

static struct soul_sure of_comparison(enum expr_op op, const struct soul_sure *a,
                                      const struct soul_sure *b) {
  struct soul_sure sure = some(VAL_BOOL, a->may_be_null || b->may_be_null);
  if (a->type != b->type || a->type == VAL_MISSING) return nothing();
  sure.is_true = a->type == VAL_INT64 && is_always(op, a, b);
  return sure;
}

/* Both, or one of them, where that is not null. Where one of two is true the other's NULL does not
 * count; where both have to be, it makes the answer NULL, which breaks no rule. */
static struct soul_sure of_both(enum expr_op op, const struct soul_sure *a,
                                const struct soul_sure *b) {
  struct soul_sure sure = some(VAL_BOOL, a->may_be_null || b->may_be_null);
  if (a->type != VAL_BOOL || b->type != VAL_BOOL) return nothing();
  if (op == EXPR_OP_AND) sure.is_true = a->is_true && b->is_true;
  /* true OR anything; but NULL OR false is NULL, and false is not met then. */
  if (op == EXPR_OP_OR)
    sure.is_true = (a->is_true && b->is_true) || (a->is_true && !a->may_be_null) ||
                   (b->is_true && !b->may_be_null);
  return sure;
}

static struct soul_sure of_unary(enum expr_op op, const struct soul_sure *a) {
  const struct soul_sure zero = {.type = VAL_INT64};
  struct soul_sure sure = some(VAL_BOOL, false);
  switch ((int)op) {
  case EXPR_OP_NEGATE: return of_arithmetic(EXPR_OP_SUBTRACT, &zero, a);
  case EXPR_OP_IS_NULL: return a->type == VAL_MISSING ? nothing() : sure;
  case EXPR_OP_IS_NOT_NULL:
    sure.is_true = !a->may_be_null;
    return a->type == VAL_MISSING ? nothing() : sure;
  case EXPR_OP_NOT: return a->type == VAL_BOOL ? some(VAL_BOOL, a->may_be_null) : nothing();
  default: return nothing();
  }
}

static struct soul_sure of_between(struct assuring *assuring, const struct expr *expr) {
  struct soul_sure v = argument(assuring, expr, 0), low = argument(assuring, expr, 1);
  struct soul_sure high = argument(assuring, expr, 2);
  if (expr->negated) return nothing();
  struct soul_sure above = of_comparison(EXPR_OP_GE, &v, &low);
  struct soul_sure below = of_comparison(EXPR_OP_LE, &v, &high);
  return of_both(EXPR_OP_AND, &above, &below);
}

/* ---- one of several ---- */

/* What is sure of either. */
static struct soul_sure either(const struct soul_sure *a, const struct soul_sure *b) {
  if (a->type != b->type) return nothing();
  return (struct soul_sure){a->type, a->may_be_null || b->may_be_null, a->is_true && b->is_true,
                            a->least < b->least ? a->least : b->least,
                            a->most > b->most ? a->most : b->most};
}

static struct soul_sure of_case(struct assuring *assuring, const struct expr *expr) {
  uint32_t pairs = expr->args_count / 2;
  struct soul_sure sure = argument(assuring, expr, 1);
  for (uint32_t i = 0; i < pairs; i++) {
    struct soul_sure when = argument(assuring, expr, 2 * i);
    struct soul_sure then = argument(assuring, expr, 2 * i + 1);
    if (when.type != VAL_BOOL) return nothing();
    sure = either(&sure, &then);
  }
  struct soul_sure other = argument(assuring, expr, 2 * pairs);
  if (expr->has_else) return either(&sure, &other);
  sure.may_be_null = true;
  return sure;
}

static struct soul_sure of_coalesce(struct assuring *assuring, const struct expr *expr) {
  struct soul_sure sure = argument(assuring, expr, 0);
  bool may_be_null = sure.may_be_null;
  for (uint32_t i = 1; i < expr->args_count; i++) {
    struct soul_sure next = argument(assuring, expr, i);
    sure = either(&sure, &next);
    may_be_null &= next.may_be_null;
  }
  if (sure.type != VAL_MISSING) sure.may_be_null = may_be_null;
  return sure;
}

/* ---- functions ---- */

static struct soul_sure of_text(const struct soul_sure *a, enum val_type type) {
  struct soul_sure sure = some(type, a->may_be_null);
  if (type == VAL_INT64) sure.least = 0;
  if (type == VAL_INT64) sure.most = UINT32_MAX;
  return a->type == VAL_TEXT ? sure : nothing();
}

static struct soul_sure of_call(struct assuring *assuring, const struct expr *expr) {
  if (!expr->function || expr->over || expr->mongo) return nothing();
  struct slice name = slice_of_text(expr->function->name);
  struct soul_sure first = argument(assuring, expr, 0);
  if (slice_is_equal(name, slice_of_text("coalesce"))) return of_coalesce(assuring, expr);
  if (expr->args_count != 1) return nothing();
  if (slice_is_equal(name, slice_of_text("length"))) return of_text(&first, VAL_INT64);
  bool is_letters =
      slice_is_equal(name, slice_of_text("lower")) || slice_is_equal(name, slice_of_text("upper"));
  return is_letters ? of_text(&first, VAL_TEXT) : nothing();
}

/* Texts and integers, as text. */
static struct soul_sure of_concat(const struct soul_sure *a, const struct soul_sure *b) {
  bool are_texts = (a->type == VAL_TEXT || a->type == VAL_INT64) &&
                   (b->type == VAL_TEXT || b->type == VAL_INT64);
  return are_texts ? some(VAL_TEXT, a->may_be_null || b->may_be_null) : nothing();
}

/* ---- all ---- */

static struct soul_sure of_binary(struct assuring *assuring, const struct expr *expr) {
  struct soul_sure a = argument(assuring, expr, 0), b = argument(assuring, expr, 1);
  if (expr->mongo || expr->args_count != 2) return nothing();
  switch ((int)expr->op) {
  case EXPR_OP_AND:
  case EXPR_OP_OR: return of_both(expr->op, &a, &b);
  case EXPR_OP_EQ:
  case EXPR_OP_NE:
  case EXPR_OP_LT:
  case EXPR_OP_LE:
  case EXPR_OP_GT:
  case EXPR_OP_GE: return of_comparison(expr->op, &a, &b);
  case EXPR_OP_ADD:
  case EXPR_OP_SUBTRACT:
  case EXPR_OP_MULTIPLY: return of_arithmetic(expr->op, &a, &b);
  case EXPR_OP_CONCAT: return of_concat(&a, &b);
  default: return nothing();
  }
}

static struct soul_sure of_node(struct assuring *assuring, const struct expr *expr) {
  switch ((int)expr->kind) {
  case EXPR_CONST: return of_const(&expr->value);
  case EXPR_FIELD: return of_field(assuring, expr);
  case EXPR_UNARY: {
    struct soul_sure a = argument(assuring, expr, 0);
    return of_unary(expr->op, &a);
  }
  case EXPR_BINARY: return of_binary(assuring, expr);
  case EXPR_BETWEEN: return of_between(assuring, expr);
  case EXPR_CASE: return of_case(assuring, expr);
  case EXPR_CALL: return of_call(assuring, expr);
  default: return nothing();
  }
}

static struct soul_sure assure(struct assuring *assuring, const struct expr *expr) {
  if (assuring->depth == DEPTH_MAX) return nothing();
  assuring->depth++;
  struct soul_sure sure = of_node(assuring, expr);
  assuring->depth--;
  return sure;
}

struct soul_sure rule__assure(const struct expr *expr, const struct soul_known *known) {
  struct assuring assuring = {.known = known};
  return assure(&assuring, expr);
}

/* ---- what conditions say ---- */

static bool is_field(const struct expr *expr, struct slice name) {
  return expr && expr->kind == EXPR_FIELD && !expr->key && expr->path.count == 1 &&
         expr->path.steps[0].is_name && slice_is_equal(expr->path.steps[0].name, name);
}

/* `limit` is not below the most that may be, or (is_least) not above the least. */
static void confine_to(const struct expr *limit, bool is_least, int64_t beside,
                       struct soul_sure *sure) {
  int64_t bound;
  bool is_bound = limit && limit->kind == EXPR_CONST && limit->value.type == VAL_INT64 &&
                  !__builtin_add_overflow(limit->value.integer, beside, &bound);
  if (!is_bound) return;
  if (is_least && bound > sure->least) sure->least = bound;
  if (!is_least && bound < sure->most) sure->most = bound;
}

static void confine_by(enum expr_op op, const struct expr *limit, struct soul_sure *sure) {
  bool is_equal = op == EXPR_OP_EQ;
  if (is_equal || op == EXPR_OP_GE) confine_to(limit, true, 0, sure);
  if (is_equal || op == EXPR_OP_LE) confine_to(limit, false, 0, sure);
  if (op == EXPR_OP_GT) confine_to(limit, true, 1, sure);
  if (op == EXPR_OP_LT) confine_to(limit, false, -1, sure);
}

/* A condition that is not false: of two that both have to be true neither is. */
void rule__confine(const struct expr *condition, struct slice name, struct soul_sure *sure) {
  const struct expr *const *args = (const struct expr *const *)condition->args;
  bool is_binary =
      condition->kind == EXPR_BINARY && condition->args_count == 2 && !condition->mongo;
  if (is_binary && condition->op == EXPR_OP_AND) {
    for (uint32_t i = 0; i < 2; i++)
      if (args[i]) rule__confine(args[i], name, sure);
    return;
  }
  if (is_binary && is_field(args[0], name)) confine_by(condition->op, args[1], sure);
  if (is_binary && is_field(args[1], name))
    confine_by(expr_op_swapped(condition->op), args[0], sure);
  bool is_between = condition->kind == EXPR_BETWEEN && !condition->negated &&
                    condition->args_count == 3 && is_field(args[0], name);
  if (is_between) confine_to(args[1], true, 0, sure);
  if (is_between) confine_to(args[2], false, 0, sure);
  bool is_there = condition->kind == EXPR_UNARY && condition->op == EXPR_OP_IS_NOT_NULL &&
                  is_field(args[0], name);
  if (is_there) sure->may_be_null = false;
}
