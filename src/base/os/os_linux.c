/* SPDX-License-Identifier: MIT */
/* Linux as an os: paths, directories, clocks, randomness. Its files are in os_linux_file.c. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/core/assert.h"
#include "base/os/os_linux_int.h"

enum { MODE_PRIVATE = 0700, US_PER_SECOND = 1000000, NS_PER_US = 1000 };

static status stat_path(struct os *os, const char *path, struct os_stat *result, struct err *err) {
  (void)os;
  struct stat found;
  if (stat(path, &found) != 0) return os__fail(err, errno, "look at", path);
  result->kind = S_ISREG(found.st_mode)   ? OS_KIND_FILE
                 : S_ISDIR(found.st_mode) ? OS_KIND_DIRECTORY
                                          : OS_KIND_OTHER;
  result->bytes = (uint64_t)found.st_size;
  return LUMA_OK;
}

static status rename_path(struct os *os, const char *from, const char *to, struct err *err) {
  (void)os;
  if (rename(from, to) == 0) return LUMA_OK;
  status result = os__fail(err, errno, "rename", from);
  err_wrap(err, "to `%s`", to);
  return result;
}

static status remove_path(struct os *os, const char *path, struct err *err) {
  (void)os;
  return unlink(path) == 0 ? LUMA_OK : os__fail(err, errno, "remove", path);
}

static status make_dir(struct os *os, const char *path, struct err *err) {
  (void)os;
  return mkdir(path, MODE_PRIVATE) == 0 ? LUMA_OK
                                        : os__fail(err, errno, "make the directory", path);
}

static status remove_dir(struct os *os, const char *path, struct err *err) {
  (void)os;
  return rmdir(path) == 0 ? LUMA_OK : os__fail(err, errno, "remove the directory", path);
}

static bool is_own_name(const char *name) {
  return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static status list_open_dir(DIR *dir, const char *path, os_list_fn *each, void *context,
                            struct err *err) {
  for (;;) {
    errno = 0;
    const struct dirent *entry = readdir(dir);
    if (!entry) return errno == 0 ? LUMA_OK : os__fail(err, errno, "list", path);
    if (!is_own_name(entry->d_name)) TRY(each(context, entry->d_name));
  }
}

static status list_dir(struct os *os, const char *path, os_list_fn *each, void *context,
                       struct err *err) {
  (void)os;
  DIR *dir = opendir(path);
  if (!dir) return os__fail(err, errno, "list", path);
  status result = list_open_dir(dir, path, each, context, err);
  closedir(dir);
  return result;
}

static int sync_retrying(int fd) {
  int result;
  do result = fsync(fd);
  while (result != 0 && errno == EINTR);
  return result;
}

static status sync_dir(struct os *os, const char *path, struct err *err) {
  (void)os;
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return os__fail(err, errno, "sync", path);
  /* EINVAL: this file system knows no such thing as a directory to sync, and there is no more to be
   * done. */
  status result = LUMA_OK;
  if (sync_retrying(fd) != 0 && errno != EINVAL) result = os__fail(err, errno, "sync", path);
  close(fd);
  return result;
}

static status free_bytes(struct os *os, const char *path, uint64_t *bytes, struct err *err) {
  (void)os;
  struct statvfs found;
  int result;
  do result = statvfs(path, &found);
  while (result != 0 && errno == EINTR);
  if (result != 0) return os__fail(err, errno, "read the free room of", path);
  *bytes = (uint64_t)found.f_bavail * found.f_frsize;
  return LUMA_OK;
}

static uint64_t read_clock_us(clockid_t clock) {
  struct timespec now;
  int result = clock_gettime(clock, &now);
  ASSERT(result == 0);
  return (uint64_t)now.tv_sec * US_PER_SECOND + (uint64_t)now.tv_nsec / NS_PER_US;
}

static uint64_t now_us(struct os *os) {
  (void)os;
  return read_clock_us(CLOCK_REALTIME);
}

static uint64_t monotonic_us(struct os *os) {
  (void)os;
  return read_clock_us(CLOCK_MONOTONIC);
}

static void sleep_us(struct os *os, uint64_t us) {
  (void)os;
  struct timespec left = {.tv_sec = (time_t)(us / US_PER_SECOND),
                          .tv_nsec = (long)(us % US_PER_SECOND * NS_PER_US)};
  while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR) {
  }
}

static void fill_random(struct os *os, void *data, size_t bytes) {
  (void)os;
  for (size_t done = 0; done < bytes;) {
    ssize_t part = getrandom((uint8_t *)data + done, bytes - done, 0);
    ASSERT(
        part > 0 ||
        errno ==
            EINTR); /* the kernel has had this call for ten years, and it cannot fail otherwise */
    if (part > 0) done += (size_t)part;
  }
}

static const struct os_ops linux_ops = {
    .open = os__file_open,
    .close = os__file_close,
    .read_at = os__file_read_at,
    .will_read = os__file_will_read,
    .write_at = os__file_write_at,
    .sync = os__file_sync,
    .truncate = os__file_truncate,
    .allocate = os__file_allocate,
    .size = os__file_size,
    .lock = os__file_lock,
    .stat = stat_path,
    .rename = rename_path,
    .remove = remove_path,
    .make_dir = make_dir,
    .remove_dir = remove_dir,
    .list_dir = list_dir,
    .sync_dir = sync_dir,
    .free_bytes = free_bytes,
    .now_us = now_us,
    .monotonic_us = monotonic_us,
    .sleep_us = sleep_us,
    .random = fill_random,
};

/* It has no state: nobody writes to it, though the type says that a simulated one may. */
static struct os linux_os = {.ops = &linux_ops};

struct os *os_linux(void) {
  return &linux_os;
}

void os_hold_in_large_pages(void *memory, size_t bytes) {
  (void)madvise(memory, bytes, MADV_HUGEPAGE); /* a kernel without them holds it as it is */
}
