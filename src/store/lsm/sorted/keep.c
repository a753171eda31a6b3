/* SPDX-License-Identifier: MIT */
/* What a file keeps in memory from its first use on: pages of filter and places, and the directory
 * of its blocks. The cache counts it: where there is no room for more, callers do without. */
#include "base/mem/mem.h"
#include "store/lsm/sorted/sorted_int.h"

/* ---- pages ---- */

status sorted__keep_page(struct sorted_file *file, uint64_t page, struct cache_block **block,
                         struct err *err) {
  *block = atomic_load_explicit(&file->pages[page], memory_order_acquire);
  if (*block) return LUMA_OK;
  struct block_handle handle = sorted__page_handle(file, page);
  struct cache_block *mine, *theirs = NULL;
  if (!cache_reserve(file->cache, handle.raw_bytes)) return LUMA_OK;
  status code = sorted__load(file, &handle, SORTED_PAGE, SORTED_FRESH, &mine, err);
  if (code != LUMA_OK) {
    cache_unreserve(file->cache, handle.raw_bytes);
    return code;
  }
  *block = mine;
  if (atomic_compare_exchange_strong_explicit(&file->pages[page], &theirs, mine,
                                              memory_order_acq_rel, memory_order_acquire))
    return LUMA_OK;
  /* Of two threads that load it at once the first one's stays. */
  cache_unreserve(file->cache, handle.raw_bytes);
  cache_block_release(mine);
  *block = theirs;
  return LUMA_OK;
}

/* ---- the directory ---- */

static size_t directory_bytes(uint64_t count) {
  return sizeof(struct sorted__directory) + count * sizeof(struct block_handle);
}

static status note_blocks(const struct sorted_file *file, const struct block_view *index,
                          struct sorted__directory *directory, struct err *err) {
  for (uint32_t i = 0; i < index->count; i++) {
    struct sorted__child child;
    if (directory->count == file->tail.data_blocks ||
        !sorted__child_decode(block_value(index, i), &child))
      FAIL(err, LUMA_CORRUPT, "`%s`: an index entry is damaged", file->path);
    directory->handles[directory->count++] = child.handle;
  }
  return LUMA_OK;
}

static status note_index_block(const struct sorted_file *file, uint32_t at,
                               struct sorted__directory *directory, struct err *err) {
  struct sorted__child child;
  struct cache_block *block;
  struct block_view view;
  if (!sorted__child_decode(block_value(&file->root, at), &child))
    FAIL(err, LUMA_CORRUPT, "`%s`: an entry of the root is damaged", file->path);
  TRY(sorted__load(file, &child.handle, SORTED_BLOCK, SORTED_FILL, &block, err));
  block_view_init(&view, block->data);
  status code = note_blocks(file, &view, directory, err);
  cache_block_release(block);
  return code;
}

static status fill_directory(const struct sorted_file *file, struct sorted__directory *directory,
                             struct err *err) {
  if (file->tail.levels == 1)
    TRY(note_blocks(file, &file->root, directory, err));
  else
    for (uint32_t i = 0; i < file->root.count; i++) TRY(note_index_block(file, i, directory, err));
  if (directory->count != file->tail.data_blocks)
    FAIL(err, LUMA_CORRUPT, "`%s`: the index has not as many blocks as the file", file->path);
  return LUMA_OK;
}

static status make_directory(const struct sorted_file *file, struct sorted__directory **directory,
                             struct err *err) {
  uint64_t count = file->tail.data_blocks;
  if (count > UINT32_MAX || count > file->info.file_bytes)
    FAIL(err, LUMA_CORRUPT, "`%s` cannot have so many blocks", file->path);
  struct sorted__directory *made = mem_alloc(directory_bytes(count));
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the directory of a file");
  made->count = 0;
  status code = fill_directory(file, made, err);
  if (code != LUMA_OK) {
    mem_free(made);
    return code;
  }
  *directory = made;
  return LUMA_OK;
}

status sorted__keep_directory(struct sorted_file *file, struct sorted__directory **directory,
                              struct err *err) {
  *directory = atomic_load_explicit(&file->directory, memory_order_acquire);
  if (*directory) return LUMA_OK;
  size_t bytes = directory_bytes(file->tail.data_blocks);
  struct sorted__directory *mine, *theirs = NULL;
  if (!cache_reserve(file->cache, bytes)) return LUMA_OK;
  status code = make_directory(file, &mine, err);
  if (code != LUMA_OK) {
    cache_unreserve(file->cache, bytes);
    return code;
  }
  *directory = mine;
  if (atomic_compare_exchange_strong_explicit(&file->directory, &theirs, mine, memory_order_acq_rel,
                                              memory_order_acquire))
    return LUMA_OK;
  cache_unreserve(file->cache, bytes);
  mem_free(mine);
  *directory = theirs;
  return LUMA_OK;
}

/* ---- the end ---- */

void sorted__let_go(struct sorted_file *file) {
  uint64_t pages = file->pages ? sorted__pages(&file->tail) : 0;
  for (uint64_t i = 0; i < pages; i++) {
    struct cache_block *page = atomic_load_explicit(&file->pages[i], memory_order_relaxed);
    if (!page) continue;
    cache_unreserve(file->cache, page->bytes);
    cache_block_release(page);
  }
  mem_free(file->pages);
  struct sorted__directory *directory =
      atomic_load_explicit(&file->directory, memory_order_relaxed);
  if (directory) cache_unreserve(file->cache, directory_bytes(directory->count));
  mem_free(directory);
}
