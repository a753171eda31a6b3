/* SPDX-License-Identifier: MIT */
#include "store/lsm/lock.h"

#include <stdio.h>
#include <string.h>

#include "base/os/process.h"
#include "store/lsm/dbfile/dbfile.h"

enum { TEXT_BYTES_MAX = 512 };

/* What the holder wrote; it may be writing just now, so anything is possible. */
static void read_holder(struct os *os, struct os_file *file, char text[TEXT_BYTES_MAX]) {
  size_t got = 0;
  if (os_read_at(os, file, 0, text, TEXT_BYTES_MAX - 1, &got, NULL) != LUMA_OK) got = 0;
  text[got] = 0;
  for (size_t i = 0; i < got; i++)
    if ((unsigned char)text[i] < 0x20) text[i] = text[i + 1] == 0 || i + 1 == got ? 0 : ' ';
}

static status fail_locked(struct os *os, struct os_file *file, const char *directory,
                          struct err *err) {
  char text[TEXT_BYTES_MAX];
  read_holder(os, file, text);
  err_raise(err, LUMA_LOCKED, __FILE__, __LINE__, "the database `%s` is open elsewhere%s%s",
            directory, text[0] ? ": " : "", text);
  err_hint(err, "close it there, or ask that process instead");
  return LUMA_LOCKED;
}

static status write_holder(struct os *os, struct os_file *file, const char *holder,
                           struct err *err) {
  char text[TEXT_BYTES_MAX];
  snprintf(text, sizeof text, "process %u%s%s\n", process_id(), holder ? ", " : "",
           holder ? holder : "");
  TRY(os_truncate(os, file, 0, err));
  return os_write_at(os, file, 0, text, strlen(text), err);
}

static status open_lock_file(struct os *os, const char *path, bool read_only, struct os_file **file,
                             struct err *err) {
  if (!read_only) return os_open(os, path, OS_OPEN_WRITE | OS_OPEN_CREATE, file, err);
  status answer = os_open(os, path, OS_OPEN_READ, file, err);
  if (answer != LUMA_NOT_FOUND) return answer;
  *file = NULL;
  if (err) err_reset(err);
  return LUMA_OK;
}

status lock_acquire(struct os *os, const char *directory, bool read_only, const char *holder,
                    struct os_file **file, struct err *err) {
  struct dbfile_path path;
  struct os_file *opened;
  TRY(dbfile_make(directory, DBFILE_LOCK, 0, &path, err));
  TRY(open_lock_file(os, path.text, read_only, &opened, err));
  status answer = opened ? os_lock(os, opened, err) : LUMA_OK;
  if (answer == LUMA_LOCKED) fail_locked(os, opened, directory, err);
  if (answer == LUMA_OK && !read_only) answer = write_holder(os, opened, holder, err);
  if (answer == LUMA_DISK_FULL) { /* the text is for people: it holds nobody up */
    answer = LUMA_OK;
    if (err) err_reset(err);
  }
  if (answer != LUMA_OK) {
    os_close(os, opened, NULL);
    return answer;
  }
  *file = opened;
  return LUMA_OK;
}
