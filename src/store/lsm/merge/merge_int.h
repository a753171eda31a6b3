/* SPDX-License-Identifier: MIT */
/* Inside the merge module: one source as the iterator sees it, and the iterator. */
#ifndef STORE_LSM_MERGE_MERGE_INT_H
#define STORE_LSM_MERGE_MERGE_INT_H

#include "store/lsm/merge/merge.h"

/** Where a source will go: of the memtable's or the file's it is one or the other. */
enum { MERGE_TOGETHER = 16 };
struct merge__ahead {
  struct memtable_cursor cursors[MERGE_TOGETHER];
  struct sorted_ahead places[MERGE_TOGETHER];
};
_Static_assert((int)MERGE_TOGETHER <= (int)MEMTABLE_TOGETHER, "a memtable looks for as many");
_Static_assert((int)MERGE_TOGETHER <= (int)SORTED_TOGETHER, "a file looks for as many");

/** A source and its place. While live it stands at an entry: going by keys, at the first one (in
 * the iterator's direction) of a key. */
struct merge__source {
  enum merge_source_kind kind;
  bool backwards, no_fill, is_live;
  uint64_t seq_max;
  struct slice key; /* of the place */
  uint64_t seq;
  const void *pinned; /* what the batch holds of this source, the last of it */
  struct memtable *memtable;
  struct memtable_cursor memtable_cursor;
  const struct memtable_entry
      *entry; /* of the place: the newest of the key, or a version when going by entries */
  struct sorted_file *const *files;
  uint32_t files_count, file_at;
  struct sorted_cursor cursor; /* in files[file_at]; its file is NULL before the first */
};

/** The visible version of a key. */
struct merge__row {
  bool is_found;
  enum block_kind kind;
  uint64_t seq;
  struct slice key, value;  /* the value as it stands: for BLOCK_APART a handle */
  struct sorted_file *file; /* it is of; NULL: of a memtable */
  struct cache_block
      *block; /* holds key and value, one reference for the taker; NULL: a memtable does */
};

void merge__source_init(struct merge__source *source, const struct merge_source *given,
                        const struct merge_options *options);
void merge__source_deinit(struct merge__source *source);

/** Forwards: to the first entry at or after `key`; backwards: to the last before it. NULL: to the
 * first or last of all. */
status merge__source_place(struct merge__source *source, const struct slice *key, struct err *err);
/** Places a live one, which stands before `key`: from where it stands, if that is near. */
status merge__source_seek(struct merge__source *source, struct slice key, struct err *err);
/** Looks for `count` keys, ascending, at most MERGE_TOGETHER, behind the place of a live one. */
void merge__source_look_ahead(const struct merge__source *source, uint8_t space,
                              const struct slice *keys, uint32_t count, struct merge__ahead *ahead);
/** As merge__source_seek for the nth of them. */
status merge__source_arrive(struct merge__source *source, struct merge__ahead *ahead, uint32_t nth,
                            struct slice key, struct err *err);
void merge__ahead_let_go(struct merge__ahead *ahead);
/** Answers the version of the current key that is visible and moves to the next key. */
status merge__source_resolve(struct merge__source *source, struct merge__row *row, struct err *err);
/** Moves one entry on, forwards. */
status merge__source_step(struct merge__source *source, struct err *err);
/** Takes over the cursor's new index after a walk inside its block. */
void merge__source_moved(struct merge__source *source);

/** The iterator. Live sources stand in the order of their keys, so the first is the next to answer
 * and the second says how far it may go alone. */
struct merge {
  uint8_t space;
  bool backwards, no_fill, keeps_references, is_placed;
  bool is_at_entry; /* going by entries: the first live source stands at the one answered last */
  status failed;    /* a step that failed left the sources where nobody expects them */
  struct slice from, to;
  struct merge__source *sources, **live;
  struct merge__ahead *ahead; /* of each source, for picking; NULL: not made */
  uint32_t sources_count, live_count;
  struct merge_range_delete *range_deletes; /* those that reach into the range */
  uint32_t range_deletes_count;
  struct buf bounds, seek_key;
  struct store_pins pins;         /* of the last batch */
  size_t batch_bytes;             /* they hold in memory */
  struct cache_block *value;      /* of the last merge_entry */
  uint64_t seqs[STORE_BATCH_MAX]; /* filled with each batch; the last, for it is not cleared */
};

/** Places every source at `key`, or at its first entry. */
status merge__place_at(struct merge *merge, const struct slice *key, struct err *err);
/** Places every source at the start of the range, once. */
status merge__place_at_start(struct merge *merge, struct err *err);
/** The live source at `at`, and none before it, has moved: puts it where it belongs among those
 * behind it, or leaves it out. */
void merge__sift(struct merge *merge, uint32_t at);
/** Puts a source whose place has changed where it belongs among the live ones; one that ran out of
 * the range is left out. */
void merge__add_live(struct merge *merge, struct merge__source *source);
/** Appends rows of the live sources until there are `max`, or much memory is held, or no source is
 * live. */
status merge__take(struct merge *merge, uint32_t max, struct store_rows *rows, struct err *err);
/** Drops what the last batch held. */
void merge__let_go(struct merge *merge);

#endif
