/* SPDX-License-Identifier: MIT */
#include "base/core/bytes.h"

size_t varint_encode(uint8_t *p, uint64_t v) {
  size_t bytes = 0;
  for (; v >= 0x80; v >>= 7) p[bytes++] = (uint8_t)(v | 0x80);
  p[bytes++] = (uint8_t)v;
  return bytes;
}

size_t varint_decode(const uint8_t *p, const uint8_t *end, uint64_t *v) {
  uint64_t result = 0;
  for (size_t i = 0; i < VARINT_BYTES_MAX && p + i < end; i++) {
    uint64_t part = p[i] & 0x7f;
    if (i == VARINT_BYTES_MAX - 1 && part > 1)
      return 0; /* the tenth byte has room for bit 63 alone */
    result |= part << (7 * i);
    if (p[i] < 0x80) {
      *v = result;
      return i + 1;
    }
  }
  return 0;
}
