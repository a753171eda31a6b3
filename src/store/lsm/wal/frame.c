/* SPDX-License-Identifier: MIT */
#include "store/lsm/wal/frame.h"

#include "base/core/assert.h"
#include "base/core/bytes.h"
#include "base/core/canary.h"
#include "base/hash/hash.h"

#define FRAME_MAGIC UINT32_C(0x4C57414C) /* "LAWL" read as bytes */
enum { CHECKED_FROM = 8 };

static uint32_t checksum(const uint8_t *bytes, uint32_t payload_bytes) {
  return hash_crc32c(
      0, slice_of(bytes + CHECKED_FROM, FRAME_HEADER_BYTES - CHECKED_FROM + (size_t)payload_bytes));
}

void frame_encode(struct frame *frame, uint8_t *bytes) {
  ASSERT(frame->payload_bytes <= FRAME_PAYLOAD_BYTES_MAX);
  store32le(bytes, FRAME_MAGIC);
  store16le(bytes + 8, FRAME_VERSION);
  store16le(bytes + 10, frame->flags);
  store32le(bytes + 12, frame->payload_bytes);
  store64le(bytes + 16, frame->lsn);
  store64le(bytes + 24, frame->durable_lsn);
  store64le(bytes + 32, frame->epoch);
  store64le(bytes + 40, frame->database);
  store64le(bytes + 48, frame->edits);
  store32le(bytes + 56, frame->previous_crc);
  store32le(bytes + 60, 0);
  frame->crc = checksum(bytes, frame->payload_bytes);
  store32le(bytes + 4, frame->crc);
}

bool frame_decode(const uint8_t *bytes, struct frame *frame) {
  if (load32le(bytes) != FRAME_MAGIC) return false;
  *frame = (struct frame){
      .crc = load32le(bytes + 4),
      .flags = load16le(bytes + 10),
      .payload_bytes = load32le(bytes + 12),
      .lsn = load64le(bytes + 16),
      .durable_lsn = load64le(bytes + 24),
      .epoch = load64le(bytes + 32),
      .database = load64le(bytes + 40),
      .edits = load64le(bytes + 48),
      .previous_crc = load32le(bytes + 56),
  };
  return load16le(bytes + 8) == FRAME_VERSION && frame->payload_bytes <= FRAME_PAYLOAD_BYTES_MAX &&
         frame->durable_lsn <= frame->lsn && frame->lsn % FRAME_ALIGN == 0;
}

bool frame_is_intact(const struct frame *frame, const uint8_t *bytes) {
  return checksum(bytes, frame->payload_bytes) == frame->crc ||
         canary_sings(CANARY_FRAME_NOT_CHECKED);
}
