/* SPDX-License-Identifier: MIT */
/* A whole database of any bytes. The input: a byte that says what is set right first, then files,
 * each with a byte for its kind, one for its number, four for its length, and its bytes. It is
 * opened for reading as it is, then salvaged: every answer must be a value or an error. What is
 * salvaged must come in order, and by cursor and by key alike. */
#include <stdio.h>

#include "base/core/assert.h"
#include "base/mem/mem.h"
#include "fuzz/memory_files.h"
#include "fuzz/mend_log.h"
#include "fuzz/mend_sorted.h"
#include "store/lsm/dbfile/dbfile.h"
#include "store/lsm/lsm.h"

enum {
  MEND_EDITS = 4,
  MEND_FILES = 8,
  BYTES_MAX = 1 << 20,
  FILE_HEAD_BYTES = 6,
  ROWS_MAX = 20000,
  KEYS_ASKED = 8
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/** What the input says, laid out as files. */
struct disk {
  struct memory_files memory;
  char names[MEMORY_FILES_MAX][32];
};

static void mend(enum dbfile_kind kind, uint64_t number, uint8_t *data, size_t bytes,
                 unsigned how) {
  if (kind == DBFILE_WAL) mend_frames(data, bytes, how & MEND_CRC);
  if (kind == DBFILE_MANIFEST && (how & MEND_EDITS) != 0) mend_edits(data, bytes);
  if (kind == DBFILE_SORTED && (how & MEND_FILES) != 0) mend_sorted(data, bytes, number);
}

static size_t add_file(struct disk *disk, uint8_t *at, size_t left, unsigned how) {
  static const enum dbfile_kind KINDS[] = {DBFILE_CURRENT, DBFILE_MANIFEST, DBFILE_WAL,
                                           DBFILE_SORTED, DBFILE_BLOB};
  if (left < FILE_HEAD_BYTES || disk->memory.count == MEMORY_FILES_MAX) return 0;
  enum dbfile_kind kind = KINDS[at[0] % (sizeof KINDS / sizeof KINDS[0])];
  size_t bytes = load32le(at + 2);
  struct dbfile_path path;
  if (bytes > left - FILE_HEAD_BYTES) bytes = left - FILE_HEAD_BYTES;
  uint8_t *content = at + FILE_HEAD_BYTES;
  mend(kind, at[1], content, bytes, how);
  if (dbfile_make("db", kind, at[1], &path, NULL) != LUMA_OK) return 0;
  char *name = disk->names[disk->memory.count];
  snprintf(name, sizeof disk->names[0], "%.31s", path.text + sizeof "db/" - 1);
  memory_files_add(&disk->memory, name, slice_of(content, bytes));
  return FILE_HEAD_BYTES + bytes;
}

static bool is_ordinary(status answer) {
  return answer == LUMA_OK || answer == LUMA_CORRUPT || answer == LUMA_NOT_FOUND ||
         answer == LUMA_NOT_A_DATABASE || answer == LUMA_VERSION_TOO_NEW ||
         answer == LUMA_IO_ERROR || answer == LUMA_OUT_OF_MEMORY || answer == LUMA_TOO_LARGE ||
         answer == LUMA_GAP;
}

/* ---- reading ---- */

static void ask(struct store_txn *txn, enum store_space space, const struct store_rows *rows) {
  for (uint32_t i = 0; i < rows->count && i < KEYS_ASKED; i++) {
    struct store_pins pins = {0};
    struct store_value found;
    ASSERT(is_ordinary(store_get(txn, space, rows->keys[i], &found, &pins, NULL)));
    store_pins_release(&pins);
  }
}

static void check_order(const struct store_rows *rows, bool backwards) {
  for (uint32_t i = 1; i < rows->count; i++) {
    int order = slice_compare(rows->keys[i - 1], rows->keys[i]);
    ASSERT(backwards ? order > 0 : order < 0);
  }
}

/* Files of any bytes may lie about their order: only what was salvaged is looked at so closely. */
static void read_space(struct store_txn *txn, enum store_space space, bool backwards,
                       struct store_rows *rows) {
  struct store_cursor *cursor;
  status answer =
      store_cursor_open(txn, space, (struct store_range){{0}, {0}}, backwards, &cursor, NULL);
  ASSERT(is_ordinary(answer));
  if (answer != LUMA_OK) return;
  for (uint32_t seen = 0; seen < ROWS_MAX; seen += rows->count) {
    answer = store_cursor_next(cursor, STORE_BATCH_MAX, rows, NULL);
    ASSERT(is_ordinary(answer));
    if (answer != LUMA_OK || rows->count == 0) break;
    check_order(rows, backwards);
    ask(txn, space, rows);
  }
  store_cursor_close(cursor);
}

static void read_feed(struct store *store) {
  struct store_pos oldest, newest;
  struct store_feed_record *records;
  struct arena arena;
  uint32_t count;
  arena_init(&arena, 0, 0);
  if (store_feed_bounds(store, &oldest, &newest, NULL) == LUMA_OK)
    ASSERT(is_ordinary(store_feed_read(store, oldest, 100, &arena, &records, &count, NULL)));
  arena_deinit(&arena);
}

static void read_store(struct store *store, struct store_rows *rows) {
  static const struct store_begin_options options = {.read_only = true};
  struct store_txn *txn;
  status answer = store_begin(store, &options, &txn, NULL);
  ASSERT(is_ordinary(answer));
  if (answer != LUMA_OK) return;
  for (enum store_space space = STORE_META; space < STORE_SPACES; space++) {
    read_space(txn, space, false, rows);
    read_space(txn, space, true, rows);
  }
  store_rollback(txn);
  read_feed(store);
  ASSERT(is_ordinary(store_check(store, NULL, NULL, NULL)));
}

static void take_lost(void *context, const char *place, const char *what) {
  uint64_t *lost = context;
  ASSERT(place && what);
  ++*lost;
}

static void open_and_read(struct disk *disk, bool salvages, struct store_rows *rows) {
  uint64_t lost = 0;
  struct lsm_options options = {.read_only = true,
                                .block_cache_bytes = 64 << 10,
                                .lost = salvages ? take_lost : NULL,
                                .lost_context = &lost};
  struct store *store;
  status answer = lsm_open(&disk->memory.os, "db", &options, &store, NULL);
  ASSERT(is_ordinary(answer));
  if (answer != LUMA_OK) return;
  read_store(store, rows);
  store_close(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  if (bytes < 1 || bytes > BYTES_MAX) return 0;
  struct disk disk;
  uint8_t *files = mem_copy(data + 1, bytes - 1);
  struct store_rows *rows = mem_alloc(sizeof *rows);
  memory_files_init(&disk.memory);
  for (size_t at = 0, step = 1; files && rows && step > 0; at += step)
    step = add_file(&disk, files + at, bytes - 1 - at, data[0]);
  if (files && rows) {
    open_and_read(&disk, false, rows);
    open_and_read(&disk, true, rows);
  }
  mem_free(rows);
  mem_free(files);
  return 0;
}
