/* SPDX-License-Identifier: MIT */
/* What a transaction added to each counter, found by key: for those that add many times, whose log
 * would be read again and again. Made when first asked, and brought up to date from the log; what
 * is summed into an operation in place needs no telling. One thread, as its transaction. */
#ifndef STORE_LSM_TXN_SUMS_H
#define STORE_LSM_TXN_SUMS_H

#include "base/ds/hashmap.h"
#include "base/mem/arena.h"
#include "store/lsm/record/record.h"

/** One counter. */
struct sum {
  size_t at;      /* of the last add in the log; 0: none since it was put or deleted */
  int64_t before; /* of earlier adds since then */
};

struct sums {
  struct hashmap by_key; /* places in `items` */
  struct arena keys;
  struct sum *items;
  size_t count, capacity;
  size_t read; /* the log up to here is in it */
};

void sums_init(struct sums *sums);
void sums_deinit(struct sums *sums);
/** Begins anew: the log was cut. */
void sums_reset(struct sums *sums);
/** The counter of `key` as the log has it now; NULL when nothing was added. LUMA_OUT_OF_RANGE when
 * a sum is over 64 bits. */
status sums_find(struct sums *sums, struct slice log, struct slice key, const struct sum **found,
                 struct err *err);
/** Its sum. */
status sums_total(const struct sum *sum, struct slice log, int64_t *total, struct err *err);

#endif
