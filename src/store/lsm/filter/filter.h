/* SPDX-License-Identifier: MIT */
/* Blocked Bloom filter: every key sets 6 bits in one 512-bit block (one cache line; Putze, Sanders
 * and Singler, "Cache-, hash- and space-efficient Bloom filters", 2007). At 10 bits a key about 1
 * absent key in 100 passes. No key that was added is ever refused. The blocks are grouped in pages,
 * which a file reads and verifies one at a time. Pure; any thread. */
#ifndef STORE_LSM_FILTER_FILTER_H
#define STORE_LSM_FILTER_FILTER_H

#include "base/text/slice.h"

enum {
  FILTER_BITS_PER_KEY = 10,
  FILTER_BLOCK_BYTES = 64,
  FILTER_PAGE_BYTES = 16 << 10,
  FILTER_PAGE_BLOCKS = FILTER_PAGE_BYTES / FILTER_BLOCK_BYTES,
};

/** The hash of a key that the calls below take. Part of the file format. */
uint64_t filter_hash(struct slice key);
/** Blocks for `keys` keys; at least 1. Counts of blocks are below 2^32. */
uint64_t filter_blocks(uint64_t keys);
/** The block of a filter with `blocks` blocks that `hash` belongs to. */
uint64_t filter_block_of(uint64_t hash, uint64_t blocks);
/** Sets the bits of `hash` in its 64-byte block. */
void filter_block_add(uint8_t *block, uint64_t hash);
/** False: the key is certainly absent. */
bool filter_block_may_have(const uint8_t *block, uint64_t hash);

#endif
