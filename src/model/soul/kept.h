/* SPDX-License-Identifier: MIT */
/* Kept values: what expressions of an evolution made of documents that are as they were written
 * before it. Such a document changes no more: its next write is of the newest soul, and is another
 * version. So its values are made once, and found by the row and the version of the document from
 * then on, as long as the evolution is the newest. All that were made of one document are one
 * record (value/doc/made.h), ready to be copied into the newer document, or read where it is.
 *
 * Records stand in pages by their rows, each in a slot of its own that mostly is one line of the
 * processor's cache; what is too long for it lies in chunks of the page. All pages of a model share
 * a budget. Where it has no more, a page gives way to another that was missed more often than it
 * was used; what nobody asks for is forgotten in time (kept_age). Who finds no record makes the
 * values anew.
 *
 * Threads: reading is free for all, between kept_enter and kept_leave: until then what was found
 * stays where it is, and pages that were taken out of use, which the budget still counts, wait
 * (after SRCU: P. McKenney, "Sleepable Read-Copy Update", 2006). Putting is done by one thread at a
 * time, under the budget's lock. */
#ifndef MODEL_SOUL_KEPT_H
#define MODEL_SOUL_KEPT_H

#include "base/core/bytes.h"
#include "base/sync/sync.h"
#include "model/soul/kept_pieces.h"
#include "value/doc/made.h"

enum {
  KEPT_PAGE_ROWS = 512,
  KEPT_BLOCK_PAGES = 4096,
  KEPT_BLOCKS_MAX = 256, /* rows past them all are not kept */
  KEPT_VERSION_BYTES = 8,
  KEPT_RECORD_BYTES_MAX = 1000,
  KEPT_ELSEWHERE = 0xffff, /* in a slot, in the place of a record whose address stands behind it */
  KEPT_LINE_BYTES = 64,
  KEPT_HEAP_BYTES = 1 << 20,
  KEPT_KEY_GROUPS = 1024, /* groups of keys, by their numbers modulo that */
  KEPT_GROUP_KEYS = 512,  /* keys of a group */
  KEPT_SAYS_ENOUGH = 4,
  KEPT_SAYS_MAX = 64
};

struct kept_values;

/** What all pages of a model may take together. */
struct kept_budget {
  int64_t bytes_max;  /* 0: nothing is kept */
  int64_t left_bytes; /* atomic */
  struct mutex lock;  /* over all that follows, and over putting */
  struct kept_values *first;
  struct kept_values *hand; /* where the search for a page to be given up goes on */
  uint64_t hand_page;
  struct kept_pieces pieces; /* once the heap holds KEPT_HEAP_BYTES of slots */
  uint64_t heap_bytes;
};

struct kept_page; /* for who puts */
struct kept_block {
  /* Of each page: where its slots begin, and in the lowest bits the binary logarithm of a slot's
   * bytes; 0: there is no page. A slot: version, 0 where there is none (atomic); record. Atomic. */
  uintptr_t slots[KEPT_BLOCK_PAGES];
  /* By how many groups of documents, about, it was used of late, or missed. Atomic. */
  uint32_t counts[KEPT_BLOCK_PAGES];
  struct kept_page *pages[KEPT_BLOCK_PAGES];
};

/** Whether someone is to make what is not kept. */
enum kept_state {
  KEPT_UNKNOWN, /* the evolution is not committed */
  KEPT_WANTED,  /* it is worth to go over the documents */
  KEPT_FILLED,  /* all is kept that can be */
  KEPT_LACKING  /* there was not room for all: it is wanted again when much was missed */
};

struct kept_rest;
struct kept_values {
  struct kept_block *blocks[KEPT_BLOCKS_MAX]; /* atomic */
  uint32_t readers[2], side;                  /* atomic: who reads, and where the next one counts */
  uint32_t state;                             /* of enum kept_state; atomic */
  uint32_t pages_count;                       /* atomic */
  uint64_t misses;                            /* documents, since kept_filled; atomic */
  /* row - key, as it last was among integer keys that are near each other, and whether that said of
   * late what the next one is: atomic; it may be wrong. */
  int64_t row_behind_key[KEPT_KEY_GROUPS];
  uint32_t says_rows;
  struct kept_rest *rest;
};

void kept_budget_init(struct kept_budget *budget, uint64_t bytes_max);
void kept_budget_deinit(struct kept_budget *budget);

/** Records of so many values at most. `budget` is borrowed. NULL when memory is out. */
struct kept_values *kept_create(struct kept_budget *budget, uint32_t values_count);
/** NULL is fine. Nobody reads any more. */
void kept_destroy(struct kept_values *kept);

/* ---- reading ---- */

/** Begins to read; what kept_leave is to be given. */
static inline uint32_t kept_enter(struct kept_values *kept) {
  uint32_t side = __atomic_load_n(&kept->side, __ATOMIC_SEQ_CST);
  __atomic_add_fetch(&kept->readers[side], 1, __ATOMIC_SEQ_CST);
  return side;
}
static inline void kept_leave(struct kept_values *kept, uint32_t side) {
  __atomic_sub_fetch(&kept->readers[side], 1, __ATOMIC_SEQ_CST);
}
/** Whether nothing is to be found, as where all values are made quickly. */
static inline bool kept_is_empty(const struct kept_values *kept) {
  return __atomic_load_n(&kept->pages_count, __ATOMIC_RELAXED) == 0;
}
/** The slot of a row; NULL: there is none. */
static inline const uint8_t *kept_slot(const struct kept_values *kept, uint64_t row) {
  uint64_t nth = row / KEPT_PAGE_ROWS, place = nth / KEPT_BLOCK_PAGES;
  if (place >= KEPT_BLOCKS_MAX) return NULL;
  const struct kept_block *block = __atomic_load_n(&kept->blocks[place], __ATOMIC_ACQUIRE);
  if (!block) return NULL;
  uintptr_t slots = __atomic_load_n(&block->slots[nth % KEPT_BLOCK_PAGES], __ATOMIC_SEQ_CST);
  if (slots == 0) return NULL;
  uint64_t shift = slots % KEPT_LINE_BYTES;
  return (const uint8_t *)(slots - shift) + (row % KEPT_PAGE_ROWS << shift);
}
/** What a slot says is elsewhere. */
const uint8_t *kept_elsewhere(const uint8_t *slot);
/** The record of the document of that row and version; NULL: there is none. */
static inline const uint8_t *kept_find(const struct kept_values *kept, uint64_t row,
                                       uint64_t version) {
  const uint8_t *slot = kept_slot(kept, row);
  if (!slot || version == 0) return NULL;
  if (__atomic_load_n((const uint64_t *)(const void *)slot, __ATOMIC_ACQUIRE) != version)
    return NULL;
  const uint8_t *record = slot + KEPT_VERSION_BYTES;
  return load16le(record) == KEPT_ELSEWHERE ? kept_elsewhere(slot) : record;
}
/** Tells the processor that the record of a row is about to be looked for. */
static inline void kept_fetch(const struct kept_values *kept, uint64_t row) {
  __builtin_prefetch(kept_slot(kept, row));
}
/** Tells it of the row that is likely to be the one of an integer key: before the document is
 * looked for, whose row is known late. Most collections number their documents as they come. */
static inline void kept_fetch_likely(const struct kept_values *kept, int64_t key) {
  uint64_t near = (uint64_t)key / KEPT_GROUP_KEYS % KEPT_KEY_GROUPS;
  if (__atomic_load_n(&kept->says_rows, __ATOMIC_RELAXED) < KEPT_SAYS_ENOUGH) return;
  int64_t behind = __atomic_load_n(&kept->row_behind_key[near], __ATOMIC_RELAXED);
  kept_fetch(kept, (uint64_t)key + (uint64_t)behind);
}
/** The row that an integer key had: what kept_fetch_likely is led by. Nothing is written where that
 * was right, so the lines stay every processor's. */
static inline void kept_learn_row(struct kept_values *kept, int64_t key, uint64_t row) {
  uint64_t near = (uint64_t)key / KEPT_GROUP_KEYS % KEPT_KEY_GROUPS;
  int64_t behind = (int64_t)(row - (uint64_t)key);
  uint32_t says = __atomic_load_n(&kept->says_rows, __ATOMIC_RELAXED);
  bool is_right = behind == __atomic_load_n(&kept->row_behind_key[near], __ATOMIC_RELAXED);
  uint32_t now = !is_right ? says / 2 : says < KEPT_SAYS_MAX ? says + 1 : says;
  if (!is_right) __atomic_store_n(&kept->row_behind_key[near], behind, __ATOMIC_RELAXED);
  if (now != says) __atomic_store_n(&kept->says_rows, now, __ATOMIC_RELAXED);
}
/** Counts that a group of documents about this row was found, or that `missed` of them were not. */
void kept_note(struct kept_values *kept, uint64_t row, uint32_t missed);

/* ---- putting, under the budget's lock ---- */

void kept_begin(struct kept_values *kept);
void kept_end(struct kept_values *kept);
/** Whether there is a page for the row, which may be a new one that takes others' place. */
bool kept_admits(struct kept_values *kept, uint64_t row);
/** Keeps a copy of the record of a document that has none; false when there is no room. */
bool kept_put(struct kept_values *kept, uint64_t row, uint64_t version, struct slice record);
/** Frees what was taken out of use, as far as nobody reads it. */
void kept_reclaim(struct kept_values *kept);

/* ---- when ---- */

/** The evolution is committed: from now on it is KEPT_WANTED. */
void kept_publish(struct kept_values *kept);
static inline enum kept_state kept_state(const struct kept_values *kept) {
  return (enum kept_state)__atomic_load_n(&kept->state, __ATOMIC_ACQUIRE);
}
/** All documents were gone over, `rows` of them: whether there was room. */
void kept_filled(struct kept_values *kept, bool has_all, uint64_t rows);
/** Halves what was counted of all pages of the budget. */
void kept_age(struct kept_budget *budget);

#endif
