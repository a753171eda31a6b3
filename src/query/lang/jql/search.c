/* SPDX-License-Identifier: MIT */
/* The stages that rank by vectors, $vectorSearch and $search with cosmosSearch or knnBeta, and
 * {"$meta": …}, which reads their scores. There is no index of vectors: each document is looked at,
 * and what is found is exact, whatever is said of approximation. `similarity`, which elsewhere an
 * index has, stands in the stage: "L2" (as when nothing is said), "COS" or "IP", or the longer
 * names.
 *
 * Scores stand in the document, as {"__cosmos_meta__": {"score": …}}: $search shows them, and
 * $vectorSearch has them there as long as its pipeline reads them. */
#include <math.h>

#include "query/lang/jql/expression_int.h"
#include "query/lang/jql/stage_int.h"

enum {
  PROBES_MAX = 32768,
  EF_MAX = 1000,
  CANDIDATES_MAX = 10000,
  DIMENSIONS_MAX = 16000,
  NO_SCORE = 40218,
  BAD_VALUE = 2
};

/** What $vectorScore is asked for. */
enum wanted { SCORE, CLOSENESS, NORMAL };

static const char score_field[] = "__cosmos_meta__";

struct search {
  const struct jql_node *at;
  struct path path;
  struct expr *query;
  const char *metric;
  int64_t count;
  enum wanted shown; /* as the score */
};

/* ---- options ---- */

/** A number from 1 to `most`; what is behind the point is cut off. */
static status read_number(const struct jql *jql, const struct jql_node *node, int64_t most,
                          int64_t *out) {
  double number = val_is_number(&node->value) ? val_to_float64(&node->value) : (double)NAN;
  if (isnan(number))
    return jql__fail_code(jql, node, BAD_VALUE, "%.*s must be an integer value",
                          SLICE_ARG(node->name));
  if (!(number >= 1) || number >= (double)most + 1)
    return jql__fail_code(jql, node, BAD_VALUE, "%.*s must be from 1 to %lld",
                          SLICE_ARG(node->name), (long long)most);
  *out = (int64_t)number;
  return LUMA_OK;
}

static status check_option(const struct jql *jql, const struct jql_node *node, int64_t most) {
  int64_t number = 0;
  return jql_is_given(node) ? read_number(jql, node, most, &number) : LUMA_OK;
}

static status check_exact(const struct jql *jql, const struct jql_node *node) {
  if (!jql_is_given(node) || node->value.type == VAL_BOOL) return LUMA_OK;
  return jql__fail_code(jql, node, BAD_VALUE, "exact must be a boolean");
}

struct named_metric {
  const char *name, *metric;
};

static status read_metric(const struct jql *jql, const struct jql_node *node, const char **metric) {
  static const struct named_metric names[] = {{"L2", "L2"},      {"COS", "COS"},
                                              {"IP", "IP"},      {"euclidean", "L2"},
                                              {"cosine", "COS"}, {"dotProduct", "IP"}};
  *metric = "L2";
  if (!jql_is_given(node)) return LUMA_OK;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (!slice_is_equal(val_slice(&node->value), slice_of_text(names[i].name))) continue;
    *metric = names[i].metric;
    return LUMA_OK;
  }
  return jql__fail_code(jql, node, BAD_VALUE,
                        "similarity is \"L2\", \"COS\", \"IP\", \"euclidean\", \"cosine\" or "
                        "\"dotProduct\"");
}

/** A list of numbers; other vectors are looked at when the stage runs. */
static status read_vector(const struct jql *jql, const struct jql_node *node, struct expr **out) {
  bool is_list = node->value.type == VAL_LIST;
  uint32_t count = is_list ? val_count(&node->value) : 0;
  if (!jql_is_given(node) || (!is_list && node->value.type != VAL_BYTES))
    return jql__fail_code(jql, node, BAD_VALUE, "%.*s must be an array of numbers",
                          SLICE_ARG(node->name));
  if (is_list && (count == 0 || count > DIMENSIONS_MAX))
    return jql__fail_code(jql, node, BAD_VALUE, "%.*s must have from 1 to %d elements",
                          SLICE_ARG(node->name), DIMENSIONS_MAX);
  for (uint32_t i = 0; i < count; i++) {
    struct val element = val_at(&node->value, i);
    if (!val_is_number(&element) || !isfinite(val_to_float64(&element)))
      return jql__fail_code(jql, node, BAD_VALUE, "%.*s must be an array of finite numbers",
                            SLICE_ARG(node->name));
  }
  return jql__const(jql, node, out);
}

static status read_path(const struct jql *jql, const struct jql_node *node, struct path *path) {
  if (node->value.type != VAL_TEXT || node->value.bytes == 0)
    return jql__fail_code(jql, node, BAD_VALUE, "path must be text that is not empty");
  return jql__path(jql, node, val_slice(&node->value), path);
}

static status put_filter(const struct jql *jql, const struct jql_node *filter, struct plan **plan) {
  if (jql_is_given(filter) && filter->value.type != VAL_MAP)
    return jql__fail_code(jql, filter, BAD_VALUE, "filter must be an object");
  return jql__put_filter(jql, filter, plan);
}

/* ---- ranking ---- */

static status call_score(const struct jql *jql, const struct search *search, enum wanted wanted,
                         struct expr **call) {
  struct expr *parts[4] = {NULL, search->query};
  const struct jql_args args = {.items = parts, .count = 4};
  TRY(jql__place(jql, search->at, &search->path, &parts[0]));
  parts[2] = expr_const(jql->arena, val_text(slice_of_text(search->metric)), search->at->offset);
  parts[3] = expr_const(jql->arena, val_int32(wanted), search->at->offset);
  TRY(jql__made(jql, parts[2] ? parts[3] : NULL));
  return jql__call(jql, search->at, "$vectorScore", &args, call);
}

static status put_order(const struct jql *jql, const struct search *search, struct plan **plan) {
  struct plan_sort_key *key = arena_zalloc(jql->arena, 1, sizeof *key);
  TRY(jql__made(jql, key));
  *key = (struct plan_sort_key){.mongo = true, .descending = true};
  TRY(call_score(jql, search, CLOSENESS, &key->expr));
  TRY(jql__put(jql, PLAN_SORT, search->at, plan));
  (*plan)->sort = key;
  (*plan)->sort_count = 1;
  return LUMA_OK;
}

/** What is no vector has come last: it is left out behind the limit, so that no document is looked
 * at twice. */
static status put_found(const struct jql *jql, const struct search *search, struct plan **plan) {
  struct match *match = match_node(jql->arena, MATCH_EXPR, NULL, 0, search->at->offset);
  struct expr *score = NULL, *floor = NULL;
  TRY(jql__put(jql, PLAN_LIMIT, search->at, plan));
  (*plan)->limit = expr_const(jql->arena, val_int64(search->count), search->at->offset);
  floor = expr_const(jql->arena, val_float64(-INFINITY), search->at->offset);
  TRY(jql__made(jql, match && floor ? (*plan)->limit : NULL));
  TRY(call_score(jql, search, CLOSENESS, &score));
  match->expression = expr_binary(jql->arena, EXPR_OP_GE, score, floor, search->at->offset);
  TRY(jql__made(jql, match->expression));
  match->expression->mongo = true;
  return jql__put_match(jql, search->at, match, plan);
}

/** {"score": …}, and what $meta reads. */
static status put_score(const struct jql *jql, const struct search *search, struct plan **plan) {
  struct expr *values[2] = {NULL, NULL};
  struct slice *names = arena_zalloc(jql->arena, 2, sizeof *names);
  TRY(jql__made(jql, names));
  names[0] = slice_of_text("score");
  names[1] = slice_of_text("normal");
  uint32_t count = jql->scores->is_hidden ? 2 : 1;
  TRY(call_score(jql, search, search->shown, &values[0]));
  if (count == 2) TRY(call_score(jql, search, NORMAL, &values[1]));
  struct expr *map = expr_node(jql->arena, EXPR_MAP, values, count, search->at->offset);
  TRY(jql__made(jql, map));
  map->names = names;
  jql->scores->field = slice_of_text(score_field);
  return jql__put_computed(jql, search->at, jql->scores->field, map, plan);
}

static status put_search(const struct jql *jql, const struct search *search, bool shows,
                         struct plan **plan) {
  TRY(put_order(jql, search, plan));
  TRY(put_found(jql, search, plan));
  jql->scores->kind = shows ? JQL_SCORE_SEARCH : JQL_SCORE_VECTOR;
  jql->scores->is_hidden = !shows;
  return shows || jql->scores->is_wanted ? put_score(jql, search, plan) : LUMA_OK;
}

/* ---- stages ---- */

status jql__put_vector_search(const struct jql *jql, const struct jql_node *spec,
                              struct plan **plan) {
  enum { PATH, QUERY, LIMIT, CANDIDATES, FILTER, EXACT, METRIC, INDEX, FIELDS };
  static const struct jql_field specs[FIELDS] = {
      [PATH] = {"path", JQL_ANY, true},           [QUERY] = {"queryVector", JQL_ANY, true},
      [LIMIT] = {"limit", JQL_ANY, true},         [CANDIDATES] = {"numCandidates", JQL_ANY, false},
      [FILTER] = {"filter", JQL_ANY, false},      [EXACT] = {"exact", JQL_ANY, false},
      [METRIC] = {"similarity", JQL_TEXT, false}, [INDEX] = {"index", JQL_IGNORED, false},
  };
  struct jql_node fields[FIELDS];
  struct search search = {.at = spec};
  TRY(jql__check_kind(jql, spec, JQL_MAP));
  TRY(jql__take(jql, spec, specs, FIELDS, fields));
  TRY(read_path(jql, &fields[PATH], &search.path));
  TRY(read_vector(jql, &fields[QUERY], &search.query));
  TRY(read_number(jql, &fields[LIMIT], INT32_MAX, &search.count));
  TRY(check_option(jql, &fields[CANDIDATES], CANDIDATES_MAX));
  TRY(check_exact(jql, &fields[EXACT]));
  TRY(read_metric(jql, &fields[METRIC], &search.metric));
  if (jql_is_given(&fields[CANDIDATES]) &&
      val_to_float64(&fields[CANDIDATES].value) < (double)search.count)
    return jql__fail_code(jql, &fields[CANDIDATES], BAD_VALUE,
                          "numCandidates must not be less than limit");
  TRY(put_filter(jql, &fields[FILTER], plan));
  return put_search(jql, &search, false, plan);
}

enum { VECTOR, K, PATH, PROBES, EF, L, EXACT, OVERSAMPLING, FILTER, METRIC, SCORING, FIELDS };

static status check_search(const struct jql *jql, const struct jql_node *fields) {
  const struct jql_node *oversampling = &fields[OVERSAMPLING];
  double factor = val_is_number(&oversampling->value) ? val_to_float64(&oversampling->value) : 0;
  TRY(check_option(jql, &fields[PROBES], PROBES_MAX));
  TRY(check_option(jql, &fields[EF], EF_MAX));
  TRY(check_option(jql, &fields[L], EF_MAX));
  TRY(check_exact(jql, &fields[EXACT]));
  if (!jql_is_given(oversampling)) return LUMA_OK;
  if (!(factor >= 1) || isinf(factor))
    return jql__fail_code(jql, oversampling, BAD_VALUE, "oversampling must be at least 1");
  if (jql__flag(&fields[EXACT], false))
    return jql__fail_code(jql, oversampling, BAD_VALUE,
                          "oversampling is not allowed for an exact search");
  return LUMA_OK;
}

static status put_cosmos_search(const struct jql *jql, const struct jql_node *spec,
                                struct plan **plan) {
  static const struct jql_field specs[FIELDS] = {
      [VECTOR] = {"vector", JQL_ANY, true},  [K] = {"k", JQL_ANY, true},
      [PATH] = {"path", JQL_ANY, true},      [PROBES] = {"nProbes", JQL_ANY, false},
      [EF] = {"efSearch", JQL_ANY, false},   [L] = {"lSearch", JQL_ANY, false},
      [EXACT] = {"exact", JQL_ANY, false},   [OVERSAMPLING] = {"oversampling", JQL_ANY, false},
      [FILTER] = {"filter", JQL_ANY, false}, [METRIC] = {"similarity", JQL_TEXT, false},
      [SCORING] = {"score", JQL_ANY, false},
  };
  struct jql_node fields[FIELDS];
  bool is_beta = jql_is_named(spec, "knnBeta");
  struct search search = {.at = spec, .shown = is_beta ? NORMAL : SCORE};
  TRY(jql__check_kind(jql, spec, JQL_MAP));
  TRY(jql__take(jql, spec, specs, FIELDS, fields));
  TRY(read_path(jql, &fields[PATH], &search.path));
  TRY(read_vector(jql, &fields[VECTOR], &search.query));
  TRY(read_number(jql, &fields[K], INT32_MAX, &search.count));
  TRY(check_search(jql, fields));
  TRY(read_metric(jql, &fields[METRIC], &search.metric));
  const struct jql_node *scoring = &fields[SCORING], *filter = &fields[FILTER];
  bool is_map = filter->value.type == VAL_MAP;
  if (jql_is_given(scoring) &&
      (!is_beta || scoring->value.type != VAL_MAP || val_count(&scoring->value)))
    return jql__fail(jql, scoring, LUMA_UNSUPPORTED, "`score` is not supported");
  if (is_beta && is_map && val_count(&filter->value))
    return jql__fail(jql, filter, LUMA_UNSUPPORTED,
                     "`filter` is not supported for knnBeta: cosmosSearch has one");
  TRY(put_filter(jql, filter, plan));
  return put_search(jql, &search, true, plan);
}

status jql__put_search(const struct jql *jql, const struct jql_node *spec, struct plan **plan) {
  struct jql_each each = jql__each(jql, spec);
  struct jql_node field;
  TRY(jql__check_kind(jql, spec, JQL_MAP));
  while (jql__next(&each, &field)) {
    if (jql_is_named(&field, "cosmosSearch") || jql_is_named(&field, "knnBeta"))
      return put_cosmos_search(jql, &field, plan);
    if (!jql_is_named(&field, "index") && !jql_is_named(&field, "returnStoredSource"))
      return jql__fail(jql, &field, LUMA_UNSUPPORTED,
                       "`%.*s` of $search is not supported: there is no text index of that kind",
                       SLICE_ARG(field.name));
  }
  return jql__fail_code(jql, spec, BAD_VALUE, "$search takes cosmosSearch or knnBeta");
}

/* ---- scores ---- */

bool jql__wants_scores(const struct val *value) {
  uint32_t count = value->type == VAL_MAP || value->type == VAL_LIST ? val_count(value) : 0;
  struct slice text = value->type == VAL_TEXT ? val_slice(value) : slice_of(NULL, 0);
  size_t bytes = sizeof score_field - 1;
  if (text.bytes > bytes && memcmp(text.data + 1, score_field, bytes) == 0) return true;
  for (uint32_t i = 0; i < count; i++) {
    struct slice name = {0};
    struct val inner = value->type == VAL_MAP ? val_field_at(value, i, &name) : val_at(value, i);
    if (name.bytes && (slice_is_equal(name, slice_of_text("$meta")) ||
                       (name.bytes >= bytes && memcmp(name.data, score_field, bytes) == 0)))
      return true;
    if (jql__wants_scores(&inner)) return true;
  }
  return false;
}

/** A name of $meta: the scores it is of, and where they stand (NULL: where the stage put them). */
struct named_score {
  const char *name;
  enum jql_score kind;
  const char *path;
};

/** Whether MongoDB knows the name; not all of them are ever there. */
static bool is_meta(struct slice name) {
  static const char *const names[] = {
      "geoNearDistance", "geoNearPoint",     "indexKey",         "randVal", "recordId",
      "score",           "searchScore",      "searchHighlights", "sortKey", "searchSequenceToken",
      "textScore",       "vectorSearchScore"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (slice_is_equal(name, slice_of_text(names[i]))) return true;
  return false;
}

status jql__meta(const struct jql *jql, const struct jql_node *node, struct expr **expr) {
  static const struct named_score metas[] = {
      {"searchScore", JQL_SCORE_SEARCH, "__cosmos_meta__.score"},
      {"searchScore", JQL_SCORE_VECTOR, "__cosmos_meta__.score"},
      {"vectorSearchScore", JQL_SCORE_VECTOR, "__cosmos_meta__.normal"},
      {"geoNearDistance", JQL_SCORE_DISTANCE, NULL}};
  if (node->value.type != VAL_TEXT)
    return jql__fail_code(jql, node, 17307, "$meta only supports string arguments");
  struct slice name = val_slice(&node->value);
  if (!is_meta(name))
    return jql__fail_code(jql, node, 17308, "Unsupported argument to $meta: %.*s", SLICE_ARG(name));
  for (size_t i = 0; jql->scores && i < sizeof metas / sizeof metas[0]; i++)
    if (slice_is_equal(name, slice_of_text(metas[i].name)) && metas[i].kind == jql->scores->kind)
      return jql__name(jql, node, metas[i].path ? slice_of_text(metas[i].path) : jql->scores->field,
                       expr);
  status failed =
      jql__fail_code(jql, node, NO_SCORE, "query requires %.*s metadata, but it is not available",
                     SLICE_ARG(name));
  err_hint(jql->err, "searchScore, vectorSearchScore and geoNearDistance are there behind the "
                     "stages that make them");
  return failed;
}

status jql__keep_scores(const struct jql *jql, const struct jql_node *at, struct shape *shape) {
  struct jql_scores *scores = jql->scores;
  bool is_there = scores && (scores->kind == JQL_SCORE_SEARCH || scores->kind == JQL_SCORE_VECTOR);
  if (!is_there || !scores->is_wanted || !shape->include) return LUMA_OK;
  for (uint32_t i = 0; i < shape->paths_count; i++)
    if (slice_is_equal(shape->paths[i].steps[0].name, scores->field)) return LUMA_OK;
  for (uint32_t i = 0; i < shape->computed_count; i++)
    if (slice_is_equal(shape->computed_names[i], scores->field)) return LUMA_OK;
  scores->is_hidden = true;
  return jql__path(jql, at, scores->field, &shape->paths[shape->paths_count++]);
}

status jql__drop_scores(const struct jql *jql, const struct jql_node *at, struct plan **plan) {
  struct jql_scores *scores = jql->scores;
  bool is_there = scores->is_hidden && scores->field.data;
  struct shape *shape = NULL;
  struct expr *expr = NULL;
  if (!is_there) return LUMA_OK;
  TRY(jql__row(jql, at, &expr));
  shape = arena_zalloc(jql->arena, 1, sizeof *shape);
  TRY(jql__made(jql, shape));
  shape->id = true;
  shape->paths = arena_zalloc(jql->arena, 1, sizeof *shape->paths);
  TRY(jql__made(jql, shape->paths));
  TRY(jql__path(jql, at, scores->field, &shape->paths[shape->paths_count++]));
  expr = expr_node(jql->arena, EXPR_SHAPE, &expr, 1, at->offset);
  TRY(jql__made(jql, expr));
  expr->shape = shape;
  scores->is_hidden = false;
  return jql__put_project(jql, at, expr, plan);
}
