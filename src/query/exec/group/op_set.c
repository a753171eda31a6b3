/* SPDX-License-Identifier: MIT */
/* UNION, INTERSECT, EXCEPT: UNION ALL passes rows on; the others look rows up in a table, in which
 * nulls are equal. What INTERSECT and EXCEPT look for is read from the right side first, with how
 * often each row is there. Where a part of the statement's memory is full of rows, others are put
 * aside on disk, for another pass: all that are equal wait together. */
#include "query/exec/group/tuple_table.h"
#include "query/exec/sort/aside.h"

enum { MEMORY_SHARE = 4, LEFT = 0, RIGHT = 1, SIDES };

struct setting {
  struct op op;
  struct tuple_table rows;
  uint64_t *counts; /* of the right side's rows, by number: what is left of them */
  uint64_t counts_capacity;
  struct val *tuple;
  bool is_read, is_right; /* the right side has been read; UNION is at its right side */
  bool is_partial;        /* right rows were put aside in this pass */
  struct exec kept;       /* the executor with the memory of `rows` */
  bool spills;            /* that is `rows_arena` */
  struct arena rows_arena;
  struct aside asides[SIDES];
};

static bool is_union(const struct setting *op) {
  return op->op.plan->set_op == PLAN_UNION;
}

static bool is_full(const struct setting *op) {
  return op->spills && op->rows.tuples.count > 0 &&
         arena_used_bytes(&op->rows_arena) > op->kept.memory_bytes / MEMORY_SHARE;
}

/** Takes the row in hand; answers its hash. */
static uint64_t take_tuple(struct setting *op, const struct batch *in, uint32_t row) {
  for (uint32_t c = 0; c < in->columns_count; c++) {
    op->tuple[c] = in->columns[c][row];
    if (op->tuple[c].type == VAL_MISSING) op->tuple[c] = val_null();
  }
  return tuple_table_hash(op->tuple, in->columns_count);
}

static status put_aside(struct setting *op, int side, const struct batch *in, uint32_t row,
                        struct err *err) {
  op->is_partial |= side == RIGHT;
  return aside_add(&op->asides[side], in, row, &op->op.batch_arena, err);
}

static status reserve(struct setting *op, uint64_t count, struct err *err) {
  if (count < op->counts_capacity) return LUMA_OK;
  uint64_t capacity = op->counts_capacity ? op->counts_capacity * 2 : 256;
  uint64_t *counts = arena_zalloc(op->kept.arena, capacity, sizeof *counts);
  TRY(op__memory(&op->kept, counts, err));
  if (op->counts_capacity) memcpy(counts, op->counts, op->counts_capacity * sizeof *counts);
  op->counts = counts;
  op->counts_capacity = capacity;
  return LUMA_OK;
}

/** The inputs first, then what was put aside of them. */
static status read_side(struct setting *op, int side, struct batch **batch, struct err *err) {
  struct aside *aside = &op->asides[side];
  *batch = NULL;
  arena_reset(&op->op.batch_arena);
  if (aside->is_reading) return aside_next(aside, &op->op.batch_arena, batch, err);
  return op__next(side == RIGHT ? op->op.right : op->op.input, batch, err);
}

/* ---- the right side ---- */

static status count_row(struct setting *op, const struct batch *in, uint32_t row, struct err *err) {
  uint32_t number = 0;
  bool is_new = false;
  uint64_t hash = take_tuple(op, in, row);
  if (is_full(op) && !tuple_table_find(&op->rows, op->tuple, hash, &number))
    return put_aside(op, RIGHT, in, row, err);
  TRY(tuple_table_put(&op->rows, op->tuple, hash, &number, &is_new, err));
  TRY(reserve(op, number, err));
  op->counts[number]++;
  return LUMA_OK;
}

static status read_right(struct setting *op, struct err *err) {
  op->is_read = true;
  for (;;) {
    struct batch *in = NULL;
    TRY(read_side(op, RIGHT, &in, err));
    if (!in) return LUMA_OK;
    for (uint32_t i = 0; i < in->selected_count; i++) TRY(count_row(op, in, batch_row(in, i), err));
  }
}

/* ---- what stays ---- */

/** Whether a left row that is in the table stays. */
static bool stays(struct setting *op, uint32_t number) {
  const struct plan *plan = op->op.plan;
  uint64_t *left = &op->counts[number];
  bool is_there = *left > 0;
  if (plan->set_op == PLAN_INTERSECT) {
    if (is_there) *left = plan->all ? *left - 1 : 0;
    return is_there;
  }
  if (!plan->all) return false; /* on the right, or given out before: once is enough */
  if (is_there) --*left;
  return !is_there;
}

/** Whether a row that is not in the table stays; it may also wait, for room or for the right rows
 * that do. */
static status see_new(struct setting *op, const struct batch *in, uint32_t row, uint64_t hash,
                      bool *does_stay, struct err *err) {
  const struct plan *plan = op->op.plan;
  bool is_once = is_union(op) || (plan->set_op == PLAN_EXCEPT && !plan->all);
  uint32_t number = 0;
  bool is_new = false;
  *does_stay = false;
  if (op->is_partial || (is_once && is_full(op))) return put_aside(op, LEFT, in, row, err);
  *does_stay = plan->set_op != PLAN_INTERSECT;
  if (!is_once) return LUMA_OK;
  TRY(tuple_table_put(&op->rows, op->tuple, hash, &number, &is_new, err));
  return is_union(op) ? LUMA_OK : reserve(op, number, err);
}

static status keep_some(struct setting *op, struct batch *in, struct err *err) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < in->selected_count; i++) {
    uint32_t row = batch_row(in, i), number = 0;
    uint64_t hash = take_tuple(op, in, row);
    bool does_stay = false;
    if (!tuple_table_find(&op->rows, op->tuple, hash, &number))
      TRY(see_new(op, in, row, hash, &does_stay, err));
    else if (!is_union(op))
      does_stay = stays(op, number);
    in->selection_room[kept] = (uint16_t)row;
    kept += does_stay;
  }
  in->selected = in->selection_room;
  in->selected_count = kept;
  return LUMA_OK;
}

/* ---- passes ---- */

/** Of UNION the right side follows the left one. */
static status read_left(struct setting *op, struct batch **batch, struct err *err) {
  if (!op->is_right) TRY(read_side(op, LEFT, batch, err));
  if (*batch || !is_union(op) || op->asides[LEFT].is_reading) return LUMA_OK;
  op->is_right = true;
  return read_side(op, RIGHT, batch, err);
}

/** Right rows that wait are of no use when no left row does. */
static status begin_pass(struct setting *op, bool *has, struct err *err) {
  bool has_right = false;
  *has = false;
  if (!op->spills) return LUMA_OK;
  TRY(aside_begin_pass(&op->asides[LEFT], has, err));
  if (!*has) return LUMA_OK;
  TRY(aside_begin_pass(&op->asides[RIGHT], &has_right, err));
  arena_reset(&op->rows_arena);
  tuple_table_init(&op->rows, &op->kept, op->op.plan->columns_count);
  op->counts = NULL;
  op->counts_capacity = 0;
  op->is_right = op->is_partial = false;
  op->is_read = !has_right;
  return LUMA_OK;
}

static status set_next(struct op *base, struct batch **batch, struct err *err) {
  struct setting *op = (struct setting *)base;
  for (bool has = true; has;) {
    if (!is_union(op) && !op->is_read) TRY(read_right(op, err));
    TRY(op__check(base->exec, err));
    *batch = NULL;
    TRY(read_left(op, batch, err));
    if (*batch) return is_union(op) && base->plan->all ? LUMA_OK : keep_some(op, *batch, err);
    TRY(begin_pass(op, &has, err));
  }
  return LUMA_OK;
}

static void set_close(struct op *base) {
  struct setting *op = (struct setting *)base;
  for (int side = 0; side < SIDES; side++) aside_deinit(&op->asides[side]);
  arena_deinit(&op->rows_arena);
}

static status open_rows(struct setting *op, struct err *err) {
  struct exec *exec = op->op.exec;
  uint32_t columns = op->op.plan->columns_count;
  bool has_table = !is_union(op) || !op->op.plan->all;
  arena_init(&op->rows_arena, 0, exec->memory_bytes);
  op->spills = has_table && spill_is_possible(exec) && !exec->parts && columns;
  op->kept = *exec;
  if (op->spills) op->kept.arena = &op->rows_arena;
  tuple_table_init(&op->rows, &op->kept, columns);
  for (int side = 0; op->spills && side < SIDES; side++)
    TRY(aside_init(&op->asides[side], exec, columns, err));
  op->tuple = arena_alloc(exec->arena, (columns + 1) * sizeof *op->tuple);
  return op__memory(exec, op->tuple, err);
}

status op__open_set(struct exec *exec, const struct plan *plan, struct op **op, struct err *err) {
  static const struct op_ops ops = {set_next, set_close};
  struct setting *setting = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *setting, &setting, err));
  *op = &setting->op;
  TRY(open_rows(setting, err));
  TRY(op__open(exec, plan->input, &setting->op.input, err));
  return op__open(exec, plan->right, &setting->op.right, err);
}
