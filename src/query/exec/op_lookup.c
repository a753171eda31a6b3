/* SPDX-License-Identifier: MIT */
/* STAGE_LOOKUP: each document beside the list of what its branch finds for it. A branch that does
 * not depend on the document is run once. One that asks for an equality is run for each document
 * while an index leads to its rows and documents are few beside the collection; else the rows of
 * the collection are kept in a table by their values, and the branch is run over those it finds. */
#include "query/exec/lookup_branch.h"
#include "query/exec/lookup_table.h"
#include "query/exec/stage.h"
#include "query/exec/tuple_table.h"
#include "query/expr/field.h"
#include "query/mongo/mongo.h"
#include "value/order/order.h"

struct looking {
  struct op op;
  struct batch batch;
  struct program **programs;
  struct subplan sub;
  struct val *variables; /* those of the run, then the stage's */
  uint32_t variables_count;
  bool has_common;
  struct val common; /* what an uncorrelated branch found */
  struct lookup_branch equality;
  struct lookup_table *table;
  bool was_tried; /* to make the table */
  uint64_t looked_up;
  struct subplan over; /* the branch, over rows that the table finds */
  /* unwinds: where the input's rows are */
  struct batch *in;
  const struct val **values;
  uint32_t *strides, nth;
  bool is_begun; /* row `nth`: what it found is known: `found` numbers of the table, or `list` */
  const uint32_t *found;
  struct val list;
  size_t found_count, element;
  bool has_null;
  struct val null; /* what was found for a document without the attribute */
};

static status list_rows(struct looking *op, const struct rows *rows, struct arena *arena,
                        struct val *out, struct err *err) {
  struct exec *exec = op->op.exec;
  struct build build;
  build_init(&build, &exec->env->scratch, NULL);
  build_begin_list(&build);
  for (uint64_t i = 0; i < rows->count; i++) build_put(&build, rows_at(rows, i));
  build_end(&build);
  status done = field_take_built(exec->env, arena, &build, out, err);
  build_deinit(&build);
  return done;
}

/** The local value as the list of what it equals: the elements of a list, null for what is not
 * there. */
static status list_local(struct looking *op, const struct val *local, struct val *out,
                         struct err *err) {
  struct exec *exec = op->op.exec;
  struct val null = val_null();
  struct build build;
  *out = *local;
  if (local->type == VAL_LIST) return LUMA_OK;
  build_init(&build, &exec->env->scratch, NULL);
  build_begin_list(&build);
  build_put(&build, local->type == VAL_MISSING ? &null : local);
  build_end(&build);
  status done = field_take_built(exec->env, &op->op.batch_arena, &build, out, err);
  build_deinit(&build);
  return done;
}

/** Runs the branch over what its SCAN reads. */
static status run_branch(struct looking *op, struct val *out, struct err *err) {
  struct exec *exec = op->op.exec;
  struct rows rows;
  struct arena_mark mark = arena_mark(exec->arena);
  rows_init(&rows, exec, 1);
  TRY(subplan_run(&op->sub, NULL, op->variables, op->variables_count, &rows, err));
  TRY(list_rows(op, &rows, &op->op.batch_arena, out, err));
  arena_rewind(exec->arena, mark);
  return LUMA_OK;
}

/** The rows of the table, through the rest of the branch if there is one. */
static status run_table(struct looking *op, const struct val *value, struct val *out,
                        struct err *err) {
  struct exec *exec = op->op.exec;
  struct rows found, rows;
  struct arena_mark mark = arena_mark(exec->arena);
  rows_init(&found, exec, 1);
  rows_init(&rows, exec, 1);
  TRY(lookup_table_find(op->table, value, op->equality.is_any, &found, err));
  if (!op->equality.is_whole)
    TRY(subplan_run(&op->over, &found, op->variables, op->variables_count, &rows, err));
  TRY(list_rows(op, op->equality.is_whole ? &found : &rows, &op->op.batch_arena, out, err));
  arena_rewind(exec->arena, mark);
  return LUMA_OK;
}

/** A table is worth reading the collection for once that costs less than the index did. */
static status make_table(struct looking *op, struct err *err) {
  enum { LOOKUP_ADVANTAGE = 8 };
  struct exec *exec = op->op.exec;
  const struct lookup_branch *equality = &op->equality;
  bool is_early =
      equality->has_index && op->looked_up++ * LOOKUP_ADVANTAGE <
                                 model_estimate_count(exec->txn, equality->scan->collection);
  if (op->was_tried || is_early) return LUMA_OK;
  op->was_tried = true;
  return lookup_table_create(exec, equality->whole_scan, equality->path, &op->table, err);
}

/** Whether the only value that was looked for is that there is none. */
static bool is_null_alone(const struct looking *op, const struct val *value) {
  if (op->op.plan->exprs_count != 1 || !op->op.plan->stage->is_equality) return false;
  struct val first = value->type == VAL_LIST ? val_at(value, 0) : *value;
  return value->type == VAL_LIST && val_count(value) == 1 && val_is_null(&first);
}

static status find_equal(struct looking *op, struct val *out, struct err *err) {
  const struct val *value = &op->variables[op->equality.variable];
  if (lookup_table_knows(value)) {
    TRY(make_table(op, err));
    return op->table ? run_table(op, value, out, err) : run_branch(op, out, err);
  }
  bool is_null = is_null_alone(op, value);
  if (!is_null || !op->has_null) TRY(run_branch(op, out, err));
  if (!is_null) return LUMA_OK;
  if (!op->has_null) TRY(expr_copy_value(op->op.exec->arena, out, &op->null, err));
  op->has_null = true;
  *out = op->null;
  return LUMA_OK;
}

static status find(struct looking *op, struct val *out, struct err *err) {
  if (op->equality.scan) return find_equal(op, out, err);
  if (!op->has_common) TRY(run_branch(op, out, err));
  if (op->op.plan->stage->is_correlated) return LUMA_OK;
  if (!op->has_common) TRY(expr_copy_value(op->op.exec->arena, out, &op->common, err));
  op->has_common = true;
  *out = op->common;
  return LUMA_OK;
}

/** The values of the input's batch that the branch depends on. */
static status run_values(struct looking *op, const struct batch *in, struct err *err) {
  const struct plan *plan = op->op.plan;
  struct arena *arena = &op->op.batch_arena;
  op->values = arena_zalloc(arena, plan->exprs_count + 1, sizeof *op->values);
  op->strides = arena_zalloc(arena, plan->exprs_count + 1, sizeof *op->strides);
  TRY(plan_check_memory(arena, op->values ? op->strides : NULL, err));
  for (uint32_t e = 0; e < plan->exprs_count; e++)
    TRY(program_run(op->programs[e], in, arena, &op->values[e], &op->strides[e], err));
  return LUMA_OK;
}

static status find_of_row(struct looking *op, uint32_t row, struct val *out, struct err *err) {
  const struct plan *plan = op->op.plan;
  uint32_t first = op->variables_count - plan->exprs_count;
  for (uint32_t e = 0; e < plan->exprs_count; e++)
    op->variables[first + e] = op->values[e][row * op->strides[e]];
  if (plan->stage->is_equality)
    TRY(list_local(op, &op->variables[first], &op->variables[first], err));
  return find(op, out, err);
}

static status lookup_next(struct op *base, struct batch **batch, struct err *err) {
  struct looking *op = (struct looking *)base;
  struct batch *in = NULL;
  arena_reset(&base->batch_arena);
  batch_reset(&op->batch);
  TRY(op__next(base->input, &in, err));
  if (!in) return LUMA_OK;
  TRY(run_values(op, in, err));
  for (uint32_t i = 0; i < in->selected_count; i++) {
    uint32_t row = batch_row(in, i);
    op->batch.columns[0][i] = in->columns[0][row];
    TRY(find_of_row(op, row, &op->batch.columns[1][i], err));
    TRY(op__check(base->exec, err));
  }
  op->batch.rows = op->batch.selected_count = in->selected_count;
  *batch = &op->batch;
  return LUMA_OK;
}

/* ---- a row for each document found ---- */

/** What one attribute is equal to is looked up without a list of it or of what is found. */
static status find_in_table(struct looking *op, uint32_t row, bool *done, struct err *err) {
  const struct val *local = op->values[0] + row * op->strides[0];
  *done = op->op.plan->stage->is_equality && op->equality.scan && op->equality.is_whole &&
          local->type != VAL_LIST && lookup_table_knows(local);
  if (*done) TRY(make_table(op, err));
  *done = *done && op->table;
  return *done ? lookup_table_look(op->table, local, &op->found, &op->found_count, err) : LUMA_OK;
}

static status begin_row(struct looking *op, uint32_t row, struct err *err) {
  bool done = false;
  op->found = NULL;
  op->element = 0;
  op->is_begun = true;
  if (op->op.plan->exprs_count) TRY(find_in_table(op, row, &done, err));
  if (done) return LUMA_OK;
  op->found = NULL;
  TRY(find_of_row(op, row, &op->list, err));
  op->found_count = val_count(&op->list);
  return op__check(op->op.exec, err);
}

static void put_found(struct looking *op, const struct val *document) {
  struct val *found = &op->batch.columns[1][op->batch.rows];
  op->batch.columns[0][op->batch.rows++] = *document;
  *found = op->found_count == 0 ? val_missing()
           : op->found          ? *lookup_table_document(op->table, op->found[op->element])
                                : val_at(&op->list, (uint32_t)op->element);
  op->element++;
}

/** Rows of the input until the batch is full; a row's documents may go on in the next. */
static status unwind_some(struct looking *op, struct err *err) {
  bool keeps = op->op.plan->stage->keeps_empty;
  while (op->nth < op->in->selected_count && op->batch.rows < BATCH_ROWS) {
    uint32_t row = batch_row(op->in, op->nth);
    if (!op->is_begun) TRY(begin_row(op, row, err));
    size_t count = op->found_count || !keeps ? op->found_count : 1;
    while (op->element < count && op->batch.rows < BATCH_ROWS)
      put_found(op, &op->in->columns[0][row]);
    if (op->element < count) return LUMA_OK;
    op->is_begun = false;
    op->nth++;
  }
  return LUMA_OK;
}

static status unwound_next(struct op *base, struct batch **batch, struct err *err) {
  struct looking *op = (struct looking *)base;
  batch_reset(&op->batch);
  while (op->batch.rows == 0) {
    if (!op->in || op->nth == op->in->selected_count) {
      arena_reset(&base->batch_arena);
      TRY(op__next(base->input, &op->in, err));
      op->nth = 0;
      if (!op->in) return LUMA_OK;
      TRY(run_values(op, op->in, err));
    }
    TRY(unwind_some(op, err));
  }
  op->batch.selected_count = op->batch.rows;
  *batch = &op->batch;
  return LUMA_OK;
}

static void lookup_close(struct op *base) {
  struct looking *op = (struct looking *)base;
  lookup_table_destroy(op->table);
  subplan_deinit(&op->over);
  subplan_deinit(&op->sub);
}

status op__open_lookup(struct exec *exec, const struct plan *plan, struct op **op,
                       struct err *err) {
  static const struct op_ops ops = {lookup_next, lookup_close};
  static const struct op_ops unwinding = {unwound_next, lookup_close};
  struct looking *looking = NULL;
  TRY(op__create(exec, plan, plan->stage->unwinds ? &unwinding : &ops, sizeof *looking, &looking,
                 err));
  *op = &looking->op;
  TRY(lookup_branch_read(exec, plan, &looking->equality, err));
  TRY(subplan_init(&looking->sub, exec, plan->right->input));
  TRY(subplan_init(&looking->over, exec, looking->equality.over_rows));
  looking->variables_count = plan->stage->first_variable + plan->exprs_count;
  looking->variables =
      arena_zalloc(exec->arena, looking->variables_count + 1, sizeof *looking->variables);
  TRY(op__memory(exec, looking->variables, err));
  for (uint32_t i = 0; i < exec->env->variables_count && i < plan->stage->first_variable; i++)
    looking->variables[i] = exec->env->variables[i];
  TRY(op__programs(exec, plan->exprs, plan->exprs_count, &looking->programs, err));
  TRY(batch_init(&looking->batch, exec->arena, 2, err));
  return op__open(exec, plan->input, &looking->op.input, err);
}
