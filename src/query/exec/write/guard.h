/* SPDX-License-Identifier: MIT */
/* Counting what a statement changes: its limit, and what a dry run tells. Every operator that
 * writes tells each change here, once it is made. */
#ifndef QUERY_EXEC_GUARD_H
#define QUERY_EXEC_GUARD_H

#include "query/exec/exec_int.h"

/** One document was changed: `before` NULL of an insert, `after` NULL of a delete.
 * LUMA_MAX_AFFECTED past the statement's limit. */
status guard_changed(struct exec *exec, const struct val *before, const struct val *after,
                     struct err *err);
/** `count` documents were inserted; a dry run reads them back, for their collection adds to them.
 */
status guard_inserted(struct exec *exec, const struct collection *collection,
                      const struct model_write *writes, uint32_t count, struct err *err);
/** A document gave way to one that is told beside it: it does not count. */
status guard_displaced(struct exec *exec, const struct val *before, struct err *err);
/** A document went for others to come in its place ($out): it counts against the limit, and not
 * among what the statement tells to have changed. */
status guard_removed(struct exec *exec, const struct val *before, struct err *err);
/** A collection is about to go with its documents. */
status guard_dropped(struct exec *exec, const struct collection *collection, struct err *err);
/** Who is told of documents that change because of others (ON DELETE); nobody without a guard.
 * Borrows `exec`. */
struct model_witness guard_witness(struct exec *exec);

#endif
