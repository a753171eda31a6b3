/* SPDX-License-Identifier: MIT */
/* Recipes: how the documents of one shape that were written under one older soul become newer ones,
 * all steps taken together. Most evolutions add, drop and rename attributes or widen scalar types,
 * and then a newer document is the older one's values, copied in runs, or read where they are,
 * through a lens. Recipes are made when a shape is first met and kept. One that is for a scan which
 * looks at some attributes only leaves the others out.
 *
 * Threads: finding is free for all; making is done by one at a time. */
#ifndef MODEL_SOUL_RECIPE_H
#define MODEL_SOUL_RECIPE_H

#include "base/mem/arena.h"
#include "base/sync/sync.h"
#include "model/soul/rules.h"
#include "value/doc/lens.h"

struct evolution;
struct evolution_op;
struct recipe;

enum { RECIPES_MAX = 128, RECIPE_NAMES_MAX = 256, RECIPE_MAKERS_MAX = 16 };

/** A value that an expression makes of each document. */
struct recipe_maker {
  const struct evolution_op *op;
  const struct lens *before; /* shows what the expression is over; NULL: the document as it is */
  const struct soul_quick *quick; /* makes it of most documents; NULL: it is always run */
  uint16_t id;                    /* of the attribute in the newer document */
  uint8_t type; /* enum val_type of what needs no reading as the attribute's type */
};

/** What shows a newer document in the place of an older one. `makers`, in the order of the lens's
 * `made`, which is NULL here: whoever puts the lens has the values made, and a lens with them. */
struct recipe_sight {
  struct lens lens;
  struct recipe_maker makers[RECIPE_MAKERS_MAX];
  uint32_t makers_count;
  bool is_quick; /* all makers are */
  bool is_whole; /* shows all of the document */
};

struct recipes {
  const struct evolution *evolution; /* borrowed */
  struct recipe *head;               /* atomic; immutable from there on */
  const uint16_t *wanted;            /* name ids that are looked at; NULL: all */
  uint32_t wanted_count, count;
  struct mutex lock;
  struct arena arena;
};

/** `wanted` is borrowed. */
void recipes_init(struct recipes *recipes, const struct evolution *evolution,
                  const uint16_t *wanted, uint32_t wanted_count);
void recipes_deinit(struct recipes *recipes);
/** What shows the newer document, and makes it (the lens's splice); NULL: it has to be built
 * (evolution_apply), or is as the newest soul has it. */
const struct recipe_sight *recipes_see(struct recipes *recipes, const struct doc *document);
/** What makes values for the newer document, as far as makers can: `makers` alone. NULL: nothing.
 */
const struct recipe_sight *recipes_make(struct recipes *recipes, const struct doc *document);

/** The value of a maker that is quick, of a document of the recipe's shape; false: its expression
 * has to be run. Texts live in the room's arena, or are borrowed from the document and the recipe.
 */
static inline bool recipe_make_quickly(const struct recipe_maker *maker, const struct doc *document,
                                       struct soul_room *room, struct val *value) {
  const uint8_t *map = document->data + DOC_HEADER_BYTES;
  return maker->quick->make(maker->quick, map, room, value) &&
         (value->type == maker->type || val_is_null(value));
}
/** The values of all makers of a sight, in their order. */
static inline bool recipe_make_all_quickly(const struct recipe_sight *sight,
                                           const struct doc *document, struct soul_room *room,
                                           struct val *values) {
  bool is_made = sight->is_quick;
  for (uint32_t i = 0; is_made && i < sight->makers_count; i++)
    is_made = recipe_make_quickly(&sight->makers[i], document, room, &values[i]);
  return is_made;
}

#endif
