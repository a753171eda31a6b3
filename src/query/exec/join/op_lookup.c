/* SPDX-License-Identifier: MIT */
/* STAGE_LOOKUP: each document beside the list of what its branch finds for it. A branch that does
 * not depend on the document is run once. One that asks for an equality finds its rows in a table
 * by their values: that of a whole collection, or, while an index leads to its rows and documents
 * are few beside the collection, a table of what the index has for a batch of documents, read in
 * one walk. The branch is then run over the rows found. What no table knows (null, patterns) and
 * what an index finds twice is asked for by running the branch for each document. */
#include "query/exec/group/tuple_table.h"
#include "query/exec/join/lookup_branch.h"
#include "query/exec/join/lookup_share.h"
#include "query/exec/stage.h"
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
  struct lookup_table *table; /* of the whole collection; NULL: there is none */
  struct lookup_table *near;  /* of what the batch in hand asks for; NULL: there is none */
  struct lookup_share *share; /* of workers, whose `table` it is; NULL: there are none */
  bool was_tried;             /* to make the table of the whole */
  uint64_t looked_up;
  struct subplan over; /* the branch, over rows that the table finds */
  struct arena lists;  /* of what is found */
  /* where the input's rows are */
  struct batch *in;
  const struct val **values;
  uint32_t *strides, nth;
  bool is_begun, is_numbered; /* row `nth`: what it found is known: `found`, else `list` */
  struct val list;
  size_t element, elements;
  struct lookup_found found; /* documents of the table */
  struct build build;        /* of lists of them */
  struct val empty;          /* a list of none */
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
 * there and for a list of none. */
static status list_local(struct looking *op, const struct val *local, struct val *out,
                         struct err *err) {
  struct exec *exec = op->op.exec;
  struct val null = val_null();
  struct build build;
  bool is_list = local->type == VAL_LIST;
  *out = *local;
  if (is_list && val_count(local)) return LUMA_OK;
  build_init(&build, &exec->env->scratch, NULL);
  build_begin_list(&build);
  build_put(&build, is_list || local->type == VAL_MISSING ? &null : local);
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
  TRY(list_rows(op, &rows, &op->lists, out, err));
  arena_rewind(exec->arena, mark);
  return LUMA_OK;
}

static struct lookup_table *table_of(const struct looking *op) {
  return op->table ? op->table : op->near;
}

/** The list of the documents found in the table. */
static status list_found(struct looking *op, struct val *out, struct err *err) {
  struct build *build = &op->build;
  *out = op->empty;
  if (op->found.count == 0) return LUMA_OK;
  build_begin_list(build);
  for (size_t i = 0; i < op->found.count; i++)
    build_put(build, lookup_table_document(table_of(op), op->found.numbers[i]));
  build_end(build);
  return field_take_built(op->op.exec->env, &op->lists, build, out, err);
}

/** The documents found in the table, through the rest of the branch. */
static status run_over(struct looking *op, struct val *out, struct err *err) {
  struct exec *exec = op->op.exec;
  struct rows found, rows;
  struct arena_mark mark = arena_mark(exec->arena);
  rows_init(&found, exec, 1);
  rows_init(&rows, exec, 1);
  for (size_t i = 0; i < op->found.count; i++) {
    struct val *place = NULL;
    TRY(rows_add(&found, &place, err));
    *place = *lookup_table_document(table_of(op), op->found.numbers[i]);
  }
  TRY(subplan_run(&op->over, &found, op->variables, op->variables_count, &rows, err));
  TRY(list_rows(op, &rows, &op->lists, out, err));
  arena_rewind(exec->arena, mark);
  return LUMA_OK;
}

static status run_table(struct looking *op, const struct val *value, struct val *out,
                        struct err *err) {
  TRY(lookup_table_find(table_of(op), value, op->equality.is_any, &op->found, err));
  return op->equality.is_whole ? list_found(op, out, err) : run_over(op, out, err);
}

/* ---- tables ---- */

/** What is equal to the list `values`, read through the index in one walk. */
static status make_near(struct looking *op, const struct val *values, struct err *err) {
  struct exec *exec = op->op.exec;
  struct expr_env *env = exec->env;
  const struct val *variables = env->variables;
  uint32_t count = env->variables_count;
  struct arena_mark mark = arena_mark(env->arena);
  op->variables[op->equality.variable] = *values;
  env->variables = op->variables;
  env->variables_count = op->variables_count;
  status done = lookup_table_create(exec, op->equality.scan, op->equality.path, &op->near, err);
  env->variables = variables;
  env->variables_count = count;
  arena_rewind(env->arena, mark);
  return done;
}

/** The values a batch asks for, as one list; empty when they are too many for one walk. */
static status list_wanted(struct looking *op, const struct batch *in, struct val *out,
                          struct err *err) {
  enum { WANTED_MAX = BATCH_ROWS };
  struct build build;
  uint32_t count = 0;
  build_init(&build, &op->op.exec->env->scratch, NULL);
  build_begin_list(&build);
  for (uint32_t i = 0; i < in->selected_count && count <= WANTED_MAX; i++) {
    const struct val *local = &op->values[0][batch_row(in, i) * op->strides[0]];
    if (!lookup_table_knows(local)) continue;
    uint32_t elements = local->type == VAL_LIST ? val_count(local) : 0;
    count += local->type == VAL_LIST ? elements : 1;
    if (local->type != VAL_LIST) build_put(&build, local);
    for (uint32_t e = 0; e < elements && count <= WANTED_MAX; e++) {
      struct val element = val_at(local, e);
      build_put(&build, &element);
    }
  }
  build_end(&build);
  status done = field_take_built(op->op.exec->env, &op->op.batch_arena, &build, out, err);
  build_deinit(&build);
  if (done == LUMA_OK && count > WANTED_MAX) *out = val_missing();
  return done;
}

/** Whether the index finds what many values are equal to in one walk, each document once. */
static bool finds_many(const struct looking *op) {
  const struct lookup_branch *equality = &op->equality;
  if (!equality->has_index || !equality->is_any || !op->op.plan->stage->is_equality) return false;
  const struct plan_access *access = equality->scan->physical->access;
  return !access->index ||
         !model_meets_twice(op->op.exec->txn, equality->scan->collection, access->index);
}

/** The table of the whole is worth reading the collection for once that costs less than the index
 * did. */
static bool is_worth_whole(const struct looking *op) {
  enum { LOOKUP_ADVANTAGE = 8 };
  const struct lookup_branch *equality = &op->equality;
  return !equality->has_index ||
         op->looked_up * LOOKUP_ADVANTAGE >=
             model_estimate_count(op->op.exec->txn, equality->scan->collection);
}

/** The table for the batch in hand, if one is worth making. */
static status make_tables(struct looking *op, const struct batch *in, struct err *err) {
  enum { BATCH_WORTH_A_WALK = 4 };
  struct val wanted;
  lookup_table_destroy(op->near);
  op->near = NULL;
  if (!op->equality.scan || op->table) return LUMA_OK;
  op->looked_up += in->selected_count;
  if (!op->was_tried && is_worth_whole(op)) {
    op->was_tried = true;
    TRY(lookup_share_table(op->share, op->op.exec, op->equality.whole_scan, op->equality.path,
                           &op->table, err));
  }
  if (op->table || in->selected_count < BATCH_WORTH_A_WALK || !finds_many(op)) return LUMA_OK;
  TRY(list_wanted(op, in, &wanted, err));
  return wanted.type == VAL_LIST && val_count(&wanted) ? make_near(op, &wanted, err) : LUMA_OK;
}

/* ---- what is found ---- */

/** Whether the only value that was looked for is that there is none. */
static bool is_null_alone(const struct looking *op, const struct val *value) {
  if (op->op.plan->exprs_count != 1 || !op->op.plan->stage->is_equality) return false;
  struct val first = value->type == VAL_LIST ? val_at(value, 0) : *value;
  return value->type == VAL_LIST && val_count(value) == 1 && val_is_null(&first);
}

static status find_equal(struct looking *op, struct val *out, struct err *err) {
  const struct val *value = &op->variables[op->equality.variable];
  if (lookup_table_knows(value))
    return table_of(op) ? run_table(op, value, out, err) : run_branch(op, out, err);
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

/** What one attribute is equal to is looked up without a list of it. */
static status find_in_table(struct looking *op, uint32_t row, bool *done, struct err *err) {
  if (!op->op.plan->exprs_count) return LUMA_OK;
  const struct val *local = op->values[0] + row * op->strides[0];
  *done = op->op.plan->stage->is_equality && op->equality.scan && op->equality.is_whole &&
          local->type != VAL_LIST && lookup_table_knows(local) && table_of(op);
  return *done ? lookup_table_find(table_of(op), local, false, &op->found, err) : LUMA_OK;
}

/** The list for a row. */
static status list_of_row(struct looking *op, uint32_t row, struct val *out, struct err *err) {
  bool done = false;
  TRY(find_in_table(op, row, &done, err));
  return done ? list_found(op, out, err) : find_of_row(op, row, out, err);
}

/** The next batch of the input, with what the branch depends on. */
static status take_batch(struct looking *op, struct err *err) {
  arena_reset(&op->op.batch_arena);
  op->nth = 0;
  TRY(op__next(op->op.input, &op->in, err));
  if (!op->in) return LUMA_OK;
  TRY(run_values(op, op->in, err));
  return make_tables(op, op->in, err);
}

/** What is found is kept until the next step, and what the input's batch has until its end. */
static status lookup_next(struct op *base, struct batch **batch, struct err *err) {
  struct looking *op = (struct looking *)base;
  arena_reset(&op->lists);
  batch_reset(&op->batch);
  if (!op->in || op->nth == op->in->selected_count) TRY(take_batch(op, err));
  if (!op->in) return LUMA_OK;
  while (op->nth < op->in->selected_count && arena_used_bytes(&op->lists) < BATCH_BYTES_ENOUGH) {
    uint32_t row = batch_row(op->in, op->nth++), at = op->batch.rows++;
    op->batch.columns[0][at] = op->in->columns[0][row];
    TRY(list_of_row(op, row, &op->batch.columns[1][at], err));
    TRY(op__check(base->exec, err));
  }
  op->batch.selected_count = op->batch.rows;
  *batch = &op->batch;
  return LUMA_OK;
}

/* ---- a row for each document found ---- */

static status begin_row(struct looking *op, uint32_t row, struct err *err) {
  op->is_numbered = false;
  op->element = 0;
  op->is_begun = true;
  TRY(find_in_table(op, row, &op->is_numbered, err));
  op->elements = op->found.count;
  if (op->is_numbered) return LUMA_OK;
  TRY(find_of_row(op, row, &op->list, err));
  op->elements = val_count(&op->list);
  return op__check(op->op.exec, err);
}

static struct val found_at(const struct looking *op, size_t nth) {
  if (nth >= op->elements) return val_missing();
  return op->is_numbered ? *lookup_table_document(table_of(op), op->found.numbers[nth])
                         : val_at(&op->list, (uint32_t)nth);
}

/** What tells the document found from all others, as long as the operator lives. */
static struct val number_at(const struct looking *op, size_t nth) {
  bool has = op->is_numbered && op->table && nth < op->elements;
  return has ? val_int64(op->found.numbers[nth]) : val_missing();
}

static void put_found(struct looking *op, const struct val *document) {
  uint32_t row = op->batch.rows++;
  op->batch.columns[0][row] = *document;
  op->batch.columns[1][row] = found_at(op, op->element);
  op->batch.columns[LOOKUP_NUMBERS][row] = number_at(op, op->element++);
}

/** Rows of the input until the batch is full, or what they found is much; a row's documents may go
 * on in the next. */
static status unwind_some(struct looking *op, struct err *err) {
  bool keeps = op->op.plan->stage->keeps_empty;
  while (op->nth < op->in->selected_count && op->batch.rows < BATCH_ROWS) {
    uint32_t row = batch_row(op->in, op->nth);
    if (!op->is_begun) TRY(begin_row(op, row, err));
    size_t count = op->elements || !keeps ? op->elements : 1;
    while (op->element < count && op->batch.rows < BATCH_ROWS)
      put_found(op, &op->in->columns[0][row]);
    if (op->element < count) return LUMA_OK;
    op->is_begun = false;
    op->nth++;
    if (arena_used_bytes(&op->lists) > BATCH_BYTES_ENOUGH) return LUMA_OK;
  }
  return LUMA_OK;
}

static status unwound_next(struct op *base, struct batch **batch, struct err *err) {
  struct looking *op = (struct looking *)base;
  batch_reset(&op->batch);
  while (op->batch.rows == 0) {
    if (!op->is_begun) arena_reset(&op->lists);
    if (!op->in || op->nth == op->in->selected_count) {
      TRY(take_batch(op, err));
      if (!op->in) return LUMA_OK;
    }
    TRY(unwind_some(op, err));
  }
  op->batch.selected_count = op->batch.rows;
  *batch = &op->batch;
  return LUMA_OK;
}

static status make_lists(struct looking *op, struct err *err) {
  struct exec *exec = op->op.exec;
  struct rows none;
  rows_init(&none, exec, 1);
  build_init(&op->build, &exec->env->scratch, NULL);
  return list_rows(op, &none, exec->arena, &op->empty, err);
}

static void lookup_close(struct op *base) {
  struct looking *op = (struct looking *)base;
  if (!op->share) lookup_table_destroy(op->table);
  lookup_share_release(op->share);
  lookup_table_destroy(op->near);
  lookup_found_deinit(&op->found);
  arena_deinit(&op->lists);
  build_deinit(&op->build);
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
  arena_init(&looking->lists, 0, exec->memory_bytes);
  TRY(lookup_share_acquire(exec->parts, plan, &looking->share, err));
  TRY(make_lists(looking, err));
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
  uint32_t columns = plan->stage->unwinds ? LOOKUP_NUMBERS + 1 : 2;
  TRY(batch_init(&looking->batch, exec->arena, columns, err));
  return op__open(exec, plan->input, &looking->op.input, err);
}
