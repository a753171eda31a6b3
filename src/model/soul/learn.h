/* SPDX-License-Identifier: MIT */
/* What documents show of their attributes: types, how often they are there, bytes, ranges, distinct
 * values (HyperLogLog, Flajolet et al. 2007, 256 registers: an error of about 6.5 %, small counts
 * nearly exact by linear counting). O(1) an attribute, whatever was seen before; of long values the
 * ends are hashed.
 *
 * Counts follow documents that go (learned_forget) exactly; ranges and distinct values are those of
 * all that was seen, of which `is_loose` tells. All of it is commutative: what two have learned is
 * merged in any order. Not thread-safe. */
#ifndef MODEL_SOUL_LEARN_H
#define MODEL_SOUL_LEARN_H

#include "base/ds/hashmap.h"
#include "base/mem/arena.h"
#include "base/text/buf.h"
#include "model/soul/type.h"
#include "value/doc/splice.h"

enum { LEARN_REGISTERS = 256, LEARN_ATTRIBUTES_MAX = 1024, LEARN_KEPT_BYTES = 64 };

struct learned_attribute {
  struct slice name;
  int64_t seen, nulls, bytes; /* bytes: of the stored forms */
  int64_t types[VAL_TYPES];
  struct val min, max; /* of numbers, times, ids and short texts; MISSING when there are none */
  uint8_t min_room[LEARN_KEPT_BYTES], max_room[LEARN_KEPT_BYTES];
  uint32_t common_bytes;         /* that the least and the greatest text begin with */
  uint64_t min_start, max_start; /* the 8 bytes after these, as a number */
  uint32_t max_length;           /* of texts, in bytes */
  uint8_t registers[LEARN_REGISTERS];
};

/* The shape of the last document, whose attributes are those of the next one mostly. */
struct learned_shape {
  uint8_t ids[SPLICE_FIELDS_MAX * SPLICE_NAME_BYTES];
  uint32_t bytes;                                          /* of `ids`; 0: there is none */
  struct learned_attribute *attributes[SPLICE_FIELDS_MAX]; /* NULL: not followed */
};

struct learned {
  int64_t documents;
  struct arena arena;
  struct hashmap by_name;
  const struct names *names; /* of the documents seen; `by_id` speaks of its ids */
  uint16_t *by_id;           /* place of an attribute + 1 */
  size_t by_id_capacity;
  struct learned_attribute **attributes; /* in the order they were met */
  uint32_t count;
  size_t capacity;
  struct learned_shape shape;
  bool is_loose;   /* a value at the end of a range went: the range may be too wide */
  bool is_partial; /* there were more than LEARN_ATTRIBUTES_MAX: the others are not followed */
};

void learned_init(struct learned *learned);
void learned_deinit(struct learned *learned);
/** Takes one document. After a failure it knows less than there is. */
status learned_observe(struct learned *learned, const struct doc *document, struct err *err);
/** A document that was observed, here or by another that this is merged with, is no more. */
status learned_forget(struct learned *learned, const struct doc *document, struct err *err);
/** Adds what another learned. */
status learned_merge(struct learned *learned, const struct learned *other, struct err *err);
/** About how many different values an attribute had. */
uint64_t learned_distinct(const struct learned_attribute *attribute);
/** The one type that holds all values without loss: jsonb when there is none. */
enum soul_kind learned_kind(const struct learned_attribute *attribute);
/** Bytes of a value's stored form (spec/document.md). */
uint64_t learned_value_bytes(const struct val *value);

/** Appends an attribute's stored form: an encoded map. */
status learned_encode(struct buf *out, const struct learned_attribute *attribute, struct err *err);
/** Adds an attribute from its stored form. LUMA_CORRUPT if it is not one. */
status learned_decode(struct learned *learned, struct slice bytes, struct err *err);
/** The attribute of a name, made when it is new; NULL when there are too many. */
status learned__find(struct learned *learned, struct slice name, struct learned_attribute **found,
                     struct err *err);

#endif
