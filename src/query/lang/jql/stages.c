/* SPDX-License-Identifier: MIT */
/* Stages with sub-pipelines, and those about rows as they are: $unwind, $facet, $unionWith,
 * $lookup, $sample, $documents. */
#include "query/lang/jql/expression_int.h"
#include "query/lang/jql/stage_int.h"

enum { FACETS_MAX = 100, PIPELINE_DEPTH_MAX = 20 };

status jql__put_stage(const struct jql *jql, enum plan_stage_kind kind, const struct jql_node *at,
                      struct plan **plan) {
  struct plan_stage *stage = arena_zalloc(jql->arena, 1, sizeof *stage);
  TRY(jql__made(jql, stage));
  stage->kind = kind;
  TRY(jql__put(jql, PLAN_STAGE, at, plan));
  (*plan)->stage = stage;
  return LUMA_OK;
}

status jql__put_shape(const struct jql *jql, const struct jql_node *at, const struct slice *names,
                      struct expr *const *values, uint32_t count, struct plan **plan) {
  struct shape *shape = arena_zalloc(jql->arena, 1, sizeof *shape);
  TRY(jql__made(jql, shape));
  shape->id = true;
  shape->computed_names = arena_zalloc(jql->arena, count + 1, sizeof *names);
  shape->computed_count = count;
  TRY(jql__made(jql, shape->computed_names));
  if (count) memcpy(shape->computed_names, names, count * sizeof *names);
  struct expr *expr = expr_node(jql->arena, EXPR_SHAPE, values, count + 1, at->offset);
  TRY(jql__made(jql, expr));
  expr->shape = shape;
  return jql__put_project(jql, at, expr, plan);
}

status jql__slot(const struct jql *jql, const struct jql_node *at, uint32_t slot,
                 struct expr **expr) {
  *expr = expr_node(jql->arena, EXPR_FIELD, NULL, 0, at->offset);
  TRY(jql__made(jql, *expr));
  (*expr)->slot = slot;
  return LUMA_OK;
}

status jql__put_outputs(const struct jql *jql, const struct jql_node *at, const struct slice *names,
                        uint32_t count, struct plan **plan) {
  struct expr **values = arena_zalloc(jql->arena, count + 2, sizeof *values);
  TRY(jql__made(jql, values));
  for (uint32_t i = 0; i <= count; i++) TRY(jql__slot(jql, at, i, &values[i]));
  return jql__put_shape(jql, at, names, values, count, plan);
}

status jql__put_computed(const struct jql *jql, const struct jql_node *at, struct slice name,
                         struct expr *value, struct plan **plan) {
  struct slice names[2] = {name, {0}};
  struct expr *values[2] = {NULL, value};
  TRY(jql__row(jql, at, &values[0]));
  return jql__put_shape(jql, at, names, values, 1, plan);
}

status jql__check_order(const struct jql *jql, const struct jql_node *order) {
  struct jql_each each = jql__each(jql, order);
  struct jql_node key;
  TRY(jql__check_kind(jql, order, JQL_MAP));
  if (each.count == 0)
    return jql__fail_code(jql, order, 15976, "$sort stage must have at least one sort key");
  while (jql__next(&each, &key)) {
    int64_t direction = 0;
    bool is_number = val_is_number(&key.value) && val_to_int64(&key.value, &direction);
    if (!is_number || (direction != 1 && direction != -1))
      return jql__fail_code(jql, &key, 15975,
                            "$sort key ordering must be 1 (for ascending) or -1 "
                            "(for descending)");
  }
  return LUMA_OK;
}

/** The path of "$a.b". */
static status read_path(const struct jql *jql, const struct jql_node *node, struct path *path) {
  struct slice text = node->value.type == VAL_TEXT ? val_slice(&node->value) : slice_of(NULL, 0);
  if (!jql_is_operator(text) || text.bytes == 1)
    return jql__fail_code(jql, node, 28818,
                          "path option to $unwind stage should be prefixed with "
                          "a '$'");
  TRY(jql__path(jql, node, slice_of(text.data + 1, text.bytes - 1), path));
  for (uint32_t i = 0; i < path->count; i++)
    if (jql_is_operator(path->steps[i].name))
      return jql__fail_code(jql, node, 16410, "FieldPath field names may not start with '$'");
  return LUMA_OK;
}

status jql__put_unwind(const struct jql *jql, const struct jql_node *spec, struct plan **plan) {
  static const struct jql_field specs[] = {{"path", JQL_ANY, true},
                                           {"includeArrayIndex", JQL_ANY, false},
                                           {"preserveNullAndEmptyArrays", JQL_ANY, false}};
  struct jql_node fields[3];
  bool is_map = spec->value.type == VAL_MAP;
  if (!is_map && spec->value.type != VAL_TEXT)
    return jql__fail_code(jql, spec, 15981,
                          "expected either a string or an object as "
                          "specification for $unwind stage");
  memset(fields, 0, sizeof fields);
  fields[0] = *spec;
  if (is_map) TRY(jql__take_as(jql, spec, specs, 3, (struct jql_codes){28811, 28812}, fields));
  TRY(jql__put_stage(jql, STAGE_UNWIND, spec, plan));
  struct plan_stage *stage = (*plan)->stage;
  TRY(read_path(jql, &fields[0], &stage->path));
  if (is_map && jql_is_given(&fields[1])) {
    bool is_text = fields[1].value.type == VAL_TEXT && fields[1].value.bytes;
    if (!is_text)
      return jql__fail_code(jql, &fields[1], 28810,
                            "expected a non-empty string for the "
                            "includeArrayIndex option to $unwind stage");
    stage->index_name = val_slice(&fields[1].value);
    if (jql_is_operator(stage->index_name))
      return jql__fail_code(jql, &fields[1], 28822,
                            "includeArrayIndex option to $unwind stage "
                            "should not be prefixed with a '$'");
  }
  if (!is_map || !jql_is_given(&fields[2])) return LUMA_OK;
  if (fields[2].value.type != VAL_BOOL)
    return jql__fail_code(jql, &fields[2], 28809,
                          "expected a boolean for the "
                          "preserveNullAndEmptyArrays option to $unwind "
                          "stage");
  stage->keeps_empty = fields[2].value.boolean;
  return LUMA_OK;
}

/* ---- sub-pipelines ---- */

/** Reads the stages on top of `branch`; deeper than the stages around it. */
static status read_pipeline(const struct jql *jql, const struct jql_node *stages,
                            struct plan **branch) {
  struct jql inner = *jql;
  if (stages->value.type != VAL_LIST)
    return jql__fail_code(jql, stages, 14, "a pipeline must be an array of stages");
  if (++inner.depth > PIPELINE_DEPTH_MAX)
    return jql__fail(jql, stages, LUMA_TOO_DEEP, "pipelines are nested more than %d deep",
                     PIPELINE_DEPTH_MAX);
  return jql__put_pipeline(&inner, stages, branch);
}

status jql__put_facet(const struct jql *jql, const struct jql_node *spec, struct plan **plan) {
  struct jql_each each = jql__each(jql, spec);
  struct jql_node field;
  struct jql inner = *jql;
  inner.in_facet = true;
  if (spec->value.type != VAL_MAP || each.count == 0)
    return jql__fail_code(jql, spec, 40169, "the $facet specification must be a non-empty object");
  if (each.count > FACETS_MAX)
    return jql__fail(jql, spec, LUMA_TOO_LARGE, "$facet has at most %d pipelines", FACETS_MAX);
  TRY(jql__put_stage(jql, STAGE_FACET, spec, plan));
  struct plan **next = &(*plan)->right;
  while (jql__next(&each, &field)) {
    struct plan *branch = NULL;
    bool is_plain = field.name.bytes && !jql_is_operator(field.name) &&
                    !memchr(field.name.data, '.', field.name.bytes);
    if (!is_plain)
      return jql__fail_code(jql, &field, 16410,
                            "the name of a facet has no '$' at its start and no "
                            "'.'");
    if (field.value.type != VAL_LIST)
      return jql__fail_code(jql, &field, 40170, "arguments to $facet must be arrays");
    TRY(jql__put_stage(jql, STAGE_ROWS, &field, &branch));
    TRY(read_pipeline(&inner, &field, &branch));
    TRY(jql__put_stage(jql, STAGE_BRANCH, &field, &branch));
    branch->stage->name = field.name;
    *next = branch;
    next = &branch->right;
  }
  return LUMA_OK;
}

static bool begins_with_documents(const struct jql_node *stages) {
  struct val first = stages->value.type == VAL_LIST ? val_at(&stages->value, 0) : val_missing();
  return first.type == VAL_MAP &&
         val_field(&first, slice_of_text("$documents")).type != VAL_MISSING;
}

status jql__branch(const struct jql *jql, const struct jql_node *at, const struct jql_node *from,
                   const struct jql_node *stages, struct plan **branch) {
  *branch = NULL;
  if (jql_is_given(from)) {
    TRY(jql__check_kind(jql, from, JQL_NAME));
    TRY(jql__scan(jql, from, branch));
  } else if (!begins_with_documents(stages)) {
    return jql__fail_code(jql, at, 9,
                          "a pipeline without a collection must begin with "
                          "$documents");
  }
  return jql_is_given(stages) ? read_pipeline(jql, stages, branch) : LUMA_OK;
}

status jql__put_union(const struct jql *jql, const struct jql_node *spec, struct plan **plan) {
  static const struct jql_field specs[] = {{"coll", JQL_ANY, false}, {"pipeline", JQL_ANY, false}};
  struct jql_node fields[2];
  struct plan *branch = NULL;
  bool is_map = spec->value.type == VAL_MAP;
  if (!is_map && spec->value.type != VAL_TEXT)
    return jql__fail_code(jql, spec, 9,
                          "the $unionWith stage specification must be an object or "
                          "string");
  memset(fields, 0, sizeof fields);
  fields[0] = *spec;
  if (is_map) TRY(jql__take(jql, spec, specs, 2, fields));
  struct jql inner = *jql;
  inner.in_facet = false;
  TRY(jql__branch(&inner, spec, &fields[0], &fields[1], &branch));
  TRY(jql__put_stage(jql, STAGE_UNION, spec, plan));
  TRY(jql__put_stage(jql, STAGE_BRANCH, spec, &branch));
  (*plan)->right = branch;
  return LUMA_OK;
}

/* ---- $lookup ---- */

enum { FROM, LOCAL, FOREIGN, AS, LET, PIPELINE, LOOKUP_FIELDS };

static status check_lookup(const struct jql *jql, const struct jql_node *spec,
                           const struct jql_node *fields) {
  bool local = jql_is_given(&fields[LOCAL]), foreign = jql_is_given(&fields[FOREIGN]);
  if (local != foreign)
    return jql__fail_code(jql, spec, 4,
                          "$lookup requires both or neither of 'localField' and "
                          "'foreignField' to be specified");
  if (!local && !jql_is_given(&fields[PIPELINE]))
    return jql__fail_code(jql, spec, 9,
                          "must specify 'pipeline', or 'localField' and "
                          "'foreignField', for a $lookup");
  if (jql_is_given(&fields[LET]) && !jql_is_given(&fields[PIPELINE]))
    return jql__fail_code(jql, spec, 9,
                          "$lookup with a 'let' argument must also specify "
                          "'pipeline'");
  for (int i = LOCAL; i <= AS; i++)
    if (jql_is_given(&fields[i]) && fields[i].value.type != VAL_TEXT)
      return jql__fail_code(jql, &fields[i], 9, "$lookup argument '%.*s' must be a string",
                            SLICE_ARG(fields[i].name));
  struct path path;
  for (int i = LOCAL; i <= AS; i++)
    if (jql_is_given(&fields[i])) TRY(jql__field_path(jql, &fields[i], &path));
  if (jql_is_given(&fields[LET]) && fields[LET].value.type != VAL_MAP)
    return jql__fail_code(jql, &fields[LET], 9, "$lookup argument 'let' must be an object");
  return LUMA_OK;
}

status jql__put_equality(const struct jql *jql, const struct jql_node *foreign, uint32_t number,
                         struct plan **branch) {
  struct match *match = match_node(jql->arena, MATCH_IN, NULL, 0, foreign->offset);
  struct expr *condition = expr_node(jql->arena, EXPR_MATCH, NULL, 0, foreign->offset);
  struct expr *list = expr_node(jql->arena, EXPR_VARIABLE, NULL, 0, foreign->offset);
  TRY(jql__made(jql, match && condition ? list : NULL));
  TRY(jql__path(jql, foreign, val_slice(&foreign->value), &match->path));
  list->variable = number;
  match->value = list;
  match->is_literal = true;
  condition->match = match;
  TRY(jql__put(jql, PLAN_FILTER, foreign, branch));
  (*branch)->condition = condition;
  return LUMA_OK;
}

/** The values of the variables, over the outer document, into the plan's exprs; `inner` knows their
 * names. */
static status read_lets(const struct jql *jql, const struct jql_node *lets, struct plan *plan,
                        struct jql *inner) {
  struct jql_each each = jql__each(jql, lets);
  struct jql_node field;
  struct jql_variable *variables = arena_zalloc(jql->arena, each.count + 1, sizeof *variables);
  TRY(jql__made(jql, variables));
  for (uint32_t i = 0; jql__next(&each, &field); i++) {
    TRY(jql__check_variable(jql, &field, field.name));
    TRY(jql__expression(jql, &field, &plan->exprs[plan->exprs_count]));
    variables[i] = (struct jql_variable){
        field.name, plan->stage->first_variable + plan->exprs_count, inner->variables};
    inner->variables = &variables[i];
    plan->exprs_count++;
  }
  return LUMA_OK;
}

/** What a field equals: its value or, of a path that may lead through lists, the values there. */
static status read_local(const struct jql *jql, const struct jql_node *local, struct expr **out) {
  struct slice path = val_slice(&local->value);
  struct expr *args[2] = {NULL, NULL};
  TRY(jql__name(jql, local, path, out));
  if (!memchr(path.data, '.', path.bytes)) return LUMA_OK;
  TRY(jql__row(jql, local, &args[0]));
  TRY(jql__const(jql, local, &args[1]));
  *out = expr_node(jql->arena, EXPR_CALL, args, 2, local->offset);
  TRY(jql__made(jql, *out));
  (*out)->name = slice_of_text("$lookupValues");
  (*out)->mongo = true;
  return LUMA_OK;
}

status jql__put_lookup(const struct jql *jql, const struct jql_node *spec, struct plan **plan) {
  static const struct jql_field specs[LOOKUP_FIELDS] = {
      {"from", JQL_ANY, false}, {"localField", JQL_ANY, false}, {"foreignField", JQL_ANY, false},
      {"as", JQL_ANY, true},    {"let", JQL_ANY, false},        {"pipeline", JQL_ANY, false}};
  struct jql_node fields[LOOKUP_FIELDS];
  struct plan *branch = NULL;
  struct jql inner = *jql;
  if (spec->value.type != VAL_MAP)
    return jql__fail_code(jql, spec, 9, "the $lookup specification must be an Object");
  TRY(jql__take_as(jql, spec, specs, LOOKUP_FIELDS, (struct jql_codes){9, 9}, fields));
  TRY(check_lookup(jql, spec, fields));
  TRY(jql__put_stage(jql, STAGE_LOOKUP, spec, plan));
  struct plan_stage *stage = (*plan)->stage;
  stage->first_variable = jql->variables ? jql->variables->number + 1 : 0;
  uint32_t lets = jql_is_given(&fields[LET]) ? val_count(&fields[LET].value) : 0;
  (*plan)->exprs = arena_zalloc(jql->arena, lets + 2, sizeof *(*plan)->exprs);
  TRY(jql__made(jql, (*plan)->exprs));
  if (jql_is_given(&fields[LOCAL])) {
    stage->is_equality = true;
    TRY(read_local(jql, &fields[LOCAL], &(*plan)->exprs[0]));
    (*plan)->exprs_count = 1;
  }
  struct jql_variable hidden = {slice_of("", 0), stage->first_variable, jql->variables};
  if (stage->is_equality) inner.variables = &hidden;
  inner.in_facet = false;
  if (lets) TRY(read_lets(jql, &fields[LET], *plan, &inner));
  stage->is_correlated = (*plan)->exprs_count > 0 || jql->variables != NULL;
  const struct jql_node none = {.parent = spec};
  TRY(jql__branch(&inner, spec, &fields[FROM], stage->is_equality ? &none : &fields[PIPELINE],
                  &branch));
  if (stage->is_equality)
    TRY(jql__put_equality(&inner, &fields[FOREIGN], stage->first_variable, &branch));
  if (stage->is_equality && jql_is_given(&fields[PIPELINE]))
    TRY(read_pipeline(&inner, &fields[PIPELINE], &branch));
  TRY(jql__put_stage(jql, STAGE_BRANCH, spec, &branch));
  (*plan)->right = branch;
  struct slice as = val_slice(&fields[AS].value);
  return jql__put_outputs(jql, &fields[AS], &as, 1, plan);
}

/* ---- rows as they are ---- */

status jql__put_sample(const struct jql *jql, const struct jql_node *spec, struct plan **plan) {
  static const struct jql_field specs[] = {{"size", JQL_ANY, true}};
  struct jql_node field;
  if (spec->value.type != VAL_MAP)
    return jql__fail_code(jql, spec, 28745, "the $sample stage specification must be an object");
  TRY(jql__take_as(jql, spec, specs, 1, (struct jql_codes){28748, 28749}, &field));
  double size = val_is_number(&field.value) ? val_to_float64(&field.value) : -1;
  if (!val_is_number(&field.value))
    return jql__fail_code(jql, &field, 28746, "size argument to $sample must be a number");
  if (!(size >= 1 && size < 0x1p53))
    return jql__fail_code(jql, &field, 28747,
                          "size argument to $sample must be a positive integer");
  TRY(jql__put_stage(jql, STAGE_SAMPLE, spec, plan));
  (*plan)->stage->count = (uint64_t)size;
  return LUMA_OK;
}

/** A list that an expression makes: unwound out of a document that holds it. */
static status put_computed_documents(const struct jql *jql, const struct jql_node *spec,
                                     struct plan **plan) {
  struct slice *name = arena_zalloc(jql->arena, 1, sizeof *name);
  struct expr *list = NULL, *root = NULL;
  TRY(jql__made(jql, name));
  *name = slice_of_text("documents");
  TRY(jql__expression(jql, spec, &list));
  TRY(jql__put(jql, PLAN_VALUES, spec, plan));
  (*plan)->alias = *name;
  (*plan)->exprs = arena_zalloc(jql->arena, 1, sizeof *(*plan)->exprs);
  TRY(jql__made(jql, (*plan)->exprs));
  (*plan)->exprs_count = (*plan)->rows_count = 1;
  struct expr *map = (*plan)->exprs[0] = expr_node(jql->arena, EXPR_MAP, &list, 1, spec->offset);
  TRY(jql__made(jql, map));
  map->names = name;
  TRY(jql__put_stage(jql, STAGE_UNWIND, spec, plan));
  TRY(jql__path(jql, spec, *name, &(*plan)->stage->path));
  TRY(jql__name(jql, spec, *name, &list));
  TRY(jql__root_of(jql, spec, list, &root));
  return jql__put_project(jql, spec, root, plan);
}

status jql__put_documents(const struct jql *jql, const struct jql_node *spec, struct plan **plan) {
  struct jql_each each = jql__each(jql, spec);
  struct jql_node document;
  if (*plan)
    return jql__fail_code(jql, spec, 40602,
                          "$documents is only valid as the first stage in a "
                          "pipeline without a collection");
  bool is_empty = spec->value.type == VAL_LIST && each.count == 0; /* VALUES has at least a row */
  if (is_empty || jql__has_operators(spec)) return put_computed_documents(jql, spec, plan);
  if (spec->value.type != VAL_LIST)
    return jql__fail_code(jql, spec, 5858203, "an array is expected for $documents");
  TRY(jql__put(jql, PLAN_VALUES, spec, plan));
  (*plan)->alias = slice_of_text("documents");
  (*plan)->exprs = arena_zalloc(jql->arena, each.count + 1, sizeof *(*plan)->exprs);
  TRY(jql__made(jql, (*plan)->exprs));
  (*plan)->exprs_count = (*plan)->rows_count = each.count;
  while (jql__next(&each, &document)) {
    if (document.value.type != VAL_MAP)
      return jql__fail_code(jql, &document, 40228, "the elements of $documents must be objects");
    TRY(jql__expression(jql, &document, &(*plan)->exprs[document.index]));
  }
  return LUMA_OK;
}
