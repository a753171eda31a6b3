/* SPDX-License-Identifier: MIT */
/* SEQUENCE: changes one after the other; each sees what those before it did. Operators are made
 * when their turn comes, so that no scan reads an older state. */
#include "model/catalog/catalog.h"
#include "query/exec/exec.h"
#include "query/exec/exec_int.h"

/** A change was bound before those ahead of it ran: a collection they made is not in its plan. */
static status check_collection(const struct exec *exec, const struct plan *plan, struct err *err) {
  const struct catalog *catalog = model_catalog(exec->txn);
  if (plan->collection || !catalog_find(catalog, plan->collection_name)) return LUMA_OK;
  status failed = err_raise(err, LUMA_UNSUPPORTED, __FILE__, __LINE__,
                            "a change of `%.*s` stands behind the one that makes it",
                            SLICE_ARG(plan->collection_name));
  err_hint(err, "create the collection first, or send the changes one by one");
  return failed;
}

static status run_one(struct exec *exec, const struct plan *plan, struct err *err) {
  struct op *op = NULL;
  struct batch *batch = NULL;
  bool is_change = plan->kind == PLAN_UPDATE || plan->kind == PLAN_DELETE;
  if (is_change) TRY(check_collection(exec, plan, err));
  TRY(exec_open(exec, plan, &op, err));
  status done;
  do done = exec_next(op, &batch, err);
  while (done == LUMA_OK && batch);
  exec_close(op);
  return done;
}

static status sequence_next(struct op *op, struct batch **batch, struct err *err) {
  const struct plan *plan = op->plan;
  (void)batch;
  for (; plan->kind == PLAN_SEQUENCE; plan = plan->right) {
    TRY(op__check(op->exec, err));
    TRY(run_one(op->exec, plan->input, err));
  }
  return run_one(op->exec, plan, err);
}

status op__open_sequence(struct exec *exec, const struct plan *plan, struct op **op,
                         struct err *err) {
  static const struct op_ops ops = {sequence_next, NULL};
  return op__create(exec, plan, &ops, sizeof **op, op, err);
}
