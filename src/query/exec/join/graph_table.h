/* SPDX-License-Identifier: MIT */
/* What a $graphLookup may be led to: the branch's documents under each value that they have at the
 * path that is connected to. Where an index leads from values to documents they are read as walks
 * come by, many values at once, until that would cost more than reading all; without one all are
 * read at first. What was read serves the walks that follow. One thread; memory of the run. */
#ifndef QUERY_EXEC_GRAPH_TABLE_H
#define QUERY_EXEC_GRAPH_TABLE_H

#include "query/exec/group/tuple_table.h"
#include "query/exec/stage.h"
#include "query/expr/field.h"

/** One row under one of its values: a list of them hangs on each value. */
struct graph_link {
  uint64_t row;
  const struct graph_link *next;
};

/** What is kept for each value, and for each row; a walk writes its number there. */
struct graph_value {
  const struct graph_link *first;
  uint64_t walk;
  bool is_loaded; /* all rows that have it hang on it */
};
struct graph_row {
  uint64_t walk, depth;
};

struct graph_table {
  struct exec *exec;
  struct subplan all, some; /* the branches: all documents; those of the values in a variable */
  bool has_some;
  bool has_all;       /* everything was read */
  uint64_t looked_up; /* values that were looked for by `some` */
  uint64_t documents; /* of the collection, roughly */
  struct val *variables;
  uint32_t variables_count; /* the last is the list of values */
  struct rows found;
  struct tuple_table values, keys; /* one column each: values led to; keys of the rows */
  struct graph_value *value_nodes;
  struct graph_row *row_nodes;
  uint64_t value_nodes_capacity, row_nodes_capacity;
  struct field_reader to;
};

/** Of the STAGE_GRAPH `plan`. */
status graph_table_init(struct graph_table *table, struct exec *exec, const struct plan *plan,
                        struct err *err);
void graph_table_deinit(struct graph_table *table);
/** The number of the value; `*leads` false when no document has it. */
status graph_table_find(struct graph_table *table, const struct val *value, uint32_t *number,
                        bool *leads, struct err *err);
/** Reads the documents of the values, as far as they were not read. */
status graph_table_load(struct graph_table *table, const uint32_t *numbers, uint64_t count,
                        struct err *err);

#endif
