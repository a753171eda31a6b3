/* SPDX-License-Identifier: MIT */
#include "query/exec/join.h"

status join_init(struct join *join, const struct join_method *method, bool swapped,
                 struct err *err) {
  struct exec *exec = join->op.exec;
  const struct plan *plan = join->op.plan;
  const struct plan *left = swapped ? plan->right : plan->input,
                    *right = swapped ? plan->input : plan->right;
  join->method = method;
  join->left_columns = left->columns_count;
  join->right_columns = right->columns_count;
  join->left_at = swapped ? right->columns_count : 0;
  join->right_at = swapped ? 0 : left->columns_count;
  TRY(batch_init(&join->batch, exec->arena, plan->columns_count, err));
  join->matched = arena_zalloc(exec->arena, BATCH_ROWS, sizeof *join->matched);
  join->pair_left = arena_alloc(exec->arena, BATCH_ROWS * sizeof *join->pair_left);
  TRY(op__memory(exec, join->matched ? join->pair_left : NULL, err));
  if (plan->condition) TRY(filter_create(exec->env, plan->condition, &join->condition, err));
  return op__open(exec, left, &join->op.input, err);
}

static void put_left(struct join *join, uint32_t nth, uint32_t row) {
  uint32_t from = batch_row(join->left, nth);
  for (uint32_t c = 0; c < join->left_columns; c++)
    join->batch.columns[join->left_at + c][row] = join->left->columns[c][from];
  join->pair_left[row] = (uint16_t)nth;
}

/** Pairs until the batch is full or the left batch is through. */
static void fill(struct join *join) {
  uint32_t rows = 0;
  while (rows < BATCH_ROWS && join->left_nth < join->left->selected_count) {
    if (!join->in_row) join->method->begin_row(join, join->left_nth);
    join->in_row = true;
    const struct val *right = join->method->next(join);
    if (!right) {
      join->in_row = false;
      join->left_nth++;
      continue;
    }
    put_left(join, join->left_nth, rows);
    for (uint32_t c = 0; c < join->right_columns; c++)
      join->batch.columns[join->right_at + c][rows] = right[c];
    rows++;
  }
  join->batch.rows = join->batch.selected_count = rows;
}

/** The left rows without a match, beside MISSING. */
static void fill_unmatched(struct join *join) {
  uint32_t rows = 0;
  for (uint32_t nth = 0; nth < join->left->selected_count; nth++) {
    if (join->matched[nth]) continue;
    put_left(join, nth, rows);
    for (uint32_t c = 0; c < join->right_columns; c++)
      join->batch.columns[join->right_at + c][rows] = val_missing();
    rows++;
  }
  join->batch.rows = join->batch.selected_count = rows;
  join->gives_unmatched = false;
}

static status next_left(struct join *join, struct err *err) {
  TRY(op__next(join->op.input, &join->left, err));
  if (!join->left) return LUMA_OK;
  join->left_nth = 0;
  join->in_row = false;
  join->gives_unmatched = join->op.plan->join == PLAN_JOIN_LEFT;
  memset(join->matched, 0, BATCH_ROWS * sizeof *join->matched);
  return join->method->begin_batch(join, join->left, err);
}

status join_next(struct op *op, struct batch **batch, struct err *err) {
  struct join *join = (struct join *)op;
  arena_reset(&op->batch_arena);
  for (;;) {
    TRY(op__check(op->exec, err));
    bool through =
        !join->left || (join->left_nth == join->left->selected_count && !join->gives_unmatched);
    if (through) TRY(next_left(join, err));
    if (!join->left) return LUMA_OK;
    batch_reset(&join->batch);
    if (join->left_nth < join->left->selected_count) {
      fill(join);
      if (join->condition) TRY(filter_run(join->condition, &join->batch, &op->batch_arena, err));
      for (uint32_t i = 0; i < join->batch.selected_count; i++)
        join->matched[join->pair_left[batch_row(&join->batch, i)]] = true;
    } else {
      fill_unmatched(join);
    }
    if (join->batch.selected_count == 0) continue;
    *batch = &join->batch;
    return LUMA_OK;
  }
}

status join_keep_all(struct op *input, struct rows *rows, struct err *err) {
  for (;;) {
    struct batch *in = NULL;
    TRY(op__next(input, &in, err));
    if (!in) return LUMA_OK;
    for (uint32_t i = 0; i < in->selected_count; i++) {
      struct val *tuple = NULL;
      TRY(rows_add(rows, &tuple, err));
      for (uint32_t c = 0; c < in->columns_count; c++)
        TRY(expr_copy_value(rows->exec->arena, &in->columns[c][batch_row(in, i)], &tuple[c], err));
    }
  }
}
