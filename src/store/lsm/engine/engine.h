/* SPDX-License-Identifier: MIT */
/* The engine: what one open database is made of, and who may touch what.
 *
 * Locks, in the order in which they are taken:
 *   commit_lock  orders commits: sequences, the active memtable's writing, the log's appending
 *   edit_lock    orders changes of the view together with the manifest's edits
 *   view_lock    guards the pointer to the view, what is visible, and the list of transactions;
 * held for moments only The log has a lock of its own below them all.
 *
 * Invariants:
 * 1. `visible` never exceeds what is durable in the modes always and group; in the others it is the
 * last commit.
 * 2. A view is in place before anything that is only in it becomes visible. So view and `visible`,
 * taken together under view_lock, fit.
 * 3. Transactions begin in the order of their snapshots: the first in the list has the oldest. */
#ifndef STORE_LSM_ENGINE_ENGINE_H
#define STORE_LSM_ENGINE_ENGINE_H

#include "base/sync/sync.h"
#include "store/lsm/blob/blob.h"
#include "store/lsm/dbfile/dbfile.h"
#include "store/lsm/engine/view.h"
#include "store/lsm/wal/wal.h"

/** A transaction in the engine's list: what a txn begins with. */
struct engine_reader {
  struct engine_reader *older, *newer;
  struct view *view;
  uint64_t seq, begun_us;
  struct store_pos position; /* newest visible at the snapshot */
  bool read_only;
};

/** A commit that is ordered and not visible yet. */
struct engine_unseen {
  uint64_t seq, emits;
};

/** Keys that a running compaction reads and will write. */
struct engine_span {
  bool busy;
  uint8_t space;
  struct slice from, last; /* closed; borrowed from the files compacted */
};

/** Commits that nobody waits for, and the thread that makes them durable. */
struct engine_queue {
  struct mutex lock;
  struct cond due;
  struct thread thread;
  bool has_thread, stopping; /* stopping: under the lock */
  atomic_bool is_idle;       /* the thread waits for `seq` to rise */
  _Atomic uint64_t seq;      /* commits up to here are to become durable */
};

/** The options of lsm.h with defaults filled in. */
struct engine_options {
  bool create, read_only;
  enum store_sync_mode sync_mode;
  uint64_t sync_period_us, batch_timeout_us;
  uint32_t batch_size;
  uint64_t wal_segment_bytes, memtable_bytes, block_bytes, block_cache_bytes, kept_bytes,
      file_bytes, feed_bytes_max, blob_value_bytes, snapshot_age_max_us;
  uint32_t background_threads;
  struct store_listener listener;
  store_check_fn *lost; /* salvage; NULL = none */
  void *lost_context;
};

struct engine {
  struct store store; /* first */
  struct os *os;
  char *directory;
  struct engine_options options;
  bool visible_when_durable;
  struct os_file *lock_file;
  struct cache *cache;
  struct blobs *blobs;
  struct wal *wal;            /* NULL when read only */
  _Atomic uint64_t synced_us; /* periodic, without threads: when the log was last synced */

  struct mutex commit_lock;
  uint64_t last_seq, last_emits; /* the last commit, and how many payloads it emitted */

  struct mutex edit_lock;
  struct manifest *manifest;
  struct engine_span compacting;

  struct mutex view_lock;
  struct view *view;
  _Atomic uint64_t visible;
  struct store_pos newest,
      trimmed; /* of the feed: newest visible; oldest whose follower is known */
  struct engine_reader *oldest_reader, *newest_reader;
  struct engine_unseen *unseen; /* a ring, oldest at unseen_first */
  size_t unseen_first, unseen_count, unseen_capacity;
  struct store_stats counts; /* commits, conflicts, bytes read and written; the rest is asked for */
  status failed;             /* why nothing is written any more; LUMA_OK while it is */
  char reason[ERR_MESSAGE_BYTES];
  atomic_bool starved, has_ballast; /* a write found the disk full; the file BALLAST is there */

  struct engine_queue queue;

  struct mutex work_lock; /* of the background threads alone */
  struct cond work_due;
  struct thread *threads;
  uint32_t threads_count;
  bool stopping, work_is_due;
  struct mutex flush_lock,
      compact_lock; /* one flush and one compaction at a time; taken before all others */
};

/* ---- views and readers ---- */

/** The view now, with a reference for the caller. */
struct view *engine_view(struct engine *engine);
/** Puts a new view in place; takes over the caller's reference. With edit_lock held. */
void engine_set_view(struct engine *engine, struct view *view);
/** Begins reading: a snapshot of what is visible, in the list. */
void engine_reader_begin(struct engine *engine, struct engine_reader *reader);
void engine_reader_end(struct engine *engine, struct engine_reader *reader);
/** The oldest snapshot that is or may yet be taken: versions hidden from it are hidden from all. */
uint64_t engine_horizon(struct engine *engine);
/** The same among transactions that may write: what is older cannot conflict. */
uint64_t engine_conflict_horizon(struct engine *engine);

/* ---- visibility ---- */

/** Makes sure that engine_order cannot fail. */
status engine_order_reserve(struct engine *engine, struct err *err);
/** Notes an ordered commit; makes it visible at once unless that waits for the log. With
 * commit_lock held. */
void engine_order(struct engine *engine, uint64_t seq, uint64_t emits);
/** The log's callback: everything up to `seq` is durable. */
void engine_synced(void *context, uint64_t seq);

/* ---- queued commits ---- */

/** Starts the thread that makes queued commits durable, in the modes that promise it and with
 * background threads. */
status engine_queue_start(struct engine *engine, struct err *err);
/** Ends it; commits that are queued still may stay unwritten. */
void engine_queue_stop(struct engine *engine);
/** Commit `seq` is to become durable soon, without anybody who waits. Without the thread it does
 * with the next commit that is waited for. */
void engine_queue_add(struct engine *engine, uint64_t seq);

/* ---- trouble ---- */

/** From now on nothing is written: a write or sync failed, with `err` saying how. */
void engine_fail(struct engine *engine, const struct err *err);
/** LUMA_OK, or LUMA_READ_ONLY with the reason. */
status engine_check_writable(struct engine *engine, struct err *err);

/* ---- room on the disk (room.c) ---- */

/** A write found no room: until there is some only commits that free room are taken. Lets the
 * ballast go for them; true when there was one, so that the write may be tried once more. */
bool engine_starve(struct engine *engine);
/** Makes the ballast if there is none and room enough. */
void engine_ballast(struct engine *engine);
/** LUMA_OK when nothing found the disk full, when there is room again, or when the commit `frees`
 * room; else LUMA_DISK_FULL. */
status engine_check_room(struct engine *engine, bool frees, struct err *err);
/** At opening for writing, before anything is written: a full disk gets the ballast. */
void engine_room_open(struct engine *engine);

/* ---- memtable rotation and range deletes ---- */

/** Makes a new memtable the active one. With commit_lock held; LUMA_BUSY when too many wait to be
 * flushed. */
status engine_rotate(struct engine *engine, struct err *err);
/** The view with more range deletes, not yet in place. With commit_lock and edit_lock held. */
status engine_view_with_ranges(struct engine *engine, const struct manifest_range *more,
                               uint32_t count, struct view **next, struct err *err);

#endif
