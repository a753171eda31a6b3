/* SPDX-License-Identifier: MIT */
/* Merging: one ordered answer from many memtables and sorted files.
 *
 * Rows: merge_rows gives, for each user key of a range, its newest version visible to the reader,
 * in batches, forwards or backwards, without deleted keys and without copying: keys and values
 * stand in blocks and memtables that the iterator holds. Where one source is alone for a stretch
 * (sorted files hardly overlap when ids come in time order), its block is walked in a tight loop
 * without comparing anything with other sources. Entries: merge_entry gives all versions of all
 * keys, for flush, compaction and checks.
 *
 * Threads: an iterator belongs to one thread. Sources are borrowed: the caller keeps memtables and
 * files referenced and the arrays of options in place until merge_close. Rows survive in pins
 * (merge_keep), which hold their own references. */
#ifndef STORE_LSM_MERGE_MERGE_H
#define STORE_LSM_MERGE_MERGE_H

#include "store/lsm/memtable/memtable.h"
#include "store/lsm/sorted/sorted.h"
#include "store/store.h"

struct merge;

enum merge_source_kind {
  MERGE_MEMTABLE,
  MERGE_FILES, /* sorted files of one space whose key ranges do not overlap, in key order: a level,
                  or one file */
};

/** Where entries come from. No (key, seq) is in two sources. */
struct merge_source {
  enum merge_source_kind kind;
  uint64_t seq_max; /* versions above are invisible in this source: the snapshot, or UINT64_MAX for
                       a transaction's own writes */
  struct memtable *memtable;
  struct sorted_file *const *files;
  uint32_t files_count;
};

/** A range delete the reader sees: hides versions of keys in [from, to) (`to` empty: no bound) with
 * a sequence below `seq`. */
struct merge_range_delete {
  struct slice from, to;
  uint64_t seq;
};

struct merge_options {
  uint8_t space;
  bool backwards; /* for rows only */
  bool no_fill;   /* read around the cache: for compaction */
  bool
      keeps_references; /* merge_entry hands out references to blob files, not what they refer to */
  struct store_range range;
  const struct merge_source *sources; /* any order */
  uint32_t sources_count;
  const struct merge_range_delete
      *range_deletes; /* those of the space that the reader sees, any order */
  uint32_t range_deletes_count;
};

/** Copies the options (not what they point to) and the range's bounds. Ends with merge_close. */
status merge_open(const struct merge_options *options, struct merge **merge, struct err *err);
void merge_close(struct merge *merge);

/** Up to `max` (1 to STORE_BATCH_MAX) rows; count 0 = the end. Fewer than `max` is not the end:
 * batches are also cut by the bytes they hold in memory. Borrowed until the next call. */
status merge_rows(struct merge *merge, uint32_t max, struct store_rows *rows, struct err *err);
/** The sequence of each of the last batch's rows, `rows->count` of them; borrowed until the next
 * call. */
const uint64_t *merge_seqs(const struct merge *merge);
/** Jumps in the iterator's direction: the next row is the first at or past `key`. A key that lies
 * behind moves nothing. */
status merge_seek(struct merge *merge, struct slice key, struct err *err);
/** Up to `max` rows of the ranges picked (store_cursor_pick); count 0 = the end. An iterator that
 * goes forwards and is used for nothing else. Each source is placed in many ranges at once, so that
 * what memory takes for one is used for the others. */
status merge_pick(struct merge *merge, struct store_pick *pick, uint32_t max,
                  struct store_rows *rows, struct err *err);
/** Moves what keeps the last batch in place into `pins`. */
status merge_keep(struct merge *merge, struct store_pins *pins, struct err *err);

/** The next version, in the order of entries, range deletes not applied; of a key's versions in a
 * memtable none older than the newest up to the source's `seq_max`. `*found` false at the end.
 * Borrowed until the next call. Not to be mixed with merge_rows on one iterator. */
status merge_entry(struct merge *merge, struct lsm_entry *entry, bool *found, struct err *err);

#endif
