/* SPDX-License-Identifier: MIT */
/* Opening and closing files, and looking up one key. */
#include "base/core/assert.h"
#include "base/hash/hash.h"
#include "base/mem/mem.h"
#include "store/lsm/filter/filter.h"
#include "store/lsm/sorted/sorted_int.h"

/* ---- open and close ---- */

static void release_pages(struct sorted_file *file) {
  uint64_t pages = file->filter_pages ? sorted__filter_pages(file->tail.filter_blocks) : 0;
  for (uint64_t i = 0; i < pages; i++) {
    struct cache_block *page = atomic_load_explicit(&file->filter_pages[i], memory_order_relaxed);
    if (page) cache_block_release(page);
  }
  mem_free(file->filter_pages);
}

static void destroy(struct sorted_file *file) {
  release_pages(file);
  if (file->handle)
    os_close(file->os, file->handle, NULL); /* opened for reading: nothing can be lost */
  mem_free(file->tail_bytes);
  mem_free(file->path);
  mem_free(file);
}

static status check_footer(const struct sorted__footer *footer, uint64_t size,
                           const struct sorted_open_options *options, struct err *err) {
  uint64_t end = size - SORTED_FOOTER_BYTES;
  if (footer->file_bytes != size)
    FAIL(err, LUMA_CORRUPT, "the file has %llu bytes instead of %llu", (unsigned long long)size,
         (unsigned long long)footer->file_bytes);
  if (footer->number != options->number)
    FAIL(err, LUMA_CORRUPT, "this is file %llu, not %llu", (unsigned long long)footer->number,
         (unsigned long long)options->number);
  if (options->uuid && memcmp(footer->uuid, options->uuid, SORTED_UUID_BYTES) != 0)
    FAIL(err, LUMA_CORRUPT, "this file is of another time or database");
  if (footer->tail_bytes > SORTED_TAIL_BYTES_MAX || footer->tail_bytes > end ||
      footer->tail_offset != end - footer->tail_bytes)
    FAIL(err, LUMA_CORRUPT, "the footer points to no tail");
  return LUMA_OK;
}

static status read_footer(struct sorted_file *file, uint64_t size,
                          const struct sorted_open_options *options, struct sorted__footer *footer,
                          struct err *err) {
  uint8_t bytes[SORTED_FOOTER_BYTES];
  size_t got;
  if (size < SORTED_HEADER_BYTES + SORTED_TAIL_FIXED_BYTES + SORTED_FOOTER_BYTES)
    FAIL(err, LUMA_CORRUPT, "the file is too short");
  TRY(os_read_at(file->os, file->handle, size - sizeof bytes, bytes, sizeof bytes, &got, err));
  if (got < sizeof bytes) FAIL(err, LUMA_CORRUPT, "the file is cut off here");
  TRY(sorted__footer_decode(bytes, footer, err));
  return check_footer(footer, size, options, err);
}

static status read_tail(struct sorted_file *file, const struct sorted__footer *footer,
                        struct err *err) {
  size_t bytes = footer->tail_bytes, got;
  file->tail_bytes = mem_alloc(bytes ? bytes : 1);
  if (!file->tail_bytes) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the index of a file");
  TRY(os_read_at(file->os, file->handle, footer->tail_offset, file->tail_bytes, bytes, &got, err));
  if (got < bytes) FAIL(err, LUMA_CORRUPT, "the file is cut off here");
  uint8_t hash[16];
  hash128(slice_of(file->tail_bytes, bytes), hash);
  if (memcmp(hash, footer->hash, sizeof hash) != 0)
    FAIL(err, LUMA_CORRUPT, "the tail's checksum is wrong");
  TRY(sorted__tail_decode(slice_of(file->tail_bytes, bytes), &file->tail, err));
  TRY(block_check(file->tail.root, err));
  block_view_init(&file->root, file->tail.root.data);
  uint64_t pages = sorted__filter_pages(file->tail.filter_blocks);
  file->filter_pages = mem_zalloc(pages ? pages : 1, sizeof *file->filter_pages);
  if (!file->filter_pages) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the filter of a file");
  return LUMA_OK;
}

static void fill_info(struct sorted_file *file, const struct sorted__footer *footer) {
  const struct sorted__tail *tail = &file->tail;
  file->info = (struct sorted_info){.number = footer->number,
                                    .space = tail->space,
                                    .file_bytes = footer->file_bytes,
                                    .entries = tail->entries,
                                    .keys = tail->keys,
                                    .deletes = tail->deletes,
                                    .seq_min = tail->seq_min,
                                    .seq_max = tail->seq_max,
                                    .key_min = tail->key_min,
                                    .key_max = tail->key_max};
  memcpy(file->info.uuid, footer->uuid, SORTED_UUID_BYTES);
  memcpy(file->info.hash, footer->hash, sizeof footer->hash);
}

static status open_file(struct sorted_file *file, const struct sorted_open_options *options,
                        struct err *err) {
  file->path = mem_copy(options->path, strlen(options->path) + 1);
  if (!file->path) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to open `%s`", options->path);
  TRY(os_open(file->os, file->path, OS_OPEN_READ, &file->handle, err));
  struct sorted__footer footer;
  uint64_t size;
  TRY(os_size(file->os, file->handle, &size, err));
  status code = read_footer(file, size, options, &footer, err);
  uint64_t footer_offset = size > SORTED_FOOTER_BYTES ? size - SORTED_FOOTER_BYTES : 0;
  if (code != LUMA_OK) return sorted__blame(file, footer_offset, code, err);
  code = read_tail(file, &footer, err);
  if (code != LUMA_OK) return sorted__blame(file, footer.tail_offset, code, err);
  fill_info(file, &footer);
  return LUMA_OK;
}

status sorted_open(const struct sorted_open_options *options, struct sorted_file **file,
                   struct err *err) {
  struct sorted_file *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to open `%s`", options->path);
  atomic_init(&made->references, 1);
  made->os = options->os;
  made->cache = options->cache;
  status code = open_file(made, options, err);
  if (code != LUMA_OK) {
    destroy(made);
    return code;
  }
  *file = made;
  return LUMA_OK;
}

void sorted_acquire(struct sorted_file *file) {
  uint32_t before = atomic_fetch_add_explicit(&file->references, 1, memory_order_relaxed);
  ASSERT(before > 0);
}

void sorted_release(void *object) {
  struct sorted_file *file = object;
  uint32_t before = atomic_fetch_sub_explicit(&file->references, 1, memory_order_acq_rel);
  ASSERT(before > 0);
  if (before > 1) return;
  cache_forget(file->cache, file->info.number);
  destroy(file);
}

const struct sorted_info *sorted_get_info(const struct sorted_file *file) {
  return &file->info;
}

/* ---- one key ---- */

/* A page of the filter, kept by the file. Of two threads that load it at once the first one's
 * stays. */
static status filter_page(struct sorted_file *file, uint64_t number, struct cache_block **page,
                          struct err *err) {
  *page = atomic_load_explicit(&file->filter_pages[number], memory_order_acquire);
  if (*page) return LUMA_OK;
  struct block_handle handle = sorted__page_handle(file, number);
  struct cache_block *mine, *theirs = NULL;
  TRY(sorted__load(file, &handle, SORTED_FILTER, SORTED_FRESH, &mine, err));
  if (atomic_compare_exchange_strong_explicit(&file->filter_pages[number], &theirs, mine,
                                              memory_order_acq_rel, memory_order_acquire)) {
    *page = mine;
    return LUMA_OK;
  }
  cache_block_release(mine);
  *page = theirs;
  return LUMA_OK;
}

static status may_have(struct sorted_file *file, struct slice key, bool *may, struct err *err) {
  uint64_t hash = filter_hash(key), at = filter_block_of(hash, file->tail.filter_blocks);
  struct cache_block *page;
  TRY(filter_page(file, at / FILTER_PAGE_BLOCKS, &page, err));
  *may = filter_block_may_have(page->data + at % FILTER_PAGE_BLOCKS * FILTER_BLOCK_BYTES, hash);
  return LUMA_OK;
}

static bool is_in_range(const struct sorted_info *info, struct slice key, uint64_t seq_max) {
  return info->seq_min <= seq_max && slice_compare(key, info->key_min) >= 0 &&
         slice_compare(key, info->key_max) <= 0;
}

/* The block that holds the value of the entry the cursor stands at, with one reference for the
 * caller. */
static status take_value(struct sorted_cursor *cursor, struct slice *value,
                         struct cache_block **holder, struct err *err) {
  *value = block_value(&cursor->view, cursor->index);
  *holder = cursor->block;
  if (block_kind_of(&cursor->view, cursor->index) != BLOCK_APART) {
    cache_block_acquire(*holder);
    return LUMA_OK;
  }
  TRY(sorted_apart(cursor->file, *value, false, holder, err));
  *value = slice_of((*holder)->data, (*holder)->bytes);
  return LUMA_OK;
}

/* Fills `found` from the entry the cursor stands at. */
static status take_found(struct sorted_cursor *cursor, struct entry_found *found,
                         struct store_pins *pins, struct err *err) {
  struct entry_found here = {
      .found = true, .kind = ENTRY_DELETE, .seq = block_seq(&cursor->view, cursor->index)};
  if (block_kind_of(&cursor->view, cursor->index) != BLOCK_DELETE) {
    struct cache_block *holder;
    here.kind = ENTRY_PUT;
    TRY(take_value(cursor, &here.value, &holder, err));
    status code = store_pins_add(pins, holder, cache_block_release, err);
    if (code != LUMA_OK) cache_block_release(holder);
    TRY(code);
  }
  *found = here;
  return LUMA_OK;
}

static bool is_at(const struct sorted_cursor *cursor, struct slice key) {
  return cursor->block && slice_is_equal(block_key(&cursor->view, cursor->index), key);
}

status sorted_get(struct sorted_file *file, struct slice key, uint64_t seq_max,
                  struct entry_found *found, struct store_pins *pins, struct err *err) {
  *found = (struct entry_found){0};
  bool may = is_in_range(&file->info, key, seq_max);
  if (may) TRY(may_have(file, key, &may, err));
  if (!may) return LUMA_OK;
  struct sorted_cursor cursor;
  sorted_cursor_init(&cursor, file, false);
  status code = sorted_cursor_seek(&cursor, key, seq_max, err);
  if (code == LUMA_OK && is_at(&cursor, key)) code = take_found(&cursor, found, pins, err);
  sorted_cursor_deinit(&cursor);
  return code;
}

status sorted_find_block(struct sorted_cursor *cursor, struct slice key, uint64_t seq_max,
                         bool is_expected, struct cache_block **block, struct err *err) {
  bool may = cursor->file->info.seq_min <= seq_max;
  *block = NULL;
  if (may && !is_expected) TRY(may_have(cursor->file, key, &may, err));
  if (!may) return LUMA_OK;
  TRY(sorted_cursor_enter_near(cursor, key, seq_max, err));
  *block = cursor->block;
  if (*block) cache_block_acquire(*block);
  return LUMA_OK;
}

status sorted_get_in_block(struct sorted_file *file, struct cache_block *block, struct slice key,
                           uint64_t seq_max, struct entry_found *found, struct store_pins *pins,
                           struct err *err) {
  struct sorted_cursor here = {.file = file, .block = block};
  *found = (struct entry_found){0};
  block_view_init(&here.view, block->data);
  here.index = block_seek(&here.view, key, seq_max);
  /* Versions of a key that ends the block may go on in the next one. */
  if (here.index == here.view.count) return sorted_get(file, key, seq_max, found, pins, err);
  return is_at(&here, key) ? take_found(&here, found, pins, err) : LUMA_OK;
}
