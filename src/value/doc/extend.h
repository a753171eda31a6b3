/* SPDX-License-Identifier: MIT */
/* A map with more fields behind its own, without reading those: its bytes are copied in one run,
 * and the words of its directory move by the room that the new ones take. Pure. */
#ifndef VALUE_DOC_EXTEND_H
#define VALUE_DOC_EXTEND_H

#include "value/doc/doc.h"

/** A field to come. */
struct extend_field {
  struct slice name;
  struct slice value; /* encoded, without name ids inside */
};

/** The bytes of `map` with `fields`, whose names differ; 0 when it has to be built: it has one of
 * the names, is no narrow map or is lensed, or would be too wide. */
uint32_t extend_bytes(const struct val *map, const struct extend_field *fields, uint32_t count);
/** Writes it, for what extend_bytes has counted, to `room`; of the map's own dictionary. */
void extend_write(const struct val *map, const struct extend_field *fields, uint32_t count,
                  uint8_t *room);

#endif
