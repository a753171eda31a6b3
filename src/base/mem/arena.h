/* SPDX-License-Identifier: MIT */
/* Arenas: memory by lifetime (connection, transaction, query, batch). Allocation bumps a pointer;
 * everything is freed at once. An arena has a budget: past it, allocation answers NULL just as when
 * memory is out (arena_is_over_budget tells which). Not thread-safe: one owner at a time. */
#ifndef BASE_MEM_ARENA_H
#define BASE_MEM_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena_chunk;

/** Fields are private to base/mem. */
struct arena {
  uint8_t *at, *end;
  struct arena_chunk *chunks;
  size_t chunk_bytes, used_bytes, budget_bytes;
  bool over_budget, refused;
};

/** A mark to return to. */
struct arena_mark {
  struct arena_chunk *chunk;
  uint8_t *at;
  size_t used_bytes;
};

/** Ready without allocating. `chunk_bytes` 0 = 16 KiB; `budget_bytes` 0 = no limit. */
void arena_init(struct arena *arena, size_t chunk_bytes, size_t budget_bytes);
/** Frees everything; the arena may be used again. */
void arena_deinit(struct arena *arena);
/** Frees everything but one chunk: the cheap end of a batch. */
void arena_reset(struct arena *arena);

/** `bytes` aligned to 16, uninitialised; NULL when out of memory or budget. Lives until
 * reset/deinit/rewind. */
void *arena_alloc(struct arena *arena, size_t bytes) __attribute__((warn_unused_result));
/** The same, zeroed; `count` x `bytes` checked for overflow. */
void *arena_zalloc(struct arena *arena, size_t count, size_t bytes)
    __attribute__((warn_unused_result));
/** `bytes` without alignment: text. */
void *arena_alloc_text(struct arena *arena, size_t bytes) __attribute__((warn_unused_result));
/** A copy of `bytes` at `p`. */
void *arena_copy(struct arena *arena, const void *p, size_t bytes)
    __attribute__((warn_unused_result));

enum { ARENA_ADOPT_BYTES = 16 };
/** Makes `bytes` of memory from mem_alloc the arena's: freed with what was allocated last. What is
 * in it stays where it is, but for the first ARENA_ADOPT_BYTES, which are overwritten. False when
 * it is beyond the budget: it is the caller's still. */
bool arena_adopt(struct arena *arena, void *memory, size_t bytes)
    __attribute__((warn_unused_result));

/** Gives back what is not used of the `bytes` at `p`, if nothing was allocated since. */
void arena_trim(struct arena *arena, const void *p, size_t bytes, size_t used_bytes);

struct arena_mark arena_mark(const struct arena *arena);
/** Frees what was allocated since `mark`. */
void arena_rewind(struct arena *arena, struct arena_mark mark);

bool arena_is_over_budget(const struct arena *arena);
/** True when an allocation was refused, for memory or budget, since init, reset or rewind: one look
 * at the end in place of many on the way. */
bool arena_has_refused(const struct arena *arena);
size_t arena_used_bytes(const struct arena *arena);

#endif
