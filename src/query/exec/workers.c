/* SPDX-License-Identifier: MIT */
#include "query/exec/workers.h"

#include "query/expr/tell.h"

enum {
  WORKERS_MAX = 64,
  PARTS_PER_WORKER = 16,
  ROWS_MIN = 20000,     /* fewer are read before the threads have begun */
  ROWS_PER_PART = 4096, /* of those in order */
  PARTS_MAX = 256,
  WORKER_ARENA_BYTES = 32 << 10
};

static const struct plan *scan_of(const struct plan *plan) {
  while (plan->kind != PLAN_SCAN) plan = plan->input;
  return plan;
}

/* A collation belongs to one thread. */
bool workers_may_share(const struct exec *exec, const struct plan *plan) {
  return exec->threads > 1 && plan->physical && plan->physical->by_workers && !exec->env->collation;
}

/* Parts are taken in order, and a worker's own rows count up through them. */
uint64_t workers_arrival(const struct exec *exec, uint64_t nth) {
  enum { NTH_BITS = 44 };
  return ((uint64_t)exec->part << NTH_BITS) | nth;
}

/* Leaves out what comes before the least key above that of the record. */
static status begin_after(struct exec *exec, struct slice record, struct store_range **items,
                          uint32_t *count, struct err *err) {
  uint8_t *from = arena_alloc_text(exec->arena, record.bytes + 1);
  TRY(op__memory(exec, from, err));
  memcpy(from, record.data, record.bytes);
  from[record.bytes] = 0;
  for (; *count > 1 && slice_compare((*items)->to, record) <= 0; --*count) ++*items;
  (*items)->from = slice_of(from, record.bytes + 1);
  return LUMA_OK;
}

/* The parts between cuts; none when the collection is not worth it. */
static status make_parts(struct exec *exec, const struct plan *plan, uint32_t most,
                         struct slice after, struct parts *parts, struct err *err) {
  const struct collection *collection = scan_of(plan)->collection;
  struct store_cuts cuts = {.max = most - 1, .waits = plan->physical && plan->physical->collected};
  cuts.keys = arena_zalloc(exec->arena, cuts.max, sizeof *cuts.keys);
  struct store_range *items = arena_zalloc(exec->arena, cuts.max + 1, sizeof *items);
  TRY(op__memory(exec, cuts.keys && items ? items : NULL, err));
  TRY(model_cut(exec->txn, collection, &cuts, err));
  if (cuts.count == 0) return LUMA_OK;
  for (uint32_t i = 0; i <= cuts.count; i++) {
    if (i > 0) items[i].from = cuts.keys[i - 1];
    if (i < cuts.count) items[i].to = cuts.keys[i];
  }
  uint32_t count = cuts.count + 1;
  if (after.bytes) TRY(begin_after(exec, after, &items, &count, err));
  parts->items = items;
  parts->count = count;
  return LUMA_OK;
}

static status make_worker(struct exec *exec, const struct plan *plan, struct workers *workers,
                          struct worker *worker, struct err *err) {
  workers->made++;
  arena_init(&worker->arena, WORKER_ARENA_BYTES, exec->memory_bytes);
  expr_env_init(&worker->env, &worker->arena);
  worker->env.params = exec->env->params;
  worker->env.now_us = exec->env->now_us;
  worker->env.text = exec->env->text;
  worker->env.variables = exec->env->variables;
  worker->env.variables_count = exec->env->variables_count;
  worker->env.only_reads = exec->env->only_reads;
  worker->exec = *exec;
  worker->exec.arena = &worker->arena;
  worker->exec.env = &worker->env;
  worker->exec.parts = &workers->parts;
  worker->exec.threads = 0;
  worker->exec.rows_wanted = 0;
  exec_watch(&worker->exec);
  return op__open(&worker->exec, plan, &worker->op, err);
}

static uint32_t at_most(uint32_t count, uint32_t most) {
  return count == 0 || count > most ? most : count; /* one more than UINT32_MAX is 0 */
}

static status make_workers(struct exec *exec, const struct plan *plan, uint32_t count,
                           struct workers *workers, struct err *err) {
  if (workers->parts.count < 2) return LUMA_OK;
  if (count > workers->parts.count) count = workers->parts.count;
  workers->items = arena_zalloc(exec->arena, count, sizeof *workers->items);
  TRY(op__memory(exec, workers->items, err));
  workers->count = count;
  for (uint32_t i = 0; i < count; i++)
    TRY(make_worker(exec, plan, workers, &workers->items[i], err));
  return LUMA_OK;
}

status workers_open(struct exec *exec, const struct plan *plan, uint32_t count,
                    struct workers *workers, struct err *err) {
  count = at_most(count, WORKERS_MAX);
  if (model_estimate_count(exec->txn, scan_of(plan)->collection) < ROWS_MIN) return LUMA_OK;
  TRY(make_parts(exec, plan, count * PARTS_PER_WORKER, slice_of(NULL, 0), &workers->parts, err));
  return make_workers(exec, plan, count, workers, err);
}

status workers_open_after(struct exec *exec, const struct plan *plan, uint32_t count,
                          struct slice after, struct workers *workers, struct err *err) {
  uint64_t rows = model_estimate_count(exec->txn, scan_of(plan)->collection);
  if (rows < ROWS_MIN) return LUMA_OK;
  uint64_t parts = rows / ROWS_PER_PART;
  if (parts > PARTS_MAX) parts = PARTS_MAX;
  TRY(make_parts(exec, plan, (uint32_t)parts, after, &workers->parts, err));
  return make_workers(exec, plan, at_most(count, WORKERS_MAX), workers, err);
}

void workers_join(struct workers *workers, struct expr_env *env) {
  for (uint32_t i = 0; i < workers->count; i++) {
    struct worker *worker = &workers->items[i];
    if (worker->is_started) thread_join(&worker->thread);
    worker->is_started = false;
    tell_take(env, &worker->env);
    worker->env.clashes = 0;
  }
}

static void work(void *argument) {
  struct worker *worker = argument;
  worker->result = worker->run(worker, &worker->err);
  if (worker->result != LUMA_OK)
    worker->failed_first = !atomic_exchange(&worker->exec.parts->is_stopped, true);
}

/* The run's own thread reads, too, and where no other can be had does all the work. */
status workers_run(struct workers *workers, worker_run *run, struct expr_env *env,
                   struct err *err) {
  for (uint32_t i = 0; i < workers->count; i++) {
    struct worker *worker = &workers->items[i];
    bool is_last = i + 1 == workers->count;
    worker->run = run;
    worker->is_started =
        !is_last && thread_start(&worker->thread, "luma-read", work, worker, NULL) == LUMA_OK;
  }
  for (uint32_t i = 0; i < workers->count; i++)
    if (!workers->items[i].is_started) work(&workers->items[i]);
  workers_join(workers, env);
  for (uint32_t i = 0; i < workers->count; i++) {
    if (!workers->items[i].failed_first) continue;
    if (err) *err = workers->items[i].err;
    return workers->items[i].result;
  }
  return LUMA_OK;
}

void workers_close(struct workers *workers) {
  for (uint32_t i = 0; i < workers->made; i++) {
    exec_close(workers->items[i].op);
    expr_env_deinit(&workers->items[i].env);
    arena_deinit(&workers->items[i].arena);
  }
}
