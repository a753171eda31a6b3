/* SPDX-License-Identifier: MIT */
/* Statements about the catalog: they do their work when first asked and yield no rows; and SHOW,
 * which yields what the catalog holds. */
#include "query/exec/exec_int.h"
#include "query/exec/schema/schema_mongo.h"
#include "query/exec/write/guard.h"
#include "query/exec/write/index_document.h"
#include "query/mongo/mongo.h"

static bool is_any_path(const struct path *path) {
  return path->count && slice_is_equal(path->steps[path->count - 1].name, slice_of_text("$**"));
}

/** The index keys of the plan as the model takes them. */
static status make_keys(struct exec *exec, const struct plan *plan, struct index_key **keys,
                        struct err *err) {
  *keys = arena_zalloc(exec->arena, plan->index_keys_count + 2, sizeof **keys);
  TRY(op__memory(exec, *keys, err));
  uint32_t count = 0;
  for (uint32_t i = 0; i < plan->index_keys_count; i++) {
    const struct plan_index_key *asked = &plan->index_keys[i];
    struct index_key *key = &(*keys)[count++];
    key->path = asked->path;
    key->expression = asked->text;
    key->descending = asked->descending;
    key->hashed = asked->hashed;
    if (plan->index_wildcard.bytes && is_any_path(&key->path))
      (*keys)[count++] = *key; /* a path, and what is there */
  }
  return LUMA_OK;
}

/** Asked while an index is built. */
static bool go_on(void *context, uint64_t done, uint64_t total) {
  (void)done, (void)total;
  return op__check(context, NULL) == LUMA_OK;
}

/** In JQL an index makes its collection. Building it commits by itself, and so does this. */
static status make_collection(struct exec *exec, const struct plan *plan, struct err *err) {
  struct store_begin_options options = {.may_block = true};
  struct model_txn *txn = NULL;
  if (plan->collection || !plan->missing_is_empty) return LUMA_OK;
  TRY(model_begin(exec->model, &options, &txn, err));
  status done = model_create_collection(txn, plan->collection_name, true, NULL, err);
  if (done == LUMA_OK) return model_commit(txn, STORE_SYNC_DEFAULT, NULL, err);
  model_rollback(txn);
  return done;
}

static status create_index(struct exec *exec, const struct plan *plan, struct err *err) {
  struct index_key *keys = NULL;
  bool is_there = false;
  if (exec->language == PLAN_JQL) TRY(schema_mongo_check_index(exec, plan, &is_there, err));
  TRY(make_collection(exec, plan, err));
  if (is_there) return LUMA_OK;
  TRY(make_keys(exec, plan, &keys, err));
  struct model_index_spec spec = {
      .name = plan->index_name,
      .keys = keys,
      .keys_count = plan->index_keys_count + (plan->index_wildcard.bytes > 0),
      .wildcard = plan->index_wildcard,
      .collation = plan->index_collation,
      .unique = plan->unique,
      .multikey = plan->multikey,
      .nulls_distinct = plan->nulls_distinct,
      .sparse = plan->sparse,
      .hidden = plan->hidden,
      .expires = plan->expires,
      .expire_s = plan->expire_s,
      .if_not_exists = plan->if_not_exists,
      .condition = {plan->index_matches ? SOUL_RULE_MATCH : SOUL_RULE_LASTING,
                    plan->index_condition}};
  struct slice name = plan->collection ? plan->collection->name : plan->collection_name;
  return model_create_index(exec->model, name, &spec, go_on, exec, err);
}

/** What is always there: all but it are dropped. */
static bool is_kept(const struct plan *plan, const struct collection *collection,
                    const struct catalog_index *index) {
  return plan->all && collection_is_time_index(collection, index);
}

/** The indexes of these keys, or all. Each drop makes a new picture of the collection. */
static status drop_chosen(struct exec *exec, const struct plan *plan, struct slice name,
                          struct err *err) {
  uint32_t at = 0, dropped = 0;
  for (;;) {
    const struct collection *collection = catalog_find(model_catalog(exec->txn), name);
    if (!collection) return catalog_fail_unknown(model_catalog(exec->txn), name, err);
    if (at >= collection->indexes_count) break;
    const struct catalog_index *index = &collection->indexes[at];
    bool is_meant = plan->all || index_document_has_keys(index, plan);
    if (is_meant && !is_kept(plan, collection, index)) {
      TRY(model_drop_index(exec->txn, collection->name, index->name, false, err));
      dropped++;
    } else {
      at++;
    }
  }
  if (plan->all || dropped) return LUMA_OK;
  FAIL(err, LUMA_UNKNOWN_INDEX, "`%.*s` has no index of these keys", SLICE_ARG(name));
}

static status drop_indexes(struct exec *exec, const struct plan *plan, struct slice name,
                           struct err *err) {
  if (plan->all || plan->index_keys_count) return drop_chosen(exec, plan, name, err);
  for (uint32_t i = 0; i < plan->names_count; i++)
    TRY(model_drop_index(exec->txn, name, plan->names[i], plan->if_exists, err));
  if (plan->names_count || !plan->index_name.bytes) return LUMA_OK;
  return model_drop_index(exec->txn, name, plan->index_name, plan->if_exists, err);
}

struct model_sequence op__sequence(struct slice name, const struct plan_sequence *asked) {
  return (struct model_sequence){.name = name,
                                 .start = asked->start,
                                 .increment = asked->increment,
                                 .minimum = asked->minimum,
                                 .maximum = asked->maximum,
                                 .cache = asked->cache ? asked->cache : MODEL_SEQUENCE_CACHE,
                                 .cycles = asked->cycles,
                                 .owner = asked->owner};
}

static status create_sequence(struct exec *exec, const struct plan *plan, struct err *err) {
  struct model_sequence sequence = op__sequence(plan->new_name, plan->sequence);
  return model_create_sequence(exec->txn, &sequence, plan->if_not_exists, err);
}

static status alter_sequence(struct exec *exec, const struct plan *plan, struct err *err) {
  const struct plan_sequence *asked = plan->sequence;
  struct model_sequence_changes changes = {.start = asked->says.start,
                                           .increment = asked->says.increment,
                                           .minimum = asked->says.minimum,
                                           .maximum = asked->says.maximum,
                                           .cache = asked->says.cache,
                                           .cycles = asked->says.cycles,
                                           .is_owned = asked->says.owner,
                                           .restarts = asked->says.restart,
                                           .has_next = asked->says.next,
                                           .next = asked->next,
                                           .to = op__sequence(plan->new_name, asked)};
  return model_alter_sequence(exec->txn, plan->new_name, &changes, plan->if_exists, err);
}

/** Whether REINDEX concerns the index: a name alone may be an index's or a collection's. */
static bool is_rebuilt(const struct plan *plan, const struct collection *collection,
                       const struct catalog_index *index) {
  if (plan->collection_name.bytes)
    return slice_is_equal_nocase(plan->collection_name, collection->name);
  return !plan->index_name.bytes || slice_is_equal(plan->index_name, index->name) ||
         (plan->if_exists && slice_is_equal_nocase(plan->index_name, collection->name));
}

static status reindex(struct exec *exec, const struct plan *plan, struct err *err) {
  const struct catalog *catalog = model_catalog(exec->txn);
  uint32_t rebuilt = 0;
  for (uint32_t i = 0; i < catalog_count(catalog); i++) {
    const struct collection *collection = catalog_at(catalog, i);
    for (uint32_t k = 0; k < collection->indexes_count; k++) {
      const struct catalog_index *index = &collection->indexes[k];
      if (!is_rebuilt(plan, collection, index)) continue;
      TRY(op__check(exec, err));
      TRY(model_rebuild_index(exec->model, collection->name, index->name, err));
      rebuilt++;
    }
  }
  bool is_one = plan->index_name.bytes && !rebuilt;
  if (is_one && !(plan->if_exists && catalog_find(catalog, plan->index_name)))
    FAIL(err, LUMA_UNKNOWN_INDEX, "there is no index `%.*s`", SLICE_ARG(plan->index_name));
  return LUMA_OK;
}

/** MongoDB's command is of collections alone. */
static status refuse_views(const struct plan *plan, const struct collection *there,
                           struct err *err) {
  enum { NAMESPACE_EXISTS = 48, NOT_ON_VIEW = 166 };
  if (plan->collection && plan->collection->view.bytes)
    return mongo_fail(err, NOT_ON_VIEW, "cannot rename view: `%.*s`",
                      SLICE_ARG(plan->collection->name));
  if (there && there->view.bytes)
    return mongo_fail_as(err, LUMA_ALREADY_EXISTS, NAMESPACE_EXISTS,
                         "a view already exists with that name: `%.*s`", SLICE_ARG(plan->new_name));
  return LUMA_OK;
}

/** renameCollection with dropTarget. */
static status rename_collection(struct exec *exec, const struct plan *plan, struct slice name,
                                struct err *err) {
  if (!plan->collection && plan->if_exists) return LUMA_OK;
  const struct collection *there = catalog_find(model_catalog(exec->txn), plan->new_name);
  if (exec->language == PLAN_JQL) TRY(refuse_views(plan, there, err));
  if (plan->replaces && there) TRY(guard_dropped(exec, there, err));
  if (plan->replaces) TRY(model_drop_collection(exec->txn, plan->new_name, true, err));
  return model_rename_collection(exec->txn, name, plan->new_name, err);
}

/** Of tables: a view goes by DROP VIEW, but in MongoDB's commands. */
static status drop_collection(struct exec *exec, const struct plan *plan, struct err *err) {
  if (!plan->collection) return LUMA_OK;
  struct slice name = plan->collection->name;
  if (exec->language != PLAN_JQL && plan->collection->view.bytes) {
    status failed = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                              "`%.*s` is a view, not a collection", SLICE_ARG(name));
    err_hint(err, "DROP VIEW %.*s", SLICE_ARG(name));
    return failed;
  }
  if (!plan->collection->view.bytes) TRY(guard_dropped(exec, plan->collection, err));
  return model_drop_beside(exec->txn, name, plan->dropped, plan->dropped_count, plan->if_exists,
                           err);
}

/** In MongoDB's commands one that is there already, and means the same, is as asked for. */
static status create_view(struct exec *exec, const struct plan *plan, struct err *err) {
  const struct collection *there = catalog_find(model_catalog(exec->txn), plan->collection_name);
  bool is_same = exec->language == PLAN_JQL && there &&
                 slice_is_equal(there->name, plan->collection_name) &&
                 slice_is_equal(there->view, plan->view_text);
  if (is_same) return LUMA_OK;
  return model_create_view(exec->txn, plan->collection_name, plan->view_text, plan->replaces,
                           plan->if_not_exists, err);
}

static status run(struct exec *exec, const struct plan *plan, struct err *err) {
  struct slice name = plan->collection ? plan->collection->name : plan->collection_name;
  switch ((int)plan->kind) {
  case PLAN_CREATE_COLLECTION:
    if (exec->language == PLAN_JQL) return schema_mongo_create(exec, plan, err);
    return model_create_collection(exec->txn, plan->collection_name, plan->if_not_exists, NULL,
                                   err);
  case PLAN_DROP_COLLECTION: return drop_collection(exec, plan, err);
  case PLAN_RENAME_COLLECTION: return rename_collection(exec, plan, name, err);
  case PLAN_CHANGE_COLLECTION: return schema_mongo_change(exec, plan, err);
  case PLAN_CREATE_INDEX: return create_index(exec, plan, err);
  case PLAN_CREATE_VIEW: return create_view(exec, plan, err);
  case PLAN_CREATE_SEQUENCE: return create_sequence(exec, plan, err);
  case PLAN_ALTER_SEQUENCE: return alter_sequence(exec, plan, err);
  case PLAN_REINDEX: return reindex(exec, plan, err);
  case PLAN_DROP_SEQUENCE:
    return model_drop_sequence(exec->txn, plan->new_name, plan->if_exists, err);
  case PLAN_DROP_VIEW:
    return model_drop_view(exec->txn, plan->collection_name, plan->if_exists, err);
  default:
    if (exec->language == PLAN_JQL) TRY(schema_mongo_check_drop(exec, plan, err));
    return drop_indexes(exec, plan, name, err);
  }
}

static status schema_next(struct op *op, struct batch **batch, struct err *err) {
  bool is_mongo = op->exec->language == PLAN_JQL;
  (void)batch;
  if (!is_mongo) return run(op->exec, op->plan, err);
  TRY(schema_mongo_begin(op->exec, op->plan, err));
  status done = run(op->exec, op->plan, err);
  if (done != LUMA_OK) {
    schema_mongo_take_back(op->exec, op->plan);
    return done;
  }
  return schema_mongo_end(op->exec, op->plan, err);
}

status op__open_schema(struct exec *exec, const struct plan *plan, struct op **op,
                       struct err *err) {
  static const struct op_ops ops = {schema_next, NULL};
  return op__create(exec, plan, &ops, sizeof **op, op, err);
}

/* ---- SHOW ---- */

struct showing {
  struct op op;
  struct batch batch;
  struct rows rows;
  uint64_t next_row;
  bool is_done;
};

static status show_collection(struct showing *op, const struct collection *collection,
                              struct err *err) {
  struct val *row = NULL;
  uint64_t count = 0;
  TRY(model_count(op->op.exec->txn, collection, &count, err));
  TRY(rows_add(&op->rows, &row, err));
  row[0] = val_text(collection->name);
  row[1] = val_int64((int64_t)count);
  row[2] = val_int64(collection->indexes_count);
  return LUMA_OK;
}

/** "email, age DESC" */
static status format_keys(struct showing *op, const struct catalog_index *index, struct val *out,
                          struct err *err) {
  struct buf *scratch = &op->op.exec->env->scratch;
  for (uint32_t i = 0; i < index_def_written(&index->def); i++) {
    if (i) buf_append_text(scratch, ", ");
    index_key_format(index_def_key(&index->def, i), scratch);
    if (index_def_key(&index->def, i)->descending) buf_append_text(scratch, " DESC");
  }
  struct val text = val_text(buf_slice(scratch));
  status done = buf_check(scratch, "the keys of an index", err);
  if (done == LUMA_OK) done = expr_copy_value(op->op.exec->arena, &text, out, err);
  buf_reset(scratch);
  return done;
}

static status show_indexes(struct showing *op, const struct collection *collection,
                           struct err *err) {
  for (uint32_t i = 0; i < collection->indexes_count; i++) {
    const struct catalog_index *index = &collection->indexes[i];
    struct val *row = NULL;
    TRY(rows_add(&op->rows, &row, err));
    row[0] = val_text(collection->name);
    row[1] = val_text(index->name);
    TRY(format_keys(op, index, &row[2], err));
    row[3] = val_bool(index->def.unique);
    row[4] = val_bool(index->def.multikey);
    row[5] = val_bool(index->def.sparse);
    row[6] = val_bool(index->def.nulls_distinct);
    row[7] = val_text(slice_of_text(index->state == CATALOG_INDEX_PUBLIC ? "ready" : "building"));
    row[8] = index->condition.text.bytes ? val_text(index->condition.text) : val_missing();
  }
  return LUMA_OK;
}

static status show_all(struct showing *op, struct err *err) {
  const struct plan *plan = op->op.plan;
  const struct catalog *catalog = model_catalog(op->op.exec->txn);
  op->is_done = true;
  for (uint32_t i = 0; i < catalog_count(catalog); i++) {
    const struct collection *collection = catalog_at(catalog, i);
    if (collection->view.bytes) continue;
    if (plan->kind == PLAN_SHOW_COLLECTIONS)
      TRY(show_collection(op, collection, err));
    else if (!plan->collection_name.bytes ||
             (plan->collection && plan->collection->number == collection->number))
      TRY(show_indexes(op, collection, err));
  }
  return LUMA_OK;
}

static status show_next(struct op *base, struct batch **batch, struct err *err) {
  struct showing *op = (struct showing *)base;
  if (!op->is_done) TRY(show_all(op, err));
  if (op->next_row == op->rows.count) return LUMA_OK;
  op__emit(&op->batch, &op->rows, &op->next_row);
  *batch = &op->batch;
  return LUMA_OK;
}

status op__open_show(struct exec *exec, const struct plan *plan, struct op **op, struct err *err) {
  static const struct op_ops ops = {show_next, NULL};
  struct showing *showing = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *showing, &showing, err));
  *op = &showing->op;
  rows_init(&showing->rows, exec, plan->columns_count);
  return batch_init(&showing->batch, exec->arena, plan->columns_count, err);
}
