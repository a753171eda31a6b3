/* SPDX-License-Identifier: MIT */
/* What documents show of their attributes: types, how often they are there, ranges, lengths,
 * distinct values (HyperLogLog, Flajolet et al. 2007, 256 registers: an error of about 6.5 %, small
 * counts nearly exact by linear counting). O(1) an attribute, whatever was seen before. Not
 * thread-safe. */
#ifndef MODEL_SOUL_LEARN_H
#define MODEL_SOUL_LEARN_H

#include "base/ds/hashmap.h"
#include "base/mem/arena.h"
#include "base/text/buf.h"
#include "model/soul/type.h"
#include "value/val/val.h"

enum { LEARN_REGISTERS = 256, LEARN_ATTRIBUTES_MAX = 4096, LEARN_KEPT_BYTES = 64 };

struct learned_attribute {
  struct slice name;
  uint64_t seen, nulls, bytes; /* bytes: of the stored forms */
  uint64_t types[VAL_TYPES];
  struct val min, max; /* of numbers, times, ids and short texts; MISSING when there are none */
  uint8_t min_room[LEARN_KEPT_BYTES], max_room[LEARN_KEPT_BYTES];
  uint32_t max_length; /* of texts, in bytes */
  uint8_t registers[LEARN_REGISTERS];
};

struct learned {
  uint64_t documents;
  struct arena arena;
  struct hashmap by_name;
  struct learned_attribute **attributes; /* in the order they were met */
  uint32_t count;
  size_t capacity;
};

void learned_init(struct learned *learned);
void learned_deinit(struct learned *learned);
/** Takes one document (a MAP). Attributes beyond LEARN_ATTRIBUTES_MAX are not followed. */
status learned_observe(struct learned *learned, const struct val *root, struct err *err);
/** About how many different values an attribute had. */
uint64_t learned_distinct(const struct learned_attribute *attribute);
/** The one type that holds all values without loss: jsonb when there is none. */
enum soul_kind learned_kind(const struct learned_attribute *attribute);
/** Bytes of a value's stored form (spec/document.md). */
uint64_t learned_value_bytes(const struct val *value);

#endif
