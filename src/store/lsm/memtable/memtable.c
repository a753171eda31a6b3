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
  mutex_init(&made->shape);
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
  memtable__nodes_deinit(memtable);
  mutex_deinit(&memtable->shape);
  mem_free(memtable);
}

static size_t entry_cost(size_t key_bytes, size_t value_bytes) {
  return memtable__pool_cost(sizeof(struct memtable_entry) + key_bytes + value_bytes);
}

static bool set_aside(struct memtable *memtable, uint64_t entries, size_t bytes,
                      struct memtable_room *room) {
  struct memtable_piece piece;
  if (!memtable__pool_take(&memtable->pool, bytes, &piece)) return false;
  if (!memtable__promise(memtable, entries)) {
    memtable__pool_give(&memtable->pool, piece);
    return false;
  }
  *room = (struct memtable_room){piece.at, piece.end, entries};
  return true;
}

status memtable_reserve(struct memtable *memtable, uint64_t entries, uint64_t bytes,
                        struct memtable_room *room, struct err *err) {
  size_t need = memtable__pool_cost(entries * entry_cost(0, 7) + bytes);
  mutex_lock(&memtable->shape);
  bool done = set_aside(memtable, entries, need, room);
  mutex_unlock(&memtable->shape);
  if (!done)
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for %llu entries", (unsigned long long)entries);
  atomic_fetch_add_explicit(&memtable->used_bytes, need, memory_order_relaxed);
  return LUMA_OK;
}

void memtable_unreserve(struct memtable *memtable, struct memtable_room *room) {
  size_t left = (size_t)(room->end - room->at);
  mutex_lock(&memtable->shape);
  memtable__pool_give(&memtable->pool, (struct memtable_piece){room->at, room->end});
  memtable__keep_promise(memtable, room->entries);
  mutex_unlock(&memtable->shape);
  atomic_fetch_sub_explicit(&memtable->used_bytes, left, memory_order_relaxed);
  *room = (struct memtable_room){0};
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

static struct memtable_entry *make_entry(struct memtable_room *room, struct slice key,
                                         size_t value_bytes) {
  size_t cost = entry_cost(key.bytes, value_bytes);
  ASSERT((size_t)(room->end - room->at) >= cost);
  struct memtable_entry *made = (struct memtable_entry *)(void *)room->at;
  room->at += cost;
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
                        bool is_added) {
  uint64_t most = atomic_load_explicit(&memtable->seq_max, memory_order_relaxed);
  uint64_t least = atomic_load_explicit(&memtable->seq_min, memory_order_relaxed);
  if (is_added) atomic_fetch_add_explicit(&tree->entries, 1, memory_order_relaxed);
  while (seq < least && !atomic_compare_exchange_weak(&memtable->seq_min, &least, seq)) {
  }
  while (seq > most && !atomic_compare_exchange_weak(&memtable->seq_max, &most, seq)) {
  }
}

/* `*is_added` false: the memory of a hidden version was used again. */
static bool add_version(const struct memtable_insert *insert, struct memtable_node *leaf,
                        uint32_t rank, const struct lsm_entry *entry, bool *is_added) {
  uint32_t slot = memtable__slot(memtable__order(leaf), rank);
  struct memtable_entry *newest = memtable__item(leaf, slot);
  if (newest->seq >= entry->seq) return false;
  struct memtable_entry *hidden = take_hidden(newest, entry->value.bytes, insert->horizon);
  struct memtable_entry *made =
      hidden ? hidden : make_entry(insert->room, entry->key, entry->value.bytes);
  fill_entry(made, entry, newest);
  atomic_store_explicit(&leaf->items[slot], made, memory_order_release);
  *is_added = !hidden;
  return true;
}

/* The bounds tell whether a leaf is a key's. */
static void fetch_bounds(const struct memtable_node *leaf) {
  __builtin_prefetch(memtable__low(leaf));
  __builtin_prefetch(memtable__high(leaf));
}

void memtable_places(const struct memtable *memtable, uint8_t space, const struct slice *keys,
                     uint32_t count, struct memtable_node **places) {
  ASSERT(count <= MEMTABLE_TOGETHER);
  memtable__leaves(&memtable->trees[space], keys, count, places);
  for (uint32_t i = 0; i < count; i++)
    if (places[i]) fetch_bounds(places[i]);
}

bool memtable_put(struct memtable *memtable, const struct lsm_entry *entry, uint64_t horizon,
                  struct memtable_room *room) {
  return memtable_put_near(memtable, entry, horizon, room, NULL);
}

bool memtable_put_near(struct memtable *memtable, const struct lsm_entry *entry, uint64_t horizon,
                       struct memtable_room *room, struct memtable_node *place) {
  ASSERT(entry->space < ENTRY_SPACES_MAX && entry->key.bytes <= UINT16_MAX &&
         entry->value.bytes <= UINT32_MAX);
  ASSERT(horizon < entry->seq);
  struct memtable_tree *tree = &memtable->trees[entry->space];
  struct memtable_insert insert = {memtable, tree, room, entry->seq, horizon};
  bool equal, is_added = true, done = true;
  struct memtable_node *leaf = memtable__lock_leaf(&insert, entry->key, place);
  uint32_t rank = memtable__rank_behind(leaf, entry->key, &equal);
  if (equal) {
    done = add_version(&insert, leaf, rank, entry, &is_added);
  } else {
    struct memtable_entry *made = make_entry(room, entry->key, entry->value.bytes);
    fill_entry(made, entry, NULL);
    memtable__insert_key(&insert, leaf, rank, made);
  }
  memtable__unlock(leaf);
  if (done) count_entry(memtable, tree, entry->seq, is_added);
  return done;
}

status memtable_insert(struct memtable *memtable, const struct lsm_entry *entry, uint64_t horizon,
                       struct err *err) {
  struct memtable_room room;
  TRY(memtable_reserve(memtable, 1, entry->key.bytes + entry->value.bytes, &room, err));
  bool done = memtable_put(memtable, entry, horizon, &room);
  ASSERT(done);
  memtable_unreserve(memtable, &room);
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
  return atomic_load_explicit(&memtable->used_bytes, memory_order_relaxed);
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
