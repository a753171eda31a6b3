/* SPDX-License-Identifier: MIT */
/* Which unique values of a document are taken by others, and which references name nothing, all of
 * them: for errors, after something was found to be wrong. */
#include "model/db/model_int.h"
#include "model/soul/fault.h"

struct looking {
  struct model_txn *txn;
  const struct collection *collection;
  const struct doc *document;
  const struct soul_place *place; /* of the document; NULL: it is the only one */
  struct soul_faults *faults;
};

/* As model__fail_duplicate says it; the path is the attribute, where there is one. */
static void add_fault(struct looking *looking, const struct catalog_index *index) {
  struct err why = {0};
  struct val root = doc_root(looking->document), value = val_missing();
  struct soul_place at = {.up = looking->place};
  struct soul_fault fault = {.rule = "unique", .place = looking->place};
  const struct path *path = index && index->def.keys_count == 1 ? &index->def.keys[0].path : NULL;
  const struct soul *soul = looking->collection->genotype;
  if (!index) {
    at.name = slice_of_text("id");
    value = model__key_of(looking->document);
    fault.sensitive = soul_hides_keys(soul);
  } else if (path && path->count == 1 && path->steps[0].is_name) {
    at.name = path->steps[0].name;
    value = path_get(path, &root);
    fault.sensitive = soul && soul_is_sensitive(soul, path);
  }
  if (at.name.bytes) fault.place = &at;
  fault.value = &value;
  (void)model__fail_duplicate(looking->collection, index, looking->document, NULL, &why);
  soul_faults_add(looking->faults, &fault, "%s", why.message);
}

static status is_taken(struct looking *looking, const struct catalog_index *index, bool *taken) {
  const struct index_entries *entries = &looking->txn->fresh;
  for (uint32_t i = 0; i < entries->count && !*taken; i++)
    if (entries->items[i].is_unique)
      TRY(model__is_taken(looking->txn, looking->collection, index, looking->document,
                          &entries->items[i], taken, NULL));
  return LUMA_OK;
}

static status look_at_indexes(struct looking *looking, struct slice key_part) {
  for (uint32_t i = 0; i < looking->collection->indexes_count; i++) {
    const struct catalog_index *index = &looking->collection->indexes[i];
    bool taken = false;
    if (!index->def.unique || index->through) continue;
    TRY(model__entries(looking->txn, looking->collection, index, looking->document, key_part,
                       &looking->txn->fresh, NULL));
    TRY(is_taken(looking, index, &taken));
    if (taken) add_fault(looking, index);
  }
  return LUMA_OK;
}

static status look_at_key(struct looking *looking, struct slice record_key) {
  struct store_pins pins = {0};
  struct store_value value;
  TRY(store_get(looking->txn->store, STORE_RECORDS, record_key, &value, &pins, NULL));
  store_pins_release(&pins);
  if (value.found) add_fault(looking, NULL);
  return LUMA_OK;
}

void model__list_taken(struct model_txn *txn, const struct collection *collection,
                       const struct doc *document, bool is_new, const struct soul_place *place,
                       struct soul_faults *faults) {
  struct looking looking = {txn, collection, document, place, faults};
  struct val key = model__key_of(document);
  struct buf record_key;
  buf_init(&record_key, MODEL_SCRATCH_BYTES_MAX);
  status result = model__record_key(&record_key, collection, &key, NULL);
  if (result == LUMA_OK && is_new) result = look_at_key(&looking, buf_slice(&record_key));
  if (result == LUMA_OK)
    result = look_at_indexes(&looking, model__key_part(buf_slice(&record_key)));
  if (result == LUMA_OK) (void)model__list_missing(txn, collection, document, place, faults);
  buf_deinit(&record_key);
}

void model__tell_taken(struct model_txn *txn, const struct collection *collection,
                       const struct doc *document, uint32_t nth, bool is_new, struct err *err) {
  struct soul_place place = {.index = txn->places_from + nth};
  struct soul_faults faults;
  struct err all = {0};
  if (!err || !err->faults || err->faults_count) return;
  soul_faults_init(&faults);
  struct val key = model__key_of(document);
  if (txn->tells_places && !is_new && !soul_hides_keys(collection->genotype)) faults.id = &key;
  model__list_taken(txn, collection, document, is_new, txn->tells_places ? &place : NULL, &faults);
  all.faults = err->faults;
  (void)soul_faults_raise(&faults, LUMA_DUPLICATE_KEY, "", &all);
  err->faults_count = all.faults_count;
  soul_faults_deinit(&faults);
}
