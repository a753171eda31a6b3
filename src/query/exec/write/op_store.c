/* SPDX-License-Identifier: MIT */
/* STAGE_OUT and STAGE_MERGE, the ends of pipelines that write: all rows are taken before the first
 * document changes, since the pipeline may read the same collection. What fails leaves everything
 * as it was: the statement's transaction ends. */
#include "query/exec/stage.h"
#include "query/exec/write/guard.h"
#include "query/exec/write/write.h"
#include "query/expr/field.h"
#include "query/mongo/mongo.h"
#include "value/edit/edit.h"
#include "value/order/order.h"

enum { STORE_AT_ONCE = 64 };

struct storing {
  struct op op;
  const struct collection *collection;
  struct stage_rows kept;            /* rows, and the values of the merge's variables */
  struct program **replacement;      /* COMPUTES */
  struct batch there;                /* one row: the document there, then the variables */
  const struct catalog_index *index; /* MERGE: of the paths; NULL: they are the key */
  bool is_done;
};

static const struct plan_stage *stage_of(const struct storing *op) {
  return op->op.plan->stage;
}

static struct slice key_name(void) {
  return slice_of_text("_id");
}

static status insert_some(struct storing *op, uint64_t from, uint32_t count, struct err *err) {
  struct model_write writes[STORE_AT_ONCE];
  struct exec *exec = op->op.exec;
  uint32_t failed = 0;
  for (uint32_t i = 0; i < count; i++)
    writes[i] = (struct model_write){.document = rows_at(&op->kept.rows, from + i)};
  TRY(op__check(exec, err));
  TRY(model_insert(exec->txn, op->collection, writes, count, &failed, err));
  return guard_inserted(exec, op->collection, writes, count, err);
}

/* ---- out ---- */

static status delete_one(struct exec *exec, const struct collection *collection,
                         const struct doc *document, struct err *err) {
  struct val root = doc_root(document);
  TRY(guard_removed(exec, &root, err));
  return model_delete(exec->txn, collection, document, err);
}

static status delete_all(struct storing *op, struct err *err) {
  struct doc documents[STORE_AT_ONCE];
  struct model_scan *scan = NULL;
  struct model_scan_options options = {0};
  uint32_t count = 0;
  struct exec *exec = op->op.exec;
  TRY(model_scan_open(exec->txn, op->collection, &options, &scan, err));
  status done = LUMA_OK;
  do {
    done = model_scan_next(scan, STORE_AT_ONCE, documents, &count, err);
    for (uint32_t i = 0; i < count && done == LUMA_OK; i++)
      done = delete_one(exec, op->collection, &documents[i], err);
  } while (count && done == LUMA_OK);
  model_scan_close(scan);
  return done;
}

static status replace_all(struct storing *op, struct err *err) {
  TRY(delete_all(op, err));
  for (uint64_t at = 0; at < op->kept.rows.count; at += STORE_AT_ONCE) {
    uint64_t left = op->kept.rows.count - at;
    TRY(insert_some(op, at, left < STORE_AT_ONCE ? (uint32_t)left : STORE_AT_ONCE, err));
  }
  return LUMA_OK;
}

/* ---- merge: which document ---- */

static bool is_by_key(const struct plan_stage *stage) {
  return stage->paths_count == 1 && stage->paths[0].count == 1 &&
         slice_is_equal(stage->paths[0].steps[0].name, key_name());
}

/** Whether the index says that at most one document has values at exactly these paths. */
static bool is_unique_of(const struct catalog_index *index, const struct plan_stage *stage) {
  uint32_t shared = 0;
  for (uint32_t k = 0; k < index->def.keys_count; k++)
    for (uint32_t p = 0; p < stage->paths_count; p++)
      shared += path_is_equal(&index->def.keys[k].path, &stage->paths[p]);
  return shared == stage->paths_count && shared == index->def.keys_count && index->def.unique &&
         index->def.collation.bytes == 0 && index->state == CATALOG_INDEX_PUBLIC &&
         !catalog_index_is_partial(index);
}

/** The index that leads to the document; NULL: its key does. */
static status find_unique(struct storing *op, struct err *err) {
  if (is_by_key(stage_of(op))) return LUMA_OK;
  for (uint32_t i = 0; i < op->collection->indexes_count && !op->index; i++)
    if (is_unique_of(&op->collection->indexes[i], stage_of(op)))
      op->index = &op->collection->indexes[i];
  if (op->index) return LUMA_OK;
  return mongo_fail(err, 51183, "Cannot find index to verify that join fields will be unique");
}

/** The row's values at the paths, in the order of the index. */
static status values_of(const struct storing *op, const struct val *row, struct val *values,
                        struct err *err) {
  for (uint32_t k = 0; k < op->index->def.keys_count; k++) {
    values[k] = path_get(&op->index->def.keys[k].path, row);
    if (val_is_null(&values[k]) || values[k].type == VAL_LIST)
      return mongo_fail(err, 51132,
                        "$merge write error: 'on' field cannot be missing, null, "
                        "undefined or an array");
  }
  return LUMA_OK;
}

/** The key of the document that the row speaks of; MISSING if there is none. */
static status find_key(struct storing *op, const struct val *row, struct val *key,
                       struct err *err) {
  struct val values[INDEX_KEYS_MAX], root;
  struct index_bounds bounds = {.equal = values};
  struct model_scan_options options = {.index = op->index, .bounds = &bounds};
  struct model_scan *scan = NULL;
  struct doc there;
  uint32_t count = 0;
  *key = val_missing();
  if (!op->index) {
    *key = val_field(row, key_name());
    return LUMA_OK;
  }
  TRY(values_of(op, row, values, err));
  bounds.equal_count = op->index->def.keys_count;
  TRY(model_scan_open(op->op.exec->txn, op->collection, &options, &scan, err));
  status done = model_scan_next(scan, 1, &there, &count, err);
  if (done == LUMA_OK && count) {
    root = doc_root(&there);
    struct val found = val_field(&root, key_name());
    done = expr_copy_value(&op->op.batch_arena, &found, key, err);
  }
  model_scan_close(scan);
  return done;
}

/* ---- merge: what becomes of it ---- */

/** Takes what was built as the document with the key. */
static status write_built(struct storing *op, const struct doc *there, struct build *build,
                          status done, struct err *err) {
  struct exec *exec = op->op.exec;
  struct val changed;
  if (done == LUMA_OK)
    done = field_take_built(exec->env, &op->op.batch_arena, build, &changed, err);
  build_deinit(build);
  buf_reset(&exec->env->scratch);
  if (done != LUMA_OK) return done;
  struct val before = doc_root(there);
  TRY(model_replace(exec->txn, op->collection, there, &changed, err));
  return guard_changed(exec, &before, &changed, err);
}

/** `document` in the place of the one there, with its key. */
static status put_instead(struct storing *op, const struct doc *there, const struct val *document,
                          struct err *err) {
  struct val root = doc_root(there), key = val_field(&root, key_name());
  struct val own = val_field(document, key_name());
  struct build build;
  if (document->type != VAL_MAP)
    return mongo_fail(err, 51187, "a document of $merge must be an object, not %s",
                      mongo_type_name(document));
  if (own.type != VAL_MISSING && !val_is_equal(&own, &key))
    return mongo_fail(err, 66,
                      "$merge failed to update the matching document: the immutable "
                      "field '_id' was found to have been altered");
  build_init(&build, &op->op.exec->env->scratch, NULL);
  build_begin_map(&build);
  build_name(&build, key_name());
  build_put(&build, &key);
  for (uint32_t i = 0; i < val_count(document); i++) {
    struct slice name;
    struct val field = val_field_at(document, i, &name);
    if (slice_is_equal(name, key_name())) continue;
    build_name(&build, name);
    build_put(&build, &field);
  }
  build_end(&build);
  return write_built(op, there, &build, LUMA_OK, err);
}

/** The fields of the row over those there. */
static status put_over(struct storing *op, const struct doc *there, const struct val *row,
                       struct err *err) {
  struct val root = doc_root(there), *fields = NULL;
  struct edit edit;
  struct build build;
  uint32_t count = val_count(row);
  struct arena *arena = &op->op.batch_arena;
  fields = arena_alloc(arena, (count + 1) * sizeof *fields); /* edits borrow */
  TRY(plan_check_memory(arena, fields, err));
  TRY(edit_init(&edit, arena, &root, err));
  for (uint32_t i = 0; i < count; i++) {
    struct path_step step;
    struct slice name;
    fields[i] = val_field_at(row, i, &name);
    struct path path = path_of_name(&step, name);
    if (slice_is_equal(name, key_name()) && !is_by_key(stage_of(op))) continue;
    TRY(edit_set(&edit, &path, &fields[i], err));
  }
  build_init(&build, &op->op.exec->env->scratch, NULL);
  build_begin_map(&build);
  status done = edit_write(&edit, &build, err);
  build_end(&build);
  return write_built(op, there, &build, done, err);
}

static status put_computed(struct storing *op, const struct doc *there, const struct val *tuple,
                           struct err *err) {
  const struct val *values = NULL;
  uint32_t stride = 0;
  op->there.columns[0][0] = doc_root(there);
  for (uint32_t e = 0; e <= op->kept.exprs_count; e++) op->there.columns[e + 1][0] = tuple[e];
  op->there.rows = op->there.selected_count = 1;
  TRY(program_run(op->replacement[0], &op->there, &op->op.batch_arena, &values, &stride, err));
  return put_instead(op, there, &values[0], err);
}

static status change(struct storing *op, const struct doc *there, const struct val *tuple,
                     struct err *err) {
  op->op.exec->matched++;
  switch ((int)stage_of(op)->matched) {
  case STAGE_MERGE_REPLACES: return put_instead(op, there, &tuple[0], err);
  case STAGE_MERGE_MERGES: return put_over(op, there, &tuple[0], err);
  case STAGE_MERGE_COMPUTES: return put_computed(op, there, tuple, err);
  case STAGE_MERGE_FAILS: {
    struct val root = doc_root(there), key = val_field(&root, key_name());
    status failed = err_raise(err, LUMA_DUPLICATE_KEY, __FILE__, __LINE__,
                              "$merge with whenMatched: fail found an existing document with the "
                              "same values for the 'on' fields (its _id is of type %s)",
                              mongo_type_name(&key));
    if (err) err->foreign = 11000;
    return failed;
  }
  default: return LUMA_OK;
  }
}

static status merge_row(struct storing *op, uint64_t at, struct err *err) {
  const struct val *tuple = rows_at(&op->kept.rows, at);
  struct exec *exec = op->op.exec;
  struct store_pins pins = {0};
  struct doc there = {0};
  struct val key;
  status done = LUMA_OK;
  arena_reset(&op->op.batch_arena);
  TRY(find_key(op, &tuple[0], &key, err));
  if (key.type != VAL_MISSING)
    done = model_get_many(exec->txn, op->collection, &key, 1, &there, &pins, err);
  if (done == LUMA_OK && there.data) {
    done = change(op, &there, tuple, err);
  } else if (done == LUMA_OK && stage_of(op)->unmatched == STAGE_MERGE_FAILS) {
    done = mongo_fail(err, 13113,
                      "$merge could not find a matching document in the target "
                      "collection for at least one document in the source collection");
  } else if (done == LUMA_OK && stage_of(op)->unmatched == STAGE_MERGE_INSERTS) {
    done = insert_some(op, at, 1, err);
  }
  store_pins_release(&pins);
  return done;
}

static status merge_all(struct storing *op, struct err *err) {
  TRY(find_unique(op, err));
  for (uint64_t at = 0; at < op->kept.rows.count; at++) TRY(merge_row(op, at, err));
  return LUMA_OK;
}

static bool is_series(const struct catalog_rules *there, const struct plan_rules *asked) {
  return slice_is_equal(there->time_field, asked->time_field) &&
         slice_is_equal(there->meta_field, asked->meta_field) &&
         there->granularity == asked->granularity && there->span_s == asked->span_s;
}

/** $out with `timeseries`: one that is there stays, with its lifetime; what is there otherwise is
 * an error. */
static status make_series(struct exec *exec, const struct plan *plan, struct err *err) {
  enum { NAMESPACE_EXISTS = 48 };
  struct slice name = plan->collection_name;
  const struct plan_rules *asked = plan->rules;
  if (!asked) return LUMA_OK;
  const struct collection *there = catalog_find(model_catalog(exec->txn), name);
  if (there && is_series(&there->rules, asked)) return LUMA_OK;
  if (there)
    return mongo_fail_as(err, LUMA_ALREADY_EXISTS, NAMESPACE_EXISTS,
                         "Collection `%.*s` already exists, with other options", SLICE_ARG(name));
  const struct catalog_rules rules = {.validation = CATALOG_VALIDATES_ALL,
                                      .time_field = asked->time_field,
                                      .meta_field = asked->meta_field,
                                      .granularity = asked->granularity,
                                      .span_s = asked->span_s};
  TRY(model_create_collection(exec->txn, name, false, NULL, err));
  return model_set_rules(exec->txn, name, &rules, err);
}

static status store_next(struct op *base, struct batch **batch, struct err *err) {
  struct storing *op = (struct storing *)base;
  (void)batch;
  if (op->is_done) return LUMA_OK;
  op->is_done = true;
  TRY(stage_rows_take(&op->kept, base->input, &base->batch_arena, err));
  TRY(make_series(base->exec, base->plan, err));
  TRY(write_collection(base->exec, base->plan, &op->collection, err));
  return stage_of(op)->kind == STAGE_OUT ? replace_all(op, err) : merge_all(op, err);
}

status op__open_store(struct exec *exec, const struct plan *plan, struct op **op, struct err *err) {
  static const struct op_ops ops = {store_next, NULL};
  struct storing *storing = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *storing, &storing, err));
  *op = &storing->op;
  TRY(stage_rows_init(&storing->kept, exec, plan, err));
  TRY(batch_init(&storing->there, exec->arena, plan->exprs_count + 2, err));
  if (plan->replacement) TRY(op__programs(exec, &plan->replacement, 1, &storing->replacement, err));
  return op__open(exec, plan->input, &storing->op.input, err);
}
