/* SPDX-License-Identifier: MIT */
/* STAGE_GRAPH: each document beside the list of those that it leads to, breadth first: from values
 * of the document to rows that have them at one path, and on from what these have at another. The
 * branch's rows are read once and kept in a table by their values. */
#include "query/exec/stage.h"
#include "query/exec/tuple_table.h"
#include "query/expr/field.h"
#include "query/mongo/mongo.h"
#include "value/edit/edit.h"

/** One row under one of its values: a list of them hangs on each value. */
struct link {
  uint64_t row;
  const struct link *next;
};

/** What is kept for each value of the table, and for each row; a walk writes its number there. */
struct value_node {
  const struct link *first;
  uint64_t walk;
};
struct row_node {
  uint64_t walk;
  uint64_t depth;
};

struct walking {
  struct op op;
  struct batch batch;
  struct subplan sub;
  struct program **start;
  struct rows found;         /* the branch's documents */
  struct tuple_table values; /* one column: what may be led to */
  struct value_node *value_nodes;
  uint32_t value_nodes_capacity;
  struct row_node *row_nodes;
  struct field_reader from, to;
  uint64_t walk; /* the number of the walk at hand, from 1 */
  uint32_t *frontier, *ahead;
  uint32_t frontier_count, ahead_count;
  bool is_ready;
};

enum { DEPTH_FIELD = 1 };

/* ---- the table ---- */

/** The value as it is compared. */
static status key_of(const struct walking *op, const struct val *value, struct val *key,
                     struct err *err) {
  struct collation *collation = op->op.exec->env->collation;
  *key = value->type == VAL_MISSING ? val_null() : *value;
  if (!collation || !collation_concerns(key)) return LUMA_OK;
  return collation_key(collation, 0, value, key, err);
}

static status reserve(struct walking *op, uint32_t count, struct err *err) {
  if (count <= op->value_nodes_capacity) return LUMA_OK;
  uint32_t capacity = op->value_nodes_capacity ? op->value_nodes_capacity * 2 : 256;
  struct value_node *nodes = arena_zalloc(op->op.exec->arena, capacity, sizeof *nodes);
  TRY(op__memory(op->op.exec, nodes, err));
  if (op->value_nodes_capacity)
    memcpy(nodes, op->value_nodes, op->value_nodes_capacity * sizeof *nodes);
  op->value_nodes = nodes;
  op->value_nodes_capacity = capacity;
  return LUMA_OK;
}

struct linking {
  struct walking *op;
  uint64_t row;
  status done;
  struct err *err;
};

static status link_value(struct walking *op, uint64_t row, const struct val *value,
                         struct err *err) {
  struct val key;
  uint32_t number = 0;
  bool is_new = false;
  TRY(key_of(op, value, &key, err));
  TRY(tuple_table_put(&op->values, &key, tuple_table_hash(&key, 1), &number, &is_new, err));
  TRY(reserve(op, number + 1, err));
  struct link *link = arena_alloc(op->op.exec->arena, sizeof *link);
  TRY(op__memory(op->op.exec, link, err));
  *link = (struct link){row, op->value_nodes[number].first};
  op->value_nodes[number].first = link;
  return LUMA_OK;
}

/** MongoDB's equality: a list matches by itself and by each of its elements. */
static bool visit_value(void *context, const struct val *value) {
  struct linking *linking = context;
  linking->done = link_value(linking->op, linking->row, value, linking->err);
  uint32_t count = value->type == VAL_LIST ? val_count(value) : 0;
  for (uint32_t i = 0; i < count && linking->done == LUMA_OK; i++) {
    struct val element = val_at(value, i);
    linking->done = link_value(linking->op, linking->row, &element, linking->err);
  }
  return linking->done == LUMA_OK;
}

static status prepare(struct walking *op, struct err *err) {
  struct exec *exec = op->op.exec;
  op->is_ready = true;
  TRY(subplan_run(&op->sub, NULL, exec->env->variables, exec->env->variables_count, &op->found,
                  err));
  for (uint64_t row = 0; row < op->found.count; row++) {
    const struct val *document = rows_at(&op->found, row);
    struct linking linking = {op, row, LUMA_OK, err};
    TRY(field_reader_bind(&op->to, exec->env, document, err));
    field_visit(&op->to, document, visit_value, &linking);
    TRY(linking.done);
  }
  op->row_nodes = arena_zalloc(exec->arena, op->found.count + 1, sizeof *op->row_nodes);
  uint64_t room = op->values.tuples.count + 1;
  op->frontier = arena_zalloc(exec->arena, room, sizeof *op->frontier);
  op->ahead = arena_zalloc(exec->arena, room, sizeof *op->ahead);
  return op__memory(exec, op->row_nodes && op->frontier ? op->ahead : NULL, err);
}

/* ---- a walk ---- */

/** A value that is led to; those that no row has, and those seen before, lead nowhere. */
static status go_to(struct walking *op, const struct val *value, struct err *err) {
  struct val key;
  uint32_t number = 0;
  TRY(key_of(op, value, &key, err));
  if (!tuple_table_find(&op->values, &key, tuple_table_hash(&key, 1), &number)) return LUMA_OK;
  if (op->value_nodes[number].walk == op->walk) return LUMA_OK;
  op->value_nodes[number].walk = op->walk;
  op->ahead[op->ahead_count++] = number;
  return LUMA_OK;
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
  const struct val *document = rows_at(&op->found, row);
  struct val next;
  if (op->row_nodes[row].walk == op->walk) return LUMA_OK;
  op->row_nodes[row] = (struct row_node){op->walk, depth};
  TRY(field_reader_bind(&op->from, exec->env, document, err));
  TRY(field_read_dotted(&op->from, exec->env, &op->op.batch_arena, document, &next, err));
  return next.type == VAL_MISSING ? LUMA_OK : go_to_all(op, &next, err);
}

static status walk(struct walking *op, const struct val *start, struct err *err) {
  uint64_t depth_max = op->op.plan->stage->count;
  op->walk++;
  op->ahead_count = 0;
  TRY(go_to_all(op, start, err));
  for (uint64_t depth = 0; op->ahead_count && depth <= depth_max; depth++) {
    uint32_t *reached = op->frontier;
    op->frontier = op->ahead;
    op->frontier_count = op->ahead_count;
    op->ahead = reached;
    op->ahead_count = 0;
    TRY(op__check(op->op.exec, err));
    for (uint32_t i = 0; i < op->frontier_count; i++)
      for (const struct link *at = op->value_nodes[op->frontier[i]].first; at; at = at->next)
        TRY(reach(op, at->row, depth, err));
  }
  return LUMA_OK;
}

/* ---- what was found ---- */

/** The document with its depth in it, where that is asked for. */
static status put_found(struct walking *op, uint64_t row, struct build *build, struct err *err) {
  const struct plan_stage *stage = op->op.plan->stage;
  struct arena *arena = &op->op.batch_arena;
  const struct val *document = rows_at(&op->found, row);
  struct edit edit;
  if (stage->paths_count <= DEPTH_FIELD) {
    build_put(build, document);
    return LUMA_OK;
  }
  struct val *depth = arena_alloc(arena, sizeof *depth); /* edits borrow */
  TRY(plan_check_memory(arena, depth, err));
  *depth = val_int64((int64_t)op->row_nodes[row].depth);
  TRY(edit_init(&edit, arena, document, err));
  TRY(edit_set(&edit, &stage->paths[DEPTH_FIELD], depth, err));
  build_begin_map(build);
  status done = edit_write(&edit, build, err);
  build_end(build);
  return done;
}

/** In the order of the branch's rows. */
static status list_found(struct walking *op, struct val *out, struct err *err) {
  struct exec *exec = op->op.exec;
  struct build build;
  build_init(&build, &exec->env->scratch, NULL);
  build_begin_list(&build);
  status done = LUMA_OK;
  for (uint64_t row = 0; row < op->found.count && done == LUMA_OK; row++)
    if (op->row_nodes[row].walk == op->walk) done = put_found(op, row, &build, err);
  build_end(&build);
  if (done == LUMA_OK) done = field_take_built(exec->env, &op->op.batch_arena, &build, out, err);
  build_deinit(&build);
  buf_reset(&exec->env->scratch);
  return done;
}

static status graph_next(struct op *base, struct batch **batch, struct err *err) {
  struct walking *op = (struct walking *)base;
  const struct val *starts = NULL;
  uint32_t stride = 0;
  struct batch *in = NULL;
  if (!op->is_ready) TRY(prepare(op, err));
  arena_reset(&base->batch_arena);
  batch_reset(&op->batch);
  TRY(op__next(base->input, &in, err));
  if (!in) return LUMA_OK;
  TRY(program_run(op->start[0], in, &base->batch_arena, &starts, &stride, err));
  for (uint32_t i = 0; i < in->selected_count; i++) {
    uint32_t row = batch_row(in, i);
    TRY(walk(op, &starts[row * stride], err));
    op->batch.columns[0][i] = in->columns[0][row];
    TRY(list_found(op, &op->batch.columns[1][i], err));
  }
  op->batch.rows = op->batch.selected_count = in->selected_count;
  *batch = &op->batch;
  return LUMA_OK;
}

static void graph_close(struct op *base) {
  subplan_deinit(&((struct walking *)base)->sub);
}

status op__open_graph(struct exec *exec, const struct plan *plan, struct op **op, struct err *err) {
  static const struct op_ops ops = {graph_next, graph_close};
  struct walking *walking = NULL;
  const struct plan_stage *stage = plan->stage;
  TRY(op__create(exec, plan, &ops, sizeof *walking, &walking, err));
  *op = &walking->op;
  TRY(subplan_init(&walking->sub, exec, plan->right->input));
  rows_init(&walking->found, exec, 1);
  tuple_table_init(&walking->values, exec, 1);
  TRY(field_reader_init(&walking->to, exec->env, &stage->path, false, true, err));
  TRY(field_reader_init(&walking->from, exec->env, &stage->paths[0], false, true, err));
  TRY(op__programs(exec, plan->exprs, 1, &walking->start, err));
  TRY(batch_init(&walking->batch, exec->arena, 2, err));
  return op__open(exec, plan->input, &walking->op.input, err);
}
