/* SPDX-License-Identifier: MIT */
/* SHARE: stands for what passes a condition of a whole collection, with PROJECTs above or without.
 * The run's thread begins alone: most that is asked for is found soon, or is all that is wanted.
 * When it has read some thousand documents, and many are left, others read with it (share.h). */
#include "query/exec/share.h"

enum { ALONE_DOCUMENTS = 4096 };

struct sharing {
  struct op op; /* its input: the node itself, as long as one thread reads */
  struct op *scan;
  struct share share;
  bool is_shared;
};

static struct op *scan_of(struct op *op) {
  while (op->input) op = op->input;
  return op;
}

/* Documents that are handed on as they are cost more to copy than to find where most are wanted. */
static bool is_worth_it(const struct sharing *op) {
  bool makes = op->op.plan->kind == PLAN_PROJECT;
  return makes || op->op.input->rows <= op->scan->documents / 2;
}

/* Memory that there is not for several threads keeps none from going on. */
static void begin(struct sharing *op, struct slice place) {
  struct op *alone = op->op.input;
  op->is_shared = is_worth_it(op) &&
                  share_open(op->op.exec, op->op.plan, place, &op->share, NULL) == LUMA_OK &&
                  op->share.workers.count > 0;
  if (op->is_shared) {
    exec_close(alone);
    op->op.input = op->scan = NULL;
    return;
  }
  share_close(&op->share);
  op__scan_go_on(op->scan);
  for (; alone; alone = alone->input) alone->is_ended = false;
}

/* Threads and their memory are not needed behind the last row. */
static status next_shared(struct sharing *op, struct batch **batch, struct err *err) {
  TRY(share_next(&op->share, batch, err));
  if (!*batch) share_close(&op->share);
  return LUMA_OK;
}

static status sharing_next(struct op *base, struct batch **batch, struct err *err) {
  struct sharing *op = (struct sharing *)base;
  struct slice place;
  if (op->is_shared) return next_shared(op, batch, err);
  TRY(op__next(base->input, batch, err));
  if (*batch || !op__scan_has_paused(op->scan, &place)) return LUMA_OK;
  begin(op, place);
  return sharing_next(base, batch, err);
}

static void sharing_close(struct op *base) {
  share_close(&((struct sharing *)base)->share);
}

status op__open_share(struct exec *exec, const struct plan *plan, struct op **op, struct err *err) {
  static const struct op_ops ops = {sharing_next, sharing_close};
  struct sharing *sharing = NULL;
  struct op *scan = NULL;
  uint32_t threads = exec->threads;
  exec->threads = 0; /* nodes below are not shared by themselves */
  status opened = op__open_of(plan)(exec, plan, op, err);
  exec->threads = threads;
  TRY(opened);
  scan = scan_of(*op);
  bool can = exec->env->only_reads && !exec->tail && !exec->env->collation && !exec->parts;
  if (!can || !op__scan_pause(scan, ALONE_DOCUMENTS)) return LUMA_OK;
  struct op *alone = *op;
  TRY(op__create(exec, plan, &ops, sizeof *sharing, &sharing, err));
  sharing->op.input = alone;
  sharing->scan = scan;
  *op = &sharing->op;
  return LUMA_OK;
}
