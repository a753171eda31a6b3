/* SPDX-License-Identifier: MIT */
/* JOIN with a right side that reads the left row: it is run anew for each. Inner and left. */
#include "query/exec/subquery.h"
#include "query/expr/tell.h"

struct lateral_join {
  struct op op;
  struct program **outers;
  struct filter *condition;
  struct batch batch;
  struct batch *left;
  const struct val **values; /* of the outers, over the left batch */
  uint32_t *strides;
  struct val *given; /* to the run in hand */
  uint32_t nth;
  struct op *root; /* of the run in hand; NULL: none */
  struct exec exec;
  struct expr_env env;
  struct arena arena;
  bool has_matched;
};

static void end_run(struct lateral_join *op) {
  if (!op->env.arena) return;
  exec_close(op->root);
  op->root = NULL;
  subquery__end(&op->exec);
  tell_take(op->op.exec->env, &op->env);
  expr_env_deinit(&op->env);
  op->env.arena = NULL;
}

static status begin_run(struct lateral_join *op, struct err *err) {
  uint32_t row = batch_row(op->left, op->nth);
  for (uint32_t i = 0; i < op->op.plan->exprs_count; i++)
    op->given[i] = op->values[i][row * op->strides[i]];
  arena_reset(&op->arena);
  expr_env_init(&op->env, &op->arena);
  subquery__inherit(op->op.exec, &op->exec, &op->env, &op->arena);
  op->env.outers = op->given;
  op->has_matched = false;
  return op__open(&op->exec, op->op.plan->right, &op->root, err);
}

static status next_left(struct lateral_join *op, struct err *err) {
  const struct plan *plan = op->op.plan;
  op->nth = 0;
  arena_reset(&op->op.batch_arena);
  TRY(op__next(op->op.input, &op->left, err));
  for (uint32_t i = 0; op->left && i < plan->exprs_count; i++)
    TRY(program_run(op->outers[i], op->left, &op->op.batch_arena, &op->values[i], &op->strides[i],
                    err));
  return LUMA_OK;
}

/** The left row beside each row of `right`, or (NULL) beside MISSING. */
static void pair(struct lateral_join *op, const struct batch *right) {
  uint32_t left_columns = op->op.input->plan->columns_count,
           rows = right ? right->selected_count : 1, from = batch_row(op->left, op->nth);
  batch_reset(&op->batch);
  for (uint32_t i = 0; i < rows; i++) {
    for (uint32_t c = 0; c < left_columns; c++)
      op->batch.columns[c][i] = op->left->columns[c][from];
    for (uint32_t c = left_columns; c < op->batch.columns_count; c++)
      op->batch.columns[c][i] =
          right ? right->columns[c - left_columns][batch_row(right, i)] : val_missing();
  }
  op->batch.rows = op->batch.selected_count = rows;
}

/** Pairs of the left row in hand; none at its end. */
static status next_pairs(struct lateral_join *op, struct err *err) {
  struct batch *right = NULL;
  TRY(op__next(op->root, &right, err));
  if (right) {
    pair(op, right);
    if (op->condition) TRY(filter_run(op->condition, &op->batch, &op->arena, err));
    op->has_matched |= op->batch.selected_count > 0;
    return LUMA_OK;
  }
  bool is_alone = op->op.plan->join == PLAN_JOIN_LEFT && !op->has_matched;
  if (is_alone)
    pair(op, NULL);
  else
    batch_reset(&op->batch);
  end_run(op);
  op->nth++;
  return LUMA_OK;
}

static status lateral_next(struct op *base, struct batch **batch, struct err *err) {
  struct lateral_join *op = (struct lateral_join *)base;
  for (;;) {
    TRY(op__check(base->exec, err));
    if (!op->left) {
      TRY(next_left(op, err));
      if (!op->left) return LUMA_OK;
    }
    if (!op->root && op->nth == op->left->selected_count) {
      op->left = NULL;
      continue;
    }
    if (!op->root) TRY(begin_run(op, err));
    TRY(next_pairs(op, err));
    if (op->batch.selected_count) {
      *batch = &op->batch;
      return LUMA_OK;
    }
  }
}

static void lateral_close(struct op *base) {
  struct lateral_join *op = (struct lateral_join *)base;
  end_run(op);
  arena_deinit(&op->arena);
}

status op__open_lateral_join(struct exec *exec, const struct plan *plan, struct op **op,
                             struct err *err) {
  static const struct op_ops ops = {lateral_next, lateral_close};
  struct lateral_join *join = NULL;
  uint32_t count = plan->exprs_count;
  TRY(op__create(exec, plan, &ops, sizeof *join, &join, err));
  *op = &join->op;
  arena_init(&join->arena, 0, exec->memory_bytes);
  join->values = arena_zalloc(exec->arena, count + 1, sizeof *join->values);
  join->strides = arena_zalloc(exec->arena, count + 1, sizeof *join->strides);
  join->given = arena_zalloc(exec->arena, count + 1, sizeof *join->given);
  TRY(op__memory(exec, join->values && join->strides ? join->given : NULL, err));
  TRY(op__programs(exec, plan->exprs, count, &join->outers, err));
  if (plan->condition) TRY(filter_create(exec->env, plan->condition, &join->condition, err));
  TRY(batch_init(&join->batch, exec->arena, plan->columns_count, err));
  return op__open(exec, plan->input, &join->op.input, err);
}
