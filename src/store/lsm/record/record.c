/* SPDX-License-Identifier: MIT */
#include "store/lsm/record/record.h"

#include <string.h>

#include "store/store.h"

void record_begin(struct buf *out, enum record_kind kind) {
  uint8_t *header = buf_extend(out, RECORD_HEADER_BYTES);
  if (!header) return;
  memset(header, 0, RECORD_HEADER_BYTES);
  header[0] = (uint8_t)kind;
}

uint8_t *record_add_op(struct buf *out, enum record_op_kind kind, uint8_t space, struct slice key,
                       struct slice value) {
  uint8_t *at = buf_extend(out, RECORD_OP_BYTES + key.bytes + value.bytes);
  if (!at) return NULL;
  at[0] = (uint8_t)kind;
  at[1] = space;
  store16le(at + 2, (uint16_t)key.bytes);
  store32le(at + 4, (uint32_t)value.bytes);
  if (key.bytes) memcpy(at + RECORD_OP_BYTES, key.data, key.bytes);
  at += RECORD_OP_BYTES + key.bytes;
  if (value.bytes) memcpy(at, value.data, value.bytes);
  return at;
}

void record_finish(uint8_t *record, uint64_t seq, uint32_t emits) {
  store32le(record + 4, emits);
  store64le(record + 8, seq);
}

static status fail_form(struct err *err, const char *what) {
  FAIL(err, LUMA_CORRUPT, "a commit record %s", what);
}

static status check_op(const struct record_op *op, struct err *err) {
  switch (op->kind) {
  case RECORD_NOP: return LUMA_OK;
  case RECORD_PUT:
    if (op->space == STORE_RECORDS && op->value.bytes < STORE_RECORD_BYTES_MIN)
      return fail_form(err, "puts a value without room for its version");
    if (op->space == STORE_COUNTERS && op->value.bytes != sizeof(int64_t))
      return fail_form(err, "puts a counter that is not 8 bytes long");
    break;
  case RECORD_DELETE:
  case RECORD_DELETE_RANGE: break;
  case RECORD_EMIT: return op->key.bytes ? fail_form(err, "emits a payload with a key") : LUMA_OK;
  case RECORD_ADD:
  default: return fail_form(err, "has an operation of unknown kind");
  }
  return op->space < STORE_SPACES ? LUMA_OK
                                  : fail_form(err, "writes to a space that does not exist");
}

status record_check(struct slice record, struct err *err) {
  if (record.bytes < RECORD_HEADER_BYTES) return fail_form(err, "is shorter than its header");
  if (record_kind_of(record.data) == RECORD_TRIM)
    return record.bytes == RECORD_HEADER_BYTES + 16
               ? LUMA_OK
               : fail_form(err, "trims the feed at no position");
  if (record_kind_of(record.data) != RECORD_COMMIT) return fail_form(err, "is of unknown kind");
  uint32_t emits = 0;
  for (size_t at = RECORD_HEADER_BYTES; at < record.bytes;) {
    size_t left = record.bytes - at;
    if (left < RECORD_OP_BYTES ||
        (size_t)load16le(record.data + at + 2) + load32le(record.data + at + 4) >
            left - RECORD_OP_BYTES)
      return fail_form(err, "has an operation cut short");
    struct record_op op;
    record_next(record, &at, &op);
    TRY(check_op(&op, err));
    emits += op.kind == RECORD_EMIT;
  }
  return emits == record_emits(record.data) ? LUMA_OK : fail_form(err, "miscounts its payloads");
}
