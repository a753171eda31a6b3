/* SPDX-License-Identifier: MIT */
/* A queue of plain items in one array: pushed at the end, taken from the front. Room is reserved
 * first, so that a push cannot fail half way through a commit. Not thread-safe. */
#ifndef STORE_DRAFT_FIFO_H
#define STORE_DRAFT_FIFO_H

#include <stdbool.h>
#include <stddef.h>

struct fifo {
  void *items;
  size_t item_bytes, head, count, capacity; /* items stand at [head, head + count) */
};

void fifo_init(struct fifo *fifo, size_t item_bytes);
void fifo_deinit(struct fifo *fifo);
/** Room for `extra` pushes; false when out of memory. */
bool fifo_reserve(struct fifo *fifo, size_t extra) __attribute__((warn_unused_result));
/** The place of a new last item, for the caller to fill; room must have been reserved. */
void *fifo_push(struct fifo *fifo);
/** The item `index` places from the front. Valid until the next reserve. */
void *fifo_at(const struct fifo *fifo, size_t index);
/** Drops the front item. */
void fifo_pop(struct fifo *fifo);

#endif
