/* SPDX-License-Identifier: MIT */
/* Parts shared by the files of this folder. */
#ifndef STORE_LSM_COMPACT_COMPACT_INT_H
#define STORE_LSM_COMPACT_COMPACT_INT_H

#include "store/lsm/compact/compact.h"

enum {
  COMPACT_LEVEL0_FILES = 4, /* so many make level 0 due */
  COMPACT_FEED_FILES = 8,   /* so many small files of the feed are joined */
  COMPACT_LEVEL_RATIO = 10,
  COMPACT_LEVEL1_FILES = 4, /* level 1 is due beyond so many times file_bytes */
};

/** Blob files of which less than half is still referred to. */
struct compact_sparse {
  uint64_t *numbers; /* ascending */
  size_t count;
};
status compact__sparse_collect(const struct view *view, struct compact_sparse *sparse,
                               struct err *err);
void compact__sparse_deinit(struct compact_sparse *sparse);
bool compact__is_sparse(const struct compact_sparse *sparse, uint64_t number);
/** Does the file refer to one of them? */
bool compact__refers_to_sparse(const struct compact_sparse *sparse, const struct sorted_file *file);

/** Files being written: entries of one space in order, cut into files. */
struct compact_outputs {
  struct engine *engine;
  const struct view *view; /* boundaries to cut at; NULL: cut by size only */
  uint8_t space;
  uint64_t cleaned; /* see manifest_file */
  uint64_t file_bytes;
  const struct compact_sparse *sparse; /* their values are written again; NULL: none are */
  struct sorted_writer *writer;        /* NULL between files */
  struct blob_writer *blob;            /* NULL: nothing large in this file so far */
  struct blob_info blob_name;
  uint64_t number;
  uint32_t boundaries[VIEW_LEVELS]; /* per level, the first file that begins after the last key */
  struct view_added *items;
  size_t count, capacity;
};

/** Appends an entry, beginning and ending files as needed. */
status compact__outputs_add(struct compact_outputs *outputs, const struct lsm_entry *entry,
                            struct err *err);
/** Ends the last file, if one was begun, and makes the directory durable. */
status compact__outputs_finish(struct compact_outputs *outputs, struct err *err);
/** Lets go of everything; with `remove`, the files too. */
void compact__outputs_deinit(struct compact_outputs *outputs, bool remove);

/** The range deletes of one space up to a sequence. */
struct compact_ranges {
  struct merge_range_delete *items;
  uint32_t count;
  uint64_t cleaned; /* the highest of them, whatever the space */
};
status compact__ranges_collect(const struct view *view, uint8_t space, uint64_t seq_max,
                               struct compact_ranges *ranges, struct err *err);
void compact__ranges_deinit(struct compact_ranges *ranges);

/** A merge into new files. */
struct compact_merge {
  struct engine *engine;
  const struct view *view;
  uint8_t space;
  const struct merge_source *sources;
  uint32_t sources_count;
  int bottom; /* deletes may go where no file below this level has the key; VIEW_LEVELS: they stay
               */
  uint64_t ranges_seq; /* range deletes up to here are applied */
  struct compact_outputs *outputs;
};
/** Runs it: the newest version of each key goes to the outputs. */
status compact__merge(const struct compact_merge *merge, struct err *err);

/** A change of files, to be made durable and put in place. */
struct compact_install {
  struct view_added *added; /* with `place`, levels are chosen here */
  size_t added_count;
  const uint64_t *removed;
  size_t removed_count;
  bool flushed; /* the oldest immutable memtable is in `added` */
};
/** All or nothing; takes edit_lock. After LUMA_READ_ONLY the files of `added` must stay: the edit
 * may be durable. */
status compact__install(struct engine *engine, const struct compact_install *install,
                        struct err *err);

/** Flushes the oldest immutable memtable; nothing to do is LUMA_OK. */
status compact__flush_one(struct engine *engine, struct err *err);
/** Does the most urgent compaction; `*done` false when none is due. */
status compact__step(struct engine *engine, bool *done, struct err *err);

#endif
