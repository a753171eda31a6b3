/* SPDX-License-Identifier: MIT */
/* MongoDB's reply to bulkWrite: sums, and what became of each operation. */
#ifndef SERVER_REST_MONGO_BULK_H
#define SERVER_REST_MONGO_BULK_H

#include "server/rest/mongo_error.h"
#include "service/session/session.h"

/** Appends the fields of the reply, without its braces and without `ok`. `errors_only`: operations
 * that worked are summed, not listed. */
void mongo_bulk_write(const struct session_outcome *outcome, const struct mongo_teller *teller,
                      bool errors_only, struct buf *out);

#endif
