/* SPDX-License-Identifier: MIT */
/* STAGE_WINDOW: rows come in the order of their partition's key, then of the sort. A partition is
 * kept whole; each output is computed for all of its rows, and the rows go on with their outputs
 * beside them. */
#include "query/exec/window/stage_window.h"

#include "query/mongo/mongo.h"

struct windowing {
  struct op op;
  struct batch batch;
  struct program **programs;
  struct stage_partition partition;
  struct exec exec;           /* the run's, with `kept` as its memory */
  struct arena kept, results; /* of the partition at hand */
  struct batch *in;
  const struct val **values; /* of the batch at hand, by expression */
  uint32_t *strides;
  uint32_t nth;
  uint64_t at; /* of the partition: rows that went on */
  bool is_ended;
};

static uint32_t exprs_of(const struct windowing *op) {
  return op->op.plan->exprs_count;
}

static status compute_batch(struct windowing *op, struct err *err) {
  for (uint32_t e = 0; e < exprs_of(op); e++)
    TRY(program_run(op->programs[e], op->in, &op->op.batch_arena, &op->values[e], &op->strides[e],
                    err));
  return LUMA_OK;
}

static status take_batch(struct windowing *op, struct err *err) {
  arena_reset(&op->op.batch_arena);
  op->nth = 0;
  TRY(op__next(op->op.input, &op->in, err));
  op->is_ended = !op->in;
  return op->in ? compute_batch(op, err) : LUMA_OK;
}

static const struct val *value_of(const struct windowing *op, uint32_t expr) {
  uint32_t row = batch_row(op->in, op->nth);
  return &op->values[expr][row * op->strides[expr]];
}

static status is_same_partition(const struct windowing *op, bool *is_same, struct err *err) {
  int order = 0;
  *is_same = true;
  if (op->partition.rows.count == 0) return LUMA_OK;
  struct val first = rows_at(&op->partition.rows, 0)[1], here = *value_of(op, 0);
  if (first.type == VAL_MISSING) first = val_null();
  if (here.type == VAL_MISSING) here = val_null();
  TRY(op__compare(op->op.exec, &first, &here, &order, err));
  *is_same = order == 0;
  return LUMA_OK;
}

static status add_row(struct windowing *op, struct err *err) {
  struct val *tuple = NULL;
  struct arena *arena = &op->kept;
  TRY(rows_add(&op->partition.rows, &tuple, err));
  TRY(expr_copy_value(arena, &op->in->columns[0][batch_row(op->in, op->nth)], &tuple[0], err));
  for (uint32_t e = 0; e < exprs_of(op); e++)
    TRY(expr_copy_value(arena, value_of(op, e), &tuple[e + 1], err));
  return LUMA_OK;
}

static status take_partition(struct windowing *op, struct err *err) {
  arena_reset(&op->kept);
  rows_init(&op->partition.rows, &op->exec, exprs_of(op) + 1);
  op->at = 0;
  while (!op->is_ended) {
    if (!op->in || op->nth == op->in->selected_count) {
      TRY(take_batch(op, err));
      continue;
    }
    if (value_of(op, 0)->type == VAL_LIST)
      return mongo_fail(err, 5371401,
                        "An expression used to partition cannot evaluate to value of "
                        "type array");
    bool is_same = false;
    TRY(is_same_partition(op, &is_same, err));
    if (!is_same) break;
    TRY(add_row(op, err));
    op->nth++;
  }
  arena_reset(&op->results);
  return stage_window_compute(&op->partition, &op->results, err);
}

static status window_next(struct op *base, struct batch **batch, struct err *err) {
  struct windowing *op = (struct windowing *)base;
  const struct rows *rows = &op->partition.rows;
  batch_reset(&op->batch);
  if (op->at == rows->count) {
    if (op->is_ended) return LUMA_OK;
    TRY(take_partition(op, err));
    if (rows->count == 0) return LUMA_OK;
  }
  uint32_t rows_max = base->exec->batch_rows;
  for (; op->batch.rows < rows_max && op->at < rows->count; op->at++, op->batch.rows++) {
    op->batch.columns[0][op->batch.rows] = rows_at(rows, op->at)[0];
    for (uint32_t w = 0; w + 1 < op->batch.columns_count; w++)
      op->batch.columns[w + 1][op->batch.rows] = op->partition.outputs[w][op->at];
  }
  op->batch.selected_count = op->batch.rows;
  *batch = &op->batch;
  return LUMA_OK;
}

static void window_close(struct op *base) {
  struct windowing *op = (struct windowing *)base;
  arena_deinit(&op->kept);
  arena_deinit(&op->results);
}

status op__open_stage_window(struct exec *exec, const struct plan *plan, struct op **op,
                             struct err *err) {
  static const struct op_ops ops = {window_next, window_close};
  struct windowing *windowing = NULL;
  uint32_t windows = plan->stage->windows_count;
  TRY(op__create(exec, plan, &ops, sizeof *windowing, &windowing, err));
  *op = &windowing->op;
  arena_init(&windowing->results, 0, exec->memory_bytes);
  arena_init(&windowing->kept, 0, exec->memory_bytes);
  windowing->exec = *exec;
  windowing->exec.arena = &windowing->kept;
  rows_init(&windowing->partition.rows, &windowing->exec, plan->exprs_count + 1);
  windowing->partition.exec = &windowing->exec;
  windowing->partition.stage = plan->stage;
  windowing->partition.outputs = arena_zalloc(exec->arena, windows + 1, sizeof(struct val *));
  windowing->values = arena_zalloc(exec->arena, plan->exprs_count + 1, sizeof *windowing->values);
  windowing->strides = arena_zalloc(exec->arena, plan->exprs_count + 1, sizeof(uint32_t));
  TRY(op__memory(
      exec, windowing->partition.outputs && windowing->values ? windowing->strides : NULL, err));
  TRY(op__programs(exec, plan->exprs, plan->exprs_count, &windowing->programs, err));
  TRY(batch_init(&windowing->batch, exec->arena, windows + 1, err));
  return op__open(exec, plan->input, &windowing->op.input, err);
}
