/* SPDX-License-Identifier: MIT */
/* Small changes of a document without building it anew: fields get other names, fields are added at
 * the end. Most of the bytes are copied as they are. Pure. */
#ifndef VALUE_DOC_SPLICE_H
#define VALUE_DOC_SPLICE_H

#include "base/text/buf.h"
#include "value/doc/doc.h"

enum { SPLICE_MAX = 64 };

/** Names are ids of the document's own dictionary. */
struct splice {
  struct {
    uint16_t from, to;
  } renames[SPLICE_MAX];
  struct {
    uint16_t id;
    struct slice value; /* encoded, as build_value writes it; without name ids inside */
  } adds[SPLICE_MAX];   /* for documents that lack the field */
  uint32_t renames_count, adds_count;
};

/** Appends the changed document to `out`; false when this way does not work for it (a wide or empty
 * root, names that stand inline, a name that would stand twice): nothing is appended then, and it
 * has to be built. */
bool splice_document(const struct splice *splice, const struct doc *document, struct buf *out);

#endif
