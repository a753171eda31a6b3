/* SPDX-License-Identifier: MIT */
/* Sorted files of any bytes: opened, checked, walked both ways and looked up. The first byte of the
 * input says whether the checksums of the rest are set right first, from the leaves up, so that
 * mutations get past them. */
#include "base/core/assert.h"
#include "base/hash/hash.h"
#include "base/mem/mem.h"
#include "fuzz/mend_sorted.h"
#include "store/lsm/merge/merge.h"

enum { NUMBER = 7, SEEKS_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* ---- an operating system with one file ---- */

struct memory_os {
  struct os os;
  uint8_t *data;
  size_t bytes;
};

static status open_memory(struct os *os, const char *path, unsigned flags, struct os_file **file,
                          struct err *err) {
  (void)path, (void)flags, (void)err;
  *file = (struct os_file *)(void *)os;
  return LUMA_OK;
}

static status close_memory(struct os *os, struct os_file *file, struct err *err) {
  (void)os, (void)file, (void)err;
  return LUMA_OK;
}

static status size_memory(struct os *os, struct os_file *file, uint64_t *bytes, struct err *err) {
  (void)file, (void)err;
  *bytes = ((struct memory_os *)os)->bytes;
  return LUMA_OK;
}

static status read_memory(struct os *os, struct os_file *file, uint64_t offset, void *data,
                          size_t bytes, size_t *got, struct err *err) {
  (void)file, (void)err;
  const struct memory_os *memory = (struct memory_os *)os;
  size_t rest = offset < memory->bytes ? memory->bytes - (size_t)offset : 0;
  *got = bytes < rest ? bytes : rest;
  if (*got > 0) memcpy(data, memory->data + offset, *got);
  return LUMA_OK;
}

static const struct os_ops MEMORY_OPS = {
    .open = open_memory, .close = close_memory, .size = size_memory, .read_at = read_memory};

/* ---- reading ---- */

static void read_rows(struct sorted_file *file, bool backwards, struct store_rows *rows) {
  struct merge_source source = {
      .kind = MERGE_FILES, .seq_max = UINT64_MAX, .files = &file, .files_count = 1};
  struct merge_options options = {.space = sorted_get_info(file)->space,
                                  .backwards = backwards,
                                  .sources = &source,
                                  .sources_count = 1};
  struct merge *merge;
  if (merge_open(&options, &merge, NULL) != LUMA_OK) return;
  while (merge_rows(merge, STORE_BATCH_MAX, rows, NULL) == LUMA_OK && rows->count > 0) {
    struct slice last = rows->keys[rows->count - 1];
    if (last.bytes > 0) ASSERT(last.data[0] + last.data[last.bytes - 1] >= 0);
  }
  merge_close(merge);
}

static void read_keys(struct sorted_file *file) {
  struct sorted_cursor cursor;
  sorted_cursor_init(&cursor, file, false);
  status code = sorted_cursor_first(&cursor, NULL);
  for (int i = 0; i < SEEKS_MAX && code == LUMA_OK && cursor.block; i++) {
    struct entry_found found;
    struct store_pins pins = {0};
    code = sorted_get(file, block_key(&cursor.view, cursor.index), UINT64_MAX, &found, &pins, NULL);
    store_pins_release(&pins);
    if (code == LUMA_OK && ++cursor.index == cursor.view.count)
      code = sorted_cursor_next_block(&cursor, NULL);
  }
  if (code == LUMA_OK) code = sorted_cursor_seek_before(&cursor, slice_of("m", 1), NULL);
  ASSERT(code != LUMA_OK || !cursor.block || cursor.index < cursor.view.count);
  sorted_cursor_deinit(&cursor);
}

static void read_file(struct memory_os *memory, struct cache *cache, struct store_rows *rows) {
  struct sorted_open_options options = {
      .os = &memory->os, .path = "fuzz", .cache = cache, .number = NUMBER};
  struct sorted_file *file;
  if (sorted_open(&options, &file, NULL) != LUMA_OK) return;
  read_keys(file);
  read_rows(file, false, rows);
  read_rows(file, true, rows);
  status code = sorted_check(file, NULL, NULL, NULL);
  ASSERT(code == LUMA_OK || code == LUMA_CORRUPT || code == LUMA_OUT_OF_MEMORY);
  sorted_release(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  if (bytes == 0) return 0;
  struct memory_os memory = {{&MEMORY_OPS}, mem_copy(data + 1, bytes - 1), bytes - 1};
  struct store_rows *rows = mem_alloc(sizeof *rows);
  struct cache *cache;
  if (memory.data && rows && cache_create(1 << 20, &cache, NULL) == LUMA_OK) {
    if (data[0] & 1) mend_sorted(memory.data, memory.bytes, NUMBER);
    read_file(&memory, cache, rows);
    cache_destroy(cache);
  }
  mem_free(rows);
  mem_free(memory.data);
  return 0;
}
