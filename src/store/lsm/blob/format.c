/* SPDX-License-Identifier: MIT */
/* The fixed parts of a blob file, byte by byte as spec/blob-file.md has them. */
#include "base/hash/hash.h"
#include "store/lsm/blob/blob.h"

enum {
  MAGIC_BYTES = 8,
  HEADER_CRC_AT = 60,
  FOOTER_VERSION_AT = 48,
  FOOTER_CRC_AT = 52,
  FOOTER_MAGIC_AT = 56
};

static const uint8_t HEADER_MAGIC[MAGIC_BYTES] = {'L', 'U', 'M', 'A', 'b', 'l', 'o', 'b'};
static const uint8_t FOOTER_MAGIC[MAGIC_BYTES] = {'b', 'o', 'l', 'b', 'A', 'M', 'U', 'L'};

void blob__header_encode(const struct blob_info *info, uint8_t out[BLOB_HEADER_BYTES]) {
  memset(out, 0, BLOB_HEADER_BYTES);
  memcpy(out, HEADER_MAGIC, MAGIC_BYTES);
  store32le(out + 8, BLOB_FORMAT_VERSION);
  store64le(out + 16, info->number);
  memcpy(out + 24, info->uuid, BLOB_UUID_BYTES);
  store32le(out + HEADER_CRC_AT, hash_crc32c(0, slice_of(out, HEADER_CRC_AT)));
}

void blob__footer_encode(const struct blob_info *info, uint8_t out[BLOB_FOOTER_BYTES]) {
  store64le(out, info->number);
  memcpy(out + 8, info->uuid, BLOB_UUID_BYTES);
  store64le(out + 24, info->values);
  store64le(out + 32, info->value_bytes);
  store64le(out + 40, info->file_bytes);
  store32le(out + FOOTER_VERSION_AT, BLOB_FORMAT_VERSION);
  store32le(out + FOOTER_CRC_AT, hash_crc32c(0, slice_of(out, FOOTER_CRC_AT)));
  memcpy(out + FOOTER_MAGIC_AT, FOOTER_MAGIC, MAGIC_BYTES);
}

status blob__footer_decode(const uint8_t *bytes, struct blob_info *info, struct err *err) {
  if (memcmp(bytes + FOOTER_MAGIC_AT, FOOTER_MAGIC, MAGIC_BYTES) != 0)
    FAIL(err, LUMA_CORRUPT, "the footer does not end as a blob file does");
  if (load32le(bytes + FOOTER_CRC_AT) != hash_crc32c(0, slice_of(bytes, FOOTER_CRC_AT)))
    FAIL(err, LUMA_CORRUPT, "the footer's checksum is wrong");
  uint32_t version = load32le(bytes + FOOTER_VERSION_AT);
  if (version == 0) FAIL(err, LUMA_CORRUPT, "the footer has no version");
  if (version > BLOB_FORMAT_VERSION)
    FAIL(err, LUMA_VERSION_TOO_NEW, "the file has format version %u, this program reads up to %d",
         version, BLOB_FORMAT_VERSION);
  *info = (struct blob_info){.number = load64le(bytes),
                             .values = load64le(bytes + 24),
                             .value_bytes = load64le(bytes + 32),
                             .file_bytes = load64le(bytes + 40)};
  memcpy(info->uuid, bytes + 8, BLOB_UUID_BYTES);
  return LUMA_OK;
}
