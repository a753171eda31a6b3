/* SPDX-License-Identifier: MIT */
/* Files of Linux. What the kernel leaves to its callers is done here: interrupted and short calls
 * are continued, a direct file that its file system refuses falls back to the page cache, pipes are
 * read in order. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/core/assert.h"
#include "base/mem/mem.h"
#include "base/os/os_linux_int.h"

enum { DIRECT_BYTES = 4096, ZEROES_BYTES = 1 << 20, MODE_PRIVATE = 0600 };

struct os_file {
  int fd;
  bool is_pipe;       /* cannot seek: reads go in order, at `pipe_offset` */
  atomic_bool direct; /* O_DIRECT is set; cleared when the file system turns out to refuse it */
  uint64_t pipe_offset;
  char path[];
};

static int open_flags(unsigned flags) {
  int result = O_CLOEXEC | (flags & OS_OPEN_WRITE ? O_RDWR : O_RDONLY);
  if (flags & OS_OPEN_CREATE) result |= O_CREAT;
  if (flags & OS_OPEN_EXCLUSIVE) result |= O_EXCL;
  if (flags & OS_OPEN_DIRECT) result |= O_DIRECT;
  if (flags & OS_OPEN_SYNCED) result |= O_DSYNC;
  return result;
}

static int open_retrying(const char *path, int flags) {
  int fd;
  do fd = open(path, flags, MODE_PRIVATE);
  while (fd < 0 && errno == EINTR);
  return fd;
}

/* `*flags` tells whether the file came open with O_DIRECT. */
static int open_with_fallback(const char *path, int *flags) {
  int fd = open_retrying(path, *flags);
  if (fd >= 0 || errno != EINVAL || !(*flags & O_DIRECT)) return fd;
  *flags &= ~(O_DIRECT | O_EXCL); /* the refused call may have made the file */
  return open_retrying(path, *flags);
}

static status check_kind(struct os_file *file, struct err *err) {
  struct stat stat;
  if (fstat(file->fd, &stat) != 0) return os__fail(err, errno, "open", file->path);
  if (S_ISDIR(stat.st_mode)) return os__fail(err, EISDIR, "open", file->path);
  file->is_pipe = S_ISFIFO(stat.st_mode) || S_ISSOCK(stat.st_mode) || S_ISCHR(stat.st_mode);
  return LUMA_OK;
}

status os__file_open(struct os *os, const char *path, unsigned flags, struct os_file **file,
                     struct err *err) {
  (void)os;
  ASSERT(flags & OS_OPEN_WRITE || !(flags & OS_OPEN_CREATE));
  size_t path_bytes = strlen(path) + 1;
  struct os_file *opened = mem_zalloc(1, sizeof *opened + path_bytes);
  if (!opened) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory is left to open `%s`", path);
  memcpy(opened->path, path, path_bytes);
  int system_flags = open_flags(flags);
  opened->fd = open_with_fallback(path, &system_flags);
  atomic_init(&opened->direct, (system_flags & O_DIRECT) != 0);
  status result = opened->fd < 0 ? os__fail(err, errno, "open", path) : check_kind(opened, err);
  if (result != LUMA_OK) {
    if (opened->fd >= 0) close(opened->fd);
    mem_free(opened);
    return result;
  }
  *file = opened;
  return LUMA_OK;
}

status os__file_close(struct os *os, struct os_file *file, struct err *err) {
  (void)os;
  /* The descriptor is gone whatever close answers; EINTR is no loss of data on Linux. */
  status result = LUMA_OK;
  if (close(file->fd) != 0 && errno != EINTR) result = os__fail(err, errno, "close", file->path);
  mem_free(file);
  return result;
}

static bool set_direct(struct os_file *file, bool direct) {
  int flags = fcntl(file->fd, F_GETFL);
  if (flags < 0) return false;
  flags = direct ? flags | O_DIRECT : flags & ~O_DIRECT;
  if (fcntl(file->fd, F_SETFL, flags) != 0) return false;
  atomic_store(&file->direct, direct);
  return true;
}

/* After a failed call: whether to call again. Some file systems take O_DIRECT at open and refuse
 * the transfer. */
static bool should_retry(struct os_file *file) {
  if (errno == EINTR) return true;
  if (errno != EINVAL || !atomic_load(&file->direct)) return false;
  bool cleared = set_direct(file, false);
  errno = EINVAL;
  return cleared;
}

static bool is_aligned(uint64_t offset, const void *data, size_t bytes) {
  return (offset | (uintptr_t)data | bytes) % DIRECT_BYTES == 0;
}

static ssize_t read_some(struct os_file *file, uint64_t offset, void *data, size_t bytes) {
  if (!file->is_pipe) return pread(file->fd, data, bytes, (off_t)offset);
  if (offset != file->pipe_offset) {
    errno = ESPIPE;
    return -1;
  }
  ssize_t got = read(file->fd, data, bytes);
  if (got > 0) file->pipe_offset += (uint64_t)got;
  return got;
}

status os__file_read_at(struct os *os, struct os_file *file, uint64_t offset, void *data,
                        size_t bytes, size_t *got, struct err *err) {
  (void)os;
  ASSERT(!atomic_load(&file->direct) || is_aligned(offset, data, bytes));
  *got = 0;
  while (*got < bytes) {
    ssize_t part = read_some(file, offset + *got, (uint8_t *)data + *got, bytes - *got);
    if (part < 0 && should_retry(file)) continue;
    if (part < 0) return os__fail(err, errno, "read", file->path);
    *got += (size_t)part;
    if (part == 0) break;
    /* A direct read that stops inside a block has met the end of the file; continuing there would
     * not be aligned. */
    if (*got % DIRECT_BYTES != 0 && atomic_load(&file->direct)) break;
  }
  return LUMA_OK;
}

void os__file_will_read(struct os *os, struct os_file *file, uint64_t offset, uint64_t bytes) {
  (void)os;
  if (file->is_pipe || atomic_load(&file->direct)) return; /* only the page cache reads ahead */
  (void)posix_fadvise(file->fd, (off_t)offset, (off_t)bytes, POSIX_FADV_WILLNEED);
}

status os__file_write_at(struct os *os, struct os_file *file, uint64_t offset, const void *data,
                         size_t bytes, struct err *err) {
  (void)os;
  ASSERT(!atomic_load(&file->direct) || is_aligned(offset, data, bytes));
  for (size_t done = 0; done < bytes;) {
    ssize_t part =
        pwrite(file->fd, (const uint8_t *)data + done, bytes - done, (off_t)(offset + done));
    if (part < 0 && should_retry(file)) continue;
    if (part < 0) return os__fail(err, errno, "write", file->path);
    if (part == 0) return os__fail(err, EIO, "write", file->path);
    done += (size_t)part;
  }
  return LUMA_OK;
}

status os__file_sync(struct os *os, struct os_file *file, struct err *err) {
  (void)os;
  int result;
  do result = fdatasync(file->fd);
  while (result != 0 && errno == EINTR);
  return result == 0 ? LUMA_OK : os__fail(err, errno, "sync", file->path);
}

status os__file_truncate(struct os *os, struct os_file *file, uint64_t bytes, struct err *err) {
  (void)os;
  int result;
  do result = ftruncate(file->fd, (off_t)bytes);
  while (result != 0 && errno == EINTR);
  return result == 0 ? LUMA_OK : os__fail(err, errno, "change the size of", file->path);
}

status os__file_size(struct os *os, struct os_file *file, uint64_t *bytes, struct err *err) {
  (void)os;
  struct stat stat;
  if (fstat(file->fd, &stat) != 0) return os__fail(err, errno, "read the size of", file->path);
  *bytes = (uint64_t)stat.st_size;
  return LUMA_OK;
}

/* Zeroes are written rather than promised: a later write then changes no extent and needs no
 * journal of the file system. */
static status write_zeroes(struct os *os, struct os_file *file, uint64_t from, uint64_t to,
                           struct err *err) {
  void *zeroes = mem_alloc_aligned(DIRECT_BYTES, ZEROES_BYTES);
  if (!zeroes) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory is left to allocate `%s`", file->path);
  memset(zeroes, 0, ZEROES_BYTES);
  status result = LUMA_OK;
  for (uint64_t at = from; at < to && result == LUMA_OK; at += ZEROES_BYTES) {
    uint64_t left = to - at;
    result = os__file_write_at(os, file, at, zeroes,
                               left < ZEROES_BYTES ? (size_t)left : ZEROES_BYTES, err);
  }
  mem_free(zeroes);
  return result;
}

/* Room first and at once, so that a full disk is known before anything is written. */
static status reserve(struct os_file *file, uint64_t bytes, struct err *err) {
  int result;
  do result = fallocate(file->fd, 0, 0, (off_t)bytes);
  while (result != 0 && errno == EINTR);
  if (result == 0 || errno == EOPNOTSUPP) return LUMA_OK;
  return os__fail(err, errno, "allocate room for", file->path);
}

static status grow(struct os *os, struct os_file *file, uint64_t from, uint64_t to,
                   struct err *err) {
  TRY(reserve(file, to, err));
  bool direct = atomic_load(&file->direct), is_even = (from | to) % DIRECT_BYTES == 0;
  if (direct && !is_even && !set_direct(file, false))
    return os__fail(err, errno, "allocate room for", file->path);
  status result = write_zeroes(os, file, from, to, err);
  if (direct && !is_even) set_direct(file, true);
  return result;
}

status os__file_allocate(struct os *os, struct os_file *file, uint64_t bytes, struct err *err) {
  uint64_t size = 0;
  TRY(os__file_size(os, file, &size, err));
  if (bytes <= size) return bytes == size ? LUMA_OK : os__file_truncate(os, file, bytes, err);
  status result = grow(os, file, size, bytes, err);
  if (result != LUMA_OK) os__file_truncate(os, file, size, NULL); /* gives the room back */
  return result;
}

status os__file_lock(struct os *os, struct os_file *file, struct err *err) {
  (void)os;
  int result, flags = fcntl(file->fd, F_GETFL);
  if (flags < 0) return os__fail(err, errno, "lock", file->path);
  int kind = (flags & O_ACCMODE) == O_RDONLY ? LOCK_SH : LOCK_EX;
  do result = flock(file->fd, kind | LOCK_NB);
  while (result != 0 && errno == EINTR);
  if (result == 0) return LUMA_OK;
  if (errno == EWOULDBLOCK)
    FAIL(err, LUMA_LOCKED, "`%s` is locked by another user of it", file->path);
  return os__fail(err, errno, "lock", file->path);
}
