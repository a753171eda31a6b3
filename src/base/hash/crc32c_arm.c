/* SPDX-License-Identifier: MIT */
#include <arm_acle.h>
#include <stdbool.h>
#include <sys/auxv.h>

#include "base/core/bytes.h"
#include "base/hash/crc32c_int.h"

enum { HARDWARE_CRC32 = 1 << 7 }; /* HWCAP_CRC32 of the Linux kernel */

__attribute__((target("+crc"))) static uint32_t update_armv8(uint32_t state, const uint8_t *p,
                                                             size_t bytes) {
  for (; bytes >= 8; p += 8, bytes -= 8) state = __crc32cd(state, load64le(p));
  for (; bytes; p++, bytes--) state = __crc32cb(state, *p);
  return state;
}

uint32_t crc32c__update(uint32_t state, const uint8_t *p, size_t bytes) {
  bool has_instruction = getauxval(AT_HWCAP) & HARDWARE_CRC32;
  return has_instruction ? update_armv8(state, p, bytes) : crc32c__update_portable(state, p, bytes);
}
