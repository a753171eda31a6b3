/* SPDX-License-Identifier: MIT */
/* The log alone, on the simulated system: what was synced is replayed, whatever happens, and
 * nothing that was not appended. */
#include <stdlib.h>
#include <string.h>

#include "base/core/bytes.h"
#include "base/hash/hash.h"
#include "base/mem/mem.h"
#include "store/lsm/wal/frame.h"
#include "tests/lib/fault.h"
#include "tests/lib/test.h"
#include "tests/unit/store/wal_log.h"

/* One random call; other than LUMA_OK only when the machine is off or a fault was planned. */
static status step(struct log *log) {
  switch (rng_below(test_rng(), 8)) {
  case 0: return wal_write(log->wal, log->appended, true, test_err());
  case 1: return wal_write(log->wal, log->appended, false, test_err());
  case 2: return wal_prepare(log->wal, test_err());
  default: return log_append(log);
  }
}

static void run_life(struct log *log, bool trouble) {
  if (trouble && rng_below(test_rng(), 2))
    simos_crash_at(log->sim, 1 + rng_below(test_rng(), 60));
  else if (trouble)
    simos_fail_at(log->sim, 1 + rng_below(test_rng(), 60), LUMA_IO_ERROR);
  status answer = LUMA_OK;
  for (int i = 0; i < 80 && answer == LUMA_OK && log->appended < LOG_RECORDS_MAX; i++)
    answer = rng_below(test_rng(), 20) ? step(log) : log_move_start(log);
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
      .lsn = 8192, .durable_lsn = 4096, .epoch = 3, .database = LOG_DATABASE, .payload_bytes = 333};
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
  for (int i = 0; i < 50; i++) assert_ok(log_append(&log));
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
    assert_ok(log_append(log));
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
  for (int i = 0; i < records; i++) assert_ok(log_append(log));
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
  while (log_append(&log) == LUMA_OK) assert_ok(wal_write(log.wal, log.appended, true, test_err()));
  assert_int_equal(LUMA_DISK_FULL, test_err()->code);
  err_reset(test_err());
  assert_ok(wal_check(log.wal, test_err()));
  simos_set_capacity(log.sim, 0);
  assert_ok(log_append(&log));
  assert_ok(wal_write(log.wal, log.appended, true, test_err()));
  wal_close(log.wal);
  simos_crash(log.sim);
  simos_reboot(log.sim);
  log_open(&log);
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
    assert_ok(log_append(&log));
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
    status answer = wal_recover(&log.options, log.start, log_replay_one, &log, &end, test_err());
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
  TRY(wal_recover(&log->options, log->start, log_replay_one, log, &end, &err));
  log->appended = log->synced = log->replayed;
  status answer = wal_open(&log->options, &end, log->replayed, &log->wal, &err);
  wal_end_deinit(&end);
  TRY(answer);
  for (int i = 0; i < 5 && answer == LUMA_OK; i++) answer = log_append(log);
  if (answer == LUMA_OK) answer = wal_write(log->wal, log->appended, true, &err);
  wal_close(log->wal);
  err_reset(test_err());
  return answer;
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
      {"a_frame_behind_a_torn_one_is_cut_unless_it_claims_more",
       a_frame_behind_a_torn_one_is_cut_unless_it_claims_more, 0},
      {"memory_that_runs_out_is_an_ordinary_error", memory_that_runs_out_is_an_ordinary_error, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
