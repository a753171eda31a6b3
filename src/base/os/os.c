/* SPDX-License-Identifier: MIT */
/* The calls of an os by name, and what can be said of every os alike. */
#include "base/os/os.h"

status os_open(struct os *os, const char *path, unsigned flags, struct os_file **file,
               struct err *err) {
  return os->ops->open(os, path, flags, file, err);
}

status os_close(struct os *os, struct os_file *file, struct err *err) {
  return os->ops->close(os, file, err);
}

status os_read_at(struct os *os, struct os_file *file, uint64_t offset, void *data, size_t bytes,
                  size_t *got, struct err *err) {
  return os->ops->read_at(os, file, offset, data, bytes, got, err);
}

void os_will_read(struct os *os, struct os_file *file, uint64_t offset, uint64_t bytes) {
  if (os->ops->will_read) os->ops->will_read(os, file, offset, bytes);
}

status os_write_at(struct os *os, struct os_file *file, uint64_t offset, const void *data,
                   size_t bytes, struct err *err) {
  return os->ops->write_at(os, file, offset, data, bytes, err);
}

status os_sync(struct os *os, struct os_file *file, struct err *err) {
  return os->ops->sync(os, file, err);
}

status os_truncate(struct os *os, struct os_file *file, uint64_t bytes, struct err *err) {
  return os->ops->truncate(os, file, bytes, err);
}

status os_allocate(struct os *os, struct os_file *file, uint64_t bytes, struct err *err) {
  return os->ops->allocate(os, file, bytes, err);
}

status os_size(struct os *os, struct os_file *file, uint64_t *bytes, struct err *err) {
  return os->ops->size(os, file, bytes, err);
}

status os_lock(struct os *os, struct os_file *file, struct err *err) {
  return os->ops->lock(os, file, err);
}

status os_stat(struct os *os, const char *path, struct os_stat *stat, struct err *err) {
  return os->ops->stat(os, path, stat, err);
}

status os_rename(struct os *os, const char *from, const char *to, struct err *err) {
  return os->ops->rename(os, from, to, err);
}

status os_remove(struct os *os, const char *path, struct err *err) {
  return os->ops->remove(os, path, err);
}

status os_make_dir(struct os *os, const char *path, struct err *err) {
  return os->ops->make_dir(os, path, err);
}

status os_remove_dir(struct os *os, const char *path, struct err *err) {
  return os->ops->remove_dir(os, path, err);
}

status os_list_dir(struct os *os, const char *path, os_list_fn *each, void *context,
                   struct err *err) {
  return os->ops->list_dir(os, path, each, context, err);
}

status os_sync_dir(struct os *os, const char *path, struct err *err) {
  return os->ops->sync_dir(os, path, err);
}

status os_free_bytes(struct os *os, const char *path, uint64_t *bytes, struct err *err) {
  return os->ops->free_bytes(os, path, bytes, err);
}

uint64_t os_now_us(struct os *os) {
  return os->ops->now_us(os);
}

uint64_t os_monotonic_us(struct os *os) {
  return os->ops->monotonic_us(os);
}

void os_sleep_us(struct os *os, uint64_t us) {
  os->ops->sleep_us(os, us);
}

void os_random(struct os *os, void *data, size_t bytes) {
  os->ops->random(os, data, bytes);
}

/* The size is a hint alone: a pipe has none, and a file may grow while it is read. */
static status read_to_end(struct os *os, struct os_file *file, struct buf *out, struct err *err) {
  enum { READ_BYTES = 64 * 1024 };
  for (uint64_t offset = 0;;) {
    size_t left = out->bytes_max - out->bytes, got;
    size_t wanted = left < READ_BYTES ? left : READ_BYTES;
    uint8_t beyond = 0;
    uint8_t *at = wanted ? buf_reserve(out, wanted) : &beyond;
    if (!at) return buf_check(out, "the file", err);
    TRY(os_read_at(os, file, offset, at, wanted ? wanted : 1, &got, err));
    if (got == 0) return LUMA_OK;
    if (wanted == 0) FAIL(err, LUMA_TOO_LARGE, "the file is larger than %zu bytes", out->bytes_max);
    out->bytes += got;
    offset += got;
  }
}

status os_read_file(struct os *os, const char *path, struct buf *out, struct err *err) {
  struct os_file *file;
  TRY(os_open(os, path, OS_OPEN_READ, &file, err));
  status read = read_to_end(os, file, out, err);
  if (read == LUMA_OK) return os_close(os, file, err);
  if (read == LUMA_TOO_LARGE || read == LUMA_OUT_OF_MEMORY) err_wrap(err, "reading `%s`", path);
  os_close(os, file, NULL);
  return read;
}
