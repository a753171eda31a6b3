/* SPDX-License-Identifier: MIT */
#include "query/exec/window/window_sum.h"

#include "value/order/order.h"

/* Sums of floats are made anew now and then, so that what taking back leaves behind cannot grow. */
enum { TAKEN_BACK_MAX = 4096 };

void window_sum_begin(struct window_sum *sum, struct exec *held, uint32_t *queue) {
  arena_reset(held->arena);
  *sum = (struct window_sum){.held = held, .from = UINT32_MAX, .queue = queue};
}

void window_sum_go_on(struct window_sum *sum, uint32_t *queue) {
  sum->from = sum->to = 0;
  sum->queue = queue;
  sum->has_last = false;
}

/** Whether FILTER keeps the row. */
static bool is_kept(const struct window_part *part, uint32_t place) {
  const struct expr_over *over = part->call->over;
  const struct val *filter = over->has_filter ? window_arg(part, place, over->operands) : NULL;
  return !filter || (filter->type == VAL_BOOL && filter->boolean);
}

static const struct val *operands_at(const struct window_part *part, uint32_t place) {
  return part->call->over->operands ? window_arg(part, place, 0) : NULL;
}

/* ---- counts and sums ---- */

static status take_rows(const struct window_part *part, const struct window_frame *frame,
                        struct window_sum *sum, struct err *err) {
  for (; sum->to < frame->to; sum->to++) {
    if (sum->to % BATCH_ROWS == 0) TRY(op__check(sum->held, err));
    if (window_frame_has(frame, sum->to) && is_kept(part, sum->to))
      TRY(accumulate(sum->held, part->call, &sum->accumulator, operands_at(part, sum->to), err));
  }
  return LUMA_OK;
}

/** Takes back the rows before the frame; false when that cannot be done. */
static bool take_back(const struct window_part *part, const struct window_frame *frame,
                      struct window_sum *sum) {
  bool moves_on = sum->from <= frame->from && frame->from <= sum->to && frame->to >= sum->to;
  uint32_t leaves = moves_on ? frame->from - sum->from : 0;
  if (!moves_on || leaves > TAKEN_BACK_MAX - sum->taken_back) return false;
  for (; sum->from < frame->from; sum->from++)
    if (is_kept(part, sum->from) &&
        !accumulate_take_back(part->call, &sum->accumulator, operands_at(part, sum->from)))
      return false;
  sum->taken_back += leaves;
  return true;
}

/** Asks the accumulator. What it makes on the way (a list in order) is not kept: of each row that
 * would be more than there is memory. */
static status ask(struct exec *exec, const struct window_part *part, struct window_sum *sum,
                  struct err *err) {
  struct exec *held = sum->held;
  struct arena_mark mark = arena_mark(held->arena);
  struct val result;
  TRY(op__check(held, err));
  TRY(accumulate_result(held, part->call, &sum->accumulator, held->arena, &result, err));
  TRY(expr_copy_value(exec->arena, &result, &sum->last, err));
  arena_rewind(held->arena, mark);
  sum->has_last = true;
  return LUMA_OK;
}

static status sum_of_frame(struct exec *exec, const struct window_part *part,
                           const struct window_frame *frame, struct window_sum *sum,
                           struct val *out, struct err *err) {
  bool has_hole = part->call->over->exclude != EXPR_EXCLUDE_NONE;
  bool is_same = sum->has_last && sum->from == frame->from && sum->to == frame->to;
  if (!is_same) {
    if (has_hole || !take_back(part, frame, sum)) {
      window_sum_begin(sum, sum->held, sum->queue);
      sum->from = sum->to = frame->from;
    }
    TRY(take_rows(part, frame, sum, err));
    TRY(ask(exec, part, sum, err));
  }
  if (has_hole) sum->from = UINT32_MAX; /* the next row has another one */
  *out = sum->last;
  return LUMA_OK;
}

/* ---- least and greatest ---- */

static void queue_row(const struct window_part *part, uint32_t place, int sign,
                      struct window_sum *sum) {
  const struct val *v = window_arg(part, place, 0);
  if (!is_kept(part, place) || val_is_null(v)) return;
  while (sum->tail > sum->head &&
         val_compare(v, window_arg(part, sum->queue[sum->tail - 1], 0)) * sign > 0)
    sum->tail--;
  sum->queue[sum->tail++] = place;
}

static void extreme_of_frame(const struct window_part *part, const struct window_frame *frame,
                             struct window_sum *sum, struct val *out) {
  int sign = part->call->aggregate == EXPR_MAX ? 1 : -1;
  bool moves_on = sum->from <= frame->from && frame->to >= sum->to && frame->from <= sum->to;
  if (!moves_on) {
    sum->head = sum->tail = 0;
    sum->to = frame->from;
  }
  for (; sum->to < frame->to; sum->to++) queue_row(part, sum->to, sign, sum);
  while (sum->head < sum->tail && sum->queue[sum->head] < frame->from) sum->head++;
  sum->from = frame->from;
  *out = sum->head < sum->tail ? *window_arg(part, sum->queue[sum->head], 0) : val_null();
}

status window_sum_at(struct exec *exec, const struct window_part *part, uint32_t place,
                     struct window_sum *sum, struct val *out, struct err *err) {
  struct window_frame frame;
  const struct expr *call = part->call;
  TRY(window_frame_of(exec, part, place, &frame, err));
  bool is_extreme = call->aggregate == EXPR_MIN || call->aggregate == EXPR_MAX;
  if (!is_extreme || call->over->exclude != EXPR_EXCLUDE_NONE || call->mongo)
    return sum_of_frame(exec, part, &frame, sum, out, err);
  extreme_of_frame(part, &frame, sum, out);
  return LUMA_OK;
}
