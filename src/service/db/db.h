/* SPDX-License-Identifier: MIT */
/* An open database: the store a target names, the model on it, and the figures kept while it runs.
 * Sessions stand on it. Thread: shared by any number of threads. */
#ifndef SERVICE_DB_DB_H
#define SERVICE_DB_DB_H

#include <stdatomic.h>

#include "model/model.h"
#include "service/plans/plans.h"
#include "store/lsm/lsm.h"

/** Told when a statement begins to wait for another's work, and when it ends; false: it fails
 * instead. From any thread. */
struct db_waits {
  bool (*begin)(void *context);
  void (*end)(void *context);
  void *context;
};

struct db_options {
  struct os *os; /* NULL = the machine's */
  bool must_exist, read_only;
  enum store_sync_mode sync_mode;
  uint64_t cache_bytes;         /* 0 = an eighth of the memory, at least 256 MiB. An eighth of it
                                   again may hold values that evolutions make */
  uint64_t statement_bytes;     /* memory budget of one statement; 0 = the default */
  uint32_t batch_rows;          /* see query_open_options */
  const char *const *rules_off; /* see query_prepare_options; borrowed while the database is open */
  uint32_t threads;             /* that long scans may use beside the caller's; 0 = none */
  uint32_t background_threads;  /* 0 = 1 */
  uint32_t batch_size;          /* see lsm_options; 0 = the engine's default, as the next */
  uint64_t batch_timeout_us;
  struct store_listener listener; /* may be all NULL */
  struct db_waits waits;          /* the same */
  const char *holder;             /* see lsm_options */
};

/** Counts since the database was opened. */
struct db_counters {
  atomic_uint_fast64_t statements, failures, retries, documents_read, documents_written;
  /* documents that statements changed, and statements by what they do: several changes in one are
   * as many, an INSERT as many as its documents; `commands` are those that do none of this */
  atomic_uint_fast64_t inserted, updated, deleted;
  atomic_uint_fast64_t queries, inserts, updates, deletes, commands;
};

struct db {
  struct os *os;
  struct model *model;
  struct db_options options;
  bool is_media_read_only; /* read_only was not asked for, but forced by the file system */
  struct db_counters counters;
  struct plans *plans;
  atomic_uint_fast64_t sessions; /* that were opened: the number of the last */
  uint64_t opened_us;            /* monotonic */
  char *folder; /* where statements may put what does not fit into memory; NULL: nowhere */
};

/** Opens a target: "memory:", a directory, or a server that speaks PostgreSQL's protocol
 * (postgres://). http:// is told how to be reached. A database on a file system mounted read-only,
 * or on a server that takes no writes, is opened for reading. */
status db_open(const char *target, const struct db_options *options, struct db **db,
               struct err *err);
/** NULL is fine. Every session must have ended. */
void db_close(struct db *db);
/** Drops the temporary collections and views of a session; of 0: all that are left of sessions
 * which could not end. What cannot be dropped now is when the database is opened again. */
void db_drop_temporaries(struct db *db, uint64_t session);
/** Appends one JSON object of figures. */
status db_stats(struct db *db, struct buf *out, struct err *err);

#endif
