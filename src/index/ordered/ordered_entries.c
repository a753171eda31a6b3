/* SPDX-License-Identifier: MIT */
/* A document's entries: the cross product of what each key path reaches. Nearly always each path
 * reaches one value; lists under a multikey index reach several, and then at most INDEX_ENTRIES_MAX
 * entries are made. */
#include <stdlib.h>

#include "base/core/bytes.h"
#include "base/mem/mem.h"
#include "index/ordered/ordered_int.h"
#include "value/key/key.h"

enum { FEW = 16 };

/* The parts of one key, among those of the entries. */
struct parts {
  size_t from, count;
};

struct work {
  const struct index_def *def;
  struct slice record_key;
  struct index_entries *entries;
  struct parts keys[INDEX_KEYS_MAX];
  uint32_t key; /* the key being collected */
  status failed;
  struct err *err;
};

static void begin_key(struct work *work, uint32_t key) {
  work->key = key;
  work->keys[key] = (struct parts){.from = work->entries->parts_count};
}

static struct index_part *last_part(const struct work *work) {
  return &work->entries->parts[work->entries->parts_count - 1];
}

static status add_part(struct work *work, const struct val *value) {
  struct index_entries *entries = work->entries;
  if (work->keys[work->key].count >= INDEX_ENTRIES_MAX) {
    FAIL(work->err, LUMA_TOO_LARGE, "a list has over %d elements to index", INDEX_ENTRIES_MAX);
  }
  if (!mem_grow((void **)&entries->parts, &entries->parts_capacity, entries->parts_count + 1,
                sizeof *entries->parts)) {
    FAIL(work->err, LUMA_OUT_OF_MEMORY, "no memory for index entries");
  }
  size_t from = entries->part_bytes.bytes;
  struct val key;
  entries->kinds[work->key] |= index_kind_of(value);
  TRY(ordered__fold(entries, value, &key, work->err));
  TRY(key_encode(&entries->part_bytes, &key, work->def->keys[work->key].descending, work->err));
  entries->parts[entries->parts_count++] = (struct index_part){
      .from = (uint32_t)from,
      .bytes = (uint32_t)(entries->part_bytes.bytes - from),
      .is_null = val_is_null(value),
      .is_missing = value->type == VAL_MISSING,
  };
  work->keys[work->key].count++;
  return LUMA_OK;
}

/* An empty list has the key of what is missing, as in MongoDB; it is there all the same, so a
 * sparse index has it. */
static status add_empty(struct work *work) {
  struct val missing = val_missing();
  uint8_t kinds = work->entries->kinds[work->key];
  TRY(add_part(work, &missing));
  work->entries->kinds[work->key] = kinds | INDEX_KIND_EMPTY;
  last_part(work)->is_missing = false;
  return LUMA_OK;
}

/* The key that is being collected is of lists. */
static void note_list(struct work *work) {
  work->entries->lists |= 1u << work->key;
}

/* A value the path reaches; a list gives its elements. */
static bool visit(void *context, const struct val *value) {
  struct work *work = context;
  if (value->type != VAL_LIST) {
    work->failed = add_part(work, value);
    return work->failed == LUMA_OK;
  }
  uint32_t count = val_count(value);
  note_list(work);
  if (count == 0) work->failed = add_empty(work);
  for (uint32_t i = 0; i < count && work->failed == LUMA_OK; i++) {
    struct val element = val_at(value, i);
    work->failed = add_part(work, &element);
  }
  return work->failed == LUMA_OK;
}

/* Whether a list stands on the way to what the path is about: its elements are looked into, and
 * what is read there is a list, too. */
static bool meets_list(const struct path *path, const struct val *root) {
  struct val at = *root;
  for (uint32_t i = 0; i + 1 < path->count && at.type == VAL_MAP; i++)
    at = val_field(&at, path->steps[i].name);
  return at.type == VAL_LIST;
}

/* Lists met before the key are not its own: then nothing is hashed. */
static status check_hashed(const struct work *work) {
  enum { NO_LISTS = 16766 };
  if (!work->entries->lists) return LUMA_OK;
  err_raise(work->err, LUMA_INVALID_VALUE, __FILE__, __LINE__,
            "a hashed index takes no lists: hashed indexes do not currently support array values");
  if (work->err) work->err->foreign = NO_LISTS;
  return LUMA_INVALID_VALUE;
}

static status collect_visited(struct work *work, const struct index_key *key,
                              const struct val *root) {
  struct val missing = val_missing();
  (void)path_visit(&key->path, root, visit, work);
  TRY(work->failed);
  if (work->keys[work->key].count == 0) TRY(add_part(work, &missing));
  if (meets_list(&key->path, root)) note_list(work);
  return key->hashed ? check_hashed(work) : LUMA_OK;
}

static status collect(struct work *work, const struct doc *document, const struct val *computed) {
  struct val root = doc_root(document);
  uint32_t at = work->def->wildcard.bytes ? index_wildcard_at(work->def) : INDEX_KEYS_MAX;
  for (uint32_t i = 0; i < work->def->keys_count; i++) {
    const struct index_key *key = &work->def->keys[i];
    if (i == at || i == at + 1) continue; /* any path: see add_leaf */
    begin_key(work, i);
    if (index_key_is_computed(key)) {
      TRY(add_part(work, &computed[i]));
    } else if (work->def->multikey) {
      TRY(collect_visited(work, key, &root));
    } else {
      struct val value = path_get(&key->path, &root);
      TRY(add_part(work, &value));
    }
  }
  return LUMA_OK;
}

/* Appends the number and the chosen part of each key. */
static status append_parts(const struct work *work, const struct index_part *const *chosen,
                           size_t more) {
  struct index_entries *entries = work->entries;
  size_t bytes = ORDERED_NUMBER_BYTES + more;
  for (uint32_t i = 0; i < work->def->keys_count; i++) bytes += chosen[i]->bytes;
  uint8_t *at = buf_extend(&entries->bytes, bytes);
  if (!at) return buf_check(&entries->bytes, "the index entries", work->err);
  store32be(at, work->def->number);
  at += ORDERED_NUMBER_BYTES;
  for (uint32_t i = 0; i < work->def->keys_count; i++) {
    memcpy(at, entries->part_bytes.data + chosen[i]->from, chosen[i]->bytes);
    at += chosen[i]->bytes;
  }
  if (more) memcpy(at, work->record_key.data, more);
  return LUMA_OK;
}

/* Appends one entry made of the chosen part of each key. Keys are kept as lengths until the buffer
 * rests. */
static status add_entry(struct work *work, const size_t *chosen) {
  const struct index_def *def = work->def;
  struct index_entries *entries = work->entries;
  const struct index_part *parts[INDEX_KEYS_MAX];
  size_t capacity = entries->capacity, from = entries->bytes.bytes;
  bool any_null = false, all_missing = true;
  for (uint32_t i = 0; i < def->keys_count; i++) {
    parts[i] = &entries->parts[work->keys[i].from + chosen[i]];
    any_null |= parts[i]->is_null;
    all_missing &= parts[i]->is_missing;
  }
  if (def->sparse && all_missing) return LUMA_OK;
  if (entries->count >= INDEX_ENTRIES_MAX) {
    FAIL(work->err, LUMA_TOO_LARGE, "a document has over %d entries in one index",
         INDEX_ENTRIES_MAX);
  }
  if (!mem_grow((void **)&entries->items, &capacity, entries->count + 1u, sizeof *entries->items)) {
    FAIL(work->err, LUMA_OUT_OF_MEMORY, "no memory for index entries");
  }
  entries->capacity = (uint32_t)capacity;
  bool is_unique = def->unique && !(any_null && def->nulls_distinct);
  TRY(append_parts(work, parts, is_unique ? 0 : work->record_key.bytes));
  entries->items[entries->count++] = (struct index_entry){
      .key = {.data = NULL, .bytes = entries->bytes.bytes - from},
      .is_unique = is_unique,
  };
  return LUMA_OK;
}

static status add_product(struct work *work) {
  size_t chosen[INDEX_KEYS_MAX] = {0};
  uint32_t keys_count = work->def->keys_count;
  for (;;) {
    TRY(add_entry(work, chosen));
    uint32_t i = keys_count;
    while (i > 0 && ++chosen[i - 1] == work->keys[i - 1].count) chosen[--i] = 0;
    if (i == 0) return LUMA_OK;
  }
}

/* A path of a wildcard index and what is there, beside each of the other parts. */
static status add_leaf(void *context, struct slice path, const struct val *value, struct err *err) {
  struct work *work = context;
  struct index_entries *entries = work->entries;
  uint32_t at = index_wildcard_at(work->def);
  size_t bytes = entries->part_bytes.bytes, parts = entries->parts_count;
  const struct index_fold *fold = entries->fold;
  struct val text = val_text(path);
  begin_key(work, at);
  entries->fold = NULL; /* a path is no text of the document's */
  status result = add_part(work, &text);
  entries->fold = fold;
  begin_key(work, at + 1);
  if (result == LUMA_OK) result = add_part(work, value);
  if (result == LUMA_OK) result = buf_check(&entries->part_bytes, "the index entries", err);
  if (result == LUMA_OK) result = add_product(work);
  entries->part_bytes.bytes = bytes;
  entries->parts_count = parts;
  return result;
}

static void add_list(void *context, struct slice path) {
  struct work *work = context;
  index_entries_add_list(work->entries, path);
}

static status add_leaves(struct work *work, const struct doc *document, struct err *err) {
  struct ordered_leaves leaves = {.visit = add_leaf, .list = add_list, .context = work};
  TRY(ordered__wildcard_walk(work->def, document, &leaves, err));
  return buf_check(&work->entries->lists_at, "paths of lists", err);
}

static int compare_entries(const void *a, const void *b) {
  return slice_compare(((const struct index_entry *)a)->key, ((const struct index_entry *)b)->key);
}

/* Documents have a few entries mostly; for those a call for each comparison is what sorting costs.
 */
static void sort(struct index_entry *items, uint32_t count) {
  if (count > FEW) {
    qsort(items, count, sizeof *items, compare_entries);
    return;
  }
  for (uint32_t i = 1; i < count; i++) {
    struct index_entry item = items[i];
    uint32_t at = i;
    for (; at > 0 && slice_compare(items[at - 1].key, item.key) > 0; at--)
      items[at] = items[at - 1];
    items[at] = item;
  }
}

/* Turns lengths into slices, sorts, drops equal entries. */
static void settle(struct work *work) {
  struct index_entries *entries = work->entries;
  const uint8_t *at = entries->bytes.data;
  for (uint32_t i = 0; i < entries->count; i++) {
    struct index_entry *entry = &entries->items[i];
    entry->key.data = at;
    at += entry->key.bytes;
    if (entry->is_unique) entry->value = work->record_key;
  }
  if (entries->count < 2) return;
  sort(entries->items, entries->count);
  uint32_t kept = 1;
  for (uint32_t i = 1; i < entries->count; i++) {
    if (slice_is_equal(entries->items[i].key, entries->items[kept - 1].key)) continue;
    entries->items[kept++] = entries->items[i];
  }
  entries->count = kept;
}

status ordered__entries(const struct index_def *def, const struct doc *document,
                        const struct val *computed, struct slice record_key,
                        struct index_entries *entries, struct err *err) {
  struct work work = {.def = def, .record_key = record_key, .entries = entries, .err = err};
  entries->count = 0;
  entries->parts_count = 0;
  entries->lists = 0;
  entries->list_from = 0;
  buf_reset(&entries->lists_at);
  memset(entries->kinds, 0, sizeof entries->kinds);
  buf_reset(&entries->bytes);
  buf_reset(&entries->part_bytes);
  TRY(collect(&work, document, computed));
  TRY(buf_check(&entries->part_bytes, "the index entries", err));
  TRY(def->wildcard.bytes ? add_leaves(&work, document, err) : add_product(&work));
  settle(&work);
  return LUMA_OK;
}
