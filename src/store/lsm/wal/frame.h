/* SPDX-License-Identifier: MIT */
/* The frame: what the write-ahead log is made of (spec/files.md, chapter 2).
 *
 * A frame is one group of commits, written with one call and made durable with one sync. It begins
 * at a multiple of FRAME_ALIGN in its segment and is padded with zeroes to the next. The log is the
 * sequence of frames, whatever segments they stand in; `lsn` is a frame's place in that sequence,
 * in bytes from the beginning of time.
 *
 *      0 u32 magic           4 u32 crc32c of bytes [8, 64 + payload)
 *      8 u16 version        10 u16 flags           12 u32 payload bytes
 *     16 u64 lsn            24 u64 durable lsn: everything below was synced when this frame was
 * made 32 u64 epoch: random, one for each opening of the log; only a frame with FRAME_FIRST may
 * begin a new one 40 u64 database: the first 8 bytes of its uuid 48 u64 edits: so many manifest
 * edits were durable when this frame was made 56 u32 previous frame's crc                 60 u32
 * zero
 *
 * Pure; any thread. */
#ifndef STORE_LSM_WAL_FRAME_H
#define STORE_LSM_WAL_FRAME_H

#include "base/core/err.h"
#include "base/text/slice.h"

enum {
  FRAME_HEADER_BYTES = 64,
  FRAME_ALIGN = 4096,
  FRAME_VERSION = 1,
  FRAME_PAYLOAD_BYTES_MAX = 1 << 30
};

enum frame_flags { FRAME_FIRST = 1 };

struct frame {
  uint64_t lsn, durable_lsn, epoch, database, edits;
  uint32_t payload_bytes, previous_crc;
  uint32_t crc; /* set by encode and decode */
  uint16_t flags;
};

/** Bytes a frame takes in its segment. */
static inline uint64_t frame_bytes(uint64_t payload_bytes) {
  return (FRAME_HEADER_BYTES + payload_bytes + FRAME_ALIGN - 1) / FRAME_ALIGN * FRAME_ALIGN;
}

/** Writes the header before the payload, which stands already at bytes + FRAME_HEADER_BYTES; sets
 * frame->crc. */
void frame_encode(struct frame *frame, uint8_t *bytes);
/** Reads the header of FRAME_HEADER_BYTES; false when it cannot be one. Says nothing of the
 * checksum. */
bool frame_decode(const uint8_t *bytes, struct frame *frame);
/** True when header and payload, all at `bytes`, match the checksum. */
bool frame_is_intact(const struct frame *frame, const uint8_t *bytes);

#endif
