/* SPDX-License-Identifier: MIT */
/**
 * @file luma.h
 * The public C interface of LumaDB, the embeddable multi-model database.
 *
 *     luma_db *db; luma_session *s; luma_result *r; luma_error err;
 *     if (luma_open("./mydata", NULL, &db, &err)) { puts(err.message); … }
 *     luma_session_open(db, &s, &err);
 *     luma_exec(s, "lql", "INSERT INTO users {name: 'Ann', age: 28}", NULL, &err);
 *     luma_query(s, "lql", "SELECT name FROM users WHERE age > ?", params, 1, &r, &err);
 *     while (luma_next(r, &row, &err) == LUMA_OK && row) puts(luma_json(r, row, NULL));
 *     luma_result_close(r); luma_session_close(s); luma_close(db);
 *
 * Rules that hold everywhere:
 * - Calls answer an enum luma_status; LUMA_OK is 0. Details go to the luma_error given last; NULL
 * is allowed there.
 * - Nothing aborts, prints or exits. Running out of memory or disk is an ordinary error and loses
 * nothing acknowledged.
 * - Text is UTF-8. Lengths are in bytes; LUMA_TEXT_END says that a text ends with NUL.
 * - A luma_db may be used by any number of threads. Everything else belongs to one thread at a
 * time. Handles are closed from the inside out: results, statements, imports, then sessions, then
 * the database.
 * - Pointers are not NULL unless it says so. Outputs are set to NULL or left alone on failure.
 * - Values are borrowed: a value read from a result lives until the next step of that result
 * (luma_next) or its close.
 */
#ifndef LUMA_LUMA_H
#define LUMA_LUMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "luma/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Marks what the library exports. */
#define LUMA_API __attribute__((visibility("default")))

/** A length argument that means: up to the NUL. */
#define LUMA_TEXT_END ((size_t)-1)

typedef struct luma_db luma_db;               /**< an open database; shared by threads */
typedef struct luma_session luma_session;     /**< a place for statements and one transaction */
typedef struct luma_statement luma_statement; /**< a prepared statement */
typedef struct luma_result luma_result;       /**< rows being read */
typedef struct luma_import luma_import;       /**< a bulk import under way */
typedef struct luma_value luma_value;         /**< a borrowed value of any type */

/** What went wrong. Filled on failure, owned by the caller, never freed. */
typedef struct luma_error {
  enum luma_status status;
  const char *code; /**< "syntax_error"; static */
  uint64_t offset;  /**< byte in the statement or input */
  uint32_t line;    /**< 1-based; 0 when there is no position */
  uint32_t column;  /**< 1-based, in code points */
  bool retryable;   /**< the same call may work when tried again */
  char message[2048];
  char hint[256]; /**< what to do next; may be empty */
} luma_error;

/** Version of the library, "0.1.0"; static. */
LUMA_API const char *luma_version(void);
/** The short text code of a status, "duplicate_key"; static, never NULL. */
LUMA_API const char *luma_status_name(enum luma_status status);

/* ---- databases ---- */

/** When an acknowledged write is on disk. */
enum luma_sync {
  LUMA_SYNC_GROUP = 0,    /**< always, many commits sharing one sync; the default */
  LUMA_SYNC_ALWAYS = 1,   /**< always, as soon as can be */
  LUMA_SYNC_PERIODIC = 2, /**< within 100 ms: a crash of the machine may lose the last ones */
  LUMA_SYNC_NEVER = 3     /**< when the system likes */
};

/** A place in the order of commits; all zeroes: before the first. Opaque: see
 *  luma_position_compare. */
typedef struct luma_position {
  uint64_t high, low;
} luma_position;

/** Settings; zero-initialise, then set what differs. */
typedef struct luma_options {
  bool must_exist; /**< do not make a database that is not there */
  bool read_only;  /**< always so on a file system mounted read-only */
  enum luma_sync sync;
  uint64_t cache_bytes;  /**< of blocks at most; 0 = an eighth of the memory, at least 256 MiB */
  uint64_t memory_bytes; /**< budget of one statement; 0 = 256 MiB */
  /** Threads that may read for one statement where it aggregates over much, or looks for documents
   *  in much without an index; 0: statements run on their caller's thread. With more the order of
   *  groups is open without ORDER BY, and sums of floats may differ in their last digit. */
  uint32_t threads;
  uint32_t background_threads; /**< of the store; 0 = 1 */
  const char *holder;          /**< shown to whoever finds the database locked; may be NULL */
  uint32_t batch_size;       /**< LUMA_SYNC_GROUP: while the device is busy commits gather, so many
                                  at most; 0 = 1,000 */
  uint64_t batch_timeout_us; /**< and so long at most; 0 = 1,000 */
  /** Called with each commit of this process once it is on disk (LUMA_SYNC_PERIODIC and _NEVER:
   *  once it is made), in commit order, from any thread: must be quick and must not call LumaDB.
   *  May be NULL. */
  void (*committed)(void *context, luma_position position);
  void *committed_context;
} luma_options;

/** Opens a database: a directory (made if missing), "memory:", or tables on a server that speaks
 * PostgreSQL's protocol ("postgres://user@host/name"). `options` may be NULL.
 *  LUMA_LOCKED names the process that has it open; LUMA_NOT_A_DATABASE, LUMA_CORRUPT,
 * LUMA_VERSION_TOO_NEW, LUMA_CANNOT_OPEN. */
LUMA_API enum luma_status luma_open(const char *target, const luma_options *options, luma_db **db,
                                    luma_error *error);
/** Closes it; everything acknowledged is on disk after. Sessions must be closed before. NULL is
 * fine. */
LUMA_API void luma_close(luma_db *db);

/** A fault found by luma_check: where and what. */
typedef void luma_fault_fn(void *context, const char *place, const char *what);
/** Verifies everything stored, beside other work: reads it all once. LUMA_CORRUPT if a fault was
 * found. `fault` (may be NULL) is called for each, on this thread; its texts live for the call. */
LUMA_API enum luma_status luma_check(luma_db *db, luma_fault_fn *fault, void *context,
                                     luma_error *error);
/** Figures of the database as one JSON object, NUL-terminated; the caller frees the text with
 * luma_free. Any thread. */
LUMA_API enum luma_status luma_stats(luma_db *db, char **json, luma_error *error);
/** Moves logged data into its final files and waits for it. Any thread; others go on meanwhile. */
LUMA_API enum luma_status luma_checkpoint(luma_db *db, luma_error *error);
/** Rewrites files so that reads are as fast as they get; may take long and, for a time, as much
 * disk as the data. Any thread; others go on meanwhile. */
LUMA_API enum luma_status luma_compact(luma_db *db, luma_error *error);
/** Deletes the documents whose time is over: those of indexes made with `expireAfterSeconds`. In
 * a process of its own nothing does that by itself: call it from time to time (a server does it for
 * its database). `deleted` may be NULL. Documents that others refer to stay. Any thread. */
LUMA_API enum luma_status luma_expire(luma_db *db, uint64_t *deleted, luma_error *error);
/** Frees what a call gave with ownership; NULL is fine. */
LUMA_API void luma_free(void *memory);

/* ---- sessions and transactions ---- */

/** Begins a session: what runs in it shares its transaction. luma_session_close ends it. */
LUMA_API enum luma_status luma_session_open(luma_db *db, luma_session **session, luma_error *error);
/** Rolls back an open transaction. Results of the session are closed by it. NULL is fine. */
LUMA_API void luma_session_close(luma_session *session);

/** Begins a transaction: snapshot isolation, or serializable. Without one each statement is its
 * own, tried again on conflict. LUMA_INVALID_ARGUMENT inside a transaction. */
LUMA_API enum luma_status luma_begin(luma_session *session, bool serializable, luma_error *error);
/** Makes the transaction's changes count, and returns once they are as durable as `sync` of
 * luma_options says. LUMA_CONFLICT (retryable): another transaction changed the same first; begin
 * anew. The transaction has ended in any case; LUMA_INVALID_ARGUMENT without one. */
LUMA_API enum luma_status luma_commit(luma_session *session, luma_error *error);
/** Ends the transaction without its changes. LUMA_INVALID_ARGUMENT without one. */
LUMA_API enum luma_status luma_rollback(luma_session *session, luma_error *error);
/** Remembers the state of the transaction under a name (NUL-terminated, copied); the same name
 * again hides the one before until it is released. LUMA_INVALID_ARGUMENT without a transaction. */
LUMA_API enum luma_status luma_savepoint(luma_session *session, const char *name,
                                         luma_error *error);
/** Undoes what was changed since the savepoint, which stays; later ones are gone, and results of
 * the transaction answer LUMA_CLOSED. */
LUMA_API enum luma_status luma_rollback_to(luma_session *session, const char *name,
                                           luma_error *error);
/** Forgets the savepoint and later ones; the changes stay. LUMA_INVALID_ARGUMENT for an unknown
 * name, as luma_rollback_to has it. */
LUMA_API enum luma_status luma_release(luma_session *session, const char *name, luma_error *error);
/** What the statements of a session may change. */
typedef struct luma_guard {
  bool is_limited;       /**< max_affected counts */
  uint64_t max_affected; /**< a statement that would change more documents ends with
                            LUMA_MAX_AFFECTED and has changed nothing */
  bool dry_run;          /**< nothing is changed: the result has a row for each of the first 1,000
                            changes, with `change` ("insert", "update", "delete"), `id`, `before`
                            and `after`, and luma_affected has their number */
} luma_guard;
/** For the statements of this session from now on, and for luma_insert, luma_put, luma_delete and
 * imports (in a dry run they answer as if it were done); NULL: they may change what they like. What
 * goes along with a deleted document (ON DELETE CASCADE, SET NULL) counts too, and so do the
 * documents of a collection that is dropped. */
LUMA_API void luma_set_guard(luma_session *session, const luma_guard *guard);
/** Whether a transaction is open: by luma_begin, or by BEGIN in LQL. */
LUMA_API bool luma_in_transaction(const luma_session *session);
/** Ends the statement that another thread is running in this session with LUMA_CANCELLED; when none
 * runs, nothing happens. The one call of a session allowed from any thread, while the session is
 * open. */
LUMA_API void luma_cancel(luma_session *session);
/** With `queued` a commit of this session (luma_commit, or a statement or insert outside a
 *  transaction) returns once its place in the order is certain, and reaches the disk soon after
 *  without anybody waiting: one thread can have thousands under way. Until it is on disk nobody
 *  sees it, this session neither; a crash may lose the last ones, whole and from the end only.
 *  luma_wait and luma_durable tell. Changes of collections and indexes always wait. */
LUMA_API void luma_set_queued(luma_session *session, bool queued);
/** Where the session's last commit stands; all zeroes: there was none. */
LUMA_API luma_position luma_last_position(const luma_session *session);
/** Returns once every commit up to `position` is on disk. Any thread. LUMA_IO_ERROR and its kin
 * when they cannot be written: the database takes no more commits then. */
LUMA_API enum luma_status luma_wait(luma_db *db, luma_position position, luma_error *error);
/** Every commit at or before this is on disk. Never waits. Any thread. */
LUMA_API luma_position luma_durable(luma_db *db);
/** Less than, equal to or greater than 0, as `a` stands before, at or after `b`. */
LUMA_API int luma_position_compare(luma_db *db, luma_position a, luma_position b);
/** Statements of this session that take longer end with LUMA_TIMEOUT; 0 = no limit. */
LUMA_API void luma_set_timeout_ms(luma_session *session, uint64_t timeout_ms);

/* ---- values ---- */

/** Types of values. */
enum luma_type {
  LUMA_MISSING = 0,
  LUMA_NULL = 1,
  LUMA_BOOL = 2,
  LUMA_INT32 = 3,
  LUMA_INT64 = 4,
  LUMA_FLOAT64 = 5,
  LUMA_DECIMAL = 6,
  LUMA_TEXT = 7,
  LUMA_BYTES = 8,
  LUMA_TIMESTAMP = 9,
  LUMA_DATE = 10,
  LUMA_DURATION = 11,
  LUMA_INTERVAL = 12,
  LUMA_ULID = 13,
  LUMA_UUID = 14,
  LUMA_LIST = 15,
  LUMA_MAP = 16,
  LUMA_VECTOR = 17,
  LUMA_LIGHT = 18,
  LUMA_OBJECTID = 19,
  LUMA_REGEX = 20,
  LUMA_BSONTIME = 21,
  LUMA_CODE = 22,
  LUMA_MINKEY = 23,
  LUMA_MAXKEY = 24
};

/** A value given to a call: a parameter or a key. Text and bytes are borrowed for the call. */
typedef struct luma_param {
  enum luma_type type; /**< NULL BOOL INT64 FLOAT64 TEXT BYTES TIMESTAMP DATE ULID UUID; LIST and
                          MAP are given as JSON in text */
  const char *name;    /**< parameter name for `:name`; NULL: by position */
  bool boolean;
  int64_t integer; /**< INT64; TIMESTAMP in µs since 1970 UTC; DATE in days */
  double real;
  const void *data; /**< TEXT, BYTES, 16 bytes of ULID or UUID, JSON */
  size_t bytes;     /**< of data; LUMA_TEXT_END for NUL-terminated text */
} luma_param;

/** The value NULL. */
static inline luma_param luma_null(void) {
  luma_param p = {0};
  p.type = LUMA_NULL;
  return p;
}
/** A truth. */
static inline luma_param luma_bool(bool v) {
  luma_param p = {0};
  p.type = LUMA_BOOL;
  p.boolean = v;
  return p;
}
/** An integer. */
static inline luma_param luma_int64(int64_t v) {
  luma_param p = {0};
  p.type = LUMA_INT64;
  p.integer = v;
  return p;
}
/** A floating number. */
static inline luma_param luma_float64(double v) {
  luma_param p = {0};
  p.type = LUMA_FLOAT64;
  p.real = v;
  return p;
}
/** NUL-terminated text, borrowed. */
static inline luma_param luma_text(const char *v) {
  luma_param p = {0};
  p.type = LUMA_TEXT;
  p.data = v;
  p.bytes = LUMA_TEXT_END;
  return p;
}

/** The type. For this call and those below a NULL pointer is a missing value. */
LUMA_API enum luma_type luma_value_type(const luma_value *value);
/** "text", "int64", …; static. */
LUMA_API const char *luma_type_name(enum luma_type type);
/** Reading with conversion between kinds of numbers; false if it is not of that type, or does not
 * fit. */
LUMA_API bool luma_value_bool(const luma_value *value, bool *out);
LUMA_API bool luma_value_int64(const luma_value *value, int64_t *out);
LUMA_API bool luma_value_float64(const luma_value *value, double *out);
/** Borrowed as the value is: bytes of TEXT, BYTES, REGEX, CODE, VECTOR, LIGHT, ULID, UUID,
 * OBJECTID; NULL for other types. Not terminated. */
LUMA_API const void *luma_value_bytes(const luma_value *value, size_t *bytes);
/** Elements of a list or fields of a map; 0 for others. */
LUMA_API uint32_t luma_value_count(const luma_value *value);
/** Element or field `index`; NULL past the end. The result `holder` keeps it until its next step.
 */
LUMA_API const luma_value *luma_value_at(luma_result *holder, const luma_value *value,
                                         uint32_t index);
/** The name of field `index` of a map, borrowed as the value is; not terminated. NULL past the end.
 */
LUMA_API const char *luma_value_name(const luma_value *value, uint32_t index, size_t *bytes);
/** The field of a map by name ("id" is the key unless the document has an `id` of its own); NULL if
 * there is none. */
LUMA_API const luma_value *luma_value_field(luma_result *holder, const luma_value *value,
                                            const char *name);
/** A value as plain JSON text, NUL-terminated, kept by `holder` until its next step; `bytes` may be
 * NULL. NULL when out of memory. */
LUMA_API const char *luma_json(luma_result *holder, const luma_value *value, size_t *bytes);
/** As luma_json, in tagged form (MongoDB's Extended JSON), which keeps every type. */
LUMA_API const char *luma_tagged_json(luma_result *holder, const luma_value *value, size_t *bytes);

/* ---- statements ---- */

/** Runs one statement (or, in LQL, several separated by `;`: the result is the last one's) and
 * reads nothing. `affected` (may be NULL): documents changed. `language`: "lql", "nql", "jql", or
 * NULL to guess from the text. */
LUMA_API enum luma_status luma_exec(luma_session *session, const char *language, const char *text,
                                    uint64_t *affected, luma_error *error);
/** Runs one statement and gives its rows. `text` ends with NUL (luma_prepare takes a length);
 * `params` may be NULL when `count` is 0. An insert in JQL that fails at a document keeps those
 * before it (unordered: all others): the error names the first that failed. */
LUMA_API enum luma_status luma_query(luma_session *session, const char *language, const char *text,
                                     const luma_param *params, size_t count, luma_result **result,
                                     luma_error *error);
/** Prepares one statement to run many times; luma_statement_close frees it, before its session is
 * closed. It follows changes of collections and indexes. The text is copied. */
LUMA_API enum luma_status luma_prepare(luma_session *session, const char *language,
                                       const char *text, size_t text_bytes,
                                       luma_statement **statement, luma_error *error);
/** Runs a prepared statement as luma_query does; several results of one statement may be open. */
LUMA_API enum luma_status luma_run(luma_statement *statement, const luma_param *params,
                                   size_t count, luma_result **result, luma_error *error);
/** Results of its runs must be closed before. NULL is fine. */
LUMA_API void luma_statement_close(luma_statement *statement);

/** How the answer is to be shown. */
enum luma_reply {
  LUMA_REPLY_DOCUMENTS, /**< rows */
  LUMA_REPLY_VALUES,    /**< rows of one value each */
  LUMA_REPLY_COUNT,     /**< one row with a number */
  LUMA_REPLY_CHANGE     /**< luma_affected; rows only where the statement returns some */
};

/** The next row as one document; `*row` NULL at the end. */
LUMA_API enum luma_status luma_next(luma_result *result, const luma_value **row, luma_error *error);
/** The same row by position: column `index` of the row last read, borrowed like it. NULL past the
 * last column; a missing value while no row is read. */
LUMA_API const luma_value *luma_column(luma_result *result, uint32_t index);
/** How many columns the rows have: 1 where they are documents. */
LUMA_API uint32_t luma_columns_count(const luma_result *result);
/** The name of a column, NUL-terminated, until close. "" for a column that holds whole documents of
 * the only source. */
LUMA_API const char *luma_column_name(const luma_result *result, uint32_t index);
/** True when the rows are documents themselves, not tuples of columns. */
LUMA_API bool luma_is_document(const luma_result *result);
/** Its type if it is known beforehand, else LUMA_MISSING. */
LUMA_API enum luma_type luma_column_type(const luma_result *result, uint32_t index);
/** How the answer is to be shown. */
LUMA_API enum luma_reply luma_result_reply(const luma_result *result);
/** Documents changed so far: all of them once luma_next has answered NULL (for statements that
 * change, at once). */
LUMA_API uint64_t luma_affected(const luma_result *result);
/** The key of inserted document `index`; NULL past those kept (the first 1,024). Until close. */
LUMA_API const luma_value *luma_inserted_key(luma_result *result, uint32_t index);
/** Warning `index` in words, NULL past the end. Until close. */
LUMA_API const char *luma_warning(const luma_result *result, uint32_t index);
/** Ends the statement, read to its end or not, and frees what was borrowed. NULL is fine. */
LUMA_API void luma_result_close(luma_result *result);

/* ---- collections, without a language ---- */

/** Inserts one document given as JSON; the collection is made if it is missing. `key_json` (may be
 * NULL): room for the key as JSON text, `key_bytes_max` of it with its NUL; LUMA_TOO_LARGE when the
 * key does not fit, and the document is in all the same. Made keys (ULIDs) take 29. */
LUMA_API enum luma_status luma_insert(luma_session *session, const char *collection,
                                      const char *json, size_t json_bytes, char *key_json,
                                      size_t key_bytes_max, luma_error *error);
/** Inserts many, all or none. `bytes` may be NULL when all texts end with NUL; `failed` (may be
 * NULL): the index of the one that failed. */
LUMA_API enum luma_status luma_insert_many(luma_session *session, const char *collection,
                                           const char *const *jsons, const size_t *bytes,
                                           size_t count, size_t *failed, luma_error *error);
/** The document under a key: one row of `*result` (already read: *row), or LUMA_NOT_FOUND. The
 * caller closes the result. */
LUMA_API enum luma_status luma_get(luma_session *session, const char *collection,
                                   const luma_param *key, luma_result **result,
                                   const luma_value **row, luma_error *error);
/** What luma_find looks for. Zero-initialised: every document, in no promised order. */
typedef struct luma_find_options {
  const char *filter; /**< JQL filter as JSON; NULL = all */
  const char *sort;   /**< JQL sort as JSON, such as {"age": -1}; NULL = none */
  uint64_t skip;
  uint64_t limit; /**< 0 = no limit */
} luma_find_options;

/** Documents of a collection; `options` may be NULL. A missing collection is empty.
 * LUMA_INVALID_JSON (with its place in the filter or sort), LUMA_INVALID_ARGUMENT when it is not
 * one object; what else is wrong in it is told by its path, without a position. */
LUMA_API enum luma_status luma_find(luma_session *session, const char *collection,
                                    const luma_find_options *options, luma_result **result,
                                    luma_error *error);
/** How luma_put changes a document; flags may be combined. */
enum luma_put_flags {
  LUMA_PUT_REPLACE = 0, /**< the JSON is the new document */
  LUMA_PUT_MERGE = 1,   /**< the JSON is a merge patch (RFC 7396) */
  LUMA_PUT_UPSERT = 2   /**< a missing document is inserted; else that is LUMA_NOT_FOUND */
};

/** Changes the document under a key; `flags` of enum luma_put_flags, others are
 * LUMA_INVALID_ARGUMENT. */
LUMA_API enum luma_status luma_put(luma_session *session, const char *collection,
                                   const luma_param *key, const char *json, size_t json_bytes,
                                   unsigned flags, luma_error *error);
/** Deletes the document under a key; LUMA_NOT_FOUND. */
LUMA_API enum luma_status luma_delete(luma_session *session, const char *collection,
                                      const luma_param *key, luma_error *error);
/** Documents in a collection, in O(1). LUMA_UNKNOWN_COLLECTION. */
LUMA_API enum luma_status luma_count(luma_session *session, const char *collection, uint64_t *count,
                                     luma_error *error);

/* ---- import ---- */

/** What the bytes of an import are. */
enum luma_import_type { LUMA_IMPORT_NDJSON, LUMA_IMPORT_JSON, LUMA_IMPORT_CSV, LUMA_IMPORT_TSV };

/** Documents that were committed, and bytes of the input that were read. */
typedef struct luma_import_stats {
  uint64_t documents, bytes;
} luma_import_stats;

/** Begins an import of bytes into a collection (made if missing). Documents are committed in
 * batches as they come; each commit is atomic, the import as a whole is not, unless the session has
 * a guard: then all of it is one transaction, and luma_in_transaction says so. Only one at a time
 * per session, outside transactions. */
LUMA_API enum luma_status luma_import_open(luma_session *session, const char *collection,
                                           enum luma_import_type type, luma_import **import,
                                           luma_error *error);
/** Gives the next bytes, cut anywhere. An error names line and column of the input; documents
 * before it are in, but for imports under a guard. LUMA_MAX_AFFECTED past its limit. */
LUMA_API enum luma_status luma_import_write(luma_import *import, const void *data, size_t bytes,
                                            luma_error *error);
/** What is committed so far. */
LUMA_API luma_import_stats luma_import_progress(const luma_import *import);
/** Ends the input: what is left is read and committed. The import is closed in any case. `stats`
 * may be NULL. */
LUMA_API enum luma_status luma_import_close(luma_import *import, luma_import_stats *stats,
                                            luma_error *error);

#ifdef __cplusplus
}
#endif

#endif
