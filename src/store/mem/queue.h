/* SPDX-License-Identifier: MIT */
/* A queue of plain items in one array: pushed at the end, taken from the front. Room is reserved
 * first, so that a push cannot fail half way through a commit. Not thread-safe. */
#ifndef STORE_MEM_QUEUE_H
#define STORE_MEM_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

struct queue {
  void *items;
  size_t item_bytes, head, count, capacity; /* items stand at [head, head + count) */
};

void queue_init(struct queue *queue, size_t item_bytes);
void queue_deinit(struct queue *queue);
/** Room for `extra` pushes; false when out of memory. */
bool queue_reserve(struct queue *queue, size_t extra) __attribute__((warn_unused_result));
/** The place of a new last item, for the caller to fill; room must have been reserved. */
void *queue_push(struct queue *queue);
/** The item `index` places from the front. Valid until the next reserve. */
void *queue_at(const struct queue *queue, size_t index);
/** Drops the front item. */
void queue_pop(struct queue *queue);

#endif
