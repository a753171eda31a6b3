/* SPDX-License-Identifier: MIT */
/* PROJECT: computes columns. The rows keep their places, so that columns passed on are not copied.
 */
#include "query/exec/exec_int.h"

struct projecting {
  struct op op;
  struct program **programs;
  struct batch batch;
  struct val **rooms; /* for columns that are constants */
};

/** A constant stands in every live row. */
static void spread(const struct batch *batch, const struct val *constant, struct val *column) {
  for (uint32_t i = 0; i < batch->selected_count; i++) column[batch_row(batch, i)] = *constant;
}

static status project_next(struct op *base, struct batch **batch, struct err *err) {
  struct projecting *op = (struct projecting *)base;
  struct batch *in = NULL;
  arena_reset(&base->batch_arena);
  TRY(op__next(base->input, &in, err));
  if (!in) return LUMA_OK;
  for (uint32_t c = 0; c < op->batch.columns_count; c++) {
    const struct val *values = NULL;
    uint32_t stride = 0;
    TRY(program_run(op->programs[c], in, &base->batch_arena, &values, &stride, err));
    memcpy(&op->batch.columns[c], &values, sizeof values); /* read only from here on */
    if (stride) continue;
    op->batch.columns[c] = op->rooms[c];
    spread(in, values, op->rooms[c]);
  }
  op->batch.rows = in->rows;
  op->batch.selected = NULL;
  op->batch.selected_count = in->selected_count;
  if (in->selected) {
    memcpy(op->batch.selection_room, in->selected, in->selected_count * sizeof *in->selected);
    op->batch.selected = op->batch.selection_room;
  }
  *batch = &op->batch;
  return LUMA_OK;
}

status op__open_project(struct exec *exec, const struct plan *plan, struct op **op,
                        struct err *err) {
  static const struct op_ops ops = {project_next, NULL};
  struct projecting *projecting = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *projecting, &projecting, err));
  *op = &projecting->op;
  TRY(op__programs(exec, plan->exprs, plan->exprs_count, &projecting->programs, err));
  TRY(batch_init(&projecting->batch, exec->arena, plan->exprs_count, err));
  projecting->rooms = arena_copy(exec->arena, projecting->batch.columns,
                                 (plan->exprs_count + 1) * sizeof(struct val *));
  TRY(op__memory(exec, projecting->rooms, err));
  return op__open(exec, plan->input, &projecting->op.input, err);
}
