/* SPDX-License-Identifier: MIT */
#include "query/expr/tell.h"

#include "query/func/func.h"
#include "value/json/json.h"

enum { VALUE_BYTES_MAX = 40, SOURCE_BYTES_MAX = 60, TEXT_BYTES_MAX = 4 << 20 };

/* Cuts what was appended since `from`, at a whole character. */
static void cut(struct buf *out, size_t from, size_t most) {
  if (out->bytes - from <= most) return;
  out->bytes = from + most;
  while (out->bytes > from && (out->data[out->bytes] & 0xc0) == 0x80) out->bytes--;
  buf_append_text(out, "…");
}

static void append_value(struct buf *out, const struct val *value) {
  struct json_write_options options = {.form = JSON_PLAIN};
  size_t from = out->bytes;
  if (value->type != VAL_TEXT) {
    json_write(out, value, &options);
    cut(out, from, VALUE_BYTES_MAX);
    return;
  }
  buf_append_byte(out, '\'');
  buf_append(out, value->data,
             value->bytes < 4 * VALUE_BYTES_MAX ? value->bytes : 4 * VALUE_BYTES_MAX);
  cut(out, from, VALUE_BYTES_MAX);
  buf_append_byte(out, '\'');
}

/* Without attributes: the statement shows it. */
static bool is_written(const struct expr *expr) {
  bool is_made = expr->kind == EXPR_LIST || expr->kind == EXPR_MAP;
  bool written = is_made || expr->kind == EXPR_CONST || expr->kind == EXPR_PARAM;
  for (uint32_t i = 0; written && i < expr->args_count; i++) written = is_written(expr->args[i]);
  return written;
}

/* 'abc' (users.age); a value of the statement without its source. */
static void append_operand(struct buf *out, const struct expr *expr, const struct val *value) {
  if (expr_reads_sensitive(expr))
    buf_append_text(out, "***");
  else
    append_value(out, value);
  if (is_written(expr)) return;
  buf_append_text(out, " (");
  size_t from = out->bytes;
  expr_format(expr, out);
  cut(out, from, SOURCE_BYTES_MAX);
  buf_append_byte(out, ')');
}

struct deed {
  enum expr_op op;
  const char *before, *between;
  bool turned; /* the second operand comes first */
};

static const struct deed *deed_of(const struct expr *expr) {
  static const struct deed deeds[] = {
      {EXPR_OP_ADD, "add", "and", false},          {EXPR_OP_SUBTRACT, "subtract", "from", true},
      {EXPR_OP_MULTIPLY, "multiply", "by", false}, {EXPR_OP_DIVIDE, "divide", "by", false},
      {EXPR_OP_MODULO, "divide", "by", false},     {EXPR_OP_NEGATE, "negate", "", false},
      {EXPR_OP_LIKE, "match", "with", false},      {EXPR_OP_NOT_LIKE, "match", "with", false},
      {EXPR_OP_ILIKE, "match", "with", false},     {EXPR_OP_NOT_ILIKE, "match", "with", false},
  };
  static const struct deed compares = {EXPR_OP_EQ, "compare", "with", false};
  for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++)
    if (expr->op == deeds[i].op) return &deeds[i];
  return &compares;
}

static void append_operation(struct buf *out, const struct expr *expr, const struct val *values,
                             uint32_t count) {
  const struct deed *deed = deed_of(expr);
  buf_append_format(out, "cannot %s ", deed->before);
  append_operand(out, expr->args[deed->turned], &values[deed->turned]);
  if (count < 2) return;
  buf_append_format(out, " %s ", deed->between);
  append_operand(out, expr->args[!deed->turned], &values[!deed->turned]);
}

static void append_operands(struct buf *out, const struct expr *expr, const struct val *values,
                            uint32_t count) {
  for (uint32_t i = 0; i < count && i < expr->args_count; i++) {
    if (i) buf_append_text(out, ", ");
    append_operand(out, expr->args[i], &values[i]);
  }
}

static void append_call(struct buf *out, const struct expr *expr, const struct val *values,
                        uint32_t count) {
  buf_append_format(out, "%.*s(", SLICE_ARG(expr->name));
  append_operands(out, expr, values, count);
  buf_append_byte(out, ')');
}

static void append_aggregate(struct buf *out, const struct expr *expr, const struct val *values,
                             uint32_t count) {
  buf_append_format(out, "%s does not take ", expr_aggregate_name(expr->aggregate));
  append_operands(out, expr, values, count);
}

static void append_about(struct buf *out, const struct expr *expr, const struct val *values,
                         uint32_t count) {
  if (expr->kind == EXPR_CALL)
    append_call(out, expr, values, count);
  else if (expr->kind == EXPR_AGGREGATE)
    append_aggregate(out, expr, values, count);
  else
    append_operation(out, expr, values, count);
}

static void append_place(struct buf *out, const struct expr_env *env, uint64_t offset) {
  struct err place = {0};
  if (!env->text.bytes || offset > env->text.bytes) return;
  err_position(&place, (const char *)env->text.data, env->text.bytes, offset);
  buf_append_format(out, " at %u:%u", place.line, place.column);
}

/* The first clash is what `out` says; `out` ends. */
static void keep_clash(struct expr_env *env, struct buf *out, uint64_t offset) {
  append_place(out, env, offset);
  size_t bytes = out->bytes < sizeof env->clash - 1 ? out->bytes : sizeof env->clash - 1;
  if (out->failed == LUMA_OK && out->bytes) memcpy(env->clash, out->data, bytes);
  env->clash[out->failed == LUMA_OK ? bytes : 0] = 0;
  buf_deinit(out);
}

void tell_clash(struct expr_env *env, const struct expr *expr, const struct val *values,
                uint32_t count) {
  if (env->clashes++ > 0 || expr->mongo) return;
  struct buf out;
  buf_init(&out, TEXT_BYTES_MAX);
  append_about(&out, expr, values, count);
  if (expr->kind == EXPR_CALL && expr->function)
    buf_append_format(&out, ": it is %s", expr->function->usage);
  keep_clash(env, &out, expr->offset);
}

void tell_pair(struct expr_env *env, const struct expr *expr, uint32_t nth, const struct val *a,
               const struct val *b) {
  struct expr *args[2] = {expr->args[0], expr->args[nth]};
  struct expr pair = {
      .kind = EXPR_BINARY, .op = EXPR_OP_EQ, .args = args, .args_count = 2, .offset = expr->offset};
  const struct val values[2] = {*a, *b};
  tell_clash(env, &pair, values, 2);
}

void tell_no_truth(struct expr_env *env, const struct expr *expr, const struct val *value) {
  if (env->clashes++ > 0) return;
  struct buf out;
  buf_init(&out, TEXT_BYTES_MAX);
  buf_append_text(&out, "a condition is true or false, not ");
  append_operand(&out, expr, value);
  keep_clash(env, &out, expr->offset);
}

static bool is_all_written(const struct expr *expr, uint32_t count) {
  for (uint32_t i = 0; i < count && i < expr->args_count; i++)
    if (!is_written(expr->args[i])) return false;
  return true;
}

static bool is_call_of(const struct expr *expr, const char *name) {
  return expr->kind == EXPR_CALL && slice_is_equal(expr->name, slice_of_text(name));
}

status tell_failure(const struct expr *expr, const struct val *values, uint32_t count,
                    status failed, struct err *err) {
  bool is_about_values = failed == LUMA_INVALID_VALUE || failed == LUMA_OUT_OF_RANGE ||
                         failed == LUMA_TYPE_MISMATCH || failed == LUMA_TOO_LARGE;
  if (!err || !is_about_values || expr->mongo || is_all_written(expr, count)) return failed;
  bool is_cast = is_call_of(expr, "cast");
  struct buf out;
  buf_init(&out, TEXT_BYTES_MAX);
  if (is_cast)
    expr_format(expr->args[0], &out);
  else
    append_about(&out, expr, values, count);
  cut(&out, 0, ERR_HINT_BYTES);
  if (out.failed == LUMA_OK) err_wrap(err, "%.*s", SLICE_ARG(buf_slice(&out)));
  buf_deinit(&out);
  return failed;
}

static void move(uint64_t *clashes, char *first, uint64_t more, const char *first_more) {
  if (*clashes == 0 && more > 0) memcpy(first, first_more, EXPR_CLASH_BYTES);
  *clashes += more;
}

void tell_take(struct expr_env *env, const struct expr_env *ended) {
  move(&env->clashes, env->clash, ended->clashes, ended->clash);
}

void tell_put_off(struct expr_env *env, struct told *told) {
  move(&told->clashes, told->first, env->clashes, env->clash);
  env->clashes = 0;
}

void tell_now(struct expr_env *env, struct told *told) {
  move(&env->clashes, env->clash, told->clashes, told->first);
  told->clashes = 0;
}
