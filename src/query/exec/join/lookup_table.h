/* SPDX-License-Identifier: MIT */
/* The documents of a collection by the values of one path, for $lookup: each value that the path
 * reaches, the elements of lists and lists themselves, leads to the documents that have it. What is
 * found is what may be equal, in the order of the collection's keys; a FILTER decides.
 *
 * Memory is the table's own, at most half the run's budget: a collection that is larger has no
 * table. Once made it is only read: by any thread. */
#ifndef QUERY_EXEC_LOOKUP_TABLE_H
#define QUERY_EXEC_LOOKUP_TABLE_H

#include "query/exec/exec_int.h"

struct lookup_table;

/** What a look finds: numbers of documents, rising. Zeroed before the first. */
struct lookup_found {
  uint32_t *numbers;
  size_t count, capacity;
};
void lookup_found_deinit(struct lookup_found *found);

/** Reads all of `scan`, a SCAN. NULL in `*table` and LUMA_OK when it is too large. */
status lookup_table_create(struct exec *exec, const struct plan *scan, const struct path *path,
                           struct lookup_table **table, struct err *err);
/** NULL is fine. */
void lookup_table_destroy(struct lookup_table *table);
/** Whether the table knows what equals the value: not null, which documents without the attribute
 * equal too, and no pattern; a list when all its elements are known. */
bool lookup_table_knows(const struct val *value);
/** The documents that have the value (`any_of`: a list, one of whose elements they have), each
 * once. */
status lookup_table_find(const struct lookup_table *table, const struct val *value, bool any_of,
                         struct lookup_found *found, struct err *err);
/** Borrowed from the table. */
const struct val *lookup_table_document(const struct lookup_table *table, uint32_t number);

#endif
