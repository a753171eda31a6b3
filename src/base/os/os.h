/* SPDX-License-Identifier: MIT */
/* The operating system, as inputs: files, time, randomness. Everything above reaches it through
 * `struct os`, so the whole store runs in a simulator from one seed (tests/lib/simos.h). os_linux()
 * is the real one. Sockets are in os/net.h, the process (signals, arguments, terminal) in
 * os/process.h.
 *
 * Rules of files: reads and writes are positional, whole or an error (short ones are continued
 * inside); a failed write or sync leaves the contents unknown and must not be retried by callers
 * that promise durability. Paths are UTF-8, '/' separated. Statuses: LUMA_NOT_FOUND,
 * LUMA_ALREADY_EXISTS, LUMA_DISK_FULL, LUMA_LOCKED, LUMA_READ_ONLY, LUMA_IO_ERROR (message has path
 * and reason). Thread: every function may be called from any thread; one file may be read and
 * written by several at distinct offsets. */
#ifndef BASE_OS_OS_H
#define BASE_OS_OS_H

#include "base/text/buf.h"

struct os;
struct os_file;

enum os_open_flags {
  OS_OPEN_READ = 0,           /* read only */
  OS_OPEN_WRITE = 1 << 0,     /* read and write */
  OS_OPEN_CREATE = 1 << 1,    /* make it if it is not there (needs WRITE) */
  OS_OPEN_EXCLUSIVE = 1 << 2, /* with CREATE: LUMA_ALREADY_EXISTS if it is there */
  OS_OPEN_DIRECT =
      1 << 3, /* bypass the page cache where possible; buffers and offsets aligned to 4096 */
  OS_OPEN_SYNCED = 1 << 4, /* what a write wrote is durable when it returns, as if synced by itself
                              (O_DSYNC); one that fails leaves it unknown, as a sync does */
};

enum os_file_kind { OS_KIND_FILE, OS_KIND_DIRECTORY, OS_KIND_OTHER };

/** What list_dir and stat tell. */
struct os_stat {
  enum os_file_kind kind;
  uint64_t bytes;
};

/** Called once for each entry of a directory; answering other than LUMA_OK stops the listing with
 * that status. */
typedef status os_list_fn(void *context, const char *name);

/** The seam. First argument of each: the os it was called on. */
struct os_ops {
  status (*open)(struct os *os, const char *path, unsigned flags, struct os_file **file,
                 struct err *err);
  status (*close)(struct os *os, struct os_file *file, struct err *err);
  /** Reads up to `bytes`; `*got` is less only at the end of the file. */
  status (*read_at)(struct os *os, struct os_file *file, uint64_t offset, void *data, size_t bytes,
                    size_t *got, struct err *err);
  /** A hint: this part will be read soon, so the disk may begin. NULL: there is no use in saying
   * so.
   */
  void (*will_read)(struct os *os, struct os_file *file, uint64_t offset, uint64_t bytes);
  status (*write_at)(struct os *os, struct os_file *file, uint64_t offset, const void *data,
                     size_t bytes, struct err *err);
  /** Contents (and size) durable: fdatasync. */
  status (*sync)(struct os *os, struct os_file *file, struct err *err);
  status (*truncate)(struct os *os, struct os_file *file, uint64_t bytes, struct err *err);
  /** Reserves room for [0, bytes) and makes the size `bytes`, reading as zeroes; LUMA_DISK_FULL
   * when there is none. */
  status (*allocate)(struct os *os, struct os_file *file, uint64_t bytes, struct err *err);
  status (*size)(struct os *os, struct os_file *file, uint64_t *bytes, struct err *err);
  /** Advisory lock: a file open for writing is held alone, one open for reading together with other
   * readers. LUMA_LOCKED when another is in the way. Ends with close or the process. */
  status (*lock)(struct os *os, struct os_file *file, struct err *err);

  status (*stat)(struct os *os, const char *path, struct os_stat *stat, struct err *err);
  /** Atomic replacement; durable after sync_dir. */
  status (*rename)(struct os *os, const char *from, const char *to, struct err *err);
  status (*remove)(struct os *os, const char *path, struct err *err);
  status (*make_dir)(struct os *os, const char *path, struct err *err);
  status (*remove_dir)(struct os *os, const char *path, struct err *err);
  status (*list_dir)(struct os *os, const char *path, os_list_fn *each, void *context,
                     struct err *err);
  /** Entries made, renamed and removed in the directory are durable. */
  status (*sync_dir)(struct os *os, const char *path, struct err *err);
  /** Bytes free for us on the file system of `path`. */
  status (*free_bytes)(struct os *os, const char *path, uint64_t *bytes, struct err *err);

  uint64_t (*now_us)(struct os *os);       /* wall clock, µs since 1970 UTC; may go back */
  uint64_t (*monotonic_us)(struct os *os); /* never goes back */
  void (*sleep_us)(struct os *os, uint64_t us);
  void (*random)(struct os *os, void *data,
                 size_t bytes); /* unpredictable (simulated: from the seed) */
};

struct os {
  const struct os_ops *ops;
};

/** The machine's own. Static; never NULL. */
struct os *os_linux(void);

/* The same calls by name, so that callers read well: os_read_at(os, file, …) is
 * os->ops->read_at(os, file, …). */
status os_open(struct os *os, const char *path, unsigned flags, struct os_file **file,
               struct err *err);
status os_close(struct os *os, struct os_file *file, struct err *err);
status os_read_at(struct os *os, struct os_file *file, uint64_t offset, void *data, size_t bytes,
                  size_t *got, struct err *err);
void os_will_read(struct os *os, struct os_file *file, uint64_t offset, uint64_t bytes);
status os_write_at(struct os *os, struct os_file *file, uint64_t offset, const void *data,
                   size_t bytes, struct err *err);
status os_sync(struct os *os, struct os_file *file, struct err *err);
status os_truncate(struct os *os, struct os_file *file, uint64_t bytes, struct err *err);
status os_allocate(struct os *os, struct os_file *file, uint64_t bytes, struct err *err);
status os_size(struct os *os, struct os_file *file, uint64_t *bytes, struct err *err);
status os_lock(struct os *os, struct os_file *file, struct err *err);
status os_stat(struct os *os, const char *path, struct os_stat *stat, struct err *err);
status os_rename(struct os *os, const char *from, const char *to, struct err *err);
status os_remove(struct os *os, const char *path, struct err *err);
status os_make_dir(struct os *os, const char *path, struct err *err);
status os_remove_dir(struct os *os, const char *path, struct err *err);
status os_list_dir(struct os *os, const char *path, os_list_fn *each, void *context,
                   struct err *err);
status os_sync_dir(struct os *os, const char *path, struct err *err);
status os_free_bytes(struct os *os, const char *path, uint64_t *bytes, struct err *err);
uint64_t os_now_us(struct os *os);
uint64_t os_monotonic_us(struct os *os);
void os_sleep_us(struct os *os, uint64_t us);
void os_random(struct os *os, void *data, size_t bytes);

/** Asks the system to hold memory in large pages, where it has them: those of the aligned parts of
 * it that were not written yet. Nothing else changes. */
void os_hold_in_large_pages(void *memory, size_t bytes);

/** Reads a whole file of at most out->bytes_max bytes to the end of `out`. */
status os_read_file(struct os *os, const char *path, struct buf *out, struct err *err);

#endif
