/* SPDX-License-Identifier: MIT */
/* LIMIT: passes so many rows after skipping so many. */
#include "query/exec/exec_int.h"

struct limiting {
  struct op op;
  uint64_t left, skip;
};

/** Cuts the batch's live rows to those from `first`, at most `count`. */
static void cut(struct batch *batch, uint32_t first, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    batch->selection_room[i] = (uint16_t)batch_row(batch, first + i);
  batch->selected = batch->selection_room;
  batch->selected_count = count;
}

/** A statement that tails goes on from here. */
static void note(struct limiting *op, uint64_t skipped, uint64_t passed) {
  struct query_tail *tail = op->op.exec->tail;
  if (!tail) return;
  tail->skipped += skipped;
  tail->passed += passed;
  tail->is_over = op->left == 0;
}

/** What earlier runs skipped and let through. */
static void go_on(struct limiting *op, bool is_limited) {
  const struct query_tail *tail = op->op.exec->tail;
  if (!tail) return;
  op->skip -= tail->skipped < op->skip ? tail->skipped : op->skip;
  if (is_limited) op->left -= tail->passed < op->left ? tail->passed : op->left;
}

static status limit_next(struct op *base, struct batch **batch, struct err *err) {
  struct limiting *op = (struct limiting *)base;
  while (op->left) {
    TRY(op__next(base->input, batch, err));
    if (!*batch) return LUMA_OK;
    uint32_t live = (*batch)->selected_count;
    if (live <= op->skip) {
      op->skip -= live;
      note(op, live, 0);
      continue;
    }
    uint32_t first = (uint32_t)op->skip, count = live - first;
    if (count > op->left) count = (uint32_t)op->left;
    if (count < live) cut(*batch, first, count);
    op->skip = 0;
    op->left -= count;
    note(op, first, count);
    return LUMA_OK;
  }
  *batch = NULL;
  return LUMA_OK;
}

status op__open_limit(struct exec *exec, const struct plan *plan, struct op **op, struct err *err) {
  static const struct op_ops ops = {limit_next, NULL};
  struct limiting *limiting = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *limiting, &limiting, err));
  *op = &limiting->op;
  limiting->left = UINT64_MAX;
  if (plan->limit) TRY(op__whole_number(exec, plan->limit, "LIMIT", &limiting->left, err));
  if (plan->skip) TRY(op__whole_number(exec, plan->skip, "SKIP", &limiting->skip, err));
  go_on(limiting, plan->limit != NULL);
  uint64_t wanted = limiting->left + limiting->skip;
  if (plan->limit && wanted >= limiting->left) exec->rows_wanted = wanted;
  return op__open(exec, plan->input, &limiting->op.input, err);
}
