/* SPDX-License-Identifier: MIT */
/* Inside the memtable: its memory, its nodes, its trees. See memtable.h for what it promises.
 *
 * Invariants of the trees:
 * 1. A node covers the keys of [low, high). Its children (or the nodes behind `next`) cover its
 * range without holes.
 * 2. A slot, once part of a node's order, keeps its head for good. A leaf's item changes only to a
 * newer version of the same key, an inner node's only to a node of the same low key.
 * 3. A node replaced by a split (retired) never changes again. Whoever stands on it sees what was
 * there when it was replaced, and its neighbours as they were then or newer: all that a snapshot
 * taken before can ask for.
 * 4. All keys of a node share their first `skip` bytes, because its bounds do; heads are the eight
 * bytes after them.
 * 5. A node takes the place of one with a wider range only once the rest of that range is reachable
 * from the root, and after `replaced` was counted up.
 * 6. Only the writer reads or changes `high`, `parent` and the retired queue. */
#ifndef STORE_LSM_MEMTABLE_MEMTABLE_INT_H
#define STORE_LSM_MEMTABLE_MEMTABLE_INT_H

#include "store/lsm/memtable/memtable.h"

enum { NODE_SLOTS = 15, NODE_LEVELS_MAX = 24 };

/** Memory that is freed all at once. One chunk is being used up, at most one more stands ready: a
 * reservation of n bytes makes either of them hold n bytes, so that allocations of n bytes in all
 * cannot fail. */
struct memtable_chunk {
  struct memtable_chunk *next;
  size_t bytes;
  uint8_t data[];
};
struct memtable_pool {
  struct memtable_chunk *chunks; /* all in use, the newest first */
  struct memtable_chunk *spare;
  uint8_t *at, *end; /* what is left of the newest */
  size_t chunk_bytes;
  _Atomic uint64_t used_bytes;
};

void memtable__pool_init(struct memtable_pool *pool);
void memtable__pool_deinit(struct memtable_pool *pool);
bool memtable__pool_reserve(struct memtable_pool *pool, size_t bytes);
/** `bytes` of what was reserved, aligned to 8. Never fails. */
void *memtable__pool_take(struct memtable_pool *pool, size_t bytes);
/** What memtable__pool_take uses up for `bytes`. */
static inline size_t memtable__pool_cost(size_t bytes) {
  return (bytes + 7) & ~(size_t)7;
}

struct memtable_node {
  _Atomic uint64_t order; /* bits 0-3: count; bits 4 + 4i to 7 + 4i: the slot of rank i */
  _Atomic(struct memtable_node *) next, prev; /* leaves only */
  const struct memtable_entry *low, *high;    /* the bounds are the keys of these; NULL: none */
  struct memtable_node *parent;               /* in the retired queue: the next of it */
  uint64_t retired_seq; /* in the retired queue: readers from this sequence on cannot be on it */
  uint32_t skip;
  uint8_t level; /* 0: a leaf, whose items are entries; else items are nodes */
  uint64_t heads[NODE_SLOTS];
  _Atomic(void *) items[NODE_SLOTS];
};

struct memtable_tree {
  _Atomic(struct memtable_node *) root;
  _Atomic uint64_t replaced; /* counts nodes that others took the place of: see memtable__leaf */
  struct memtable_node
      *finger; /* the leaf of the last insert: keys come in order more often than not */
  _Atomic uint64_t entries;
};

struct memtable {
  _Atomic uint32_t references;
  struct memtable_tree trees[ENTRY_SPACES_MAX];
  struct memtable_pool pool;
  struct memtable_node *retired_first, *retired_last;
  uint64_t level_nodes[NODE_LEVELS_MAX];
  uint32_t levels; /* of the highest tree */
  _Atomic uint64_t seq_min, seq_max;
};

static inline uint32_t memtable__count(uint64_t order) {
  return (uint32_t)(order & 15);
}
static inline uint32_t memtable__slot(uint64_t order, uint32_t rank) {
  return (uint32_t)(order >> (4 + 4 * rank)) & 15;
}
static inline uint64_t memtable__order(const struct memtable_node *node) {
  return atomic_load_explicit(&node->order, memory_order_acquire);
}
static inline void *memtable__item(const struct memtable_node *node, uint32_t slot) {
  return atomic_load_explicit(&node->items[slot], memory_order_acquire);
}

/** The rank of the first key at or after `key` in the node's `order`; `*equal` tells whether it is
 * `key`. */
uint32_t memtable__rank(const struct memtable_node *node, uint64_t order, struct slice key,
                        bool *equal);
/** The leaf whose range has `key`; NULL when the tree is empty. */
struct memtable_node *memtable__leaf(const struct memtable_tree *tree, struct slice key);
/** The first leaf, or the last. */
struct memtable_node *memtable__edge(const struct memtable_tree *tree, bool is_last);

/** Bytes that inserting a new key into `leaf` takes for nodes at most. */
size_t memtable__insert_cost(const struct memtable_node *leaf);
/** Bytes that any `entries` inserts take for nodes at most. */
size_t memtable__inserts_cost(const struct memtable *memtable, uint64_t entries);
/** Puts a new key at `rank` of `leaf`, splitting what is full. The memory is reserved. `leaf` NULL:
 * the tree is empty. */
void memtable__insert_key(struct memtable *memtable, struct memtable_tree *tree,
                          struct memtable_node *leaf, uint32_t rank, struct memtable_entry *entry,
                          uint64_t horizon);

#endif
