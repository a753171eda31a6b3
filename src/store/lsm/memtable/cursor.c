/* SPDX-License-Identifier: MIT */
/* Cursors: they walk the leaves by the order each had when the cursor came to it; what is added to
 * a leaf later is newer than the reader. */
#include <string.h>

#include "store/lsm/memtable/memtable_int.h"

void memtable_cursor_init(struct memtable_cursor *cursor, const struct memtable *memtable,
                          uint8_t space) {
  *cursor = (struct memtable_cursor){.memtable = memtable, .space = space};
}

static const struct memtable_entry *entry_here(const struct memtable_cursor *cursor) {
  return memtable__item(cursor->node, memtable__slot(cursor->order, (uint32_t)cursor->rank));
}

/* Entries lie anywhere in memory: those of the leaf are asked for together, not one after another.
 */
static void enter(struct memtable_cursor *cursor, const struct memtable_node *leaf) {
  cursor->node = leaf;
  cursor->order = leaf ? memtable__order(leaf) : 0;
  for (uint32_t slot = 0; slot < memtable__count(cursor->order); slot++)
    __builtin_prefetch(memtable__item(leaf, slot));
}

/* From a rank that may be behind the last: to the entry there, or the first of the leaves that
 * follow. */
static const struct memtable_entry *settle_forwards(struct memtable_cursor *cursor) {
  while (cursor->node && cursor->rank >= (int)memtable__count(cursor->order)) {
    enter(cursor, atomic_load_explicit(&cursor->node->next, memory_order_acquire));
    cursor->rank = 0;
  }
  return cursor->node ? entry_here(cursor) : NULL;
}

static const struct memtable_entry *settle_backwards(struct memtable_cursor *cursor) {
  while (cursor->node && cursor->rank < 0) {
    enter(cursor, atomic_load_explicit(&cursor->node->prev, memory_order_acquire));
    cursor->rank = (int)memtable__count(cursor->order) - 1;
  }
  return cursor->node ? entry_here(cursor) : NULL;
}

static const struct memtable_node *edge_leaf(const struct memtable_cursor *cursor, bool is_last) {
  return memtable__edge(&cursor->memtable->trees[cursor->space], is_last);
}

const struct memtable_entry *memtable_cursor_first(struct memtable_cursor *cursor) {
  enter(cursor, edge_leaf(cursor, false));
  cursor->rank = 0;
  return settle_forwards(cursor);
}

const struct memtable_entry *memtable_cursor_last(struct memtable_cursor *cursor) {
  enter(cursor, edge_leaf(cursor, true));
  cursor->rank = (int)memtable__count(cursor->order) - 1;
  return settle_backwards(cursor);
}

static void enter_for(struct memtable_cursor *cursor, struct slice key) {
  bool equal;
  enter(cursor, memtable__leaf(&cursor->memtable->trees[cursor->space], key));
  cursor->rank = cursor->node ? (int)memtable__rank(cursor->node, cursor->order, key, &equal) : 0;
}

const struct memtable_entry *memtable_cursor_seek(struct memtable_cursor *cursor,
                                                  struct slice key) {
  enter_for(cursor, key);
  return settle_forwards(cursor);
}

const struct memtable_entry *memtable_cursor_seek_on(struct memtable_cursor *cursor,
                                                     struct slice key) {
  uint32_t last = memtable__slot(cursor->order, memtable__count(cursor->order) - 1);
  bool equal;
  if (slice_compare(key, memtable_entry_key(memtable__item(cursor->node, last))) > 0)
    return memtable_cursor_seek(cursor, key);
  cursor->rank = (int)memtable__rank(cursor->node, cursor->order, key, &equal);
  return entry_here(cursor);
}

/* Of each leaf only the entry that the cursor is going to is fetched. */
void memtable_cursor_seek_many(const struct memtable *memtable, uint8_t space,
                               const struct slice *keys, uint32_t count,
                               struct memtable_cursor *cursors) {
  struct memtable_node *leaves[MEMTABLE_TOGETHER];
  memtable__leaves(&memtable->trees[space], keys, count, leaves);
  for (uint32_t i = 0; i < count; i++) {
    struct memtable_cursor *cursor = &cursors[i];
    bool equal;
    memtable_cursor_init(cursor, memtable, space);
    cursor->node = leaves[i];
    if (!cursor->node) continue;
    cursor->order = memtable__order(cursor->node);
    cursor->rank = (int)memtable__rank(cursor->node, cursor->order, keys[i], &equal);
    if (cursor->rank < (int)memtable__count(cursor->order)) __builtin_prefetch(entry_here(cursor));
  }
}

const struct memtable_entry *memtable_cursor_arrive(struct memtable_cursor *cursor) {
  return settle_forwards(cursor);
}

const struct memtable_entry *memtable_cursor_seek_before(struct memtable_cursor *cursor,
                                                         struct slice key) {
  enter_for(cursor, key);
  cursor->rank--;
  return settle_backwards(cursor);
}

const struct memtable_entry *memtable_cursor_next(struct memtable_cursor *cursor) {
  cursor->rank++;
  return settle_forwards(cursor);
}

const struct memtable_entry *memtable_cursor_prev(struct memtable_cursor *cursor) {
  cursor->rank--;
  return settle_backwards(cursor);
}

/* ---- cutting ---- */

enum { CUT_NODES_MIN = 16 };

/* The children of `nodes` in their place; there are fewer than CUT_NODES_MIN. */
static uint32_t descend(const struct memtable_node **nodes, uint32_t count) {
  const struct memtable_node *parents[CUT_NODES_MIN];
  uint32_t children = 0;
  memcpy(parents, nodes, count * sizeof *nodes);
  for (uint32_t i = 0; i < count; i++) {
    uint64_t order = memtable__order(parents[i]);
    for (uint32_t rank = 0; rank < memtable__count(order); rank++)
      nodes[children++] = memtable__item(parents[i], memtable__slot(order, rank));
  }
  return children;
}

uint32_t memtable_cuts(const struct memtable *memtable, uint8_t space, struct slice *keys,
                       uint32_t max) {
  const struct memtable_node *nodes[CUT_NODES_MIN * NODE_SLOTS];
  nodes[0] = atomic_load_explicit(&memtable->trees[space].root, memory_order_acquire);
  uint32_t count = nodes[0] ? 1 : 0, cuts = 0;
  while (count && count < CUT_NODES_MIN && nodes[0]->level > 0) count = descend(nodes, count);
  uint32_t parts = count < max + 1 ? count : max + 1;
  for (uint32_t i = 1; i < parts; i++) {
    const struct memtable_entry *low = nodes[i * count / parts]->low;
    if (low) keys[cuts++] = memtable_entry_key(low);
  }
  return cuts;
}
