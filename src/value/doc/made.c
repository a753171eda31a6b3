/* SPDX-License-Identifier: MIT */
#include "value/doc/made.h"

#include "value/doc/doc_int.h"

enum { TEXT_BYTES_MAX = 0xffff, TEXT_LONG_AT = 5 };

bool made_takes(const struct val *value) {
  switch ((int)value->type) {
  case VAL_NULL:
  case VAL_BOOL:
  case VAL_INT32:
  case VAL_INT64:
  case VAL_FLOAT64:
  case VAL_DECIMAL:
  case VAL_TIMESTAMP:
  case VAL_DURATION:
  case VAL_ULID:
  case VAL_UUID: return true;
  case VAL_DATE:
    return value->integer >= -FORM_DATE_DAYS_MAX && value->integer <= FORM_DATE_DAYS_MAX;
  case VAL_TEXT: return value->bytes <= TEXT_BYTES_MAX;
  default: return false;
  }
}

static uint32_t encode_text(const struct val *text, uint8_t *room) {
  bool is_short = text->bytes <= UINT8_MAX;
  uint8_t *to = room + (is_short ? 2 : 5);
  *room = form_tag(VAL_TEXT, is_short ? 0 : 1);
  if (is_short)
    room[1] = (uint8_t)text->bytes;
  else
    store32le(room + 1, text->bytes);
  if (text->bytes) memcpy(to, text->data, text->bytes);
  return (uint32_t)(to - room) + text->bytes;
}

uint32_t made_encode(const struct val *value, uint8_t *room) {
  return value->type == VAL_TEXT ? encode_text(value, room) : doc__write_fixed(room, value);
}

static uint32_t put_text(const struct val *text, uint8_t *room, size_t bytes) {
  bool is_short = text->bytes <= UINT8_MAX;
  size_t head = is_short ? MADE_TEXT_AT : TEXT_LONG_AT;
  if (text->bytes > TEXT_BYTES_MAX || head + text->bytes > bytes) return 0;
  if (text->bytes && text->data != room + head) memmove(room + head, text->data, text->bytes);
  *room = form_tag(VAL_TEXT, is_short ? 0 : 1);
  if (is_short)
    room[1] = (uint8_t)text->bytes;
  else
    store32le(room + 1, text->bytes);
  return (uint32_t)head + text->bytes;
}

uint32_t made_put(const struct val *value, uint8_t *room, size_t bytes) {
  if (value->type == VAL_TEXT) return put_text(value, room, bytes);
  if (bytes < MADE_SCALAR_BYTES_MAX || !made_takes(value)) return 0;
  return doc__write_fixed(room, value);
}

uint32_t made_write(const struct val *values, uint32_t count, uint8_t *room, uint32_t room_bytes) {
  uint32_t head = (1 + count) * MADE_WORD_BYTES, at = head;
  if (head > room_bytes) return 0;
  store16le(room, (uint16_t)count);
  for (uint32_t i = 0; i < count; i++) {
    const struct val *value = &values[i];
    if (value->type != VAL_MISSING && made_takes(value)) {
      if (made_bytes_max(value) > room_bytes - at) return 0;
      at += made_encode(value, room + at);
    }
    store16le(room + (size_t)(1 + i) * MADE_WORD_BYTES, (uint16_t)(at - head));
  }
  return at > head ? at : 0;
}
