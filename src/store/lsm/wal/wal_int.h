/* SPDX-License-Identifier: MIT */
/* The parts of an open log; shared by the files of this folder. */
#ifndef STORE_LSM_WAL_WAL_INT_H
#define STORE_LSM_WAL_WAL_INT_H

#include "base/sync/sync.h"
#include "store/lsm/dbfile/dbfile.h"
#include "store/lsm/wal/frame.h"
#include "store/lsm/wal/ring.h"
#include "store/lsm/wal/wal.h"

enum {
  WAL_RECORD_HEADER_BYTES = 4,
  WAL_SPARES_MAX = 2,
  WAL_FIRST_SEGMENT_BYTES = 1 << 20,
  WAL_SMALL_SEGMENT_BYTES = 64 << 10,
  WAL_CELLS = 64,
  WAL_IN_FLIGHT_MAX = RING_SLOTS - 1
};

/** Those who wait for a commit whose sequence is the cell's number modulo WAL_CELLS: so a write
 * wakes those whom it made durable and nobody else. The last cell waits for everything. */
struct wal_cell {
  struct cond cond; /* with the log's lock */
  uint32_t waiting;
};

/** What a caller waits for: commits up to `seq`, and the log up to `lsn`. */
struct wal_want {
  uint64_t seq, lsn;
  bool sync;
};

struct wal {
  struct wal_options options;
  struct ring ring;
  struct mutex lock;
  struct cond changed; /* a buffer became free, a write ended, or a segment was made */
  _Atomic uint64_t synced_seq, written_seq;
  _Atomic uint64_t pending_bytes; /* reserved and not yet written */
  _Atomic uint64_t sealed_lsn;    /* where the sealed buffers end */
  atomic_bool stopped;            /* `failed` is set */

  /* under the lock */
  struct wal_segments used, spares;
  uint64_t offset, lsn;  /* where the frame of the open buffer goes */
  uint64_t segment_next; /* number of the next segment made */
  uint64_t edits;
  uint64_t written_lsn, durable_lsn; /* frames below are in the file; are durable */
  uint64_t synced_lsn;               /* and were announced */
  uint64_t due_seq, due_lsn;         /* synced by whoever led, to be announced */
  uint64_t bytes_written, syncs;
  uint32_t in_flight;    /* writes under way */
  bool leading;          /* somebody seals and encodes, or (unless synced) writes */
  bool making, retiring; /* a segment is made; buffers are retired */
  bool announcing;       /* what is due is announced, by one */
  struct wal_cell cells[WAL_CELLS + 1];
  uint32_t sync_waiting;   /* of those who wait, who want a sync */
  bool due[WAL_CELLS + 1]; /* cells to wake once the lock is given back */
  bool any_due;
  status failed;
  char reason[ERR_MESSAGE_BYTES];

  /* the leader's */
  struct os_file *file; /* of the segment that the last encoded frame is in */
  uint64_t epoch;
  uint32_t previous_crc;
  bool first; /* no frame of this epoch was encoded yet */
};

/* ---- segment.c ---- */

/** Room for `more` further items; LUMA_OUT_OF_MEMORY changes nothing. */
status wal__segments_reserve(struct wal_segments *segments, size_t more, struct err *err);
/** Removes the first one. */
void wal__segments_drop_first(struct wal_segments *segments);
/** Makes an empty, zero-filled, durable segment file. */
status wal__segment_create(const struct wal_options *options, uint64_t number, uint64_t bytes,
                           struct err *err);
/** Opens segment `number` for writing. */
status wal__segment_open(const struct wal_options *options, uint64_t number, struct os_file **file,
                         struct err *err);
/** Makes sure, with the lock held (and let go of meanwhile), that the first spare has `bytes` at
 * least. */
status wal__spare_ensure(struct wal *wal, uint64_t bytes, struct err *err);

/* ---- turn.c: all with the lock held, and left so ---- */

static inline struct wal_segment *wal__last_used(struct wal *wal) {
  return &wal->used.items[wal->used.count - 1];
}
/** How far the open buffer may be filled, from its memory and its frame's place. */
void wal__set_limit(struct wal *wal);
/** Seals the open buffer, which is not empty, and fixes its place. The ring must have a free one.
 */
void wal__seal(struct wal *wal);
/** Whether there is something to write, or to sync if `sync`. */
bool wal__has_work(struct wal *wal, bool sync);
/** Whether a write may begin now: the device is idle, or the group reached a ceiling. */
bool wal__may_lead(struct wal *wal, bool sync);
/** Writes the next frame (in the modes without synced writes: all of them), and syncs if `sync`.
 * The lock is let go of meanwhile. Requires wal__has_work and that nobody leads. */
void wal__lead(struct wal *wal, bool sync);
/** Lets go of the lock, then wakes whoever the calls before made due. */
void wal__unlock_and_wake(struct wal *wal);
/** LUMA_OK, or LUMA_READ_ONLY with the reason. */
status wal__check_failed(const struct wal *wal, struct err *err);

#endif
