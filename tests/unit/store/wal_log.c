/* SPDX-License-Identifier: MIT */
#include "tests/unit/store/wal_log.h"

#include <string.h>

#include "base/core/bytes.h"
#include "tests/lib/test.h"

static void note_synced(void *context, uint64_t seq) {
  struct log *log = context;
  assert_true(seq >= log->synced && seq <= log->appended);
  log->synced = seq;
  log->sync_calls++;
}

size_t log_record(uint64_t seq, uint8_t *room) {
  uint64_t mixed = seq * UINT64_C(0x9E3779B97F4A7C15);
  size_t bytes = 8 + (size_t)(mixed >> 40) % ((mixed >> 60) == 0 ? LOG_RECORD_BYTES_MAX : 300);
  store64le(room, seq);
  memset(room + 8, (int)(seq & 0xff), bytes - 8);
  return bytes;
}

void log_create(struct log *log, uint64_t seed) {
  *log = (struct log){.sim = simos_create(seed), .start = {.segment = 1}};
  log->options = (struct wal_options){.os = simos_os(log->sim),
                                      .directory = "log",
                                      .database = LOG_DATABASE,
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

status log_replay_one(void *context, struct slice record, struct err *err) {
  struct log *log = context;
  static uint8_t room[LOG_RECORD_BYTES_MAX + 8];
  uint64_t seq = load64le(record.data);
  if (seq <= log->start_seq) return LUMA_OK;
  if (seq != log->replayed + 1)
    FAIL(err, LUMA_INTERNAL, "record %d after %d", (int)seq, (int)log->replayed);
  if (!slice_is_equal(record, slice_of(room, log_record(seq, room))))
    FAIL(err, LUMA_INTERNAL, "record %d", (int)seq);
  log->replayed = seq;
  return LUMA_OK;
}

void log_open(struct log *log) {
  struct wal_end end;
  log->replayed = log->start_seq;
  assert_ok(wal_recover(&log->options, log->start, log_replay_one, log, &end, test_err()));
  assert_true(log->replayed >= log->synced && log->replayed <= log->appended);
  log->appended = log->synced = log->replayed;
  status answer = wal_open(&log->options, &end, log->replayed, &log->wal, test_err());
  wal_end_deinit(&end);
  assert_status(LUMA_OK, answer);
}

status log_append(struct log *log) {
  static uint8_t room[LOG_RECORD_BYTES_MAX + 8];
  status answer = wal_append(log->wal, log->appended + 1,
                             slice_of(room, log_record(log->appended + 1, room)), test_err());
  if (answer == LUMA_OK) log->appended++;
  return answer;
}

status log_move_start(struct log *log) {
  uint64_t seq = log->appended;
  struct wal_start start = wal_mark(log->wal);
  status answer = wal_write(log->wal, seq, true, test_err());
  if (answer != LUMA_OK) return answer;
  log->start = start;
  log->start_seq = seq;
  wal_release(log->wal, start);
  return LUMA_OK;
}
