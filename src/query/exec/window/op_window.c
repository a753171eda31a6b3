/* SPDX-License-Identifier: MIT */
/* WINDOW: keeps the rows with the arguments of all calls, sorts them for each window, and computes
 * each call partition by partition. The rows go out in the order of the first window. More than a
 * part of the statement's memory is sorted on disk, for one window after the other, the first one
 * last: then a partition is all that is in memory, or a bit of one where what its calls say follows
 * from the rows before. */
#include <stdlib.h>

#include "query/exec/sort/runs.h"
#include "query/exec/sort/sort_key.h"
#include "query/exec/window/window_call.h"
#include "value/order/order.h"

enum { MEMORY_SHARE = 4 };

/** One call. */
struct windowing_call {
  const struct windowing *op;
  const struct expr *expr;
  struct program **args;
  uint32_t first_arg;
  uint32_t leader; /* the first call with its PARTITION BY and ORDER BY */
  struct window_sum sum;
};

struct windowing {
  struct op op;
  struct batch batch;
  struct windowing_call *calls;
  struct rows rows; /* tuples: the input's columns, the arguments of all calls, their results, and
                       where there may be runs the row's number */
  uint32_t *order, *first_order, *group, *starts, *queue;
  uint32_t *known;                      /* one more array, where a call ignores NULLs */
  const struct windowing_call *sorting; /* whose order is being made */
  uint32_t results_at, width;
  uint64_t next_row, taken;
  bool is_done;
  struct exec kept; /* the executor with the memory of the rows */
  bool spills;      /* that is `rows_arena` */
  struct arena rows_arena;
  struct exec summing; /* the executor with the memory of one sum */
  struct arena sums_arena;
  struct runs *runs; /* all rows, in the order of `sorting`; NULL: they are in memory */
  bool is_parted;    /* behind the rows that are kept the partition goes on */
  bool goes_on;      /* the rows that are kept go on with the partition of those before */
  uint64_t rows_before, groups_before; /* then, what there was of it */
  uint32_t groups;                     /* in the rows that are kept, of the last partition */
};

/* ---- taking rows in ---- */

static status take_tuples(struct windowing *op, const struct batch *in, struct err *err) {
  for (uint32_t i = 0; i < in->selected_count; i++) {
    struct val *tuple = NULL;
    TRY(rows_add(&op->rows, &tuple, err));
    for (uint32_t c = 0; c < in->columns_count; c++)
      TRY(expr_copy_value(op->kept.arena, &in->columns[c][batch_row(in, i)], &tuple[c], err));
    for (uint32_t c = op->results_at; c < op->width; c++) tuple[c] = val_null();
    if (op->spills) tuple[op->width - 1] = val_int64((int64_t)op->taken);
    op->taken++;
  }
  return LUMA_OK;
}

static status take_batch(struct windowing *op, const struct batch *in, struct err *err) {
  const struct plan *plan = op->op.plan;
  uint64_t first = op->rows.count;
  TRY(take_tuples(op, in, err));
  for (uint32_t w = 0; w < plan->exprs_count; w++) {
    const struct windowing_call *call = &op->calls[w];
    for (uint32_t a = 0; a < call->expr->args_count; a++) {
      const struct val *values = NULL;
      uint32_t stride = 0;
      TRY(program_run(call->args[a], in, &op->op.batch_arena, &values, &stride, err));
      for (uint32_t i = 0; i < in->selected_count; i++)
        TRY(expr_copy_value(op->kept.arena, &values[batch_row(in, i) * stride],
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

/** Room beside the rows that are kept. */
static status make_room(struct windowing *op, struct err *err) {
  size_t count = op->rows.count + 2;
  struct arena *arena = op->kept.arena;
  if (op->rows.count > INT32_MAX)
    FAIL(err, LUMA_BUDGET_EXCEEDED, "a window has more than %d rows", INT32_MAX);
  op->order = arena_alloc(arena, count * sizeof *op->order);
  op->first_order = arena_alloc(arena, count * sizeof *op->order);
  op->group = arena_alloc(arena, count * sizeof *op->group);
  op->starts = arena_alloc(arena, count * sizeof *op->starts);
  op->queue = arena_alloc(arena, count * sizeof *op->queue);
  op->known = arena_alloc(arena, (ignores_nulls(op->op.plan) ? count : 1) * sizeof *op->known);
  bool has_all = op->known && op->order && op->first_order && op->group && op->starts;
  if (!has_all || !op->queue) return op__memory(&op->kept, NULL, err);
  for (uint32_t i = 0; i < op->rows.count; i++) op->order[i] = op->first_order[i] = i;
  return LUMA_OK;
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

static int compare_tuples(const struct windowing_call *call, const struct val *a,
                          const struct val *b) {
  int order = compare_partition(call, a, b);
  return order ? order : compare_keys(call, a, b);
}

static int compare_rows(const void *left, const void *right, void *context) {
  const struct windowing *op = context;
  uint32_t l, r;
  memcpy(&l, left, sizeof l);
  memcpy(&r, right, sizeof r);
  int order = compare_tuples(op->sorting, rows_at(&op->rows, l), rows_at(&op->rows, r));
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

/* ---- computing ---- */

static void find_known(struct windowing *op, struct window_part *part) {
  part->known = op->known;
  part->known_count = 0;
  for (uint32_t place = part->from; place < part->to; place++)
    if (!val_is_null(window_arg(part, place, 0))) op->known[part->known_count++] = place;
}

/** Of the rows that are kept, which are in the call's order. */
static status compute(struct windowing *op, struct windowing_call *call, struct err *err) {
  uint32_t result = op->results_at + (uint32_t)(call - op->calls);
  struct window_part part = {.call = call->expr,
                             .rows = &op->rows,
                             .order = op->order,
                             .group = op->group,
                             .starts = op->starts,
                             .first_arg = call->first_arg,
                             .rows_before = op->rows_before,
                             .groups_before = op->groups_before};
  for (part.from = 0; part.from < op->rows.count; part.from = part.to) {
    if (op->goes_on)
      window_sum_go_on(&call->sum, op->queue);
    else
      window_sum_begin(&call->sum, &op->summing, op->queue);
    measure(op, call, &part);
    op->groups = part.groups;
    if (call->expr->over->ignores_nulls) find_known(op, &part);
    for (uint32_t place = part.from; place < part.to; place++) {
      struct val *out = &rows_at(&op->rows, op->order[place])[result];
      if (place % BATCH_ROWS == 0) TRY(op__check(op->op.exec, err));
      TRY(window_call_at(&op->kept, &part, place, &call->sum, out, err));
    }
  }
  return LUMA_OK;
}

static status compute_in_memory(struct windowing *op, struct err *err) {
  TRY(make_room(op, err));
  for (uint32_t w = 0; w < op->op.plan->exprs_count; w++) {
    sort(op, &op->calls[w]);
    TRY(compute(op, &op->calls[w], err));
    if (w == 0) memcpy(op->first_order, op->order, op->rows.count * sizeof *op->order);
  }
  return LUMA_OK;
}

/* ---- on disk ---- */

/** Rows that are equal for a call stay as they came, whatever window they were sorted for before.
 */
static int compare_on_disk(const void *context, const struct val *a, const struct val *b) {
  const struct windowing_call *call = context;
  uint32_t number = call->op->width - 1;
  int order = compare_tuples(call, a, b);
  return order ? order
               : (a[number].integer > b[number].integer) - (a[number].integer < b[number].integer);
}

static bool is_full(const struct windowing *op) {
  return op->spills && arena_used_bytes(&op->rows_arena) > op->kept.memory_bytes / MEMORY_SHARE;
}

static void forget_rows(struct windowing *op) {
  arena_reset(&op->rows_arena);
  rows_init(&op->rows, &op->kept, op->width);
  op->next_row = 0;
}

/** Gives the rows that are kept to what sorts them. */
static status hand_over(struct windowing *op, struct runs *runs, struct err *err) {
  for (uint64_t i = 0; i < op->rows.count; i++) TRY(runs_add(runs, rows_at(&op->rows, i), err));
  forget_rows(op);
  return LUMA_OK;
}

static status create_runs(struct windowing *op, const struct windowing_call *call,
                          struct runs **runs, struct err *err) {
  return runs_create(op->op.exec, op->width, (struct merge_order){compare_on_disk, call}, runs,
                     err);
}

/** Whether the tuple may be the first of another bit of the partition that is kept. */
static bool may_part(const struct windowing *op, const struct val *tuple) {
  bool needs_peers = false, are_needed = false;
  if (!is_full(op)) return false;
  for (uint32_t w = 0; w < op->op.plan->exprs_count; w++) {
    if (&op->calls[op->calls[w].leader] != op->sorting) continue;
    if (!window_call_runs(op->calls[w].expr, &needs_peers)) return false;
    are_needed |= needs_peers;
  }
  return !are_needed || compare_keys(op->sorting, rows_at(&op->rows, op->rows.count - 1), tuple);
}

/** Notes what there was of the partition, if more of it follows. */
static void note_before(struct windowing *op, bool goes_on) {
  op->rows_before = goes_on ? op->rows_before + op->rows.count : 0;
  op->groups_before = goes_on ? op->groups_before + op->groups : 0;
  op->goes_on = goes_on;
}

/** The partition that comes next, or the next bit of one, becomes the rows that are kept, with what
 * the calls that share their order say of them; no rows at the end. */
static status next_partition(struct windowing *op, struct err *err) {
  const struct val *tuple;
  note_before(op, op->is_parted);
  op->is_parted = false;
  forget_rows(op);
  while ((tuple = runs_first(op->runs)) != NULL) {
    struct val *copy = NULL;
    if (op->rows.count && compare_partition(op->sorting, rows_at(&op->rows, 0), tuple)) break;
    op->is_parted = op->rows.count && may_part(op, tuple);
    if (op->is_parted) break;
    TRY(rows_add(&op->rows, &copy, err));
    for (uint32_t c = 0; c < op->width; c++)
      TRY(expr_copy_value(op->kept.arena, &tuple[c], &copy[c], err));
    TRY(runs_step(op->runs, err));
  }
  TRY(make_room(op, err));
  for (uint32_t w = 0; w < op->op.plan->exprs_count; w++)
    if (&op->calls[op->calls[w].leader] == op->sorting) TRY(compute(op, &op->calls[w], err));
  return LUMA_OK;
}

/** Computes what shares the order in hand, and sorts all for another call. */
static status sort_for(struct windowing *op, const struct windowing_call *call, struct err *err) {
  struct runs *next = NULL;
  status done = create_runs(op, call, &next, err);
  for (bool has = true; has && done == LUMA_OK;) {
    done = next_partition(op, err);
    has = op->rows.count > 0;
    if (done == LUMA_OK) done = hand_over(op, next, err);
  }
  if (done == LUMA_OK) done = runs_end(next, err);
  runs_destroy(op->runs);
  op->runs = next;
  op->sorting = call;
  return done;
}

static bool is_leader(const struct windowing *op, uint32_t call) {
  return op->calls[call].leader == call;
}

/** The last call that has an order of its own. */
static uint32_t last_leader(const struct windowing *op) {
  uint32_t last = op->op.plan->exprs_count - 1;
  while (!is_leader(op, last)) last--;
  return last;
}

static status spill_rows(struct windowing *op, struct err *err) {
  op->sorting = &op->calls[last_leader(op)];
  if (!op->runs) TRY(create_runs(op, op->sorting, &op->runs, err));
  return hand_over(op, op->runs, err);
}

/** All windows but the first, which is computed as the rows go out. */
static status compute_on_disk(struct windowing *op, struct err *err) {
  TRY(spill_rows(op, err));
  TRY(runs_end(op->runs, err));
  for (uint32_t w = last_leader(op); w-- > 0;)
    if (is_leader(op, w)) TRY(sort_for(op, &op->calls[w], err));
  return next_partition(op, err);
}

/* ---- all ---- */

static status compute_all(struct windowing *op, struct err *err) {
  op->is_done = true;
  for (;;) {
    struct batch *in = NULL;
    arena_reset(&op->op.batch_arena);
    TRY(op__next(op->op.input, &in, err));
    if (!in) break;
    TRY(take_batch(op, in, err));
    if (is_full(op)) TRY(spill_rows(op, err));
  }
  return op->runs ? compute_on_disk(op, err) : compute_in_memory(op, err);
}

static status window_next(struct op *base, struct batch **batch, struct err *err) {
  struct windowing *op = (struct windowing *)base;
  if (!op->is_done) TRY(compute_all(op, err));
  if (op->runs && op->next_row == op->rows.count && op->rows.count) TRY(next_partition(op, err));
  uint32_t width = base->plan->input->columns_count, rows = 0;
  batch_reset(&op->batch);
  for (; rows < base->exec->batch_rows && op->next_row < op->rows.count; rows++, op->next_row++) {
    const struct val *tuple = rows_at(&op->rows, op->first_order[op->next_row]);
    for (uint32_t c = 0; c < width; c++) op->batch.columns[c][rows] = tuple[c];
    for (uint32_t w = 0; w < base->plan->exprs_count; w++)
      op->batch.columns[width + w][rows] = tuple[op->results_at + w];
  }
  op->batch.rows = op->batch.selected_count = rows;
  if (rows) *batch = &op->batch;
  return LUMA_OK;
}

/* ---- opening ---- */

static bool share_order(const struct expr *a, const struct expr *b) {
  const struct expr_over *x = a->over, *y = b->over;
  uint32_t at_a = x->operands + x->has_filter, at_b = y->operands + y->has_filter;
  if (x->partition_count != y->partition_count || x->order_count != y->order_count) return false;
  for (uint32_t i = 0; i < x->partition_count + x->order_count; i++)
    if (!expr_is_equal(a->args[at_a + i], b->args[at_b + i])) return false;
  for (uint32_t i = 0; i < x->order_count; i++)
    if (x->order[i].descending != y->order[i].descending ||
        x->order[i].nulls_first != y->order[i].nulls_first ||
        x->order[i].nulls_last != y->order[i].nulls_last)
      return false;
  return true;
}

static status open_calls(struct windowing *op, struct err *err) {
  struct exec *exec = op->op.exec;
  const struct plan *plan = op->op.plan;
  uint32_t width = plan->input->columns_count;
  op->calls = arena_zalloc(exec->arena, plan->exprs_count, sizeof *op->calls);
  TRY(op__memory(exec, op->calls, err));
  for (uint32_t w = 0; w < plan->exprs_count; w++) {
    struct windowing_call *call = &op->calls[w];
    call->op = op;
    call->expr = plan->exprs[w];
    call->first_arg = width;
    while (!share_order(plan->exprs[call->leader], call->expr)) call->leader++;
    width += call->expr->args_count;
    TRY(op__programs(exec, call->expr->args, call->expr->args_count, &call->args, err));
  }
  op->results_at = width;
  op->width = width + plan->exprs_count + op->spills;
  return LUMA_OK;
}

static void window_close(struct op *base) {
  struct windowing *op = (struct windowing *)base;
  runs_destroy(op->runs);
  arena_deinit(&op->rows_arena);
  arena_deinit(&op->sums_arena);
}

status op__open_window(struct exec *exec, const struct plan *plan, struct op **op,
                       struct err *err) {
  static const struct op_ops ops = {window_next, window_close};
  struct windowing *windowing = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *windowing, &windowing, err));
  *op = &windowing->op;
  arena_init(&windowing->rows_arena, 0, exec->memory_bytes);
  arena_init(&windowing->sums_arena, 0, exec->memory_bytes);
  windowing->summing = *exec;
  windowing->summing.arena = &windowing->sums_arena;
  windowing->spills = spill_is_possible(exec);
  windowing->kept = *exec;
  if (windowing->spills) windowing->kept.arena = &windowing->rows_arena;
  TRY(open_calls(windowing, err));
  rows_init(&windowing->rows, &windowing->kept, windowing->width);
  TRY(batch_init(&windowing->batch, exec->arena, plan->columns_count, err));
  return op__open(exec, plan->input, &windowing->op.input, err);
}
