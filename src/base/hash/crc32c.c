/* SPDX-License-Identifier: MIT */
#include "base/hash/crc32c_int.h"
#include "base/hash/hash.h"

uint32_t hash_crc32c(uint32_t crc, struct slice data) {
  return ~crc32c__update(~crc, data.data, data.bytes);
}

/* The remainder of each half byte by the polynomial 0x82f63b78 (reflected). Small on purpose: it
 * serves processors that are older than the instruction. */
static const uint32_t remainders[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
    0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

uint32_t crc32c__update_portable(uint32_t state, const uint8_t *p, size_t bytes) {
  for (size_t i = 0; i < bytes; i++) {
    state ^= p[i];
    state = (state >> 4) ^ remainders[state & 15];
    state = (state >> 4) ^ remainders[state & 15];
  }
  return state;
}
