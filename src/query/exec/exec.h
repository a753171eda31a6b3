/* SPDX-License-Identifier: MIT */
/* The executor: a tree of operators, one for each node of the plan, that hand batches of rows
 * upwards when asked. A batch belongs to the operator that made it and is valid until it is asked
 * again; filters narrow it in place.
 *
 * Memory: what outlives a batch (sorted rows, groups, hash tables) is in the run's arena, whose
 * budget ends a statement with LUMA_BUDGET_EXCEEDED; what a batch needs is in its operator's own
 * arena, reset with each batch. Deadline and cancellation are looked at with every batch read. One
 * thread; where workers read for it (op_gather.c), each has operators and memory of its own. */
#ifndef QUERY_EXEC_EXEC_H
#define QUERY_EXEC_EXEC_H

#include <stdatomic.h>

#include "model/model.h"
#include "query/exec/summary.h"
#include "query/expr/env.h"
#include "query/plan/plan.h"
#include "value/batch/batch.h"

struct parts;
struct rows; /* query/exec/exec_int.h */

/** Who plans a portion of a statement's rest; the plan is good until the next is asked for. */
struct exec_planner {
  status (*plan)(void *context, const struct plan_rest *rest, const struct plan **plan,
                 struct err *err);
  void *context;
};

/** One execution: what its operators share. The fields up to `cancelled` are set by the caller. */
struct exec {
  struct arena *arena; /* budgeted; borrowed */
  struct arena *kept;  /* of what changes did, which outlives the operators of one; NULL: `arena` */
  struct expr_env *env;
  struct model *model;
  struct model_txn *txn;
  enum plan_language language;
  size_t memory_bytes;
  uint32_t batch_rows; /* that operators put into a batch, 1 to BATCH_ROWS */
  const char *folder;  /* where what does not fit into memory is put; NULL: nowhere */
  struct os *os;       /* NULL: no deadline, no times in EXPLAIN ANALYZE */
  uint64_t deadline_us;
  const atomic_bool *cancelled;
  uint32_t threads;    /* that may read for this run beside its own; fewer than 2: none do */
  struct parts *parts; /* a worker's: what its scan reads; NULL: everything */
  uint32_t part;       /* the number of the part that it reads */
  struct query_guard guard;
  struct query_tail *tail;      /* of a statement that tails; NULL: it does not */
  const struct plan_rest *rest; /* changes that follow the plan; NULL: none do */
  struct exec_planner planner;
  /* what changes did */
  uint64_t matched, affected;
  uint64_t followed; /* documents that went or changed because of others: a guard counts them too */
  struct query_change *changes; /* of a dry run */
  uint32_t changes_count, changes_capacity;
  struct val *keys; /* of inserted documents */
  uint32_t keys_count;
  struct val last_key; /* of the document inserted last; MISSING: none was */
  bool upserted;
  struct query_write_error *write_errors;
  uint32_t write_errors_count, write_errors_room;
  struct val answer; /* JQL: an explain, or what was done to the catalog, in MongoDB's shape */
  struct exec_schema *schema; /* changes of the catalog, for that answer */
  struct query_step *steps;   /* of a SEQUENCE */
  uint32_t steps_count;
  /* SELECTs within: */
  struct exec *around; /* whose expression or join this runs in; NULL: the statement itself */
  struct expr_subqueries runs_subqueries;
  struct expr_subquery *subqueries; /* of its expressions, ended with it */
  struct remembered *remembered;    /* answers that outlive those; of the statement itself */
  struct cte_run *ctes;             /* names of WITH that are being read */
  const struct rows *source;        /* what a stage hands to its sub-pipeline */
  bool analyze;                     /* operators measure themselves */
  const struct model_reads *reads;  /* attributes that are looked at; NULL: whole documents */
  uint64_t rows_wanted; /* while opening: a LIMIT above wants no more rows than this; 0 = all */
};

struct op;

/** Where what a change did is kept. */
static inline struct arena *exec_kept(const struct exec *exec) {
  return exec->kept ? exec->kept : exec->arena;
}
/** Lets the expressions of `exec` end when it must. */
void exec_watch(struct exec *exec);
/** Gives the expressions of `exec` who runs their SELECTs and ends them. After its fields are set.
 */
void exec_init(struct exec *exec);
/** Ends what exec_close of the root leaves. */
void exec_deinit(struct exec *exec);
/** Makes the operators of a plan. On failure nothing is left to close. */
status exec_open(struct exec *exec, const struct plan *plan, struct op **root, struct err *err);
/** The next batch, with at least one live row; NULL at the end. */
status exec_next(struct op *op, struct batch **batch, struct err *err);
/** NULL is fine. */
void exec_close(struct op *op);
/** Row `nth` of a batch with these columns as one document, into `arena`. */
status exec_document(struct expr_env *env, const struct plan_column *columns,
                     const struct batch *batch, uint32_t nth, struct arena *arena,
                     struct val *document, struct err *err);

#endif
