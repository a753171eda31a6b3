/* SPDX-License-Identifier: MIT */
/* Static types: what can be seen to be wrong before any data is read. */
#include <string.h>

#include "query/bind/bind_int.h"
#include "query/func/compare.h"
#include "query/func/func.h"
#include "query/plan/aggregate.h"

enum { OPERAND_BYTES_MAX = 60, TOLD_BYTES_MAX = 1 << 20 };

static bool is_comparison(enum expr_op op) {
  return op >= EXPR_OP_EQ && op <= EXPR_OP_GE;
}

static bool is_arithmetic(enum expr_op op) {
  return op >= EXPR_OP_ADD && op <= EXPR_OP_MODULO;
}

static bool is_text_match(enum expr_op op) {
  return op >= EXPR_OP_LIKE && op <= EXPR_OP_NOT_ILIKE;
}

static bool is_number_type(enum val_type type) {
  return type >= VAL_INT32 && type <= VAL_DECIMAL;
}

/** 'abc' of the statement; text (users.age) of what is known by its type. */
static void append_operand(struct buf *out, const struct expr *expr, enum val_type type) {
  size_t from = out->bytes;
  if (expr->kind == EXPR_CONST) {
    expr_format(expr, out);
  } else {
    buf_append_format(out, "%s (", val_type_name(type));
    expr_format(expr, out);
  }
  if (out->bytes - from > OPERAND_BYTES_MAX) {
    out->bytes = from + OPERAND_BYTES_MAX;
    while (out->bytes > from && (out->data[out->bytes] & 0xc0) == 0x80) out->bytes--;
    buf_append_text(out, "…");
  }
  if (expr->kind != EXPR_CONST) buf_append_byte(out, ')');
}

static status fail_clash(const struct binder *binder, const struct expr *expr, const char *what,
                         const struct expr *a, const struct expr *b, const char *hint,
                         struct err *err) {
  struct buf text;
  buf_init(&text, TOLD_BYTES_MAX);
  bool turned = strcmp(what, "subtract") == 0;
  bool is_by = strcmp(what, "multiply") == 0 || strcmp(what, "divide") == 0;
  const struct expr *first = turned ? b : a, *second = turned ? a : b;
  buf_append_format(&text, "cannot %s ", what);
  append_operand(&text, first, bind__type(first));
  buf_append_text(&text, turned ? " from " : is_by ? " by " : " and ");
  append_operand(&text, second, bind__type(second));
  status failed =
      err_raise(err, LUMA_TYPE_MISMATCH, __FILE__, __LINE__, "%.*s", SLICE_ARG(buf_slice(&text)));
  buf_deinit(&text);
  if (err && hint) err_hint(err, "%s", hint);
  return bind__fail(binder, expr->offset, failed, err);
}

static status check_comparison(const struct binder *binder, const struct expr *expr,
                               const struct expr *a, const struct expr *b, struct err *err) {
  enum val_type left = bind__type(a), right = bind__type(b);
  if (left == VAL_MISSING || right == VAL_MISSING || compare_types_fit(left, right)) return LUMA_OK;
  const char *hint = NULL;
  bool numeric_text =
      (left == VAL_TEXT && is_number_type(right)) || (right == VAL_TEXT && is_number_type(left));
  bool is_written = (left == VAL_TEXT ? a : b)->kind == EXPR_CONST;
  if (numeric_text && is_written) hint = "write the number without quotes, or use cast";
  if (numeric_text && !is_written) hint = "CAST(x AS int) reads a number, x::text makes a text";
  return fail_clash(binder, expr, "compare", a, b, hint, err);
}

static const char *deed_of(enum expr_op op) {
  if (op == EXPR_OP_ADD) return "add";
  if (op == EXPR_OP_SUBTRACT) return "subtract";
  return op == EXPR_OP_MULTIPLY ? "multiply" : "divide";
}

static status check_arithmetic(const struct binder *binder, const struct expr *expr,
                               struct err *err) {
  enum val_type left = bind__type(expr->args[0]), right = bind__type(expr->args[1]);
  bool is_what = right == VAL_TEXT || right == VAL_LIST; /* a name, or names */
  bool removes = expr->op == EXPR_OP_SUBTRACT &&
                 (left == VAL_LIST || left == VAL_MAP || (left == VAL_MISSING && is_what));
  bool bad_left = left == VAL_TEXT || left == VAL_BOOL || left == VAL_LIST || left == VAL_MAP;
  bool bad_right = right == VAL_TEXT || right == VAL_BOOL || right == VAL_LIST || right == VAL_MAP;
  if ((!bad_left && !bad_right) || removes) return LUMA_OK;
  if (left == VAL_MISSING || right == VAL_MISSING) {
    enum val_type bad = bad_left ? left : right;
    struct buf text;
    buf_init(&text, TOLD_BYTES_MAX);
    append_operand(&text, expr->args[!bad_left], bad);
    status failed = err_raise(err, LUMA_TYPE_MISMATCH, __FILE__, __LINE__,
                              "cannot calculate with %.*s", SLICE_ARG(buf_slice(&text)));
    buf_deinit(&text);
    if (err && bad == VAL_TEXT) err_hint(err, "|| joins texts; CAST(x AS int) reads a number");
    return bind__fail(binder, expr->offset, failed, err);
  }
  const char *hint = left == VAL_TEXT || right == VAL_TEXT
                         ? "|| joins texts; CAST(x AS int) reads a number"
                         : NULL;
  return fail_clash(binder, expr, deed_of(expr->op), expr->args[0], expr->args[1], hint, err);
}

static status check_truth(const struct binder *binder, const struct expr *expr, const char *where,
                          struct err *err) {
  enum val_type type = bind__type(expr);
  if (type == VAL_MISSING || type == VAL_BOOL) return LUMA_OK;
  status failed = err_raise(err, LUMA_TYPE_MISMATCH, __FILE__, __LINE__,
                            "%s takes a condition, not %s", where, val_type_name(type));
  return bind__fail(binder, expr->offset, failed, err);
}

/** What has no negative. */
static status check_negation(const struct binder *binder, const struct expr *expr,
                             struct err *err) {
  enum val_type type = bind__type(expr->args[0]);
  bool is_bad = type == VAL_TEXT || type == VAL_BOOL || type == VAL_LIST || type == VAL_MAP ||
                type == VAL_DATE || type == VAL_TIMESTAMP;
  if (expr->mongo || !is_bad) return LUMA_OK;
  status failed = err_raise(err, LUMA_TYPE_MISMATCH, __FILE__, __LINE__, "- takes a number, not %s",
                            val_type_name(type));
  if (err && type == VAL_TEXT) err_hint(err, "CAST(x AS int) reads a number");
  return bind__fail(binder, expr->offset, failed, err);
}

/** CASE WHEN takes truths: a number that is declared is none. */
static status check_case(const struct binder *binder, const struct expr *expr, struct err *err) {
  for (uint32_t i = 0; i + 1 < expr->args_count; i += 2)
    if (expr->args[i]->kind == EXPR_FIELD) TRY(check_truth(binder, expr->args[i], "WHEN", err));
  return LUMA_OK;
}

/** One side of || makes the other a text, a list or a document; two numbers do not. */
static status check_concat(const struct binder *binder, const struct expr *expr, struct err *err) {
  enum val_type left = bind__type(expr->args[0]), right = bind__type(expr->args[1]);
  bool is_left = is_number_type(left) || left == VAL_BOOL;
  bool is_right = is_number_type(right) || right == VAL_BOOL;
  if (!is_left || !is_right) return LUMA_OK;
  return fail_clash(binder, expr, "join", expr->args[0], expr->args[1],
                    "x::text makes a text of any value", err);
}

static status check_binary(const struct binder *binder, const struct expr *expr, struct err *err) {
  const struct expr *a = expr->args[0], *b = expr->args[1];
  if (expr->mongo) return LUMA_OK;
  if (is_comparison(expr->op)) return check_comparison(binder, expr, a, b, err);
  if (is_arithmetic(expr->op)) return check_arithmetic(binder, expr, err);
  if (expr->op == EXPR_OP_AND || expr->op == EXPR_OP_OR) {
    TRY(check_truth(binder, a, expr->op == EXPR_OP_AND ? "AND" : "OR", err));
    return check_truth(binder, b, expr->op == EXPR_OP_AND ? "AND" : "OR", err);
  }
  if (expr->op == EXPR_OP_CONCAT) return check_concat(binder, expr, err);
  enum val_type pattern = bind__type(b);
  if (is_text_match(expr->op) && is_number_type(bind__type(a)))
    return fail_clash(binder, expr, "match", a, b, "x::text makes a text of any value", err);
  if (is_text_match(expr->op) && pattern != VAL_MISSING && pattern != VAL_TEXT) {
    status failed = err_raise(err, LUMA_TYPE_MISMATCH, __FILE__, __LINE__,
                              "LIKE takes a text, not %s", val_type_name(pattern));
    return bind__fail(binder, b->offset, failed, err);
  }
  return LUMA_OK;
}

/** Parameter `nth` of a function as its usage calls it: "text" of "lpad(text, length [, fill])". */
static struct slice parameter_word(const struct func *function, uint32_t nth) {
  const char *at = strchr(function->usage, '(');
  for (uint32_t i = 0; at && i <= nth; i++) {
    at += strspn(at, " ([,");
    if (i == nth) return slice_of(at, strcspn(at, " ,)]["));
    at = strchr(at, ',');
  }
  return slice_of(NULL, 0);
}

/** Whether the words behind it leave it at that one: "text" and not "text or bytes". */
static bool is_parameter(const struct func *function, uint32_t nth, const char *word) {
  struct slice found = parameter_word(function, nth);
  if (!slice_is_equal(found, slice_of_text(word))) return false;
  const char *after = (const char *)found.data + found.bytes;
  after += strspn(after, " ");
  return *after == ',' || *after == ')' || *after == '[' || *after == ']';
}

static bool is_never(const struct func *function, uint32_t nth, enum val_type type) {
  bool is_number = is_number_type(type), is_made = type == VAL_LIST || type == VAL_MAP;
  if (is_parameter(function, nth, "text"))
    return is_number || is_made || type == VAL_BOOL || type == VAL_DATE || type == VAL_TIMESTAMP;
  if (is_parameter(function, nth, "moment")) return is_number || is_made || type == VAL_BOOL;
  if (is_parameter(function, nth, "list"))
    return is_number || type == VAL_BOOL || type == VAL_DATE || type == VAL_TIMESTAMP;
  bool is_whole = is_parameter(function, nth, "start") || is_parameter(function, nth, "length");
  if (is_whole)
    return is_made || type == VAL_FLOAT64 || type == VAL_DECIMAL || type == VAL_TEXT ||
           type == VAL_BOOL;
  return is_parameter(function, nth, "number") && (is_made || type == VAL_BOOL);
}

/** Arguments that a function can be seen to take no value of. */
static status check_call(const struct binder *binder, const struct expr *call, struct err *err) {
  for (uint32_t i = 0; !call->mongo && i < call->args_count; i++) {
    enum val_type type = bind__type(call->args[i]);
    if (type == VAL_MISSING || !is_never(call->function, i, type)) continue;
    struct slice word = parameter_word(call->function, i);
    status failed =
        err_raise(err, LUMA_TYPE_MISMATCH, __FILE__, __LINE__, "%s takes a %.*s, not %s",
                  call->function->name, SLICE_ARG(word), val_type_name(type));
    bool is_and = strcmp(call->function->name, "array_overlap") == 0 && type == VAL_BOOL;
    if (err && is_and)
      err_hint(err, "AND joins conditions; && asks whether lists share an element");
    else if (err)
      err_hint(err, "it is %s; x::text makes a text of any value", call->function->usage);
    return bind__fail(binder, call->args[i]->offset, failed, err);
  }
  return LUMA_OK;
}

static bool is_of_numbers(enum expr_aggregate kind) {
  return kind == EXPR_SUM || kind == EXPR_AVG || kind == EXPR_TOTAL ||
         (kind >= EXPR_VAR_POP && kind <= EXPR_REGR_SYY);
}

static bool is_of_truths(enum expr_aggregate kind) {
  return kind == EXPR_BOOL_AND || kind == EXPR_BOOL_OR;
}

/** Whether the aggregate can be seen to take no value of the type; in documents those count as
 * NULL. */
static bool takes_none(enum expr_aggregate kind, enum val_type type) {
  if (type == VAL_MISSING) return false;
  if (is_of_truths(kind)) return type != VAL_BOOL;
  return is_of_numbers(kind) && (type == VAL_TEXT || type == VAL_BOOL || type == VAL_LIST ||
                                 type == VAL_MAP || type == VAL_DATE || type == VAL_TIMESTAMP);
}

static status check_aggregate(const struct binder *binder, const struct expr *expr,
                              struct err *err) {
  if (expr->mongo || !expr->args_count) return LUMA_OK;
  enum val_type type = bind__type(expr->args[0]);
  if (!takes_none(expr->aggregate, type)) return LUMA_OK;
  bool is_truth = is_of_truths(expr->aggregate);
  status failed = err_raise(err, LUMA_TYPE_MISMATCH, __FILE__, __LINE__, "%s takes a %s, not %s",
                            expr_aggregate_name(expr->aggregate), is_truth ? "truth" : "number",
                            val_type_name(type));
  if (err && type == VAL_TEXT && !is_truth) err_hint(err, "CAST(x AS decimal) reads a number");
  return bind__fail(binder, expr->args[0]->offset, failed, err);
}

status bind__check_types(const struct binder *binder, const struct expr *expr, struct err *err) {
  if (expr->kind == EXPR_AGGREGATE) return check_aggregate(binder, expr, err);
  if (expr->kind == EXPR_BINARY) return check_binary(binder, expr, err);
  if (expr->kind == EXPR_CALL) return check_call(binder, expr, err);
  if (expr->kind == EXPR_UNARY && expr->op == EXPR_OP_NOT)
    return check_truth(binder, expr->args[0], "NOT", err);
  if (expr->kind == EXPR_UNARY && expr->op == EXPR_OP_NEGATE)
    return check_negation(binder, expr, err);
  if (expr->kind == EXPR_CASE) return check_case(binder, expr, err);
  if (expr->kind == EXPR_BETWEEN) {
    TRY(check_comparison(binder, expr, expr->args[0], expr->args[1], err));
    return check_comparison(binder, expr, expr->args[0], expr->args[2], err);
  }
  for (uint32_t i = 1; expr->kind == EXPR_IN && i < expr->args_count; i++) {
    bool is_list = expr->args_count == 2 && bind__type(expr->args[1]) == VAL_LIST;
    if (!is_list) TRY(check_comparison(binder, expr, expr->args[0], expr->args[i], err));
  }
  return LUMA_OK;
}

status bind__check_members(const struct binder *binder, const struct expr *node, struct err *err) {
  const struct subquery *subquery = node->subquery;
  for (uint32_t i = 0; i < subquery->left_count; i++) {
    const struct plan_column *column = &subquery->plan->columns[i];
    const struct expr member = {.kind = EXPR_FIELD,
                                .name = column->name,
                                .declared = column->is_document ? VAL_MISSING : column->type};
    TRY(check_comparison(binder, node, node->args[i], &member, err));
  }
  return LUMA_OK;
}

status bind__condition(struct binder *binder, const struct scope *scope, const struct expr *expr,
                       struct expr **out, struct err *err) {
  if (scope->aggregate)
    TRY(bind__grouped(binder, scope, expr, out, err));
  else
    TRY(bind__expr(binder, scope, expr, out, err));
  return check_truth(binder, *out, "WHERE, HAVING or ON", err);
}
