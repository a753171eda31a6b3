/* SPDX-License-Identifier: MIT */
/* STAGE_DENSIFY: within each partition, documents for the steps of a range that none has. */
#include "query/exec/stage.h"
#include "query/expr/field.h"
#include "query/mongo/mongo.h"
#include "query/mongo/step.h"
#include "value/edit/edit.h"
#include "value/order/order.h"

enum { MADE_MAX = 500000 };

struct densifying {
  struct op op;
  struct batch batch;
  struct stage_rows kept;
  struct val low, high; /* FULL: of all rows */
  struct val empty;     /* a map */
  uint64_t at;          /* of kept.sorted */
  uint64_t partition_end, made;
  struct val next; /* the next step of the partition; MISSING: there is none */
  struct val end;  /* of the partition's range */
  bool has_end;    /* the end belongs to the range */
  bool is_open, is_ready;
};

enum { AT_VALUE = 1 };

static const struct stage_densify *spec_of(const struct densifying *op) {
  return &op->op.plan->stage->densify;
}

static bool has_value(const struct val *tuple) {
  return !val_is_null(&tuple[AT_VALUE]);
}

static status check_value(const struct densifying *op, const struct val *value, struct err *err) {
  bool is_date = value->type == VAL_TIMESTAMP || value->type == VAL_DATE;
  if (!is_date && !val_is_number(value))
    return mongo_fail(err, 5733201, "Densify field type must be numeric or a date, not %s",
                      mongo_type_name(value));
  if (is_date && !spec_of(op)->unit.data)
    return mongo_fail(err, 6053600,
                      "Encountered date densify value in collection when step does "
                      "not have a date unit");
  if (!is_date && spec_of(op)->unit.data)
    return mongo_fail(err, 6053601,
                      "Encountered non-date densify value in collection when step "
                      "has a date unit");
  return LUMA_OK;
}

/** Looks at all values once: their types, and the least and greatest. */
static status survey(struct densifying *op, struct err *err) {
  for (uint64_t i = 0; i < op->kept.rows.count; i++) {
    const struct val *tuple = op->kept.sorted[i], *value = &tuple[AT_VALUE];
    if (!has_value(tuple)) continue;
    TRY(check_value(op, value, err));
    if (op->low.type == VAL_MISSING || val_compare(value, &op->low) < 0) op->low = *value;
    if (op->high.type == VAL_MISSING || val_compare(value, &op->high) > 0) op->high = *value;
  }
  return LUMA_OK;
}

static status make_empty(struct densifying *op, struct err *err) {
  struct exec *exec = op->op.exec;
  struct build build;
  build_init(&build, &exec->env->scratch, NULL);
  build_begin_map(&build);
  build_end(&build);
  status done = field_take_built(exec->env, exec->arena, &build, &op->empty, err);
  build_deinit(&build);
  return done;
}

static status prepare(struct densifying *op, struct err *err) {
  op->low = op->high = val_missing();
  op->is_ready = true;
  TRY(stage_rows_take(&op->kept, op->op.input, &op->op.batch_arena, err));
  TRY(stage_rows_sort(&op->kept, err));
  TRY(make_empty(op, err));
  return survey(op, err);
}

/** The range of the partition that begins at `at`. */
static void open_partition(struct densifying *op) {
  const struct val *first = op->kept.sorted[op->at];
  uint64_t end = op->at + 1, low = op->at;
  while (end < op->kept.rows.count &&
         stage_rows_same_partition(&op->kept, first, op->kept.sorted[end]))
    end++;
  while (low < end && !has_value(op->kept.sorted[low])) low++;
  op->partition_end = end;
  op->is_open = true;
  op->has_end = spec_of(op)->range != STAGE_RANGE_EXPLICIT;
  op->next = op->end = val_missing();
  if (spec_of(op)->range == STAGE_RANGE_EXPLICIT) {
    op->next = spec_of(op)->low;
    op->end = spec_of(op)->high;
  } else if (spec_of(op)->range == STAGE_RANGE_FULL) {
    op->next = op->low;
    op->end = op->high;
  } else if (low < end) {
    op->next = op->kept.sorted[low][AT_VALUE];
    op->end = op->kept.sorted[end - 1][AT_VALUE];
  }
}

/** Whether the next step lies in the range, and before `value` (NULL: there is no other row). */
static bool is_gap(const struct densifying *op, const struct val *value) {
  if (op->next.type == VAL_MISSING) return false;
  int order = val_compare(&op->next, &op->end);
  if (order > 0 || (order == 0 && !op->has_end)) return false;
  return !value || val_compare(&op->next, value) < 0;
}

static status advance(struct densifying *op, struct err *err) {
  struct val next;
  if (!step_next(&op->op.exec->env->zones, &op->next, &spec_of(op)->step, spec_of(op)->unit, &next))
    return mongo_fail(err, 5733402, "a step of $densify leads out of range");
  bool moves = val_compare(&next, &op->next) > 0; /* a step may be too small for a great number */
  op->next = moves ? next : val_missing();
  return LUMA_OK;
}

/** A document of the partition's values and the step. */
static status make_row(struct densifying *op, const struct val *like, struct err *err) {
  struct exec *exec = op->op.exec;
  struct arena *arena = &op->op.batch_arena;
  const struct plan_stage *stage = op->op.plan->stage;
  struct edit edit;
  struct val *step = arena_copy(arena, &op->next, sizeof op->next); /* edits borrow */
  if (++op->made > MADE_MAX)
    return mongo_fail(err, 5897900, "Generated more documents in $densify than the limit of %d",
                      MADE_MAX);
  TRY(plan_check_memory(arena, step, err));
  TRY(edit_init(&edit, arena, &op->empty, err));
  for (uint32_t i = 0; i < stage->paths_count; i++)
    if (like[AT_VALUE + 1 + i].type != VAL_MISSING)
      TRY(edit_set(&edit, &stage->paths[i], &like[AT_VALUE + 1 + i], err));
  TRY(edit_set(&edit, &stage->path, step, err));
  TRY(field_take_edited(exec->env, arena, &edit, &op->batch.columns[0][op->batch.rows], err));
  op->batch.rows++;
  return LUMA_OK;
}

/** One row more: of the input, or made. */
static status step(struct densifying *op, struct err *err) {
  if (!op->is_open) open_partition(op);
  bool is_last = op->at == op->partition_end;
  const struct val *tuple = op->kept.sorted[is_last ? op->at - 1 : op->at];
  bool counts = !is_last && has_value(tuple);
  bool passes = !is_last && !counts; /* it is not part of the range */
  if (!passes && is_gap(op, is_last ? NULL : &tuple[AT_VALUE])) {
    TRY(make_row(op, tuple, err));
    return advance(op, err);
  }
  op->is_open = !is_last;
  if (is_last) return LUMA_OK;
  if (counts && op->next.type != VAL_MISSING && val_compare(&op->next, &tuple[AT_VALUE]) == 0)
    TRY(advance(op, err));
  op->batch.columns[0][op->batch.rows++] = tuple[0];
  op->at++;
  return LUMA_OK;
}

static status densify_next(struct op *base, struct batch **batch, struct err *err) {
  struct densifying *op = (struct densifying *)base;
  if (!op->is_ready) TRY(prepare(op, err));
  arena_reset(&base->batch_arena);
  batch_reset(&op->batch);
  while (op->batch.rows < base->exec->batch_rows && (op->at < op->kept.rows.count || op->is_open))
    TRY(step(op, err));
  op->batch.selected_count = op->batch.rows;
  if (op->batch.rows) *batch = &op->batch;
  return LUMA_OK;
}

status op__open_densify(struct exec *exec, const struct plan *plan, struct op **op,
                        struct err *err) {
  static const struct op_ops ops = {densify_next, NULL};
  struct densifying *densifying = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *densifying, &densifying, err));
  *op = &densifying->op;
  TRY(stage_rows_init(&densifying->kept, exec, plan, err));
  TRY(batch_init(&densifying->batch, exec->arena, 1, err));
  return op__open(exec, plan->input, &densifying->op.input, err);
}
