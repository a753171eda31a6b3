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

status mongo_database_list(const struct mongo_asked *asked, struct err *err) {
  struct build *build = asked->build;
  struct val names = mongo_asked_field(asked, "nameOnly");
  bool is_name_only = names.type == VAL_BOOL && names.boolean;
  uint64_t bytes = 0;
  TRY(store_bytes(asked, &bytes, err));
  build_name(build, slice_of_text("databases"));
  build_begin_list(build);
  build_begin_map(build);
  mongo_put_text(build, "name", "luma");
  if (!is_name_only) {
    mongo_put_number(build, "sizeOnDisk", bytes);
    mongo_put_flag(build, "empty", is_empty(asked));
  }
  build_end(build);
  build_end(build);
  if (is_name_only) return LUMA_OK;
  mongo_put_number(build, "totalSize", bytes);
  mongo_put_number(build, "totalSizeMb", bytes >> 20);
  return LUMA_OK;
}

struct totals {
  uint64_t collections, views, objects, indexes;
};

static status count_all(void *context, struct model_txn *txn, struct err *err) {
  struct totals *totals = context;
  const struct catalog *catalog = model_catalog(txn);
  *totals = (struct totals){0};
  for (uint32_t i = 0; i < catalog_count(catalog); i++) {
    const struct collection *collection = catalog_at(catalog, i);
    uint64_t count = 0;
    totals->views += collection->view.bytes > 0;
    if (collection->view.bytes) continue;
    TRY(model_count(txn, collection, &count, err));
    totals->collections++;
    totals->objects += count;
    totals->indexes += collection->indexes_count + 1u;
  }
  return LUMA_OK;
}

status mongo_database_stats(const struct mongo_asked *asked, struct err *err) {
  struct build *build = asked->build;
  struct totals totals = {0};
  uint64_t bytes = 0;
  TRY(session_look(asked->exchange->session, count_all, &totals, err));
  TRY(store_bytes(asked, &bytes, err));
  mongo_put(build, "db", val_text(mongo_admin_database(asked->run)));
  mongo_put_number(build, "collections", totals.collections);
  mongo_put_number(build, "views", totals.views);
  mongo_put_number(build, "objects", totals.objects);
  mongo_put_number(build, "storageSize", bytes);
  mongo_put_number(build, "indexes", totals.indexes);
  mongo_put_number(build, "totalSize", bytes);
  mongo_put_number(build, "scaleFactor", 1);
  return LUMA_OK;
}

/* ---- a collection ---- */

/* [{"$collStats": {"storageStats": {}}}] over the collection */
static void put_pipeline(struct build *build, const struct val *collection) {
  build_begin_map(build);
  mongo_put(build, "aggregate", *collection);
  build_name(build, slice_of_text("pipeline"));
  build_begin_list(build);
  build_begin_map(build);
  build_name(build, slice_of_text("$collStats"));
  build_begin_map(build);
  build_name(build, slice_of_text("storageStats"));
  build_begin_map(build);
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

/* The fields of storageStats stand in the answer themselves. */
static status put_stats(const struct mongo_asked *asked, struct session_cursor *cursor,
                        struct err *err) {
  struct val row;
  bool has = false;
  TRY(session_next(cursor, &row, &has, err));
  if (!has) return LUMA_OK;
  struct val storage = val_field(&row, slice_of_text("storageStats"));
  build_put_fields(asked->build, &storage);
  return LUMA_OK;
}

status mongo_database_of_collection(const struct mongo_asked *asked, struct err *err) {
  struct slice first, built;
  struct val collection = val_field_at(&asked->run->command, 0, &first);
  struct session_cursor *cursor = NULL;
  struct build build;
  struct buf room;
  if (collection.type != VAL_TEXT || collection.bytes == 0) {
    err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
              "`collStats` takes the name of a collection");
    if (err) err->foreign = 73;
    return LUMA_INVALID_ARGUMENT;
  }
  buf_init(&room, DOC_BYTES_MAX);
  build_init(&build, &room, NULL);
  put_pipeline(&build, &collection);
  status done = build_finish(&build, &built, err);
  build_deinit(&build);
  if (done == LUMA_OK) {
    struct val command = val_decode(built, NULL);
    struct session_request request = {.source = {.lang = &lang_jql, .command = &command}};
    mongo_database_put_namespace(asked, &collection);
    done = session_run(asked->exchange->session, &request, NULL, &cursor, err);
    if (done == LUMA_OK) done = put_stats(asked, cursor, err);
    session_cursor_close(cursor);
  }
  buf_deinit(&room);
  return done;
}
