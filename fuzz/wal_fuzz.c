/* SPDX-License-Identifier: MIT */
/* Logs of any bytes, in two segments, replayed as recovery does. The first byte of the input says
 * how much is set right first, so that mutations get past the checksums: bit 0 every frame's
 * checksum, bit 1 also lsn, chain, epoch and database. Whatever is replayed must be well formed,
 * and the end must lie inside the log. */
#include "base/core/assert.h"
#include "base/core/bytes.h"
#include "base/hash/hash.h"
#include "base/mem/mem.h"
#include "fuzz/memory_files.h"
#include "fuzz/mend_log.h"
#include "store/lsm/record/record.h"
#include "store/lsm/wal/frame.h"
#include "store/lsm/wal/wal.h"

enum { BYTES_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static status take_record(void *context, struct slice record, struct err *err) {
  uint64_t *seen = context;
  TRY(record_check(record, err));
  struct record_op op;
  size_t at = RECORD_HEADER_BYTES;
  if (record_kind_of(record.data) != RECORD_COMMIT) return LUMA_OK;
  while (record_next(record, &at, &op)) *seen += op.key.bytes + op.value.bytes;
  ASSERT(at == record.bytes);
  return LUMA_OK;
}

static void recover(const uint8_t *log, size_t bytes, size_t cut) {
  struct memory_files memory;
  struct wal_options options = {
      .os = &memory.os, .directory = "db", .database = bytes < 48 ? 0 : load64le(log + 40)};
  struct wal_start start = {.segment = 1};
  struct wal_end end;
  struct err err = {0};
  uint64_t seen = 0;
  memory_files_init(&memory);
  memory_files_add(&memory, "000000000001.wal", slice_of(log, cut));
  memory_files_add(&memory, "000000000002.wal", slice_of(log + cut, bytes - cut));
  status answer = wal_recover(&options, start, take_record, &seen, &end, &err);
  ASSERT(answer == LUMA_OK || answer == LUMA_CORRUPT || answer == LUMA_OUT_OF_MEMORY);
  if (answer != LUMA_OK) return;
  ASSERT(end.used.count >= 1 && end.offset <= end.used.items[end.used.count - 1].bytes &&
         end.lsn <= bytes);
  wal_end_deinit(&end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  if (bytes < 2 || bytes > BYTES_MAX) return 0;
  unsigned how = data[0];
  size_t log_bytes = bytes - 2, cut = (size_t)data[1] * FRAME_ALIGN;
  uint8_t *log = mem_copy(data + 2, log_bytes);
  if (!log) return 0;
  if (cut > log_bytes) cut = log_bytes;
  mend_frames(log, log_bytes, how);
  recover(log, log_bytes, cut);
  mem_free(log);
  return 0;
}
