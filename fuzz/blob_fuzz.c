/* SPDX-License-Identifier: MIT */
/* Blob files of any bytes, and references to them of any bytes. The input: a byte that says whether
 * the footer is set right first, two references, and the file. What is read must lie in the file
 * and have the checksum of its reference. */
#include "base/core/assert.h"
#include "base/hash/hash.h"
#include "base/mem/mem.h"
#include "fuzz/memory_files.h"
#include "store/lsm/blob/blob.h"

enum { NUMBER = 7, REFERENCES = 2, HEAD_BYTES = 1 + REFERENCES * BLOCK_REFERENCE_BYTES };
static const uint8_t UUID[BLOB_UUID_BYTES] = {1, 2, 3};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void mend(uint8_t *file, size_t bytes) {
  if (bytes < BLOB_HEADER_BYTES + BLOB_FOOTER_BYTES) return;
  uint8_t *footer = file + bytes - BLOB_FOOTER_BYTES;
  store64le(footer, NUMBER);
  memcpy(footer + 8, UUID, sizeof UUID);
  store64le(footer + 32, bytes - BLOB_HEADER_BYTES - BLOB_FOOTER_BYTES);
  store64le(footer + 40, bytes);
  store32le(footer + 52, hash_crc32c(0, slice_of(footer, 52)));
}

/* With `mends` the reference gets the checksum of what it points to. */
static void read_value(const struct blob_file *blob, struct slice file, struct slice encoded,
                       bool mends) {
  struct block_reference reference;
  struct cache_block *value;
  if (!block_reference_decode(encoded, &reference)) return;
  struct block_handle *handle = &reference.handle;
  bool is_inside =
      handle->offset <= file.bytes && handle->stored_bytes <= file.bytes - handle->offset;
  if (mends && is_inside)
    handle->crc = hash_crc32c(0, slice_of(file.data + handle->offset, handle->stored_bytes));
  for (int caching = BLOB_FILL; caching <= BLOB_FRESH; caching++) {
    if (blob_load(blob, handle, (enum blob_caching)caching, &value, NULL) != LUMA_OK) continue;
    ASSERT(is_inside && value->bytes == handle->stored_bytes);
    ASSERT(value->bytes == 0 || memcmp(value->data, file.data + handle->offset, value->bytes) == 0);
    cache_block_release(value);
  }
}

static void read_file(struct memory_files *memory, struct slice file, const uint8_t *head) {
  struct cache *cache = NULL;
  struct blobs *blobs = NULL;
  struct blob_file *blob;
  if (cache_create(1 << 20, &cache, NULL) == LUMA_OK &&
      blobs_create(&memory->os, "db", cache, &blobs, NULL) == LUMA_OK &&
      blobs_open(blobs, NUMBER, UUID, &blob, NULL) == LUMA_OK) {
    for (size_t i = 0; i < REFERENCES; i++)
      read_value(blob, file, slice_of(head + 1 + i * BLOCK_REFERENCE_BYTES, BLOCK_REFERENCE_BYTES),
                 head[0] & 1);
    status code = blob_check(blob, NULL);
    ASSERT(code == LUMA_OK || code == LUMA_CORRUPT);
    blob_release(blob);
  }
  blobs_destroy(blobs);
  cache_destroy(cache);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  if (bytes <= HEAD_BYTES) return 0;
  struct memory_files memory;
  uint8_t *file = mem_copy(data + HEAD_BYTES, bytes - HEAD_BYTES);
  if (!file) return 0;
  struct slice content = slice_of(file, bytes - HEAD_BYTES);
  if (data[0] & 1) mend(file, content.bytes);
  memory_files_init(&memory);
  memory_files_add(&memory, "000000000007.blob", content);
  read_file(&memory, content, data);
  mem_free(file);
  return 0;
}
