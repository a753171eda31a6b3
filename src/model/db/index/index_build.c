/* SPDX-License-Identifier: MIT */
/* Building an index on existing data while others read and write.
 *
 * 1. The definition is committed as write-only. Whoever began before guards the collection's
 * catalog entry, which this commit rewrites, so it conflicts; whoever begins after keeps the index.
 * From here on no write misses it.
 * 2. Back-fill, in steps of some documents, each step a transaction that guards the documents it
 * read: a document changed meanwhile makes the step conflict and run again, so no entry of an
 * outdated document stays. The step is then half as long, so that it ends however slow the machine
 * is and however many write. Documents behind the last one there was at 1 are not its business:
 * else it would run after those who insert.
 * 3. The definition is committed as public. Transactions with an older picture never read the
 * index. A crash before 3 leaves a write-only index, which the next opening removes: its making was
 * never acknowledged. */
#include "base/mem/mem.h"
#include "model/db/model_int.h"
#include "model/soul/declared.h"
#include "value/batch/batch.h"

enum { STEP_DOCUMENTS_MAX = 512, STEP_TRIES = 1000, CHANGE_TRIES = 100 };

struct index_build {
  struct model *model;
  struct slice collection_name, index_name;
  uint32_t collection_number, index_number;
  struct index_rules *rules;       /* what the index computes; NULL: nothing */
  enum catalog_index_state goal;   /* when it is filled */
  const struct evolution *through; /* see struct catalog_index */
  struct buf name;
  struct buf last_key; /* of the record of the last document done; empty at the start */
  struct buf end_key;  /* of the last there is to do */
  uint32_t step_documents;
  const struct model_txn *asks; /* whose caller is asked whether to go on; NULL: nobody's */
  uint64_t done, total;
  struct doc documents[BATCH_ROWS];
};

/* ---- names and definitions ---- */

static void append_name_of_path(struct buf *out, const struct path *path) {
  for (uint32_t i = 0; i < path->count; i++) {
    buf_append_byte(out, '_');
    if (path->steps[i].is_name)
      buf_append_slice(out, path->steps[i].name);
    else
      buf_append_format(out, "%d", path->steps[i].index);
  }
}

/* The function's name, else `expr`, as PostgreSQL has it. */
static void append_name_of_key(struct buf *out, const struct index_key *key) {
  if (!index_key_is_computed(key)) {
    append_name_of_path(out, &key->path);
    return;
  }
  size_t bytes = 0;
  const uint8_t *text = key->expression.data;
  while (bytes < key->expression.bytes &&
         (text[bytes] == '_' || ((text[bytes] | 0x20) >= 'a' && (text[bytes] | 0x20) <= 'z')))
    bytes++;
  bool is_call = bytes > 0 && bytes < key->expression.bytes && text[bytes] == '(';
  buf_append_byte(out, '_');
  buf_append_slice(out, is_call ? slice_of(text, bytes) : slice_of_text("expr"));
}

static void append_index_name(struct buf *out, const struct collection *collection,
                              const struct model_index_spec *spec) {
  if (spec->name.bytes > 0) {
    buf_append_slice(out, spec->name);
    return;
  }
  buf_append_slice(out, collection->name);
  for (uint32_t i = 0; i < spec->keys_count; i++) append_name_of_key(out, &spec->keys[i]);
  buf_append_text(out, "_idx");
}

/* In a closed collection nothing is at a path that its soul does not name. */
static status check_names(const struct collection *collection, const struct model_index_spec *spec,
                          struct err *err) {
  const struct soul *soul = collection->genotype;
  for (uint32_t i = 0; soul && !collection->open && i < spec->keys_count; i++) {
    if (index_key_is_computed(&spec->keys[i])) continue; /* its names were looked at */
    if (spec->wildcard.bytes) continue;                  /* it has whatever there is */
    struct soul_misnamed wrong;
    if (soul_declares(soul, &spec->keys[i].path, &wrong)) continue;
    struct slice inside = wrong.inside.bytes ? wrong.inside : collection->name;
    err_raise(err, LUMA_UNKNOWN_FIELD, __FILE__, __LINE__, "`%.*s` has no attribute `%.*s`",
              SLICE_ARG(inside), SLICE_ARG(wrong.name));
    if (wrong.meant.bytes) err_hint(err, "did you mean `%.*s`?", SLICE_ARG(wrong.meant));
    return LUMA_UNKNOWN_FIELD;
  }
  return LUMA_OK;
}

static status check_spec(const struct model_index_spec *spec, struct slice name, struct err *err) {
  if (spec->keys_count == 0)
    FAIL(err, LUMA_INVALID_ARGUMENT, "an index needs at least one attribute");
  if (spec->keys_count > INDEX_KEYS_MAX) {
    FAIL(err, LUMA_INVALID_ARGUMENT, "an index has at most %d attributes", INDEX_KEYS_MAX);
  }
  if (name.bytes > CATALOG_NAME_BYTES_MAX) {
    FAIL(err, LUMA_INVALID_ARGUMENT, "the name of an index has at most %d bytes",
         CATALOG_NAME_BYTES_MAX);
  }
  return LUMA_OK;
}

/* A copy of the collection with room for one more index, in the transaction's arena. */
static status copy_indexes(struct model_txn *txn, const struct collection *from,
                           struct collection *to, struct err *err) {
  arena_reset(&txn->arena);
  *to = *from;
  to->indexes = arena_zalloc(&txn->arena, from->indexes_count + 1u, sizeof *to->indexes);
  if (!to->indexes) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the catalog");
  if (from->indexes_count)
    memcpy(to->indexes, from->indexes, from->indexes_count * sizeof *to->indexes);
  to->version++;
  return LUMA_OK;
}

static struct index_def make_def(const struct model_index_spec *spec, uint32_t number) {
  struct index_def def = {.number = number,
                          .method = INDEX_ORDERED,
                          .keys_count = spec->keys_count,
                          .unique = spec->unique,
                          .multikey = spec->multikey,
                          .nulls_distinct = spec->nulls_distinct,
                          .sparse = spec->sparse,
                          .notes_lists = spec->multikey,
                          .notes_ways = spec->multikey,
                          .notes_parts = spec->multikey,
                          .wildcard = spec->wildcard,
                          .collation = spec->collation,
                          .notes_kinds = true,
                          .notes_nulls = true,
                          .notes_keys = true};
  for (uint32_t i = 0; i < spec->keys_count; i++) def.keys[i] = spec->keys[i];
  return def;
}

/* ---- changes of the catalog, tried again on conflict ---- */

typedef status change_fn(struct index_build *build, struct model_txn *txn, const void *input,
                         struct err *err);

static status change_once(struct index_build *build, change_fn *change, const void *input,
                          struct err *err) {
  struct store_begin_options options = {.may_block = true};
  struct model_txn *txn;
  TRY(model_begin(build->model, &options, &txn, err));
  status result = model__begin_change(txn, err);
  if (result == LUMA_OK) result = change(build, txn, input, err);
  if (result != LUMA_OK || !txn->catalog_changed) {
    model_rollback(txn);
    return result;
  }
  return model_commit(txn, STORE_SYNC_DEFAULT, NULL, err);
}

static status change_catalog(struct index_build *build, change_fn *change, const void *input,
                             struct err *err) {
  status result = LUMA_CONFLICT;
  for (int i = 0; i < CHANGE_TRIES && result == LUMA_CONFLICT; i++) {
    result = change_once(build, change, input, err);
  }
  return result;
}

static status define(struct index_build *build, struct model_txn *txn, const void *input,
                     struct err *err) {
  const struct model_index_spec *spec = input;
  const struct collection *collection = catalog_find(txn->catalog, build->collection_name);
  if (!collection) return catalog_fail_unknown(txn->catalog, build->collection_name, err);
  buf_reset(&build->name);
  append_index_name(&build->name, collection, spec);
  build->index_name = buf_slice(&build->name);
  TRY(buf_check(&build->name, "the index's name", err));
  TRY(check_spec(spec, build->index_name, err));
  if (!build->through) TRY(check_names(collection, spec, err));
  build->index_number = 0;
  if (collection_index(collection, build->index_name)) {
    if (spec->if_not_exists) return LUMA_OK;
    FAIL(err, LUMA_ALREADY_EXISTS, "`%.*s` has an index `%.*s` already",
         SLICE_ARG(collection->name), SLICE_ARG(build->index_name));
  }
  if (collection->indexes_count >= CATALOG_INDEXES_MAX) {
    FAIL(err, LUMA_LIMIT_REACHED, "a collection has at most %d indexes", CATALOG_INDEXES_MAX);
  }
  uint64_t number;
  TRY(model__take_numbers(build->model, &build->model->sequence_lock, &build->model->indexes,
                          keyspace_sequence(KEYSPACE_INDEXES, 0), 1, &number, err));
  build->index_number = (uint32_t)number;
  build->collection_number = collection->number;
  struct collection with;
  TRY(copy_indexes(txn, collection, &with, err));
  with.indexes[with.indexes_count++] =
      (struct catalog_index){.name = build->index_name,
                             .def = make_def(spec, build->index_number),
                             .condition = spec->condition,
                             .rules = build->rules,
                             .through = build->through,
                             .hidden = spec->hidden,
                             .expires = spec->expires,
                             .expire_s = spec->expire_s,
                             .state = CATALOG_INDEX_WRITE_ONLY};
  return model__store_collection(txn, &with, catalog_shared(collection), err);
}

/* The index being built in the transaction's picture; NULL when it, or the collection, was dropped
 * meanwhile. */
static const struct catalog_index *find_built(const struct index_build *build,
                                              const struct model_txn *txn,
                                              const struct collection **collection,
                                              uint32_t *position) {
  *collection = catalog_by_number(txn->catalog, build->collection_number);
  if (!*collection) return NULL;
  for (*position = 0; *position < (*collection)->indexes_count; ++*position) {
    const struct catalog_index *index = &(*collection)->indexes[*position];
    if (index->def.number == build->index_number) return index;
  }
  return NULL;
}

static status fail_gone(const struct index_build *build, struct err *err) {
  FAIL(err, LUMA_CANCELLED,
       "index `%.*s` was dropped, or its attribute evolved, while it was built",
       SLICE_ARG(build->index_name));
}

static status publish(struct index_build *build, struct model_txn *txn, const void *input,
                      struct err *err) {
  (void)input;
  const struct collection *collection;
  uint32_t position;
  if (!find_built(build, txn, &collection, &position)) return fail_gone(build, err);
  struct collection with;
  TRY(copy_indexes(txn, collection, &with, err));
  with.indexes[position].state = build->goal;
  return model__store_collection(txn, &with, catalog_shared(collection), err);
}

static status withdraw(struct index_build *build, struct model_txn *txn, const void *input,
                       struct err *err) {
  (void)input;
  const struct collection *collection;
  uint32_t position;
  if (!find_built(build, txn, &collection, &position)) return LUMA_OK;
  return model__remove_index(txn, collection, position, err);
}

/* ---- back-fill ---- */

static status fill_document(struct model_txn *txn, const struct collection *collection,
                            const struct catalog_index *index, const struct doc *doc,
                            struct slice record_key, struct err *err) {
  TRY(store_guard(txn->store, STORE_RECORDS, record_key, err));
  struct slice key_part = model__key_part(record_key);
  TRY(model__entries(txn, collection, index, doc, key_part, &txn->fresh, err));
  for (uint32_t i = 0; i < txn->fresh.count; i++) {
    const struct index_entry *entry = &txn->fresh.items[i];
    bool taken = false;
    if (entry->is_unique) TRY(model__is_taken(txn, collection, index, doc, entry, &taken, err));
    if (taken) return model__fail_duplicate(collection, index, doc, entry, err);
    TRY(store_put(txn->store, STORE_ENTRIES, entry->key, entry->value, err));
  }
  return LUMA_OK;
}

/* Documents after the last one done. */
static status read_some(struct index_build *build, struct model_txn *txn,
                        const struct collection *collection, struct model_scan **scan,
                        uint32_t *count, struct err *err) {
  struct model_scan_options options = {0};
  TRY(model_scan_open(txn, collection, &options, scan, err));
  if (build->last_key.bytes > 0) {
    TRY(model__scan_seek_after(*scan, buf_slice(&build->last_key), err));
  }
  return model_scan_next(*scan, build->step_documents, build->documents, count, err);
}

static status append_key(const struct collection *collection, const struct doc *document,
                         struct buf *key, struct err *err) {
  struct val id = model__key_of(document);
  buf_reset(key);
  return model__record_key(key, collection, &id, err);
}

static status fill_some(struct index_build *build, struct model_txn *txn,
                        const struct collection *collection, const struct catalog_index *index,
                        uint32_t *count, struct err *err) {
  struct model_scan *scan = NULL;
  status result = read_some(build, txn, collection, &scan, count, err);
  struct buf key;
  buf_init(&key, MODEL_SCRATCH_BYTES_MAX);
  for (uint32_t i = 0; result == LUMA_OK && i < *count; i++) {
    result = append_key(collection, &build->documents[i], &key, err);
    if (result == LUMA_OK && slice_compare(buf_slice(&key), buf_slice(&build->end_key)) > 0) {
      *count = i;
      break;
    }
    if (result == LUMA_OK)
      result = fill_document(txn, collection, index, &build->documents[i], buf_slice(&key), err);
  }
  if (result == LUMA_OK && *count > 0) {
    buf_reset(&txn->keys);
    buf_append_slice(&txn->keys, buf_slice(&key));
    result = buf_check(&txn->keys, "a key", err);
  }
  buf_deinit(&key);
  model_scan_close(scan);
  return result;
}

static status fill_step(struct index_build *build, uint32_t *count, struct err *err) {
  struct store_begin_options options = {.may_block = true};
  struct model_txn *txn;
  TRY(model_begin(build->model, &options, &txn, err));
  const struct collection *collection;
  uint32_t position;
  const struct catalog_index *index = find_built(build, txn, &collection, &position);
  txn->passes_gate = build->goal == CATALOG_INDEX_READY;
  status result = index ? model__guard(txn, collection, err) : fail_gone(build, err);
  *count = 0;
  if (result == LUMA_OK) result = fill_some(build, txn, collection, index, count, err);
  struct buf last;
  buf_init(&last, MODEL_SCRATCH_BYTES_MAX);
  if (result == LUMA_OK && *count > 0 && !buf_append_slice(&last, buf_slice(&txn->keys))) {
    result = buf_check(&last, "a key", err);
  }
  if (result != LUMA_OK)
    model_rollback(txn);
  else
    result = model_commit(txn, STORE_QUEUED, NULL, err);
  if (result == LUMA_OK && *count > 0) {
    buf_deinit(&build->last_key);
    build->last_key = last;
  } else {
    buf_deinit(&last);
  }
  return result;
}

static status fill(struct index_build *build, model_progress_fn *progress, void *context,
                   struct err *err) {
  uint32_t count, tries = 0;
  do {
    status result = fill_step(build, &count, err);
    if (result == LUMA_CONFLICT && ++tries < STEP_TRIES) {
      build->step_documents = (build->step_documents + 1) / 2;
      count = 1;
      continue;
    }
    TRY(result);
    tries = 0;
    build->step_documents *= 2;
    if (build->step_documents > STEP_DOCUMENTS_MAX) build->step_documents = STEP_DOCUMENTS_MAX;
    if (build->asks) TRY(model__go_on(build->asks, err));
    build->done += count;
    if (progress && !progress(context, build->done, build->total)) {
      FAIL(err, LUMA_CANCELLED, "building index `%.*s` was cancelled",
           SLICE_ARG(build->index_name));
    }
  } while (count > 0);
  return LUMA_OK;
}

static status find_end(struct index_build *build, struct model_txn *txn,
                       const struct collection *collection, struct err *err) {
  struct model_scan_options options = {.backwards = true};
  struct model_scan *scan;
  uint32_t count;
  TRY(model_scan_open(txn, collection, &options, &scan, err));
  status result = model_scan_next(scan, 1, build->documents, &count, err);
  if (result == LUMA_OK && count)
    result = append_key(collection, build->documents, &build->end_key, err);
  model_scan_close(scan);
  return result;
}

/* How far there is to go. */
static status look_ahead(struct index_build *build, struct err *err) {
  struct store_begin_options options = {.read_only = true, .may_block = true};
  struct model_txn *txn;
  TRY(model_begin(build->model, &options, &txn, err));
  const struct collection *collection = catalog_by_number(txn->catalog, build->collection_number);
  build->total = collection ? model_estimate_count(txn, collection) : 0;
  status result = collection ? find_end(build, txn, collection, err) : LUMA_OK;
  model_rollback(txn);
  return result;
}

static status run(struct index_build *build, const struct model_index_spec *spec,
                  model_progress_fn *progress, void *context, struct err *err) {
  TRY(change_catalog(build, define, spec, err));
  if (build->index_number == 0) return LUMA_OK;
  status result = look_ahead(build, err);
  build->step_documents = STEP_DOCUMENTS_MAX;
  if (result == LUMA_OK) result = fill(build, progress, context, err);
  if (result == LUMA_OK) result = change_catalog(build, publish, NULL, err);
  if (result != LUMA_OK) (void)change_catalog(build, withdraw, NULL, NULL);
  return result;
}

static status create(struct index_build *build, const struct model_index_spec *spec,
                     model_progress_fn *progress, void *context, struct err *err) {
  buf_init(&build->name, MODEL_SCRATCH_BYTES_MAX);
  buf_init(&build->last_key, MODEL_SCRATCH_BYTES_MAX);
  buf_init(&build->end_key, MODEL_SCRATCH_BYTES_MAX);
  const struct index_rules_spec computes = {&spec->condition, spec->keys, spec->keys_count,
                                            spec->collation};
  status result = LUMA_OK;
  if (spec->keys_count <= INDEX_KEYS_MAX)
    result = index_rules_create(build->model->options.rules, &computes, &build->rules, err);
  if (result == LUMA_OK) result = run(build, spec, progress, context, err);
  index_rules_release(build->rules);
  buf_deinit(&build->name);
  buf_deinit(&build->last_key);
  buf_deinit(&build->end_key);
  return result;
}

status model_create_index(struct model *model, struct slice collection,
                          const struct model_index_spec *spec, model_progress_fn *progress,
                          void *context, struct err *err) {
  struct index_build *build = mem_zalloc(1, sizeof *build);
  if (!build) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to build an index");
  build->model = model;
  build->collection_name = collection;
  build->goal = CATALOG_INDEX_PUBLIC;
  status result = create(build, spec, progress, context, err);
  mem_free(build);
  return result;
}

status model__build_ready(struct model *model, const struct model_txn *asks,
                          struct slice collection, const struct model_index_spec *spec,
                          const struct evolution *through, struct err *err) {
  struct index_build *build = mem_zalloc(1, sizeof *build);
  if (!build) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to build an index");
  build->model = model;
  build->asks = asks;
  build->collection_name = collection;
  build->goal = CATALOG_INDEX_READY;
  build->through = through;
  status result = create(build, spec, NULL, NULL, err);
  mem_free(build);
  return result;
}

/* One of them; `*found` false when there is none. */
static status drop_one_ready(struct model *model, uint32_t number, bool *found) {
  struct store_begin_options options = {.may_block = true};
  struct model_txn *txn;
  *found = false;
  TRY(model_begin(model, &options, &txn, NULL));
  const struct collection *collection = catalog_by_number(txn->catalog, number);
  status result = collection ? model__begin_change(txn, NULL) : LUMA_OK;
  for (uint32_t i = 0; result == LUMA_OK && collection && i < collection->indexes_count; i++) {
    if (collection->indexes[i].state != CATALOG_INDEX_READY) continue;
    *found = true;
    result = model__remove_index(txn, collection, i, NULL);
    break;
  }
  if (result == LUMA_OK && collection && !*found && collection->counting.is_ready) {
    *found = true;
    result = model__drop_counting(txn, collection, NULL);
  }
  if (result == LUMA_OK && *found) return model_commit(txn, STORE_SYNC_DEFAULT, NULL, NULL);
  model_rollback(txn);
  return result;
}

void model__drop_ready(struct model *model, uint32_t number) {
  bool found = true;
  for (int i = 0; i < CHANGE_TRIES && found; i++) {
    status result = drop_one_ready(model, number, &found);
    if (result != LUMA_OK && result != LUMA_CONFLICT) return;
  }
}
