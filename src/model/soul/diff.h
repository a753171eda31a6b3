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
  struct slice from;      /* the name that it had; empty: it keeps it */
  const char *what;       /* "attribute added"; static */
  bool is_proved;         /* a narrowing that no being can stand in the way of */
};

/** How beings of the old soul come to the default of an attribute that is new, where that is an
 * expression. */
struct soul_default {
  enum { SOUL_DEFAULT_WRITTEN, SOUL_DEFAULT_MADE, SOUL_DEFAULT_CONSTANT } kind;
  struct val value; /* CONSTANT: what it is for all of them */
};

/** What is told beside the two genotypes. Maps of names to names, and of names to expressions; or
 * MISSING. */
struct soul_hints {
  struct val rename, transform;
  const struct slice *dropped; /* attributes whose names others take */
  uint32_t dropped_count;
  const struct slice *gone; /* attributes whose values go, also where the collection is open */
  uint32_t gone_count;
  const struct soul_default
      *defaults; /* by place among fresh's attributes; NULL: all are WRITTEN */
};

/** The operations stand in the order in which they see a being: those over what it was, those that
 * give new attributes constants, those that compute new values from all that it is by then. They
 * are one step, or several, each over what the one before leaves. */
struct soul_diff {
  struct soul_change *changes;
  uint32_t changes_count;
  struct evolution_op *ops;
  uint32_t ops_count;
  bool changes_inside; /* values of named attributes inside maps are of other types: no operation
                          says so, they have to be written */
  struct evolution_step *steps; /* at least one */
  uint32_t steps_count;
};

/** Appends the steps from a soul to another in their stored form: further ones go on from the other
 * soul to itself. */
void soul_diff_write_steps(const struct soul_diff *diff, uint32_t from, uint32_t to,
                           struct buf *out);
/** From `old` (NULL: no soul, every attribute allowed) to `fresh`. `was_open`, `is_open`: whether
 * unknown attributes are allowed. `renamed`: the old one with its attributes under their new names
 * (NULL: they keep them). LUMA_INVALID_GENOTYPE when a hint names what is not there. */
struct soul_versions {
  const struct soul *old, *fresh, *renamed;
  bool was_open, is_open;
};
/** Whether `fresh` has an attribute that the old one has under no name. */
bool soul_is_new(const struct soul_versions *versions, const struct soul_hints *hints,
                 const struct soul_attribute *fresh);
status soul_compare(const struct soul_versions *versions, const struct soul_hints *hints,
                    struct arena *arena, struct soul_diff *diff, struct err *err);
const char *soul_effect_name(enum soul_effect effect);
/** Appends the changes as JSON, a list. */
void soul_diff_write(struct buf *out, const struct soul_diff *diff);

#endif
