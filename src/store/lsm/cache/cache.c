/* SPDX-License-Identifier: MIT */
#include "store/lsm/cache/cache.h"

#include "base/core/assert.h"
#include "base/mem/mem.h"
#include "base/sync/sync.h"
#include "store/lsm/cache/rooms.h"

/* A shard holds a few hundred blocks at least, so that its queues mean something; a tiny cache is
 * one shard. */
enum {
  SHARDS_MAX = 16,
  SHARD_BYTES_MIN = 4 << 20,
  BUCKETS_MIN = 64,
  GHOSTS = 4096,
  VISITS_MAX = 3
};

/* The small queue's part of a shard's budget. */
enum { SMALL_PART = 10 };

/* First in, first out. */
struct queue {
  struct cache_block *first, *last;
  uint64_t bytes;
};

/* `kin` has, by the hash of a file's number, the blocks of such files: as many places as buckets,
 * so that a file's blocks seldom stand beside another's. */
struct shard {
  struct mutex lock;
  /* where the buckets are, for those who look without the lock: outdated for a moment when they
   * grow
   */
  _Atomic uintptr_t seen_buckets;
  _Atomic uint64_t seen_count;
  struct cache_block **buckets, **kin;
  uint64_t buckets_count, blocks_count;
  struct queue small, main;
  uint64_t bytes_max;
  uint64_t ghosts[GHOSTS]; /* hashes of what the small queue pushed out: a ring, with a place chosen
                              by hash */
  uint64_t hits, misses;
};

struct cache {
  _Atomic uint64_t kept_bytes;
  uint64_t kept_max;
  struct rooms *rooms; /* of blocks, also of those that are not in the cache */
  uint32_t shards_count;
  struct shard shards[];
};

/* ---- blocks ---- */

struct cache_block *cache_block_create(struct cache *cache, size_t bytes) {
  if (bytes > SIZE_MAX - sizeof(struct cache_block)) return NULL;
  size_t all = sizeof(struct cache_block) + bytes;
  struct cache_block *block = rooms_take(cache->rooms, all);
  bool has_room = block != NULL;
  if (!block) block = mem_alloc(all);
  if (!block) return NULL;
  *block = (struct cache_block){.bytes = bytes, .has_room = has_room};
  atomic_init(&block->references, 1);
  return block;
}

void cache_block_acquire(struct cache_block *block) {
  uint32_t before = atomic_fetch_add_explicit(&block->references, 1, memory_order_relaxed);
  ASSERT(before > 0);
}

void cache_block_release(void *object) {
  struct cache_block *block = object;
  uint32_t before = atomic_fetch_sub_explicit(&block->references, 1, memory_order_acq_rel);
  ASSERT(before > 0);
  if (before > 1) return;
  if (block->has_room)
    rooms_give(block);
  else
    mem_free(block);
}

/* ---- the table of a shard ---- */

static uint64_t hash_key(struct cache_key key) {
  uint64_t hash =
      (key.file * UINT64_C(0x9E3779B97F4A7C15)) ^ (key.offset * UINT64_C(0xD6E8FEB86659FD93));
  hash ^= hash >> 32;
  hash *= UINT64_C(0xD6E8FEB86659FD93);
  return hash ^ (hash >> 29);
}

static bool is_key(const struct cache_block *block, struct cache_key key) {
  return block->key.file == key.file && block->key.offset == key.offset;
}

static struct cache_block **bucket_of(struct shard *shard, uint64_t hash) {
  return &shard->buckets[(hash >> 8) & (shard->buckets_count - 1)];
}

static struct cache_block *find(struct shard *shard, struct cache_key key, uint64_t hash) {
  struct cache_block *block = *bucket_of(shard, hash);
  while (block && !is_key(block, key)) block = block->chain;
  return block;
}

static struct cache_block **kin_of(struct shard *shard, uint64_t file) {
  return &shard->kin[hash_key((struct cache_key){.file = file}) & (shard->buckets_count - 1)];
}

static void link_block(struct shard *shard, struct cache_block *block) {
  struct cache_block **bucket = bucket_of(shard, hash_key(block->key));
  struct cache_block **kin = kin_of(shard, block->key.file);
  block->chain = *bucket;
  *bucket = block;
  block->kin_ahead = NULL;
  block->kin_behind = *kin;
  if (*kin) (*kin)->kin_ahead = block;
  *kin = block;
}

static void unlink_block(struct shard *shard, struct cache_block *block) {
  struct cache_block **at = bucket_of(shard, hash_key(block->key));
  while (*at != block) at = &(*at)->chain;
  *at = block->chain;
  if (block->kin_behind) block->kin_behind->kin_ahead = block->kin_ahead;
  if (block->kin_ahead)
    block->kin_ahead->kin_behind = block->kin_behind;
  else
    *kin_of(shard, block->key.file) = block->kin_behind;
  shard->blocks_count--;
}

static void show_buckets(struct shard *shard) {
  atomic_store_explicit(&shard->seen_buckets, (uintptr_t)shard->buckets, memory_order_relaxed);
  atomic_store_explicit(&shard->seen_count, shard->buckets_count, memory_order_relaxed);
}

/* Failing to grow only makes chains longer. */
static void grow_buckets(struct shard *shard) {
  uint64_t old_count = shard->buckets_count;
  struct cache_block **old = shard->buckets, **old_kin = shard->kin;
  struct cache_block **grown = mem_zalloc(old_count * 2, sizeof *grown);
  struct cache_block **grown_kin = mem_zalloc(old_count * 2, sizeof *grown_kin);
  if (!grown || !grown_kin) {
    mem_free(grown);
    mem_free(grown_kin);
    return;
  }
  shard->buckets = grown;
  shard->kin = grown_kin;
  shard->buckets_count = old_count * 2;
  show_buckets(shard);
  for (uint64_t i = 0; i < old_count; i++) {
    for (struct cache_block *block = old[i], *next; block; block = next) {
      next = block->chain;
      link_block(shard, block);
    }
  }
  mem_free(old);
  mem_free(old_kin);
}

/* ---- queues ---- */

static uint64_t charge_of(const struct cache_block *block) {
  return sizeof *block + block->bytes;
}

static struct queue *queue_of(struct shard *shard, const struct cache_block *block) {
  return block->is_main ? &shard->main : &shard->small;
}

static void push(struct shard *shard, struct cache_block *block, bool is_main) {
  struct queue *queue = is_main ? &shard->main : &shard->small;
  block->is_main = is_main;
  block->ahead = queue->last;
  block->behind = NULL;
  if (queue->last)
    queue->last->behind = block;
  else
    queue->first = block;
  queue->last = block;
  queue->bytes += charge_of(block);
}

static void leave_queue(struct shard *shard, struct cache_block *block) {
  struct queue *queue = queue_of(shard, block);
  *(block->ahead ? &block->ahead->behind : &queue->first) = block->behind;
  *(block->behind ? &block->behind->ahead : &queue->last) = block->ahead;
  queue->bytes -= charge_of(block);
}

static void drop(struct shard *shard, struct cache_block *block) {
  leave_queue(shard, block);
  unlink_block(shard, block);
  cache_block_release(block);
}

/* Newcomers asked for again move to the main queue; the others leave, and their hash is remembered.
 */
static void evict_small(struct shard *shard) {
  struct cache_block *block = shard->small.first;
  if (block->visits > 0) {
    block->visits = 0;
    leave_queue(shard, block);
    push(shard, block, true);
    return;
  }
  uint64_t hash = hash_key(block->key);
  shard->ghosts[hash % GHOSTS] = hash;
  drop(shard, block);
}

static void evict_main(struct shard *shard) {
  struct cache_block *block = shard->main.first;
  if (block->visits == 0) {
    drop(shard, block);
    return;
  }
  block->visits--;
  leave_queue(shard, block);
  push(shard, block, true);
}

/* Ends: each round drops a block, or uses up a visit, or moves a block from small to main. */
static void evict(struct shard *shard) {
  while (shard->small.bytes + shard->main.bytes > shard->bytes_max) {
    bool is_small = shard->small.first &&
                    (shard->small.bytes > shard->bytes_max / SMALL_PART || !shard->main.first);
    if (is_small)
      evict_small(shard);
    else
      evict_main(shard);
  }
}

/* ---- the cache ---- */

static status init_shard(struct shard *shard, uint64_t bytes_max, struct err *err) {
  shard->buckets = mem_zalloc(BUCKETS_MIN, sizeof(struct cache_block *));
  shard->kin = mem_zalloc(BUCKETS_MIN, sizeof(struct cache_block *));
  mutex_init(&shard->lock);
  if (!shard->buckets || !shard->kin)
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the block cache");
  shard->buckets_count = BUCKETS_MIN;
  show_buckets(shard);
  shard->bytes_max = bytes_max;
  return LUMA_OK;
}

status cache_create(uint64_t bytes_max, struct cache **cache, struct err *err) {
  uint32_t shards = 1;
  while (shards < SHARDS_MAX && bytes_max / (shards * 2) >= SHARD_BYTES_MIN) shards *= 2;
  struct cache *made = mem_zalloc(1, sizeof *made + shards * sizeof(struct shard));
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the block cache");
  made->kept_max = UINT64_MAX;
  status has_rooms = rooms_create(&made->rooms, err);
  if (has_rooms != LUMA_OK) cache_destroy(made);
  TRY(has_rooms);
  while (made->shards_count < shards) {
    status code = init_shard(&made->shards[made->shards_count++], bytes_max / shards, err);
    if (code == LUMA_OK) continue;
    cache_destroy(made);
    return code;
  }
  *cache = made;
  return LUMA_OK;
}

void cache_set_kept_max(struct cache *cache, uint64_t bytes_max) {
  cache->kept_max = bytes_max;
}

bool cache_reserve(struct cache *cache, uint64_t bytes) {
  uint64_t before = atomic_fetch_add_explicit(&cache->kept_bytes, bytes, memory_order_relaxed);
  if (before <= cache->kept_max && bytes <= cache->kept_max - before) return true;
  cache_unreserve(cache, bytes);
  return false;
}

void cache_unreserve(struct cache *cache, uint64_t bytes) {
  atomic_fetch_sub_explicit(&cache->kept_bytes, bytes, memory_order_relaxed);
}

static void empty_queue(struct shard *shard, struct queue *queue) {
  while (queue->first) drop(shard, queue->first);
}

void cache_destroy(struct cache *cache) {
  if (!cache) return;
  for (uint32_t i = 0; i < cache->shards_count; i++) {
    struct shard *shard = &cache->shards[i];
    empty_queue(shard, &shard->small);
    empty_queue(shard, &shard->main);
    mem_free(shard->buckets);
    mem_free(shard->kin);
    mutex_deinit(&shard->lock);
  }
  rooms_release(cache->rooms);
  mem_free(cache);
}

static struct shard *shard_of(struct cache *cache, uint64_t hash) {
  return &cache->shards[hash & (cache->shards_count - 1)];
}

struct cache_block *cache_get(struct cache *cache, struct cache_key key) {
  uint64_t hash = hash_key(key);
  struct shard *shard = shard_of(cache, hash);
  mutex_lock(&shard->lock);
  struct cache_block *block = find(shard, key, hash);
  if (block) {
    if (block->visits < VISITS_MAX) block->visits++;
    cache_block_acquire(block);
    shard->hits++;
  } else {
    shard->misses++;
  }
  mutex_unlock(&shard->lock);
  return block;
}

/* Fetching from an address that is outdated does nothing. */
void cache_fetch_bucket(struct cache *cache, struct cache_key key) {
  uint64_t hash = hash_key(key);
  struct shard *shard = shard_of(cache, hash);
  uintptr_t buckets = atomic_load_explicit(&shard->seen_buckets, memory_order_relaxed);
  uint64_t count = atomic_load_explicit(&shard->seen_count, memory_order_relaxed);
  uint64_t at = (hash >> 8) & (count - 1);
  __builtin_prefetch((const void *)(buckets + at * sizeof(struct cache_block *)));
}

/* The first of the chain is mostly it; the bytes begin in the line behind the head's. */
void cache_fetch_ahead(struct cache *cache, struct cache_key key) {
  uint64_t hash = hash_key(key);
  struct shard *shard = shard_of(cache, hash);
  mutex_lock(&shard->lock);
  const struct cache_block *block = *bucket_of(shard, hash);
  if (block) __builtin_prefetch(block);
  if (block) __builtin_prefetch(block->data);
  mutex_unlock(&shard->lock);
}

bool cache_has(struct cache *cache, struct cache_key key) {
  uint64_t hash = hash_key(key);
  struct shard *shard = shard_of(cache, hash);
  mutex_lock(&shard->lock);
  bool has = find(shard, key, hash) != NULL;
  mutex_unlock(&shard->lock);
  return has;
}

static void insert(struct shard *shard, struct cache_block *block, uint64_t hash) {
  if (shard->blocks_count >= shard->buckets_count / 2) grow_buckets(shard);
  link_block(shard, block);
  shard->blocks_count++;
  block->visits = 0;
  push(shard, block, shard->ghosts[hash % GHOSTS] == hash);
  evict(shard);
}

void cache_put(struct cache *cache, struct cache_key key, struct cache_block *block) {
  uint64_t hash = hash_key(key);
  struct shard *shard = shard_of(cache, hash);
  /* One block must not push out all the others. */
  if (charge_of(block) > shard->bytes_max / 4) return;
  mutex_lock(&shard->lock);
  if (!find(shard, key, hash)) {
    block->key = key;
    cache_block_acquire(block);
    insert(shard, block, hash);
  }
  mutex_unlock(&shard->lock);
}

static void forget_in_shard(struct shard *shard, uint64_t file) {
  for (struct cache_block *block = *kin_of(shard, file), *next; block; block = next) {
    next = block->kin_behind;
    if (block->key.file == file) drop(shard, block);
  }
}

void cache_forget(struct cache *cache, uint64_t file) {
  for (uint32_t i = 0; i < cache->shards_count; i++) {
    mutex_lock(&cache->shards[i].lock);
    forget_in_shard(&cache->shards[i], file);
    mutex_unlock(&cache->shards[i].lock);
  }
}

void cache_get_stats(struct cache *cache, struct cache_stats *stats) {
  *stats = (struct cache_stats){.kept_bytes =
                                    atomic_load_explicit(&cache->kept_bytes, memory_order_relaxed)};
  for (uint32_t i = 0; i < cache->shards_count; i++) {
    struct shard *shard = &cache->shards[i];
    mutex_lock(&shard->lock);
    stats->bytes += shard->small.bytes + shard->main.bytes;
    stats->hits += shard->hits;
    stats->misses += shard->misses;
    mutex_unlock(&shard->lock);
  }
}
