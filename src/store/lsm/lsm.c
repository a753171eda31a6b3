/* SPDX-License-Identifier: MIT */
#include "store/lsm/lsm.h"

#include <string.h>

#include "base/core/assert.h"
#include "base/mem/mem.h"
#include "store/lsm/compact/compact.h"
#include "store/lsm/feed/feed.h"
#include "store/lsm/lock.h"
#include "store/lsm/recover.h"
#include "store/lsm/txn/txn.h"
#include "store/lsm/verify.h"

enum {
  CLOSE_REPLAY_BYTES = 4 << 20
}; /* closing leaves at most about this much for the next opening to replay */

static const uint64_t SNAPSHOT_AGE_MAX_US = UINT64_C(24) * 3600 * 1000000;

/* ---- the calls on the store ---- */

static struct engine *of(struct store *store) {
  return (struct engine *)store;
}

static uint64_t last_seq(struct engine *engine) {
  mutex_lock(&engine->commit_lock);
  uint64_t seq = engine->last_seq;
  mutex_unlock(&engine->commit_lock);
  return seq;
}

static status note_failure(struct engine *engine, status answer, const struct err *err) {
  if (answer != LUMA_OK) engine_fail(engine, err);
  return answer;
}

static status lsm_wait(struct store *store, struct store_pos position, struct err *err) {
  struct engine *engine = of(store);
  struct err own = {0};
  if (!err) err = &own;
  if (engine->options.read_only) return LUMA_OK;
  uint64_t seq = position.high;
  if (seq > wal_synced_seq(engine->wal)) {
    uint64_t last = last_seq(engine);
    if (seq > last) seq = last;
  }
  return note_failure(engine, wal_write(engine->wal, seq, true, err), err);
}

static struct store_pos lsm_durable(struct store *store) {
  struct engine *engine = of(store);
  uint64_t seq = engine->options.read_only ? engine->last_seq : wal_synced_seq(engine->wal);
  return (struct store_pos){seq, UINT64_MAX};
}

static status lsm_sync(struct store *store, struct err *err) {
  struct engine *engine = of(store);
  struct err own = {0};
  if (!err) err = &own;
  if (engine->options.read_only) return LUMA_OK;
  return note_failure(engine, wal_write_all(engine->wal, true, err), err);
}

static status lsm_checkpoint(struct store *store, struct err *err) {
  return compact_flush_all(of(store), err);
}

static status lsm_compact(struct store *store, struct err *err) {
  return compact_everything(of(store), err);
}

static void count_files(const struct view *view, struct store_stats *stats) {
  stats->memtable_bytes = memtable_bytes(view->active.memtable);
  for (uint32_t i = 0; i < view->immutables_count; i++)
    stats->memtable_bytes += memtable_bytes(view->immutables[i].memtable);
  for (int space = 0; space < VIEW_SPACES; space++)
    for (int depth = 0; depth < VIEW_LEVELS; depth++) {
      const struct view_level *level = &view->levels[space][depth];
      stats->files += level->count;
      for (uint32_t i = 0; i < level->count; i++)
        stats->file_bytes += sorted_get_info(level->files[i])->file_bytes;
    }
}

static void tell_room(struct engine *engine, struct store_stats *stats) {
  struct err err = {0};
  if (stats->trouble != LUMA_OK || engine_check_room(engine, false, &err) == LUMA_OK) return;
  stats->trouble = err.code;
  memcpy(stats->reason, err.message, sizeof stats->reason);
}

static status lsm_stats(struct store *store, struct store_stats *stats, struct err *err) {
  struct engine *engine = of(store);
  (void)err;
  struct cache_stats cache;
  struct wal_stats wal = {0};
  cache_get_stats(engine->cache, &cache);
  if (engine->wal) wal_get_stats(engine->wal, &wal);
  *stats = (struct store_stats){.snapshots_open = readers_count(&engine->readers),
                                .commits = atomic_load(&engine->counts.commits),
                                .conflicts = atomic_load(&engine->counts.conflicts),
                                .bytes_written = atomic_load(&engine->counts.bytes_written)};
  mutex_lock(&engine->note_lock);
  stats->trouble = engine->failed;
  memcpy(stats->reason, engine->reason, sizeof stats->reason);
  mutex_unlock(&engine->note_lock);
  stats->oldest_snapshot_age_us = engine_revoke_old(engine);
  tell_room(engine, stats);
  stats->syncs = wal.syncs;
  stats->bytes_written += wal.bytes_written;
  stats->wal_bytes = wal.bytes;
  stats->cache_bytes = cache.bytes;
  stats->cache_hits = cache.hits;
  stats->cache_misses = cache.misses;
  struct view *view = engine_view(engine);
  count_files(view, stats);
  stats->file_bytes += blobs_bytes(engine->blobs);
  view_release(view);
  return LUMA_OK;
}

/* ---- closing ---- */

static void engine_free(struct engine *engine) {
  engine_free_views(engine);
  if (engine->wal) wal_close(engine->wal);
  if (engine->manifest) manifest_close(engine->manifest);
  blobs_destroy(engine->blobs);
  if (engine->cache) cache_destroy(engine->cache);
  if (engine->lock_file) os_close(engine->os, engine->lock_file, NULL);
  spare_deinit(&engine->spare);
  mutex_deinit(&engine->commit_lock);
  mutex_deinit(&engine->edit_lock);
  mutex_deinit(&engine->retire_lock);
  mutex_deinit(&engine->note_lock);
  mutex_deinit(&engine->order.publishing);
  cond_deinit(&engine->order.shown);
  readers_deinit(&engine->readers);
  conflicts_deinit(&engine->conflicts);
  mutex_deinit(&engine->work_lock);
  mutex_deinit(&engine->queue.lock);
  cond_deinit(&engine->queue.due);
  mutex_deinit(&engine->flush_lock);
  mutex_deinit(&engine->compact_lock);
  cond_deinit(&engine->work_due);
  mem_free(engine->directory);
  mem_free(engine);
}

/* Nobody is told of a failure here: what was acknowledged as durable is so already. */
static void settle(struct engine *engine) {
  struct err failure = {0};
  if (wal_write_all(engine->wal, true, &failure) != LUMA_OK) return;
  struct view *view = atomic_load(&engine->view);
  if (wal_bytes_since(engine->wal, view->active.start) > CLOSE_REPLAY_BYTES)
    compact_flush_all(engine, &failure);
}

static void lsm_close(struct store *store) {
  struct engine *engine = of(store);
  compact_stop(engine);
  engine_queue_stop(engine);
  ASSERT(readers_count(&engine->readers) == 0);
  if (engine->wal) settle(engine);
  engine_free(engine);
}

/* ---- opening ---- */

static const struct store_ops ops = {
    .name = "lsm",
    .close = lsm_close,
    .begin = txn_begin,
    .get_many = txn_get_many,
    .put = txn_put,
    .delete = txn_delete,
    .delete_range = txn_delete_range,
    .add = txn_add,
    .count = txn_count,
    .guard = txn_guard,
    .emit = txn_emit,
    .savepoint = txn_savepoint,
    .rollback_to = txn_rollback_to,
    .snapshot = txn_snapshot,
    .commit = txn_commit,
    .rollback = txn_rollback,
    .cursor_open = txn_cursor_open,
    .cursor_next = txn_cursor_next,
    .cursor_seek = txn_cursor_seek,
    .cursor_pick = txn_cursor_pick,
    .cursor_keep = txn_cursor_keep,
    .cursor_close = txn_cursor_close,
    .cut = txn_cut,
    .measure = txn_measure,
    .wait = lsm_wait,
    .durable = lsm_durable,
    .sync = lsm_sync,
    .checkpoint = lsm_checkpoint,
    .compact = lsm_compact,
    .check = verify_store,
    .stats = lsm_stats,
    .feed_read = feed_read,
    .feed_bounds = feed_bounds,
    .feed_trim = feed_trim,
    .pos_compare = feed_compare,
};

static uint64_t or_default(uint64_t value, uint64_t usual) {
  return value ? value : usual;
}

/* The log may take a small part of what is free, within 1 and 64 MiB a segment. */
static uint64_t segment_bytes(struct engine *engine) {
  enum { FREE_FRACTION = 256, LEAST = 1 << 20, MOST = 64 << 20, ALIGN = 4096 };
  uint64_t bytes = engine->options.wal_segment_bytes, room = 0;
  if (bytes) return (bytes + ALIGN - 1) / ALIGN * ALIGN;
  if (os_free_bytes(engine->os, engine->directory, &room, NULL) != LUMA_OK) return LEAST;
  bytes = room / FREE_FRACTION / LEAST * LEAST;
  return bytes < LEAST ? LEAST : bytes > MOST ? MOST : bytes;
}

static void fill_options(struct engine *engine, const struct lsm_options *given) {
  engine->options = (struct engine_options){
      .create = given->create,
      .read_only = given->read_only || given->lost,
      .sync_mode = given->sync_mode,
      .sync_period_us = or_default(given->sync_period_us, 100000),
      .batch_size = given->batch_size ? given->batch_size : 1000,
      .batch_timeout_us = or_default(given->batch_timeout_us, 1000),
      .wal_segment_bytes =
          given->wal_segment_bytes, /* the default asks the disk: see segment_bytes */
      .memtable_bytes = or_default(given->memtable_bytes, 64 << 20),
      .block_bytes = or_default(given->block_bytes, 16 << 10),
      .block_cache_bytes = or_default(given->block_cache_bytes, 256 << 20),
      .kept_bytes = or_default(given->kept_bytes, 512 << 20),
      .file_bytes = or_default(given->file_bytes, 64 << 20),
      .feed_bytes_max = or_default(given->feed_bytes_max, 256 << 20),
      .snapshot_age_max_us = or_default(given->snapshot_age_max_us, SNAPSHOT_AGE_MAX_US),
      .blob_value_bytes =
          or_default(given->blob_value_bytes, or_default(given->block_bytes, 16 << 10) / 4),
      .background_threads = given->background_threads,
      .listener = given->listener,
      .lost = given->lost,
      .lost_context = given->lost_context,
  };
  engine->visible_when_durable =
      given->sync_mode == STORE_SYNC_ALWAYS || given->sync_mode == STORE_SYNC_GROUP;
}

static struct engine *engine_make(struct os *os, const char *path,
                                  const struct lsm_options *options) {
  struct engine *engine = mem_zalloc(1, sizeof *engine);
  if (!engine) return NULL;
  engine->directory = mem_copy(path, strlen(path) + 1);
  if (!engine->directory) {
    mem_free(engine);
    return NULL;
  }
  engine->store.ops = &ops;
  engine->os = os;
  fill_options(engine, options);
  mutex_init(&engine->commit_lock);
  mutex_init(&engine->edit_lock);
  mutex_init(&engine->retire_lock);
  mutex_init(&engine->note_lock);
  mutex_init(&engine->order.publishing);
  cond_init(&engine->order.shown);
  readers_init(&engine->readers);
  mutex_init(&engine->work_lock);
  mutex_init(&engine->queue.lock);
  cond_init(&engine->queue.due);
  mutex_init(&engine->flush_lock);
  mutex_init(&engine->compact_lock);
  cond_init(&engine->work_due);
  return engine;
}

/* A new directory is durable once its parent is synced. */
static status make_directory(struct engine *engine, struct err *err) {
  char parent[DBFILE_PATH_BYTES];
  TRY(os_make_dir(engine->os, engine->directory, err));
  size_t bytes = strlen(engine->directory);
  if (bytes >= sizeof parent)
    FAIL(err, LUMA_INVALID_ARGUMENT, "the path of the database is too long");
  memcpy(parent, engine->directory, bytes + 1);
  while (bytes > 1 && parent[bytes - 1] == '/') parent[--bytes] = 0;
  char *slash = strrchr(parent, '/');
  if (!slash)
    memcpy(parent, ".", 2);
  else
    slash[slash == parent] = 0;
  return os_sync_dir(engine->os, parent, err);
}

static status enter_directory(struct engine *engine, struct err *err) {
  struct os_stat stat;
  status answer = os_stat(engine->os, engine->directory, &stat, err);
  if (answer == LUMA_NOT_FOUND && engine->options.create && !engine->options.read_only)
    return make_directory(engine, err);
  if (answer == LUMA_NOT_FOUND) {
    err_raise(err, LUMA_NOT_FOUND, __FILE__, __LINE__, "there is no database `%s`",
              engine->directory);
    err_hint(err, "check the path");
    return LUMA_NOT_FOUND;
  }
  TRY(answer);
  if (stat.kind != OS_KIND_DIRECTORY)
    FAIL(err, LUMA_NOT_A_DATABASE, "`%s` is a file; a LumaDB database is a directory",
         engine->directory);
  return LUMA_OK;
}

static status open_parts(struct engine *engine, const char *holder, struct err *err) {
  bool read_only = engine->options.read_only;
  TRY(enter_directory(engine, err));
  engine->options.wal_segment_bytes = segment_bytes(engine);
  TRY(lock_acquire(engine->os, engine->directory, read_only, holder, &engine->lock_file, err));
  if (!engine->options.lost) TRY(recover_create(engine, err));
  TRY(conflicts_init(&engine->conflicts, err));
  TRY(cache_create(engine->options.block_cache_bytes, &engine->cache, err));
  cache_set_kept_max(engine->cache, engine->options.kept_bytes);
  TRY(blobs_create(engine->os, engine->directory, engine->cache, &engine->blobs, err));
  TRY(engine->options.lost ? recover_salvage(engine, err) : recover_open(engine, err));
  if (read_only) return LUMA_OK;
  TRY(engine_queue_start(engine, err));
  return compact_start(engine, err);
}

status lsm_open(struct os *os, const char *path, const struct lsm_options *options,
                struct store **store, struct err *err) {
  struct engine *engine = engine_make(os, path, options);
  if (!engine) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to open `%s`", path);
  status answer = open_parts(engine, options->holder, err);
  if (answer != LUMA_OK) {
    compact_stop(engine);
    engine_queue_stop(engine);
    engine_free(engine);
    return answer;
  }
  if (err) err_reset(err);
  *store = &engine->store;
  return LUMA_OK;
}
