/* SPDX-License-Identifier: MIT */
/* Whether the bounds of an index say all that a condition does. Pure; a false answer may be wrong,
 * a true one never is. */
#ifndef QUERY_OPT_EXACT_H
#define QUERY_OPT_EXACT_H

#include "query/opt/access.h"

/** True when every entry that `access` reads is of a document that the condition keeps: its FILTER
 * keeps all. `access` was made for the condition. */
bool exact_condition(const struct opt *opt, const struct collection *collection,
                     const struct plan_access *access, const struct expr *condition);
/** The same of one of MongoDB's predicates. */
bool exact_match(const struct opt *opt, const struct collection *collection,
                 const struct plan_access *access, const struct match *match);

/** Whether a document may have several entries among those that `access`, of an index, reads. */
bool exact_meets_twice(const struct opt *opt, const struct collection *collection,
                       const struct plan_access *access);

#endif
