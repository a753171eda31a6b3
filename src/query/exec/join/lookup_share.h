/* SPDX-License-Identifier: MIT */
/* The table of a $lookup that several workers run: the first one that needs it makes it, and the
 * others wait for that. Counted by its users, the last of which frees it. */
#ifndef QUERY_EXEC_LOOKUP_SHARE_H
#define QUERY_EXEC_LOOKUP_SHARE_H

#include "query/exec/join/lookup_table.h"

struct lookup_share;
struct parts;

/** What workers over `parts` share of `lookup`, a STAGE_LOOKUP; NULL where `parts` is NULL. Called
 * while workers are opened, by one thread. */
status lookup_share_acquire(struct parts *parts, const struct plan *lookup,
                            struct lookup_share **share, struct err *err);
/** NULL is fine. */
void lookup_share_release(struct lookup_share *share);
/** The table of `scan` by `path`, as lookup_table_create makes it; of no `share` the caller's own.
 * Any thread. */
status lookup_share_table(struct lookup_share *share, struct exec *exec, const struct plan *scan,
                          const struct path *path, struct lookup_table **table, struct err *err);

#endif
