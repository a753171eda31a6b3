/* SPDX-License-Identifier: MIT */
/* CSV and TSV (RFC 4180): quoted fields with newlines and doubled quotes, CRLF or LF, a header. The reader is incremental:
 * feed bytes as they come, take whole records. Type inference works on whole columns and never loses anything: a column is
 * integers only if every value prints back the same (so leading zeros stay text), floats likewise, true/false, else text;
 * empty unquoted fields are missing. One thread. */
#ifndef VALUE_CSV_CSV_H
#define VALUE_CSV_CSV_H

#include "base/mem/arena.h"
#include "base/text/buf.h"
#include "value/val/val.h"

enum { CSV_FIELDS_MAX = 16384, CSV_RECORD_BYTES_MAX = 64 << 20 };

struct csv_field {
  struct slice text; /* unquoted */
  bool quoted;
};

struct csv_reader {
  char separator; /* ',' or '\t' */
  struct buf pending, unquoted;
  struct csv_field *fields;
  size_t fields_count, fields_capacity;
  size_t consumed;
  uint64_t line; /* 1-based line of the record last taken */
  bool ended;
};

void csv_reader_init(struct csv_reader *reader, char separator);
void csv_reader_deinit(struct csv_reader *reader);
/** Gives more input (copied); `last` when there is no more. */
status csv_feed(struct csv_reader *reader, struct slice bytes, bool last, struct err *err);
/** Takes the next record: reader->fields, valid until the next call. `*has` false: feed more, or the end. A broken quote is LUMA_INVALID_CSV with line and column. */
status csv_next(struct csv_reader *reader, bool *has, struct err *err);

/** What a column can be read as, narrowed value by value. */
struct csv_column_type {
  bool seen, can_int, can_float, can_bool;
};
void csv_type_init(struct csv_column_type *type);
void csv_type_see(struct csv_column_type *type, struct csv_field field);
/** The field as a value of the column's type (text borrowed); MISSING for an empty unquoted field. */
struct val csv_value(const struct csv_column_type *type, struct csv_field field);

/** Appends one field, quoted where it must be (or reads as something else); lists and maps as JSON text. */
void csv_write(struct buf *out, char separator, const struct val *value);

#endif
