/* SPDX-License-Identifier: MIT */
/* Reading the feed: payloads back to changes with their documents. The items of one commit on one
 * key are one change. */
#include "base/ds/hashmap.h"
#include "base/mem/mem.h"
#include "model/db/feed/payload.h"
#include "model/db/model_int.h"

/* The changes being collected; memory of the caller's arena. */
struct reading {
  struct model *model;
  struct model_txn *txn; /* a snapshot to find documents in */
  struct arena *arena;
  struct model_change *changes;
  size_t count, capacity;
  struct buf key;
  struct err *err;
};

/* The document in `bytes`, copied into the arena. */
static status copy_document(struct reading *reading, struct slice bytes,
                            const struct collection *collection, struct val *out) {
  uint8_t *copy = arena_copy(reading->arena, bytes.data, bytes.bytes);
  if (!copy) FAIL(reading->err, LUMA_OUT_OF_MEMORY, "no memory for the change feed");
  struct doc doc;
  TRY(doc_open(slice_of(copy, bytes.bytes), collection->names, &doc, reading->err));
  *out = doc_root(&doc);
  return LUMA_OK;
}

static status find_in(struct reading *reading, enum store_space space, uint64_t version,
                      const struct collection *collection, struct val *out) {
  struct store_pins pins = {0};
  struct store_value value;
  status result =
      store_get(reading->txn->store, space, buf_slice(&reading->key), &value, &pins, reading->err);
  struct doc doc;
  if (result == LUMA_OK && value.found) {
    result = doc_open(value.value, collection->names, &doc, reading->err);
    if (result == LUMA_OK && doc_header(&doc).version == version) {
      result = copy_document(reading, value.value, collection, out);
    }
  }
  store_pins_release(&pins);
  return result;
}

/* The document as version `version` of the key; MISSING if it is no longer kept. */
static status find_document(struct reading *reading, const struct collection *collection,
                            struct slice key_part, uint64_t version, struct val *out) {
  *out = val_missing();
  if (version == 0) return LUMA_OK;
  uint8_t number[4];
  store32be(number, collection->number);
  buf_reset(&reading->key);
  buf_append(&reading->key, number, sizeof number);
  buf_append_slice(&reading->key, key_part);
  TRY(buf_check(&reading->key, "a key", reading->err));
  TRY(find_in(reading, STORE_RECORDS, version, collection, out));
  if (out->type != VAL_MISSING) return LUMA_OK;
  buf_reset(&reading->key);
  model__history_key(&reading->key, collection->number, key_part, version);
  TRY(buf_check(&reading->key, "a key", reading->err));
  return find_in(reading, STORE_ENTRIES, version, collection, out);
}

static struct val key_slot(const struct val *document) {
  return val_field_id(document, NAMES_KEY_SLOT, slice_of_text("_id"));
}

static status add_change(struct reading *reading, const struct model_change *change) {
  if (reading->count == reading->capacity) {
    size_t capacity = reading->capacity ? reading->capacity * 2 : 64;
    struct model_change *more = arena_zalloc(reading->arena, capacity, sizeof *more);
    if (!more) FAIL(reading->err, LUMA_OUT_OF_MEMORY, "no memory for the change feed");
    if (reading->count) memcpy(more, reading->changes, reading->count * sizeof *more);
    reading->changes = more;
    reading->capacity = capacity;
  }
  reading->changes[reading->count++] = *change;
  return LUMA_OK;
}

/* What one commit did to one key, from its first to its last item. */
static bool net_change(enum model_change_op first, enum model_change_op last,
                       enum model_change_op *net) {
  bool was_there = first != MODEL_INSERT, is_there = last != MODEL_DELETE;
  *net = was_there && is_there ? MODEL_UPDATE : is_there ? MODEL_INSERT : MODEL_DELETE;
  return was_there || is_there;
}

/* One key's items of a commit: the first one, and the op of the last. */
struct merged {
  struct model__feed_item first;
  enum model_change_op last;
};

static status finish_change(struct reading *reading, const struct store_feed_record *record,
                            const struct merged *merged) {
  struct model_change change = {.position = record->position,
                                .transaction = record->seq,
                                .collection = merged->first.collection,
                                .version = record->seq,
                                .op = merged->last};
  const struct collection *collection =
      catalog_by_number(reading->txn->catalog, merged->first.collection);
  if (collection) change.collection_name = collection->name;
  if (merged->last == MODEL_CATALOG) return add_change(reading, &change);
  if (!net_change(merged->first.op, merged->last, &change.op)) return LUMA_OK;
  if (collection) {
    struct slice key_part = merged->first.key_part;
    TRY(find_document(reading, collection, key_part, merged->first.old_version,
                      &change.old_document));
    if (change.op != MODEL_DELETE) {
      TRY(find_document(reading, collection, key_part, record->seq, &change.new_document));
    }
    const struct val *whole =
        change.new_document.type == VAL_MAP ? &change.new_document : &change.old_document;
    if (whole->type == VAL_MAP) change.key = key_slot(whole);
  }
  return add_change(reading, &change);
}

/* Items of one record, merged by key in the order of their first appearance. */
static status merge_items(struct reading *reading, struct slice payload, struct hashmap *by_key,
                          struct merged **merged, size_t *count, size_t *capacity) {
  for (;;) {
    struct model__feed_item item;
    bool has;
    struct slice before = payload;
    TRY(model__feed_take(&payload, &item, &has, reading->err));
    if (!has) return LUMA_OK;
    /* Collection and key are told apart from others by the item's own bytes between op and version.
     */
    struct slice identity = slice_of(
        before.data + 1, (size_t)(item.key_part.data + item.key_part.bytes - before.data) - 1);
    bool is_new;
    uint64_t *place = hashmap_put(by_key, identity, &is_new);
    if (!place || !mem_grow((void **)merged, capacity, *count + 1, sizeof **merged)) {
      FAIL(reading->err, LUMA_OUT_OF_MEMORY, "no memory for the change feed");
    }
    if (is_new) {
      *place = *count;
      (*merged)[(*count)++].first = item;
    }
    (*merged)[*place].last = item.op;
  }
}

/* Records [from, to) are of one commit. */
static status read_commit(struct reading *reading, const struct store_feed_record *records,
                          uint32_t from, uint32_t to) {
  struct hashmap by_key;
  struct merged *merged = NULL;
  size_t count = 0, capacity = 0;
  hashmap_init(&by_key);
  status result = LUMA_OK;
  for (uint32_t i = from; i < to && result == LUMA_OK; i++) {
    result = merge_items(reading, records[i].payload, &by_key, &merged, &count, &capacity);
  }
  for (size_t i = 0; i < count && result == LUMA_OK; i++) {
    result = finish_change(reading, &records[to - 1], &merged[i]);
  }
  hashmap_deinit(&by_key);
  mem_free(merged);
  return result;
}

static status read_records(struct reading *reading, const struct store_feed_record *records,
                           uint32_t count) {
  for (uint32_t from = 0; from < count;) {
    uint32_t to = from + 1;
    while (to < count && records[to].seq == records[from].seq) to++;
    TRY(read_commit(reading, records, from, to));
    from = to;
  }
  return LUMA_OK;
}

/* Records of the store. */
struct records {
  struct store_feed_record *items;
  uint32_t count;
};

/* Appends the rest of the last record's commit: a commit is read whole, or its changes could not be
 * told. */
static status complete_commit(struct model *model, struct arena *arena, struct records *records,
                              struct err *err) {
  enum { MORE = 64 };
  for (;;) {
    const struct store_feed_record *last = &records->items[records->count - 1];
    struct store_feed_record *more;
    uint32_t more_count, same = 0;
    TRY(store_feed_read(model->store, last->position, MORE, arena, &more, &more_count, err));
    while (same < more_count && more[same].seq == last->seq) same++;
    if (same == 0) return LUMA_OK;
    struct store_feed_record *all = arena_alloc(arena, (records->count + same) * sizeof *all);
    if (!all) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the change feed");
    memcpy(all, records->items, records->count * sizeof *all);
    memcpy(all + records->count, more, same * sizeof *all);
    *records = (struct records){all, records->count + same};
    if (same < more_count) return LUMA_OK;
  }
}

/* Names of collections outlive the picture they were read in. */
static status keep_names(struct reading *reading) {
  for (size_t i = 0; i < reading->count; i++) {
    struct slice *name = &reading->changes[i].collection_name;
    const uint8_t *copy = arena_copy(reading->arena, name->data, name->bytes);
    if (!copy && name->bytes) {
      FAIL(reading->err, LUMA_OUT_OF_MEMORY, "no memory for the change feed");
    }
    name->data = copy;
  }
  return LUMA_OK;
}

status model_feed_read(struct model *model, struct model_feed *feed, uint32_t max,
                       struct arena *arena, struct err *err) {
  struct records records;
  feed->count = 0;
  feed->changes = NULL;
  TRY(store_feed_read(model->store, feed->position, max, arena, &records.items, &records.count,
                      err));
  if (records.count == 0) return LUMA_OK;
  TRY(complete_commit(model, arena, &records, err));
  struct reading reading = {.model = model, .arena = arena, .err = err};
  struct store_begin_options options = {.read_only = true, .may_block = true};
  TRY(model_begin(model, &options, &reading.txn, err));
  buf_init(&reading.key, MODEL_SCRATCH_BYTES_MAX);
  status result = read_records(&reading, records.items, records.count);
  if (result == LUMA_OK) result = keep_names(&reading);
  buf_deinit(&reading.key);
  model_rollback(reading.txn);
  if (result != LUMA_OK) return result;
  feed->changes = reading.changes;
  feed->count = (uint32_t)reading.count;
  feed->position = records.items[records.count - 1].position;
  return LUMA_OK;
}

/* ---- trimming ---- */

enum { TRIM_AT_ONCE = 256, TRIM_PAYLOAD_BYTES = 256 << 10 };

/* Deletes what the changes of one record replaced. */
static status forget(struct model_txn *txn, struct slice payload, struct err *err) {
  for (;;) {
    struct model__feed_item item;
    bool has;
    TRY(model__feed_take(&payload, &item, &has, err));
    if (!has) return LUMA_OK;
    if (item.old_version == 0) continue;
    buf_reset(&txn->keys);
    model__history_key(&txn->keys, item.collection, item.key_part, item.old_version);
    TRY(buf_check(&txn->keys, "a history key", err));
    TRY(store_delete(txn->store, STORE_ENTRIES, buf_slice(&txn->keys), err));
  }
}

static status forget_all(struct model *model, const struct store_feed_record *records,
                         uint32_t count, struct err *err) {
  struct store_begin_options options = {.may_block = true};
  struct model_txn *txn;
  TRY(model_begin(model, &options, &txn, err));
  status result = LUMA_OK;
  for (uint32_t i = 0; i < count && result == LUMA_OK; i++) {
    result = forget(txn, records[i].payload, err);
  }
  if (result != LUMA_OK) {
    model_rollback(txn);
    return result;
  }
  return model_commit(txn, STORE_QUEUED, NULL, err);
}

/* Some records from the oldest on; `*done` when none at or before `position` is left. */
static status trim_some(struct model *model, struct store_pos position, struct arena *arena,
                        bool *done, struct err *err) {
  struct store_pos oldest, newest;
  struct store_feed_record *records;
  uint32_t count, kept = 0;
  TRY(store_feed_bounds(model->store, &oldest, &newest, err));
  TRY(store_feed_read(model->store, oldest, TRIM_AT_ONCE, arena, &records, &count, err));
  size_t bytes = 0;
  bool is_much = false;
  while (kept < count && !is_much &&
         store_pos_compare(model->store, records[kept].position, position) <= 0) {
    bytes += records[kept++].payload.bytes;
    is_much = bytes > TRIM_PAYLOAD_BYTES;
  }
  *done = kept < TRIM_AT_ONCE && !is_much;
  if (kept == 0) return LUMA_OK;
  TRY(forget_all(model, records, kept, err));
  return store_feed_trim(model->store, records[kept - 1].position, err);
}

status model_feed_trim(struct model *model, struct store_pos position, struct err *err) {
  struct arena arena;
  arena_init(&arena, 0, 0);
  bool done = false;
  status result = LUMA_OK;
  while (!done && result == LUMA_OK) {
    result = trim_some(model, position, &arena, &done, err);
    arena_reset(&arena);
  }
  arena_deinit(&arena);
  return result;
}
