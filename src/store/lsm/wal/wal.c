/* SPDX-License-Identifier: MIT */
#include "store/lsm/wal/wal.h"

#include <string.h>

#include "base/core/assert.h"
#include "base/mem/mem.h"
#include "store/lsm/wal/wal_int.h"

/* For what was appended before the failure: nobody knows whether it is on disk. */
static status fail_in_flight(const struct wal *wal, struct err *err) {
  err_raise(err, wal->failed, __FILE__, __LINE__, "the log could not be written: %s", wal->reason);
  err_hint(err, "whether this commit is kept shows when the database is opened again");
  return wal->failed;
}

/* ---- appending ---- */

/* The record is too large for what is left of the open buffer's memory. */
static status leave_buffer(struct wal *wal, size_t bytes, struct err *err) {
  struct ring *ring = &wal->ring;
  if (ring_slot_bytes(ring_open(ring)) == 0) {
    TRY(ring_make_room(ring, bytes, err));
    wal__set_limit(wal);
    return LUMA_OK;
  }
  if (ring_can_seal(ring)) {
    if (ring->buffer_bytes < ring->buffer_bytes_max) ring->buffer_bytes *= 2;
    wal__seal(wal);
  } else if (wal__may_lead(wal, false)) {
    wal__lead(wal, false);
  } else {
    cond_wait(&wal->changed, &wal->lock);
  }
  return LUMA_OK;
}

/* Makes sure that the open buffer has memory, and its frame a place, for `bytes` more. Whoever
 * writes may change everything meanwhile: the caller tries, and comes again. */
static status make_room(struct wal *wal, size_t bytes, struct err *err) {
  TRY(wal__check_failed(wal, err));
  const struct ring_slot *slot = ring_open(&wal->ring);
  size_t payload = ring_slot_bytes(slot) + bytes;
  if (FRAME_HEADER_BYTES + payload > slot->capacity) return leave_buffer(wal, bytes, err);
  uint64_t frame = frame_bytes(payload);
  bool has_place = wal->offset + frame <= wal__last_used(wal)->bytes ||
                   (wal->spares.count > 0 && wal->spares.items[0].bytes >= frame);
  if (!has_place) TRY(wal__spare_ensure(wal, frame, err));
  wal__set_limit(wal);
  return LUMA_OK;
}

status wal_reserve(struct wal *wal, uint64_t seq, size_t record_bytes, struct ring_place *place,
                   struct err *err) {
  if (record_bytes > FRAME_PAYLOAD_BYTES_MAX / 2)
    FAIL(err, LUMA_TOO_LARGE, "a transaction of %zu bytes is over the limit of %d", record_bytes,
         FRAME_PAYLOAD_BYTES_MAX / 2);
  size_t bytes = WAL_RECORD_HEADER_BYTES + record_bytes;
  bool is_first = false;
  while (atomic_load(&wal->stopped) ||
         !ring_reserve(&wal->ring, seq, (uint32_t)bytes, place, &is_first)) {
    mutex_lock(&wal->lock);
    status answer = make_room(wal, bytes, err);
    wal__unlock_and_wake(wal);
    TRY(answer);
  }
  if (is_first) atomic_store(&place->slot->first_us, os_monotonic_us(wal->options.os));
  atomic_fetch_add(&wal->pending_bytes, bytes);
  return LUMA_OK;
}

void wal_fill(const struct ring_place *place, struct slice record) {
  ring_fill(place, record);
}

status wal_append(struct wal *wal, uint64_t seq, struct slice record, struct err *err) {
  struct ring_place place;
  TRY(wal_reserve(wal, seq, record.bytes, &place, err));
  wal_fill(&place, record);
  return LUMA_OK;
}

/* ---- waiting ---- */

static bool has(struct wal *wal, const struct wal_want *want) {
  if (want->sync) return atomic_load(&wal->synced_seq) >= want->seq && wal->synced_lsn >= want->lsn;
  return atomic_load(&wal->written_seq) >= want->seq && wal->written_lsn >= want->lsn;
}

/* A group that nobody writes may come of age while its makers sleep. */
static void sleep_until_due(struct wal *wal, const struct wal_want *want) {
  struct wal_cell *cell = &wal->cells[want->lsn ? WAL_CELLS : want->seq % WAL_CELLS];
  cell->waiting++;
  wal->sync_waiting += want->sync;
  if (wal__has_work(wal, false))
    cond_wait_timeout(&cell->cond, &wal->lock, wal->options.batch_timeout_us);
  else
    cond_wait(&cell->cond, &wal->lock);
  wal->sync_waiting -= want->sync;
  cell->waiting--;
}

/* With the lock held. */
static status wait_for(struct wal *wal, const struct wal_want *want, struct err *err) {
  while (!has(wal, want)) {
    if (wal->failed != LUMA_OK) return fail_in_flight(wal, err);
    if (wal__may_lead(wal, want->sync))
      wal__lead(wal, want->sync);
    else
      sleep_until_due(wal, want);
  }
  return LUMA_OK;
}

status wal_write(struct wal *wal, uint64_t seq, bool sync, struct err *err) {
  struct wal_want want = {.seq = seq, .sync = sync};
  if (atomic_load(sync ? &wal->synced_seq : &wal->written_seq) >= seq) return LUMA_OK;
  mutex_lock(&wal->lock);
  status answer = wait_for(wal, &want, err);
  wal__unlock_and_wake(wal);
  return answer;
}

/* The end of what is appended is known once it is sealed. */
static status seal_everything(struct wal *wal, struct err *err) {
  while (ring_slot_bytes(ring_open(&wal->ring)) > 0) {
    TRY(wal__check_failed(wal, err));
    if (ring_can_seal(&wal->ring))
      wal__seal(wal);
    else if (wal__may_lead(wal, false))
      wal__lead(wal, false);
    else
      cond_wait(&wal->changed, &wal->lock);
  }
  return LUMA_OK;
}

status wal_write_all(struct wal *wal, bool sync, struct err *err) {
  mutex_lock(&wal->lock);
  status answer = seal_everything(wal, err);
  struct wal_want want = {.lsn = wal->lsn, .sync = sync};
  if (answer == LUMA_OK) answer = wait_for(wal, &want, err);
  wal__unlock_and_wake(wal);
  return answer;
}

/* ---- opening and closing ---- */

static status take_end(struct wal *wal, const struct wal_end *end, struct err *err) {
  TRY(wal__segments_reserve(&wal->used, end->used.count + end->spares.count, err));
  TRY(wal__segments_reserve(&wal->spares, end->spares.count, err));
  for (size_t i = 0; i < end->used.count; i++) {
    wal->used.items[wal->used.count] = end->used.items[i];
    wal->used.items[wal->used.count++].is_begun = true;
  }
  for (size_t i = 0; i < end->spares.count; i++)
    wal->spares.items[wal->spares.count++] = end->spares.items[i];
  wal->segment_next = wal__last_used(wal)->start.segment + 1;
  if (wal->spares.count)
    wal->segment_next = wal->spares.items[wal->spares.count - 1].start.segment + 1;
  wal->offset = end->offset;
  wal->lsn = wal->written_lsn = wal->durable_lsn = wal->synced_lsn = end->lsn;
  atomic_store(&wal->sealed_lsn, end->lsn);
  wal->previous_crc = end->crc;
  wal->edits = end->edits;
  return LUMA_OK;
}

static status copy_onto_itself(struct wal *wal, uint64_t offset, uint8_t *room, size_t bytes,
                               struct err *err) {
  size_t got;
  TRY(os_read_at(wal->options.os, wal->file, offset, room, bytes, &got, err));
  if (got < bytes) FAIL(err, LUMA_IO_ERROR, "the log became shorter while it was opened");
  return os_write_at(wal->options.os, wal->file, offset, room, bytes, err);
}

/* The frame that was cut short behind the end might be made whole by the next one that is cut short
 * there, if both hold the same records: commits that were lost would come back. */
static status erase_torn(struct wal *wal, const struct wal_end *end, uint8_t *room,
                         struct err *err) {
  struct os *os = wal->options.os;
  struct frame frame;
  size_t got;
  if (end->offset + FRAME_ALIGN > wal__last_used(wal)->bytes) return LUMA_OK;
  TRY(os_read_at(os, wal->file, end->offset, room, FRAME_ALIGN, &got, err));
  if (got < FRAME_ALIGN || !frame_decode(room, &frame) || frame.lsn != end->lsn) return LUMA_OK;
  memset(room, 0, FRAME_ALIGN);
  return os_write_at(os, wal->file, end->offset, room, FRAME_ALIGN, err);
}

/* What is called durable from here on may stand in the page cache only, left there by a process
 * that died or by a sync that failed, after which the system takes the pages for written. Earlier
 * segments were synced before this one began. */
static status write_again(struct wal *wal, const struct wal_end *end, struct err *err) {
  enum { STEP_BYTES = 1 << 20 };
  uint64_t begin = wal__last_used(wal)->start.lsn;
  uint64_t bytes = end->lsn - (end->durable_lsn > begin ? end->durable_lsn : begin);
  uint8_t *room = mem_alloc_aligned(FRAME_ALIGN, STEP_BYTES);
  if (!room) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to open the log");
  status answer = LUMA_OK;
  for (uint64_t at = end->offset - bytes; at < end->offset && answer == LUMA_OK; at += STEP_BYTES) {
    uint64_t left = end->offset - at;
    answer = copy_onto_itself(wal, at, room, left < STEP_BYTES ? (size_t)left : STEP_BYTES, err);
  }
  if (answer == LUMA_OK) answer = erase_torn(wal, end, room, err);
  mem_free(room);
  return answer == LUMA_OK ? os_sync(wal->options.os, wal->file, err) : answer;
}

/* The names of segments, too, may be known to the cache only: a process died, or a sync failed,
 * between a rename and the sync of the directory. What is written there next is acknowledged. */
static status open_parts(struct wal *wal, const struct wal_end *end, struct err *err) {
  TRY(take_end(wal, end, err));
  TRY(wal__segment_open(&wal->options, wal__last_used(wal)->start.segment, &wal->file, err));
  wal__set_limit(wal);
  TRY(write_again(wal, end, err));
  return os_sync_dir(wal->options.os, wal->options.directory, err);
}

status wal_open(const struct wal_options *options, const struct wal_end *end, uint64_t seq,
                struct wal **wal, struct err *err) {
  struct wal *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the log");
  made->options = *options;
  made->first = true;
  atomic_store(&made->written_seq, seq);
  atomic_store(&made->synced_seq, seq);
  ring_init(&made->ring, frame_bytes(options->batch_bytes));
  mutex_init(&made->lock);
  cond_init(&made->changed);
  for (size_t i = 0; i <= WAL_CELLS; i++) cond_init(&made->cells[i].cond);
  os_random(options->os, &made->epoch, sizeof made->epoch);
  status answer = open_parts(made, end, err);
  if (answer != LUMA_OK) {
    wal_close(made);
    return answer;
  }
  *wal = made;
  return LUMA_OK;
}

void wal_close(struct wal *wal) {
  if (wal->file) os_close(wal->options.os, wal->file, NULL);
  ring_deinit(&wal->ring);
  mem_free(wal->used.items);
  mem_free(wal->spares.items);
  cond_deinit(&wal->changed);
  for (size_t i = 0; i <= WAL_CELLS; i++) cond_deinit(&wal->cells[i].cond);
  mutex_deinit(&wal->lock);
  mem_free(wal);
}

/* ---- small calls ---- */

uint64_t wal_synced_seq(struct wal *wal) {
  return atomic_load(&wal->synced_seq);
}

uint64_t wal_pending_bytes(struct wal *wal) {
  return atomic_load(&wal->pending_bytes);
}

uint64_t wal_bytes_since(struct wal *wal, struct wal_start start) {
  return atomic_load(&wal->sealed_lsn) - start.lsn;
}

/* The checksum before a segment is known once its first frame is encoded. */
struct wal_start wal_mark(struct wal *wal) {
  mutex_lock(&wal->lock);
  while (!wal__last_used(wal)->is_begun && wal->failed == LUMA_OK) {
    if (wal__may_lead(wal, false))
      wal__lead(wal, false);
    else
      cond_wait(&wal->changed, &wal->lock);
  }
  struct wal_start start = wal__last_used(wal)->start;
  wal__unlock_and_wake(wal);
  return start;
}

void wal_witness(struct wal *wal, uint64_t edits) {
  mutex_lock(&wal->lock);
  wal->edits = edits;
  mutex_unlock(&wal->lock);
}

void wal_get_stats(struct wal *wal, struct wal_stats *stats) {
  mutex_lock(&wal->lock);
  *stats = (struct wal_stats){.bytes_written = wal->bytes_written, .syncs = wal->syncs};
  for (size_t i = 0; i < wal->used.count; i++) stats->bytes += wal->used.items[i].bytes;
  for (size_t i = 0; i < wal->spares.count; i++) stats->bytes += wal->spares.items[i].bytes;
  mutex_unlock(&wal->lock);
}

status wal_check(struct wal *wal, struct err *err) {
  mutex_lock(&wal->lock);
  status answer = wal__check_failed(wal, err);
  mutex_unlock(&wal->lock);
  return answer;
}
