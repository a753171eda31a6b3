/* SPDX-License-Identifier: MIT */
/* Documents that end by themselves: those of collections with an index of `expireAfterSeconds`
 * (MongoDB's TTL indexes), whose moment in the index's key is so long ago. A list expires with its
 * earliest moment; what is no moment never does; of a partial index only what it holds. Whoever
 * runs a database asks from time to time: nothing happens by itself. */
#ifndef SERVICE_EXPIRY_EXPIRY_H
#define SERVICE_EXPIRY_EXPIRY_H

#include <stdatomic.h>

#include "service/session/session.h"

enum { EXPIRY_BATCH_DEFAULT = 500 };

struct expiry_options {
  uint32_t batch;          /* documents of one transaction; 0 = EXPIRY_BATCH_DEFAULT */
  const atomic_bool *stop; /* looked at between transactions; NULL: never */
};

/** Deletes what has expired by the clock of the database's `os`, batch by batch, each a transaction
 * of its own. A document that cannot be deleted (another refers to it) stays, and the others go.
 * `*deleted` counts, whatever comes. An error is that of the first collection that failed; the
 * others were looked at. Any thread; several at once do no harm. */
status expiry_run(struct db *db, const struct expiry_options *options, uint64_t *deleted,
                  struct err *err);

#endif
