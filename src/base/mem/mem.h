/* SPDX-License-Identifier: MIT */
/* Heap memory. The only room that calls malloc: tests wrap malloc at link time to fail the nth
 * call. Every function may answer NULL; that is LUMA_OUT_OF_MEMORY, an ordinary error. Any thread.
 */
#ifndef BASE_MEM_MEM_H
#define BASE_MEM_MEM_H

#include <stdbool.h>
#include <stddef.h>

/** `bytes` of uninitialised memory, or NULL. Owns: the caller, who ends it with mem_free. */
void *mem_alloc(size_t bytes) __attribute__((malloc, warn_unused_result));

/** `count` x `bytes` of zeroes, or NULL (also on overflow). */
void *mem_zalloc(size_t count, size_t bytes) __attribute__((malloc, warn_unused_result));

/** `bytes` aligned to `alignment` (a power of two), or NULL. Ended with mem_free. */
void *mem_alloc_aligned(size_t alignment, size_t bytes) __attribute__((malloc, warn_unused_result));

/** Grows or shrinks `p` (may be NULL); NULL leaves `p` as it was. */
void *mem_realloc(void *p, size_t bytes) __attribute__((warn_unused_result));

/** A copy of `bytes` at `p`, or NULL. */
void *mem_copy(const void *p, size_t bytes) __attribute__((warn_unused_result));

/** Frees `p`; NULL is fine. */
void mem_free(void *p);

/** Makes `*items` (elements of `item_bytes`, `*capacity` of them) hold at least `need`, growing by
 * half; false when out of memory. */
bool mem_grow(void **items, size_t *capacity, size_t need, size_t item_bytes)
    __attribute__((warn_unused_result));

#endif
