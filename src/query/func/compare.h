/* SPDX-License-Identifier: MIT */
/* SQL's comparison of two values that are not null. Values of one type class compare by the total
 * order; text and a timestamp, date, ULID, UUID or object id compare as the latter when the text
 * reads as one (documents from JSON hold those as text); a date and a timestamp compare as moments.
 * All else is a clash: the answer is unknown, and the caller warns. Pure; any thread. */
#ifndef QUERY_FUNC_COMPARE_H
#define QUERY_FUNC_COMPARE_H

#include "value/order/order.h"

/** False when the types clash; else the order in `*order` (<0, 0, >0). Neither is null. */
bool compare_sql(const struct val *a, const struct val *b, int *order);
/** Values that compare_sql finds equal have equal hashes: for hash joins. */
uint64_t compare_sql_hash(const struct val *v, uint64_t seed);
/** The text as a value of `type` (ULID, UUID, OBJECTID, TIMESTAMP, DATE); false if it does not read
 * as one. */
bool compare_read_text(struct slice text, enum val_type type, struct val *out);
/** True when values of the two types can compare at all. */
bool compare_types_fit(enum val_type a, enum val_type b);

#endif
