/* SPDX-License-Identifier: MIT */
/* DISTINCT (of all columns, or ON some expressions): passes each row the first time it is met.
 * Unwound (MongoDB's distinct): each value a path reaches, and each element of a list it ends at,
 * once. */
#include "query/exec/group/tuple_table.h"
#include "query/expr/field.h"
#include "query/expr/program.h"

struct distinguishing {
  struct op op;
  struct batch batch; /* unwound */
  struct field_reader field;
  struct tuple_table seen;
  struct rows shown; /* of a collation: the values of `seen`, as they were first met */
  struct val *tuple;
  struct program **on;
  const struct val **values; /* of ON, in the batch in hand */
  uint32_t *strides;
  uint64_t next_value;
  bool is_done;
  status failed; /* within a visit */
  struct err *err;
};

static status run_on(struct distinguishing *op, const struct batch *in, struct err *err) {
  arena_reset(&op->op.batch_arena);
  for (uint32_t i = 0; op->on && i < op->op.plan->on_count; i++)
    TRY(program_run(op->on[i], in, &op->op.batch_arena, &op->values[i], &op->strides[i], err));
  return LUMA_OK;
}

static status open_on(struct distinguishing *op, struct err *err) {
  struct exec *exec = op->op.exec;
  uint32_t count = op->op.plan->on_count;
  if (!count) return LUMA_OK;
  op->values = arena_zalloc(exec->arena, count, sizeof *op->values);
  op->strides = arena_zalloc(exec->arena, count, sizeof *op->strides);
  TRY(op__memory(exec, op->values ? op->strides : NULL, err));
  return op__programs(exec, op->op.plan->exprs, count, &op->on, err);
}

/* A document is taken by what it holds, not by the dictionary it was written with: equal values are
 * equal. */
static status distinct_next(struct op *base, struct batch **batch, struct err *err) {
  struct distinguishing *op = (struct distinguishing *)base;
  TRY(op__next(base->input, batch, err));
  if (!*batch) return LUMA_OK;
  struct batch *in = *batch;
  uint32_t kept = 0, width = op->seen.tuples.columns;
  TRY(run_on(op, in, err));
  for (uint32_t i = 0; i < in->selected_count; i++) {
    uint32_t row = batch_row(in, i), number = 0;
    bool is_new = false;
    for (uint32_t c = 0; c < width; c++) {
      op->tuple[c] = op->on ? op->values[c][row * op->strides[c]] : in->columns[c][row];
      if (op->tuple[c].type == VAL_MISSING) op->tuple[c] = val_null();
    }
    TRY(tuple_table_put(&op->seen, op->tuple, tuple_table_hash(op->tuple, width), &number, &is_new,
                        err));
    in->selection_room[kept] = (uint16_t)row;
    kept += is_new;
  }
  in->selected = in->selection_room;
  in->selected_count = kept;
  return LUMA_OK;
}

static status take_value(struct distinguishing *op, const struct val *v, struct err *err) {
  struct exec *exec = op->op.exec;
  struct val key, *place = NULL;
  bool is_new = false;
  uint32_t number = 0;
  if (v->type == VAL_MISSING) return LUMA_OK;
  TRY(op__collate(exec, &op->op.batch_arena, v, &key, err));
  TRY(tuple_table_put(&op->seen, &key, tuple_table_hash(&key, 1), &number, &is_new, err));
  if (!is_new || !exec->env->collation) return LUMA_OK;
  TRY(rows_add(&op->shown, &place, err));
  return expr_copy_value(exec->arena, v, place, err);
}

static bool take_one(struct distinguishing *op, const struct val *v) {
  op->failed = take_value(op, v, op->err);
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
    arena_reset(&op->op.batch_arena);
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
  const struct rows *values = base->exec->env->collation ? &op->shown : &op->seen.tuples;
  if (op->next_value == values->count) return LUMA_OK;
  op__emit(&op->batch, values, &op->next_value);
  *batch = &op->batch;
  return LUMA_OK;
}

status op__open_distinct(struct exec *exec, const struct plan *plan, struct op **op,
                         struct err *err) {
  static const struct op_ops ops = {distinct_next, NULL}, unwound_ops = {unwound_next, NULL};
  struct distinguishing *distinguishing = NULL;
  uint32_t columns = plan->unwind ? 1 : plan->on_count ? plan->on_count : plan->columns_count;
  TRY(op__create(exec, plan, plan->unwind ? &unwound_ops : &ops, sizeof *distinguishing,
                 &distinguishing, err));
  *op = &distinguishing->op;
  tuple_table_init(&distinguishing->seen, exec, columns);
  rows_init(&distinguishing->shown, exec, 1);
  distinguishing->tuple = arena_alloc(exec->arena, (columns + 1) * sizeof(struct val));
  TRY(op__memory(exec, distinguishing->tuple, err));
  TRY(open_on(distinguishing, err));
  if (plan->unwind) {
    const struct expr *field = plan->exprs[0];
    TRY(field_reader_init(&distinguishing->field, exec->env, &field->path, field->key, false, err));
    TRY(batch_init(&distinguishing->batch, exec->arena, 1, err));
  }
  return op__open(exec, plan->input, &distinguishing->op.input, err);
}
