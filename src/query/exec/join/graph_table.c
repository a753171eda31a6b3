/* SPDX-License-Identifier: MIT */
#include "query/exec/join/graph_table.h"

#include "query/locale/collation.h"

enum { VALUES_AT_ONCE = 512, NODES_LEAST = 256, ADVANTAGE = 8 };

/** The value as it is compared. */
static status key_of(const struct graph_table *table, const struct val *value, struct val *key,
                     struct err *err) {
  struct collation *collation = table->exec->env->collation;
  *key = value->type == VAL_MISSING ? val_null() : *value;
  if (!collation || !collation_concerns(key)) return LUMA_OK;
  return collation_key(collation, 0, value, key, err);
}

/** Room for `count` nodes of `bytes` each at `*nodes`; new ones are zero. */
static status reserve(struct graph_table *table, void *nodes, size_t bytes, uint64_t *capacity,
                      uint64_t count, struct err *err) {
  void *old = NULL;
  memcpy(&old, nodes, sizeof old); /* `nodes` is the address of a pointer of any type */
  if (count <= *capacity) return LUMA_OK;
  uint64_t larger = *capacity ? *capacity * 2 : NODES_LEAST;
  while (larger < count) larger *= 2;
  void *made = arena_zalloc(table->exec->arena, larger, bytes);
  TRY(op__memory(table->exec, made, err));
  if (*capacity) memcpy(made, old, *capacity * bytes);
  memcpy(nodes, &made, sizeof made);
  *capacity = larger;
  return LUMA_OK;
}

static status put_value(struct graph_table *table, const struct val *value, uint32_t *number,
                        struct err *err) {
  struct val key;
  bool is_new = false;
  TRY(key_of(table, value, &key, err));
  TRY(tuple_table_put(&table->values, &key, tuple_table_hash(&key, 1), number, &is_new, err));
  return reserve(table, &table->value_nodes, sizeof *table->value_nodes,
                 &table->value_nodes_capacity, *number + 1ull, err);
}

/* ---- rows ---- */

struct linking {
  struct graph_table *table;
  uint64_t row;
  status done;
  struct err *err;
};

static status link_value(struct graph_table *table, uint64_t row, const struct val *value,
                         struct err *err) {
  uint32_t number = 0;
  TRY(put_value(table, value, &number, err));
  struct graph_link *link = arena_alloc(table->exec->arena, sizeof *link);
  TRY(op__memory(table->exec, link, err));
  *link = (struct graph_link){row, table->value_nodes[number].first};
  table->value_nodes[number].first = link;
  return LUMA_OK;
}

/** MongoDB's equality: a list matches by itself and by each of its elements. */
static bool visit_value(void *context, const struct val *value) {
  struct linking *linking = context;
  linking->done = link_value(linking->table, linking->row, value, linking->err);
  uint32_t count = value->type == VAL_LIST ? val_count(value) : 0;
  for (uint32_t i = 0; i < count && linking->done == LUMA_OK; i++) {
    struct val element = val_at(value, i);
    linking->done = link_value(linking->table, linking->row, &element, linking->err);
  }
  return linking->done == LUMA_OK;
}

static status link_row(struct graph_table *table, uint64_t row, struct err *err) {
  const struct val *document = rows_at(&table->found, row);
  struct linking linking = {table, row, LUMA_OK, err};
  TRY(field_reader_bind(&table->to, table->exec->env, document, err));
  field_visit(&table->to, document, visit_value, &linking);
  return linking.done;
}

/** Takes the branch's rows in, but for those that are there. */
static status take_rows(struct graph_table *table, const struct rows *rows, struct err *err) {
  for (uint64_t i = 0; i < rows->count; i++) {
    const struct val *document = rows_at(rows, i);
    struct val key = val_field(document, slice_of_text("_id")), *place = NULL;
    uint32_t number = 0;
    bool is_new = true;
    if (table->has_some)
      TRY(tuple_table_put(&table->keys, &key, tuple_table_hash(&key, 1), &number, &is_new, err));
    if (!is_new) continue;
    TRY(rows_add(&table->found, &place, err));
    *place = *document;
    TRY(link_row(table, table->found.count - 1, err));
  }
  return reserve(table, &table->row_nodes, sizeof *table->row_nodes, &table->row_nodes_capacity,
                 table->found.count, err);
}

static status read_all(struct graph_table *table, struct err *err) {
  struct rows rows;
  table->has_all = true;
  rows_init(&rows, table->exec, 1);
  TRY(subplan_run(&table->all, NULL, table->variables, table->variables_count, &rows, err));
  return take_rows(table, &rows, err);
}

/* ---- some of them ---- */

static status list_values(struct graph_table *table, const uint32_t *numbers, uint32_t count,
                          struct val *list, struct err *err) {
  struct exec *exec = table->exec;
  struct build build;
  build_init(&build, &exec->env->scratch, NULL);
  build_begin_list(&build);
  for (uint32_t i = 0; i < count; i++)
    build_put(&build, rows_at(&table->values.tuples, numbers[i]));
  build_end(&build);
  status done = field_take_built(exec->env, exec->arena, &build, list, err);
  build_deinit(&build);
  buf_reset(&exec->env->scratch);
  return done;
}

static status read_some(struct graph_table *table, const uint32_t *numbers, uint32_t count,
                        struct err *err) {
  struct rows rows;
  struct val *list = &table->variables[table->variables_count - 1];
  table->looked_up += count;
  rows_init(&rows, table->exec, 1);
  TRY(list_values(table, numbers, count, list, err));
  TRY(subplan_run(&table->some, NULL, table->variables, table->variables_count, &rows, err));
  TRY(take_rows(table, &rows, err));
  for (uint32_t i = 0; i < count; i++) table->value_nodes[numbers[i]].is_loaded = true;
  return LUMA_OK;
}

status graph_table_load(struct graph_table *table, const uint32_t *numbers, uint64_t count,
                        struct err *err) {
  uint32_t wanted[VALUES_AT_ONCE], wanted_count = 0;
  for (uint64_t i = 0; i < count && !table->has_all; i++) {
    if (!table->value_nodes[numbers[i]].is_loaded) wanted[wanted_count++] = numbers[i];
    if (wanted_count < VALUES_AT_ONCE && i + 1 < count) continue;
    bool is_dear = (table->looked_up + wanted_count) * ADVANTAGE > table->documents;
    if (wanted_count == 0) continue;
    TRY(is_dear ? read_all(table, err) : read_some(table, wanted, wanted_count, err));
    wanted_count = 0;
  }
  return LUMA_OK;
}

status graph_table_find(struct graph_table *table, const struct val *value, uint32_t *number,
                        bool *leads, struct err *err) {
  struct val key;
  *leads = true;
  if (!table->has_all) return put_value(table, value, number, err);
  TRY(key_of(table, value, &key, err));
  *leads = tuple_table_find(&table->values, &key, tuple_table_hash(&key, 1), number);
  return LUMA_OK;
}

/* ---- the whole ---- */

/** The branch's SCAN, when an index or the key leads it to what it is asked for. */
static const struct plan *find_indexed(const struct plan *branch) {
  while (branch->kind != PLAN_SCAN && branch->input) branch = branch->input;
  bool is_scan = branch->kind == PLAN_SCAN && branch->collection && branch->physical;
  const struct plan_access *access = is_scan ? branch->physical->access : NULL;
  return access && access->parts_count > 0 ? branch : NULL;
}

status graph_table_init(struct graph_table *table, struct exec *exec, const struct plan *plan,
                        struct err *err) {
  const struct plan *all = plan->right, *some = all->right, *scan = find_indexed(some->input);
  uint32_t outer = plan->stage->first_variable;
  *table = (struct graph_table){.exec = exec, .has_some = scan != NULL};
  TRY(subplan_init(&table->all, exec, all->input));
  TRY(subplan_init(&table->some, exec, some->input));
  if (scan) table->documents = model_estimate_count(exec->txn, scan->collection);
  rows_init(&table->found, exec, 1);
  tuple_table_init(&table->values, exec, 1);
  tuple_table_init(&table->keys, exec, 1);
  table->variables_count = outer + 1;
  table->variables = arena_zalloc(exec->arena, outer + 1ull, sizeof *table->variables);
  TRY(op__memory(exec, table->variables, err));
  for (uint32_t i = 0; i < exec->env->variables_count && i < outer; i++)
    table->variables[i] = exec->env->variables[i];
  return field_reader_init(&table->to, exec->env, &plan->stage->path, false, true, err);
}

void graph_table_deinit(struct graph_table *table) {
  subplan_deinit(&table->some);
  subplan_deinit(&table->all);
}
