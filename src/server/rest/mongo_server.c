/* SPDX-License-Identifier: MIT */
/* Commands of MongoDB that tools ask now and then: who is connected and allowed, what plans are
 * kept, how the server was started; and those that look after the files. */
#include <stdio.h>

#include "model/catalog/catalog.h"
#include "server/rest/mongo_server.h"

enum {
  BAD_VALUE = 2,
  TYPE_MISMATCH = 14,
  NAMESPACE_NOT_FOUND = 26,
  INVALID_NAMESPACE = 73,
  NOT_ON_VIEW = 166,
  NOT_ON_STANDALONE = 51300
};

static status fail(struct err *err, uint32_t foreign, const char *message) {
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "%s", message);
  if (err) err->foreign = foreign;
  return LUMA_INVALID_ARGUMENT;
}

static void put_empty_list(struct build *build, const char *name) {
  build_name(build, slice_of_text(name));
  build_begin_list(build);
  build_end(build);
}

/* The command's own field: the name of a collection that is there, or of a view. */
static status find_collection(const struct mongo_asked *asked, bool *is_view, struct err *err) {
  struct slice first = {0};
  struct val name = val_field_at(&asked->run->command, 0, &first);
  if (name.type != VAL_TEXT || name.bytes == 0)
    return fail(err, INVALID_NAMESPACE, "the command takes the name of a collection");
  struct model *model = asked->exchange->rest->options.db->model;
  const struct catalog *catalog = model_catalog_acquire(model);
  const struct collection *found = catalog_find(catalog, val_slice(&name));
  bool is_there = found != NULL;
  *is_view = found && found->view.bytes > 0;
  catalog_release(catalog);
  if (is_there) return LUMA_OK;
  err_raise(err, LUMA_UNKNOWN_COLLECTION, __FILE__, __LINE__,
            "ns does not exist: there is no collection `%.*s`", SLICE_ARG(val_slice(&name)));
  if (err) err->foreign = NAMESPACE_NOT_FOUND;
  return LUMA_UNKNOWN_COLLECTION;
}

status mongo_server_check_collection(const struct mongo_asked *asked, struct err *err) {
  bool is_view;
  return find_collection(asked, &is_view, err);
}

/* ---- who is there ---- */

status mongo_server_my_uri(const struct mongo_asked *asked, struct err *err) {
  char text[NET_TEXT_BYTES];
  (void)err;
  net_format(&asked->exchange->request->peer, text);
  mongo_put_text(asked->build, "you", text);
  return LUMA_OK;
}

/* A token, or nobody else can connect: there are no users with names, and no roles of their own. */
status mongo_server_users(const struct mongo_asked *asked, struct err *err) {
  (void)err;
  put_empty_list(asked->build, "users");
  return LUMA_OK;
}

status mongo_server_roles(const struct mongo_asked *asked, struct err *err) {
  (void)err;
  put_empty_list(asked->build, "roles");
  return LUMA_OK;
}

/* ---- how it was started ---- */

static void put_net(const struct mongo_asked *asked) {
  const struct config *config = asked->exchange->rest->options.config;
  if (config->server.listen.count == 0) return;
  build_name(asked->build, slice_of_text("net"));
  build_begin_map(asked->build);
  build_name(asked->build, slice_of_text("listen"));
  build_begin_list(asked->build);
  for (uint32_t i = 0; i < config->server.listen.count; i++) {
    struct val address = val_text(slice_of_text(config->server.listen.items[i]));
    build_put(asked->build, &address);
  }
  build_end(asked->build);
  build_end(asked->build);
}

/* The settings that are no secrets; what was typed is not told: a token may stand there. */
status mongo_server_options(const struct mongo_asked *asked, struct err *err) {
  const struct config *config = asked->exchange->rest->options.config;
  struct build *build = asked->build;
  (void)err;
  put_empty_list(build, "argv");
  build_name(build, slice_of_text("parsed"));
  build_begin_map(build);
  put_net(asked);
  if (config->server.data) {
    build_name(build, slice_of_text("storage"));
    build_begin_map(build);
    mongo_put_text(build, "dbPath", config->server.data);
    build_end(build);
  }
  build_end(build);
  return LUMA_OK;
}

status mongo_server_concerns(const struct mongo_asked *asked, struct err *err) {
  (void)asked;
  return fail(err, NOT_ON_STANDALONE,
              "'getDefaultRWConcern' is not supported on standalone nodes.");
}

/* Nobody watches over the Internet. */
status mongo_server_monitoring(const struct mongo_asked *asked, struct err *err) {
  (void)err;
  mongo_put_text(asked->build, "state", "disabled");
  return LUMA_OK;
}

/* {"profile": -1} asks; statements that take long are logged as [log] slow_ms says. */
status mongo_server_profile(const struct mongo_asked *asked, struct err *err) {
  struct val level = mongo_asked_field(asked, "profile");
  int64_t number = 0;
  if (!val_is_number(&level) || !val_to_int64(&level, &number))
    return fail(err, TYPE_MISMATCH, "`profile` takes -1, which asks, or 0");
  if (number > 0)
    return fail(err, BAD_VALUE,
                "there is no profiler: statements over [log] slow_ms are in the log");
  mongo_put_number(asked->build, "was", 0);
  mongo_put_number(asked->build, "slowms",
                   (uint64_t)asked->exchange->rest->options.config->log.slow_ms);
  mongo_put(asked->build, "sampleRate", val_float64(1));
  return LUMA_OK;
}

/* ---- plans ---- */

status mongo_server_plan_filters(const struct mongo_asked *asked, struct err *err) {
  TRY(mongo_server_check_collection(asked, err));
  put_empty_list(asked->build, "filters");
  return LUMA_OK;
}

/* There are none that could be taken away. */
status mongo_server_clear_filters(const struct mongo_asked *asked, struct err *err) {
  return mongo_server_check_collection(asked, err);
}

/* ---- files ---- */

static struct store *store_of(const struct mongo_asked *asked) {
  return model_store(asked->exchange->rest->options.db->model);
}

static status file_bytes(const struct mongo_asked *asked, uint64_t *bytes, struct err *err) {
  struct store_stats stats = {0};
  TRY(store_get_stats(store_of(asked), &stats, err));
  *bytes = stats.file_bytes;
  return LUMA_OK;
}

/* Files are shared by collections: all are rewritten. */
status mongo_server_compact(const struct mongo_asked *asked, struct err *err) {
  uint64_t before = 0, after = 0;
  bool is_view;
  TRY(find_collection(asked, &is_view, err));
  if (is_view) return fail(err, NOT_ON_VIEW, "a view has no files of its own");
  TRY(file_bytes(asked, &before, err));
  TRY(store_compact(store_of(asked), err));
  TRY(file_bytes(asked, &after, err));
  mongo_put_number(asked->build, "bytesFreed", before > after ? before - after : 0);
  return LUMA_OK;
}

status mongo_server_fsync(const struct mongo_asked *asked, struct err *err) {
  struct val lock = mongo_asked_field(asked, "lock");
  if (lock.type == VAL_BOOL && lock.boolean)
    return fail(err, BAD_VALUE,
                "writes are not locked: lumadb dump reads one snapshot beside them");
  TRY(store_checkpoint(store_of(asked), err));
  mongo_put_number(asked->build, "numFiles", 1);
  return LUMA_OK;
}

/* ---- dropDatabase ---- */

static status drop_last(struct model_txn *txn, uint32_t *left, struct err *err) {
  const struct catalog *catalog = model_catalog(txn);
  struct err first = {0};
  for (uint32_t i = *left; i > 0; i--) {
    const struct collection *collection = catalog_at(catalog, i - 1);
    struct err *why = first.code == LUMA_OK ? &first : NULL;
    status dropped = model_drop_collection(txn, collection->name, true, why);
    if (dropped == LUMA_OK) {
      --*left;
      return LUMA_OK;
    }
    if (dropped != LUMA_CONSTRAINT) break;
  }
  if (err) *err = first;
  return first.code;
}

/* Those that are left refer to each other: they go together. */
static status drop_circle(struct model_txn *txn, uint32_t count, struct arena *arena,
                          struct err *err) {
  struct slice *names = arena_alloc(arena, count * sizeof *names);
  bool is_kept = names != NULL;
  for (uint32_t i = 0; is_kept && i < count; i++) {
    struct slice name = catalog_at(model_catalog(txn), i)->name;
    names[i] = slice_of(arena_copy(arena, name.data, name.bytes), name.bytes);
    is_kept = names[i].data != NULL;
  }
  if (!is_kept) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for names of collections");
  for (uint32_t i = 0; i < count; i++)
    TRY(model_drop_beside(txn, names[i], names, count, true, err));
  return LUMA_OK;
}

/* One that others refer to goes after them. `context`: an arena. */
static status drop_all(void *context, struct model_txn *txn, struct err *err) {
  uint32_t left = catalog_count(model_catalog(txn));
  struct err why = {.code = LUMA_OK};
  status result = LUMA_OK;
  while (left && result == LUMA_OK) result = drop_last(txn, &left, &why);
  if (result == LUMA_CONSTRAINT) return drop_circle(txn, left, context, err);
  if (result != LUMA_OK && err) *err = why;
  return result;
}

static status count_documents(void *context, struct model_txn *txn, struct err *err) {
  uint64_t *total = context;
  const struct catalog *catalog = model_catalog(txn);
  *total = 0;
  for (uint32_t i = 0; i < catalog_count(catalog); i++) {
    const struct collection *collection = catalog_at(catalog, i);
    uint64_t count = 0;
    if (collection->view.bytes) continue;
    TRY(model_count(txn, collection, &count, err));
    *total += count;
  }
  return LUMA_OK;
}

status mongo_server_drop_database(const struct mongo_asked *asked, struct err *err) {
  struct exchange *exchange = asked->exchange;
  const struct query_guard *guard = &asked->run->request.guard;
  struct arena *arena = &exchange->request->arena;
  uint64_t total = 0;
  TRY(session_look(exchange->session, count_documents, &total, err));
  TRY(rest__check_affected(exchange, total, err));
  if (guard->is_limited && total > guard->max_affected)
    FAIL(err, LUMA_MAX_AFFECTED, "%llu documents would go, at most %llu may",
         (unsigned long long)total, (unsigned long long)guard->max_affected);
  bool is_dry = guard->dry_run || rest__is_dry(exchange);
  status dropped = is_dry ? session_try(exchange->session, drop_all, arena, err)
                          : session_change(exchange->session, drop_all, arena, err);
  TRY(dropped);
  mongo_put(asked->build, "dropped", val_text(mongo_admin_database(asked->run)));
  return LUMA_OK;
}
