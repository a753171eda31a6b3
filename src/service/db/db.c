/* SPDX-License-Identifier: MIT */
#include "service/db/db.h"

#include "base/mem/mem.h"
#include "base/os/process.h"
#include "query/query.h"
#include "store/mem/mem_store.h"
#include "store/pg/pg.h"
#include "value/json/json.h"

enum { CACHE_BYTES_MIN = 256 << 20 };

static bool begins(const char *text, const char *prefix) {
  return strncmp(text, prefix, strlen(prefix)) == 0;
}

static status fail_target(const char *target, status code, const char *hint, struct err *err) {
  err_raise(err, code, __FILE__, __LINE__, "`%s` cannot be opened here", target);
  err_hint(err, "%s", hint);
  return code;
}

/* Blocks in the cache cost a copy and a checksum when they are read again, although the system
 * keeps their pages; memory is taken as blocks are read. */
static uint64_t cache_bytes(void) {
  uint64_t share = process_memory_bytes() / 8;
  return share > CACHE_BYTES_MIN ? share : CACHE_BYTES_MIN;
}

/* What evolutions made of values, beside the blocks that they were made of. */
static uint64_t kept_bytes(const struct db_options *options) {
  return (options->cache_bytes ? options->cache_bytes : cache_bytes()) / 8;
}

static status open_target(const char *target, const struct db_options *options,
                          struct store **store, struct err *err) {
  if (strcmp(target, "memory:") == 0) {
    struct mem_options memory = {.listener = options->listener};
    return mem_store_open(&memory, store, err);
  }
  if (begins(target, "postgres://") || begins(target, "postgresql://")) {
    struct pg_options pg = {
        .create = !options->must_exist && !options->read_only,
        .read_only = options->read_only,
        .sync_mode = options->sync_mode,
        .holder = options->holder,
    };
    return pg_open(options->os, target, &pg, store, err);
  }
  if (begins(target, "http://") || begins(target, "https://")) {
    return fail_target(target, LUMA_INVALID_ARGUMENT,
                       "a server is reached by the lumadb command and the SDK, not by the library",
                       err);
  }
  if (target[0] == 0)
    return fail_target(target, LUMA_INVALID_ARGUMENT, "give a directory, memory: or postgres://…",
                       err);
  struct lsm_options lsm = {
      .create = !options->must_exist && !options->read_only,
      .read_only = options->read_only,
      .sync_mode = options->sync_mode,
      .block_cache_bytes = options->cache_bytes ? options->cache_bytes : cache_bytes(),
      .background_threads = options->background_threads ? options->background_threads : 1,
      .batch_size = options->batch_size,
      .batch_timeout_us = options->batch_timeout_us,
      .listener = options->listener,
      /* The model trims the feed together with the documents it refers to. */
      .feed_bytes_max = UINT64_MAX,
      .holder = options->holder,
  };
  return lsm_open(options->os, target, &lsm, store, err);
}

/* A database on media that cannot be written is read; if even that fails, the first error tells. */
static status open_store(const char *target, struct db *db, struct store **store, struct err *err) {
  status result = open_target(target, &db->options, store, err);
  if (result != LUMA_READ_ONLY || db->options.read_only) return result;
  struct db_options reading = db->options;
  reading.read_only = true;
  if (open_target(target, &reading, store, NULL) != LUMA_OK) return result;
  err_reset(err);
  db->options.read_only = db->is_media_read_only = true;
  return LUMA_OK;
}

/* Statements put aside what does not fit into memory beside the data, where that is in a directory
 * that can be written. */
static status find_folder(struct db *db, const char *target, struct err *err) {
  if (strcmp(target, "memory:") == 0 || strstr(target, "://") || db->options.read_only)
    return LUMA_OK;
  size_t bytes = strlen(target) + 1;
  db->folder = mem_alloc(bytes);
  if (!db->folder) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the database");
  memcpy(db->folder, target, bytes);
  return LUMA_OK;
}

status db_open(const char *target, const struct db_options *options, struct db **db,
               struct err *err) {
  struct db *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the database");
  made->options = *options;
  if (!made->options.os) made->options.os = os_linux();
  made->os = made->options.os;
  made->opened_us = os_monotonic_us(made->os);
  struct store *store;
  status result = open_store(target, made, &store, err);
  if (result == LUMA_OK) {
    struct model_options model = {.os = made->os,
                                  .feed = true,
                                  .read_only = made->options.read_only,
                                  .learns = true,
                                  .kept_bytes_max = kept_bytes(&made->options),
                                  .fills = true,
                                  .rules = query_rules()};
    result = model_open(store, &model, &made->model, err);
  }
  if (result == LUMA_OK) result = find_folder(made, target, err);
  if (result == LUMA_OK) result = plans_create(&made->plans, err);
  if (result != LUMA_OK) {
    model_close(made->model);
    mem_free(made->folder);
    mem_free(made);
    return result;
  }
  db_drop_temporaries(made, 0);
  *db = made;
  return LUMA_OK;
}

void db_close(struct db *db) {
  if (!db) return;
  plans_destroy(db->plans);
  model_close(db->model);
  mem_free(db->folder);
  mem_free(db);
}

static void put(struct buf *out, const char *name, uint64_t value) {
  buf_append_format(out, ",\"%s\":%llu", name, (unsigned long long)value);
}

static status put_collections(struct db *db, struct buf *out, struct err *err) {
  struct store_begin_options options = {.read_only = true, .may_block = true};
  struct model_txn *txn;
  TRY(model_begin(db->model, &options, &txn, err));
  const struct catalog *catalog = model_catalog(txn);
  status result = LUMA_OK;
  buf_append_text(out, ",\"collections\":[");
  for (uint32_t i = 0; result == LUMA_OK && i < catalog_count(catalog); i++) {
    const struct collection *collection = catalog_at(catalog, i);
    uint64_t documents = 0;
    result = model_count(txn, collection, &documents, err);
    buf_append_text(out, i ? ",{\"name\":" : "{\"name\":");
    json_write_text(out, collection->name);
    put(out, "documents", documents);
    put(out, "indexes", collection->indexes_count);
    buf_append_byte(out, '}');
  }
  buf_append_byte(out, ']');
  model_rollback(txn);
  return result;
}

/* Whether it takes writes, and if not, why. */
static void put_state(const struct db *db, const struct store_stats *stats, struct buf *out) {
  const char *state = stats->trouble == LUMA_DISK_FULL                     ? "disk_full"
                      : stats->trouble != LUMA_OK || db->options.read_only ? "read_only"
                                                                           : "writable";
  buf_append_format(out, ",\"state\":\"%s\"", state);
  if (stats->trouble == LUMA_OK) return;
  buf_append_text(out, ",\"reason\":");
  json_write_text(out, slice_of_text(stats->reason));
}

status db_stats(struct db *db, struct buf *out, struct err *err) {
  struct store *store = model_store(db->model);
  struct store_stats stats = {0};
  TRY(store_get_stats(store, &stats, err));
  buf_append_format(out, "{\"engine\":\"%s\"", store->ops->name);
  put(out, "uptime_us", os_monotonic_us(db->os) - db->opened_us);
  put(out, "statements", atomic_load(&db->counters.statements));
  put(out, "failures", atomic_load(&db->counters.failures));
  put(out, "retries", atomic_load(&db->counters.retries));
  put(out, "documents_read", atomic_load(&db->counters.documents_read));
  put(out, "documents_written", atomic_load(&db->counters.documents_written));
  struct plans_stats plans = plans_stats(db->plans);
  struct model_kept kept;
  model_tell_kept(db->model, &kept);
  put(out, "plan_hits", plans.hits);
  put(out, "plan_misses", plans.misses);
  put(out, "commits", stats.commits);
  put(out, "conflicts", stats.conflicts);
  put(out, "syncs", stats.syncs);
  put(out, "bytes_written", stats.bytes_written);
  put(out, "bytes_read", stats.bytes_read);
  put(out, "memtable_bytes", stats.memtable_bytes);
  put(out, "file_bytes", stats.file_bytes);
  put(out, "wal_bytes", stats.wal_bytes);
  put(out, "files", stats.files);
  put(out, "cache_bytes", stats.cache_bytes);
  put(out, "cache_hits", stats.cache_hits);
  put(out, "cache_misses", stats.cache_misses);
  put(out, "snapshots_open", stats.snapshots_open);
  put(out, "oldest_snapshot_age_us", stats.oldest_snapshot_age_us);
  put(out, "made_bytes", kept.bytes);
  put(out, "made_bytes_max", kept.bytes_max);
  buf_append_format(out, ",\"making\":%s", kept.is_filling ? "true" : "false");
  put_state(db, &stats, out);
  TRY(put_collections(db, out, err));
  buf_append_byte(out, '}');
  return buf_check(out, "the statistics", err);
}
