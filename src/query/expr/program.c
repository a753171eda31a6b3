/* SPDX-License-Identifier: MIT */
/* The compiler: a walk over the expression that appends steps in the order they run. */
#include "query/expr/program.h"

#include "base/core/assert.h"
#include "query/expr/like.h"
#include "query/expr/program_int.h"
#include "query/mongo/mongo.h"

/** Appends a step; valid until the next one. */
static status add_step(struct program *program, step_run *run, const struct expr *expr,
                       struct step **step, struct err *err) {
  if (program->steps_count == program->steps_capacity) {
    size_t capacity = program->steps_capacity ? program->steps_capacity * 2 : 4;
    struct step *steps = arena_zalloc(program->env->arena, capacity, sizeof *steps);
    TRY(plan_check_memory(program->env->arena, steps, err));
    if (program->steps_count) memcpy(steps, program->steps, program->steps_count * sizeof *steps);
    program->steps = steps;
    program->steps_capacity = capacity;
  }
  if (program->steps_count == PROGRAM_STEPS_MAX)
    FAIL(err, LUMA_TOO_LARGE, "the expression is too large");
  *step = &program->steps[program->steps_count++];
  **step = (struct step){.run = run, .expr = expr};
  return LUMA_OK;
}

static status add_register(struct program *program, uint32_t *index, struct err *err) {
  struct arena *arena = program->env->arena;
  if (program->registers_count == program->registers_capacity) {
    uint32_t capacity = program->registers_capacity ? program->registers_capacity * 2 : 4;
    struct val **registers = arena_zalloc(arena, capacity, sizeof *registers);
    TRY(plan_check_memory(arena, registers, err));
    if (program->registers_count)
      memcpy(registers, program->registers, program->registers_count * sizeof *registers);
    program->registers = registers;
    program->registers_capacity = capacity;
  }
  struct val *values = arena_alloc(arena, program->rows_max * sizeof *values);
  TRY(plan_check_memory(arena, values, err));
  program->registers[program->registers_count] = values;
  *index = program->registers_count++;
  return LUMA_OK;
}

status program__add_constant(struct program *program, const struct val *value, struct operand *out,
                             struct err *err) {
  if (program->constants_count == program->constants_capacity) {
    uint32_t capacity = program->constants_capacity ? program->constants_capacity * 2 : 4;
    struct val *constants = arena_zalloc(program->env->arena, capacity, sizeof *constants);
    TRY(plan_check_memory(program->env->arena, constants, err));
    if (program->constants_count)
      memcpy(constants, program->constants, program->constants_count * sizeof *constants);
    program->constants = constants;
    program->constants_capacity = capacity;
  }
  program->constants[program->constants_count] = *value;
  *out = (struct operand){OPERAND_CONST, program->constants_count++};
  return LUMA_OK;
}

status program__add_result(struct program *program, step_run *run, const struct expr *expr,
                           struct step **step, struct operand *out, struct err *err) {
  uint32_t index = 0;
  TRY(add_register(program, &index, err));
  TRY(add_step(program, run, expr, step, err));
  (*step)->out = index;
  *out = (struct operand){OPERAND_REGISTER, index};
  return LUMA_OK;
}

static status compile_args(struct program *program, const struct expr *expr, struct operand **args,
                           struct err *err) {
  *args = arena_zalloc(program->env->arena, expr->args_count + 1, sizeof **args);
  TRY(plan_check_memory(program->env->arena, *args, err));
  for (uint32_t i = 0; i < expr->args_count; i++)
    TRY(program__compile(program, expr->args[i], &(*args)[i], err));
  return LUMA_OK;
}

/** A step over all arguments. */
static status compile_all(struct program *program, step_run *run, const struct expr *expr,
                          struct step **step, struct operand *out, struct err *err) {
  struct operand *args = NULL;
  TRY(compile_args(program, expr, &args, err));
  TRY(program__add_result(program, run, expr, step, out, err));
  (*step)->args = args;
  (*step)->args_count = expr->args_count;
  if (expr->args_count > 0) (*step)->a = args[0];
  if (expr->args_count > 1) (*step)->b = args[1];
  if (expr->args_count > 2) (*step)->c = args[2];
  return LUMA_OK;
}

/* ---- leaves ---- */

status program__compile_path(struct program *program, const struct expr *expr,
                             struct operand subject, struct operand *out, struct err *err) {
  *out = subject;
  if (expr->path.count == 0) return LUMA_OK;
  struct expr_env *env = program->env;
  struct step *step = NULL;
  struct field_reader *field = arena_zalloc(env->arena, 1, sizeof *field);
  TRY(plan_check_memory(env->arena, field, err));
  TRY(field_reader_init(field, env, &expr->path, expr->key, expr->dotted, err));
  TRY(program__add_result(program, step_field, expr, &step, out, err));
  step->field = field;
  step->a = subject;
  return LUMA_OK;
}

static status compile_field(struct program *program, const struct expr *expr, struct operand *out,
                            struct err *err) {
  struct operand column;
  TRY(program__column(program, expr->slot, &column, err));
  return program__compile_path(program, expr, column, out, err);
}

static status compile_match(struct program *program, const struct expr *expr, struct operand *out,
                            struct err *err) {
  struct matcher *matcher = NULL;
  struct step *step = NULL;
  TRY(matcher_create(program->env, expr->match, &matcher, err));
  TRY(program__add_result(program, step_match, expr, &step, out, err));
  step->matcher = matcher;
  return LUMA_OK;
}

/* ---- narrowing ---- */

/** Begins a level of narrowing by `condition`; `*at` is its step, whose skip_to is set at the end.
 */
static status begin_narrow(struct program *program, step_run *run, const struct expr *expr,
                           struct operand condition, uint32_t *at, struct err *err) {
  struct step *step = NULL;
  if (program->depth == PROGRAM_DEPTH_MAX - 1)
    FAIL(err, LUMA_TOO_DEEP, "the expression is nested too deeply");
  if (!program->rooms[program->depth]) {
    uint16_t *room = arena_alloc(program->env->arena, program->rows_max * sizeof *room);
    TRY(plan_check_memory(program->env->arena, room, err));
    program->rooms[program->depth] = room;
  }
  program->depth++;
  *at = program->steps_count;
  TRY(add_step(program, run, expr, &step, err));
  step->a = condition;
  return LUMA_OK;
}

static status end_narrow(struct program *program, const struct expr *expr, uint32_t at,
                         struct err *err) {
  struct step *step = NULL;
  TRY(add_step(program, step_widen, expr, &step, err));
  program->steps[at].skip_to = program->steps_count - 1;
  program->depth--;
  return LUMA_OK;
}

static status compile_logic(struct program *program, const struct expr *expr, struct operand *out,
                            struct err *err) {
  struct operand left, right;
  struct step *step = NULL;
  uint32_t at = 0;
  bool is_and = expr->op == EXPR_OP_AND;
  TRY(program__compile(program, expr->args[0], &left, err));
  TRY(begin_narrow(program, is_and ? step_narrow_not_false : step_narrow_not_true, expr, left, &at,
                   err));
  TRY(program__compile(program, expr->args[1], &right, err));
  TRY(end_narrow(program, expr, at, err));
  TRY(program__add_result(program, is_and ? step_and : step_or, expr, &step, out, err));
  step->a = left;
  step->b = right;
  return LUMA_OK;
}

static status add_copy(struct program *program, const struct expr *expr, struct operand from,
                       struct operand to, struct err *err) {
  struct step *step = NULL;
  TRY(add_step(program, step_copy, expr, &step, err));
  step->a = from;
  step->out = to.index;
  return LUMA_OK;
}

/** Leaves out of the level in hand what `run` does; `*at` is its step, whose skip_to is set at the
 * end of the level. */
static status narrow_further(struct program *program, step_run *run, const struct expr *expr,
                             struct operand condition, uint32_t *at, struct err *err) {
  struct step *step = NULL;
  *at = program->steps_count;
  TRY(add_step(program, run, expr, &step, err));
  step->a = condition;
  return LUMA_OK;
}

/** Ends a level: where no row is left at one of its `count` narrowings, the rest is skipped. */
static status end_level(struct program *program, const struct expr *expr, const uint32_t *begun,
                        uint32_t count, struct err *err) {
  if (count == 0) return LUMA_OK;
  TRY(end_narrow(program, expr, begun[0], err));
  for (uint32_t i = 1; i < count; i++)
    program->steps[begun[i]].skip_to = program->steps[begun[0]].skip_to;
  return LUMA_OK;
}

/** A WHEN narrows to its rows for THEN. */
static status compile_then(struct program *program, const struct expr *expr, struct operand when,
                           const struct expr *then, struct operand out, struct err *err) {
  struct operand value;
  uint32_t at = 0;
  TRY(begin_narrow(program, step_narrow_true, expr, when, &at, err));
  TRY(program__compile(program, then, &value, err));
  TRY(add_copy(program, expr, value, out, err));
  return end_narrow(program, expr, at, err);
}

/** What follows a WHEN is for the rows it did not take: one level, however many there are. */
static status compile_case(struct program *program, const struct expr *expr, struct operand *out,
                           struct err *err) {
  struct step *step = NULL;
  uint32_t pairs = expr->args_count / 2,
           *begun = arena_alloc(program->env->arena, (pairs + 1) * sizeof *begun);
  TRY(plan_check_memory(program->env->arena, begun, err));
  TRY(program__add_result(program, step_null, expr, &step, out, err));
  for (uint32_t i = 0; i < pairs; i++) {
    struct operand when;
    TRY(program__compile(program, expr->args[2 * i], &when, err));
    TRY(compile_then(program, expr, when, expr->args[2 * i + 1], *out, err));
    if (i == 0)
      TRY(begin_narrow(program, step_narrow_not_true, expr, when, &begun[i], err));
    else
      TRY(narrow_further(program, step_keep_not_true, expr, when, &begun[i], err));
  }
  if (expr->has_else) {
    struct operand value;
    TRY(program__compile(program, expr->args[expr->args_count - 1], &value, err));
    TRY(add_copy(program, expr, value, *out, err));
  }
  return end_level(program, expr, begun, pairs, err);
}

static status compile_coalesce(struct program *program, const struct expr *expr,
                               struct operand *out, struct err *err) {
  struct step *step = NULL;
  uint32_t *begun = arena_alloc(program->env->arena, (expr->args_count + 1) * sizeof *begun);
  TRY(plan_check_memory(program->env->arena, begun, err));
  TRY(program__add_result(program, step_null, expr, &step, out, err));
  for (uint32_t i = 0; i < expr->args_count; i++) {
    struct operand value;
    if (i == 0)
      TRY(begin_narrow(program, step_narrow_null, expr, *out, &begun[i], err));
    else
      TRY(narrow_further(program, step_keep_null, expr, *out, &begun[i], err));
    TRY(program__compile(program, expr->args[i], &value, err));
    TRY(add_copy(program, expr, value, *out, err));
  }
  return end_level(program, expr, begun, expr->args_count, err);
}

/* ---- operators ---- */

static step_run *run_of_unary(const struct expr *expr) {
  if (expr->op == EXPR_OP_TRUTH) return step_truth;
  return expr->op == EXPR_OP_NEGATE ? step_negate : step_truth_unary;
}

static step_run *run_of_binary(const struct expr *expr) {
  switch (expr->op) {
  case EXPR_OP_EQ:
  case EXPR_OP_NE:
  case EXPR_OP_LT:
  case EXPR_OP_LE:
  case EXPR_OP_GT:
  case EXPR_OP_GE: return expr->mongo ? step_mongo_compare : step_compare;
  case EXPR_OP_IS_DISTINCT:
  case EXPR_OP_IS_NOT_DISTINCT: return step_distinct;
  case EXPR_OP_LIKE:
  case EXPR_OP_NOT_LIKE:
  case EXPR_OP_ILIKE:
  case EXPR_OP_NOT_ILIKE: return step_like;
  case EXPR_OP_CONTAINS:
  case EXPR_OP_STARTS_WITH:
  case EXPR_OP_ENDS_WITH: return step_contains;
  case EXPR_OP_CONCAT: return step_concat;
  case EXPR_OP_ADD:
  case EXPR_OP_SUBTRACT:
  case EXPR_OP_MULTIPLY:
  case EXPR_OP_DIVIDE:
  case EXPR_OP_MODULO: return step_arithmetic;
  case EXPR_OP_NOT:
  case EXPR_OP_NEGATE:
  case EXPR_OP_IS_NULL:
  case EXPR_OP_IS_NOT_NULL:
  case EXPR_OP_IS_TRUE:
  case EXPR_OP_IS_FALSE:
  case EXPR_OP_TRUTH:
  case EXPR_OP_AND:
  case EXPR_OP_OR: break;
  }
  return step_null;
}

/** A constant pattern is checked and normalised once. */
static status prepare_pattern(struct program *program, struct step *step, struct err *err) {
  if (step->run != step_like || step->b.kind != OPERAND_CONST) return LUMA_OK;
  const struct val *pattern = &program->constants[step->b.index];
  if (pattern->type != VAL_TEXT) return LUMA_OK;
  TRY(program__pattern(program->env, step->expr, val_slice(pattern), &step->pattern, err));
  step->pattern_ready = true;
  return LUMA_OK;
}

static status compile_binary(struct program *program, const struct expr *expr, struct operand *out,
                             struct err *err) {
  struct step *step = NULL;
  if (expr->op == EXPR_OP_AND || expr->op == EXPR_OP_OR)
    return compile_logic(program, expr, out, err);
  TRY(compile_all(program, run_of_binary(expr), expr, &step, out, err));
  return prepare_pattern(program, step, err);
}

/** What constants tell of a call, before there is a row. */
static status prepare_call(struct program *program, const struct expr *expr, struct err *err) {
  enum { OPERANDS_MAX = 2 };
  struct val operands[OPERANDS_MAX] = {0};
  struct func_env call = expr_env_call(program->env, program->env->arena);
  if (!expr->mongo || expr->args_count < 2 || expr->args_count > OPERANDS_MAX + 1) return LUMA_OK;
  for (uint32_t i = 1; i < expr->args_count; i++) {
    if (expr->args[i]->kind != EXPR_CONST) return LUMA_OK;
    operands[i - 1] = expr->args[i]->value;
  }
  return mongo_prepare(&call, expr->function, operands, err);
}

static status compile_call(struct program *program, const struct expr *expr, struct operand *out,
                           struct err *err) {
  struct step *step = NULL;
  ASSERT(expr->function);
  if (expr->function->lazy) return compile_coalesce(program, expr, out, err);
  TRY(compile_all(program, step_call, expr, &step, out, err));
  step->func = expr->function;
  return prepare_call(program, expr, err);
}

static status compile_shape(struct program *program, const struct expr *expr, struct operand *out,
                            struct err *err) {
  struct step *step = NULL;
  TRY(compile_all(program, step_shape, expr, &step, out, err));
  return shape__compile(program->env, expr, &step->shape, err);
}

/** A list of constants is sorted once. A single one may itself be the list. */
static status prepare_set(struct program *program, struct step *step, struct err *err) {
  struct arena *arena = program->env->arena;
  struct val *values = arena_alloc(arena, step->args_count * sizeof *values);
  TRY(plan_check_memory(arena, values, err));
  for (uint32_t i = 1; i < step->args_count; i++) {
    if (step->args[i].kind != OPERAND_CONST) return LUMA_OK;
    values[i - 1] = program->constants[step->args[i].index];
  }
  if (step->args_count != 2 || values[0].type != VAL_LIST)
    return in_set_create(arena, values, step->args_count - 1, &step->in_set, err);
  struct val list = values[0];
  values = arena_alloc(arena, (val_count(&list) + 1) * sizeof *values);
  TRY(plan_check_memory(arena, values, err));
  for (uint32_t i = 0; i < val_count(&list); i++) values[i] = val_at(&list, i);
  return in_set_create(arena, values, val_count(&list), &step->in_set, err);
}

static status compile_in(struct program *program, const struct expr *expr, struct operand *out,
                         struct err *err) {
  struct step *step = NULL;
  TRY(compile_all(program, step_in, expr, &step, out, err));
  return prepare_set(program, step, err);
}

/** a AND b may be asked of few rows; a SELECT is run for those only that get here. */
static status compile_subquery(struct program *program, const struct expr *expr,
                               struct operand *out, struct err *err) {
  struct step *step = NULL;
  const struct expr_subqueries *subqueries = program->env->subqueries;
  if (!subqueries) FAIL(err, LUMA_INVALID_ARGUMENT, "a SELECT cannot stand here");
  TRY(compile_all(program, step_subquery, expr, &step, out, err));
  return subqueries->open(subqueries->context, expr, &step->subquery, err);
}

static status compile_at(struct program *program, const struct expr *expr, struct operand *out,
                         struct err *err) {
  struct step *step = NULL;
  return compile_all(program, step_at, expr, &step, out, err);
}

static status compile_node(struct program *program, const struct expr *expr, struct operand *out,
                           struct err *err) {
  struct step *step = NULL;
  struct val value = expr->value;
  switch (expr->kind) {
  case EXPR_PARAM:
    TRY(expr_env_param(program->env, expr, &value, err));
    return program__add_constant(program, &value, out, err);
  case EXPR_CONST: return program__add_constant(program, &value, out, err);
  case EXPR_FIELD: return compile_field(program, expr, out, err);
  case EXPR_UNARY: return compile_all(program, run_of_unary(expr), expr, &step, out, err);
  case EXPR_BINARY: return compile_binary(program, expr, out, err);
  case EXPR_IN: return compile_in(program, expr, out, err);
  case EXPR_BETWEEN: return compile_all(program, step_between, expr, &step, out, err);
  case EXPR_CASE: return compile_case(program, expr, out, err);
  case EXPR_CALL: return compile_call(program, expr, out, err);
  case EXPR_LIST: return compile_all(program, step_list, expr, &step, out, err);
  case EXPR_MAP: return compile_all(program, step_map, expr, &step, out, err);
  case EXPR_MATCH: return compile_match(program, expr, out, err);
  case EXPR_SHAPE: return compile_shape(program, expr, out, err);
  case EXPR_VARIABLE: return program__compile_variable(program, expr, out, err);
  case EXPR_LET: return program__compile_let(program, expr, out, err);
  case EXPR_EACH: return program__compile_each(program, expr, out, err);
  case EXPR_SUBQUERY: return compile_subquery(program, expr, out, err);
  case EXPR_AT: return compile_at(program, expr, out, err);
  case EXPR_OUTER:
    return program__add_constant(program, &program->env->outers[expr->slot], out, err);
  case EXPR_WINDOW:
  case EXPR_NAME:
  case EXPR_AGGREGATE:
  case EXPR_STAR: break;
  }
  FAIL(err, LUMA_INTERNAL, "an expression reached execution unbound");
}

status program__compile(struct program *program, const struct expr *expr, struct operand *out,
                        struct err *err) {
  return expr_env_fail(program->env, expr->offset, compile_node(program, expr, out, err), err);
}

static status create(struct expr_env *env, const struct expr *expr, uint32_t rows_max,
                     struct program **program, struct err *err) {
  struct program *made = arena_zalloc(env->arena, 1, sizeof *made);
  TRY(plan_check_memory(env->arena, made, err));
  made->env = env;
  made->rows_max = rows_max;
  *program = made;
  return program__compile(made, expr, &made->result, err);
}

status program_create(struct expr_env *env, const struct expr *expr, struct program **program,
                      struct err *err) {
  return create(env, expr, BATCH_ROWS, program, err);
}

/* Errors show values; not those of sensitive attributes. */
static status fail_step(const struct program *program, const struct step *step, status ran,
                        struct err *err) {
  bool is_about_values = ran != LUMA_OUT_OF_MEMORY && ran != LUMA_CANCELLED;
  if (is_about_values && expr_reads_sensitive(step->expr)) {
    err_raise(err, ran, __FILE__, __LINE__,
              "a value of a sensitive attribute does not fit this expression");
  }
  return expr_env_fail(program->env, step->expr->offset, ran, err);
}

status program_run(struct program *program, const struct batch *batch, struct arena *arena,
                   const struct val **values, uint32_t *stride, struct err *err) {
  program->batch = batch;
  program->arena = arena;
  program->depth = 0;
  program->levels[0] = (struct live){batch->selected, batch->selected_count};
  for (uint32_t at = 0; at < program->steps_count; at = program->next) {
    const struct step *step = &program->steps[at];
    program->next = at + 1;
    status ran = step->run(program, step, err);
    if (ran != LUMA_OK) return fail_step(program, step, ran, err);
  }
  struct view view = program_view(program, program->result);
  *values = view.base;
  *stride = view.stride;
  return LUMA_OK;
}

status program_constant(struct expr_env *env, const struct expr *expr, struct val *value,
                        struct err *err) {
  if (expr->kind == EXPR_CONST) {
    *value = expr->value;
    return LUMA_OK;
  }
  if (expr->kind == EXPR_PARAM) return expr_env_param(env, expr, value, err);
  if (expr->kind == EXPR_OUTER) {
    *value = env->outers[expr->slot];
    return LUMA_OK;
  }
  struct batch row = {.rows = 1, .selected_count = 1};
  struct program *program = NULL;
  const struct val *values = NULL;
  uint32_t stride = 0;
  TRY(create(env, expr, 1, &program, err));
  ASSERT(program->result.kind != OPERAND_COLUMN);
  TRY(program_run(program, &row, env->arena, &values, &stride, err));
  ASSERT(values);
  *value = values[0];
  return LUMA_OK;
}
