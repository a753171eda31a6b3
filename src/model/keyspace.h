/* SPDX-License-Identifier: MIT */
/* Every key the model writes, in one place. Numbers are big-endian so that they sort.
 *
 *   META      'c' u32 collection                 -> its catalog entry, an encoded map
 * (model/catalog/codec.c) 'n' name                           -> u32 collection: a name is taken
 * once 'v'                                -> u64, rewritten by every catalog change: they happen
 * one at a time 'd' u32 collection, u16 id         -> an attribute's name 's' u8 sequence, u32
 * collection    -> u64: numbers below are given out (rows; collections; indexes) RECORDS   u32
 * collection, key part           -> the document ENTRIES   u32 index, …                       ->
 * see index/ordered u32 KEYSPACE_HISTORY, u32 collection, key part, u64 version -> a document that
 * a change in the feed replaced
 *   META      'S' u32 soul                       -> a soul: id, hash, parent, time, genotype
 *             'H' hash, 'U' id                   -> u32 soul
 *             'o', 'O'                           -> see db/soul/once.c
 *             'L' u32 collection                 -> whether what was learned of it is current
 *             'L' u32 collection, u16 nth        -> what was learned of an attribute
 *             'k' u32 collection                 -> of a capped one: u64 bytes of its documents,
 *                                                  u64 row of the newest
 *   COUNTERS  'n' u32 collection                 -> documents in it
 *             'r' u32 collection, key part       -> references to the being
 *             'p' u32 limit, values              -> beings that count for the limit
 *
 * Pure; any thread. */
#ifndef MODEL_KEYSPACE_H
#define MODEL_KEYSPACE_H

#include "base/core/bytes.h"
#include "base/text/buf.h"

/* Index numbers stay below this. */
#define KEYSPACE_HISTORY 0xfffffffeu

enum { KEYSPACE_SHORT_BYTES = 16 };

enum keyspace_sequence {
  KEYSPACE_COLLECTIONS = 1, /* with collection 0 */
  KEYSPACE_INDEXES = 2,     /* with collection 0 */
  KEYSPACE_ROWS = 3,
  KEYSPACE_SOULS = 4 /* with collection 0 */
};

/** A key of fixed size, made in place. */
struct keyspace_key {
  uint8_t bytes[KEYSPACE_SHORT_BYTES];
  uint8_t count;
};

static inline struct slice keyspace_slice(const struct keyspace_key *key) {
  return slice_of(key->bytes, key->count);
}

static inline struct keyspace_key keyspace_tagged(uint8_t tag, uint32_t number) {
  struct keyspace_key key = {.bytes = {tag}, .count = 5};
  store32be(key.bytes + 1, number);
  return key;
}

static inline struct keyspace_key keyspace_collection(uint32_t number) {
  return keyspace_tagged('c', number);
}

static inline struct keyspace_key keyspace_version(void) {
  return (struct keyspace_key){.bytes = {'v'}, .count = 1};
}

static inline struct keyspace_key keyspace_name_id(uint32_t collection, uint16_t id) {
  struct keyspace_key key = keyspace_tagged('d', collection);
  key.bytes[5] = (uint8_t)(id >> 8);
  key.bytes[6] = (uint8_t)id;
  key.count = 7;
  return key;
}

static inline struct keyspace_key keyspace_sequence(enum keyspace_sequence sequence,
                                                    uint32_t collection) {
  struct keyspace_key key = {.bytes = {'s', (uint8_t)sequence}, .count = 6};
  store32be(key.bytes + 2, collection);
  return key;
}

/** The counter of a collection's documents. */
static inline struct keyspace_key keyspace_count(uint32_t collection) {
  return keyspace_tagged('n', collection);
}

/** A soul's record. */
static inline struct keyspace_key keyspace_soul(uint32_t number) {
  return keyspace_tagged('S', number);
}

/** Whether what was learned of a collection is current; the prefix of what was. */
static inline struct keyspace_key keyspace_learned(uint32_t collection) {
  return keyspace_tagged('L', collection);
}

static inline struct keyspace_key keyspace_learned_attribute(uint32_t collection, uint16_t nth) {
  struct keyspace_key key = keyspace_learned(collection);
  key.bytes[5] = (uint8_t)(nth >> 8);
  key.bytes[6] = (uint8_t)nth;
  key.count = 7;
  return key;
}

/** How full a capped collection is. */
static inline struct keyspace_key keyspace_fill(uint32_t collection) {
  return keyspace_tagged('k', collection);
}

/** The prefix of what counts the references to a collection's beings: key parts follow. */
static inline struct keyspace_key keyspace_references(uint32_t collection) {
  return keyspace_tagged('r', collection);
}

/** The prefix of a population limit's counters: encoded values follow. */
static inline struct keyspace_key keyspace_limit(uint32_t number) {
  return keyspace_tagged('p', number);
}

/** A bare number: the prefix of a collection's records or an index's entries. */
static inline struct keyspace_key keyspace_number(uint32_t number) {
  struct keyspace_key key = {.count = 4};
  store32be(key.bytes, number);
  return key;
}

/** The prefix of a collection's replaced documents. */
static inline struct keyspace_key keyspace_history(uint32_t collection) {
  struct keyspace_key key = {.count = 8};
  store32be(key.bytes, KEYSPACE_HISTORY);
  store32be(key.bytes + 4, collection);
  return key;
}

#endif
