/* SPDX-License-Identifier: MIT */
/* Sorted files of any bytes: opened, checked, walked both ways and looked up. The first byte of the
 * input says whether the checksums of the rest are set right first, from the leaves up, so that
 * mutations get past them. */
#include "base/core/assert.h"
#include "base/hash/hash.h"
#include "base/mem/mem.h"
#include "store/lsm/merge/merge.h"

enum {
  NUMBER = 7,
  HEADER_BYTES = 64,
  FOOTER_BYTES = 80,
  TAIL_FIXED_BYTES_V1 = 72,
  TAIL_FIXED_BYTES = 104,
  CHILD_BYTES = 40,
  SEEKS_MAX = 64
};

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

/* ---- setting checksums right ---- */

/* Where a handle points in the file, or NULL. */
static uint8_t *pointed(const struct memory_os *file, const uint8_t *handle, size_t *bytes) {
  uint64_t offset = load64le(handle);
  *bytes = load32le(handle + 8);
  if (offset > file->bytes || *bytes > file->bytes - offset) return NULL;
  return file->data + offset;
}

static void mend_handle(const struct memory_os *file, uint8_t *handle) {
  size_t bytes;
  const uint8_t *piece = pointed(file, handle, &bytes);
  if (piece) store32le(handle + 16, hash_crc32c(0, slice_of(piece, bytes)));
}

/* `raw` lies in the file. Entries that look like handles are followed `levels` deep and then
 * mended. */
static void mend_block(const struct memory_os *file, uint8_t *raw, size_t bytes, int levels) {
  if (block_check(slice_of(raw, bytes), NULL) != LUMA_OK) return;
  struct block_view view;
  block_view_init(&view, raw);
  for (uint32_t i = 0; i < view.count; i++) {
    struct slice value = block_value(&view, i);
    bool is_handle =
        levels > 0 ? value.bytes == CHILD_BYTES : block_kind_of(&view, i) == BLOCK_APART;
    if (!is_handle) continue;
    uint8_t *handle = raw + (value.data - raw);
    size_t child_bytes;
    uint8_t *child = pointed(file, handle, &child_bytes);
    if (child && levels > 0 && child + child_bytes <= raw)
      mend_block(file, child, child_bytes, levels - 1);
    mend_handle(file, handle);
  }
}

/* Where the checksums of pages stand in the tail. */
struct checksums {
  uint8_t *at, *end;
};

static void mend_pages(const struct memory_os *file, struct checksums *sums, uint64_t offset,
                       uint64_t rest, uint64_t page_bytes) {
  for (; sums->at + 4 <= sums->end && rest > 0; sums->at += 4) {
    uint64_t page = rest < page_bytes ? rest : page_bytes;
    if (offset > file->bytes || page > file->bytes - offset) return;
    store32le(sums->at, hash_crc32c(0, slice_of(file->data + offset, page)));
    offset += page;
    rest -= page;
  }
}

static void mend_tail(const struct memory_os *file, uint32_t version, uint8_t *tail, size_t bytes) {
  size_t fixed = version == 1 ? TAIL_FIXED_BYTES_V1 : TAIL_FIXED_BYTES;
  if (bytes < fixed) return;
  size_t root_bytes = load32le(tail + 12),
         at = fixed + (size_t)load16le(tail + 4) + load16le(tail + 6);
  if (root_bytes > bytes - fixed || at > bytes - root_bytes) return;
  mend_block(file, tail + bytes - root_bytes, root_bytes, tail[1] == 2 ? 2 : 1);
  struct checksums sums = {tail + at, tail + bytes - root_bytes};
  mend_pages(file, &sums, load64le(tail + 56), load64le(tail + 64) * 64, 16384);
  if (version == 1) return;
  uint64_t page_bytes = load16le(tail + 84) * UINT64_C(64);
  mend_pages(file, &sums, load64le(tail + 72), load32le(tail + 80) * page_bytes, page_bytes);
}

static void mend(struct memory_os *file) {
  if (file->bytes < HEADER_BYTES + TAIL_FIXED_BYTES_V1 + FOOTER_BYTES) return;
  uint8_t *footer = file->data + file->bytes - FOOTER_BYTES;
  uint64_t end = file->bytes - FOOTER_BYTES, tail_bytes = load64le(footer + 8);
  if (tail_bytes > end) return;
  uint8_t *tail = file->data + end - tail_bytes;
  mend_tail(file, load32le(footer + 64), tail, tail_bytes);
  store64le(footer, end - tail_bytes);
  hash128(slice_of(tail, tail_bytes), footer + 16);
  store64le(footer + 48, NUMBER);
  store64le(footer + 56, file->bytes);
  store32le(footer + 68, hash_crc32c(0, slice_of(footer, 68)));
}

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
  struct sorted_open_options options = {&memory->os, "fuzz", cache, NUMBER, NULL, NULL};
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
    if (data[0] & 1) mend(&memory);
    read_file(&memory, cache, rows);
    cache_destroy(cache);
  }
  mem_free(rows);
  mem_free(memory.data);
  return 0;
}
