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

#endif
