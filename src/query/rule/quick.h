/* SPDX-License-Identifier: MIT */
/* Expressions whose values are made quickly, one document after the other: see soul_rules_ops. */
#ifndef QUERY_RULE_QUICK_H
#define QUERY_RULE_QUICK_H

#include "model/soul/rules.h"
#include "query/plan/expr.h"

/** What makes the values of a bound expression over one document column; NULL: it is not simple
 * enough, or memory is out. */
const struct soul_quick *rule__quicken(const struct expr *expr, const struct soul_places *places,
                                       struct arena *arena);

#endif
