/* SPDX-License-Identifier: MIT */
#include "server/work/work.h"

#include <stdio.h>

#include "base/mem/mem.h"
#include "base/sync/sync.h"

struct work_pool {
  struct mutex lock;
  struct cond wake;
  struct work_item *first, *last;
  struct thread *threads;
  uint32_t queue_max, started, waiting;
  struct work_stats stats; /* workers: how many work at a time */
  bool stop;
};

/* One who waits is none of those that work. */
static struct work_item *take(struct work_pool *pool) {
  struct work_item *item = pool->first;
  bool is_enough = pool->stats.busy - pool->waiting >= pool->stats.workers && !pool->stop;
  if (!item || is_enough) return NULL;
  pool->first = item->next;
  if (!pool->first) pool->last = NULL;
  pool->stats.queued--;
  return item;
}

static void run_one(struct work_pool *pool, struct work_item *item) {
  pool->stats.busy++;
  mutex_unlock(&pool->lock);
  item->run(item);
  mutex_lock(&pool->lock);
  pool->stats.busy--;
  pool->stats.done++;
}

static void run_worker(void *argument) {
  struct work_pool *pool = argument;
  mutex_lock(&pool->lock);
  for (;;) {
    struct work_item *item = take(pool);
    if (item)
      run_one(pool, item);
    else if (pool->stop)
      break;
    else
      cond_wait(&pool->wake, &pool->lock);
  }
  mutex_unlock(&pool->lock);
}

static status start_one(struct work_pool *pool, struct err *err) {
  char name[16];
  snprintf(name, sizeof name, "worker-%u", pool->started % 10000);
  TRY(thread_start(&pool->threads[pool->started], name, run_worker, pool, err));
  pool->started++;
  return LUMA_OK;
}

static status start_workers(struct work_pool *pool, uint32_t workers, struct err *err) {
  status result = LUMA_OK;
  mutex_lock(&pool->lock);
  pool->stats.workers = workers;
  while (result == LUMA_OK && pool->started < workers) result = start_one(pool, err);
  mutex_unlock(&pool->lock);
  return result;
}

status work_pool_create(uint32_t workers, uint32_t queue_max, struct work_pool **pool,
                        struct err *err) {
  struct work_pool *made = mem_zalloc(1, sizeof *made);
  struct thread *threads = mem_zalloc(workers + WORK_WAITING_MAX, sizeof *threads);
  if (!made || !threads) {
    mem_free(made);
    mem_free(threads);
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the workers");
  }
  made->threads = threads;
  made->queue_max = queue_max;
  mutex_init(&made->lock);
  cond_init(&made->wake);
  status result = start_workers(made, workers, err);
  if (result != LUMA_OK) {
    work_pool_destroy(made);
    return result;
  }
  *pool = made;
  return LUMA_OK;
}

void work_pool_stop(struct work_pool *pool) {
  if (!pool) return;
  mutex_lock(&pool->lock);
  uint32_t workers = pool->started;
  pool->started = pool->stats.workers = 0;
  pool->stop = true;
  cond_broadcast(&pool->wake);
  mutex_unlock(&pool->lock);
  for (uint32_t i = 0; i < workers; i++) thread_join(&pool->threads[i]);
}

void work_pool_destroy(struct work_pool *pool) {
  if (!pool) return;
  work_pool_stop(pool);
  cond_deinit(&pool->wake);
  mutex_deinit(&pool->lock);
  mem_free(pool->threads);
  mem_free(pool);
}

static void append(struct work_pool *pool, struct work_item *item) {
  item->next = NULL;
  if (pool->last)
    pool->last->next = item;
  else
    pool->first = item;
  pool->last = item;
  pool->stats.queued++;
  cond_signal(&pool->wake);
}

status work_submit(struct work_pool *pool, struct work_item *item, struct err *err) {
  mutex_lock(&pool->lock);
  bool is_full = pool->stop || pool->stats.queued >= pool->queue_max;
  if (is_full)
    pool->stats.refused++;
  else
    append(pool, item);
  mutex_unlock(&pool->lock);
  if (!is_full) return LUMA_OK;
  err_raise(err, LUMA_BUSY, __FILE__, __LINE__, "%u requests wait already", pool->queue_max);
  err_hint(err, "try again in a moment; [limits] queue says how many may wait");
  return LUMA_BUSY;
}

bool work_resubmit(struct work_pool *pool, struct work_item *item) {
  mutex_lock(&pool->lock);
  /* A worker that puts its own item back is still there to take it, stopped or not. */
  bool taken = !pool->stop || pool->stats.busy > 0;
  if (taken) append(pool, item);
  mutex_unlock(&pool->lock);
  return taken;
}

bool work_wait_begin(struct work_pool *pool) {
  mutex_lock(&pool->lock);
  bool may = pool->waiting < WORK_WAITING_MAX;
  if (may) {
    pool->waiting++;
    bool all_busy = pool->stats.busy >= pool->started;
    /* Without memory for one more the others do what they can. */
    if (all_busy && !pool->stop && pool->started < pool->stats.workers + WORK_WAITING_MAX)
      (void)start_one(pool, NULL);
    cond_signal(&pool->wake);
  }
  mutex_unlock(&pool->lock);
  return may;
}

void work_wait_end(struct work_pool *pool) {
  mutex_lock(&pool->lock);
  pool->waiting--;
  mutex_unlock(&pool->lock);
}

struct work_stats work_stats(struct work_pool *pool) {
  mutex_lock(&pool->lock);
  struct work_stats stats = pool->stats;
  mutex_unlock(&pool->lock);
  return stats;
}
