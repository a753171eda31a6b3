/* SPDX-License-Identifier: MIT */
/* VALUES: rows written in the statement. */
#include "query/exec/exec_int.h"

struct values {
  struct op op;
  struct batch batch;
  uint32_t next_row;
};

static status values_next(struct op *base, struct batch **batch, struct err *err) {
  struct values *op = (struct values *)base;
  const struct plan *plan = base->plan;
  uint32_t width = op->batch.columns_count;
  batch_reset(&op->batch);
  while (op->batch.rows < base->exec->batch_rows && op->next_row < plan->rows_count) {
    for (uint32_t c = 0; c < width; c++) {
      struct val *place = &op->batch.columns[c][op->batch.rows];
      TRY(program_constant(base->exec->env, plan->exprs[op->next_row * width + c], place, err));
    }
    op->batch.rows++;
    op->next_row++;
  }
  op->batch.selected_count = op->batch.rows;
  if (op->batch.rows) *batch = &op->batch;
  return LUMA_OK;
}

status op__open_values(struct exec *exec, const struct plan *plan, struct op **op,
                       struct err *err) {
  static const struct op_ops ops = {values_next, NULL};
  struct values *values = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *values, &values, err));
  *op = &values->op;
  return batch_init(&values->batch, exec->arena, plan->columns_count, err);
}
