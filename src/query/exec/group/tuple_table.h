/* SPDX-License-Identifier: MIT */
/* A hash table of tuples (group keys, distinct rows, join keys): open addressing over kept rows.
 * Tuples are equal when their values are in the total order: 1 = 1.0. Memory is the run's arena;
 * tuples are numbered as they come. One thread. */
#ifndef QUERY_EXEC_TUPLE_TABLE_H
#define QUERY_EXEC_TUPLE_TABLE_H

#include "query/exec/exec_int.h"

struct tuple_slot {
  uint32_t hash;   /* its upper half: most misses end here */
  uint32_t number; /* of the tuple, from 1; 0 = free */
};

struct tuple_table {
  struct exec *exec;
  struct rows tuples;
  struct tuple_slot *slots;
  uint64_t capacity; /* a power of two; 0 before the first put */
};

enum { TUPLES_MAX = INT32_MAX };

void tuple_table_init(struct tuple_table *table, struct exec *exec, uint32_t columns);
/** The same where there are many tables, most of a handful of tuples. */
void tuple_table_init_few(struct tuple_table *table, struct exec *exec, uint32_t columns);
uint64_t tuple_table_hash(const struct val *tuple, uint32_t columns);
/** The number (from 0) of the tuple, which is copied in if it is new. */
status tuple_table_put(struct tuple_table *table, const struct val *tuple, uint64_t hash,
                       uint32_t *number, bool *is_new, struct err *err);
/** The number of the tuple; false if it is not there. */
bool tuple_table_find(const struct tuple_table *table, const struct val *tuple, uint64_t hash,
                      uint32_t *number);

#endif
