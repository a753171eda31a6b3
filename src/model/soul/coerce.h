/* SPDX-License-Identifier: MIT */
/* Reading a value as one of a type, where nothing is lost: "28" is the integer 28, 28.5 is none.
 * Pure but for the arena. */
#ifndef MODEL_SOUL_COERCE_H
#define MODEL_SOUL_COERCE_H

#include "model/soul/type.h"

/** A value of a type that is neither list nor map: true with the value in `*out` (and `*changed`
 * when it is not the one given). Null is the caller's to judge. Memory of bytes and vectors is
 * `arena`'s; false also when it has none. */
bool soul_coerce(const struct soul_type *type, const struct val *value, struct arena *arena,
                 struct val *out, bool *changed);
/** The same of a list or a map of one type: elements that are read as ones of that type are, the
 * others stay. False: it is neither, or there is no memory. */
bool soul_coerce_elements(const struct soul_type *type, const struct val *value,
                          struct arena *arena, struct val *out, bool *changed);
/** The list or map (`wanted`: VAL_LIST, VAL_MAP) that a text is the JSON of, in `arena`; false:
 * it is not. */
bool soul_coerce_json(struct slice text, enum val_type wanted, struct arena *arena,
                      struct val *out);

/** How many numbers there are in what is a vector but for that; false: it is none. */
bool soul_vector_dimensions(const struct val *value, struct arena *arena, uint32_t *dimensions);

#endif
