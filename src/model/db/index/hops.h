/* SPDX-License-Identifier: MIT */
/* Several ranges of an index in one walk: the cursor jumps from the end of one range to the
 * beginning of the next, as in a skip scan, where a cursor for each would be made and placed anew.
 * What lies between ranges that are close is passed over. One thread. */
#ifndef MODEL_DB_HOPS_H
#define MODEL_DB_HOPS_H

#include "model/model.h"

struct hops;

/** Of `count` bounds, disjoint and in the index's order, one at least. */
status hops_create(const struct index_def *def, const struct index_bounds *bounds, uint32_t count,
                   struct hops **hops, struct err *err);
/** NULL is fine. */
void hops_destroy(struct hops *hops);
/** From the beginning of the first range to the end of the last: borrowed. */
struct store_range hops_range(const struct hops *hops);
/** Up to `max` rows within the ranges, borrowed until the next step; count 0 = the end. The cursor,
 * over hops_range, is used for nothing else. */
status hops_next(struct hops *hops, struct store_cursor *cursor, uint32_t max,
                 struct store_rows *rows, struct err *err);

#endif
