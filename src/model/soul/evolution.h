/* SPDX-License-Identifier: MIT */
/* How the beings of a collection follow its soul: the steps from each soul it had to the next, and
 * what a step does to a being. A being keeps the form it was written in until its next write; it is
 * read through the steps after its own soul. Immutable once read, reference-counted; any thread. */
#ifndef MODEL_SOUL_EVOLUTION_H
#define MODEL_SOUL_EVOLUTION_H

#include "model/soul/kept.h"
#include "model/soul/recipe.h"
#include "model/soul/soul.h"
#include "value/doc/build.h"
#include "value/doc/doc.h"

enum {
  EVOLUTION_STEPS_MAX = 1000,
  EVOLUTION_TEXT_BYTES_MAX = 16 << 20,
  EVOLUTION_NOT_KEPT = 0xffff
};

enum evolution_kind {
  EVOLUTION_SET,      /* a value for beings that lack the attribute */
  EVOLUTION_DROP,     /* the attribute goes */
  EVOLUTION_RENAME,   /* to `to` */
  EVOLUTION_CONVERT,  /* read as one of `type`, where nothing is lost; renamed too, with `to` */
  EVOLUTION_TRANSFORM /* the value of an expression over the being as it was */
};

struct evolution_op {
  enum evolution_kind kind;
  struct slice name, to, expression;
  struct val value;
  struct slice encoded; /* of `value`, as it stands in documents */
  struct soul_type type;
  uint32_t rule;    /* TRANSFORM */
  uint16_t number;  /* TRANSFORM: of its values in what is kept; EVOLUTION_NOT_KEPT */
  bool is_computed; /* by the newer soul, over what the being is by then */
  uint16_t name_id, to_id;
};

/** Whether a value is null because it could not be made: of what is computed nobody looked whether
 * it can be, of all beings that are there, and they have to be read. */
static inline bool evolution_forgives(const struct evolution_op *op, status result) {
  return op->is_computed && (result == LUMA_INVALID_VALUE || result == LUMA_INVALID_ARGUMENT ||
                             result == LUMA_OUT_OF_RANGE || result == LUMA_TYPE_MISMATCH);
}

struct evolution_step {
  uint32_t from, to; /* numbers of souls; the same: it goes on with the step before */
  struct evolution_op *ops;
  uint32_t ops_count;
};

struct evolution {
  uint32_t references;
  struct evolution_step *steps;
  uint32_t steps_count;
  struct soul *rules; /* holds the expressions of all steps; NULL when there are none */
  struct names *names;
  struct arena arena;
  struct recipes recipes;   /* for whole documents */
  struct kept_values *kept; /* values that expressions made; NULL: none is kept */
  bool is_quick; /* most of them are made sooner than found: they are kept where that was missed */
};

/** Appends steps as JSON: the stored form. */
void evolution_write(struct buf *out, const struct evolution_step *steps, uint32_t count);
/** Reads the stored form with one reference; names are bound to `names` (borrowed).
 * LUMA_LIMIT_REACHED beyond EVOLUTION_STEPS_MAX. */
status evolution_read(struct slice json, const struct soul_rules_ops *ops, struct names *names,
                      struct evolution **evolution, struct err *err);
/** Lets values that expressions make be kept, as far as they depend on the being alone, in `budget`
 * (borrowed). Before it is shared. */
void evolution_keep(struct evolution *evolution, struct kept_budget *budget);
void evolution_acquire(const struct evolution *evolution);
/** NULL is fine. */
void evolution_release(const struct evolution *evolution);

/** How many souls the collection has had before its newest. NULL is fine: 0. */
static inline uint32_t evolution_souls_before(const struct evolution *evolution) {
  uint32_t count = 0;
  for (uint32_t i = 0; evolution && i < evolution->steps_count; i++)
    count += evolution->steps[i].from != evolution->steps[i].to;
  return count;
}
/** The first step a being of soul `number` still has to take; steps_count when there is none, or
 * none that does anything. NULL is fine: 0. */
uint32_t evolution_begin(const struct evolution *evolution, uint32_t number);
/** True when `evolution` has anything to do for a being of that soul. */
static inline bool evolution_changes(const struct evolution *evolution, uint32_t number,
                                     uint32_t current) {
  return number != current && evolution &&
         evolution_begin(evolution, number) < evolution->steps_count;
}
/** True when some step does something to one of these attributes. NULL is fine: false. */
bool evolution_concerns(const struct evolution *evolution, const struct slice *names,
                        uint32_t count);
/** Its recipes for whole documents. */
static inline struct recipes *evolution_recipes(const struct evolution *evolution) {
  return (struct recipes *)(uintptr_t)&evolution->recipes; /* they have a lock of their own */
}
/** The document as the newest soul has it: header kept, built at the end of `out`; `*made` borrows
 * from it. `now_us` is what now() answers. */
status evolution_apply(const struct evolution *evolution, const struct doc *document,
                       uint64_t now_us, struct buf *out, struct slice *made, struct err *err);

#endif
