/* SPDX-License-Identifier: MIT */
#include "store/draft/fifo.h"

#include <stdint.h>
#include <string.h>

#include "base/core/assert.h"
#include "base/mem/mem.h"

void fifo_init(struct fifo *fifo, size_t item_bytes) {
  *fifo = (struct fifo){.item_bytes = item_bytes};
}

void fifo_deinit(struct fifo *fifo) {
  mem_free(fifo->items);
  fifo_init(fifo, fifo->item_bytes);
}

static void *place(const struct fifo *fifo, size_t index) {
  return (uint8_t *)fifo->items + (fifo->head + index) * fifo->item_bytes;
}

/* Moving to the front only when half the array is free there keeps the cost of a push constant on
 * average. */
bool fifo_reserve(struct fifo *fifo, size_t extra) {
  if (fifo->head > 0 && fifo->head >= fifo->capacity / 2) {
    memmove(fifo->items, place(fifo, 0), fifo->count * fifo->item_bytes);
    fifo->head = 0;
  }
  return mem_grow(&fifo->items, &fifo->capacity, fifo->head + fifo->count + extra,
                  fifo->item_bytes);
}

void *fifo_push(struct fifo *fifo) {
  ASSERT(fifo->head + fifo->count < fifo->capacity);
  return place(fifo, fifo->count++);
}

void *fifo_at(const struct fifo *fifo, size_t index) {
  ASSERT(index < fifo->count);
  return place(fifo, index);
}

void fifo_pop(struct fifo *fifo) {
  ASSERT(fifo->count > 0);
  fifo->count--;
  fifo->head = fifo->count ? fifo->head + 1 : 0;
}
