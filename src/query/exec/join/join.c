/* SPDX-License-Identifier: MIT */
#include "query/exec/join/join.h"

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
  TRY(batch_init(&join->batch, exec->arena, left->columns_count + right->columns_count, err));
  join->matched = arena_zalloc(exec->arena, BATCH_ROWS, sizeof *join->matched);
  join->pair_left = arena_alloc(exec->arena, BATCH_ROWS * sizeof *join->pair_left);
  join->pair_right = arena_alloc(exec->arena, BATCH_ROWS * sizeof *join->pair_right);
  TRY(op__memory(exec, join->matched && join->pair_left ? join->pair_right : NULL, err));
  if (plan->condition) TRY(filter_create(exec->env, plan->condition, &join->condition, err));
  return op__open(exec, left, &join->op.input, err);
}

/** Left rows alone come out. */
static bool is_half(const struct join *join) {
  return join->op.plan->join == PLAN_JOIN_SEMI || join->op.plan->join == PLAN_JOIN_ANTI;
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
  while (rows < join->op.exec->batch_rows && join->left_nth < join->left->selected_count) {
    if (!join->in_row) join->method->begin_row(join, join->left_nth);
    join->in_row = true;
    bool is_known = is_half(join) && join->matched[join->left_nth];
    const struct val *right = is_known ? NULL : join->method->next(join);
    if (!right) {
      join->in_row = false;
      join->left_nth++;
      continue;
    }
    put_left(join, join->left_nth, rows);
    for (uint32_t c = 0; c < join->right_columns; c++)
      join->batch.columns[join->right_at + c][rows] = right[c];
    join->pair_right[rows++] = join->candidate;
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
  if (join->method->next_left)
    TRY(join->method->next_left(join, &join->left, err));
  else
    TRY(op__next(join->op.input, &join->left, err));
  if (!join->left) return LUMA_OK;
  join->left_nth = 0;
  join->in_row = false;
  join->gives_unmatched =
      join->op.plan->join == PLAN_JOIN_LEFT || join->op.plan->join == PLAN_JOIN_FULL;
  memset(join->matched, 0, BATCH_ROWS * sizeof *join->matched);
  return join->method->begin_batch(join, join->left, err);
}

/** Pairs, as the condition leaves them; what matched is noted. */
static status fill_pairs(struct join *join, struct err *err) {
  fill(join);
  if (join->condition) TRY(filter_run(join->condition, &join->batch, &join->op.batch_arena, err));
  for (uint32_t i = 0; i < join->batch.selected_count; i++) {
    uint32_t pair = batch_row(&join->batch, i);
    join->matched[join->pair_left[pair]] = true;
    if (join->kept_matched) join->kept_matched[join->pair_right[pair]] = true;
  }
  return LUMA_OK;
}

/** The right rows that nothing matched, beside MISSING; none at their end. */
static void fill_kept(struct join *join) {
  uint32_t rows = 0;
  batch_reset(&join->batch);
  for (; rows < join->op.exec->batch_rows && join->kept_next < join->kept->count;
       join->kept_next++) {
    if (join->kept_matched[join->kept_next]) continue;
    const struct val *right = rows_at(join->kept, join->kept_next);
    for (uint32_t c = 0; c < join->left_columns; c++)
      join->batch.columns[join->left_at + c][rows] = val_missing();
    for (uint32_t c = 0; c < join->right_columns; c++)
      join->batch.columns[join->right_at + c][rows] = right[c];
    rows++;
  }
  join->batch.rows = join->batch.selected_count = rows;
}

status join_note_kept(struct join *join, const struct rows *kept, struct err *err) {
  if (join->op.plan->join != PLAN_JOIN_FULL) return LUMA_OK;
  join->kept = kept;
  join->kept_next = 0;
  join->kept_matched = arena_zalloc(kept->exec->arena, kept->count + 1, sizeof *join->kept_matched);
  return op__memory(kept->exec, join->kept_matched, err);
}

/** The end of the left side: of a full join what is left of the right. */
static status end_left(struct join *join, struct batch **batch, struct err *err) {
  struct batch none = {0};
  if (join->op.plan->join != PLAN_JOIN_FULL) return LUMA_OK;
  if (!join->kept) TRY(join->method->begin_batch(join, &none, err)); /* there was no left row */
  fill_kept(join);
  if (join->batch.rows) *batch = &join->batch;
  return LUMA_OK;
}

/** A batch, or whether to go on with another part. */
static status end_part(struct join *join, struct batch **batch, bool *goes_on, struct err *err) {
  *batch = NULL;
  *goes_on = false;
  TRY(end_left(join, batch, err));
  return *batch || !join->method->next_part ? LUMA_OK : join->method->next_part(join, goes_on, err);
}

/** All of a left batch, narrowed to the rows that match (semi) or do not (anti). */
static status next_half(struct join *join, struct batch **batch, struct err *err) {
  bool wanted = join->op.plan->join == PLAN_JOIN_SEMI;
  uint32_t kept = 0;
  while (join->left_nth < join->left->selected_count) {
    batch_reset(&join->batch);
    TRY(fill_pairs(join, err));
  }
  for (uint32_t nth = 0; nth < join->left->selected_count; nth++) {
    join->left->selection_room[kept] = (uint16_t)batch_row(join->left, nth);
    kept += join->matched[nth] == wanted;
  }
  join->left->selected = join->left->selection_room;
  join->left->selected_count = kept;
  *batch = join->left;
  join->left = NULL; /* through: who takes the batch may narrow it */
  return LUMA_OK;
}

status join_next(struct op *op, struct batch **batch, struct err *err) {
  struct join *join = (struct join *)op;
  arena_reset(&op->batch_arena);
  for (;;) {
    TRY(op__check(op->exec, err));
    bool through =
        !join->left || (join->left_nth == join->left->selected_count && !join->gives_unmatched);
    if (through) TRY(next_left(join, err));
    if (!join->left) {
      bool goes_on = false;
      TRY(end_part(join, batch, &goes_on, err));
      if (goes_on) continue;
      return LUMA_OK;
    }
    if (is_half(join)) return next_half(join, batch, err);
    batch_reset(&join->batch);
    if (join->left_nth < join->left->selected_count)
      TRY(fill_pairs(join, err));
    else
      fill_unmatched(join);
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
