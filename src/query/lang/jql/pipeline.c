/* SPDX-License-Identifier: MIT */
/* The stages of aggregate: each puts its node on the plan of the stages before it. */
#include "query/lang/jql/stage_int.h"
#include "query/plan/words.h"

struct stage {
  const char *name;
  status (*put)(const struct jql *jql, const struct jql_node *spec, struct plan **plan);
};

static status put_match(const struct jql *jql, const struct jql_node *spec, struct plan **plan) {
  if (spec->value.type != VAL_MAP)
    return jql__fail_code(jql, spec, 15959, "the match filter must be an expression in an object");
  return jql__put_filter(jql, spec, plan);
}

static status put_sort(const struct jql *jql, const struct jql_node *spec, struct plan **plan) {
  TRY(jql__check_kind_as(jql, spec, JQL_MAP, 15973));
  if (val_count(&spec->value) == 0)
    return jql__fail_code(jql, spec, 15976, "`$sort` takes at least one field");
  return jql__put_sort(jql, spec, plan);
}

/** MongoDB's codes for a number that is none, or negative. */
enum { BAD_SKIP = 5107200, BAD_LIMIT = 5107201 };

static status put_limit(const struct jql *jql, const struct jql_node *spec, struct plan **plan) {
  const struct jql_node nothing = {0};
  int64_t rows = 0;
  TRY(jql__check_kind_as(jql, spec, JQL_WHOLE, BAD_LIMIT));
  if (val_to_int64(&spec->value, &rows) && rows == 0)
    return jql__fail_code(jql, spec, 15958, "`$limit` takes a number above 0");
  return jql__put_limit(jql, spec, &nothing, plan);
}

static status put_skip(const struct jql *jql, const struct jql_node *spec, struct plan **plan) {
  const struct jql_node nothing = {0};
  TRY(jql__check_kind_as(jql, spec, JQL_WHOLE, BAD_SKIP));
  return jql__put_limit(jql, &nothing, spec, plan);
}

static status put_project(const struct jql *jql, const struct jql_node *spec, struct plan **plan) {
  struct expr *shape = NULL;
  TRY(jql__check_kind_as(jql, spec, JQL_MAP, 15969));
  if (val_count(&spec->value) == 0)
    return jql__fail_code(jql, spec, 51272, "`$project` takes at least one field");
  TRY(jql__projection(jql, spec, &shape));
  TRY(jql__keep_scores(jql, spec, shape->shape));
  return jql__put_project(jql, spec, shape, plan);
}

static status put_unset(const struct jql *jql, const struct jql_node *spec, struct plan **plan) {
  struct expr *shape = NULL;
  bool is_text = spec->value.type == VAL_TEXT, is_list = spec->value.type == VAL_LIST;
  if (!is_text && !is_list)
    return jql__fail_code(jql, spec, 31002, "$unset specification must be a string or an array");
  if (is_list && val_count(&spec->value) == 0)
    return jql__fail_code(jql, spec, 31119,
                          "$unset specification must be a string or an array with at least one "
                          "field");
  TRY(jql__leave_out(jql, spec, &shape));
  return jql__put_project(jql, spec, shape, plan);
}

static status put_add_fields(const struct jql *jql, const struct jql_node *spec,
                             struct plan **plan) {
  struct expr *shape = NULL;
  TRY(jql__check_kind_as(jql, spec, JQL_MAP, 40272));
  if (val_count(&spec->value) == 0)
    return jql__fail_code(jql, spec, 40177, "the specification must have at least one field");
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
  TRY(jql__check_kind_as(jql, spec, JQL_TEXT, 40156));
  struct slice name = val_slice(&spec->value);
  bool has_zero = memchr(name.data, 0, name.bytes) != NULL;
  bool is_plain = name.bytes && !jql_is_operator(name) && !memchr(name.data, '.', name.bytes);
  uint32_t code = name.bytes == 0 ? 40157 : jql_is_operator(name) ? 40158 : 40160;
  if (!is_plain || has_zero)
    return jql__fail_code(jql, spec, has_zero ? 40159 : code,
                          "`$count` takes a name without dots, `$` and null bytes");
  if (slice_is_equal(name, slice_of_text("_id")))
    return jql__fail_code(jql, spec, 9039800, "the count field cannot be '_id'");
  TRY(jql__made(jql, everything));
  TRY(jql__put_count(jql, spec, everything, name, plan));
  TRY(make_keyless(jql, spec->offset, &keyless));
  return jql__put_project(jql, spec, keyless, plan);
}

/** MongoDB refuses what is no document then: the shape of a value that is none is an error. */
status jql__root_of(const struct jql *jql, const struct jql_node *node, struct expr *document,
                    struct expr **expr) {
  *expr = expr_node(jql->arena, EXPR_CALL, &document, 1, node->offset);
  TRY(jql__made(jql, *expr));
  (*expr)->name = slice_of_text("$newRoot");
  (*expr)->mongo = true;
  struct shape *whole = arena_zalloc(jql->arena, 1, sizeof *whole);
  TRY(jql__made(jql, whole));
  whole->id = true;
  *expr = expr_node(jql->arena, EXPR_SHAPE, expr, 1, node->offset);
  TRY(jql__made(jql, *expr));
  (*expr)->shape = whole;
  return LUMA_OK;
}

status jql__new_root(const struct jql *jql, const struct jql_node *node, struct expr **expr) {
  struct expr *document = NULL;
  TRY(jql__expression(jql, node, &document));
  return jql__root_of(jql, node, document, expr);
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
  TRY(jql__check_kind_as(jql, spec, JQL_MAP, 40229));
  TRY(jql__take_as(jql, spec, specs, 1, (struct jql_codes){40230, 40231}, &field));
  return put_replace_with(jql, &field, plan);
}

/** What MongoDB's own tests put between stages: documents pass as they are. */
static status put_nothing(const struct jql *jql, const struct jql_node *spec, struct plan **plan) {
  (void)plan;
  if (spec->value.type == VAL_MAP || val_is_number(&spec->value)) return LUMA_OK;
  return jql__check_kind(jql, spec, JQL_MAP);
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
    {"$sortByCount", jql__put_sort_by_count},
    {"$bucket", jql__put_bucket},
    {"$bucketAuto", jql__put_bucket_auto},
    {"$redact", jql__put_redact},
    {"$densify", jql__put_densify},
    {"$graphLookup", jql__put_graph_lookup},
    {"$out", jql__put_out},
    {"$merge", jql__put_merge},
    {"$unwind", jql__put_unwind},
    {"$facet", jql__put_facet},
    {"$unionWith", jql__put_union},
    {"$lookup", jql__put_lookup},
    {"$sample", jql__put_sample},
    {"$collStats", jql__put_coll_stats},
    {"$indexStats", jql__put_index_stats},
    {"$documents", jql__put_documents},
    {"$setWindowFields", jql__put_set_window_fields},
    {"$fill", jql__put_fill},
    {"$inverseMatch", jql__put_inverse_match},
    {"$_internalInhibitOptimization", put_nothing},
    {"$geoNear", jql__put_geo_near},
    {"$vectorSearch", jql__put_vector_search},
    {"$search", jql__put_search},
};

enum { STAGES = sizeof stages / sizeof stages[0] };

static status fail_stage(const struct jql *jql, const struct jql_node *spec) {
  enum { NO_REPLICA_SET = 40573 };
  const struct word *word = word_find(WORD_STAGE, spec->name);
  if (word && word->state != WORD_WORKS) {
    status failed = jql__fail(jql, spec, LUMA_UNSUPPORTED, "`%s` is not supported%s: %s",
                              word->name, word->state == WORD_REFUSED ? "" : " here", word->why);
    if (jql->err && jql_is_named(spec, "$changeStream")) jql->err->foreign = NO_REPLICA_SET;
    return failed;
  }
  status failed = jql__fail_unknown(jql, spec, "a stage", stages, STAGES, sizeof *stages);
  if (jql->err) jql->err->foreign = 40324;
  return failed;
}

/** What cannot stand in a $facet, or behind another stage. */
static status check_place(const struct jql *jql, const struct jql_node *spec,
                          const struct plan *plan) {
  const struct word *word = word_find(WORD_STAGE, spec->name);
  bool is_first = jql_is_named(spec, "$documents");
  bool is_outer = is_first || jql_is_named(spec, "$facet") || jql_is_named(spec, "$out") ||
                  jql_is_named(spec, "$merge");
  if (jql->in_facet && is_outer)
    return jql__fail_code(jql, spec, 40600, "%.*s is not allowed to be used within a $facet stage",
                          SLICE_ARG(spec->name));
  if (word && word->state == WORD_REFUSED) return fail_stage(jql, spec);
  if (!is_first && !plan)
    return jql__fail_code(jql, spec, 73, "a pipeline without a collection begins with $documents");
  return LUMA_OK;
}

/** What asks for the nearest, or about the collection, begins with it. */
static status check_first(const struct jql *jql, const struct jql_node *spec,
                          const struct plan *plan) {
  static const char *const names[] = {"$geoNear", "$vectorSearch", "$search", "$collStats",
                                      "$indexStats"};
  bool is_first = false;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    is_first |= jql_is_named(spec, names[i]);
  if (!is_first) return LUMA_OK;
  if (spec->parent->index == 0 && plan && plan->kind == PLAN_SCAN && !jql->in_facet) return LUMA_OK;
  return jql__fail_code(jql, spec, 40602, "%.*s is only valid as the first stage in a pipeline",
                        SLICE_ARG(spec->name));
}

static status put_stage(const struct jql *jql, const struct jql_node *stage, struct plan **plan) {
  TRY(jql__check_kind_as(jql, stage, JQL_MAP, 14));
  struct jql_each each = jql__each(jql, stage);
  struct jql_node spec;
  if (each.count != 1)
    return jql__fail_code(jql, stage, 40323, "a stage is a map of one field, its operator");
  (void)jql__next(&each, &spec);
  TRY(check_place(jql, &spec, *plan));
  TRY(check_first(jql, &spec, *plan));
  if (jql_is_named(&spec, "$out") || jql_is_named(&spec, "$merge"))
    TRY(jql__drop_scores(jql, &spec, plan));
  for (size_t i = 0; i < STAGES; i++)
    if (jql_is_named(&spec, stages[i].name)) return stages[i].put(jql, &spec, plan);
  return fail_stage(jql, &spec);
}

static status fail_end(const struct jql *jql, const struct jql_node *stage) {
  return jql__fail_code(jql, stage, jql->depth > 0 ? 51047 : 40601,
                        "$out and $merge can only be the final stage of a pipeline, and not of one "
                        "within another");
}

status jql__put_pipeline(const struct jql *jql, const struct jql_node *list, struct plan **plan) {
  struct jql_scores scores = {.is_wanted = jql__wants_scores(&list->value)};
  struct jql inner = *jql;
  struct jql_each each = jql__each(jql, list);
  struct jql_node stage;
  inner.scores = &scores;
  if (each.count > JQL_STAGES_MAX)
    return jql__fail(jql, list, LUMA_TOO_LARGE, "a pipeline has at most %d stages", JQL_STAGES_MAX);
  while (jql__next(&each, &stage)) {
    bool is_last = each.at == each.count;
    TRY(put_stage(&inner, &stage, plan));
    if (inner.explains && inner.depth == 0) (*plan)->written = each.at;
    if ((*plan)->kind == PLAN_INSERT && (!is_last || jql->depth > 0)) return fail_end(jql, &stage);
  }
  return *plan ? jql__drop_scores(&inner, list, plan) : LUMA_OK;
}
