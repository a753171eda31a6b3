/* SPDX-License-Identifier: MIT */
/* The instruction takes three cycles and may begin anew in each: three runs of bytes side by side
 * take the time of one. The sum of what is before others is moved over these by a multiplication
 * (Gopal et al., "Fast CRC Computation for iSCSI Polynomial Using CRC32 Instruction", Intel 2011).
 */
#include <nmmintrin.h>
#include <stdbool.h>
#include <wmmintrin.h>

#include "base/core/bytes.h"
#include "base/hash/crc32c_int.h"

enum { RUNS = 3, LONG_BYTES = 1024, SHORT_BYTES = 128 };

/* x^(8 n - 33) modulo the polynomial, bits reversed, for n the bytes of one run and of two: the
 * product of two reversed numbers is one power short, and the instruction adds 32. */
struct moves {
  uint32_t over_one, over_two;
};
static const struct moves over_long = {0x170076fa, 0xa51b6135},
                          over_short = {0x0d3b6092, 0xb9e02b86};

__attribute__((target("sse4.2"))) static uint32_t update_one(uint32_t state, const uint8_t *p,
                                                             size_t bytes) {
  uint64_t wide = state;
  for (; bytes >= 8; p += 8, bytes -= 8) wide = _mm_crc32_u64(wide, load64le(p));
  state = (uint32_t)wide;
  for (; bytes; p++, bytes--) state = _mm_crc32_u8(state, *p);
  return state;
}

__attribute__((target("sse4.2,pclmul"))) static uint64_t move(uint64_t state, uint32_t power) {
  __m128i product =
      _mm_clmulepi64_si128(_mm_cvtsi64_si128((int64_t)state), _mm_cvtsi64_si128((int64_t)power), 0);
  return _mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(product));
}

/* Three runs of `bytes`, a multiple of 8. */
__attribute__((target("sse4.2,pclmul"))) static uint32_t
update_three(uint32_t state, const uint8_t *p, size_t bytes, const struct moves *moves) {
  uint64_t first = state, second = 0, third = 0;
  for (size_t at = 0; at < bytes; at += 8) {
    first = _mm_crc32_u64(first, load64le(p + at));
    second = _mm_crc32_u64(second, load64le(p + bytes + at));
    third = _mm_crc32_u64(third, load64le(p + 2 * bytes + at));
  }
  return (uint32_t)(move(first, moves->over_two) ^ move(second, moves->over_one) ^ third);
}

static uint32_t update_runs(uint32_t state, const uint8_t *p, size_t bytes) {
  const size_t at_once = (size_t)RUNS * LONG_BYTES, few = (size_t)RUNS * SHORT_BYTES;
  for (; bytes >= at_once; p += at_once, bytes -= at_once)
    state = update_three(state, p, LONG_BYTES, &over_long);
  for (; bytes >= few; p += few, bytes -= few)
    state = update_three(state, p, SHORT_BYTES, &over_short);
  return update_one(state, p, bytes);
}

uint32_t crc32c__update(uint32_t state, const uint8_t *p, size_t bytes) {
  if (!__builtin_cpu_supports("sse4.2")) return crc32c__update_portable(state, p, bytes);
  bool is_long = bytes >= (size_t)RUNS * SHORT_BYTES && __builtin_cpu_supports("pclmul");
  return is_long ? update_runs(state, p, bytes) : update_one(state, p, bytes);
}
