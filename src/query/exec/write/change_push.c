/* SPDX-License-Identifier: MIT */
/* $push with $each, $position, $sort and $slice. */
#include "query/exec/write/change.h"
#include "query/expr/field.h"
#include "query/expr/program.h"
#include "query/mongo/sort_by.h"

/** The constant whole number of a modifier; `otherwise` when it is not there. */
static status read_whole(struct exec *exec, const struct expr *expr, int64_t otherwise,
                         int64_t *out, struct err *err) {
  struct val v;
  *out = otherwise;
  if (!expr) return LUMA_OK;
  TRY(program_constant(exec->env, expr, &v, err));
  (void)val_to_int64(&v, out); /* the front end saw that it is one */
  return LUMA_OK;
}

/** Where the new elements go in a list of `count`. */
static uint32_t place_of(int64_t position, uint32_t count) {
  if (position < 0) position = position + count < 0 ? 0 : position + count;
  return position > count ? count : (uint32_t)position;
}

static status sort(struct exec *exec, const struct plan_push *push, struct arena *arena,
                   struct val *values, uint32_t count, struct err *err) {
  struct sort_by by;
  struct val spec;
  if (!push->sort) return LUMA_OK;
  TRY(program_constant(exec->env, push->sort, &spec, err));
  TRY(sort_by_read(arena, &spec, "$push", &by, err));
  by.straight = true;
  return sort_by_order(&by, arena, exec->env->collation, values, count, err);
}

status change__push(struct exec *exec, const struct plan_update_item *item,
                    const struct val *current, const struct val *added, struct arena *arena,
                    struct val *out, struct err *err) {
  uint32_t old = val_count(current), new = val_count(added), count = old + new;
  int64_t position = 0, slice = 0;
  struct val *values = arena_zalloc(arena, count + 1, sizeof *values);
  TRY(plan_check_memory(arena, values, err));
  TRY(read_whole(exec, item->push->position, INT32_MAX, &position, err));
  TRY(read_whole(exec, item->push->slice, count, &slice, err));
  uint32_t at = place_of(position, old), from = 0, to = count;
  for (uint32_t i = 0; i < count; i++) {
    if (i < at)
      values[i] = val_at(current, i);
    else
      values[i] = i < at + new ? val_at(added, i - at) : val_at(current, i - new);
  }
  TRY(sort(exec, item->push, arena, values, count, err));
  if (slice >= 0 && slice < count) to = (uint32_t)slice;
  if (slice < 0 && slice > -(int64_t)count) from = count - (uint32_t)-slice;
  struct build build;
  build_init(&build, &exec->env->scratch, NULL);
  build_begin_list(&build);
  for (uint32_t i = from; i < to; i++) build_put(&build, &values[i]);
  build_end(&build);
  status done = field_take_built(exec->env, arena, &build, out, err);
  build_deinit(&build);
  return done;
}
