/* SPDX-License-Identifier: MIT */
/* Memory for entries, in pieces. */
#include "base/mem/mem.h"
#include "base/os/os.h"
#include "store/lsm/memtable/memtable_int.h"

/* The largest are asked for in large pages: less is spent on the first touch of each. */
enum { CHUNK_BYTES_MIN = 4 << 10, CHUNK_BYTES_MAX = 2 << 20 };

void memtable__pool_init(struct memtable_pool *pool) {
  *pool = (struct memtable_pool){.chunk_bytes = CHUNK_BYTES_MIN};
}

void memtable__pool_deinit(struct memtable_pool *pool) {
  struct memtable_chunk *next;
  for (struct memtable_chunk *chunk = pool->chunks; chunk; chunk = next) {
    next = chunk->next;
    mem_free(chunk);
  }
}

static size_t piece_bytes(const struct memtable_piece *piece) {
  return (size_t)(piece->end - piece->at);
}

static bool cut(struct memtable_piece *from, size_t bytes, struct memtable_piece *piece) {
  if (piece_bytes(from) < bytes) return false;
  *piece = (struct memtable_piece){from->at, from->at + bytes};
  from->at += bytes;
  return true;
}

/* Room for the largest scraps only. */
static void keep_scrap(struct memtable_pool *pool, struct memtable_piece piece) {
  struct memtable_piece *least = &pool->scraps[0];
  for (int i = 1; i < POOL_SCRAPS; i++)
    if (piece_bytes(&pool->scraps[i]) < piece_bytes(least)) least = &pool->scraps[i];
  if (piece_bytes(least) < piece_bytes(&piece)) *least = piece;
}

static struct memtable_chunk *make_chunk(size_t bytes) {
  if (bytes != CHUNK_BYTES_MAX) return mem_alloc(bytes);
  struct memtable_chunk *chunk = mem_alloc_aligned(CHUNK_BYTES_MAX, CHUNK_BYTES_MAX);
  if (chunk) os_hold_in_large_pages(chunk, CHUNK_BYTES_MAX);
  return chunk;
}

static bool begin_chunk(struct memtable_pool *pool, size_t bytes) {
  size_t room = pool->chunk_bytes - sizeof(struct memtable_chunk);
  if (room < bytes) room = bytes;
  if (room > SIZE_MAX - sizeof(struct memtable_chunk)) return false;
  struct memtable_chunk *chunk = make_chunk(sizeof *chunk + room);
  if (!chunk) return false;
  chunk->bytes = room;
  chunk->next = pool->chunks;
  pool->chunks = chunk;
  keep_scrap(pool, pool->rest);
  pool->rest = (struct memtable_piece){chunk->data, chunk->data + room};
  if (pool->chunk_bytes < CHUNK_BYTES_MAX) pool->chunk_bytes *= 2;
  return true;
}

bool memtable__pool_take(struct memtable_pool *pool, size_t bytes, struct memtable_piece *piece) {
  for (int i = 0; i < POOL_SCRAPS; i++)
    if (cut(&pool->scraps[i], bytes, piece)) return true;
  if (cut(&pool->rest, bytes, piece)) return true;
  return begin_chunk(pool, bytes) && cut(&pool->rest, bytes, piece);
}

void memtable__pool_give(struct memtable_pool *pool, struct memtable_piece piece) {
  if (piece_bytes(&piece) == 0) return;
  if (piece.end == pool->rest.at)
    pool->rest.at = piece.at;
  else
    keep_scrap(pool, piece);
}
