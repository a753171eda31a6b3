/* SPDX-License-Identifier: MIT */
/* Open blob files, each once. */
#include "base/core/assert.h"
#include "base/mem/mem.h"
#include "base/sync/sync.h"
#include "store/lsm/blob/blob.h"
#include "store/lsm/dbfile/dbfile.h"

/* Part of the key of cached values, beside those of sorted files (sorted/load.c). */
enum { BUCKETS = 256, CACHE_KEY_USES = 4, CACHE_USE = 1 };

struct blob_file {
  struct blobs *set;
  struct blob_file *chain;
  uint64_t references; /* of the set's lock */
  struct os_file *handle;
  struct blob_info info;
  char path[];
};

struct blobs {
  struct os *os;
  struct cache *cache;
  const char *directory;
  struct mutex lock;
  uint64_t bytes;
  struct blob_file *buckets[BUCKETS];
};

/* ---- the set ---- */

status blobs_create(struct os *os, const char *directory, struct cache *cache, struct blobs **blobs,
                    struct err *err) {
  struct blobs *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the list of blob files");
  made->os = os;
  made->cache = cache;
  made->directory = directory;
  mutex_init(&made->lock);
  *blobs = made;
  return LUMA_OK;
}

void blobs_destroy(struct blobs *blobs) {
  if (!blobs) return;
  for (int i = 0; i < BUCKETS; i++) ASSERT(!blobs->buckets[i]);
  mutex_deinit(&blobs->lock);
  mem_free(blobs);
}

uint64_t blobs_bytes(struct blobs *blobs) {
  mutex_lock(&blobs->lock);
  uint64_t bytes = blobs->bytes;
  mutex_unlock(&blobs->lock);
  return bytes;
}

/* ---- opening ---- */

/* Puts file and offset before the message; answers `code`. */
static status blame(const struct blob_file *blob, uint64_t offset, status code, struct err *err) {
  bool is_of_file = code == LUMA_CORRUPT || code == LUMA_VERSION_TOO_NEW;
  if (is_of_file) err_wrap(err, "`%s` at offset %llu", blob->path, (unsigned long long)offset);
  return code;
}

static status check_info(const struct blob_info *info, const struct blob_info *wanted,
                         uint64_t size, struct err *err) {
  if (info->number != wanted->number || memcmp(info->uuid, wanted->uuid, sizeof info->uuid) != 0)
    FAIL(err, LUMA_CORRUPT, "this file is of another time or database");
  if (info->file_bytes != size || info->value_bytes != size - BLOB_HEADER_BYTES - BLOB_FOOTER_BYTES)
    FAIL(err, LUMA_CORRUPT, "the file has %llu bytes instead of %llu", (unsigned long long)size,
         (unsigned long long)info->file_bytes);
  return LUMA_OK;
}

static status read_footer(const struct blob_file *blob, const struct blob_info *wanted,
                          struct blob_info *info, struct err *err) {
  struct os *os = blob->set->os;
  uint8_t bytes[BLOB_FOOTER_BYTES];
  uint64_t size;
  size_t got;
  TRY(os_size(os, blob->handle, &size, err));
  if (size < BLOB_HEADER_BYTES + BLOB_FOOTER_BYTES) {
    err_raise(err, LUMA_CORRUPT, __FILE__, __LINE__, "the file is too short");
    return blame(blob, 0, LUMA_CORRUPT, err);
  }
  TRY(os_read_at(os, blob->handle, size - sizeof bytes, bytes, sizeof bytes, &got, err));
  if (got < sizeof bytes) memset(bytes, 0, sizeof bytes);
  status code = blob__footer_decode(bytes, info, err);
  if (code == LUMA_OK) code = check_info(info, wanted, size, err);
  return blame(blob, size - sizeof bytes, code, err);
}

static void destroy(struct blob_file *blob) {
  if (blob->handle) os_close(blob->set->os, blob->handle, NULL); /* nothing can be lost */
  mem_free(blob);
}

static status open_file(struct blobs *blobs, const struct blob_info *wanted,
                        struct blob_file **blob, struct err *err) {
  struct dbfile_path path;
  TRY(dbfile_make(blobs->directory, DBFILE_BLOB, wanted->number, &path, err));
  size_t path_bytes = strlen(path.text) + 1;
  struct blob_file *made = mem_zalloc(1, sizeof *made + path_bytes);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to open `%s`", path.text);
  made->set = blobs;
  made->references = 1;
  memcpy(made->path, path.text, path_bytes);
  status code = os_open(blobs->os, made->path, OS_OPEN_READ, &made->handle, err);
  if (code == LUMA_OK) code = read_footer(made, wanted, &made->info, err);
  if (code != LUMA_OK) {
    destroy(made);
    return code;
  }
  *blob = made;
  return LUMA_OK;
}

static struct blob_file **bucket_of(struct blobs *blobs, uint64_t number) {
  return &blobs->buckets[number % BUCKETS];
}

static struct blob_file *find(struct blobs *blobs, uint64_t number) {
  struct blob_file *blob = *bucket_of(blobs, number);
  while (blob && blob->info.number != number) blob = blob->chain;
  return blob;
}

static status open_locked(struct blobs *blobs, const struct blob_info *wanted,
                          struct blob_file **blob, struct err *err) {
  struct blob_file **bucket = bucket_of(blobs, wanted->number);
  *blob = find(blobs, wanted->number);
  if (*blob && memcmp((*blob)->info.uuid, wanted->uuid, BLOB_UUID_BYTES) != 0)
    FAIL(err, LUMA_CORRUPT, "`%s` is of another time or database", (*blob)->path);
  if (*blob) {
    (*blob)->references++;
    return LUMA_OK;
  }
  TRY(open_file(blobs, wanted, blob, err));
  (*blob)->chain = *bucket;
  *bucket = *blob;
  blobs->bytes += (*blob)->info.file_bytes;
  return LUMA_OK;
}

status blobs_open(struct blobs *blobs, uint64_t number, const uint8_t *uuid,
                  struct blob_file **blob, struct err *err) {
  struct blob_info wanted = {.number = number};
  memcpy(wanted.uuid, uuid, sizeof wanted.uuid);
  mutex_lock(&blobs->lock);
  status code = open_locked(blobs, &wanted, blob, err);
  mutex_unlock(&blobs->lock);
  return code;
}

void blob_release(struct blob_file *blob) {
  struct blobs *blobs = blob->set;
  mutex_lock(&blobs->lock);
  ASSERT(blob->references > 0);
  bool is_last = --blob->references == 0;
  if (is_last) {
    struct blob_file **at = bucket_of(blobs, blob->info.number);
    while (*at != blob) at = &(*at)->chain;
    *at = blob->chain;
    blobs->bytes -= blob->info.file_bytes;
  }
  mutex_unlock(&blobs->lock);
  if (!is_last) return;
  cache_forget(blobs->cache, blob->info.number);
  destroy(blob);
}

/* ---- reading ---- */

const struct blob_info *blob_get_info(const struct blob_file *blob) {
  return &blob->info;
}

static status check_handle(const struct blob_file *blob, const struct block_handle *handle,
                           struct err *err) {
  uint64_t end = blob->info.file_bytes - BLOB_FOOTER_BYTES;
  bool is_inside = handle->offset >= BLOB_HEADER_BYTES && handle->offset <= end &&
                   handle->stored_bytes <= end - handle->offset;
  if (!is_inside) FAIL(err, LUMA_CORRUPT, "the value reaches beyond the end of the file");
  if (handle->codec != BLOCK_NONE) FAIL(err, LUMA_CORRUPT, "the value's form is unknown");
  return LUMA_OK;
}

static status read_into(const struct blob_file *blob, const struct block_handle *handle,
                        uint8_t *data, struct err *err) {
  size_t got;
  TRY(os_read_at(blob->set->os, blob->handle, handle->offset, data, handle->stored_bytes, &got,
                 err));
  if (got < handle->stored_bytes) FAIL(err, LUMA_CORRUPT, "the file is cut off here");
  return block_unpack(handle, slice_of(data, handle->stored_bytes), data, err);
}

static status read_value(const struct blob_file *blob, const struct block_handle *handle,
                         struct cache_block **value, struct err *err) {
  struct cache_block *made = cache_block_create(blob->set->cache, handle->raw_bytes);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a value of %u bytes", handle->raw_bytes);
  status code = read_into(blob, handle, made->data, err);
  if (code != LUMA_OK) {
    cache_block_release(made);
    return code;
  }
  *value = made;
  return LUMA_OK;
}

status blob_load(const struct blob_file *blob, const struct block_handle *handle,
                 enum blob_caching caching, struct cache_block **value, struct err *err) {
  struct cache *cache = blob->set->cache;
  status code = check_handle(blob, handle, err);
  if (code != LUMA_OK) return blame(blob, handle->offset, code, err);
  struct cache_key key = {blob->info.number, handle->offset * CACHE_KEY_USES + CACHE_USE};
  struct cache_block *cached = caching == BLOB_FRESH ? NULL : cache_get(cache, key);
  if (cached && cached->bytes == handle->raw_bytes) {
    *value = cached;
    return LUMA_OK;
  }
  if (cached) cache_block_release(cached);
  code = read_value(blob, handle, value, err);
  if (code != LUMA_OK) return blame(blob, handle->offset, code, err);
  if (caching == BLOB_FILL) cache_put(cache, key, *value);
  return LUMA_OK;
}

status blob_check(const struct blob_file *blob, struct err *err) {
  uint8_t bytes[BLOB_HEADER_BYTES], expected[BLOB_HEADER_BYTES];
  struct blob_info info;
  size_t got;
  TRY(read_footer(blob, &blob->info, &info, err));
  TRY(os_read_at(blob->set->os, blob->handle, 0, bytes, sizeof bytes, &got, err));
  blob__header_encode(&blob->info, expected);
  if (got == sizeof bytes && memcmp(bytes, expected, sizeof bytes) == 0) return LUMA_OK;
  err_raise(err, LUMA_CORRUPT, __FILE__, __LINE__, "the header is not that of this file");
  return blame(blob, 0, LUMA_CORRUPT, err);
}
