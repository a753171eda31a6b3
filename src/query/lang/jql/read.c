/* SPDX-License-Identifier: MIT */
/* The commands that read: find, count, distinct, aggregate, and the nodes that they stack. */
#include <math.h>

#include "model/catalog/catalog.h"
#include "query/lang/jql/jql_int.h"
#include "value/json/json.h"
#include "value/order/order.h"

/* ---- nodes ---- */

status jql__put(const struct jql *jql, enum plan_kind kind, const struct jql_node *at,
                struct plan **plan) {
  *plan = plan_node(jql->arena, kind, *plan, at->offset);
  return jql__made(jql, *plan);
}

status jql__scan(const struct jql *jql, const struct jql_node *collection, struct plan **plan) {
  *plan = NULL;
  TRY(jql__put(jql, PLAN_SCAN, collection, plan));
  (*plan)->collection_name = val_slice(&collection->value);
  (*plan)->missing_is_empty = true;
  return LUMA_OK;
}

status jql__put_filter(const struct jql *jql, const struct jql_node *filter, struct plan **plan) {
  struct match *match = NULL;
  if (!jql_is_given(filter) || val_count(&filter->value) == 0) return LUMA_OK;
  TRY(jql__filter(jql, filter, &match));
  return jql__put_match(jql, filter, match, plan);
}

status jql__put_match(const struct jql *jql, const struct jql_node *at, struct match *match,
                      struct plan **plan) {
  TRY(jql__put(jql, PLAN_FILTER, at, plan));
  struct expr *condition = expr_node(jql->arena, EXPR_MATCH, NULL, 0, at->offset);
  TRY(jql__made(jql, condition));
  condition->match = match;
  (*plan)->condition = condition;
  return LUMA_OK;
}

/** {"$meta": score}: the best first. */
static status read_sort_score(const struct jql *jql, const struct jql_node *node,
                              struct plan_sort_key *key) {
  struct jql_each each = jql__each(jql, node);
  struct jql_node meta;
  if (each.count != 1 || !jql__next(&each, &meta) || !jql_is_named(&meta, "$meta"))
    return jql__fail_code(jql, node, 17312, "$meta is the only expression supported by $sort");
  TRY(jql__meta(jql, &meta, &key->expr));
  key->descending = jql->scores->kind != JQL_SCORE_DISTANCE;
  return LUMA_OK;
}

/** MongoDB counts the keys of a sort as those of an index. */
static status check_sort_count(const struct jql *jql, const struct jql_node *sort) {
  enum { KEYS_MAX = 32, TOO_MANY_KEYS = 13103 };
  if (val_count(&sort->value) <= KEYS_MAX) return LUMA_OK;
  return jql__fail_code(jql, sort, TOO_MANY_KEYS, "too many compound keys");
}

static status check_sort_path(const struct jql *jql, const struct jql_node *node,
                              const struct path *path) {
  for (uint32_t i = 0; i < path->count; i++)
    if (i ? !jql__is_field(path->steps[i].name) : jql_is_operator(path->steps[i].name))
      return jql__fail_code(jql, node, 16410, "FieldPath field names may not start with '$'");
  return LUMA_OK;
}

static status read_sort_key(const struct jql *jql, const struct jql_node *node,
                            struct plan_sort_key *key) {
  int64_t direction = 0;
  bool is_number = val_is_number(&node->value) && val_to_int64(&node->value, &direction);
  key->mongo = true;
  if (node->value.type == VAL_MAP) return read_sort_score(jql, node, key);
  if (!is_number || (direction != 1 && direction != -1))
    return jql__fail_code(jql, node, val_is_number(&node->value) ? 15975 : 15974,
                          "a sort key is 1 (ascending) or -1 (descending)");
  key->descending = direction < 0;
  TRY(jql__name(jql, node, node->name, &key->expr));
  return check_sort_path(jql, node, &key->expr->path);
}

status jql__put_sort(const struct jql *jql, const struct jql_node *sort, struct plan **plan) {
  struct jql_node node;
  if (!jql_is_given(sort) || val_count(&sort->value) == 0) return LUMA_OK;
  struct jql_each each = jql__each(jql, sort);
  struct plan_sort_key *keys = arena_zalloc(jql->arena, each.count, sizeof *keys);
  TRY(jql__made(jql, keys));
  TRY(check_sort_count(jql, sort));
  for (uint32_t i = 0; jql__next(&each, &node); i++) TRY(read_sort_key(jql, &node, &keys[i]));
  TRY(jql__put(jql, PLAN_SORT, sort, plan));
  (*plan)->sort = keys;
  (*plan)->sort_count = each.count;
  return LUMA_OK;
}

/** A number that cuts something off: NULL for 0. */
static status read_cut(const struct jql *jql, const struct jql_node *node, struct expr **cut) {
  int64_t rows = 0;
  *cut = NULL;
  if (!jql_is_given(node)) return LUMA_OK;
  (void)val_to_int64(&node->value, &rows);
  if (rows == 0) return LUMA_OK;
  *cut = expr_const(jql->arena, val_int64(rows), node->offset);
  return jql__made(jql, *cut);
}

status jql__put_limit(const struct jql *jql, const struct jql_node *limit,
                      const struct jql_node *skip, struct plan **plan) {
  struct expr *most = NULL, *first = NULL;
  TRY(read_cut(jql, limit, &most));
  TRY(read_cut(jql, skip, &first));
  if (!most && !first) return LUMA_OK;
  TRY(jql__put(jql, PLAN_LIMIT, most ? limit : skip, plan));
  (*plan)->limit = most;
  (*plan)->skip = first;
  return LUMA_OK;
}

/** Room for `count` expressions in the node. */
static status make_exprs(const struct jql *jql, struct plan *plan, uint32_t count) {
  plan->exprs = arena_zalloc(jql->arena, count, sizeof *plan->exprs);
  TRY(jql__made(jql, plan->exprs));
  plan->names = arena_zalloc(jql->arena, count, sizeof *plan->names);
  plan->exprs_count = count;
  return jql__made(jql, plan->names);
}

status jql__put_project(const struct jql *jql, const struct jql_node *at, struct expr *expr,
                        struct plan **plan) {
  TRY(jql__put(jql, PLAN_PROJECT, at, plan));
  TRY(make_exprs(jql, *plan, 1));
  (*plan)->exprs[0] = expr;
  return LUMA_OK;
}

status jql__put_count(const struct jql *jql, const struct jql_node *at, struct expr *key,
                      struct slice name, struct plan **plan) {
  uint32_t keys = key != NULL;
  struct expr *count = expr_node(jql->arena, EXPR_AGGREGATE, NULL, 0, at->offset);
  TRY(jql__made(jql, count));
  count->aggregate = EXPR_COUNT;
  count->mongo = true;
  TRY(jql__put(jql, PLAN_AGGREGATE, at, plan));
  TRY(make_exprs(jql, *plan, keys + 1));
  (*plan)->keys_count = keys;
  if (key) (*plan)->exprs[0] = key;
  if (key) (*plan)->names[0] = slice_of_text("_id");
  (*plan)->exprs[keys] = count;
  (*plan)->names[keys] = name;
  return LUMA_OK;
}

/* ---- commands ---- */

status jql__collation(const struct jql *jql, const struct jql_node *collation) {
  struct statement *statement = jql->statement;
  if (!jql_is_given(collation)) return LUMA_OK;
  struct val locale = val_field(&collation->value, slice_of_text("locale"));
  bool is_simple =
      locale.type == VAL_TEXT && slice_is_equal(val_slice(&locale), slice_of_text("simple"));
  /* By bytes: no collation, and not the collection's own either. */
  statement->collation = is_simple ? val_null() : collation->value;
  return LUMA_OK;
}

status jql__collation_of(const struct jql *jql, const struct jql_node *collection,
                         struct val *spec) {
  const struct catalog *catalog = jql->context->catalog;
  const struct collection *found =
      catalog ? catalog_find(catalog, val_slice(&collection->value)) : NULL;
  struct json_reader *reader = NULL;
  *spec = val_missing();
  if (!found || found->rules.collation.bytes == 0) return LUMA_OK;
  TRY(json_reader_create(&reader, jql->err));
  status done = jql__read_tagged(reader, jql->arena, found->rules.collation, spec, jql->err);
  json_reader_destroy(reader);
  return done;
}

status jql__default_collation(const struct jql *jql, const struct jql_node *collection) {
  struct val *own = &jql->statement->collation;
  return own->type == VAL_MISSING ? jql__collation_of(jql, collection, own) : LUMA_OK;
}

status jql__begin_let(const struct jql *jql, const struct jql_node *lets, struct jql *inner) {
  struct jql_each each = jql__each(jql, lets);
  struct jql_node field;
  *inner = *jql;
  if (!jql_is_given(lets)) return LUMA_OK;
  struct jql_variable *variables = arena_zalloc(jql->arena, each.count + 1, sizeof *variables);
  struct expr **values = arena_zalloc(jql->arena, each.count + 1, sizeof *values);
  TRY(jql__made(jql, variables ? (void *)values : NULL));
  for (uint32_t i = 0; jql__next(&each, &field); i++) {
    TRY(jql__check_variable(jql, &field, field.name));
    TRY(jql__expression(inner, &field, &values[i]));
    if (jql__reads_row(values[i]))
      return jql__fail_code(jql, &field, 4890500,
                            "Command let Expression tried to access a field, but this is not "
                            "allowed because Command let expressions run before the query examines "
                            "any documents.");
    variables[i] = (struct jql_variable){field.name, i, inner->variables};
    inner->variables = &variables[i];
  }
  jql->statement->lets = values;
  jql->statement->lets_count = each.count;
  return LUMA_OK;
}

/** MongoDB calls it `query` in some commands and `filter` in others: either is good. */
static status take_filter(const struct jql *jql, const struct jql_node *query,
                          const struct jql_node *filter, const struct jql_node **taken) {
  *taken = jql_is_given(query) ? query : filter;
  if (!jql_is_given(query) || !jql_is_given(filter)) return LUMA_OK;
  return jql__fail(jql, filter, LUMA_SYNTAX_ERROR, "`query` and `filter` are the same thing");
}

/** The filter of a command that takes $near and has no order. */
static status put_near_filter(const struct jql *jql, const struct jql_node *filter,
                              struct plan **plan) {
  struct jql_near near = {0};
  struct jql inner = *jql;
  inner.near = &near;
  return jql__put_filter(&inner, filter, plan);
}

/** To a count a limit below zero means the same as one above. */
static status take_sign(const struct jql *jql, struct jql_node *limit) {
  bool is_given = jql_is_given(limit) && !val_is_null(&limit->value);
  double number = val_is_number(&limit->value) ? trunc(fabs(val_to_float64(&limit->value))) : -1;
  if (number >= 0 && number < 0x1p63) limit->value = val_int64((int64_t)number);
  return is_given ? jql__check_kind_as(jql, limit, JQL_WHOLE, 14) : LUMA_OK;
}

status jql__add_constants(const struct jql *jql, const struct jql_node *constants,
                          struct jql *inner) {
  struct statement *statement = jql->statement;
  uint32_t before = statement->lets_count;
  struct jql_each each = jql__each(jql, constants);
  struct jql_node field;
  *inner = *jql;
  if (!jql_is_given(constants)) return LUMA_OK;
  struct jql_variable *variables = arena_zalloc(jql->arena, each.count + 1, sizeof *variables);
  struct expr **values = arena_zalloc(jql->arena, before + each.count + 1, sizeof(struct expr *));
  TRY(jql__made(jql, variables ? (void *)values : NULL));
  if (before) memcpy(values, statement->lets, before * sizeof(struct expr *));
  for (uint32_t i = 0; jql__next(&each, &field); i++) {
    TRY(jql__check_variable(jql, &field, field.name));
    TRY(jql__const(jql, &field, &values[before + i]));
    variables[i] = (struct jql_variable){field.name, before + i, inner->variables};
    inner->variables = &variables[i];
  }
  statement->lets = values;
  statement->lets_count = before + each.count;
  return LUMA_OK;
}

status jql__count(const struct jql *jql, const struct jql_node *command, struct plan **plan) {
  enum { COUNT, QUERY, FILTER, SKIP, LIMIT, HINT, COLLATION };
  static const struct jql_field specs[] = {
      {"count", JQL_NAME, true},     {"query", JQL_MAP, false},  {"filter", JQL_MAP, false},
      {"skip", JQL_COUNT, false},    {"limit", JQL_ANY, false},  {"hint", JQL_ANY, false},
      {"collation", JQL_MAP, false}, {"fields", JQL_MAP, false},
  };
  struct jql_node fields[sizeof specs / sizeof specs[0]];
  const struct jql_node *filter = NULL;
  TRY(jql__take(jql, command, specs, sizeof specs / sizeof specs[0], fields));
  TRY(take_sign(jql, &fields[LIMIT]));
  TRY(take_filter(jql, &fields[QUERY], &fields[FILTER], &filter));
  TRY(jql__collation(jql, &fields[COLLATION]));
  TRY(jql__default_collation(jql, &fields[COUNT]));
  TRY(jql__scan(jql, &fields[COUNT], plan));
  TRY(jql__hint(jql, &fields[HINT], *plan));
  TRY(put_near_filter(jql, filter, plan));
  TRY(jql__put_limit(jql, &fields[LIMIT], &fields[SKIP], plan));
  jql->statement->is_count = true;
  return jql__put_count(jql, &fields[COUNT], NULL, slice_of_text("count"), plan);
}

status jql__distinct(const struct jql *jql, const struct jql_node *command, struct plan **plan) {
  enum { DISTINCT, KEY, QUERY, FILTER, HINT, COLLATION };
  static const struct jql_field specs[] = {
      {"distinct", JQL_NAME, true}, {"key", JQL_TEXT, true},  {"query", JQL_MAP, false},
      {"filter", JQL_MAP, false},   {"hint", JQL_ANY, false}, {"collation", JQL_MAP, false},
  };
  struct jql_node fields[sizeof specs / sizeof specs[0]];
  const struct jql_node *filter = NULL;
  struct expr *key = NULL;
  TRY(jql__take(jql, command, specs, sizeof specs / sizeof specs[0], fields));
  TRY(take_filter(jql, &fields[QUERY], &fields[FILTER], &filter));
  TRY(jql__collation(jql, &fields[COLLATION]));
  TRY(jql__default_collation(jql, &fields[DISTINCT]));
  TRY(jql__scan(jql, &fields[DISTINCT], plan));
  TRY(jql__hint(jql, &fields[HINT], *plan));
  TRY(put_near_filter(jql, filter, plan));
  TRY(jql__name(jql, &fields[KEY], val_slice(&fields[KEY].value), &key));
  TRY(jql__put(jql, PLAN_DISTINCT, &fields[KEY], plan));
  TRY(make_exprs(jql, *plan, 1));
  (*plan)->exprs[0] = key;
  (*plan)->unwind = true;
  jql->statement->distinct_values = true;
  return LUMA_OK;
}

status jql__aggregate(const struct jql *jql, const struct jql_node *command, struct plan **plan) {
  enum { AGGREGATE, PIPELINE, EXPLAIN, HINT, CURSOR, COLLATION = 7, LET };
  static const struct jql_field specs[] = {
      {"aggregate", JQL_ANY, true},      {"pipeline", JQL_LIST, true},
      {"explain", JQL_BOOL, false},      {"hint", JQL_ANY, false},
      {"cursor", JQL_MAP, false},        {"allowDiskUse", JQL_PLAIN_TRUTH, false},
      {"batchSize", JQL_IGNORED, false}, {"collation", JQL_MAP, false},
      {"let", JQL_MAP, false},
  };
  struct jql_node fields[sizeof specs / sizeof specs[0]];
  TRY(jql__take(jql, command, specs, sizeof specs / sizeof specs[0], fields));
  struct jql inner;
  TRY(jql__check_cursor(jql, &fields[CURSOR]));
  TRY(jql__begin_let(jql, &fields[LET], &inner));
  TRY(jql__collation(jql, &fields[COLLATION]));
  inner.explains |= jql__flag(&fields[EXPLAIN], false);
  *plan = NULL;
  if (!val_is_number(&fields[AGGREGATE].value)) {
    TRY(jql__check_kind(jql, &fields[AGGREGATE], JQL_NAME));
    TRY(jql__default_collation(jql, &fields[AGGREGATE]));
    TRY(jql__scan(jql, &fields[AGGREGATE], plan));
    TRY(jql__hint(jql, &fields[HINT], *plan));
  }
  TRY(jql__put_pipeline(&inner, &fields[PIPELINE], plan));
  if (!*plan)
    return jql__fail_code(jql, &fields[PIPELINE], 73,
                          "a pipeline without a collection begins with "
                          "$documents");
  if (!jql__flag(&fields[EXPLAIN], false)) return LUMA_OK;
  return jql__show(jql, &fields[EXPLAIN], &command->value, plan);
}
