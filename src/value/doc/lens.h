/* SPDX-License-Identifier: MIT */
/* Documents seen through a splice: who reads the root meets the fields of the new document, and
 * nothing is copied. A document that is lensed, and the value of its root, hold a lens in the place
 * of their dictionary; all of doc.h's readers know it, and the values that they give are ordinary
 * ones. Who copies the bytes of a value writes it out first (lens_write). Pure; any thread. */
#ifndef VALUE_DOC_LENS_H
#define VALUE_DOC_LENS_H

#include "value/doc/splice.h"

/** Borrowed by the documents that are seen through it. */
struct lens {
  const struct names *names; /* of the documents and of the fields' ids */
  const struct splice *splice;
  struct splice_made made; /* of fields that are SPLICE_MADE; zeroes: there are none */
};

/** Lets a document of the splice's shape be seen through the lens. */
static inline void lens_put(const struct lens *lens, struct doc *document) {
  document->lens = lens;
  document->is_lensed = true;
}
/** The dictionary of a list or map; NULL when all names stand inline. */
static inline const struct names *val_names(const struct val *v) {
  return v->is_lensed ? v->lens->names : v->names;
}

/* ---- what doc.h's readers answer for a lensed root ---- */

uint32_t lens_count(const struct val *root);
/** The field of that name; MISSING if there is none. */
struct val lens_field(const struct val *root, uint16_t id);
/** What a field is read of. */
enum lens_source {
  LENS_NONE,    /* there is no such field */
  LENS_STORED,  /* its encoded value stands at `*place` */
  LENS_INTEGER, /* it is the encoded integer at `*place`, or a number that this is exactly */
  LENS_MADE     /* none that stands anywhere encoded: lens_field has it */
};
enum lens_source lens_source(const struct val *root, uint16_t id, const uint8_t **place);
/** Field `index`, below lens_count, and its id. */
struct val lens_field_at(const struct val *root, uint32_t index, uint16_t *id);

/* ---- writing it out ---- */

/** The most bytes that lens_write may take. */
uint32_t lens_bytes_max(const struct val *root);
/** Writes the root as an ordinary map with the same dictionary; its bytes. 0: it has to be built,
 * because it would be too wide, or has values that no splice takes. */
uint32_t lens_write(const struct val *root, uint8_t *room);

#endif
