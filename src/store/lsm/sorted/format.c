/* SPDX-License-Identifier: MIT */
/* The fixed parts of a sorted file, byte by byte as spec/sorted-file.md has them. */
#include "base/hash/hash.h"
#include "store/lsm/filter/filter.h"
#include "store/lsm/sorted/sorted_int.h"

enum {
  MAGIC_BYTES = 8,
  HEADER_CRC_AT = 60,
  FOOTER_VERSION_AT = 64,
  FOOTER_CRC_AT = 68,
  FOOTER_MAGIC_AT = 72
};

static const uint8_t HEADER_MAGIC[MAGIC_BYTES] = {'L', 'U', 'M', 'A', 's', 'o', 'r', 't'};
static const uint8_t FOOTER_MAGIC[MAGIC_BYTES] = {'t', 'r', 'o', 's', 'A', 'M', 'U', 'L'};

void sorted__header_encode(const struct sorted_info *info, uint32_t version,
                           uint8_t out[SORTED_HEADER_BYTES]) {
  memset(out, 0, SORTED_HEADER_BYTES);
  memcpy(out, HEADER_MAGIC, MAGIC_BYTES);
  store32le(out + 8, version);
  store32le(out + 12, info->space);
  store64le(out + 16, info->number);
  memcpy(out + 24, info->uuid, SORTED_UUID_BYTES);
  store32le(out + HEADER_CRC_AT, hash_crc32c(0, slice_of(out, HEADER_CRC_AT)));
}

status sorted__header_check(const uint8_t *bytes, const struct sorted_info *info, uint32_t version,
                            struct err *err) {
  uint8_t expected[SORTED_HEADER_BYTES];
  sorted__header_encode(info, version, expected);
  if (memcmp(bytes, expected, sizeof expected) != 0)
    FAIL(err, LUMA_CORRUPT, "the header is not that of this file");
  return LUMA_OK;
}

void sorted__footer_encode(const struct sorted__footer *footer, uint8_t out[SORTED_FOOTER_BYTES]) {
  store64le(out, footer->tail_offset);
  store64le(out + 8, footer->tail_bytes);
  memcpy(out + 16, footer->hash, 16);
  memcpy(out + 32, footer->uuid, SORTED_UUID_BYTES);
  store64le(out + 48, footer->number);
  store64le(out + 56, footer->file_bytes);
  store32le(out + FOOTER_VERSION_AT, SORTED_FORMAT_VERSION);
  store32le(out + FOOTER_CRC_AT, hash_crc32c(0, slice_of(out, FOOTER_CRC_AT)));
  memcpy(out + FOOTER_MAGIC_AT, FOOTER_MAGIC, MAGIC_BYTES);
}

status sorted__footer_decode(const uint8_t *bytes, struct sorted__footer *footer, struct err *err) {
  if (memcmp(bytes + FOOTER_MAGIC_AT, FOOTER_MAGIC, MAGIC_BYTES) != 0)
    FAIL(err, LUMA_CORRUPT, "the footer does not end as a sorted file does");
  if (load32le(bytes + FOOTER_CRC_AT) != hash_crc32c(0, slice_of(bytes, FOOTER_CRC_AT)))
    FAIL(err, LUMA_CORRUPT, "the footer's checksum is wrong");
  uint32_t version = load32le(bytes + FOOTER_VERSION_AT);
  if (version == 0) FAIL(err, LUMA_CORRUPT, "the footer has no version");
  if (version > SORTED_FORMAT_VERSION)
    FAIL(err, LUMA_VERSION_TOO_NEW, "the file has format version %u, this program reads up to %d",
         version, SORTED_FORMAT_VERSION);
  footer->version = version;
  footer->tail_offset = load64le(bytes);
  footer->tail_bytes = load64le(bytes + 8);
  memcpy(footer->hash, bytes + 16, 16);
  memcpy(footer->uuid, bytes + 32, SORTED_UUID_BYTES);
  footer->number = load64le(bytes + 48);
  footer->file_bytes = load64le(bytes + 56);
  return LUMA_OK;
}

uint64_t sorted__filter_pages(uint64_t filter_blocks) {
  return filter_blocks / FILTER_PAGE_BLOCKS + (filter_blocks % FILTER_PAGE_BLOCKS != 0);
}

void sorted__tail_encode(const struct sorted__tail *tail, struct buf *out) {
  buf_append_byte(out, tail->space);
  buf_append_byte(out, tail->levels);
  buf_append16le(out, 0);
  buf_append16le(out, (uint16_t)tail->key_min.bytes);
  buf_append16le(out, (uint16_t)tail->key_max.bytes);
  buf_append32le(out, tail->block_bytes);
  buf_append32le(out, (uint32_t)tail->root.bytes);
  buf_append64le(out, tail->entries);
  buf_append64le(out, tail->keys);
  buf_append64le(out, tail->deletes);
  buf_append64le(out, tail->seq_min);
  buf_append64le(out, tail->seq_max);
  buf_append64le(out, tail->filter_offset);
  buf_append64le(out, tail->filter_blocks);
  buf_append64le(out, tail->places_offset);
  buf_append32le(out, tail->places.pages);
  buf_append16le(out, tail->places.page_buckets);
  buf_append_byte(out, tail->places.index_bits);
  buf_append_byte(out, 0);
  buf_append64le(out, tail->data_blocks);
  buf_append32le(out, tail->blobs_count);
  buf_append32le(out, 0);
  buf_append_slice(out, tail->key_min);
  buf_append_slice(out, tail->key_max);
  buf_append_slice(out, tail->page_crcs);
  buf_append_slice(out, tail->blobs);
  buf_append_slice(out, tail->root);
}

/* Takes the next `bytes` of `rest`, which has them. */
static struct slice take(struct slice *rest, size_t bytes) {
  struct slice taken = slice_of(rest->data, bytes);
  *rest = slice_of(rest->data + bytes, rest->bytes - bytes);
  return taken;
}

uint64_t sorted__pages(const struct sorted__tail *tail) {
  return sorted__filter_pages(tail->filter_blocks) + tail->places.pages;
}

/* What version 2 added. */
static void decode_places(const uint8_t *p, struct sorted__tail *tail) {
  tail->places_offset = load64le(p);
  tail->places = (struct places_shape){
      .pages = load32le(p + 8), .page_buckets = load16le(p + 12), .index_bits = p[14]};
  tail->data_blocks = load64le(p + 16);
  tail->blobs_count = load32le(p + 24);
}

status sorted__tail_decode(struct slice bytes, uint32_t version, struct sorted__tail *tail,
                           struct err *err) {
  size_t fixed_bytes = version == 1 ? SORTED_TAIL_FIXED_BYTES_V1 : SORTED_TAIL_FIXED_BYTES;
  if (bytes.bytes < fixed_bytes) FAIL(err, LUMA_CORRUPT, "the tail is too short");
  const uint8_t *p = bytes.data;
  *tail = (struct sorted__tail){.space = p[0],
                                .levels = p[1],
                                .block_bytes = load32le(p + 8),
                                .entries = load64le(p + 16),
                                .keys = load64le(p + 24),
                                .deletes = load64le(p + 32),
                                .seq_min = load64le(p + 40),
                                .seq_max = load64le(p + 48),
                                .filter_offset = load64le(p + 56),
                                .filter_blocks = load64le(p + 64)};
  uint64_t min_bytes = load16le(p + 4), max_bytes = load16le(p + 6), root_bytes = load32le(p + 12);
  if (version > 1) decode_places(p + SORTED_TAIL_FIXED_BYTES_V1, tail);
  uint64_t pages = sorted__pages(tail),
           blob_bytes = (uint64_t)tail->blobs_count * SORTED_TAIL_BLOB_BYTES;
  bool is_sane =
      tail->space < ENTRY_SPACES_MAX && tail->levels >= 1 && tail->levels <= 2 &&
      load16le(p + 2) == 0 && tail->filter_blocks > 0 && tail->filter_blocks <= UINT32_MAX &&
      places_is_shape(&tail->places) &&
      fixed_bytes + min_bytes + max_bytes + 4 * pages + blob_bytes + root_bytes == bytes.bytes;
  if (!is_sane) FAIL(err, LUMA_CORRUPT, "the tail's fields are wrong");
  struct slice rest = slice_of(p + fixed_bytes, bytes.bytes - fixed_bytes);
  tail->key_min = take(&rest, min_bytes);
  tail->key_max = take(&rest, max_bytes);
  tail->page_crcs = take(&rest, 4 * pages);
  tail->blobs = take(&rest, blob_bytes);
  tail->root = rest;
  return LUMA_OK;
}

void sorted__child_encode(const struct sorted__child *child,
                          uint8_t out[SORTED_INDEX_VALUE_BYTES]) {
  block_handle_encode(&child->handle, out);
  store64le(out + BLOCK_HANDLE_BYTES, child->seq_min);
  store64le(out + BLOCK_HANDLE_BYTES + 8, child->seq_max);
}

bool sorted__child_decode(struct slice bytes, struct sorted__child *child) {
  if (bytes.bytes != SORTED_INDEX_VALUE_BYTES) return false;
  child->seq_min = load64le(bytes.data + BLOCK_HANDLE_BYTES);
  child->seq_max = load64le(bytes.data + BLOCK_HANDLE_BYTES + 8);
  return block_handle_decode(slice_of(bytes.data, BLOCK_HANDLE_BYTES), &child->handle);
}
