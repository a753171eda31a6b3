/* SPDX-License-Identifier: MIT */
/* What is sure of the values of expressions before any is made: an interpretation over types and
 * ranges in place of values (P. and R. Cousot, "Abstract interpretation", 1977). */
#ifndef QUERY_RULE_SURE_H
#define QUERY_RULE_SURE_H

#include "model/soul/rules.h"
#include "query/plan/expr.h"

/** See soul_rules_ops. */
struct soul_sure rule__assure(const struct expr *expr, const struct soul_known *known);
void rule__confine(const struct expr *condition, struct slice name, struct soul_sure *sure);

#endif
