/* SPDX-License-Identifier: MIT */
/* Random values and documents of every type, for property tests: ordinary ones, the edges of each
 * type, and texts with all that trips codecs (escapes, NUL, control characters, astral characters,
 * names that look like tags). Every value is one that documents may hold. NaN comes in its one
 * canonical form. One thread per generator. */
#ifndef TESTS_LIB_GEN_VAL_H
#define TESTS_LIB_GEN_VAL_H

#include "base/ds/rng.h"
#include "value/doc/build.h"

enum { GEN_VAL_BYTES = 512 };

/** May be changed between values. */
struct gen_val {
  struct rng *rng;
  bool json_only;     /* null, bool, int64, finite float64, text, lists and maps: what plain JSON
                         carries exactly */
  uint32_t depth_max; /* of lists and maps; 4 at first */
  uint32_t count_max; /* elements of one list or map; 6 at first */
  bool unique_names;  /* no name twice in a map */
  uint8_t room[GEN_VAL_BYTES]; /* what the last scalar borrows */
};

void gen_val_init(struct gen_val *gen, struct rng *rng);
/** A value that is neither list nor map; borrows from `gen` until the next one. */
struct val gen_val_scalar(struct gen_val *gen);
/** Valid UTF-8 of at most GEN_VAL_BYTES; borrows from `gen`. */
struct slice gen_val_text(struct gen_val *gen);
/** A name for a field: mostly from a small set, so that names repeat between maps. Borrows from
 * `gen`. */
struct slice gen_val_name(struct gen_val *gen);
/** Puts one value of any type: at the place of the next value of `build`. */
void gen_val_put(struct gen_val *gen, struct build *build);
/** Puts random fields into the open map. */
void gen_val_fields(struct gen_val *gen, struct build *build);
/** Builds a whole document at the end of `out`; fails the test case when that fails. */
struct slice gen_val_document(struct gen_val *gen, struct names *names, struct buf *out);
/** Builds one bare value with inline names. */
struct val gen_val_value(struct gen_val *gen, struct buf *out);

#endif
