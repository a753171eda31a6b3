/* SPDX-License-Identifier: MIT */
/* Nodes and splits. Each change becomes visible by one release store; the order of stores inside a
 * split is what keeps readers right, and is argued where it happens. */
#include "base/core/assert.h"
#include "base/core/bytes.h"
#include "store/lsm/memtable/memtable_int.h"

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
  return bound_key(((const struct memtable_node *)item)->low);
}

static struct slice after(struct slice key, uint32_t skip) {
  return key.bytes > skip ? slice_of(key.data + skip, key.bytes - skip) : slice_of(NULL, 0);
}

static int slot_compare(const struct memtable_node *node, uint32_t slot, struct slice key) {
  return slice_compare(after(slot_key(node, slot), node->skip), after(key, node->skip));
}

uint32_t memtable__rank(const struct memtable_node *node, uint64_t order, struct slice key,
                        bool *equal) {
  uint64_t head = head_of(key, node->skip);
  uint32_t from = 0, to = memtable__count(order);
  *equal = false;
  while (from < to) {
    uint32_t middle = (from + to) / 2, slot = memtable__slot(order, middle);
    int compared = (node->heads[slot] > head) - (node->heads[slot] < head);
    if (compared == 0) compared = slot_compare(node, slot, key);
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

static struct memtable_node *descend(struct memtable_node *node, struct slice key) {
  while (node && node->level > 0) {
    bool equal;
    uint64_t order = memtable__order(node);
    uint32_t rank = memtable__rank(node, order, key, &equal);
    if (rank == 0 && !equal) rank = 1; /* the walk went astray: its end is not taken */
    node = memtable__item(node, memtable__slot(order, equal ? rank : rank - 1));
  }
  return node;
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

struct memtable_node *memtable__edge(const struct memtable_tree *tree, bool is_last) {
  for (;;) {
    uint64_t replaced = atomic_load_explicit(&tree->replaced, memory_order_acquire);
    struct memtable_node *leaf =
        descend_edge(atomic_load_explicit(&tree->root, memory_order_acquire), is_last);
    if (atomic_load_explicit(&tree->replaced, memory_order_acquire) == replaced) return leaf;
  }
}

/* ---- memory (writer) ---- */

size_t memtable__insert_cost(const struct memtable_node *leaf) {
  size_t nodes = leaf ? 0 : 1;
  for (; leaf && memtable__count(memtable__order(leaf)) == NODE_SLOTS; leaf = leaf->parent)
    nodes += leaf->parent ? 2 : 3; /* two halves, and a new root above the old one */
  return nodes * memtable__pool_cost(sizeof(struct memtable_node));
}

/* Each insert makes at most two leaves. Inner nodes append at the right edge only, so most of their
 * splits halve a full one, of which there are those here now and one more for every seven inserts.
 * One path from leaf to root is on top: what memtable__insert_cost may ask for beyond what the last
 * insert uses. */
size_t memtable__inserts_cost(const struct memtable *memtable, uint64_t entries) {
  uint32_t levels = memtable->levels + 1;
  for (uint64_t rest = entries; rest >= 8; rest /= 8) levels++;
  uint64_t nodes = ENTRY_SPACES_MAX + 2 * (uint64_t)levels + 1 + 2 * entries, splits = entries;
  for (uint32_t level = 1; level <= levels; level++) {
    uint64_t here = level < NODE_LEVELS_MAX ? memtable->level_nodes[level] : 0;
    uint64_t most = here + 2 * splits / 7 + 2;
    if (most < splits) splits = most;
    nodes += 2 * splits + ENTRY_SPACES_MAX;
  }
  return nodes * memtable__pool_cost(sizeof(struct memtable_node));
}

/* A retired node can be used again once every reader began after it was replaced. */
static struct memtable_node *take_node(struct memtable *memtable, uint64_t horizon) {
  struct memtable_node *node = memtable->retired_first;
  if (!node || node->retired_seq > horizon)
    return memtable__pool_take(&memtable->pool, sizeof *node);
  memtable->retired_first = node->parent;
  return node;
}

static void retire(struct memtable *memtable, struct memtable_node *node, uint64_t seq) {
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

static struct memtable_node *make_node(struct memtable *memtable, uint8_t level,
                                       const struct memtable_entry *low,
                                       const struct memtable_entry *high, uint64_t horizon) {
  struct memtable_node *node = take_node(memtable, horizon);
  atomic_init(&node->order, 0);
  atomic_init(&node->next, NULL);
  atomic_init(&node->prev, NULL);
  node->low = low;
  node->high = high;
  node->parent = NULL;
  node->skip = shared_bytes(low, high);
  node->level = level;
  return node;
}

/* ---- changing (writer) ---- */

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

/* What a split is working with. */
struct split {
  struct memtable *memtable;
  struct memtable_tree *tree;
  uint64_t seq, horizon;
};

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
  struct memtable_node *root =
      make_node(split->memtable, (uint8_t)(old->level + 1), NULL, NULL, split->horizon);
  count_node(split->memtable, root->level);
  put_slot(root, 0, bound_key(old->low), old);
  old->parent = root;
  atomic_store_explicit(&split->tree->root, root, memory_order_release);
}

static uint32_t rank_in_parent(const struct memtable_node *node) {
  bool equal;
  uint32_t rank =
      memtable__rank(node->parent, memtable__order(node->parent), bound_key(node->low), &equal);
  ASSERT(equal);
  return rank;
}

static void insert_item(struct split *split, struct memtable_node *node, uint32_t rank,
                        struct slice key, void *item);

/* Puts `right` behind `left` in the parent of `left`; after that, keys from right's low on are
 * looked for in `right`. */
static void add_to_parent(struct split *split, struct memtable_node *left,
                          struct memtable_node *right) {
  if (!left->parent) grow_root(split, left);
  insert_item(split, left->parent, rank_in_parent(left) + 1, bound_key(right->low), right);
}

static struct memtable_node *copy_ranks(struct split *split, struct memtable_node *node,
                                        uint32_t from, uint32_t to,
                                        const struct memtable_entry *low,
                                        const struct memtable_entry *high) {
  struct memtable_node *copy = make_node(split->memtable, node->level, low, high, split->horizon);
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
  uint64_t replaced = atomic_load_explicit(&split->tree->replaced, memory_order_relaxed);
  atomic_store_explicit(&split->tree->replaced, replaced + 1, memory_order_release);
  atomic_store_explicit(&parent->items[slot], first, memory_order_release);
  if (old->level == 0) {
    link_leaves(atomic_load_explicit(&old->prev, memory_order_relaxed), first);
    link_leaves(last, atomic_load_explicit(&old->next, memory_order_relaxed));
  }
  retire(split->memtable, old, split->seq);
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
  struct memtable_node *copy = copy_ranks(split, leaf, 0, NODE_SLOTS, leaf->low, leaf->high);
  inherit_links(leaf, copy, copy);
  replace(split, leaf, copy, copy);
}

/* Keys that come in order fill nodes to the last slot: the node stays as it is and a new one begins
 * behind it. All that the new node has is newer than any reader, so the order in which it is linked
 * does not matter to them. */
static void append_node(struct split *split, struct memtable_node *node, struct slice key,
                        void *item) {
  const struct memtable_entry *low = node->level ? ((struct memtable_node *)item)->low : item;
  struct memtable_node *right =
      make_node(split->memtable, node->level, low, node->high, split->horizon);
  count_node(split->memtable, node->level);
  put_slot(right, 0, key, item);
  if (node->level) ((struct memtable_node *)item)->parent = right;
  node->high = low;
  if (node->level == 0) {
    /* Whoever comes to the new leaf from its end must find the way on. */
    atomic_store_explicit(&right->prev, node, memory_order_relaxed);
    link_leaves(right, atomic_load_explicit(&node->next, memory_order_relaxed));
    link_leaves(node, right);
    split->tree->finger = right;
  }
  add_to_parent(split, node, right);
  if (node->level == 0 && shared_bytes(node->low, node->high) > node->skip) tighten(split, node);
}

/* The right half becomes reachable first: until the left half takes the old node's place, a reader
 * finds the lower keys in the old node, which still has them all. */
static void halve(struct split *split, struct memtable_node *node, struct memtable_node **left,
                  struct memtable_node **right) {
  void *middle = memtable__item(node, memtable__slot(memtable__order(node), NODE_SLOTS / 2 + 1));
  const struct memtable_entry *bound = node->level ? ((struct memtable_node *)middle)->low : middle;
  if (!node->parent) grow_root(split, node);
  *left = copy_ranks(split, node, 0, NODE_SLOTS / 2 + 1, node->low, bound);
  *right = copy_ranks(split, node, NODE_SLOTS / 2 + 1, NODE_SLOTS, bound, node->high);
  count_node(split->memtable, node->level);
  if (node->level == 0) link_leaves(*left, *right);
  inherit_links(node, *left, *right);
  ASSERT(*left && *right);
  add_to_parent(split, node, *right); /* may move `node` to another parent */
  replace(split, node, *left, *right);
}

static void insert_item(struct split *split, struct memtable_node *node, uint32_t rank,
                        struct slice key, void *item) {
  if (memtable__count(memtable__order(node)) == NODE_SLOTS) {
    if (rank == NODE_SLOTS && (node->level == 0 || !node->high)) {
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
    split->tree->finger = node;
  put_slot(node, rank, key, item);
}

void memtable__insert_key(struct memtable *memtable, struct memtable_tree *tree,
                          struct memtable_node *leaf, uint32_t rank, struct memtable_entry *entry,
                          uint64_t horizon) {
  struct split split = {memtable, tree, entry->seq, horizon};
  if (!leaf) {
    leaf = make_node(memtable, 0, NULL, NULL, horizon);
    count_node(memtable, 0);
    atomic_store_explicit(&tree->root, leaf, memory_order_release);
  }
  insert_item(&split, leaf, rank, memtable_entry_key(entry), entry);
}
