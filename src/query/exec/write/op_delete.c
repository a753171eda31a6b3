/* SPDX-License-Identifier: MIT */
/* DELETE: removes the documents of its input; all of them, or (JQL, not multi) the first. One that
 * another refers to waits for the rest, and goes with it: the other may go too. */
#include "query/exec/exec_int.h"
#include "query/exec/write/guard.h"
#include "query/exec/write/write.h"

struct deleting {
  struct op op;
  bool has_deleted, is_done;
  struct write_yield yield;
  struct rows later; /* keys of those that are referred to */
};

static status keep_for_later(struct deleting *deleting, const struct val *root, struct err *err) {
  struct val *place = NULL, key = val_field_id(root, NAMES_KEY_SLOT, slice_of_text("_id"));
  if (err) err_reset(err);
  TRY(rows_add(&deleting->later, &place, err));
  return expr_copy_value(deleting->op.exec->arena, &key, place, err);
}

static status delete_one(void *context, const struct doc *document, struct err *err) {
  struct deleting *deleting = context;
  struct op *op = &deleting->op;
  bool multi = op->plan->multi || op->exec->language != PLAN_JQL;
  struct val root = doc_root(document);
  if (!multi && deleting->has_deleted) return LUMA_OK;
  status done = model_delete(op->exec->txn, op->plan->collection, document, err);
  if (done == LUMA_CONSTRAINT && multi) return keep_for_later(deleting, &root, err);
  TRY(done);
  TRY(write_yield_keep(&deleting->yield, op->plan, &root, err));
  TRY(guard_changed(op->exec, &root, NULL, err));
  deleting->has_deleted = true;
  op->exec->matched++;
  return LUMA_OK;
}

static status tell_of(struct deleting *deleting, const struct val *key, struct err *err) {
  struct op *op = &deleting->op;
  struct store_pins pins = {0};
  struct doc document;
  status done = model_get_many(op->exec->txn, op->plan->collection, key, 1, &document, &pins, err);
  if (done == LUMA_OK && document.data) {
    struct val root = doc_root(&document);
    done = write_yield_keep(&deleting->yield, op->plan, &root, err);
    if (done == LUMA_OK) done = guard_changed(op->exec, &root, NULL, err);
  }
  store_pins_release(&pins);
  op->exec->matched++;
  return done;
}

/* Those that refer to each other go together. */
static status delete_later(struct deleting *deleting, struct err *err) {
  struct exec *exec = deleting->op.exec;
  uint32_t count = (uint32_t)deleting->later.count;
  if (count == 0) return LUMA_OK;
  struct val *keys = arena_alloc(exec->arena, count * sizeof *keys);
  if (!keys) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for what is deleted");
  for (uint32_t i = 0; i < count; i++) {
    keys[i] = *rows_at(&deleting->later, i);
    TRY(op__check(exec, err));
    TRY(tell_of(deleting, &keys[i], err));
  }
  return model_delete_together(exec->txn, deleting->op.plan->collection, keys, count, err);
}

static status delete_all(struct deleting *deleting, struct err *err) {
  struct op *op = &deleting->op;
  rows_init(&deleting->later, op->exec, 1);
  TRY(write_for_each(op, op->plan->collection, delete_one, op, err));
  return delete_later(deleting, err);
}

static status delete_next(struct op *op, struct batch **batch, struct err *err) {
  struct deleting *deleting = (struct deleting *)op;
  if (!deleting->is_done && op->plan->collection) TRY(delete_all(deleting, err));
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
