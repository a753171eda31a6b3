/* SPDX-License-Identifier: MIT */
/* Ordered indexes: one entry per document (per element of a list for multikey ones), sorted by the
 * total order of the indexed values.
 *
 * An entry's key is   u32 BE index number | one encoded part per index key | record key (unless
 * unique) and its value is    nothing, or the record key for a unique entry. In a unique index of
 * distinct nulls an entry with a null part carries the record key in its key, as in a plain index.
 */
#ifndef INDEX_ORDERED_ORDERED_H
#define INDEX_ORDERED_ORDERED_H

#include "index/index.h"

/** The method's table; see struct index_method. Any thread. */
extern const struct index_method ordered_method;

#endif
