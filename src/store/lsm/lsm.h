/* SPDX-License-Identifier: MIT */
/* The native engine: a write-ahead log, memtables, immutable sorted files and a manifest in one
 * directory (spec/files.md). See the README of this folder for the design, its invariants and each
 * hard case. */
#ifndef STORE_LSM_LSM_H
#define STORE_LSM_LSM_H

#include "base/os/os.h"
#include "store/store.h"

/** Every setting has a working default when 0. */
struct lsm_options {
  bool create;    /* make the database if the directory is missing or empty */
  bool read_only; /* nothing is written; several may read, beside no writer */
  enum store_sync_mode sync_mode;
  uint64_t sync_period_us;    /* periodic: at most this long without a sync; 0 = 100,000 */
  uint32_t batch_size;        /* group: while the device is busy commits gather, so many at most;
                                 0 = 1,000 */
  uint64_t batch_timeout_us;  /* group: and so long at most; 0 = 1,000 */
  uint64_t wal_segment_bytes; /* 0 = scaled to the file system's free space, 1 to 64 MiB */
  uint64_t memtable_bytes;    /* 0 = 64 MiB */
  uint64_t block_bytes;       /* 0 = 16 KiB */
  uint64_t block_cache_bytes; /* 0 = 256 MiB */
  uint64_t kept_bytes; /* pages of filters and tables of places kept in memory at most, about 10
                          bytes for a document; 0 = 512 MiB */
  uint64_t file_bytes; /* compaction output files are cut here; 0 = 64 MiB */
  uint64_t blob_value_bytes; /* larger documents lie in blob files; 0 = a quarter of block_bytes */
  uint64_t feed_bytes_max;   /* feed kept at most; 0 = 256 MiB */
  uint32_t background_threads; /* flush and compaction; 0 = none: work is done inside the calls that
                                  make it due (simulation) */
  struct store_listener listener; /* may be all NULL */
  const char *holder; /* text the lock file shows to others, e.g. "lumadb serve at 127.0.0.1:7070";
                         NULL = none */
};

/** Opens (recovering what a crash left) or makes the database in directory `path`. LUMA_LOCKED
 * names the holder's process and text; LUMA_NOT_A_DATABASE, LUMA_VERSION_TOO_NEW, LUMA_CORRUPT
 * (file and offset), LUMA_NOT_FOUND. Ends with store_close. */
status lsm_open(struct os *os, const char *path, const struct lsm_options *options,
                struct store **store, struct err *err);

#endif
