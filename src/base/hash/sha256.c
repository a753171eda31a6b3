/* SPDX-License-Identifier: MIT */
/* Straight from FIPS 180-4, section 6.2; it hashes a genotype now and then, so it need not be fast.
 */
#include "base/hash/sha256.h"

#include <string.h>

#include "base/core/bytes.h"

enum { BLOCK_BYTES = 64, ROUNDS = 64, LENGTH_BYTES = 8 };

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t constants[ROUNDS] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotated(uint32_t x, unsigned by) {
  return x >> by | x << (32 - by);
}

static void schedule(const uint8_t *block, uint32_t w[ROUNDS]) {
  for (int t = 0; t < 16; t++) w[t] = load32be(block + (size_t)t * 4);
  for (int t = 16; t < ROUNDS; t++) {
    uint32_t a = w[t - 15], b = w[t - 2];
    uint32_t s0 = rotated(a, 7) ^ rotated(a, 18) ^ a >> 3;
    uint32_t s1 = rotated(b, 17) ^ rotated(b, 19) ^ b >> 10;
    w[t] = w[t - 16] + s0 + w[t - 7] + s1;
  }
}

static void add_block(uint32_t state[8], const uint8_t *block) {
  uint32_t w[ROUNDS], v[8];
  schedule(block, w);
  memcpy(v, state, sizeof v);
  for (int t = 0; t < ROUNDS; t++) {
    uint32_t s1 = rotated(v[4], 6) ^ rotated(v[4], 11) ^ rotated(v[4], 25);
    uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
    uint32_t first = v[7] + s1 + choice + constants[t] + w[t];
    uint32_t s0 = rotated(v[0], 2) ^ rotated(v[0], 13) ^ rotated(v[0], 22);
    uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
    memmove(v + 1, v, 7 * sizeof *v);
    v[4] += first;
    v[0] = first + s0 + majority;
  }
  for (int i = 0; i < 8; i++) state[i] += v[i];
}

void sha256(struct slice data, uint8_t out[SHA256_BYTES]) {
  uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                       0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  uint8_t last[2 * BLOCK_BYTES] = {0};
  size_t whole = data.bytes / BLOCK_BYTES * BLOCK_BYTES, rest = data.bytes - whole;
  for (size_t at = 0; at < whole; at += BLOCK_BYTES) add_block(state, data.data + at);
  if (rest) memcpy(last, data.data + whole, rest);
  last[rest] = 0x80;
  size_t padded = rest + 1 + LENGTH_BYTES <= BLOCK_BYTES ? BLOCK_BYTES : 2 * BLOCK_BYTES;
  store64be(last + padded - LENGTH_BYTES, (uint64_t)data.bytes * 8);
  for (size_t at = 0; at < padded; at += BLOCK_BYTES) add_block(state, last + at);
  for (size_t i = 0; i < 8; i++) store32be(out + i * 4, state[i]);
}
