/* SPDX-License-Identifier: MIT */
/* Inside the block module: the header's fields, shared by reading and building. */
#ifndef STORE_LSM_BLOCK_BLOCK_INT_H
#define STORE_LSM_BLOCK_BLOCK_INT_H

#include "store/lsm/block/block.h"

/** The first 32 bytes of a raw block, little endian:
 *  count u32 | shared_bytes u32 | flags u8 | delta_bytes u8 | reserved u16 | reserved u32 | seq_min
 * u64 | seq_max u64. */
struct block__header {
  uint32_t count, shared_bytes;
  uint8_t flags, delta_bytes;
  uint64_t reserved; /* must be 0 */
  uint64_t seq_min, seq_max;
};

static inline struct block__header block__header_read(const uint8_t *bytes) {
  return (struct block__header){.count = load32le(bytes),
                                .shared_bytes = load32le(bytes + 4),
                                .flags = bytes[8],
                                .delta_bytes = bytes[9],
                                .reserved = load16le(bytes + 10) | (uint64_t)load32le(bytes + 12)
                                                                       << 16,
                                .seq_min = load64le(bytes + 16),
                                .seq_max = load64le(bytes + 24)};
}

/** The four bytes after the shared prefix as a big-endian number; a shorter key is filled with
 * zeroes. */
uint32_t block__head(struct slice key, uint32_t shared_bytes);

#endif
