/* SPDX-License-Identifier: MIT */
/* Operations on the store as a whole: the feed, maintenance, reopening, and everything that may
 * befall it. */
#include <stdio.h>
#include <string.h>

#include "tests/model/run.h"

enum { FEED_MAX = 40, OPEN_TRIES = 6 };

/* ---- comparing everything ---- */

static void verify_space(struct run *run, struct store_txn *txn, enum store_space space,
                         bool backwards) {
  static uint8_t room[NAIVE_VALUE_BYTES_MAX];
  const struct naive_cell *cells = naive_now(&run->naive)->cells[space];
  struct store_range all = {{0}, {0}};
  struct store_cursor *cursor = NULL;
  if (!run_worked(run, store_cursor_open(txn, space, all, backwards, &cursor, &run->err), "open")) {
    return;
  }
  uint32_t row = 0;
  run->rows.count = 0;
  for (uint32_t i = 0; i < NAIVE_KEYS && !run->is_broken; i++) {
    uint32_t key = backwards ? NAIVE_KEYS - 1 - i : i;
    if (!cells[key].is_found) continue;
    if (row == run->rows.count) {
      if (!run_worked(run, store_cursor_next(cursor, 16, &run->rows, &run->err), "next")) break;
      row = 0;
    }
    run_expect(run,
               row < run->rows.count && slice_is_equal(run->rows.keys[row], run->naive.keys[key]),
               "verify: key %d/%u of commit %llu is missing", (int)space, key,
               (unsigned long long)cells[key].commit);
    run_expect(run, slice_is_equal(run->rows.values[row], naive_stored(&cells[key], space, room)),
               "verify: key %d/%u has another value than that of commit %llu", (int)space, key,
               (unsigned long long)cells[key].commit);
    row++;
  }
  if (!run->is_broken && row == run->rows.count) {
    if (run_worked(run, store_cursor_next(cursor, 16, &run->rows, &run->err), "next")) row = 0;
  }
  run_expect(run, run->is_broken || row == run->rows.count, "verify: space %d has a row too many",
             (int)space);
  store_cursor_close(cursor);
}

static void verify_gets(struct run *run, struct store_txn *txn, enum store_space space) {
  static struct store_value values[NAIVE_KEYS];
  struct store_pins pins = {0};
  status answer = store_get_many(txn, space, run->naive.keys, NAIVE_KEYS, values, &pins, &run->err);
  for (uint32_t i = 0; run_worked(run, answer, "get") && i < NAIVE_KEYS; i++) {
    const struct naive_cell *cell = &naive_now(&run->naive)->cells[space][i];
    run_expect(run, values[i].found == cell->is_found, "verify: key %d/%u is %s", (int)space, i,
               cell->is_found ? "missing" : "there");
    run_expect(run, !cell->is_found || values[i].seq == cell->seq,
               "verify: key %d/%u is of sequence %llu, not %llu", (int)space, i,
               (unsigned long long)values[i].seq, (unsigned long long)cell->seq);
  }
  store_pins_release(&pins);
}

static void tell_fault(void *context, const char *place, const char *what) {
  run_note(context, "  fault: %s: %s", place, what);
}

void run_verify(struct run *run) {
  struct store_begin_options options = {.read_only = true};
  struct store_txn *txn = NULL;
  run_note(run, "verify");
  if (!run_worked(run, store_begin(run->store, &options, &txn, &run->err), "begin")) return;
  for (int space = 0; space < STORE_SPACES && !run->is_broken; space++) {
    verify_space(run, txn, (enum store_space)space, false);
    if (!run->is_broken) verify_space(run, txn, (enum store_space)space, true);
    if (!run->is_broken) verify_gets(run, txn, (enum store_space)space);
  }
  store_rollback(txn);
  if (run->is_broken) return;
  run_worked(run, store_check(run->store, tell_fault, run, &run->err), "check");
  run->reader = run->trimmed;
  while (!run->is_broken && run->reader < run->naive.feed_count) run_feed_read(run);
}

/* ---- the feed ---- */

static struct store_pos position_of(const struct run *run, size_t records) {
  return records ? run->naive.feed[records - 1].position : (struct store_pos){0};
}

static bool is_zero(struct store_pos position) {
  return !position.high && !position.low;
}

static void check_record(struct run *run, size_t at, const struct store_feed_record *record) {
  static uint8_t room[NAIVE_VALUE_BYTES_MAX];
  struct naive_change *change = &run->naive.feed[at];
  run_expect(run, slice_is_equal(record->payload, naive_bytes(change->payload, room)),
             "feed record %zu (of commit %llu) has another payload", at,
             (unsigned long long)change->commit);
  run_expect(run,
             at == 0 || store_pos_compare(run->store, position_of(run, at), record->position) < 0,
             "feed record %zu does not come after the one before", at);
  run_expect(run,
             is_zero(change->position) ||
                 store_pos_compare(run->store, change->position, record->position) == 0,
             "feed record %zu has moved", at);
  change->position = record->position;
}

/* The store has trimmed by itself: what it still has must be the last records. */
static void find_oldest(struct run *run) {
  struct store_pos oldest, newest;
  struct store_feed_record *records = NULL;
  uint32_t count = 0;
  struct arena arena;
  if (!run_worked(run, store_feed_bounds(run->store, &oldest, &newest, &run->err), "bounds")) {
    return;
  }
  arena_init(&arena, 0, 0);
  status answer =
      store_feed_read(run->store, oldest, UINT32_MAX, &arena, &records, &count, &run->err);
  if (run_worked(run, answer, "feed read")) {
    run_expect(run, count <= run->naive.feed_count - run->trimmed,
               "the feed has %u records, at most %zu were not trimmed", count,
               run->naive.feed_count - run->trimmed);
    run->trimmed = run->reader = run->naive.feed_count - count;
    if (run->trimmed) run->naive.feed[run->trimmed - 1].position = oldest;
    run_note(run, "  trimmed up to %zu", run->trimmed);
  }
  arena_deinit(&arena);
}

static bool trims_itself(const struct run *run) {
  return run->target->is_kept && run->tuning.feed_bytes_max != RUN_FEED_UNTRIMMED;
}

/* Reads after record number `from`, all of which have been read before. */
static void feed_read_from(struct run *run, size_t from, uint32_t max) {
  struct arena arena;
  arena_init(&arena, 0, 0);
  struct store_feed_record *records = NULL;
  uint32_t count = 0;
  status answer =
      store_feed_read(run->store, position_of(run, from), max, &arena, &records, &count, &run->err);
  if (answer == LUMA_GAP && from >= run->trimmed && trims_itself(run)) {
    find_oldest(run);
  } else if (!(answer == LUMA_GAP && from < run->trimmed) && run_worked(run, answer, "feed read")) {
    size_t rest = run->naive.feed_count - from;
    run_expect(run, count == (rest < max ? rest : max),
               "the feed has %u records after %zu, not %zu", count, from,
               rest < max ? rest : (size_t)max);
    for (uint32_t i = 0; i < count; i++) check_record(run, from + i, &records[i]);
    if (from == run->reader) run->reader += count;
  }
  arena_deinit(&arena);
}

void run_feed_read(struct run *run) {
  uint32_t max = 1 + (uint32_t)rng_below(&run->rng, FEED_MAX);
  run_note(run, "feed read %u after %zu", max, run->reader);
  feed_read_from(run, run->reader, max);
}

static void do_feed_reread(struct run *run) {
  size_t from = rng_below(&run->rng, run->reader + 1);
  if (from && is_zero(position_of(run, from))) return; /* never read: its position is not known */
  run_note(run, "feed read again after %zu", from);
  if (from == run->reader) return;
  feed_read_from(run, from, FEED_MAX);
}

static void do_feed_trim(struct run *run) {
  size_t upto = rng_below(&run->rng, run->reader + 1);
  if (upto == 0 || is_zero(position_of(run, upto)) || !run_chance(run, 1, 3)) return;
  run_note(run, "feed trim up to %zu", upto);
  if (run->trimmed < upto) run->trimmed = upto;
  run_worked(run, store_feed_trim(run->store, position_of(run, upto), &run->err), "feed trim");
}

static void do_feed_bounds(struct run *run) {
  struct store_pos oldest, newest;
  run_note(run, "feed bounds");
  status answer = store_feed_bounds(run->store, &oldest, &newest, &run->err);
  if (!run_worked(run, answer, "feed bounds")) return;
  run_expect(run,
             is_zero(run->last_position) ||
                 store_pos_compare(run->store, newest, run->last_position) == 0,
             "the feed's newest position is not that of the last commit");
  run_expect(run,
             trims_itself(run) ||
                 store_pos_compare(run->store, oldest, position_of(run, run->trimmed)) <= 0,
             "the feed lost more than was trimmed");
}

/* ---- maintenance ---- */

static void do_checkpoint(struct run *run) {
  run_note(run, "checkpoint");
  run_starve(run);
  run_worked(run, store_checkpoint(run->store, &run->err), "checkpoint");
}

static void do_compact(struct run *run) {
  run_note(run, "compact");
  run_starve(run);
  run_worked(run, store_compact(run->store, &run->err), "compact");
}

static void do_sync(struct run *run) {
  if (run->tuning.is_lazy && !run_chance(run, 1, 8)) return;
  run_note(run, "sync");
  if (run_worked(run, store_sync(run->store, &run->err), "sync")) naive_settle(&run->naive);
}

static void do_verify(struct run *run) {
  if (run_chance(run, 1, 3)) run_verify(run);
}

/* ---- closing and opening ---- */

void run_abandon(struct run *run) {
  for (int i = 0; i < RUN_CLIENTS; i++) {
    struct run_client *client = &run->clients[i];
    run_client_close_cursor(client);
    store_pins_release(&client->pins);
    if (client->txn) store_rollback(client->txn);
    client->txn = NULL;
    client->kept_count = 0;
  }
}

/* Nothing more will happen, but what has happened. */
static void disarm(struct run *run) {
  simos_crash_at(run->sim, 0);
  simos_kill_at(run->sim, 0);
  simos_fail_at(run->sim, 0, LUMA_OK);
  simos_set_capacity(run->sim, 0);
  run->is_armed = simos_is_off(run->sim);
}

/* Opens, with the power failing now and then while it does. */
static void open_again(struct run *run) {
  if (!run->sim) {
    run_worked(run, run->target->open(run, &run->store, &run->err), "open");
    return;
  }
  for (int tries = 0;; tries++) {
    disarm(run);
    run->is_broken = false;
    run->is_armed = run->target->can_crash && tries < OPEN_TRIES && run_chance(run, 1, 3);
    run->trouble = run->is_armed ? RUN_CRASH : RUN_NO_TROUBLE;
    if (run->is_armed) simos_crash_at(run->sim, 1 + rng_below(&run->rng, 30));
    run_note(run, "open%s", run->is_armed ? ", with a crash to come" : "");
    if (run_worked(run, run->target->open(run, &run->store, &run->err), "open")) break;
    run->store = NULL;
    run->tally.met[RUN_CRASH]++;
    simos_reboot(run->sim);
  }
  disarm(run);
}

/* The sequence of the commit that nobody heard the answer of: learnt from what it wrote. */
static void learn_sequences(struct run *run, struct store_txn *txn) {
  struct naive_state *now = run->naive.states[run->naive.states_count - 1];
  uint64_t commit = naive_commits(&run->naive);
  for (int space = 0; space < STORE_SPACES; space++) {
    for (uint32_t key = 0; key < NAIVE_KEYS; key++) {
      struct naive_cell *cell = &now->cells[space][key];
      if (!cell->is_found || cell->seq != 0) continue;
      struct store_value found;
      struct store_pins pins = {0};
      status answer =
          store_get(txn, (enum store_space)space, run->naive.keys[key], &found, &pins, &run->err);
      if (!run_worked(run, answer, "get")) return;
      run_expect(run, found.found, "commit %llu is there without its key %d/%u",
                 (unsigned long long)commit, space, key);
      if (!run->last_seq) run->last_seq = found.seq;
      run_expect(run, found.seq == run->last_seq && found.seq > 0,
                 "commit %llu has two sequences, %llu and %llu", (unsigned long long)commit,
                 (unsigned long long)run->last_seq, (unsigned long long)found.seq);
      cell->seq = found.seq;
      store_pins_release(&pins);
    }
  }
}

/* How many commits survived, and that no durable one is missing. */
static void find_survivors(struct run *run) {
  struct store_txn *txn = NULL;
  int64_t count = -1;
  struct slice key = run->naive.keys[NAIVE_COMMITS_KEY];
  if (!run_worked(run, store_begin(run->store, NULL, &txn, &run->err), "begin")) return;
  if (run_worked(run, store_count(txn, key, &count, &run->err), "count")) {
    run_note(run, "  %lld commits survived; %llu durable, %llu made", (long long)count,
             (unsigned long long)run->naive.durable,
             (unsigned long long)naive_commits(&run->naive));
    run_expect(run, (uint64_t)count >= run->naive.durable,
               "%llu commits were durable, %lld survived", (unsigned long long)run->naive.durable,
               (long long)count);
    run_expect(run, (uint64_t)count <= naive_commits(&run->naive), "%lld commits survived of %llu",
               (long long)count, (unsigned long long)naive_commits(&run->naive));
    naive_cut(&run->naive, (uint64_t)count);
    run->last_seq = 0;
    learn_sequences(run, txn);
    run->last_seq = store_snapshot(txn);
    run->last_position = (struct store_pos){0};
    if (run->trimmed > run->naive.feed_count) run->trimmed = run->naive.feed_count;
    if (run->reader > run->naive.feed_count) run->reader = run->naive.feed_count;
  }
  store_rollback(txn);
}

/* What failed was a change: those who only read go on. */
static void read_on(struct run *run) {
  run->is_armed = run->is_broken = false;
  for (int i = 0; i < RUN_CLIENTS; i++) {
    struct run_client *client = &run->clients[i];
    if (client->txn && client != run->active) run_client_get(run, client);
  }
}

void run_recover(struct run *run) {
  bool only_a_fault = !simos_is_off(run->sim);
  run->tally.met[run->trouble]++;
  run_note(run, "recover from a %s", only_a_fault ? "fault" : "crash");
  if (only_a_fault && run->store) read_on(run);
  run_abandon(run);
  if (run->store) store_close(run->store);
  if (only_a_fault && run_chance(run, 1, 2)) {
    simos_crash(run->sim);
    run->tally.met[RUN_CRASH]++;
  }
  if (simos_is_off(run->sim)) simos_reboot(run->sim);
  open_again(run);
  if (!run->is_broken) find_survivors(run);
  if (run->is_broken) {
    run_recover(run);
    return;
  }
  if (run_is_durable(run)) naive_settle(&run->naive);
  run_verify(run);
  if (run->is_broken) run_recover(run);
}

static void do_reopen(struct run *run) {
  if (!run->target->is_kept || !run_chance(run, 1, 3)) return;
  run_note(run, "close");
  for (int i = 0; i < RUN_CLIENTS; i++) {
    if (run->clients[i].txn) run_client_rollback(run, &run->clients[i]);
  }
  store_close(run->store);
  run->store = NULL;
  if (run->is_armed) { /* closing may have met it: what was not durable before need not be so now */
    run->is_broken = true;
    return;
  }
  naive_settle(&run->naive);
  open_again(run);
  if (!run->is_broken) find_survivors(run);
}

/* ---- trouble ---- */

static void arm(struct run *run, enum run_trouble trouble, uint64_t nth) {
  run->trouble = trouble;
  run->is_armed = true;
  switch (trouble) {
  case RUN_CRASH:
    run_note(run, "the power will fail at change %llu", (unsigned long long)nth);
    simos_crash_at(run->sim, nth);
    break;
  case RUN_KILL:
    run_note(run, "the process will die at change %llu", (unsigned long long)nth);
    simos_kill_at(run->sim, nth);
    break;
  case RUN_FULL:
    nth = (uint64_t)(32 << 10) << nth % 6;
    run_note(run, "the disk has room for %llu bytes", (unsigned long long)nth);
    simos_set_capacity(run->sim, nth);
    break;
  case RUN_FAULT:
  case RUN_ROT:
  case RUN_NO_TROUBLE:
  case RUN_TROUBLES:
    run_note(run, "change %llu will fail", (unsigned long long)nth);
    simos_fail_at(run->sim, nth, run_chance(run, 1, 2) ? LUMA_IO_ERROR : LUMA_DISK_FULL);
    break;
  }
}

static void do_trouble(struct run *run) {
  static const enum run_trouble troubles[] = {RUN_CRASH, RUN_CRASH, RUN_CRASH,
                                              RUN_KILL,  RUN_FULL,  RUN_FAULT};
  if (!run->target->can_crash || run->is_armed) return;
  uint64_t nth = 1 + rng_below(&run->rng, run_chance(run, 1, 2) ? 12 : 80);
  arm(run, troubles[rng_below(&run->rng, sizeof troubles / sizeof troubles[0])], nth);
}

void run_store_step(struct run *run) {
  static void (*const operations[])(struct run *) = {
      run_feed_read,  run_feed_read, run_feed_read, do_feed_reread, do_feed_trim,
      do_feed_bounds, do_checkpoint, do_compact,    do_sync,        do_verify,
      do_reopen,      do_trouble,    do_trouble,
  };
  if (run->target->is_harsh && run_chance(run, 1, 2)) {
    do_trouble(run);
    return;
  }
  operations[rng_below(&run->rng, sizeof operations / sizeof operations[0])](run);
}
