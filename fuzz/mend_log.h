/* SPDX-License-Identifier: MIT */
/* Setting right the checksums of manifests and logs, so that mutations get past them. Pure. */
#ifndef FUZZ_MEND_LOG_H
#define FUZZ_MEND_LOG_H

#include "base/core/bytes.h"
#include "base/hash/hash.h"
#include "store/lsm/manifest/edit.h"
#include "store/lsm/wal/frame.h"

enum { MEND_DATABASE = 77, MEND_EPOCH = 5, MEND_CRC = 1, MEND_CHAIN = 2 };

/** Edits of the same database, numbered from 1, with true checksums. */
static inline void mend_edits(uint8_t *edits, size_t bytes) {
  uint64_t number = 1;
  for (size_t at = 0; at + EDIT_HEADER_BYTES <= bytes;) {
    size_t payload = load32le(edits + at + 12);
    if (payload > bytes - at - EDIT_HEADER_BYTES) return;
    store64le(edits + at + 16, number++);
    memcpy(edits + at + 24, edits + 24, 8);
    store32le(edits + at + 4,
              hash_crc32c(0, slice_of(edits + at + 8, EDIT_HEADER_BYTES - 8 + payload)));
    at += (EDIT_HEADER_BYTES + payload + EDIT_ALIGN - 1) / EDIT_ALIGN * EDIT_ALIGN;
  }
}

/** Sets right the frame at `at`; answers the bytes it takes, 0 when there is none. */
static inline size_t mend_frame(uint8_t *at, size_t left, struct frame *last, unsigned how) {
  struct frame frame;
  if (left < FRAME_ALIGN) return 0;
  if (how & MEND_CHAIN) {
    store64le(at + 16, last->lsn);
    store64le(at + 24, last->durable_lsn);
    store64le(at + 32, MEND_EPOCH);
    store64le(at + 40, MEND_DATABASE);
    store32le(at + 56, last->crc);
  }
  if (!frame_decode(at, &frame) || frame_bytes(frame.payload_bytes) > left) return 0;
  store32le(at + 4,
            hash_crc32c(0, slice_of(at + 8, FRAME_HEADER_BYTES - 8 + (size_t)frame.payload_bytes)));
  last->crc = load32le(at + 4);
  last->lsn = frame.lsn + frame_bytes(frame.payload_bytes);
  return (size_t)frame_bytes(frame.payload_bytes);
}

/** Sets right frames that follow each other: with MEND_CRC their checksums, with MEND_CHAIN also
 * what links them. */
static inline void mend_frames(uint8_t *log, size_t bytes, unsigned how) {
  struct frame last = {0};
  for (size_t at = 0, step; how & (MEND_CRC | MEND_CHAIN) && at < bytes; at += step) {
    step = mend_frame(log + at, bytes - at, &last, how);
    if (step == 0) return;
  }
}

#endif
