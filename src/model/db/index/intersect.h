/* SPDX-License-Identifier: MIT */
/* The entries of one value of an index, walked beside those of another: all entries of one value
 * stand in the order of their documents' keys, so that two lists are compared in passing, without
 * memory. One thread. */
#ifndef MODEL_DB_INTERSECT_H
#define MODEL_DB_INTERSECT_H

#include "model/model.h"

struct intersect;

/** Of an index of one key that is not unique; both are borrowed. */
status intersect_create(struct model_txn *txn, const struct catalog_index *index,
                        const struct val *value, struct intersect **intersect, struct err *err);
/** NULL is fine. */
void intersect_destroy(struct intersect *intersect);
/** Whether the document has no entry of the value. Keys must be given in rising order. */
status intersect_lacks(struct intersect *intersect, struct slice record_key, bool *lacks,
                       struct err *err);
/** Entries read so far. */
uint64_t intersect_entries(const struct intersect *intersect);

#endif
