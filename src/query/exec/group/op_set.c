/* SPDX-License-Identifier: MIT */
/* UNION, INTERSECT, EXCEPT: UNION ALL passes rows on; the others look rows up in a table, in which
 * nulls are equal. What INTERSECT and EXCEPT look for is read from the right side first, with how
 * often each row is there. */
#include "query/exec/group/tuple_table.h"

struct setting {
  struct op op;
  struct tuple_table rows;
  uint64_t *counts; /* of the right side's rows, by number: what is left of them */
  uint64_t counts_capacity;
  struct val *tuple;
  bool is_read, is_right; /* the right side has been read; UNION is at its right side */
};

static status put(struct setting *op, const struct batch *in, uint32_t row, uint32_t *number,
                  bool *is_new, struct err *err) {
  for (uint32_t c = 0; c < in->columns_count; c++) {
    op->tuple[c] = in->columns[c][row];
    if (op->tuple[c].type == VAL_MISSING) op->tuple[c] = val_null();
  }
  return tuple_table_put(&op->rows, op->tuple, tuple_table_hash(op->tuple, in->columns_count),
                         number, is_new, err);
}

static status reserve(struct setting *op, uint64_t count, struct err *err) {
  if (count < op->counts_capacity) return LUMA_OK;
  uint64_t capacity = op->counts_capacity ? op->counts_capacity * 2 : 256;
  uint64_t *counts = arena_zalloc(op->op.exec->arena, capacity, sizeof *counts);
  TRY(op__memory(op->op.exec, counts, err));
  if (op->counts_capacity) memcpy(counts, op->counts, op->counts_capacity * sizeof *counts);
  op->counts = counts;
  op->counts_capacity = capacity;
  return LUMA_OK;
}

static status read_right(struct setting *op, struct err *err) {
  op->is_read = true;
  for (;;) {
    struct batch *in = NULL;
    TRY(op__next(op->op.right, &in, err));
    if (!in) return LUMA_OK;
    for (uint32_t i = 0; i < in->selected_count; i++) {
      uint32_t number = 0;
      bool is_new = false;
      TRY(put(op, in, batch_row(in, i), &number, &is_new, err));
      TRY(reserve(op, number, err));
      op->counts[number]++;
    }
  }
}

/** Whether a left row stays. A row that was not on the right has a number past those. */
static bool stays(struct setting *op, uint32_t number, bool is_new) {
  const struct plan *plan = op->op.plan;
  uint64_t *left = &op->counts[number];
  bool is_there = *left && *left != UINT64_MAX;
  if (plan->set_op == PLAN_INTERSECT) {
    if (is_there) *left = plan->all ? *left - 1 : 0;
    return is_there;
  }
  if (plan->all) {
    if (is_there) --*left;
    return !is_there;
  }
  if (is_new) *left = UINT64_MAX; /* given out: once is enough */
  return is_new;
}

static status keep_some(struct setting *op, struct batch *in, struct err *err) {
  bool is_union = op->op.plan->set_op == PLAN_UNION;
  uint32_t kept = 0;
  for (uint32_t i = 0; i < in->selected_count; i++) {
    uint32_t row = batch_row(in, i), number = 0;
    bool is_new = false;
    TRY(put(op, in, row, &number, &is_new, err));
    if (!is_union) TRY(reserve(op, number, err));
    in->selection_room[kept] = (uint16_t)row;
    kept += is_union ? is_new : stays(op, number, is_new);
  }
  in->selected = in->selection_room;
  in->selected_count = kept;
  return LUMA_OK;
}

static status set_next(struct op *base, struct batch **batch, struct err *err) {
  struct setting *op = (struct setting *)base;
  const struct plan *plan = base->plan;
  if (plan->set_op != PLAN_UNION && !op->is_read) TRY(read_right(op, err));
  TRY(op__check(base->exec, err));
  *batch = NULL;
  if (!op->is_right) TRY(op__next(base->input, batch, err));
  if (!*batch && plan->set_op == PLAN_UNION) {
    op->is_right = true;
    TRY(op__next(base->right, batch, err));
  }
  bool passes = plan->set_op == PLAN_UNION && plan->all;
  return *batch && !passes ? keep_some(op, *batch, err) : LUMA_OK;
}

status op__open_set(struct exec *exec, const struct plan *plan, struct op **op, struct err *err) {
  static const struct op_ops ops = {set_next, NULL};
  struct setting *setting = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *setting, &setting, err));
  *op = &setting->op;
  tuple_table_init(&setting->rows, exec, plan->columns_count);
  setting->tuple = arena_alloc(exec->arena, (plan->columns_count + 1) * sizeof *setting->tuple);
  TRY(op__memory(exec, setting->tuple, err));
  TRY(op__open(exec, plan->input, &setting->op.input, err));
  return op__open(exec, plan->right, &setting->op.right, err);
}
