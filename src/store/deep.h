/* SPDX-License-Identifier: MIT */
/* A check from outside, of any store: what one way of reading says, the others must say too. */
#ifndef STORE_DEEP_H
#define STORE_DEEP_H

#include "store/store.h"

/** In one snapshot: keys ascend; rows read forwards, backwards and one by one are the same; none is
 * newer than the snapshot; records carry their commit, counters have 8 bytes; the feed's records
 * ascend from its oldest to its newest position. Faults go to `fault`; LUMA_CORRUPT if there was
 * one. Reads everything twice and each key once more. */
status store_check_deep(struct store *store, store_check_fn *fault, void *context, struct err *err);

#endif
