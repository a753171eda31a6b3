/* SPDX-License-Identifier: MIT */
/* Small changes of documents without building them anew. A splice is made once for all documents of
 * one shape (the names of their fields, in order): it says where each field of the new document
 * comes from, so that most bytes are copied in runs, or none at all (lens.h). Pure. */
#ifndef VALUE_DOC_SPLICE_H
#define VALUE_DOC_SPLICE_H

#include "base/core/bytes.h"
#include "value/doc/doc.h"
#include "value/doc/made.h"

enum {
  SPLICE_FIELDS_MAX = 256,
  SPLICE_NAME_BYTES = 2,         /* of a shape, for each field */
  SPLICE_MAP_BYTES = 5,          /* of a narrow map, before its names */
  SPLICE_TAG = 1 << 5 | VAL_MAP, /* of a narrow map */
  SPLICE_SCALAR_BYTES_MAX = 17,
  SPLICE_NEW = 0xffff,
  SPLICE_MADE = 0xfffe
};

/** Puts a value of another type, of SPLICE_SCALAR_BYTES_MAX at most, in the place of a value;
 * false: it stays. */
typedef bool splice_convert_fn(const void *context, struct val *value);

/** What is read as another type without a call. */
enum splice_widening {
  SPLICE_STAYS,
  SPLICE_TO_FLOAT,    /* integers, where nothing is lost */
  SPLICE_TO_DECIMAL,  /* integers */
  SPLICE_TO_TIMESTAMP /* dates: their midnights in UTC */
};
/** One field of the new document. */
struct splice_field {
  uint16_t id;     /* of its name, in the document's own dictionary */
  uint16_t from;   /* its place in the old document; SPLICE_NEW: it has `value`; SPLICE_MADE: it is
                      made for each document */
  uint16_t made;   /* SPLICE_MADE: which of those that are made */
  uint16_t number; /* SPLICE_MADE: its number in a record */
  enum splice_widening widens; /* before `convert` is asked */
  struct slice value;          /* encoded, without name ids inside */
  splice_convert_fn *convert;  /* NULL: copied as it is */
  const void *context;
};

/** Fields of the new document that are written together. */
struct splice_step {
  uint8_t kind;   /* how: the writer's own */
  uint8_t ends;   /* the last of them is the old document's last */
  uint16_t run;   /* how many; at least 1 */
  uint16_t first; /* which, and where that one comes from */
  uint16_t from;  /* its place in the old document, or its `made` */
};

struct splice {
  struct slice shape; /* of the documents it is for */
  const struct splice_field *fields;
  const uint8_t *ids; /* the fields' ids as they stand in the new document */
  const struct splice_step *steps;
  uint32_t count; /* at least 1 */
  uint32_t steps_count;
  uint32_t more_bytes; /* the most by which it makes a document longer, but for what is made */
};

/** The values of fields that are SPLICE_MADE: one of the two. */
struct splice_made {
  const struct val *values; /* by their `made`; NULL: they are in the record */
  const uint8_t *record;    /* it has all of them, by their `number` */
};

/** Writes a value that is made, encoded, by its `made`, where there is room for `bytes`; its own
 * bytes, 0: it cannot. */
typedef uint32_t splice_write_fn(const void *context, uint32_t made, uint8_t *room, size_t bytes);
/** Writes the values of fields that are SPLICE_MADE where they are to stand. */
struct splice_writer {
  splice_write_fn *write;
  const void *context;
  size_t bytes; /* that all of them may take; what they write may pass for a moment */
};

/** The shape of a document, borrowed; false when documents like it cannot be spliced: an empty or a
 * wide root, too many fields, names that stand inline. */
bool splice_shape(const struct doc *document, struct slice *shape);
/** Whether a document is of a shape that splice_shape gave. Shapes are short: a word at a time is
 * quicker than a call. */
static inline bool splice_has_shape(const struct doc *document, struct slice shape) {
  const uint8_t *tag = document->data + DOC_HEADER_BYTES, *a = tag + SPLICE_MAP_BYTES;
  const uint8_t *b = shape.data, *end = b + shape.bytes;
  if (*tag != SPLICE_TAG || (size_t)load16le(tag + 3) * SPLICE_NAME_BYTES != shape.bytes)
    return false;
  for (; b + sizeof(uint64_t) <= end; a += sizeof(uint64_t), b += sizeof(uint64_t))
    if (load64le(a) != load64le(b)) return false;
  for (; b < end; a += SPLICE_NAME_BYTES, b += SPLICE_NAME_BYTES)
    if (load16le(a) != load16le(b)) return false;
  return true;
}
/** The id in place `i` of a shape. */
uint16_t splice_shape_id(struct slice shape, uint32_t i);
/** Memory for a splice of so many fields: `fields`, which are filled already, `ids`, `steps`. */
struct splice_room {
  struct splice_field *fields;
  uint8_t *ids;
  struct splice_step *steps;
};
/** Takes the room, `count` of each, and works out the rest. */
void splice_settle(struct splice *splice, const struct splice_room *room);
/** Whether the values that are made can be written: scalars and texts that are not long.
 * `*more_bytes` (may be NULL): the most that they take. */
bool splice_takes(const struct splice *splice, const struct splice_made *made,
                  uint32_t *more_bytes);
/** splice_document for the root alone: from the map at `tag` to `room`. */
uint32_t splice_map(const struct splice *splice, const struct splice_made *made, const uint8_t *tag,
                    uint8_t *room);
/** Writes the new document into `room`, which has document->bytes + splice->more_bytes and what
 * splice_takes says; answers its bytes; 0: it would be too wide, and has to be built. `made`: what
 * splice_takes; NULL: there is none. */
uint32_t splice_document(const struct splice *splice, const struct splice_made *made,
                         const struct doc *document, uint8_t *room);
/** The same with values that a writer writes: `room` has writer->bytes in the place of what
 * splice_takes says. 0 also when one cannot be written. */
uint32_t splice_document_by(const struct splice *splice, const struct splice_writer *writer,
                            const struct doc *document, uint8_t *room);
/** An encoded value that is widened; false for one that is not: of another type, or too large. */
bool splice_widen(enum splice_widening widens, const uint8_t *place, struct val *value);
/** Encodes a boolean, number or time; 0 for any other value. */
uint32_t splice_encode(const struct val *value, uint8_t room[SPLICE_SCALAR_BYTES_MAX]);

#endif
