/* SPDX-License-Identifier: MIT */
/* Vectors in binary data, subtype 9 of BSON (https://bsonspec.org/spec.html, "vector"): a byte of
 * the kind of element (0x03 int8, 0x27 float32, 0x10 bits), a byte of unused bits at the end, the
 * elements, least byte first. Pure; any thread. */
#ifndef QUERY_MONGO_BYTES_VECTOR_H
#define QUERY_MONGO_BYTES_VECTOR_H

#include "query/mongo/mongo_int.h"

/** The number of elements; false for what is no such vector. */
bool bytes_vector_count(const struct val *v, uint32_t *count);
/** Element `nth` of what was counted: int32, or float64. */
struct val bytes_vector_at(const struct val *v, uint32_t nth);

#endif
