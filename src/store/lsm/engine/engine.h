/* SPDX-License-Identifier: MIT */
/* The engine: what one open database is made of, and who may touch what.
 *
 * Locks, in the order in which they are taken:
 *   commit_lock  orders commits: conflicts, counters, sequences, places in the log
 *   edit_lock    orders changes of the view together with the manifest's edits
 *   publishing   of those who make commits visible: one by one, in order
 *   retire_lock  guards the views that are no longer in place; held for moments only
 *   note_lock    guards why nothing is written any more, and what of the feed is trimmed
 * The log and each memtable have locks of their own below them all. Who begins or ends a snapshot
 * takes none of them (readers.h), unless its view was replaced meanwhile.
 *
 * Invariants:
 * 1. `visible` never exceeds what is durable in the modes always and group; in the others it is the
 * last commit.
 * 2. A view is in place before anything that is only in it becomes visible. So a view that was in
 * place when `visible` was read fits it.
 * 3. A commit is visible only after all before it: sequences have no holes. */
#ifndef STORE_LSM_ENGINE_ENGINE_H
#define STORE_LSM_ENGINE_ENGINE_H

#include "base/sync/sync.h"
#include "base/text/spare.h"
#include "store/lsm/blob/blob.h"
#include "store/lsm/dbfile/dbfile.h"
#include "store/lsm/engine/conflicts.h"
#include "store/lsm/engine/readers.h"
#include "store/lsm/engine/view.h"
#include "store/lsm/wal/wal.h"

/** Who reads one snapshot: what a txn begins with. `read_only` and `is_one_call` are the caller's
 * to set; the latter is under way from its beginning to its end, so that it is never revoked. */
struct engine_reader {
  struct readers_place *place;
  struct view *view;
  uint64_t seq, begun_us;
  struct store_pos position; /* newest visible at the snapshot */
  bool read_only, is_one_call;
};

enum {
  ENGINE_UNSEEN_MAX = 8192, /* commits ordered and not visible yet, at most */
  ENGINE_NEWEST = 16
};

/** A commit under way. */
struct engine_commit {
  _Atomic uint64_t state; /* twice its sequence; one more once it is in memory */
  uint64_t emits;
};

/** From the order of commits to what is visible (order.c). */
struct engine_order {
  struct engine_commit commits[ENGINE_UNSEEN_MAX]; /* by sequence, modulo */
  _Atomic uint64_t newest[ENGINE_NEWEST]; /* payloads of the last visible ones, by sequence */
  uint64_t inserted; /* commits up to here are known to be in memory; with commit_lock */
  struct mutex publishing;
  struct cond shown; /* with `publishing`: something became visible */
  uint32_t waiting;
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
  struct conflicts conflicts;    /* with commit_lock */
  uint64_t horizon;              /* of some moment ago: see engine_horizon */

  struct mutex edit_lock;
  struct manifest *manifest;
  struct engine_span compacting;

  struct readers readers;
  _Atomic(struct view *) view; /* in place; changed with edit_lock held */
  _Atomic uint32_t immutables_count;
  struct mutex retire_lock;
  struct view *retired;

  _Atomic uint64_t visible;
  struct engine_order order;

  struct mutex note_lock;
  struct store_pos trimmed; /* of the feed: oldest whose follower is known */
  status failed;            /* why nothing is written any more; LUMA_OK while it is */
  char reason[ERR_MESSAGE_BYTES];
  atomic_bool has_failed;
  struct {
    _Atomic uint64_t commits, conflicts, bytes_written;
  } counts;
  atomic_bool starved, has_ballast; /* a write found the disk full; the file BALLAST is there */

  struct spare spare; /* of the log of a transaction */

  struct engine_queue queue;

  struct mutex work_lock; /* of the background threads alone */
  struct cond work_due;
  struct thread *threads;
  uint32_t threads_count;
  bool stopping, work_is_due;
  struct mutex flush_lock,
      compact_lock; /* one flush and one compaction at a time; taken before all others */
};

/* ---- views and readers (snapshot.c) ---- */

/** The view now, with a reference for the caller. */
struct view *engine_view(struct engine *engine);
/** Puts a new view in place; takes over the caller's reference. With edit_lock held. */
void engine_set_view(struct engine *engine, struct view *view);
/** At closing: frees them all. Nobody reads. */
void engine_free_views(struct engine *engine);
/** Begins reading: a snapshot of what is visible. LUMA_BUSY: too many are open. */
status engine_reader_begin(struct engine *engine, struct engine_reader *reader, struct err *err);
void engine_reader_end(struct engine *engine, struct engine_reader *reader);
/** The oldest snapshot that is or may yet be taken: versions hidden from it are hidden from all. */
uint64_t engine_horizon(struct engine *engine);
/** The same among transactions that may write: what is older cannot conflict. */
uint64_t engine_conflict_horizon(struct engine *engine);
/** Takes files and range deletes from snapshots over the limit of age that nobody uses just now.
 * Answers the age of the oldest snapshot, 0 when there is none. */
uint64_t engine_revoke_old(struct engine *engine);

/* ---- visibility (order.c) ---- */

/** At opening: `last_seq` is what is visible. */
void engine_order_begin(struct engine *engine);
/** The position of the newest visible commit; its `high` is the commit's sequence. */
struct store_pos engine_newest(struct engine *engine);
/** Makes sure that engine_order has room; waits for the log while too many commits are not visible
 * yet. With commit_lock held. */
status engine_order_reserve(struct engine *engine, struct err *err);
/** Notes an ordered commit. With commit_lock held. */
void engine_order(struct engine *engine, uint64_t seq, uint64_t emits);
/** All of the commit is in memory. Before its record is given to the log. */
void engine_inserted(struct engine *engine, uint64_t seq);
/** In the modes that do not wait for the log: returns once the commit is visible. */
void engine_show(struct engine *engine, uint64_t seq);
/** Returns once every commit up to `seq` is in memory. With commit_lock held. */
void engine_wait_inserted(struct engine *engine, uint64_t seq);
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
