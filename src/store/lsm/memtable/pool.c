/* SPDX-License-Identifier: MIT */
#include "base/core/assert.h"
#include "base/mem/mem.h"
#include "store/lsm/memtable/memtable_int.h"

enum { CHUNK_BYTES_MIN = 4 << 10, CHUNK_BYTES_MAX = 1 << 20 };

void memtable__pool_init(struct memtable_pool *pool) {
  *pool = (struct memtable_pool){.chunk_bytes = CHUNK_BYTES_MIN};
}

void memtable__pool_deinit(struct memtable_pool *pool) {
  struct memtable_chunk *next;
  for (struct memtable_chunk *chunk = pool->chunks; chunk; chunk = next) {
    next = chunk->next;
    mem_free(chunk);
  }
  mem_free(pool->spare);
}

bool memtable__pool_reserve(struct memtable_pool *pool, size_t bytes) {
  if ((size_t)(pool->end - pool->at) >= bytes) return true;
  if (pool->spare && pool->spare->bytes >= bytes) return true;
  size_t room = bytes > pool->chunk_bytes ? bytes : pool->chunk_bytes;
  if (room > SIZE_MAX - sizeof(struct memtable_chunk)) return false;
  struct memtable_chunk *chunk = mem_alloc(sizeof *chunk + room);
  if (!chunk) return false;
  chunk->bytes = room;
  mem_free(pool->spare);
  pool->spare = chunk;
  if (pool->chunk_bytes < CHUNK_BYTES_MAX) pool->chunk_bytes *= 2;
  return true;
}

/* The rest of the chunk in use is given up: it is smaller than one allocation. */
static void begin_spare(struct memtable_pool *pool) {
  struct memtable_chunk *chunk = pool->spare;
  pool->spare = NULL;
  chunk->next = pool->chunks;
  pool->chunks = chunk;
  pool->at = chunk->data;
  pool->end = chunk->data + chunk->bytes;
}

void *memtable__pool_take(struct memtable_pool *pool, size_t bytes) {
  size_t cost = memtable__pool_cost(bytes);
  if ((size_t)(pool->end - pool->at) < cost) {
    ASSERT(pool->spare && pool->spare->bytes >= cost);
    begin_spare(pool);
  }
  void *taken = pool->at;
  pool->at += cost;
  uint64_t used = atomic_load_explicit(&pool->used_bytes, memory_order_relaxed);
  atomic_store_explicit(&pool->used_bytes, used + cost, memory_order_relaxed);
  return taken;
}
