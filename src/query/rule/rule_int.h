/* SPDX-License-Identifier: MIT */
/* Shared by the files of this folder only. */
#ifndef QUERY_RULE_RULE_INT_H
#define QUERY_RULE_RULE_INT_H

#include "model/soul/rules.h"
#include "query/plan/plan.h"

/** Reads a rule as the statement it stands in; its own text begins at `*offset` of that. */
status rule__parse(struct arena *arena, const struct soul_rule *rule, size_t *offset,
                   struct statement *statement, struct err *err);
/** The only attribute that is equal without case; the name itself when there is none. */
struct slice rule__right_name(const struct soul *soul, struct slice name);
/** See soul_rules_ops. */
status rule__rename(const struct soul *soul, const struct soul_rule *rule,
                    const struct val *renames, struct buf *out, struct err *err);
/** The same for a filter of MongoDB. */
status rule__rename_match(const struct soul_rule *rule, const struct val *renames, struct buf *out,
                          struct err *err);

/** See soul_rules_ops. */
status rule__check_types(const struct soul *soul, const struct soul_rule *rule, struct err *err);
/** struct soul_rules_ops' bind_view. */
status rule__bind_view(const struct catalog *catalog, const struct collection *view,
                       struct err *err);

#endif
