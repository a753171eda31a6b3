/* SPDX-License-Identifier: MIT */
/* One connection. Statements are prepared when it is made, and asked in libpq's pipeline mode: any
 * number of them, then conn_run, take one round trip to the server. One thread at a time. */
#ifndef STORE_PG_CONN_H
#define STORE_PG_CONN_H

#include <libpq-fe.h>

#include "store/pg/sql.h"

struct conn {
  struct conn *next; /* the owner's list */
  PGconn *handle;
  uint32_t asked;      /* statements since the last run */
  uint64_t rows;       /* that the last run answered, all statements together */
  uint32_t unread;     /* runs whose answers nobody waited for */
  bool in_transaction; /* for the owner: a transaction may be open on it */
};

enum { CONN_PARAMS_MAX = 4 };

/** What a statement is given; what is borrowed must stay until it was asked. Start from
 * `struct conn_params params = {0}`, and do not copy. */
struct conn_params {
  int count;
  const char *values[CONN_PARAMS_MAX];
  int bytes[CONN_PARAMS_MAX];
  uint8_t numbers[CONN_PARAMS_MAX][8];
};

void conn_param_number(struct conn_params *params, uint64_t number);
/** Borrows. */
void conn_param_bytes(struct conn_params *params, struct slice bytes);

/** Values for one parameter of type bytea[], in the server's binary form. */
struct conn_array {
  struct buf buf;
  uint32_t count;
};
enum {
  CONN_ARRAY_ITEMS = 4096,    /* what a full array has; */
  CONN_ARRAY_BYTES = 8 << 20, /* or this many bytes and one value more */
};

void conn_array_init(struct conn_array *array);
void conn_array_deinit(struct conn_array *array);
void conn_array_reset(struct conn_array *array);
/** Appends; a failure shows when the array is given away. */
void conn_array_add(struct conn_array *array, struct slice value);
void conn_array_add_null(struct conn_array *array);
/** Room for a value the caller writes at once; NULL when out of memory. */
uint8_t *conn_array_extend(struct conn_array *array, size_t bytes);
/** Time to send it. */
bool conn_array_is_full(const struct conn_array *array);
/** Gives the array, which must not be empty; borrowed. */
status conn_param_array(struct conn_params *params, struct conn_array *array, struct err *err);

/** A connection for conn_command. LUMA_CANNOT_OPEN when the server is not reached. */
status conn_open(const char *target, struct conn **conn, struct err *err);
/** Prepares every statement: from here on conn_ask and conn_run are meant. */
status conn_prepare(struct conn *conn, struct err *err);
void conn_close(struct conn *conn);

/** Any text of SQL, without parameters, outside the pipeline; `result` (may be NULL) has rows as
 * text and is the caller's to PQclear. */
status conn_command(struct conn *conn, const char *sql, PGresult **result, struct err *err);

/** Queues one statement; `space` 0 where the kind has no spaces, `params` NULL for none. */
status conn_ask(struct conn *conn, enum sql_kind kind, int space, const struct conn_params *params,
                struct err *err);
/** Sends all that was asked and waits for the answers. `results` (may be NULL) has room for one of
 * each statement asked: rows in binary form, the caller's to PQclear; none after a failure.
 * LUMA_CONFLICT where the server saw one, LUMA_DISK_FULL, LUMA_OUT_OF_MEMORY, LUMA_READ_ONLY,
 * LUMA_IO_ERROR and others. */
status conn_run(struct conn *conn, PGresult **results, struct err *err);
/** Forgets what was asked, and rolls the transaction back without waiting for the answer. False
 * when that could not be sent: the connection must be closed. */
bool conn_abandon(struct conn *conn);
bool conn_is_lost(const struct conn *conn);

/** Columns of a row in binary form. */
struct slice conn_bytes(const PGresult *result, int row, int column);
uint64_t conn_number(const PGresult *result, int row, int column);

#endif
