/* SPDX-License-Identifier: MIT */
/* Hashes and checksums: XXH3 (64 and 128 bits) from libxxhash; CRC-32C (RFC 3720) with SSE4.2 or
 * ARMv8 instructions when there. Pure; any thread. */
#ifndef BASE_HASH_HASH_H
#define BASE_HASH_HASH_H

#include "base/text/slice.h"

uint64_t hash64(struct slice data, uint64_t seed);
/** The older XXH64 without a seed, which MongoDB's $hash has. */
uint64_t hash_xxh64(struct slice data);
void hash128(struct slice data, uint8_t out[16]);
/** CRC-32C of `data` continued from `crc` (begin with 0). */
uint32_t hash_crc32c(uint32_t crc, struct slice data);

#endif
