/* SPDX-License-Identifier: MIT */
/* Workers of a run: threads with operators, expressions and memory (the statement's budget) of
 * their own, which take part after part of a collection. All of them read the one snapshot of the
 * run's transaction, which only reads. What stands here belongs to the run's thread but while a
 * worker's own runs. */
#ifndef QUERY_EXEC_WORKERS_H
#define QUERY_EXEC_WORKERS_H

#include "base/sync/sync.h"
#include "query/exec/exec_int.h"
#include "query/exec/parts.h"

/** What a worker does with its operator. */
struct worker;
typedef status worker_run(struct worker *worker, struct err *err);

struct worker {
  struct arena arena;
  struct expr_env env;
  struct exec exec;
  struct op *op;
  worker_run *run;
  void *context; /* for `run` */
  struct thread thread;
  bool is_started;
  status result;
  bool failed_first; /* workers_run: the others were stopped by it */
  struct err err;
};

struct workers {
  struct parts parts;
  struct worker *items;
  uint32_t count; /* 0: the collection is not worth it, or cannot be cut */
  uint32_t made;  /* so many of them are there to be closed */
};

/** Whether a node's work may be shared: the plan allows it and the run has threads for it. */
bool workers_may_share(const struct exec *exec, const struct plan *plan);
/** The place of a row among all rows that workers read, as one thread alone would meet them; `nth`:
 * of its own rows. */
uint64_t workers_arrival(const struct exec *exec, uint64_t nth);
/** Makes `count` workers at most in the run's arena, each with operators for `plan`, over parts of
 * the collection that its one SCAN reads. To be closed even after a failure. */
status workers_open(struct exec *exec, const struct plan *plan, uint32_t count,
                    struct workers *workers, struct err *err);
/** The same over what comes after the record of this key, in parts of some thousand documents. */
status workers_open_after(struct exec *exec, const struct plan *plan, uint32_t count,
                          struct slice after, struct workers *workers, struct err *err);
/** Has every worker do it, the last one in the run's own thread, and waits. The failure of the
 * first one that fails ends all. */
status workers_run(struct workers *workers, worker_run *run, struct expr_env *env, struct err *err);
/** Waits for the threads that were started, and takes over what their expressions have to tell.
 * Those that are still reading stop soon if parts.is_stopped. */
void workers_join(struct workers *workers, struct expr_env *env);
/** After they were joined. Safe on zeroes. */
void workers_close(struct workers *workers);

#endif
