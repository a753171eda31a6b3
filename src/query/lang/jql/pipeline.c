/* SPDX-License-Identifier: MIT */
/* The stages of aggregate: each puts its node on the plan of the stages before it. */
#include "query/lang/jql/jql_int.h"

struct stage {
  const char *name;
  status (*put)(const struct jql *jql, const struct jql_node *spec, struct plan **plan);
};

static status put_match(const struct jql *jql, const struct jql_node *spec, struct plan **plan) {
  TRY(jql__check_kind(jql, spec, JQL_MAP));
  return jql__put_filter(jql, spec, plan);
}

static status put_sort(const struct jql *jql, const struct jql_node *spec, struct plan **plan) {
  TRY(jql__check_kind(jql, spec, JQL_MAP));
  if (val_count(&spec->value) == 0)
    return jql__fail(jql, spec, LUMA_INVALID_ARGUMENT, "`$sort` takes at least one field");
  return jql__put_sort(jql, spec, plan);
}

static status put_limit(const struct jql *jql, const struct jql_node *spec, struct plan **plan) {
  const struct jql_node nothing = {0};
  int64_t rows = 0;
  TRY(jql__check_kind(jql, spec, JQL_WHOLE));
  if (val_to_int64(&spec->value, &rows) && rows == 0)
    return jql__fail(jql, spec, LUMA_INVALID_ARGUMENT, "`$limit` takes a number above 0");
  return jql__put_limit(jql, spec, &nothing, plan);
}

static status put_skip(const struct jql *jql, const struct jql_node *spec, struct plan **plan) {
  const struct jql_node nothing = {0};
  TRY(jql__check_kind(jql, spec, JQL_WHOLE));
  return jql__put_limit(jql, &nothing, spec, plan);
}

static status put_project(const struct jql *jql, const struct jql_node *spec, struct plan **plan) {
  struct expr *shape = NULL;
  TRY(jql__check_kind(jql, spec, JQL_MAP));
  if (val_count(&spec->value) == 0)
    return jql__fail(jql, spec, LUMA_INVALID_ARGUMENT, "`$project` takes at least one field");
  TRY(jql__projection(jql, spec, &shape));
  return jql__put_project(jql, spec, shape, plan);
}

static status put_unset(const struct jql *jql, const struct jql_node *spec, struct plan **plan) {
  struct expr *shape = NULL;
  TRY(jql__leave_out(jql, spec, &shape));
  return jql__put_project(jql, spec, shape, plan);
}

static status put_add_fields(const struct jql *jql, const struct jql_node *spec,
                             struct plan **plan) {
  struct expr *shape = NULL;
  TRY(jql__add_fields(jql, spec, &shape));
  return jql__put_project(jql, spec, shape, plan);
}

/** A shape that leaves out the key alone. */
static status make_keyless(const struct jql *jql, uint64_t offset, struct expr **out) {
  struct expr *row = expr_node(jql->arena, EXPR_STAR, NULL, 0, offset);
  struct shape *shape = arena_zalloc(jql->arena, 1, sizeof *shape);
  TRY(jql__made(jql, shape));
  *out = expr_node(jql->arena, EXPR_SHAPE, &row, 1, offset);
  TRY(jql__made(jql, *out));
  (*out)->shape = shape;
  return LUMA_OK;
}

/** Of no documents there is no count: a group of everything says that, an aggregate without keys
 * does not. */
static status put_count(const struct jql *jql, const struct jql_node *spec, struct plan **plan) {
  struct expr *everything = expr_const(jql->arena, val_null(), spec->offset), *keyless = NULL;
  TRY(jql__check_kind(jql, spec, JQL_TEXT));
  struct slice name = val_slice(&spec->value);
  bool is_plain = name.bytes && !jql_is_operator(name) && !memchr(name.data, '.', name.bytes);
  if (!is_plain)
    return jql__fail(jql, spec, LUMA_INVALID_ARGUMENT,
                     "`$count` takes a name without dots and `$`");
  TRY(jql__made(jql, everything));
  TRY(jql__put_count(jql, spec, everything, name, plan));
  TRY(make_keyless(jql, spec->offset, &keyless));
  return jql__put_project(jql, spec, keyless, plan);
}

/** MongoDB refuses what is no document then: the shape of a value that is none is an error. */
status jql__new_root(const struct jql *jql, const struct jql_node *node, struct expr **expr) {
  struct expr *document = NULL;
  TRY(jql__expression(jql, node, &document));
  *expr = expr_node(jql->arena, EXPR_CALL, &document, 1, node->offset);
  TRY(jql__made(jql, *expr));
  (*expr)->name = slice_of_text("$newRoot");
  (*expr)->mongo = true;
  return LUMA_OK;
}

static status put_replace_with(const struct jql *jql, const struct jql_node *spec,
                               struct plan **plan) {
  struct expr *document = NULL;
  TRY(jql__new_root(jql, spec, &document));
  return jql__put_project(jql, spec, document, plan);
}

static status put_replace_root(const struct jql *jql, const struct jql_node *spec,
                               struct plan **plan) {
  static const struct jql_field specs[] = {{"newRoot", JQL_ANY, true}};
  struct jql_node field;
  TRY(jql__check_kind(jql, spec, JQL_MAP));
  TRY(jql__take(jql, spec, specs, 1, &field));
  return put_replace_with(jql, &field, plan);
}

/* ---- $group ---- */

struct accumulator {
  const char *name;
  enum expr_aggregate aggregate;
};

static const struct accumulator accumulators[] = {
    {"$sum", EXPR_SUM},     {"$avg", EXPR_AVG},
    {"$min", EXPR_MIN},     {"$max", EXPR_MAX},
    {"$first", EXPR_FIRST}, {"$last", EXPR_LAST},
    {"$push", EXPR_PUSH},   {"$addToSet", EXPR_ADD_TO_SET},
    {"$count", EXPR_COUNT},
};

enum { ACCUMULATORS = sizeof accumulators / sizeof accumulators[0] };

static status make_accumulator(const struct jql *jql, const struct jql_node *node,
                               enum expr_aggregate aggregate, struct expr **out) {
  struct expr *arg = NULL;
  bool is_count = aggregate == EXPR_COUNT;
  if (is_count && (node->value.type != VAL_MAP || val_count(&node->value)))
    return jql__fail(jql, node, LUMA_INVALID_ARGUMENT, "`$count` takes an empty map");
  if (!is_count) TRY(jql__expression(jql, node, &arg));
  *out = expr_node(jql->arena, EXPR_AGGREGATE, &arg, !is_count, node->offset);
  TRY(jql__made(jql, *out));
  (*out)->aggregate = aggregate;
  (*out)->mongo = true;
  return LUMA_OK;
}

/** {"$sum": expression} */
static status read_accumulator(const struct jql *jql, const struct jql_node *field,
                               struct expr **out) {
  struct jql_each each = jql__each(jql, field);
  struct jql_node node;
  if (!jql__has_operators(field) || each.count != 1) {
    status failed =
        jql__fail(jql, field, LUMA_INVALID_ARGUMENT, "a field of `$group` takes one accumulator");
    err_hint(jql->err, "as in {\"total\": {\"$sum\": \"$price\"}}");
    return failed;
  }
  (void)jql__next(&each, &node);
  for (size_t i = 0; i < ACCUMULATORS; i++)
    if (jql_is_named(&node, accumulators[i].name))
      return make_accumulator(jql, &node, accumulators[i].aggregate, out);
  return jql__fail_unknown(jql, &node, "an accumulator", accumulators, ACCUMULATORS,
                           sizeof *accumulators);
}

static status check_group_name(const struct jql *jql, const struct jql_node *field) {
  bool is_dotted = memchr(field->name.data, '.', field->name.bytes) != NULL;
  if (!is_dotted && !jql_is_operator(field->name)) return LUMA_OK;
  return jql__fail(jql, field, LUMA_INVALID_ARGUMENT,
                   "a field of `$group` has a name without dots and `$`");
}

status jql__put_group(const struct jql *jql, const struct jql_node *spec, struct plan **plan) {
  TRY(jql__check_kind(jql, spec, JQL_MAP));
  struct jql_each each = jql__each(jql, spec);
  struct jql_node field;
  struct expr **exprs = arena_zalloc(jql->arena, each.count + 1, sizeof *exprs);
  TRY(jql__made(jql, exprs));
  struct slice *names = arena_zalloc(jql->arena, each.count + 1, sizeof *names);
  TRY(jql__made(jql, names));
  names[0] = slice_of_text("_id");
  for (uint32_t at = 1; jql__next(&each, &field);) {
    if (jql_is_named(&field, "_id")) {
      TRY(jql__expression(jql, &field, &exprs[0]));
      continue;
    }
    TRY(check_group_name(jql, &field));
    names[at] = field.name;
    TRY(read_accumulator(jql, &field, &exprs[at++]));
  }
  if (!exprs[0])
    return jql__fail(jql, spec, LUMA_SYNTAX_ERROR,
                     "`$group` needs `_id`: what to group by, null for everything");
  TRY(jql__put(jql, PLAN_AGGREGATE, spec, plan));
  (*plan)->exprs = exprs;
  (*plan)->names = names;
  (*plan)->exprs_count = each.count;
  (*plan)->keys_count = 1;
  return LUMA_OK;
}

/* ---- the pipeline ---- */

static const struct stage stages[] = {
    {"$match", put_match},
    {"$group", jql__put_group},
    {"$sort", put_sort},
    {"$limit", put_limit},
    {"$skip", put_skip},
    {"$project", put_project},
    {"$count", put_count},
    {"$unset", put_unset},
    {"$addFields", put_add_fields},
    {"$set", put_add_fields},
    {"$replaceRoot", put_replace_root},
    {"$replaceWith", put_replace_with},
};

enum { STAGES = sizeof stages / sizeof stages[0] };

static status put_stage(const struct jql *jql, const struct jql_node *stage, struct plan **plan) {
  TRY(jql__check_kind(jql, stage, JQL_MAP));
  struct jql_each each = jql__each(jql, stage);
  struct jql_node spec;
  if (each.count != 1)
    return jql__fail(jql, stage, LUMA_SYNTAX_ERROR, "a stage is a map of one field, its operator");
  (void)jql__next(&each, &spec);
  for (size_t i = 0; i < STAGES; i++)
    if (jql_is_named(&spec, stages[i].name)) return stages[i].put(jql, &spec, plan);
  return jql__fail_unknown(jql, &spec, "a stage", stages, STAGES, sizeof *stages);
}

status jql__put_pipeline(const struct jql *jql, const struct jql_node *list, struct plan **plan) {
  struct jql_each each = jql__each(jql, list);
  struct jql_node stage;
  if (each.count > JQL_STAGES_MAX)
    return jql__fail(jql, list, LUMA_TOO_LARGE, "a pipeline has at most %d stages", JQL_STAGES_MAX);
  while (jql__next(&each, &stage)) TRY(put_stage(jql, &stage, plan));
  return LUMA_OK;
}
