/* SPDX-License-Identifier: MIT */
/* Inside the sorted module: the format's fixed parts, an open file, loading. */
#ifndef STORE_LSM_SORTED_SORTED_INT_H
#define STORE_LSM_SORTED_SORTED_INT_H

#include "store/lsm/places/places.h"
#include "store/lsm/sorted/sorted.h"

enum {
  SORTED_HEADER_BYTES = 64,
  SORTED_FOOTER_BYTES = 80,
  SORTED_TAIL_FIXED_BYTES_V1 = 72,
  SORTED_TAIL_FIXED_BYTES = 104,
  SORTED_TAIL_BLOB_BYTES = 40,
  SORTED_TAIL_BYTES_MAX = 1 << 28,
  SORTED_INDEX_VALUE_BYTES = BLOCK_HANDLE_BYTES + 16,
  SORTED_BLOCK_BYTES_DEFAULT = 16 << 10,
  SORTED_BLOCK_BYTES_MIN = 64,
};

/* ---- format.c: bytes of the fixed parts ---- */

/** What the footer says. */
struct sorted__footer {
  uint64_t tail_offset, tail_bytes, number, file_bytes;
  uint8_t hash[16], uuid[SORTED_UUID_BYTES];
  uint32_t version;
};

/** What the tail says; slices point into it. */
struct sorted__tail {
  uint8_t space, levels;
  uint32_t block_bytes;
  uint64_t entries, keys, deletes, seq_min, seq_max;
  uint64_t filter_offset, filter_blocks;
  uint64_t places_offset;
  struct places_shape places;
  uint64_t data_blocks; /* 0 in version 1, which does not say */
  struct slice key_min, key_max;
  struct slice page_crcs; /* u32 little endian for each filter page, then each page of places */
  uint32_t blobs_count;
  struct slice blobs; /* SORTED_TAIL_BLOB_BYTES for each blob file referred to */
  struct slice root;  /* a raw block */
};

/** What an index entry says of the block below. */
struct sorted__child {
  struct block_handle handle;
  uint64_t seq_min, seq_max;
};

void sorted__header_encode(const struct sorted_info *info, uint32_t version,
                           uint8_t out[SORTED_HEADER_BYTES]);
status sorted__header_check(const uint8_t *bytes, const struct sorted_info *info, uint32_t version,
                            struct err *err);
void sorted__footer_encode(const struct sorted__footer *footer, uint8_t out[SORTED_FOOTER_BYTES]);
status sorted__footer_decode(const uint8_t *bytes, struct sorted__footer *footer, struct err *err);
void sorted__tail_encode(const struct sorted__tail *tail, struct buf *out);
status sorted__tail_decode(struct slice bytes, uint32_t version, struct sorted__tail *tail,
                           struct err *err);
void sorted__child_encode(const struct sorted__child *child, uint8_t out[SORTED_INDEX_VALUE_BYTES]);
bool sorted__child_decode(struct slice bytes, struct sorted__child *child);
uint64_t sorted__filter_pages(uint64_t filter_blocks);

/* ---- file.c, load.c: an open file ---- */

/** The handles of a file's data blocks in their order. */
struct sorted__directory {
  uint32_t count;
  struct block_handle handles[];
};

struct sorted_file {
  _Atomic uint32_t references;
  struct os *os;
  struct os_file *handle;
  struct cache *cache;
  store_check_fn *lost; /* see sorted_open_options */
  void *lost_context;
  char *path;
  struct sorted_info info;
  struct sorted_blob *blobs; /* of the info */
  struct blob_file **blob_files;
  uint8_t *tail_bytes; /* what `tail` and `info` point into */
  struct sorted__tail tail;
  struct block_view root;
  uint32_t version;
  /* Pages of the filter, then those of the table of places, kept from their first use until the
   * file is closed, as far as there is room for what is kept: every lookup asks one, and the
   * cache's lock is spared. */
  _Atomic(struct cache_block *) *pages;
  _Atomic(struct sorted__directory *) directory; /* made at its first use; NULL before */
};

/** What a piece of a file is used as: pieces are verified for their use before they get into the
 * cache. */
enum sorted__use { SORTED_BLOCK = 0, SORTED_APART = 1, SORTED_PAGE = 2 };

/** How loading goes about the cache. */
enum sorted__caching {
  SORTED_FILL,    /* look in the cache; keep there what was read */
  SORTED_NO_FILL, /* look in the cache, keep nothing */
  SORTED_FRESH,   /* read from disk, keep nothing */
};

/** The piece with one reference for the caller if the cache has it, else NULL. */
struct cache_block *sorted__cached(const struct sorted_file *file,
                                   const struct block_handle *handle, enum sorted__use use);
/** Reads and verifies a piece, without a look at the cache; with SORTED_FILL it is kept there.
 * `*block` has one reference for the caller. */
status sorted__read(const struct sorted_file *file, const struct block_handle *handle,
                    enum sorted__use use, enum sorted__caching caching, struct cache_block **block,
                    struct err *err);
/** A block that the cache does not have will be read soon: the disk may begin. */
void sorted__will_read(const struct sorted_file *file, const struct block_handle *handle);
/** The same, and not from the disk: the processor may begin. In two steps, see cache_fetch_bucket.
 */
void sorted__will_ask(const struct sorted_file *file, const struct block_handle *handle);
void sorted__will_get(const struct sorted_file *file, const struct block_handle *handle);
/** From the cache, or read and verified; `*block` has one reference for the caller. */
status sorted__load(const struct sorted_file *file, const struct block_handle *handle,
                    enum sorted__use use, enum sorted__caching caching, struct cache_block **block,
                    struct err *err);
/** Pages of the filter and of the table of places together. */
uint64_t sorted__pages(const struct sorted__tail *tail);
/** The handle of page `page`: the filter's come first, then those of the places. */
struct block_handle sorted__page_handle(const struct sorted_file *file, uint64_t page);
/** Page `page`, kept by the file; `*block` is NULL when there is no room to keep it. */
status sorted__keep_page(struct sorted_file *file, uint64_t page, struct cache_block **block,
                         struct err *err);
/** The directory, kept by the file; NULL when there is no room to keep it. */
status sorted__keep_directory(struct sorted_file *file, struct sorted__directory **directory,
                              struct err *err);
/** Gives back what is kept. */
void sorted__let_go(struct sorted_file *file);
/* ---- refer.c: values that stand somewhere else ---- */

void sorted__blob_encode(const struct sorted_blob *blob, struct buf *out);
/** Reads the tail's list of blob files and opens them. */
status sorted__open_blobs(struct sorted_file *file, struct blobs *blobs, struct err *err);
void sorted__close_blobs(struct sorted_file *file);
/** Where the blob file stands in the info's list; blobs_count when it does not. */
size_t sorted__find_blob(const struct sorted_info *info, uint64_t number);

/* ---- find.c ---- */

/** The newest version of `key` at or below `seq_max`, by way of filter and index. */
status sorted__search(struct sorted_file *file, struct slice key, uint64_t seq_max,
                      struct entry_found *found, struct store_pins *pins, struct err *err);

/** Puts file and offset before the message of `err`; answers `code`. */
status sorted__blame(const struct sorted_file *file, uint64_t offset, status code, struct err *err);

#endif
