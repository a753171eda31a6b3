/* SPDX-License-Identifier: MIT */
/* What a genotype declares below its attributes: paths into maps of named attributes, elements of
 * lists and values of maps of one type. Pure; any thread. */
#ifndef MODEL_SOUL_DECLARED_H
#define MODEL_SOUL_DECLARED_H

#include "model/soul/soul.h"

/** A step that leads nowhere. */
struct soul_misnamed {
  uint32_t step;       /* of the path */
  struct slice inside; /* the attribute it was looked for in; empty: the being itself */
  struct slice name;
  struct slice meant; /* the nearest name there; empty: none is near */
};

/** False, with `misnamed`, when no being of a closed collection with this soul has anything at the
 * path: a name that its attributes, or those of a closed map, are not, or a step into a value that
 * has nothing inside. Where nothing is declared, anything may be. */
bool soul_declares(const struct soul *soul, const struct path *path,
                   struct soul_misnamed *misnamed);
/** What is said of the value at the path: the attribute, or the rules of elements; NULL when
 * nothing is. */
const struct soul_attribute *soul_declared(const struct soul *soul, const struct path *path);
/** The one of the attributes that `name` was probably meant to be; empty when none is near. */
struct slice soul_nearest(const struct soul_attribute *attributes, uint32_t count,
                          struct slice name);

#endif
