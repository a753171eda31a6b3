/* SPDX-License-Identifier: MIT */
/* CSV and TSV (RFC 4180): quoted fields with newlines and doubled quotes, a header. The reader is
 * incremental: feed bytes as they come, take whole records; where the pieces are cut makes no
 * difference.
 *
 * Policy where the RFC is silent or files are careless:
 * - A record ends with LF, CRLF or CR, in any mix; the last one may lack it. Empty lines are passed
 * over (a record of one empty field is written "").
 * - A quote opens a quoted field only as its first character; elsewhere in an unquoted field it
 * stands for itself. After the closing quote comes a separator or the end of the record, else it is
 * an error, as is a quote never closed.
 * - Spaces belong to the field. A byte order mark in front is dropped. The text must be UTF-8.
 * - Rows with more or fewer fields than `fields_expected` are an error when it is set (to the
 * header's count).
 *
 * Type inference looks at whole columns and loses nothing: integers only if every value prints back
 * the same, so leading zeroes, plus signs and numbers beyond 64 bits stay text; floats only if each
 * is the number its double prints as (zeroes at the end may go, exponents stay text); `true` and
 * `false`; else text. A quoted field is text. An empty unquoted field is missing and says nothing
 * about its column. One thread. */
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

struct csv_span;

/** Private but for fields, fields_count, line (to read) and fields_expected (to set). */
struct csv_reader {
  char separator; /* ',' or '\t' */
  struct buf pending, unquoted;
  struct csv_field *fields; /* the record last taken */
  size_t fields_count, fields_capacity;
  size_t fields_expected; /* 0: any number */
  uint64_t line;          /* 1-based line the record last taken begins on */
  /* the record under way, in `pending` */
  struct csv_span *spans; /* where its fields lie, as far as scanned */
  size_t spans_count, spans_capacity;
  size_t consumed, scanned, field_start;
  uint64_t next_line, consumed_before; /* bytes of input that are gone from `pending` */
  int state;
  bool has_quotes, skip_newline, began, ended;
};

void csv_reader_init(struct csv_reader *reader, char separator);
void csv_reader_deinit(struct csv_reader *reader);
/** Gives more input (copied); `last` when there is no more. Take all records before feeding again:
 * what waits is limited to CSV_RECORD_BYTES_MAX and a piece of that size. */
status csv_feed(struct csv_reader *reader, struct slice bytes, bool last, struct err *err);
/** Takes the next record: reader->fields, valid until the next call. `*has` false: feed more, or
 * the end. LUMA_INVALID_CSV with line and column for a broken quote, a row of the wrong length, or
 * bytes that are not UTF-8; LUMA_TOO_LARGE past CSV_RECORD_BYTES_MAX or CSV_FIELDS_MAX. After an
 * error the reader is of no more use. */
status csv_next(struct csv_reader *reader, bool *has, struct err *err);

/** What a column can be read as, narrowed value by value. */
struct csv_column_type {
  bool seen, can_int, can_float, can_bool;
};
void csv_type_init(struct csv_column_type *type);
void csv_type_see(struct csv_column_type *type, struct csv_field field);
/** The field as a value of the column's type (text borrowed); MISSING for an empty unquoted field.
 * The column must have seen it, else what does not fit comes as text. */
struct val csv_value(const struct csv_column_type *type, struct csv_field field);

/** Appends one field, quoted where it must be (or would read as something else); lists and maps as
 * JSON text, MISSING and NULL as nothing. Failure is sticky in `out`. */
void csv_write(struct buf *out, char separator, const struct val *value);

#endif
