/* SPDX-License-Identifier: MIT */
/* What is given out outside transactions and logged before use: numbers and attribute names. A
 * number may be lost with a crash or a rollback, never given twice. */
#include "model/db/model_int.h"

enum { RESERVE_TRIES = 64, STEP_FIRST = 256, STEP_MAX = 1 << 16 };

/* One try to move the durable mark; LUMA_CONFLICT when another node did at the same time. */
static status reserve_once(struct model *model, struct slice key, uint64_t step, uint64_t *first,
                           struct err *err) {
  struct store_begin_options options = {.may_block = true};
  struct store_txn *txn;
  TRY(store_begin(model->store, &options, &txn, err));
  struct store_pins pins = {0};
  struct store_value value = {0};
  status result = store_get(txn, STORE_META, key, &value, &pins, err);
  *first = value.found && value.value.bytes == 8 ? load64le(value.value.data) : 1;
  store_pins_release(&pins);
  if (result == LUMA_OK) {
    uint8_t limit[8];
    store64le(limit, *first + step);
    result = store_put(txn, STORE_META, key, slice_of(limit, sizeof limit), err);
  }
  if (result != LUMA_OK) {
    store_rollback(txn);
    return result;
  }
  return store_commit(txn, STORE_QUEUED, NULL, NULL, err);
}

static status reserve(struct model *model, struct catalog_sequence *sequence, struct slice key,
                      uint64_t count, struct err *err) {
  if (sequence->step == 0) sequence->step = STEP_FIRST;
  uint64_t step = sequence->step > count ? sequence->step : count;
  uint64_t first = 0;
  status result = LUMA_CONFLICT;
  for (int i = 0; i < RESERVE_TRIES && result == LUMA_CONFLICT; i++) {
    result = reserve_once(model, key, step, &first, err);
    /* The mark before is queued and not visible until it is durable. */
    if (result == LUMA_CONFLICT) TRY(store_sync(model->store, err));
  }
  if (result != LUMA_OK) return result;
  sequence->next = first;
  sequence->limit = first + step;
  if (sequence->step < STEP_MAX) sequence->step *= 2;
  return LUMA_OK;
}

status model__take_numbers(struct model *model, struct mutex *lock,
                           struct catalog_sequence *sequence, struct keyspace_key key,
                           uint64_t count, uint64_t *first, struct err *err) {
  status result = LUMA_OK;
  mutex_lock(lock);
  if (sequence->limit - sequence->next < count) {
    result = reserve(model, sequence, keyspace_slice(&key), count, err);
  }
  if (result == LUMA_OK) {
    *first = sequence->next;
    sequence->next += count;
  }
  mutex_unlock(lock);
  return result;
}

status model__note_own_id(const struct collection *collection, const struct slice *documents,
                          uint32_t count, struct err *err) {
  struct slice name = slice_of_text("id");
  uint16_t id = names_find(collection->names, name);
  if (id == NAMES_NONE || collection_has_own_id(collection)) return LUMA_OK;
  for (uint32_t i = 0; i < count; i++) {
    struct doc doc;
    TRY(doc_open(documents[i], collection->names, &doc, err));
    struct val root = doc_root(&doc);
    if (val_field_id(&root, id, name).type != VAL_MISSING)
      return collection_mark_own_id(collection, err);
  }
  return LUMA_OK;
}

static status log_names(struct model *model, const struct collection *collection, uint16_t from,
                        uint16_t to, struct err *err) {
  struct store_begin_options options = {.may_block = true};
  struct store_txn *txn;
  TRY(store_begin(model->store, &options, &txn, err));
  for (uint16_t id = from; id < to; id++) {
    struct keyspace_key key = keyspace_name_id(collection->number, id);
    status result =
        store_put(txn, STORE_META, keyspace_slice(&key), names_get(collection->names, id), err);
    if (result != LUMA_OK) {
      store_rollback(txn);
      return result;
    }
  }
  return store_commit(txn, STORE_QUEUED, NULL, NULL, err);
}

status model__save_names(struct model *model, const struct collection *collection,
                         struct err *err) {
  uint16_t from, to;
  names_unsaved(collection->names, &from, &to);
  if (from >= to) return LUMA_OK;
  struct mutex *lock = &catalog_shared(collection)->lock;
  status result = LUMA_OK;
  mutex_lock(lock);
  names_unsaved(collection->names, &from, &to);
  if (from < to) result = log_names(model, collection, from, to, err);
  if (result == LUMA_OK && from < to) names_mark_saved(collection->names, to);
  mutex_unlock(lock);
  return result;
}
