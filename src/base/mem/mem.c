/* SPDX-License-Identifier: MIT */
#include "base/mem/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/core/assert.h"

enum { GROW_ITEMS_MIN = 8 };

/* No allocation asks malloc for nothing: NULL then always means that memory is out. */
static size_t at_least_one(size_t bytes) {
  return bytes ? bytes : 1;
}

void *mem_alloc(size_t bytes) {
  return malloc(at_least_one(bytes));
}

void *mem_zalloc(size_t count, size_t bytes) {
  size_t total;
  if (__builtin_mul_overflow(count, bytes, &total)) return NULL;
  return calloc(1, at_least_one(total));
}

void *mem_alloc_aligned(size_t alignment, size_t bytes) {
  ASSERT(alignment != 0 && (alignment & (alignment - 1)) == 0);
  if (bytes > SIZE_MAX - alignment) return NULL;
  size_t rounded = (at_least_one(bytes) + alignment - 1) & ~(alignment - 1); /* as C11 asks for */
  return aligned_alloc(alignment, rounded);
}

void *mem_realloc(void *p, size_t bytes) {
  return realloc(p, at_least_one(bytes));
}

void *mem_copy(const void *p, size_t bytes) {
  void *copy = mem_alloc(bytes);
  if (copy && bytes) memcpy(copy, p, bytes);
  return copy;
}

void mem_free(void *p) {
  free(p);
}

bool mem_grow(void **items, size_t *capacity, size_t need, size_t item_bytes) {
  if (need <= *capacity) return true;
  size_t wanted = *capacity + *capacity / 2;
  if (wanted < need) wanted = need;
  if (wanted < GROW_ITEMS_MIN) wanted = GROW_ITEMS_MIN;
  size_t bytes;
  if (__builtin_mul_overflow(wanted, item_bytes, &bytes)) return false;
  void *grown = mem_realloc(*items, bytes);
  if (!grown) return false;
  *items = grown;
  *capacity = wanted;
  return true;
}
