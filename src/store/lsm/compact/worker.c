/* SPDX-License-Identifier: MIT */
/* Who does the work, and when. */
#include "base/mem/mem.h"
#include "store/lsm/compact/compact_int.h"

enum {
  LOG_PER_MEMTABLE = 4, /* a memtable is full, too, when so many times its bytes stand in the log */
  IMMUTABLES_SLOW = 2,  /* from so many on commits are slowed a little */
  SLOW_US = 500,
  STEPS_PER_CALL = 64, /* without threads: compactions one call does at most */
};

/* ---- room for a commit ---- */

static bool is_full(struct engine *engine, const struct view *view) {
  const struct view_memtable *active = &view->active;
  if (memtable_seq_max(active->memtable) == 0) return false;
  return memtable_bytes(active->memtable) >= engine->options.memtable_bytes ||
         wal_bytes_since(engine->wal, active->start) >=
             LOG_PER_MEMTABLE * engine->options.memtable_bytes;
}

status compact_make_room(struct engine *engine, struct view **view, struct err *err) {
  *view = engine_view(engine);
  if (!is_full(engine, *view)) return LUMA_OK;
  bool crowded = (*view)->immutables_count == VIEW_IMMUTABLES_MAX;
  view_release(*view);
  *view = NULL;
  if (crowded) TRY(compact__flush_one(engine, err));
  TRY(engine_rotate(engine, err));
  *view = engine_view(engine);
  return LUMA_OK;
}

/* ---- work without threads ---- */

static bool has_immutables(struct engine *engine, uint32_t least) {
  return atomic_load(&engine->immutables_count) >= least;
}

/* What fails stays due: the next commit tries again, or is refused when there is no more room. */
static void work(struct engine *engine) {
  while (has_immutables(engine, 1))
    if (compact__flush_one(engine, NULL) != LUMA_OK) return;
  bool done = true;
  for (int steps = 0; done && steps < STEPS_PER_CALL; steps++)
    if (compact__step(engine, &done, NULL) != LUMA_OK) return;
}

static void signal_work(struct engine *engine) {
  mutex_lock(&engine->work_lock);
  engine->work_is_due = true;
  cond_broadcast(&engine->work_due);
  mutex_unlock(&engine->work_lock);
}

void compact_due(struct engine *engine) {
  if (!has_immutables(engine, 1)) return;
  if (engine->threads_count == 0) {
    work(engine);
    return;
  }
  signal_work(engine);
  if (has_immutables(engine, IMMUTABLES_SLOW)) os_sleep_us(engine->os, SLOW_US);
}

/* ---- threads ---- */

/* In the modes that do not wait, what was committed is written after a while even when nothing else
 * happens. */
static void write_idle_log(struct engine *engine) {
  if (engine->options.sync_mode == STORE_SYNC_NEVER && wal_pending_bytes(engine->wal) == 0) return;
  struct err failure = {0};
  if (wal_write_all(engine->wal, engine->options.sync_mode != STORE_SYNC_NEVER, &failure) !=
      LUMA_OK)
    engine_fail(engine, &failure);
}

static void run_worker(void *context) {
  struct engine *engine = context;
  mutex_lock(&engine->work_lock);
  while (!engine->stopping) {
    if (!engine->work_is_due)
      cond_wait_timeout(&engine->work_due, &engine->work_lock, engine->options.sync_period_us);
    engine->work_is_due = false;
    mutex_unlock(&engine->work_lock);
    write_idle_log(engine);
    work(engine);
    wal_prepare(engine->wal, NULL);
    mutex_lock(&engine->work_lock);
  }
  mutex_unlock(&engine->work_lock);
}

status compact_start(struct engine *engine, struct err *err) {
  uint32_t count = engine->options.background_threads;
  if (count == 0) return LUMA_OK;
  engine->threads = mem_zalloc(count, sizeof *engine->threads);
  if (!engine->threads) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for background threads");
  for (; engine->threads_count < count; engine->threads_count++)
    TRY(thread_start(&engine->threads[engine->threads_count], "luma-store", run_worker, engine,
                     err));
  return LUMA_OK;
}

void compact_stop(struct engine *engine) {
  mutex_lock(&engine->work_lock);
  engine->stopping = true;
  cond_broadcast(&engine->work_due);
  mutex_unlock(&engine->work_lock);
  for (uint32_t i = 0; i < engine->threads_count; i++) thread_join(&engine->threads[i]);
  engine->threads_count = 0;
  mem_free(engine->threads);
  engine->threads = NULL;
}
