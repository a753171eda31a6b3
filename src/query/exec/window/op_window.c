/* SPDX-License-Identifier: MIT */
/* WINDOW: keeps the rows with the arguments of all calls, sorts them for each window, and computes
 * each call partition by partition. The rows go out in the order of the first window. */
#include <stdlib.h>

#include "query/exec/sort/sort_key.h"
#include "query/exec/window/window_sum.h"
#include "value/order/order.h"

/** One call. */
struct windowing_call {
  const struct expr *expr;
  struct program **args;
  uint32_t first_arg;
  struct val *results; /* by row */
};

struct windowing {
  struct op op;
  struct batch batch;
  struct windowing_call *calls;
  struct rows rows; /* tuples: the input's columns, then the arguments of all calls */
  uint32_t *order, *first_order, *group, *starts, *queue;
  uint32_t *known;                      /* one more array, where a call ignores NULLs */
  const struct windowing_call *sorting; /* whose order is being made */
  uint64_t next_row;
  bool is_done;
};

/* ---- taking rows in ---- */

static status take_batch(struct windowing *op, const struct batch *in, struct err *err) {
  const struct plan *plan = op->op.plan;
  uint64_t first = op->rows.count;
  for (uint32_t i = 0; i < in->selected_count; i++) {
    struct val *tuple = NULL;
    TRY(rows_add(&op->rows, &tuple, err));
    for (uint32_t c = 0; c < in->columns_count; c++)
      TRY(expr_copy_value(op->op.exec->arena, &in->columns[c][batch_row(in, i)], &tuple[c], err));
  }
  for (uint32_t w = 0; w < plan->exprs_count; w++) {
    const struct windowing_call *call = &op->calls[w];
    for (uint32_t a = 0; a < call->expr->args_count; a++) {
      const struct val *values = NULL;
      uint32_t stride = 0;
      TRY(program_run(call->args[a], in, &op->op.batch_arena, &values, &stride, err));
      for (uint32_t i = 0; i < in->selected_count; i++)
        TRY(expr_copy_value(op->op.exec->arena, &values[batch_row(in, i) * stride],
                            &rows_at(&op->rows, first + i)[call->first_arg + a], err));
    }
  }
  return LUMA_OK;
}

static bool ignores_nulls(const struct plan *plan) {
  for (uint32_t w = 0; w < plan->exprs_count; w++)
    if (plan->exprs[w]->over->ignores_nulls) return true;
  return false;
}

static status take_all(struct windowing *op, struct err *err) {
  for (;;) {
    struct batch *in = NULL;
    arena_reset(&op->op.batch_arena);
    TRY(op__next(op->op.input, &in, err));
    if (!in) break;
    TRY(take_batch(op, in, err));
    if (op->rows.count > INT32_MAX)
      FAIL(err, LUMA_BUDGET_EXCEEDED, "a window has more than %d rows", INT32_MAX);
  }
  size_t count = op->rows.count + 2;
  struct arena *arena = op->op.exec->arena;
  op->order = arena_alloc(arena, count * sizeof *op->order);
  op->first_order = arena_alloc(arena, count * sizeof *op->order);
  op->group = arena_alloc(arena, count * sizeof *op->group);
  op->starts = arena_alloc(arena, count * sizeof *op->starts);
  op->queue = arena_alloc(arena, count * sizeof *op->queue);
  op->known = arena_alloc(arena, (ignores_nulls(op->op.plan) ? count : 1) * sizeof *op->known);
  bool has_all = op->known && op->order && op->first_order && op->group && op->starts;
  return op__memory(op->op.exec, has_all ? op->queue : NULL, err);
}

/* ---- order ---- */

static int compare_partition(const struct windowing_call *call, const struct val *a,
                             const struct val *b) {
  const struct expr_over *over = call->expr->over;
  uint32_t at = call->first_arg + over->operands + over->has_filter;
  for (uint32_t i = 0; i < over->partition_count; i++) {
    struct val null = val_null();
    const struct val *x = a[at + i].type == VAL_MISSING ? &null : &a[at + i],
                     *y = b[at + i].type == VAL_MISSING ? &null : &b[at + i];
    int order = val_compare(x, y);
    if (order) return order;
  }
  return 0;
}

static int compare_keys(const struct windowing_call *call, const struct val *a,
                        const struct val *b) {
  const struct expr_over *over = call->expr->over;
  uint32_t at = call->first_arg + window_keys(call->expr);
  for (uint32_t i = 0; i < over->order_count; i++) {
    struct plan_sort_key key = {.descending = over->order[i].descending,
                                .nulls_first = over->order[i].nulls_first,
                                .nulls_last = over->order[i].nulls_last};
    int order = sort_key_compare(&key, 1, &a[at + i], &b[at + i]);
    if (order) return order;
  }
  return 0;
}

static int compare_rows(const void *left, const void *right, void *context) {
  const struct windowing *op = context;
  uint32_t l, r;
  memcpy(&l, left, sizeof l);
  memcpy(&r, right, sizeof r);
  const struct val *a = rows_at(&op->rows, l), *b = rows_at(&op->rows, r);
  int order = compare_partition(op->sorting, a, b);
  if (!order) order = compare_keys(op->sorting, a, b);
  return order ? order : (l > r) - (l < r);
}

static void sort(struct windowing *op, const struct windowing_call *call) {
  for (uint32_t i = 0; i < op->rows.count; i++) op->order[i] = i;
  op->sorting = call;
  qsort_r(op->order, op->rows.count, sizeof *op->order, compare_rows, op);
}

/** Finds the end of the partition that starts at part->from, and its groups of peers. */
static void measure(struct windowing *op, const struct windowing_call *call,
                    struct window_part *part) {
  uint32_t count = (uint32_t)op->rows.count, at = part->from;
  part->groups = 0;
  for (; at < count; at++) {
    const struct val *row = rows_at(&op->rows, op->order[at]);
    const struct val *before = at > part->from ? rows_at(&op->rows, op->order[at - 1]) : NULL;
    if (before && compare_partition(call, before, row)) break;
    bool is_first = !before || compare_keys(call, before, row);
    if (is_first) op->starts[part->groups++] = at;
    op->group[at] = part->groups - 1;
  }
  op->starts[part->groups] = part->to = at;
}

/* ---- functions by rank ---- */

static status ntile(const struct windowing *op, const struct window_part *part, uint32_t place,
                    struct val *out, struct err *err) {
  const struct val *v = window_arg(part, place, 0);
  int64_t buckets = 0;
  if (val_is_null(v)) return LUMA_OK;
  if (!val_is_number(v) || !val_to_int64(v, &buckets) || buckets < 1)
    return expr_env_fail(op->op.exec->env, part->call->offset,
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
  int64_t rank = part->starts[group] - part->from + 1;
  if (is_named(part, "row_number")) return val_int64(place - part->from + 1);
  if (is_named(part, "rank")) return val_int64(rank);
  if (is_named(part, "dense_rank")) return val_int64(group + 1);
  if (is_named(part, "percent_rank"))
    return val_float64(count > 1 ? (double)(rank - 1) / (count - 1) : 0);
  return val_float64((double)(part->starts[group + 1] - part->from) / count);
}

/** The place `by` known places away; outside of the partition if there is none. */
static int64_t shift_known(const struct window_part *part, uint32_t place, int64_t by) {
  uint32_t before = window_known_before(part, place);
  bool is_known = before < part->known_count && part->known[before] == place;
  int64_t at = by > 0 ? (int64_t)before + by - !is_known : (int64_t)before + by;
  return at >= 0 && at < part->known_count ? (int64_t)part->known[at] : -1;
}

/** The operand in the row so many before (lag) or after. */
static status shift(const struct windowing *op, const struct window_part *part, uint32_t place,
                    struct val *out, struct err *err) {
  uint32_t operands = part->call->over->operands;
  int64_t offset = 1;
  if (operands > 1) {
    const struct val *v = window_arg(part, place, 1);
    if (val_is_null(v)) return LUMA_OK;
    if (!val_is_number(v) || !val_to_int64(v, &offset) || offset > INT32_MAX || offset < -INT32_MAX)
      return expr_env_fail(op->op.exec->env, part->call->offset,
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

/** Of the known places in the frame the one asked for; NULL if there is none. */
static void nth_known(const struct window_part *part, const struct window_frame *frame,
                      bool is_last, int64_t wanted, struct val *out) {
  uint32_t from = window_known_before(part, frame->from), to = window_known_before(part, frame->to);
  for (uint32_t i = 0; i < to - from; i++) {
    uint32_t at = part->known[is_last ? to - 1 - i : from + i];
    if (!window_frame_has(frame, at) || --wanted) continue;
    *out = *window_arg(part, at, 0);
    return;
  }
}

static status nth_value(const struct windowing *op, const struct window_part *part, uint32_t place,
                        struct val *out, struct err *err) {
  struct window_frame frame;
  int64_t wanted = 1;
  bool is_last = is_named(part, "last_value");
  TRY(window_frame_of(op->op.exec, part, place, &frame, err));
  if (is_named(part, "nth_value")) {
    const struct val *v = window_arg(part, place, 1);
    if (val_is_null(v)) return LUMA_OK;
    if (!val_is_number(v) || !val_to_int64(v, &wanted) || wanted < 1)
      return expr_env_fail(op->op.exec->env, part->call->offset,
                           err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                                     "nth_value takes a whole number above 0"),
                           err);
  }
  if (part->known) {
    nth_known(part, &frame, is_last, wanted, out);
    return LUMA_OK;
  }
  for (uint32_t i = 0; i < frame.to - frame.from; i++) {
    uint32_t at = is_last ? frame.to - 1 - i : frame.from + i;
    if (!window_frame_has(&frame, at) || --wanted) continue;
    *out = *window_arg(part, at, 0);
    break;
  }
  return LUMA_OK;
}

/* ---- all ---- */

static status compute_row(const struct windowing *op, const struct window_part *part,
                          uint32_t place, struct window_sum *sum, struct val *out,
                          struct err *err) {
  *out = val_null();
  if (part->call->over->is_aggregate) return window_sum_at(op->op.exec, part, place, sum, out, err);
  if (is_named(part, "ntile")) return ntile(op, part, place, out, err);
  if (is_named(part, "lag") || is_named(part, "lead")) return shift(op, part, place, out, err);
  if (part->call->over->operands) return nth_value(op, part, place, out, err);
  *out = rank(part, place);
  return LUMA_OK;
}

static void find_known(struct windowing *op, struct window_part *part) {
  part->known = op->known;
  part->known_count = 0;
  for (uint32_t place = part->from; place < part->to; place++)
    if (!val_is_null(window_arg(part, place, 0))) op->known[part->known_count++] = place;
}

static status compute(struct windowing *op, struct windowing_call *call, struct err *err) {
  struct window_part part = {.call = call->expr,
                             .rows = &op->rows,
                             .order = op->order,
                             .group = op->group,
                             .starts = op->starts,
                             .first_arg = call->first_arg};
  call->results = arena_alloc(op->op.exec->arena, (op->rows.count + 1) * sizeof *call->results);
  TRY(op__memory(op->op.exec, call->results, err));
  for (part.from = 0; part.from < op->rows.count; part.from = part.to) {
    struct window_sum sum;
    window_sum_begin(&sum, op->queue);
    measure(op, call, &part);
    if (call->expr->over->ignores_nulls) find_known(op, &part);
    for (uint32_t place = part.from; place < part.to; place++) {
      if (place % BATCH_ROWS == 0) TRY(op__check(op->op.exec, err));
      TRY(compute_row(op, &part, place, &sum, &call->results[op->order[place]], err));
    }
  }
  return LUMA_OK;
}

static status compute_all(struct windowing *op, struct err *err) {
  op->is_done = true;
  TRY(take_all(op, err));
  for (uint32_t w = 0; w < op->op.plan->exprs_count; w++) {
    sort(op, &op->calls[w]);
    TRY(compute(op, &op->calls[w], err));
    if (w == 0) memcpy(op->first_order, op->order, op->rows.count * sizeof *op->order);
  }
  return LUMA_OK;
}

static status window_next(struct op *base, struct batch **batch, struct err *err) {
  struct windowing *op = (struct windowing *)base;
  if (!op->is_done) TRY(compute_all(op, err));
  uint32_t width = base->plan->input->columns_count, rows = 0;
  batch_reset(&op->batch);
  for (; rows < base->exec->batch_rows && op->next_row < op->rows.count; rows++, op->next_row++) {
    uint32_t number = op->first_order[op->next_row];
    const struct val *tuple = rows_at(&op->rows, number);
    for (uint32_t c = 0; c < width; c++) op->batch.columns[c][rows] = tuple[c];
    for (uint32_t w = 0; w < base->plan->exprs_count; w++)
      op->batch.columns[width + w][rows] = op->calls[w].results[number];
  }
  op->batch.rows = op->batch.selected_count = rows;
  if (rows) *batch = &op->batch;
  return LUMA_OK;
}

status op__open_window(struct exec *exec, const struct plan *plan, struct op **op,
                       struct err *err) {
  static const struct op_ops ops = {window_next, NULL};
  struct windowing *windowing = NULL;
  uint32_t width = plan->input->columns_count;
  TRY(op__create(exec, plan, &ops, sizeof *windowing, &windowing, err));
  *op = &windowing->op;
  windowing->calls = arena_zalloc(exec->arena, plan->exprs_count, sizeof *windowing->calls);
  TRY(op__memory(exec, windowing->calls, err));
  for (uint32_t w = 0; w < plan->exprs_count; w++) {
    struct windowing_call *call = &windowing->calls[w];
    call->expr = plan->exprs[w];
    call->first_arg = width;
    width += call->expr->args_count;
    TRY(op__programs(exec, call->expr->args, call->expr->args_count, &call->args, err));
  }
  rows_init(&windowing->rows, exec, width);
  TRY(batch_init(&windowing->batch, exec->arena, plan->columns_count, err));
  return op__open(exec, plan->input, &windowing->op.input, err);
}
