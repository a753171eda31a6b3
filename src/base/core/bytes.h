/* SPDX-License-Identifier: MIT */
/* Loads and stores of fixed-width integers at any alignment. LE is the form of documents and files,
 * BE of ordered keys. Also variable-length integers (LEB128, 1 to 10 bytes) for logs. Pure; any
 * thread. */
#ifndef BASE_CORE_BYTES_H
#define BASE_CORE_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t load16le(const void *p) {
  uint16_t v;
  memcpy(&v, p, sizeof v);
  return v;
}
static inline uint32_t load32le(const void *p) {
  uint32_t v;
  memcpy(&v, p, sizeof v);
  return v;
}
static inline uint64_t load64le(const void *p) {
  uint64_t v;
  memcpy(&v, p, sizeof v);
  return v;
}
static inline void store16le(void *p, uint16_t v) {
  memcpy(p, &v, sizeof v);
}
static inline void store32le(void *p, uint32_t v) {
  memcpy(p, &v, sizeof v);
}
static inline void store64le(void *p, uint64_t v) {
  memcpy(p, &v, sizeof v);
}
static inline uint32_t load32be(const void *p) {
  return __builtin_bswap32(load32le(p));
}
static inline uint64_t load64be(const void *p) {
  return __builtin_bswap64(load64le(p));
}
static inline void store32be(void *p, uint32_t v) {
  store32le(p, __builtin_bswap32(v));
}
static inline void store64be(void *p, uint64_t v) {
  store64le(p, __builtin_bswap64(v));
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "the loads above assume a little-endian machine");

enum { VARINT_BYTES_MAX = 10 };

/** Writes `v` at `p` (room for VARINT_BYTES_MAX); answers the bytes written. */
size_t varint_encode(uint8_t *p, uint64_t v);

/** Reads from [p, end); answers the bytes read, 0 when truncated or over 64 bits. */
size_t varint_decode(const uint8_t *p, const uint8_t *end, uint64_t *v);

#endif
