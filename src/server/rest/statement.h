/* SPDX-License-Identifier: MIT */
/* A statement that a request asks for: what it says, and its rows as they are read, over several
 * requests if need be. Owns the text and parameters it was asked with, its cursor and, unless it
 * belongs to a client's session, its session. One user at a time. */
#ifndef SERVER_REST_STATEMENT_H
#define SERVER_REST_STATEMENT_H

#include "server/rest/mongo_error.h"
#include "server/rest/registry.h"

/** How the rows are written. */
enum statement_form { STATEMENT_DOCUMENTS, STATEMENT_ROWS, STATEMENT_MONGO };

/* Of MongoDB, whose language JQL is. */
#define STATEMENT_MONGO_VERSION "7.0"

struct statement_run {
  struct buf encoded; /* the request's body, as a value */
  struct arena arena; /* parameters */
  struct session *session;
  struct registry_session *named; /* whose session it is; NULL = its own */
  struct session_request request;
  struct session_cursor *cursor;
  enum statement_form form;
  enum json_form json; /* of values: plain, or MongoDB's extended JSON */
  uint64_t limit;      /* rows of one reply; 0 = no limit */
  uint64_t lines;      /* written by statement_write_lines so far */
  struct val pending;
  bool has_pending; /* `pending` is the next row, read already */
  bool is_continued;
  bool is_single, is_batch_empty; /* MongoDB's: no cursor is left; no rows in this reply */
  bool is_lasting;                /* noCursorTimeout: its cursor is not ended for being idle */
  uint64_t await_us;   /* how long the next reply waits for rows, of a cursor that does so */
  uint32_t collection; /* MongoDB's: the number of what its cursor is of; 0: of none */
  bool is_kept;        /* a cursor is to be left */
  bool is_one;         /* more than one statement in the text is an error */
  bool is_command;     /* the query was a value */
  struct val command;
  /* of the registry: */
  char id[REGISTRY_ID_BYTES + 1];
  uint64_t used_us;
  struct statement_run *next, *previous;
};

status statement_create(struct statement_run **run, struct err *err);
/** Ends the cursor. The session is the caller's to return. NULL is fine. */
void statement_destroy(struct statement_run *run);
/** Reads `{"lang","query","params","single","limit","timeout_ms","rows","reply",…}` out of a map,
 * which run->encoded holds. */
status statement_read(struct statement_run *run, const struct val *map, struct err *err);
/** Runs all statements of the text, or the only one; the cursor is the last one's. */
status statement_start(struct statement_run *run, struct err *err);
/** Runs exactly one; BEGIN, COMMIT and ROLLBACK are refused. */
status statement_start_one(struct statement_run *run, struct err *err);

/** Appends rows, commas between, until the limit, or `bytes_max` of `out` are reached. `*ended`: no
 * more rows. */
status statement_write_rows(struct statement_run *run, struct buf *out, size_t bytes_max,
                            uint64_t *count, bool *ended, struct err *err);
/** Whether a row is there, which is then read. */
status statement_peek(struct statement_run *run, bool *has, struct err *err);
/** The same as statement_write_rows, a line each. */
status statement_write_lines(struct statement_run *run, struct buf *out, size_t bytes_max,
                             bool *ended, struct err *err);
/** What may be said of a reply when its rows are written. */
struct statement_reply {
  uint64_t count;
  const char *cursor; /* NULL = none */
  uint64_t took_us;
};
/** Appends a whole reply, rows and all; `keep` names the cursor that is left, or answers why not.
 */
typedef status statement_keep_fn(void *context, struct statement_run *run, const char **id,
                                 struct err *err);
struct statement_writer {
  struct slice host; /* the address that the client asked; empty: unknown */
  size_t bytes_max;
  struct os *os;
  uint64_t began_us;
  statement_keep_fn *keep; /* NULL: no cursors here, the rest of the rows is dropped */
  void *context;
};
status statement_write(struct statement_run *run, const struct statement_writer *writer,
                       struct buf *out, struct err *err);
/** Appends MongoDB's reply to a list of one change that failed for `failed`: the command is well
 * all the same. */
void statement_write_failed(const struct err *failed, const struct mongo_teller *teller,
                            struct buf *out);
/** The database that a command of MongoDB names, "luma" if it names none, and how values are
 * written. Borrows from the run. */
struct mongo_teller statement_teller(const struct statement_run *run);

#endif
