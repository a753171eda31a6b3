/* SPDX-License-Identifier: MIT */
/* Capped collections, as MongoDB has them: they hold so many bytes of documents, and perhaps so
 * many documents, and what comes pushes out what came first, in its own transaction.
 *
 * The order of arrival is an index of its own (index/arrival), which is in no list of indexes: it
 * comes and goes with the limits. Beside it stands one key for the collection, with the bytes of
 * all its documents and the row of the newest. Every change that moves either rewrites that key, so
 * two of them at once conflict and one begins again, with rows of its own: the order of rows is the
 * order of commits, and whoever has read up to a row has missed nothing before it. */
#include "model/db/model_int.h"

enum { FILL_BYTES = 16, TRIM_AT_ONCE = 64, BAD_VALUE = 2 };

struct fill {
  uint64_t bytes, last_row;
};

static status read_fill(struct model_txn *txn, const struct collection *collection,
                        struct fill *fill, struct err *err) {
  struct keyspace_key key = keyspace_fill(collection->number);
  struct store_pins pins = {0};
  struct store_value value = {0};
  *fill = (struct fill){0};
  TRY(store_get(txn->store, STORE_META, keyspace_slice(&key), &value, &pins, err));
  bool is_good = !value.found || value.value.bytes == FILL_BYTES;
  if (value.found && is_good)
    *fill = (struct fill){load64le(value.value.data), load64le(value.value.data + 8)};
  store_pins_release(&pins);
  if (is_good) return LUMA_OK;
  FAIL(err, LUMA_CORRUPT, "what is known of the size of `%.*s` is damaged",
       SLICE_ARG(collection->name));
}

static status write_fill(struct model_txn *txn, const struct collection *collection,
                         const struct fill *fill, struct err *err) {
  struct keyspace_key key = keyspace_fill(collection->number);
  uint8_t value[FILL_BYTES];
  store64le(value, fill->bytes);
  store64le(value + 8, fill->last_row);
  return store_put(txn->store, STORE_META, keyspace_slice(&key), slice_of(value, sizeof value),
                   err);
}

status model_capped_bytes(struct model_txn *txn, const struct collection *collection,
                          uint64_t *bytes, struct err *err) {
  struct fill fill;
  TRY(read_fill(txn, collection, &fill, err));
  *bytes = fill.bytes;
  return LUMA_OK;
}

/* ---- what comes ---- */

status model__capped_take_rows(struct model_txn *txn, const struct collection *collection,
                               uint32_t count, uint64_t *row, struct err *err) {
  struct collection_shared *shared = catalog_shared(collection);
  struct keyspace_key key = keyspace_sequence(KEYSPACE_ROWS, collection->number);
  struct fill fill;
  TRY(read_fill(txn, collection, &fill, err));
  do /* numbers that another process has passed by are let go */
    TRY(model__take_numbers(txn->model, &shared->lock, &shared->rows, key, count, row, err));
  while (*row <= fill.last_row && fill.last_row);
  return LUMA_OK;
}

status model__capped_check(const struct collection *collection, size_t bytes, struct err *err) {
  if (bytes <= collection->rules.capped_bytes) return LUMA_OK;
  err_raise(
      err, LUMA_TOO_LARGE, __FILE__, __LINE__,
      "object to insert exceeds cappedMaxSize: a document of %zu bytes, and `%.*s` holds %llu",
      bytes, SLICE_ARG(collection->name), (unsigned long long)collection->rules.capped_bytes);
  if (err) err->foreign = BAD_VALUE;
  return LUMA_TOO_LARGE;
}

status model__capped_count(struct model_txn *txn, const struct collection *collection,
                           int64_t bytes, uint64_t row, struct err *err) {
  struct fill fill;
  if (bytes == 0 && row == 0) return LUMA_OK;
  TRY(read_fill(txn, collection, &fill, err));
  bool is_less = bytes < 0 && fill.bytes < (uint64_t)-bytes;
  fill.bytes = is_less ? 0 : fill.bytes + (uint64_t)bytes;
  if (row > fill.last_row) fill.last_row = row;
  return write_fill(txn, collection, &fill, err);
}

/* ---- what goes ---- */

static bool is_over(const struct collection *collection, uint64_t bytes, uint64_t documents) {
  const struct catalog_rules *rules = &collection->rules;
  return bytes > rules->capped_bytes ||
         (rules->capped_documents && documents > rules->capped_documents);
}

/* Deletes from the oldest on, while there is too much. */
static status delete_oldest(struct model_txn *txn, const struct collection *collection,
                            uint64_t bytes, uint64_t documents, struct err *err) {
  const struct model_scan_options options = {.index = collection->arrival};
  struct doc oldest[TRIM_AT_ONCE];
  struct model_scan *scan = NULL;
  uint32_t count = 1;
  TRY(model_scan_open(txn, collection, &options, &scan, err));
  status result = LUMA_OK;
  while (result == LUMA_OK && count && is_over(collection, bytes, documents)) {
    result = model_scan_next(scan, TRIM_AT_ONCE, oldest, &count, err);
    for (uint32_t i = 0; i < count && is_over(collection, bytes, documents); i++) {
      if (result == LUMA_OK) result = model_delete(txn, collection, &oldest[i], err);
      if (result != LUMA_OK) break;
      bytes -= oldest[i].bytes < bytes ? oldest[i].bytes : bytes;
      documents--;
    }
  }
  model_scan_close(scan);
  return result;
}

status model__capped_trim(struct model_txn *txn, const struct collection *collection,
                          struct err *err) {
  struct model_scratch aside;
  struct fill fill;
  uint64_t documents = 0;
  TRY(read_fill(txn, collection, &fill, err));
  TRY(model_count(txn, collection, &documents, err));
  if (!is_over(collection, fill.bytes, documents)) return LUMA_OK;
  model__scratch_aside(txn, &aside);
  status result = delete_oldest(txn, collection, fill.bytes, documents, err);
  model__scratch_back(txn, &aside);
  return result;
}

/* ---- becoming one ---- */

/* Puts what is there into the order of arrival. */
struct filling {
  struct model_txn *txn;
  const struct collection *collection; /* as it will be */
  struct fill fill;
};

static status put_arrived(struct filling *filling, const struct doc *document, struct err *err) {
  struct model_txn *txn = filling->txn;
  struct val key = model__key_of(document);
  uint64_t row = doc_header(document).row;
  buf_reset(&txn->keys);
  TRY(model__record_key(&txn->keys, filling->collection, &key, err));
  TRY(model__entries(txn, filling->collection, filling->collection->arrival, document,
                     model__key_part(buf_slice(&txn->keys)), &txn->fresh, err));
  const struct index_entry *entry = &txn->fresh.items[0];
  TRY(store_put(txn->store, STORE_ENTRIES, entry->key, entry->value, err));
  filling->fill.bytes += document->bytes;
  if (row > filling->fill.last_row) filling->fill.last_row = row;
  return LUMA_OK;
}

static status look(void *context, struct doc *documents, uint32_t count, bool *goes_on,
                   struct err *err) {
  (void)goes_on;
  for (uint32_t i = 0; i < count; i++) TRY(put_arrived(context, &documents[i], err));
  return LUMA_OK;
}

static status fill_arrival(struct model_txn *txn, const struct collection *with, struct err *err) {
  struct filling filling = {.txn = txn, .collection = with};
  const struct model_reads nothing = {0}; /* documents as they are stored */
  const struct model_walk walk = {.look = look, .context = &filling, .reads = &nothing};
  TRY(model_walk(txn, with, &walk, err));
  return write_fill(txn, with, &filling.fill, err);
}

status model__cap(struct model_txn *txn, struct collection *with, struct catalog_index *arrival,
                  struct err *err) {
  uint64_t number = 0;
  TRY(model__take_numbers(txn->model, &txn->model->sequence_lock, &txn->model->indexes,
                          keyspace_sequence(KEYSPACE_INDEXES, 0), 1, &number, err));
  catalog_arrival_init(arrival, (uint32_t)number);
  with->arrival = arrival;
  return fill_arrival(txn, with, err);
}

status model_rebuild_arrival(struct model_txn *txn, const struct collection *collection,
                             struct err *err) {
  TRY(model__capped_drop(txn, collection, err));
  return collection->arrival ? fill_arrival(txn, collection, err) : LUMA_OK;
}

status model__capped_drop(struct model_txn *txn, const struct collection *collection,
                          struct err *err) {
  struct keyspace_key fill = keyspace_fill(collection->number);
  if (!collection->arrival) return LUMA_OK;
  TRY(model__delete_prefix(txn, STORE_ENTRIES, keyspace_number(collection->arrival->def.number),
                           err));
  return store_delete(txn->store, STORE_META, keyspace_slice(&fill), err);
}
