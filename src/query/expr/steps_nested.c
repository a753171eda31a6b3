/* SPDX-License-Identifier: MIT */
/* Steps into values, and SELECTs in expressions. */
#include "query/expr/program_int.h"

/** The element of a list by number, from the end when it is negative, or of a map by name. */
static struct val element(const struct val *value, const struct val *index) {
  int64_t at = 0;
  if (value->type == VAL_MAP && index->type == VAL_TEXT) return val_field(value, val_slice(index));
  if (value->type != VAL_LIST || !val_is_number(index) || !val_to_int64(index, &at))
    return val_missing();
  uint32_t count = val_count(value);
  if (at < 0) at += count;
  return at >= 0 && at < count ? val_at(value, (uint32_t)at) : val_missing();
}

status step_at(struct program *program, const struct step *step, struct err *err) {
  (void)err;
  const struct live *live = program_live(program);
  const struct path *path = &step->expr->path;
  struct view from = program_view(program, step->a);
  for (uint32_t i = 0; i < live->count; i++) {
    uint32_t row = live_row(live, i);
    struct val *out = &program->registers[step->out][row];
    if (step->args_count > 1)
      *out = element(view_at(from, row), view_at(program_view(program, step->b), row));
    else
      *out = path_get(path, view_at(from, row));
  }
  return LUMA_OK;
}

status step_subquery(struct program *program, const struct step *step, struct err *err) {
  const struct live *live = program_live(program);
  const struct expr_subqueries *subqueries = program->env->subqueries;
  struct val *args = arena_alloc(program->arena, (step->args_count + 1) * sizeof *args);
  TRY(plan_check_memory(program->arena, args, err));
  for (uint32_t i = 0; i < live->count; i++) {
    uint32_t row = live_row(live, i);
    for (uint32_t a = 0; a < step->args_count; a++)
      args[a] = *view_at(program_view(program, step->args[a]), row);
    TRY(subqueries->answer(step->subquery, args, program->arena,
                           &program->registers[step->out][row], err));
  }
  return LUMA_OK;
}
