/* SPDX-License-Identifier: MIT */
/* The files of a database directory: what each name means (spec/files.md, chapter 1). Pure; any
 * thread. */
#ifndef STORE_LSM_DBFILE_DBFILE_H
#define STORE_LSM_DBFILE_DBFILE_H

#include "base/core/err.h"

enum { DBFILE_PATH_BYTES = 1024 };

enum dbfile_kind {
  DBFILE_OTHER,          /* not ours: never touched */
  DBFILE_LOCK,           /* LOCK */
  DBFILE_CURRENT,        /* CURRENT: names the manifest */
  DBFILE_CURRENT_MAKING, /* CURRENT.new: CURRENT before its rename */
  DBFILE_MANIFEST,       /* 000000000012.manifest */
  DBFILE_WAL,            /* 000000000012.wal */
  DBFILE_SORTED,         /* 000000000012.sorted */
  DBFILE_BLOB,           /* 000000000012.blob */
};

/** A path in memory of its own: "DIRECTORY/NAME", NUL-terminated. */
struct dbfile_path {
  char text[DBFILE_PATH_BYTES];
};

/** The path of a file of `kind` (number 0 for those without one); LUMA_INVALID_ARGUMENT when the
 * directory's is too long. */
status dbfile_make(const char *directory, enum dbfile_kind kind, uint64_t number,
                   struct dbfile_path *path, struct err *err);
/** What a name in the directory is; `*number` is set for numbered kinds. */
enum dbfile_kind dbfile_parse(const char *name, uint64_t *number);

#endif
