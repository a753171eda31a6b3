/* SPDX-License-Identifier: MIT */
/* What the numbers of errno mean to a person who runs a database. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/os/os_linux_int.h"

struct meaning {
  int number;
  status code;
  const char *hint; /* NULL: the reason says enough */
};

static const struct meaning meanings[] = {
    {ENOENT, LUMA_NOT_FOUND, NULL},
    {ENOTDIR, LUMA_NOT_FOUND, "a part of the path is a file, not a directory"},
    {EEXIST, LUMA_ALREADY_EXISTS, NULL},
    {ENOSPC, LUMA_DISK_FULL, "free some room on the file system and try again"},
    {EDQUOT, LUMA_DISK_FULL, "the quota of this user is used up: free some room or ask for more"},
    {EFBIG, LUMA_DISK_FULL,
     "the limit of file size is reached: raise it (ulimit -f) or use another file system"},
    {EROFS, LUMA_READ_ONLY, "the file system is mounted read-only"},
    {ENOMEM, LUMA_OUT_OF_MEMORY, NULL},
    {EACCES, LUMA_IO_ERROR, "check the permissions of it and of the directories above it"},
    {EPERM, LUMA_IO_ERROR, "check the permissions of it and of the directories above it"},
    {EMFILE, LUMA_IO_ERROR, "raise the limit of open files (ulimit -n)"},
    {ENFILE, LUMA_IO_ERROR, "raise the system's limit of open files (fs.file-max)"},
    {EIO, LUMA_IO_ERROR, "the device failed: look into the system's log"},
};

static const struct meaning *meaning_of(int number) {
  static const struct meaning other = {0, LUMA_IO_ERROR, NULL};
  for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
    if (meanings[i].number == number) return &meanings[i];
  return &other;
}

status os__fail(struct err *err, int number, const char *what, const char *path) {
  const struct meaning *meaning = meaning_of(number);
  char space[128];
  const char *reason = strerror_r(number, space, sizeof space);
  char first = (char)tolower((unsigned char)reason[0]);
  err_raise(err, meaning->code, __FILE__, __LINE__, "cannot %s `%s`: %c%s", what, path, first,
            reason + 1);
  if (meaning->hint) err_hint(err, "%s", meaning->hint);
  return meaning->code;
}
