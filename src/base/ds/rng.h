/* SPDX-License-Identifier: MIT */
/* Deterministic random numbers: xoshiro256** (Blackman and Vigna, 2018) seeded through splitmix64.
 * The same seed gives the same sequence on every machine, which is what makes a random test
 * repeatable. Not for secrets: those come from os_random. A generator belongs to one thread at a
 * time. */
#ifndef BASE_DS_RNG_H
#define BASE_DS_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
  uint64_t state[4];
};

/** Any seed is good, 0 too. */
void rng_init(struct rng *rng, uint64_t seed);
/** 64 random bits. */
uint64_t rng_next(struct rng *rng);
/** Uniform in [0, n); 0 when `n` is 0. Without modulo bias. */
uint64_t rng_below(struct rng *rng, uint64_t n);
/** Uniform in [least, most]; needs least <= most. */
int64_t rng_range(struct rng *rng, int64_t least, int64_t most);
/** Uniform in [0, 1), a multiple of 2^-53. */
double rng_float(struct rng *rng);
/** `bytes` random bytes at `data`. */
void rng_fill(struct rng *rng, void *data, size_t bytes);

#endif
