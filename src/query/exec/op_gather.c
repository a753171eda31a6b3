/* SPDX-License-Identifier: MIT */
/* GATHER: stands for a node that reads a whole collection in any order. Workers, each a thread with
 * operators, expressions and memory of its own, take part after part of the collection and run the
 * node's subtree over it; their batches are handed up as they come. A worker waits until its batch
 * was used. All of them read the one snapshot of the run's transaction, which only reads.
 *
 * Inv: between READY and WORKING a worker's batch belongs to the run's thread, else to the worker.
 */
#include "base/sync/sync.h"
#include "query/exec/exec_int.h"
#include "query/exec/parts.h"
#include "query/expr/tell.h"

enum {
  WORKERS_MAX = 64,
  PARTS_PER_WORKER = 16,
  ROWS_MIN = 20000, /* fewer are read before the threads have begun */
  WORKER_ARENA_BYTES = 32 << 10
};

enum state { WORKING, READY, DONE };

struct worker {
  struct gathering *gathering;
  struct arena arena;
  struct expr_env env;
  struct exec exec;
  struct op *op;
  struct thread thread;
  bool is_started;
  enum state state; /* this and what follows: of the lock */
  struct batch *batch;
  status result;
  struct err err;
};

struct gathering {
  struct op op;
  struct parts parts;
  struct worker *workers;
  uint32_t count, made;
  struct worker *current; /* whose batch was handed up last */
  bool is_begun, is_alone;
  struct mutex lock;
  struct cond is_ready, is_taken;
};

/* ---- a worker's thread ---- */

/* Hands a batch up and waits until it was used; false when no more is wanted. */
static bool hand_up(struct worker *worker, struct batch *batch) {
  struct gathering *op = worker->gathering;
  mutex_lock(&op->lock);
  worker->batch = batch;
  worker->state = READY;
  cond_signal(&op->is_ready);
  while (worker->state == READY && !atomic_load(&op->parts.is_stopped))
    cond_wait(&op->is_taken, &op->lock);
  mutex_unlock(&op->lock);
  return !atomic_load(&op->parts.is_stopped);
}

static void work(void *argument) {
  struct worker *worker = argument;
  struct gathering *op = worker->gathering;
  struct batch *batch = NULL;
  status result;
  do result = op__next(worker->op, &batch, &worker->err);
  while (result == LUMA_OK && batch && hand_up(worker, batch));
  mutex_lock(&op->lock);
  worker->result = result;
  worker->state = DONE;
  cond_signal(&op->is_ready);
  mutex_unlock(&op->lock);
}

/* ---- the run's thread ---- */

/* A worker that could not be started leaves its parts to the others; if none could, the run's
 * thread is the first of them. */
static void begin(struct gathering *op) {
  op->is_begun = op->is_alone = true;
  for (uint32_t i = 0; i < op->count; i++) {
    struct worker *worker = &op->workers[i];
    worker->is_started = thread_start(&worker->thread, "luma-read", work, worker, NULL) == LUMA_OK;
    if (worker->is_started) op->is_alone = false;
  }
  for (uint32_t i = 0; i < op->count; i++)
    if (!op->workers[i].is_started) op->workers[i].state = DONE;
}

static void end(struct gathering *op) {
  if (!op->is_begun) return;
  mutex_lock(&op->lock);
  atomic_store(&op->parts.is_stopped, true);
  cond_broadcast(&op->is_taken);
  mutex_unlock(&op->lock);
  for (uint32_t i = 0; i < op->count; i++) {
    struct worker *worker = &op->workers[i];
    if (worker->is_started) thread_join(&worker->thread);
    worker->is_started = false;
    tell_take(op->op.exec->env, &worker->env);
    worker->env.clashes = 0;
  }
}

/* One that has a batch, or failed; NULL when all are done. Waits. */
static struct worker *wait_for_one(struct gathering *op) {
  for (;;) {
    bool all_done = true;
    for (uint32_t i = 0; i < op->count; i++) {
      struct worker *worker = &op->workers[i];
      if (worker->state == READY || worker->result != LUMA_OK) return worker;
      all_done &= worker->state == DONE;
    }
    if (all_done) return NULL;
    cond_wait(&op->is_ready, &op->lock);
  }
}

static status next_alone(struct gathering *op, struct batch **batch, struct err *err) {
  TRY(op__next(op->workers[0].op, batch, err));
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
  if (op->current && op->current->result == LUMA_OK) {
    *batch = op->current->batch;
    return LUMA_OK;
  }
  struct worker *failed = op->current;
  op->current = NULL;
  end(op);
  if (!failed) return LUMA_OK;
  if (err) *err = failed->err;
  return failed->result;
}

static void gather_close(struct op *base) {
  struct gathering *op = (struct gathering *)base;
  end(op);
  for (uint32_t i = 0; i < op->made; i++) {
    exec_close(op->workers[i].op);
    expr_env_deinit(&op->workers[i].env);
    arena_deinit(&op->workers[i].arena);
  }
  mutex_deinit(&op->lock);
  cond_deinit(&op->is_ready);
  cond_deinit(&op->is_taken);
}

/* ---- opening ---- */

static const struct plan *scan_of(const struct plan *plan) {
  while (plan->kind != PLAN_SCAN) plan = plan->input;
  return plan;
}

/* The parts between cuts; none when the collection is not worth it. */
static status make_parts(struct exec *exec, const struct plan *plan, struct parts *parts,
                         struct err *err) {
  const struct collection *collection = scan_of(plan)->collection;
  uint32_t threads = exec->threads < WORKERS_MAX ? exec->threads : WORKERS_MAX;
  struct store_cuts cuts = {.max = threads * PARTS_PER_WORKER - 1};
  parts->count = 0;
  if (model_estimate_count(exec->txn, collection) < ROWS_MIN) return LUMA_OK;
  cuts.keys = arena_zalloc(exec->arena, cuts.max, sizeof *cuts.keys);
  struct store_range *items = arena_zalloc(exec->arena, cuts.max + 1, sizeof *items);
  TRY(op__memory(exec, cuts.keys && items ? items : NULL, err));
  TRY(model_cut(exec->txn, collection, &cuts, err));
  if (cuts.count == 0) return LUMA_OK;
  for (uint32_t i = 0; i <= cuts.count; i++) {
    if (i > 0) items[i].from = cuts.keys[i - 1];
    if (i < cuts.count) items[i].to = cuts.keys[i];
  }
  parts->items = items;
  parts->count = cuts.count + 1;
  return LUMA_OK;
}

static status make_worker(struct gathering *op, const struct plan *plan, struct worker *worker,
                          struct err *err) {
  struct exec *exec = op->op.exec;
  op->made++;
  worker->gathering = op;
  arena_init(&worker->arena, WORKER_ARENA_BYTES, exec->memory_bytes);
  expr_env_init(&worker->env, &worker->arena);
  worker->env.params = exec->env->params;
  worker->env.now_us = exec->env->now_us;
  worker->env.text = exec->env->text;
  worker->exec = *exec;
  worker->exec.arena = &worker->arena;
  worker->exec.env = &worker->env;
  worker->exec.parts = &op->parts;
  worker->exec.threads = 0;
  worker->exec.rows_wanted = 0;
  return op__open(&worker->exec, plan, &worker->op, err);
}

status op__open_gather(struct exec *exec, const struct plan *plan, struct op **op,
                       struct err *err) {
  static const struct op_ops ops = {gather_next, gather_close};
  struct parts parts = {0};
  TRY(make_parts(exec, plan, &parts, err));
  if (parts.count < 2) return op__open_of(plan)(exec, plan, op, err);
  struct gathering *gathering = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *gathering, &gathering, err));
  mutex_init(&gathering->lock);
  cond_init(&gathering->is_ready);
  cond_init(&gathering->is_taken);
  *op = &gathering->op;
  gathering->parts.items = parts.items;
  gathering->parts.count = parts.count;
  gathering->count = exec->threads < WORKERS_MAX ? exec->threads : WORKERS_MAX;
  if (gathering->count > parts.count) gathering->count = parts.count;
  gathering->workers = arena_zalloc(exec->arena, gathering->count, sizeof *gathering->workers);
  TRY(op__memory(exec, gathering->workers, err));
  for (uint32_t i = 0; i < gathering->count; i++)
    TRY(make_worker(gathering, plan, &gathering->workers[i], err));
  return LUMA_OK;
}
