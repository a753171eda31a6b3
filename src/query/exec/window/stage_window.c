/* SPDX-License-Identifier: MIT */
#include "query/exec/window/stage_window.h"

#include "query/exec/group/accumulate.h"
#include "query/mongo/moment.h"
#include "query/mongo/mongo.h"

/* ---- frames ---- */

static uint64_t clamp(int64_t at, uint64_t count) {
  if (at < 0) return 0;
  return (uint64_t)at > count ? count : (uint64_t)at;
}

static struct stage_frame by_documents(const struct stage_window *window, uint64_t row,
                                       uint64_t count) {
  struct stage_frame frame = {0, count};
  int64_t at = (int64_t)row;
  if (window->low != STAGE_UNBOUNDED) frame.from = clamp(at + (int64_t)window->low_offset, count);
  if (window->high != STAGE_UNBOUNDED)
    frame.to = clamp(at + (int64_t)window->high_offset + 1, count);
  if (frame.to < frame.from) frame.to = frame.from;
  return frame;
}

static bool is_date(const struct val *v) {
  return v->type == VAL_TIMESTAMP || v->type == VAL_DATE;
}

/** An integer moved by an integer is one: a double does not tell large ones apart. */
static struct val move_number(const struct val *key, double offset) {
  struct val by = val_float64(offset);
  int64_t whole = 0;
  if (key->type == VAL_DECIMAL) return val_decimal(decimal_add(key->decimal, val_to_decimal(&by)));
  bool is_whole = val_is_integer(key) && val_to_int64(&by, &whole) &&
                  !__builtin_add_overflow(key->integer, whole, &whole);
  return is_whole ? val_int64(whole) : val_float64(val_to_float64(key) + offset);
}

/** Beyond all moments there is the last of them. */
static struct val move_moment(int64_t ms, int64_t by) {
  int64_t us = 0;
  bool fits = !__builtin_add_overflow(ms, by, &us) && !__builtin_mul_overflow(us, 1000, &us);
  return val_timestamp(fits ? us : by < 0 ? INT64_MIN : INT64_MAX);
}

/** The key that bounds a range: `key` moved by an offset in the window's unit. */
static bool move_key(const struct stage_window *window, const struct val *key, double offset,
                     struct val *out) {
  if (!is_date(key)) {
    *out = move_number(key, offset);
    return true;
  }
  struct zones zones = {0};
  bool by_months = window->range_unit_months != 0;
  int64_t ms = key->type == VAL_DATE ? key->integer * 86400000 : key->integer / 1000, by = 0;
  struct val units = val_float64(offset);
  bool fits = val_to_int64(&units, &by) &&
              !__builtin_mul_overflow(
                  by, by_months ? window->range_unit_months : window->range_unit_ms, &by);
  if (!fits) by = offset < 0 ? INT64_MIN : INT64_MAX;
  if (!by_months) {
    *out = move_moment(ms, by);
    return true;
  }
  if (!moment_add(&zones, slice_of(NULL, 0), ms, MOMENT_MONTH, by, &ms)) return false;
  *out = move_moment(ms, 0);
  return true;
}

static status check_key(const struct stage_window *window, const struct val *key, struct err *err) {
  bool wants_date = window->range_unit_ms || window->range_unit_months;
  if (wants_date ? is_date(key) : val_is_number(key)) return LUMA_OK;
  return mongo_fail(err, wants_date ? 5429513 : 5429414,
                    "Invalid range: Expected the sortBy field to be a %s, but it was %s",
                    wants_date ? "date" : "number", mongo_type_name(key));
}

/** Keys ascend: the first row whose key is not below `bound`, or (past) above it. */
static uint64_t find_key(const struct stage_partition *partition, const struct val *bound,
                         bool past) {
  uint64_t low = 0, high = partition->rows.count;
  while (low < high) {
    uint64_t middle = low + (high - low) / 2;
    int order = val_compare(stage_key(partition, middle), bound);
    if (order < 0 || (past && order == 0))
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static status by_range(const struct stage_partition *partition, const struct stage_window *window,
                       uint64_t row, struct stage_frame *frame, struct err *err) {
  const struct val *key = stage_key(partition, row);
  struct val bound;
  *frame = (struct stage_frame){0, partition->rows.count};
  TRY(check_key(window, key, err));
  if (window->low != STAGE_UNBOUNDED) {
    if (!move_key(window, key, window->low_offset, &bound))
      return mongo_fail(err, 5166406, "the range of a window is out of range");
    frame->from = find_key(partition, &bound, false);
  }
  if (window->high != STAGE_UNBOUNDED) {
    if (!move_key(window, key, window->high_offset, &bound))
      return mongo_fail(err, 5166406, "the range of a window is out of range");
    frame->to = find_key(partition, &bound, true);
  }
  if (frame->to < frame->from) frame->to = frame->from;
  return LUMA_OK;
}

status stage_frame_of(const struct stage_partition *partition, const struct stage_window *window,
                      uint64_t row, struct stage_frame *frame, struct err *err) {
  *frame = (struct stage_frame){0, partition->rows.count};
  if (!window->has_window) return LUMA_OK;
  if (window->by_range) return by_range(partition, window, row, frame, err);
  *frame = by_documents(window, row, partition->rows.count);
  return LUMA_OK;
}

/* ---- accumulators ---- */

static status take(const struct stage_partition *partition, const struct stage_window *window,
                   struct accumulator *accumulator, uint64_t row, struct err *err) {
  const struct val *v = window->has_argument ? stage_argument(partition, window, row) : NULL;
  return accumulate(partition->exec, window->aggregate, accumulator, v, err);
}

/** One result for every row: the window is the partition. */
static status aggregate_whole(const struct stage_partition *partition,
                              const struct stage_window *window, struct arena *arena,
                              struct val *outputs, struct err *err) {
  struct accumulator accumulator = {0};
  struct val result;
  for (uint64_t r = 0; r < partition->rows.count; r++)
    TRY(take(partition, window, &accumulator, r, err));
  TRY(accumulate_result(partition->exec, window->aggregate, &accumulator, arena, &result, err));
  for (uint64_t r = 0; r < partition->rows.count; r++) outputs[r] = result;
  return LUMA_OK;
}

/** From the first row on: what was taken stays. */
static status aggregate_growing(const struct stage_partition *partition,
                                const struct stage_window *window, struct arena *arena,
                                struct val *outputs, struct err *err) {
  struct accumulator accumulator = {0};
  uint64_t taken = 0;
  for (uint64_t r = 0; r < partition->rows.count; r++) {
    struct stage_frame frame;
    struct val result;
    TRY(op__check(partition->exec, err));
    TRY(stage_frame_of(partition, window, r, &frame, err));
    for (; taken < frame.to; taken++) TRY(take(partition, window, &accumulator, taken, err));
    TRY(accumulate_result(partition->exec, window->aggregate, &accumulator, arena, &result, err));
    TRY(expr_copy_value(arena, &result, &outputs[r], err));
  }
  return LUMA_OK;
}

/** Each window by itself; what that took of the run's memory is given back. */
static status aggregate_sliding(const struct stage_partition *partition,
                                const struct stage_window *window, struct arena *arena,
                                struct val *outputs, struct err *err) {
  struct exec *exec = partition->exec;
  for (uint64_t r = 0; r < partition->rows.count; r++) {
    struct accumulator accumulator = {0};
    struct stage_frame frame;
    struct val result;
    struct arena_mark mark = arena_mark(exec->arena);
    TRY(op__check(exec, err));
    TRY(stage_frame_of(partition, window, r, &frame, err));
    for (uint64_t at = frame.from; at < frame.to; at++)
      TRY(take(partition, window, &accumulator, at, err));
    TRY(accumulate_result(exec, window->aggregate, &accumulator, arena, &result, err));
    TRY(expr_copy_value(arena, &result, &outputs[r], err));
    arena_rewind(exec->arena, mark);
  }
  return LUMA_OK;
}

static status aggregate(const struct stage_partition *partition, const struct stage_window *window,
                        struct arena *arena, struct val *outputs, struct err *err) {
  bool is_whole =
      !window->has_window || (window->low == STAGE_UNBOUNDED && window->high == STAGE_UNBOUNDED);
  if (is_whole) return aggregate_whole(partition, window, arena, outputs, err);
  if (window->low == STAGE_UNBOUNDED)
    return aggregate_growing(partition, window, arena, outputs, err);
  return aggregate_sliding(partition, window, arena, outputs, err);
}

/* ---- places ---- */

static status rank(const struct stage_partition *partition, bool dense, struct val *outputs,
                   struct err *err) {
  int64_t here = 0;
  for (uint64_t r = 0; r < partition->rows.count; r++) {
    struct val key = *stage_key(partition, r), before = val_missing();
    if (r) before = *stage_key(partition, r - 1);
    if (key.type == VAL_MISSING) key = val_null();
    if (before.type == VAL_MISSING) before = val_null();
    int order = 0;
    TRY(op__compare(partition->exec, &key, &before, &order, err));
    if (r == 0 || order != 0) here = dense ? here + 1 : (int64_t)r + 1;
    outputs[r] = val_int64(here);
  }
  return LUMA_OK;
}

static void shift(const struct stage_partition *partition, const struct stage_window *window,
                  struct val *outputs) {
  for (uint64_t r = 0; r < partition->rows.count; r++) {
    int64_t at = (int64_t)r + window->by;
    bool inside = at >= 0 && (uint64_t)at < partition->rows.count;
    const struct val *argument = stage_argument(partition, window, inside ? (uint64_t)at : r);
    if (window->has_otherwise)
      outputs[r] = val_at(argument, !inside);
    else
      outputs[r] = inside ? *argument : window->otherwise;
    if (outputs[r].type == VAL_MISSING) outputs[r] = val_null();
  }
}

static status numbers(const struct stage_partition *partition, const struct stage_window *window,
                      struct val *outputs, struct err *err) {
  for (uint64_t r = 0; r < partition->rows.count; r++) {
    struct stage_frame frame;
    TRY(op__check(partition->exec, err));
    TRY(stage_frame_of(partition, window, r, &frame, err));
    TRY(stage_window_number(partition, window, r, frame, &outputs[r], err));
  }
  return LUMA_OK;
}

static status compute(const struct stage_partition *partition, const struct stage_window *window,
                      struct arena *arena, struct val *outputs, struct err *err) {
  switch (window->function) {
  case STAGE_AGGREGATE: return aggregate(partition, window, arena, outputs, err);
  case STAGE_RANK:
  case STAGE_DENSE_RANK: return rank(partition, window->function == STAGE_DENSE_RANK, outputs, err);
  case STAGE_DOCUMENT_NUMBER:
    for (uint64_t r = 0; r < partition->rows.count; r++) outputs[r] = val_int64((int64_t)r + 1);
    break;
  case STAGE_SHIFT: shift(partition, window, outputs); break;
  case STAGE_DERIVATIVE:
  case STAGE_INTEGRAL:
  case STAGE_COVARIANCE_POP:
  case STAGE_COVARIANCE_SAMP:
  case STAGE_MIN_MAX_SCALER: return numbers(partition, window, outputs, err);
  case STAGE_MOVING_AVERAGE:
  case STAGE_LINEAR_FILL:
  case STAGE_LOCF: return stage_window_fill(partition, window, outputs, err);
  }
  return LUMA_OK;
}

status stage_window_compute(struct stage_partition *partition, struct arena *arena,
                            struct err *err) {
  const struct plan_stage *stage = partition->stage;
  for (uint32_t w = 0; w < stage->windows_count; w++) {
    struct val *outputs = arena_zalloc(arena, partition->rows.count + 1, sizeof *outputs);
    TRY(plan_check_memory(arena, outputs, err));
    partition->outputs[w] = outputs;
    TRY(compute(partition, &stage->windows[w], arena, outputs, err));
  }
  return LUMA_OK;
}
