/* SPDX-License-Identifier: MIT */
/* From memory to files, and from files to better files.
 *
 * Flush writes the oldest immutable memtable to sorted files, one space after another. Compaction
 * keeps the levels in shape: level 0 holds what was flushed and may overlap, level n + 1 is ten
 * times level n and does not. A file that meets nothing below it moves down by an edit alone; a
 * flushed file goes at once to the deepest level above which nothing meets it, so documents whose
 * ids rise with time are written once and never again. The feed lies in level 1 and is never
 * merged.
 *
 * Only the newest version of a key is kept: who reads older ones holds a view with the files they
 * are in. Deleted keys go when nothing older lies below and no open transaction could miss the
 * conflict; range deletes when no file holds anything they hide.
 *
 * With background threads the work is theirs; without, it is done by the call that made it due.
 * Threads: any. */
#ifndef STORE_LSM_COMPACT_COMPACT_H
#define STORE_LSM_COMPACT_COMPACT_H

#include "store/lsm/engine/engine.h"

/** Before a commit, with commit_lock held: a full memtable gives way to a new one. `*view` is the
 * view in place then, with a reference for the caller. LUMA_DISK_FULL and the like when those that
 * wait cannot be written. */
status compact_make_room(struct engine *engine, struct view **view, struct err *err);
/** After a commit, no lock held: does, or has done, the work that is due. What fails is tried again
 * later. */
void compact_due(struct engine *engine);
/** Writes every memtable to files. */
status compact_flush_all(struct engine *engine, struct err *err);
/** Merges every space into one level. */
status compact_everything(struct engine *engine, struct err *err);

/** Starts options.background_threads threads. */
status compact_start(struct engine *engine, struct err *err);
/** Stops them; what they do is finished first. */
void compact_stop(struct engine *engine);

#endif
