/* SPDX-License-Identifier: MIT */
/* JOIN by comparing all pairs: for conditions without an equality, and for CROSS JOIN. The right
 * side is read once and kept. */
#include "query/exec/join/join.h"

struct loop_join {
  struct join join;
  struct rows right;
  uint64_t next_right;
  bool is_kept;
};

static status loop_begin_batch(struct join *join, const struct batch *left, struct err *err) {
  struct loop_join *op = (struct loop_join *)join;
  (void)left;
  if (op->is_kept) return LUMA_OK;
  op->is_kept = true;
  TRY(join_keep_all(join->op.right, &op->right, err));
  return join_note_kept(join, &op->right, err);
}

static void loop_begin_row(struct join *join, uint32_t nth) {
  (void)nth;
  ((struct loop_join *)join)->next_right = 0;
}

static const struct val *loop_next(struct join *join) {
  struct loop_join *op = (struct loop_join *)join;
  if (op->next_right == op->right.count) return NULL;
  join->candidate = op->next_right++;
  return rows_at(&op->right, join->candidate);
}

status op__open_loop_join(struct exec *exec, const struct plan *plan, struct op **op,
                          struct err *err) {
  static const struct op_ops ops = {join_next, NULL};
  static const struct join_method method = {NULL, NULL, loop_begin_batch, loop_begin_row,
                                            loop_next};
  struct loop_join *loop = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *loop, &loop, err));
  *op = &loop->join.op;
  rows_init(&loop->right, exec, plan->right->columns_count);
  TRY(join_init(&loop->join, &method, false, err));
  return op__open(exec, plan->right, &loop->join.op.right, err);
}
