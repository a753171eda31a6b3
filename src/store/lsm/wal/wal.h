/* SPDX-License-Identifier: MIT */
/* The write-ahead log: records in the order of commits, made durable in groups.
 *
 * A commit reserves a place for its record in a buffer of the ring (wal/ring.h), in the order of
 * commits, and copies it there on its own. Whoever needs one written leads when the device is idle:
 * it seals the buffer, writes it as one frame (wal/frame.h), and so makes everything in it durable,
 * for all who wait. While the device is busy the next group gathers; it is written beside the one
 * under way only when it reached a ceiling: `batch_records`, the buffer's size, or
 * `batch_timeout_us`.
 *
 * Frames stand in segments: files allocated and zero-filled before use, so that a commit changes no
 * metadata, and used again when their records are in sorted files. With `synced_writes` a segment
 * is written around the page cache, each write durable when it returns; else through it, and synced
 * on demand.
 *
 * Invariants:
 * 1. A frame goes to the next segment only after every frame of the segments before is durable.
 * 2. A frame's durable lsn is a fact when it is written: recovery holds a bad frame below any such
 * claim for corruption, never for a torn tail.
 * 3. `synced` is told of commits in their order, each once its frame and all before are durable,
 * whatever the order in which writes ended.
 * 4. After the first failed write or sync nothing is written any more: the contents are unknown,
 * and a second try would only hide that. Running out of room is met before anything is reserved
 * (room is allocated first) and spoils nothing.
 *
 * Threads: any, except wal_open and wal_close, and that reservations are made by one at a time.
 * `synced` runs on a writer's thread without the log's lock. */
#ifndef STORE_LSM_WAL_WAL_H
#define STORE_LSM_WAL_WAL_H

#include "base/os/os.h"
#include "store/lsm/wal/ring.h"
#include "store/store.h"

struct wal;

struct wal_options {
  struct os *os;
  const char *directory;     /* outlives the log */
  uint64_t database;         /* in each frame: files of another database are never taken for ours */
  uint64_t segment_bytes;    /* the largest usual segment, a multiple of 4096; a larger group gets a
                                segment of its own */
  uint64_t batch_bytes;      /* a buffer's, so the usual size of a group at most */
  uint32_t batch_records;    /* a group of so many is written though the device is busy */
  uint64_t batch_timeout_us; /* so is one that waited for so long */
  bool synced_writes;        /* O_DIRECT where the file system allows, and O_DSYNC */
  bool eager;                /* do not wait for the device to be idle */
  /* salvage: wal_recover passes over frames that cannot be read and tells them here; may be NULL */
  store_check_fn *lost;
  void *lost_context;
  void (*synced)(void *context, uint64_t seq); /* everything up to `seq` is durable */
  void *context;
};

/** Where replay begins: the first frame of a segment. */
struct wal_start {
  uint64_t segment, lsn;
  uint32_t previous_crc;
};

/** A file of the log. */
struct wal_segment {
  struct wal_start start; /* of a spare only the number counts */
  uint64_t bytes;
  bool is_begun; /* of a used one: its first frame is encoded, so that `start` is complete */
};
struct wal_segments {
  struct wal_segment *items;
  size_t count, capacity;
};

/** Where the log ends, as recovery found it. */
struct wal_end {
  struct wal_segments used;   /* oldest first; at least one */
  struct wal_segments spares; /* not begun, ascending */
  uint64_t offset;            /* in the last used segment */
  uint64_t lsn;
  uint32_t crc;         /* of the last frame */
  uint64_t edits;       /* the most manifest edits that a frame knows of */
  uint64_t durable_lsn; /* everything below was durable, a frame says */
};

struct wal_stats {
  uint64_t bytes, bytes_written, syncs;
};

/** Takes one record, in order; a status other than LUMA_OK stops the replay. */
typedef status wal_replay_fn(void *context, struct slice record, struct err *err);

/** Reads the log from `start` on and replays every record. A torn tail ends the log; LUMA_CORRUPT
 * (file, offset) when what is missing or bad was durable once. Writes nothing. */
status wal_recover(const struct wal_options *options, struct wal_start start, wal_replay_fn *replay,
                   void *context, struct wal_end *end, struct err *err);
void wal_end_deinit(struct wal_end *end);

/** Makes the first segment of a new database and makes it durable. */
status wal_create_first(const struct wal_options *options, struct wal_start start, struct err *err);
/** Begins to write where recovery found the end. What no frame shows to have been durable is
 * written again and synced: after a failed sync the page cache may hold what the disk never got. So
 * are the names of the segments. A frame that was cut short is erased.
 * `seq` is the last record's.
 */
status wal_open(const struct wal_options *options, const struct wal_end *end, uint64_t seq,
                struct wal **wal, struct err *err);
/** Frees without writing: call wal_write first. */
void wal_close(struct wal *wal);

/** Reserves a place for the record of commit `seq` (ascending; a second record may have the same).
 * LUMA_OUT_OF_MEMORY, LUMA_DISK_FULL (no room for another segment) and LUMA_READ_ONLY (the log
 * failed before) change nothing. One caller at a time. What was reserved must be filled soon. */
status wal_reserve(struct wal *wal, uint64_t seq, size_t record_bytes, struct ring_place *place,
                   struct err *err);
/** Copies the record, of just the bytes that were reserved. Any thread, beside others. */
void wal_fill(const struct ring_place *place, struct slice record);
/** Both at once. */
status wal_append(struct wal *wal, uint64_t seq, struct slice record, struct err *err);
/** Returns once everything up to commit `seq`, which is filled, is written, and synced too if
 * `sync`. */
status wal_write(struct wal *wal, uint64_t seq, bool sync, struct err *err);
/** The same for everything appended so far, second records too. */
status wal_write_all(struct wal *wal, bool sync, struct err *err);
/** Everything up to this commit is durable. */
uint64_t wal_synced_seq(struct wal *wal);
/** Bytes reserved and not yet written. */
uint64_t wal_pending_bytes(struct wal *wal);

/** The place from which everything reserved from now on can be replayed. */
struct wal_start wal_mark(struct wal *wal);
/** Bytes of log since a mark, without the group that gathers. */
uint64_t wal_bytes_since(struct wal *wal, struct wal_start start);
/** Segments before `start.segment` are needed no more: they are used again or removed. */
void wal_release(struct wal *wal, struct wal_start start);
/** Makes the next segment now if there is none, so that no commit has to wait for it. */
status wal_prepare(struct wal *wal, struct err *err);
/** From now on frames say that `edits` manifest edits are durable. */
void wal_witness(struct wal *wal, uint64_t edits);
void wal_get_stats(struct wal *wal, struct wal_stats *stats);
/** LUMA_OK, or why nothing is written any more. */
status wal_check(struct wal *wal, struct err *err);

#endif
