/* SPDX-License-Identifier: MIT */
/* UPDATE: edits or replaces the documents of its input; all of them, or (JQL, not multi) the first.
 * With `upsert` and nothing found, inserts a document made of the filter's equalities and the
 * changes. A document that comes out as it was is not written. */
#include "query/exec/write/conflict.h"
#include "query/exec/write/guard.h"
#include "query/exec/write/updating.h"
#include "query/expr/field.h"
#include "query/mongo/mongo.h"
#include "value/order/order.h"

static struct build *builder_of(struct updating *op) {
  if (!op->has_build) build_init(&op->build, &op->encoded, op->collection->names);
  op->has_build = true;
  return &op->build;
}

/** The changed document, as a value over op->encoded (with the collection's names). */
static status edit_document(struct updating *op, const struct val *document, bool inserting,
                            struct val *changed, struct err *err) {
  struct edit edit;
  const struct change_site site = {.exec = op->op.exec,
                                   .edit = &edit,
                                   .batch = &op->row,
                                   .arena = &op->op.batch_arena,
                                   .inserting = inserting};
  TRY(edit_init(&edit, site.arena, document, err));
  TRY(change_apply_all(&site, op->changes, op->op.plan->updates_count, err));
  return change_write(&edit, builder_of(op), changed, err);
}

/** A replacement keeps the key of what it replaces, when it has none. */
static status replace_document(struct updating *op, const struct val *key, struct val *changed,
                               struct err *err) {
  const struct val *values = NULL;
  uint32_t stride = 0;
  struct slice built;
  TRY(program_run(op->replacement, &op->row, &op->op.batch_arena, &values, &stride, err));
  if (values[0].type != VAL_MAP)
    FAIL(err, LUMA_INVALID_VALUE, "a document is a map of attributes, not %s",
         val_type_name((enum val_type)values[0].type));
  struct build *build = builder_of(op);
  struct val own = val_field(&values[0], slice_of_text("_id"));
  buf_reset(&op->encoded);
  build_begin_document(build);
  build_name(build, slice_of_text("_id"));
  build_put(build, own.type == VAL_MISSING ? key : &own);
  for (uint32_t i = 0; i < val_count(&values[0]); i++) {
    struct slice name;
    struct val field = val_field_at(&values[0], i, &name);
    if (slice_is_equal(name, slice_of_text("_id"))) continue;
    build_name(build, name);
    build_put(build, &field);
  }
  TRY(build_finish(build, &built, err));
  return change_take(built, op->collection->names, changed, err);
}

status updating_make(struct updating *op, const struct val *document, bool inserting,
                     struct val *changed, struct err *err) {
  op->row.columns[0][0] = *document;
  op->row.rows = op->row.selected_count = 1;
  struct val key = val_field(document, slice_of_text("_id"));
  if (op->replacement) return replace_document(op, &key, changed, err);
  return edit_document(op, document, inserting, changed, err);
}

static bool is_multi(const struct op *op) {
  return op->plan->multi || op->exec->language != PLAN_JQL;
}

status updating_change(void *context, const struct doc *document, struct err *err) {
  struct updating *op = context;
  struct exec *exec = op->op.exec;
  struct val changed, root = doc_root(document);
  if (!is_multi(&op->op) && op->matched) return LUMA_OK;
  arena_reset(&op->op.batch_arena);
  TRY(updating_make(op, &root, false, &changed, err));
  if (op->conflict) {
    struct val key = val_field(&root, slice_of_text("_id"));
    bool may = true;
    TRY(conflict_update(op->conflict, op->collection, &changed, &key, &may, err));
    if (!may) return LUMA_OK;
  }
  op->matched++;
  exec->matched++;
  bool before = op->op.plan->yields_before;
  if (before) TRY(write_yield_keep(&op->yield, op->op.plan, &root, err));
  bool same = changed.bytes == root.bytes && memcmp(changed.data, root.data, root.bytes) == 0;
  if (!same || exec->language != PLAN_JQL) TRY(guard_changed(exec, &root, &changed, err));
  if (!same) TRY(write_replace(exec, op->collection, document, &changed, err));
  return before ? LUMA_OK : write_yield_keep(&op->yield, op->op.plan, &changed, err);
}

/* ---- values computed apart ---- */

static status take_apart(struct updating *op, const struct batch *in, struct err *err) {
  const struct plan *plan = op->op.plan;
  uint64_t first = op->apart_values.count;
  uint16_t *fresh = arena_alloc(&op->op.batch_arena, BATCH_ROWS * sizeof *fresh);
  uint32_t count = 0;
  TRY(plan_check_memory(&op->op.batch_arena, fresh, err));
  for (uint32_t i = 0; i < in->selected_count; i++) {
    struct val key = val_field(&in->columns[0][batch_row(in, i)], slice_of_text("_id")), *tuple;
    uint32_t number = 0;
    bool is_new = false;
    TRY(tuple_table_put(&op->apart_keys, &key, tuple_table_hash(&key, 1), &number, &is_new, err));
    if (!is_new) continue; /* the first of the rows beside it counts */
    fresh[count++] = (uint16_t)batch_row(in, i);
    TRY(rows_add(&op->apart_values, &tuple, err));
  }
  for (uint32_t u = 0; u < plan->updates_count; u++) {
    const struct val *values = NULL;
    uint32_t stride = 0;
    if (!op->changes[u].value) continue;
    TRY(program_run(op->changes[u].value, in, &op->op.batch_arena, &values, &stride, err));
    for (uint32_t i = 0; i < count; i++)
      TRY(expr_copy_value(op->op.exec->arena, &values[fresh[i] * stride],
                          &rows_at(&op->apart_values, first + i)[u], err));
  }
  return LUMA_OK;
}

static status update_apart(struct updating *op, struct err *err) {
  struct doc document;
  for (;;) {
    struct batch *in = NULL;
    arena_reset(&op->op.batch_arena);
    TRY(op__next(op->op.input, &in, err));
    if (!in) break;
    TRY(take_apart(op, in, err));
  }
  for (uint64_t i = 0; i < op->apart_keys.tuples.count; i++) {
    struct store_pins pins = {0};
    TRY(op__check(op->op.exec, err));
    for (uint32_t u = 0; u < op->op.plan->updates_count; u++)
      op->changes[u].given = op->changes[u].value ? &rows_at(&op->apart_values, i)[u] : NULL;
    status done = model_get_many(op->op.exec->txn, op->collection,
                                 rows_at(&op->apart_keys.tuples, i), 1, &document, &pins, err);
    if (done == LUMA_OK && document.data) done = updating_change(op, &document, err);
    store_pins_release(&pins);
    TRY(done);
  }
  return LUMA_OK;
}

/* ---- upsert ---- */

/** A filter that says two things about one path says nothing about what to insert, nor does one
 * that knows a part of the key. */
static status check_free(struct edit *edit, const struct path *path, struct err *err) {
  enum { NOT_SINGLE_VALUE_FIELD = 54, NOT_EXACT_VALUE_FIELD = 111 };
  bool is_free = true;
  struct buf text;
  if (path->count > 1 && slice_is_equal(path->steps[0].name, slice_of_text("_id")))
    return mongo_fail(err, NOT_EXACT_VALUE_FIELD, "field at '_id' must be exactly specified");
  for (uint32_t i = 1; i <= path->count && is_free; i++) {
    const struct path above = {.steps = path->steps, .count = i};
    struct val taken;
    TRY(edit_get(edit, &above, &taken, err));
    is_free = taken.type == VAL_MISSING || (i < path->count && taken.type == VAL_MAP);
  }
  if (is_free) return LUMA_OK;
  buf_init(&text, ERR_MESSAGE_BYTES);
  path_format(path, &text);
  status failed = mongo_fail(err, NOT_SINGLE_VALUE_FIELD,
                             "cannot infer query fields to set, path '%.*s' is matched twice",
                             SLICE_ARG(buf_slice(&text)));
  buf_deinit(&text);
  return failed;
}

/** What an upsert inserts has the key that the filter asked for. */
static status check_seed_key(const struct val *seed, const struct val *made, struct err *err) {
  struct val asked = val_field(seed, slice_of_text("_id"));
  struct val key = val_field(made, slice_of_text("_id"));
  if (asked.type == VAL_MISSING || val_is_equal(&asked, &key)) return LUMA_OK;
  return mongo_fail(err, 66, "the key of a document cannot be changed");
}

/** The one value a predicate leaves for its path: of an equality, or of a list of one. */
static bool only_value(enum match_op op, const struct val *operand, struct val *value) {
  *value = *operand;
  if (op == MATCH_EQ) return operand->type != VAL_REGEX;
  if ((op != MATCH_ALL && op != MATCH_IN) || operand->type != VAL_LIST || val_count(operand) != 1)
    return false;
  *value = val_at(operand, 0);
  return value->type != VAL_REGEX;
}

static status set_equality(struct updating *op, const struct match *match, struct edit *edit,
                           struct err *err) {
  struct val operand, *value = arena_alloc(&op->op.batch_arena, sizeof *value); /* edits borrow */
  TRY(plan_check_memory(&op->op.batch_arena, value, err));
  TRY(program_constant(op->op.exec->env, match->value, &operand, err));
  if (!only_value(match->op, &operand, value)) return LUMA_OK;
  TRY(expr_env_fail(op->op.exec->env, match->offset, check_free(edit, &match->path, err), err));
  return edit_set(edit, &match->path, value, err);
}

static status set_equalities(struct updating *op, const struct match *match, struct edit *edit,
                             struct err *err) {
  bool is_tree = match->op == MATCH_AND || (match->op == MATCH_OR && match->children_count == 1);
  for (uint32_t i = 0; is_tree && i < match->children_count; i++)
    TRY(set_equalities(op, match->children[i], edit, err));
  return match->path.count && match->value ? set_equality(op, match, edit, err) : LUMA_OK;
}

/** The document an upsert begins with. */
static status make_seed(struct updating *op, struct val *seed, struct err *err) {
  static const uint8_t empty[] = {VAL_MAP};
  struct val nothing = val_decode(slice_of(empty, sizeof empty), NULL);
  struct edit edit;
  TRY(edit_init(&edit, &op->op.batch_arena, &nothing, err));
  if (op->op.plan->upsert_match) TRY(set_equalities(op, op->op.plan->upsert_match, &edit, err));
  return field_take_edited(op->op.exec->env, &op->op.batch_arena, &edit, seed, err);
}

static status upsert(struct updating *op, struct err *err) {
  struct exec *exec = op->op.exec;
  struct val seed, made;
  arena_reset(&op->op.batch_arena);
  TRY(make_seed(op, &seed, err));
  TRY(updating_make(op, &seed, true, &made, err));
  TRY(check_seed_key(&seed, &made, err));
  struct model_write write = {.document = &made, .knows_names = true, .has_header = true};
  uint32_t failed = 0;
  TRY(model_insert(exec->txn, op->collection, &write, 1, &failed, err));
  TRY(guard_inserted(exec, op->collection, &write, 1, err));
  exec->upserted = true;
  if (!op->op.plan->yields_before)
    TRY(write_yield_inserted(&op->yield, exec, op->op.plan, op->collection, &write, err));
  return write_note_keys(exec, &write, 1, err);
}

static status update_next(struct op *base, struct batch **batch, struct err *err) {
  struct updating *op = (struct updating *)base;
  if (op->is_done) {
    write_yield_next(&op->yield, batch);
    return LUMA_OK;
  }
  op->is_done = true;
  op->collection = base->plan->collection;
  if (base->plan->points) return updating_points(op, err);
  if (op->collection && base->plan->is_apart)
    TRY(update_apart(op, err));
  else if (op->collection)
    TRY(write_for_each(base, op->collection, updating_change, op, err));
  if (!op->matched && base->plan->upsert) {
    TRY(write_collection(base->exec, base->plan, &op->collection, err));
    TRY(upsert(op, err));
  }
  write_yield_next(&op->yield, batch);
  return LUMA_OK;
}

static void update_close(struct op *base) {
  struct updating *op = (struct updating *)base;
  if (op->has_build) build_deinit(&op->build);
  buf_deinit(&op->encoded);
  conflict_destroy(op->conflict);
}

status op__open_update(struct exec *exec, const struct plan *plan, struct op **op,
                       struct err *err) {
  static const struct op_ops ops = {update_next, update_close};
  struct updating *updating = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *updating, &updating, err));
  *op = &updating->op;
  buf_init(&updating->encoded, EXPR_SCRATCH_BYTES_MAX);
  TRY(write_yield_init(&updating->yield, exec, plan, err));
  tuple_table_init(&updating->apart_keys, exec, 1);
  rows_init(&updating->apart_values, exec, plan->updates_count);
  updating->changes = arena_zalloc(exec->arena, plan->updates_count + 1, sizeof *updating->changes);
  TRY(op__memory(exec, updating->changes, err));
  TRY(positional_create(exec, plan, &updating->positional, err));
  for (uint32_t i = 0; i < plan->updates_count; i++)
    TRY(change_compile(exec, &plan->updates[i], &updating->positional, &updating->changes[i], err));
  if (plan->replacement)
    TRY(program_create(exec->env, plan->replacement, &updating->replacement, err));
  TRY(conflict_create(exec, plan, &updating->conflict, err));
  TRY(batch_init_rows(&updating->row, exec->arena, 1, 1, err));
  return op__open(exec, plan->input, &updating->op.input, err);
}
