/* SPDX-License-Identifier: MIT */
/* AGGREGATE: groups rows by their keys in a hash table and accumulates. Keys, then one aggregate
 * after the other, are worked a batch at a time: the rows' group numbers are found once and used by
 * all. Without keys there is one group, also over no rows. Groups come out in the order they were
 * first met. */
#include "query/exec/accumulate.h"
#include "query/expr/program.h"

enum { ACCUMULATORS_PER_BLOCK = 1024 };

struct aggregating {
  struct op op;
  struct batch batch;
  struct program **keys, **arguments; /* an argument is NULL for COUNT(*) */
  struct tuple_table groups;
  struct accumulator **blocks; /* of ACCUMULATORS_PER_BLOCK groups */
  size_t blocks_count, blocks_capacity;
  uint32_t aggregates_count;
  uint32_t *numbers; /* the group of each live row */
  uint64_t next_group;
  bool is_done;
};

static struct accumulator *accumulators_of(const struct aggregating *op, uint64_t group) {
  return op->blocks[group / ACCUMULATORS_PER_BLOCK] +
         (group % ACCUMULATORS_PER_BLOCK) * op->aggregates_count;
}

static status reserve(struct aggregating *op, uint64_t groups, struct err *err) {
  struct exec *exec = op->op.exec;
  while (op->blocks_count * ACCUMULATORS_PER_BLOCK < groups) {
    if (op->blocks_count == op->blocks_capacity) {
      size_t capacity = op->blocks_capacity ? op->blocks_capacity * 2 : 16;
      struct accumulator **blocks = arena_alloc(exec->arena, capacity * sizeof *blocks);
      TRY(op__memory(exec, blocks, err));
      if (op->blocks_count) memcpy(blocks, op->blocks, op->blocks_count * sizeof *blocks);
      op->blocks = blocks;
      op->blocks_capacity = capacity;
    }
    struct accumulator *block = arena_zalloc(
        exec->arena, (size_t)ACCUMULATORS_PER_BLOCK * op->aggregates_count + 1, sizeof *block);
    TRY(op__memory(exec, block, err));
    op->blocks[op->blocks_count++] = block;
  }
  return LUMA_OK;
}

/** Finds the group of each live row. */
static status find_groups(struct aggregating *op, const struct batch *in, struct err *err) {
  uint32_t keys_count = op->op.plan->keys_count;
  struct arena *arena = &op->op.batch_arena;
  const struct val **columns = arena_alloc(arena, (keys_count + 1) * sizeof *columns);
  uint32_t *strides = arena_alloc(arena, (keys_count + 1) * sizeof *strides);
  struct val *tuple = arena_alloc(arena, (keys_count + 1) * sizeof *tuple);
  TRY(plan_check_memory(arena, columns && strides ? tuple : NULL, err));
  for (uint32_t k = 0; k < keys_count; k++)
    TRY(program_run(op->keys[k], in, arena, &columns[k], &strides[k], err));
  for (uint32_t i = 0; i < in->selected_count; i++) {
    uint32_t row = batch_row(in, i);
    bool is_new = false;
    for (uint32_t k = 0; k < keys_count; k++) {
      tuple[k] = columns[k][row * strides[k]];
      if (tuple[k].type == VAL_MISSING) tuple[k] = val_null();
    }
    TRY(tuple_table_put(&op->groups, tuple, tuple_table_hash(tuple, keys_count), &op->numbers[i],
                        &is_new, err));
  }
  return reserve(op, op->groups.tuples.count, err);
}

static status accumulate_batch(struct aggregating *op, uint32_t nth, const struct batch *in,
                               struct err *err) {
  const struct expr *aggregate = op->op.plan->exprs[op->op.plan->keys_count + nth];
  const struct val *values = NULL;
  uint32_t stride = 0;
  if (op->arguments[nth])
    TRY(program_run(op->arguments[nth], in, &op->op.batch_arena, &values, &stride, err));
  for (uint32_t i = 0; i < in->selected_count; i++) {
    struct accumulator *accumulator = &accumulators_of(op, op->numbers[i])[nth];
    const struct val *value = values ? &values[batch_row(in, i) * stride] : NULL;
    TRY(accumulate(op->op.exec, aggregate, accumulator, value, err));
  }
  return LUMA_OK;
}

static status take_all(struct aggregating *op, struct err *err) {
  op->is_done = true;
  for (;;) {
    struct batch *in = NULL;
    arena_reset(&op->op.batch_arena);
    TRY(op__next(op->op.input, &in, err));
    if (!in) break;
    TRY(find_groups(op, in, err));
    for (uint32_t a = 0; a < op->aggregates_count; a++) TRY(accumulate_batch(op, a, in, err));
  }
  bool is_new = false;
  uint32_t number = 0;
  if (op->op.plan->keys_count) return LUMA_OK;
  TRY(tuple_table_put(&op->groups, NULL, 0, &number, &is_new, err));
  return reserve(op, 1, err);
}

static status emit_group(struct aggregating *op, uint64_t group, uint32_t row, struct err *err) {
  const struct plan *plan = op->op.plan;
  const struct val *keys = rows_at(&op->groups.tuples, group);
  for (uint32_t k = 0; k < plan->keys_count; k++) op->batch.columns[k][row] = keys[k];
  for (uint32_t a = 0; a < op->aggregates_count; a++) {
    uint32_t column = plan->keys_count + a;
    struct accumulator *accumulator = &accumulators_of(op, group)[a];
    TRY(accumulate_result(op->op.exec, plan->exprs[column], accumulator, &op->op.batch_arena,
                          &op->batch.columns[column][row], err));
  }
  return LUMA_OK;
}

static status aggregate_next(struct op *base, struct batch **batch, struct err *err) {
  struct aggregating *op = (struct aggregating *)base;
  if (!op->is_done) TRY(take_all(op, err));
  arena_reset(&base->batch_arena);
  batch_reset(&op->batch);
  uint32_t rows = 0;
  for (; rows < BATCH_ROWS && op->next_group < op->groups.tuples.count; rows++)
    TRY(emit_group(op, op->next_group++, rows, err));
  op->batch.rows = op->batch.selected_count = rows;
  if (rows) *batch = &op->batch;
  return LUMA_OK;
}

static status make_arguments(struct aggregating *op, struct err *err) {
  const struct plan *plan = op->op.plan;
  struct exec *exec = op->op.exec;
  op->arguments = arena_zalloc(exec->arena, op->aggregates_count + 1, sizeof *op->arguments);
  TRY(op__memory(exec, op->arguments, err));
  for (uint32_t a = 0; a < op->aggregates_count; a++) {
    const struct expr *aggregate = plan->exprs[plan->keys_count + a];
    if (aggregate->args_count)
      TRY(program_create(exec->env, aggregate->args[0], &op->arguments[a], err));
  }
  return LUMA_OK;
}

status op__open_aggregate(struct exec *exec, const struct plan *plan, struct op **op,
                          struct err *err) {
  static const struct op_ops ops = {aggregate_next, NULL};
  struct aggregating *aggregating = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *aggregating, &aggregating, err));
  *op = &aggregating->op;
  aggregating->aggregates_count = plan->exprs_count - plan->keys_count;
  tuple_table_init(&aggregating->groups, exec, plan->keys_count);
  aggregating->numbers = arena_alloc(exec->arena, BATCH_ROWS * sizeof *aggregating->numbers);
  TRY(op__memory(exec, aggregating->numbers, err));
  TRY(op__programs(exec, plan->exprs, plan->keys_count, &aggregating->keys, err));
  TRY(make_arguments(aggregating, err));
  TRY(batch_init(&aggregating->batch, exec->arena, plan->exprs_count, err));
  return op__open(exec, plan->input, &aggregating->op.input, err);
}

/* ---- a count of a whole collection ---- */

struct counting {
  struct op op;
  struct batch batch;
};

static status count_next(struct op *base, struct batch **batch, struct err *err) {
  struct counting *op = (struct counting *)base;
  const struct collection *collection = base->plan->input->collection;
  uint64_t count = 0;
  if (op->batch.rows) return LUMA_OK;
  if (collection) TRY(model_count(base->exec->txn, collection, &count, err));
  op->batch.rows = op->batch.selected_count = 1;
  for (uint32_t c = 0; c < op->batch.columns_count; c++)
    op->batch.columns[c][0] = val_int64((int64_t)count);
  *batch = &op->batch;
  return LUMA_OK;
}

status op__open_count(struct exec *exec, const struct plan *plan, struct op **op, struct err *err) {
  static const struct op_ops ops = {count_next, NULL};
  struct counting *counting = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *counting, &counting, err));
  *op = &counting->op;
  return batch_init(&counting->batch, exec->arena, plan->exprs_count, err);
}
