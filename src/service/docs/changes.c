/* SPDX-License-Identifier: MIT */
/* Patches and deletions of many documents by key, all or none. */
#include "model/soul/soul.h"
#include "service/docs/docs_int.h"
#include "value/ulid/ulid.h"

struct changing {
  struct slice name;
  const struct collection *collection;
  const struct docs_changes *changes;
};

/* A ULID is written as text in JSON, so a text that spells one is one, unless it is a key itself.
 */
static status find_document(struct model_txn *txn, const struct collection *collection,
                            const struct val *key, struct doc *doc, struct store_pins *pins,
                            struct err *err) {
  struct val ulid = {.type = VAL_ULID};
  if (key->type == VAL_TEXT && key->bytes == ULID_TEXT_BYTES &&
      ulid_parse(val_slice(key), ulid.id)) {
    TRY(model_get_many(txn, collection, &ulid, 1, doc, pins, err));
    if (doc->data) return LUMA_OK;
  }
  TRY(model_get_many(txn, collection, key, 1, doc, pins, err));
  return doc->data ? LUMA_OK : docs__fail_no_document(collection->name, err);
}

static status keep_key(const struct docs_changes *changes, uint32_t nth, const struct doc *doc,
                       struct err *err) {
  struct val root = doc_root(doc);
  struct val key = val_field_id(&root, NAMES_KEY_SLOT, slice_of_text("_id"));
  if (key.type == VAL_TEXT || key.type == VAL_BYTES || key.type == VAL_MAP) {
    const uint8_t *copy = arena_copy(changes->arena, key.data, key.bytes);
    if (!copy && key.bytes) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a key");
    key.data = copy;
  }
  changes->items[nth].key = key;
  return LUMA_OK;
}

static status change_document(struct changing *changing, struct model_txn *txn, uint32_t nth,
                              struct doc *doc, struct err *err) {
  const struct docs_change *item = &changing->changes->items[nth];
  if (item->has_version && doc_header(doc).version != item->version) {
    err_raise(err, LUMA_PRECONDITION_FAILED, __FILE__, __LINE__,
              "the document changed since it was read");
    err_hint(err, "read it again and decide anew");
    return LUMA_PRECONDITION_FAILED;
  }
  struct val patch = item->patch;
  TRY(keep_key(changing->changes, nth, doc, err));
  return patch.type == VAL_MISSING ? model_delete(txn, changing->collection, doc, err)
                                   : docs__merge(txn, changing->collection, doc, &patch, err);
}

static status step(void *context, struct model_txn *txn, uint32_t nth, struct err *err) {
  struct changing *changing = context;
  const struct docs_change *item = &changing->changes->items[nth];
  struct store_pins pins = {0};
  struct doc doc = {0};
  status result = find_document(txn, changing->collection, &item->key, &doc, &pins, err);
  if (result == LUMA_OK) result = change_document(changing, txn, nth, &doc, err);
  store_pins_release(&pins);
  return result;
}

static const struct val *key_of(void *context, uint32_t nth) {
  struct changing *changing = context;
  return soul_hides_keys(changing->collection->genotype) ? NULL
                                                         : &changing->changes->items[nth].key;
}

static status work(void *context, struct model_txn *txn, struct err *err) {
  struct changing *changing = context;
  struct docs_each each = {.step = step,
                           .key = key_of,
                           .context = changing,
                           .count = changing->changes->count,
                           .is_list = changing->changes->is_list};
  TRY(docs__find(txn, changing->name, &changing->collection, err));
  return each.count ? docs__each(txn, &each, err) : LUMA_OK;
}

status docs_change_all(struct session *session, struct slice collection,
                       const struct docs_changes *changes, struct err *err) {
  struct changing changing = {.name = collection, .changes = changes};
  return docs__change(session, changes->count, work, &changing, err);
}
