/* SPDX-License-Identifier: MIT */
/* XXH3 is inlined from libxxhash's header: most keys are a few bytes long and a call would cost as
 * much as the hash. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/core/assert.h"
#include "base/hash/hash.h"

uint64_t hash64(struct slice data, uint64_t seed) {
  return XXH3_64bits_withSeed(data.data, data.bytes, seed);
}

uint64_t hash_xxh64(struct slice data) {
  ASSERT(data.data || !data.bytes);
  return XXH64(data.data, data.bytes, 0);
}

void hash128(struct slice data, uint8_t out[16]) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(data.data, data.bytes));
  memcpy(out, canonical.digest, sizeof canonical.digest);
}
