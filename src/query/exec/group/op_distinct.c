/* SPDX-License-Identifier: MIT */
/* DISTINCT (of all columns, or ON some expressions): passes each row the first time it is met.
 * Where a part of the statement's memory is full of them, new ones of all columns are put aside on
 * disk, for another pass.
 * Unwound (MongoDB's distinct): each value a path reaches, and each element of a list it ends at,
 * once. Where workers read, each has values of its own, which are joined when all has been read, in
 * the order in which one thread alone would have met them. */
#include <stdlib.h>

#include "base/mem/mem.h"
#include "query/exec/group/tuple_table.h"
#include "query/exec/sort/aside.h"
#include "query/exec/workers.h"
#include "query/expr/field.h"
#include "query/expr/program.h"

enum { MEMORY_SHARE = 4 };

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
  struct exec kept; /* the executor with the memory of `seen` */
  bool spills;      /* that is `seen_arena` */
  struct arena seen_arena;
  struct aside aside;
  struct workers workers; /* of unwound values; none: the input is read here */
  uint64_t *met;          /* of workers: when each value was met first */
  size_t met_capacity;
  status failed; /* within a visit */
  struct err *err;
};

static status run_on(struct distinguishing *op, const struct batch *in, struct err *err) {
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

static bool is_full(const struct distinguishing *op) {
  return op->spills && op->seen.tuples.count > 0 &&
         arena_used_bytes(&op->seen_arena) > op->kept.memory_bytes / MEMORY_SHARE;
}

/** Whether the tuple of the row is new; one that there is no memory for waits. */
static status see(struct distinguishing *op, const struct batch *in, uint32_t row, bool *is_new,
                  struct err *err) {
  uint32_t width = op->seen.tuples.columns, number = 0;
  uint64_t hash = tuple_table_hash(op->tuple, width);
  *is_new = false;
  if (!is_full(op)) return tuple_table_put(&op->seen, op->tuple, hash, &number, is_new, err);
  if (tuple_table_find(&op->seen, op->tuple, hash, &number)) return LUMA_OK;
  return aside_add(&op->aside, in, row, &op->op.batch_arena, err);
}

/** Rows of the input, then of what was put aside; NULL at the end. */
static status read_rows(struct distinguishing *op, struct batch **batch, struct err *err) {
  bool has = true;
  while (has) {
    if (!op->aside.is_reading) TRY(op__next(op->op.input, batch, err));
    if (op->aside.is_reading) TRY(aside_next(&op->aside, &op->op.batch_arena, batch, err));
    if (*batch || !op->spills) return LUMA_OK;
    TRY(aside_begin_pass(&op->aside, &has, err));
    arena_reset(&op->seen_arena);
    tuple_table_init(&op->seen, &op->kept, op->seen.tuples.columns);
  }
  return LUMA_OK;
}

/* A document is taken by what it holds, not by the dictionary it was written with: equal values are
 * equal. */
static status distinct_next(struct op *base, struct batch **batch, struct err *err) {
  struct distinguishing *op = (struct distinguishing *)base;
  arena_reset(&base->batch_arena);
  TRY(read_rows(op, batch, err));
  if (!*batch) return LUMA_OK;
  struct batch *in = *batch;
  uint32_t kept = 0, width = op->seen.tuples.columns;
  TRY(run_on(op, in, err));
  for (uint32_t i = 0; i < in->selected_count; i++) {
    uint32_t row = batch_row(in, i);
    bool is_new = false;
    for (uint32_t c = 0; c < width; c++) {
      op->tuple[c] = op->on ? op->values[c][row * op->strides[c]] : in->columns[c][row];
      if (op->tuple[c].type == VAL_MISSING) op->tuple[c] = val_null();
    }
    TRY(see(op, in, row, &is_new, err));
    in->selection_room[kept] = (uint16_t)row;
    kept += is_new;
  }
  in->selected = in->selection_room;
  in->selected_count = kept;
  return LUMA_OK;
}

static status note_met(struct distinguishing *op, uint32_t number, uint64_t when, struct err *err) {
  if (!mem_grow((void **)&op->met, &op->met_capacity, number + 1u, sizeof *op->met))
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory is left for DISTINCT");
  op->met[number] = when;
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
  if (is_new && exec->parts) TRY(note_met(op, number, workers_arrival(exec, number), err));
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

/* ---- by workers ---- */

static status take_part(struct worker *worker, struct err *err) {
  return take_all((struct distinguishing *)worker->op, err);
}

/** A value of a worker: when and where it was met. */
struct meeting {
  uint64_t when;
  const struct val *value;
};

static int compare_meetings(const void *a, const void *b) {
  uint64_t left = ((const struct meeting *)a)->when, right = ((const struct meeting *)b)->when;
  return (left > right) - (left < right);
}

static uint64_t list_meetings(const struct workers *workers, struct meeting *meetings) {
  uint64_t count = 0;
  for (uint32_t i = 0; i < workers->count; i++) {
    const struct distinguishing *other = (const struct distinguishing *)workers->items[i].op;
    for (uint64_t row = 0; row < other->seen.tuples.count; row++, count++)
      if (meetings)
        meetings[count] = (struct meeting){other->met[row], rows_at(&other->seen.tuples, row)};
  }
  return count;
}

static status join(struct distinguishing *op, struct meeting *meetings, uint64_t count,
                   struct err *err) {
  uint32_t number = 0;
  bool is_new = false;
  qsort(meetings, count, sizeof *meetings, compare_meetings);
  for (uint64_t i = 0; i < count; i++)
    TRY(tuple_table_put(&op->seen, meetings[i].value, tuple_table_hash(meetings[i].value, 1),
                        &number, &is_new, err));
  return LUMA_OK;
}

static status take_by_workers(struct distinguishing *op, struct err *err) {
  op->is_done = true;
  TRY(workers_run(&op->workers, take_part, op->op.exec->env, err));
  uint64_t count = list_meetings(&op->workers, NULL);
  struct meeting *meetings = mem_zalloc(count + 1, sizeof *meetings);
  if (!meetings) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory is left for DISTINCT");
  (void)list_meetings(&op->workers, meetings);
  status joined = join(op, meetings, count, err);
  mem_free(meetings);
  return joined;
}

static status unwound_next(struct op *base, struct batch **batch, struct err *err) {
  struct distinguishing *op = (struct distinguishing *)base;
  if (!op->is_done) TRY(op->workers.count ? take_by_workers(op, err) : take_all(op, err));
  const struct rows *values = base->exec->env->collation ? &op->shown : &op->seen.tuples;
  if (op->next_value == values->count) return LUMA_OK;
  op__emit(&op->batch, values, &op->next_value);
  *batch = &op->batch;
  return LUMA_OK;
}

static void distinct_close(struct op *base) {
  struct distinguishing *op = (struct distinguishing *)base;
  workers_close(&op->workers);
  mem_free(op->met);
  aside_deinit(&op->aside);
  arena_deinit(&op->seen_arena);
}

/** DISTINCT ON keeps the order of its input, which passes would not. */
static status open_seen(struct distinguishing *op, uint32_t columns, struct err *err) {
  struct exec *exec = op->op.exec;
  const struct plan *plan = op->op.plan;
  arena_init(&op->seen_arena, 0, exec->memory_bytes);
  op->spills = spill_is_possible(exec) && !plan->on_count && !plan->unwind && !exec->parts;
  op->kept = *exec;
  if (op->spills) op->kept.arena = &op->seen_arena;
  tuple_table_init(&op->seen, &op->kept, columns);
  return op->spills ? aside_init(&op->aside, exec, plan->input->columns_count, err) : LUMA_OK;
}

status op__open_distinct(struct exec *exec, const struct plan *plan, struct op **op,
                         struct err *err) {
  static const struct op_ops ops = {distinct_next, distinct_close},
                             unwound_ops = {unwound_next, distinct_close};
  struct distinguishing *distinguishing = NULL;
  uint32_t columns = plan->unwind ? 1 : plan->on_count ? plan->on_count : plan->columns_count;
  TRY(op__create(exec, plan, plan->unwind ? &unwound_ops : &ops, sizeof *distinguishing,
                 &distinguishing, err));
  *op = &distinguishing->op;
  TRY(open_seen(distinguishing, columns, err));
  rows_init(&distinguishing->shown, exec, 1);
  distinguishing->tuple = arena_alloc(exec->arena, (columns + 1) * sizeof(struct val));
  TRY(op__memory(exec, distinguishing->tuple, err));
  TRY(open_on(distinguishing, err));
  if (plan->unwind) {
    const struct expr *field = plan->exprs[0];
    TRY(field_reader_init(&distinguishing->field, exec->env, &field->path, field->key, false, err));
    TRY(batch_init(&distinguishing->batch, exec->arena, 1, err));
  }
  if (workers_may_share(exec, plan))
    TRY(workers_open(exec, plan, exec->threads + 1, &distinguishing->workers, err));
  return distinguishing->workers.count
             ? LUMA_OK
             : op__open(exec, plan->input, &distinguishing->op.input, err);
}
