/* SPDX-License-Identifier: MIT */
/* How raw bytes stand in a file: as they are, or compressed by LZ4; and the handle that finds and
 * verifies them. */
#include <lz4.h>

#include "base/core/canary.h"
#include "base/hash/hash.h"
#include "store/lsm/block/block.h"

void block_handle_encode(const struct block_handle *handle, uint8_t out[BLOCK_HANDLE_BYTES]) {
  store64le(out, handle->offset);
  store32le(out + 8, handle->stored_bytes);
  store32le(out + 12, handle->raw_bytes);
  store32le(out + 16, handle->crc);
  store32le(out + 20, (uint32_t)handle->codec);
}

bool block_handle_decode(struct slice bytes, struct block_handle *handle) {
  if (bytes.bytes != BLOCK_HANDLE_BYTES) return false;
  uint32_t codec = load32le(bytes.data + 20);
  *handle = (struct block_handle){.offset = load64le(bytes.data),
                                  .stored_bytes = load32le(bytes.data + 8),
                                  .raw_bytes = load32le(bytes.data + 12),
                                  .crc = load32le(bytes.data + 16),
                                  .codec = (enum block_codec)codec};
  if (codec == BLOCK_NONE) return handle->stored_bytes == handle->raw_bytes;
  return codec == BLOCK_LZ4;
}

void block_reference_encode(const struct block_reference *reference,
                            uint8_t out[BLOCK_REFERENCE_BYTES]) {
  store64le(out, reference->file);
  block_handle_encode(&reference->handle, out + 8);
}

bool block_reference_decode(struct slice bytes, struct block_reference *reference) {
  if (bytes.bytes != BLOCK_REFERENCE_BYTES) return false;
  reference->file = load64le(bytes.data);
  return block_handle_decode(slice_of(bytes.data + 8, BLOCK_HANDLE_BYTES), &reference->handle);
}

static bool is_compressible(struct slice raw) {
  return raw.bytes >= 64 && raw.bytes <= LZ4_MAX_INPUT_SIZE;
}

status block_pack(struct slice raw, enum block_codec codec, struct buf *out,
                  struct block_handle *handle, struct err *err) {
  size_t start = out->bytes, stored = 0;
  if (codec == BLOCK_LZ4 && is_compressible(raw)) {
    int bound = LZ4_compressBound((int)raw.bytes);
    uint8_t *room = buf_reserve(out, (size_t)bound);
    TRY(buf_check(out, "the compressed block", err));
    stored =
        (size_t)LZ4_compress_default((const char *)raw.data, (char *)room, (int)raw.bytes, bound);
  }
  /* Less than an eighth saved is not worth the time of every reader. */
  bool is_worth_it = stored > 0 && stored < raw.bytes - raw.bytes / 8;
  if (is_worth_it)
    buf_extend(out, stored);
  else
    buf_append_slice(out, raw);
  TRY(buf_check(out, "the block", err));
  struct slice written = slice_of(out->data + start, out->bytes - start);
  handle->stored_bytes = (uint32_t)written.bytes;
  handle->raw_bytes = (uint32_t)raw.bytes;
  handle->crc = hash_crc32c(0, written);
  handle->codec = is_worth_it ? BLOCK_LZ4 : BLOCK_NONE;
  return LUMA_OK;
}

status block_unpack(const struct block_handle *handle, struct slice stored, uint8_t *raw,
                    struct err *err) {
  if (stored.bytes != handle->stored_bytes) FAIL(err, LUMA_CORRUPT, "its size is wrong");
  bool is_sound = hash_crc32c(0, stored) == handle->crc || canary_sings(CANARY_BLOCK_NOT_CHECKED);
  if (!is_sound) FAIL(err, LUMA_CORRUPT, "the checksum is wrong");
  if (handle->codec == BLOCK_NONE) {
    if (raw != stored.data && stored.bytes > 0) memcpy(raw, stored.data, stored.bytes);
    return LUMA_OK;
  }
  if (stored.bytes > INT32_MAX || handle->raw_bytes > INT32_MAX)
    FAIL(err, LUMA_CORRUPT, "the compressed size is wrong");
  int got = LZ4_decompress_safe((const char *)stored.data, (char *)raw, (int)stored.bytes,
                                (int)handle->raw_bytes);
  if (got < 0 || (uint32_t)got != handle->raw_bytes)
    FAIL(err, LUMA_CORRUPT, "the compressed bytes are damaged");
  return LUMA_OK;
}
