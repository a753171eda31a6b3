/* SPDX-License-Identifier: MIT */
/* Turns: whoever needs the log written becomes the leader, if the device is idle. It seals the open
 * buffer, encodes its frame, lets others lead, and writes. */
#include <stdio.h>
#include <string.h>

#include "base/core/assert.h"
#include "base/core/canary.h"
#include "store/lsm/wal/wal_int.h"

enum { IDLE_DEPTH = 1 }; /* with so many writes under way the device counts as busy */

/* ---- places ---- */

static uint64_t align_down(uint64_t bytes) {
  return bytes / FRAME_ALIGN * FRAME_ALIGN;
}

void wal__set_limit(struct wal *wal) {
  struct ring_slot *slot = ring_open(&wal->ring);
  uint64_t end = align_down(wal__last_used(wal)->bytes);
  uint64_t room = end > wal->offset ? end - wal->offset : 0;
  uint64_t spare = wal->spares.count ? wal->spares.items[0].bytes : 0;
  if (spare > room) room = spare;
  if (slot->capacity < room) room = slot->capacity;
  if (room > FRAME_PAYLOAD_BYTES_MAX) room = FRAME_PAYLOAD_BYTES_MAX;
  uint64_t limit = room > FRAME_HEADER_BYTES ? room - FRAME_HEADER_BYTES : 0;
  atomic_store_explicit(&slot->limit, (uint32_t)limit, memory_order_release);
}

/* To the spare: this cannot fail for want of memory, room in `used` was made when the spare was.
 * What the frame before was becomes known when this one is encoded. */
static void enter_spare(struct wal *wal, struct ring_slot *slot) {
  struct wal_segment next = wal->spares.items[0];
  wal__segments_drop_first(&wal->spares);
  ASSERT(wal->used.count < wal->used.capacity && next.bytes >= frame_bytes(slot->bytes));
  next.start.lsn = wal->lsn;
  next.is_begun = false;
  wal->used.items[wal->used.count++] = next;
  wal->offset = 0;
  slot->enters_segment = true;
}

void wal__seal(struct wal *wal) {
  struct ring_slot *slot = ring_seal(&wal->ring);
  uint64_t bytes = frame_bytes(slot->bytes);
  if (wal->offset + bytes > wal__last_used(wal)->bytes) enter_spare(wal, slot);
  slot->segment = wal__last_used(wal)->start.segment;
  slot->offset = wal->offset;
  slot->lsn = wal->lsn;
  wal->offset += bytes;
  wal->lsn += bytes;
  atomic_store(&wal->sealed_lsn, wal->lsn);
  wal__set_limit(wal);
}

/* ---- waking ---- */

static void mark(struct wal *wal, size_t cell) {
  if (wal->cells[cell].waiting == 0) return;
  wal->due[cell] = wal->any_due = true;
}

/* Those who waited for the commits (from, to]. */
static void mark_range(struct wal *wal, uint64_t from, uint64_t to) {
  uint64_t count = to - from < WAL_CELLS ? to - from : WAL_CELLS;
  for (uint64_t i = 0; i < count; i++) mark(wal, (to - i) % WAL_CELLS);
  mark(wal, WAL_CELLS);
}

/* One of those who wait for what nobody writes yet, so that it leads. Who waits for a sync of what
 * was written long ago stands at a cell of then: all are told. */
static void mark_leader(struct wal *wal) {
  bool is_sync_due =
      !wal->options.synced_writes && wal->sync_waiting > 0 && wal__may_lead(wal, true);
  for (size_t i = 0; is_sync_due && i <= WAL_CELLS; i++) mark(wal, i);
  if (!wal__may_lead(wal, false)) return;
  uint64_t seq = atomic_load(&wal->written_seq) + 1;
  size_t left = WAL_CELLS;
  while (left > 0 && wal->cells[seq % WAL_CELLS].waiting == 0) left--, seq++;
  mark(wal, left > 0 ? seq % WAL_CELLS : WAL_CELLS);
}

void wal__unlock_and_wake(struct wal *wal) {
  bool due[WAL_CELLS + 1];
  bool any = wal->any_due;
  if (any) {
    memcpy(due, wal->due, sizeof due);
    memset(wal->due, 0, sizeof wal->due);
    wal->any_due = false;
  }
  mutex_unlock(&wal->lock);
  for (size_t i = 0; any && i <= WAL_CELLS; i++)
    if (due[i]) cond_broadcast(&wal->cells[i].cond);
}

/* ---- failing ---- */

static void set_failed(struct wal *wal, status code, const struct err *err) {
  if (wal->failed == LUMA_OK) {
    wal->failed = code;
    snprintf(wal->reason, sizeof wal->reason, "%s", err->message);
    atomic_store(&wal->stopped, true);
  }
  for (size_t i = 0; i <= WAL_CELLS; i++) mark(wal, i);
  cond_broadcast(&wal->changed);
}

status wal__check_failed(const struct wal *wal, struct err *err) {
  if (wal->failed == LUMA_OK) return LUMA_OK;
  err_raise(err, LUMA_READ_ONLY, __FILE__, __LINE__, "the database takes no more writes: %s",
            wal->reason);
  err_hint(err, "everything acknowledged is safe; make the disk sound and open the database again");
  return LUMA_READ_ONLY;
}

/* ---- whether to lead ---- */

bool wal__has_work(struct wal *wal, bool sync) {
  if (ring_next_sealed(&wal->ring)) return true;
  if (ring_slot_bytes(ring_open(&wal->ring)) > 0 && ring_can_seal(&wal->ring)) return true;
  return sync && !wal->options.synced_writes && wal->durable_lsn < wal->written_lsn;
}

static bool is_at_ceiling(struct wal *wal) {
  const struct ring_slot *slot = ring_open(&wal->ring);
  if (ring_next_sealed(&wal->ring)) return true;
  if (atomic_load(&slot->records) >= wal->options.batch_records) return true;
  uint64_t first_us = atomic_load(&slot->first_us);
  return first_us && os_monotonic_us(wal->options.os) >= first_us + wal->options.batch_timeout_us;
}

bool wal__may_lead(struct wal *wal, bool sync) {
  if (wal->leading || wal->failed != LUMA_OK || !wal__has_work(wal, sync)) return false;
  if (!wal->options.synced_writes || wal->in_flight < IDLE_DEPTH) return true;
  if (wal->in_flight >= WAL_IN_FLIGHT_MAX) return false;
  return wal->options.eager || is_at_ceiling(wal);
}

/* ---- writing ---- */

static status sync_file(struct wal *wal, struct err *err) {
  if (wal->options.synced_writes || canary_sings(CANARY_LOG_NOT_SYNCED)) return LUMA_OK;
  return os_sync(wal->options.os, wal->file, err);
}

/* What stands in the segments before is durable before the first frame of the next is written. */
static status enter_segment(struct wal *wal, const struct ring_slot *slot, struct err *err) {
  struct os *os = wal->options.os;
  if (!canary_sings(CANARY_SEGMENT_NOT_SYNCED)) TRY(sync_file(wal, err));
  struct os_file *next;
  TRY(wal__segment_open(&wal->options, slot->segment, &next, err));
  struct os_file *old = wal->file;
  wal->file = next;
  return os_close(os, old, err);
}

static void begin_segment(struct wal *wal, const struct ring_slot *slot) {
  wal->durable_lsn = slot->lsn;
  for (size_t i = 0; i < wal->used.count; i++) {
    struct wal_segment *segment = &wal->used.items[i];
    if (segment->start.segment != slot->segment) continue;
    segment->start.previous_crc = wal->previous_crc;
    segment->is_begun = true;
  }
  cond_broadcast(&wal->changed);
}

/* The lock is held, and let go of meanwhile. */
static status change_segment(struct wal *wal, const struct ring_slot *slot, struct err *err) {
  while (wal->in_flight > 0) cond_wait(&wal->changed, &wal->lock);
  TRY(wal__check_failed(wal, err));
  mutex_unlock(&wal->lock);
  status answer = enter_segment(wal, slot, err);
  mutex_lock(&wal->lock);
  if (answer == LUMA_OK) begin_segment(wal, slot);
  return answer;
}

static void encode(struct wal *wal, const struct ring_slot *slot, uint64_t edits,
                   uint64_t durable_lsn) {
  size_t used = FRAME_HEADER_BYTES + slot->bytes;
  struct frame frame = {
      .lsn = slot->lsn,
      .durable_lsn = durable_lsn,
      .epoch = wal->epoch,
      .database = wal->options.database,
      .edits = edits,
      .payload_bytes = slot->bytes,
      .previous_crc = wal->previous_crc,
      .flags = wal->first ? FRAME_FIRST : 0,
  };
  ring_wait_filled(slot);
  memset(slot->data + used, 0, (size_t)frame_bytes(slot->bytes) - used);
  frame_encode(&frame, slot->data);
  wal->previous_crc = frame.crc;
  wal->first = false;
}

static status write_frame(struct wal *wal, struct os_file *file, const struct ring_slot *slot,
                          struct err *err) {
  return os_write_at(wal->options.os, file, slot->offset, slot->data,
                     (size_t)frame_bytes(slot->bytes), err);
}

/* ---- retiring ---- */

/* Everything up to `seq`, which ends at `lsn`, is durable: whoever reads may see it, and only then
 * is it acknowledged. */
static void announce(struct wal *wal, uint64_t seq, uint64_t lsn) {
  mutex_unlock(&wal->lock);
  wal->options.synced(wal->options.context, seq);
  mutex_lock(&wal->lock);
  uint64_t before = atomic_load(&wal->synced_seq);
  atomic_store(&wal->synced_seq, seq);
  wal->synced_lsn = lsn;
  mark_range(wal, before, seq);
}

/* Others lead while a sync is announced, and theirs may be done first: announced are syncs in their
 * order, by one at a time. */
static void announce_in_order(struct wal *wal, uint64_t seq, uint64_t lsn) {
  if (lsn > wal->durable_lsn) wal->durable_lsn = lsn;
  if (seq > wal->due_seq || lsn > wal->due_lsn) {
    wal->due_seq = seq;
    wal->due_lsn = lsn;
  }
  if (wal->announcing) return;
  wal->announcing = true;
  while (atomic_load(&wal->synced_seq) < wal->due_seq || wal->synced_lsn < wal->due_lsn)
    announce(wal, wal->due_seq, wal->due_lsn);
  wal->announcing = false;
}

/* Writes end in any order; buffers are retired in theirs, by one at a time. */
static void retire(struct wal *wal) {
  struct ring_slot *slot;
  if (wal->retiring) return;
  wal->retiring = true;
  while ((slot = ring_retire(&wal->ring))) {
    uint64_t before = atomic_load(&wal->written_seq), seq = atomic_load(&slot->seq);
    uint64_t lsn = slot->lsn + frame_bytes(slot->bytes);
    wal->bytes_written += frame_bytes(slot->bytes);
    atomic_fetch_sub(&wal->pending_bytes, slot->bytes);
    wal->written_lsn = lsn;
    atomic_store(&wal->written_seq, seq);
    cond_broadcast(&wal->changed);
    if (!wal->options.synced_writes) {
      mark_range(wal, before, seq);
      continue;
    }
    if (lsn > wal->durable_lsn) wal->durable_lsn = lsn;
    wal->syncs++;
    announce(wal, seq, lsn);
  }
  wal->retiring = false;
}

/* ---- turns ---- */

static struct ring_slot *take(struct wal *wal) {
  struct ring_slot *slot = ring_next_sealed(&wal->ring);
  if (!slot && ring_slot_bytes(ring_open(&wal->ring)) > 0 && ring_can_seal(&wal->ring)) {
    wal__seal(wal);
    slot = ring_next_sealed(&wal->ring);
  }
  if (!slot) return NULL;
  slot->state = RING_WRITING;
  wal->ring.next++;
  return slot;
}

/* From here to the end of `finish` the buffer is ours. */
static status prepare(struct wal *wal, struct ring_slot *slot, struct err *err) {
  if (slot->enters_segment) TRY(change_segment(wal, slot, err));
  uint64_t edits = wal->edits, durable_lsn = wal->durable_lsn;
  mutex_unlock(&wal->lock);
  encode(wal, slot, edits, durable_lsn);
  mutex_lock(&wal->lock);
  return LUMA_OK;
}

/* Others may lead as soon as the frame is encoded, for theirs can name it then. */
static void lead_synced(struct wal *wal, struct ring_slot *slot, struct err *err) {
  status answer = prepare(wal, slot, err);
  struct os_file *file = wal->file;
  wal->leading = false;
  if (answer == LUMA_OK) {
    wal->in_flight++;
    mark_leader(wal);
    wal__unlock_and_wake(wal);
    answer = write_frame(wal, file, slot, err);
    mutex_lock(&wal->lock);
    wal->in_flight--;
  }
  if (answer != LUMA_OK) {
    set_failed(wal, answer, err);
    return;
  }
  slot->state = RING_DONE;
  cond_broadcast(&wal->changed);
  retire(wal);
}

static status write_all(struct wal *wal, struct ring_slot *slot, struct err *err) {
  for (; slot; slot = take(wal)) {
    TRY(prepare(wal, slot, err));
    mutex_unlock(&wal->lock);
    status answer = write_frame(wal, wal->file, slot, err);
    mutex_lock(&wal->lock);
    TRY(answer);
    slot->state = RING_DONE;
    retire(wal);
  }
  return LUMA_OK;
}

static void lead_buffered(struct wal *wal, struct ring_slot *slot, bool sync, struct err *err) {
  status answer = write_all(wal, slot, err);
  uint64_t seq = atomic_load(&wal->written_seq), lsn = wal->written_lsn;
  if (answer == LUMA_OK && sync) {
    mutex_unlock(&wal->lock);
    answer = sync_file(wal, err);
    mutex_lock(&wal->lock);
  }
  wal->leading = false;
  if (answer != LUMA_OK) {
    set_failed(wal, answer, err);
    return;
  }
  if (!sync) return;
  wal->syncs++;
  announce_in_order(wal, seq, lsn);
  cond_broadcast(&wal->changed);
}

void wal__lead(struct wal *wal, bool sync) {
  struct err failure = {0};
  ASSERT(!wal->leading);
  wal->leading = true;
  struct ring_slot *slot = take(wal);
  if (wal->options.synced_writes)
    lead_synced(wal, slot, &failure);
  else
    lead_buffered(wal, slot, sync, &failure);
  mark_leader(wal);
}
