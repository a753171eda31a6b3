/* SPDX-License-Identifier: MIT */
/* The commands that change or list collections. */
#include "model/catalog/catalog.h"
#include "query/lang/jql/stage_int.h"
#include "value/json/json.h"

status jql__put_named(const struct jql *jql, enum plan_kind kind, const struct jql_node *collection,
                      struct plan **plan) {
  *plan = NULL;
  TRY(jql__put(jql, kind, collection, plan));
  (*plan)->collection_name = val_slice(&collection->value);
  return LUMA_OK;
}

status jql__put_told(const struct jql *jql, enum plan_tells tells,
                     const struct jql_node *collection, struct plan **plan) {
  *plan = NULL;
  TRY(jql__put(jql, PLAN_TELL_CATALOG, collection, plan));
  if (tells != PLAN_TELLS_COLLECTIONS) (*plan)->collection_name = val_slice(&collection->value);
  (*plan)->tells = tells;
  return LUMA_OK;
}

status jql__write_tagged(const struct jql *jql, const struct val *value, struct slice *text) {
  struct json_write_options options = {.form = JSON_TAGGED, .key_name = "_id"};
  struct buf out;
  buf_init(&out, CATALOG_RULE_BYTES_MAX);
  json_write(&out, value, &options);
  status done = buf_check(&out, "what the catalog is to keep", jql->err);
  const uint8_t *copy = done == LUMA_OK ? arena_copy(jql->arena, out.data, out.bytes) : NULL;
  *text = slice_of(copy, out.bytes);
  buf_deinit(&out);
  TRY(done);
  return jql__made(jql, copy);
}

/* ---- what a collection is asked to be ---- */

struct word_of {
  const char *name;
  uint8_t value;
};

static status read_word(const struct jql *jql, const struct jql_node *node,
                        const struct word_of *words, size_t count, uint8_t *value) {
  struct slice text = val_slice(&node->value);
  for (size_t i = 0; i < count; i++) {
    if (!slice_is_equal(text, slice_of_text(words[i].name))) continue;
    *value = words[i].value;
    return LUMA_OK;
  }
  return jql__fail_code(jql, node, 2,
                        "Enumeration value '%.*s' for field '%.*s' is not a valid value",
                        SLICE_ARG(text), SLICE_ARG(node->name));
}

/** The validator's operators that look at more than the document. */
static status read_validator(const struct jql *jql, const struct jql_node *node,
                             struct plan_rules *rules) {
  struct match *match = NULL;
  rules->has_validator = true;
  if (val_count(&node->value) == 0) return LUMA_OK;
  TRY(jql__filter(jql, node, &match));
  return jql__write_tagged(jql, &node->value, &rules->validator);
}

/** validator, validationLevel, validationAction, collation */
static status read_rules(const struct jql *jql, const struct jql_node *fields,
                         struct plan_rules *rules) {
  enum { VALIDATOR, LEVEL, ACTION, COLLATION };
  static const struct word_of levels[] = {{"strict", CATALOG_VALIDATES_ALL},
                                          {"moderate", CATALOG_VALIDATES_SOUND},
                                          {"off", CATALOG_VALIDATES_NONE}};
  static const struct word_of actions[] = {{"error", false}, {"warn", true}};
  uint8_t warns = 0;
  if (jql_is_given(&fields[VALIDATOR])) TRY(read_validator(jql, &fields[VALIDATOR], rules));
  rules->has_validation = jql_is_given(&fields[LEVEL]);
  if (rules->has_validation) TRY(read_word(jql, &fields[LEVEL], levels, 3, &rules->validation));
  rules->has_warns = jql_is_given(&fields[ACTION]);
  if (rules->has_warns) TRY(read_word(jql, &fields[ACTION], actions, 2, &warns));
  rules->warns = warns;
  if (!jql_is_given(&fields[COLLATION])) return LUMA_OK;
  TRY(jql__collation(jql, &fields[COLLATION])); /* whether there is such a one is seen at the run */
  return jql__write_tagged(jql, &fields[COLLATION].value, &rules->collation);
}

static status make_rules(const struct jql *jql, struct plan *plan) {
  plan->rules = arena_zalloc(jql->arena, 1, sizeof *plan->rules);
  return jql__made(jql, plan->rules);
}

/* ---- views ---- */

/** What a view stands for: an `aggregate` as tagged JSON, read anew wherever it is used. */
static status write_view(const struct jql *jql, const struct jql_node *source,
                         const struct jql_node *pipeline, struct slice *text) {
  struct slice name, stages = slice_of_text("[]");
  struct buf out;
  TRY(jql__write_tagged(jql, &source->value, &name));
  if (jql_is_given(pipeline)) TRY(jql__write_tagged(jql, &pipeline->value, &stages));
  buf_init(&out, CATALOG_RULE_BYTES_MAX);
  buf_append_format(&out, "{\"aggregate\":%.*s,\"pipeline\":%.*s,\"cursor\":{}}", SLICE_ARG(name),
                    SLICE_ARG(stages));
  status done = buf_check(&out, "a view", jql->err);
  const uint8_t *copy = done == LUMA_OK ? arena_copy(jql->arena, out.data, out.bytes) : NULL;
  *text = slice_of(copy, out.bytes);
  buf_deinit(&out);
  TRY(done);
  return jql__made(jql, copy);
}

/** CREATE_VIEW over the pipeline, which is bound to see that it can be. */
static status put_view(const struct jql *jql, const struct jql_node *name,
                       const struct jql_node *source, const struct jql_node *pipeline,
                       struct plan **plan) {
  struct slice text = {0};
  struct plan *read = NULL;
  TRY(write_view(jql, source, pipeline, &text));
  TRY(jql__scan(jql, source, &read));
  if (jql_is_given(pipeline)) TRY(jql__put_pipeline(jql, pipeline, &read));
  if (read->kind == PLAN_INSERT)
    return jql__fail_code(jql, pipeline, 72, "a view's pipeline cannot have $out or $merge");
  TRY(jql__put_named(jql, PLAN_CREATE_VIEW, name, plan));
  (*plan)->view_text = text;
  (*plan)->input = read;
  return LUMA_OK;
}

/* ---- commands ---- */

status jql__create(const struct jql *jql, const struct jql_node *command, struct plan **plan) {
  enum { CREATE, VALIDATOR, LEVEL, ACTION, COLLATION, VIEW_ON, PIPELINE, KINDS };
  static const struct jql_field specs[] = {
      {"create", JQL_NAME, true},
      {"validator", JQL_MAP, false},
      {"validationLevel", JQL_TEXT, false},
      {"validationAction", JQL_TEXT, false},
      {"collation", JQL_MAP, false},
      {"viewOn", JQL_NAME, false},
      {"pipeline", JQL_LIST, false},
      {"capped", JQL_BOOL, false},
      {"size", JQL_COUNT, false},
      {"max", JQL_COUNT, false},
      {"timeseries", JQL_MAP, false},
      {"expireAfterSeconds", JQL_ANY, false},
      {"clusteredIndex", JQL_MAP, false},
      {"changeStreamPreAndPostImages", JQL_MAP, false},
      {"encryptedFields", JQL_UNSUPPORTED, false},
      {"autoIndexId", JQL_BOOL, false},
      {"idIndex", JQL_MAP, false},
      {"indexOptionDefaults", JQL_MAP, false},
      {"storageEngine", JQL_MAP, false},
  };
  struct jql_node fields[sizeof specs / sizeof specs[0]];
  TRY(jql__take(jql, command, specs, sizeof specs / sizeof specs[0], fields));
  struct plan_rules kinds = {0};
  TRY(jql__read_kinds(jql, &fields[KINDS], &kinds));
  bool has_view = jql_is_given(&fields[VIEW_ON]);
  if (has_view && jql_is_given(&fields[COLLATION]))
    return jql__fail(jql, &fields[COLLATION], LUMA_UNSUPPORTED,
                     "a view has no collation of its own: give it where the view is read");
  if (has_view && jql_is_given(&fields[VALIDATOR]))
    return jql__fail_code(jql, &fields[VALIDATOR], 72, "a view has no validator");
  for (int i = VALIDATOR; kinds.has_series && i <= ACTION; i++)
    if (jql_is_given(&fields[i]))
      return jql__fail_code(jql, &fields[i], 72, "'timeseries' is not allowed with '%.*s'",
                            SLICE_ARG(fields[i].name));
  if (has_view && kinds.has_series)
    return jql__fail_code(jql, &fields[VIEW_ON], 72, "'timeseries' is not allowed with 'viewOn'");
  if (has_view) return put_view(jql, &fields[CREATE], &fields[VIEW_ON], &fields[PIPELINE], plan);
  if (jql_is_given(&fields[PIPELINE]))
    return jql__fail_code(jql, &fields[PIPELINE], 72,
                          "'pipeline' requires 'viewOn' to also be specified");
  TRY(jql__put_named(jql, PLAN_CREATE_COLLECTION, &fields[CREATE], plan));
  TRY(make_rules(jql, *plan));
  *(*plan)->rules = kinds;
  return read_rules(jql, &fields[VALIDATOR], (*plan)->rules);
}

/** {"index": {"keyPattern" or "name", "hidden", "expireAfterSeconds"}} */
static status read_changed_index(const struct jql *jql, const struct jql_node *index,
                                 struct plan *plan) {
  enum { KEYS, NAME, HIDDEN, EXPIRY };
  static const struct jql_field specs[] = {
      {"keyPattern", JQL_MAP, false},     {"name", JQL_TEXT, false},
      {"hidden", JQL_BOOL, false},        {"expireAfterSeconds", JQL_ANY, false},
      {"unique", JQL_UNSUPPORTED, false}, {"prepareUnique", JQL_UNSUPPORTED, false}};
  struct jql_node fields[sizeof specs / sizeof specs[0]];
  TRY(jql__take(jql, index, specs, sizeof specs / sizeof specs[0], fields));
  if (jql_is_given(&fields[KEYS]) == jql_is_given(&fields[NAME]))
    return jql__fail_code(jql, index, 72, "Must specify either index name or key pattern");
  if (!jql_is_given(&fields[HIDDEN]) && !jql_is_given(&fields[EXPIRY]))
    return jql__fail_code(jql, index, 72, "no expireAfterSeconds or hidden field");
  plan->rules->has_hidden = jql_is_given(&fields[HIDDEN]);
  plan->rules->hidden = jql__flag(&fields[HIDDEN], false);
  TRY(jql__expiry(jql, &fields[EXPIRY], 72, &plan->rules->has_expiry, &plan->rules->expire_s));
  if (jql_is_given(&fields[KEYS]))
    return jql__index_keys(jql, &fields[KEYS], &plan->index_keys, &plan->index_keys_count);
  plan->index_name = val_slice(&fields[NAME].value);
  if (!slice_is_equal(plan->index_name, slice_of_text("_id_"))) return LUMA_OK;
  return jql__fail_code(jql, &fields[NAME], 72,
                        plan->rules->has_hidden ? "can't hide _id index"
                                                : "the _id field does not support TTL indexes");
}

/** What is changed is a view that is there. */
static status check_view(const struct jql *jql, const struct jql_node *name) {
  const struct catalog *catalog = jql->context->catalog;
  const struct collection *found = catalog ? catalog_find(catalog, val_slice(&name->value)) : NULL;
  if (catalog && !found) return jql__fail_code(jql, name, 26, "ns does not exist");
  if (!found || found->view.bytes) return LUMA_OK;
  return jql__fail_code(jql, name, 72, "'viewOn' is only for views, and this is none");
}

/** cappedSize, cappedMax */
static status read_limits(const struct jql *jql, const struct jql_node *size,
                          const struct jql_node *max, struct plan_rules *rules) {
  rules->only_capped = true;
  if (jql_is_given(size)) TRY(jql__capped_bytes(jql, size, &rules->capped_bytes));
  rules->has_capped_documents = jql_is_given(max);
  return jql__capped_documents(jql, max, &rules->capped_documents);
}

status jql__convert_to_capped(const struct jql *jql, const struct jql_node *command,
                              struct plan **plan) {
  static const struct jql_field specs[] = {{"convertToCapped", JQL_NAME, true},
                                           {"size", JQL_COUNT, true}};
  struct jql_node fields[2];
  TRY(jql__take(jql, command, specs, 2, fields));
  TRY(jql__put_named(jql, PLAN_CHANGE_COLLECTION, &fields[0], plan));
  TRY(make_rules(jql, *plan));
  return jql__capped_bytes(jql, &fields[1], &(*plan)->rules->capped_bytes);
}

status jql__coll_mod(const struct jql *jql, const struct jql_node *command, struct plan **plan) {
  enum {
    COLL_MOD,
    VALIDATOR,
    LEVEL,
    ACTION,
    COLLATION,
    INDEX,
    VIEW_ON,
    PIPELINE,
    SIZE,
    MAX,
    SERIES,
    LIFETIME
  };
  static const struct jql_field specs[] = {
      {"collMod", JQL_NAME, true},
      {"validator", JQL_MAP, false},
      {"validationLevel", JQL_TEXT, false},
      {"validationAction", JQL_TEXT, false},
      {"collation", JQL_UNSUPPORTED, false},
      {"index", JQL_MAP, false},
      {"viewOn", JQL_NAME, false},
      {"pipeline", JQL_LIST, false},
      {"cappedSize", JQL_COUNT, false},
      {"cappedMax", JQL_COUNT, false},
      {"timeseries", JQL_MAP, false},
      {"expireAfterSeconds", JQL_ANY, false},
      {"changeStreamPreAndPostImages", JQL_UNSUPPORTED, false}};
  struct jql_node fields[sizeof specs / sizeof specs[0]];
  TRY(jql__take(jql, command, specs, sizeof specs / sizeof specs[0], fields));
  if (jql_is_given(&fields[VIEW_ON])) {
    TRY(check_view(jql, &fields[COLL_MOD]));
    TRY(put_view(jql, &fields[COLL_MOD], &fields[VIEW_ON], &fields[PIPELINE], plan));
    (*plan)->replaces = true;
    return LUMA_OK;
  }
  if (jql_is_given(&fields[PIPELINE]))
    return jql__fail_code(jql, &fields[PIPELINE], 72,
                          "'pipeline' requires 'viewOn' to also be specified");
  TRY(jql__put_named(jql, PLAN_CHANGE_COLLECTION, &fields[COLL_MOD], plan));
  TRY(make_rules(jql, *plan));
  TRY(read_rules(jql, &fields[VALIDATOR], (*plan)->rules));
  TRY(read_limits(jql, &fields[SIZE], &fields[MAX], (*plan)->rules));
  if (jql_is_given(&fields[SERIES])) TRY(jql__series(jql, &fields[SERIES], false, (*plan)->rules));
  TRY(jql__lifetime(jql, &fields[LIFETIME], (*plan)->rules));
  return jql_is_given(&fields[INDEX]) ? read_changed_index(jql, &fields[INDEX], *plan) : LUMA_OK;
}

status jql__drop(const struct jql *jql, const struct jql_node *command, struct plan **plan) {
  static const struct jql_field specs[] = {{"drop", JQL_NAME, true}};
  struct jql_node fields[1];
  TRY(jql__take(jql, command, specs, 1, fields));
  TRY(jql__put_named(jql, PLAN_DROP_COLLECTION, &fields[0], plan));
  (*plan)->if_exists = true;
  return LUMA_OK;
}

/** MongoDB's clients name a collection with its database before it, in both names: "shop.orders".
 * One of that whole name is meant first. */
static bool names_database(const struct jql *jql, const struct jql_node *from) {
  const struct val *name = &from->value;
  return memchr(name->data, '.', name->bytes) &&
         (!jql->context->catalog || !catalog_find(jql->context->catalog, val_slice(name)));
}

static struct slice without_database(const struct jql_node *node) {
  struct slice name = val_slice(&node->value);
  const uint8_t *dot = memchr(name.data, '.', name.bytes);
  size_t skipped = dot ? (size_t)(dot - name.data) + 1 : 0;
  return skipped == name.bytes ? name : slice_of(name.data + skipped, name.bytes - skipped);
}

status jql__rename(const struct jql *jql, const struct jql_node *command, struct plan **plan) {
  static const struct jql_field specs[] = {{"renameCollection", JQL_NAME, true},
                                           {"to", JQL_NAME, true},
                                           {"dropTarget", JQL_BOOL, false}};
  struct jql_node fields[3];
  TRY(jql__take(jql, command, specs, 3, fields));
  TRY(jql__put_named(jql, PLAN_RENAME_COLLECTION, &fields[0], plan));
  (*plan)->new_name = val_slice(&fields[1].value);
  if (names_database(jql, &fields[0])) {
    (*plan)->collection_name = without_database(&fields[0]);
    (*plan)->new_name = without_database(&fields[1]);
  }
  (*plan)->replaces = jql__flag(&fields[2], false);
  if (!slice_is_equal((*plan)->new_name, (*plan)->collection_name)) return LUMA_OK;
  return jql__fail_code(jql, &fields[1], 20, "Can't rename a collection to itself");
}

/** {name: 1, type: 1} */
static status put_names_only(const struct jql *jql, const struct jql_node *at, struct plan **plan) {
  static const char *const names[] = {"name", "type"};
  struct slice outputs[2];
  struct expr *values[2];
  for (int i = 0; i < 2; i++) {
    outputs[i] = slice_of_text(names[i]);
    TRY(jql__name(jql, at, outputs[i], &values[i]));
  }
  struct expr *map = expr_node(jql->arena, EXPR_MAP, values, 2, at->offset), *root = NULL;
  TRY(jql__made(jql, map));
  map->names = arena_copy(jql->arena, outputs, sizeof outputs);
  TRY(jql__made(jql, map->names));
  TRY(jql__root_of(jql, at, map, &root));
  return jql__put_project(jql, at, root, plan);
}

status jql__list_collections(const struct jql *jql, const struct jql_node *command,
                             struct plan **plan) {
  enum { LIST, FILTER, NAME_ONLY, CURSOR = 4 };
  static const struct jql_field specs[] = {{"listCollections", JQL_ANY, true},
                                           {"filter", JQL_MAP, false},
                                           {"nameOnly", JQL_TRUTH, false},
                                           {"authorizedCollections", JQL_TRUTH, false},
                                           {"cursor", JQL_MAP, false}};
  struct jql_node fields[5];
  TRY(jql__take(jql, command, specs, 5, fields));
  TRY(jql__check_cursor(jql, &fields[CURSOR]));
  TRY(jql__put_told(jql, PLAN_TELLS_COLLECTIONS, &fields[LIST], plan));
  TRY(jql__put_filter(jql, &fields[FILTER], plan));
  return jql__flag(&fields[NAME_ONLY], false) ? put_names_only(jql, &fields[LIST], plan) : LUMA_OK;
}
