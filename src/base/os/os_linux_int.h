/* SPDX-License-Identifier: MIT */
/* What the files of the Linux implementation share. */
#ifndef BASE_OS_OS_LINUX_INT_H
#define BASE_OS_OS_LINUX_INT_H

#include "base/os/os.h"

/** Answers the status that `number` (of errno) stands for, with a message "cannot <what> `path`:
 * <reason>" and a hint. */
status os__fail(struct err *err, int number, const char *what, const char *path);

/* os_linux_file.c */
status os__file_open(struct os *os, const char *path, unsigned flags, struct os_file **file,
                     struct err *err);
status os__file_close(struct os *os, struct os_file *file, struct err *err);
status os__file_read_at(struct os *os, struct os_file *file, uint64_t offset, void *data,
                        size_t bytes, size_t *got, struct err *err);
void os__file_will_read(struct os *os, struct os_file *file, uint64_t offset, uint64_t bytes);
status os__file_write_at(struct os *os, struct os_file *file, uint64_t offset, const void *data,
                         size_t bytes, struct err *err);
status os__file_sync(struct os *os, struct os_file *file, struct err *err);
status os__file_truncate(struct os *os, struct os_file *file, uint64_t bytes, struct err *err);
status os__file_allocate(struct os *os, struct os_file *file, uint64_t bytes, struct err *err);
status os__file_size(struct os *os, struct os_file *file, uint64_t *bytes, struct err *err);
status os__file_lock(struct os *os, struct os_file *file, struct err *err);

#endif
