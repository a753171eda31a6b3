/* SPDX-License-Identifier: MIT */
/* DISTINCT: passes each row the first time it is met. Unwound (MongoDB's distinct): each value a
 * path reaches, and each element of a list it ends at, once. */
#include "query/exec/tuple_table.h"
#include "query/expr/field.h"

struct distinguishing {
  struct op op;
  struct batch batch; /* unwound */
  struct field_reader field;
  struct tuple_table seen;
  struct val *tuple;
  uint64_t next_value;
  bool is_done;
  status failed; /* within a visit */
  struct err *err;
};

/* A document is taken by what it holds, not by the dictionary it was written with: equal values are
 * equal. */
static status distinct_next(struct op *base, struct batch **batch, struct err *err) {
  struct distinguishing *op = (struct distinguishing *)base;
  TRY(op__next(base->input, batch, err));
  if (!*batch) return LUMA_OK;
  struct batch *in = *batch;
  uint32_t kept = 0;
  for (uint32_t i = 0; i < in->selected_count; i++) {
    uint32_t row = batch_row(in, i), number = 0;
    bool is_new = false;
    for (uint32_t c = 0; c < in->columns_count; c++) {
      op->tuple[c] = in->columns[c][row];
      if (op->tuple[c].type == VAL_MISSING) op->tuple[c] = val_null();
    }
    TRY(tuple_table_put(&op->seen, op->tuple, tuple_table_hash(op->tuple, in->columns_count),
                        &number, &is_new, err));
    in->selection_room[kept] = (uint16_t)row;
    kept += is_new;
  }
  in->selected = in->selection_room;
  in->selected_count = kept;
  return LUMA_OK;
}

static bool take_one(struct distinguishing *op, const struct val *v) {
  bool is_new = false;
  uint32_t number = 0;
  if (v->type != VAL_MISSING)
    op->failed = tuple_table_put(&op->seen, v, tuple_table_hash(v, 1), &number, &is_new, op->err);
  return op->failed == LUMA_OK;
}

static bool take_visited(void *context, const struct val *v) {
  struct distinguishing *op = context;
  if (v->type != VAL_LIST) return take_one(op, v);
  for (uint32_t i = 0; i < val_count(v); i++) {
    struct val element = val_at(v, i);
    if (!take_one(op, &element)) return false;
  }
  return true;
}

static status take_all(struct distinguishing *op, struct err *err) {
  op->is_done = true;
  op->err = err;
  for (;;) {
    struct batch *in = NULL;
    TRY(op__next(op->op.input, &in, err));
    if (!in) return LUMA_OK;
    const struct val *documents = in->columns[op->op.plan->exprs[0]->slot];
    for (uint32_t i = 0; i < in->selected_count && op->failed == LUMA_OK; i++)
      field_visit(&op->field, &documents[batch_row(in, i)], take_visited, op);
    if (op->failed != LUMA_OK) return op->failed;
  }
}

static status unwound_next(struct op *base, struct batch **batch, struct err *err) {
  struct distinguishing *op = (struct distinguishing *)base;
  if (!op->is_done) TRY(take_all(op, err));
  if (op->next_value == op->seen.tuples.count) return LUMA_OK;
  op__emit(&op->batch, &op->seen.tuples, &op->next_value);
  *batch = &op->batch;
  return LUMA_OK;
}

status op__open_distinct(struct exec *exec, const struct plan *plan, struct op **op,
                         struct err *err) {
  static const struct op_ops ops = {distinct_next, NULL}, unwound_ops = {unwound_next, NULL};
  struct distinguishing *distinguishing = NULL;
  uint32_t columns = plan->unwind ? 1 : plan->columns_count;
  TRY(op__create(exec, plan, plan->unwind ? &unwound_ops : &ops, sizeof *distinguishing,
                 &distinguishing, err));
  *op = &distinguishing->op;
  tuple_table_init(&distinguishing->seen, exec, columns);
  distinguishing->tuple = arena_alloc(exec->arena, (columns + 1) * sizeof(struct val));
  TRY(op__memory(exec, distinguishing->tuple, err));
  if (plan->unwind) {
    const struct expr *field = plan->exprs[0];
    TRY(field_reader_init(&distinguishing->field, exec->env, &field->path, field->key, false, err));
    TRY(batch_init(&distinguishing->batch, exec->arena, 1, err));
  }
  return op__open(exec, plan->input, &distinguishing->op.input, err);
}
