/* SPDX-License-Identifier: MIT */
/* The commands that change or list collections and indexes. */
#include <stdio.h>

#include "query/lang/jql/jql_int.h"
#include "value/json/json.h"

enum { NAME_BYTES_MAX = 120, CONDITION_BYTES_MAX = 64 << 10, CANNOT_CREATE_INDEX = 67 };

/** A node without input that names a collection. */
static status put_named(const struct jql *jql, enum plan_kind kind,
                        const struct jql_node *collection, struct plan **plan) {
  *plan = NULL;
  TRY(jql__put(jql, kind, collection, plan));
  (*plan)->collection_name = val_slice(&collection->value);
  return LUMA_OK;
}

status jql__create(const struct jql *jql, const struct jql_node *command, struct plan **plan) {
  static const struct jql_field specs[] = {{"create", JQL_NAME, true},
                                           {"capped", JQL_UNSUPPORTED, false},
                                           {"validator", JQL_UNSUPPORTED, false},
                                           {"viewOn", JQL_UNSUPPORTED, false},
                                           {"timeseries", JQL_UNSUPPORTED, false},
                                           {"collation", JQL_UNSUPPORTED, false}};
  struct jql_node fields[6];
  TRY(jql__take(jql, command, specs, 6, fields));
  return put_named(jql, PLAN_CREATE_COLLECTION, &fields[0], plan);
}

status jql__drop(const struct jql *jql, const struct jql_node *command, struct plan **plan) {
  static const struct jql_field specs[] = {{"drop", JQL_NAME, true}};
  struct jql_node fields[1];
  TRY(jql__take(jql, command, specs, 1, fields));
  TRY(put_named(jql, PLAN_DROP_COLLECTION, &fields[0], plan));
  (*plan)->if_exists = true;
  return LUMA_OK;
}

status jql__rename(const struct jql *jql, const struct jql_node *command, struct plan **plan) {
  static const struct jql_field specs[] = {{"renameCollection", JQL_NAME, true},
                                           {"to", JQL_NAME, true},
                                           {"dropTarget", JQL_UNSUPPORTED, false}};
  struct jql_node fields[3];
  TRY(jql__take(jql, command, specs, 3, fields));
  TRY(put_named(jql, PLAN_RENAME_COLLECTION, &fields[0], plan));
  (*plan)->new_name = val_slice(&fields[1].value);
  return LUMA_OK;
}

/* ---- indexes ---- */

static status read_key(const struct jql *jql, const struct jql_node *node,
                       struct plan_index_key *key) {
  int64_t direction = 0;
  if (node->value.type == VAL_TEXT)
    return jql__fail(jql, node, LUMA_UNSUPPORTED, "indexes of the kind `%.*s` are not supported",
                     SLICE_ARG(val_slice(&node->value)));
  bool is_number = val_is_number(&node->value) && val_to_int64(&node->value, &direction);
  if (!is_number || (direction != 1 && direction != -1))
    return jql__fail(jql, node, LUMA_INVALID_ARGUMENT,
                     "the key of an index is 1 (ascending) or -1 (descending)");
  key->descending = direction < 0;
  return jql__path(jql, node, node->name, &key->path);
}

status jql__index_keys(const struct jql *jql, const struct jql_node *map,
                       struct plan_index_key **keys, uint32_t *count) {
  struct jql_each each = jql__each(jql, map);
  struct jql_node node;
  if (each.count == 0)
    return jql__fail_code(jql, map, CANNOT_CREATE_INDEX, "an index has at least one field");
  *keys = arena_zalloc(jql->arena, each.count, sizeof **keys);
  TRY(jql__made(jql, *keys));
  *count = each.count;
  for (uint32_t i = 0; jql__next(&each, &node); i++) TRY(read_key(jql, &node, &(*keys)[i]));
  return LUMA_OK;
}

static status read_keys(const struct jql *jql, const struct jql_node *map, struct plan *plan) {
  return jql__index_keys(jql, map, &plan->index_keys, &plan->index_keys_count);
}

/** MongoDB's name for an index that was given none: "age_1_name_-1". */
static status derive_name(const struct jql *jql, const struct jql_node *keys, struct plan *plan) {
  char name[NAME_BYTES_MAX];
  size_t bytes = 0;
  struct jql_each each = jql__each(jql, keys);
  struct jql_node node;
  for (uint32_t i = 0; jql__next(&each, &node); i++) {
    int printed = snprintf(name + bytes, sizeof name - bytes, "%s%.*s_%d", i ? "_" : "",
                           SLICE_ARG(node.name), plan->index_keys[i].descending ? -1 : 1);
    bytes += printed > 0 ? (size_t)printed : 0;
    if (bytes < sizeof name) continue;
    return jql__fail(jql, keys, LUMA_TOO_LARGE, "give the index a shorter name with `name`");
  }
  const uint8_t *copy = arena_copy(jql->arena, name, bytes);
  plan->index_name = slice_of(copy, bytes);
  return jql__made(jql, copy);
}

/** What MongoDB lets a partial index ask. */
static bool is_for_partial(const struct match *match) {
  switch ((int)match->op) {
  case MATCH_EQ:
  case MATCH_GT:
  case MATCH_GTE:
  case MATCH_LT:
  case MATCH_LTE:
  case MATCH_IN:
  case MATCH_TYPE: return true;
  case MATCH_EXISTS: return jql__truth(&match->value->value);
  case MATCH_AND:
  case MATCH_OR: break;
  default: return false;
  }
  for (uint32_t i = 0; i < match->children_count; i++)
    if (!is_for_partial(match->children[i])) return false;
  return true;
}

static status read_condition(const struct jql *jql, const struct jql_node *node,
                             struct plan *plan) {
  struct match *match = NULL;
  struct json_write_options options = {.form = JSON_TAGGED, .key_name = "_id"};
  struct buf text;
  if (!jql_is_given(node) || val_count(&node->value) == 0) return LUMA_OK;
  TRY(jql__filter(jql, node, &match));
  if (!is_for_partial(match)) {
    status failed = jql__fail_code(jql, node, CANNOT_CREATE_INDEX,
                                   "a partial index cannot be asked for by this condition");
    err_hint(jql->err, "equality, $exists: true, $gt, $gte, $lt, $lte, $type, $in, $and and $or");
    return failed;
  }
  buf_init(&text, CONDITION_BYTES_MAX);
  json_write(&text, &node->value, &options);
  status done = buf_check(&text, "the condition of an index", jql->err);
  const uint8_t *copy = done == LUMA_OK ? arena_copy(jql->arena, text.data, text.bytes) : NULL;
  plan->index_condition = slice_of(copy, text.bytes);
  plan->index_matches = true;
  buf_deinit(&text);
  TRY(done);
  return jql__made(jql, copy);
}

static status read_index(const struct jql *jql, const struct jql_node *collection,
                         const struct jql_node *index, struct plan **made) {
  enum { KEY, NAME, UNIQUE, SPARSE, PARTIAL };
  static const struct jql_field specs[] = {
      {"key", JQL_MAP, true},
      {"name", JQL_TEXT, false},
      {"unique", JQL_BOOL, false},
      {"sparse", JQL_BOOL, false},
      {"partialFilterExpression", JQL_MAP, false},
      {"v", JQL_IGNORED, false},
      {"background", JQL_IGNORED, false},
      {"expireAfterSeconds", JQL_UNSUPPORTED, false},
      {"ns", JQL_IGNORED, false},
      {"hidden", JQL_UNSUPPORTED, false},
      {"collation", JQL_UNSUPPORTED, false},
  };
  struct jql_node fields[sizeof specs / sizeof specs[0]];
  TRY(jql__take(jql, index, specs, sizeof specs / sizeof specs[0], fields));
  TRY(put_named(jql, PLAN_CREATE_INDEX, collection, made));
  struct plan *plan = *made;
  plan->missing_is_empty = plan->if_not_exists = plan->multikey = true;
  TRY(read_keys(jql, &fields[KEY], plan));
  plan->unique = jql__flag(&fields[UNIQUE], false);
  plan->sparse = jql__flag(&fields[SPARSE], false);
  if (plan->sparse && jql_is_given(&fields[PARTIAL]))
    return jql__fail_code(jql, &fields[PARTIAL], CANNOT_CREATE_INDEX,
                          "an index is sparse or partial, not both");
  TRY(read_condition(jql, &fields[PARTIAL], plan));
  if (!jql_is_given(&fields[NAME])) return derive_name(jql, &fields[KEY], plan);
  plan->index_name = val_slice(&fields[NAME].value);
  return LUMA_OK;
}

status jql__create_indexes(const struct jql *jql, const struct jql_node *command,
                           struct plan **plan) {
  static const struct jql_field specs[] = {{"createIndexes", JQL_NAME, true},
                                           {"indexes", JQL_LIST, true},
                                           {"commitQuorum", JQL_IGNORED, false}};
  struct jql_node fields[3];
  TRY(jql__take(jql, command, specs, 3, fields));
  return jql__sequence(jql, &fields[0], &fields[1], read_index, plan);
}

status jql__drop_indexes(const struct jql *jql, const struct jql_node *command,
                         struct plan **plan) {
  static const struct jql_field specs[] = {{"dropIndexes", JQL_NAME, true},
                                           {"index", JQL_ANY, true}};
  struct jql_node fields[2];
  TRY(jql__take(jql, command, specs, 2, fields));
  const struct jql_node *index = &fields[1];
  TRY(put_named(jql, PLAN_DROP_INDEX, &fields[0], plan));
  if (index->value.type == VAL_MAP) {
    TRY(read_keys(jql, index, *plan));
    return derive_name(jql, index, *plan);
  }
  if (index->value.type != VAL_TEXT)
    return jql__fail_type(jql, index, "the name of an index, or its keys");
  if (slice_is_equal(val_slice(&index->value), slice_of_text("*")))
    return jql__fail(jql, index, LUMA_UNSUPPORTED, "dropping all indexes at once is not supported");
  (*plan)->index_name = val_slice(&index->value);
  return LUMA_OK;
}

/* ---- lists ---- */

status jql__list_collections(const struct jql *jql, const struct jql_node *command,
                             struct plan **plan) {
  static const struct jql_field specs[] = {{"listCollections", JQL_ANY, true},
                                           {"filter", JQL_MAP, false},
                                           {"nameOnly", JQL_IGNORED, false},
                                           {"authorizedCollections", JQL_IGNORED, false},
                                           {"cursor", JQL_IGNORED, false}};
  struct jql_node fields[5];
  TRY(jql__take(jql, command, specs, 5, fields));
  *plan = NULL;
  TRY(jql__put(jql, PLAN_SHOW_COLLECTIONS, &fields[0], plan));
  return jql__put_filter(jql, &fields[1], plan);
}

status jql__list_indexes(const struct jql *jql, const struct jql_node *command,
                         struct plan **plan) {
  static const struct jql_field specs[] = {{"listIndexes", JQL_NAME, true},
                                           {"cursor", JQL_IGNORED, false}};
  struct jql_node fields[2];
  TRY(jql__take(jql, command, specs, 2, fields));
  TRY(put_named(jql, PLAN_SHOW_INDEXES, &fields[0], plan));
  (*plan)->missing_is_empty = true;
  return LUMA_OK;
}
