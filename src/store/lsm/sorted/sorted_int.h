/* SPDX-License-Identifier: MIT */
/* Inside the sorted module: the format's fixed parts, an open file, loading. */
#ifndef STORE_LSM_SORTED_SORTED_INT_H
#define STORE_LSM_SORTED_SORTED_INT_H

#include "store/lsm/sorted/sorted.h"

enum {
  SORTED_HEADER_BYTES = 64,
  SORTED_FOOTER_BYTES = 80,
  SORTED_TAIL_FIXED_BYTES = 72,
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
};

/** What the tail says; slices point into it. */
struct sorted__tail {
  uint8_t space, levels;
  uint32_t block_bytes;
  uint64_t entries, keys, deletes, seq_min, seq_max;
  uint64_t filter_offset, filter_blocks;
  struct slice key_min, key_max;
  struct slice page_crcs; /* u32 little endian for each filter page */
  struct slice root;      /* a raw block */
};

/** What an index entry says of the block below. */
struct sorted__child {
  struct block_handle handle;
  uint64_t seq_min, seq_max;
};

void sorted__header_encode(uint64_t number, uint8_t space, const uint8_t *uuid,
                           uint8_t out[SORTED_HEADER_BYTES]);
status sorted__header_check(const uint8_t *bytes, uint64_t number, uint8_t space,
                            const uint8_t *uuid, struct err *err);
void sorted__footer_encode(const struct sorted__footer *footer, uint8_t out[SORTED_FOOTER_BYTES]);
status sorted__footer_decode(const uint8_t *bytes, struct sorted__footer *footer, struct err *err);
void sorted__tail_encode(const struct sorted__tail *tail, struct buf *out);
status sorted__tail_decode(struct slice bytes, struct sorted__tail *tail, struct err *err);
void sorted__child_encode(const struct sorted__child *child, uint8_t out[SORTED_INDEX_VALUE_BYTES]);
bool sorted__child_decode(struct slice bytes, struct sorted__child *child);
uint64_t sorted__filter_pages(uint64_t filter_blocks);

/* ---- file.c, load.c: an open file ---- */

struct sorted_file {
  _Atomic uint32_t references;
  struct os *os;
  struct os_file *handle;
  struct cache *cache;
  store_check_fn *lost; /* see sorted_open_options */
  void *lost_context;
  char *path;
  struct sorted_info info;
  uint8_t *tail_bytes; /* what `tail` and `info` point into */
  struct sorted__tail tail;
  struct block_view root;
  /* Filter pages, kept from their first use until the file is closed (10 bits a key): every lookup
   * asks one, and the cache's lock is spared. */
  _Atomic(struct cache_block *) *filter_pages;
};

/** What a piece of a file is used as: pieces are verified for their use before they get into the
 * cache. */
enum sorted__use { SORTED_BLOCK = 0, SORTED_APART = 1, SORTED_FILTER = 2 };

/** How loading goes about the cache. */
enum sorted__caching {
  SORTED_FILL,    /* look in the cache; keep there what was read */
  SORTED_NO_FILL, /* look in the cache, keep nothing */
  SORTED_FRESH,   /* read from disk, keep nothing */
};

/** Reads and verifies a piece; `*block` has one reference for the caller. */
status sorted__load(const struct sorted_file *file, const struct block_handle *handle,
                    enum sorted__use use, enum sorted__caching caching, struct cache_block **block,
                    struct err *err);
/** The handle of filter page `page`. */
struct block_handle sorted__page_handle(const struct sorted_file *file, uint64_t page);
/** Puts file and offset before the message of `err`; answers `code`. */
status sorted__blame(const struct sorted_file *file, uint64_t offset, status code, struct err *err);

#endif
