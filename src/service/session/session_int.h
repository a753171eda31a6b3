/* SPDX-License-Identifier: MIT */
/* Shared by the files of this folder only.
 * Inv 1: every open cursor is in its session's list; a cursor without a run has `ended` set.
 * Inv 2: a cursor of the explicit transaction has `own` NULL; when that transaction ends its run is
 * closed. */
#ifndef SERVICE_SESSION_SESSION_INT_H
#define SERVICE_SESSION_SESSION_INT_H

#include "service/session/session.h"

/** A named savepoint; those of a session are in the order they were made. */
struct session_mark {
  uint64_t mark;
  uint8_t *name; /* owned */
  size_t name_bytes;
};

/** The number taken last from a sequence. */
struct session_number {
  uint8_t *name; /* owned */
  size_t name_bytes;
  int64_t value;
};
enum { SESSION_NUMBERS_MAX = 10000 };

/** What the session did last, for those who ask: changes(), last_insert_id(). */
struct session_deeds {
  uint64_t changes, total;
  struct val first_key, last_key; /* their bytes are in `keys` */
  uint8_t *keys;                  /* owned */
  size_t number;                  /* 1 + the place of the number taken last; 0: none was */
};

/** A statement that PREPARE keeps: its name, then its text, in one piece. */
struct session_named {
  uint8_t *data; /* owned */
  size_t name_bytes, text_bytes;
};
enum { SESSION_NAMED_MAX = 1000 };

/** Who gives the numbers of sequences to one run. */
struct session_numbers {
  struct session *session;
  struct model_txn *txn;
  bool is_dry; /* nothing may stay of the run */
  struct soul_numbers ops;
};

struct session {
  struct db *db;
  uint64_t number;      /* of the database's sessions */
  bool has_temporaries; /* it may have made some */
  struct session_number *numbers;
  size_t numbers_count, numbers_capacity;
  struct session_deeds deeds;
  struct model_txn *txn; /* explicit; NULL = none */
  bool is_reading;       /* the explicit transaction is READ ONLY */
  struct session_mark *marks;
  size_t marks_count, marks_capacity;
  struct session_named *named;
  size_t named_count, named_capacity;
  bool wants_serializable; /* of the transaction about to begin */
  atomic_bool cancelled;
  uint64_t timeout_us;
  uint64_t deadline_us;       /* of what runs, monotonic; 0: none */
  struct model_caller caller; /* of its transactions */
  struct query_guard guard;
  enum store_durability durability;
  struct store_pos position;  /* of the last commit */
  store_seq seq;              /* of the same */
  struct json_reader *reader; /* NULL until used */
  struct session_cursor *cursors;
  uint32_t cursors_count;
};

struct session_prepared {
  struct session *session;
  struct query *query;
};

/** A row of a statement that has written: what it yields is kept, for its run has ended. */
struct session_kept {
  struct session_kept *next;
  struct val document;
  struct val *columns;
};

struct session_cursor {
  struct session *session;
  struct session_cursor *next, *previous;
  struct query *query; /* NULL: BEGIN, COMMIT, ROLLBACK */
  bool owns_query, ended, was_closed;
  bool is_dry_run; /* its rows are what would change */
  enum plan_kind kind;
  struct query_run *run;
  struct model_txn *own; /* the snapshot of a reading statement outside a transaction */
  struct batch *batch;
  uint32_t nth, row; /* next live row; the row last read */
  bool has_row;
  struct session_numbers numbers;
  struct arena arena;                    /* outcome kept after the run */
  struct arena values;                   /* of EXECUTE's parameters */
  struct session_kept *kept, *last_kept; /* rows not yet given; the last of them */
  struct session_kept *kept_row;         /* the row last given */
  struct session_outcome outcome;
  /* Of one that tails, outside a transaction: */
  bool tails, awaits, is_waiting; /* is_waiting: it came to an end, from which it may go on */
  struct query_tail tail;
  struct session_request request; /* its limits, to go on with */
};

/** A cursor in the session's list, taking `query` over if `owns_query`. */
status session__cursor_create(struct session *session, struct query *query, bool owns_query,
                              struct session_cursor **cursor, struct err *err);
/** Goes on with a cursor that waits, in a snapshot of its own. */
status session__go_on(struct session_cursor *cursor, struct err *err);
/** Ends run and snapshot; `outcome` stays. */
void session__cursor_end(struct session_cursor *cursor);
/** Copies what the run has done so far into the cursor. */
status session__cursor_keep_outcome(struct session_cursor *cursor, struct err *err);
/** Keeps the rows of a batch of a statement that writes. */
status session__cursor_keep_rows(struct session_cursor *cursor, const struct batch *batch,
                                 struct err *err);
/** Forgets kept rows: the statement is run again. */
void session__cursor_drop_rows(struct session_cursor *cursor);
/** Commits as the session's durability says and notes where. */
status session__commit(struct session *session, struct model_txn *txn, struct err *err);
/** LUMA_READ_ONLY: the database or the transaction at hand takes no changes. */
status session__check_writable(const struct session *session, struct err *err);
/** Prepares cursor->numbers for a run in `txn`. */
void session__numbers(struct session_cursor *cursor, const struct session_request *request,
                      struct model_txn *txn);
void session__drop_numbers(struct session *session);
/** Remembers what a change that has been done did. */
status session__note_change(struct session_cursor *cursor, struct err *err);
/** Counts a statement that reads, once it is open, or one that has written. */
void session__count(const struct session_cursor *cursor);
/** Whether a dry run is asked for, of whatever statement. */
bool session__is_dry(const struct session_cursor *cursor, const struct session_request *request);
/** The guard a statement runs under: its own, the request's and the session's. */
struct query_guard session__guard(const struct session_cursor *cursor,
                                  const struct session_request *request);
/** LUMA_UNSUPPORTED for what cannot be undone by rolling back. */
status session__check_dry_run(const struct session_cursor *cursor, struct err *err);
/** Keeps the changes of the cursor's run as its rows. */
status session__keep_changes(struct session_cursor *cursor, struct err *err);
/** The columns of those rows. */
const struct plan_column *session__change_columns(uint32_t *count);
/** Keeps a row: `document` and `count` columns, copied. */
status session__cursor_keep_row(struct session_cursor *cursor, const struct val *document,
                                const struct val *columns, uint32_t count, struct err *err);
/** Keeps a statement under a name. LUMA_ALREADY_EXISTS, LUMA_LIMIT_REACHED. */
status session__keep_named(struct session *session, struct slice name, struct slice text,
                           struct err *err);
/** Forgets one, or (no name) all. LUMA_INVALID_ARGUMENT: there is none. */
status session__drop_named(struct session *session, struct slice name, struct err *err);
/** The text of one, borrowed until it is forgotten. */
status session__find_named(const struct session *session, struct slice name, struct slice *text,
                           struct err *err);
/** The values an EXECUTE gives, in the arena: constants, and what the request has for its
 * parameters. */
status session__named_values(const struct plan *execute, const struct query_params *given,
                             struct arena *arena, struct query_params *values, struct err *err);
/** Forgets savepoints from number `from` on. */
void session__drop_marks(struct session *session, size_t from);
status session__fail_no_transaction(struct err *err);
/** Ends the runs of all cursors of the explicit transaction. */
void session__close_runs(struct session *session);
/** What runs from now on ends after so many µs; 0: the session's own limit, if it has one. */
void session__set_deadline(struct session *session, uint64_t timeout_us);
/** Begins a transaction that asks the session whether to go on. */
status session__begin(struct session *session, const struct store_begin_options *options,
                      struct model_txn **txn, struct err *err);
/** Runs the cursor's query: a reading one is left open, a writing one runs to its end. */
status session__execute(struct session_cursor *cursor, const struct session_request *request,
                        struct err *err);

#endif
