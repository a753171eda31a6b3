/* SPDX-License-Identifier: MIT */
#include "service/repair/repair.h"

#include "base/mem/mem.h"
#include "model/keyspace.h"
#include "service/db/db.h"

enum { BATCH_BYTES = 4 << 20, CACHE_BYTES = 64 << 20 };

struct repair {
  struct os *os;
  const char *into;
  store_check_fn *lost;
  void *context;
  struct repair_counts *counts;
  struct store_rows rows;
};

static void tell(void *context, const char *place, const char *what) {
  struct repair *repair = context;
  repair->counts->lost++;
  if (repair->lost) repair->lost(repair->context, place, what);
}

/* ---- what is stored, row by row ---- */

static status copy_rows(struct repair *repair, struct store *into, enum store_space space,
                        struct err *err) {
  struct store_txn *txn;
  TRY(store_begin(into, NULL, &txn, err));
  status answer = LUMA_OK;
  for (uint32_t i = 0; i < repair->rows.count && answer == LUMA_OK; i++)
    answer = store_put(txn, space, repair->rows.keys[i], repair->rows.values[i], err);
  if (answer == LUMA_OK) return store_commit(txn, STORE_SYNC_DEFAULT, NULL, NULL, err);
  store_rollback(txn);
  return answer;
}

/* What a cursor cannot pass over ends the space, and is told. */
static status copy_space(struct repair *repair, struct store_txn *from, struct store *into,
                         enum store_space space, struct err *err) {
  struct store_cursor *cursor;
  struct err failure = {0};
  TRY(store_cursor_open(from, space, (struct store_range){{0}, {0}}, false, &cursor, err));
  status answer, copied = LUMA_OK;
  do {
    answer = store_cursor_next(cursor, STORE_BATCH_MAX, &repair->rows, &failure);
    if (answer == LUMA_OK) copied = copy_rows(repair, into, space, err);
  } while (answer == LUMA_OK && copied == LUMA_OK && repair->rows.count > 0);
  store_cursor_close(cursor);
  TRY(copied);
  if (answer == LUMA_CORRUPT) {
    tell(repair, failure.message, "what comes after it cannot be read");
    return LUMA_OK;
  }
  if (answer != LUMA_OK && err) *err = failure;
  return answer;
}

static status copy_all(struct repair *repair, struct store *old, struct store *into,
                       struct err *err) {
  static const enum store_space spaces[] = {STORE_META, STORE_RECORDS, STORE_COUNTERS};
  struct store_begin_options options = {.read_only = true, .may_block = true};
  struct store_txn *from;
  TRY(store_begin(old, &options, &from, err));
  status answer = LUMA_OK;
  for (size_t i = 0; i < sizeof spaces / sizeof spaces[0] && answer == LUMA_OK; i++)
    answer = copy_space(repair, from, into, spaces[i], err);
  store_rollback(from);
  return answer;
}

static status copy_store(struct repair *repair, const char *from, struct err *err) {
  struct lsm_options reading = {.read_only = true,
                                .lost = tell,
                                .lost_context = repair,
                                .block_cache_bytes = CACHE_BYTES,
                                .snapshot_age_max_us = UINT64_MAX};
  struct lsm_options writing = {
      .create = true, .sync_mode = STORE_SYNC_NEVER, .background_threads = 1};
  struct store *old, *into;
  TRY(lsm_open(repair->os, from, &reading, &old, err));
  status answer = lsm_open(repair->os, repair->into, &writing, &into, err);
  if (answer == LUMA_OK) {
    answer = copy_all(repair, old, into, err);
    if (answer == LUMA_OK) answer = store_sync(into, err);
    store_close(into);
  }
  store_close(old);
  return answer;
}

/* ---- what follows from it ---- */

static status count_documents(struct repair *repair, struct store_txn *txn, uint32_t collection,
                              uint64_t *count, struct err *err) {
  struct keyspace_key from = keyspace_number(collection), to = keyspace_number(collection + 1);
  struct store_range range = {keyspace_slice(&from), keyspace_slice(&to)};
  struct store_cursor *cursor;
  *count = 0;
  TRY(store_cursor_open(txn, STORE_RECORDS, range, false, &cursor, err));
  status answer;
  do {
    answer = store_cursor_next(cursor, STORE_BATCH_MAX, &repair->rows, err);
    if (answer == LUMA_OK) *count += repair->rows.count;
  } while (answer == LUMA_OK && repair->rows.count > 0);
  store_cursor_close(cursor);
  return answer;
}

static status set_count(struct repair *repair, struct store *store, uint32_t collection,
                        struct err *err) {
  struct keyspace_key key = keyspace_count(collection);
  struct store_txn *txn;
  uint64_t count = 0;
  uint8_t value[8];
  TRY(store_begin(store, NULL, &txn, err));
  status answer = count_documents(repair, txn, collection, &count, err);
  store64le(value, count);
  if (answer == LUMA_OK)
    answer =
        store_put(txn, STORE_COUNTERS, keyspace_slice(&key), slice_of(value, sizeof value), err);
  if (answer == LUMA_OK)
    answer = store_commit(txn, STORE_SYNC_DEFAULT, NULL, NULL, err);
  else
    store_rollback(txn);
  repair->counts->documents += count;
  return answer;
}

static status drop_index(struct model *model, struct slice collection, struct slice index,
                         struct err *err) {
  struct store_begin_options options = {.may_block = true};
  struct model_txn *txn;
  TRY(model_begin(model, &options, &txn, err));
  status answer = model_drop_index(txn, collection, index, true, err);
  if (answer == LUMA_OK) return model_commit(txn, STORE_SYNC_DEFAULT, NULL, err);
  model_rollback(txn);
  return answer;
}

/* What a capped collection is read by. */
static status make_arrival(struct model *model, const struct collection *collection,
                           struct err *err) {
  struct store_begin_options options = {.may_block = true};
  struct model_txn *txn;
  if (!collection->arrival) return LUMA_OK;
  TRY(model_begin(model, &options, &txn, err));
  status answer = model_rebuild_arrival(txn, collection, err);
  if (answer == LUMA_OK) return model_commit(txn, STORE_SYNC_DEFAULT, NULL, err);
  model_rollback(txn);
  return answer;
}

/* An index that what was saved does not allow is told and left out. */
static status make_index(struct repair *repair, struct model *model, struct slice collection,
                         const struct catalog_index *index, struct err *err) {
  struct model_index_spec spec = model_index_spec_of(index, index->name);
  struct err failure = {0};
  TRY(drop_index(model, collection, index->name, err));
  status answer = model_create_index(model, collection, &spec, NULL, NULL, &failure);
  if (answer == LUMA_OK) {
    repair->counts->indexes++;
    return LUMA_OK;
  }
  if (answer == LUMA_OUT_OF_MEMORY || answer == LUMA_DISK_FULL || answer == LUMA_IO_ERROR) {
    if (err) *err = failure;
    return answer;
  }
  tell(repair, failure.message, "an index cannot be made again");
  return LUMA_OK;
}

static status make_indexes(struct repair *repair, struct model *model,
                           const struct catalog *catalog, struct err *err) {
  for (uint32_t i = 0; i < catalog_count(catalog); i++) {
    const struct collection *collection = catalog_at(catalog, i);
    repair->counts->collections++;
    TRY(set_count(repair, model_store(model), collection->number, err));
    TRY(make_arrival(model, collection, err));
    for (uint32_t k = 0; k < collection->indexes_count; k++)
      TRY(make_index(repair, model, collection->name, &collection->indexes[k], err));
  }
  return LUMA_OK;
}

static status rebuild(struct repair *repair, struct err *err) {
  struct db_options options = {.os = repair->os, .must_exist = true, .sync_mode = STORE_SYNC_NEVER};
  struct db *db;
  status answer = db_open(repair->into, &options, &db, err);
  if (answer != LUMA_OK) {
    err_wrap(err, "the catalog cannot be read");
    return answer;
  }
  const struct catalog *catalog = model_catalog_acquire(db->model);
  answer = make_indexes(repair, db->model, catalog, err);
  catalog_release(catalog);
  if (answer == LUMA_OK) {
    answer = model_check(db->model, tell, repair, err);
    if (answer == LUMA_CORRUPT && err) err_reset(err);
    if (answer == LUMA_CORRUPT) answer = LUMA_OK; /* told */
  }
  if (answer == LUMA_OK) answer = store_sync(model_store(db->model), err);
  db_close(db);
  return answer;
}

status repair_database(struct os *os, const char *from, const char *into, store_check_fn *lost,
                       void *context, struct repair_counts *counts, struct err *err) {
  struct os_stat stat;
  *counts = (struct repair_counts){0};
  if (os_stat(os, into, &stat, NULL) == LUMA_OK) {
    err_raise(err, LUMA_ALREADY_EXISTS, __FILE__, __LINE__, "`%s` is there already", into);
    err_hint(err, "name a new directory, or remove that one");
    return LUMA_ALREADY_EXISTS;
  }
  struct repair *repair = mem_zalloc(1, sizeof *repair);
  if (!repair) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to repair `%s`", from);
  repair->os = os;
  repair->into = into;
  repair->lost = lost;
  repair->context = context;
  repair->counts = counts;
  status answer = copy_store(repair, from, err);
  if (answer == LUMA_OK) answer = rebuild(repair, err);
  mem_free(repair);
  return answer;
}
