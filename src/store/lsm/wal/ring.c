/* SPDX-License-Identifier: MIT */
#include "store/lsm/wal/ring.h"

#include <string.h>

#include "base/core/assert.h"
#include "base/core/bytes.h"
#include "base/mem/mem.h"
#include "base/sync/sync.h"
#include "store/lsm/wal/frame.h"

#define WORD_SEALED (UINT64_C(1) << 32)
#define WORD_TURN   (UINT64_C(1) << 33)
enum { RECORD_LENGTH_BYTES = 4 };

void ring_init(struct ring *ring, size_t buffer_bytes_max) {
  *ring = (struct ring){.buffer_bytes_max = buffer_bytes_max};
  ring->buffer_bytes =
      buffer_bytes_max < RING_BUFFER_BYTES_MIN ? buffer_bytes_max : RING_BUFFER_BYTES_MIN;
  ring->slots[0].state = RING_OPEN;
}

void ring_deinit(struct ring *ring) {
  for (int i = 0; i < RING_SLOTS; i++) mem_free(ring->slots[i].data);
}

/* ---- reserving ---- */

bool ring_reserve(struct ring *ring, uint64_t seq, uint32_t bytes, struct ring_place *place,
                  bool *is_first) {
  struct ring_slot *slot = ring_open(ring);
  uint64_t word = atomic_load_explicit(&slot->word, memory_order_acquire);
  do {
    uint32_t limit = atomic_load_explicit(&slot->limit, memory_order_acquire);
    if (word & WORD_SEALED || (uint32_t)word > limit || bytes > limit - (uint32_t)word)
      return false;
  } while (!atomic_compare_exchange_weak_explicit(&slot->word, &word, word + bytes,
                                                  memory_order_acq_rel, memory_order_acquire));
  *place = (struct ring_place){slot, (uint32_t)word, bytes};
  *is_first = (uint32_t)word == 0;
  atomic_store_explicit(&slot->seq, seq, memory_order_relaxed);
  atomic_fetch_add_explicit(&slot->records, 1, memory_order_relaxed);
  return true;
}

void ring_fill(const struct ring_place *place, struct slice record) {
  uint8_t *at = place->slot->data + FRAME_HEADER_BYTES + place->at;
  store32le(at, (uint32_t)record.bytes);
  memcpy(at + RECORD_LENGTH_BYTES, record.data, record.bytes);
  /* Also what ring_reserve noted beside the word is complete now. */
  atomic_fetch_add_explicit(&place->slot->filled, place->bytes, memory_order_release);
}

void ring_wait_filled(const struct ring_slot *slot) {
  uint32_t steps = 0;
  while (atomic_load_explicit(&slot->filled, memory_order_acquire) != slot->bytes)
    thread_wait_step(&steps);
}

/* ---- turns ---- */

/* For a record that is too large for a buffer, the memory of one before it: what is free is
 * written.
 */
static uint8_t *take_memory(struct ring *ring, size_t *bytes) {
  for (int i = 0; i < RING_SLOTS; i++) {
    struct ring_slot *slot = &ring->slots[i];
    if (slot->state != RING_FREE || slot->capacity < *bytes) continue;
    uint8_t *data = slot->data;
    *bytes = slot->capacity;
    slot->data = NULL;
    slot->capacity = 0;
    return data;
  }
  return mem_alloc_aligned(FRAME_ALIGN, *bytes);
}

status ring_make_room(struct ring *ring, size_t bytes, struct err *err) {
  struct ring_slot *slot = ring_open(ring);
  size_t need = FRAME_HEADER_BYTES + bytes;
  if (need <= slot->capacity && slot->capacity >= ring->buffer_bytes) return LUMA_OK;
  if (need < ring->buffer_bytes) need = ring->buffer_bytes;
  ASSERT(ring_slot_bytes(slot) == 0);
  need = (size_t)frame_bytes(need - FRAME_HEADER_BYTES);
  bool is_large = need > frame_bytes(ring->buffer_bytes_max);
  uint8_t *data = is_large ? take_memory(ring, &need) : mem_alloc_aligned(FRAME_ALIGN, need);
  if (!data && FRAME_HEADER_BYTES + bytes <= slot->capacity) return LUMA_OK;
  if (!data) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for %zu bytes of log", need);
  mem_free(slot->data);
  slot->data = data;
  slot->capacity = need;
  return LUMA_OK;
}

bool ring_can_seal(const struct ring *ring) {
  return atomic_load_explicit(&ring->open, memory_order_relaxed) + 1 - ring->first < RING_SLOTS;
}

static void open_slot(struct ring *ring, uint32_t number) {
  struct ring_slot *slot = &ring->slots[number % RING_SLOTS];
  uint64_t turn =
      (atomic_load_explicit(&slot->word, memory_order_relaxed) / WORD_TURN + 1) * WORD_TURN;
  ASSERT(slot->state == RING_FREE);
  slot->state = RING_OPEN;
  slot->enters_segment = false;
  if (slot->capacity > frame_bytes(ring->buffer_bytes_max)) { /* one record was too large */
    mem_free(slot->data);
    slot->data = NULL;
    slot->capacity = 0;
  }
  atomic_store_explicit(&slot->limit, 0, memory_order_relaxed);
  atomic_store_explicit(&slot->filled, 0, memory_order_relaxed);
  atomic_store_explicit(&slot->records, 0, memory_order_relaxed);
  atomic_store_explicit(&slot->first_us, 0, memory_order_relaxed);
  atomic_store_explicit(&slot->word, turn, memory_order_release);
  atomic_store_explicit(&ring->open, number, memory_order_release);
}

struct ring_slot *ring_seal(struct ring *ring) {
  uint32_t number = atomic_load_explicit(&ring->open, memory_order_relaxed);
  struct ring_slot *slot = &ring->slots[number % RING_SLOTS];
  ASSERT(slot->state == RING_OPEN && ring_can_seal(ring));
  slot->bytes = (uint32_t)atomic_fetch_or_explicit(&slot->word, WORD_SEALED, memory_order_acq_rel);
  slot->state = RING_SEALED;
  open_slot(ring, number + 1);
  return slot;
}

struct ring_slot *ring_next_sealed(struct ring *ring) {
  if (ring->next == atomic_load_explicit(&ring->open, memory_order_relaxed)) return NULL;
  struct ring_slot *slot = &ring->slots[ring->next % RING_SLOTS];
  ASSERT(slot->state == RING_SEALED);
  return slot;
}

struct ring_slot *ring_retire(struct ring *ring) {
  struct ring_slot *slot = &ring->slots[ring->first % RING_SLOTS];
  if (ring->first == ring->next || slot->state != RING_DONE) return NULL;
  slot->state = RING_FREE;
  ring->first++;
  return slot;
}
