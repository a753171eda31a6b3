/* SPDX-License-Identifier: MIT */
/* A collection in parts, which several workers read: each takes the next one when it is done with
 * one. Shared by threads. */
#ifndef QUERY_EXEC_PARTS_H
#define QUERY_EXEC_PARTS_H

#include <stdatomic.h>

#include "store/store.h"

struct lookup_share;

struct parts {
  const struct store_range *items; /* disjoint; an empty bound is the collection's own */
  uint32_t count;
  atomic_uint next;
  atomic_bool is_stopped;       /* what is read from now on is not needed */
  struct lookup_share *lookups; /* what $lookups share; only while workers are opened */
};

/** The next part, and its number; NULL when all were taken. */
static inline const struct store_range *parts_take(struct parts *parts, uint32_t *number) {
  uint32_t taken = atomic_fetch_add_explicit(&parts->next, 1, memory_order_relaxed);
  *number = taken;
  return taken < parts->count ? &parts->items[taken] : NULL;
}

#endif
