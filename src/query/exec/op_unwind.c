/* SPDX-License-Identifier: MIT */
/* STAGE_UNWIND: a document for each element of a list in it, the element in the list's place. */
#include "query/exec/stage.h"
#include "query/expr/field.h"
#include "value/edit/edit.h"

struct unwinding {
  struct op op;
  struct batch batch;
  struct batch *in; /* rows being unwound */
  uint32_t nth, element;
  bool has_index;
  struct path index_path;
};

/** The document with `value` at the path, and the element's number where it is asked for. */
static status put_row(struct unwinding *op, const struct val *document, const struct val *value,
                      struct val index, struct err *err) {
  struct exec *exec = op->op.exec;
  struct arena *arena = &op->op.batch_arena;
  struct edit edit;
  struct val *kept = arena_alloc(arena, 2 * sizeof *kept); /* edits borrow */
  TRY(plan_check_memory(arena, kept, err));
  kept[0] = *value;
  kept[1] = index;
  TRY(edit_init(&edit, arena, document, err));
  if (kept[0].type == VAL_MISSING)
    TRY(edit_unset(&edit, &op->op.plan->stage->path, err));
  else
    TRY(edit_set(&edit, &op->op.plan->stage->path, &kept[0], err));
  if (op->has_index) TRY(edit_set(&edit, &op->index_path, &kept[1], err));
  TRY(field_take_edited(exec->env, arena, &edit, &op->batch.columns[0][op->batch.rows], err));
  op->batch.rows++;
  return LUMA_OK;
}

/** A document whose path leads to no list, or to an empty one. */
static status pass_on(struct unwinding *op, const struct val *document, const struct val *v,
                      struct err *err) {
  bool keeps = op->op.plan->stage->keeps_empty;
  bool is_value = !val_is_null(v) && v->type != VAL_LIST;
  struct val missing = val_missing();
  if (!keeps && !is_value) return LUMA_OK;
  if (!op->has_index && v->type != VAL_LIST) {
    op->batch.columns[0][op->batch.rows++] = *document;
    return LUMA_OK;
  }
  return put_row(op, document, v->type == VAL_LIST ? &missing : v, val_null(), err);
}

/** What the path reaches by names alone: a list on the way ends it. */
static struct val reach(const struct path *path, const struct val *document) {
  struct val v = *document;
  for (uint32_t i = 0; i < path->count; i++) {
    if (v.type != VAL_MAP) return val_missing();
    v = val_field(&v, path->steps[i].name);
  }
  return v;
}

static bool has_room(const struct unwinding *op) {
  return op->batch.rows < op->op.exec->batch_rows &&
         arena_used_bytes(&op->op.batch_arena) < BATCH_BYTES_ENOUGH;
}

static status unwind_some(struct unwinding *op, struct err *err) {
  const struct path *path = &op->op.plan->stage->path;
  while (op->nth < op->in->selected_count && has_room(op)) {
    const struct val *document = &op->in->columns[0][batch_row(op->in, op->nth)];
    struct val v = reach(path, document);
    uint32_t count = v.type == VAL_LIST ? val_count(&v) : 0;
    if (count == 0) TRY(pass_on(op, document, &v, err));
    for (; op->element < count && has_room(op); op->element++) {
      struct val element = val_at(&v, op->element);
      TRY(put_row(op, document, &element, val_int64(op->element), err));
    }
    if (op->element < count) return LUMA_OK;
    op->element = 0;
    op->nth++;
  }
  return LUMA_OK;
}

static status unwind_next(struct op *base, struct batch **batch, struct err *err) {
  struct unwinding *op = (struct unwinding *)base;
  TRY(op__check(base->exec, err));
  arena_reset(&base->batch_arena);
  batch_reset(&op->batch);
  while (op->batch.rows == 0) {
    if (!op->in || op->nth == op->in->selected_count) {
      TRY(op__next(base->input, &op->in, err));
      op->nth = op->element = 0;
      if (!op->in) return LUMA_OK;
    }
    TRY(unwind_some(op, err));
  }
  op->batch.selected_count = op->batch.rows;
  *batch = &op->batch;
  return LUMA_OK;
}

status op__open_unwind(struct exec *exec, const struct plan *plan, struct op **op,
                       struct err *err) {
  static const struct op_ops ops = {unwind_next, NULL};
  struct unwinding *unwinding = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *unwinding, &unwinding, err));
  *op = &unwinding->op;
  unwinding->has_index = plan->stage->index_name.bytes > 0;
  if (unwinding->has_index)
    TRY(path_parse(exec->arena, plan->stage->index_name, true, &unwinding->index_path, err));
  TRY(batch_init(&unwinding->batch, exec->arena, 1, err));
  return op__open(exec, plan->input, &unwinding->op.input, err);
}
