/* SPDX-License-Identifier: MIT */
/* The commands about indexes: createIndexes, dropIndexes, listIndexes. */
#include <stdio.h>

#include "query/lang/jql/jql_int.h"

enum {
  NAME_BYTES_MAX = 120,
  CANNOT_CREATE_INDEX = 67,
  INVALID_OPTIONS = 72,
  INVALID_SPECIFICATION = 197
};

struct absent_kind {
  const char *name, *instead; /* what works without it; NULL: nothing */
};

/** Kinds that MongoDB has and that are not here yet, and those that nobody has. */
static status fail_kind(const struct jql *jql, const struct jql_node *node) {
  static const struct absent_kind kinds[] = {
      {"text", NULL},
      {"2dsphere", "$near, $geoNear, $geoWithin and $geoIntersects need none"},
      {"2d", "$near, $geoNear and $geoWithin need none"},
      {"cosmosSearch", "$search and $vectorSearch need none, and take `similarity`"},
      {"geoHaystack", NULL}};
  struct slice kind = val_slice(&node->value);
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    if (!slice_is_equal(kind, slice_of_text(kinds[i].name))) continue;
    status failed = jql__fail(jql, node, LUMA_UNSUPPORTED,
                              "there are no indexes of the kind `%s` yet", kinds[i].name);
    if (kinds[i].instead) err_hint(jql->err, "%s", kinds[i].instead);
    return failed;
  }
  return jql__fail_code(jql, node, CANNOT_CREATE_INDEX, "Unknown index plugin '%.*s'",
                        SLICE_ARG(kind));
}

/** Any number above 0 ascends and any below descends, as in MongoDB. */
static status read_key(const struct jql *jql, const struct jql_node *node,
                       struct plan_index_key *key) {
  bool is_text = node->value.type == VAL_TEXT;
  key->hashed = is_text && slice_is_equal(val_slice(&node->value), slice_of_text("hashed"));
  if (is_text && !key->hashed) return fail_kind(jql, node);
  double direction =
      val_is_number(&node->value) ? val_to_float64(&node->value) : (key->hashed ? 1 : 0);
  if (!(direction > 0) && !(direction < 0))
    return jql__fail_code(jql, node, CANNOT_CREATE_INDEX,
                          "the key of an index is 1 (ascending) or -1 (descending)");
  key->descending = direction < 0;
  if (jql_is_operator(node->name) && !jql__is_wildcard(node->name))
    return jql__fail_code(jql, node, CANNOT_CREATE_INDEX,
                          "Index key contains an illegal field name: field name starts with '$'");
  status done = jql__path(jql, node, node->name, &key->path);
  if (done == LUMA_SYNTAX_ERROR && jql->err) jql->err->foreign = CANNOT_CREATE_INDEX;
  return done;
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
    const char *way = plan->index_keys[i].descending ? "-1" : "1";
    int printed = snprintf(name + bytes, sizeof name - bytes, "%s%.*s_%s", i ? "_" : "",
                           SLICE_ARG(node.name), plan->index_keys[i].hashed ? "hashed" : way);
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
  if (!jql_is_given(node) || val_count(&node->value) == 0) return LUMA_OK;
  TRY(jql__filter(jql, node, &match));
  if (!is_for_partial(match)) {
    status failed = jql__fail_code(jql, node, CANNOT_CREATE_INDEX,
                                   "a partial index cannot be asked for by this condition");
    err_hint(jql->err, "equality, $exists: true, $gt, $gte, $lt, $lte, $type, $in, $and and $or");
    return failed;
  }
  plan->index_matches = true;
  return jql__write_tagged(jql, &node->value, &plan->index_condition);
}

/** Its own, else the collection's. */
static status read_collation(const struct jql *jql, const struct jql_node *collection,
                             const struct jql_node *node, struct plan *plan) {
  struct val spec = node->value;
  if (!jql_is_given(node)) TRY(jql__collation_of(jql, collection, &spec));
  return plan_collation_text(jql->arena, &spec, &plan->index_collation, jql->err);
}

/** What an index may be asked to be. */
enum { KEY, NAME, UNIQUE, SPARSE, PARTIAL, HIDDEN, COLLATION, EXPIRY, PROJECTION, VERSION };
static const struct jql_field options[] = {
    [KEY] = {"key", JQL_MAP, true},
    [NAME] = {"name", JQL_TEXT, false},
    [UNIQUE] = {"unique", JQL_BOOL, false},
    [SPARSE] = {"sparse", JQL_BOOL, false},
    [PARTIAL] = {"partialFilterExpression", JQL_MAP, false},
    [HIDDEN] = {"hidden", JQL_BOOL, false},
    [COLLATION] = {"collation", JQL_MAP, false},
    [EXPIRY] = {"expireAfterSeconds", JQL_ANY, false},
    [PROJECTION] = {"wildcardProjection", JQL_MAP, false},
    [VERSION] = {"v", JQL_ANY, false},
    {"background", JQL_IGNORED, false},
    {"ns", JQL_IGNORED, false},
    {"weights", JQL_UNSUPPORTED, false},
    {"default_language", JQL_UNSUPPORTED, false},
    {"language_override", JQL_UNSUPPORTED, false},
    {"textIndexVersion", JQL_UNSUPPORTED, false},
    {"2dsphereIndexVersion", JQL_UNSUPPORTED, false},
    {"bits", JQL_UNSUPPORTED, false},
    {"min", JQL_UNSUPPORTED, false},
    {"max", JQL_UNSUPPORTED, false},
    {"prepareUnique", JQL_UNSUPPORTED, false},
    {"storageEngine", JQL_IGNORED, false},
    {"dropDups", JQL_IGNORED, false},
};
enum { OPTIONS = sizeof options / sizeof options[0] };

static bool is_option(struct slice name) {
  for (size_t i = 0; i < OPTIONS; i++)
    if (slice_is_equal(name, slice_of_text(options[i].name))) return true;
  return false;
}

/** An option that no index has is told from one that is not there yet. */
static status take_options(const struct jql *jql, const struct jql_node *index,
                           struct jql_node *fields) {
  struct jql inner = *jql;
  inner.passes_unknown = jql->passes_options;
  status done = jql__take(&inner, index, options, OPTIONS, fields);
  if (done == LUMA_SYNTAX_ERROR && jql->err) jql->err->detail[0] = 0; /* MongoDB says it so not */
  if (done == LUMA_SYNTAX_ERROR && jql->err && jql->err->foreign == 40415)
    jql->err->foreign = INVALID_SPECIFICATION;
  if (done == LUMA_SYNTAX_ERROR && jql->err && jql->err->foreign == 40414) jql->err->foreign = 9;
  return done;
}

status jql__expiry(const struct jql *jql, const struct jql_node *node, uint32_t foreign,
                   bool *expires, uint32_t *seconds) {
  *expires = jql_is_given(node);
  if (!*expires) return LUMA_OK;
  double number = val_is_number(&node->value) ? val_to_float64(&node->value) : -1;
  if (!(number >= 0) || number > INT32_MAX)
    return jql__fail_code(jql, node, foreign, "expireAfterSeconds must be a number from 0 to %d",
                          INT32_MAX);
  *seconds = (uint32_t)number;
  return LUMA_OK;
}

static status read_expiry(const struct jql *jql, const struct jql_node *node, struct plan *plan) {
  TRY(jql__expiry(jql, node, CANNOT_CREATE_INDEX, &plan->expires, &plan->expire_s));
  if (!plan->expires || plan->index_keys_count == 1) return LUMA_OK;
  return jql__fail_code(jql, node, CANNOT_CREATE_INDEX,
                        "TTL indexes are single-field indexes, compound indexes do not support "
                        "TTL");
}

/** The versions that MongoDB makes; ours has none. */
static status check_version(const struct jql *jql, const struct jql_node *node) {
  enum { NOT_A_NUMBER = 14, VERSION_MAX = 2 };
  if (!jql_is_given(node)) return LUMA_OK;
  if (!val_is_number(&node->value))
    return jql__fail_code(jql, node, NOT_A_NUMBER, "The field 'v' must be a number");
  double version = val_to_float64(&node->value);
  if (version >= 1 && version <= VERSION_MAX) return LUMA_OK;
  return jql__fail_code(jql, node, CANNOT_CREATE_INDEX,
                        "Invalid index specification; cannot create an index with v=%g", version);
}

/** By the documents' keys, and nothing else. */
static bool is_of_key(const struct plan *plan) {
  const struct path *path = &plan->index_keys[0].path;
  return plan->index_keys_count == 1 && path->count == 1 && !plan->index_keys[0].hashed &&
         slice_is_equal(path->steps[0].name, slice_of_text("_id"));
}

/** It is always there, and as it is. */
static status check_of_key(const struct jql *jql, const struct jql_node *index,
                           const struct jql_node *keys, const struct plan *plan) {
  static const char *const allowed[] = {"key", "name", "v", "ns", "collation"};
  struct jql_each each = jql__each(jql, index);
  struct jql_node node;
  if (!is_of_key(plan)) return LUMA_OK;
  if (plan->index_keys[0].descending)
    return jql__fail_code(jql, keys, 2,
                          "The field 'key' for an _id index must be {_id: 1}, but got {_id: -1}");
  while (jql__next(&each, &node)) {
    size_t i = 0, count = sizeof allowed / sizeof allowed[0];
    while (i < count && !slice_is_equal(node.name, slice_of_text(allowed[i]))) i++;
    if (i < count || (jql->passes_options && !is_option(node.name))) continue;
    return jql__fail_code(jql, &node, INVALID_SPECIFICATION,
                          "The field '%.*s' is not valid for an _id index specification",
                          SLICE_ARG(node.name));
  }
  return LUMA_OK;
}

static status check_name(const struct jql *jql, const struct jql_node *name,
                         const struct jql_node *keys, const struct plan *plan) {
  struct slice text = val_slice(&name->value);
  if (text.bytes == 0)
    return jql__fail_code(jql, name, CANNOT_CREATE_INDEX, "The index name cannot be empty");
  if (slice_is_equal(text, slice_of_text("*")) || memchr(text.data, 0, text.bytes))
    return jql__fail_code(jql, name, 2, "The index name '%.*s' is not valid", SLICE_ARG(text));
  if (!slice_is_equal(text, slice_of_text("_id_")) || is_of_key(plan)) return LUMA_OK;
  return jql__fail_code(jql, keys, 2,
                        "The index name '_id_' is reserved for the _id index, which must have key "
                        "pattern {_id: 1}");
}

static status check_hashed(const struct jql *jql, const struct jql_node *keys,
                           const struct plan *plan) {
  enum { SEVERAL_HASHED = 31303, UNIQUE_HASHED = 16764 };
  uint32_t hashed = 0;
  for (uint32_t i = 0; i < plan->index_keys_count; i++) hashed += plan->index_keys[i].hashed;
  if (hashed > 1)
    return jql__fail_code(jql, keys, SEVERAL_HASHED,
                          "A maximum of one index field is allowed to be hashed");
  if (!hashed || !plan->unique) return LUMA_OK;
  return jql__fail_code(jql, keys, UNIQUE_HASHED,
                        "Currently hashed indexes cannot guarantee uniqueness. Use a regular "
                        "index");
}

static status read_index(const struct jql *jql, const struct jql_node *collection,
                         const struct jql_node *index, struct plan **made) {
  struct jql_node fields[OPTIONS];
  TRY(take_options(jql, index, fields));
  TRY(jql__put_named(jql, PLAN_CREATE_INDEX, collection, made));
  struct plan *plan = *made;
  plan->missing_is_empty = plan->if_not_exists = plan->multikey = true;
  TRY(read_keys(jql, &fields[KEY], plan));
  TRY(check_of_key(jql, index, &fields[KEY], plan));
  TRY(check_version(jql, &fields[VERSION]));
  plan->unique = jql__flag(&fields[UNIQUE], false);
  plan->sparse = jql__flag(&fields[SPARSE], false);
  plan->hidden = jql__flag(&fields[HIDDEN], false);
  TRY(read_collation(jql, collection, &fields[COLLATION], plan));
  TRY(read_expiry(jql, &fields[EXPIRY], plan));
  TRY(check_hashed(jql, &fields[KEY], plan));
  TRY(jql__wildcard(jql, &fields[KEY], &fields[PROJECTION], plan));
  if (plan->sparse && jql_is_given(&fields[PARTIAL]))
    return jql__fail_code(jql, &fields[PARTIAL], CANNOT_CREATE_INDEX,
                          "an index is sparse or partial, not both");
  TRY(read_condition(jql, &fields[PARTIAL], plan));
  if (!jql_is_given(&fields[NAME])) return derive_name(jql, &fields[KEY], plan);
  plan->index_name = val_slice(&fields[NAME].value);
  return check_name(jql, &fields[NAME], &fields[KEY], plan);
}

status jql__create_indexes(const struct jql *jql, const struct jql_node *command,
                           struct plan **plan) {
  static const struct jql_field specs[] = {{"createIndexes", JQL_NAME, true},
                                           {"indexes", JQL_LIST, true},
                                           {"commitQuorum", JQL_IGNORED, false},
                                           {"ignoreUnknownIndexOptions", JQL_BOOL, false}};
  struct jql_node fields[4];
  TRY(jql__take(jql, command, specs, 4, fields));
  if (val_count(&fields[1].value) == 0)
    return jql__fail_code(jql, &fields[1], 2, "Must specify at least one index to create");
  struct jql inner = *jql;
  inner.passes_options = jql__flag(&fields[3], false);
  return jql__sequence(&inner, &fields[0], &fields[1], true, read_index, plan);
}

/** The key of a collection has no index that could be dropped. */
static status check_dropped(const struct jql *jql, const struct jql_node *node,
                            struct slice *name) {
  TRY(jql__check_kind(jql, node, JQL_TEXT));
  *name = val_slice(&node->value);
  if (!slice_is_equal(*name, slice_of_text("_id_"))) return LUMA_OK;
  return jql__fail_code(jql, node, INVALID_OPTIONS, "cannot drop _id index");
}

static status read_dropped(const struct jql *jql, const struct jql_node *list, struct plan *plan) {
  struct jql_each each = jql__each(jql, list);
  struct jql_node node;
  plan->names = arena_zalloc(jql->arena, each.count + 1, sizeof *plan->names);
  TRY(jql__made(jql, plan->names));
  while (jql__next(&each, &node)) TRY(check_dropped(jql, &node, &plan->names[plan->names_count++]));
  return LUMA_OK;
}

status jql__drop_indexes(const struct jql *jql, const struct jql_node *command,
                         struct plan **plan) {
  static const struct jql_field specs[] = {{"dropIndexes", JQL_NAME, true},
                                           {"index", JQL_ANY, true}};
  struct jql_node fields[2];
  TRY(jql__take(jql, command, specs, 2, fields));
  const struct jql_node *index = &fields[1];
  TRY(jql__put_named(jql, PLAN_DROP_INDEX, &fields[0], plan));
  (*plan)->missing_is_empty = false;
  if (index->value.type == VAL_MAP) return read_keys(jql, index, *plan);
  if (index->value.type == VAL_LIST) return read_dropped(jql, index, *plan);
  if (index->value.type != VAL_TEXT)
    return jql__fail_type(jql, index, "the name of an index, its keys, or a list of names");
  (*plan)->all = slice_is_equal(val_slice(&index->value), slice_of_text("*"));
  if ((*plan)->all) return LUMA_OK;
  return check_dropped(jql, index, &(*plan)->index_name);
}

status jql__list_indexes(const struct jql *jql, const struct jql_node *command,
                         struct plan **plan) {
  static const struct jql_field specs[] = {{"listIndexes", JQL_NAME, true},
                                           {"cursor", JQL_MAP, false},
                                           {"includeBuildUUIDs", JQL_TRUTH, false},
                                           {"includeIndexBuildInfo", JQL_TRUTH, false}};
  struct jql_node fields[4];
  TRY(jql__take(jql, command, specs, 4, fields));
  TRY(jql__check_cursor(jql, &fields[1]));
  return jql__put_told(jql, PLAN_TELLS_INDEXES, &fields[0], plan);
}

status jql__re_index(const struct jql *jql, const struct jql_node *command, struct plan **plan) {
  static const struct jql_field specs[] = {{"reIndex", JQL_NAME, true}};
  struct jql_node fields[1];
  TRY(jql__take(jql, command, specs, 1, fields));
  return jql__put_named(jql, PLAN_REINDEX, &fields[0], plan);
}
