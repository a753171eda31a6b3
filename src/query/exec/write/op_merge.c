/* SPDX-License-Identifier: MIT */
/* MERGE: for each row the first WHEN that fits decides. What is to be done is collected first, with
 * all values, and done after: the rows are those of before the statement. */
#include "query/exec/group/tuple_table.h"
#include "query/exec/write/change.h"
#include "query/exec/write/guard.h"
#include "query/exec/write/write.h"

/** A WHEN, compiled. */
struct merging_when {
  const struct plan_merge *when;
  struct program *condition, *document;
  struct change *changes;
};

/** What is to be done to one document. */
struct merging_deed {
  const struct merging_when *when;
  struct val key;     /* of a matched document */
  struct val *values; /* of the changes; INSERT: the document */
};

struct merging {
  struct op op;
  struct merging_when *whens;
  struct merging_deed *deeds;
  uint64_t count, capacity;
  struct tuple_table seen; /* keys of matched documents */
  struct batch row;
  struct buf encoded;
  struct write_yield yield;
  const struct collection *collection;
  bool is_done;
};

static bool fits_match(const struct plan_merge *when, bool matched) {
  return (when->action <= PLAN_MERGE_KEEP) == matched;
}

/** The first WHEN for the only row of op->row. */
static status choose(struct merging *op, bool matched, const struct merging_when **chosen,
                     struct err *err) {
  *chosen = NULL;
  for (uint32_t i = 0; i < op->op.plan->merges_count && !*chosen; i++) {
    const struct merging_when *when = &op->whens[i];
    const struct val *values = NULL;
    uint32_t stride = 0;
    if (!fits_match(when->when, matched)) continue;
    if (when->condition) {
      TRY(program_run(when->condition, &op->row, &op->op.batch_arena, &values, &stride, err));
      if (values[0].type != VAL_BOOL || !values[0].boolean) continue;
    }
    *chosen = when;
  }
  return LUMA_OK;
}

static status add_deed(struct merging *op, struct merging_deed **deed, struct err *err) {
  if (op->count == op->capacity) {
    uint64_t capacity = op->capacity ? op->capacity * 2 : 256;
    struct merging_deed *deeds = arena_alloc(op->op.exec->arena, capacity * sizeof *deeds);
    TRY(op__memory(op->op.exec, deeds, err));
    if (op->count) memcpy(deeds, op->deeds, op->count * sizeof *deeds);
    op->deeds = deeds;
    op->capacity = capacity;
  }
  *deed = &op->deeds[op->count++];
  return LUMA_OK;
}

static status keep_value(struct merging *op, struct program *program, struct val *out,
                         struct err *err) {
  const struct val *values = NULL;
  uint32_t stride = 0;
  *out = val_missing();
  if (!program) return LUMA_OK;
  TRY(program_run(program, &op->row, &op->op.batch_arena, &values, &stride, err));
  return expr_copy_value(op->op.exec->arena, &values[0], out, err);
}

static status fail_twice(struct merging *op, struct err *err) {
  return expr_env_fail(op->op.exec->env, op->op.plan->offset,
                       err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                                 "two rows of the source match the same document"),
                       err);
}

static status note_key(struct merging *op, const struct val *target, struct merging_deed *deed,
                       struct err *err) {
  struct val key = val_field(target, slice_of_text("_id"));
  uint32_t number = 0;
  bool is_new = false;
  TRY(tuple_table_put(&op->seen, &key, tuple_table_hash(&key, 1), &number, &is_new, err));
  if (!is_new) return fail_twice(op, err);
  return expr_copy_value(op->op.exec->arena, &key, &deed->key, err);
}

/** Decides about one row of the input. */
static status take_row(struct merging *op, const struct batch *in, uint32_t row, struct err *err) {
  uint32_t last = in->columns_count - 1;
  const struct merging_when *when = NULL;
  for (uint32_t c = 0; c < in->columns_count; c++) op->row.columns[c][0] = in->columns[c][row];
  op->row.rows = op->row.selected_count = 1;
  bool matched = in->columns[last][row].type == VAL_MAP;
  TRY(choose(op, matched, &when, err));
  bool is_idle =
      !when || when->when->action == PLAN_MERGE_KEEP || when->when->action == PLAN_MERGE_SKIP;
  if (is_idle) return LUMA_OK;
  struct merging_deed *deed = NULL;
  uint32_t count = when->when->updates_count;
  TRY(add_deed(op, &deed, err));
  *deed = (struct merging_deed){.when = when};
  deed->values = arena_alloc(op->op.exec->arena, (count + 1) * sizeof *deed->values);
  TRY(op__memory(op->op.exec, deed->values, err));
  if (matched) TRY(note_key(op, &in->columns[last][row], deed, err));
  for (uint32_t i = 0; i < count; i++)
    TRY(keep_value(op, when->changes[i].value, &deed->values[i], err));
  return when->document ? keep_value(op, when->document, &deed->values[0], err) : LUMA_OK;
}

static status take_all(struct merging *op, struct err *err) {
  for (;;) {
    struct batch *in = NULL;
    TRY(op__next(op->op.input, &in, err));
    if (!in) return LUMA_OK;
    for (uint32_t i = 0; i < in->selected_count; i++) {
      arena_reset(&op->op.batch_arena);
      TRY(take_row(op, in, batch_row(in, i), err));
    }
  }
}

/* ---- doing it ---- */

static status insert(struct merging *op, const struct merging_deed *deed, struct err *err) {
  struct exec *exec = op->op.exec;
  struct val named;
  if (deed->values[0].type != VAL_MAP)
    FAIL(err, LUMA_INVALID_VALUE, "a document is a map of attributes, not %s",
         val_type_name((enum val_type)deed->values[0].type));
  TRY(write_name_key(exec, &op->op.batch_arena, &deed->values[0], &named, err));
  struct model_write write = {.document = &named};
  uint32_t failed = 0;
  TRY(model_insert(exec->txn, op->collection, &write, 1, &failed, err));
  TRY(guard_inserted(exec, op->collection, &write, 1, err));
  TRY(write_note_keys(exec, &write, 1, err));
  return write_yield_inserted(&op->yield, exec, op->op.plan, op->collection, &write, err);
}

static status update(struct merging *op, const struct merging_deed *deed, const struct doc *there,
                     struct err *err) {
  struct exec *exec = op->op.exec;
  struct val changed, root = doc_root(there);
  struct edit edit;
  struct build build;
  const struct change_site site = {
      .exec = exec, .edit = &edit, .batch = &op->row, .arena = &op->op.batch_arena};
  op->row.columns[0][0] = root;
  TRY(edit_init(&edit, site.arena, &root, err));
  for (uint32_t i = 0; i < deed->when->when->updates_count; i++) {
    struct change change = deed->when->changes[i];
    change.given = &deed->values[i];
    TRY(change_apply(&site, &change, err));
  }
  build_init(&build, &op->encoded, op->collection->names);
  status written = change_write(&edit, &build, &changed, err);
  build_deinit(&build);
  TRY(written);
  TRY(guard_changed(exec, &root, &changed, err));
  TRY(write_replace(exec, op->collection, there, &changed, err));
  return write_yield_keep(&op->yield, op->op.plan, &changed, err);
}

static status change_one(struct merging *op, const struct merging_deed *deed,
                         const struct doc *there, struct err *err) {
  op->op.exec->matched++;
  if (deed->when->when->action == PLAN_MERGE_UPDATE) return update(op, deed, there, err);
  struct val root = doc_root(there);
  TRY(write_yield_keep(&op->yield, op->op.plan, &root, err));
  TRY(guard_changed(op->op.exec, &root, NULL, err));
  return model_delete(op->op.exec->txn, op->collection, there, err);
}

static status do_one(struct merging *op, const struct merging_deed *deed, struct err *err) {
  struct store_pins pins = {0};
  struct doc there = {0};
  arena_reset(&op->op.batch_arena);
  TRY(op__check(op->op.exec, err));
  if (deed->when->when->action == PLAN_MERGE_INSERT) return insert(op, deed, err);
  status done = model_get_many(op->op.exec->txn, op->collection, &deed->key, 1, &there, &pins, err);
  if (done == LUMA_OK && there.data) done = change_one(op, deed, &there, err);
  store_pins_release(&pins);
  return done;
}

static status merge_next(struct op *base, struct batch **batch, struct err *err) {
  struct merging *op = (struct merging *)base;
  if (!op->is_done) {
    op->is_done = true;
    TRY(take_all(op, err));
    TRY(write_collection(base->exec, base->plan, &op->collection, err));
    for (uint64_t i = 0; i < op->count; i++) TRY(do_one(op, &op->deeds[i], err));
  }
  write_yield_next(&op->yield, batch);
  return LUMA_OK;
}

static void merge_close(struct op *base) {
  buf_deinit(&((struct merging *)base)->encoded);
}

static status compile(struct exec *exec, const struct plan_merge *merge, struct merging_when *when,
                      struct err *err) {
  when->when = merge;
  if (merge->condition) TRY(program_create(exec->env, merge->condition, &when->condition, err));
  if (merge->document) TRY(program_create(exec->env, merge->document, &when->document, err));
  when->changes = arena_zalloc(exec->arena, merge->updates_count + 1, sizeof *when->changes);
  TRY(op__memory(exec, when->changes, err));
  for (uint32_t i = 0; i < merge->updates_count; i++)
    TRY(change_compile(exec, &merge->updates[i], NULL, &when->changes[i], err));
  return LUMA_OK;
}

status op__open_merge(struct exec *exec, const struct plan *plan, struct op **op, struct err *err) {
  static const struct op_ops ops = {merge_next, merge_close};
  struct merging *merging = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *merging, &merging, err));
  *op = &merging->op;
  buf_init(&merging->encoded, EXPR_SCRATCH_BYTES_MAX);
  tuple_table_init(&merging->seen, exec, 1);
  TRY(write_yield_init(&merging->yield, exec, plan, err));
  merging->whens = arena_zalloc(exec->arena, plan->merges_count, sizeof *merging->whens);
  TRY(op__memory(exec, merging->whens, err));
  for (uint32_t i = 0; i < plan->merges_count; i++)
    TRY(compile(exec, plan->merges[i], &merging->whens[i], err));
  TRY(batch_init(&merging->row, exec->arena, plan->input->columns_count, err));
  return op__open(exec, plan->input, &merging->op.input, err);
}
