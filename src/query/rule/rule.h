/* SPDX-License-Identifier: MIT */
/* Expressions of genotypes, run by this layer's expressions: each is LQL over the being, whose
 * attributes are its names. Given to the model when it is opened. */
#ifndef QUERY_RULE_RULE_H
#define QUERY_RULE_RULE_H

#include "model/soul/rules.h"

/** The table; static. */
const struct soul_rules_ops *rule_ops(void);

#endif
