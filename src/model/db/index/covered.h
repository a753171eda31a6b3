/* SPDX-License-Identifier: MIT */
/* Documents of a covered query: maps of an index's attributes, with the values of its entries. The
 * caller has seen to it that the values come back (index_kinds_return) and that no two keys begin
 * with the same attribute. One thread. */
#ifndef MODEL_DB_COVERED_H
#define MODEL_DB_COVERED_H

#include "model/model.h"

struct covered;

/** `collection` and `index` are borrowed. */
status covered_create(const struct collection *collection, const struct catalog_index *index,
                      struct covered **covered, struct err *err);
/** NULL is fine. */
void covered_destroy(struct covered *covered);
/** A document for each key of an entry, valid until the next call. LUMA_CORRUPT for what is no
 * entry. */
status covered_documents(struct covered *covered, const struct slice *keys, uint32_t count,
                         struct doc *documents, struct err *err);

#endif
