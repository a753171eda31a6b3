/* SPDX-License-Identifier: MIT */
/* A read-only operating system of a few files in memory, for fuzzers of what is read from a
 * directory. One thread. */
#ifndef FUZZ_MEMORY_FILES_H
#define FUZZ_MEMORY_FILES_H

#include <string.h>

#include "base/os/os.h"

enum { MEMORY_FILES_MAX = 16 };

struct memory_file {
  const char *name;
  struct slice bytes;
};

struct memory_files {
  struct os os; /* first */
  struct memory_file files[MEMORY_FILES_MAX];
  size_t count;
};

static inline status memory_open(struct os *os, const char *path, unsigned flags,
                                 struct os_file **file, struct err *err) {
  struct memory_files *memory = (struct memory_files *)os;
  const char *slash = strrchr(path, '/');
  (void)flags;
  for (size_t i = 0; i < memory->count; i++) {
    if (strcmp(memory->files[i].name, slash ? slash + 1 : path) != 0) continue;
    *file = (struct os_file *)(void *)&memory->files[i];
    return LUMA_OK;
  }
  FAIL(err, LUMA_NOT_FOUND, "`%s` is not there", path);
}

static inline status memory_close(struct os *os, struct os_file *file, struct err *err) {
  (void)os, (void)file, (void)err;
  return LUMA_OK;
}

static inline status memory_size(struct os *os, struct os_file *file, uint64_t *bytes,
                                 struct err *err) {
  (void)os, (void)err;
  *bytes = ((const struct memory_file *)(void *)file)->bytes.bytes;
  return LUMA_OK;
}

static inline status memory_read_at(struct os *os, struct os_file *file, uint64_t offset,
                                    void *data, size_t bytes, size_t *got, struct err *err) {
  struct slice content = ((const struct memory_file *)(void *)file)->bytes;
  (void)os, (void)err;
  size_t rest = offset < content.bytes ? content.bytes - (size_t)offset : 0;
  *got = bytes < rest ? bytes : rest;
  if (*got > 0) memcpy(data, content.data + offset, *got);
  return LUMA_OK;
}

static inline status memory_list_dir(struct os *os, const char *path, os_list_fn *each,
                                     void *context, struct err *err) {
  const struct memory_files *memory = (const struct memory_files *)os;
  (void)path, (void)err;
  for (size_t i = 0; i < memory->count; i++) TRY(each(context, memory->files[i].name));
  return LUMA_OK;
}

static inline status memory_stat(struct os *os, const char *path, struct os_stat *stat,
                                 struct err *err) {
  struct os_file *file;
  stat->kind = OS_KIND_DIRECTORY;
  if (!strchr(path, '/')) return LUMA_OK; /* the directory itself */
  TRY(memory_open(os, path, OS_OPEN_READ, &file, err));
  stat->kind = OS_KIND_FILE;
  return memory_size(os, file, &stat->bytes, err);
}

static inline status memory_lock(struct os *os, struct os_file *file, struct err *err) {
  (void)os, (void)file, (void)err;
  return LUMA_OK;
}

static inline status memory_free_bytes(struct os *os, const char *path, uint64_t *bytes,
                                       struct err *err) {
  (void)os, (void)path, (void)err;
  *bytes = 0;
  return LUMA_OK;
}

static inline uint64_t memory_time_us(struct os *os) {
  (void)os;
  return 1;
}

static inline void memory_random(struct os *os, void *data, size_t bytes) {
  (void)os;
  memset(data, 1, bytes);
}

/** No files yet. */
static inline void memory_files_init(struct memory_files *memory) {
  static const struct os_ops ops = {.open = memory_open,
                                    .close = memory_close,
                                    .size = memory_size,
                                    .read_at = memory_read_at,
                                    .list_dir = memory_list_dir,
                                    .stat = memory_stat,
                                    .lock = memory_lock,
                                    .free_bytes = memory_free_bytes,
                                    .now_us = memory_time_us,
                                    .monotonic_us = memory_time_us,
                                    .random = memory_random};
  *memory = (struct memory_files){.os = {&ops}};
}

static inline void memory_files_add(struct memory_files *memory, const char *name,
                                    struct slice bytes) {
  memory->files[memory->count++] = (struct memory_file){name, bytes};
}

#endif
