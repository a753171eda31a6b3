/* SPDX-License-Identifier: MIT */
/* The door to the query layer: text in any language becomes a prepared statement, a prepared
 * statement runs in a transaction and yields batches of rows.
 *
 *   query_prepare -> struct query      parsed, bound, optimised; may be opened many times, several
 * runs at once query_open    -> struct query_run  one execution: parameters, limits, the
 * transaction query_next    -> batches, until NULL; then query_summary has counts and warnings
 *
 * A prepared statement follows the catalog: when a collection it uses changed, query_open prepares
 * it anew. Statement atomicity is the caller's: after a failure of query_open or query_next of a
 * statement that writes, the caller rolls back to the savepoint (or the transaction) it made
 * before. BEGIN, COMMIT and ROLLBACK are the session's: query_open refuses them. CREATE INDEX
 * commits its own transactions: the caller must have no writes pending in `txn`.
 *
 * Threads: a query and its runs belong to one thread at a time. Memory: a query owns its text (but
 * see text_stays) and plan, a run its rows. */
#ifndef QUERY_QUERY_H
#define QUERY_QUERY_H

#include <stdatomic.h>

#include "model/model.h"
#include "query/bind/policy.h"
#include "query/exec/summary.h"
#include "query/expr/env.h"
#include "query/lang/lang.h"
#include "value/batch/batch.h"

struct query;
struct query_run;

/** What runs the expressions of genotypes: for model_options. Static. */
const struct soul_rules_ops *query_rules(void);

enum { QUERY_MEMORY_BYTES_DEFAULT = 256 << 20 };

/** What is to be prepared: text in a language, or a JQL command as a value. */
struct query_source {
  const struct lang *lang;
  struct slice text;
  const struct val *command; /* JQL: a MAP; `text` is then empty */
};

struct query_prepare_options {
  uint64_t now_us; /* wall clock */
  bool text_stays; /* the source's text stays in place until query_let_go_of_text: a long command
                      that ends with its run is not copied */
  struct json_reader *reader; /* for commands in JSON; until the call ends. NULL: one is made */
  const struct query_policy *policy; /* NULL: everything is allowed; borrowed until query_destroy */
  uint64_t session;     /* the number of who asks, for what is temporary; 0: nobody has any */
  bool has_temporaries; /* it has made some: the plan is for it alone */
  const struct literals *literals; /* of the text, which is one statement; until the call ends.
                                      NULL: it has none that another text may differ in */
  const char *const *rules_off; /* names of optimizer passes not to run, NULL-terminated; NULL: all
                                   run. Borrowed */
};

/** Prepares the statement at `*offset` of the source's text and moves `*offset` past it; with
 * `offset` NULL the text must be one statement. `txn` may be NULL (statements to be kept): then the
 * newest committed catalog counts. Errors carry the position in the text. With a `txn` the first
 * query_open must be in that transaction. */
status query_prepare(struct model *model, struct model_txn *txn, const struct query_source *source,
                     size_t *offset, const struct query_prepare_options *options,
                     struct query **query, struct err *err);
void query_destroy(struct query *query);
/** The text may go: a statement that was not copied has run, and will not run again. Others keep
 * theirs. */
void query_let_go_of_text(struct query *query);

/** How the language shows the answer. */
enum query_reply {
  QUERY_REPLY_DOCUMENTS, /* rows, each a document (query_document) */
  QUERY_REPLY_VALUES,    /* one column: a list of its values (JQL distinct) */
  QUERY_REPLY_COUNT,     /* one row of one column: a number (count) */
  QUERY_REPLY_CHANGE     /* no rows: the summary */
};
enum query_reply query_reply(const struct query *query);
/** The statement's kind: what a session looks at for BEGIN, COMMIT, ROLLBACK and CREATE INDEX. */
enum plan_kind query_kind(const struct query *query);
bool query_is_write(const struct query *query);
/** The statement at its root: what BEGIN, SAVEPOINT and the like say. */
const struct plan *query_root(const struct query *query);
enum plan_language query_language(const struct query *query);
/** The columns of the rows, hidden ones left out. A spread column stands for the fields of its
 * documents. */
const struct plan_column *query_columns(const struct query *query, uint32_t *count);
/** What it was prepared from: the statement's own text. Borrowed. */
const struct query_source *query_source(const struct query *query);
/** When it was prepared: now_us of its options. */
uint64_t query_planned_us(const struct query *query);
/** Whether it reads a capped collection and goes on from its end; `*awaits` (may be NULL): whoever
 * asks for more waits for it. */
bool query_tails(const struct query *query, bool *awaits);
/** Whether it may serve whoever asks with the same text later: it reads or changes documents, not
 * through views, belongs to no transaction, and its plan is that of the catalog as it ran. */
bool query_is_reusable(const struct query *query);
/** The literals of its text, if any other text that differs from it in these alone, each of the
 * same kind, may be given to it; else NULL. Borrowed, until that is done. */
const struct literals *query_literals(const struct query *query);
/** Gives it such a text: `literals` are its own. No run of it may be open. False: no memory. */
bool query_take_literals(struct query *query, struct slice text, const struct literals *literals);
/** Parameters by number the statement needs (the highest number). */
uint32_t query_parameters_count(const struct query *query);

struct query_open_options {
  struct query_guard guard;
  const struct soul_numbers *numbers; /* of sequences, borrowed until query_close; NULL: none */
  struct query_params params;         /* by number or by name; borrowed until query_close */
  struct os *os;                      /* for the deadline; NULL: no deadline */
  uint64_t now_us;                    /* NOW(), wall clock */
  uint64_t deadline_us;               /* monotonic; 0 = none: LUMA_TIMEOUT past it */
  const atomic_bool *cancelled;       /* NULL or: true ends the run with LUMA_CANCELLED */
  uint32_t threads;    /* that may read for a long scan beside the caller's; 0 = none */
  const char *folder;  /* for what does not fit into memory, borrowed; NULL: that is an error */
  size_t memory_bytes; /* budget for sorting, grouping, joining; 0 = QUERY_MEMORY_BYTES_DEFAULT */
  uint32_t batch_rows; /* that operators put into a batch at most; 0 = BATCH_ROWS */
  struct query_tail *tail; /* of one that tails: where it goes on, and how far it came; NULL: from
                              the beginning. Borrowed until query_close */
};

/** Starts an execution. Changes happen in query_next. `run` must be closed before `txn` ends. */
status query_open(struct query *query, struct model_txn *txn,
                  const struct query_open_options *options, struct query_run **run,
                  struct err *err);
/** The next rows, at least one live row; NULL at the end. Valid until the next call. Columns are
 * those of query_columns. */
status query_next(struct query_run *run, struct batch **batch, struct err *err);
/** Live row `nth` of the batch as one document; its key slot is called "_id" or however it was
 * selected. Valid until the next query_next. */
status query_document(struct query_run *run, const struct batch *batch, uint32_t nth,
                      struct val *document, struct err *err);
void query_close(struct query_run *run);

/** What the run did so far; borrowed until query_close. */
void query_summary(const struct query_run *run, struct query_summary *summary);

#endif
