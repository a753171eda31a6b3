/* SPDX-License-Identifier: MIT */
#include "query/exec/schema/schema_mongo.h"
#include "base/core/assert.h"

#include "query/exec/write/index_document.h"
#include "query/expr/field.h"
#include "query/mongo/mongo.h"

enum {
  NAMESPACE_NOT_FOUND = 26,
  INDEX_NOT_FOUND = 27,
  NAMESPACE_EXISTS = 48,
  INVALID_OPTIONS = 72,
  INDEX_OPTIONS_CONFLICT = 85,
  INDEX_KEY_SPECS_CONFLICT = 86,
  NOT_ON_VIEW = 166,
  AMBIGUOUS_INDEX_KEYS = 181
};

static struct slice name_of(const struct plan *plan) {
  return plan->collection ? plan->collection->name : plan->collection_name;
}

/** Indexes are committed by themselves: what is there now is not what the transaction sees. */
static uint32_t count_indexes(const struct exec *exec, const struct plan *plan) {
  const struct catalog *catalog = model_catalog_acquire(exec->model);
  const struct collection *collection = catalog_find(catalog, name_of(plan));
  uint32_t count = collection ? collection->indexes_count + 1 : 0;
  catalog_release(catalog);
  return count;
}

static status fail_view(const struct collection *view, struct err *err) {
  return mongo_fail_as(err, LUMA_INVALID_ARGUMENT, NOT_ON_VIEW,
                       "`%.*s` is a view, not a collection: it has no indexes",
                       SLICE_ARG(view->name));
}

status schema_mongo_begin(struct exec *exec, const struct plan *plan, struct err *err) {
  bool is_of_view = plan->collection && plan->collection->view.bytes;
  if (plan->kind == PLAN_REINDEX && is_of_view) return fail_view(plan->collection, err);
  if (exec->schema) return LUMA_OK;
  exec->schema = arena_zalloc(exec->arena, 1, sizeof *exec->schema);
  TRY(op__memory(exec, exec->schema, err));
  exec->schema->before = count_indexes(exec, plan);
  exec->schema->was_there = exec->schema->before > 0;
  return LUMA_OK;
}

/* ---- answers ---- */

static void put_index_counts(const struct exec *exec, struct build *build) {
  const struct exec_schema *schema = exec->schema;
  uint32_t before = schema->before ? schema->before : 1;
  index_document_field(build, "numIndexesBefore", val_int32((int32_t)before));
  index_document_field(build, "numIndexesAfter", val_int32((int32_t)schema->after));
  if (before != schema->after)
    index_document_field(build, "createdCollectionAutomatically", val_bool(!schema->was_there));
  if (schema->was_there && before == schema->after)
    index_document_field(build, "note", val_text(slice_of_text("all indexes already exist")));
}

static void put_namespace(const struct plan *plan, struct build *build) {
  struct buf text;
  buf_init(&text, 4096);
  buf_append_format(&text, "luma.%.*s", SLICE_ARG(name_of(plan)));
  index_document_field(build, "ns", val_text(buf_slice(&text)));
  buf_deinit(&text);
}

static void put_changes(const struct exec_schema *schema, struct build *build) {
  if (schema->has_expiry && schema->expired_before)
    index_document_field(build, "expireAfterSeconds_old", val_int64(schema->expiry_old_s));
  if (schema->has_expiry)
    index_document_field(build, "expireAfterSeconds_new", val_int64(schema->expiry_new_s));
  if (!schema->has_hidden) return;
  index_document_field(build, "hidden_old", val_bool(schema->hidden_old));
  index_document_field(build, "hidden_new", val_bool(schema->hidden_new));
}

static void put_answer(const struct exec *exec, const struct plan *plan, struct build *build) {
  const struct exec_schema *schema = exec->schema;
  if (plan->kind == PLAN_CREATE_INDEX) put_index_counts(exec, build);
  if (plan->kind == PLAN_DROP_INDEX)
    index_document_field(build, "nIndexesWas", val_int32((int32_t)schema->before));
  if (plan->kind == PLAN_DROP_COLLECTION && schema->was_there) {
    bool is_view = plan->collection && plan->collection->view.bytes;
    if (!is_view) index_document_field(build, "nIndexesWas", val_int32((int32_t)schema->before));
    put_namespace(plan, build);
  }
  if (plan->kind == PLAN_REINDEX) {
    index_document_field(build, "nIndexesWas", val_int32((int32_t)schema->before));
    index_document_field(build, "nIndexes", val_int32((int32_t)schema->after));
  }
  put_changes(schema, build);
  index_document_field(build, "ok", val_int32(1));
}

status schema_mongo_end(struct exec *exec, const struct plan *plan, struct err *err) {
  struct build build;
  exec->schema->after = count_indexes(exec, plan);
  build_init(&build, &exec->env->scratch, NULL);
  build_begin_map(&build);
  put_answer(exec, plan, &build);
  build_end(&build);
  status done = field_take_built(exec->env, exec->arena, &build, &exec->answer, err);
  build_deinit(&build);
  buf_reset(&exec->env->scratch);
  return done;
}

/* ---- making indexes ---- */

static status fail_same_name(const struct catalog_index *index, const struct plan *plan,
                             struct err *err) {
  bool alike = index_document_is_alike(index, plan);
  return mongo_fail_as(
      err, LUMA_ALREADY_EXISTS, alike ? INDEX_OPTIONS_CONFLICT : INDEX_KEY_SPECS_CONFLICT,
      alike ? "An equivalent index already exists with the same name but different "
              "options: `%.*s`"
            : "An existing index has the same name as the requested index, and other "
              "keys or options: `%.*s`. When index names are not specified, they are "
              "auto generated and can cause conflicts",
      SLICE_ARG(index->name));
}

static status check_against(const struct catalog_index *index, const struct plan *plan,
                            bool *is_there, struct err *err) {
  bool same_name = slice_is_equal(index->name, plan->index_name);
  bool alike = index_document_is_alike(index, plan);
  bool same_expiry = index->expires == plan->expires && index->expire_s == plan->expire_s;
  if (same_name && alike && index->hidden == plan->hidden && same_expiry) {
    *is_there = true;
    return LUMA_OK;
  }
  if (same_name) return fail_same_name(index, plan, err);
  if (!alike) return LUMA_OK;
  return mongo_fail_as(err, LUMA_ALREADY_EXISTS, INDEX_OPTIONS_CONFLICT,
                       "Index already exists with a different name: %.*s", SLICE_ARG(index->name));
}

/** {_id: 1} is the key itself: it is there. */
static bool is_key_alone(const struct plan *plan) {
  const struct path *path = &plan->index_keys[0].path;
  return plan->index_keys_count == 1 && path->count == 1 && !plan->index_keys[0].descending &&
         slice_is_equal(path->steps[0].name, slice_of_text("_id"));
}

/** What an index of a time series cannot be. */
static status check_of_series(const struct collection *collection, const struct plan *plan,
                              struct err *err) {
  if (collection->rules.time_field.bytes == 0) return LUMA_OK;
  const char *what = plan->unique    ? "Unique"
                     : plan->sparse  ? "Sparse"
                     : plan->expires ? "TTL"
                                     : NULL;
  if (!what) return LUMA_OK;
  return mongo_fail(err, INVALID_OPTIONS,
                    "%s indexes are not supported on time-series collections, such as `%.*s`", what,
                    SLICE_ARG(collection->name));
}

status schema_mongo_check_index(struct exec *exec, const struct plan *plan, bool *is_there,
                                struct err *err) {
  const struct catalog *catalog = model_catalog_acquire(exec->model);
  const struct collection *collection = catalog_find(catalog, name_of(plan));
  status done = collection && collection->view.bytes ? fail_view(collection, err) : LUMA_OK;
  *is_there = is_key_alone(plan);
  for (uint32_t i = 0; collection && i < collection->indexes_count && done == LUMA_OK; i++)
    done = check_against(&collection->indexes[i], plan, is_there, err);
  if (collection && done == LUMA_OK && !*is_there) done = check_of_series(collection, plan, err);
  catalog_release(catalog);
  if (done != LUMA_OK || *is_there) return done;
  if (exec->schema->made_count < SCHEMA_MADE_MAX)
    exec->schema->made[exec->schema->made_count++] = plan->index_name;
  return LUMA_OK;
}

static void drop_made(struct exec *exec, struct slice collection, struct slice index) {
  struct store_begin_options options = {.may_block = true};
  struct model_txn *txn = NULL;
  if (model_begin(exec->model, &options, &txn, NULL) != LUMA_OK) return;
  if (model_drop_index(txn, collection, index, true, NULL) == LUMA_OK)
    (void)model_commit(txn, STORE_SYNC_DEFAULT, NULL, NULL);
  else
    model_rollback(txn);
}

void schema_mongo_take_back(struct exec *exec, const struct plan *plan) {
  if (!exec->schema) return;
  for (uint32_t i = 0; i < exec->schema->made_count; i++)
    drop_made(exec, name_of(plan), exec->schema->made[i]);
  exec->schema->made_count = 0;
}

/* ---- dropping indexes ---- */

/** The only index of the plan's keys. */
static status find_by_keys(const struct collection *collection, const struct plan *plan,
                           const struct catalog_index **found, struct err *err) {
  *found = NULL;
  for (uint32_t i = 0; i < collection->indexes_count; i++) {
    if (!index_document_has_keys(&collection->indexes[i], plan)) continue;
    if (*found)
      return mongo_fail(err, AMBIGUOUS_INDEX_KEYS,
                        "several indexes have these keys: drop one by its name, such as `%.*s`",
                        SLICE_ARG((*found)->name));
    *found = &collection->indexes[i];
  }
  if (*found) return LUMA_OK;
  return mongo_fail_as(err, LUMA_UNKNOWN_INDEX, INDEX_NOT_FOUND,
                       "can't find index with key: `%.*s` has none of these",
                       SLICE_ARG(collection->name));
}

static status check_name(const struct collection *collection, struct slice name, struct err *err) {
  if (collection_index(collection, name)) return LUMA_OK;
  status failed = mongo_fail_as(err, LUMA_UNKNOWN_INDEX, INDEX_NOT_FOUND,
                                "index not found with name [%.*s]", SLICE_ARG(name));
  err_hint(err, "listIndexes shows the indexes of `%.*s`", SLICE_ARG(collection->name));
  return failed;
}

static status fail_missing(const struct plan *plan, struct err *err) {
  return mongo_fail_as(err, LUMA_UNKNOWN_COLLECTION, NAMESPACE_NOT_FOUND,
                       "ns not found: there is no collection `%.*s`",
                       SLICE_ARG(plan->collection_name));
}

status schema_mongo_check_drop(struct exec *exec, const struct plan *plan, struct err *err) {
  const struct catalog *catalog = model_catalog(exec->txn);
  const struct collection *collection = catalog_find(catalog, name_of(plan));
  const struct catalog_index *found = NULL;
  if (!collection) return fail_missing(plan, err);
  if (collection->view.bytes) return fail_view(collection, err);
  if (plan->all) return LUMA_OK;
  if (plan->index_keys_count && is_key_alone(plan))
    return mongo_fail(err, INVALID_OPTIONS, "cannot drop _id index");
  if (plan->index_keys_count) return find_by_keys(collection, plan, &found, err);
  for (uint32_t i = 0; i < plan->names_count; i++) TRY(check_name(collection, plan->names[i], err));
  return plan->index_name.bytes ? check_name(collection, plan->index_name, err) : LUMA_OK;
}

/* ---- collections ---- */

static struct catalog_rules changed_rules(const struct catalog_rules *from,
                                          const struct plan_rules *asked) {
  struct catalog_rules rules = *from;
  if (asked->has_validator) rules.validator = asked->validator;
  if (asked->has_validation) rules.validation = asked->validation;
  if (asked->has_warns) rules.warns = asked->warns;
  if (asked->collation.bytes) rules.collation = asked->collation;
  if (asked->capped_bytes) rules.capped_bytes = asked->capped_bytes;
  if (asked->has_capped_documents) rules.capped_documents = asked->capped_documents;
  if (asked->time_field.bytes) rules.time_field = asked->time_field;
  if (asked->meta_field.bytes) rules.meta_field = asked->meta_field;
  if (asked->has_series) rules.granularity = asked->granularity;
  if (asked->has_series) rules.span_s = asked->span_s;
  if (asked->has_lifetime) rules.expires = !asked->is_lasting;
  if (asked->has_lifetime) rules.expire_s = asked->is_lasting ? 0 : asked->lifetime_s;
  return rules;
}

static bool is_same_series(const struct catalog_rules *a, const struct catalog_rules *b) {
  return slice_is_equal(a->time_field, b->time_field) &&
         slice_is_equal(a->meta_field, b->meta_field) && a->granularity == b->granularity &&
         a->span_s == b->span_s && a->expires == b->expires && a->expire_s == b->expire_s;
}

static bool is_same_rules(const struct catalog_rules *a, const struct catalog_rules *b) {
  return slice_is_equal(a->validator, b->validator) && slice_is_equal(a->collation, b->collation) &&
         a->validation == b->validation && a->warns == b->warns &&
         a->capped_bytes == b->capped_bytes && a->capped_documents == b->capped_documents &&
         is_same_series(a, b);
}

static bool is_asking_nothing(const struct catalog_rules *rules) {
  return rules->validator.bytes == 0 && rules->collation.bytes == 0 && !rules->warns &&
         rules->validation == CATALOG_VALIDATES_ALL && rules->capped_bytes == 0 &&
         rules->time_field.bytes == 0;
}

status schema_mongo_create(struct exec *exec, const struct plan *plan, struct err *err) {
  static const struct catalog_rules none = {.validation = CATALOG_VALIDATES_ALL};
  static const struct plan_rules nothing = {0};
  const struct plan_rules *asked = plan->rules ? plan->rules : &nothing;
  struct catalog_rules rules = changed_rules(&none, asked);
  const struct collection *there = catalog_find(model_catalog(exec->txn), plan->collection_name);
  if (there && !slice_is_equal(there->name, plan->collection_name)) there = NULL;
  if (there && !there->view.bytes && is_same_rules(&there->rules, &rules)) return LUMA_OK;
  if (there)
    return mongo_fail_as(err, LUMA_ALREADY_EXISTS, NAMESPACE_EXISTS,
                         "Collection `%.*s` already exists, with other options",
                         SLICE_ARG(there->name));
  TRY(model_create_collection(exec->txn, plan->collection_name, false, NULL, err));
  if (is_asking_nothing(&rules)) return LUMA_OK;
  return model_set_rules(exec->txn, plan->collection_name, &rules, err);
}

static void note_change(struct exec_schema *schema, const struct catalog_index *index,
                        const struct plan_rules *rules) {
  schema->has_hidden = rules->has_hidden && index->hidden != rules->hidden;
  schema->hidden_old = index->hidden;
  schema->hidden_new = rules->hidden;
  schema->has_expiry = rules->has_expiry && (!index->expires || index->expire_s != rules->expire_s);
  schema->expired_before = index->expires;
  schema->expiry_old_s = index->expire_s;
  schema->expiry_new_s = rules->expire_s;
}

static status check_expiry(const struct catalog_index *index, const struct plan_rules *rules,
                           struct err *err) {
  if (!rules->has_expiry || index->def.keys_count == 1) return LUMA_OK;
  return mongo_fail(err, INVALID_OPTIONS,
                    "TTL indexes are single-field indexes, `%.*s` has several",
                    SLICE_ARG(index->name));
}

static status change_index(struct exec *exec, const struct plan *plan,
                           const struct collection *collection, struct err *err) {
  const struct catalog_index *index = NULL;
  if (plan->index_keys_count) {
    TRY(find_by_keys(collection, plan, &index, err));
  } else {
    TRY(check_name(collection, plan->index_name, err));
    index = collection_index(collection, plan->index_name);
  }
  ASSERT(index); /* both ways fail where there is none */
  const struct plan_rules *rules = plan->rules;
  if (rules->has_expiry && collection_is_time_index(collection, index))
    return mongo_fail(err, INVALID_OPTIONS,
                      "`%.*s` is a time series: its own expireAfterSeconds counts",
                      SLICE_ARG(collection->name));
  const struct model_index_change change = {rules->has_hidden, rules->hidden, rules->has_expiry,
                                            rules->expire_s};
  TRY(check_expiry(index, rules, err));
  note_change(exec->schema, index, rules);
  return model_change_index(exec->txn, collection->name, index->name, &change, err);
}

/** collMod changes the limits of what is capped; convertToCapped gives them to a collection. */
static status check_capped(const struct plan *plan, const struct collection *collection,
                           struct err *err) {
  const struct plan_rules *rules = plan->rules;
  bool asks = rules->capped_bytes || rules->has_capped_documents;
  bool checks = rules->has_validator || rules->has_validation || rules->has_warns;
  if (checks && collection->view.bytes)
    return mongo_fail(err, INVALID_OPTIONS, "`%.*s` is a view, and has no validator",
                      SLICE_ARG(collection->name));
  if (asks && collection->view.bytes)
    return mongo_fail_as(err, LUMA_INVALID_ARGUMENT, NOT_ON_VIEW,
                         "`%.*s` is a view, not a collection: it holds nothing",
                         SLICE_ARG(collection->name));
  if (!asks || !rules->only_capped || collection->arrival) return LUMA_OK;
  return mongo_fail(err, INVALID_OPTIONS, "Collection `%.*s` is not capped",
                    SLICE_ARG(collection->name));
}

/** A time series may be told to be coarser than it was. */
static status check_series(const struct plan *plan, const struct collection *collection,
                           struct err *err) {
  const struct plan_rules *rules = plan->rules;
  if (!rules->has_series && !rules->has_lifetime) return LUMA_OK;
  if (collection->rules.time_field.bytes == 0)
    return mongo_fail(
        err, INVALID_OPTIONS, "'%s' is only supported on time-series collections, `%.*s` is none",
        rules->has_series ? "timeseries" : "expireAfterSeconds", SLICE_ARG(collection->name));
  if (!rules->has_series || rules->span_s >= collection->rules.span_s) return LUMA_OK;
  return mongo_fail(err, INVALID_OPTIONS,
                    "Invalid transition for timeseries.granularity. Can only transition from "
                    "'seconds' to 'minutes' or 'minutes' to 'hours'.");
}

status schema_mongo_change(struct exec *exec, const struct plan *plan, struct err *err) {
  const struct collection *collection =
      catalog_find(model_catalog(exec->txn), plan->collection_name);
  if (!collection) return fail_missing(plan, err);
  TRY(check_capped(plan, collection, err));
  TRY(check_series(plan, collection, err));
  if (plan->rules->has_hidden || plan->rules->has_expiry)
    TRY(change_index(exec, plan, collection, err));
  collection = catalog_find(model_catalog(exec->txn), plan->collection_name);
  struct catalog_rules rules = changed_rules(&collection->rules, plan->rules);
  if (is_same_rules(&rules, &collection->rules)) return LUMA_OK;
  return model_set_rules(exec->txn, collection->name, &rules, err);
}
