/* SPDX-License-Identifier: MIT */
/* TELL_CATALOG: collections, indexes and what is known of their use, a document each, as MongoDB's
 * clients read them. */
#include "query/exec/write/index_document.h"
#include "query/expr/field.h"
#include "query/mongo/mongo.h"

enum { NAMESPACE_NOT_FOUND = 26, NOT_ON_VIEW = 166, DOCUMENTS_AT_ONCE = 128 };

struct telling {
  struct op op;
  struct batch batch;
  struct rows rows;
  uint64_t next_row;
  bool is_done;
};

/** Builds one document into the rows. */
typedef status tell_fn(struct exec *exec, const struct collection *collection,
                       const struct catalog_index *index, struct build *build, struct err *err);

static status tell(struct telling *op, const struct collection *collection,
                   const struct catalog_index *index, tell_fn *put, struct err *err) {
  struct exec *exec = op->op.exec;
  struct build build;
  struct val *row = NULL;
  TRY(rows_add(&op->rows, &row, err));
  build_init(&build, &exec->env->scratch, NULL);
  build_begin_map(&build);
  status done = put(exec, collection, index, &build, err);
  build_end(&build);
  if (done == LUMA_OK) done = field_take_built(exec->env, exec->arena, &build, row, err);
  build_deinit(&build);
  buf_reset(&exec->env->scratch);
  return done;
}

/* ---- collections ---- */

/** A view of JQL is an `aggregate`; one of LQL has its SELECT. */
static status put_view(struct exec *exec, struct slice text, struct build *build, struct err *err) {
  struct val command;
  if (text.bytes == 0 || text.data[0] != '{') {
    index_document_field(build, "select", val_text(text));
    return LUMA_OK;
  }
  TRY(index_document_read(exec, text, &command, err));
  index_document_field(build, "viewOn", val_field(&command, slice_of_text("aggregate")));
  index_document_field(build, "pipeline", val_field(&command, slice_of_text("pipeline")));
  return LUMA_OK;
}

static status put_rules(struct exec *exec, const struct catalog_rules *rules, struct build *build,
                        struct err *err) {
  static const char *const levels[] = {[CATALOG_VALIDATES_ALL] = "strict",
                                       [CATALOG_VALIDATES_SOUND] = "moderate",
                                       [CATALOG_VALIDATES_NONE] = "off"};
  struct val value;
  if (rules->validator.bytes) {
    TRY(index_document_read(exec, rules->validator, &value, err));
    index_document_field(build, "validator", value);
    index_document_field(build, "validationLevel",
                         val_text(slice_of_text(levels[rules->validation])));
    index_document_field(build, "validationAction",
                         val_text(slice_of_text(rules->warns ? "warn" : "error")));
  }
  if (rules->collation.bytes == 0) return LUMA_OK;
  TRY(index_document_read(exec, rules->collation, &value, err));
  index_document_field(build, "collation", value);
  return LUMA_OK;
}

static void put_limits(const struct catalog_rules *rules, struct build *build) {
  if (rules->capped_bytes == 0) return;
  index_document_field(build, "capped", val_bool(true));
  index_document_field(build, "size", val_int64((int64_t)rules->capped_bytes));
  if (rules->capped_documents)
    index_document_field(build, "max", val_int64((int64_t)rules->capped_documents));
}

static void put_series(const struct catalog_rules *rules, struct build *build) {
  static const char *const names[] = {[CATALOG_SECONDS] = "seconds",
                                      [CATALOG_MINUTES] = "minutes",
                                      [CATALOG_HOURS] = "hours",
                                      [CATALOG_OWN_SPAN] = NULL};
  const char *granularity = names[rules->granularity];
  if (rules->time_field.bytes == 0) return;
  build_name(build, slice_of_text("timeseries"));
  build_begin_map(build);
  index_document_field(build, "timeField", val_text(rules->time_field));
  if (rules->meta_field.bytes)
    index_document_field(build, "metaField", val_text(rules->meta_field));
  if (granularity) index_document_field(build, "granularity", val_text(slice_of_text(granularity)));
  index_document_field(build, "bucketMaxSpanSeconds", val_int32((int32_t)rules->span_s));
  if (!granularity)
    index_document_field(build, "bucketRoundingSeconds", val_int32((int32_t)rules->span_s));
  build_end(build);
  if (rules->expires)
    index_document_field(build, "expireAfterSeconds", val_int64((int64_t)rules->expire_s));
}

static const char *type_of(const struct collection *collection) {
  if (collection->view.bytes) return "view";
  return collection->rules.time_field.bytes ? "timeseries" : "collection";
}

/** MongoDB's clients tell collections of one name, made one after the other, by this: a UUID of the
 * eighth version (RFC 9562) around the collection's number, which is never used again. */
static void put_uuid(const struct collection *collection, struct build *build) {
  enum { VERSION_AT = 6, VARIANT_AT = 8, MARK = 0x80 };
  struct val uuid = {.type = VAL_UUID};
  uuid.id[VERSION_AT] = uuid.id[VARIANT_AT] = MARK;
  store32be(uuid.id + sizeof uuid.id - sizeof collection->number, collection->number);
  index_document_field(build, "uuid", uuid);
}

static status put_collection(struct exec *exec, const struct collection *collection,
                             const struct catalog_index *index, struct build *build,
                             struct err *err) {
  bool is_view = collection->view.bytes > 0;
  (void)index;
  index_document_field(build, "name", val_text(collection->name));
  index_document_field(build, "type", val_text(slice_of_text(type_of(collection))));
  build_name(build, slice_of_text("options"));
  build_begin_map(build);
  if (is_view)
    TRY(put_view(exec, collection->view, build, err));
  else
    TRY(put_rules(exec, &collection->rules, build, err));
  put_limits(&collection->rules, build);
  put_series(&collection->rules, build);
  build_end(build);
  build_name(build, slice_of_text("info"));
  build_begin_map(build);
  index_document_field(build, "readOnly", val_bool(is_view));
  if (!is_view) put_uuid(collection, build);
  build_end(build);
  if (is_view) return LUMA_OK;
  build_name(build, slice_of_text("idIndex"));
  return index_document_put(exec, collection, NULL, build, err);
}

static status tell_collections(struct telling *op, struct err *err) {
  const struct catalog *catalog = model_catalog(op->op.exec->txn);
  for (uint32_t i = 0; i < catalog_count(catalog); i++)
    TRY(tell(op, catalog_at(catalog, i), NULL, put_collection, err));
  return LUMA_OK;
}

/* ---- indexes ---- */

/** The fields of the specification themselves are the document. */
static status put_index(struct exec *exec, const struct collection *collection,
                        const struct catalog_index *index, struct build *build, struct err *err) {
  struct build inner;
  struct buf room;
  struct slice built;
  buf_init(&room, DOC_BYTES_MAX);
  build_init(&inner, &room, NULL);
  status done = index_document_put(exec, collection, index, &inner, err);
  if (done == LUMA_OK) done = build_finish(&inner, &built, err);
  if (done == LUMA_OK) {
    struct val map = val_decode(built, NULL);
    build_put_fields(build, &map);
  }
  build_deinit(&inner);
  buf_deinit(&room);
  return done;
}

/** A moment as MongoDB's dates have it. */
static struct val milliseconds(uint64_t us) {
  return val_timestamp((int64_t)(us / 1000 * 1000));
}

static status put_use(struct exec *exec, const struct collection *collection,
                      const struct catalog_index *index, struct build *build, struct err *err) {
  uint64_t ops = index ? catalog_uses_of(index) : catalog_key_uses_of(collection);
  index_document_field(build, "name",
                       index ? val_text(index->name) : val_text(slice_of_text("_id_")));
  build_name(build, slice_of_text("key"));
  index_document_put_keys(index, build);
  build_name(build, slice_of_text("accesses"));
  build_begin_map(build);
  index_document_field(build, "ops", val_int64((int64_t)ops));
  index_document_field(build, "since", milliseconds(model_opened_us(exec->model)));
  build_end(build);
  build_name(build, slice_of_text("spec"));
  return index_document_put(exec, collection, index, build, err);
}

static status tell_indexes(struct telling *op, const struct collection *collection,
                           struct err *err) {
  TRY(tell(op, collection, NULL, put_index, err));
  for (uint32_t i = 0; i < collection->indexes_count; i++)
    TRY(tell(op, collection, &collection->indexes[i], put_index, err));
  return LUMA_OK;
}

static status tell_uses(struct telling *op, const struct collection *collection, struct err *err) {
  TRY(tell(op, collection, NULL, put_use, err));
  for (uint32_t i = 0; i < collection->indexes_count; i++)
    TRY(tell(op, collection, &collection->indexes[i], put_use, err));
  return LUMA_OK;
}

/* ---- statistics ---- */

/** Reads the collection: the bytes of its documents are not kept count of. */
static status sum_bytes(struct exec *exec, const struct collection *collection, uint64_t *bytes,
                        struct err *err) {
  struct doc documents[DOCUMENTS_AT_ONCE];
  struct model_scan_options options = {0};
  struct model_scan *scan = NULL;
  uint32_t count = 0;
  *bytes = 0;
  TRY(model_scan_open(exec->txn, collection, &options, &scan, err));
  status done = LUMA_OK;
  do {
    done = model_scan_next(scan, DOCUMENTS_AT_ONCE, documents, &count, err);
    for (uint32_t i = 0; i < count && done == LUMA_OK; i++) *bytes += documents[i].bytes;
    if (done == LUMA_OK) done = op__check(exec, err);
  } while (count && done == LUMA_OK);
  model_scan_close(scan);
  return done;
}

/** What documents and indexes take in files; nothing where the store cannot tell. Documents lie by
 * their keys: the index of `_id` takes nothing beside them. */
static status put_files(struct exec *exec, const struct collection *collection, uint32_t scale,
                        struct build *build, struct err *err) {
  struct store_measure documents, entries;
  uint64_t indexes_bytes = 0;
  bool known = false;
  TRY(model_measure(exec->txn, collection, NULL, &documents, &known, err));
  if (!known) return LUMA_OK;
  build_name(build, slice_of_text("indexSizes"));
  build_begin_map(build);
  index_document_field(build, "_id_", val_int64(0));
  for (uint32_t i = 0; i < collection->indexes_count; i++) {
    const struct catalog_index *index = &collection->indexes[i];
    struct val bytes;
    TRY(model_measure(exec->txn, collection, index, &entries, &known, err));
    indexes_bytes += entries.stored_bytes;
    bytes = val_int64((int64_t)(entries.stored_bytes / scale));
    build_name(build, index->name);
    build_put(build, &bytes);
  }
  build_end(build);
  uint64_t all_bytes = documents.stored_bytes + indexes_bytes;
  index_document_field(build, "storageSize", val_int64((int64_t)(documents.stored_bytes / scale)));
  index_document_field(build, "totalIndexSize", val_int64((int64_t)(indexes_bytes / scale)));
  index_document_field(build, "totalSize", val_int64((int64_t)(all_bytes / scale)));
  return LUMA_OK;
}

/** Names of indexes that are being filled. */
static void put_builds(const struct collection *collection, struct build *build) {
  build_name(build, slice_of_text("indexBuilds"));
  build_begin_list(build);
  for (uint32_t i = 0; i < collection->indexes_count; i++) {
    struct val name = val_text(collection->indexes[i].name);
    if (collection->indexes[i].state != CATALOG_INDEX_PUBLIC) build_put(build, &name);
  }
  build_end(build);
}

/** Sizes are divided by `scale`; the average is in bytes, as MongoDB's is. */
static status put_storage(struct exec *exec, const struct collection *collection, uint32_t scale,
                          uint64_t count, struct build *build, struct err *err) {
  uint64_t bytes = 0;
  TRY(sum_bytes(exec, collection, &bytes, err));
  build_name(build, slice_of_text("storageStats"));
  build_begin_map(build);
  index_document_field(build, "size", val_int64((int64_t)(bytes / scale)));
  index_document_field(build, "count", val_int64((int64_t)count));
  if (count) index_document_field(build, "avgObjSize", val_int64((int64_t)(bytes / count)));
  index_document_field(build, "nindexes", val_int32((int32_t)collection->indexes_count + 1));
  put_builds(collection, build);
  TRY(put_files(exec, collection, scale, build, err));
  index_document_field(build, "capped", val_bool(collection->arrival != NULL));
  if (collection->arrival) {
    const struct catalog_rules *rules = &collection->rules;
    index_document_field(build, "max", val_int64((int64_t)rules->capped_documents));
    index_document_field(build, "maxSize", val_int64((int64_t)(rules->capped_bytes / scale)));
  }
  index_document_field(build, "scaleFactor", val_int64(scale));
  build_end(build);
  return LUMA_OK;
}

static status put_statistics(struct exec *exec, const struct collection *collection,
                             const struct plan *plan, struct build *build, struct err *err) {
  uint64_t count = 0;
  TRY(model_count(exec->txn, collection, &count, err));
  index_document_field(build, "ns", val_text(collection->name));
  index_document_field(build, "localTime", milliseconds(exec->env->now_us));
  if (plan->tells_storage) TRY(put_storage(exec, collection, plan->tells_scale, count, build, err));
  if (plan->tells_count) index_document_field(build, "count", val_int64((int64_t)count));
  return LUMA_OK;
}

static status tell_statistics(struct telling *op, const struct collection *collection,
                              struct err *err) {
  struct exec *exec = op->op.exec;
  struct build build;
  struct val *row = NULL;
  TRY(rows_add(&op->rows, &row, err));
  build_init(&build, &exec->env->scratch, NULL);
  build_begin_map(&build);
  status done = put_statistics(exec, collection, op->op.plan, &build, err);
  build_end(&build);
  if (done == LUMA_OK) done = field_take_built(exec->env, exec->arena, &build, row, err);
  build_deinit(&build);
  buf_reset(&exec->env->scratch);
  return done;
}

/* ---- the whole ---- */

static status tell_all(struct telling *op, struct err *err) {
  const struct plan *plan = op->op.plan;
  const struct collection *collection = plan->collection;
  op->is_done = true;
  if (plan->tells == PLAN_TELLS_COLLECTIONS) return tell_collections(op, err);
  if (!collection)
    return mongo_fail_as(err, LUMA_UNKNOWN_COLLECTION, NAMESPACE_NOT_FOUND,
                         "ns does not exist: there is no collection `%.*s`",
                         SLICE_ARG(plan->collection_name));
  bool is_stored = plan->tells != PLAN_TELLS_COLLECTION_STATS || plan->tells_storage ||
                   plan->tells_count; /* what is asked for */
  if (collection->view.bytes && is_stored)
    return mongo_fail_as(err, LUMA_INVALID_ARGUMENT, NOT_ON_VIEW,
                         "`%.*s` is a view, not a collection: it has no indexes, and holds nothing",
                         SLICE_ARG(collection->name));
  if (plan->tells == PLAN_TELLS_INDEXES) return tell_indexes(op, collection, err);
  if (plan->tells == PLAN_TELLS_INDEX_STATS) return tell_uses(op, collection, err);
  return tell_statistics(op, collection, err);
}

static status catalog_next(struct op *base, struct batch **batch, struct err *err) {
  struct telling *op = (struct telling *)base;
  if (!op->is_done) TRY(tell_all(op, err));
  if (op->next_row == op->rows.count) return LUMA_OK;
  op__emit(&op->batch, &op->rows, &op->next_row);
  *batch = &op->batch;
  return LUMA_OK;
}

status op__open_catalog(struct exec *exec, const struct plan *plan, struct op **op,
                        struct err *err) {
  static const struct op_ops ops = {catalog_next, NULL};
  struct telling *telling = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *telling, &telling, err));
  *op = &telling->op;
  rows_init(&telling->rows, exec, 1);
  return batch_init(&telling->batch, exec->arena, 1, err);
}
