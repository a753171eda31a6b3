/* SPDX-License-Identifier: MIT */
/* The ring: buffers between those who commit and those who write.
 *
 * Each buffer becomes one frame. One buffer is open: commits reserve room in it with one
 * compare-and-swap of a 64-bit word, then copy their record there beside each other, without a
 * lock. A writer seals it (one fetch_or), opens the next, waits for the copies under way, and
 * writes. Sealed buffers wait in order behind each other; they are retired, which makes their
 * commits durable, in order too, in whatever order the device finishes them.
 *
 * The word: bits 0 to 31 the bytes reserved, bit 32 sealed, bits 33 to 63 the turn. Every opening
 * is a turn of its own, so a reservation that was computed for an earlier opening of the same
 * buffer cannot succeed. It may reach `limit`: what fits the buffer, and the frame's place in the
 * log, which is known when the buffer opens. The limit only grows during a turn, but for the
 * reserving side, which has the order of commits to itself.
 *
 * Threads: ring_reserve by one at a time (the order of commits is the caller's), ring_fill by any,
 * the rest under the log's lock. */
#ifndef STORE_LSM_WAL_RING_H
#define STORE_LSM_WAL_RING_H

#include <stdatomic.h>

#include "base/core/err.h"
#include "base/text/slice.h"

enum { RING_SLOTS = 4, RING_BUFFER_BYTES_MIN = 64 << 10 };

enum ring_state { RING_FREE, RING_OPEN, RING_SEALED, RING_WRITING, RING_DONE };

struct ring_slot {
  _Atomic uint64_t word;
  _Atomic uint32_t limit;    /* what the word's bytes may come to */
  _Atomic uint32_t filled;   /* bytes whose copies are complete */
  _Atomic uint32_t records;  /* reserved so far */
  _Atomic uint64_t seq;      /* of the last record */
  _Atomic uint64_t first_us; /* when the first record was reserved, monotonic */

  /* under the log's lock */
  uint8_t *data; /* room for the frame's header, then records; aligned for direct writes */
  size_t capacity;
  enum ring_state state;
  bool enters_segment; /* the frame begins the segment `segment` */
  uint32_t bytes;      /* of records, once sealed */
  uint64_t offset, lsn, segment;
};

/** Where a record goes. */
struct ring_place {
  struct ring_slot *slot;
  uint32_t at, bytes;
};

struct ring {
  struct ring_slot slots[RING_SLOTS];
  _Atomic uint32_t open; /* number of the open buffer; it stands in slots[open % RING_SLOTS] */
  uint32_t first;        /* number of the oldest not yet retired */
  uint32_t next;         /* number of the next to be written */
  size_t buffer_bytes;   /* what a buffer that opens should hold; grows up to buffer_bytes_max */
  size_t buffer_bytes_max;
};

/** No memory yet: the first buffer opens with a limit of 0. */
void ring_init(struct ring *ring, size_t buffer_bytes_max);
void ring_deinit(struct ring *ring);

static inline struct ring_slot *ring_open(struct ring *ring) {
  return &ring->slots[atomic_load_explicit(&ring->open, memory_order_acquire) % RING_SLOTS];
}
/** Bytes reserved in a buffer that is open. */
static inline uint32_t ring_slot_bytes(const struct ring_slot *slot) {
  return (uint32_t)atomic_load_explicit(&slot->word, memory_order_acquire);
}

/** Reserves `bytes` (with the record's length) in the open buffer for the record of commit `seq`;
 * false when they do not fit. What is reserved must be filled, and soon: writers wait for it. */
bool ring_reserve(struct ring *ring, uint64_t seq, uint32_t bytes, struct ring_place *place,
                  bool *is_first);
/** Copies a record into its place, its length before it. */
void ring_fill(const struct ring_place *place, struct slice record);

/** Makes the open buffer, which must be empty, hold `bytes` of records; LUMA_OUT_OF_MEMORY changes
 * nothing. */
status ring_make_room(struct ring *ring, size_t bytes, struct err *err);
/** True when the open buffer can be sealed: there is a free one to open. */
bool ring_can_seal(const struct ring *ring);
/** Seals the open buffer and opens the next with a limit of 0. Answers the sealed one. */
struct ring_slot *ring_seal(struct ring *ring);
/** The oldest sealed buffer that nobody writes, or NULL. */
struct ring_slot *ring_next_sealed(struct ring *ring);
/** Retires the oldest buffer if it is done; NULL when it is not. What is returned stays untouched
 * until the next call of ring_seal. */
struct ring_slot *ring_retire(struct ring *ring);
/** Waits for the copies into a sealed buffer. */
void ring_wait_filled(const struct ring_slot *slot);

#endif
