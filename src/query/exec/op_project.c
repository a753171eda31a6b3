/* SPDX-License-Identifier: MIT */
/* PROJECT: computes columns. The rows keep their places, so that columns passed on are not copied.
 * A batch whose values are large goes on in parts. */
#include "query/exec/exec_int.h"

struct projecting {
  struct op op;
  struct program **programs;
  struct batch batch, *in;
  uint32_t nth, most; /* rows of `in` that are done, and that are taken at once */
  struct exec *exec;
  struct val **rooms; /* for columns that are constants: made when one is met, as few are */
};

/** A constant stands in every live row. */
static status spread(struct projecting *op, const struct batch *batch, const struct val *constant,
                     uint32_t c, struct err *err) {
  if (!op->rooms[c]) op->rooms[c] = arena_alloc(op->exec->arena, BATCH_ROWS * sizeof **op->rooms);
  TRY(op__memory(op->exec, op->rooms[c], err));
  for (uint32_t i = 0; i < batch->selected_count; i++)
    op->rooms[c][batch_row(batch, i)] = *constant;
  op->batch.columns[c] = op->rooms[c];
  return LUMA_OK;
}

static status compute(struct projecting *op, const struct batch *in, struct err *err) {
  arena_reset(&op->op.batch_arena);
  for (uint32_t c = 0; c < op->batch.columns_count; c++) {
    const struct val *values = NULL;
    uint32_t stride = 0;
    TRY(program_run(op->programs[c], in, &op->op.batch_arena, &values, &stride, err));
    memcpy(&op->batch.columns[c], &values, sizeof values); /* read only from here on */
    if (stride == 0) TRY(spread(op, in, values, c, err));
  }
  return LUMA_OK;
}

/** The next rows of the batch at hand, `most` of them. */
static struct batch take_part(struct projecting *op) {
  struct batch part = *op->in;
  uint32_t left = op->in->selected_count - op->nth;
  part.selected_count = left < op->most ? left : op->most;
  bool is_whole = part.selected_count == op->in->selected_count;
  if (is_whole && !part.selected) return part;
  part.selected = op->batch.selection_room;
  for (uint32_t i = 0; i < part.selected_count; i++)
    part.selected[i] = (uint16_t)batch_row(op->in, op->nth + i);
  return part;
}

/** As many rows next time as make what is enough, at most twice as many as now. */
static void settle(struct projecting *op, uint32_t count) {
  size_t bytes = arena_used_bytes(&op->op.batch_arena);
  if (bytes > BATCH_BYTES_ENOUGH)
    op->most = (uint32_t)((uint64_t)count * BATCH_BYTES_ENOUGH / bytes);
  else if (op->most < BATCH_ROWS)
    op->most *= 2;
  if (op->most == 0) op->most = 1;
}

/** Values may be much larger than what they are made of: rows that do not fit are taken by half. */
static status project_some(struct projecting *op, struct batch *part, struct err *err) {
  struct err why;
  for (;;) {
    err_init(&why);
    *part = take_part(op);
    status done = compute(op, part, &why);
    if (done != LUMA_BUDGET_EXCEEDED || part->selected_count <= 1) {
      if (done != LUMA_OK && err) *err = why;
      return done;
    }
    op->most = part->selected_count / 2;
  }
}

static status project_next(struct op *base, struct batch **batch, struct err *err) {
  struct projecting *op = (struct projecting *)base;
  struct batch part;
  if (!op->in || op->nth == op->in->selected_count) {
    op->nth = 0;
    TRY(op__next(base->input, &op->in, err));
    if (!op->in) return LUMA_OK;
  }
  TRY(project_some(op, &part, err));
  settle(op, part.selected_count);
  op->nth += part.selected_count;
  op->batch.rows = part.rows;
  op->batch.selected = part.selected;
  op->batch.selected_count = part.selected_count;
  *batch = &op->batch;
  return LUMA_OK;
}

status op__open_project(struct exec *exec, const struct plan *plan, struct op **op,
                        struct err *err) {
  static const struct op_ops ops = {project_next, NULL};
  struct projecting *projecting = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *projecting, &projecting, err));
  *op = &projecting->op;
  projecting->most = BATCH_ROWS;
  TRY(op__programs(exec, plan->exprs, plan->exprs_count, &projecting->programs, err));
  projecting->exec = exec;
  TRY(batch_init_rows(&projecting->batch, exec->arena, plan->exprs_count, 0, err));
  projecting->rooms = arena_zalloc(exec->arena, plan->exprs_count + 1u, sizeof *projecting->rooms);
  TRY(op__memory(exec, projecting->rooms, err));
  return op__open(exec, plan->input, &projecting->op.input, err);
}
