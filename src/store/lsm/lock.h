/* SPDX-License-Identifier: MIT */
/* The lock file: one writer, or any number of readers, holds a database; the file says who. Any
 * thread. */
#ifndef STORE_LSM_LOCK_H
#define STORE_LSM_LOCK_H

#include "base/os/os.h"

/** Locks the database in `directory` and, for a writer, notes this process and `holder` (may be
 * NULL) in the file. Closing
 *  `*file` unlocks. LUMA_LOCKED names the holder. A reader of a directory without a lock file gets
 * NULL. */
status lock_acquire(struct os *os, const char *directory, bool read_only, const char *holder,
                    struct os_file **file, struct err *err);

#endif
