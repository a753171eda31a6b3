/* SPDX-License-Identifier: MIT */
/* Verifying that what is stored agrees: documents with their form, keys, counts and index entries.
 */
#include <stdio.h>

#include "base/mem/mem.h"
#include "model/db/model_int.h"

struct checking {
  struct model_txn *txn;
  store_check_fn *fault;
  void *context;
  uint64_t faults;
  const struct collection *collection;
  uint64_t documents, bytes;
  uint64_t arrived;                      /* entries expected in the order of arrival */
  uint64_t entries[CATALOG_INDEXES_MAX]; /* expected, per index */
  struct store_rows rows;
};

static void report(struct checking *checking, struct slice place, const char *what) {
  char text[CATALOG_NAME_BYTES_MAX + 64];
  (void)snprintf(text, sizeof text, "collection `%.*s`", SLICE_ARG(checking->collection->name));
  char hex[80];
  size_t at = 0;
  for (size_t i = 0; i < place.bytes && at + 3 < sizeof hex; i++) {
    at += (size_t)snprintf(hex + at, sizeof hex - at, "%02x", place.data[i]);
  }
  hex[at] = 0;
  char full[sizeof text + sizeof hex + 8];
  (void)snprintf(full, sizeof full, "%s, key %s", text, at ? hex : "-");
  checking->faults++;
  if (checking->fault) checking->fault(checking->context, full, what);
}

static status check_index(struct checking *checking, const struct catalog_index *index,
                          const struct doc *doc, struct slice key_part, uint64_t *entries,
                          struct err *err) {
  struct model_txn *txn = checking->txn;
  if (index->state != CATALOG_INDEX_PUBLIC) return LUMA_OK;
  TRY(model__entries(txn, checking->collection, index, doc, key_part, &txn->fresh, err));
  *entries += txn->fresh.count;
  for (uint32_t k = 0; k < txn->fresh.count; k++) {
    const struct index_entry *entry = &txn->fresh.items[k];
    struct store_pins pins = {0};
    struct store_value value;
    TRY(store_get(txn->store, STORE_ENTRIES, entry->key, &value, &pins, err));
    if (!value.found || !slice_is_equal(value.value, entry->value)) {
      report(checking, entry->key, "an index lacks the entry of a document");
    }
    store_pins_release(&pins);
  }
  return LUMA_OK;
}

static status check_entries(struct checking *checking, const struct doc *doc, struct slice key_part,
                            struct err *err) {
  const struct collection *collection = checking->collection;
  for (uint32_t i = 0; i < collection->indexes_count; i++)
    TRY(check_index(checking, &collection->indexes[i], doc, key_part, &checking->entries[i], err));
  if (!collection->arrival) return LUMA_OK;
  return check_index(checking, collection->arrival, doc, key_part, &checking->arrived, err);
}

static status check_record(struct checking *checking, struct slice key, struct slice value,
                           struct err *err) {
  struct err found = {0};
  checking->documents++;
  checking->bytes += value.bytes;
  if (doc_check(value, checking->collection->names, &found) != LUMA_OK) {
    report(checking, key, found.message);
    return LUMA_OK;
  }
  struct doc doc;
  TRY(doc_open(value, checking->collection->names, &doc, err));
  struct val id = model__key_of(&doc);
  buf_reset(&checking->txn->keys);
  if (model__record_key(&checking->txn->keys, checking->collection, &id, &found) != LUMA_OK ||
      !slice_is_equal(buf_slice(&checking->txn->keys), key)) {
    report(checking, key, "a document's key is not the one it is stored under");
    return LUMA_OK;
  }
  struct store_pins pins = {0};
  status result = model__upgrade(checking->txn, checking->collection, &doc, 1, &pins, err);
  if (result == LUMA_OK) result = check_entries(checking, &doc, model__key_part(key), err);
  store_pins_release(&pins);
  return result;
}

static status each_row(struct checking *checking, enum store_space space,
                       struct keyspace_key prefix, uint64_t *count, struct err *err) {
  struct keyspace_key end;
  struct store_cursor *cursor;
  struct store_range range = model__prefix_range(&prefix, &end);
  TRY(store_cursor_open(checking->txn->store, space, range, false, &cursor, err));
  status result;
  do {
    result = store_cursor_next(cursor, STORE_BATCH_MAX, &checking->rows, err);
    *count += result == LUMA_OK ? checking->rows.count : 0;
    for (uint32_t i = 0; result == LUMA_OK && space == STORE_RECORDS && i < checking->rows.count;
         i++) {
      result = check_record(checking, checking->rows.keys[i], checking->rows.values[i], err);
    }
  } while (result == LUMA_OK && checking->rows.count > 0);
  store_cursor_close(cursor);
  return result;
}

static status check_count(struct checking *checking, const struct catalog_index *index,
                          uint64_t expected, struct err *err) {
  uint64_t entries = 0;
  if (index->state != CATALOG_INDEX_PUBLIC) return LUMA_OK;
  TRY(each_row(checking, STORE_ENTRIES, keyspace_number(index->def.number), &entries, err));
  if (entries != expected)
    report(checking, slice_of(NULL, 0), "an index has entries that no document accounts for");
  return LUMA_OK;
}

static status check_capped(struct checking *checking, const struct collection *collection,
                           struct err *err) {
  uint64_t bytes = 0;
  TRY(check_count(checking, collection->arrival, checking->arrived, err));
  TRY(model_capped_bytes(checking->txn, collection, &bytes, err));
  if (bytes != checking->bytes)
    report(checking, slice_of(NULL, 0), "the bytes of a capped collection are counted wrongly");
  return LUMA_OK;
}

static status check_collection(struct checking *checking, const struct collection *collection,
                               struct err *err) {
  checking->collection = collection;
  checking->documents = checking->bytes = checking->arrived = 0;
  memset(checking->entries, 0, sizeof checking->entries);
  uint64_t rows = 0, counted;
  TRY(each_row(checking, STORE_RECORDS, keyspace_number(collection->number), &rows, err));
  TRY(model_count(checking->txn, collection, &counted, err));
  if (counted != checking->documents) {
    report(checking, slice_of(NULL, 0), "the count of documents is wrong");
  }
  for (uint32_t i = 0; i < collection->indexes_count; i++)
    TRY(check_count(checking, &collection->indexes[i], checking->entries[i], err));
  return collection->arrival ? check_capped(checking, collection, err) : LUMA_OK;
}

static status fail_faults(uint64_t faults, struct err *err) {
  FAIL(err, LUMA_CORRUPT, "%llu faults were found", (unsigned long long)faults);
}

status model_check_collection(struct model *model, struct slice name, store_check_fn *fault,
                              void *context, uint64_t *documents, struct err *err) {
  struct store_begin_options options = {.read_only = true, .may_block = true};
  struct checking *checking = mem_zalloc(1, sizeof *checking);
  if (!checking) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the check");
  checking->fault = fault;
  checking->context = context;
  status result = model_begin(model, &options, &checking->txn, err);
  const struct collection *found =
      result == LUMA_OK ? catalog_find(checking->txn->catalog, name) : NULL;
  if (result == LUMA_OK)
    result = found ? check_collection(checking, found, err)
                   : catalog_fail_unknown(checking->txn->catalog, name, err);
  if (checking->txn) model_rollback(checking->txn);
  uint64_t faults = checking->faults;
  *documents = checking->documents;
  mem_free(checking);
  TRY(result);
  return faults ? fail_faults(faults, err) : LUMA_OK;
}

status model_check(struct model *model, store_check_fn *fault, void *context, struct err *err) {
  status store_result = store_check(model->store, fault, context, err);
  if (store_result != LUMA_OK && store_result != LUMA_CORRUPT) return store_result;
  struct checking *checking = mem_zalloc(1, sizeof *checking);
  if (!checking) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the check");
  checking->fault = fault;
  checking->context = context;
  struct store_begin_options options = {.read_only = true, .may_block = true};
  status result = model_begin(model, &options, &checking->txn, err);
  for (uint32_t i = 0; result == LUMA_OK && i < catalog_count_all(checking->txn->catalog); i++) {
    result = check_collection(checking, catalog_at(checking->txn->catalog, i), err);
  }
  if (checking->txn) model_rollback(checking->txn);
  uint64_t faults = checking->faults;
  mem_free(checking);
  TRY(result);
  TRY(store_result);
  return faults ? fail_faults(faults, err) : LUMA_OK;
}
