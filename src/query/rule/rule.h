/* SPDX-License-Identifier: MIT */
/* Expressions of genotypes and conditions of partial indexes, run by this layer's expressions: each
 * is LQL over the being, whose attributes are its names, or a filter of JQL. Given to the model
 * when it is opened. */
#ifndef QUERY_RULE_RULE_H
#define QUERY_RULE_RULE_H

#include "model/soul/rules.h"

/** The table; static. */
const struct soul_rules_ops *rule_ops(void);

struct expr;

/** A rule (of any kind but PATTERN) as an expression bound to one document column, in `arena`. */
status rule_read(struct arena *arena, const struct soul_rule *rule, struct expr **expr,
                 struct err *err);

#endif
