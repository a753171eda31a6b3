/* SPDX-License-Identifier: MIT */
/* The memtable: the newest entries, in memory, ordered, one tree per space.
 *
 * A B+tree of nodes with 15 slots, in which every change is published by one atomic store: a slot
 * is filled first and then becomes part of the node's order, a 64-bit word of 4-bit slot numbers
 * (the permutation of Mao, Kohler and Morris, "Cache craftiness for fast multicore key-value
 * storage", EuroSys 2012). Splits copy; the old node stays as it was for readers who stand on it.
 * The versions of a key hang in a chain, newest first, so updating a key never changes the tree.
 *
 * Threads: any number of writers, each of its own keys: two never insert versions of one key at the
 * same time. Any number of readers beside them, without locks, waiting or retries. A reader sees
 * everything whose insert ended before it began (its snapshot was taken), and perhaps some of what
 * came later: it must ask by sequence. Memory: pieces of one pool that is freed with the memtable;
 * readers keep it by reference.
 *
 * The horizon: memory that no reader can reach any more (versions hidden by a newer one, nodes
 * replaced by a split) is used again. Who inserts says how old the oldest reader's snapshot can be;
 * a reader with an older one must not exist while the insert runs, and whatever has a sequence up
 * to it was inserted before. Who inserts is a reader too, for it looks for the place. Horizon 0
 * promises nothing and reuses nothing. */
#ifndef STORE_LSM_MEMTABLE_MEMTABLE_H
#define STORE_LSM_MEMTABLE_MEMTABLE_H

#include <stdatomic.h>

#include "base/core/err.h"
#include "store/lsm/entry/entry.h"

struct memtable;
struct memtable_node;

/** One version of a key. Immutable while any reader can reach it. */
struct memtable_entry {
  _Atomic(struct memtable_entry *) older; /* the next older version of the same key, or NULL */
  uint64_t seq;
  uint32_t value_bytes, value_capacity;
  uint16_t key_bytes;
  uint8_t kind;    /* enum entry_kind */
  uint8_t bytes[]; /* the key, then the value */
};

/** An empty memtable with one reference. */
status memtable_create(struct memtable **memtable, struct err *err);
void memtable_acquire(struct memtable *memtable);
/** Lets go of one reference; the last frees everything. Takes void * to serve as store_pin.release.
 */
void memtable_release(void *object);

/** Memory set aside for inserts. Fields are private. */
struct memtable_room {
  uint8_t *at, *end; /* for entries */
  uint64_t entries;  /* for which nodes are promised */
};

/** Sets aside what `entries` inserts with `bytes` bytes of keys and values in all need at most.
 * LUMA_OUT_OF_MEMORY changes nothing. Ends with memtable_unreserve, by any thread. */
status memtable_reserve(struct memtable *memtable, uint64_t entries, uint64_t bytes,
                        struct memtable_room *room, struct err *err);
/** Gives back what is left. */
void memtable_unreserve(struct memtable *memtable, struct memtable_room *room);

/** Inserts a version, which the room is enough for; copies key and value. False, and nothing
 * happens, when there is a version of this key whose sequence is not below `entry->seq`. `horizon`:
 * see above. Fast when keys come in order. */
bool memtable_put(struct memtable *memtable, const struct lsm_entry *entry, uint64_t horizon,
                  struct memtable_room *room);
/** Looks, for all together, where in a space each of `count` keys belongs, at most
 * MEMTABLE_TOGETHER, and asks for the memory that inserting it touches: what one waits for comes
 * while the others are looked for. `places` are hints for memtable_put_near, each for its key. */
enum { MEMTABLE_TOGETHER = 16 };
void memtable_places(const struct memtable *memtable, uint8_t space, const struct slice *keys,
                     uint32_t count, struct memtable_node **places);
/** memtable_put with such a hint, which may be NULL, or no longer right. */
bool memtable_put_near(struct memtable *memtable, const struct lsm_entry *entry, uint64_t horizon,
                       struct memtable_room *room, struct memtable_node *place);
/** Reserves, puts (which must succeed) and gives back. LUMA_OUT_OF_MEMORY changes nothing. */
status memtable_insert(struct memtable *memtable, const struct lsm_entry *entry, uint64_t horizon,
                       struct err *err);

/** The newest version of `key` at or below `seq_max`; the value is borrowed from the memtable. */
void memtable_get(const struct memtable *memtable, uint8_t space, struct slice key,
                  uint64_t seq_max, struct entry_found *found);

/** Bytes in use, for deciding when it is full. Any thread. */
uint64_t memtable_bytes(const struct memtable *memtable);
/** Versions inserted into `space`. Any thread. */
uint64_t memtable_entries(const struct memtable *memtable, uint8_t space);
/** The lowest and highest sequence inserted; UINT64_MAX and 0 when empty. Any thread. */
uint64_t memtable_seq_min(const struct memtable *memtable);
uint64_t memtable_seq_max(const struct memtable *memtable);

/** At most `max` keys, ascending, that cut the entries of a space into parts of about the same
 * count; borrowed from the memtable. Answers how many; 0 when there are few entries. Any thread. */
uint32_t memtable_cuts(const struct memtable *memtable, uint8_t space, struct slice *keys,
                       uint32_t max);

/** A place in one space: a key with its chain of versions. Copyable. The caller holds a reference
 * on the memtable. Fields are private. */
struct memtable_cursor {
  const struct memtable *memtable;
  const struct memtable_node *node;
  uint64_t order; /* the node's order as it was when the cursor came to it */
  int rank;
  uint8_t space;
};

void memtable_cursor_init(struct memtable_cursor *cursor, const struct memtable *memtable,
                          uint8_t space);
/** Each moves and answers the newest version of the key it came to, or NULL when there is none (the
 * cursor is then unplaced). */
const struct memtable_entry *memtable_cursor_first(struct memtable_cursor *cursor);
const struct memtable_entry *memtable_cursor_last(struct memtable_cursor *cursor);
/** The first key at or after `key`. */
const struct memtable_entry *memtable_cursor_seek(struct memtable_cursor *cursor, struct slice key);
/** The same for a key that is not before the entry the cursor is at, near which it is looked for
 * first. */
const struct memtable_entry *memtable_cursor_seek_on(struct memtable_cursor *cursor,
                                                     struct slice key);
/** Places `count` cursors, at most MEMTABLE_TOGETHER, each for its key: what one waits for in
 * memory is asked for while the others go on. Each is at the first key at or after its own once
 * memtable_cursor_arrive was called. */
void memtable_cursor_seek_many(const struct memtable *memtable, uint8_t space,
                               const struct slice *keys, uint32_t count,
                               struct memtable_cursor *cursors);
const struct memtable_entry *memtable_cursor_arrive(struct memtable_cursor *cursor);
/** The last key before `key`. */
const struct memtable_entry *memtable_cursor_seek_before(struct memtable_cursor *cursor,
                                                         struct slice key);
const struct memtable_entry *memtable_cursor_next(struct memtable_cursor *cursor);
const struct memtable_entry *memtable_cursor_prev(struct memtable_cursor *cursor);

static inline struct slice memtable_entry_key(const struct memtable_entry *entry) {
  return slice_of(entry->bytes, entry->key_bytes);
}
static inline struct slice memtable_entry_value(const struct memtable_entry *entry) {
  return slice_of(entry->bytes + entry->key_bytes, entry->value_bytes);
}
/** The newest version at or below `seq_max` in the chain that begins with `newest`; NULL when all
 * are newer. */
static inline const struct memtable_entry *memtable_entry_at(const struct memtable_entry *newest,
                                                             uint64_t seq_max) {
  while (newest && newest->seq > seq_max)
    newest = atomic_load_explicit(&newest->older, memory_order_acquire);
  return newest;
}

#endif
