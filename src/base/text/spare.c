/* SPDX-License-Identifier: MIT */
#include "base/text/spare.h"

#include <string.h>

#include "base/mem/mem.h"

void spare_deinit(struct spare *spare) {
  mem_free(atomic_exchange_explicit(&spare->memory, NULL, memory_order_acq_rel));
}

static size_t capacity_of(const uint8_t *memory) {
  size_t bytes;
  memcpy(&bytes, memory, sizeof bytes);
  return bytes;
}

/* Another thread may have put some there meanwhile: the older gives way. */
static void keep(struct spare *spare, uint8_t *memory, size_t capacity) {
  memcpy(memory, &capacity, sizeof capacity);
  mem_free(atomic_exchange_explicit(&spare->memory, memory, memory_order_acq_rel));
}

static void move_to(struct buf *buf, uint8_t *memory, size_t capacity) {
  memcpy(memory, buf->data, buf->bytes);
  mem_free(buf->data);
  buf->data = memory;
  buf->capacity = capacity < buf->bytes_max ? capacity : buf->bytes_max;
}

void spare_lend(struct spare *spare, struct buf *buf, size_t bytes) {
  if (buf->capacity < SPARE_BYTES_MIN || bytes <= buf->capacity - buf->bytes) return;
  uint8_t *memory = atomic_exchange_explicit(&spare->memory, NULL, memory_order_acq_rel);
  size_t capacity = memory ? capacity_of(memory) : 0;
  if (capacity > buf->capacity)
    move_to(buf, memory, capacity);
  else if (memory)
    keep(spare, memory, capacity);
}

void spare_take(struct spare *spare, struct buf *buf) {
  bool is_kept = buf->capacity > SPARE_BYTES_MIN && buf->capacity <= SPARE_BYTES_MAX;
  if (!is_kept) {
    buf_deinit(buf);
    return;
  }
  keep(spare, buf->data, buf->capacity);
  *buf = (struct buf){.bytes_max = buf->bytes_max};
}
