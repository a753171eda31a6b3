/* SPDX-License-Identifier: MIT */
#include <nmmintrin.h>

#include "base/core/bytes.h"
#include "base/hash/crc32c_int.h"

__attribute__((target("sse4.2"))) static uint32_t update_sse42(uint32_t state, const uint8_t *p,
                                                               size_t bytes) {
  uint64_t wide = state;
  for (; bytes >= 8; p += 8, bytes -= 8) wide = _mm_crc32_u64(wide, load64le(p));
  state = (uint32_t)wide;
  for (; bytes; p++, bytes--) state = _mm_crc32_u8(state, *p);
  return state;
}

uint32_t crc32c__update(uint32_t state, const uint8_t *p, size_t bytes) {
  return __builtin_cpu_supports("sse4.2") ? update_sse42(state, p, bytes)
                                          : crc32c__update_portable(state, p, bytes);
}
