/* SPDX-License-Identifier: MIT */
/* What two versions of a document differ in: most changes touch a field or two of many, and who
 * wants to know only those need not keep, or read, the rest. Pure. */
#ifndef VALUE_DOC_DIFFER_H
#define VALUE_DOC_DIFFER_H

#include "base/text/buf.h"
#include "value/doc/doc.h"

/** Appends two documents: one of those fields of `fresh` that `stale` does not have byte for byte,
 * and one of those of `stale` that `fresh` does not have so; each with the header of its own but
 * for the length, and in the order of its own fields. False, and nothing is appended, when they
 * cannot be compared so: wide or empty roots, many fields, names that stand inline, lenses, two
 * dictionaries; also when the buffer has no room, which then says so. */
bool differ_append(const struct doc *stale, const struct doc *fresh, struct buf *out);

#endif
