/* SPDX-License-Identifier: MIT */
/* What the catalog holds, as the documents that MongoDB's clients read. One thread. */
#ifndef QUERY_EXEC_INDEX_DOCUMENT_H
#define QUERY_EXEC_INDEX_DOCUMENT_H

#include "query/exec/exec_int.h"

/** Puts the specification of an index: {v, key, name, unique …}; NULL: that of the key, which is
 * no index here and MongoDB's `_id_`. */
status index_document_put(struct exec *exec, const struct collection *collection,
                          const struct catalog_index *index, struct build *build, struct err *err);
/** Puts the keys of an index: {a: 1, b: -1}. */
void index_document_put_keys(const struct catalog_index *index, struct build *build);
/** 1, -1 or "hashed". */
struct val index_document_way(const struct index_key *key);
/** Whether the keys of an index are those that the plan asks for, in order and direction. */
bool index_document_has_keys(const struct catalog_index *index, const struct plan *plan);
/** Whether both say the same of keys, uniqueness, sparseness and condition. */
bool index_document_is_alike(const struct catalog_index *index, const struct plan *plan);
/** Reads tagged JSON of the catalog into the run's arena. */
status index_document_read(struct exec *exec, struct slice json, struct val *value,
                           struct err *err);

/** Names a field and puts its value. */
void index_document_field(struct build *build, const char *name, struct val value);

#endif
