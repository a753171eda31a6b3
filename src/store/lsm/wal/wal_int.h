/* SPDX-License-Identifier: MIT */
/* The parts of an open log; shared by the files of this folder. */
#ifndef STORE_LSM_WAL_WAL_INT_H
#define STORE_LSM_WAL_WAL_INT_H

#include "base/sync/sync.h"
#include "store/lsm/dbfile/dbfile.h"
#include "store/lsm/wal/frame.h"
#include "store/lsm/wal/wal.h"

enum {
  WAL_RECORD_HEADER_BYTES = 4,
  WAL_SPARES_MAX = 2,
  WAL_FIRST_SEGMENT_BYTES = 1 << 20,
  WAL_SMALL_SEGMENT_BYTES = 64 << 10
};

/** A group of records with room for the frame's header before them; aligned for direct writes. */
struct wal_group {
  uint8_t *data;
  size_t bytes, capacity; /* bytes counts the header's room */
};

struct wal {
  struct wal_options options;
  struct mutex lock;
  struct cond changed; /* a leader finished, or a segment was made */

  /* under the lock */
  struct wal_group pending;
  struct wal_segments used, spares;
  uint64_t offset, lsn;  /* where the next frame goes */
  uint64_t segment_next; /* number of the next segment made */
  uint64_t edits;
  uint64_t appended_seq, written_seq, synced_seq;
  uint64_t bytes_written, syncs;
  bool leading, making;
  status failed;
  char reason[ERR_MESSAGE_BYTES];

  /* the leader's */
  struct os_file *file; /* the last used segment */
  struct wal_group writing;
  uint64_t epoch, durable_lsn;
  uint32_t previous_crc;
  bool first; /* no frame of this epoch was written yet */
};

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

#endif
