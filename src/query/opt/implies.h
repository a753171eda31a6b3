/* SPDX-License-Identifier: MIT */
/* Whether a condition holds wherever another does. Bound conditions over one document column. Pure;
 * a false answer may be wrong, a true one never is. */
#ifndef QUERY_OPT_IMPLIES_H
#define QUERY_OPT_IMPLIES_H

#include "query/plan/expr.h"

/** True when every document that `have` is true of, `want` is true of too. */
bool implies_condition(const struct expr *have, const struct expr *want);
/** The same of one of MongoDB's predicates. */
bool implies_match(const struct match *have, const struct expr *want);

#endif
