/* SPDX-License-Identifier: MIT */
#include "query/exec/window/window_call.h"

/* ---- functions by rank ---- */

static status ntile(struct exec *exec, const struct window_part *part, uint32_t place,
                    struct val *out, struct err *err) {
  const struct val *v = window_arg(part, place, 0);
  int64_t buckets = 0;
  if (val_is_null(v)) return LUMA_OK;
  if (!val_is_number(v) || !val_to_int64(v, &buckets) || buckets < 1)
    return expr_env_fail(exec->env, part->call->offset,
                         err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                                   "ntile takes a whole number above 0"),
                         err);
  int64_t count = part->to - part->from, at = place - part->from;
  int64_t small = count / buckets, large = count % buckets, turn = large * (small + 1);
  *out = val_int64(at < turn ? at / (small + 1) + 1 : large + (at - turn) / small + 1);
  return LUMA_OK;
}

static bool is_named(const struct window_part *part, const char *name) {
  return slice_is_equal_nocase(part->call->name, slice_of_text(name));
}

static struct val rank(const struct window_part *part, uint32_t place) {
  uint32_t group = part->group[place], count = part->to - part->from;
  int64_t before = (int64_t)part->rows_before, rank = before + part->starts[group] - part->from + 1;
  if (is_named(part, "row_number")) return val_int64(before + place - part->from + 1);
  if (is_named(part, "rank")) return val_int64(rank);
  if (is_named(part, "dense_rank")) return val_int64((int64_t)part->groups_before + group + 1);
  if (is_named(part, "percent_rank"))
    return val_float64(count > 1 ? (double)(rank - 1) / (count - 1) : 0);
  return val_float64((double)(part->starts[group + 1] - part->from) / count);
}

bool window_call_runs(const struct expr *call, bool *needs_peers) {
  const struct expr_over *over = call->over;
  const struct window_part part = {.call = call};
  bool is_number = is_named(&part, "row_number");
  *needs_peers = !is_number && !(over->has_frame && over->mode == EXPR_FRAME_ROWS);
  if (!over->is_aggregate)
    return is_number || is_named(&part, "rank") || is_named(&part, "dense_rank");
  bool is_sum =
      call->aggregate == EXPR_COUNT || call->aggregate == EXPR_SUM || call->aggregate == EXPR_AVG;
  return is_sum && !call->distinct && !call->mongo && over->exclude == EXPR_EXCLUDE_NONE &&
         over->start == EXPR_BOUND_UNBOUNDED_PRECEDING && over->end == EXPR_BOUND_CURRENT;
}

/** The place `by` known places away; outside of the partition if there is none. */
static int64_t shift_known(const struct window_part *part, uint32_t place, int64_t by) {
  uint32_t before = window_known_before(part, place);
  bool is_known = before < part->known_count && part->known[before] == place;
  int64_t at = by > 0 ? (int64_t)before + by - !is_known : (int64_t)before + by;
  return at >= 0 && at < part->known_count ? (int64_t)part->known[at] : -1;
}

/** The operand in the row so many before (lag) or after. */
static status shift(struct exec *exec, const struct window_part *part, uint32_t place,
                    struct val *out, struct err *err) {
  uint32_t operands = part->call->over->operands;
  int64_t offset = 1;
  if (operands > 1) {
    const struct val *v = window_arg(part, place, 1);
    if (val_is_null(v)) return LUMA_OK;
    if (!val_is_number(v) || !val_to_int64(v, &offset) || offset > INT32_MAX || offset < -INT32_MAX)
      return expr_env_fail(exec->env, part->call->offset,
                           err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                                     "the offset of lag and lead is a whole number"),
                           err);
  }
  int64_t at = place + (is_named(part, "lag") ? -offset : offset);
  if (part->known && offset) at = shift_known(part, place, at - place);
  if (at >= part->from && at < part->to)
    *out = *window_arg(part, (uint32_t)at, 0);
  else if (operands > 2)
    *out = *window_arg(part, place, 2);
  return LUMA_OK;
}

/* ---- functions of the frame ---- */

/** How many of the frame's places can be passed without a look: in a frame without a hole all
 * before the one wanted. */
static uint32_t passed_at_once(const struct window_part *part, uint32_t count, int64_t wanted) {
  if (part->call->over->exclude != EXPR_EXCLUDE_NONE) return 0;
  return wanted > count ? count : (uint32_t)(wanted - 1);
}

/** Of the known places in the frame the one asked for; NULL if there is none. */
static void nth_known(const struct window_part *part, const struct window_frame *frame,
                      bool is_last, int64_t wanted, struct val *out) {
  uint32_t from = window_known_before(part, frame->from), to = window_known_before(part, frame->to);
  uint32_t passed = passed_at_once(part, to - from, wanted);
  wanted -= passed;
  for (uint32_t i = passed; i < to - from; i++) {
    uint32_t at = part->known[is_last ? to - 1 - i : from + i];
    if (!window_frame_has(frame, at) || --wanted) continue;
    *out = *window_arg(part, at, 0);
    return;
  }
}

static status nth_value(struct exec *exec, const struct window_part *part, uint32_t place,
                        struct val *out, struct err *err) {
  struct window_frame frame;
  int64_t wanted = 1;
  bool is_last = is_named(part, "last_value");
  TRY(window_frame_of(exec, part, place, &frame, err));
  if (is_named(part, "nth_value")) {
    const struct val *v = window_arg(part, place, 1);
    if (val_is_null(v)) return LUMA_OK;
    if (!val_is_number(v) || !val_to_int64(v, &wanted) || wanted < 1)
      return expr_env_fail(exec->env, part->call->offset,
                           err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                                     "nth_value takes a whole number above 0"),
                           err);
  }
  if (part->known) {
    nth_known(part, &frame, is_last, wanted, out);
    return LUMA_OK;
  }
  uint32_t passed = passed_at_once(part, frame.to - frame.from, wanted);
  wanted -= passed;
  for (uint32_t i = passed; i < frame.to - frame.from; i++) {
    uint32_t at = is_last ? frame.to - 1 - i : frame.from + i;
    if (!window_frame_has(&frame, at) || --wanted) continue;
    *out = *window_arg(part, at, 0);
    break;
  }
  return LUMA_OK;
}

/* ---- all ---- */

status window_call_at(struct exec *exec, const struct window_part *part, uint32_t place,
                      struct window_sum *sum, struct val *out, struct err *err) {
  *out = val_null();
  if (part->call->over->is_aggregate) return window_sum_at(exec, part, place, sum, out, err);
  if (is_named(part, "ntile")) return ntile(exec, part, place, out, err);
  if (is_named(part, "lag") || is_named(part, "lead")) return shift(exec, part, place, out, err);
  if (part->call->over->operands) return nth_value(exec, part, place, out, err);
  *out = rank(part, place);
  return LUMA_OK;
}
