/* SPDX-License-Identifier: MIT */
/* The queue of commits that nobody waits for: a thread writes them whenever the device is idle, so
 * that those who commit go on at once. It sleeps only when there is none, and is woken only then:
 * under load a commit costs no system call. */
#include "store/lsm/engine/engine.h"

static bool is_stopping(struct engine_queue *queue, uint64_t done) {
  bool stopping;
  mutex_lock(&queue->lock);
  atomic_store(&queue->is_idle,
               true); /* before `seq` is read, as engine_queue_add does the reverse */
  while (!queue->stopping && atomic_load(&queue->seq) <= done) cond_wait(&queue->due, &queue->lock);
  atomic_store(&queue->is_idle, false);
  stopping = queue->stopping;
  mutex_unlock(&queue->lock);
  return stopping;
}

/* After a failure nothing will ever be written: there is nothing left to do. */
static void run(void *context) {
  struct engine *engine = context;
  for (uint64_t done = 0; !is_stopping(&engine->queue, done);) {
    struct err failure = {0};
    done = atomic_load(&engine->queue.seq);
    if (wal_write(engine->wal, done, true, &failure) == LUMA_OK) continue;
    engine_fail(engine, &failure);
    done = UINT64_MAX;
  }
}

status engine_queue_start(struct engine *engine, struct err *err) {
  if (engine->options.background_threads == 0 || !engine->visible_when_durable) return LUMA_OK;
  TRY(thread_start(&engine->queue.thread, "luma-log", run, engine, err));
  engine->queue.has_thread = true;
  return LUMA_OK;
}

void engine_queue_stop(struct engine *engine) {
  struct engine_queue *queue = &engine->queue;
  if (!queue->has_thread) return;
  mutex_lock(&queue->lock);
  queue->stopping = true;
  cond_signal(&queue->due);
  mutex_unlock(&queue->lock);
  thread_join(&queue->thread);
  queue->has_thread = false;
}

void engine_queue_add(struct engine *engine, uint64_t seq) {
  struct engine_queue *queue = &engine->queue;
  if (!queue->has_thread) return;
  uint64_t before = atomic_load(&queue->seq);
  while (before < seq && !atomic_compare_exchange_weak(&queue->seq, &before, seq)) {
  }
  if (!atomic_load(&queue->is_idle)) return;
  mutex_lock(&queue->lock);
  cond_signal(&queue->due);
  mutex_unlock(&queue->lock);
}
