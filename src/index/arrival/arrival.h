/* SPDX-License-Identifier: MIT */
/* The order of arrival: one entry per document, sorted by the document's row number, which rises as
 * documents are put in. What a capped collection is read by, and loses its oldest documents by.
 *
 * An entry's key is   u32 BE index number | u64 BE row number   and its value the record key. The
 * definition has one key, of no path: bounds on it are row numbers, as int64. */
#ifndef INDEX_ARRIVAL_ARRIVAL_H
#define INDEX_ARRIVAL_ARRIVAL_H

#include "index/index.h"

/** The method's table; see struct index_method. Any thread. */
extern const struct index_method arrival_method;

#endif
