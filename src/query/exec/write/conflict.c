/* SPDX-License-Identifier: MIT */
#include "query/exec/write/conflict.h"

#include "query/exec/write/change.h"
#include "query/exec/write/guard.h"
#include "query/expr/program.h"
#include "value/order/order.h"

struct conflict {
  struct exec *exec;
  const struct plan *plan;
  const struct collection *collection;
  struct change *changes;
  struct filter *condition;
  struct batch row; /* the document that is there, and the one that was to be inserted */
  struct buf encoded;
  struct arena arena; /* of one document */
  bool wants_all;     /* whoever has one of several values: the first may be the document itself */
};

static struct slice key_name(void) {
  return slice_of_text("_id");
}

/* ---- what is there ---- */

typedef status on_found(struct conflict *conflict, const struct doc *document, void *context,
                        struct err *err);

static status find_by_key(struct conflict *conflict, const struct val *document, on_found *each,
                          void *context, bool *found, struct err *err) {
  struct val key = val_field(document, key_name());
  struct store_pins pins = {0};
  struct doc there = {0};
  if (val_is_null(&key)) return LUMA_OK;
  status done =
      model_get_many(conflict->exec->txn, conflict->collection, &key, 1, &there, &pins, err);
  *found = done == LUMA_OK && there.data;
  if (*found) done = each(conflict, &there, context, err);
  store_pins_release(&pins);
  return done;
}

/** The document of an entry with these values, which the index has as they are. */
static status find_values(struct conflict *conflict, const struct catalog_index *index,
                          struct val *values, on_found *each, void *context, bool *found,
                          struct err *err) {
  struct doc there = {0};
  struct model_scan *scan = NULL;
  uint32_t count = 0;
  struct index_bounds bounds = {.equal = values, .equal_count = index->def.keys_count};
  struct model_scan_options options = {.index = index, .bounds = &bounds};
  TRY(model_scan_open(conflict->exec->txn, conflict->collection, &options, &scan, err));
  status done = model_scan_next(scan, 1, &there, &count, err);
  *found = done == LUMA_OK && count;
  if (*found) done = each(conflict, &there, context, err);
  model_scan_close(scan);
  return done;
}

/** Texts as an index with a collation has them. */
static status fold_values(struct conflict *conflict, const struct catalog_index *index,
                          struct val *values, struct err *err) {
  struct index_folding folding;
  status done = LUMA_OK;
  if (index->def.collation.bytes == 0) return LUMA_OK;
  TRY(index_rules_begin_fold(index->rules, &folding, err));
  for (uint32_t i = 0; done == LUMA_OK && i < index->def.keys_count; i++) {
    struct val folded;
    done = folding.fold.key(folding.fold.context, &values[i], &folded, err);
    if (done == LUMA_OK) done = expr_copy_value(&conflict->arena, &folded, &values[i], err);
  }
  index_rules_end_fold(&folding);
  return done;
}

static status find_folded(struct conflict *conflict, const struct catalog_index *index,
                          struct val *values, on_found *each, void *context, bool *found,
                          struct err *err) {
  TRY(fold_values(conflict, index, values, err));
  return find_values(conflict, index, values, each, context, found, err);
}

static status find_by_index(struct conflict *conflict, const struct catalog_index *index,
                            const struct val *document, on_found *each, void *context, bool *found,
                            struct err *err) {
  struct val values[INDEX_KEYS_MAX];
  bool keeps = true, is_simple = index->def.keys_count == 1;
  TRY(index_rules_run(index->rules, document, &conflict->arena, &keeps, values, err));
  if (!keeps) return LUMA_OK; /* a partial index leaves it out */
  for (uint32_t i = 0; i < index->def.keys_count; i++) {
    const struct index_key *key = &index->def.keys[i];
    if (!index_key_is_computed(key)) values[i] = path_get(&key->path, document);
    bool is_empty = values[i].type == VAL_LIST && val_count(&values[i]) == 0;
    if (index->def.multikey && is_empty) values[i] = val_missing();
    if (val_is_null(&values[i]) && index->def.nulls_distinct) return LUMA_OK;
  }
  struct val list = values[0];
  bool has_elements = is_simple && index->def.multikey && list.type == VAL_LIST;
  if (!has_elements) return find_folded(conflict, index, values, each, context, found, err);
  for (uint32_t i = 0; i < val_count(&list); i++) { /* each is unique by itself */
    if (*found && !conflict->wants_all) break;
    values[0] = val_at(&list, i);
    TRY(find_folded(conflict, index, values, each, context, found, err));
  }
  return LUMA_OK;
}

static bool is_key(const struct plan_index_key *target, const struct index_key *key) {
  return target->expression ? slice_is_equal(target->text, key->expression)
                            : path_is_equal(&target->path, &key->path);
}

/** Whether ON CONFLICT (…) names the index. */
static bool is_target(const struct plan_conflict *asked, const struct catalog_index *index) {
  if (asked->targets_count == 0) return true;
  if (asked->targets_count != index->def.keys_count) return false;
  for (uint32_t t = 0; t < asked->targets_count; t++) {
    bool has = false;
    for (uint32_t i = 0; i < index->def.keys_count; i++)
      has |= is_key(&asked->targets[t], &index->def.keys[i]);
    if (!has) return false;
  }
  return true;
}

static bool targets_key(const struct plan_conflict *asked) {
  struct slice name = asked->targets_count == 1 && asked->targets[0].path.count == 1
                          ? asked->targets[0].path.steps[0].name
                          : slice_of(NULL, 0);
  return asked->targets_count == 0 || slice_is_equal(name, key_name()) ||
         slice_is_equal(name, slice_of_text("id"));
}

/** The document that conflicts, as far as the statement speaks of it. */
static status find(struct conflict *conflict, const struct val *document, on_found *each,
                   void *context, bool *found, struct err *err) {
  const struct plan_conflict *asked = conflict->plan->conflict;
  *found = false;
  if (targets_key(asked)) TRY(find_by_key(conflict, document, each, context, found, err));
  for (uint32_t i = 0; !*found && i < conflict->collection->indexes_count; i++) {
    const struct catalog_index *index = &conflict->collection->indexes[i];
    if (!index->def.unique || index->state != CATALOG_INDEX_PUBLIC || !is_target(asked, index))
      continue;
    TRY(find_by_index(conflict, index, document, each, context, found, err));
  }
  return LUMA_OK;
}

/* ---- what is done ---- */

static status leave(struct conflict *conflict, const struct doc *there, void *context,
                    struct err *err) {
  (void)conflict, (void)there, (void)context, (void)err;
  return LUMA_OK;
}

static status remove_it(struct conflict *conflict, const struct doc *there, void *context,
                        struct err *err) {
  struct val root = doc_root(there);
  (void)context;
  TRY(guard_displaced(conflict->exec, &root, err));
  return model_delete(conflict->exec->txn, conflict->collection, there, err);
}

struct updating {
  const struct val *document;
  struct write_yield *yield;
};

static status update(struct conflict *conflict, const struct doc *there, void *context,
                     struct err *err) {
  struct updating *updating = context;
  struct exec *exec = conflict->exec;
  struct val changed;
  struct edit edit;
  struct build build;
  batch_reset(&conflict->row);
  conflict->row.columns[0][0] = doc_root(there);
  conflict->row.columns[1][0] = *updating->document;
  conflict->row.rows = conflict->row.selected_count = 1;
  if (conflict->condition)
    TRY(filter_run(conflict->condition, &conflict->row, &conflict->arena, err));
  if (conflict->row.selected_count == 0) return LUMA_OK;
  struct val root = doc_root(there);
  const struct change_site site = {
      .exec = exec, .edit = &edit, .batch = &conflict->row, .arena = &conflict->arena};
  TRY(edit_init(&edit, &conflict->arena, &root, err));
  for (uint32_t i = 0; i < conflict->plan->conflict->updates_count; i++)
    TRY(change_apply(&site, &conflict->changes[i], err));
  build_init(&build, &conflict->encoded, conflict->collection->names);
  status written = change_write(&edit, &build, &changed, err);
  build_deinit(&build);
  TRY(written);
  TRY(guard_changed(exec, &root, &changed, err));
  TRY(write_replace(exec, conflict->collection, there, &changed, err));
  exec->matched++;
  return write_yield_keep(updating->yield, conflict->plan, &changed, err);
}

/* ---- UPDATE OR … ---- */

struct others {
  const struct val *key; /* of the document that is changed */
  bool found;
};

static status meet_other(struct conflict *conflict, const struct doc *there, void *context,
                         struct err *err) {
  struct others *others = context;
  struct val root = doc_root(there), key = val_field(&root, key_name());
  if (val_is_equal(&key, others->key)) return LUMA_OK;
  others->found = true;
  if (conflict->plan->conflict->action != PLAN_CONFLICT_REPLACES) return LUMA_OK;
  return remove_it(conflict, there, NULL, err);
}

status conflict_update(struct conflict *conflict, const struct collection *collection,
                       const struct val *changed, const struct val *key, bool *may,
                       struct err *err) {
  struct others others = {.key = key};
  struct store_pins pins = {0};
  struct doc still = {0};
  conflict->collection = collection;
  conflict->wants_all = true;
  arena_reset(&conflict->arena);
  TRY(model_get_many(conflict->exec->txn, collection, key, 1, &still, &pins, err));
  store_pins_release(&pins);
  *may = still.data != NULL; /* it may have given way to one that was changed before it */
  if (!*may) return LUMA_OK;
  for (uint32_t i = 0; i < collection->indexes_count; i++) {
    const struct catalog_index *index = &collection->indexes[i];
    bool found = false;
    if (!index->def.unique || index->state != CATALOG_INDEX_PUBLIC) continue;
    TRY(find_by_index(conflict, index, changed, meet_other, &others, &found, err));
  }
  *may = !others.found || conflict->plan->conflict->action == PLAN_CONFLICT_REPLACES;
  return LUMA_OK;
}

/* ---- all ---- */

static status insert_one(struct conflict *conflict, const struct val *document,
                         struct write_yield *yield, struct err *err) {
  struct exec *exec = conflict->exec;
  struct model_write write = {.document = document};
  uint32_t failed = 0;
  TRY(model_insert(exec->txn, conflict->collection, &write, 1, &failed, err));
  TRY(guard_inserted(exec, conflict->collection, &write, 1, err));
  TRY(write_note_keys(exec, &write, 1, err));
  return write_yield_inserted(yield, exec, conflict->plan, conflict->collection, &write, err);
}

static status resolve(struct conflict *conflict, const struct val *document,
                      struct write_yield *yield, bool *again, struct err *err) {
  struct updating updating = {.document = document, .yield = yield};
  enum plan_conflict_action action = conflict->plan->conflict->action;
  on_found *each = action == PLAN_CONFLICT_SKIPS      ? leave
                   : action == PLAN_CONFLICT_REPLACES ? remove_it
                                                      : update;
  bool found = false;
  TRY(find(conflict, document, each, &updating, &found, err));
  *again = found && action == PLAN_CONFLICT_REPLACES;
  if (!found) return LUMA_DUPLICATE_KEY; /* of something else: the first failure stands */
  return LUMA_OK;
}

status conflict_insert(struct conflict *conflict, const struct collection *collection,
                       const struct val *document, struct write_yield *yield, struct err *err) {
  bool again = true;
  conflict->collection = collection;
  arena_reset(&conflict->arena);
  while (again) { /* each round removes one that is in the way: elements of a list may meet many */
    struct err failed = {0};
    status done = insert_one(conflict, document, yield, &failed);
    if (done == LUMA_DUPLICATE_KEY) {
      struct err second = {0};
      status resolved = resolve(conflict, document, yield, &again, &second);
      if (resolved != LUMA_DUPLICATE_KEY && resolved != LUMA_OK) {
        if (err) *err = second;
        return resolved;
      }
      if (resolved == LUMA_OK) continue;
    }
    if (done != LUMA_OK && err) *err = failed;
    return done;
  }
  return LUMA_OK;
}

status conflict_create(struct exec *exec, const struct plan *plan, struct conflict **conflict,
                       struct err *err) {
  const struct plan_conflict *asked = plan->conflict;
  *conflict = NULL;
  if (!asked) return LUMA_OK;
  struct conflict *made = arena_zalloc(exec->arena, 1, sizeof *made);
  TRY(op__memory(exec, made, err));
  made->exec = exec;
  made->plan = plan;
  buf_init(&made->encoded, EXPR_SCRATCH_BYTES_MAX);
  arena_init(&made->arena, 0, exec->memory_bytes);
  *conflict = made;
  made->changes = arena_zalloc(exec->arena, asked->updates_count + 1, sizeof *made->changes);
  TRY(op__memory(exec, made->changes, err));
  for (uint32_t i = 0; i < asked->updates_count; i++)
    TRY(change_compile(exec, &asked->updates[i], NULL, &made->changes[i], err));
  if (asked->condition) TRY(filter_create(exec->env, asked->condition, &made->condition, err));
  return batch_init(&made->row, exec->arena, 2, err);
}

void conflict_destroy(struct conflict *conflict) {
  if (!conflict) return;
  buf_deinit(&conflict->encoded);
  arena_deinit(&conflict->arena);
}
