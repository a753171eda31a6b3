/* SPDX-License-Identifier: MIT */
/* Chunks form a stack, newest on top; only the top one has room. Each chunk is twice as large as
 * the one before, up to CHUNK_GROWTH_MAX times the first, so the number of mallocs is logarithmic
 * in what is used. An allocation larger than that gets a chunk of its exact size. */
#include "base/mem/arena.h"

#include <string.h>

#include "base/core/assert.h"
#include "base/mem/mem.h"

enum { ALIGNMENT = 16, CHUNK_BYTES_DEFAULT = 16 * 1024, CHUNK_GROWTH_MAX = 64 };

struct arena_chunk {
  struct arena_chunk *below;
  size_t bytes; /* of room after this header */
};

_Static_assert(sizeof(struct arena_chunk) % ALIGNMENT == 0, "what follows the header is aligned");
_Static_assert(sizeof(struct arena_chunk) == ARENA_ADOPT_BYTES, "room for the header");

static uint8_t *chunk_room(struct arena_chunk *chunk) {
  return (uint8_t *)(chunk + 1);
}

void arena_init(struct arena *arena, size_t chunk_bytes, size_t budget_bytes) {
  *arena = (struct arena){.chunk_bytes = chunk_bytes ? chunk_bytes : CHUNK_BYTES_DEFAULT,
                          .budget_bytes = budget_bytes};
}

/* Makes `chunk` (or nothing) the top, with all of its room from `at` free. */
static void set_top(struct arena *arena, struct arena_chunk *chunk, uint8_t *at) {
  arena->chunks = chunk;
  arena->at = at;
  arena->end = chunk ? chunk_room(chunk) + chunk->bytes : NULL;
}

static void free_down_to(struct arena *arena, const struct arena_chunk *last) {
  while (arena->chunks != last) {
    struct arena_chunk *below = arena->chunks->below;
    mem_free(arena->chunks);
    arena->chunks = below;
  }
}

void arena_deinit(struct arena *arena) {
  free_down_to(arena, NULL);
  arena_init(arena, arena->chunk_bytes, arena->budget_bytes);
}

/* The chunk worth keeping over a reset: the largest that is not made for one huge allocation. */
static struct arena_chunk *chunk_to_keep(const struct arena *arena) {
  size_t bytes_max = arena->chunk_bytes * CHUNK_GROWTH_MAX;
  struct arena_chunk *kept = NULL;
  for (struct arena_chunk *chunk = arena->chunks; chunk; chunk = chunk->below)
    if (chunk->bytes <= bytes_max && (!kept || chunk->bytes > kept->bytes)) kept = chunk;
  return kept;
}

void arena_reset(struct arena *arena) {
  struct arena_chunk *kept = chunk_to_keep(arena);
  for (struct arena_chunk *chunk = arena->chunks; chunk;) {
    struct arena_chunk *below = chunk->below;
    if (chunk != kept) mem_free(chunk);
    chunk = below;
  }
  if (kept) kept->below = NULL;
  set_top(arena, kept, kept ? chunk_room(kept) : NULL);
  arena->used_bytes = 0;
  arena->over_budget = arena->refused = false;
}

static bool push_chunk(struct arena *arena, size_t bytes_min) {
  size_t bytes_max = arena->chunk_bytes * CHUNK_GROWTH_MAX;
  size_t bytes = arena->chunks ? arena->chunks->bytes * 2 : arena->chunk_bytes;
  if (bytes > bytes_max) bytes = bytes_max;
  if (bytes < bytes_min) bytes = bytes_min;
  if (bytes > SIZE_MAX - sizeof(struct arena_chunk)) return false;
  struct arena_chunk *chunk = mem_alloc(sizeof *chunk + bytes);
  if (!chunk) return false;
  *chunk = (struct arena_chunk){.below = arena->chunks, .bytes = bytes};
  set_top(arena, chunk, chunk_room(chunk));
  return true;
}

static bool is_within_budget(struct arena *arena, size_t bytes) {
  if (arena->budget_bytes == 0) return true;
  size_t left =
      arena->budget_bytes > arena->used_bytes ? arena->budget_bytes - arena->used_bytes : 0;
  if (bytes <= left) return true;
  arena->over_budget = true;
  return false;
}

static void *refuse(struct arena *arena) {
  arena->refused = true;
  return NULL;
}

/* `padding` bytes are skipped in the top chunk; a new chunk begins aligned and needs none. */
static void *bump(struct arena *arena, size_t padding, size_t bytes) {
  if (!is_within_budget(arena, bytes)) return refuse(arena);
  size_t room = (size_t)(arena->end - arena->at);
  if (!arena->chunks || room < padding || room - padding < bytes) {
    if (!push_chunk(arena, bytes)) return refuse(arena);
    padding = 0;
  }
  uint8_t *p = arena->at + padding;
  arena->at = p + bytes;
  arena->used_bytes += bytes;
  return p;
}

void *arena_alloc(struct arena *arena, size_t bytes) {
  size_t padding = (0 - (uintptr_t)arena->at) & (ALIGNMENT - 1);
  return bump(arena, padding, bytes);
}

void arena_trim(struct arena *arena, const void *p, size_t bytes, size_t used_bytes) {
  if ((const uint8_t *)p + bytes != arena->at) return;
  arena->at -= bytes - used_bytes;
  arena->used_bytes -= bytes - used_bytes;
}

void *arena_zalloc(struct arena *arena, size_t count, size_t bytes) {
  size_t total;
  if (__builtin_mul_overflow(count, bytes, &total)) return refuse(arena);
  void *p = arena_alloc(arena, total);
  return p ? memset(p, 0, total) : NULL;
}

void *arena_alloc_text(struct arena *arena, size_t bytes) {
  return bump(arena, 0, bytes);
}

void *arena_copy(struct arena *arena, const void *p, size_t bytes) {
  void *copy = arena_alloc(arena, bytes);
  if (copy && bytes) memcpy(copy, p, bytes);
  return copy;
}

/* It becomes the top, without room. */
bool arena_adopt(struct arena *arena, void *memory, size_t bytes) {
  struct arena_chunk *chunk = memory;
  ASSERT(bytes >= sizeof *chunk);
  if (!is_within_budget(arena, bytes)) return refuse(arena) != NULL;
  *chunk = (struct arena_chunk){.below = arena->chunks, .bytes = bytes - sizeof *chunk};
  set_top(arena, chunk, chunk_room(chunk) + chunk->bytes);
  arena->used_bytes += bytes;
  return true;
}

struct arena_mark arena_mark(const struct arena *arena) {
  return (struct arena_mark){
      .chunk = arena->chunks, .at = arena->at, .used_bytes = arena->used_bytes};
}

void arena_rewind(struct arena *arena, struct arena_mark mark) {
  if (!mark.chunk) {
    arena_reset(
        arena); /* keeps a chunk: a loop of mark and rewind does not go back to malloc each time */
    return;
  }
  ASSERT(mark.used_bytes <= arena->used_bytes);
  free_down_to(arena, mark.chunk);
  set_top(arena, mark.chunk, mark.at);
  arena->used_bytes = mark.used_bytes;
  arena->over_budget = arena->refused = false;
}

bool arena_is_over_budget(const struct arena *arena) {
  return arena->over_budget;
}

bool arena_has_refused(const struct arena *arena) {
  return arena->refused;
}

size_t arena_used_bytes(const struct arena *arena) {
  return arena->used_bytes;
}
