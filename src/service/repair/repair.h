/* SPDX-License-Identifier: MIT */
/* Repair: whatever can be read of a damaged database, put into a new one.
 *
 * The old directory is opened for salvage (lsm_options.lost) and not changed. Each collection that
 * its catalog names is made anew, each document that can be read and makes sense is inserted, each
 * index is built from them: so the new database is sound, whatever the old one was. Not taken over
 * are the change feed and the history of documents. Thread: one. */
#ifndef SERVICE_REPAIR_REPAIR_H
#define SERVICE_REPAIR_REPAIR_H

#include "base/os/os.h"
#include "store/store.h"

struct repair_counts {
  uint64_t collections, documents, indexes; /* saved */
  uint64_t lost;                            /* places told as lost */
};

/** Saves `from` into the new directory `into`. Each thing that cannot be read or kept is told to
 * `lost`. LUMA_ALREADY_EXISTS when `into` is there; LUMA_CORRUPT when not even the catalog can be
 * read; LUMA_NOT_A_DATABASE. `counts` is set in every case. */
status repair_database(struct os *os, const char *from, const char *into, store_check_fn *lost,
                       void *context, struct repair_counts *counts, struct err *err);

#endif
