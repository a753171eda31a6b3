/* SPDX-License-Identifier: MIT */
/* Beings of older souls on their way to being read: which are older, what expressions of their
 * collection's evolution make of them, and what shows them. Shared by the files of db/ only. */
#ifndef MODEL_DB_OLDER_H
#define MODEL_DB_OLDER_H

#include "model/catalog/picture.h"
#include "model/model.h"

/** The same soul comes again and again: what is known of it is remembered. */
struct model_last_soul {
  uint32_t number;
  bool is_older;
};
/** Whether the evolution of the collection does anything to the document. */
static inline bool model__is_older(const struct collection *collection, const struct doc *document,
                                   struct model_last_soul *last) {
  if (!document->data) return false;
  uint32_t soul = load32le(document->data + DOC_SOUL_OFFSET);
  if (soul == last->number) return last->is_older;
  last->number = soul;
  last->is_older = evolution_changes(collection->evolution, soul, collection->soul);
  return last->is_older;
}
/** Who reads some attributes only, by the ids of their names. `some`: recipes for these. */
struct model_looks {
  const uint16_t *wanted;
  uint32_t wanted_count;
  struct recipes *some; /* NULL: there are none */
};
/** Whether this attribute is among them; `looks` NULL: all are. */
static inline bool model__looks_at(const struct model_looks *looks, uint16_t id) {
  for (uint32_t i = 0; looks && i < looks->wanted_count; i++)
    if (looks->wanted[i] == id) return true;
  return !looks;
}
/** The ids of names, of at most RECIPE_NAMES_MAX, that are names of the collection; how many. */
uint32_t model__wanted(const struct collection *collection, const struct model_reads *reads,
                       uint16_t ids[RECIPE_NAMES_MAX]);
/* ---- what expressions of an evolution make: db/evolve/find.c, make.c ---- */

/** Looks for kept values of documents that follow each other. */
struct model_finding {
  struct model *model;
  struct kept_values *kept; /* NULL: there is nothing to find */
  uint32_t side;
  const struct model_looks *looks;
  const struct recipe_sight *sight; /* what is asked for in `numbers` */
  uint16_t numbers[RECIPE_MAKERS_MAX];
  uint32_t numbers_count;
  uint64_t row; /* of those that were counted, of one page */
  uint32_t documents, missed;
};
/** Begins; what is found stays until model__find_leave, of the same thread or another. */
void model__find_begin(struct model_finding *finding, const struct model_txn *txn,
                       const struct collection *collection, const struct model_looks *looks);
/** The record of the document; NULL: there is none. `*has_all`: with all that the sight makes and
 * that is looked at. */
const uint8_t *model__find(struct model_finding *finding, const struct recipe_sight *sight,
                           const struct doc *document, bool *has_all);
/** All were looked for: tells of what was missed. */
void model__find_end(struct model_finding *finding);
static inline void model__find_leave(struct kept_values *kept, uint32_t side) {
  if (kept) kept_leave(kept, side);
}

enum { MODEL_MADE_AT_ONCE = 256 };
/** Documents of a batch with values that expressions of their collection's evolution make. */
struct model_making {
  struct model_txn *txn;
  const struct collection *collection;
  const struct doc *documents;
  const struct model_looks *looks; /* NULL: at all */
  struct arena *arena;             /* of the values; their texts may borrow from the documents */
  uint32_t count;
  uint16_t places[MODEL_MADE_AT_ONCE];                   /* in `documents` */
  const struct recipe_sight *sights[MODEL_MADE_AT_ONCE]; /* of each; they make values */
  /* Of each. In: a record that has some; zeroes: there is none. Out, for those to be made: values
   * by the sight's makers, where what is not looked at is MISSING. */
  struct splice_made made[MODEL_MADE_AT_ONCE];
  bool are_quick[MODEL_MADE_AT_ONCE]; /* their values are there already, and are not to be kept */
  uint32_t left_count;
  uint16_t left[MODEL_MADE_AT_ONCE]; /* those to be made */
};
/** Appends a document; `record`: what was found. */
static inline void model__making_add(struct model_making *making, uint32_t place,
                                     const struct recipe_sight *sight, const uint8_t *record,
                                     bool has_all) {
  making->places[making->count] = (uint16_t)place;
  making->sights[making->count] = sight;
  making->made[making->count] = (struct splice_made){.record = record};
  making->are_quick[making->count] = false;
  if (!has_all) making->left[making->left_count++] = (uint16_t)making->count;
  making->count++;
}
/** Appends a document whose values were made quickly. */
static inline void model__making_add_quick(struct model_making *making, uint32_t place,
                                           const struct recipe_sight *sight,
                                           const struct val *values) {
  model__making_add(making, place, sight, NULL, true);
  making->made[making->count - 1].values = values;
  making->are_quick[making->count - 1] = true;
}
/** Makes the values of those to be made. */
status model__make(struct model_making *making, struct err *err);
/** Keeps all that was made; false when there was not room for all. */
bool model__keep(const struct model_making *making, struct kept_values *kept);
/** Whose documents are seen, by whom. */
struct model_seen_of {
  struct model_txn *txn;
  const struct collection *collection;
  const struct model_looks *looks;
  struct store_pins *pins;
};
/** Documents of older souls on their way to being seen through lenses. */
struct model_seen_memory;
struct model_seeing {
  struct model_making making; /* of those whose values are made, since model__see_made */
  struct model_finding finding;
  struct store_pins *pins;
  struct model_seen_memory *memory; /* what lives as long as the pins; NULL: nothing does */
  struct lens *lenses;              /* room for some more */
  uint32_t lenses_left;
  struct doc *documents;
  struct model_last_soul older;
  const struct recipe_sight *last; /* what showed the last document mostly shows the next */
  uint32_t last_soul;
  /* Which of its makers are looked at, and whether all of these are quick. */
  uint32_t looked_count;
  uint8_t looked[RECIPE_MAKERS_MAX];
  bool is_quick;
  struct soul_room room;
  struct val *values; /* room for those of some more documents */
  uint32_t values_left;
  bool are_many;
};
/** Begins with documents that are to come, about `count` of them. */
void model__see_begin(struct model_seeing *seeing, const struct model_seen_of *of,
                      struct doc *documents, uint32_t count);
/** documents[place], if its soul is an older one, is seen through a lens from now on, which lives
 * as long as the transaction, `looks->some` and `pins`. `*is_shown` false: only after
 * model__see_made, before which it is not to be read. At most MODEL_MADE_AT_ONCE documents may wait
 * for that. */
status model__see_one(struct model_seeing *seeing, uint32_t place, bool *is_shown, struct err *err);
status model__see_made(struct model_seeing *seeing, struct err *err);
/** No documents come any more. */
void model__see_end(struct model_seeing *seeing);
/** model__upgrade for such: all of these documents. */
status model__see(const struct model_seen_of *of, struct doc *documents, uint32_t count,
                  struct err *err);

#endif
