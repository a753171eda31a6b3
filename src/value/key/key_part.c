/* SPDX-License-Identifier: MIT */
/* Where the parts of a key end. Total: any bytes may come. */
#include "value/doc/doc.h"
#include "value/key/key_int.h"

/* What is left of a key; bytes come out as in ascending keys. */
struct reader {
  const uint8_t *at, *end;
  uint8_t flip; /* 0xff in descending keys */
};

static size_t left(const struct reader *r) {
  return (size_t)(r->end - r->at);
}
static uint8_t byte_at(const struct reader *r, size_t i) {
  return r->at[i] ^ r->flip;
}

static bool skip_bytes(struct reader *r, size_t bytes) {
  if (left(r) < bytes) return false;
  r->at += bytes;
  return true;
}

static uint32_t u32_at(const struct reader *r, size_t i) {
  return (uint32_t)byte_at(r, i) << 24 | (uint32_t)byte_at(r, i + 1) << 16 |
         (uint32_t)byte_at(r, i + 2) << 8 | byte_at(r, i + 3);
}

/* Bytes after the class byte where the class alone says how many; SIZE_MAX where it does not. */
static size_t fixed_bytes(enum order_class class) {
  static const uint8_t bytes[ORDER_CLASSES] = {
      [ORDER_LIGHT] = ORDER_LIGHT_BYTES,
      [ORDER_OBJECTID] = KEY_OBJECTID_BYTES,
      [ORDER_ULID] = KEY_ID_BYTES,
      [ORDER_UUID] = KEY_ID_BYTES,
      [ORDER_BOOL] = 1,
      [ORDER_TIME] = 8,
      [ORDER_BSONTIME] = 8,
      [ORDER_DURATION] = 8,
      [ORDER_INTERVAL] = KEY_INTERVAL_BYTES,
  };
  bool is_constant = class == ORDER_MINKEY || class == ORDER_MISSING || class == ORDER_NULL ||
                     class == ORDER_MAXKEY;
  return bytes[class] || is_constant ? bytes[class] : SIZE_MAX;
}

static bool skip_payload(struct reader *r, enum order_class class, uint32_t depth);

static bool skip_text(struct reader *r) {
  while (left(r) >= 2) {
    bool is_escape = byte_at(r, 0) == KEY_ESCAPE;
    uint8_t second = byte_at(r, 1);
    r->at += 1 + is_escape;
    if (is_escape && second == KEY_TEXT_END) return true;
    if (is_escape && second != KEY_ESCAPED_ZERO) return false;
  }
  return false;
}

/* The digits of a number that is not a double; those of negatives are complemented once more. */
static bool skip_number(struct reader *r) {
  if (left(r) < 9) return false;
  uint8_t end = byte_at(r, 0) & 0x80 ? KEY_DIGITS_END : (uint8_t)~KEY_DIGITS_END,
          marker = byte_at(r, 8);
  r->at += 9;
  if (marker != KEY_INEXACT) return marker == KEY_EXACT;
  if (!skip_bytes(r, 2)) return false;
  while (left(r) && byte_at(r, 0) != end) r->at++;
  return skip_bytes(r, 1);
}

static bool skip_list(struct reader *r, uint32_t depth) {
  while (left(r) && byte_at(r, 0) != KEY_END) {
    enum order_class class = key_class_of(byte_at(r, 0));
    r->at++;
    if (!skip_payload(r, class, depth + 1)) return false;
  }
  return skip_bytes(r, 1);
}

static bool skip_map(struct reader *r, uint32_t depth) {
  while (left(r) && byte_at(r, 0) != KEY_END) {
    enum order_class class = key_class_of(byte_at(r, 0));
    r->at++;
    if (!skip_text(r) || !skip_payload(r, class, depth + 1)) return false;
  }
  return skip_bytes(r, 1);
}

static bool skip_payload(struct reader *r, enum order_class class, uint32_t depth) {
  if (class == ORDER_CLASSES || depth > DOC_DEPTH_MAX) return false;
  size_t fixed = fixed_bytes(class);
  if (fixed != SIZE_MAX) return skip_bytes(r, fixed);
  if (class == ORDER_NUMBER) return skip_number(r);
  if (class == ORDER_LIST) return skip_list(r, depth);
  if (class == ORDER_MAP) return skip_map(r, depth);
  if (class == ORDER_BYTES) return left(r) >= 5 && skip_bytes(r, 5 + (size_t)u32_at(r, 0));
  if (class == ORDER_VECTOR) return left(r) >= 5 && skip_bytes(r, 5 + (size_t)u32_at(r, 1));
  return skip_text(r);
}

size_t key_part_bytes(struct slice key, bool descending) {
  struct reader r = {key.data, key.data + key.bytes, descending ? 0xff : 0};
  if (key.bytes == 0) return 0;
  enum order_class class = key_class_of(byte_at(&r, 0));
  r.at++;
  return skip_payload(&r, class, 0) ? (size_t)(r.at - key.data) : 0;
}
