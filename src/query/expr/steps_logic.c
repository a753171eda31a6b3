/* SPDX-License-Identifier: MIT */
/* Steps of three-valued logic, of narrowing the live rows, and of comparison. */
#include "query/expr/program_int.h"
#include "query/expr/tell.h"
#include "query/func/compare.h"
#include "query/mongo/mongo.h"

struct val program__truth(struct expr_env *env, const struct val *v) {
  if (v->type == VAL_BOOL) return *v;
  if (!val_is_null(v)) env->clashes++;
  return val_null();
}

static bool is_true(struct val v) {
  return v.type == VAL_BOOL && v.boolean;
}

static bool is_false(struct val v) {
  return v.type == VAL_BOOL && !v.boolean;
}

/* ---- narrowing: the rows of the level above that pass go into the room of this level ---- */

typedef bool row_test(struct expr_env *env, const struct val *v);

static status narrow(struct program *program, const struct step *step, row_test *passes) {
  const struct live *live = program_live(program);
  struct view view = program_view(program, step->a);
  uint16_t *room = program->rooms[program->depth];
  uint32_t count = 0;
  for (uint32_t i = 0; i < live->count; i++) {
    uint32_t row = live_row(live, i);
    room[count] = (uint16_t)row;
    count += passes(program->env, view_at(view, row));
  }
  program->depth++;
  program->levels[program->depth] = (struct live){room, count};
  if (count == 0) program->next = step->skip_to;
  return LUMA_OK;
}

/** The level in hand keeps those of its rows that pass. */
static status narrow_further(struct program *program, const struct step *step, row_test *passes) {
  struct live *live = &program->levels[program->depth];
  struct view view = program_view(program, step->a);
  uint16_t *room = program->rooms[program->depth - 1];
  uint32_t count = 0;
  for (uint32_t i = 0; i < live->count; i++) {
    uint16_t row = room[i];
    room[count] = row;
    count += passes(program->env, view_at(view, row));
  }
  live->count = count;
  if (count == 0) program->next = step->skip_to;
  return LUMA_OK;
}

static bool passes_not_false(struct expr_env *env, const struct val *v) {
  return !is_false(program__truth(env, v));
}

static bool passes_not_true(struct expr_env *env, const struct val *v) {
  return !is_true(program__truth(env, v));
}

static bool passes_true(struct expr_env *env, const struct val *v) {
  return is_true(program__truth(env, v));
}

static bool passes_null(struct expr_env *env, const struct val *v) {
  (void)env;
  return val_is_null(v);
}

status step_narrow_not_false(struct program *program, const struct step *step, struct err *err) {
  (void)err;
  return narrow(program, step, passes_not_false);
}

status step_narrow_not_true(struct program *program, const struct step *step, struct err *err) {
  (void)err;
  return narrow(program, step, passes_not_true);
}

status step_narrow_true(struct program *program, const struct step *step, struct err *err) {
  (void)err;
  return narrow(program, step, passes_true);
}

status step_narrow_null(struct program *program, const struct step *step, struct err *err) {
  (void)err;
  return narrow(program, step, passes_null);
}

status step_keep_not_true(struct program *program, const struct step *step, struct err *err) {
  (void)err;
  return narrow_further(program, step, passes_not_true);
}

status step_keep_null(struct program *program, const struct step *step, struct err *err) {
  (void)err;
  return narrow_further(program, step, passes_null);
}

status step_widen(struct program *program, const struct step *step, struct err *err) {
  (void)step, (void)err;
  program->depth--;
  return LUMA_OK;
}

/* ---- moving values ---- */

status step_null(struct program *program, const struct step *step, struct err *err) {
  (void)err;
  const struct live *live = program_live(program);
  for (uint32_t i = 0; i < live->count; i++)
    program->registers[step->out][live_row(live, i)] = val_null();
  return LUMA_OK;
}

status step_copy(struct program *program, const struct step *step, struct err *err) {
  (void)err;
  const struct live *live = program_live(program);
  struct view from = program_view(program, step->a);
  for (uint32_t i = 0; i < live->count; i++) {
    uint32_t row = live_row(live, i);
    program->registers[step->out][row] = *view_at(from, row);
  }
  return LUMA_OK;
}

/* ---- AND, OR: the right side has values only where the left did not decide. Clashes of the left
 * were counted by the narrowing ---- */

static status combine(struct program *program, const struct step *step, bool deciding) {
  const struct live *live = program_live(program);
  struct view left = program_view(program, step->a), right = program_view(program, step->b);
  struct val *out = program->registers[step->out];
  for (uint32_t i = 0; i < live->count; i++) {
    uint32_t row = live_row(live, i);
    const struct val *l = view_at(left, row);
    if (l->type == VAL_BOOL && l->boolean == deciding) {
      out[row] = *l;
      continue;
    }
    struct val r = program__truth(program->env, view_at(right, row));
    bool decided = r.type == VAL_BOOL && r.boolean == deciding;
    out[row] = decided || l->type == VAL_BOOL ? r : val_null();
  }
  return LUMA_OK;
}

status step_and(struct program *program, const struct step *step, struct err *err) {
  (void)err;
  return combine(program, step, false);
}

status step_or(struct program *program, const struct step *step, struct err *err) {
  (void)err;
  return combine(program, step, true);
}

static struct val truth_unary(struct expr_env *env, enum expr_op op, const struct val *v) {
  if (op == EXPR_OP_IS_NULL) return val_bool(val_is_null(v));
  if (op == EXPR_OP_IS_NOT_NULL) return val_bool(!val_is_null(v));
  struct val truth = program__truth(env, v);
  if (op == EXPR_OP_IS_TRUE) return val_bool(is_true(truth));
  if (op == EXPR_OP_IS_FALSE) return val_bool(is_false(truth));
  return truth.type == VAL_BOOL ? val_bool(!truth.boolean) : truth;
}

status step_truth_unary(struct program *program, const struct step *step, struct err *err) {
  (void)err;
  const struct live *live = program_live(program);
  struct view from = program_view(program, step->a);
  for (uint32_t i = 0; i < live->count; i++) {
    uint32_t row = live_row(live, i);
    program->registers[step->out][row] =
        truth_unary(program->env, step->expr->op, view_at(from, row));
  }
  return LUMA_OK;
}

/** MongoDB's truth. */
status step_truth(struct program *program, const struct step *step, struct err *err) {
  (void)err;
  const struct live *live = program_live(program);
  struct view from = program_view(program, step->a);
  for (uint32_t i = 0; i < live->count; i++) {
    uint32_t row = live_row(live, i);
    program->registers[step->out][row] = val_bool(mongo_is_true(view_at(from, row)));
  }
  return LUMA_OK;
}

/* ---- comparison ---- */

static bool keeps(enum expr_op op, int order) {
  if (op == EXPR_OP_EQ) return order == 0;
  if (op == EXPR_OP_NE) return order != 0;
  if (op == EXPR_OP_LT) return order < 0;
  if (op == EXPR_OP_LE) return order <= 0;
  return op == EXPR_OP_GT ? order > 0 : order >= 0;
}

struct val program__compare(struct expr_env *env, enum expr_op op, const struct val *a,
                            const struct val *b) {
  int order = 0;
  if (val_is_null(a) || val_is_null(b)) return val_null();
  if (a->type == VAL_INT64 && b->type == VAL_INT64) {
    order = (a->integer > b->integer) - (a->integer < b->integer);
  } else if (!compare_sql(a, b, &order)) {
    env->clashes++;
    return val_null();
  }
  return val_bool(keeps(op, order));
}

/* The same, and what did not compare is told. */
static struct val compare(struct expr_env *env, const struct expr *expr, const struct val *a,
                          const struct val *b) {
  uint64_t before = env->clashes;
  struct val answer = program__compare(env, expr->op, a, b);
  if (env->clashes == before) return answer;
  const struct val operands[2] = {*a, *b};
  env->clashes = before;
  tell_clash(env, expr, operands, 2);
  return answer;
}

/* The same of the first operand of IN or BETWEEN with operand `nth`. */
static struct val compare_with(struct expr_env *env, const struct expr *expr, enum expr_op op,
                               uint32_t nth, const struct val *a, const struct val *b) {
  uint64_t before = env->clashes;
  struct val answer = program__compare(env, op, a, b);
  if (env->clashes == before) return answer;
  env->clashes = before;
  tell_pair(env, expr, nth, a, b);
  return answer;
}

status step_compare(struct program *program, const struct step *step, struct err *err) {
  (void)err;
  const struct live *live = program_live(program);
  struct view a = program_view(program, step->a), b = program_view(program, step->b);
  struct val *out = program->registers[step->out];
  for (uint32_t i = 0; i < live->count; i++) {
    uint32_t row = live_row(live, i);
    out[row] = compare(program->env, step->expr, view_at(a, row), view_at(b, row));
  }
  return LUMA_OK;
}

/* MongoDB's expressions compare across types by the total order; missing is below null. */
status step_mongo_compare(struct program *program, const struct step *step, struct err *err) {
  const struct live *live = program_live(program);
  struct view a = program_view(program, step->a), b = program_view(program, step->b);
  struct collation *collation = program->env->collation;
  for (uint32_t i = 0; i < live->count; i++) {
    uint32_t row = live_row(live, i);
    int order = 0;
    if (collation)
      TRY(collation_compare(collation, view_at(a, row), view_at(b, row), &order, err));
    else
      order = val_compare(view_at(a, row), view_at(b, row));
    program->registers[step->out][row] = val_bool(keeps(step->expr->op, order));
  }
  return LUMA_OK;
}

/** IS [NOT] DISTINCT FROM: nulls are equal to each other; values whose types clash are distinct. */
status step_distinct(struct program *program, const struct step *step, struct err *err) {
  (void)err;
  const struct live *live = program_live(program);
  struct view a = program_view(program, step->a), b = program_view(program, step->b);
  bool wanted = step->expr->op == EXPR_OP_IS_DISTINCT;
  for (uint32_t i = 0; i < live->count; i++) {
    uint32_t row = live_row(live, i);
    const struct val *l = view_at(a, row), *r = view_at(b, row);
    int order = 1;
    bool any_null = val_is_null(l) || val_is_null(r);
    bool equal =
        any_null ? val_is_null(l) && val_is_null(r) : compare_sql(l, r, &order) && order == 0;
    program->registers[step->out][row] = val_bool(equal != wanted);
  }
  return LUMA_OK;
}

/** a AND b in three-valued logic. */
static struct val both(struct val a, struct val b) {
  if (is_false(a) || is_false(b)) return val_bool(false);
  return is_true(a) && is_true(b) ? val_bool(true) : val_null();
}

static struct val negate_if(struct val truth, bool negated) {
  return truth.type == VAL_BOOL ? val_bool(truth.boolean != negated) : truth;
}

status step_between(struct program *program, const struct step *step, struct err *err) {
  (void)err;
  const struct live *live = program_live(program);
  struct expr_env *env = program->env;
  struct view a = program_view(program, step->a);
  struct view low = program_view(program, step->b), high = program_view(program, step->c);
  for (uint32_t i = 0; i < live->count; i++) {
    uint32_t row = live_row(live, i);
    const struct val *v = view_at(a, row);
    struct val above = compare_with(env, step->expr, EXPR_OP_GE, 1, v, view_at(low, row));
    struct val below = compare_with(env, step->expr, EXPR_OP_LE, 2, v, view_at(high, row));
    program->registers[step->out][row] = negate_if(both(above, below), step->expr->negated);
  }
  return LUMA_OK;
}

/** `found` becomes true, or null when nothing was equal but something unknown. */
static void look_in(struct expr_env *env, const struct expr *expr, uint32_t nth,
                    const struct val *v, const struct val *candidate, struct val *found) {
  struct val equal = compare_with(env, expr, EXPR_OP_EQ, nth, v, candidate);
  if (is_true(equal) || equal.type == VAL_NULL) *found = equal;
}

/** x IN (a, b, …); a single list (a parameter) stands for its elements. */
static struct val is_in(struct program *program, const struct step *step, uint32_t row,
                        const struct val *v) {
  struct val found = val_bool(false);
  bool is_known = step->in_set && !val_is_null(v) && in_set_find(step->in_set, v, &found);
  if (is_known) return found;
  for (uint32_t i = 1; i < step->args_count && !is_true(found); i++) {
    const struct val *candidate = view_at(program_view(program, step->args[i]), row);
    bool is_list = candidate->type == VAL_LIST && step->args_count == 2 && v->type != VAL_LIST;
    if (!is_list) {
      struct val before = found;
      look_in(program->env, step->expr, i, v, candidate, &found);
      if (is_false(found)) found = before;
      continue;
    }
    for (uint32_t e = 0; e < val_count(candidate) && !is_true(found); e++) {
      struct val element = val_at(candidate, e);
      look_in(program->env, step->expr, i, v, &element, &found);
    }
  }
  return found;
}

status step_in(struct program *program, const struct step *step, struct err *err) {
  (void)err;
  const struct live *live = program_live(program);
  struct view a = program_view(program, step->a);
  for (uint32_t i = 0; i < live->count; i++) {
    uint32_t row = live_row(live, i);
    struct val found = is_in(program, step, row, view_at(a, row));
    program->registers[step->out][row] = negate_if(found, step->expr->negated);
  }
  return LUMA_OK;
}
