/* SPDX-License-Identifier: MIT */
/* Setting right the checksums of a sorted file, so that mutations get past them. Pure. */
#ifndef FUZZ_MEND_SORTED_H
#define FUZZ_MEND_SORTED_H

#include "base/hash/hash.h"
#include "store/lsm/block/block.h"

enum {
  MEND_HEADER_BYTES = 64,
  MEND_FOOTER_BYTES = 80,
  MEND_TAIL_BYTES_V1 = 72,
  MEND_TAIL_BYTES = 104,
  MEND_CHILD_BYTES = 40
};

struct mend_file {
  uint8_t *data;
  size_t bytes;
};

/* Where a handle points in the file, or NULL. */
static inline uint8_t *mend_pointed(const struct mend_file *file, const uint8_t *handle,
                                    size_t *bytes) {
  uint64_t offset = load64le(handle);
  *bytes = load32le(handle + 8);
  if (offset > file->bytes || *bytes > file->bytes - offset) return NULL;
  return file->data + offset;
}

static inline void mend_handle(const struct mend_file *file, uint8_t *handle) {
  size_t bytes;
  const uint8_t *piece = mend_pointed(file, handle, &bytes);
  if (piece) store32le(handle + 16, hash_crc32c(0, slice_of(piece, bytes)));
}

/* `raw` lies in the file. Entries that look like handles are followed `levels` deep and then
 * mended. */
static inline void mend_block(const struct mend_file *file, uint8_t *raw, size_t bytes,
                              int levels) {
  if (block_check(slice_of(raw, bytes), NULL) != LUMA_OK) return;
  struct block_view view;
  block_view_init(&view, raw);
  for (uint32_t i = 0; i < view.count; i++) {
    struct slice value = block_value(&view, i);
    bool is_handle =
        levels > 0 ? value.bytes == MEND_CHILD_BYTES : block_kind_of(&view, i) == BLOCK_APART;
    if (!is_handle) continue;
    uint8_t *handle = raw + (value.data - raw);
    size_t child_bytes;
    uint8_t *child = mend_pointed(file, handle, &child_bytes);
    if (child && levels > 0 && child + child_bytes <= raw)
      mend_block(file, child, child_bytes, levels - 1);
    mend_handle(file, handle);
  }
}

/* Where the checksums of pages stand in the tail. */
struct mend_sums {
  uint8_t *at, *end;
};

static inline void mend_pages(const struct mend_file *file, struct mend_sums *sums, uint64_t offset,
                              uint64_t rest, uint64_t page_bytes) {
  for (; sums->at + 4 <= sums->end && rest > 0; sums->at += 4) {
    uint64_t page = rest < page_bytes ? rest : page_bytes;
    if (offset > file->bytes || page > file->bytes - offset) return;
    store32le(sums->at, hash_crc32c(0, slice_of(file->data + offset, page)));
    offset += page;
    rest -= page;
  }
}

static inline void mend_tail(const struct mend_file *file, uint32_t version, uint8_t *tail,
                             size_t bytes) {
  size_t fixed = version == 1 ? MEND_TAIL_BYTES_V1 : MEND_TAIL_BYTES;
  if (bytes < fixed) return;
  size_t root_bytes = load32le(tail + 12),
         at = fixed + (size_t)load16le(tail + 4) + load16le(tail + 6);
  if (root_bytes > bytes - fixed || at > bytes - root_bytes) return;
  mend_block(file, tail + bytes - root_bytes, root_bytes, tail[1] == 2 ? 2 : 1);
  struct mend_sums sums = {tail + at, tail + bytes - root_bytes};
  mend_pages(file, &sums, load64le(tail + 56), load64le(tail + 64) * 64, 16384);
  if (version == 1) return;
  uint64_t page_bytes = load16le(tail + 84) * UINT64_C(64);
  mend_pages(file, &sums, load64le(tail + 72), load32le(tail + 80) * page_bytes, page_bytes);
}

/** Sets right the checksums of a sorted file, from the leaves up, and its number. */
static inline void mend_sorted(uint8_t *data, size_t bytes, uint64_t number) {
  struct mend_file file = {data, bytes};
  if (bytes < MEND_HEADER_BYTES + MEND_TAIL_BYTES_V1 + MEND_FOOTER_BYTES) return;
  uint8_t *footer = data + bytes - MEND_FOOTER_BYTES;
  uint64_t end = bytes - MEND_FOOTER_BYTES, tail_bytes = load64le(footer + 8);
  if (tail_bytes > end) return;
  uint8_t *tail = data + end - tail_bytes;
  mend_tail(&file, load32le(footer + 64), tail, tail_bytes);
  store64le(footer, end - tail_bytes);
  hash128(slice_of(tail, tail_bytes), footer + 16);
  store64le(footer + 48, number);
  store64le(footer + 56, bytes);
  store32le(footer + 68, hash_crc32c(0, slice_of(footer, 68)));
}

#endif
