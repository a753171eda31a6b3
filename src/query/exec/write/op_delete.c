/* SPDX-License-Identifier: MIT */
/* DELETE: removes the documents of its input; all of them, or (JQL, not multi) the first. */
#include "query/exec/exec_int.h"
#include "query/exec/write/guard.h"
#include "query/exec/write/write.h"

struct deleting {
  struct op op;
  bool has_deleted, is_done;
  struct write_yield yield;
};

static status delete_one(void *context, const struct doc *document, struct err *err) {
  struct deleting *deleting = context;
  struct op *op = &deleting->op;
  bool multi = op->plan->multi || op->exec->language != PLAN_JQL;
  struct val root = doc_root(document);
  if (!multi && deleting->has_deleted) return LUMA_OK;
  TRY(write_yield_keep(&deleting->yield, op->plan, &root, err));
  TRY(guard_changed(op->exec, &root, NULL, err));
  TRY(model_delete(op->exec->txn, op->plan->collection, document, err));
  deleting->has_deleted = true;
  op->exec->matched++;
  return LUMA_OK;
}

static status delete_next(struct op *op, struct batch **batch, struct err *err) {
  struct deleting *deleting = (struct deleting *)op;
  if (!deleting->is_done && op->plan->collection)
    TRY(write_for_each(op, op->plan->collection, delete_one, op, err));
  deleting->is_done = true;
  write_yield_next(&deleting->yield, batch);
  return LUMA_OK;
}

status op__open_delete(struct exec *exec, const struct plan *plan, struct op **op,
                       struct err *err) {
  static const struct op_ops ops = {delete_next, NULL};
  struct deleting *deleting = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *deleting, &deleting, err));
  *op = &deleting->op;
  TRY(write_yield_init(&deleting->yield, exec, plan, err));
  return op__open(exec, plan->input, &deleting->op.input, err);
}
