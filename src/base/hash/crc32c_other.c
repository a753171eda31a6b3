/* SPDX-License-Identifier: MIT */
#include "base/hash/crc32c_int.h"

uint32_t crc32c__update(uint32_t state, const uint8_t *p, size_t bytes) {
  return crc32c__update_portable(state, p, bytes);
}
