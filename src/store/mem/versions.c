/* SPDX-License-Identifier: MIT */
/* Entries and versions: what is committed, what a snapshot sees of it, and when it may go. */
#include "base/core/assert.h"
#include "base/mem/mem.h"
#include "store/mem/mem_store_int.h"

struct mem_entry *mem_store__entry(const struct mem_store *store, enum store_space space,
                                   struct slice key) {
  return (struct mem_entry *)keylist_get(&store->spaces[space], key);
}

struct mem_entry *mem_store__entry_make(struct mem_store *store, enum store_space space,
                                        struct slice key) {
  struct mem_entry *entry = mem_store__entry(store, space, key);
  if (entry) return entry;
  entry = mem_alloc(sizeof *entry + key.bytes);
  if (!entry) return NULL;
  if (key.bytes) memcpy(entry->key, key.data, key.bytes);
  entry->item.key = slice_of(entry->key, key.bytes);
  entry->newest = NULL;
  if (!keylist_insert(&store->spaces[space], &entry->item)) {
    mem_free(entry);
    return NULL;
  }
  store->stats.memtable_bytes += sizeof *entry + key.bytes;
  return entry;
}

void mem_store__entry_drop(struct mem_store *store, enum store_space space,
                           struct mem_entry *entry) {
  ASSERT(!entry->newest);
  store->stats.memtable_bytes -= sizeof *entry + entry->item.key.bytes;
  keylist_remove(&store->spaces[space], entry->item.key);
  mem_free(entry);
}

const struct mem_version *mem_store__visible(const struct mem_entry *entry, store_seq snapshot) {
  const struct mem_version *version = entry ? entry->newest : NULL;
  while (version && version->seq > snapshot) version = version->older;
  return version && !version->is_deleted ? version : NULL;
}

struct mem_version *mem_store__version_make(store_seq seq, bool is_deleted, struct slice value) {
  struct mem_version *version = mem_alloc(sizeof *version + value.bytes);
  if (!version) return NULL;
  *version = (struct mem_version){.seq = seq, .is_deleted = is_deleted, .bytes = value.bytes};
  if (value.bytes) memcpy(version->data, value.data, value.bytes);
  return version;
}

void mem_store__version_link(struct mem_store *store, enum store_space space,
                             struct mem_entry *entry, struct mem_version *version) {
  ASSERT(!entry->newest || entry->newest->seq < version->seq);
  version->older = entry->newest;
  entry->newest = version;
  store->stats.memtable_bytes += sizeof *version + version->bytes;
  if (version->older || version->is_deleted) {
    *(struct mem_garbage *)fifo_push(&store->garbage) =
        (struct mem_garbage){entry, space, version->seq};
  }
}

/* Frees the versions from `version` on down. */
static void versions_free(struct mem_store *store, struct mem_version *version) {
  while (version) {
    struct mem_version *older = version->older;
    store->stats.memtable_bytes -= sizeof *version + version->bytes;
    mem_free(version);
    version = older;
  }
}

/* Nobody reads before `oldest`: of the versions up to there only the last counts. An entry that
 * ends in a deletion goes with the piece of garbage of that deletion, which is the last that names
 * it: nothing is left pointing to it. */
static void entry_prune(struct mem_store *store, const struct mem_garbage *garbage,
                        store_seq oldest) {
  struct mem_entry *entry = garbage->entry;
  struct mem_version *kept = entry->newest;
  while (kept->seq > oldest) kept = kept->older;
  versions_free(store, kept->older);
  kept->older = NULL;
  if (entry->newest->is_deleted && entry->newest->seq == garbage->seq) {
    versions_free(store, entry->newest);
    entry->newest = NULL;
    mem_store__entry_drop(store, garbage->space, entry);
  }
}

void mem_store__prune(struct mem_store *store) {
  store_seq oldest = store->oldest_txn ? store->oldest_txn->snapshot : store->last_seq;
  while (store->garbage.count > 0) {
    struct mem_garbage *garbage = fifo_at(&store->garbage, 0);
    if (garbage->seq > oldest) break;
    entry_prune(store, garbage, oldest);
    fifo_pop(&store->garbage);
  }
  while (store->erased.count > 0) {
    struct mem_erased *erased = fifo_at(&store->erased, 0);
    if (erased->seq > oldest) break;
    mem_free(erased->bytes);
    fifo_pop(&store->erased);
  }
}

static bool ranges_meet(struct store_range a, struct store_range b) {
  bool a_reaches_b = a.to.bytes == 0 || slice_compare(b.from, a.to) < 0;
  bool b_reaches_a = b.to.bytes == 0 || slice_compare(a.from, b.to) < 0;
  return a_reaches_b && b_reaches_a;
}

bool mem_store__is_changed(const struct mem_store *store, const struct draft_range *where,
                           store_seq snapshot) {
  const struct keylist *list = &store->spaces[where->space];
  struct slice to = where->range.to;
  struct keylist_gap gap = keylist_find(list, where->range.from);
  for (struct keylist_item *item; (item = keylist_peek(list, gap, false));
       keylist_step(list, &gap, false)) {
    if (to.bytes > 0 && slice_compare(item->key, to) >= 0) break;
    if (((struct mem_entry *)item)->newest->seq > snapshot) return true;
  }
  for (size_t i = store->erased.count; i > 0; i--) {
    const struct mem_erased *erased = fifo_at(&store->erased, i - 1);
    if (erased->seq <= snapshot) break;
    if (erased->where.space == where->space && ranges_meet(erased->where.range, where->range)) {
      return true;
    }
  }
  return false;
}
