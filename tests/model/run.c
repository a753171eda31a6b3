/* SPDX-License-Identifier: MIT */
#include "tests/model/run.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/fault.h"
#include "tests/lib/test.h"

/* ---- saying what happened ---- */

void run_note(struct run *run, const char *format, ...) {
  char *line = run->trace[run->trace_count++ % RUN_TRACE_LINES];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(line, RUN_TRACE_BYTES, format, arguments);
  va_end(arguments);
  if (run->is_loud) printf("%6llu %s\n", (unsigned long long)run->trace_count - 1, line);
}

static void trace_print(const struct run *run) {
  uint64_t from = run->trace_count > RUN_TRACE_LINES ? run->trace_count - RUN_TRACE_LINES : 0;
  for (uint64_t i = from; i < run->trace_count; i++) {
    printf("%6llu %s\n", (unsigned long long)i, run->trace[i % RUN_TRACE_LINES]);
  }
  printf("sync mode %d, log %s the page cache, WAL segment %llu, memtable %llu, block %llu, cache "
         "%llu, file %llu\n",
         (int)run->tuning.sync_mode, run->tuning.is_direct ? "around" : "through",
         (unsigned long long)run->tuning.wal_segment_bytes,
         (unsigned long long)run->tuning.memtable_bytes,
         (unsigned long long)run->tuning.block_bytes,
         (unsigned long long)run->tuning.block_cache_bytes,
         (unsigned long long)run->tuning.file_bytes);
  printf("%s, round seed %llu (MODEL_ROUND=%llu repeats it alone)\n", run->target->name,
         (unsigned long long)run->seed, (unsigned long long)run->seed);
}

void run_expect(struct run *run, bool holds, const char *format, ...) {
  if (holds) return;
  char message[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  trace_print(run);
  fail_msg("%s", message);
}

void run_starve(struct run *run) {
  if (!run_chance(run, 1, 40)) return;
  uint64_t nth = 1 + rng_below(&run->rng, 30);
  run_note(run, "  memory runs out at allocation %llu", (unsigned long long)nth);
  run->is_starved = true;
  fault_alloc(nth, run_chance(run, 1, 3));
}

/* A store that met a fault may have become read only; a crash fails whatever touches the disk. */
bool run_worked(struct run *run, status answer, const char *what) {
  bool was_starved = run->is_starved && fault_alloc_hits() > 0;
  if (run->is_starved) fault_alloc_off();
  run->is_starved = false;
  if (answer == LUMA_OK) return true;
  if (answer == LUMA_OUT_OF_MEMORY && was_starved) {
    run_note(run, "  %s went without: %s", what, run->err.message);
    run->is_hungry = true;
    return false;
  }
  bool is_fault = answer == LUMA_IO_ERROR || answer == LUMA_READ_ONLY || answer == LUMA_DISK_FULL;
  run_expect(run, run->is_armed && is_fault, "%s: %s: %s", what, status_info(answer)->name,
             run->err.message);
  run_note(run, "  %s broke: %s", what, run->err.message);
  run->is_broken = true;
  return false;
}

/* ---- chance ---- */

bool run_chance(struct run *run, uint32_t one, uint32_t in) {
  return rng_below(&run->rng, in) < one;
}

bool run_is_durable(const struct run *run) {
  return run->tuning.sync_mode == STORE_SYNC_ALWAYS || run->tuning.sync_mode == STORE_SYNC_GROUP;
}

struct slice run_bound(struct run *run, uint8_t *room, uint32_t *index) {
  struct slice key = run->naive.keys[rng_below(&run->rng, NAIVE_KEYS)];
  if (key.bytes) memcpy(room, key.data, key.bytes);
  struct slice bound = slice_of(room, key.bytes);
  switch (rng_below(&run->rng, 5)) {
  case 0: room[bound.bytes++] = 0; break;
  case 1: bound.bytes -= bound.bytes > 0; break;
  case 2: room[bound.bytes++] = 0xff; break;
  default: break;
  }
  *index = 0;
  while (*index < NAIVE_KEYS && slice_compare(run->naive.keys[*index], bound) < 0) ++*index;
  return bound;
}

static void draw_tuning(struct run *run) {
  static const enum store_sync_mode modes[] = {
      STORE_SYNC_ALWAYS, STORE_SYNC_GROUP, STORE_SYNC_GROUP, STORE_SYNC_PERIODIC, STORE_SYNC_NEVER};
  struct rng *rng = &run->rng;
  run->tuning = (struct run_tuning){
      .sync_mode = modes[rng_below(rng, sizeof modes / sizeof modes[0])],
      .wal_segment_bytes = (uint64_t)8192 << rng_below(rng, 4),
      .memtable_bytes = (uint64_t)2048 << rng_below(rng, 5),
      .block_bytes = (uint64_t)256 << rng_below(rng, 3),
      .block_cache_bytes = (uint64_t)4096 << rng_below(rng, 5),
      .kept_bytes = rng_below(rng, 2) ? 0 : (uint64_t)1 << rng_below(rng, 16),
      .file_bytes = (uint64_t)4096 << rng_below(rng, 4),
      .blob_value_bytes = rng_below(rng, 3) ? rng_below(rng, 64) : 0,
      .feed_bytes_max =
          rng_below(rng, 4) ? RUN_FEED_UNTRIMMED : (uint64_t)2048 << rng_below(rng, 4),
  };
  run->tuning.is_direct = rng_below(rng, 2) == 0;
  if (rng_below(rng, 8) == 0) run->tuning.block_cache_bytes = 1; /* no block stays in it */
}

/* Much is written before any of it is durable. */
static void make_lazy(struct run *run) {
  run->tuning.is_lazy = true;
  run->tuning.sync_mode = run_chance(run, 1, 2) ? STORE_SYNC_PERIODIC : STORE_SYNC_NEVER;
  run->tuning.memtable_bytes = 1 << 20;
  run->naive.is_heavy = true;
}

/* ---- the round ---- */

static void open_first(struct run *run) {
  run_worked(run, run->target->open(run, &run->store, &run->err), "open");
  struct store_txn *txn = NULL;
  run_worked(run, store_begin(run->store, NULL, &txn, &run->err), "begin");
  run->last_seq = store_snapshot(txn);
  store_rollback(txn);
}

/* Where much is to be undurable at a time, trouble may not come too soon. */
static uint32_t store_steps_one_in(const struct run *run) {
  return !run->target->is_harsh ? 12 : run->tuning.is_lazy ? 40 : 5;
}

static void step(struct run *run) {
  run->is_hungry = false;
  run->active = NULL;
  run->tally.operations++;
  if (run_chance(run, 1, store_steps_one_in(run))) {
    run_store_step(run);
    return;
  }
  struct run_client *client = &run->clients[rng_below(&run->rng, RUN_CLIENTS)];
  run->active = client;
  run_starve(run);
  if (client->txn) {
    run_client_step(run, client);
  } else {
    run_client_begin(run, client);
  }
  if (run->is_starved) fault_alloc_off(); /* the operation made no call */
  run->is_starved = false;
  if (run->is_hungry && !run->is_broken && client->txn) run_client_rollback(run, client);
}

static void finish(struct run *run) {
  for (int i = 0; i < RUN_CLIENTS; i++) {
    if (run->clients[i].txn) run_client_rollback(run, &run->clients[i]);
  }
  if (run->is_armed) run->is_broken = true; /* what is still to come does not matter any more */
  if (run->is_broken) run_recover(run);
  run_verify(run);
  store_close(run->store);
  if (!run->target->is_harsh || !run_chance(run, 1, 3)) return;
  naive_settle(&run->naive);
  run_rot(run);
}

static void add_tally(struct run *run) {
  struct run_tally *sum = run->target->tally;
  if (!sum) return;
  sum->rounds++;
  sum->operations += run->tally.operations;
  sum->commits += run->tally.commits;
  for (int i = 0; i < RUN_TROUBLES; i++) sum->met[i] += run->tally.met[i];
  sum->rot_refused += run->tally.rot_refused;
  sum->rot_told += run->tally.rot_told;
  sum->rot_idle += run->tally.rot_idle;
}

void run_round(const struct run_target *target, uint64_t seed, uint32_t operations) {
  struct run *run = calloc(1, sizeof *run);
  assert_non_null(run);
  run->target = target;
  run->seed = seed;
  run->is_loud = getenv("MODEL_TRACE") != NULL;
  if (!target->is_harsh) /* seen when it aborts */
    printf("%s: round %llu\n", target->name, (unsigned long long)seed);
  rng_init(&run->rng, seed);
  draw_tuning(run);
  naive_init(&run->naive, &run->rng);
  if (run_chance(run, 1, 8)) make_lazy(run);
  if (target->is_on_sim) run->sim = simos_create(rng_next(&run->rng));
  if (run->sim) simos_take_direct(run->sim, run->tuning.is_direct);
  if (run->sim && run_chance(run, 1, 3))
    simos_let_clock_jump(run->sim, 1 + rng_below(&run->rng, 20));
  open_first(run);
  for (uint32_t i = 0; i < operations; i++) {
    step(run);
    if (run->is_broken) run_recover(run);
  }
  finish(run);
  add_tally(run);
  if (run->sim) simos_destroy(run->sim);
  naive_deinit(&run->naive);
  free(run);
}
