/* SPDX-License-Identifier: MIT */
/* How val_hash mixes, and its answers for the commonest kinds of values without a call. Pure. */
#ifndef VALUE_ORDER_HASH_H
#define VALUE_ORDER_HASH_H

#include "base/hash/hash.h"
#include "value/order/scalar.h"

/** Chains a word into a hash: xor, multiply by an odd constant, fold (the finisher of MurmurHash3).
 */
static inline uint64_t order_mix(uint64_t hash, uint64_t word) {
  uint64_t x = (hash ^ word) * 0xff51afd7ed558ccdu;
  x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53u;
  return x ^ x >> 33;
}
/** An integer of the class of numbers, after the class was mixed in. */
static inline uint64_t order_hash_integer(uint64_t hash, int64_t v) {
  return order_mix(order_mix(hash, 0), (uint64_t)v);
}
/** val_hash of an INT32 or INT64, with the seed 0. */
static inline uint64_t val_hash_integer(int64_t v) {
  return order_hash_integer(order_mix(0, ORDER_NUMBER), v);
}
/** val_hash of a BOOL, with the seed 0. */
static inline uint64_t val_hash_bool(bool v) {
  return order_mix(order_mix(0, ORDER_BOOL), v);
}
/** val_hash of a TEXT, with the seed 0. */
static inline uint64_t val_hash_text(struct slice text) {
  return hash64(text, order_mix(0, ORDER_TEXT));
}

#endif
