/* SPDX-License-Identifier: MIT */
/* Documents: the binary, self-describing, pointer-free form of a being, readable in place from a
 * page or the log (byte by byte in spec/document.md). A document is a 32-byte header and a map:
 *
 *   0 u32 bytes of it all   4 u8 form (1)   5 u8 flags (0)   6 u16 header bytes (32)
 *   8 u64 version: the commit sequence, written by the store   16 u64 row number   24 u32 soul   28
 * u32 dictionary
 *
 * Maps hold a directory (name references and offsets, 16 or 32 bits wide) so that a field is found
 * by comparing small ids and no other field is read. Field order is kept. Names are ids of the
 * collection's dictionary or stand inline.
 *
 * Reading functions trust the bytes: bytes from outside or from a file whose checksum did not cover
 * them go through doc_check first. All values read borrow from the document. Pure; any thread. */
#ifndef VALUE_DOC_DOC_H
#define VALUE_DOC_DOC_H

#include "value/names/names.h"
#include "value/val/val.h"

enum {
  DOC_HEADER_BYTES = 32,
  DOC_VERSION_OFFSET = 8,
  DOC_SOUL_OFFSET = 24,
  DOC_DEPTH_MAX = 128,
  DOC_BYTES_MAX = 64 << 20
};

/** A borrowed document and the dictionary it was written with (NULL when it has no name ids). */
struct doc {
  const uint8_t *data;
  uint32_t bytes;
  bool is_lensed; /* seen through `lens`: see value/doc/lens.h */
  union {
    const struct names *names;
    const struct lens *lens;
  };
};

/** What the header says. */
struct doc_header {
  uint64_t version, row;
  uint32_t soul, dictionary;
};

/** A view of `bytes`, which must be a document: looks at the header only; LUMA_CORRUPT if it cannot
 * be one. */
status doc_open(struct slice bytes, const struct names *names, struct doc *doc, struct err *err);
/** Walks everything: lengths, tags, UTF-8, depth, name ids (below `names`' count; any id is wrong
 * when NULL). LUMA_CORRUPT names the offset. */
status doc_check(struct slice bytes, const struct names *names, struct err *err);
/** The same for one encoded value. */
status doc_check_value(struct slice bytes, const struct names *names, struct err *err);

struct doc_header doc_header(const struct doc *doc);
/** Writes the header's fields into a document being built or stored (its own bytes must be
 * writable). */
void doc_set_header(uint8_t *data, const struct doc_header *header);
/** The document as a MAP value. */
struct val doc_root(const struct doc *doc);

/* ---- reading lists and maps ---- */

/** Elements or fields; 0 for what is neither list nor map. */
uint32_t val_count(const struct val *v);
/** Element `index` of a list; MISSING past the end. */
struct val val_at(const struct val *list, uint32_t index);
/** The field of a map by name; MISSING if it has none. */
struct val val_field(const struct val *map, struct slice name);
/** The same when the caller has looked the name up in the map's own dictionary (id may be
 * NAMES_NONE: then only inline names can match). */
struct val val_field_id(const struct val *map, uint16_t id, struct slice name);
/** Field `index` of a map in its order, with its name. */
struct val val_field_at(const struct val *map, uint32_t index, struct slice *name);
/** The values of the first fields of a map, `max` at most, in its order; how many. */
uint32_t val_fields(const struct val *map, struct val *values, uint32_t max);
/** The value of field `index`, below its count, of a narrow map: where it is known that a map is
 * one (splice_shape) and which field stands where. `map`: its tag. Lists and maps lack their names.
 */
void doc_read_place(const uint8_t *map, uint32_t index, struct val *value);
/** The id of field `index`: NAMES_NONE when its name stands inline. */
uint16_t val_field_name_id(const struct val *map, uint32_t index);

/** One encoded value (as build_value writes it) back to a value; borrows. `bytes` must have passed
 * a check. */
struct val val_decode(struct slice bytes, const struct names *names);
/** Bytes the encoding of the value at `p` takes. */
uint32_t val_encoded_bytes(const uint8_t *p);

#endif
