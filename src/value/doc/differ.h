/* SPDX-License-Identifier: MIT */
/* What two versions of a document differ in: most changes touch a field or two of many, and who
 * wants to know only those need not keep, or read, the rest. Pure. */
#ifndef VALUE_DOC_DIFFER_H
#define VALUE_DOC_DIFFER_H

#include "base/text/buf.h"
#include "value/doc/doc.h"
#include "value/doc/splice.h"

/** The narrow root of one of the two. */
struct differ_side {
  const struct doc *document;
  const uint8_t *tag, *names, *offsets;
  uint32_t total, count;
  uint16_t places[SPLICE_FIELDS_MAX]; /* of the fields that the other has not, byte for byte */
  uint32_t places_count;
};
struct differ {
  struct differ_side before, after;
};

/** Compares; `differ` borrows from both. False when they cannot be compared field by field: wide or
 * empty roots, many fields, names that stand inline, lenses, two dictionaries. */
bool differ_open(struct differ *differ, const struct doc *stale, const struct doc *fresh);
/** Whether the field of this name (an id of their dictionary) is another, new or gone. */
bool differ_has(const struct differ *differ, uint16_t name);
/** Appends two documents: one of those fields of `fresh` that `stale` does not have, and one of
 * those of `stale` that `fresh` does not have so; each with the header of its own but for the
 * length, and in the order of its own fields. False, and nothing is appended, when the buffer has
 * no room, which then says so. */
bool differ_append(const struct differ *differ, struct buf *out);

#endif
