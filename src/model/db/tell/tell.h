/* SPDX-License-Identifier: MIT */
/* Members of the JSON in which the model tells of souls and collections. */
#ifndef MODEL_DB_TELL_H
#define MODEL_DB_TELL_H

#include "model/db/model_int.h"
#include "model/soul/learn.h"

/** `{"name":` or `,"name":` */
void model__tell_name(struct buf *out, const char *name, bool first);
void model__tell_number(struct buf *out, const char *name, uint64_t value);
/** Less than none is none. */
void model__tell_count(struct buf *out, const char *name, int64_t value);
void model__tell_value(struct buf *out, const char *name, const struct val *value);
void model__tell_text(struct buf *out, const char *name, struct slice text);
/** A row for each attribute that documents have now and for what is inside it, `undeclared` only if
 * the soul (may be NULL) does not speak of it; how many. */
uint32_t model__tell_learned(struct buf *out, const struct learned *learned,
                             const struct soul *soul, bool undeclared);

#endif
