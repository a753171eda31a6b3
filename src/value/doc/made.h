/* SPDX-License-Identifier: MIT */
/* Values that were made for a document, together in one record, encoded as they are to stand in it:
 *
 *   u16 count   u16 ends[count]: where each ends, from the first one's beginning   the values
 *
 * A value is known by its number; one that is not there has no bytes. Pure; any thread. */
#ifndef VALUE_DOC_MADE_H
#define VALUE_DOC_MADE_H

#include "base/core/bytes.h"
#include "value/val/val.h"

enum { MADE_VALUES_MAX = 16, MADE_WORD_BYTES = 2 };

/** The encoded value of that number; empty if it is not there. */
static inline struct slice made_value(const uint8_t *record, uint32_t number) {
  uint32_t count = load16le(record);
  const uint8_t *ends = record + MADE_WORD_BYTES;
  if (number >= count) return slice_of(NULL, 0);
  uint32_t from = number ? load16le(ends + (size_t)(number - 1) * MADE_WORD_BYTES) : 0;
  uint32_t end = load16le(ends + (size_t)number * MADE_WORD_BYTES);
  return slice_of(ends + (size_t)count * MADE_WORD_BYTES + from, end - from);
}
/** Bytes of all its values. */
static inline uint32_t made_values_bytes(const uint8_t *record) {
  uint32_t count = load16le(record);
  return count ? load16le(record + (size_t)count * MADE_WORD_BYTES) : 0;
}

/** Whether the value can stand in a record: a scalar, or a text that is not long. */
bool made_takes(const struct val *value);
/** The most bytes of its encoded form. */
static inline uint32_t made_bytes_max(const struct val *value) {
  enum { TAG_AND_LENGTH = 5, SCALAR_BYTES_MAX = 17 };
  return value->type == VAL_TEXT ? TAG_AND_LENGTH + value->bytes : SCALAR_BYTES_MAX;
}
/** Encodes a value that made_takes; its bytes. */
uint32_t made_encode(const struct val *value, uint8_t *room);
enum { MADE_TEXT_AT = 2, MADE_SCALAR_BYTES_MAX = 17 };
/** Encodes a value where there is room for `bytes`. A text may be in that room already: one that is
 * short and begins at MADE_TEXT_AT stands where it is to stand. The value's bytes; 0: made_takes
 * does not, or there is no room. */
uint32_t made_put(const struct val *value, uint8_t *room, size_t bytes);
/** Writes values [0, count), count <= MADE_VALUES_MAX, by their numbers; one that is MISSING, or
 * that made_takes does not, is left out. The record's bytes; 0: it would have none, or more than
 * `room_bytes`. */
uint32_t made_write(const struct val *values, uint32_t count, uint8_t *room, uint32_t room_bytes);

#endif
