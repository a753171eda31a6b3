/* SPDX-License-Identifier: MIT */
/* Documents given as values: encoding them with the collection's names; replacing and deleting. */
#include "model/db/feed/payload.h"
#include "model/db/model_int.h"
#include "value/order/order.h"

static struct slice key_name(void) {
  return slice_of_text("_id");
}

static bool is_same_value(const struct val *a, const struct val *b) {
  if (a->type != b->type) return false;
  bool is_nested = a->type == VAL_LIST || a->type == VAL_MAP;
  if (!is_nested) return val_is_equal(a, b);
  return a->names == b->names && a->bytes == b->bytes && memcmp(a->data, b->data, a->bytes) == 0;
}

/* Whether all names within have ids: those that do not are to get some. */
static bool has_ids(const struct val *v) {
  bool is_map = v->type == VAL_MAP;
  uint32_t count = is_map || v->type == VAL_LIST ? val_count(v) : 0;
  for (uint32_t i = 0; i < count; i++) {
    struct slice ignored;
    if (is_map && val_field_name_id(v, i) == NAMES_NONE) return false;
    struct val inner = is_map ? val_field_at(v, i, &ignored) : val_at(v, i);
    if ((inner.type == VAL_MAP || inner.type == VAL_LIST) && !has_ids(&inner)) return false;
  }
  return true;
}

/* Whether the fields are encoded as the collection's documents are, with this key in its place.
 * `knows_names`: that all names have ids is known. */
static bool is_encoded(const struct collection *collection, const struct val *fields,
                       const struct val *key, bool knows_names) {
  struct slice name;
  if (fields->is_lensed || fields->names != collection->names || val_count(fields) == 0)
    return false;
  if (val_field_name_id(fields, 0) != NAMES_KEY_SLOT) return false;
  struct val first = val_field_at(fields, 0, &name);
  return is_same_value(&first, key) && (knows_names || has_ids(fields));
}

static void put_others(struct build *build, const struct val *fields) {
  uint32_t count = val_count(fields);
  for (uint32_t i = 0; i < count; i++) {
    struct slice name;
    struct val value = val_field_at(fields, i, &name);
    if (slice_is_equal(name, key_name())) continue;
    build_name(build, name);
    build_put(build, &value);
  }
}

/* Names that are the collection's own are copied with their values. */
static void put_known_others(struct build *build, const struct val *fields) {
  uint32_t count = val_count(fields), from = 0;
  for (uint32_t i = 0; i < count; i++) {
    if (val_field_name_id(fields, i) != NAMES_KEY_SLOT) continue;
    build_put_run(build, fields, from, i);
    from = i + 1;
  }
  build_put_run(build, fields, from, count);
}

static status build_fields(struct build *build, const struct collection *collection,
                           const struct model_write *write, struct slice *encoded,
                           struct err *err) {
  const struct val *fields = write->document;
  bool is_known = write->knows_names && !fields->is_lensed && fields->names == collection->names;
  build_begin_document(build);
  build_name(build, key_name());
  build_put(build, &write->key);
  if (is_known)
    put_known_others(build, fields);
  else
    put_others(build, fields);
  return build_finish(build, encoded, err);
}

/* Appends the document to txn->encoded: the key slot first, then the other fields in their order.
 * `build` is a builder for that. */
static status encode_document(struct model_txn *txn, const struct collection *collection,
                              const struct model_write *write, struct build *build,
                              struct slice *encoded, struct err *err) {
  const struct val *fields = write->document, *key = &write->key;
  status result = is_encoded(collection, fields, key, write->knows_names)
                      ? build_document_of(&txn->encoded, fields, encoded, err)
                      : build_fields(build, collection, write, encoded, err);
  if (result == LUMA_OK && encoded->bytes > model__document_bytes_max(txn))
    return model__fail_too_large(txn, encoded->bytes, err);
  return result;
}

static status take_key(struct model_txn *txn, const struct collection *collection,
                       struct model_write *write, bool *key_is_new, struct err *err) {
  if (write->document->type != VAL_MAP) {
    FAIL(err, LUMA_INVALID_VALUE, "a document is a map of attributes, not a %s",
         val_type_name(write->document->type));
  }
  write->key = val_field_id(write->document, NAMES_KEY_SLOT, key_name());
  *key_is_new = write->key_is_free;
  bool is_given =
      txn->takes_mongo_keys ? write->key.type != VAL_MISSING : !val_is_null(&write->key);
  if (is_given) return LUMA_OK;
  struct soul_numbers numbers = model__numbers(txn);
  TRY(model__new_key(txn->model, collection, &numbers, write->document, &txn->kept, &write->key,
                     err));
  *key_is_new = model_makes_keys(collection);
  return LUMA_OK;
}

/* Where the document stands as the collection stores it; else no bytes. */
static struct slice stored_form(const struct model_txn *txn, const struct collection *collection,
                                const struct model_write *write) {
  const struct val *fields = write->document;
  size_t bytes = fields->bytes + (size_t)DOC_HEADER_BYTES;
  bool stands = write->has_header && bytes <= model__document_bytes_max(txn) &&
                is_encoded(collection, fields, &write->key, write->knows_names);
  return stands ? slice_of(fields->data - DOC_HEADER_BYTES, bytes) : slice_of(NULL, 0);
}

/* What became of some writes. */
struct encoded {
  struct slice *documents;
  bool keys_are_new;
  uint32_t failed; /* the one that could not be encoded */
};

/* Encodes those that are not yet, then turns lengths into slices: the buffer moves while it grows.
 */
static status encode_with(struct model_txn *txn, const struct collection *collection,
                          struct model_write *writes, uint32_t count, struct build *build,
                          struct encoded *encoded, struct err *err) {
  buf_reset(&txn->encoded);
  encoded->keys_are_new = true;
  for (uint32_t i = 0; i < count; i++) {
    struct slice *document = &encoded->documents[i];
    bool is_new = false;
    encoded->failed = i;
    TRY(take_key(txn, collection, &writes[i], &is_new, err));
    encoded->keys_are_new &= is_new;
    *document = stored_form(txn, collection, &writes[i]);
    if (document->data) continue;
    TRY(encode_document(txn, collection, &writes[i], build, document, err));
    document->data = NULL;
  }
  uint8_t *at = txn->encoded.data;
  for (uint32_t i = 0; i < count; i++) {
    if (encoded->documents[i].data) continue;
    encoded->documents[i].data = at;
    at += encoded->documents[i].bytes;
  }
  return LUMA_OK;
}

static status encode_writes(struct model_txn *txn, const struct collection *collection,
                            struct model_write *writes, uint32_t count, struct encoded *encoded,
                            struct err *err) {
  struct build build;
  build_init(&build, &txn->encoded, collection->names);
  status result = encode_with(txn, collection, writes, count, &build, encoded, err);
  build_deinit(&build);
  return result;
}

/* A soul may have read a key as one of another type: what was stored is what is told. */
static status take_keys(struct model_txn *txn, const struct collection *collection,
                        const struct encoded *encoded, struct model_write *writes, uint32_t count,
                        struct err *err) {
  for (uint32_t i = 0; i < count; i++) {
    struct doc doc;
    TRY(doc_open(encoded->documents[i], collection->names, &doc, err));
    struct val key = model__key_of(&doc);
    if (key.type == writes[i].key.type) continue;
    writes[i].key = key;
    if (key.bytes == 0) continue;
    writes[i].key.data = arena_copy(&txn->kept, key.data, key.bytes);
    if (!writes[i].key.data) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a key");
  }
  return LUMA_OK;
}

static status insert_some(struct model_txn *txn, const struct collection *collection,
                          struct model_write *writes, uint32_t count, uint32_t *failed,
                          struct err *err) {
  struct encoded encoded;
  buf_reset(&txn->lot);
  encoded.documents = (struct slice *)(void *)buf_extend(&txn->lot, count * sizeof(struct slice));
  if (!encoded.documents) return buf_check(&txn->lot, "the documents of an insert", err);
  status result = encode_writes(txn, collection, writes, count, &encoded, err);
  if (result == LUMA_OK) {
    result = model_insert_encoded(txn, collection, encoded.documents, count, encoded.keys_are_new,
                                  failed, err);
    if (result == LUMA_OK && collection->genotype)
      result = take_keys(txn, collection, &encoded, writes, count, err);
    return result;
  }
  /* One cannot be encoded: those before it go in, and its error is the answer unless theirs comes
   * first. */
  uint32_t bad = encoded.failed;
  struct err earlier = {0};
  if (bad > 0 && encode_writes(txn, collection, writes, bad, &encoded, &earlier) == LUMA_OK) {
    status first =
        model_insert_encoded(txn, collection, encoded.documents, bad, false, failed, &earlier);
    if (first != LUMA_OK) {
      if (err) *err = earlier;
      return first;
    }
  }
  *failed = bad;
  return result;
}

static status insert_all(struct model_txn *txn, const struct collection *collection,
                         struct model_write *writes, uint32_t count, uint32_t *failed,
                         struct err *err) {
  uint32_t first = txn->places_from;
  for (uint32_t done = 0; done < count;) {
    uint32_t some = count - done < STORE_BATCH_MAX ? count - done : STORE_BATCH_MAX;
    uint32_t bad = 0;
    txn->places_from = first + done;
    status result = insert_some(txn, collection, writes + done, some, &bad, err);
    if (failed) *failed = done + bad;
    TRY(result);
    done += some;
  }
  return LUMA_OK;
}

status model_insert(struct model_txn *txn, const struct collection *collection,
                    struct model_write *writes, uint32_t count, uint32_t *failed, struct err *err) {
  bool tells = txn->tells_places;
  uint32_t first = txn->places_from;
  TRY(model__guard(txn, collection, err));
  txn->tells_places |= count > 1;
  status result = insert_all(txn, collection, writes, count, failed, err);
  model_tell_places(txn, tells, first);
  return result;
}

void model_tell_places(struct model_txn *txn, bool tells, uint32_t first) {
  txn->tells_places = tells;
  txn->places_from = first;
}

/* ---- replacing and deleting ---- */

/* Moves one index from the stale entries to the fresh ones; both are sorted. */
static status change_entries(struct model_txn *txn, const struct collection *collection,
                             const struct catalog_index *index, const struct doc *fresh_doc,
                             struct err *err) {
  const struct index_entries *stale = &txn->stale, *fresh = &txn->fresh;
  for (uint32_t s = 0, f = 0; s < stale->count || f < fresh->count;) {
    int order = s == stale->count   ? 1
                : f == fresh->count ? -1
                                    : slice_compare(stale->items[s].key, fresh->items[f].key);
    if (order < 0) TRY(store_delete(txn->store, STORE_ENTRIES, stale->items[s].key, err));
    if (order > 0) {
      const struct index_entry *entry = &fresh->items[f];
      bool taken = false;
      if (entry->is_unique)
        TRY(model__is_taken(txn, collection, index, fresh_doc, entry, &taken, err));
      if (taken) return model__fail_duplicate(collection, index, fresh_doc, entry, err);
      TRY(store_put(txn->store, STORE_ENTRIES, entry->key, entry->value, err));
    }
    s += order <= 0;
    f += order >= 0;
  }
  return LUMA_OK;
}

/* Whether what the index looks at is as it was: then so are its entries. `differ` NULL: that is not
 * known. */
static bool is_untouched(const struct collection *collection, const struct catalog_index *index,
                         const struct differ *differ) {
  const struct index_def *def = &index->def;
  if (!differ || index->rules || def->wildcard.bytes) return false;
  for (uint32_t i = 0; i < def->keys_count; i++) {
    const struct path *path = &def->keys[i].path;
    if (path->count == 0 || !path->steps[0].is_name) return false;
    uint16_t name = names_find(collection->names, path->steps[0].name);
    if (name != NAMES_NONE && differ_has(differ, name)) return false;
  }
  return true;
}

/* `fresh` NULL: the document goes. */
static status change_indexes(struct model_txn *txn, const struct collection *collection,
                             const struct doc *stale, const struct doc *fresh,
                             const struct differ *differ, struct slice key_part, struct err *err) {
  for (uint32_t i = 0; i < collection->indexes_count; i++) {
    const struct catalog_index *index = &collection->indexes[i];
    if (is_untouched(collection, index, differ)) continue;
    TRY(model__entries(txn, collection, index, stale, key_part, &txn->stale, err));
    txn->fresh.count = 0;
    if (fresh) TRY(model__entries(txn, collection, index, fresh, key_part, &txn->fresh, err));
    TRY(change_entries(txn, collection, index, fresh, err));
  }
  return LUMA_OK;
}

uint32_t model__document_bytes_max(const struct model_txn *txn) {
  uint32_t most = txn->model->options.document_bytes_max;
  return txn->document_bytes_max && txn->document_bytes_max < most ? txn->document_bytes_max : most;
}

status model__fail_too_large(const struct model_txn *txn, size_t bytes, struct err *err) {
  FAIL(err, LUMA_TOO_LARGE, "a document of %zu bytes is over the limit of %u", bytes,
       model__document_bytes_max(txn));
}

void model_limit_documents(struct model_txn *txn, uint32_t bytes) {
  txn->document_bytes_max = bytes;
}

static status begin_write(struct model_txn *txn, const struct collection *collection,
                          const struct doc *old, struct slice *record_key, struct err *err) {
  TRY(model__guard(txn, collection, err));
  struct val key = model__key_of(old);
  buf_reset(&txn->keys);
  TRY(model__record_key(&txn->keys, collection, &key, err));
  *record_key = buf_slice(&txn->keys);
  return LUMA_OK;
}

/* Of a capped collection: a document of `bytes` takes the place of the old one, or (0) it goes. An
 * older being may have other bytes than it is read with. */
static status count_change(struct model_txn *txn, const struct collection *collection,
                           struct slice record_key, size_t bytes, struct err *err) {
  struct store_pins pins = {0};
  struct store_value value = {0};
  TRY(store_get(txn->store, STORE_RECORDS, record_key, &value, &pins, err));
  int64_t before = value.found ? (int64_t)value.value.bytes : 0;
  store_pins_release(&pins);
  return model__capped_count(txn, collection, (int64_t)bytes - before, 0, err);
}

/* The order of arrival, from which a document goes. */
static status leave_order(struct model_txn *txn, const struct collection *collection,
                          const struct doc *old, struct slice record_key, struct err *err) {
  TRY(model__entries(txn, collection, collection->arrival, old, model__key_part(record_key),
                     &txn->stale, err));
  TRY(store_delete(txn->store, STORE_ENTRIES, txn->stale.items[0].key, err));
  return count_change(txn, collection, record_key, 0, err);
}

static status finish_write(struct model_txn *txn, const struct collection *collection,
                           enum model_change_op op, struct slice record_key, const struct doc *old,
                           struct err *err) {
  struct slice key_part = model__key_part(record_key);
  TRY(model__feed_keep(txn, collection, key_part, old, err));
  model__feed_change(txn, op, collection->number, key_part, doc_header(old).version);
  return model__feed_pass(txn, err);
}

/** MongoDB's code for a changed `_id`. */
enum { MONGO_IMMUTABLE_FIELD = 66 };

static status check_same_key(const struct val *old_key, const struct val *new_document,
                             struct err *err) {
  struct val given = val_field_id(new_document, NAMES_KEY_SLOT, key_name());
  if (given.type == VAL_MISSING || is_same_value(&given, old_key)) return LUMA_OK;
  struct buf a, b;
  buf_init(&a, MODEL_SCRATCH_BYTES_MAX);
  buf_init(&b, MODEL_SCRATCH_BYTES_MAX);
  status result = model_key_encode(&a, old_key, err);
  if (result == LUMA_OK) result = model_key_encode(&b, &given, err);
  bool same = result == LUMA_OK && slice_is_equal(buf_slice(&a), buf_slice(&b));
  buf_deinit(&a);
  buf_deinit(&b);
  TRY(result);
  if (!same) {
    status code = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                            "the key of a document cannot change");
    if (err) err->foreign = MONGO_IMMUTABLE_FIELD;
    err_hint(err, "insert a document under the new key and delete this one");
    return code;
  }
  return LUMA_OK;
}

/* The new document, as it is to be stored. */
static status take_new(struct model_txn *txn, const struct collection *collection,
                       struct model_write *write, struct slice *encoded, struct err *err) {
  *encoded = stored_form(txn, collection, write);
  if (encoded->data) return LUMA_OK;
  struct build build;
  buf_reset(&txn->encoded);
  build_init(&build, &txn->encoded, collection->names);
  status result = encode_document(txn, collection, write, &build, encoded, err);
  build_deinit(&build);
  return result;
}

status model_replace(struct model_txn *txn, const struct collection *collection,
                     const struct doc *old, const struct val *new_document, struct err *err) {
  struct model_write write = {.document = new_document};
  return model_replace_by(txn, collection, old, &write, err);
}

status model_replace_by(struct model_txn *txn, const struct collection *collection,
                        const struct doc *old, struct model_write *write, struct err *err) {
  const struct val *new_document = write->document;
  if (new_document->type != VAL_MAP) {
    FAIL(err, LUMA_INVALID_VALUE, "a document is a map of attributes, not a %s",
         val_type_name(new_document->type));
  }
  write->key = model__key_of(old);
  TRY(check_same_key(&write->key, new_document, err));
  struct slice record_key, encoded;
  TRY(begin_write(txn, collection, old, &record_key, err));
  TRY(take_new(txn, collection, write, &encoded, err));
  TRY(model__conform(txn, collection, &encoded, old, 1, NULL, err));
  TRY(model__validate(txn, collection, &encoded, old, 1, NULL, err));
  TRY(model__note_own_id(collection, &encoded, 1, err));
  TRY(model__save_names(txn->model, collection, err));
  struct doc_header header = {.row = doc_header(old).row,
                              .soul = collection->soul,
                              .dictionary = names_number(collection->names)};
  doc_set_header((uint8_t *)(uintptr_t)encoded.data, &header);
  struct doc fresh;
  TRY(doc_open(encoded, collection->names, &fresh, err));
  if (collection->genotype) {
    status referred = model__change_references(txn, collection, old, &fresh, err);
    if (referred == LUMA_CONSTRAINT) model__tell_taken(txn, collection, &fresh, 0, false, err);
    TRY(referred);
  }
  TRY(model__change_population(txn, collection, old, &fresh, err));
  struct differ differ;
  bool may_differ = collection->indexes_count > 0 || collection->open;
  const struct differ *known = may_differ && differ_open(&differ, old, &fresh) ? &differ : NULL;
  status indexed =
      change_indexes(txn, collection, old, &fresh, known, model__key_part(record_key), err);
  if (indexed == LUMA_DUPLICATE_KEY) model__tell_taken(txn, collection, &fresh, 0, false, err);
  TRY(indexed);
  if (collection->arrival) TRY(count_change(txn, collection, record_key, encoded.bytes, err));
  TRY(store_put(txn->store, STORE_RECORDS, record_key, encoded, err));
  TRY(model__observe_replaced(txn, collection, old, encoded, known, err));
  return finish_write(txn, collection, MODEL_UPDATE, record_key, old, err);
}

status model__delete_alone(struct model_txn *txn, const struct collection *collection,
                           const struct doc *old, struct err *err) {
  struct slice record_key;
  if (collection->genotype) TRY(model__change_references(txn, collection, old, NULL, err));
  TRY(model__change_population(txn, collection, old, NULL, err));
  TRY(begin_write(txn, collection, old, &record_key, err));
  TRY(change_indexes(txn, collection, old, NULL, NULL, model__key_part(record_key), err));
  if (collection->arrival) TRY(leave_order(txn, collection, old, record_key, err));
  TRY(store_delete(txn->store, STORE_RECORDS, record_key, err));
  struct keyspace_key count = keyspace_count(collection->number);
  TRY(store_add(txn->store, keyspace_slice(&count), -1, 0, INT64_MAX, err));
  TRY(model__observe(txn, collection, slice_of(old->data, old->bytes), false, err));
  return finish_write(txn, collection, MODEL_DELETE, record_key, old, err);
}

status model_delete(struct model_txn *txn, const struct collection *collection,
                    const struct doc *old, struct err *err) {
  struct val key = model__key_of(old);
  if (!model__referrer(txn, collection, true))
    return model__delete_alone(txn, collection, old, err);
  /* What went before it in this transaction may have changed it. */
  return model_delete_together(txn, collection, &key, 1, err);
}
