/* SPDX-License-Identifier: MIT */
/* The log with many threads: what any of them was told is durable is there after a crash. */
#include <stdatomic.h>

#include "base/mem/mem.h"
#include "base/sync/sync.h"
#include "tests/lib/test.h"
#include "tests/unit/store/wal_log.h"

/* ---- a crowd ---- */

enum { THREADS = 6, THREAD_RECORDS = 250 };

/* They reserve in the order of their lock, copy and wait beside each other. */
struct crowd {
  struct log *log;
  struct mutex order;
  _Atomic uint64_t acknowledged, announced;
};

/* A device that takes its time, and ends its writes in any order. */
static const struct os_ops *quick_ops;
static struct os_ops slow_ops;

static status write_slowly(struct os *os, struct os_file *file, uint64_t offset, const void *data,
                           size_t bytes, struct err *err) {
  os_sleep_us(os_linux(), (offset / 4096 * 7) % 5 * 40);
  return quick_ops->write_at(os, file, offset, data, bytes, err);
}

static void slow_down(struct os *os) {
  quick_ops = os->ops;
  slow_ops = *os->ops;
  slow_ops.write_at = write_slowly;
  os->ops = &slow_ops;
}

static void note_announced(void *context, uint64_t seq) {
  struct crowd *crowd = context;
  assert_true(seq >= atomic_load(&crowd->announced));
  atomic_store(&crowd->announced, seq);
}

static status append_in_crowd(struct crowd *crowd, uint8_t *room, uint64_t *seq, struct err *err) {
  struct ring_place place;
  struct log *log = crowd->log;
  mutex_lock(&crowd->order);
  *seq = log->appended + 1;
  size_t bytes = log_record(*seq, room);
  status answer = wal_reserve(log->wal, *seq, bytes, &place, err);
  if (answer == LUMA_OK) log->appended = *seq;
  mutex_unlock(&crowd->order);
  if (answer == LUMA_OK) wal_fill(&place, slice_of(room, bytes));
  return answer;
}

static void run_in_crowd(void *context) {
  struct crowd *crowd = context;
  uint8_t *room = mem_alloc(LOG_RECORD_BYTES_MAX + 8);
  for (int i = 0; i < THREAD_RECORDS; i++) {
    struct err err = {0};
    uint64_t seq, known;
    if (append_in_crowd(crowd, room, &seq, &err) != LUMA_OK) break;
    if (i % 5 != 0) continue; /* nobody waits for this one */
    if (wal_write(crowd->log->wal, seq, true, &err) != LUMA_OK) break;
    known = atomic_load(&crowd->acknowledged);
    while (known < seq && !atomic_compare_exchange_weak(&crowd->acknowledged, &known, seq)) {
    }
  }
  mem_free(room);
}

static void run_crowd(struct crowd *crowd) {
  struct thread threads[THREADS];
  for (int i = 0; i < THREADS; i++)
    assert_ok(thread_start(&threads[i], "crowd", run_in_crowd, crowd, test_err()));
  for (int i = 0; i < THREADS; i++) thread_join(&threads[i]);
}

/* What was acknowledged to any thread, whatever was in flight beside it, is there after a crash. */
static void threads_share_writes_and_lose_nothing(void) {
  for (size_t round = 0; round < test_rounds(12); round++) {
    struct log log;
    struct crowd crowd = {.log = &log};
    log_create(&log, rng_next(test_rng()));
    if (round % 2) slow_down(log.options.os);
    mutex_init(&crowd.order);
    log.options.batch_bytes = 4096 << rng_below(test_rng(), 5);
    log_open(&log);
    wal_close(log.wal);
    struct wal_options usual = log.options;
    for (int life = 0; life < 3; life++) {
      struct wal_end end;
      log.options.synced = note_announced;
      log.options.context = &crowd;
      log.replayed = 0;
      assert_ok(wal_recover(&log.options, log.start, log_replay_one, &log, &end, test_err()));
      assert_true(log.replayed >= atomic_load(&crowd.acknowledged));
      log.appended = log.replayed;
      atomic_store(&crowd.announced, log.replayed);
      assert_ok(wal_open(&log.options, &end, log.replayed, &log.wal, test_err()));
      wal_end_deinit(&end);
      if (life < 2) simos_crash_at(log.sim, 1 + rng_below(test_rng(), 400));
      run_crowd(&crowd);
      status written = wal_write_all(log.wal, true, test_err());
      if (!simos_is_off(log.sim)) { /* the power may fail in this very write */
        assert_ok(written);
        assert_int_equal(log.appended, atomic_load(&crowd.announced));
        simos_crash(log.sim);
      }
      wal_close(log.wal);
      simos_reboot(log.sim);
    }
    log.options = usual;
    log.synced = atomic_load(&crowd.acknowledged);
    log_open(&log);
    wal_close(log.wal);
    mutex_deinit(&crowd.order);
    simos_destroy(log.sim);
  }
}

/* ---- one who waits for a sync ---- */

/* The second write that begins goes on only when told. */
static struct {
  const struct os_ops *below;
  atomic_int writes, is_told;
} gate;

static status write_through_gate(struct os *os, struct os_file *file, uint64_t offset,
                                 const void *data, size_t bytes, struct err *err) {
  if (atomic_fetch_add(&gate.writes, 1) == 1)
    while (!atomic_load(&gate.is_told)) os_sleep_us(os_linux(), 100);
  return gate.below->write_at(os, file, offset, data, bytes, err);
}

struct waiting {
  struct wal *wal;
  uint64_t seq;
  bool sync;
  status answer;
};

static void wait_for(void *context) {
  struct waiting *waiting = context;
  waiting->answer = wal_write(waiting->wal, waiting->seq, waiting->sync, NULL);
}

/* Commit 1 is written and not synced; while commit 2 is written by one who wants no sync, another
 * begins to wait for the sync of commit 1. When the writing ends nobody is left to write anything,
 * and still that one must be woken to do it. */
static void who_waits_for_a_sync_is_woken_by_who_only_wrote(void) {
  struct log log;
  struct thread threads[2];
  static uint8_t room[LOG_RECORD_BYTES_MAX + 8];
  log_create(&log, test_seed());
  log.options.synced_writes = false;
  log.options.batch_timeout_us = UINT64_C(3600000000);
  log_open(&log);
  static struct os_ops ops;
  gate.below = log.options.os->ops;
  ops = *gate.below;
  ops.write_at = write_through_gate;
  log.options.os->ops = &ops;
  struct waiting writer = {log.wal, log.appended + 2, false, LUMA_OK},
                 syncer = {log.wal, log.appended + 1, true, LUMA_OK};
  for (int i = 0; i < 2; i++) {
    uint64_t seq = ++log.appended;
    assert_ok(wal_append(log.wal, seq, slice_of(room, log_record(seq, room)), test_err()));
    if (i == 0) assert_ok(wal_write(log.wal, seq, false, test_err()));
  }
  assert_ok(thread_start(&threads[0], "writer", wait_for, &writer, test_err()));
  while (atomic_load(&gate.writes) < 2) os_sleep_us(os_linux(), 100);
  assert_ok(thread_start(&threads[1], "syncer", wait_for, &syncer, test_err()));
  os_sleep_us(os_linux(), 50000); /* so that it sleeps; without that the case shows less */
  atomic_store(&gate.is_told, 1);
  for (int i = 0; i < 2; i++) thread_join(&threads[i]);
  assert_int_equal(LUMA_OK, writer.answer);
  assert_int_equal(LUMA_OK, syncer.answer);
  assert_true(wal_synced_seq(log.wal) >= syncer.seq);
  wal_close(log.wal);
  simos_destroy(log.sim);
}

/* Somebody needs segments while one is renamed to be used again. */
static struct {
  const struct os_ops *below;
  struct os_ops ops;
  struct log *log;
  struct thread thread;
  status appended; /* what came of the thread's appending */
  bool runs;
  uint32_t renames;
} renaming;

/* An expectation belongs to the test's own thread. */
static status append_much(struct log *log) {
  for (int i = 0; i < 60; i++) TRY(log_append(log));
  return wal_write(log->wal, log->appended, true, NULL);
}

static void append_beside(void *context) {
  renaming.appended = append_much(context);
}

/* The other has time to come to where it needs one. */
static status rename_slowly(struct os *os, const char *from, const char *to, struct err *err) {
  status answer = renaming.below->rename(os, from, to, err);
  renaming.renames++;
  if (renaming.runs) return answer;
  assert_ok(thread_start(&renaming.thread, "append", append_beside, renaming.log, test_err()));
  renaming.runs = true;
  os_sleep_us(os_linux(), 3000);
  return answer;
}

static void move_start_beside_another(struct log *log) {
  struct os *os = log->options.os;
  renaming.below = os->ops;
  renaming.ops = *os->ops;
  renaming.ops.rename = rename_slowly;
  renaming.log = log;
  os->ops = &renaming.ops;
  assert_ok(log_move_start(log));
  if (renaming.runs) {
    thread_join(&renaming.thread);
    assert_ok(renaming.appended);
  }
  renaming.runs = false;
  os->ops = renaming.below;
}

/* Spares are used in the order of their numbers: nobody gives out the next number before the one
 * that was given out is among them. Else the log could not be read in the order it was written. */
static void nobody_numbers_a_segment_while_one_is_renamed(void) {
  struct log log;
  log_create(&log, 1);
  log.options.segment_bytes = 4096 * 8; /* most groups fit, so that segments are used again */
  log.options.batch_bytes = 4096;
  for (int round = 0; round < 20; round++) {
    log_open(&log);
    assert_ok(append_much(&log));
    move_start_beside_another(&log);
    assert_ok(append_much(&log));
    uint64_t appended = log.appended;
    wal_close(log.wal);
    log_open(&log);
    assert_int_equal(log.appended, appended);
    wal_close(log.wal);
  }
  assert_true(renaming.renames > 5);
  simos_destroy(log.sim);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"threads_share_writes_and_lose_nothing", threads_share_writes_and_lose_nothing, 120},
      {"who_waits_for_a_sync_is_woken_by_who_only_wrote",
       who_waits_for_a_sync_is_woken_by_who_only_wrote, 0},
      {"nobody_numbers_a_segment_while_one_is_renamed",
       nobody_numbers_a_segment_while_one_is_renamed, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
