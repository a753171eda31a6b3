/* SPDX-License-Identifier: MIT */
/* The log alone, on the simulated system: what was synced is replayed, whatever happens, and
 * nothing that was not appended. */

#include <stdlib.h>
#include <string.h>

#include "base/core/bytes.h"
#include "base/hash/hash.h"
#include "base/mem/mem.h"
#include "base/sync/sync.h"
#include "store/lsm/wal/frame.h"
#include "store/lsm/wal/wal.h"
#include "tests/lib/fault.h"
#include "tests/lib/simos.h"
#include "tests/lib/test.h"

enum { RECORDS_MAX = 4000, RECORD_BYTES_MAX = 20000, DATABASE = 42 };

/* Record n is n and then bytes that follow from n: so the expectation needs no memory. */
struct log {
  struct simos *sim;
  struct wal_options options;
  struct wal *wal;
  struct wal_start start;
  uint64_t start_seq; /* records above are to be replayed from `start` */
  uint64_t appended, synced, replayed;
  uint64_t sync_calls;
};

static void note_synced(void *context, uint64_t seq) {
  struct log *log = context;
  assert_true(seq >= log->synced && seq <= log->appended);
  log->synced = seq;
  log->sync_calls++;
}

static size_t record_of(uint64_t seq, uint8_t *room) {
  uint64_t mixed = seq * UINT64_C(0x9E3779B97F4A7C15);
  size_t bytes = 8 + (size_t)(mixed >> 40) % ((mixed >> 60) == 0 ? RECORD_BYTES_MAX : 300);
  store64le(room, seq);
  memset(room + 8, (int)(seq & 0xff), bytes - 8);
  return bytes;
}

static void log_create(struct log *log, uint64_t seed) {
  *log = (struct log){.sim = simos_create(seed), .start = {.segment = 1}};
  log->options = (struct wal_options){.os = simos_os(log->sim),
                                      .directory = "log",
                                      .database = DATABASE,
                                      .segment_bytes = 4096 * (2 + rng_below(test_rng(), 10)),
                                      .batch_bytes = 4096 << rng_below(test_rng(), 5),
                                      .batch_records = 1 + (uint32_t)rng_below(test_rng(), 50),
                                      .batch_timeout_us = 1 + rng_below(test_rng(), 2000),
                                      .synced_writes = rng_below(test_rng(), 2),
                                      .eager = rng_below(test_rng(), 2),
                                      .synced = note_synced,
                                      .context = log};
  assert_ok(os_make_dir(log->options.os, "log", test_err()));
  assert_ok(os_sync_dir(log->options.os, ".", test_err()));
  assert_ok(wal_create_first(&log->options, log->start, test_err()));
}

static status replay_one(void *context, struct slice record, struct err *err) {
  struct log *log = context;
  static uint8_t room[RECORD_BYTES_MAX + 8];
  uint64_t seq = load64le(record.data);
  if (seq <= log->start_seq) return LUMA_OK;
  if (seq != log->replayed + 1)
    FAIL(err, LUMA_INTERNAL, "record %d after %d", (int)seq, (int)log->replayed);
  if (!slice_is_equal(record, slice_of(room, record_of(seq, room))))
    FAIL(err, LUMA_INTERNAL, "record %d", (int)seq);
  log->replayed = seq;
  return LUMA_OK;
}

/* Recovers and opens; everything synced must be there, and nothing that was not appended. */
static void log_open(struct log *log) {
  struct wal_end end;
  log->replayed = log->start_seq;
  assert_ok(wal_recover(&log->options, log->start, replay_one, log, &end, test_err()));
  assert_true(log->replayed >= log->synced && log->replayed <= log->appended);
  log->appended = log->synced = log->replayed;
  status answer = wal_open(&log->options, &end, log->replayed, &log->wal, test_err());
  wal_end_deinit(&end);
  assert_status(LUMA_OK, answer);
}

static status append_one(struct log *log) {
  static uint8_t room[RECORD_BYTES_MAX + 8];
  status answer = wal_append(log->wal, log->appended + 1,
                             slice_of(room, record_of(log->appended + 1, room)), test_err());
  if (answer == LUMA_OK) log->appended++;
  return answer;
}

/* One random call; other than LUMA_OK only when the machine is off or a fault was planned. */
static status step(struct log *log) {
  switch (rng_below(test_rng(), 8)) {
  case 0: return wal_write(log->wal, log->appended, true, test_err());
  case 1: return wal_write(log->wal, log->appended, false, test_err());
  case 2: return wal_prepare(log->wal, test_err());
  default: return append_one(log);
  }
}

/* A mark, what was appended before it, and the release of what came before. */
static status move_start(struct log *log) {
  uint64_t seq = log->appended;
  struct wal_start start = wal_mark(log->wal);
  status answer = wal_write(log->wal, seq, true, test_err());
  if (answer != LUMA_OK) return answer;
  log->start = start;
  log->start_seq = seq;
  wal_release(log->wal, start);
  return LUMA_OK;
}

static void run_life(struct log *log, bool trouble) {
  if (trouble && rng_below(test_rng(), 2))
    simos_crash_at(log->sim, 1 + rng_below(test_rng(), 60));
  else if (trouble)
    simos_fail_at(log->sim, 1 + rng_below(test_rng(), 60), LUMA_IO_ERROR);
  status answer = LUMA_OK;
  for (int i = 0; i < 80 && answer == LUMA_OK && log->appended < RECORDS_MAX; i++)
    answer = rng_below(test_rng(), 20) ? step(log) : move_start(log);
  if (answer != LUMA_OK) assert_true(trouble);
  if (!trouble) assert_ok(wal_write(log->wal, log->appended, true, test_err()));
  err_reset(test_err());
  wal_close(log->wal);
  if (!simos_is_off(log->sim) && rng_below(test_rng(), 2)) simos_crash(log->sim);
  if (simos_is_off(log->sim)) simos_reboot(log->sim);
  simos_crash_at(log->sim, 0);
  simos_fail_at(log->sim, 0, LUMA_OK);
}

static void what_was_synced_is_replayed_through_crashes(void) {
  for (size_t round = 0; round < test_rounds(150); round++) {
    struct log log;
    log_create(&log, rng_next(test_rng()));
    for (int life = 0; life < 12; life++) {
      log_open(&log);
      run_life(&log, rng_below(test_rng(), 3) > 0);
    }
    log_open(&log);
    wal_close(log.wal);
    simos_destroy(log.sim);
  }
}

static void frames_tell_every_changed_bit(void) {
  static uint8_t bytes[4096];
  struct frame frame = {
      .lsn = 8192, .durable_lsn = 4096, .epoch = 3, .database = DATABASE, .payload_bytes = 333};
  rng_fill(test_rng(), bytes + FRAME_HEADER_BYTES, 333);
  frame_encode(&frame, bytes);
  size_t used = FRAME_HEADER_BYTES + 333;
  for (size_t bit = 0; bit < used * 8; bit++) {
    struct frame again;
    bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    bool intact = frame_decode(bytes, &again) && frame_bytes(again.payload_bytes) <= sizeof bytes &&
                  frame_is_intact(&again, bytes);
    assert_false(intact);
    bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
  }
  struct frame again;
  assert_true(frame_decode(bytes, &again) && frame_is_intact(&again, bytes));
  assert_int_equal(frame.lsn, again.lsn);
}

static void one_sync_serves_a_whole_group(void) {
  struct log log;
  log_create(&log, test_seed());
  log.options.batch_bytes = 1 << 20;
  log_open(&log);
  for (int i = 0; i < 50; i++) assert_ok(append_one(&log));
  assert_ok(wal_write(log.wal, 10, true, test_err()));
  assert_int_equal(50, log.synced);
  assert_ok(wal_write(log.wal, 50, true, test_err()));
  assert_int_equal(1, log.sync_calls);
  struct wal_stats stats;
  wal_get_stats(log.wal, &stats);
  assert_int_equal(1, stats.syncs);
  assert_int_equal(0, stats.bytes_written % FRAME_ALIGN);
  wal_close(log.wal);
  simos_destroy(log.sim);
}

static void write_records(struct log *log, int count) {
  for (int i = 0; i < count; i++) {
    assert_ok(append_one(log));
    assert_ok(wal_write(log->wal, log->appended, true, test_err()));
  }
}

/* A segment was renamed to be used again, and the sync of the directory failed or never came. */
static void a_name_the_cache_alone_knew_is_made_durable(void) {
  for (size_t round = 0; round < test_rounds(40); round++) {
    struct log log;
    log_create(&log, rng_next(test_rng()));
    log.options.synced_writes = true;
    log_open(&log);
    while (wal_mark(log.wal).segment == log.start.segment) write_records(&log, 1);
    log.start = wal_mark(log.wal);
    log.start_seq = log.appended;
    simos_fail_at(log.sim, 2, LUMA_IO_ERROR);
    wal_release(log.wal, log.start);
    wal_close(log.wal);
    simos_fail_at(log.sim, 0, LUMA_OK);
    simos_kill(log.sim);
    simos_reboot(log.sim);
    log_open(&log);
    write_records(&log, 1 + (int)rng_below(test_rng(), 20));
    wal_close(log.wal);
    simos_crash(log.sim);
    simos_reboot(log.sim);
    log_open(&log);
    wal_close(log.wal);
    simos_destroy(log.sim);
  }
}

/* Of the next write only the chosen sectors arrive. */
static struct {
  const struct os_ops *below;
  struct os_ops ops;
  uint32_t sectors;
} cut;

static status write_cut(struct os *os, struct os_file *file, uint64_t offset, const void *data,
                        size_t bytes, struct err *err) {
  enum { SECTOR_BYTES = 512 };
  for (size_t at = 0; at < bytes; at += SECTOR_BYTES)
    if (cut.sectors >> at / SECTOR_BYTES & 1)
      TRY(cut.below->write_at(os, file, offset + at, (const uint8_t *)data + at, SECTOR_BYTES,
                              err));
  FAIL(err, LUMA_IO_ERROR, "cut short");
}

static void write_and_die(struct log *log, int records, uint32_t sectors) {
  for (int i = 0; i < records; i++) assert_ok(append_one(log));
  struct os *os = log->options.os;
  cut.below = os->ops;
  cut.ops = *os->ops;
  cut.ops.write_at = write_cut;
  cut.sectors = sectors;
  os->ops = &cut.ops;
  assert_status(LUMA_IO_ERROR, wal_write(log->wal, log->appended, true, test_err()));
  err_reset(test_err());
  os->ops = cut.below;
  wal_close(log->wal);
  simos_kill(log->sim);
  simos_reboot(log->sim);
  log_open(log);
}

/* Two lives write the same records to the same place; what the first lacks the second brings. */
static void what_was_lost_does_not_come_back(void) {
  struct log log;
  log_create(&log, test_seed());
  log.options.synced_writes = false;
  log.options.segment_bytes = log.options.batch_bytes = 1 << 16;
  log_open(&log);
  write_and_die(&log, 9, ~UINT32_C(2));
  assert_int_equal(0, log.replayed);
  write_and_die(&log, 8, 2);
  assert_int_equal(0, log.replayed);
  wal_close(log.wal);
  simos_destroy(log.sim);
}

static void room_is_asked_for_before_anything_is_appended(void) {
  struct log log;
  log_create(&log, test_seed());
  log_open(&log);
  simos_set_capacity(log.sim, 96 << 10);
  while (append_one(&log) == LUMA_OK) assert_ok(wal_write(log.wal, log.appended, true, test_err()));
  assert_int_equal(LUMA_DISK_FULL, test_err()->code);
  err_reset(test_err());
  assert_ok(wal_check(log.wal, test_err()));
  simos_set_capacity(log.sim, 0);
  assert_ok(append_one(&log));
  assert_ok(wal_write(log.wal, log.appended, true, test_err()));
  wal_close(log.wal);
  simos_crash(log.sim);
  simos_reboot(log.sim);
  log_open(&log);
  wal_close(log.wal);
  simos_destroy(log.sim);
}

/* ---- many threads ---- */

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
  size_t bytes = record_of(*seq, room);
  status answer = wal_reserve(log->wal, *seq, bytes, &place, err);
  if (answer == LUMA_OK) log->appended = *seq;
  mutex_unlock(&crowd->order);
  if (answer == LUMA_OK) wal_fill(&place, slice_of(room, bytes));
  return answer;
}

static void run_in_crowd(void *context) {
  struct crowd *crowd = context;
  uint8_t *room = mem_alloc(RECORD_BYTES_MAX + 8);
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
      assert_ok(wal_recover(&log.options, log.start, replay_one, &log, &end, test_err()));
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
  static uint8_t room[RECORD_BYTES_MAX + 8];
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
    assert_ok(wal_append(log.wal, seq, slice_of(room, record_of(seq, room)), test_err()));
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

/* Frames written behind one that is torn are part of the tail; but not if they say that it was
 * durable. */
static void a_frame_behind_a_torn_one_is_cut_unless_it_claims_more(void) {
  for (int claims = 0; claims <= 1; claims++) {
    struct log log;
    struct wal_end end;
    log_create(&log, test_seed());
    log_open(&log);
    assert_ok(append_one(&log));
    assert_ok(wal_write(log.wal, 1, true, test_err()));
    wal_close(log.wal);
    static _Alignas(4096) uint8_t frames[3 * 4096];
    size_t got;
    struct os_file *file;
    assert_ok(os_open(log.options.os, "log/000000000001.wal", OS_OPEN_WRITE, &file, test_err()));
    assert_ok(os_read_at(log.options.os, file, 0, frames, 4096, &got, test_err()));
    struct frame first;
    assert_true(frame_decode(frames, &first) && first.payload_bytes < 4000);
    struct frame behind = first;
    behind.lsn = 8192; /* the frame at 4096 is missing */
    behind.flags = 0;
    behind.durable_lsn = claims ? 8192 : 4096;
    memcpy(frames + 8192, frames, 4096);
    frame_encode(&behind, frames + 8192);
    assert_ok(os_truncate(log.options.os, file, 16384, test_err()));
    assert_ok(os_write_at(log.options.os, file, 8192, frames + 8192, 4096, test_err()));
    assert_ok(os_close(log.options.os, file, test_err()));
    log.replayed = 0;
    status answer = wal_recover(&log.options, log.start, replay_one, &log, &end, test_err());
    assert_int_equal(claims ? LUMA_CORRUPT : LUMA_OK, answer);
    assert_int_equal(1, log.replayed);
    if (!claims) assert_int_equal(4096, end.offset);
    if (!claims) wal_end_deinit(&end);
    err_reset(test_err());
    simos_destroy(log.sim);
  }
}

static status live(void *context) {
  struct log *log = context;
  struct wal_end end;
  struct err err = {0};
  log->replayed = log->start_seq;
  TRY(wal_recover(&log->options, log->start, replay_one, log, &end, &err));
  log->appended = log->synced = log->replayed;
  status answer = wal_open(&log->options, &end, log->replayed, &log->wal, &err);
  wal_end_deinit(&end);
  TRY(answer);
  for (int i = 0; i < 5 && answer == LUMA_OK; i++) answer = append_one(log);
  if (answer == LUMA_OK) answer = wal_write(log->wal, log->appended, true, &err);
  wal_close(log->wal);
  err_reset(test_err());
  return answer;
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
  for (int i = 0; i < 60; i++) TRY(append_one(log));
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
  assert_ok(move_start(log));
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

static void memory_that_runs_out_is_an_ordinary_error(void) {
  struct log log;
  log_create(&log, test_seed());
  assert_true(fault_sweep_alloc(live, &log) > 5);
  simos_destroy(log.sim);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"what_was_synced_is_replayed_through_crashes", what_was_synced_is_replayed_through_crashes,
       120},
      {"frames_tell_every_changed_bit", frames_tell_every_changed_bit, 0},
      {"what_was_lost_does_not_come_back", what_was_lost_does_not_come_back, 0},
      {"one_sync_serves_a_whole_group", one_sync_serves_a_whole_group, 0},
      {"a_name_the_cache_alone_knew_is_made_durable", a_name_the_cache_alone_knew_is_made_durable,
       0},
      {"room_is_asked_for_before_anything_is_appended",
       room_is_asked_for_before_anything_is_appended, 0},
      {"threads_share_writes_and_lose_nothing", threads_share_writes_and_lose_nothing, 120},
      {"who_waits_for_a_sync_is_woken_by_who_only_wrote",
       who_waits_for_a_sync_is_woken_by_who_only_wrote, 60},
      {"a_frame_behind_a_torn_one_is_cut_unless_it_claims_more",
       a_frame_behind_a_torn_one_is_cut_unless_it_claims_more, 0},
      {"nobody_numbers_a_segment_while_one_is_renamed",
       nobody_numbers_a_segment_while_one_is_renamed, 0},
      {"memory_that_runs_out_is_an_ordinary_error", memory_that_runs_out_is_an_ordinary_error, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
