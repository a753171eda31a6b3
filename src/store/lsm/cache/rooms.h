/* SPDX-License-Identifier: MIT */
/* Memory for blocks of about the usual size, in pieces of 2 MiB that the system is asked to hold in
 * large pages: who looks at many blocks here and there waits less for the processor's tables of
 * pages. Rooms of one size stand in a piece, a piece without rooms in use goes back. The first
 * ROOMS_BEGIN_BYTES come from the heap, so that a small database takes no pieces.
 *
 * Counted: rooms may outlive their owner. Any thread. */
#ifndef STORE_LSM_CACHE_ROOMS_H
#define STORE_LSM_CACHE_ROOMS_H

#include "base/core/err.h"

enum { ROOMS_BEGIN_BYTES = 16 << 20 };

struct rooms;

status rooms_create(struct rooms **rooms, struct err *err);
/** The owner lets go; the last room given back ends it. NULL is fine. */
void rooms_release(struct rooms *rooms);
/** A room of at least `bytes`, uninitialised, aligned to 16; NULL when there is none of this kind:
 * the heap may have it. */
void *rooms_take(struct rooms *rooms, size_t bytes) __attribute__((warn_unused_result));
void rooms_give(void *room);

#endif
