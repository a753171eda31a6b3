/* SPDX-License-Identifier: MIT */
/* A view: everything a reader has to look at, at one moment: the memtable in use, those waiting to
 * be flushed, the sorted files by space and level, and the range deletes that may still hide
 * something.
 *
 * Invariants:
 * 1. A view never changes, but for what is inserted into its active memtable (with sequences above
 * every snapshot taken before). So a transaction that holds a view and a sequence reads the same
 * for as long as it likes, and flush and compaction need to keep nothing for it: the files it reads
 * live as long as the view.
 * 2. For each key, every version in the active memtable is newer than every one in the immutable
 * ones (newest first), those newer than every one in level 0 (newest first), those newer than level
 * 1, and so on.
 * 3. Files of level 1 and below do not overlap and stand in key order.
 *
 * A view is counted twice: who reads from its files holds both counts, who was told that its
 * snapshot is too old keeps the memtables alone, in which what it read may lie.
 *
 * Threads: immutable and counted; any thread. */
#ifndef STORE_LSM_ENGINE_VIEW_H
#define STORE_LSM_ENGINE_VIEW_H

#include <stdatomic.h>

#include "store/lsm/manifest/manifest.h"
#include "store/lsm/memtable/memtable.h"
#include "store/lsm/merge/merge.h"
#include "store/lsm/sorted/sorted.h"

/** The engine's own space: the feed, keyed by position (two u64, big endian). */
enum {
  VIEW_FEED = STORE_SPACES,
  VIEW_SPACES = STORE_SPACES + 1,
  VIEW_LEVELS = MANIFEST_LEVELS,
  VIEW_IMMUTABLES_MAX = 4
};

/** Files of one space and level, with what the manifest says beside them. */
struct view_level {
  struct sorted_file **files;
  uint64_t *cleaned; /* range deletes up to here were applied when the file was written */
  uint32_t count;
};

/** Range deletes, oldest first; one counted piece of memory, shared by views. */
struct view_ranges {
  _Atomic uint32_t references;
  uint32_t count;
  struct manifest_range items[];
};

/** A memtable with the place in the log from which it can be made again. */
struct view_memtable {
  struct memtable *memtable;
  struct wal_start start;
  uint64_t seq,
      emits; /* of an immutable one: the last commit in it, and how many payloads that emitted */
};

struct view {
  _Atomic uint32_t references; /* all who hold it */
  _Atomic uint32_t holds;      /* those who hold the files and range deletes too */
  uint32_t immutables_count;
  struct view_memtable active;
  struct view_memtable immutables[VIEW_IMMUTABLES_MAX]; /* newest first */
  struct view_ranges *ranges;                           /* NULL: none */
  struct view_level levels[VIEW_SPACES][VIEW_LEVELS];

  /* of a view that another took the place of; the engine's (readers.c) */
  struct view *next_retired;
  bool is_stripped; /* the engine no longer holds its files */
};

/** A file that a new view gets. */
struct view_added {
  struct sorted_file *file;
  uint8_t level;
  uint64_t cleaned;
  uint64_t blob; /* number of the blob file that was written with it; 0: none */
};

/** How a new view differs from an old one. */
struct view_change {
  const struct view_memtable
      *rotate; /* becomes active; the old active becomes the newest immutable */
  uint64_t rotate_seq, rotate_emits; /* its last commit */
  bool drop_oldest;                  /* the oldest immutable is flushed */
  const struct view_added *added;
  size_t added_count;
  const uint64_t *removed; /* file numbers */
  size_t removed_count;
  struct view_ranges *ranges; /* with has_ranges: replaces the list (may be NULL); the view takes
                                 its own reference */
  bool has_ranges;
};

/** A view of nothing but `active`, one reference; the view takes its own reference on the memtable.
 */
status view_create(struct view_memtable active, struct view **view, struct err *err);
/** The old view with a change, one reference. */
status view_change(const struct view *old, const struct view_change *change, struct view **view,
                   struct err *err);
void view_acquire(struct view *view);
void view_release(struct view *view);
/** Gives up the caller's hold on files and range deletes; the rest ends with view_release_rest. */
void view_strip(struct view *view);
void view_acquire_rest(struct view *view);
void view_release_rest(struct view *view);

/** A list of `count` ranges with room for `bytes` of keys, filled by view_ranges_add; one
 * reference. */
status view_ranges_create(const struct manifest_range *items, uint32_t count,
                          struct view_ranges **ranges, struct err *err);
void view_ranges_release(struct view_ranges *ranges);

/** The highest sequence up to `seq_max` of a range delete that covers the key; 0 = none. */
uint64_t view_cover(const struct view *view, uint8_t space, struct slice key, uint64_t seq_max);

/** The newest version of `key` up to `seq_max` whatever it is, range deletes not applied. */
status view_get(const struct view *view, uint8_t space, struct slice key, uint64_t seq_max,
                struct entry_found *found, struct store_pins *pins, struct err *err);
/** True when a version of `key`, or a range delete over it, is newer than `seq`. */
status view_is_newer(const struct view *view, uint8_t space, struct slice key, uint64_t seq,
                     bool *newer, struct err *err);
/** True when anything in the range is newer than `seq`. */
status view_range_is_newer(const struct view *view, uint8_t space, struct store_range range,
                           uint64_t seq, bool *newer, struct err *err);

/** Does a file of the view refer to this blob file? */
bool view_refers(const struct view *view, uint64_t blob);

/** How much of a blob file the sorted files of a view refer to. */
struct view_share {
  uint64_t number;
  uint64_t live_values, live_bytes; /* referred to */
  uint64_t values, value_bytes;     /* written */
};
/** Of every blob file, by number; `*shares` is the caller's, from mem_alloc, NULL when there are
 * none. */
status view_shares(const struct view *view, struct view_share **shares, size_t *count,
                   struct err *err);

/** Sources for merging everything of one space; `room` must have view_sources_count. Answers how
 * many were filled. */
uint32_t view_sources_count(const struct view *view, uint8_t space);
uint32_t view_sources(const struct view *view, uint8_t space, uint64_t seq_max,
                      struct merge_source *room);

/** In the half-open range? An empty `to` has no end. */
static inline bool range_has(struct slice from, struct slice to, struct slice key) {
  return slice_compare(from, key) <= 0 && (to.bytes == 0 || slice_compare(key, to) < 0);
}
/** Does a file's closed span of keys meet the range? */
static inline bool range_meets(struct slice from, struct slice to, const struct sorted_info *info) {
  return slice_compare(info->key_max, from) >= 0 &&
         (to.bytes == 0 || slice_compare(info->key_min, to) < 0);
}

#endif
