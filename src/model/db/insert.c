/* SPDX-License-Identifier: MIT */
/* Inserting, batch-first: keys are checked together, then each document goes in with its index
 * entries, in order, so that those before a failed one are in the transaction. */
#include "base/ds/hashmap.h"
#include "model/db/feed/payload.h"
#include "model/db/model_int.h"

/* What is known of a batch. All arrays have `count` elements in the transaction's arena. */
struct batch_insert {
  struct model_txn *txn;
  const struct collection *collection;
  const struct slice *documents;
  struct slice *keys; /* record keys */
  uint32_t count;
  uint64_t first_row;
  uint32_t good;     /* documents before the first whose key is taken; count when none is */
  bool refers_later; /* documents may refer to each other: references are made once all are there */
};

static status make_keys(struct batch_insert *batch, struct err *err) {
  struct model_txn *txn = batch->txn;
  buf_reset(&txn->keys);
  batch->keys = arena_alloc(&txn->arena, batch->count * sizeof *batch->keys);
  if (!batch->keys) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for keys");
  for (uint32_t i = 0; i < batch->count; i++) {
    struct doc doc;
    TRY(doc_open(batch->documents[i], batch->collection->names, &doc, err));
    struct val key = model__key_of(&doc);
    size_t from = txn->keys.bytes;
    TRY(model__check_new_key(txn, &key, err));
    TRY(model__record_key(&txn->keys, batch->collection, &key, err));
    batch->keys[i].bytes = txn->keys.bytes - from;
  }
  const uint8_t *at = txn->keys.data;
  for (uint32_t i = 0; i < batch->count; i++) {
    batch->keys[i].data = at;
    at += batch->keys[i].bytes;
  }
  return LUMA_OK;
}

/* The first document whose key an earlier one of the batch has. Keys in rising order, the usual
 * case, need no table. */
static status find_repeated(struct batch_insert *batch, struct err *err) {
  bool rising = true;
  for (uint32_t i = 1; i < batch->count && rising; i++) {
    rising = slice_compare(batch->keys[i - 1], batch->keys[i]) < 0;
  }
  if (rising) return LUMA_OK;
  struct hashmap seen;
  hashmap_init(&seen);
  status result = LUMA_OK;
  for (uint32_t i = 0; i < batch->good; i++) {
    bool is_new;
    if (!hashmap_put(&seen, batch->keys[i], &is_new)) {
      result = err_raise(err, LUMA_OUT_OF_MEMORY, __FILE__, __LINE__, "no memory for keys");
      break;
    }
    if (!is_new) batch->good = i;
  }
  hashmap_deinit(&seen);
  return result;
}

static status find_taken(struct batch_insert *batch, struct err *err) {
  struct store_value *values = arena_alloc(&batch->txn->arena, batch->count * sizeof *values);
  if (!values) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for keys");
  struct store_pins pins = {0};
  status result = store_get_many(batch->txn->store, STORE_RECORDS, batch->keys, batch->count,
                                 values, &pins, err);
  store_pins_release(&pins);
  TRY(result);
  for (uint32_t i = 0; i < batch->count && batch->good == batch->count; i++) {
    if (values[i].found) batch->good = i;
  }
  return find_repeated(batch, err);
}

/* All entries of one document in one index. */
static status put_entries(struct model_txn *txn, const struct collection *collection,
                          const struct catalog_index *index, const struct doc *doc,
                          struct slice key_part, struct err *err) {
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

static status put_document(struct batch_insert *batch, uint32_t i, struct err *err) {
  struct model_txn *txn = batch->txn;
  struct doc doc;
  TRY(doc_open(batch->documents[i], batch->collection->names, &doc, err));
  for (uint32_t k = 0; k < batch->collection->indexes_count; k++) {
    TRY(put_entries(txn, batch->collection, &batch->collection->indexes[k], &doc,
                    model__key_part(batch->keys[i]), err));
  }
  if (batch->collection->arrival)
    TRY(put_entries(txn, batch->collection, batch->collection->arrival, &doc,
                    model__key_part(batch->keys[i]), err));
  if (batch->collection->genotype && !batch->refers_later)
    TRY(model__change_references(txn, batch->collection, NULL, &doc, err));
  TRY(model__change_population(txn, batch->collection, NULL, &doc, err));
  TRY(store_put(txn->store, STORE_RECORDS, batch->keys[i], batch->documents[i], err));
  TRY(model__observe(txn, batch->collection, batch->documents[i], true, err));
  model__feed_change(txn, MODEL_INSERT, batch->collection->number, model__key_part(batch->keys[i]),
                     0);
  return LUMA_OK;
}

static void tell_taken(struct batch_insert *batch, uint32_t i, struct err *err) {
  struct doc doc;
  if (doc_open(batch->documents[i], batch->collection->names, &doc, NULL) == LUMA_OK)
    model__tell_taken(batch->txn, batch->collection, &doc, i, true, err);
}

/* Undoes the half-put document by a savepoint of its own only where one can fail half-way: under a
 * unique index. */
static status put_document_whole(struct batch_insert *batch, uint32_t i, struct err *err) {
  if (batch->collection->arrival)
    TRY(model__capped_check(batch->collection, batch->documents[i].bytes, err));
  if (batch->collection->indexes_count == 0 && !batch->collection->genotype)
    return put_document(batch, i, err);
  uint64_t mark;
  TRY(store_savepoint(batch->txn->store, &mark, err)); /* a document is fed last, or not at all */
  status result = put_document(batch, i, err);
  if (result != LUMA_OK) (void)store_rollback_to(batch->txn->store, mark, NULL);
  if (result == LUMA_DUPLICATE_KEY || result == LUMA_CONSTRAINT) tell_taken(batch, i, err);
  return result;
}

static status take_rows(struct model_txn *txn, const struct collection *collection, uint32_t count,
                        uint64_t *row, struct err *err) {
  struct collection_shared *shared = catalog_shared(collection);
  if (collection->arrival) return model__capped_take_rows(txn, collection, count, row, err);
  return model__take_numbers(txn->model, &shared->lock, &shared->rows,
                             keyspace_sequence(KEYSPACE_ROWS, collection->number), count, row, err);
}

/* Row numbers and soul; the version is the store's to write. */
static status stamp(struct batch_insert *batch, struct err *err) {
  struct model_txn *txn = batch->txn;
  uint64_t row;
  TRY(take_rows(txn, batch->collection, batch->count, &row, err));
  batch->first_row = row;
  for (uint32_t i = 0; i < batch->count; i++) {
    struct doc_header header = {.row = row + i,
                                .soul = batch->collection->soul,
                                .dictionary = names_number(batch->collection->names)};
    doc_set_header((uint8_t *)(uintptr_t)batch->documents[i].data, &header);
  }
  return LUMA_OK;
}

static status put_good(struct batch_insert *batch, uint32_t *done, struct err *err) {
  for (*done = 0; *done < batch->good; ++*done) TRY(put_document_whole(batch, *done, err));
  return LUMA_OK;
}

static status make_references(struct batch_insert *batch, uint32_t *done, struct err *err) {
  for (*done = 0; *done < batch->good; ++*done) {
    struct doc doc;
    TRY(doc_open(batch->documents[*done], batch->collection->names, &doc, err));
    status result = model__change_references(batch->txn, batch->collection, NULL, &doc, err);
    if (result == LUMA_CONSTRAINT) /* it is there itself already */
      model__tell_taken(batch->txn, batch->collection, &doc, *done, false, err);
    TRY(result);
  }
  return LUMA_OK;
}

static bool refers_to_itself(struct model_txn *txn, const struct collection *collection) {
  const struct soul *soul = collection->genotype;
  for (uint32_t i = 0; soul && i < soul->attributes_count; i++) {
    const struct soul_type *type = &soul->attributes[i].type;
    if (!model__is_reference(&soul->attributes[i])) continue;
    const struct collection *target =
        model__target(txn, type->kind == SOUL_REF ? type : type->element);
    if (target && target->number == collection->number) return true;
  }
  return false;
}

/* First all, then what they refer to; nothing where one fails, `*done`. */
static status put_together(struct batch_insert *batch, uint32_t *done, struct err *err) {
  struct model_txn *txn = batch->txn;
  uint64_t mark;
  TRY(model_savepoint(txn, &mark, err));
  status result = put_good(batch, done, err);
  if (result == LUMA_OK) result = make_references(batch, done, err);
  if (result == LUMA_OK) return LUMA_OK;
  (void)model_rollback_to(txn, mark, NULL);
  return result;
}

/* Where beings refer to beings of their own collection, those before one that fails are put again,
 * if they do without it. */
static status put_all(struct batch_insert *batch, uint32_t *done, struct err *err) {
  uint32_t good = batch->good, ignored;
  batch->refers_later = refers_to_itself(batch->txn, batch->collection);
  if (!batch->refers_later) return put_good(batch, done, err);
  status result = put_together(batch, done, err);
  if (result == LUMA_OK) return LUMA_OK;
  batch->good = *done;
  if (put_together(batch, &ignored, NULL) != LUMA_OK) *done = 0;
  batch->good = good;
  return result;
}

/* The first `count` came into a capped collection. */
static status push_out(const struct batch_insert *batch, uint32_t count, struct err *err) {
  int64_t bytes = 0;
  for (uint32_t i = 0; i < count; i++) bytes += (int64_t)batch->documents[i].bytes;
  TRY(model__capped_count(batch->txn, batch->collection, bytes, batch->first_row + count - 1, err));
  return model__capped_trim(batch->txn, batch->collection, err);
}

static status put_documents(struct batch_insert *batch, uint32_t *failed, struct err *err) {
  uint32_t done = 0;
  status result = put_all(batch, &done, err);
  if (result == LUMA_OK && done < batch->count) {
    struct doc doc;
    TRY(doc_open(batch->documents[done], batch->collection->names, &doc, err));
    result = model__fail_duplicate(batch->collection, NULL, &doc, NULL, err);
    model__tell_taken(batch->txn, batch->collection, &doc, done, true, err);
  }
  if (result != LUMA_OK) *failed = done;
  struct keyspace_key count = keyspace_count(batch->collection->number);
  if (done > 0) {
    TRY(store_add(batch->txn->store, keyspace_slice(&count), done, 0,
                  (int64_t)model__population_max(batch->collection), err));
  }
  if (done > 0 && batch->collection->arrival) TRY(push_out(batch, done, err));
  TRY(model__feed_pass(batch->txn, result == LUMA_OK ? err : NULL));
  return result;
}

status model_insert_encoded(struct model_txn *txn, const struct collection *collection,
                            struct slice *documents, uint32_t count, bool keys_are_new,
                            uint32_t *failed, struct err *err) {
  uint32_t ignored;
  uint32_t *first_failed = failed ? failed : &ignored;
  *first_failed = 0;
  if (count > STORE_BATCH_MAX) {
    FAIL(err, LUMA_INVALID_ARGUMENT, "at most %d documents go in at once", STORE_BATCH_MAX);
  }
  if (count == 0) return LUMA_OK;
  if (collection->view.bytes)
    FAIL(err, LUMA_INVALID_ARGUMENT, "`%.*s` is a view: documents are put into collections",
         SLICE_ARG(collection->name));
  TRY(model__guard(txn, collection, err));
  TRY(model__check_room(txn, collection, count, err));
  TRY(model__conform(txn, collection, documents, NULL, count, first_failed, err));
  TRY(model__validate(txn, collection, documents, NULL, count, first_failed, err));
  TRY(model__note_own_id(collection, documents, count, err));
  TRY(model__save_names(txn->model, collection, err));
  arena_reset(&txn->arena);
  struct batch_insert batch = {
      .txn = txn, .collection = collection, .documents = documents, .count = count, .good = count};
  TRY(make_keys(&batch, err));
  if (!keys_are_new) TRY(find_taken(&batch, err));
  TRY(stamp(&batch, err));
  return put_documents(&batch, first_failed, err);
}
