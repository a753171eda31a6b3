/* SPDX-License-Identifier: MIT */
/* Opening and closing files. */
#include "base/core/assert.h"
#include "base/hash/hash.h"
#include "base/mem/mem.h"
#include "store/lsm/sorted/sorted_int.h"

/* ---- open and close ---- */

static void destroy(struct sorted_file *file) {
  sorted__let_go(file);
  sorted__close_blobs(file);
  if (file->handle)
    os_close(file->os, file->handle, NULL); /* opened for reading: nothing can be lost */
  mem_free(file->tail_bytes);
  mem_free(file->path);
  mem_free(file);
}

static status check_footer(const struct sorted__footer *footer, uint64_t size,
                           const struct sorted_open_options *options, struct err *err) {
  uint64_t end = size - SORTED_FOOTER_BYTES;
  if (footer->file_bytes != size)
    FAIL(err, LUMA_CORRUPT, "the file has %llu bytes instead of %llu", (unsigned long long)size,
         (unsigned long long)footer->file_bytes);
  if (footer->number != options->number)
    FAIL(err, LUMA_CORRUPT, "this is file %llu, not %llu", (unsigned long long)footer->number,
         (unsigned long long)options->number);
  if (options->uuid && memcmp(footer->uuid, options->uuid, SORTED_UUID_BYTES) != 0)
    FAIL(err, LUMA_CORRUPT, "this file is of another time or database");
  if (footer->tail_bytes > SORTED_TAIL_BYTES_MAX || footer->tail_bytes > end ||
      footer->tail_offset != end - footer->tail_bytes)
    FAIL(err, LUMA_CORRUPT, "the footer points to no tail");
  return LUMA_OK;
}

static status read_footer(struct sorted_file *file, uint64_t size,
                          const struct sorted_open_options *options, struct sorted__footer *footer,
                          struct err *err) {
  uint8_t bytes[SORTED_FOOTER_BYTES];
  size_t got;
  if (size < SORTED_HEADER_BYTES + SORTED_TAIL_FIXED_BYTES_V1 + SORTED_FOOTER_BYTES)
    FAIL(err, LUMA_CORRUPT, "the file is too short");
  TRY(os_read_at(file->os, file->handle, size - sizeof bytes, bytes, sizeof bytes, &got, err));
  if (got < sizeof bytes) FAIL(err, LUMA_CORRUPT, "the file is cut off here");
  TRY(sorted__footer_decode(bytes, footer, err));
  return check_footer(footer, size, options, err);
}

static status read_tail(struct sorted_file *file, const struct sorted__footer *footer,
                        struct err *err) {
  size_t bytes = footer->tail_bytes, got;
  file->tail_bytes = mem_alloc(bytes ? bytes : 1);
  if (!file->tail_bytes) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the index of a file");
  TRY(os_read_at(file->os, file->handle, footer->tail_offset, file->tail_bytes, bytes, &got, err));
  if (got < bytes) FAIL(err, LUMA_CORRUPT, "the file is cut off here");
  uint8_t hash[16];
  hash128(slice_of(file->tail_bytes, bytes), hash);
  if (memcmp(hash, footer->hash, sizeof hash) != 0)
    FAIL(err, LUMA_CORRUPT, "the tail's checksum is wrong");
  file->version = footer->version;
  TRY(sorted__tail_decode(slice_of(file->tail_bytes, bytes), file->version, &file->tail, err));
  TRY(block_check(file->tail.root, err));
  block_view_init(&file->root, file->tail.root.data);
  file->pages = mem_zalloc(sorted__pages(&file->tail), sizeof *file->pages);
  if (!file->pages) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the pages of a file");
  return LUMA_OK;
}

static void fill_info(struct sorted_file *file, const struct sorted__footer *footer) {
  const struct sorted__tail *tail = &file->tail;
  file->info = (struct sorted_info){.number = footer->number,
                                    .space = tail->space,
                                    .file_bytes = footer->file_bytes,
                                    .entries = tail->entries,
                                    .keys = tail->keys,
                                    .deletes = tail->deletes,
                                    .seq_min = tail->seq_min,
                                    .seq_max = tail->seq_max,
                                    .key_min = tail->key_min,
                                    .key_max = tail->key_max};
  memcpy(file->info.uuid, footer->uuid, SORTED_UUID_BYTES);
  memcpy(file->info.hash, footer->hash, sizeof footer->hash);
}

static status open_file(struct sorted_file *file, const struct sorted_open_options *options,
                        struct err *err) {
  file->path = mem_copy(options->path, strlen(options->path) + 1);
  if (!file->path) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to open `%s`", options->path);
  TRY(os_open(file->os, file->path, OS_OPEN_READ, &file->handle, err));
  struct sorted__footer footer;
  uint64_t size;
  TRY(os_size(file->os, file->handle, &size, err));
  status code = read_footer(file, size, options, &footer, err);
  uint64_t footer_offset = size > SORTED_FOOTER_BYTES ? size - SORTED_FOOTER_BYTES : 0;
  if (code != LUMA_OK) return sorted__blame(file, footer_offset, code, err);
  code = read_tail(file, &footer, err);
  if (code != LUMA_OK) return sorted__blame(file, footer.tail_offset, code, err);
  fill_info(file, &footer);
  return sorted__open_blobs(file, options->blobs, err);
}

status sorted_open(const struct sorted_open_options *options, struct sorted_file **file,
                   struct err *err) {
  struct sorted_file *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to open `%s`", options->path);
  atomic_init(&made->references, 1);
  made->os = options->os;
  made->cache = options->cache;
  made->lost = options->lost;
  made->lost_context = options->lost_context;
  status code = open_file(made, options, err);
  if (code != LUMA_OK) {
    destroy(made);
    return code;
  }
  *file = made;
  return LUMA_OK;
}

void sorted_acquire(struct sorted_file *file) {
  uint32_t before = atomic_fetch_add_explicit(&file->references, 1, memory_order_relaxed);
  ASSERT(before > 0);
}

void sorted_release(void *object) {
  struct sorted_file *file = object;
  uint32_t before = atomic_fetch_sub_explicit(&file->references, 1, memory_order_acq_rel);
  ASSERT(before > 0);
  if (before > 1) return;
  cache_forget(file->cache, file->info.number);
  destroy(file);
}

const struct sorted_info *sorted_get_info(const struct sorted_file *file) {
  return &file->info;
}
