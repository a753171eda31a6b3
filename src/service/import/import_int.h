/* SPDX-License-Identifier: MIT */
/* Shared by the files of this folder only. */
#ifndef SERVICE_IMPORT_IMPORT_INT_H
#define SERVICE_IMPORT_IMPORT_INT_H

#include "service/import/import.h"
#include "value/csv/csv.h"

/* Rows of CSV looked at before the columns get their types. */
enum {
  IMPORT_SAMPLE_RECORDS = 10000,
  IMPORT_SAMPLE_BYTES = 8 << 20,
  IMPORT_PENDING_BYTES_MAX = 65 << 20
};

/* Where the splitter of JSON text is. */
struct import_split {
  size_t at;    /* next byte of `pending` to look at */
  size_t start; /* of the element under way */
  uint32_t depth;
  bool in_text, escaped, in_element, in_array, array_ended;
  bool needs_comma, after_comma; /* in an array: an element has ended; a comma has come after it */
  uint64_t line;                 /* 1-based line of `at` */
  uint64_t start_line;
};

/* A CSV record kept until the types are known. */
struct import_csv {
  struct csv_reader reader;
  struct arena arena;  /* header; sample */
  struct arena keys;   /* the key made last */
  struct slice *names; /* of columns */
  struct csv_column_type *types;
  uint32_t columns_count;
  struct csv_field **sample; /* sample_count records of columns_count fields */
  uint32_t *sample_counts;
  uint64_t *sample_lines;
  size_t sample_count, sample_capacity, lines_capacity, counts_capacity, sample_bytes;
  bool has_header, has_types;
};

struct import {
  struct session *session;
  const struct catalog *catalog; /* keeps `collection`; NULL: the transaction does */
  const struct collection *collection;
  bool is_guarded;  /* the session's transaction is the import's */
  struct buf *told; /* of a dry run; NULL: it tells nothing */
  uint32_t told_count;
  enum import_type type;
  status failed; /* the first error's status: nothing may follow it */
  struct buf pending;
  struct import_split split;
  struct import_csv csv;
  struct buf encoded;
  size_t lengths[IMPORT_BATCH_DOCUMENTS];
  struct slice documents[IMPORT_BATCH_DOCUMENTS];
  uint64_t lines[IMPORT_BATCH_DOCUMENTS];
  uint32_t count;
  bool keys_are_new;
  struct import_stats stats;
};

/** The document just appended to import->encoded is one of the batch; a full batch is committed. */
status import__add(struct import *import, struct slice document, bool made_key, uint64_t line,
                   struct err *err);
/** Commits what is in the batch. */
status import__flush(struct import *import, struct err *err);
/** Looks for whole documents in what is pending. `last`: no more will come. */
status import__ndjson(struct import *import, bool last, struct err *err);
status import__json(struct import *import, bool last, struct err *err);
status import__csv(struct import *import, struct slice bytes, bool last, struct err *err);
void import__csv_init(struct import_csv *csv, char separator);
void import__csv_deinit(struct import_csv *csv);
/** Reads one JSON object that begins on `line` of the input. */
status import__object(struct import *import, struct slice text, uint64_t line, struct err *err);
/** Drops the first `bytes` of what is pending. */
void import__consume(struct import *import, size_t bytes);

#endif
