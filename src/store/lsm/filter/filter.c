/* SPDX-License-Identifier: MIT */
#include "store/lsm/filter/filter.h"

#include "base/core/bytes.h"
#include "base/hash/hash.h"

enum { PROBES = 6, BLOCK_BITS = 512, BLOCK_BITS_LOG2 = 9 };

uint64_t filter_hash(struct slice key) {
  return hash64(key, 0);
}

uint64_t filter_blocks(uint64_t keys) {
  uint64_t blocks = keys / BLOCK_BITS * FILTER_BITS_PER_KEY +
                    (keys % BLOCK_BITS * FILTER_BITS_PER_KEY + BLOCK_BITS - 1) / BLOCK_BITS;
  return blocks ? blocks : 1;
}

/* The high half chooses the block, by multiplication instead of division. */
uint64_t filter_block_of(uint64_t hash, uint64_t blocks) {
  return ((hash >> 32) * blocks) >> 32;
}

/* The product's high bits depend on all of the hash, so the probes do not follow the choice of the
 * block. */
static uint64_t probe_bits(uint64_t hash) {
  return hash * UINT64_C(0x9E3779B97F4A7C15);
}

void filter_block_add(uint8_t *block, uint64_t hash) {
  uint64_t bits = probe_bits(hash);
  for (int probe = 0; probe < PROBES; probe++) {
    uint64_t bit = (bits >> (64 - BLOCK_BITS_LOG2 * (probe + 1))) & (BLOCK_BITS - 1);
    block[bit / 8] = (uint8_t)(block[bit / 8] | (1U << (bit % 8)));
  }
}

bool filter_block_may_have(const uint8_t *block, uint64_t hash) {
  uint64_t bits = probe_bits(hash);
  bool may = true;
  for (int probe = 0; probe < PROBES; probe++) {
    uint64_t bit = (bits >> (64 - BLOCK_BITS_LOG2 * (probe + 1))) & (BLOCK_BITS - 1);
    may &= (block[bit / 8] >> (bit % 8)) & 1;
  }
  return may;
}
