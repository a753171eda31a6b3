/* SPDX-License-Identifier: MIT */
/* What lies between two souls: what changed, whether it widens or narrows, and the operations that
 * take a being from one to the other. Pure but for the arena. */
#ifndef MODEL_SOUL_DIFF_H
#define MODEL_SOUL_DIFF_H

#include "model/soul/evolution.h"

enum soul_effect {
  SOUL_NEUTRAL, /* old beings are what they were */
  SOUL_WIDENS,  /* old beings fit as they are, or follow by themselves */
  SOUL_NARROWS  /* old beings have to be looked at: some may not fit */
};

struct soul_change {
  enum soul_effect effect;
  struct slice attribute; /* empty: of the whole */
  const char *what;       /* "attribute added"; static */
};

/** What is told beside the two genotypes. Maps of names to names, and of names to expressions; or
 * MISSING. */
struct soul_hints {
  struct val rename, transform;
};

struct soul_diff {
  struct soul_change *changes;
  uint32_t changes_count;
  struct evolution_op *ops;
  uint32_t ops_count;
};

/** From `old` (NULL: no soul, every attribute allowed) to `fresh`. `was_open`, `is_open`: whether
 * unknown attributes are allowed. `renamed`: the old one with its attributes under their new names
 * (NULL: they keep them). LUMA_INVALID_GENOTYPE when a hint names what is not there. */
struct soul_versions {
  const struct soul *old, *fresh, *renamed;
  bool was_open, is_open;
};
status soul_compare(const struct soul_versions *versions, const struct soul_hints *hints,
                    struct arena *arena, struct soul_diff *diff, struct err *err);
const char *soul_effect_name(enum soul_effect effect);
/** Appends the changes as JSON, a list. */
void soul_diff_write(struct buf *out, const struct soul_diff *diff);

#endif
