/* SPDX-License-Identifier: MIT */
/* Variables, LET, and EACH: expressions over the elements of lists. A LET is no step of its own:
 * its variables are the operands of their values. The body of an EACH is a program of its own over
 * batches of elements, whose columns are the element, for REDUCE the value so far, and what the
 * body reads of the program around it, gathered from the element's row. */
#include "query/expr/program_int.h"
#include "query/mongo/mongo.h"

enum { COLUMN_ELEMENT, COLUMN_VALUE, COLUMN_GATHERED };

struct each {
  struct program *body;
  struct batch batch;
  uint16_t owners[BATCH_ROWS]; /* the outer row of each element in the batch */
};

/* ---- compiling ---- */

static status gather(struct program *program, struct operand of_outer, struct operand *out,
                     struct err *err) {
  for (uint32_t i = 0; i < program->gathered_count; i++) {
    *out = (struct operand){OPERAND_COLUMN, COLUMN_GATHERED + i};
    const struct operand *known = &program->gathered[i];
    if (known->kind == of_outer.kind && known->index == of_outer.index) return LUMA_OK;
  }
  if (program->gathered_count == program->gathered_capacity) {
    uint32_t capacity = program->gathered_capacity ? program->gathered_capacity * 2 : 4;
    struct operand *gathered = arena_zalloc(program->env->arena, capacity, sizeof *gathered);
    TRY(plan_check_memory(program->env->arena, gathered, err));
    if (program->gathered_count)
      memcpy(gathered, program->gathered, program->gathered_count * sizeof *gathered);
    program->gathered = gathered;
    program->gathered_capacity = capacity;
  }
  *out = (struct operand){OPERAND_COLUMN, COLUMN_GATHERED + program->gathered_count};
  program->gathered[program->gathered_count++] = of_outer;
  return LUMA_OK;
}

status program__column(struct program *program, uint32_t slot, struct operand *out,
                       struct err *err) {
  struct operand of_outer;
  *out = (struct operand){OPERAND_COLUMN, slot};
  if (!program->outer) return LUMA_OK;
  TRY(program__column(program->outer, slot, &of_outer, err));
  return gather(program, of_outer, out, err);
}

/** The operand that variable `number` has in this program; false when it is the run's. */
static status find_variable(struct program *program, uint32_t number, struct operand *out,
                            bool *found, struct err *err) {
  struct operand of_outer;
  *found = false;
  if (number >= program->gathered_first && number < program->variables_count) {
    *out = program->variables[number];
    *found = true;
    return LUMA_OK;
  }
  if (!program->outer) return LUMA_OK;
  TRY(find_variable(program->outer, number, &of_outer, found, err));
  return *found ? gather(program, of_outer, out, err) : LUMA_OK;
}

status program__compile_variable(struct program *program, const struct expr *expr,
                                 struct operand *out, struct err *err) {
  const struct expr_env *env = program->env;
  struct operand variable;
  bool found = false;
  TRY(find_variable(program, expr->variable, &variable, &found, err));
  if (!found) {
    if (expr->variable >= env->variables_count) FAIL(err, LUMA_INTERNAL, "a variable has no value");
    TRY(program__add_constant(program, &env->variables[expr->variable], &variable, err));
  }
  return program__compile_path(program, expr, variable, out, err);
}

static status set_variable(struct program *program, uint32_t number, struct operand operand,
                           struct err *err) {
  if (number >= PROGRAM_VARIABLES_MAX)
    FAIL(err, LUMA_TOO_LARGE, "there are more than %d variables", PROGRAM_VARIABLES_MAX);
  if (!program->variables) {
    program->variables =
        arena_zalloc(program->env->arena, PROGRAM_VARIABLES_MAX, sizeof *program->variables);
    TRY(plan_check_memory(program->env->arena, program->variables, err));
    program->gathered_first = number;
  }
  program->variables[number] = operand;
  if (number >= program->variables_count) program->variables_count = number + 1;
  return LUMA_OK;
}

status program__compile_let(struct program *program, const struct expr *expr, struct operand *out,
                            struct err *err) {
  uint32_t count = expr->args_count - 1;
  struct operand *values = arena_zalloc(program->env->arena, count + 1, sizeof *values);
  TRY(plan_check_memory(program->env->arena, values, err));
  for (uint32_t i = 0; i < count; i++)
    TRY(program__compile(program, expr->args[i], &values[i], err));
  for (uint32_t i = 0; i < count; i++)
    TRY(set_variable(program, expr->variable + i, values[i], err));
  return program__compile(program, expr->args[count], out, err);
}

static status compile_body(struct program *program, const struct expr *expr, struct each *each,
                           struct err *err) {
  struct expr_env *env = program->env;
  struct program *body = arena_zalloc(env->arena, 1, sizeof *body);
  TRY(plan_check_memory(env->arena, body, err));
  each->body = body;
  body->env = env;
  body->rows_max = BATCH_ROWS;
  body->outer = program;
  TRY(set_variable(body, expr->variable, (struct operand){OPERAND_COLUMN, COLUMN_ELEMENT}, err));
  TRY(set_variable(body, expr->variable + 1, (struct operand){OPERAND_COLUMN, COLUMN_VALUE}, err));
  TRY(program__compile(body, expr->args[2], &body->result, err));
  return batch_init(&each->batch, env->arena, COLUMN_GATHERED + body->gathered_count, err);
}

status program__compile_each(struct program *program, const struct expr *expr, struct operand *out,
                             struct err *err) {
  struct operand list, other;
  struct step *step = NULL;
  struct each *each = arena_zalloc(program->env->arena, 1, sizeof *each);
  TRY(plan_check_memory(program->env->arena, each, err));
  TRY(program__compile(program, expr->args[0], &list, err));
  TRY(program__compile(program, expr->args[1], &other, err));
  TRY(compile_body(program, expr, each, err));
  TRY(program__add_result(program, step_each, expr, &step, out, err));
  step->a = list;
  step->b = other;
  step->each = each;
  return LUMA_OK;
}

/* ---- at work ---- */

/** Appends an element to the batch, with what its row has for the body. */
static void add_element(struct program *program, struct each *each, uint32_t row,
                        const struct val *element) {
  struct batch *batch = &each->batch;
  uint32_t at = batch->rows++;
  batch->columns[COLUMN_ELEMENT][at] = *element;
  each->owners[at] = (uint16_t)row;
  for (uint32_t g = 0; g < each->body->gathered_count; g++)
    batch->columns[COLUMN_GATHERED + g][at] =
        *view_at(program_view(program, each->body->gathered[g]), row);
}

static status run_body(struct program *program, struct each *each, struct view *results,
                       struct err *err) {
  const struct expr_watch *watch = &program->env->watch;
  if (watch->check) TRY(watch->check(watch->context, err));
  each->batch.selected_count = each->batch.rows;
  return program_run(each->body, &each->batch, program->arena, &results->base, &results->stride,
                     err);
}

static status check_list(const struct step *step, const struct val *list, struct err *err) {
  static const char *const names[] = {"$map", "$filter", "$reduce"};
  static const uint32_t codes[] = {16883, 28651, 40080};
  enum expr_each each = step->expr->each;
  if (val_is_null(list) || list->type == VAL_LIST) return LUMA_OK;
  return mongo_fail(err, codes[each], "input to %s must be an array not %s", names[each],
                    mongo_type_name(list));
}

static status check_lists(struct program *program, const struct step *step, uint64_t *total,
                          struct err *err) {
  const struct live *live = program_live(program);
  struct view lists = program_view(program, step->a);
  *total = 0;
  for (uint32_t i = 0; i < live->count; i++) {
    const struct val *list = view_at(lists, live_row(live, i));
    TRY(check_list(step, list, err));
    if (list->type == VAL_LIST) *total += val_count(list);
  }
  return LUMA_OK;
}

/** The body's value for every element of every row, in order. */
static status compute_all(struct program *program, const struct step *step, struct val *values,
                          struct err *err) {
  const struct live *live = program_live(program);
  struct view lists = program_view(program, step->a), results;
  struct each *each = step->each;
  uint64_t done = 0;
  batch_reset(&each->batch);
  for (uint32_t i = 0; i <= live->count; i++) {
    bool is_end = i == live->count;
    uint32_t row = is_end ? 0 : live_row(live, i);
    const struct val *list = is_end ? NULL : view_at(lists, row);
    uint32_t count = is_end || list->type != VAL_LIST ? 0 : val_count(list), e = 0;
    do {
      for (; e < count && each->batch.rows < BATCH_ROWS; e++) {
        struct val element = val_at(list, e);
        add_element(program, each, row, &element);
      }
      bool is_full = each->batch.rows == BATCH_ROWS || (is_end && each->batch.rows);
      if (!is_full) break;
      TRY(run_body(program, each, &results, err));
      for (uint32_t r = 0; r < each->batch.rows; r++) values[done++] = *view_at(results, r);
      batch_reset(&each->batch);
    } while (e < count);
  }
  return LUMA_OK;
}

/** How many elements a $filter keeps at most. */
static status read_limit(struct program *program, const struct step *step, uint32_t row,
                         int64_t *limit, struct err *err) {
  *limit = INT64_MAX;
  if (step->expr->each != EXPR_EACH_FILTER) return LUMA_OK;
  const struct val *v = view_at(program_view(program, step->b), row);
  if (val_is_null(v)) return LUMA_OK;
  if (!val_is_number(v) || !val_to_int64(v, limit) || *limit > INT32_MAX)
    return mongo_fail(err, 327391, "$filter: limit must be represented as a 32-bit integral value");
  if (*limit <= 0) return mongo_fail(err, 327392, "$filter: limit must be greater than 0");
  return LUMA_OK;
}

static void put_results(const struct step *step, struct build *build, const struct val *list,
                        const struct val *values, int64_t limit) {
  struct val null = val_null();
  bool filters = step->expr->each == EXPR_EACH_FILTER;
  build_begin_list(build);
  for (uint32_t e = 0; e < val_count(list) && limit > 0; e++) {
    if (!filters) {
      build_put(build, values[e].type == VAL_MISSING ? &null : &values[e]);
    } else if (mongo_is_true(&values[e])) {
      struct val element = val_at(list, e);
      build_put(build, &element);
      limit--;
    }
  }
  build_end(build);
}

static status map_or_filter(struct program *program, const struct step *step, uint64_t total,
                            struct err *err) {
  const struct live *live = program_live(program);
  struct view lists = program_view(program, step->a);
  struct val *values = arena_alloc(program->arena, (total + 1) * sizeof *values);
  struct build build;
  status done = LUMA_OK;
  TRY(plan_check_memory(program->arena, values, err));
  TRY(compute_all(program, step, values, err));
  build_init(&build, &program->env->scratch, NULL);
  for (uint32_t i = 0; i < live->count && done == LUMA_OK; i++) {
    uint32_t row = live_row(live, i);
    const struct val *list = view_at(lists, row);
    struct val *out = &program->registers[step->out][row];
    int64_t limit = 0;
    *out = val_null();
    done = read_limit(program, step, row, &limit, err);
    if (done != LUMA_OK || list->type != VAL_LIST) continue;
    put_results(step, &build, list, values, limit);
    values += val_count(list);
    done = field_take_built(program->env, program->arena, &build, out, err);
  }
  build_deinit(&build);
  return done;
}

/** Copies the values so far between arenas. */
static status move_values(const struct live *live, struct arena *to, struct val *out,
                          struct err *err) {
  for (uint32_t i = 0; i < live->count; i++) {
    struct val *value = &out[live_row(live, i)];
    TRY(expr_copy_value(to, value, value, err));
  }
  return LUMA_OK;
}

/** Frees what the steps of a $reduce have left behind since `mark`: the values so far are all that
 * the next one reads. */
static status drop_steps(struct program *program, struct val *out, struct arena_mark mark,
                         struct err *err) {
  struct arena aside;
  arena_init(&aside, 0, 0);
  status done = move_values(program_live(program), &aside, out, err);
  if (done == LUMA_OK) {
    arena_rewind(program->arena, mark);
    done = move_values(program_live(program), program->arena, out, err);
  }
  arena_deinit(&aside);
  return done;
}

/** A run's own arena holds what is compiled on the way, too: there nothing is dropped. */
static status tidy_steps(struct program *program, struct val *out, struct arena_mark mark,
                         size_t *bytes_most, struct err *err) {
  enum { STEPS_BYTES_LEAST = 1 << 20 };
  size_t used = arena_used_bytes(program->arena) - mark.used_bytes;
  if (*bytes_most == 0) *bytes_most = STEPS_BYTES_LEAST;
  if (used < *bytes_most || program->arena == program->env->arena) return LUMA_OK;
  TRY(drop_steps(program, out, mark, err));
  used = arena_used_bytes(program->arena) - mark.used_bytes;
  *bytes_most = used < STEPS_BYTES_LEAST / 2 ? STEPS_BYTES_LEAST : 2 * used;
  return LUMA_OK;
}

/** Element after element, for all rows at once. */
static status reduce(struct program *program, const struct step *step, struct err *err) {
  const struct live *live = program_live(program);
  struct view lists = program_view(program, step->a), initial = program_view(program, step->b);
  struct each *each = step->each;
  struct val *out = program->registers[step->out];
  struct arena_mark mark = arena_mark(program->arena);
  size_t bytes_most = 0;
  for (uint32_t i = 0; i < live->count; i++) {
    uint32_t row = live_row(live, i);
    bool is_list = view_at(lists, row)->type == VAL_LIST;
    out[row] = is_list ? *view_at(initial, row) : val_null();
  }
  for (uint32_t e = 0;; e++) {
    struct view results;
    batch_reset(&each->batch);
    for (uint32_t i = 0; i < live->count; i++) {
      uint32_t row = live_row(live, i);
      const struct val *list = view_at(lists, row);
      if (list->type != VAL_LIST || e >= val_count(list)) continue;
      struct val element = val_at(list, e);
      each->batch.columns[COLUMN_VALUE][each->batch.rows] = out[row];
      add_element(program, each, row, &element);
    }
    if (each->batch.rows == 0) return LUMA_OK;
    TRY(run_body(program, each, &results, err));
    for (uint32_t r = 0; r < each->batch.rows; r++) out[each->owners[r]] = *view_at(results, r);
    TRY(tidy_steps(program, out, mark, &bytes_most, err));
  }
}

status step_each(struct program *program, const struct step *step, struct err *err) {
  uint64_t total = 0;
  TRY(check_lists(program, step, &total, err));
  if (step->expr->each == EXPR_EACH_REDUCE) return reduce(program, step, err);
  return map_or_filter(program, step, total, err);
}
