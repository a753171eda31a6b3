/* SPDX-License-Identifier: MIT */
/* Frames: ROWS count rows, GROUPS count peers, RANGE looks at the value of the only key. */
#include "query/exec/window/window.h"
#include "query/func/arith.h"
#include "query/func/compare.h"

/** One end of the frame of one row. */
struct edge {
  const struct exec *exec;
  const struct window_part *part;
  uint32_t place, arg; /* the row; the argument that is its offset */
  enum expr_bound bound;
  bool is_end;
};

static status fail_offset(const struct edge *edge, struct err *err) {
  status failed = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                            "the offset of a frame is a number that is not negative");
  return expr_env_fail(edge->exec->env, edge->part->call->offset, failed, err);
}

static status whole_offset(const struct edge *edge, uint64_t *offset, struct err *err) {
  const struct val *v = window_arg(edge->part, edge->place, edge->arg);
  int64_t whole = 0;
  if (!val_is_number(v) || !val_to_int64(v, &whole) || whole < 0) return fail_offset(edge, err);
  *offset = (uint64_t)whole;
  return LUMA_OK;
}

/** `place` moved by an offset, within [from, to]. */
static uint32_t move(uint32_t place, uint64_t offset, bool back, uint32_t from, uint32_t to) {
  if (back) return place - from < offset ? from : place - (uint32_t)offset;
  return to - place < offset ? to : place + (uint32_t)offset;
}

/* ---- RANGE by value ---- */

static bool is_descending(const struct edge *edge) {
  return edge->part->call->over->order[0].descending;
}

static const struct val *key_at(const struct edge *edge, uint32_t place) {
  return window_arg(edge->part, place, window_keys(edge->part->call));
}

/** Whether the row at `place` comes before the bound; at the end of a frame, also when it is equal.
 */
static bool is_before(const struct edge *edge, uint32_t place, const struct val *bound) {
  int order = 0;
  if (!compare_sql(key_at(edge, place), bound, &order)) return false;
  if (is_descending(edge)) order = -order;
  return edge->is_end ? order <= 0 : order < 0;
}

/** The rows whose key is not null: from `*low` on, before `*high`. */
static void find_keyed(const struct edge *edge, uint32_t *low, uint32_t *high) {
  *low = edge->part->from;
  *high = edge->part->to;
  while (*low < *high && val_is_null(key_at(edge, *low))) (*low)++;
  while (*high > *low && val_is_null(key_at(edge, *high - 1))) (*high)--;
}

/** The first of them that is not before the bound. */
static uint32_t find_place(const struct edge *edge, const struct val *bound) {
  uint32_t low = 0, high = 0;
  find_keyed(edge, &low, &high);
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (is_before(edge, middle, bound))
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/** Where all of them are nearer than the bound. */
static uint32_t find_far(const struct edge *edge) {
  uint32_t low = 0, high = 0;
  find_keyed(edge, &low, &high);
  return edge->bound == EXPR_BOUND_PRECEDING ? low : high;
}

/** The value moved by the offset; where no value is so far away, all rows are nearer:
 * `*is_beyond`. */
static status move_value(const struct edge *edge, const struct val *offset, struct val *bound,
                         bool *is_beyond, struct err *err) {
  const struct val *v = key_at(edge, edge->place);
  bool clash = false, subtracts = (edge->bound == EXPR_BOUND_PRECEDING) != is_descending(edge);
  struct err beyond = {0};
  status done =
      arith_binary(subtracts ? EXPR_OP_SUBTRACT : EXPR_OP_ADD, v, offset, bound, &clash, &beyond);
  *is_beyond = done == LUMA_OUT_OF_RANGE;
  if (done != LUMA_OK && !*is_beyond && err) *err = beyond;
  return clash ? fail_offset(edge, err) : *is_beyond ? LUMA_OK : done;
}

static status range_end(const struct edge *edge, uint32_t *found, struct err *err) {
  const struct window_part *part = edge->part;
  const struct val *offset = window_arg(part, edge->place, edge->arg),
                   *v = key_at(edge, edge->place);
  struct val bound;
  bool is_beyond = false;
  if (val_is_null(v)) {
    *found = part->starts[part->group[edge->place] + edge->is_end];
    return LUMA_OK;
  }
  bool is_negative = val_is_number(offset) && val_to_float64(offset) < 0;
  if (val_is_null(offset) || is_negative) return fail_offset(edge, err);
  TRY(move_value(edge, offset, &bound, &is_beyond, err));
  *found = is_beyond ? find_far(edge) : find_place(edge, &bound);
  return LUMA_OK;
}

/* ---- one end ---- */

static status end_of(const struct edge *edge, uint32_t *found, struct err *err) {
  const struct window_part *part = edge->part;
  const struct expr_over *over = part->call->over;
  uint32_t group = part->group[edge->place] + edge->is_end, place = edge->place + edge->is_end;
  bool by_rows = over->has_frame && over->mode == EXPR_FRAME_ROWS;
  bool back = edge->bound == EXPR_BOUND_PRECEDING;
  uint64_t offset = 0;
  if (edge->bound == EXPR_BOUND_UNBOUNDED_PRECEDING ||
      edge->bound == EXPR_BOUND_UNBOUNDED_FOLLOWING) {
    *found = edge->bound == EXPR_BOUND_UNBOUNDED_PRECEDING ? part->from : part->to;
    return LUMA_OK;
  }
  if (edge->bound == EXPR_BOUND_CURRENT) {
    *found = by_rows ? place : part->starts[group];
    return LUMA_OK;
  }
  if (over->mode == EXPR_FRAME_RANGE) return range_end(edge, found, err);
  TRY(whole_offset(edge, &offset, err));
  *found = by_rows ? move(place, offset, back, part->from, part->to)
                   : part->starts[move(group, offset, back, 0, part->groups)];
  return LUMA_OK;
}

status window_frame_of(const struct exec *exec, const struct window_part *part, uint32_t place,
                       struct window_frame *frame, struct err *err) {
  const struct expr_over *over = part->call->over;
  uint32_t arg = window_keys(part->call) + over->order_count, group = part->group[place];
  *frame = (struct window_frame){.keeps = WINDOW_KEEPS_NONE};
  struct edge edge = {exec, part, place, arg, over->start, false};
  TRY(end_of(&edge, &frame->from, err));
  edge = (struct edge){exec, part, place, arg + over->has_start, over->end, true};
  TRY(end_of(&edge, &frame->to, err));
  if (frame->to < frame->from) frame->to = frame->from;
  if (over->exclude == EXPR_EXCLUDE_NONE) return LUMA_OK;
  bool only_row = over->exclude == EXPR_EXCLUDE_CURRENT;
  frame->hole_from = only_row ? place : part->starts[group];
  frame->hole_to = only_row ? place + 1 : part->starts[group + 1];
  if (over->exclude == EXPR_EXCLUDE_TIES) frame->keeps = place;
  return LUMA_OK;
}
