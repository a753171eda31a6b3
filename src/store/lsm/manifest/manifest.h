/* SPDX-License-Identifier: MIT */
/* The manifest: which files make the database, and from where the log must be replayed
 * (spec/files.md, chapter 3).
 *
 * A file of edits, each checksummed and synced before anything relies on it; the first is a picture
 * of everything. When it has grown, a new file with a new picture takes over: written, synced, and
 * named by CURRENT, which is replaced by a rename.
 *
 * Invariants:
 * 1. An edit is durable before what it made needless is removed, and after what it names is
 * durable.
 * 2. Edits are numbered through the life of the database: a bad edit with a good later one behind
 * it is corruption.
 * 3. After a failed write or sync of an edit no other is written. Want of room is met before, and
 * spoils nothing.
 *
 * Threads: one at a time (the engine's lock of edits). */
#ifndef STORE_LSM_MANIFEST_MANIFEST_H
#define STORE_LSM_MANIFEST_MANIFEST_H

#include "base/os/os.h"
#include "store/lsm/wal/wal.h"
#include "store/store.h"

enum { MANIFEST_UUID_BYTES = 16, MANIFEST_LEVELS = 7 };

struct manifest;

/** A sorted file of the database. */
struct manifest_file {
  uint8_t space, level;
  uint8_t uuid[MANIFEST_UUID_BYTES];
  uint64_t number, bytes, entries, seq_min, seq_max;
  uint64_t cleaned_seq; /* range deletes up to here were applied when it was written */
  struct slice key_min, key_max;
};

/** A range delete that may still hide something: versions of [from, to) below `seq`; empty `to`: no
 * upper bound. */
struct manifest_range {
  uint8_t space;
  uint64_t seq;
  struct slice from, to;
};

/** Up to where sorted files hold everything, and where the rest stands in the log. */
struct manifest_log {
  uint64_t seq, emits; /* the last commit in files, and how many payloads it emitted */
  struct wal_start wal;
};

/** A change: what is not set stays as it is. */
struct manifest_edit {
  const struct manifest_file *added;
  size_t added_count;
  const uint64_t *removed; /* numbers; a file both removed and added moves to another level */
  size_t removed_count;
  const struct manifest_log *log;
  const struct store_pos *trim;        /* the feed is trimmed up to here */
  const struct manifest_range *ranges; /* all that are left, with has_ranges */
  size_t ranges_count;
  bool has_ranges;
};

/** Everything, as of the last edit. Slices are owned by the manifest. */
struct manifest_state {
  uint8_t uuid[MANIFEST_UUID_BYTES];
  uint64_t edits;       /* number of the last edit */
  uint64_t next_number; /* above every file number ever used */
  struct manifest_log log;
  struct store_pos trim;
  struct manifest_file *files;
  size_t files_count, files_capacity;
  struct manifest_range *ranges;
  size_t ranges_count, ranges_capacity;
};

/** True when the directory names a manifest (has a CURRENT). */
status manifest_exists(struct os *os, const char *directory, bool *exists, struct err *err);
/** Writes the manifest of an empty database whose log begins at `wal`. `uuid` is the database's. */
status manifest_create(struct os *os, const char *directory,
                       const uint8_t uuid[MANIFEST_UUID_BYTES], struct wal_start wal,
                       struct err *err);
/** Reads it. `directory` must outlive it; `number_used` is the highest number a file of the
 * directory has. LUMA_CORRUPT (file, offset), LUMA_VERSION_TOO_NEW. */
status manifest_open(struct os *os, const char *directory, uint64_t number_used,
                     struct manifest **manifest, struct err *err);
/** Begins to write, once the log has told that no edit is missing: a torn end is left behind by a
 * rewriting, and an end that may stand in the page cache only is made durable. Nothing was changed
 * before. */
status manifest_start(struct manifest *manifest, struct err *err);
void manifest_close(struct manifest *manifest);

const struct manifest_state *manifest_get_state(const struct manifest *manifest);
/** A number no file had before. Any thread. */
uint64_t manifest_take_number(struct manifest *manifest);
/** The number of the manifest's own file, not to be removed. */
/** Wraps the message of an opening that found damage, where the manifest itself ends in something
 * that is no edit: what is missing may have been told there. */
void manifest_suspect(const struct manifest *manifest, struct err *err);
uint64_t manifest_file_number(const struct manifest *manifest);
/** Makes the change durable. LUMA_OUT_OF_MEMORY and LUMA_DISK_FULL changed nothing; after
 * LUMA_IO_ERROR the manifest answers LUMA_READ_ONLY with the reason. */
status manifest_apply(struct manifest *manifest, const struct manifest_edit *edit, struct err *err);

#endif
