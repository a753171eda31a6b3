/* SPDX-License-Identifier: MIT */
/* findAndModify: the first document of a filter and an order is changed or removed, and answered as
 * it was or is. */
#include "query/lang/jql/jql_int.h"

enum {
  NAME,
  OLD_NAME,
  QUERY,
  SORT,
  REMOVE,
  UPDATE,
  NEW,
  SHOWN,
  UPSERT,
  COLLATION,
  FILTERS,
  LET,
  HINT,
  FIELDS = 14
};

static const struct jql_field specs[FIELDS] = {[NAME] = {"findAndModify", JQL_NAME, false},
                                               [OLD_NAME] = {"findandmodify", JQL_NAME, false},
                                               [QUERY] = {"query", JQL_MAP, false},
                                               [SORT] = {"sort", JQL_MAP, false},
                                               [REMOVE] = {"remove", JQL_BOOL, false},
                                               [UPDATE] = {"update", JQL_ANY, false},
                                               [NEW] = {"new", JQL_BOOL, false},
                                               [SHOWN] = {"fields", JQL_MAP, false},
                                               [UPSERT] = {"upsert", JQL_BOOL, false},
                                               [COLLATION] = {"collation", JQL_MAP, false},
                                               [FILTERS] = {"arrayFilters", JQL_LIST, false},
                                               [LET] = {"let", JQL_MAP, false},
                                               [HINT] = {"hint", JQL_ANY, false},
                                               {"stmtId", JQL_IGNORED, false}};

static status check(const struct jql *jql, const struct jql_node *command,
                    const struct jql_node *fields) {
  bool removes = jql__flag(&fields[REMOVE], false), updates = jql_is_given(&fields[UPDATE]);
  if (!removes && !updates)
    return jql__fail_code(jql, command, 9, "Either an update or remove=true must be specified");
  if (removes && updates)
    return jql__fail_code(jql, &fields[UPDATE], 9, "Cannot specify both an update and remove=true");
  if (removes && jql__flag(&fields[UPSERT], false))
    return jql__fail_code(jql, &fields[UPSERT], 9,
                          "Cannot specify both upsert=true and remove=true");
  if (removes && jql__flag(&fields[NEW], false))
    return jql__fail_code(jql, &fields[NEW], 9,
                          "Cannot specify both new=true and remove=true; 'remove' always returns "
                          "the deleted document");
  if (jql_is_given(&fields[FILTERS]) && fields[UPDATE].value.type == VAL_LIST)
    return jql__fail_code(jql, &fields[FILTERS], 9,
                          "Cannot specify arrayFilters and a pipeline update");
  return LUMA_OK;
}

/** The filter under the order and the limit of a change; NULL: there is none. */
static const struct match *filter_of(const struct plan *plan) {
  while (plan && (plan->kind == PLAN_LIMIT || plan->kind == PLAN_SORT)) plan = plan->input;
  return plan && plan->kind == PLAN_FILTER ? plan->condition->match : NULL;
}

status jql__find_and_modify(const struct jql *jql, const struct jql_node *command,
                            struct plan **plan) {
  struct jql_node fields[FIELDS];
  struct expr *shape = NULL;
  struct jql inner;
  TRY(jql__take(jql, command, specs, FIELDS, fields));
  const struct jql_node *name = &fields[jql_is_given(&fields[NAME]) ? NAME : OLD_NAME];
  bool removes = jql__flag(&fields[REMOVE], false);
  TRY(check(jql, command, fields));
  TRY(jql__begin_let(jql, &fields[LET], &inner));
  struct jql_write write = {.collection = *name,
                            .filter = fields[QUERY],
                            .changes = fields[UPDATE],
                            .upsert = fields[UPSERT],
                            .hint = fields[HINT],
                            .collation = fields[COLLATION],
                            .array_filters = fields[FILTERS],
                            .sort = fields[SORT]};
  if (!removes) TRY(jql__check_types(jql, &write));
  TRY(removes ? jql__put_delete(&inner, &write, plan) : jql__put_update(&inner, &write, plan));
  (*plan)->yields = true;
  (*plan)->yields_before = !removes && !jql__flag(&fields[NEW], false);
  if (!jql_is_given(&fields[SHOWN]) || val_count(&fields[SHOWN].value) == 0) return LUMA_OK;
  TRY(jql__find_projection(&inner, &fields[SHOWN], filter_of((*plan)->input), &shape));
  return jql__put_project(jql, &fields[SHOWN], shape, plan);
}
