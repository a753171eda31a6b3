/* SPDX-License-Identifier: MIT */
/* The commonest values as they stand encoded (spec/document.md), read and written without a call:
 * fields of a narrow map whose shape is known (splice.h), whose places are therefore, too. What is
 * not among them is left to doc_read_place and made_put. Pure. */
#ifndef VALUE_DOC_PLACE_H
#define VALUE_DOC_PLACE_H

#include "base/core/bytes.h"
#include "value/val/val.h"

enum {
  PLACE_COUNT_OFFSET = 3, /* in the map, behind its tag */
  PLACE_NAMES_OFFSET = 5,
  PLACE_WORD = 2,
  /* tags: integers of 1, 2, 4, 8 bytes; a text of up to 255 bytes */
  PLACE_INT_1 = VAL_INT64,
  PLACE_INT_2 = 1 << 5 | VAL_INT64,
  PLACE_INT_4 = 2 << 5 | VAL_INT64,
  PLACE_INT_8 = 3 << 5 | VAL_INT64,
  PLACE_TEXT = VAL_TEXT,
  PLACE_TEXT_HEAD = 2, /* tag and length */
  PLACE_INTEGER_BYTES_MAX = 9
};

/** Where field `index` stands. */
static inline const uint8_t *place_of(const uint8_t *map, uint32_t index) {
  size_t offsets = PLACE_NAMES_OFFSET + (size_t)load16le(map + PLACE_COUNT_OFFSET) * PLACE_WORD;
  return map + load16le(map + offsets + (size_t)index * PLACE_WORD);
}
/** An INT64; false: it is none. */
static inline bool place_integer(const uint8_t *place, int64_t *integer) {
  switch (*place) {
  case PLACE_INT_1: *integer = (int)(int8_t)place[1]; return true;
  case PLACE_INT_2: *integer = (int16_t)load16le(place + 1); return true;
  case PLACE_INT_4: *integer = (int32_t)load32le(place + 1); return true;
  case PLACE_INT_8: *integer = (int64_t)load64le(place + 1); return true;
  default: return false;
  }
}
/** A FLOAT64; false: it is none. */
static inline bool place_float(const uint8_t *place, double *real) {
  if (*place != VAL_FLOAT64) return false;
  memcpy(real, place + 1, sizeof *real);
  return true;
}
/** A short TEXT; false: it is none. */
static inline bool place_text(const uint8_t *place, struct slice *text) {
  if (*place != PLACE_TEXT) return false;
  *text = slice_of(place + PLACE_TEXT_HEAD, place[1]);
  return true;
}
/** Writes an INT64 into PLACE_INTEGER_BYTES_MAX of room; its bytes. */
static inline uint32_t place_put_integer(uint8_t *room, int64_t integer) {
  bool is_1 = integer == (int8_t)integer, is_2 = integer == (int16_t)integer;
  uint32_t log = is_1 ? 0 : is_2 ? 1 : integer == (int32_t)integer ? 2 : 3;
  *room = (uint8_t)(log << 5 | VAL_INT64);
  store64le(room + 1, (uint64_t)integer);
  return 1 + (1u << log);
}
/** Writes the head of a text of up to 255 bytes, which stands behind it; the bytes of both. */
static inline uint32_t place_put_text(uint8_t *room, size_t bytes) {
  room[0] = PLACE_TEXT;
  room[1] = (uint8_t)bytes;
  return (uint32_t)(PLACE_TEXT_HEAD + bytes);
}

#endif
