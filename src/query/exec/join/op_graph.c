/* SPDX-License-Identifier: MIT */
/* STAGE_GRAPH: each document beside the list of those that it leads to, breadth first: from values
 * of the document to rows that have them at one path, and on from what these have at another. */
#include <stdlib.h>

#include "query/exec/join/graph_table.h"
#include "query/mongo/mongo.h"
#include "value/edit/edit.h"

/** Numbers of values or rows, as many as come. */
struct numbers {
  uint32_t *items;
  uint64_t count, capacity;
};

struct walking {
  struct op op;
  struct batch batch, *in;
  struct program **start;
  const struct val *starts; /* of the batch at hand */
  uint32_t stride, nth;
  struct arena lists; /* of what is found */
  struct graph_table table;
  struct field_reader from;
  uint64_t walk; /* the number of the walk at hand, from 1 */
  struct numbers frontier, ahead, reached;
};

enum { DEPTH_FIELD = 1 };

static status add_number(struct walking *op, struct numbers *numbers, uint32_t number,
                         struct err *err) {
  if (numbers->count == numbers->capacity) {
    uint64_t capacity = numbers->capacity ? numbers->capacity * 2 : 64;
    uint32_t *items = arena_alloc(op->op.exec->arena, capacity * sizeof *items);
    TRY(op__memory(op->op.exec, items, err));
    if (numbers->count) memcpy(items, numbers->items, numbers->count * sizeof *items);
    numbers->items = items;
    numbers->capacity = capacity;
  }
  numbers->items[numbers->count++] = number;
  return LUMA_OK;
}

/* ---- a walk ---- */

/** A value that is led to; those that no row has, and those seen before, lead nowhere. */
static status go_to(struct walking *op, const struct val *value, struct err *err) {
  uint32_t number = 0;
  bool leads = false;
  TRY(graph_table_find(&op->table, value, &number, &leads, err));
  if (!leads || op->table.value_nodes[number].walk == op->walk) return LUMA_OK;
  op->table.value_nodes[number].walk = op->walk;
  return add_number(op, &op->ahead, number, err);
}

/** A list leads to each of its elements. */
static status go_to_all(struct walking *op, const struct val *value, struct err *err) {
  if (value->type != VAL_LIST) return go_to(op, value, err);
  for (uint32_t i = 0; i < val_count(value); i++) {
    struct val element = val_at(value, i);
    TRY(go_to(op, &element, err));
  }
  return LUMA_OK;
}

static status reach(struct walking *op, uint64_t row, uint64_t depth, struct err *err) {
  struct exec *exec = op->op.exec;
  const struct val *document = rows_at(&op->table.found, row);
  struct val next;
  if (op->table.row_nodes[row].walk == op->walk) return LUMA_OK;
  op->table.row_nodes[row] = (struct graph_row){op->walk, depth};
  TRY(add_number(op, &op->reached, (uint32_t)row, err));
  TRY(field_reader_bind(&op->from, exec->env, document, err));
  TRY(field_read_dotted(&op->from, exec->env, &op->lists, document, &next, err));
  return next.type == VAL_MISSING ? LUMA_OK : go_to_all(op, &next, err);
}

static status step(struct walking *op, uint64_t depth, struct err *err) {
  struct numbers passed = op->frontier;
  op->frontier = op->ahead;
  op->ahead = passed;
  op->ahead.count = 0;
  TRY(op__check(op->op.exec, err));
  TRY(graph_table_load(&op->table, op->frontier.items, op->frontier.count, err));
  for (uint64_t i = 0; i < op->frontier.count; i++) {
    const struct graph_link *at = op->table.value_nodes[op->frontier.items[i]].first;
    for (; at; at = at->next) TRY(reach(op, at->row, depth, err));
  }
  return LUMA_OK;
}

static status walk(struct walking *op, const struct val *start, struct err *err) {
  uint64_t depth_max = op->op.plan->stage->count;
  op->walk++;
  op->ahead.count = op->reached.count = 0;
  TRY(go_to_all(op, start, err));
  for (uint64_t depth = 0; op->ahead.count && depth <= depth_max; depth++)
    TRY(step(op, depth, err));
  return LUMA_OK;
}

/* ---- what was found ---- */

/** The document with its depth in it, where that is asked for. */
static status put_found(struct walking *op, uint64_t row, struct build *build, struct err *err) {
  const struct plan_stage *stage = op->op.plan->stage;
  struct arena *arena = &op->lists;
  const struct val *document = rows_at(&op->table.found, row);
  struct edit edit;
  if (stage->paths_count <= DEPTH_FIELD) {
    build_put(build, document);
    return LUMA_OK;
  }
  struct val *depth = arena_alloc(arena, sizeof *depth); /* edits borrow */
  TRY(plan_check_memory(arena, depth, err));
  *depth = val_int64((int64_t)op->table.row_nodes[row].depth);
  TRY(edit_init(&edit, arena, document, err));
  TRY(edit_set(&edit, &stage->paths[DEPTH_FIELD], depth, err));
  build_begin_map(build);
  status done = edit_write(&edit, build, err);
  build_end(build);
  return done;
}

static int compare_numbers(const void *a, const void *b) {
  uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
  return (left > right) - (left < right);
}

/** In the order in which the rows were read. */
static status list_found(struct walking *op, struct val *out, struct err *err) {
  struct exec *exec = op->op.exec;
  struct build build;
  build_init(&build, &exec->env->scratch, NULL);
  build_begin_list(&build);
  status done = LUMA_OK;
  if (op->reached.count)
    qsort(op->reached.items, op->reached.count, sizeof *op->reached.items, compare_numbers);
  for (uint64_t i = 0; i < op->reached.count && done == LUMA_OK; i++)
    done = put_found(op, op->reached.items[i], &build, err);
  build_end(&build);
  if (done == LUMA_OK) done = field_take_built(exec->env, &op->lists, &build, out, err);
  build_deinit(&build);
  buf_reset(&exec->env->scratch);
  return done;
}

static status take_batch(struct walking *op, struct err *err) {
  struct arena *arena = &op->op.batch_arena;
  arena_reset(arena);
  op->nth = 0;
  TRY(op__next(op->op.input, &op->in, err));
  return op->in ? program_run(op->start[0], op->in, arena, &op->starts, &op->stride, err) : LUMA_OK;
}

static status graph_next(struct op *base, struct batch **batch, struct err *err) {
  struct walking *op = (struct walking *)base;
  arena_reset(&op->lists);
  batch_reset(&op->batch);
  if (!op->in || op->nth == op->in->selected_count) TRY(take_batch(op, err));
  if (!op->in) return LUMA_OK;
  while (op->nth < op->in->selected_count && arena_used_bytes(&op->lists) < BATCH_BYTES_ENOUGH) {
    uint32_t row = batch_row(op->in, op->nth++), at = op->batch.rows++;
    TRY(walk(op, &op->starts[row * op->stride], err));
    op->batch.columns[0][at] = op->in->columns[0][row];
    TRY(list_found(op, &op->batch.columns[1][at], err));
  }
  op->batch.selected_count = op->batch.rows;
  *batch = &op->batch;
  return LUMA_OK;
}

static void graph_close(struct op *base) {
  struct walking *op = (struct walking *)base;
  arena_deinit(&op->lists);
  graph_table_deinit(&op->table);
}

status op__open_graph(struct exec *exec, const struct plan *plan, struct op **op, struct err *err) {
  static const struct op_ops ops = {graph_next, graph_close};
  struct walking *walking = NULL;
  const struct plan_stage *stage = plan->stage;
  TRY(op__create(exec, plan, &ops, sizeof *walking, &walking, err));
  *op = &walking->op;
  arena_init(&walking->lists, 0, exec->memory_bytes);
  TRY(graph_table_init(&walking->table, exec, plan, err));
  TRY(field_reader_init(&walking->from, exec->env, &stage->paths[0], false, true, err));
  TRY(op__programs(exec, plan->exprs, 1, &walking->start, err));
  TRY(batch_init(&walking->batch, exec->arena, 2, err));
  return op__open(exec, plan->input, &walking->op.input, err);
}
