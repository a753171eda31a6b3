/* SPDX-License-Identifier: MIT */
/* Keys at which a file can be cut, as its index has them. */
#include "store/lsm/sorted/sorted_int.h"

enum { BLOCKS_PER_CUT = 16 };

/* The root's last key ends the file. */
uint32_t sorted_cuts_count(const struct sorted_file *file) {
  return file->tail.levels == 2 ? file->root.count - 1 : 0;
}

struct slice sorted_cut(const struct sorted_file *file, uint32_t nth) {
  return block_key(&file->root, nth);
}

struct cutting {
  const struct sorted_file *file;
  struct store_range range;
  sorted_cut_fn *each;
  void *context;
};

static status cut_blocks(const struct cutting *cutting, const struct block_view *index,
                         struct err *err) {
  for (uint32_t i = BLOCKS_PER_CUT - 1; i + 1 < index->count; i += BLOCKS_PER_CUT) {
    struct slice key = block_key(index, i);
    if (slice_compare(key, cutting->range.from) <= 0) continue;
    if (cutting->range.to.bytes && slice_compare(key, cutting->range.to) >= 0) break;
    TRY(cutting->each(cutting->context, key, err));
  }
  return LUMA_OK;
}

/* Whether the index block that the root names there has keys of the range. */
static bool is_within(const struct cutting *cutting, uint32_t at) {
  const struct block_view *root = &cutting->file->root;
  struct slice to = cutting->range.to;
  if (slice_compare(block_key(root, at), cutting->range.from) <= 0) return false;
  return at == 0 || to.bytes == 0 || slice_compare(block_key(root, at - 1), to) < 0;
}

/* A scan that comes there tells of damage. */
static status cut_index_block(const struct cutting *cutting, uint32_t at, struct err *err) {
  const struct sorted_file *file = cutting->file;
  struct sorted__child child;
  struct cache_block *block;
  struct block_view view;
  if (!sorted__child_decode(block_value(&file->root, at), &child)) return LUMA_OK;
  if (sorted__load(file, &child.handle, SORTED_BLOCK, SORTED_FILL, &block, NULL)) return LUMA_OK;
  block_view_init(&view, block->data);
  status result = cut_blocks(cutting, &view, err);
  cache_block_release(block);
  return result;
}

status sorted_cut_finely(const struct sorted_file *file, struct store_range range,
                         sorted_cut_fn *each, void *context, struct err *err) {
  struct cutting cutting = {file, range, each, context};
  if (file->tail.levels != 2) return cut_blocks(&cutting, &file->root, err);
  for (uint32_t i = 0; i < file->root.count; i++) {
    if (!is_within(&cutting, i)) continue;
    TRY(cut_index_block(&cutting, i, err));
    if (i + 1 < file->root.count) TRY(each(context, block_key(&file->root, i), err));
  }
  return LUMA_OK;
}
