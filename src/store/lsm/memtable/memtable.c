/* SPDX-License-Identifier: MIT */
#include "store/lsm/memtable/memtable.h"

#include "base/core/assert.h"
#include "base/mem/mem.h"
#include "store/lsm/memtable/memtable_int.h"

/* How far down a chain of versions an insert looks for one to use again: what is not yet visible to
 * everyone lies above it. */
enum { REUSE_STEPS_MAX = 16 };

status memtable_create(struct memtable **memtable, struct err *err) {
  struct memtable *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a memtable");
  atomic_init(&made->references, 1);
  atomic_init(&made->seq_min, UINT64_MAX);
  memtable__pool_init(&made->pool);
  *memtable = made;
  return LUMA_OK;
}

void memtable_acquire(struct memtable *memtable) {
  uint32_t before = atomic_fetch_add_explicit(&memtable->references, 1, memory_order_relaxed);
  ASSERT(before > 0);
}

void memtable_release(void *object) {
  struct memtable *memtable = object;
  uint32_t before = atomic_fetch_sub_explicit(&memtable->references, 1, memory_order_acq_rel);
  ASSERT(before > 0);
  if (before > 1) return;
  memtable__pool_deinit(&memtable->pool);
  mem_free(memtable);
}

static size_t entry_cost(size_t key_bytes, size_t value_bytes) {
  return memtable__pool_cost(sizeof(struct memtable_entry) + key_bytes + value_bytes);
}

status memtable_reserve(struct memtable *memtable, uint64_t entries, uint64_t bytes,
                        struct err *err) {
  size_t need = memtable__inserts_cost(memtable, entries) + entries * entry_cost(0, 7) + bytes;
  if (!memtable__pool_reserve(&memtable->pool, need))
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for %llu entries", (unsigned long long)entries);
  return LUMA_OK;
}

/* The leaf for `key`, and its rank there. Keys in order land behind the last insert. */
static struct memtable_node *find(struct memtable_tree *tree, struct slice key, uint32_t *rank,
                                  bool *equal) {
  struct memtable_node *leaf = tree->finger;
  bool below_high = leaf && (!leaf->high || slice_compare(key, memtable_entry_key(leaf->high)) < 0);
  if (below_high) {
    uint64_t order = memtable__order(leaf);
    uint32_t count = memtable__count(order);
    const struct memtable_entry *last = memtable__item(leaf, memtable__slot(order, count - 1));
    if (slice_compare(memtable_entry_key(last), key) < 0) {
      *rank = count;
      *equal = false;
      return leaf;
    }
  }
  bool is_inside =
      below_high && (!leaf->low || slice_compare(memtable_entry_key(leaf->low), key) <= 0);
  if (!is_inside) leaf = memtable__leaf(tree, key);
  *rank = 0;
  *equal = false;
  if (leaf) *rank = memtable__rank(leaf, memtable__order(leaf), key, equal);
  return leaf;
}

/* Takes out of the chain a version that every reader's snapshot hides and that has room for the
 * value. The newest version at or below the horizon is the oldest anyone can ask for; what is older
 * cannot be reached by their walks. */
static struct memtable_entry *take_hidden(struct memtable_entry *newest, size_t value_bytes,
                                          uint64_t horizon) {
  struct memtable_entry *at = newest;
  for (int step = 0; at->seq > horizon; step++) {
    at = atomic_load_explicit(&at->older, memory_order_relaxed);
    if (!at || step == REUSE_STEPS_MAX) return NULL;
  }
  struct memtable_entry *hidden = atomic_load_explicit(&at->older, memory_order_relaxed);
  if (!hidden || hidden->value_capacity < value_bytes) return NULL;
  atomic_store_explicit(&at->older, atomic_load_explicit(&hidden->older, memory_order_relaxed),
                        memory_order_release);
  return hidden;
}

static struct memtable_entry *make_entry(struct memtable *memtable, struct slice key,
                                         size_t value_bytes) {
  size_t cost = entry_cost(key.bytes, value_bytes);
  struct memtable_entry *made = memtable__pool_take(&memtable->pool, cost);
  made->key_bytes = (uint16_t)key.bytes;
  made->value_capacity = (uint32_t)(cost - sizeof *made - key.bytes);
  if (key.bytes) memcpy(made->bytes, key.data, key.bytes);
  return made;
}

static void fill_entry(struct memtable_entry *made, const struct lsm_entry *entry,
                       struct memtable_entry *older) {
  atomic_init(&made->older, older);
  made->seq = entry->seq;
  made->kind = (uint8_t)entry->kind;
  made->value_bytes = (uint32_t)entry->value.bytes;
  if (entry->value.bytes)
    memcpy(made->bytes + made->key_bytes, entry->value.data, entry->value.bytes);
}

static void count_entry(struct memtable *memtable, struct memtable_tree *tree, uint64_t seq,
                        uint64_t added) {
  uint64_t entries = atomic_load_explicit(&tree->entries, memory_order_relaxed);
  atomic_store_explicit(&tree->entries, entries + added, memory_order_relaxed);
  if (seq < atomic_load_explicit(&memtable->seq_min, memory_order_relaxed))
    atomic_store_explicit(&memtable->seq_min, seq, memory_order_relaxed);
  if (seq > atomic_load_explicit(&memtable->seq_max, memory_order_relaxed))
    atomic_store_explicit(&memtable->seq_max, seq, memory_order_relaxed);
}

static void add_version(struct memtable *memtable, struct memtable_node *leaf, uint32_t rank,
                        const struct lsm_entry *entry, uint64_t horizon, uint64_t *added) {
  uint32_t slot = memtable__slot(memtable__order(leaf), rank);
  struct memtable_entry *newest = memtable__item(leaf, slot);
  ASSERT(newest->seq < entry->seq);
  struct memtable_entry *made = take_hidden(newest, entry->value.bytes, horizon);
  *added = made ? 0 : 1;
  if (!made) made = make_entry(memtable, entry->key, entry->value.bytes);
  fill_entry(made, entry, newest);
  atomic_store_explicit(&leaf->items[slot], made, memory_order_release);
}

status memtable_insert(struct memtable *memtable, const struct lsm_entry *entry, uint64_t horizon,
                       struct err *err) {
  ASSERT(entry->space < ENTRY_SPACES_MAX && entry->key.bytes <= UINT16_MAX &&
         entry->value.bytes <= UINT32_MAX);
  ASSERT(horizon < entry->seq);
  struct memtable_tree *tree = &memtable->trees[entry->space];
  uint32_t rank;
  bool equal;
  struct memtable_node *leaf = find(tree, entry->key, &rank, &equal);
  size_t need = entry_cost(entry->key.bytes, entry->value.bytes);
  if (!equal) need += memtable__insert_cost(leaf);
  if (!memtable__pool_reserve(&memtable->pool, need))
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for an entry");
  uint64_t added = 1;
  if (equal) {
    add_version(memtable, leaf, rank, entry, horizon, &added);
  } else {
    struct memtable_entry *made = make_entry(memtable, entry->key, entry->value.bytes);
    fill_entry(made, entry, NULL);
    memtable__insert_key(memtable, tree, leaf, rank, made, horizon);
  }
  count_entry(memtable, tree, entry->seq, added);
  return LUMA_OK;
}

void memtable_get(const struct memtable *memtable, uint8_t space, struct slice key,
                  uint64_t seq_max, struct entry_found *found) {
  *found = (struct entry_found){0};
  const struct memtable_node *leaf = memtable__leaf(&memtable->trees[space], key);
  if (!leaf) return;
  bool equal;
  uint64_t order = memtable__order(leaf);
  uint32_t rank = memtable__rank(leaf, order, key, &equal);
  if (!equal) return;
  const struct memtable_entry *entry =
      memtable_entry_at(memtable__item(leaf, memtable__slot(order, rank)), seq_max);
  if (!entry) return;
  *found = (struct entry_found){true, (enum entry_kind)entry->kind, entry->seq,
                                memtable_entry_value(entry)};
}

uint64_t memtable_bytes(const struct memtable *memtable) {
  return atomic_load_explicit(&memtable->pool.used_bytes, memory_order_relaxed);
}

uint64_t memtable_entries(const struct memtable *memtable, uint8_t space) {
  return atomic_load_explicit(&memtable->trees[space].entries, memory_order_relaxed);
}

uint64_t memtable_seq_min(const struct memtable *memtable) {
  return atomic_load_explicit(&memtable->seq_min, memory_order_relaxed);
}

uint64_t memtable_seq_max(const struct memtable *memtable) {
  return atomic_load_explicit(&memtable->seq_max, memory_order_relaxed);
}
