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
 * 6. What changes a leaf without changing the tree (a new slot, a newer version) happens under the
 * leaf's lock. What changes the tree happens under the memtable's lock `shape`, and under the lock
 * of the leaf that it began at; a new leaf comes into the world locked and is let go of when the
 * change is complete. Leaf locks are taken before `shape`, and one at a time.
 * 7. A leaf is a key's, for whoever has its lock, if it is not retired and its bounds have the key:
 * nobody else can split it. Who was led astray finds the bounds wrong and looks again; the change
 * that led astray is complete by then, for it held the lock.
 * 8. Inner nodes, `parent`, `high` of inner nodes and the retired queue belong to `shape`. */
#ifndef STORE_LSM_MEMTABLE_MEMTABLE_INT_H
#define STORE_LSM_MEMTABLE_MEMTABLE_INT_H

#include "base/sync/sync.h"
#include "store/lsm/memtable/memtable.h"

enum { NODE_SLOTS = 15, NODE_LEVELS_MAX = 24 };

enum { POOL_SCRAPS = 8 };

struct memtable_chunk {
  struct memtable_chunk *next;
  size_t bytes;
  uint8_t data[];
};
struct memtable_piece {
  uint8_t *at, *end;
};
/** Memory for entries, freed all at once. What was set aside and not used is kept as scraps. */
struct memtable_pool {
  struct memtable_chunk *chunks; /* all, the newest first */
  struct memtable_piece rest;    /* what is left of the newest */
  struct memtable_piece scraps[POOL_SCRAPS];
  size_t chunk_bytes;
};

void memtable__pool_init(struct memtable_pool *pool);
void memtable__pool_deinit(struct memtable_pool *pool);
/** A piece of `bytes`, a multiple of 8; false when out of memory. */
bool memtable__pool_take(struct memtable_pool *pool, size_t bytes, struct memtable_piece *piece);
/** Gives back what is left of a piece. */
void memtable__pool_give(struct memtable_pool *pool, struct memtable_piece piece);
/** What an allocation of `bytes` uses up. */
static inline size_t memtable__pool_cost(size_t bytes) {
  return (bytes + 7) & ~(size_t)7;
}

struct memtable_node {
  _Atomic uint64_t order; /* bits 0-3: count; bits 4 + 4i to 7 + 4i: the slot of rank i */
  _Atomic(struct memtable_node *) next, prev; /* leaves only */
  /* the bounds are the keys of these; NULL: none */
  _Atomic(const struct memtable_entry *) low, high;
  struct memtable_node *parent; /* in the retired queue: the next of it */
  struct memtable_tree *tree;
  uint64_t retired_seq; /* in the retired queue: readers from this sequence on cannot be on it */
  _Atomic uint32_t lock;
  uint32_t skip;
  bool is_retired;
  uint8_t level; /* 0: a leaf, whose items are entries; else items are nodes */
  uint64_t heads[NODE_SLOTS];
  _Atomic(void *) items[NODE_SLOTS];
};

/** Nodes of which the first `left` are free. */
struct memtable_node_chunk {
  struct memtable_node_chunk *next, *next_free;
  uint64_t left;
  struct memtable_node nodes[];
};

struct memtable_tree {
  _Atomic(struct memtable_node *) root;
  _Atomic uint64_t replaced; /* counts nodes that others took the place of: see memtable__leaf */
  /* the leaf of the last insert: keys come in order more often than not */
  _Atomic(struct memtable_node *) finger;
  _Atomic uint64_t entries;
};

struct memtable {
  _Atomic uint32_t references;
  struct memtable_tree trees[ENTRY_SPACES_MAX];
  _Atomic uint64_t seq_min, seq_max, used_bytes;

  struct mutex shape; /* of all below, and of the inner nodes */
  struct memtable_pool pool;
  struct memtable_node *retired_first, *retired_last;
  /* Nodes not used yet. There are as many as were promised, to all rooms together: `reserved`
   * inserts. Few of them are ever used, so none is touched before. */
  struct memtable_node_chunk *node_chunks;
  struct memtable_node_chunk *free_chunks; /* those that have some, by `next_free` */
  uint64_t free_count, promised, reserved;
  uint64_t level_nodes[NODE_LEVELS_MAX];
  uint32_t levels; /* of the highest tree */
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
/* Whoever guesses that a leaf is theirs reads its bounds without the lock: what they point to must
 * be complete. */
static inline const struct memtable_entry *memtable__low(const struct memtable_node *node) {
  return atomic_load_explicit(&node->low, memory_order_acquire);
}
static inline const struct memtable_entry *memtable__high(const struct memtable_node *node) {
  return atomic_load_explicit(&node->high, memory_order_acquire);
}
static inline void *memtable__item(const struct memtable_node *node, uint32_t slot) {
  return atomic_load_explicit(&node->items[slot], memory_order_acquire);
}

/** The rank of the first key at or after `key` in the node's `order`; `*equal` tells whether it is
 * `key`. */
uint32_t memtable__rank(const struct memtable_node *node, uint64_t order, struct slice key,
                        bool *equal);
/** The same in a locked leaf, looking behind the last first: keys in order land there. */
uint32_t memtable__rank_behind(const struct memtable_node *leaf, struct slice key, bool *equal);
/** The leaf whose range has `key`; NULL when the tree is empty. */
struct memtable_node *memtable__leaf(const struct memtable_tree *tree, struct slice key);
/** The leaf of each key, all found together. */
void memtable__leaves(const struct memtable_tree *tree, const struct slice *keys, uint32_t count,
                      struct memtable_node **leaves);
/** The first leaf, or the last. */
struct memtable_node *memtable__edge(const struct memtable_tree *tree, bool is_last);

/** Makes the nodes for so many inserts stand ready; false when out of memory. With `shape`. */
bool memtable__promise(struct memtable *memtable, uint64_t entries);
/** The end of such a promise: gives back what the others are sure not to need. With `shape`. */
void memtable__keep_promise(struct memtable *memtable, uint64_t entries);
void memtable__nodes_deinit(struct memtable *memtable);

/** An insert under way. */
struct memtable_insert {
  struct memtable *memtable;
  struct memtable_tree *tree;
  struct memtable_room *room;
  uint64_t seq, horizon;
};
/** The leaf whose range has `key`, made if the tree is empty, with its lock. `guess`: perhaps this
 * one; NULL: nobody knows. */
struct memtable_node *memtable__lock_leaf(const struct memtable_insert *insert, struct slice key,
                                          struct memtable_node *guess);
void memtable__unlock(struct memtable_node *node);
/** Puts a new key at `rank` of `leaf`, which is locked and stays so, splitting what is full. */
void memtable__insert_key(const struct memtable_insert *insert, struct memtable_node *leaf,
                          uint32_t rank, struct memtable_entry *entry);

#endif
