/* SPDX-License-Identifier: MIT */
/* Changes of the catalog. They happen one at a time: each rewrites the version key, so two at once
 * conflict. */
#include "base/text/utf8.h"
#include "model/db/feed/payload.h"
#include "model/db/model_int.h"

status model__begin_change(struct model_txn *txn, struct err *err) {
  if (txn->read_only) FAIL(err, LUMA_READ_ONLY, "the transaction is for reading only");
  struct keyspace_key key = keyspace_version();
  struct store_pins pins = {0};
  struct store_value value = {0};
  TRY(store_get(txn->store, STORE_META, keyspace_slice(&key), &value, &pins, err));
  uint64_t version = value.found && value.value.bytes == 8 ? load64le(value.value.data) : 0;
  store_pins_release(&pins);
  uint8_t next[8];
  store64le(next, version + 1);
  return store_put(txn->store, STORE_META, keyspace_slice(&key), slice_of(next, sizeof next), err);
}

struct store_range model__prefix_range(const struct keyspace_key *prefix,
                                       struct keyspace_key *end) {
  *end = *prefix;
  /* Numbers are never all ones, so the last byte that can grow is found. */
  while (end->count > 1 && end->bytes[end->count - 1] == 0xff) end->count--;
  end->bytes[end->count - 1]++;
  return (struct store_range){.from = keyspace_slice(prefix), .to = keyspace_slice(end)};
}

status model__delete_prefix(struct model_txn *txn, enum store_space space,
                            struct keyspace_key prefix, struct err *err) {
  struct keyspace_key end;
  return store_delete_range(txn->store, space, model__prefix_range(&prefix, &end), err);
}

status model__store_collection(struct model_txn *txn, const struct collection *collection,
                               struct collection_shared *shared, struct err *err) {
  struct keyspace_key key = keyspace_collection(collection->number);
  const struct collection *was = catalog_by_number(txn->catalog, collection->number);
  struct collection is = *collection;
  if (was && (was->open != is.open || was->soul != is.soul)) is.learns_since = is.version;
  buf_reset(&txn->encoded);
  TRY(catalog_encode(&txn->encoded, &is, err));
  TRY(store_put(txn->store, STORE_META, keyspace_slice(&key), buf_slice(&txn->encoded), err));
  struct catalog *picture;
  TRY(catalog_with(txn->catalog, &is, shared, &picture, err));
  model__set_picture(txn, picture);
  model__feed_change(txn, MODEL_CATALOG, collection->number, slice_of(NULL, 0), 0);
  return model__feed_pass(txn, err);
}

/* ---- collections ---- */

static status check_name(const char *what, struct slice name, struct err *err) {
  if (name.bytes == 0) FAIL(err, LUMA_INVALID_ARGUMENT, "the name of %s is empty", what);
  if (name.bytes > CATALOG_NAME_BYTES_MAX) {
    FAIL(err, LUMA_INVALID_ARGUMENT, "the name of %s is over %d bytes", what,
         CATALOG_NAME_BYTES_MAX);
  }
  if (!utf8_is_valid(name, NULL))
    FAIL(err, LUMA_INVALID_ARGUMENT, "the name of %s is not UTF-8", what);
  for (size_t i = 0; i < name.bytes; i++) {
    if (name.data[i] < 0x20 || name.data[i] == 0x7f) {
      FAIL(err, LUMA_INVALID_ARGUMENT, "the name of %s has a control character", what);
    }
  }
  return LUMA_OK;
}

/* 'n' and the name, in txn->keys. */
static struct slice name_key(struct model_txn *txn, struct slice name) {
  buf_reset(&txn->keys);
  buf_append_byte(&txn->keys, 'n');
  buf_append_slice(&txn->keys, name);
  return buf_slice(&txn->keys);
}

static status claim_name(struct model_txn *txn, struct slice name, uint32_t number,
                         struct err *err) {
  struct slice key = name_key(txn, name);
  TRY(buf_check(&txn->keys, "a name", err));
  uint8_t value[4];
  store32be(value, number);
  return store_put(txn->store, STORE_META, key, slice_of(value, sizeof value), err);
}

static status release_name(struct model_txn *txn, struct slice name, struct err *err) {
  struct slice key = name_key(txn, name);
  TRY(buf_check(&txn->keys, "a name", err));
  return store_delete(txn->store, STORE_META, key, err);
}

static status fail_exists(struct slice name, struct err *err) {
  status code = err_raise(err, LUMA_ALREADY_EXISTS, __FILE__, __LINE__,
                          "there is a collection `%.*s` already", SLICE_ARG(name));
  err_hint(err, "IF NOT EXISTS makes this no error");
  return code;
}

/* The collection of exactly this name. */
static const struct collection *find_exactly(const struct catalog *catalog, struct slice name) {
  const struct collection *found = catalog_find(catalog, name);
  return found && slice_is_equal(found->name, name) ? found : NULL;
}

static status add_collection(struct model_txn *txn, struct slice name, uint32_t number,
                             struct err *err) {
  struct collection_shared *shared;
  TRY(collection_shared_create(number, &shared, err));
  struct collection made = {.name = name, .number = number, .open = true, .version = 1};
  status result = claim_name(txn, name, number, err);
  if (result == LUMA_OK) result = model__store_collection(txn, &made, shared, err);
  collection_shared_release(shared);
  return result;
}

status model_create_collection(struct model_txn *txn, struct slice name, bool if_not_exists,
                               const struct collection **collection, struct err *err) {
  TRY(check_name("a collection", name, err));
  const struct collection *found = find_exactly(txn->catalog, name);
  if (found && !if_not_exists) return fail_exists(name, err);
  if (!found) {
    TRY(model__begin_change(txn, err));
    uint64_t number;
    TRY(model__take_numbers(txn->model, &txn->model->sequence_lock, &txn->model->collections,
                            keyspace_sequence(KEYSPACE_COLLECTIONS, 0), 1, &number, err));
    TRY(add_collection(txn, name, (uint32_t)number, err));
    found = find_exactly(txn->catalog, name);
    model__learn_from_birth(found);
  }
  if (collection) *collection = found;
  return LUMA_OK;
}

/* References name collections: one that is named stays what it is. */
static status fail_referred(const struct collection *collection, const struct collection *referrer,
                            const char *what, struct err *err) {
  FAIL(err, LUMA_CONSTRAINT, "`%.*s` cannot be %s: `%.*s` refers to it",
       SLICE_ARG(collection->name), what, SLICE_ARG(referrer->name));
}

bool model__is_leaving(const struct model_txn *txn, const struct model_leaving *leaving,
                       const struct collection *collection) {
  if (collection->number == leaving->collection->number) return true;
  for (uint32_t i = 0; i < leaving->others_count; i++) {
    struct slice other = leaving->others[i];
    if (!slice_is_equal_nocase(other, collection->name)) continue; /* sooner told than found */
    if (catalog_find(txn->catalog, other) == collection) return true;
  }
  return false;
}

static status check_droppable(struct model_txn *txn, const struct model_leaving *leaving,
                              struct err *err) {
  const struct collection *collection = leaving->collection;
  for (uint32_t i = 0; i < catalog_count_all(txn->catalog); i++) {
    const struct collection *one = catalog_at(txn->catalog, i);
    bool refers = model__refers(txn, one, collection); /* few do: it is asked first */
    if (refers && !model__is_leaving(txn, leaving, one))
      return fail_referred(collection, one, "dropped", err);
  }
  return LUMA_OK;
}

/* What the limits and the references to a collection counted. */
static status delete_counters(struct model_txn *txn, const struct collection *collection,
                              struct err *err) {
  TRY(model__delete_prefix(txn, STORE_COUNTERS, keyspace_references(collection->number), err));
  for (uint32_t i = 0; i < collection->limits_count; i++)
    TRY(model__delete_prefix(txn, STORE_COUNTERS, keyspace_limit(collection->limits[i]), err));
  return model__delete_counted(txn, &collection->counting, err);
}

/* Everything that is stored of a collection. */
static status delete_everything(struct model_txn *txn, const struct collection *collection,
                                struct err *err) {
  uint32_t number = collection->number;
  for (uint32_t i = 0; i < collection->indexes_count; i++) {
    TRY(model__delete_prefix(txn, STORE_ENTRIES, keyspace_number(collection->indexes[i].def.number),
                             err));
  }
  TRY(delete_counters(txn, collection, err));
  TRY(model__capped_drop(txn, collection, err));
  TRY(model__delete_prefix(txn, STORE_RECORDS, keyspace_number(number), err));
  TRY(model__delete_prefix(txn, STORE_ENTRIES, keyspace_history(number), err));
  TRY(model__delete_prefix(txn, STORE_META, keyspace_tagged('d', number), err));
  TRY(model__delete_prefix(txn, STORE_META, keyspace_learned(number), err));
  struct keyspace_key count = keyspace_count(number);
  TRY(store_delete(txn->store, STORE_COUNTERS, keyspace_slice(&count), err));
  struct keyspace_key rows = keyspace_sequence(KEYSPACE_ROWS, number);
  TRY(store_delete(txn->store, STORE_META, keyspace_slice(&rows), err));
  struct keyspace_key entry = keyspace_collection(number);
  return store_delete(txn->store, STORE_META, keyspace_slice(&entry), err);
}

status model_drop_collection(struct model_txn *txn, struct slice name, bool if_exists,
                             struct err *err) {
  return model_drop_beside(txn, name, NULL, 0, if_exists, err);
}

status model_drop_beside(struct model_txn *txn, struct slice name, const struct slice *others,
                         uint32_t count, bool if_exists, struct err *err) {
  const struct collection *found = catalog_find(txn->catalog, name);
  if (!found && if_exists) return LUMA_OK;
  if (!found) return catalog_fail_unknown(txn->catalog, name, err);
  const struct model_leaving leaving = {found, others, count};
  TRY(check_droppable(txn, &leaving, err));
  TRY(model__drop_owned(txn, &leaving, err));
  TRY(model__begin_change(txn, err));
  TRY(release_name(txn, found->name, err));
  TRY(delete_everything(txn, found, err));
  model__feed_change(txn, MODEL_CATALOG, found->number, slice_of(NULL, 0), 0);
  TRY(model__feed_pass(txn, err));
  struct catalog *picture;
  TRY(catalog_without(txn->catalog, found->number, &picture, err));
  model__set_picture(txn, picture);
  return LUMA_OK;
}

/* ---- views ---- */

static status replace_view(struct model_txn *txn, const struct collection *found,
                           struct slice select, struct err *err) {
  struct collection changed = *found;
  TRY(model__begin_change(txn, err));
  changed.view = select;
  changed.version++;
  return model__store_collection(txn, &changed, catalog_shared(found), err);
}

status model_create_view(struct model_txn *txn, struct slice name, struct slice select,
                         bool replace, bool if_not_exists, struct err *err) {
  const struct collection *found = find_exactly(txn->catalog, name);
  TRY(check_name("a view", name, err));
  if (found && if_not_exists) return LUMA_OK;
  if (found && (!replace || !found->view.bytes)) return fail_exists(name, err);
  if (!found) TRY(model_create_collection(txn, name, false, &found, err));
  return replace_view(txn, found, select, err);
}

status model_drop_view(struct model_txn *txn, struct slice name, bool if_exists, struct err *err) {
  const struct collection *found = catalog_find(txn->catalog, name);
  if (found && !found->view.bytes) {
    status code = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                            "`%.*s` is a collection, not a view", SLICE_ARG(name));
    err_hint(err, "DROP TABLE %.*s", SLICE_ARG(name));
    return code;
  }
  return model_drop_collection(txn, name, if_exists, err);
}

status model_rename_collection(struct model_txn *txn, struct slice name, struct slice new_name,
                               struct err *err) {
  TRY(check_name("a collection", new_name, err));
  const struct collection *found = catalog_find(txn->catalog, name);
  if (!found) return catalog_fail_unknown(txn->catalog, name, err);
  if (find_exactly(txn->catalog, new_name)) {
    FAIL(err, LUMA_ALREADY_EXISTS, "there is a collection `%.*s` already", SLICE_ARG(new_name));
  }
  const struct collection *referrer = model__referrer(txn, found, false);
  if (referrer) return fail_referred(found, referrer, "renamed", err);
  TRY(model__check_views(txn, found, slice_of(NULL, 0), err));
  TRY(model__follow_owner(txn, found->name, new_name, err));
  TRY(model__begin_change(txn, err));
  TRY(release_name(txn, found->name, err));
  TRY(claim_name(txn, new_name, found->number, err));
  struct collection renamed = *found;
  renamed.name = new_name;
  renamed.version++;
  return model__store_collection(txn, &renamed, catalog_shared(found), err);
}

/* ---- indexes ---- */

status model__remove_index(struct model_txn *txn, const struct collection *collection,
                           uint32_t position, struct err *err) {
  TRY(model__delete_prefix(txn, STORE_ENTRIES,
                           keyspace_number(collection->indexes[position].def.number), err));
  arena_reset(&txn->arena);
  struct collection without = *collection;
  size_t bytes = collection->indexes_count * sizeof *without.indexes;
  without.indexes = arena_copy(&txn->arena, collection->indexes, bytes);
  if (!without.indexes) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the catalog");
  without.indexes_count--;
  for (uint32_t i = position; i < without.indexes_count; i++) {
    without.indexes[i] = without.indexes[i + 1];
  }
  without.version++;
  return model__store_collection(txn, &without, catalog_shared(collection), err);
}

struct index_place {
  const struct collection *collection;
  uint32_t position, matches;
};

static void look_in(const struct collection *collection, struct slice index,
                    struct index_place *place) {
  for (uint32_t i = 0; i < collection->indexes_count; i++) {
    if (!slice_is_equal(collection->indexes[i].name, index)) continue;
    place->collection = collection;
    place->position = i;
    place->matches++;
  }
}

static status fail_needed(const struct index_place *place, struct slice index, struct err *err) {
  err_raise(err, LUMA_CONSTRAINT, __FILE__, __LINE__,
            "the soul of `%.*s` says that values are unique, and the index `%.*s` keeps them so",
            SLICE_ARG(place->collection->name), SLICE_ARG(index));
  err_hint(err, "EVOLVE SOUL %.*s MERGE … takes the rule from the soul, and its index with it",
           SLICE_ARG(place->collection->name));
  return LUMA_CONSTRAINT;
}

static status fail_of_series(const struct index_place *place, struct slice index, struct err *err) {
  enum { INVALID_OPTIONS = 72 };
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
            "the index `%.*s` belongs to the time series `%.*s`", SLICE_ARG(index),
            SLICE_ARG(place->collection->name));
  if (err) err->foreign = INVALID_OPTIONS;
  return LUMA_INVALID_ARGUMENT;
}

status model_drop_index(struct model_txn *txn, struct slice collection, struct slice index,
                        bool if_exists, struct err *err) {
  struct index_place place = {0};
  if (collection.bytes > 0) {
    const struct collection *found = catalog_find(txn->catalog, collection);
    if (!found) return catalog_fail_unknown(txn->catalog, collection, err);
    look_in(found, index, &place);
  } else {
    for (uint32_t i = 0; i < catalog_count_all(txn->catalog); i++) {
      look_in(catalog_at(txn->catalog, i), index, &place);
    }
  }
  if (place.matches > 1) {
    status code = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                            "several collections have an index `%.*s`", SLICE_ARG(index));
    err_hint(err, "name the collection: DROP INDEX %.*s ON …", SLICE_ARG(index));
    return code;
  }
  if (place.matches == 0 && if_exists) return LUMA_OK;
  if (place.matches == 0) {
    FAIL(err, LUMA_UNKNOWN_INDEX, "there is no index `%.*s`", SLICE_ARG(index));
  }
  if (model__soul_needs(place.collection, &place.collection->indexes[place.position]))
    return fail_needed(&place, index, err);
  if (collection_is_time_index(place.collection, &place.collection->indexes[place.position]))
    return fail_of_series(&place, index, err);
  TRY(model__begin_change(txn, err));
  return model__remove_index(txn, place.collection, place.position, err);
}
