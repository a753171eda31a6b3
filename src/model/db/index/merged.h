/* SPDX-License-Identifier: MIT */
/* Several ranges of indexes, each in the same order of the same attributes, become one order: a
 * heap of their first entries. What counts for the order are the bytes of the entries' own parts,
 * so that no document is read. Entries are copied as they are read: writes between two steps change
 * nothing of those in hand. One thread. */
#ifndef MODEL_DB_MERGED_H
#define MODEL_DB_MERGED_H

#include "model/model.h"

struct merged;

/** An entry and the index that it is of. */
struct merged_entry {
  const struct index_def *def; /* NULL: it is a record */
  struct slice key, value;
};

/** `merge` is borrowed. */
status merged_create(struct model_txn *txn, const struct collection *collection,
                     const struct model_merge *merge, struct merged **merged, struct err *err);
/** NULL is fine. */
void merged_destroy(struct merged *merged);
/** The entry that comes next, borrowed until the next call; its key is empty at the end. */
status merged_next(struct merged *merged, struct merged_entry *entry, struct err *err);
/** Entries read so far. */
uint64_t merged_entries(const struct merged *merged);

#endif
