/* SPDX-License-Identifier: MIT */
/* Documents of a covered query: maps of an index's attributes, with the values of its entries, and
 * where it is asked for the document's key before them. The caller has seen to it that the values
 * come back (index_kinds_return) and that no two keys begin with the same attribute. One thread. */
#ifndef MODEL_DB_COVERED_H
#define MODEL_DB_COVERED_H

#include "model/model.h"

struct covered;

/** `collection` and `index` are borrowed. `with_key`: no key of the index begins with `_id`. */
status covered_create(const struct collection *collection, const struct catalog_index *index,
                      bool with_key, struct covered **covered, struct err *err);
/** NULL is fine. */
void covered_destroy(struct covered *covered);
/** A document for each row, which is an entry, valid until the next call. LUMA_CORRUPT for what is
 * none. */
status covered_documents(struct covered *covered, const struct store_rows *rows,
                         struct doc *documents, struct err *err);

#endif
