/* SPDX-License-Identifier: MIT */
/* Scans: documents in key order straight from the records, or in an index's order by fetching the
 * records its entries name. */
#include "base/ds/hashmap.h"
#include "base/mem/mem.h"
#include "model/db/index/covered.h"
#include "model/db/index/hops.h"
#include "model/db/index/intersect.h"
#include "model/db/index/merged.h"
#include "model/db/model_int.h"
#include "value/batch/batch.h"
#include "value/key/key.h"

/* Documents are fetched before they are read. */
enum { AHEAD = 8, FIRST_FIELDS_BYTES = 384, LINE_BYTES = 64, GROUP = 128 };

struct model_scan {
  struct model_txn *txn;
  const struct collection *collection;
  const struct catalog_index *index; /* NULL: by key */
  bool keys_only, as_stored;         /* as_stored: what evolved is not looked at */
  bool counts;                       /* entries, whatever documents they are of */
  bool skips;                        /* from value to value, where many have one */
  bool meets_twice;                  /* a document may have several entries */
  bool tells_apart;                  /* covered: … and then comes once */
  struct intersect *also;            /* what the documents must have besides; NULL: nothing */
  struct hops *hops;                 /* from range to range; NULL: there is one */
  struct merged *merged;             /* ranges in one order; NULL: as above */
  struct covered *covered;           /* makes documents of entries; NULL: they are fetched */
  const struct model_sieve *sieve;   /* NULL: all documents are handed out */
  bool is_done;
  uint64_t entries, dropped, repeats;
  bool has_recipes;
  struct recipes recipes; /* for what is looked at of older beings */
  struct model_looks looks;
  uint16_t wanted[RECIPE_NAMES_MAX];
  struct store_cursor *cursor;
  struct store_pins pins; /* of the documents last fetched through the index */
  struct buf bounds, from, to, keys;
  struct slice prefix; /* of all entries in bounds, where these fix every part; else empty */
  struct model_seen own, *seen; /* multikey: record keys met before; `own`, or of several scans */
  struct store_rows rows;
  struct store_value values[STORE_BATCH_MAX];
  struct slice record_keys[STORE_BATCH_MAX];
};

_Static_assert((int)BATCH_ROWS == (int)STORE_BATCH_MAX, "a batch of documents is a batch of rows");

struct index_def model__key_def(const struct collection *collection) {
  return (struct index_def){.number = collection->number, .method = INDEX_ORDERED, .keys_count = 1};
}

status model_cut(struct model_txn *txn, const struct collection *collection,
                 struct store_cuts *cuts, struct err *err) {
  struct keyspace_key prefix = keyspace_number(collection->number), end;
  struct store_range all = model__prefix_range(&prefix, &end);
  cuts->count = 0;
  return store_cut(txn->store, STORE_RECORDS, all, cuts, err);
}

static void narrow(struct store_range *range, const struct store_range *part) {
  if (part->from.bytes && slice_compare(part->from, range->from) > 0) range->from = part->from;
  if (part->to.bytes && slice_compare(part->to, range->to) < 0) range->to = part->to;
}

/* Where the entries of these values, of all parts, begin. */
static status find_edge(const struct index_def *def, const struct val *values, struct buf *room,
                        struct slice *edge, struct err *err) {
  struct val copy[INDEX_KEYS_MAX];
  struct store_range range;
  memcpy(copy, values, def->keys_count * sizeof *copy);
  const struct index_bounds at = {.equal = copy, .equal_count = def->keys_count};
  TRY(index_method(def)->range(def, &at, room, &range, err));
  *edge = range.from;
  return LUMA_OK;
}

static status narrow_between(struct model_scan *scan, const struct index_def *def,
                             const struct model_scan_options *options, struct store_range *range,
                             struct err *err) {
  struct store_range between = {0};
  if (options->from) TRY(find_edge(def, options->from, &scan->from, &between.from, err));
  if (options->to) TRY(find_edge(def, options->to, &scan->to, &between.to, err));
  narrow(range, &between);
  return LUMA_OK;
}

static status open_cursor(struct model_scan *scan, const struct model_scan_options *options,
                          struct err *err) {
  struct index_def by_key = model__key_def(scan->collection);
  const struct index_def *def = scan->index ? &scan->index->def : &by_key;
  struct store_range range;
  bool is_whole = scan->index && options->bounds && options->bounds->equal_count == def->keys_count;
  if (options->more_bounds) {
    TRY(hops_create(def, options->bounds, options->more_bounds + 1, &scan->hops, err));
    range = hops_range(scan->hops);
  } else {
    TRY(index_method(def)->range(def, options->bounds, &scan->bounds, &range, err));
    if (is_whole) scan->prefix = range.from;
  }
  if (options->part) narrow(&range, options->part);
  TRY(narrow_between(scan, def, options, &range, err));
  return store_cursor_open(scan->txn->store, scan->index ? STORE_ENTRIES : STORE_RECORDS, range,
                           options->backwards, &scan->cursor, err);
}

bool model_meets_twice(const struct model_txn *txn, const struct collection *collection,
                       const struct catalog_index *index) {
  if (index->def.wildcard.bytes) return true; /* by several paths */
  return index->def.multikey && (!txn->read_only || collection_has_lists(collection, index));
}

/* Older beings are shown as newer ones, as far as they are looked at. */
static void look(struct model_scan *scan, const struct model_reads *reads) {
  if (scan->as_stored || !scan->collection->evolution || reads->count > RECIPE_NAMES_MAX) return;
  scan->looks.wanted = scan->wanted;
  scan->looks.wanted_count = model__wanted(scan->collection, reads, scan->wanted);
  scan->looks.some = &scan->recipes;
  recipes_init(&scan->recipes, scan->collection->evolution, scan->wanted, scan->looks.wanted_count);
  scan->has_recipes = true;
}

static struct model_seen_of seen_of(struct model_scan *scan) {
  return (struct model_seen_of){scan->txn, scan->collection, &scan->looks, &scan->pins};
}

static status upgrade(struct model_scan *scan, struct doc *documents, uint32_t count,
                      struct err *err) {
  if (scan->as_stored || !scan->collection->evolution) return LUMA_OK;
  if (!scan->has_recipes)
    return model__upgrade(scan->txn, scan->collection, documents, count, &scan->pins, err);
  struct model_seen_of of = seen_of(scan);
  return model__see(&of, documents, count, err);
}

void model_seen_init(struct model_seen *seen) {
  hashmap_init(&seen->keys);
  arena_init(&seen->arena, 0, 0);
}

void model_seen_deinit(struct model_seen *seen) {
  hashmap_deinit(&seen->keys);
  arena_deinit(&seen->arena);
}

status model_scan_open(struct model_txn *txn, const struct collection *collection,
                       const struct model_scan_options *options, struct model_scan **scan,
                       struct err *err) {
  struct model_scan *made = mem_alloc(sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a scan");
  memset(made, 0, offsetof(struct model_scan, rows));
  if (options->index) catalog_note_use(options->index);
  if (!options->index && options->bounds) catalog_note_key_use(collection);
  made->txn = txn;
  made->collection = collection;
  made->index = options->index;
  made->keys_only = options->keys_only;
  made->meets_twice = options->index && model_meets_twice(txn, collection, options->index);
  made->as_stored =
      options->reads &&
      !evolution_concerns(collection->evolution, options->reads->names, options->reads->count);
  if (options->reads) look(made, options->reads);
  made->sieve = options->sieve;
  made->skips = options->skips;
  buf_init(&made->bounds, MODEL_SCRATCH_BYTES_MAX);
  buf_init(&made->from, MODEL_SCRATCH_BYTES_MAX);
  buf_init(&made->to, MODEL_SCRATCH_BYTES_MAX);
  buf_init(&made->keys, MODEL_SCRATCH_BYTES_MAX);
  model_seen_init(&made->own);
  made->seen = options->seen ? options->seen : &made->own;
  made->counts = options->keys_only && !options->seen;
  status result = options->merge
                      ? merged_create(txn, collection, options->merge, &made->merged, err)
                      : open_cursor(made, options, err);
  if (made->prefix.bytes) made->meets_twice = false; /* equal entries of a document are one */
  made->meets_twice |= options->seen || options->merge;
  made->tells_apart = options->seen && options->covers;
  if (result == LUMA_OK && options->also)
    result = intersect_create(txn, options->index, options->also, &made->also, err);
  if (result == LUMA_OK && options->covers)
    result = covered_create(collection, options->index, options->covers_key, &made->covered, err);
  if (result != LUMA_OK) {
    model_scan_close(made);
    return result;
  }
  *scan = made;
  return LUMA_OK;
}

void model_scan_close(struct model_scan *scan) {
  if (!scan) return;
  if (scan->cursor) store_cursor_close(scan->cursor);
  store_pins_release(&scan->pins);
  model_seen_deinit(&scan->own);
  buf_deinit(&scan->bounds);
  buf_deinit(&scan->from);
  buf_deinit(&scan->to);
  buf_deinit(&scan->keys);
  intersect_destroy(scan->also);
  hops_destroy(scan->hops);
  merged_destroy(scan->merged);
  covered_destroy(scan->covered);
  if (scan->has_recipes) recipes_deinit(&scan->recipes);
  mem_free(scan);
}

static void fetch_ahead(const struct model_scan *scan, uint32_t at) {
  const uint8_t *ahead = scan->rows.values[at + AHEAD < scan->rows.count ? at + AHEAD : at].data;
  for (uint32_t i = 0; i < FIRST_FIELDS_BYTES; i += LINE_BYTES) __builtin_prefetch(ahead + i);
}

static status open_records(struct model_scan *scan, struct doc *documents, uint32_t from,
                           uint32_t end, struct err *err) {
  for (uint32_t i = from; i < end; i++) {
    fetch_ahead(scan, i);
    TRY(doc_open(scan->rows.values[i], scan->collection->names, &documents[i], err));
  }
  return LUMA_OK;
}

/* Documents are looked at while they are at hand. */
static status sift_records(struct model_scan *scan, struct doc *documents, uint32_t *count,
                           struct err *err) {
  uint32_t all = scan->rows.count;
  *count = 0;
  for (uint32_t i = 0; i < all; i++) {
    struct doc *document = &documents[*count];
    fetch_ahead(scan, i);
    TRY(doc_open(scan->rows.values[i], scan->collection->names, document, err));
    *count += !scan->sieve->drops(scan->sieve->context, document);
  }
  scan->dropped += all - *count;
  return LUMA_OK;
}

/* Of the documents [from, end) those that the sieve keeps, moved behind the first `*count`. */
static void keep_some(struct model_scan *scan, struct doc *documents, uint32_t from, uint32_t end,
                      uint32_t *count) {
  uint32_t before = *count;
  for (uint32_t i = from; scan->sieve && i < end; i++) {
    documents[*count] = documents[i];
    *count += !scan->sieve->drops(scan->sieve->context, &documents[*count]);
  }
  if (!scan->sieve) *count += end - from;
  scan->dropped += end - from - (*count - before);
}

/* Older beings become newer in small groups, and are looked at, while they are at hand. */
static status upgrade_records(struct model_scan *scan, struct doc *documents, uint32_t *count,
                              struct err *err) {
  uint32_t all = scan->rows.count;
  *count = 0;
  store_pins_release(&scan->pins);
  for (uint32_t from = 0; from < all; from += GROUP) {
    uint32_t end = from + GROUP < all ? from + GROUP : all;
    TRY(open_records(scan, documents, from, end, err));
    TRY(upgrade(scan, documents + from, end - from, err));
    keep_some(scan, documents, from, end, count);
  }
  return LUMA_OK;
}

/* Rows [from, end) as documents that are seen through lenses. What needs nothing made is looked at
 * at once. */
static status see_group(struct model_scan *scan, struct model_seeing *seeing, uint32_t from,
                        uint32_t end, uint32_t *count, struct err *err) {
  uint32_t first = *count;
  const struct model_sieve *sieve = scan->sieve;
  for (uint32_t i = from; i < end; i++) {
    struct doc *document = &seeing->documents[*count];
    bool is_shown;
    fetch_ahead(scan, i);
    TRY(doc_open(scan->rows.values[i], scan->collection->names, document, err));
    TRY(model__see_one(seeing, *count, &is_shown, err));
    *count += !is_shown || !sieve || !sieve->drops(sieve->context, document);
  }
  scan->dropped += end - from - (*count - first);
  if (seeing->making.count == 0) return LUMA_OK;
  TRY(model__see_made(seeing, err));
  uint32_t met = *count;
  *count = first;
  keep_some(scan, seeing->documents, first, met, count);
  return LUMA_OK;
}

static status see_records(struct model_scan *scan, struct doc *documents, uint32_t *count,
                          struct err *err) {
  uint32_t all = scan->rows.count;
  struct model_seen_of of = seen_of(scan);
  struct model_seeing seeing;
  *count = 0;
  store_pins_release(&scan->pins);
  model__see_begin(&seeing, &of, documents, all);
  for (uint32_t from = 0; from < all; from += GROUP)
    TRY(see_group(scan, &seeing, from, from + GROUP < all ? from + GROUP : all, count, err));
  model__see_end(&seeing);
  return LUMA_OK;
}

static status next_records(struct model_scan *scan, struct doc *documents, uint32_t *count,
                           struct err *err) {
  if (scan->collection->evolution && !scan->as_stored)
    return scan->has_recipes ? see_records(scan, documents, count, err)
                             : upgrade_records(scan, documents, count, err);
  if (scan->sieve) return sift_records(scan, documents, count, err);
  *count = scan->rows.count;
  return open_records(scan, documents, 0, *count, err);
}

/* True if the document was met before through another of its elements. */
static status meet(struct model_scan *scan, struct slice key_part, bool *met, struct err *err) {
  *met = hashmap_get(&scan->seen->keys, key_part) != NULL;
  scan->repeats += *met;
  if (*met) return LUMA_OK;
  uint8_t *copy = arena_alloc_text(&scan->seen->arena, key_part.bytes);
  if (!copy) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to tell documents apart");
  memcpy(copy, key_part.data, key_part.bytes);
  if (!hashmap_put(&scan->seen->keys, slice_of(copy, key_part.bytes), NULL)) {
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to tell documents apart");
  }
  return LUMA_OK;
}

/* Appends the record key of the entry's document, unless that was met before. */
static status collect_key(struct model_scan *scan, const struct merged_entry *entry,
                          uint32_t *count, struct err *err) {
  uint8_t number[4];
  struct slice key_part;
  bool met = false;
  if (entry->def)
    TRY(model__entry_record_key(entry->def, scan->prefix, entry->key, entry->value, &key_part,
                                err));
  else
    key_part = slice_of(entry->key.data + sizeof number, entry->key.bytes - sizeof number);
  if (scan->also) TRY(intersect_lacks(scan->also, key_part, &met, err));
  if (scan->meets_twice && !met) TRY(meet(scan, key_part, &met, err));
  if (met) return LUMA_OK;
  store32be(number, scan->collection->number);
  buf_append(&scan->keys, number, sizeof number);
  buf_append_slice(&scan->keys, key_part);
  scan->record_keys[(*count)++].bytes = sizeof number + key_part.bytes;
  return LUMA_OK;
}

static status collect_keys(struct model_scan *scan, uint32_t *count, struct err *err) {
  for (uint32_t i = 0; i < scan->rows.count; i++) {
    const struct merged_entry entry = {&scan->index->def, scan->rows.keys[i], scan->rows.values[i]};
    TRY(collect_key(scan, &entry, count, err));
  }
  return buf_check(&scan->keys, "the keys of an index scan", err);
}

/* The next entries of several ranges in one order. */
static status collect_merged(struct model_scan *scan, uint32_t most, uint32_t *count,
                             struct err *err) {
  while (*count < most) {
    struct merged_entry entry;
    TRY(merged_next(scan->merged, &entry, err));
    if (!entry.key.bytes) break;
    TRY(collect_key(scan, &entry, count, err));
  }
  scan->entries = merged_entries(scan->merged);
  return buf_check(&scan->keys, "the keys of an index scan", err);
}

/* The next documents' record keys: of one step of the cursor, or of several ranges, so that their
 * documents are fetched together. */
static status next_keys(struct model_scan *scan, uint32_t most, uint32_t *count, struct err *err) {
  buf_reset(&scan->keys);
  if (scan->merged) TRY(collect_merged(scan, most, count, err));
  while (!scan->merged) {
    if (scan->hops)
      TRY(hops_next(scan->hops, scan->cursor, most - *count, &scan->rows, err));
    else
      TRY(store_cursor_next(scan->cursor, most, &scan->rows, err));
    if (scan->rows.count == 0) break;
    scan->entries += scan->rows.count;
    TRY(collect_keys(scan, count, err));
    if (scan->hops ? *count >= most : *count > 0) break;
  }
  const uint8_t *at = scan->keys.data;
  for (uint32_t i = 0; i < *count; i++) {
    scan->record_keys[i].data = at;
    at += scan->record_keys[i].bytes;
  }
  return LUMA_OK;
}

static status fetch(struct model_scan *scan, struct doc *documents, uint32_t count,
                    struct err *err) {
  store_pins_release(&scan->pins);
  TRY(store_get_many(scan->txn->store, STORE_RECORDS, scan->record_keys, count, scan->values,
                     &scan->pins, err));
  for (uint32_t i = 0; i < count; i++) {
    if (!scan->values[i].found) {
      FAIL(err, LUMA_CORRUPT, "index `%.*s` of `%.*s` names a document that is not there",
           SLICE_ARG(scan->index->name), SLICE_ARG(scan->collection->name));
    }
    TRY(doc_open(scan->values[i].value, scan->collection->names, &documents[i], err));
  }
  return upgrade(scan, documents, count, err);
}

/* Of entries that all begin with one value the first is enough: the others are passed over. */
static status skip_value(struct model_scan *scan, uint32_t *count, struct err *err) {
  bool descending = scan->index->def.keys[0].descending;
  struct slice first = scan->rows.keys[0], last = scan->rows.keys[*count - 1];
  size_t bytes = keyspace_number(0).count;
  bytes += key_part_bytes(slice_of(first.data + bytes, first.bytes - bytes), descending);
  if (!slice_has_prefix(last, slice_of(first.data, bytes))) return LUMA_OK;
  *count = 1;
  buf_reset(&scan->keys);
  buf_append(&scan->keys, first.data, bytes);
  TRY(buf_check(&scan->keys, "a key", err));
  (void)key_successor(&scan->keys); /* a number is never all ones */
  return store_cursor_seek(scan->cursor, buf_slice(&scan->keys), err);
}

/* Entries of several ranges as rows, each document once: copies, which stand still. */
static status next_merged_rows(struct model_scan *scan, uint32_t most, struct err *err) {
  buf_reset(&scan->keys);
  scan->rows.count = 0;
  while (scan->rows.count < most) {
    struct merged_entry entry;
    struct slice key_part;
    bool met = false;
    TRY(merged_next(scan->merged, &entry, err));
    if (!entry.key.bytes) break;
    TRY(index_method(entry.def)->record_key(entry.def, entry.key, entry.value, &key_part, err));
    TRY(meet(scan, key_part, &met, err));
    if (met) continue;
    buf_append_slice(&scan->keys, entry.key);
    buf_append_slice(&scan->keys, entry.value);
    scan->rows.keys[scan->rows.count].bytes = entry.key.bytes;
    scan->rows.values[scan->rows.count++].bytes = entry.value.bytes;
  }
  scan->entries = merged_entries(scan->merged);
  TRY(buf_check(&scan->keys, "entries of an index", err));
  const uint8_t *at = scan->keys.data;
  for (uint32_t i = 0; i < scan->rows.count; i++) {
    scan->rows.keys[i].data = at;
    scan->rows.values[i].data = at + scan->rows.keys[i].bytes;
    at += scan->rows.keys[i].bytes + scan->rows.values[i].bytes;
  }
  return LUMA_OK;
}

/* Of the entries those of documents that come for the first time. */
static status keep_first(struct model_scan *scan, struct err *err) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < scan->rows.count; i++) {
    struct slice key_part;
    bool met = false;
    TRY(index_method(&scan->index->def)
            ->record_key(&scan->index->def, scan->rows.keys[i], scan->rows.values[i], &key_part,
                         err));
    TRY(meet(scan, key_part, &met, err));
    if (met) continue;
    scan->rows.keys[kept] = scan->rows.keys[i];
    scan->rows.values[kept++] = scan->rows.values[i];
  }
  scan->rows.count = kept;
  return LUMA_OK;
}

/* The next step of the cursor that has any. */
static status next_rows(struct model_scan *scan, uint32_t most, struct err *err) {
  do {
    TRY(store_cursor_next(scan->cursor, most, &scan->rows, err));
    scan->entries += scan->rows.count;
    if (scan->rows.count == 0 || !scan->tells_apart) return LUMA_OK;
    TRY(keep_first(scan, err));
  } while (scan->rows.count == 0);
  return LUMA_OK;
}

/* What the entries themselves answer. */
static status next_entries(struct model_scan *scan, uint32_t most, struct doc *documents,
                           uint32_t *count, struct err *err) {
  if (scan->merged)
    TRY(next_merged_rows(scan, most, err));
  else
    TRY(next_rows(scan, most, err));
  *count = scan->rows.count;
  if (*count == 0 || scan->counts) return LUMA_OK;
  TRY(covered_documents(scan->covered, &scan->rows, documents, err));
  return scan->skips && *count > 1 ? skip_value(scan, count, err) : LUMA_OK;
}

status model_scan_next(struct model_scan *scan, uint32_t max, struct doc *documents,
                       uint32_t *count, struct err *err) {
  *count = 0;
  uint32_t most = max < STORE_BATCH_MAX ? max : STORE_BATCH_MAX;
  if (!scan->index) {
    TRY(store_cursor_next(scan->cursor, most, &scan->rows, err));
    scan->is_done = scan->rows.count == 0;
    return scan->is_done ? LUMA_OK : next_records(scan, documents, count, err);
  }
  if (scan->covered || scan->counts)
    TRY(next_entries(scan, most, documents, count, err));
  else
    TRY(next_keys(scan, most, count, err));
  scan->is_done = *count == 0;
  return scan->is_done || scan->covered || scan->keys_only ? LUMA_OK
                                                           : fetch(scan, documents, *count, err);
}

bool model_scan_is_done(const struct model_scan *scan) {
  return scan->is_done;
}

uint64_t model_scan_repeats(const struct model_scan *scan) {
  return scan->repeats;
}

uint64_t model_scan_dropped(const struct model_scan *scan) {
  return scan->dropped;
}

struct slice model_scan_place(const struct model_scan *scan) {
  return scan->rows.count ? scan->rows.keys[scan->rows.count - 1] : slice_of(NULL, 0);
}

uint64_t model_scan_entries(const struct model_scan *scan) {
  return scan->entries + (scan->also ? intersect_entries(scan->also) : 0);
}

status model_scan_keep(struct model_scan *scan, struct store_pins *pins, struct err *err) {
  if (!scan->index) TRY(store_cursor_keep(scan->cursor, pins, err));
  return store_pins_move(&scan->pins, pins, err);
}

status model__scan_seek_after(struct model_scan *scan, struct slice record_key, struct err *err) {
  /* The least key above: the same bytes and a zero. */
  buf_reset(&scan->keys);
  buf_append_slice(&scan->keys, record_key);
  buf_append_byte(&scan->keys, 0);
  TRY(buf_check(&scan->keys, "a key", err));
  return store_cursor_seek(scan->cursor, buf_slice(&scan->keys), err);
}
