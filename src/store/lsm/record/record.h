/* SPDX-License-Identifier: MIT */
/* The commit record: one self-contained write set, as the log carries it and as a transaction
 * builds it (spec/files.md, chapter 2).
 *
 *     0 u8 kind of record     1 zeroes     4 u32 payloads emitted     8 u64 sequence     16
 * operations …
 *
 * An operation: u8 kind, u8 space, u16 key bytes, u32 value bytes, key, value. Only PUT, DELETE,
 * DELETE_RANGE (the key is `from`, the value `to`) and EMIT mean something in the log: ADD is
 * turned into PUT before, NOP is passed over. Pure; any thread. */
#ifndef STORE_LSM_RECORD_RECORD_H
#define STORE_LSM_RECORD_RECORD_H

#include "base/core/bytes.h"
#include "base/text/buf.h"

enum { RECORD_HEADER_BYTES = 16, RECORD_OP_BYTES = 8, RECORD_ADD_BYTES = 24 };

enum record_kind {
  RECORD_COMMIT = 1,
  RECORD_TRIM =
      2, /* the feed is trimmed: header (seq of the last commit), then u64 high, u64 low */
};

enum record_op_kind {
  RECORD_NOP = 0,
  RECORD_PUT = 1,
  RECORD_DELETE = 2,
  RECORD_DELETE_RANGE = 3,
  RECORD_EMIT = 4,
  RECORD_ADD = 5, /* value: i64 delta, i64 least, i64 most */
};

struct record_op {
  enum record_op_kind kind;
  uint8_t space;
  struct slice key, value;
  size_t at, end; /* where it stands in the record */
};

/** Begins a record in the empty buffer `out`. Failure is sticky in the buffer. */
void record_begin(struct buf *out, enum record_kind kind);
/** Appends an operation; answers where its value stands, NULL when the buffer failed. */
uint8_t *record_add_op(struct buf *out, enum record_op_kind kind, uint8_t space, struct slice key,
                       struct slice value);
/** Fills in what only the commit knows. */
void record_finish(uint8_t *record, uint64_t seq, uint32_t emits);

static inline uint64_t record_seq(const uint8_t *record) {
  return load64le(record + 8);
}
static inline uint32_t record_emits(const uint8_t *record) {
  return load32le(record + 4);
}
static inline enum record_kind record_kind_of(const uint8_t *record) {
  return (enum record_kind)record[0];
}

/** Reads the operation at `*at` (begin with RECORD_HEADER_BYTES) of a record made here, and moves
 * on. False at the end. */
static inline bool record_next(struct slice record, size_t *at, struct record_op *op) {
  if (*at >= record.bytes) return false;
  const uint8_t *header = record.data + *at;
  op->kind = (enum record_op_kind)header[0];
  op->space = header[1];
  op->key = slice_of(header + RECORD_OP_BYTES, load16le(header + 2));
  op->value = slice_of(header + RECORD_OP_BYTES + op->key.bytes, load32le(header + 4));
  op->at = *at;
  *at += RECORD_OP_BYTES + op->key.bytes + op->value.bytes;
  op->end = *at;
  return true;
}

/** Proves that a record read from the log is well formed; LUMA_CORRUPT says why not. */
status record_check(struct slice record, struct err *err);

#endif
