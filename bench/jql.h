/* SPDX-License-Identifier: MIT */
/* JQL beside PostgreSQL's jsonb: a table of rows, each a command of MongoDB's language and the SQL
 * that asks the same of a table (id bigint, doc jsonb), with indexes of the same use on both sides.
 * Values are drawn by number, so that both sides are asked for the same; what is answered is
 * compared. */
#ifndef BENCH_JQL_H
#define BENCH_JQL_H

#include "bench/bench.h"

enum { JQL_VALUES = 2, JQL_VALUE_BYTES = 64, JQL_ITEMS_MAX = 1000 };

struct jql_size {
  uint64_t documents, orders;
  uint64_t scans, finds, changes, singles; /* how often rows of each weight run */
  uint64_t points; /* of what takes microseconds: a hundred would measure the first of them */
  uint64_t bulks;  /* of what takes a millisecond or two */
};

/** Values of one run. */
struct jql_values {
  char at[JQL_VALUES][JQL_VALUE_BYTES];
};
/** The values of run `nth`, as they stand in the texts. */
typedef void jql_draw(const struct jql_size *size, uint64_t nth, struct jql_values *values);

enum jql_kind {
  JQL_READS,   /* column 0, or the field, of all rows is added up */
  JQL_CHANGES, /* changed documents are counted */
  JQL_SETS_UP  /* an index; its time is shown, without a target */
};

struct jql_row {
  const char *name, *unit;
  enum jql_kind kind;
  const char *jql;  /* %1, %2: values; %*: `items` times `item`, between commas */
  const char *item; /* its %1 is the key of the item */
  uint64_t items;
  const char *sql;       /* $1, $2: the values; with items $1 is an array of keys */
  const char *field;     /* JQL_READS: what is added up */
  jql_draw *draw;        /* NULL: there are no values */
  size_t times;          /* offset in struct jql_size */
  bool counts_documents; /* the rate is of all documents, else of runs, items or changes */
  double target;         /* 0: none */
};

extern const struct jql_row jql_rows[];
extern const uint32_t jql_rows_count;

/** One side; a failure ends the program. */
struct jql_side {
  /** With `docs` imported by the engine of bench.h, its orders, its cities, and ready to be asked.
   */
  void (*open)(const struct jql_size *size, const char *directory);
  /** Before the runs of a row, untimed; NULL: there is nothing to do. */
  void (*ready)(const struct jql_row *row);
  /** One run of a row: `keys` (items of them) may be NULL. Answers the check. */
  uint64_t (*run)(const struct jql_row *row, const struct jql_values *values, const uint64_t *keys);
  void (*close)(void);
};
extern const struct jql_side jql_luma, jql_postgres;

/** The JSON text of order `number`, which names one of the documents. */
size_t jql_order(const struct jql_size *size, uint64_t number, char out[BENCH_DOC_BYTES_MAX]);
/** The JSON text of city `number`, fewer than BENCH_CITIES. */
size_t jql_city(uint64_t number, char out[BENCH_DOC_BYTES_MAX]);

/** Seconds that `documents` take as batches of a JQL insert, and as luma_insert_many. Both get the
 * same JSON texts, in one process; writing them into a command counts as JQL's. */
void jql_insert_turn(uint64_t from, uint64_t documents, double *by_jql, double *by_calls);

#endif
