/* SPDX-License-Identifier: MIT */
#include "store/mem/queue.h"

#include <stdint.h>
#include <string.h>

#include "base/core/assert.h"
#include "base/mem/mem.h"

void queue_init(struct queue *queue, size_t item_bytes) {
  *queue = (struct queue){.item_bytes = item_bytes};
}

void queue_deinit(struct queue *queue) {
  mem_free(queue->items);
  queue_init(queue, queue->item_bytes);
}

static void *place(const struct queue *queue, size_t index) {
  return (uint8_t *)queue->items + (queue->head + index) * queue->item_bytes;
}

/* Moving to the front only when half the array is free there keeps the cost of a push constant on
 * average. */
bool queue_reserve(struct queue *queue, size_t extra) {
  if (queue->head > 0 && queue->head >= queue->capacity / 2) {
    memmove(queue->items, place(queue, 0), queue->count * queue->item_bytes);
    queue->head = 0;
  }
  return mem_grow(&queue->items, &queue->capacity, queue->head + queue->count + extra,
                  queue->item_bytes);
}

void *queue_push(struct queue *queue) {
  ASSERT(queue->head + queue->count < queue->capacity);
  return place(queue, queue->count++);
}

void *queue_at(const struct queue *queue, size_t index) {
  ASSERT(index < queue->count);
  return place(queue, index);
}

void queue_pop(struct queue *queue) {
  ASSERT(queue->count > 0);
  queue->count--;
  queue->head = queue->count ? queue->head + 1 : 0;
}
