/* SPDX-License-Identifier: MIT */
/* What keys of a range take in a file, as its index says. */
#include "store/lsm/sorted/sorted_int.h"

struct measuring {
  const struct sorted_file *file;
  struct store_range range;
  struct sorted_measure sum;
};

/* Whether what ends with `last` and comes after `before` may have keys of the range. */
static bool overlaps(struct store_range range, struct slice before, struct slice last) {
  bool is_after = range.to.bytes > 0 && before.bytes > 0 && slice_compare(before, range.to) >= 0;
  return !is_after && slice_compare(last, range.from) >= 0;
}

static status damaged(const struct sorted_file *file, struct err *err) {
  FAIL(err, LUMA_CORRUPT, "`%s`: an index entry is damaged", file->path);
}

/* The data blocks under an index block; `before` is the last key before them. */
static status add_blocks(struct measuring *measuring, const struct block_view *index,
                         struct slice before, struct err *err) {
  for (uint32_t i = 0; i < index->count; i++) {
    struct sorted__child child;
    struct slice last = block_key(index, i), previous = i ? block_key(index, i - 1) : before;
    if (!overlaps(measuring->range, previous, last)) continue;
    if (!sorted__child_decode(block_value(index, i), &child)) return damaged(measuring->file, err);
    measuring->sum.raw_bytes += child.handle.raw_bytes;
    measuring->sum.stored_bytes += child.handle.stored_bytes;
    measuring->sum.is_compressed |= child.handle.codec != BLOCK_NONE;
  }
  return LUMA_OK;
}

static status add_index_block(struct measuring *measuring, uint32_t at, struct err *err) {
  const struct sorted_file *file = measuring->file;
  struct slice before = at ? block_key(&file->root, at - 1) : slice_of(NULL, 0);
  struct sorted__child child;
  struct cache_block *block;
  struct block_view view;
  if (!overlaps(measuring->range, before, block_key(&file->root, at))) return LUMA_OK;
  if (!sorted__child_decode(block_value(&file->root, at), &child)) return damaged(file, err);
  TRY(sorted__load(file, &child.handle, SORTED_BLOCK, SORTED_FILL, &block, err));
  block_view_init(&view, block->data);
  status result = add_blocks(measuring, &view, before, err);
  cache_block_release(block);
  return result;
}

/* Everything that is not data blocks (values apart, filter, index) is as it was written. */
static void add_rest(struct measuring *measuring) {
  const struct sorted_info *info = &measuring->file->info;
  struct sorted_measure *sum = &measuring->sum;
  uint64_t rest = info->file_bytes > sum->stored_bytes ? info->file_bytes - sum->stored_bytes : 0;
  for (size_t i = 0; i < info->blobs_count; i++) rest += info->blobs[i].value_bytes;
  sum->raw_bytes += rest;
  sum->stored_bytes += rest;
}

status sorted_measure(struct sorted_file *file, struct store_range range,
                      struct sorted_measure *measure, struct err *err) {
  struct measuring measuring = {.file = file, .range = range};
  const struct sorted_info *info = &file->info;
  bool begins_after = range.to.bytes && slice_compare(info->key_min, range.to) >= 0;
  if (begins_after || slice_compare(info->key_max, range.from) < 0) return LUMA_OK;
  if (file->tail.levels == 1)
    TRY(add_blocks(&measuring, &file->root, slice_of(NULL, 0), err));
  else
    for (uint32_t i = 0; i < file->root.count; i++) TRY(add_index_block(&measuring, i, err));
  bool is_inside = slice_compare(info->key_min, range.from) >= 0 &&
                   (range.to.bytes == 0 || slice_compare(info->key_max, range.to) < 0);
  if (is_inside) add_rest(&measuring);
  measure->raw_bytes += measuring.sum.raw_bytes;
  measure->stored_bytes += measuring.sum.stored_bytes;
  measure->is_compressed |= measuring.sum.is_compressed;
  return LUMA_OK;
}
