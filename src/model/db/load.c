/* SPDX-License-Identifier: MIT */
/* Reading the catalog of an existing store. Indexes whose build a crash cut short, and what was
 * counted for limits, were never acknowledged: they are removed. */
#include "base/mem/mem.h"
#include "model/db/model_int.h"

enum { ROWS_AT_ONCE = 256 };

typedef status row_fn(struct model *model, struct slice key, struct slice value, struct err *err);

static status each_row(struct model *model, struct store_txn *txn, uint8_t tag, row_fn *each,
                       struct err *err) {
  uint8_t from = tag, to = (uint8_t)(tag + 1);
  struct store_range range = {.from = slice_of(&from, 1), .to = slice_of(&to, 1)};
  struct store_rows *rows = mem_alloc(sizeof *rows);
  if (!rows) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the catalog");
  struct store_cursor *cursor;
  status result = store_cursor_open(txn, STORE_META, range, false, &cursor, err);
  if (result != LUMA_OK) {
    mem_free(rows);
    return result;
  }
  do {
    result = store_cursor_next(cursor, ROWS_AT_ONCE, rows, err);
    for (uint32_t i = 0; result == LUMA_OK && i < rows->count; i++) {
      result = each(model, rows->keys[i], rows->values[i], err);
    }
  } while (result == LUMA_OK && rows->count > 0);
  store_cursor_close(cursor);
  mem_free(rows);
  return result;
}

static status load_name(struct model *model, struct slice key, struct slice value,
                        struct err *err) {
  if (key.bytes != 7) FAIL(err, LUMA_CORRUPT, "a name's key has %zu bytes", key.bytes);
  const struct collection *collection = catalog_by_number(model->catalog, load32be(key.data + 1));
  if (!collection) return LUMA_OK; /* its creation was rolled back after the name was logged */
  uint16_t wanted = (uint16_t)(key.data[5] << 8 | key.data[6]), id;
  TRY(names_intern(collection->names, value, &id, err));
  if (id != wanted) {
    FAIL(err, LUMA_CORRUPT, "name %u of collection `%.*s` is out of order", wanted,
         SLICE_ARG(collection->name));
  }
  names_mark_saved(collection->names, (uint16_t)(id + 1));
  return LUMA_OK;
}

static status load_collection(struct model *model, struct slice key, struct slice value,
                              struct err *err) {
  (void)key;
  struct arena arena;
  arena_init(&arena, 0, 0);
  struct collection collection;
  struct collection_shared *shared = NULL;
  struct catalog *next = NULL;
  status result = catalog_decode(value, &arena, &collection, err);
  if (result == LUMA_OK) result = collection_shared_create(collection.number, &shared, err);
  if (result == LUMA_OK) {
    result = catalog_with(model->catalog, &collection, shared, &next, err);
    collection_shared_release(shared);
  }
  if (result == LUMA_OK) {
    catalog_release(model->catalog);
    model->catalog = next;
  }
  arena_deinit(&arena);
  return result;
}

/* Names are known by now: souls are bound to them. */
static status attach_souls(struct model *model, struct store_txn *txn, struct err *err) {
  for (uint32_t i = 0; i < catalog_count_all(model->catalog); i++) {
    const struct collection *collection = catalog_at(model->catalog, i);
    if (collection->source.bytes) TRY(model__attach_soul(model, txn, collection, err));
  }
  return LUMA_OK;
}

static bool computes(const struct collection *collection) {
  for (uint32_t i = 0; i < collection->indexes_count; i++)
    if (catalog_index_is_partial(&collection->indexes[i]) ||
        index_def_is_computed(&collection->indexes[i].def) ||
        collection->indexes[i].def.collation.bytes > 0)
      return true;
  return collection->rules.validator.bytes > 0;
}

static status attach_rules(struct model *model, struct err *err) {
  for (uint32_t i = 0; i < catalog_count_all(model->catalog); i++) {
    const struct collection *collection = catalog_at(model->catalog, i);
    if (computes(collection)) TRY(model__attach_rules(model, collection, err));
  }
  return LUMA_OK;
}

/* The first collection with something left unfinished, or NULL: the index at this place; past the
 * end of them, what is counted. */
static const struct collection *find_unfinished(const struct catalog *catalog, uint32_t *position) {
  for (uint32_t i = 0; i < catalog_count_all(catalog); i++) {
    const struct collection *collection = catalog_at(catalog, i);
    for (*position = 0; *position < collection->indexes_count; ++*position) {
      if (collection->indexes[*position].state != CATALOG_INDEX_PUBLIC) return collection;
    }
    if (collection->counting.numbers_count) return collection;
  }
  return NULL;
}

static status remove_one(struct model_txn *txn, struct err *err) {
  uint32_t position;
  TRY(model__begin_change(txn, err));
  const struct collection *collection = find_unfinished(txn->catalog, &position);
  if (!collection) return LUMA_OK;
  return position < collection->indexes_count ? model__remove_index(txn, collection, position, err)
                                              : model__drop_counting(txn, collection, err);
}

static status remove_unfinished(struct model *model, struct err *err) {
  uint32_t position;
  while (find_unfinished(model->catalog, &position)) {
    struct store_begin_options options = {.may_block = true};
    struct model_txn *txn;
    TRY(model_begin(model, &options, &txn, err));
    status result = remove_one(txn, err);
    if (result != LUMA_OK) {
      model_rollback(txn);
      return result;
    }
    TRY(model_commit(txn, STORE_SYNC_DEFAULT, NULL, err));
  }
  return LUMA_OK;
}

status model__load_catalog(struct model *model, bool read_only, struct err *err) {
  struct store_begin_options options = {.read_only = true, .may_block = true};
  struct store_txn *txn;
  TRY(store_begin(model->store, &options, &txn, err));
  status result = each_row(model, txn, 'c', load_collection, err);
  if (result == LUMA_OK) result = each_row(model, txn, 'd', load_name, err);
  if (result == LUMA_OK) result = attach_souls(model, txn, err);
  if (result == LUMA_OK) result = attach_rules(model, err);
  store_rollback(txn);
  if (result == LUMA_OK && !read_only) result = remove_unfinished(model, err);
  return result;
}
