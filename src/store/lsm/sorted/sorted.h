/* SPDX-License-Identifier: MIT */
/* Sorted files: immutable runs of entries of one space, in order (spec/sorted-file.md has every
 * byte).
 *
 * Data blocks, values too large for a block, filter pages, index blocks and, where keys are asked
 * for one by one, the table of places, then the tail (properties, checksums of pages, root index)
 * and a footer of fixed size. Every checksum stands in
 * the parent: a data block's in the index, an index block's in the root, the root's in the tail,
 * the tail's in the footer. So bytes that were moved, lost or are of another time are found as well
 * as bytes that changed. What fails its check is LUMA_CORRUPT with file and offset.
 *
 * Threads: a writer belongs to one thread. A file is immutable and shared by any number; a cursor
 * belongs to one thread. */
#ifndef STORE_LSM_SORTED_SORTED_H
#define STORE_LSM_SORTED_SORTED_H

#include "base/os/os.h"
#include "store/lsm/blob/blob.h"
#include "store/lsm/block/block.h"
#include "store/lsm/cache/cache.h"
#include "store/store.h"

struct sorted_file;
struct sorted_writer;

enum { SORTED_FORMAT_VERSION = 2, SORTED_UUID_BYTES = 16 };

/** What a file refers to in a blob file. */
struct sorted_blob {
  uint64_t number;
  uint8_t uuid[BLOB_UUID_BYTES];
  uint64_t values, value_bytes;
};

/** What a file says of itself. Slices are borrowed from the file, or from the writer until it is
 * destroyed. */
struct sorted_info {
  uint64_t number;                 /* the file's number in its store */
  uint8_t uuid[SORTED_UUID_BYTES]; /* unlike any other file's */
  uint8_t hash[16];                /* of the tail, and through it of everything in the file */
  uint8_t space;
  uint64_t file_bytes, entries, keys, deletes;
  uint64_t seq_min, seq_max;
  struct slice key_min, key_max;   /* the first and last key */
  const struct sorted_blob *blobs; /* by number */
  size_t blobs_count;
};

/* ---- writing ---- */

struct sorted_writer_options {
  struct os *os;
  const char *path; /* must not exist */
  uint64_t number;
  uint8_t uuid[SORTED_UUID_BYTES];
  uint8_t space;
  enum block_codec codec;
  uint32_t block_bytes; /* 0 = 16 KiB; values over a quarter of it stand apart */
  bool has_places;      /* with a table of places: for keys that are asked for one by one */
};

/** Makes the file. Ends with sorted_writer_destroy in every case. */
status sorted_writer_create(const struct sorted_writer_options *options,
                            struct sorted_writer **writer, struct err *err);
/** Appends an entry, strictly after the last one in the order of entries. After an error only
 * destroy is allowed. */
status sorted_writer_add(struct sorted_writer *writer, const struct lsm_entry *entry,
                         struct err *err);
/** Bytes the file has so far, about; entries added so far. For cutting. */
uint64_t sorted_writer_bytes(const struct sorted_writer *writer);
uint64_t sorted_writer_entries(const struct sorted_writer *writer);
/** Writes what is left and syncs the file (its directory is the caller's to sync). At least one
 * entry must have been added. */
status sorted_writer_finish(struct sorted_writer *writer, struct sorted_info *info,
                            struct err *err);
/** Frees the writer; a file that was not finished is removed. */
void sorted_writer_destroy(struct sorted_writer *writer);

/* ---- reading ---- */

struct sorted_open_options {
  struct os *os;
  const char *path;
  struct cache *cache; /* outlives the file */
  uint64_t number;     /* must be the file's */
  const uint8_t *uuid; /* must be the file's; NULL = not known */
  struct blobs *blobs; /* of the database, outlives the file; NULL: values in blobs are not there */
  /* salvage: cursors pass over what is damaged and tell it here; may be NULL */
  store_check_fn *lost;
  void *lost_context;
};

/** Opens and verifies footer and tail; one reference. LUMA_CORRUPT, LUMA_VERSION_TOO_NEW,
 * LUMA_NOT_FOUND, LUMA_IO_ERROR. */
status sorted_open(const struct sorted_open_options *options, struct sorted_file **file,
                   struct err *err);
void sorted_acquire(struct sorted_file *file);
/** Lets go of one reference; the last closes the file and forgets its blocks. */
void sorted_release(void *object);
/** Borrowed; lives as long as the file. */
const struct sorted_info *sorted_get_info(const struct sorted_file *file);
/** The nth blob file of its info, borrowed; NULL when opened without blobs. */
const struct blob_file *sorted_get_blob(const struct sorted_file *file, size_t nth);

/** Keys that stand some megabytes apart, ascending, as many as the file's root index knows (none of
 * a small file). Borrowed from the file. */
uint32_t sorted_cuts_count(const struct sorted_file *file);
struct slice sorted_cut(const struct sorted_file *file, uint32_t nth);
/** Gives `each` keys of the range that stand some hundred kilobytes apart, ascending, which takes
 * reading the index; valid during the call. What cannot be read of it gives none. */
typedef status sorted_cut_fn(void *context, struct slice key, struct err *err);
status sorted_cut_finely(const struct sorted_file *file, struct store_range range,
                         sorted_cut_fn *each, void *context, struct err *err);

/** What keys of a range take. */
struct sorted_measure {
  uint64_t raw_bytes, stored_bytes;
  bool is_compressed;
};
/** Adds what the range takes in the file: its blocks, by the index; when all of the file is within
 * the range, all of the file and of what it has in blob files. */
status sorted_measure(struct sorted_file *file, struct store_range range,
                      struct sorted_measure *measure, struct err *err);

/** The newest version of `key` at or below `seq_max`. What keeps the value in place is added to
 * `pins`. */
status sorted_get(struct sorted_file *file, struct slice key, uint64_t seq_max,
                  struct entry_found *found, struct store_pins *pins, struct err *err);

/** One of many lookups: the newest version of `key` at or below `seq_max` in `file`. */
struct sorted_lookup {
  struct sorted_file *file;
  struct slice key;
  uint64_t seq_max;
  struct entry_found *found; /* filled */
};
/** Many lookups at once, in files with and without tables of places: what each will look at is
 * fetched ahead for all, so that memory's latencies overlap. */
status sorted_get_many(const struct sorted_lookup *lookups, uint32_t count, struct store_pins *pins,
                       struct err *err);

/** Verifies every byte: header, blocks, values apart, filter, index, order, counts. Faults go to
 * `fault` (may be NULL); LUMA_CORRUPT if there was one. */
status sorted_check(struct sorted_file *file, store_check_fn *fault, void *context,
                    struct err *err);

/* ---- walking: all versions in order, block by block ---- */

/** A place in a file. The caller holds a reference on the file. While placed, `view` and `index`
 * name the entry, and `block` is the cursor's own reference on what holds it. Callers may move
 * `index` within the view; otherwise fields are private. */
struct sorted_cursor {
  struct sorted_file *file;
  struct cache_block *block; /* NULL: unplaced */
  struct cache_block
      *index_block; /* the index block the place was found through; NULL when the root */
  struct block_view view, index_view;
  uint32_t index, index_at, root_at;
  bool no_fill; /* blocks read are not offered to the cache: for compaction and checks */
};

void sorted_cursor_init(struct sorted_cursor *cursor, struct sorted_file *file, bool no_fill);
void sorted_cursor_deinit(struct sorted_cursor *cursor);
/** Each places the cursor, or leaves it unplaced (cursor->block NULL) when there is no such entry.
 */
status sorted_cursor_first(struct sorted_cursor *cursor, struct err *err);
status sorted_cursor_last(struct sorted_cursor *cursor, struct err *err);
/** The first entry at or after (key, seq) in the order of entries. */
status sorted_cursor_seek(struct sorted_cursor *cursor, struct slice key, uint64_t seq,
                          struct err *err);
/** The same with the greatest `seq`, for a key behind the cursor's place: a key in the same block,
 * or in one of the same index block, is found from there. `*is_near` false: it stands elsewhere,
 * and nothing has happened. */
status sorted_cursor_seek_near(struct sorted_cursor *cursor, struct slice key, bool *is_near,
                               struct err *err);
/** Where a cursor will go. */
struct sorted_ahead {
  struct sorted_file *file;
  struct cache_block *block; /* one reference; NULL: it is not known */
  struct block_view view;
  uint32_t root_at, index_at, index;
};
enum { SORTED_TOGETHER = BLOCK_TOGETHER };
/** Looks for `count` keys, ascending, at most SORTED_TOGETHER, all together: for those that stand
 * in blocks that the cache has, under the index block that the cursor stands in, their place is
 * known. Each of `aheads` ends with sorted_ahead_let_go. */
void sorted_cursor_look_ahead(const struct sorted_cursor *cursor, const struct slice *keys,
                              uint32_t count, struct sorted_ahead *aheads);
void sorted_ahead_let_go(struct sorted_ahead *ahead);
/** Goes there, which is not before the cursor's place, as sorted_cursor_seek_near; `*is_there`
 * false: the place is not known, or another index block's, and nothing has happened. */
status sorted_cursor_arrive(struct sorted_cursor *cursor, struct sorted_ahead *ahead,
                            bool *is_there, struct err *err);
/** The last entry of the last key before `key`. */
status sorted_cursor_seek_before(struct sorted_cursor *cursor, struct slice key, struct err *err);
/** To the first entry of the next block, or the last of the one before. */
status sorted_cursor_next_block(struct sorted_cursor *cursor, struct err *err);
status sorted_cursor_prev_block(struct sorted_cursor *cursor, struct err *err);

/** Whether the failure `code` of reading a piece is to be passed over: it is damage, and the file
 * is read for salvage. It is told then, and `err` is empty again. */
bool sorted_passes_over(const struct sorted_file *file, status code, struct err *err);

/** Loads a value that stands somewhere else: `place` is the value of an entry of kind BLOCK_APART
 * or BLOCK_BLOB. `*value` has one reference for the caller. */
status sorted_apart(struct sorted_file *file, enum block_kind kind, struct slice place,
                    bool no_fill, struct cache_block **value, struct err *err);
/** The uuid of the blob file that a reference of this file names; NULL when it lists no such. */
const uint8_t *sorted_blob_uuid(const struct sorted_file *file, struct slice reference);

#endif
