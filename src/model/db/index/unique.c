/* SPDX-License-Identifier: MIT */
/* Whether another document stands in the way in a unique index. Entries tell what is missing from
 * what is null, which are one value where nulls are not distinct: then an entry with either is in
 * the way of one with the other. A list of none has the entry of what is missing, and is neither.
 */
#include "base/core/bytes.h"
#include "model/db/model_int.h"
#include "value/key/key.h"

/* Every choice of one nothing or the other is looked for and guarded, which keys beyond these would
 * make too many: they tell what is missing from what is null. */
enum { NULLS_MAX = 12, NUMBER_BYTES = 4, EITHER_BYTES = 1 };

/** Where a key has nothing: each place is one byte. */
struct nulls {
  uint32_t at[NULLS_MAX], count;
  uint8_t other[NULLS_MAX]; /* what it would have there for the other nothing */
};

static status encode(const struct val *v, bool descending, uint8_t *byte, struct err *err) {
  struct buf out;
  buf_init(&out, KEY_BYTES_MAX);
  status done = key_encode(&out, v, descending, err);
  if (done == LUMA_OK) done = buf_check(&out, "a key", err);
  if (done == LUMA_OK) *byte = out.data[0];
  buf_deinit(&out);
  return done;
}

static status find_nulls(const struct index_def *def, struct slice key, struct nulls *nulls,
                         struct err *err) {
  const struct val null = val_null(), missing = val_missing();
  size_t at = NUMBER_BYTES;
  *nulls = (struct nulls){0};
  for (uint32_t i = 0; i < def->keys_count && nulls->count < NULLS_MAX; i++) {
    bool descending = def->keys[i].descending;
    size_t bytes = key_part_bytes(slice_of(key.data + at, key.bytes - at), descending);
    uint8_t of_null = 0, of_missing = 0, here = key.data[at];
    at += bytes;
    if (bytes != EITHER_BYTES) continue;
    TRY(encode(&null, descending, &of_null, err));
    TRY(encode(&missing, descending, &of_missing, err));
    if (here != of_null && here != of_missing) continue;
    nulls->at[nulls->count] = (uint32_t)(at - bytes);
    nulls->other[nulls->count++] = here == of_null ? of_missing : of_null;
  }
  return LUMA_OK;
}

/** Whether some key of the index is a list of none. */
static bool has_empty_list(const struct index_def *def, const struct doc *document) {
  struct val root = doc_root(document);
  for (uint32_t i = 0; i < def->keys_count; i++) {
    struct val value = path_get(&def->keys[i].path, &root);
    if (value.type == VAL_LIST && val_count(&value) == 0) return true;
  }
  return false;
}

/** Whether the document of this key part has a list of none in the index. */
static status is_of_empty_list(struct model_txn *txn, const struct collection *collection,
                               const struct index_def *def, struct slice key_part, bool *is,
                               struct err *err) {
  struct store_pins pins = {0};
  struct store_value value;
  struct buf key;
  struct doc document;
  uint8_t number[NUMBER_BYTES];
  *is = false;
  store32be(number, collection->number);
  buf_init(&key, KEY_BYTES_MAX);
  buf_append(&key, number, sizeof number);
  buf_append_slice(&key, key_part);
  status done = buf_check(&key, "a key", err);
  if (done == LUMA_OK)
    done = store_get(txn->store, STORE_RECORDS, buf_slice(&key), &value, &pins, err);
  if (done == LUMA_OK && value.found)
    done = doc_open(value.value, collection->names, &document, err);
  if (done == LUMA_OK && value.found) *is = has_empty_list(def, &document);
  store_pins_release(&pins);
  buf_deinit(&key);
  return done;
}

/** Whether another document has this very key; `is_twin`: and no list of none for it. */
static status is_there(struct model_txn *txn, const struct collection *collection,
                       const struct index_def *def, const struct index_entry *entry, bool is_twin,
                       bool *taken, struct err *err) {
  struct store_pins pins = {0};
  struct store_value value;
  bool is_empty = false;
  TRY(store_get(txn->store, STORE_ENTRIES, entry->key, &value, &pins, err));
  status done = LUMA_OK;
  *taken = value.found && !slice_is_equal(value.value, entry->value);
  if (*taken && is_twin) done = is_of_empty_list(txn, collection, def, value.value, &is_empty, err);
  *taken &= !is_empty;
  store_pins_release(&pins);
  return done;
}

/** The entries that differ from this one in what is null and what is missing. */
static status look_at_twins(struct model_txn *txn, const struct collection *collection,
                            const struct index_def *def, const struct index_entry *entry,
                            bool *taken, struct err *err) {
  uint8_t key[NUMBER_BYTES + KEY_BYTES_MAX];
  struct nulls nulls;
  if (entry->key.bytes > sizeof key) return LUMA_OK;
  TRY(find_nulls(def, entry->key, &nulls, err));
  for (uint32_t choice = 1; choice < 1u << nulls.count && !*taken; choice++) {
    memcpy(key, entry->key.data, entry->key.bytes);
    for (uint32_t i = 0; i < nulls.count; i++)
      if (choice >> i & 1) key[nulls.at[i]] = nulls.other[i];
    const struct index_entry twin = {.key = slice_of(key, entry->key.bytes), .value = entry->value};
    TRY(store_guard(txn->store, STORE_ENTRIES, twin.key, err));
    TRY(is_there(txn, collection, def, &twin, true, taken, err));
  }
  return LUMA_OK;
}

status model__is_taken(struct model_txn *txn, const struct collection *collection,
                       const struct catalog_index *index, const struct doc *document,
                       const struct index_entry *entry, bool *taken, struct err *err) {
  const struct index_def *def = &index->def;
  TRY(is_there(txn, collection, def, entry, false, taken, err));
  bool has_twins = !def->nulls_distinct && !def->wildcard.bytes && !index->through;
  if (*taken || !has_twins || has_empty_list(def, document)) return LUMA_OK;
  return look_at_twins(txn, collection, def, entry, taken, err);
}
