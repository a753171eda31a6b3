/* SPDX-License-Identifier: MIT */
/* Looking at many beings by several threads, each at one part after the other. What the evolution's
 * transaction is to have read is noted first, all of it; the threads read in transactions of their
 * own, which begin later. Where others write meanwhile the evolution does not commit, so nobody has
 * to know who saw what. They say one thing: that all beings obey. If one does not, or anything is
 * not in order, all are looked at again one after the other, which tells of it. */
#include <stdatomic.h>

#include "base/mem/mem.h"
#include "model/db/evolve/evolve_int.h"

enum { PARTS_PER_THREAD = 8, THREADS_MAX = 16, PARTS_MAX = THREADS_MAX * PARTS_PER_THREAD };

struct parts {
  const struct evolving *evolving;
  const struct evolve_narrowed *narrowed;
  struct store_range items[PARTS_MAX];
  uint32_t count;
  atomic_uint next;
  atomic_bool ends; /* one does not obey, or there is another reason */
};

/** Who looks at parts. */
struct looker {
  struct parts *parts;
  struct model_txn *txn;
  struct model_caller caller; /* of that */
  struct evolve_sieve sieve;
  struct thread thread;
  bool has_thread;
  bool fits[EVOLVE_AT_ONCE];
};

static status look_at_some(void *context, struct doc *documents, uint32_t count, bool *goes_on,
                           struct err *err) {
  struct looker *looker = context;
  struct parts *parts = looker->parts;
  bool fit = true;
  TRY(model__fit_narrowed(looker->txn, parts->evolving->now, &parts->narrowed->rules, documents,
                          count, looker->fits, err));
  for (uint32_t i = 0; i < count; i++) fit &= looker->fits[i];
  if (!fit) atomic_store(&parts->ends, true);
  *goes_on = fit;
  return LUMA_OK;
}

/* Threads that are told to end do so between two batches. */
static status ask(void *context, struct err *err) {
  struct looker *looker = context;
  if (atomic_load(&looker->parts->ends)) FAIL(err, LUMA_CANCELLED, "another looks at it again");
  return looker->has_thread ? LUMA_OK : model__go_on(looker->parts->evolving->txn, err);
}

static status look_at_parts(struct looker *looker, struct err *err) {
  struct parts *parts = looker->parts;
  struct model_reads reads = {parts->narrowed->names, parts->narrowed->names_count};
  struct model_walk walk = {
      .look = look_at_some, .context = looker, .reads = &reads, .sieve = &looker->sieve.head};
  for (uint32_t i; (i = atomic_fetch_add(&parts->next, 1)) < parts->count;) {
    walk.part = &parts->items[i];
    TRY(model_walk(looker->txn, parts->evolving->now, &walk, err));
  }
  return LUMA_OK;
}

static void run(void *argument) {
  struct looker *looker = argument;
  if (look_at_parts(looker, NULL) != LUMA_OK) atomic_store(&looker->parts->ends, true);
}

/* ---- parts ---- */

static status make_parts(struct parts *parts, uint32_t threads, struct err *err) {
  struct slice keys[PARTS_MAX - 1];
  struct store_cuts cuts = {.keys = keys, .max = threads * PARTS_PER_THREAD - 1, .notes = true};
  TRY(model_cut(parts->evolving->txn, parts->evolving->now, &cuts, err));
  parts->count = cuts.count ? cuts.count + 1 : 0;
  for (uint32_t i = 0; i < parts->count; i++) {
    parts->items[i] = (struct store_range){0};
    if (i > 0) parts->items[i].from = keys[i - 1];
    if (i < cuts.count) parts->items[i].to = keys[i];
  }
  return LUMA_OK;
}

/* ---- threads ---- */

static status open_looker(struct looker *looker, struct parts *parts, struct err *err) {
  const struct evolving *evolving = parts->evolving;
  struct store_begin_options options = {.read_only = true, .may_block = true};
  looker->parts = parts;
  TRY(model_begin(evolving->txn->model, &options, &looker->txn, err));
  looker->caller = (struct model_caller){.ask = ask, .context = looker};
  model_set_caller(looker->txn, &looker->caller);
  looker->txn->is_looking = true;
  looker->txn->now_us = evolving->txn->now_us;
  looker->txn->keeps = evolving->txn->keeps;
  return evolve__sieve_open(&looker->sieve, evolving->now, parts->narrowed, err);
}

static void close_looker(struct looker *looker) {
  evolve__sieve_close(&looker->sieve);
  if (looker->txn) model_rollback(looker->txn);
}

/* The statement's own thread looks, too, and where no other can be had at all. */
static void look_together(struct looker *lookers, uint32_t count) {
  for (uint32_t i = 1; i < count; i++) {
    struct looker *looker = &lookers[i];
    looker->has_thread = true;
    if (thread_start(&looker->thread, "luma-look", run, looker, NULL) != LUMA_OK)
      looker->has_thread = false;
  }
  run(&lookers[0]);
  for (uint32_t i = 1; i < count; i++)
    if (lookers[i].has_thread) thread_join(&lookers[i].thread);
}

static status look(struct parts *parts, uint32_t threads, bool *are_right, struct err *err) {
  struct looker *lookers = mem_zalloc(threads, sizeof *lookers);
  status result = LUMA_OK;
  if (!lookers) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to look at beings");
  for (uint32_t i = 0; i < threads && result == LUMA_OK; i++)
    result = open_looker(&lookers[i], parts, err);
  if (result == LUMA_OK) look_together(lookers, threads);
  for (uint32_t i = 0; i < threads; i++) close_looker(&lookers[i]);
  mem_free(lookers);
  *are_right = result == LUMA_OK && !atomic_load(&parts->ends);
  return result;
}

status evolve__look_in_parts(const struct evolving *evolving,
                             const struct evolve_narrowed *narrowed, bool *are_right,
                             struct err *err) {
  uint32_t threads = evolving->request->threads;
  *are_right = false;
  if (threads > THREADS_MAX) threads = THREADS_MAX;
  if (threads < 2 || evolving->beings < EVOLVE_IN_PARTS) return LUMA_OK;
  /* What the transaction itself wrote, others do not see. */
  if (evolve__may_have_written(evolving)) return LUMA_OK;
  struct parts parts = {.evolving = evolving, .narrowed = narrowed};
  TRY(make_parts(&parts, threads, err));
  return parts.count ? look(&parts, threads, are_right, err) : LUMA_OK;
}
