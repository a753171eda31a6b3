/* SPDX-License-Identifier: MIT */
/* Loading pieces of a file through the cache. */
#include "base/mem/mem.h"
#include "store/lsm/filter/filter.h"
#include "store/lsm/sorted/sorted_int.h"

/* LZ4 makes at most 255 bytes of one. */
enum { LZ4_RATIO_MAX = 255, CACHE_KEY_USES = 4 };

status sorted__blame(const struct sorted_file *file, uint64_t offset, status code,
                     struct err *err) {
  bool is_of_file = code == LUMA_CORRUPT || code == LUMA_VERSION_TOO_NEW;
  if (is_of_file) err_wrap(err, "`%s` at offset %llu", file->path, (unsigned long long)offset);
  return code;
}

bool sorted_passes_over(const struct sorted_file *file, status code, struct err *err) {
  bool is_damage = code == LUMA_CORRUPT || code == LUMA_NOT_FOUND; /* a file of values is missing */
  if (!is_damage || !file->lost) return false;
  file->lost(file->lost_context, file->path, err ? err->message : "a block is damaged");
  if (err) err_reset(err);
  return true;
}

static status check_handle(const struct sorted_file *file, const struct block_handle *handle,
                           enum sorted__use use, struct err *err) {
  uint64_t end = file->info.file_bytes;
  if (handle->offset > end || handle->stored_bytes > end - handle->offset)
    FAIL(err, LUMA_CORRUPT, "the block reaches beyond the end of the file");
  if (use == SORTED_BLOCK && handle->raw_bytes > BLOCK_BYTES_MAX)
    FAIL(err, LUMA_CORRUPT, "the block is too large");
  if (handle->raw_bytes / LZ4_RATIO_MAX > handle->stored_bytes)
    FAIL(err, LUMA_CORRUPT, "the block's sizes do not fit");
  return LUMA_OK;
}

static status read_exactly(const struct sorted_file *file, const struct block_handle *handle,
                           uint8_t *data, struct err *err) {
  size_t got;
  TRY(os_read_at(file->os, file->handle, handle->offset, data, handle->stored_bytes, &got, err));
  if (got < handle->stored_bytes) FAIL(err, LUMA_CORRUPT, "the file is cut off here");
  return LUMA_OK;
}

static status read_compressed(const struct sorted_file *file, const struct block_handle *handle,
                              uint8_t *raw, struct err *err) {
  uint8_t *stored = mem_alloc(handle->stored_bytes ? handle->stored_bytes : 1);
  if (!stored)
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a block of %u bytes", handle->stored_bytes);
  status code = read_exactly(file, handle, stored, err);
  if (code == LUMA_OK)
    code = block_unpack(handle, slice_of(stored, handle->stored_bytes), raw, err);
  mem_free(stored);
  return code;
}

static status read_verified(const struct sorted_file *file, const struct block_handle *handle,
                            enum sorted__use use, struct cache_block *block, struct err *err) {
  if (handle->codec == BLOCK_NONE) {
    TRY(read_exactly(file, handle, block->data, err));
    TRY(block_unpack(handle, slice_of(block->data, handle->stored_bytes), block->data, err));
  } else {
    TRY(read_compressed(file, handle, block->data, err));
  }
  return use == SORTED_BLOCK ? block_check(slice_of(block->data, block->bytes), err) : LUMA_OK;
}

static status read_block(const struct sorted_file *file, const struct block_handle *handle,
                         enum sorted__use use, struct cache_block **block, struct err *err) {
  TRY(check_handle(file, handle, use, err));
  struct cache_block *made = cache_block_create(file->cache, handle->raw_bytes);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a block of %u bytes", handle->raw_bytes);
  status code = read_verified(file, handle, use, made, err);
  if (code != LUMA_OK) {
    cache_block_release(made);
    return code;
  }
  *block = made;
  return LUMA_OK;
}

/* The use is part of the key: what was verified as one thing is never taken for another, whatever
 * handles say. */
static struct cache_key key_of(const struct sorted_file *file, const struct block_handle *handle,
                               enum sorted__use use) {
  return (struct cache_key){file->info.number, handle->offset * CACHE_KEY_USES + use};
}

struct cache_block *sorted__cached(const struct sorted_file *file,
                                   const struct block_handle *handle, enum sorted__use use) {
  struct cache_block *cached = cache_get(file->cache, key_of(file, handle, use));
  if (!cached || cached->bytes == handle->raw_bytes) return cached;
  cache_block_release(cached);
  return NULL;
}

status sorted__read(const struct sorted_file *file, const struct block_handle *handle,
                    enum sorted__use use, enum sorted__caching caching, struct cache_block **block,
                    struct err *err) {
  status code = read_block(file, handle, use, block, err);
  if (code != LUMA_OK) return sorted__blame(file, handle->offset, code, err);
  if (caching == SORTED_FILL) cache_put(file->cache, key_of(file, handle, use), *block);
  return LUMA_OK;
}

void sorted__will_read(const struct sorted_file *file, const struct block_handle *handle) {
  if (!cache_has(file->cache, key_of(file, handle, SORTED_BLOCK)))
    os_will_read(file->os, file->handle, handle->offset, handle->stored_bytes);
}

void sorted__will_ask(const struct sorted_file *file, const struct block_handle *handle) {
  cache_fetch_bucket(file->cache, key_of(file, handle, SORTED_BLOCK));
}

void sorted__will_get(const struct sorted_file *file, const struct block_handle *handle) {
  cache_fetch_ahead(file->cache, key_of(file, handle, SORTED_BLOCK));
}

status sorted__load(const struct sorted_file *file, const struct block_handle *handle,
                    enum sorted__use use, enum sorted__caching caching, struct cache_block **block,
                    struct err *err) {
  *block = caching == SORTED_FRESH ? NULL : sorted__cached(file, handle, use);
  return *block ? LUMA_OK : sorted__read(file, handle, use, caching, block, err);
}

static struct block_handle handle_of(const struct sorted_file *file, uint64_t page, uint64_t offset,
                                     uint64_t bytes) {
  return (struct block_handle){.offset = offset,
                               .stored_bytes = (uint32_t)bytes,
                               .raw_bytes = (uint32_t)bytes,
                               .crc = load32le(file->tail.page_crcs.data + 4 * page),
                               .codec = BLOCK_NONE};
}

struct block_handle sorted__page_handle(const struct sorted_file *file, uint64_t page) {
  const struct sorted__tail *tail = &file->tail;
  uint64_t filter_pages = sorted__filter_pages(tail->filter_blocks);
  if (page >= filter_pages) {
    uint64_t bytes = places_page_bytes(&tail->places);
    return handle_of(file, page, tail->places_offset + (page - filter_pages) * bytes, bytes);
  }
  uint64_t blocks = tail->filter_blocks - page * FILTER_PAGE_BLOCKS;
  if (blocks > FILTER_PAGE_BLOCKS) blocks = FILTER_PAGE_BLOCKS;
  return handle_of(file, page, tail->filter_offset + page * FILTER_PAGE_BYTES,
                   blocks * FILTER_BLOCK_BYTES);
}
