/* SPDX-License-Identifier: MIT */
/* FILTER: narrows the input's batch in place. */
#include "query/exec/exec_int.h"

struct filtering {
  struct op op;
  struct filter *filter;
};

static status filter_next(struct op *base, struct batch **batch, struct err *err) {
  struct filtering *op = (struct filtering *)base;
  arena_reset(&base->batch_arena);
  TRY(op__next(base->input, batch, err));
  return *batch ? filter_run(op->filter, *batch, &base->batch_arena, err) : LUMA_OK;
}

status op__open_filter(struct exec *exec, const struct plan *plan, struct op **op,
                       struct err *err) {
  static const struct op_ops ops = {filter_next, NULL};
  struct filtering *filtering = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *filtering, &filtering, err));
  *op = &filtering->op;
  TRY(filter_create(exec->env, plan->condition, &filtering->filter, err));
  TRY(op__open(exec, plan->input, &filtering->op.input, err));
  return op__scan_sieve(filtering->op.input, filtering->filter, err);
}
