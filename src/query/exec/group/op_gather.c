/* SPDX-License-Identifier: MIT */
/* GATHER: stands for a node that reads a whole collection in any order. Workers (workers.h) run the
 * node's subtree over parts of the collection; their batches are handed up as they come. A worker
 * waits until its batch was used.
 *
 * Inv: between READY and WORKING a worker's batch belongs to the run's thread, else to the worker.
 */
#include "query/exec/workers.h"

enum state { WORKING, READY, DONE };

/* What a worker hands up: of the lock, as its result is. */
struct handing {
  struct gathering *gathering;
  struct worker *worker;
  enum state state;
  struct batch *batch;
};

struct gathering {
  struct op op;
  struct workers workers;
  struct handing *handings;
  struct handing *current; /* whose batch was handed up last */
  bool is_begun, is_alone;
  struct mutex lock;
  struct cond is_ready, is_taken;
};

/* ---- a worker's thread ---- */

/* Hands a batch up and waits until it was used; false when no more is wanted. */
static bool hand_up(struct handing *handing, struct batch *batch) {
  struct gathering *op = handing->gathering;
  mutex_lock(&op->lock);
  handing->batch = batch;
  handing->state = READY;
  cond_signal(&op->is_ready);
  while (handing->state == READY && !atomic_load(&op->workers.parts.is_stopped))
    cond_wait(&op->is_taken, &op->lock);
  mutex_unlock(&op->lock);
  return !atomic_load(&op->workers.parts.is_stopped);
}

static void work(void *argument) {
  struct handing *handing = argument;
  struct gathering *op = handing->gathering;
  struct batch *batch = NULL;
  status result;
  do result = op__next(handing->worker->op, &batch, &handing->worker->err);
  while (result == LUMA_OK && batch && hand_up(handing, batch));
  mutex_lock(&op->lock);
  handing->worker->result = result;
  handing->state = DONE;
  cond_signal(&op->is_ready);
  mutex_unlock(&op->lock);
}

/* ---- the run's thread ---- */

/* A worker that could not be started leaves its parts to the others; if none could, the run's
 * thread is the first of them. */
static void begin(struct gathering *op) {
  op->is_begun = op->is_alone = true;
  for (uint32_t i = 0; i < op->workers.count; i++) {
    struct worker *worker = &op->workers.items[i];
    worker->is_started =
        thread_start(&worker->thread, "luma-read", work, &op->handings[i], NULL) == LUMA_OK;
    if (worker->is_started) op->is_alone = false;
  }
  mutex_lock(&op->lock);
  for (uint32_t i = 0; i < op->workers.count; i++)
    if (!op->workers.items[i].is_started) op->handings[i].state = DONE;
  mutex_unlock(&op->lock);
}

static void end(struct gathering *op) {
  if (!op->is_begun) return;
  mutex_lock(&op->lock);
  atomic_store(&op->workers.parts.is_stopped, true);
  cond_broadcast(&op->is_taken);
  mutex_unlock(&op->lock);
  workers_join(&op->workers, op->op.exec->env);
}

/* One that has a batch, or failed; NULL when all are done. Waits. */
static struct handing *wait_for_one(struct gathering *op) {
  for (;;) {
    bool all_done = true;
    for (uint32_t i = 0; i < op->workers.count; i++) {
      struct handing *handing = &op->handings[i];
      if (handing->state == READY || handing->worker->result != LUMA_OK) return handing;
      all_done &= handing->state == DONE;
    }
    if (all_done) return NULL;
    cond_wait(&op->is_ready, &op->lock);
  }
}

static status next_alone(struct gathering *op, struct batch **batch, struct err *err) {
  TRY(op__next(op->workers.items[0].op, batch, err));
  if (!*batch) end(op);
  return LUMA_OK;
}

static status gather_next(struct op *base, struct batch **batch, struct err *err) {
  struct gathering *op = (struct gathering *)base;
  if (!op->is_begun) begin(op);
  if (op->is_alone) return next_alone(op, batch, err);
  mutex_lock(&op->lock);
  if (op->current) op->current->state = WORKING;
  if (op->current) cond_broadcast(&op->is_taken);
  op->current = wait_for_one(op);
  mutex_unlock(&op->lock);
  if (op->current && op->current->worker->result == LUMA_OK) {
    *batch = op->current->batch;
    return LUMA_OK;
  }
  struct worker *failed = op->current ? op->current->worker : NULL;
  op->current = NULL;
  end(op);
  if (!failed) return LUMA_OK;
  if (err) *err = failed->err;
  return failed->result;
}

static void gather_close(struct op *base) {
  struct gathering *op = (struct gathering *)base;
  end(op);
  workers_close(&op->workers);
  mutex_deinit(&op->lock);
  cond_deinit(&op->is_ready);
  cond_deinit(&op->is_taken);
}

/* ---- opening ---- */

static status open_handings(struct gathering *op, struct err *err) {
  uint32_t count = op->workers.count;
  op->handings = arena_zalloc(op->op.exec->arena, count, sizeof *op->handings);
  TRY(op__memory(op->op.exec, op->handings, err));
  for (uint32_t i = 0; i < count; i++)
    op->handings[i] = (struct handing){.gathering = op, .worker = &op->workers.items[i]};
  return LUMA_OK;
}

status op__open_gather(struct exec *exec, const struct plan *plan, struct op **op,
                       struct err *err) {
  static const struct op_ops ops = {gather_next, gather_close};
  struct gathering *gathering = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *gathering, &gathering, err));
  mutex_init(&gathering->lock);
  cond_init(&gathering->is_ready);
  cond_init(&gathering->is_taken);
  *op = &gathering->op;
  TRY(workers_open(exec, plan, exec->threads, &gathering->workers, err));
  if (gathering->workers.count > 0) return open_handings(gathering, err);
  exec_close(&gathering->op);
  *op = NULL;
  return op__open_of(plan)(exec, plan, op, err);
}
