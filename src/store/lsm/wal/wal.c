/* SPDX-License-Identifier: MIT */
#include "store/lsm/wal/wal.h"

#include <stdio.h>
#include <string.h>

#include "base/core/assert.h"
#include "base/core/bytes.h"
#include "base/core/canary.h"
#include "base/mem/mem.h"
#include "store/lsm/wal/wal_int.h"

enum {
  GROUP_BYTES_MIN = 64 << 10,  /* what a group has room for at first */
  GROUP_BYTES_KEPT = 4 << 20,  /* a larger buffer is given back after its write */
  GROUP_BYTES_FULL = 16 << 20, /* appending waits for a leader beyond this */
};

static status group_reserve(struct wal_group *group, size_t bytes, struct err *err) {
  size_t need = group->bytes + bytes;
  if (need <= group->capacity) return LUMA_OK;
  size_t capacity = group->capacity ? group->capacity : GROUP_BYTES_MIN;
  while (capacity < need) capacity *= 2;
  uint8_t *data = mem_alloc_aligned(FRAME_ALIGN, capacity);
  if (!data) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for %zu bytes of log", capacity);
  if (group->data) memcpy(data, group->data, group->bytes);
  mem_free(group->data);
  group->data = data;
  group->capacity = capacity;
  return LUMA_OK;
}

static void group_reset(struct wal_group *group) {
  if (group->capacity > GROUP_BYTES_KEPT) {
    mem_free(group->data);
    *group = (struct wal_group){0};
  }
  group->bytes = FRAME_HEADER_BYTES;
}

static bool group_is_empty(const struct wal_group *group) {
  return group->bytes <= FRAME_HEADER_BYTES;
}

/* Bytes of the frame that the pending group would make with `more` bytes added. */
static uint64_t pending_frame_bytes(const struct wal *wal, size_t more) {
  return frame_bytes(wal->pending.bytes + more - FRAME_HEADER_BYTES);
}

static struct wal_segment *last_used(struct wal *wal) {
  return &wal->used.items[wal->used.count - 1];
}

static bool fits_current(struct wal *wal, uint64_t bytes) {
  return wal->offset + bytes <= last_used(wal)->bytes;
}

static status fail_if_failed(const struct wal *wal, struct err *err) {
  if (wal->failed == LUMA_OK) return LUMA_OK;
  err_raise(err, LUMA_READ_ONLY, __FILE__, __LINE__, "the database takes no more writes: %s",
            wal->reason);
  err_hint(err, "everything acknowledged is safe; make the disk sound and open the database again");
  return LUMA_READ_ONLY;
}

/* For what was appended before the failure: nobody knows whether it is on disk. */
static status fail_in_flight(const struct wal *wal, struct err *err) {
  err_raise(err, wal->failed, __FILE__, __LINE__, "the log could not be written: %s", wal->reason);
  err_hint(err, "whether this commit is kept shows when the database is opened again");
  return wal->failed;
}

static void set_failed(struct wal *wal, status code, const struct err *err) {
  wal->failed = code;
  snprintf(wal->reason, sizeof wal->reason, "%s", err->message);
}

/* Waits until the group has room and makes sure that its frame, with `bytes` more, has a place. */
static status make_room(struct wal *wal, size_t bytes, struct err *err) {
  for (;;) {
    TRY(fail_if_failed(wal, err));
    if (wal->pending.bytes + bytes > GROUP_BYTES_FULL && wal->leading) {
      cond_wait(&wal->changed, &wal->lock);
      continue;
    }
    uint64_t frame = pending_frame_bytes(wal, bytes);
    if (fits_current(wal, frame)) break;
    if (wal->spares.count > 0 && wal->spares.items[0].bytes >= frame) break;
    TRY(wal__spare_ensure(wal, frame, err));
  }
  return group_reserve(&wal->pending, bytes, err);
}

static status append_locked(struct wal *wal, uint64_t seq, struct slice record, struct err *err) {
  size_t bytes = WAL_RECORD_HEADER_BYTES + record.bytes;
  TRY(make_room(wal, bytes, err));
  ASSERT(seq >= wal->appended_seq);
  uint8_t *at = wal->pending.data + wal->pending.bytes;
  store32le(at, (uint32_t)record.bytes);
  memcpy(at + WAL_RECORD_HEADER_BYTES, record.data, record.bytes);
  wal->pending.bytes += bytes;
  /* A second record of the same commit: not everything up to `seq` is written any more. */
  if (wal->written_seq == seq && seq > 0) wal->written_seq = seq - 1;
  if (wal->synced_seq == seq && seq > 0) wal->synced_seq = seq - 1;
  wal->appended_seq = seq;
  return LUMA_OK;
}

status wal_append(struct wal *wal, uint64_t seq, struct slice record, struct err *err) {
  if (record.bytes > FRAME_PAYLOAD_BYTES_MAX / 2)
    FAIL(err, LUMA_TOO_LARGE, "a transaction of %zu bytes is over the limit of %d", record.bytes,
         FRAME_PAYLOAD_BYTES_MAX / 2);
  mutex_lock(&wal->lock);
  status answer = append_locked(wal, seq, record, err);
  mutex_unlock(&wal->lock);
  return answer;
}

/* ---- the leader ---- */

/* What a leader took over from the shared state and does without the lock. */
struct turn {
  uint64_t seq, offset, lsn, edits;
  bool sync, switches;
  struct wal_start next; /* with `switches` */
};

/* To the spare: this cannot fail for want of memory, room in `used` was made when the spare was. */
static void switch_segment(struct wal *wal, struct turn *turn) {
  struct wal_segment next = wal->spares.items[0];
  wal__segments_drop_first(&wal->spares);
  next.start.lsn = wal->lsn;
  next.start.previous_crc = wal->previous_crc;
  ASSERT(wal->used.count < wal->used.capacity);
  wal->used.items[wal->used.count++] = next;
  wal->offset = 0;
  turn->switches = true;
  turn->next = next.start;
}

static void take_turn(struct wal *wal, bool sync, struct turn *turn) {
  struct wal_group writing = wal->writing;
  wal->writing = wal->pending;
  wal->pending = writing;
  wal->pending.bytes = FRAME_HEADER_BYTES;
  *turn = (struct turn){.seq = wal->appended_seq, .sync = sync, .edits = wal->edits};
  if (group_is_empty(&wal->writing)) return;
  uint64_t bytes = frame_bytes(wal->writing.bytes - FRAME_HEADER_BYTES);
  if (!fits_current(wal, bytes)) switch_segment(wal, turn);
  turn->offset = wal->offset;
  turn->lsn = wal->lsn;
  wal->offset += bytes;
  wal->lsn += bytes;
}

/* Invariant 1: the old segment is synced before the first frame of the next is written. */
static status enter_segment(struct wal *wal, const struct turn *turn, struct err *err) {
  struct os *os = wal->options.os;
  if (!canary_sings(CANARY_SEGMENT_NOT_SYNCED)) TRY(os_sync(os, wal->file, err));
  wal->durable_lsn = turn->lsn;
  struct os_file *next;
  TRY(wal__segment_open(&wal->options, turn->next.segment, &next, err));
  struct os_file *old = wal->file;
  wal->file = next;
  return os_close(os, old, err);
}

static status write_frame(struct wal *wal, const struct turn *turn, struct err *err) {
  struct wal_group *group = &wal->writing;
  size_t bytes = (size_t)frame_bytes(group->bytes - FRAME_HEADER_BYTES);
  memset(group->data + group->bytes, 0, bytes - group->bytes);
  struct frame frame = {
      .lsn = turn->lsn,
      .durable_lsn = wal->durable_lsn,
      .epoch = wal->epoch,
      .database = wal->options.database,
      .edits = turn->edits,
      .payload_bytes = (uint32_t)(group->bytes - FRAME_HEADER_BYTES),
      .previous_crc = wal->previous_crc,
      .flags = wal->first ? FRAME_FIRST : 0,
  };
  frame_encode(&frame, group->data);
  TRY(os_write_at(wal->options.os, wal->file, turn->offset, group->data, bytes, err));
  wal->previous_crc = frame.crc;
  wal->first = false;
  return LUMA_OK;
}

static status do_turn(struct wal *wal, const struct turn *turn, struct err *err) {
  bool has_frame = !group_is_empty(&wal->writing);
  if (turn->switches) TRY(enter_segment(wal, turn, err));
  if (has_frame) TRY(write_frame(wal, turn, err));
  if (!turn->sync) return LUMA_OK;
  if (!canary_sings(CANARY_LOG_NOT_SYNCED)) TRY(os_sync(wal->options.os, wal->file, err));
  wal->durable_lsn = has_frame ? turn->lsn + frame_bytes(wal->writing.bytes - FRAME_HEADER_BYTES)
                               : wal->durable_lsn;
  wal->options.synced(wal->options.context, turn->seq);
  return LUMA_OK;
}

/* Called and left with the lock held. */
static void lead(struct wal *wal, bool sync) {
  struct turn turn;
  wal->leading = true;
  take_turn(wal, sync, &turn);
  mutex_unlock(&wal->lock);
  struct err failure = {0};
  status answer = do_turn(wal, &turn, &failure);
  mutex_lock(&wal->lock);
  wal->leading = false;
  if (answer != LUMA_OK) {
    set_failed(wal, answer, &failure);
  } else {
    wal->bytes_written +=
        group_is_empty(&wal->writing) ? 0 : frame_bytes(wal->writing.bytes - FRAME_HEADER_BYTES);
    wal->written_seq = turn.seq;
    if (sync) wal->synced_seq = turn.seq;
    if (sync) wal->syncs++;
  }
  group_reset(&wal->writing);
  cond_broadcast(&wal->changed);
}

status wal_write(struct wal *wal, uint64_t seq, bool sync, struct err *err) {
  status answer = LUMA_OK;
  mutex_lock(&wal->lock);
  while ((sync ? wal->synced_seq : wal->written_seq) < seq) {
    if (wal->failed != LUMA_OK) {
      answer = fail_in_flight(wal, err);
      break;
    }
    if (wal->leading)
      cond_wait(&wal->changed, &wal->lock);
    else
      lead(wal, sync);
  }
  mutex_unlock(&wal->lock);
  return answer;
}

/* ---- opening and closing ---- */

static status take_end(struct wal *wal, const struct wal_end *end, struct err *err) {
  TRY(wal__segments_reserve(&wal->used, end->used.count + end->spares.count, err));
  TRY(wal__segments_reserve(&wal->spares, end->spares.count, err));
  for (size_t i = 0; i < end->used.count; i++)
    wal->used.items[wal->used.count++] = end->used.items[i];
  for (size_t i = 0; i < end->spares.count; i++)
    wal->spares.items[wal->spares.count++] = end->spares.items[i];
  wal->segment_next = last_used(wal)->start.segment + 1;
  if (wal->spares.count)
    wal->segment_next = wal->spares.items[wal->spares.count - 1].start.segment + 1;
  wal->offset = end->offset;
  wal->lsn = wal->durable_lsn = end->lsn;
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

/* What is called durable from here on may stand in the page cache only, left there by a process
 * that died or by a sync that failed, after which the system takes the pages for written. Earlier
 * segments were synced before this one began. */
static status write_again(struct wal *wal, const struct wal_end *end, struct err *err) {
  enum { STEP_BYTES = 1 << 20 };
  uint64_t begin = last_used(wal)->start.lsn;
  uint64_t bytes = end->lsn - (end->durable_lsn > begin ? end->durable_lsn : begin);
  uint8_t *room = mem_alloc_aligned(FRAME_ALIGN, STEP_BYTES);
  if (!room) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to open the log");
  status answer = LUMA_OK;
  for (uint64_t at = end->offset - bytes; at < end->offset && answer == LUMA_OK; at += STEP_BYTES) {
    uint64_t left = end->offset - at;
    answer = copy_onto_itself(wal, at, room, left < STEP_BYTES ? (size_t)left : STEP_BYTES, err);
  }
  mem_free(room);
  return answer == LUMA_OK ? os_sync(wal->options.os, wal->file, err) : answer;
}

static status open_parts(struct wal *wal, const struct wal_end *end, struct err *err) {
  TRY(take_end(wal, end, err));
  wal->pending.bytes = wal->writing.bytes = FRAME_HEADER_BYTES;
  TRY(group_reserve(&wal->pending, FRAME_HEADER_BYTES, err));
  TRY(wal__segment_open(&wal->options, last_used(wal)->start.segment, &wal->file, err));
  return write_again(wal, end, err);
}

status wal_open(const struct wal_options *options, const struct wal_end *end, uint64_t seq,
                struct wal **wal, struct err *err) {
  struct wal *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the log");
  made->options = *options;
  made->first = true;
  made->appended_seq = made->written_seq = made->synced_seq = seq;
  mutex_init(&made->lock);
  cond_init(&made->changed);
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
  mem_free(wal->pending.data);
  mem_free(wal->writing.data);
  mem_free(wal->used.items);
  mem_free(wal->spares.items);
  cond_deinit(&wal->changed);
  mutex_deinit(&wal->lock);
  mem_free(wal);
}

/* ---- small calls ---- */

uint64_t wal_pending_bytes(struct wal *wal) {
  mutex_lock(&wal->lock);
  uint64_t bytes = wal->pending.bytes - FRAME_HEADER_BYTES;
  mutex_unlock(&wal->lock);
  return bytes;
}

uint64_t wal_bytes_since(struct wal *wal, struct wal_start start) {
  mutex_lock(&wal->lock);
  uint64_t bytes = wal->lsn - start.lsn;
  mutex_unlock(&wal->lock);
  return bytes;
}

struct wal_start wal_mark(struct wal *wal) {
  mutex_lock(&wal->lock);
  struct wal_start start = last_used(wal)->start;
  mutex_unlock(&wal->lock);
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
  status answer = fail_if_failed(wal, err);
  mutex_unlock(&wal->lock);
  return answer;
}
