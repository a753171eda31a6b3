/* SPDX-License-Identifier: MIT */
/* $graphLookup: the documents that each document leads to, step by step. */
#include "query/lang/jql/stage_int.h"

enum { FROM, START, CONNECT_FROM, CONNECT_TO, AS, MAX_DEPTH, DEPTH_FIELD, RESTRICT, FIELDS };

static status read_depth(const struct jql *jql, const struct jql_node *node, uint64_t *depth) {
  int64_t most = 0;
  *depth = INT64_MAX;
  if (!jql_is_given(node)) return LUMA_OK;
  if (!val_is_number(&node->value))
    return jql__fail_code(jql, node, 40100, "maxDepth requires numeric argument");
  if (!val_to_int64(&node->value, &most))
    return jql__fail_code(jql, node, 40102, "maxDepth could not be represented as a long long");
  if (most < 0) return jql__fail_code(jql, node, 40101, "maxDepth requires a nonnegative argument");
  *depth = (uint64_t)most;
  return LUMA_OK;
}

static status check_names(const struct jql *jql, const struct jql_node *fields) {
  static const int names[] = {FROM, CONNECT_FROM, CONNECT_TO, AS, DEPTH_FIELD};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    const struct jql_node *field = &fields[names[i]];
    if (jql_is_given(field) && field->value.type != VAL_TEXT)
      return jql__fail_code(jql, field, 40103, "expected string as argument for %.*s",
                            SLICE_ARG(field->name));
  }
  if (jql_is_given(&fields[RESTRICT]) && fields[RESTRICT].value.type != VAL_MAP)
    return jql__fail_code(jql, &fields[RESTRICT], 40185,
                          "$graphLookup must be given a restrictSearchWithMatch that is an object");
  return LUMA_OK;
}

static status read_paths(const struct jql *jql, const struct jql_node *fields,
                         struct plan_stage *stage) {
  struct path as;
  stage->paths = arena_zalloc(jql->arena, 2, sizeof *stage->paths);
  TRY(jql__made(jql, stage->paths));
  TRY(jql__field_path(jql, &fields[CONNECT_TO], &stage->path));
  TRY(jql__field_path(jql, &fields[CONNECT_FROM], &stage->paths[0]));
  TRY(jql__field_path(jql, &fields[AS], &as));
  stage->paths_count = 1;
  if (!jql_is_given(&fields[DEPTH_FIELD])) return LUMA_OK;
  stage->paths_count = 2;
  return jql__field_path(jql, &fields[DEPTH_FIELD], &stage->paths[1]);
}

/** The documents that may be led to: all, or (`values`) those that have one of the values that are
 * the stage's variable. */
static status put_branch(const struct jql *jql, const struct jql_node *fields,
                         const struct plan_stage *values, struct plan **branch) {
  TRY(jql__scan(jql, &fields[FROM], branch));
  if (values) TRY(jql__put_equality(jql, &fields[CONNECT_TO], values->first_variable, branch));
  TRY(jql__put_filter(jql, &fields[RESTRICT], branch));
  return jql__put_stage(jql, STAGE_BRANCH, &fields[FROM], branch);
}

status jql__put_graph_lookup(const struct jql *jql, const struct jql_node *spec,
                             struct plan **plan) {
  static const struct jql_field specs[FIELDS] = {{"from", JQL_ANY, true},
                                                 {"startWith", JQL_ANY, true},
                                                 {"connectFromField", JQL_ANY, true},
                                                 {"connectToField", JQL_ANY, true},
                                                 {"as", JQL_ANY, true},
                                                 {"maxDepth", JQL_ANY, false},
                                                 {"depthField", JQL_ANY, false},
                                                 {"restrictSearchWithMatch", JQL_ANY, false}};
  struct jql_node fields[FIELDS];
  if (spec->value.type != VAL_MAP)
    return jql__fail_code(jql, spec, 40327,
                          "the $graphLookup stage specification must be an object");
  const struct jql_codes codes = {.unknown = 40104, .missing = 40105};
  TRY(jql__take_as(jql, spec, specs, FIELDS, codes, fields));
  TRY(check_names(jql, fields));
  TRY(jql__check_kind(jql, &fields[FROM], JQL_NAME));
  TRY(jql__put_stage(jql, STAGE_GRAPH, spec, plan));
  (*plan)->stage->first_variable = jql_next_variable(jql);
  TRY(put_branch(jql, fields, NULL, &(*plan)->right));
  TRY(put_branch(jql, fields, (*plan)->stage, &(*plan)->right->right));
  TRY(read_depth(jql, &fields[MAX_DEPTH], &(*plan)->stage->count));
  TRY(read_paths(jql, fields, (*plan)->stage));
  (*plan)->exprs = arena_zalloc(jql->arena, 1, sizeof *(*plan)->exprs);
  TRY(jql__made(jql, (*plan)->exprs));
  (*plan)->exprs_count = 1;
  TRY(jql__expression(jql, &fields[START], &(*plan)->exprs[0]));
  struct slice as = val_slice(&fields[AS].value);
  return jql__put_outputs(jql, &fields[AS], &as, 1, plan);
}
