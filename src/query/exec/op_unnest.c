/* SPDX-License-Identifier: MIT */
/* UNNEST: each row of the input beside each element of a list; a value that is no list is its own
 * only element, and none of NULL. */
#include "query/exec/exec_int.h"

struct unnesting {
  struct op op;
  struct program *list;
  struct batch batch, nothing;
  struct batch *in;
  const struct val *values;
  uint32_t stride, nth, element;
  bool is_done; /* without an input: its one row is given */
};

static status next_input(struct unnesting *op, struct err *err) {
  op->nth = op->element = 0;
  arena_reset(&op->op.batch_arena);
  if (op->op.input) {
    TRY(op__next(op->op.input, &op->in, err));
  } else {
    op->in = op->is_done ? NULL : &op->nothing;
    op->is_done = true;
  }
  if (!op->in) return LUMA_OK;
  return program_run(op->list, op->in, &op->op.batch_arena, &op->values, &op->stride, err);
}

/** Whether the row in hand has many elements: a list, or (UNPIVOT) a map. */
static bool is_many(const struct unnesting *op, const struct val *list) {
  return list->type == (op->op.plan->is_pairs ? VAL_MAP : VAL_LIST);
}

/** Elements of the row in hand: NULL has none, and of UNPIVOT any value but MISSING is its own. */
static uint32_t elements_there(const struct unnesting *op, const struct val *list) {
  bool is_none = op->op.plan->is_pairs ? list->type == VAL_MISSING : val_is_null(list);
  return is_many(op, list) ? val_count(list) : !is_none;
}

/** The same, and one for an outer row without any. */
static uint32_t elements(const struct unnesting *op, const struct val *list) {
  uint32_t count = elements_there(op, list);
  return count == 0 && op->op.plan->is_outer ? 1 : count;
}

/** The key goes by the name that LQL has for it, unless the document has another `id`. */
static struct slice shown_name(const struct val *map, struct slice name) {
  bool is_key = slice_is_equal(name, slice_of_text("_id"));
  bool has_other = is_key && val_field(map, slice_of_text("id")).type != VAL_MISSING;
  return is_key && !has_other ? slice_of_text("id") : name;
}

static void put_row(struct unnesting *op, uint32_t from, const struct val *list, uint32_t row) {
  uint32_t width = op->in->columns_count;
  for (uint32_t c = 0; c < width; c++) op->batch.columns[c][row] = op->in->columns[c][from];
  const struct plan *plan = op->op.plan;
  struct val element = val_missing(), number = val_missing();
  struct slice name;
  if (op->element >= elements_there(op, list)) { /* an outer row */
  } else if (plan->is_pairs) {
    element = is_many(op, list) ? val_field_at(list, op->element, &name) : *list;
    if (is_many(op, list)) number = val_text(shown_name(list, name));
  } else {
    element = is_many(op, list) ? val_at(list, op->element) : *list;
    if (is_many(op, list) || !plan->from_zero) number = val_int64(op->element + !plan->from_zero);
  }
  op->batch.columns[width][row] = element;
  if (plan->has_ordinality) op->batch.columns[width + 1][row] = number;
}

static uint32_t fill(struct unnesting *op) {
  uint32_t rows = 0;
  while (rows < op->op.exec->batch_rows && op->nth < op->in->selected_count) {
    uint32_t from = batch_row(op->in, op->nth);
    const struct val *list = &op->values[from * op->stride];
    if (op->element == elements(op, list)) {
      op->nth++;
      op->element = 0;
      continue;
    }
    put_row(op, from, list, rows++);
    op->element++;
  }
  return rows;
}

static status unnest_next(struct op *base, struct batch **batch, struct err *err) {
  struct unnesting *op = (struct unnesting *)base;
  for (;;) {
    TRY(op__check(base->exec, err));
    if (!op->in || op->nth == op->in->selected_count) TRY(next_input(op, err));
    if (!op->in) return LUMA_OK;
    batch_reset(&op->batch);
    op->batch.rows = op->batch.selected_count = fill(op);
    if (op->batch.rows == 0) continue;
    *batch = &op->batch;
    return LUMA_OK;
  }
}

status op__open_unnest(struct exec *exec, const struct plan *plan, struct op **op,
                       struct err *err) {
  static const struct op_ops ops = {unnest_next, NULL};
  struct unnesting *unnesting = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *unnesting, &unnesting, err));
  *op = &unnesting->op;
  unnesting->nothing = (struct batch){.rows = 1, .selected_count = 1};
  TRY(program_create(exec->env, plan->exprs[0], &unnesting->list, err));
  TRY(batch_init(&unnesting->batch, exec->arena, plan->columns_count, err));
  return plan->input ? op__open(exec, plan->input, &unnesting->op.input, err) : LUMA_OK;
}
