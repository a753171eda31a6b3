/* SPDX-License-Identifier: MIT */
/* The store in memory: a plain sorted structure with all versions kept while a snapshot needs them.
 * The oracle of the model tests, so it is written to be obviously right, and the `memory:`
 * database. Nothing survives close. */
#ifndef STORE_MEM_MEM_STORE_H
#define STORE_MEM_MEM_STORE_H

#include "store/store.h"

struct mem_options {
  struct store_listener listener; /* may be all NULL */
  uint64_t feed_records_max;      /* older ones are trimmed; 0 = 1,000,000 */
};

/** Opens an empty store; ends with store_close. */
status mem_store_open(const struct mem_options *options, struct store **store, struct err *err);

#endif
