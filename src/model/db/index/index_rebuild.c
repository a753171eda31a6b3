/* SPDX-License-Identifier: MIT */
/* Building an index anew: another of the same definition is built beside it, as any index is, and
 * takes its place and its name in one change of the catalog. Until then the old one serves; a crash
 * before that leaves a new one that nobody reads, which the next opening removes. */
#include "base/mem/mem.h"
#include "model/db/model_int.h"

enum { SWAP_TRIES = 100 };

struct rebuilding {
  struct model *model;
  struct slice collection, index; /* names */
  struct buf fresh;               /* the name of the new one, meanwhile */
};

static uint32_t find(const struct collection *collection, struct slice name) {
  uint32_t i = 0;
  while (i < collection->indexes_count && !slice_is_equal(collection->indexes[i].name, name)) i++;
  return i;
}

/* The new one takes the old one's place. */
static status swap(struct rebuilding *rebuilding, struct model_txn *txn, struct err *err) {
  const struct collection *collection = catalog_find(txn->catalog, rebuilding->collection);
  if (!collection) return catalog_fail_unknown(txn->catalog, rebuilding->collection, err);
  uint32_t old = find(collection, rebuilding->index),
           fresh = find(collection, buf_slice(&rebuilding->fresh));
  if (old == collection->indexes_count || fresh == collection->indexes_count)
    FAIL(err, LUMA_CANCELLED, "index `%.*s` was dropped while it was built anew",
         SLICE_ARG(rebuilding->index));
  TRY(model__delete_prefix(txn, STORE_ENTRIES, keyspace_number(collection->indexes[old].def.number),
                           err));
  struct collection with = *collection;
  with.indexes =
      arena_copy(&txn->kept, collection->indexes, collection->indexes_count * sizeof *with.indexes);
  if (!with.indexes) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the catalog");
  with.indexes[old] = collection->indexes[fresh];
  with.indexes[old].name = rebuilding->index;
  with.indexes[old].state = CATALOG_INDEX_PUBLIC;
  for (uint32_t i = fresh; i + 1 < with.indexes_count; i++) with.indexes[i] = with.indexes[i + 1];
  with.indexes_count--;
  with.version++;
  return model__store_collection(txn, &with, catalog_shared(collection), err);
}

static status swap_once(struct rebuilding *rebuilding, struct err *err) {
  struct store_begin_options options = {.may_block = true};
  struct model_txn *txn;
  TRY(model_begin(rebuilding->model, &options, &txn, err));
  status result = model__begin_change(txn, err);
  if (result == LUMA_OK) result = swap(rebuilding, txn, err);
  if (result == LUMA_OK) return model_commit(txn, STORE_SYNC_DEFAULT, NULL, err);
  model_rollback(txn);
  return result;
}

static status rebuild(struct rebuilding *rebuilding, const struct collection *collection,
                      const struct catalog_index *index, struct err *err) {
  struct model_index_spec spec = model_index_spec_of(index, buf_slice(&rebuilding->fresh));
  TRY(model__build_ready(rebuilding->model, NULL, collection->name, &spec, NULL, err));
  status result = LUMA_CONFLICT;
  for (int i = 0; i < SWAP_TRIES && result == LUMA_CONFLICT; i++)
    result = swap_once(rebuilding, err);
  if (result != LUMA_OK) model__drop_ready(rebuilding->model, collection->number);
  return result;
}

static status find_and_rebuild(struct rebuilding *rebuilding, const struct catalog *catalog,
                               struct err *err) {
  const struct collection *collection = catalog_find(catalog, rebuilding->collection);
  if (!collection) return catalog_fail_unknown(catalog, rebuilding->collection, err);
  const struct catalog_index *index = collection_index(collection, rebuilding->index);
  if (!index)
    FAIL(err, LUMA_UNKNOWN_INDEX, "`%.*s` has no index `%.*s`", SLICE_ARG(collection->name),
         SLICE_ARG(rebuilding->index));
  rebuilding->collection = collection->name;
  rebuilding->index = index->name;
  buf_append_format(&rebuilding->fresh, "rebuilt~%u", index->def.number);
  TRY(buf_check(&rebuilding->fresh, "the index's name", err));
  return rebuild(rebuilding, collection, index, err);
}

status model_rebuild_index(struct model *model, struct slice collection, struct slice index,
                           struct err *err) {
  struct rebuilding rebuilding = {.model = model, .collection = collection, .index = index};
  const struct catalog *catalog = model_catalog_acquire(model);
  buf_init(&rebuilding.fresh, CATALOG_NAME_BYTES_MAX);
  status result = find_and_rebuild(&rebuilding, catalog, err);
  buf_deinit(&rebuilding.fresh);
  catalog_release(catalog);
  return result;
}
