/* SPDX-License-Identifier: MIT */
/* Sources: a memtable, or a run of files that do not overlap, walked entry by entry or key by key.
 */
#include "store/lsm/merge/merge_int.h"

void merge__source_init(struct merge__source *source, const struct merge_source *given,
                        const struct merge_options *options) {
  *source = (struct merge__source){.kind = given->kind,
                                   .backwards = options->backwards,
                                   .no_fill = options->no_fill,
                                   .seq_max = given->seq_max,
                                   .memtable = given->memtable,
                                   .files = given->files,
                                   .files_count = given->files_count};
  if (given->kind == MERGE_MEMTABLE)
    memtable_cursor_init(&source->memtable_cursor, given->memtable, options->space);
}

void merge__source_deinit(struct merge__source *source) {
  if (source->cursor.file) sorted_cursor_deinit(&source->cursor);
}

/* ---- memtables ---- */

static void at_entry(struct merge__source *source, const struct memtable_entry *entry) {
  source->entry = entry;
  source->is_live = entry != NULL;
  if (!entry) return;
  source->key = memtable_entry_key(entry);
  source->seq = entry->seq;
}

static void place_memtable(struct merge__source *source, const struct slice *key) {
  struct memtable_cursor *cursor = &source->memtable_cursor;
  if (source->backwards)
    at_entry(source,
             key ? memtable_cursor_seek_before(cursor, *key) : memtable_cursor_last(cursor));
  else
    at_entry(source, key ? memtable_cursor_seek(cursor, *key) : memtable_cursor_first(cursor));
}

static void resolve_memtable(struct merge__source *source, struct merge__row *row) {
  struct memtable_cursor *cursor = &source->memtable_cursor;
  const struct memtable_entry *entry = memtable_entry_at(source->entry, source->seq_max);
  if (entry)
    *row = (struct merge__row){.is_found = true,
                               .kind = entry->kind == ENTRY_PUT ? BLOCK_PUT : BLOCK_DELETE,
                               .seq = entry->seq,
                               .key = memtable_entry_key(entry),
                               .value = memtable_entry_value(entry)};
  at_entry(source, source->backwards ? memtable_cursor_prev(cursor) : memtable_cursor_next(cursor));
}

/* Versions older than one that every reader sees are not walked to: commits use their memory again.
 */
static void step_memtable(struct merge__source *source) {
  const struct memtable_entry *older =
      source->seq > source->seq_max
          ? atomic_load_explicit(&source->entry->older, memory_order_acquire)
          : NULL;
  at_entry(source, older ? older : memtable_cursor_next(&source->memtable_cursor));
}

/* ---- files ---- */

void merge__source_moved(struct merge__source *source) {
  const struct sorted_cursor *cursor = &source->cursor;
  source->is_live = cursor->file && cursor->block;
  if (!source->is_live) return;
  source->key = block_key(&cursor->view, cursor->index);
  source->seq = block_seq(&cursor->view, cursor->index);
}

static void open_file(struct merge__source *source, uint32_t at) {
  if (source->cursor.file) sorted_cursor_deinit(&source->cursor);
  source->file_at = at;
  sorted_cursor_init(&source->cursor, source->files[at], source->no_fill);
}

/* From a file in which nothing was found on to those behind it. */
static status settle_forwards(struct merge__source *source, struct err *err) {
  while (!source->cursor.block && source->file_at + 1 < source->files_count) {
    open_file(source, source->file_at + 1);
    TRY(sorted_cursor_first(&source->cursor, err));
  }
  return LUMA_OK;
}

static status settle_backwards(struct merge__source *source, struct err *err) {
  while (!source->cursor.block && source->file_at > 0) {
    open_file(source, source->file_at - 1);
    TRY(sorted_cursor_last(&source->cursor, err));
  }
  return LUMA_OK;
}

/* The first file that may have keys at or after `key`; files_count when none has. */
static uint32_t find_file(const struct merge__source *source, struct slice key) {
  uint32_t from = 0, to = source->files_count;
  while (from < to) {
    uint32_t middle = (from + to) / 2;
    if (slice_compare(sorted_get_info(source->files[middle])->key_max, key) < 0)
      from = middle + 1;
    else
      to = middle;
  }
  return from;
}

static status place_forwards(struct merge__source *source, const struct slice *key,
                             struct err *err) {
  uint32_t at = key ? find_file(source, *key) : 0;
  if (at == source->files_count) return LUMA_OK;
  open_file(source, at);
  if (key)
    TRY(sorted_cursor_seek(&source->cursor, *key, UINT64_MAX, err));
  else
    TRY(sorted_cursor_first(&source->cursor, err));
  return settle_forwards(source, err);
}

static status place_backwards(struct merge__source *source, const struct slice *key,
                              struct err *err) {
  uint32_t last = source->files_count - 1, at = key ? find_file(source, *key) : last;
  open_file(source, at < last ? at : last);
  if (key)
    TRY(sorted_cursor_seek_before(&source->cursor, *key, err));
  else
    TRY(sorted_cursor_last(&source->cursor, err));
  return settle_backwards(source, err);
}

static status place_files(struct merge__source *source, const struct slice *key, struct err *err) {
  source->is_live = false;
  if (source->cursor.file) sorted_cursor_deinit(&source->cursor);
  source->cursor = (struct sorted_cursor){0};
  if (source->files_count == 0) return LUMA_OK;
  TRY(source->backwards ? place_backwards(source, key, err) : place_forwards(source, key, err));
  merge__source_moved(source);
  return LUMA_OK;
}

static status seek_near(struct merge__source *source, struct slice key, bool *is_near,
                        struct err *err) {
  TRY(sorted_cursor_seek_near(&source->cursor, key, is_near, err));
  if (!*is_near) return LUMA_OK;
  TRY(settle_forwards(source, err));
  merge__source_moved(source);
  return LUMA_OK;
}

static status step_forwards(struct merge__source *source, struct err *err) {
  struct sorted_cursor *cursor = &source->cursor;
  if (cursor->index + 1 < cursor->view.count) {
    cursor->index++;
  } else {
    TRY(sorted_cursor_next_block(cursor, err));
    TRY(settle_forwards(source, err));
  }
  merge__source_moved(source);
  return LUMA_OK;
}

static status step_backwards(struct merge__source *source, struct err *err) {
  struct sorted_cursor *cursor = &source->cursor;
  if (cursor->index > 0) {
    cursor->index--;
  } else {
    TRY(sorted_cursor_prev_block(cursor, err));
    TRY(settle_backwards(source, err));
  }
  merge__source_moved(source);
  return LUMA_OK;
}

static void take_row(const struct merge__source *source, struct merge__row *row) {
  const struct sorted_cursor *cursor = &source->cursor;
  if (row->block) cache_block_release(row->block);
  *row = (struct merge__row){.is_found = true,
                             .kind = block_kind_of(&cursor->view, cursor->index),
                             .seq = source->seq,
                             .key = source->key,
                             .value = block_value(&cursor->view, cursor->index),
                             .file = cursor->file,
                             .block = cursor->block};
  cache_block_acquire(row->block);
}

/* Forwards the versions of a key come newest first, so the first visible one is it; backwards
 * oldest first, so the last is. */
static status walk_versions(struct merge__source *source, struct slice key, struct merge__row *row,
                            struct err *err) {
  do {
    bool is_visible = source->seq <= source->seq_max;
    if (is_visible && (source->backwards || !row->is_found)) take_row(source, row);
    TRY(source->backwards ? step_backwards(source, err) : step_forwards(source, err));
  } while (source->is_live && slice_is_equal(source->key, key));
  return LUMA_OK;
}

static status resolve_files(struct merge__source *source, struct merge__row *row, struct err *err) {
  struct cache_block *start =
      source->cursor.block; /* holds the key that versions are compared with */
  cache_block_acquire(start);
  status code = walk_versions(source, source->key, row, err);
  cache_block_release(start);
  if (code != LUMA_OK && row->block) cache_block_release(row->block);
  return code;
}

/* ---- both ---- */

status merge__source_place(struct merge__source *source, const struct slice *key, struct err *err) {
  if (source->kind == MERGE_FILES) return place_files(source, key, err);
  place_memtable(source, key);
  return LUMA_OK;
}

status merge__source_seek(struct merge__source *source, struct slice key, struct err *err) {
  bool is_near = false;
  if (source->kind == MERGE_FILES && !source->backwards) {
    status code = seek_near(source, key, &is_near, err);
    if (code != LUMA_OK) source->is_live = false;
    TRY(code);
  }
  return is_near ? LUMA_OK : merge__source_place(source, &key, err);
}

/* ---- places ahead ---- */

void merge__source_look_ahead(const struct merge__source *source, uint8_t space,
                              const struct slice *keys, uint32_t count,
                              struct merge__ahead *ahead) {
  if (source->kind == MERGE_FILES)
    sorted_cursor_look_ahead(&source->cursor, keys, count, ahead->places);
  else
    memtable_cursor_seek_many(source->memtable, space, keys, count, ahead->cursors);
}

void merge__ahead_let_go(struct merge__ahead *ahead) {
  for (uint32_t i = 0; i < MERGE_TOGETHER; i++) sorted_ahead_let_go(&ahead->places[i]);
}

static status arrive_in_files(struct merge__source *source, struct sorted_ahead *place,
                              struct slice key, struct err *err) {
  bool is_there;
  status code = sorted_cursor_arrive(&source->cursor, place, &is_there, err);
  if (code == LUMA_OK && !is_there) return merge__source_seek(source, key, err);
  if (code == LUMA_OK) code = settle_forwards(source, err);
  source->is_live = false;
  TRY(code);
  merge__source_moved(source);
  return LUMA_OK;
}

status merge__source_arrive(struct merge__source *source, struct merge__ahead *ahead, uint32_t nth,
                            struct slice key, struct err *err) {
  if (source->kind == MERGE_FILES) return arrive_in_files(source, &ahead->places[nth], key, err);
  source->memtable_cursor = ahead->cursors[nth];
  at_entry(source, memtable_cursor_arrive(&source->memtable_cursor));
  return LUMA_OK;
}

status merge__source_resolve(struct merge__source *source, struct merge__row *row,
                             struct err *err) {
  *row = (struct merge__row){0};
  if (source->kind == MERGE_FILES) return resolve_files(source, row, err);
  resolve_memtable(source, row);
  return LUMA_OK;
}

status merge__source_step(struct merge__source *source, struct err *err) {
  if (source->kind == MERGE_FILES) return step_forwards(source, err);
  step_memtable(source);
  return LUMA_OK;
}
