/* SPDX-License-Identifier: MIT */
/* Documents by key, and counts. */
#include "model/db/model_int.h"

enum { KEYS_AT_ONCE = 256 };

/* Record keys of some values, in txn->keys. A value that cannot be a key has no document: its slice
 * is empty. */
static status make_keys(struct model_txn *txn, const struct collection *collection,
                        const struct val *keys, uint32_t count, struct slice *record_keys,
                        struct err *err) {
  buf_reset(&txn->keys);
  for (uint32_t i = 0; i < count; i++) {
    size_t from = txn->keys.bytes;
    status result = model__record_key(&txn->keys, collection, &keys[i], err);
    if (result == LUMA_INVALID_VALUE) {
      err_reset(err);
      txn->keys.bytes = from;
    } else if (result != LUMA_OK) {
      return result;
    }
    record_keys[i].bytes = txn->keys.bytes - from;
  }
  const uint8_t *at = txn->keys.data;
  for (uint32_t i = 0; i < count; i++) {
    record_keys[i].data = at;
    at += record_keys[i].bytes;
  }
  return LUMA_OK;
}

/* What was made of older ones, which may be shown next, lies far away: it is on its way while they
 * are looked for. */
static void fetch_likely(const struct kept_values *kept, const struct val *keys, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    if (val_is_integer(&keys[i])) kept_fetch_likely(kept, keys[i].integer);
}

/* What was not on its way is now. */
static void fetch(struct kept_values *kept, const struct val *key, const struct doc *document) {
  uint64_t row = doc_header(document).row;
  kept_fetch(kept, row);
  if (val_is_integer(key)) kept_learn_row(kept, key->integer, row);
}

/* Documents as they are stored. */
static status get_some(struct model_txn *txn, const struct collection *collection,
                       const struct val *keys, uint32_t count, struct doc *found,
                       struct store_pins *pins, struct err *err) {
  struct slice record_keys[KEYS_AT_ONCE];
  struct store_value values[KEYS_AT_ONCE];
  struct kept_values *kept = collection->evolution ? collection->evolution->kept : NULL;
  TRY(make_keys(txn, collection, keys, count, record_keys, err));
  if (kept && kept_is_empty(kept)) kept = NULL;
  if (kept) fetch_likely(kept, keys, count);
  TRY(store_get_many(txn->store, STORE_RECORDS, record_keys, count, values, pins, err));
  for (uint32_t i = 0; i < count; i++) {
    found[i] = (struct doc){0};
    if (values[i].found) TRY(doc_open(values[i].value, collection->names, &found[i], err));
    if (kept && values[i].found) fetch(kept, &keys[i], &found[i]);
  }
  return LUMA_OK;
}

status model_get_many(struct model_txn *txn, const struct collection *collection,
                      const struct val *keys, uint32_t count, struct doc *found,
                      struct store_pins *pins, struct err *err) {
  for (uint32_t done = 0; done < count;) {
    uint32_t some = count - done < KEYS_AT_ONCE ? count - done : KEYS_AT_ONCE;
    TRY(get_some(txn, collection, keys + done, some, found + done, pins, err));
    TRY(model__upgrade(txn, collection, found + done, some, pins, err));
    done += some;
  }
  return LUMA_OK;
}

status model_get_copy(struct model_txn *txn, const struct collection *collection,
                      const struct val *key, struct arena *arena, struct doc *found,
                      struct err *err) {
  struct store_pins pins = {0};
  status result = get_some(txn, collection, key, 1, found, &pins, err);
  if (result == LUMA_OK && found->data)
    result = model__compose(txn, collection, found, &pins, arena, err);
  store_pins_release(&pins);
  return result;
}

status model_look_up(struct model_txn *txn, const struct model_look_up *what, struct doc *found,
                     struct store_pins *pins, struct err *err) {
  const struct collection *collection = what->collection;
  const struct model_reads *reads = what->reads;
  uint16_t wanted[RECIPE_NAMES_MAX];
  bool is_whole = !reads || reads->count > RECIPE_NAMES_MAX;
  catalog_note_key_use(collection);
  if (is_whole || !collection->evolution)
    return model_get_many(txn, collection, what->keys, what->count, found, pins, err);
  bool concerns = evolution_concerns(collection->evolution, reads->names, reads->count);
  struct model_looks looks = {.wanted = wanted,
                              .wanted_count = model__wanted(collection, reads, wanted)};
  struct model_seen_of of = {txn, collection, &looks, pins};
  for (uint32_t done = 0; done < what->count;) {
    uint32_t some = what->count - done < KEYS_AT_ONCE ? what->count - done : KEYS_AT_ONCE;
    TRY(get_some(txn, collection, what->keys + done, some, found + done, pins, err));
    if (concerns) TRY(model__see(&of, found + done, some, err));
    done += some;
  }
  return LUMA_OK;
}

status model_count(struct model_txn *txn, const struct collection *collection, uint64_t *count,
                   struct err *err) {
  struct keyspace_key key = keyspace_count(collection->number);
  int64_t value;
  TRY(store_count(txn->store, keyspace_slice(&key), &value, err));
  *count = value > 0 ? (uint64_t)value : 0;
  return LUMA_OK;
}

uint64_t model_estimate_count(struct model_txn *txn, const struct collection *collection) {
  uint64_t count;
  return model_count(txn, collection, &count, NULL) == LUMA_OK ? count : 0;
}
