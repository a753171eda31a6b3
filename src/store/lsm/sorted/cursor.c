/* SPDX-License-Identifier: MIT */
/* Cursors: the path from the root through at most one index block to a data block. */
#include "store/lsm/sorted/sorted_int.h"

void sorted_cursor_init(struct sorted_cursor *cursor, struct sorted_file *file, bool no_fill) {
  memset(cursor, 0, sizeof *cursor);
  cursor->file = file;
  cursor->no_fill = no_fill;
}

static void leave_block(struct sorted_cursor *cursor) {
  if (cursor->block) cache_block_release(cursor->block);
  cursor->block = NULL;
}

static void leave(struct sorted_cursor *cursor) {
  leave_block(cursor);
  if (cursor->index_block) cache_block_release(cursor->index_block);
  cursor->index_block = NULL;
}

void sorted_cursor_deinit(struct sorted_cursor *cursor) {
  leave(cursor);
}

/* ---- the parts of the path ---- */

static bool has_index_blocks(const struct sorted_cursor *cursor) {
  return cursor->file->tail.levels == 2;
}

/* Loads the block that the index entry `at` of `view` points to. */
static status load_child(struct sorted_cursor *cursor, const struct block_view *view, uint32_t at,
                         struct cache_block **block, struct err *err) {
  struct sorted__child child;
  if (!sorted__child_decode(block_value(view, at), &child))
    FAIL(err, LUMA_CORRUPT, "`%s`: an index entry is damaged", cursor->file->path);
  return sorted__load(cursor->file, &child.handle, SORTED_BLOCK,
                      cursor->no_fill ? SORTED_NO_FILL : SORTED_FILL, block, err);
}

/* Opens the index block that the root's entry points to; without index blocks the root plays its
 * part. */
static status enter_index(struct sorted_cursor *cursor, struct err *err) {
  if (!has_index_blocks(cursor)) return LUMA_OK;
  struct cache_block *block;
  TRY(load_child(cursor, &cursor->file->root, cursor->root_at, &block, err));
  if (cursor->index_block) cache_block_release(cursor->index_block);
  cursor->index_block = block;
  block_view_init(&cursor->index_view, block->data);
  return LUMA_OK;
}

static status enter_block(struct sorted_cursor *cursor, struct err *err) {
  struct cache_block *block;
  const struct block_view *view =
      has_index_blocks(cursor) ? &cursor->index_view : &cursor->file->root;
  uint32_t at = has_index_blocks(cursor) ? cursor->index_at : cursor->root_at;
  TRY(load_child(cursor, view, at, &block, err));
  leave_block(cursor);
  cursor->block = block;
  block_view_init(&cursor->view, block->data);
  return LUMA_OK;
}

/* ---- moves; each leaves the cursor unplaced on failure ---- */

static status settle(struct sorted_cursor *cursor, status code) {
  if (code != LUMA_OK) leave(cursor);
  return code;
}

static status try_next_block(struct sorted_cursor *cursor, struct err *err) {
  bool is_inside = has_index_blocks(cursor) && cursor->index_at + 1 < cursor->index_view.count;
  if (is_inside) {
    cursor->index_at++;
  } else {
    if (cursor->root_at + 1 >= cursor->file->root.count) {
      leave(cursor);
      return LUMA_OK;
    }
    cursor->root_at++;
    cursor->index_at = cursor->index_view.count; /* nothing of it, if it cannot be entered */
    TRY(enter_index(cursor, err));
    cursor->index_at = 0;
  }
  cursor->index = 0;
  return enter_block(cursor, err);
}

static status next_block(struct sorted_cursor *cursor, struct err *err) {
  status code;
  do code = try_next_block(cursor, err);
  while (sorted_passes_over(cursor->file, code, err));
  return code;
}

/* For a place in a block that cannot be entered: the next one that can. */
static status or_next_block(struct sorted_cursor *cursor, status code, struct err *err) {
  if (!sorted_passes_over(cursor->file, code, err)) return code;
  return next_block(cursor, err);
}

static status prev_block(struct sorted_cursor *cursor, struct err *err) {
  bool is_inside = has_index_blocks(cursor) && cursor->index_at > 0;
  if (is_inside) {
    cursor->index_at--;
  } else {
    if (cursor->root_at == 0) {
      leave(cursor);
      return LUMA_OK;
    }
    cursor->root_at--;
    TRY(enter_index(cursor, err));
    if (has_index_blocks(cursor)) cursor->index_at = cursor->index_view.count - 1;
  }
  TRY(enter_block(cursor, err));
  cursor->index = cursor->view.count - 1;
  return LUMA_OK;
}

status sorted_cursor_next_block(struct sorted_cursor *cursor, struct err *err) {
  return settle(cursor, next_block(cursor, err));
}

status sorted_cursor_prev_block(struct sorted_cursor *cursor, struct err *err) {
  return settle(cursor, prev_block(cursor, err));
}

static status try_first(struct sorted_cursor *cursor, struct err *err) {
  cursor->root_at = cursor->index = 0;
  cursor->index_at = cursor->index_view.count;
  TRY(enter_index(cursor, err));
  cursor->index_at = 0;
  return enter_block(cursor, err);
}

static status first(struct sorted_cursor *cursor, struct err *err) {
  return or_next_block(cursor, try_first(cursor, err), err);
}

static status last(struct sorted_cursor *cursor, struct err *err) {
  cursor->root_at = cursor->file->root.count - 1;
  TRY(enter_index(cursor, err));
  if (has_index_blocks(cursor)) cursor->index_at = cursor->index_view.count - 1;
  TRY(enter_block(cursor, err));
  cursor->index = cursor->view.count - 1;
  return LUMA_OK;
}

status sorted_cursor_first(struct sorted_cursor *cursor, struct err *err) {
  return settle(cursor, first(cursor, err));
}

status sorted_cursor_last(struct sorted_cursor *cursor, struct err *err) {
  return settle(cursor, last(cursor, err));
}

/* To the first block whose separator is at or after (key, seq). */
static status enter(struct sorted_cursor *cursor, struct slice key, uint64_t seq, struct err *err) {
  cursor->root_at = block_seek(&cursor->file->root, key, seq);
  if (cursor->root_at == cursor->file->root.count) {
    leave(cursor);
    return LUMA_OK;
  }
  cursor->index = 0;
  cursor->index_at = cursor->index_view.count;
  TRY(enter_index(cursor, err));
  if (has_index_blocks(cursor)) {
    cursor->index_at = block_seek(&cursor->index_view, key, seq);
    if (cursor->index_at == cursor->index_view.count)
      FAIL(err, LUMA_CORRUPT, "`%s`: the root does not fit its index blocks", cursor->file->path);
  }
  return enter_block(cursor, err);
}

/* A separator may lie beyond the last entry of its block: then the entry looked for is the first of
 * the next block. */
static status try_seek(struct sorted_cursor *cursor, struct slice key, uint64_t seq,
                       struct err *err) {
  TRY(enter(cursor, key, seq, err));
  if (!cursor->block) return LUMA_OK;
  cursor->index = block_seek(&cursor->view, key, seq);
  return cursor->index < cursor->view.count ? LUMA_OK : next_block(cursor, err);
}

static status seek(struct sorted_cursor *cursor, struct slice key, uint64_t seq, struct err *err) {
  return or_next_block(cursor, try_seek(cursor, key, seq, err), err);
}

status sorted_cursor_seek(struct sorted_cursor *cursor, struct slice key, uint64_t seq,
                          struct err *err) {
  return settle(cursor, seek(cursor, key, seq, err));
}

static bool ends_before(const struct block_view *view, struct slice key) {
  return slice_compare(block_key(view, view->count - 1), key) < 0;
}

static status try_seek_near(struct sorted_cursor *cursor, const struct block_view *level,
                            struct slice key, struct err *err) {
  uint32_t at = block_seek(level, key, UINT64_MAX);
  if (has_index_blocks(cursor))
    cursor->index_at = at;
  else
    cursor->root_at = at;
  cursor->index = 0;
  TRY(enter_block(cursor, err));
  cursor->index = block_seek(&cursor->view, key, UINT64_MAX);
  return cursor->index < cursor->view.count ? LUMA_OK : next_block(cursor, err);
}

status sorted_cursor_seek_near(struct sorted_cursor *cursor, struct slice key, bool *is_near,
                               struct err *err) {
  *is_near = false;
  if (!cursor->block) return LUMA_OK;
  if (!ends_before(&cursor->view, key)) {
    *is_near = true;
    cursor->index = block_seek(&cursor->view, key, UINT64_MAX);
    return LUMA_OK;
  }
  const struct block_view *level =
      has_index_blocks(cursor) ? &cursor->index_view : &cursor->file->root;
  if (ends_before(level, key)) return LUMA_OK;
  *is_near = true;
  return settle(cursor, or_next_block(cursor, try_seek_near(cursor, level, key, err), err));
}

status sorted_cursor_arrive(struct sorted_cursor *cursor, struct sorted_ahead *ahead,
                            bool *is_there, struct err *err) {
  *is_there = ahead->block && cursor->block && ahead->file == cursor->file &&
              (!has_index_blocks(cursor) || ahead->root_at == cursor->root_at);
  if (!*is_there) return LUMA_OK;
  leave_block(cursor);
  cursor->block = ahead->block;
  ahead->block = NULL;
  cursor->view = ahead->view;
  cursor->root_at = ahead->root_at;
  cursor->index_at = ahead->index_at;
  cursor->index = ahead->index;
  return cursor->index < cursor->view.count ? LUMA_OK : sorted_cursor_next_block(cursor, err);
}

status sorted_cursor_seek_before(struct sorted_cursor *cursor, struct slice key, struct err *err) {
  TRY(sorted_cursor_seek(cursor, key, UINT64_MAX, err));
  if (!cursor->block) return sorted_cursor_last(cursor, err);
  if (cursor->index == 0) return sorted_cursor_prev_block(cursor, err);
  cursor->index--;
  return LUMA_OK;
}
