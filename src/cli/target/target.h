/* SPDX-License-Identifier: MIT */
/* What a command works on: a database opened here (a directory, memory:) or a server reached over
 * HTTP. Commands see this table alone, so that each works on both.
 *
 * Rows come as values (maps) with their types. A reply and what it gave live until the next
 * target_next or target_end; one reply is open at a time. Thread: one, but for target_cancel. */
#ifndef CLI_TARGET_TARGET_H
#define CLI_TARGET_TARGET_H

#include "base/os/os.h"
#include "query/query.h"
#include "service/import/import.h"

struct target;
struct target_reply;
struct target_import;

struct target_options {
  struct os *os;
  bool must_exist, read_only;
  uint64_t timeout_ms; /* of a statement; 0 = none */
};

/** A named or numbered parameter: its value as JSON. Borrowed. */
struct target_param {
  struct slice name; /* empty: by position */
  struct slice json;
};

struct target_statement {
  const char *language; /* "lql" …; NULL: guessed */
  struct slice text;    /* one statement */
  const struct target_param *params;
  size_t params_count;
  struct query_guard guard;
};

struct target_column {
  struct slice name;
  uint8_t type; /* enum val_type; VAL_MISSING = told by the values only */
};

/** What is known of a reply before its rows. Borrowed from it. */
struct target_shape {
  enum query_reply reply;
  const struct target_column *columns; /* NULL, count 0: rows are documents, each with its fields */
  uint32_t columns_count;
  const char *key_name; /* what JSON calls the key slot: "_id", or NULL as json_write has it */
};

/** What a statement did; complete once its rows are read. */
struct target_outcome {
  uint64_t affected;
  const char *const *warnings;   /* NULL-terminated; borrowed from the reply */
  const struct err *write_error; /* the first document that JQL's insert refused; NULL = none */
};

struct target_fault_sink {
  store_check_fn *fault;
  void *context;
  bool deep; /* every way of reading is compared with the others as well */
};

/** What is imported, and how much of it may be. */
struct target_importing {
  struct slice collection;
  enum import_type type;
  struct query_guard guard; /* with one, all goes in or nothing does */
  struct buf *told; /* of a dry run, borrowed until the end: the first IMPORT_TOLD_MAX documents, a
                       line of JSON each; NULL: they are not wanted */
};

struct target_ops {
  void (*close)(struct target *target);
  status (*run)(struct target *target, const struct target_statement *statement,
                struct target_reply **reply, struct err *err);
  status (*shape)(struct target_reply *reply, struct target_shape *shape, struct err *err);
  status (*next)(struct target_reply *reply, struct val *row, bool *has, struct err *err);
  status (*outcome)(struct target_reply *reply, struct target_outcome *outcome, struct err *err);
  void (*end)(struct target_reply *reply);
  status (*import_open)(struct target *target, const struct target_importing *importing,
                        struct target_import **import, struct err *err);
  status (*import_write)(struct target_import *import, struct slice bytes, struct err *err);
  struct import_stats (*import_progress)(const struct target_import *import);
  status (*import_close)(struct target_import *import, struct import_stats *stats, struct err *err);
  /** Appends one JSON object of figures. */
  status (*stats)(struct target *target, struct buf *out, struct err *err);
  status (*check)(struct target *target, const struct target_fault_sink *sink, struct err *err);
  status (*compact)(struct target *target, struct err *err);
  void (*cancel)(struct target *target);
};

struct target {
  const struct target_ops *ops;
};

/** Opens what `name` says. Ends with target_close. */
status target_open(const char *name, const struct target_options *options, struct target **target,
                   struct err *err);
/** Both by kind. */
status target_open_local(const char *name, const struct target_options *options,
                         struct target **target, struct err *err);
bool target_is_url(const char *name);
/** NULL is fine. */
void target_close(struct target *target);
status target_run(struct target *target, const struct target_statement *statement,
                  struct target_reply **reply, struct err *err);
/** Runs a statement of ours and reads it to its end. */
status target_exec(struct target *target, const char *language, struct slice text, struct err *err);

#endif
