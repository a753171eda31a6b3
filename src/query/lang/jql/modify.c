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
  FIELDS = 18
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
                                               {"hint", JQL_IGNORED, false},
                                               {"bypassDocumentValidation", JQL_IGNORED, false},
                                               {"writeConcern", JQL_IGNORED, false},
                                               {"maxTimeMS", JQL_IGNORED, false},
                                               {"comment", JQL_IGNORED, false},
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

static status read_changes(const struct jql *jql, const struct jql_node *fields,
                           struct plan *plan) {
  struct jql inner = *jql;
  struct jql_filters filters;
  TRY(jql__array_filters(jql, &fields[FILTERS], &filters));
  inner.filters = &filters;
  TRY(jql__changes(&inner, &fields[UPDATE], plan));
  TRY(jql__check_array_filters(jql, &fields[FILTERS], &filters));
  plan->array_filters = filters.items;
  plan->array_filters_count = filters.count;
  plan->yields_before = !jql__flag(&fields[NEW], false);
  if (!jql__flag(&fields[UPSERT], false)) return LUMA_OK;
  plan->upsert = true;
  if (plan->input->kind != PLAN_FILTER) return LUMA_OK;
  return jql__equalities(jql, plan->input->condition->match, &plan->upsert_match);
}

/** The order goes below the change, once that has seen the filter. */
static status put_order(const struct jql *jql, const struct jql_node *sort, struct plan *plan) {
  const struct jql_node nothing = {0};
  struct jql_node one = *sort;
  if (!jql_is_given(sort) || val_count(&sort->value) == 0) return LUMA_OK;
  one.value = val_int32(1);
  TRY(jql__put_sort(jql, sort, &plan->input));
  return jql__put_limit(jql, &one, &nothing, &plan->input);
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
  TRY(jql__collation(jql, &fields[COLLATION]));
  TRY(jql__scan(jql, name, plan));
  TRY(jql__put_filter(&inner, &fields[QUERY], plan));
  TRY(jql__put(jql, removes ? PLAN_DELETE : PLAN_UPDATE, name, plan));
  (*plan)->collection_name = val_slice(&name->value);
  (*plan)->missing_is_empty = true;
  (*plan)->yields = true;
  if (!removes) TRY(read_changes(&inner, fields, *plan));
  TRY(put_order(jql, &fields[SORT], *plan));
  if (!jql_is_given(&fields[SHOWN]) || val_count(&fields[SHOWN].value) == 0) return LUMA_OK;
  TRY(jql__projection(&inner, &fields[SHOWN], &shape));
  return jql__put_project(jql, &fields[SHOWN], shape, plan);
}
