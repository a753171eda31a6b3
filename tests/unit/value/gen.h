/* SPDX-License-Identifier: MIT */
/* Random values for property tests: every type, nested, drawn so that near and equal values meet
 * often (the same number in several kinds, texts that are prefixes of each other, zero bytes, ends
 * of ranges). */
#ifndef TESTS_UNIT_VALUE_GEN_H
#define TESTS_UNIT_VALUE_GEN_H

#include "base/ds/rng.h"
#include "base/mem/arena.h"
#include "value/doc/build.h"

struct gen {
  struct rng *rng;
  struct arena arena;  /* what values borrow from */
  struct names *names; /* of maps; NULL: some with inline names */
};

void gen_init(struct gen *gen, struct rng *rng, struct names *names);
void gen_deinit(struct gen *gen);
/** A storable value with at most `depth` levels of lists and maps. */
struct val gen_value(struct gen *gen, uint32_t depth);
/** A number of any kind. */
struct val gen_number(struct gen *gen);
/** A text, often short, sometimes with zero bytes, sometimes over 255 bytes. */
struct slice gen_text(struct gen *gen);
/** A field name out of few. */
struct slice gen_name(struct gen *gen);
/** Often something near `v`: its number in another kind, a step beside it, a longer text. Else any
 * value. */
struct val gen_near(struct gen *gen, const struct val *v);

/** What both are, to the last bit but the names' dictionary: type, subtype, and contents. */
bool gen_is_identical(const struct val *a, const struct val *b);

#endif
