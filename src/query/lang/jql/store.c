/* SPDX-License-Identifier: MIT */
/* $out and $merge: an INSERT of the pipeline's documents, with a stage that says how. */
#include "model/catalog/catalog.h"
#include "query/lang/jql/stage_int.h"

enum { ON_MAX = 16, INTO_FIELDS = 3 };

/** "coll", or {"db": …, "coll": …}: there is one database here, its name is passed over. `series`
 * is what is said of a time series; NULL: nothing may be. */
static status read_target(const struct jql *jql, const struct jql_node *node, uint32_t code,
                          struct slice *name, struct jql_node *series) {
  static const struct jql_field specs[INTO_FIELDS] = {
      {"db", JQL_ANY, false}, {"coll", JQL_ANY, true}, {"timeseries", JQL_MAP, false}};
  struct jql_node fields[INTO_FIELDS];
  struct jql_node target = *node;
  if (series) *series = (struct jql_node){0};
  if (node->value.type == VAL_MAP) {
    TRY(jql__take(jql, node, specs, series ? INTO_FIELDS : INTO_FIELDS - 1, fields));
    target = fields[1];
    if (series) *series = fields[2];
  } else if (node->value.type != VAL_TEXT) {
    return jql__fail_code(jql, node, code,
                          "the target is the name of a collection, or an object "
                          "with 'coll' and 'db'");
  }
  TRY(jql__check_kind(jql, &target, JQL_NAME));
  *name = val_slice(&target.value);
  if (!memchr(name->data, 0, name->bytes) && !jql_is_operator(*name)) return LUMA_OK;
  return jql__fail_code(jql, &target, 73, "Invalid $out or $merge target namespace");
}

static status put_store(const struct jql *jql, enum plan_stage_kind kind,
                        const struct jql_node *spec, struct slice target, struct plan **plan) {
  struct plan_stage *stage = arena_zalloc(jql->arena, 1, sizeof *stage);
  TRY(jql__made(jql, stage));
  stage->kind = kind;
  TRY(jql__put(jql, PLAN_INSERT, spec, plan));
  (*plan)->stage = stage;
  (*plan)->collection_name = target;
  (*plan)->yields = true; /* as a pipeline does; there are no rows */
  return LUMA_OK;
}

status jql__put_out(const struct jql *jql, const struct jql_node *spec, struct plan **plan) {
  struct slice target = {0};
  struct jql_node series;
  enum { IS_CAPPED = 17152 };
  const struct catalog *catalog = jql->context->catalog;
  TRY(read_target(jql, spec, 16990, &target, &series));
  const struct collection *there = catalog ? catalog_find(catalog, target) : NULL;
  if (there && there->arrival)
    return jql__fail_code(jql, spec, IS_CAPPED,
                          "namespace '%.*s' is capped so it can't be used for $out",
                          SLICE_ARG(target));
  TRY(put_store(jql, STAGE_OUT, spec, target, plan));
  if (!jql_is_given(&series)) return LUMA_OK;
  struct plan_rules *rules = arena_zalloc(jql->arena, 1, sizeof *rules);
  TRY(jql__made(jql, rules));
  (*plan)->rules = rules;
  return jql__series(jql, &series, true, rules);
}

/* ---- $merge ---- */

/** MongoDB merges into no time series. */
static status check_no_series(const struct jql *jql, const struct jql_node *spec,
                              struct slice target) {
  enum { IS_VIEW = 166 };
  const struct catalog *catalog = jql->context->catalog;
  const struct collection *there = catalog ? catalog_find(catalog, target) : NULL;
  if (!there || there->rules.time_field.bytes == 0) return LUMA_OK;
  status failed = jql__fail_code(
      jql, spec, IS_VIEW, "$merge cannot write to the time series '%.*s'", SLICE_ARG(target));
  err_hint(jql->err, "$out takes the place of one; insert adds to it");
  return failed;
}

static status read_on(const struct jql *jql, const struct jql_node *on, struct plan_stage *stage) {
  struct jql_each each = jql__each(jql, on);
  struct jql_node name;
  bool is_list = on->value.type == VAL_LIST;
  stage->paths = arena_zalloc(jql->arena, ON_MAX, sizeof *stage->paths);
  TRY(jql__made(jql, stage->paths));
  stage->paths_count = 1;
  if (!jql_is_given(on)) return jql__path(jql, on, slice_of_text("_id"), &stage->paths[0]);
  if (!is_list && on->value.type != VAL_TEXT)
    return jql__fail_code(jql, on, 51186,
                          "$merge 'on' field must be either a string or an array "
                          "of strings");
  if (!is_list) return jql__field_path(jql, on, &stage->paths[0]);
  if (each.count == 0 || each.count > ON_MAX)
    return jql__fail_code(jql, on, 51187,
                          "If explicitly specifying $merge 'on', must include at "
                          "least one field, and at most %d",
                          ON_MAX);
  stage->paths_count = each.count;
  while (jql__next(&each, &name)) {
    if (name.value.type != VAL_TEXT)
      return jql__fail_code(jql, &name, 51134, "$merge 'on' array elements must be strings");
    TRY(jql__field_path(jql, &name, &stage->paths[name.index]));
    for (uint32_t i = 0; i < name.index; i++)
      if (path_is_equal(&stage->paths[i], &stage->paths[name.index]))
        return jql__fail_code(jql, &name, 31465, "Found a duplicate field '%.*s'",
                              SLICE_ARG(val_slice(&name.value)));
  }
  return LUMA_OK;
}

struct mode {
  const char *name;
  enum stage_merge_action action;
};

static status read_mode(const struct jql *jql, const struct jql_node *node,
                        const struct mode *modes, size_t count, enum stage_merge_action *action) {
  struct slice text = node->value.type == VAL_TEXT ? val_slice(&node->value) : slice_of(NULL, 0);
  if (!jql_is_given(node)) return LUMA_OK;
  for (size_t i = 0; i < count; i++) {
    if (!slice_is_equal(text, slice_of_text(modes[i].name))) continue;
    *action = modes[i].action;
    return LUMA_OK;
  }
  return jql__fail_code(jql, node, 2,
                        "Enumeration value '%.*s' for field '$merge.%.*s' is not a "
                        "valid value",
                        SLICE_ARG(text), SLICE_ARG(node->name));
}

/** The values of `let`, over the pipeline's documents: columns from 2 on of what the pipeline of
 * whenMatched reads; `$$new` is column 1. */
static status read_lets(const struct jql *jql, const struct jql_node *lets, struct plan *plan,
                        struct jql *inner) {
  struct jql_each each = jql__each(jql, lets);
  struct jql_node field;
  struct jql_variable *variables = arena_zalloc(jql->arena, each.count + 1, sizeof *variables);
  plan->exprs = arena_zalloc(jql->arena, each.count + 1, sizeof *plan->exprs);
  TRY(jql__made(jql, plan->exprs ? variables : NULL));
  uint32_t first = jql_next_variable(jql);
  variables[0] = (struct jql_variable){slice_of_text("new"), first, jql->variables};
  while (jql__next(&each, &field)) {
    TRY(jql__check_variable(jql, &field, field.name));
    TRY(jql__expression(jql, &field, &plan->exprs[field.index]));
    variables[field.index + 1] =
        (struct jql_variable){field.name, first + field.index + 1, &variables[field.index]};
  }
  plan->exprs_count = each.count;
  inner->variables = &variables[each.count];
  return LUMA_OK;
}

static status read_pipeline(const struct jql *jql, const struct jql_node *list,
                            const struct jql_node *lets, struct plan *plan) {
  struct jql inner = *jql;
  if (jql_is_given(lets) && lets->value.type != VAL_MAP)
    return jql__fail_type(jql, lets, "a map of variables");
  TRY(read_lets(jql, lets, plan, &inner));
  TRY(jql__update_pipeline(&inner, list, plan));
  for (uint32_t i = plan->exprs_count + 1; i-- > 0;)
    TRY(jql__let_slot(jql, list, jql_next_variable(jql) + i, i + 1, plan->replacement,
                      &plan->replacement));
  return LUMA_OK;
}

/** `$$new` is there without being asked for: that `let` says so is no error. */
static status check_lets(const struct jql *jql, const struct jql_node *lets, bool computes) {
  if (!jql_is_given(lets) || computes) return LUMA_OK;
  return jql__fail_code(jql, lets, 51199,
                        "Cannot use 'let' variables with 'whenMatched' that is not a pipeline");
}

status jql__put_merge(const struct jql *jql, const struct jql_node *spec, struct plan **plan) {
  enum { INTO, ON, LET, MATCHED, UNMATCHED, FIELDS };
  static const struct jql_field specs[FIELDS] = {{"into", JQL_ANY, true},
                                                 {"on", JQL_ANY, false},
                                                 {"let", JQL_ANY, false},
                                                 {"whenMatched", JQL_ANY, false},
                                                 {"whenNotMatched", JQL_ANY, false}};
  static const struct mode matched[] = {{"replace", STAGE_MERGE_REPLACES},
                                        {"keepExisting", STAGE_MERGE_KEEPS},
                                        {"merge", STAGE_MERGE_MERGES},
                                        {"fail", STAGE_MERGE_FAILS}};
  static const struct mode unmatched[] = {{"insert", STAGE_MERGE_INSERTS},
                                          {"discard", STAGE_MERGE_DISCARDS},
                                          {"fail", STAGE_MERGE_FAILS}};
  struct jql_node fields[FIELDS];
  struct slice target = {0};
  memset(fields, 0, sizeof fields);
  fields[INTO] = *spec;
  if (spec->value.type != VAL_MAP && spec->value.type != VAL_TEXT)
    return jql__fail_code(jql, spec, 51182, "$merge requires a string or object argument");
  if (spec->value.type == VAL_MAP) TRY(jql__take(jql, spec, specs, FIELDS, fields));
  TRY(read_target(jql, &fields[INTO], 51178, &target, NULL));
  TRY(check_no_series(jql, spec, target));
  TRY(put_store(jql, STAGE_MERGE, spec, target, plan));
  struct plan_stage *stage = (*plan)->stage;
  stage->matched = STAGE_MERGE_MERGES;
  stage->unmatched = STAGE_MERGE_INSERTS;
  TRY(read_on(jql, &fields[ON], stage));
  TRY(read_mode(jql, &fields[UNMATCHED], unmatched, 3, &stage->unmatched));
  bool computes = fields[MATCHED].value.type == VAL_LIST;
  TRY(check_lets(jql, &fields[LET], computes));
  if (!computes) return read_mode(jql, &fields[MATCHED], matched, 4, &stage->matched);
  stage->matched = STAGE_MERGE_COMPUTES;
  return read_pipeline(jql, &fields[MATCHED], &fields[LET], *plan);
}
