/* SPDX-License-Identifier: MIT */
/* Opening what is on disk: manifest, files, log. One thread, before the engine is shared. */
#ifndef STORE_LSM_RECOVER_H
#define STORE_LSM_RECOVER_H

#include "store/lsm/engine/engine.h"

/** Makes an empty database in the engine's directory unless there is one; refuses what is neither.
 */
status recover_create(struct engine *engine, struct err *err);
/** Brings the engine to the state of the last durable commit and, unless read only, opens the log
 * for writing. */
status recover_open(struct engine *engine, struct err *err);

/** The same for salvage (lsm_options.lost): never refuses what is damaged, writes nothing. */
status recover_salvage(struct engine *engine, struct err *err);

/* ---- between recover.c and salvage.c ---- */

/** A view of `files` and the range deletes of `state`. */
status recover__make_view(struct engine *engine, const struct manifest_state *state,
                          const struct view_added *added, size_t count, struct err *err);
/** Takes one record of the log. */
status recover__replay(void *context, struct slice record, struct err *err);
struct wal_options recover__wal_options(struct engine *engine, const uint8_t *uuid);

#endif
