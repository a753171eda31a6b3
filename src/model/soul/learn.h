/* SPDX-License-Identifier: MIT */
/* What documents show of their attributes: types, how often they are there, bytes, ranges, distinct
 * values (HyperLogLog, Flajolet et al. 2007, 256 registers: an error of about 6.5 %, small counts
 * nearly exact by linear counting). O(1) a value, whatever was seen before; of long values the
 * ends are hashed.
 *
 * Maps and lists are looked into: their fields, and the first elements, are attributes of their own
 * below the one they stand in, a few levels deep. A map with ever new names is no record but a
 * table: it becomes `is_vast`, and what is inside it is no longer followed.
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

enum {
  LEARN_REGISTERS = 256,
  LEARN_ATTRIBUTES_MAX = 1024, /* at the top */
  LEARN_NESTED_MAX = 1024,     /* below */
  LEARN_FIELDS_MAX = 64,       /* of one map */
  LEARN_ELEMENTS_MAX = 32,     /* of one list that are looked at */
  LEARN_DEPTH_MAX = 4,
  LEARN_KEPT_BYTES = 64
};

struct learned_attribute {
  struct slice name;                   /* empty: the elements of a list */
  struct learned_attribute *parent;    /* NULL: it stands at the top */
  struct learned_attribute **children; /* LEARN_FIELDS_MAX, or NULL */
  uint32_t place;                      /* in learned->attributes */
  uint16_t children_count, last;       /* `last`: the child found last, whose next is likely next */
  uint8_t depth;
  bool is_vast;
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
  struct learned_attribute **attributes; /* in the order they were met; parents before children */
  uint32_t count, nested_count;
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
/** A document that was observed became another: as learned_observe of `fresh` and learned_forget of
 * `stale`, but what is equal in both is not looked at. */
status learned_replace(struct learned *learned, const struct doc *stale, const struct doc *fresh,
                       struct err *err);
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
/** Appends where an attribute stands: `addr.city`, `tags[]`, `kids[].nick`. */
void learned_format_path(struct buf *out, const struct learned_attribute *attribute);
/** How many values might have had the attribute: documents, or the maps that it is a field of. */
int64_t learned_chances(const struct learned *learned, const struct learned_attribute *attribute);
/** The attribute of a name at the top, made when it is new; NULL when there are too many. */
status learned__find(struct learned *learned, struct slice name, struct learned_attribute **found,
                     struct err *err);
/** The one below `parent`: the field of a name, or (empty) the elements; NULL when there are too
 * many. */
status learned__find_below(struct learned *learned, struct learned_attribute *parent,
                           struct slice name, struct learned_attribute **found, struct err *err);
/** A new one below `parent`. LUMA_CORRUPT when that has LEARN_FIELDS_MAX already. */
status learned__add_below(struct learned *learned, struct learned_attribute *parent,
                          struct slice name, struct learned_attribute **made, struct err *err);
/** A new attribute, for learned__find and learned__add_below. */
status learned__add(struct learned *learned, struct learned_attribute *parent, struct slice name,
                    struct learned_attribute **made, struct err *err);
/** Takes (`sign` 1) or lets go of (-1) a value, not what is inside it. */
void learned__count(struct learned *learned, struct learned_attribute *attribute,
                    const struct val *value, int sign);
/** What is inside a value of the attribute. */
status learned__look_inside(struct learned *learned, struct learned_attribute *attribute,
                            const struct val *value, int sign, struct err *err);
/** Adds what another learned of one attribute and of those below it. */
status learned__merge_below(struct learned *learned, struct learned_attribute *to,
                            const struct learned_attribute *from, struct err *err);
/** Adds what another learned of one attribute. */
void learned__merge_one(struct learned_attribute *to, const struct learned_attribute *from);

#endif
