/* SPDX-License-Identifier: MIT */
/* The order of rows in ORDER BY: SQL's (NULLs last when ascending, first when descending, or as
 * asked), or MongoDB's (null and missing are equal and least; a list sorts by its least element, or
 * its greatest when descending; an empty list below null). */
#ifndef QUERY_EXEC_SORT_KEY_H
#define QUERY_EXEC_SORT_KEY_H

#include "query/plan/plan.h"

/** What of a value counts for the order; borrows from it. */
struct val sort_key_of(const struct plan_sort_key *key, const struct val *value);
/** The same for MongoDB's path into a document: the extreme of all values it reaches through lists.
 */
struct val sort_key_of_path(const struct plan_sort_key *key, const struct path *path,
                            const struct val *document);
/** Keys whose paths begin at one list go together, as in an index: those of the element whose tuple
 * comes first replace what was found for each by itself. `paths` are NULL for keys that are no
 * paths into the document; at most SORT_KEY_SHARED_MAX keys are looked at. */
enum { SORT_KEY_SHARED_MAX = 32 };
void sort_key_share(const struct plan_sort_key *keys, const struct path *const *paths,
                    uint32_t count, const struct val *document, struct val *found);
/** Whether two of the paths begin with one name. */
bool sort_key_is_shared(const struct path *const *paths, uint32_t count);
/** Compares two tuples of such values. */
int sort_key_compare(const struct plan_sort_key *keys, uint32_t count, const struct val *a,
                     const struct val *b);

#endif
