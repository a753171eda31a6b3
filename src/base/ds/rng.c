/* SPDX-License-Identifier: MIT */
#include "base/ds/rng.h"

#include "base/core/assert.h"
#include "base/core/bytes.h"

__extension__ typedef unsigned __int128 wide;

/* Spreads a seed over the state, so that seeds 1 and 2 give unrelated sequences and the state is
 * never all zeroes. */
static uint64_t splitmix64(uint64_t *seed) {
  *seed += 0x9e3779b97f4a7c15u;
  uint64_t z = *seed;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static uint64_t rotate_left(uint64_t v, unsigned bits) {
  return (v << bits) | (v >> (64 - bits));
}

void rng_init(struct rng *rng, uint64_t seed) {
  for (size_t i = 0; i < 4; i++) rng->state[i] = splitmix64(&seed);
}

uint64_t rng_next(struct rng *rng) {
  uint64_t *s = rng->state;
  uint64_t result = rotate_left(s[1] * 5, 7) * 9;
  uint64_t shifted = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= shifted;
  s[3] = rotate_left(s[3], 45);
  return result;
}

/* Lemire's method: the high half of a product is uniform once the few low halves that would be
 * drawn once too often are refused. */
uint64_t rng_below(struct rng *rng, uint64_t n) {
  if (n == 0) return 0;
  wide product = (wide)rng_next(rng) * n;
  if ((uint64_t)product < n) {
    uint64_t refused = (0 - n) % n;
    while ((uint64_t)product < refused) product = (wide)rng_next(rng) * n;
  }
  return (uint64_t)(product >> 64);
}

int64_t rng_range(struct rng *rng, int64_t least, int64_t most) {
  ASSERT(least <= most);
  uint64_t span = (uint64_t)most - (uint64_t)least + 1; /* 0 when it is all of int64 */
  uint64_t offset = span ? rng_below(rng, span) : rng_next(rng);
  return (int64_t)((uint64_t)least + offset);
}

double rng_float(struct rng *rng) {
  return (double)(rng_next(rng) >> 11) * 0x1p-53;
}

void rng_fill(struct rng *rng, void *data, size_t bytes) {
  uint8_t *at = data;
  for (; bytes >= 8; at += 8, bytes -= 8) store64le(at, rng_next(rng));
  if (bytes == 0) return;
  uint64_t last = rng_next(rng);
  memcpy(at, &last, bytes);
}
