/* SPDX-License-Identifier: MIT */
/* Steps that make values: attributes, arithmetic, text, calls, lists, maps. */
#include "base/text/utf8.h"
#include "query/expr/like.h"
#include "query/expr/program_int.h"
#include "query/expr/tell.h"
#include "query/func/arith.h"
#include "value/order/order.h"

status step_field(struct program *program, const struct step *step, struct err *err) {
  const struct live *live = program_live(program);
  struct view documents = program_view(program, step->a);
  struct val *out = program->registers[step->out];
  if (live->count == 0) return LUMA_OK;
  TRY(field_reader_bind(step->field, program->env, view_at(documents, live_row(live, 0)), err));
  for (uint32_t i = 0; i < live->count; i++) {
    uint32_t row = live_row(live, i);
    if (!step->field->dotted)
      out[row] = field_read(step->field, view_at(documents, row));
    else
      TRY(field_read_dotted(step->field, program->env, program->arena, view_at(documents, row),
                            &out[row], err));
  }
  return LUMA_OK;
}

status step_match(struct program *program, const struct step *step, struct err *err) {
  const struct live *live = program_live(program);
  struct batch rows = *program->batch;
  rows.selected_count = live->count;
  /* The matcher sees the rows of this level only. */
  if (live->rows) {
    rows.selected = arena_copy(program->arena, live->rows, live->count * sizeof *live->rows + 1);
    TRY(plan_check_memory(program->arena, rows.selected, err));
  }
  TRY(matcher_begin(step->matcher, program->env, &rows, program->arena, err));
  for (uint32_t i = 0; i < live->count; i++) {
    uint32_t row = live_row(live, i);
    bool matches = false;
    TRY(matcher_test(step->matcher, &rows, row, &matches, err));
    program->registers[step->out][row] = val_bool(matches);
  }
  return LUMA_OK;
}

/* ---- arithmetic ---- */

/** PostgreSQL's - of JSON: without a name or a place. */
static status remove_made(struct program *program, const struct val *a, const struct val *b,
                          struct val *out, struct err *err) {
  struct func_env env = expr_env_call(program->env, program->arena);
  return func_remove_made(&env, a, b, out, err);
}

/* Integers without a call; false for anything else, and where it is an error. */
static inline bool on_integers(enum expr_op op, const struct val *a, const struct val *b,
                               struct val *out) {
  int64_t result = 0;
  if (a->type != VAL_INT64 || b->type != VAL_INT64) return false;
  switch ((int)op) {
  case EXPR_OP_ADD:
    if (__builtin_add_overflow(a->integer, b->integer, &result)) return false;
    break;
  case EXPR_OP_SUBTRACT:
    if (__builtin_sub_overflow(a->integer, b->integer, &result)) return false;
    break;
  case EXPR_OP_MULTIPLY:
    if (__builtin_mul_overflow(a->integer, b->integer, &result)) return false;
    break;
  default: return false;
  }
  *out = val_int64(result);
  return true;
}

static status arithmetic(struct program *program, const struct expr *expr, const struct val *a,
                         const struct val *b, struct val *out, struct err *err) {
  bool clash = false;
  status done = LUMA_OK;
  *out = val_null();
  if (val_is_null(a) || val_is_null(b)) return LUMA_OK;
  if (expr->mongo)
    TRY(arith_mongo(expr->op, a, b, out, &clash, err));
  else if (expr->op == EXPR_OP_SUBTRACT && (a->type == VAL_MAP || a->type == VAL_LIST))
    return remove_made(program, a, b, out, err);
  else
    done = arith_binary(expr->op, a, b, out, &clash, err);
  if (!clash && done == LUMA_OK) return LUMA_OK;
  const struct val operands[2] = {*a, *b};
  if (clash) tell_clash(program->env, expr, operands, 2);
  return tell_failure(expr, operands, 2, done, err);
}

status step_arithmetic(struct program *program, const struct step *step, struct err *err) {
  const struct live *live = program_live(program);
  struct view a = program_view(program, step->a), b = program_view(program, step->b);
  struct val *out = program->registers[step->out];
  enum expr_op op = step->expr->op;
  bool is_mongo = step->expr->mongo;
  for (uint32_t i = 0; i < live->count; i++) {
    uint32_t row = live_row(live, i);
    const struct val *left = view_at(a, row), *right = view_at(b, row);
    if (!is_mongo && on_integers(op, left, right, &out[row])) continue;
    TRY(arithmetic(program, step->expr, left, right, &out[row], err));
  }
  return LUMA_OK;
}

status step_negate(struct program *program, const struct step *step, struct err *err) {
  const struct live *live = program_live(program);
  struct view a = program_view(program, step->a);
  for (uint32_t i = 0; i < live->count; i++) {
    uint32_t row = live_row(live, i);
    const struct val *v = view_at(a, row);
    bool clash = false;
    struct val negated = val_null();
    if (!val_is_null(v)) TRY(arith_negate(v, &negated, &clash, err));
    if (clash) tell_clash(program->env, step->expr, v, 1);
    program->registers[step->out][row] = negated;
  }
  return LUMA_OK;
}

/* ---- text ---- */

/** What stands in the scratch as a text in the batch's arena. */
static status take_text(struct program *program, struct val *out, struct err *err) {
  struct buf *scratch = &program->env->scratch;
  status done = buf_check(scratch, "a text", err);
  uint8_t *copy = done == LUMA_OK ? arena_alloc_text(program->arena, scratch->bytes + 1) : NULL;
  if (done == LUMA_OK) done = plan_check_memory(program->arena, copy, err);
  if (done == LUMA_OK) {
    if (scratch->bytes) memcpy(copy, scratch->data, scratch->bytes);
    *out = val_text(slice_of(copy, scratch->bytes));
  }
  buf_reset(scratch);
  return done;
}

/** a || b: texts (other scalars as text); a list takes elements, maps merge. NULL with anything is
 * NULL. */
static status concat(struct program *program, const struct val *a, const struct val *b,
                     struct val *out, struct err *err) {
  *out = val_null();
  if (val_is_null(a) || val_is_null(b)) return LUMA_OK;
  bool is_made = a->type == VAL_LIST || b->type == VAL_LIST;
  if (is_made || (a->type == VAL_MAP && b->type == VAL_MAP)) {
    struct func_env env = expr_env_call(program->env, program->arena);
    return func_join_made(&env, a, b, out, err);
  }
  func_append_text(&program->env->scratch, a);
  func_append_text(&program->env->scratch, b);
  return take_text(program, out, err);
}

status step_concat(struct program *program, const struct step *step, struct err *err) {
  const struct live *live = program_live(program);
  struct view a = program_view(program, step->a), b = program_view(program, step->b);
  for (uint32_t i = 0; i < live->count; i++) {
    uint32_t row = live_row(live, i);
    TRY(concat(program, view_at(a, row), view_at(b, row), &program->registers[step->out][row],
               err));
  }
  return LUMA_OK;
}

/** Rewrites a pattern so that a backslash is its escape, whatever ESCAPE says. */
status program__pattern(struct expr_env *env, const struct expr *like, struct slice pattern,
                        struct slice *out, struct err *err) {
  *out = pattern;
  if (like->args_count > 2) {
    struct val escape;
    TRY(program_constant(env, like->args[2], &escape, err));
    if (escape.type != VAL_TEXT || utf8_count(val_slice(&escape)) > 1 || escape.bytes > 1)
      FAIL(err, LUMA_INVALID_ARGUMENT, "ESCAPE takes one character, or none");
    uint8_t *room = arena_alloc_text(env->arena, 2 * pattern.bytes + 1);
    TRY(plan_check_memory(env->arena, room, err));
    size_t bytes = 0;
    for (size_t i = 0; i < pattern.bytes; i++) {
      bool escapes = escape.bytes && pattern.data[i] == escape.data[0];
      if (escapes || pattern.data[i] == LIKE_ESCAPE_DEFAULT) room[bytes++] = LIKE_ESCAPE_DEFAULT;
      if (escapes && i + 1 < pattern.bytes)
        i++;
      else if (escapes)
        continue; /* at the end: what like_check refuses */
      room[bytes++] = pattern.data[i];
    }
    *out = slice_of(room, bytes);
  }
  return like_check(*out, err);
}

/** Both sides in small letters, for ILIKE and CONTAINS. */
static status fold(struct program *program, struct slice *text, struct err *err) {
  struct val folded;
  utf8_append_lower(&program->env->scratch, *text);
  TRY(take_text(program, &folded, err));
  *text = val_slice(&folded);
  return LUMA_OK;
}

static status like(struct program *program, const struct step *step, const struct val *v,
                   const struct val *pattern, struct val *out, struct err *err) {
  enum expr_op op = step->expr->op;
  *out = val_null();
  if (val_is_null(v) || val_is_null(pattern)) return LUMA_OK;
  if (v->type != VAL_TEXT || pattern->type != VAL_TEXT) {
    const struct val operands[2] = {*v, *pattern};
    tell_clash(program->env, step->expr, operands, 2);
    return LUMA_OK;
  }
  struct slice text = val_slice(v), wanted = step->pattern;
  if (!step->pattern_ready)
    TRY(program__pattern(program->env, step->expr, val_slice(pattern), &wanted, err));
  if (op == EXPR_OP_ILIKE || op == EXPR_OP_NOT_ILIKE) {
    TRY(fold(program, &text, err));
    TRY(fold(program, &wanted, err));
  }
  bool negated = op == EXPR_OP_NOT_LIKE || op == EXPR_OP_NOT_ILIKE;
  *out = val_bool(like_matches(wanted, text) != negated);
  return LUMA_OK;
}

status step_like(struct program *program, const struct step *step, struct err *err) {
  const struct live *live = program_live(program);
  struct view a = program_view(program, step->a), b = program_view(program, step->b);
  for (uint32_t i = 0; i < live->count; i++) {
    uint32_t row = live_row(live, i);
    TRY(like(program, step, view_at(a, row), view_at(b, row), &program->registers[step->out][row],
             err));
  }
  return LUMA_OK;
}

static bool is_found(enum expr_op op, struct slice text, struct slice part) {
  if (text.bytes < part.bytes) return false;
  if (op == EXPR_OP_STARTS_WITH) return slice_has_prefix(text, part);
  if (op == EXPR_OP_ENDS_WITH)
    return slice_is_equal(slice_of(text.data + text.bytes - part.bytes, part.bytes), part);
  return part.bytes == 0 || memmem(text.data, text.bytes, part.data, part.bytes);
}

static bool has_element(const struct val *list, const struct val *wanted) {
  for (uint32_t i = 0; i < val_count(list); i++) {
    struct val element = val_at(list, i);
    if (val_is_equal(&element, wanted)) return true;
  }
  return false;
}

/** CONTAINS, STARTS WITH, ENDS WITH: texts without case; CONTAINS on a list looks for the element.
 */
static status contains(struct program *program, enum expr_op op, const struct val *v,
                       const struct val *part, struct val *out, struct err *err) {
  *out = val_null();
  if (val_is_null(v) || val_is_null(part)) return LUMA_OK;
  if (op == EXPR_OP_CONTAINS && v->type == VAL_LIST) {
    *out = val_bool(has_element(v, part));
    return LUMA_OK;
  }
  if (v->type != VAL_TEXT || part->type != VAL_TEXT) {
    program->env->clashes++;
    return LUMA_OK;
  }
  struct slice text = val_slice(v), wanted = val_slice(part);
  TRY(fold(program, &text, err));
  TRY(fold(program, &wanted, err));
  *out = val_bool(is_found(op, text, wanted));
  return LUMA_OK;
}

status step_contains(struct program *program, const struct step *step, struct err *err) {
  const struct live *live = program_live(program);
  struct view a = program_view(program, step->a), b = program_view(program, step->b);
  for (uint32_t i = 0; i < live->count; i++) {
    uint32_t row = live_row(live, i);
    struct val *out = &program->registers[step->out][row];
    TRY(contains(program, step->expr->op, view_at(a, row), view_at(b, row), out, err));
  }
  return LUMA_OK;
}

/* ---- calls, lists, maps ---- */

/** A function of one row; `args` has room for its arguments. */
static status call_row(struct program *program, const struct step *step, uint32_t row,
                       struct val *args, struct err *err) {
  struct func_env env = expr_env_call(program->env, program->arena);
  struct val *out = &program->registers[step->out][row];
  bool any_null = false;
  for (uint32_t a = 0; a < step->args_count; a++) {
    args[a] = *view_at(program_view(program, step->args[a]), row);
    any_null |= val_is_null(&args[a]);
  }
  *out = val_null();
  if (any_null && step->func->strict) return LUMA_OK;
  uint64_t clashes = 0;
  env.clashes = &clashes;
  status done = step->func->call(&env, args, step->args_count, out, err);
  if (clashes) tell_clash(program->env, step->expr, args, step->args_count);
  return done == LUMA_OK ? LUMA_OK : tell_failure(step->expr, args, step->args_count, done, err);
}

status step_call(struct program *program, const struct step *step, struct err *err) {
  const struct live *live = program_live(program);
  struct val few[FUNC_ARGS_MAX], *args = few;
  if (step->args_count > FUNC_ARGS_MAX) {
    args = arena_zalloc(program->arena, step->args_count, sizeof *args);
    TRY(plan_check_memory(program->arena, args, err));
  }
  for (uint32_t i = 0; i < live->count; i++)
    TRY(call_row(program, step, live_row(live, i), args, err));
  return LUMA_OK;
}

static void put_parts(struct program *program, const struct step *step, uint32_t row,
                      struct build *build) {
  bool is_map = step->expr->kind == EXPR_MAP;
  if (is_map)
    build_begin_map(build);
  else
    build_begin_list(build);
  for (uint32_t i = 0; i < step->args_count; i++) {
    struct val part = *view_at(program_view(program, step->args[i]), row);
    if (is_map)
      build_name(build, step->expr->names[i]);
    else if (part.type == VAL_MISSING)
      part = val_null();
    build_put(build, &part);
  }
  build_end(build);
}

static status build_parts(struct program *program, const struct step *step, struct err *err) {
  const struct live *live = program_live(program);
  struct build build;
  status done = LUMA_OK;
  build_init(&build, &program->env->scratch, NULL);
  for (uint32_t i = 0; i < live->count && done == LUMA_OK; i++) {
    uint32_t row = live_row(live, i);
    put_parts(program, step, row, &build);
    done = field_take_built(program->env, program->arena, &build,
                            &program->registers[step->out][row], err);
  }
  build_deinit(&build);
  return done;
}

status step_list(struct program *program, const struct step *step, struct err *err) {
  return build_parts(program, step, err);
}

status step_map(struct program *program, const struct step *step, struct err *err) {
  return build_parts(program, step, err);
}
