/* SPDX-License-Identifier: MIT */
/* Nodes and splits. Each change becomes visible by one release store; the order of stores inside a
 * split is what keeps readers right, and is argued where it happens. */
#include "base/core/assert.h"
#include "base/core/bytes.h"
#include "base/mem/mem.h"
#include "store/lsm/memtable/memtable_int.h"

/* Of each level two halves or one and its tightened copy, and a root. */
enum { SPLIT_NODES_MAX = 3 * NODE_LEVELS_MAX };

/* ---- searching (any thread) ---- */

/* Keys after `skip` bytes as a number; shorter keys are filled with zeroes, and equal heads decide
 * nothing. */
static uint64_t head_of(struct slice key, uint32_t skip) {
  if (key.bytes >= (size_t)skip + 8) return load64be(key.data + skip);
  uint8_t padded[8] = {0};
  if (key.bytes > skip) memcpy(padded, key.data + skip, key.bytes - skip);
  return load64be(padded);
}

static struct slice bound_key(const struct memtable_entry *bound) {
  return bound ? memtable_entry_key(bound) : slice_of(NULL, 0);
}

static struct slice slot_key(const struct memtable_node *node, uint32_t slot) {
  const void *item = memtable__item(node, slot);
  if (node->level == 0) return memtable_entry_key(item);
  return bound_key(memtable__low(item));
}

static struct slice after(struct slice key, uint32_t skip) {
  return key.bytes > skip ? slice_of(key.data + skip, key.bytes - skip) : slice_of(NULL, 0);
}

static int slot_compare(const struct memtable_node *node, uint32_t slot, struct slice key) {
  return slice_compare(after(slot_key(node, slot), node->skip), after(key, node->skip));
}

/* Most often the heads tell, and the item is not touched. */
static inline int compare_at(const struct memtable_node *node, uint32_t slot, uint64_t head,
                             struct slice key) {
  int compared = (node->heads[slot] > head) - (node->heads[slot] < head);
  return compared ? compared : slot_compare(node, slot, key);
}

uint32_t memtable__rank(const struct memtable_node *node, uint64_t order, struct slice key,
                        bool *equal) {
  uint64_t head = head_of(key, node->skip);
  uint32_t from = 0, to = memtable__count(order);
  *equal = false;
  while (from < to) {
    uint32_t middle = (from + to) / 2, slot = memtable__slot(order, middle);
    int compared = compare_at(node, slot, head, key);
    if (compared == 0) {
      *equal = true;
      return middle;
    }
    if (compared < 0)
      from = middle + 1;
    else
      to = middle;
  }
  return from;
}

uint32_t memtable__rank_behind(const struct memtable_node *leaf, struct slice key, bool *equal) {
  uint64_t order = memtable__order(leaf);
  uint32_t count = memtable__count(order);
  *equal = false;
  if (count > 0) {
    uint32_t last = memtable__slot(order, count - 1);
    if (compare_at(leaf, last, head_of(key, leaf->skip), key) < 0) return count;
  }
  return memtable__rank(leaf, order, key, equal);
}

static struct memtable_node *child_of(const struct memtable_node *node, struct slice key) {
  bool equal;
  uint64_t order = memtable__order(node);
  uint32_t rank = memtable__rank(node, order, key, &equal);
  if (rank == 0 && !equal) rank = 1; /* the walk went astray: its end is not taken */
  return memtable__item(node, memtable__slot(order, equal ? rank : rank - 1));
}

static struct memtable_node *descend(struct memtable_node *node, struct slice key) {
  while (node && node->level > 0) node = child_of(node, key);
  return node;
}

static void fetch_ahead(const struct memtable_node *node) {
  enum { LINE_BYTES = 64 };
  for (size_t at = 0; at < sizeof *node; at += LINE_BYTES)
    __builtin_prefetch((const uint8_t *)node + at);
}

/* A level of all walks before the next. */
static void descend_together(const struct slice *keys, uint32_t count,
                             struct memtable_node **nodes) {
  for (bool goes_on = true; goes_on;) {
    goes_on = false;
    for (uint32_t i = 0; i < count; i++) {
      if (nodes[i]->level == 0) continue;
      nodes[i] = child_of(nodes[i], keys[i]);
      fetch_ahead(nodes[i]);
      goes_on = true;
    }
  }
}

static struct memtable_node *descend_edge(struct memtable_node *node, bool is_last) {
  while (node && node->level > 0) {
    uint64_t order = memtable__order(node);
    node = memtable__item(node, memtable__slot(order, is_last ? memtable__count(order) - 1 : 0));
  }
  return node;
}

/* Between reading a node's order and the child that it names, a split may put the child's left part
 * in its place: the key may be in the right part, of which the order, or the node's own parent, did
 * not know yet. Who reads a node that took another's place sees the count of that too, and then
 * sees the right part on the way down from the root. */
struct memtable_node *memtable__leaf(const struct memtable_tree *tree, struct slice key) {
  for (;;) {
    uint64_t replaced = atomic_load_explicit(&tree->replaced, memory_order_acquire);
    struct memtable_node *leaf =
        descend(atomic_load_explicit(&tree->root, memory_order_acquire), key);
    if (atomic_load_explicit(&tree->replaced, memory_order_acquire) == replaced) return leaf;
  }
}

void memtable__leaves(const struct memtable_tree *tree, const struct slice *keys, uint32_t count,
                      struct memtable_node **leaves) {
  for (;;) {
    uint64_t replaced = atomic_load_explicit(&tree->replaced, memory_order_acquire);
    struct memtable_node *root = atomic_load_explicit(&tree->root, memory_order_acquire);
    for (uint32_t i = 0; i < count; i++) leaves[i] = root;
    if (root) descend_together(keys, count, leaves);
    if (atomic_load_explicit(&tree->replaced, memory_order_acquire) == replaced) return;
  }
}

struct memtable_node *memtable__edge(const struct memtable_tree *tree, bool is_last) {
  for (;;) {
    uint64_t replaced = atomic_load_explicit(&tree->replaced, memory_order_acquire);
    struct memtable_node *leaf =
        descend_edge(atomic_load_explicit(&tree->root, memory_order_acquire), is_last);
    if (atomic_load_explicit(&tree->replaced, memory_order_acquire) == replaced) return leaf;
  }
}

/* ---- memory (with `shape`) ---- */

/* Each insert makes at most two leaves. Inner nodes append at the right edge only, so most of their
 * splits halve a full one, of which there are those here now and one more for every seven inserts.
 * A bound for two promises is never above the sum of a bound for each: what others insert meanwhile
 * uses up their part. */
static uint64_t nodes_most(const struct memtable *memtable, uint64_t entries) {
  uint32_t levels = memtable->levels + 1;
  for (uint64_t rest = entries; rest >= 8; rest /= 8) levels++;
  uint64_t nodes = ENTRY_SPACES_MAX + 2 * (uint64_t)levels + 1 + 2 * entries, splits = entries;
  for (uint32_t level = 1; level <= levels; level++) {
    uint64_t here = level < NODE_LEVELS_MAX ? memtable->level_nodes[level] : 0;
    uint64_t most = here + 2 * splits / 7 + 2;
    if (most < splits) splits = most;
    nodes += 2 * splits + ENTRY_SPACES_MAX;
  }
  return nodes;
}

bool memtable__promise(struct memtable *memtable, uint64_t entries) {
  uint64_t wanted = memtable->promised + nodes_most(memtable, entries);
  if (wanted > memtable->free_count) {
    uint64_t more = wanted - memtable->free_count;
    if (more > SIZE_MAX / 2 / sizeof(struct memtable_node)) return false;
    struct memtable_node_chunk *chunk =
        mem_alloc(sizeof *chunk + more * sizeof(struct memtable_node));
    if (!chunk) return false;
    chunk->next = memtable->node_chunks;
    chunk->next_free = memtable->free_chunks;
    chunk->left = more;
    memtable->node_chunks = memtable->free_chunks = chunk;
    memtable->free_count += more;
  }
  memtable->promised = wanted;
  memtable->reserved += entries;
  return true;
}

/* Inserts whose promise ends may have filled nodes that the others' inserts split: what they did
 * not use was promised for that, too. */
void memtable__keep_promise(struct memtable *memtable, uint64_t entries) {
  memtable->reserved -= entries;
  uint64_t most = memtable->reserved ? nodes_most(memtable, memtable->reserved) : 0;
  if (memtable->promised > most) memtable->promised = most;
}

/* The last of the free of a chunk: neighbours in memory are used one after the other. */
static struct memtable_node *take_free(struct memtable *memtable) {
  ASSERT(memtable->free_count > 0); /* it counts what is left in all free chunks */
  struct memtable_node_chunk *chunk = memtable->free_chunks;
  struct memtable_node *node = &chunk->nodes[--chunk->left];
  if (chunk->left == 0) memtable->free_chunks = chunk->next_free;
  memtable->free_count--;
  return node;
}

void memtable__nodes_deinit(struct memtable *memtable) {
  struct memtable_node_chunk *next;
  for (struct memtable_node_chunk *chunk = memtable->node_chunks; chunk; chunk = next) {
    next = chunk->next;
    mem_free(chunk);
  }
}

static void lock_node(struct memtable_node *node) {
  uint32_t steps = 0;
  while (atomic_exchange_explicit(&node->lock, 1, memory_order_acquire) != 0)
    while (atomic_load_explicit(&node->lock, memory_order_relaxed) != 0) thread_wait_step(&steps);
}

void memtable__unlock(struct memtable_node *node) {
  atomic_store_explicit(&node->lock, 0, memory_order_release);
}

/* A retired node can be used again once every reader began after it was replaced. Who still has it
 * as the leaf of the last insert may be looking whether it is theirs: that is done under its lock.
 * The node is locked. */
static struct memtable_node *take_node(const struct memtable_insert *insert) {
  struct memtable *memtable = insert->memtable;
  struct memtable_node *node = memtable->retired_first;
  if (node && node->retired_seq <= insert->horizon) {
    memtable->retired_first = node->parent;
    lock_node(node);
    return node;
  }
  node = take_free(memtable);
  ASSERT(memtable->promised > 0);
  memtable->promised--;
  atomic_fetch_add_explicit(&memtable->used_bytes, sizeof *node, memory_order_relaxed);
  atomic_init(&node->lock, 1);
  return node;
}

static void retire(struct memtable *memtable, struct memtable_node *node, uint64_t seq) {
  node->is_retired = true;
  node->parent = NULL;
  node->retired_seq = seq;
  if (memtable->retired_first)
    memtable->retired_last->parent = node;
  else
    memtable->retired_first = node;
  memtable->retired_last = node;
}

static uint32_t shared_bytes(const struct memtable_entry *low, const struct memtable_entry *high) {
  if (!low || !high) return 0;
  uint32_t bytes = low->key_bytes < high->key_bytes ? low->key_bytes : high->key_bytes, at = 0;
  while (at < bytes && low->bytes[at] == high->bytes[at]) at++;
  return at;
}

/* The node is locked. */
static struct memtable_node *make_node(const struct memtable_insert *insert, uint8_t level,
                                       const struct memtable_entry *low,
                                       const struct memtable_entry *high) {
  struct memtable_node *node = take_node(insert);
  atomic_store_explicit(&node->order, 0, memory_order_relaxed);
  atomic_store_explicit(&node->next, NULL, memory_order_relaxed);
  atomic_store_explicit(&node->prev, NULL, memory_order_relaxed);
  atomic_store_explicit(&node->low, low, memory_order_release);
  atomic_store_explicit(&node->high, high, memory_order_release);
  node->parent = NULL;
  node->tree = insert->tree;
  node->is_retired = false;
  node->skip = shared_bytes(low, high);
  node->level = level;
  return node;
}

/* ---- changing ---- */

static void put_slot(struct memtable_node *node, uint32_t rank, struct slice key, void *item) {
  uint64_t order = atomic_load_explicit(&node->order, memory_order_relaxed);
  uint32_t slot = memtable__count(order), shift = 4 + 4 * rank;
  ASSERT(slot < NODE_SLOTS && rank <= slot);
  node->heads[slot] = head_of(key, node->skip);
  atomic_store_explicit(&node->items[slot], item, memory_order_relaxed);
  uint64_t before = order & ((UINT64_C(1) << shift) - 1);
  uint64_t behind = shift + 4 < 64 ? (order >> shift) << (shift + 4) : 0;
  uint64_t changed = (before | ((uint64_t)slot << shift) | behind) + 1;
  atomic_store_explicit(&node->order, changed, memory_order_release);
}

/* What a split is working with. Every node it made is locked until it is complete. */
struct split {
  const struct memtable_insert *insert;
  struct memtable_node *made[SPLIT_NODES_MAX];
  uint32_t made_count;
};

static struct memtable_node *make(struct split *split, uint8_t level,
                                  const struct memtable_entry *low,
                                  const struct memtable_entry *high) {
  struct memtable_node *node = make_node(split->insert, level, low, high);
  ASSERT(split->made_count < SPLIT_NODES_MAX);
  split->made[split->made_count++] = node;
  return node;
}

static void end_split(struct split *split) {
  for (uint32_t i = 0; i < split->made_count; i++) memtable__unlock(split->made[i]);
}

static void link_leaves(struct memtable_node *left, struct memtable_node *right) {
  if (left) atomic_store_explicit(&left->next, right, memory_order_release);
  if (right) atomic_store_explicit(&right->prev, left, memory_order_release);
}

static void count_node(struct memtable *memtable, uint8_t level) {
  ASSERT(level < NODE_LEVELS_MAX);
  memtable->level_nodes[level]++;
  if (memtable->levels <= level) memtable->levels = level + 1U;
}

static void grow_root(struct split *split, struct memtable_node *old) {
  struct memtable_node *root = make(split, (uint8_t)(old->level + 1), NULL, NULL);
  count_node(split->insert->memtable, root->level);
  put_slot(root, 0, bound_key(memtable__low(old)), old);
  old->parent = root;
  atomic_store_explicit(&split->insert->tree->root, root, memory_order_release);
}

static uint32_t rank_in_parent(const struct memtable_node *node) {
  bool equal;
  uint32_t rank = memtable__rank(node->parent, memtable__order(node->parent),
                                 bound_key(memtable__low(node)), &equal);
  ASSERT(equal);
  return rank;
}

static void point(struct memtable_tree *tree, struct memtable_node *leaf) {
  if (atomic_load_explicit(&tree->finger, memory_order_relaxed) != leaf)
    atomic_store_explicit(&tree->finger, leaf, memory_order_release);
}

static void insert_item(struct split *split, struct memtable_node *node, uint32_t rank,
                        struct slice key, void *item);

/* Puts `right` behind `left` in the parent of `left`; after that, keys from right's low on are
 * looked for in `right`. */
static void add_to_parent(struct split *split, struct memtable_node *left,
                          struct memtable_node *right) {
  if (!left->parent) grow_root(split, left);
  insert_item(split, left->parent, rank_in_parent(left) + 1, bound_key(memtable__low(right)),
              right);
}

static struct memtable_node *copy_ranks(struct split *split, struct memtable_node *node,
                                        uint32_t from, uint32_t to,
                                        const struct memtable_entry *low,
                                        const struct memtable_entry *high) {
  struct memtable_node *copy = make(split, node->level, low, high);
  uint64_t order = memtable__order(node);
  for (uint32_t rank = from; rank < to; rank++) {
    uint32_t slot = memtable__slot(order, rank);
    void *item = memtable__item(node, slot);
    put_slot(copy, rank - from, slot_key(node, slot), item);
    if (node->level) ((struct memtable_node *)item)->parent = copy;
  }
  return copy;
}

/* Puts the leaves or nodes from `first` to `last`, linked among themselves, in the place of `old`;
 * keys behind `first` are found through the parent already. */
static void replace(struct split *split, struct memtable_node *old, struct memtable_node *first,
                    struct memtable_node *last) {
  struct memtable_node *parent = old->parent;
  uint32_t slot = memtable__slot(memtable__order(parent), rank_in_parent(old));
  first->parent = parent;
  _Atomic uint64_t *replaced = &split->insert->tree->replaced;
  atomic_store_explicit(replaced, atomic_load_explicit(replaced, memory_order_relaxed) + 1,
                        memory_order_release);
  atomic_store_explicit(&parent->items[slot], first, memory_order_release);
  if (old->level == 0) {
    link_leaves(atomic_load_explicit(&old->prev, memory_order_relaxed), first);
    link_leaves(last, atomic_load_explicit(&old->next, memory_order_relaxed));
  }
  retire(split->insert->memtable, old, split->insert->seq);
}

/* What `copy`, a leaf, or the chain of leaves from `first` to `last` needs to be walked before it
 * is linked in the place of `old`. */
static void inherit_links(const struct memtable_node *old, struct memtable_node *first,
                          struct memtable_node *last) {
  if (old->level > 0) return;
  atomic_store_explicit(&first->prev, atomic_load_explicit(&old->prev, memory_order_relaxed),
                        memory_order_relaxed);
  atomic_store_explicit(&last->next, atomic_load_explicit(&old->next, memory_order_relaxed),
                        memory_order_relaxed);
}

/* A full leaf whose bounds have come closer is replaced by a copy whose heads begin later and so
 * decide more. */
static void tighten(struct split *split, struct memtable_node *leaf) {
  struct memtable_node *copy =
      copy_ranks(split, leaf, 0, NODE_SLOTS, memtable__low(leaf), memtable__high(leaf));
  inherit_links(leaf, copy, copy);
  replace(split, leaf, copy, copy);
}

/* Keys that come in order fill nodes to the last slot: the node stays as it is and a new one begins
 * behind it. All that the new node has is newer than any reader, so the order in which it is linked
 * does not matter to them. */
static void append_node(struct split *split, struct memtable_node *node, struct slice key,
                        void *item) {
  const struct memtable_entry *low = node->level ? memtable__low(item) : item;
  struct memtable_node *right = make(split, node->level, low, memtable__high(node));
  count_node(split->insert->memtable, node->level);
  put_slot(right, 0, key, item);
  if (node->level) ((struct memtable_node *)item)->parent = right;
  atomic_store_explicit(&node->high, low, memory_order_release);
  if (node->level == 0) {
    /* Whoever comes to the new leaf from its end must find the way on. */
    atomic_store_explicit(&right->prev, node, memory_order_relaxed);
    link_leaves(right, atomic_load_explicit(&node->next, memory_order_relaxed));
    link_leaves(node, right);
    point(split->insert->tree, right);
  }
  add_to_parent(split, node, right);
  if (node->level == 0 && shared_bytes(memtable__low(node), low) > node->skip) tighten(split, node);
}

/* The right half becomes reachable first: until the left half takes the old node's place, a reader
 * finds the lower keys in the old node, which still has them all. */
static void halve(struct split *split, struct memtable_node *node, struct memtable_node **left,
                  struct memtable_node **right) {
  void *middle = memtable__item(node, memtable__slot(memtable__order(node), NODE_SLOTS / 2 + 1));
  const struct memtable_entry *bound = node->level ? memtable__low(middle) : middle;
  if (!node->parent) grow_root(split, node);
  *left = copy_ranks(split, node, 0, NODE_SLOTS / 2 + 1, memtable__low(node), bound);
  *right = copy_ranks(split, node, NODE_SLOTS / 2 + 1, NODE_SLOTS, bound, memtable__high(node));
  count_node(split->insert->memtable, node->level);
  if (node->level == 0) link_leaves(*left, *right);
  inherit_links(node, *left, *right);
  ASSERT(*left && *right);
  add_to_parent(split, node, *right); /* may move `node` to another parent */
  replace(split, node, *left, *right);
}

static void insert_item(struct split *split, struct memtable_node *node, uint32_t rank,
                        struct slice key, void *item) {
  if (memtable__count(memtable__order(node)) == NODE_SLOTS) {
    if (rank == NODE_SLOTS && (node->level == 0 || !memtable__high(node))) {
      append_node(split, node, key, item);
      return;
    }
    struct memtable_node *left, *right;
    halve(split, node, &left, &right);
    bool is_left = rank <= NODE_SLOTS / 2 + 1;
    node = is_left ? left : right;
    if (!is_left) rank -= NODE_SLOTS / 2 + 1;
  }
  if (node->level)
    ((struct memtable_node *)item)->parent = node;
  else
    point(split->insert->tree, node);
  put_slot(node, rank, key, item);
}

void memtable__insert_key(const struct memtable_insert *insert, struct memtable_node *leaf,
                          uint32_t rank, struct memtable_entry *entry) {
  struct slice key = memtable_entry_key(entry);
  if (memtable__count(memtable__order(leaf)) < NODE_SLOTS) {
    point(insert->tree, leaf);
    put_slot(leaf, rank, key, entry);
    return;
  }
  struct split split = {.insert = insert};
  mutex_lock(&insert->memtable->shape);
  insert_item(&split, leaf, rank, key, entry);
  mutex_unlock(&insert->memtable->shape);
  end_split(&split);
}

/* ---- the leaf to insert into ---- */

/* The first leaf of a tree. */
static void plant(const struct memtable_insert *insert) {
  struct memtable *memtable = insert->memtable;
  mutex_lock(&memtable->shape);
  if (!atomic_load_explicit(&insert->tree->root, memory_order_relaxed)) {
    struct memtable_node *leaf = make_node(insert, 0, NULL, NULL);
    count_node(memtable, 0);
    memtable__unlock(leaf);
    atomic_store_explicit(&insert->tree->root, leaf, memory_order_release);
  }
  mutex_unlock(&memtable->shape);
}

static bool is_between(const struct memtable_node *leaf, struct slice key) {
  const struct memtable_entry *low = memtable__low(leaf), *high = memtable__high(leaf);
  return (!high || slice_compare(key, memtable_entry_key(high)) < 0) &&
         (!low || slice_compare(memtable_entry_key(low), key) <= 0);
}

/* The leaf of the last insert, or the guess, may have been retired and used again, for whatever:
 * the look from outside is only a guess, the one under the lock counts. Found from the root, a leaf
 * can be wrong only while others change the tree. */
struct memtable_node *memtable__lock_leaf(const struct memtable_insert *insert, struct slice key,
                                          struct memtable_node *guess) {
  struct memtable_tree *tree = insert->tree;
  struct memtable_node *leaf = atomic_load_explicit(&tree->finger, memory_order_acquire);
  if (leaf && leaf != guess && !is_between(leaf, key)) leaf = guess;
  for (;; leaf = NULL) {
    if (!leaf) leaf = memtable__leaf(tree, key);
    if (!leaf) {
      plant(insert);
      continue;
    }
    lock_node(leaf);
    if (leaf->level == 0 && !leaf->is_retired && leaf->tree == tree && is_between(leaf, key))
      return leaf;
    memtable__unlock(leaf);
  }
}
