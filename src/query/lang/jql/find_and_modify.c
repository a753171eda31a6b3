/* SPDX-License-Identifier: MIT */
/* findAndModify: changes one document and answers with it. */
#include "query/lang/jql/jql_int.h"

enum field {
  COLLECTION,
  QUERY,
  SORT,
  REMOVE,
  UPDATE,
  NEW,
  UPSERT,
  SHAPE,
  HINT,
  COLLATION,
  FILTERS
};
enum { LET = FILTERS + 1, FIELDS = LET + 2, FAILED_TO_PARSE = 9 };

static const char *fault_of(const struct jql_node *fields) {
  bool removes = jql__flag(&fields[REMOVE], false), changes = jql_is_given(&fields[UPDATE]);
  if (removes && changes) return "it removes the document or updates it, not both";
  if (!removes && !changes) return "either an `update` or `remove`: true must be given";
  if (removes && jql__flag(&fields[UPSERT], false)) return "what is removed is not upserted";
  if (removes && jql__flag(&fields[NEW], false)) return "what is removed has no new form";
  return NULL;
}

static status put_write(const struct jql *jql, const struct jql_node *fields, struct plan **plan) {
  struct jql_write write = {.collection = fields[COLLECTION],
                            .filter = fields[QUERY],
                            .changes = fields[UPDATE],
                            .upsert = fields[UPSERT],
                            .hint = fields[HINT],
                            .collation = fields[COLLATION],
                            .array_filters = fields[FILTERS],
                            .sort = fields[SORT]};
  if (jql__flag(&fields[REMOVE], false))
    TRY(jql__put_delete(jql, &write, plan));
  else
    TRY(jql__put_update(jql, &write, plan));
  (*plan)->yields = true;
  (*plan)->yields_old = !jql__flag(&fields[NEW], false);
  return LUMA_OK;
}

status jql__find_and_modify(const struct jql *jql, const struct jql_node *command,
                            struct plan **plan) {
  static struct jql_field const specs[] = {[COLLECTION] = {"findAndModify", JQL_NAME, true},
                                           [QUERY] = {"query", JQL_MAP, false},
                                           [SORT] = {"sort", JQL_MAP, false},
                                           [REMOVE] = {"remove", JQL_BOOL, false},
                                           [UPDATE] = {"update", JQL_ANY, false},
                                           [NEW] = {"new", JQL_BOOL, false},
                                           [UPSERT] = {"upsert", JQL_BOOL, false},
                                           [SHAPE] = {"fields", JQL_MAP, false},
                                           [HINT] = {"hint", JQL_ANY, false},
                                           [COLLATION] = {"collation", JQL_MAP, false},
                                           [FILTERS] = {"arrayFilters", JQL_LIST, false},
                                           [LET] = {"let", JQL_MAP, false},
                                           {"bypassDocumentValidation", JQL_IGNORED, false}};
  struct jql_node fields[FIELDS];
  struct expr *shape = NULL;
  struct jql inner;
  TRY(jql__take(jql, command, specs, FIELDS, fields));
  const char *fault = fault_of(fields);
  if (fault) return jql__fail_code(jql, command, FAILED_TO_PARSE, "%s", fault);
  TRY(jql__let(jql, &fields[LET], &inner));
  TRY(put_write(&inner, fields, plan));
  jql->statement->told = PLAN_TOLD_FIND_AND_MODIFY;
  if (!jql_is_given(&fields[SHAPE]) || val_count(&fields[SHAPE].value) == 0) return LUMA_OK;
  TRY(jql__projection(&inner, &fields[SHAPE], &shape));
  return jql__put_project(jql, &fields[SHAPE], shape, plan);
}
