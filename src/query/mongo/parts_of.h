/* SPDX-License-Identifier: MIT */
/* Values with parts, made from flat ones: what $convert to "array" and "object" does. Results live
 * in the call's arena; a value that does not read as one fails by MongoDB's code 241. */
#ifndef QUERY_MONGO_PARTS_OF_H
#define QUERY_MONGO_PARTS_OF_H

#include "query/mongo/mongo_int.h"

/** The array (VAL_LIST) or object (VAL_MAP) that the text is as JSON (RFC 8259). */
status parts_of_text(struct func_env *env, const struct val *text, enum val_type type,
                     struct val *out, struct err *err);
/** The elements of a vector in binary data, as an array. */
status parts_of_bytes(struct func_env *env, const struct val *bytes, struct val *out,
                      struct err *err);

#endif
