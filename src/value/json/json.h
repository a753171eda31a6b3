/* SPDX-License-Identifier: MIT */
/* JSON text <-> documents (RFC 8259; NDJSON). simdjson stands behind one face file; numbers, names
 * and the document form are ours.
 *
 * Two forms. Plain: what the APIs speak; types JSON lacks are written as text (ulid, timestamp as
 * RFC 3339 …), decimals and integers as numbers. Tagged: MongoDB's Extended JSON v2 with our own
 * tags for our own types ({"$ulid":"…"}); reading back what was written is the identity. Relaxed,
 * for writing: the same, with integers and finite floats as plain numbers and dates as text, which
 * the tagged form reads; numbers alone may come back as another kind. Reading:
 * integers that fit 64 bits are exact (int32 when they fit 32 bits in tagged $numberInt only; plain
 * reads int64); larger ones and magnitudes beyond a double become decimals; duplicate names: the
 * last wins; errors have line and column. */
#ifndef VALUE_JSON_JSON_H
#define VALUE_JSON_JSON_H

#include "base/mem/arena.h"
#include "base/text/buf.h"
#include "value/doc/build.h"

enum json_form { JSON_PLAIN, JSON_TAGGED, JSON_RELAXED };

/** Documents that a list within a text holds, which are read apart: the list stands in the value
 * without elements. They have headers, and those names by ids that options->known has. A list that
 * holds anything else but documents is read as all lists are: then nothing is apart. */
struct json_apart {
  struct slice list; /* its name: a field at the top of the text */
  struct buf *out;   /* the documents, one behind the other; not for the value */
  size_t from;       /* out: where in it they begin, behind what was there */
  uint32_t count;    /* out */
  bool is_apart;     /* out: there is such a list */
};

/** Elements of a list that are like its first: written byte for byte as that, but for their leaves
 * (numbers, texts, literals, ids, dates), of the same types in the same places. Those that follow
 * the first without another between stand in the table alone: the list has the first and what comes
 * behind them. Few of them are not worth a table, nor is anything in a text with escapes, or
 * where the first has other tagged values. */
struct json_alike {
  struct slice list;   /* its name: a field at the top of the text */
  struct arena *arena; /* of the table */
  uint32_t most;       /* elements that the table may have */
  struct val *leaves;  /* out: of the first and those like it, one element behind the other, in the
                          order of the text, which the texts among them are borrowed from */
  uint32_t leaves_count; /* out: of an element */
  uint32_t count;        /* out: elements that the list lacks; 0: there is no table */
};

struct json_read_options {
  enum json_form form;
  uint32_t depth_max; /* 0 = DOC_DEPTH_MAX */
  size_t bytes_max;   /* of text; 0 = DOC_BYTES_MAX */
  struct names
      *known; /* json_read_value: names that have an id in it stand by that; NULL: none do */
  struct json_apart *apart; /* json_read_value: NULL: nothing is read apart */
  struct json_alike *alike; /* json_read_value: NULL: every list has its elements */
  bool big_are_floats;      /* integers beyond 64 bits are doubles, as in MongoDB's extended JSON */
  struct slice floats_in;   /* the same in a map of this name at the top alone; NULL: nowhere */
  struct slice values_in;   /* of MongoDB's map (that of floats_in, else the top) the field in which
                               {"$regex": …, "$options": …} is a regular expression, as the first
                               version of extended JSON has it. So are elements of $in, $nin and
                             $all, where no predicates stand; elsewhere it is one */
  bool id_is_key; /* a top-level "id" names the key slot unless "_id" stands beside it (LQL, NQL,
                     REST, import) */
};

/** A reader keeps its working memory between texts. One thread. */
struct json_reader;
status json_reader_create(struct json_reader **reader, struct err *err);
void json_reader_destroy(struct json_reader *reader);

/** Reads one object as a document into `out` (names interned in `names`, or inline when NULL);
 * `*doc` borrows from `out`. */
status json_read_document(struct json_reader *reader, struct slice text,
                          const struct json_read_options *options, struct names *names,
                          struct buf *out, struct slice *doc, struct err *err);
/** Reads any JSON value as a bare encoded value with inline names (parameters, requests), but for
 * those that options->known has. */
status json_read_value(struct json_reader *reader, struct slice text,
                       const struct json_read_options *options, struct buf *out, struct val *value,
                       struct err *err);
/** The same with a reader of its own, for who reads seldom. */
status json_read_once(struct slice text, const struct json_read_options *options, struct buf *out,
                      struct val *value, struct err *err);

/** Whether the text read last had an integer of more digits than a decimal keeps (34): it was
 * rounded, and its kind says so. */
bool json_reader_lost_digits(const struct json_reader *reader);

/** Whether the text read last had a backslash somewhere. */
bool json_reader_met_escapes(const struct json_reader *reader);

/** Whether the text read last had names without an id only at its top: below it all stand by those
 * of options->known. */
bool json_reader_knew_names(const struct json_reader *reader);

struct json_write_options {
  enum json_form form;
  const char *key_name; /* what the key slot is called at the top level: "id" or "_id"; NULL = "id",
                           or "_id" when the map has an `id` of its own */
  uint32_t indent;      /* 0 = one line */
};

/** Appends the JSON text of a value; MISSING writes null. Failure is sticky in `out`, and may come
 * a few dozen bytes before its maximum. */
void json_write(struct buf *out, const struct val *value, const struct json_write_options *options);
/** Appends the bytes of a base 64 text (RFC 4648, padded); false if it is not one. */
bool json_parse_base64(struct slice text, struct buf *out);
/** Appends the bytes in base 64, padded. */
void json_append_base64(struct buf *out, struct slice bytes);
/** Appends `text` as a JSON string with quotes. */
void json_write_text(struct buf *out, struct slice text);

#endif
