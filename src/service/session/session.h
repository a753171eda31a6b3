/* SPDX-License-Identifier: MIT */
/* Sessions: where statements run. A session has at most one explicit transaction; without one each
 * statement is its own transaction, and one that writes is tried again when it conflicts.
 * Statements inside a transaction are atomic by savepoint.
 *
 * Statements yield cursors. One that only reads streams: its cursor holds the snapshot (or the
 * session's transaction) until it ends. One that writes has run to its end, and outside a
 * transaction is committed and durable (unless queued), when session_run returns.
 *
 * Threads: a session and its cursors belong to one thread at a time; session_cancel may be called
 * from any. */
#ifndef SERVICE_SESSION_SESSION_H
#define SERVICE_SESSION_SESSION_H

#include "query/query.h"
#include "service/db/db.h"
#include "value/json/json.h"

enum { SESSION_RETRIES_MAX = 32, SESSION_CURSORS_MAX = 100000, SESSION_SAVEPOINTS_MAX = 10000 };

struct session;
struct session_cursor;
struct session_prepared;

status session_open(struct db *db, struct session **session, struct err *err);
/** Ends its cursors, rolls an open transaction back. Prepared statements must have ended. NULL is
 * fine. */
void session_close(struct session *session);
/** For another user: rolls an open transaction back and forgets what statements left behind
 * (settings, prepared statements, the last numbers of sequences). */
void session_reset(struct session *session);
struct db *session_db(const struct session *session);

enum session_begin { SESSION_SNAPSHOT = 0, SESSION_SERIALIZABLE = 1, SESSION_READ_ONLY = 2 };
/** `flags` of enum session_begin. */
status session_begin(struct session *session, unsigned flags, struct err *err);
/** Cursors of the transaction answer LUMA_CLOSED after. The transaction has ended in any case. */
status session_commit(struct session *session, struct err *err);
status session_rollback(struct session *session, struct err *err);
/** Remembers the state of the transaction under a name; the same name again hides the one before,
 * until it is released. LUMA_INVALID_ARGUMENT without a transaction, LUMA_LIMIT_REACHED past
 * SESSION_SAVEPOINTS_MAX. */
status session_savepoint(struct session *session, struct slice name, struct err *err);
/** Undoes what was changed since; the savepoint stays, those after it are gone, and so are open
 * cursors of the transaction. */
status session_rollback_to(struct session *session, struct slice name, struct err *err);
/** Forgets the savepoint and those after it; the changes stay. */
status session_release(struct session *session, struct slice name, struct err *err);
bool session_in_transaction(const struct session *session);
/** Ends what runs in another thread with LUMA_CANCELLED, and whatever is begun after, until
 * session_uncancel: so nothing is lost that comes a moment before a statement begins. */
void session_cancel(struct session *session);
/** What commits wait for from now on; STORE_SYNC_DEFAULT at first. Those that change the catalog
 * are durable in any case. */
void session_set_durability(struct session *session, enum store_durability durability);
/** Where the last commit of the session stands; all zeroes: there was none. */
struct store_pos session_position(const struct session *session);
/** The version of the documents that the last commit wrote; 0 while a transaction is open: theirs
 * is not known yet. */
uint64_t session_version(const struct session *session);
/** For the session's thread, before a statement can be known to those who cancel. */
void session_uncancel(struct session *session);
/** For statements that name no limit of their own; 0 = none. */
void session_set_timeout_us(struct session *session, uint64_t timeout_us);

/** What statements may change from now on; a zeroed guard lets them. */
void session_set_guard(struct session *session, const struct query_guard *guard);
const struct query_guard *session_guard(const struct session *session);
/** Threads that may read for one of its statements, as the database has it; 0: its own alone. */
uint32_t session_threads(const struct session *session);
/** SET name = value: max_affected (a number or DEFAULT), dry_run (on, off), timeout_ms. */
status session_set_option(struct session *session, struct slice name, struct slice value,
                          struct err *err);

/** The session's reader of JSON, made at first use. */
status session_json_reader(struct session *session, struct json_reader **reader, struct err *err);

/** Work on the model without a language. */
typedef status session_work_fn(void *context, struct model_txn *txn, struct err *err);
/** Runs `work` in the session's transaction under a savepoint, or in one of its own that is
 * committed, tried again on conflict (so `work` may run several times). */
status session_change(struct session *session, session_work_fn *work, void *context,
                      struct err *err);
/** The same, but a transaction of its own is serializable: for work that looks at a whole
 * collection. */
status session_change_serializable(struct session *session, session_work_fn *work, void *context,
                                   struct err *err);
/** Runs `work` and undoes what it did, whatever came of it: a dry run. */
status session_try(struct session *session, session_work_fn *work, void *context, struct err *err);
/** Runs `work` in the session's transaction or on a snapshot of its own, which ends after. */
status session_look(struct session *session, session_work_fn *work, void *context, struct err *err);

/** What to run and within which limits. */
struct session_request {
  struct query_source source; /* lang NULL: guessed from the text */
  struct query_params params; /* borrowed while the cursor is open */
  struct query_guard guard;   /* beside the session's: the stricter of both counts */
  uint64_t timeout_us;        /* 0 = the session's */
  size_t memory_bytes;        /* 0 = the database's */
};

/** Runs the statement at `*offset` of the text and moves `*offset` past it; NULL: the text is one
 * statement. */
status session_run(struct session *session, const struct session_request *request, size_t *offset,
                   struct session_cursor **cursor, struct err *err);

/** Prepares one statement; ends with session_unprepare, after its cursors. */
status session_prepare(struct session *session, const struct query_source *source,
                       struct session_prepared **prepared, struct err *err);
status session_run_prepared(struct session_prepared *prepared, const struct query_params *params,
                            struct session_cursor **cursor, struct err *err);
void session_unprepare(struct session_prepared *prepared);

/* ---- cursors ---- */

/** What a statement did, owned by the cursor. */
struct session_outcome {
  uint64_t matched, affected;
  const struct val *keys; /* of inserted documents, the first QUERY_KEYS_MAX */
  uint32_t keys_count;
  struct val last_key; /* of the document inserted last; MISSING: none was */
  bool upserted;
  const struct query_warning *warnings;
  uint32_t warnings_count;
  const struct query_write_error *write_errors;
  uint32_t write_errors_count;
  const struct query_step *steps; /* of several, one by one */
  uint32_t steps_count;
  enum plan_told told;
  struct val answer; /* in MongoDB's shape: JQL's explain, once all rows were read; what was done to
                        the catalog */
};

/** The next row as a document, valid until the next call; `*has` false at the end. */
status session_next(struct session_cursor *cursor, struct val *document, bool *has,
                    struct err *err);
/** Whether the cursor came to an end from which the next session_next may go on: that of a capped
 * collection. `*awaits` (may be NULL): whoever asks is to wait a little for more. */
bool session_cursor_tails(const struct session_cursor *cursor, bool *awaits);
/** Column `index` of the row last read; MISSING past the end. */
struct val session_column(const struct session_cursor *cursor, uint32_t index);
/** The transaction of the cursor has ended: rows read from it are gone, session_next answers
 * LUMA_CLOSED. */
bool session_cursor_is_closed(const struct session_cursor *cursor);
/** The columns, their reply and kind as the query has them; for BEGIN and its kin: none,
 * QUERY_REPLY_CHANGE. A dry run answers its changes as documents: change, id, before, after. */
const struct plan_column *session_columns(const struct session_cursor *cursor, uint32_t *count);
enum query_reply session_reply(const struct session_cursor *cursor);
enum plan_kind session_kind(const struct session_cursor *cursor);
enum plan_language session_language(const struct session_cursor *cursor);
/** So far; complete when session_next has answered the end, and at once for statements that write.
 * Borrowed until close. */
struct session_outcome session_outcome(struct session_cursor *cursor);
/** NULL is fine. */
void session_cursor_close(struct session_cursor *cursor);

#endif
