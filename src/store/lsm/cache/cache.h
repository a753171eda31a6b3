/* SPDX-License-Identifier: MIT */
/* The block cache: blocks of immutable files, by file number and offset, within a budget of bytes.
 *
 * Sharded by hash; each shard keeps a small queue for newcomers, a main queue for blocks seen
 * again, and a list of ghosts (S3-FIFO: Yang et al., "FIFO queues are all you need for cache
 * eviction", SOSP 2023), so one long scan cannot push out what is in use. Blocks are counted: one
 * that is evicted lives until its last user lets go, and an answer can be sent straight from it.
 * Blocks in use beyond their place in the queues are not part of the budget. What files keep for
 * themselves as long as they are open is counted here too, with a limit of its own.
 *
 * Threads: everything may be called from any thread. A block's bytes are immutable once it was put.
 */
#ifndef STORE_LSM_CACHE_CACHE_H
#define STORE_LSM_CACHE_CACHE_H

#include <stdatomic.h>

#include "base/core/err.h"
#include "base/text/slice.h"

struct cache;

/** Names a block for good: file numbers are never used twice in a store. */
struct cache_key {
  uint64_t file, offset;
};

/** A block of memory with a count of users. */
struct cache_block {
  _Atomic uint32_t references;
  uint8_t visits; /* of the shard's lock: how often it was asked for, up to 3 */
  bool is_main;   /* of the shard's lock: which queue it stands in */
  bool has_room;  /* its memory is of the cache's rooms, not of the heap */
  struct cache_key key;
  /* of the shard's lock: next in the hash bucket; neighbours in the queue; neighbours among the
   * blocks of files whose numbers have the same hash */
  struct cache_block *chain, *ahead, *behind, *kin_ahead, *kin_behind;
  size_t bytes;
  uint8_t data[];
};

struct cache_stats {
  uint64_t bytes, hits, misses;
  uint64_t kept_bytes;
};

/** `bytes_max` 0 keeps nothing (every get misses). */
status cache_create(uint64_t bytes_max, struct cache **cache, struct err *err);
void cache_destroy(struct cache *cache);
/** Limits what files may keep; no limit unless set. */
void cache_set_kept_max(struct cache *cache, uint64_t bytes_max);
/** Counts `bytes` as kept; false: there is no room for them. */
bool cache_reserve(struct cache *cache, uint64_t bytes);
void cache_unreserve(struct cache *cache, uint64_t bytes);

/** A block of `bytes` uninitialised bytes with one reference, in the cache's memory, but not in it;
 * NULL when out of memory. */
struct cache_block *cache_block_create(struct cache *cache, size_t bytes);
void cache_block_acquire(struct cache_block *block);
/** Lets go of one reference; the last frees. Takes void * to serve as store_pin.release. */
void cache_block_release(void *object);

/** The block with one more reference (the caller's), or NULL. */
struct cache_block *cache_get(struct cache *cache, struct cache_key key);
/** Say that the block will be asked for soon. First where it is to be looked for comes to the
 * processor, then its head: many blocks go through the one before the other. */
void cache_fetch_bucket(struct cache *cache, struct cache_key key);
void cache_fetch_ahead(struct cache *cache, struct cache_key key);
/** Whether the block is there; not counted as asking for it. */
bool cache_has(struct cache *cache, struct cache_key key);
/** Offers a filled block to the cache; the caller keeps its reference. Failing to keep it is no
 * error. */
void cache_put(struct cache *cache, struct cache_key key, struct cache_block *block);
/** Lets go of every block of a file that is gone. Takes a step for each of them, and one for each
 * shard. */
void cache_forget(struct cache *cache, uint64_t file);
void cache_get_stats(struct cache *cache, struct cache_stats *stats);

#endif
