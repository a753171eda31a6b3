/* SPDX-License-Identifier: MIT */
/* Kept values: what an expression of an evolution made of documents that are as they were written
 * before it. Such a document changes no more: its next write is of the newest soul, and is another
 * version. So a value is made once, and found by the row and the version of its document from then
 * on, as long as the evolution is the newest. Only values that depend on the document alone are
 * kept, of scalar types and short texts, as far as a budget goes that all evolutions of a model
 * share; who finds none makes it anew.
 *
 * Threads: finding is free for all; putting is done by one at a time. A value that was found stays
 * where it is until kept_destroy. */
#ifndef MODEL_SOUL_KEPT_H
#define MODEL_SOUL_KEPT_H

#include "value/val/val.h"

enum {
  KEPT_PAGE_ROWS = 512,
  KEPT_BLOCK_PAGES = 4096,
  KEPT_BLOCKS_MAX = 256,    /* rows past them all are not kept */
  KEPT_TEXT_BYTES_MAX = 256 /* of one text */
};

/** Bytes that are left to all who share it. Atomic. */
struct kept_budget {
  int64_t left_bytes;
};

struct kept_item {
  uint64_t version; /* of the document; 0: there is none. Atomic; never changes again */
  struct val value;
};
struct kept_page {
  struct kept_item values[KEPT_PAGE_ROWS];
};
struct kept_block {
  struct kept_page *pages[KEPT_BLOCK_PAGES]; /* atomic */
};
struct kept_rest;
struct kept_values {
  struct kept_block *blocks[KEPT_BLOCKS_MAX]; /* atomic */
  struct kept_rest *rest;
};

/** `budget` is borrowed. NULL when memory is out. */
struct kept_values *kept_create(struct kept_budget *budget);
/** NULL is fine. */
void kept_destroy(struct kept_values *kept);

/** The value made of the document of that row and version; NULL: there is none. NULL for `kept` is
 * fine. */
static inline const struct val *kept_find(const struct kept_values *kept, uint64_t row,
                                          uint64_t version) {
  uint64_t nth = row / KEPT_PAGE_ROWS, place = nth / KEPT_BLOCK_PAGES;
  if (!kept || place >= KEPT_BLOCKS_MAX || version == 0) return NULL;
  const struct kept_block *block = __atomic_load_n(&kept->blocks[place], __ATOMIC_ACQUIRE);
  if (!block) return NULL;
  const struct kept_page *page =
      __atomic_load_n(&block->pages[nth % KEPT_BLOCK_PAGES], __ATOMIC_ACQUIRE);
  if (!page) return NULL;
  const struct kept_item *found = &page->values[row % KEPT_PAGE_ROWS];
  return __atomic_load_n(&found->version, __ATOMIC_ACQUIRE) == version ? &found->value : NULL;
}

/** Begins to put values. */
void kept_begin(struct kept_values *kept);
/** Keeps a copy, if it can. */
void kept_put(struct kept_values *kept, uint64_t row, uint64_t version, const struct val *value);
void kept_end(struct kept_values *kept);

#endif
