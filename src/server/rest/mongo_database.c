/* SPDX-License-Identifier: MIT */
/* listDatabases, dbStats, collStats: what is known of the one database and of a collection. */
#include "model/catalog/catalog.h"
#include "server/rest/mongo_admin.h"

/* ---- the database ---- */

static status store_bytes(const struct mongo_asked *asked, uint64_t *bytes, struct err *err) {
  struct store_stats store = {0};
  struct model *model = asked->exchange->rest->options.db->model;
  TRY(store_get_stats(model_store(model), &store, err));
  *bytes = store.file_bytes + store.wal_bytes;
  return LUMA_OK;
}

static bool is_empty(const struct mongo_asked *asked) {
  const struct catalog *catalog = model_catalog_acquire(asked->exchange->rest->options.db->model);
  bool empty = catalog_count(catalog) == 0;
  catalog_release(catalog);
  return empty;
}

static status put_database(const struct mongo_asked *asked, struct build *build, bool is_name_only,
                           uint64_t *bytes, struct err *err) {
  TRY(store_bytes(asked, bytes, err));
  build_begin_map(build);
  mongo_put_text(build, "name", "luma");
  if (!is_name_only) {
    mongo_put_number(build, "sizeOnDisk", *bytes);
    mongo_put_flag(build, "empty", is_empty(asked));
  }
  build_end(build);
  return LUMA_OK;
}

/* {"aggregate": 1, "pipeline": [{"$documents": [the database]}, {"$match": filter}]} */
static status put_filtering(const struct mongo_asked *asked, struct build *build,
                            const struct val *filter, struct err *err) {
  uint64_t bytes = 0;
  build_begin_map(build);
  mongo_put_number(build, "aggregate", 1);
  build_name(build, slice_of_text("pipeline"));
  build_begin_list(build);
  build_begin_map(build);
  build_name(build, slice_of_text("$documents"));
  build_begin_list(build);
  TRY(put_database(asked, build, false, &bytes, err));
  build_end(build);
  build_end(build);
  build_begin_map(build);
  mongo_put(build, "$match", *filter);
  build_end(build);
  build_end(build);
  build_end(build);
  return LUMA_OK;
}

/* Whether the filter, if there is one, keeps the database. */
static status is_kept(const struct mongo_asked *asked, bool *kept, struct err *err) {
  struct val filter = mongo_asked_field(asked, "filter"), row;
  struct session_cursor *cursor = NULL;
  struct slice built;
  struct build build;
  struct buf room;
  *kept = true;
  if (filter.type == VAL_MISSING) return LUMA_OK;
  buf_init(&room, DOC_BYTES_MAX);
  build_init(&build, &room, NULL);
  status done = put_filtering(asked, &build, &filter, err);
  if (done == LUMA_OK) done = build_finish(&build, &built, err);
  build_deinit(&build);
  if (done == LUMA_OK) {
    struct val command = val_decode(built, NULL);
    struct session_request request = {.source = {.lang = &lang_jql, .command = &command}};
    done = session_run(asked->exchange->session, &request, NULL, &cursor, err);
    if (done == LUMA_OK) done = session_next(cursor, &row, kept, err);
    session_cursor_close(cursor);
  }
  buf_deinit(&room);
  return done;
}

status mongo_database_list(const struct mongo_asked *asked, struct err *err) {
  struct build *build = asked->build;
  struct val names = mongo_asked_field(asked, "nameOnly");
  bool is_name_only = names.type == VAL_BOOL && names.boolean, kept = true;
  uint64_t bytes = 0;
  TRY(is_kept(asked, &kept, err));
  build_name(build, slice_of_text("databases"));
  build_begin_list(build);
  if (kept) TRY(put_database(asked, build, is_name_only, &bytes, err));
  build_end(build);
  if (is_name_only) return LUMA_OK;
  mongo_put_number(build, "totalSize", bytes);
  mongo_put_number(build, "totalSizeMb", bytes >> 20);
  return LUMA_OK;
}

/* What bytes are told in units of. */
static status read_scale(const struct mongo_asked *asked, uint64_t *scale, struct err *err) {
  enum { TYPE_MISMATCH = 14, BELOW_LEAST = 51024 };
  struct val given = mongo_asked_field(asked, "scale");
  double number = val_is_number(&given) ? val_to_float64(&given) : 0;
  *scale = 1;
  if (val_is_null(&given)) return LUMA_OK;
  *scale = number >= 1 && number < 0x1p63 ? (uint64_t)number : 0;
  if (*scale) return LUMA_OK;
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
            "`scale` takes a number that is at least 1");
  if (err) err->foreign = val_is_number(&given) ? BELOW_LEAST : TYPE_MISMATCH;
  return LUMA_INVALID_ARGUMENT;
}

/* ---- a collection ---- */

/* [{"$collStats": {"storageStats": {"scale": …}}}] over the collection */
static void put_pipeline(struct build *build, const struct val *collection,
                         const struct val *scale) {
  build_begin_map(build);
  mongo_put(build, "aggregate", *collection);
  build_name(build, slice_of_text("pipeline"));
  build_begin_list(build);
  build_begin_map(build);
  build_name(build, slice_of_text("$collStats"));
  build_begin_map(build);
  build_name(build, slice_of_text("storageStats"));
  build_begin_map(build);
  if (!val_is_null(scale)) mongo_put(build, "scale", *scale);
  build_end(build);
  build_end(build);
  build_end(build);
  build_end(build);
  build_end(build);
}

void mongo_database_put_namespace(const struct mongo_asked *asked, const struct val *collection) {
  struct buf text;
  buf_init(&text, 64 << 10);
  buf_append_format(&text, "%.*s.%.*s", SLICE_ARG(mongo_admin_database(asked->run)),
                    SLICE_ARG(val_slice(collection)));
  mongo_put(asked->build, "ns", val_text(buf_slice(&text)));
  buf_deinit(&text);
}

/* Takes what is wanted of storageStats. */
typedef void take_stats_fn(const struct mongo_asked *asked, const struct val *stats, void *context);

/* The fields stand in the answer themselves. */
static void put_all(const struct mongo_asked *asked, const struct val *stats, void *context) {
  (void)context;
  build_put_fields(asked->build, stats);
}

static void put_size(const struct mongo_asked *asked, const struct val *stats, void *context) {
  const struct exchange *exchange = asked->exchange;
  uint64_t us = os_monotonic_us(exchange->rest->options.os) - exchange->request->began_us;
  (void)context;
  mongo_put(asked->build, "size", val_field(stats, slice_of_text("size")));
  mongo_put(asked->build, "numObjects", val_field(stats, slice_of_text("count")));
  mongo_put_number(asked->build, "millis", us / 1000);
  mongo_put_flag(asked->build, "estimate", false);
}

/* What is asked of a collection, and who takes it. */
struct asking {
  struct val collection, scale;
  take_stats_fn *take;
  void *context;
};

static status take_first(const struct mongo_asked *asked, struct session_cursor *cursor,
                         const struct asking *asking, struct err *err) {
  struct val row;
  bool has = false;
  TRY(session_next(cursor, &row, &has, err));
  if (!has) return LUMA_OK;
  struct val storage = val_field(&row, slice_of_text("storageStats"));
  asking->take(asked, &storage, asking->context);
  return LUMA_OK;
}

static status ask_stats(const struct mongo_asked *asked, const struct asking *asking,
                        struct err *err) {
  struct session_cursor *cursor = NULL;
  struct slice built;
  struct build build;
  struct buf room;
  buf_init(&room, DOC_BYTES_MAX);
  build_init(&build, &room, NULL);
  put_pipeline(&build, &asking->collection, &asking->scale);
  status done = build_finish(&build, &built, err);
  build_deinit(&build);
  if (done == LUMA_OK) {
    struct val command = val_decode(built, NULL);
    struct session_request request = {.source = {.lang = &lang_jql, .command = &command}};
    done = session_run(asked->exchange->session, &request, NULL, &cursor, err);
    if (done == LUMA_OK) done = take_first(asked, cursor, asking, err);
    session_cursor_close(cursor);
  }
  buf_deinit(&room);
  return done;
}

static status take_name(const struct mongo_asked *asked, struct val *name, struct err *err) {
  struct slice first;
  *name = val_field_at(&asked->run->command, 0, &first);
  if (name->type == VAL_TEXT && name->bytes > 0) return LUMA_OK;
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "`%.*s` takes the name of a collection",
            SLICE_ARG(first));
  if (err) err->foreign = 73;
  return LUMA_INVALID_ARGUMENT;
}

status mongo_database_of_collection(const struct mongo_asked *asked, struct err *err) {
  struct val collection;
  TRY(take_name(asked, &collection, err));
  mongo_database_put_namespace(asked, &collection);
  struct asking asking = {collection, mongo_asked_field(asked, "scale"), put_all, NULL};
  return ask_stats(asked, &asking, err);
}

/* The name has its database before it. */
status mongo_database_data_size(const struct mongo_asked *asked, struct err *err) {
  struct val collection;
  TRY(take_name(asked, &collection, err));
  struct slice name = val_slice(&collection);
  const uint8_t *dot = memchr(name.data, '.', name.bytes);
  size_t before = dot ? (size_t)(dot - name.data) + 1 : 0;
  collection = val_text(slice_of(name.data + before, name.bytes - before));
  struct asking asking = {collection, mongo_asked_field(asked, "scale"), put_size, NULL};
  return ask_stats(asked, &asking, err);
}

/* ---- all collections ---- */

struct totals {
  struct arena *arena;
  struct slice *names; /* of collections, in the arena */
  uint32_t collections, views;
  uint64_t objects, indexes, data_bytes, storage_bytes, indexes_bytes;
};

static status list_names(void *context, struct model_txn *txn, struct err *err) {
  struct totals *totals = context;
  const struct catalog *catalog = model_catalog(txn);
  totals->names = arena_zalloc(totals->arena, catalog_count(catalog) + 1u, sizeof *totals->names);
  if (!totals->names) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for names of collections");
  totals->collections = totals->views = 0;
  for (uint32_t i = 0; i < catalog_count(catalog); i++) {
    const struct collection *collection = catalog_at(catalog, i);
    const void *copy = arena_copy(totals->arena, collection->name.data, collection->name.bytes);
    if (!copy) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for names of collections");
    if (collection->view.bytes)
      totals->views++;
    else
      totals->names[totals->collections++] = slice_of(copy, collection->name.bytes);
  }
  return LUMA_OK;
}

static uint64_t number_of(const struct val *stats, const char *name) {
  struct val value = val_field(stats, slice_of_text(name));
  int64_t number = 0;
  return val_is_number(&value) && val_to_int64(&value, &number) && number > 0 ? (uint64_t)number
                                                                              : 0;
}

static void add_stats(const struct mongo_asked *asked, const struct val *stats, void *context) {
  struct totals *totals = context;
  (void)asked;
  totals->objects += number_of(stats, "count");
  totals->indexes += number_of(stats, "nindexes");
  totals->data_bytes += number_of(stats, "size");
  totals->storage_bytes += number_of(stats, "storageSize");
  totals->indexes_bytes += number_of(stats, "totalIndexSize");
}

/* One that has gone meanwhile counts no more. */
static status sum_all(const struct mongo_asked *asked, struct totals *totals, struct err *err) {
  TRY(session_look(asked->exchange->session, list_names, totals, err));
  for (uint32_t i = 0; i < totals->collections; i++) {
    struct err why = {0};
    struct asking asking = {val_text(totals->names[i]), val_missing(), add_stats, totals};
    status done = ask_stats(asked, &asking, &why);
    if (done == LUMA_OK || done == LUMA_UNKNOWN_COLLECTION) continue;
    if (err) *err = why;
    return done;
  }
  return LUMA_OK;
}

/* Of a store that cannot tell, what it takes as a whole. */
static status put_files(const struct mongo_asked *asked, const struct totals *totals,
                        uint64_t scale, struct err *err) {
  struct model *model = asked->exchange->rest->options.db->model;
  struct build *build = asked->build;
  uint64_t bytes = totals->storage_bytes + totals->indexes_bytes;
  bool measured = model_store(model)->ops->measure != NULL;
  if (!measured) TRY(store_bytes(asked, &bytes, err));
  if (measured) mongo_put_number(build, "storageSize", totals->storage_bytes / scale);
  mongo_put_number(build, "indexes", totals->indexes);
  if (measured) mongo_put_number(build, "indexSize", totals->indexes_bytes / scale);
  mongo_put_number(build, "totalSize", bytes / scale);
  return LUMA_OK;
}

status mongo_database_stats(const struct mongo_asked *asked, struct err *err) {
  struct build *build = asked->build;
  struct totals totals = {.arena = &asked->exchange->request->arena};
  uint64_t scale = 1;
  TRY(read_scale(asked, &scale, err));
  TRY(sum_all(asked, &totals, err));
  double average = totals.objects ? (double)totals.data_bytes / (double)totals.objects : 0;
  mongo_put(build, "db", val_text(mongo_admin_database(asked->run)));
  mongo_put_number(build, "collections", totals.collections);
  mongo_put_number(build, "views", totals.views);
  mongo_put_number(build, "objects", totals.objects);
  mongo_put(build, "avgObjSize", val_float64(average));
  mongo_put_number(build, "dataSize", totals.data_bytes / scale);
  TRY(put_files(asked, &totals, scale, err));
  mongo_put_number(build, "scaleFactor", scale);
  return LUMA_OK;
}
