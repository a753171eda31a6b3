/* SPDX-License-Identifier: MIT */
/* Rows in batches: runs of a block where one source is alone, single keys elsewhere. */
#include "base/core/assert.h"
#include "store/lsm/merge/merge_int.h"

/* A batch ends once it holds this much in memory. */
enum { BATCH_BYTES_MAX = 4 << 20 };

/* What a batch is filled with. */
struct batch {
  struct merge *merge;
  struct store_rows *rows;
  uint32_t max;
};

/* ---- range deletes ---- */

static bool is_hidden(const struct merge *merge, struct slice key, uint64_t seq) {
  for (uint32_t i = 0; i < merge->range_deletes_count; i++) {
    const struct merge_range_delete *at = &merge->range_deletes[i];
    bool is_inside =
        slice_compare(at->from, key) <= 0 && (at->to.bytes == 0 || slice_compare(key, at->to) < 0);
    if (is_inside && at->seq > seq) return true;
  }
  return false;
}

/* Whether a range delete may hide something of a block whose oldest entry has `seq_min`. */
static bool may_hide(const struct merge *merge, uint64_t seq_min) {
  for (uint32_t i = 0; i < merge->range_deletes_count; i++)
    if (merge->range_deletes[i].seq > seq_min) return true;
  return false;
}

/* ---- pins ---- */

/* Keeps `object` until the batch ends; takes over one reference, also on failure. */
static status pin(struct merge *merge, void *object, size_t bytes, void (*release)(void *),
                  struct err *err) {
  status code = store_pins_add(&merge->pins, object, release, err);
  if (code != LUMA_OK) release(object);
  merge->batch_bytes += bytes;
  return code;
}

static status pin_block(struct merge *merge, struct merge__source *source,
                        struct cache_block *block, struct err *err) {
  if (source->pinned == block) return LUMA_OK;
  cache_block_acquire(block);
  TRY(pin(merge, block, block->bytes, cache_block_release, err));
  source->pinned = block;
  return LUMA_OK;
}

static status pin_memtable(struct merge *merge, struct merge__source *source, struct err *err) {
  if (source->pinned) return LUMA_OK;
  memtable_acquire(source->memtable);
  TRY(pin(merge, source->memtable, 0, memtable_release, err));
  source->pinned = source->memtable;
  return LUMA_OK;
}

/* Pins what holds the row; a value that stands apart is loaded. */
static status pin_row(struct merge *merge, struct merge__source *source, struct merge__row *row,
                      struct err *err) {
  if (!row->file) return pin_memtable(merge, source, err);
  TRY(pin_block(merge, source, row->block, err));
  if (!block_kind_is_apart(row->kind)) return LUMA_OK;
  struct cache_block *value;
  TRY(sorted_apart(row->file, row->kind, row->value, merge->no_fill, &value, err));
  row->value = slice_of(value->data, value->bytes);
  return pin(merge, value, value->bytes, cache_block_release, err);
}

/* ---- one key ---- */

static status emit(struct batch *batch, struct merge__source *source, struct merge__row *row,
                   struct err *err) {
  struct store_rows *rows = batch->rows;
  if (!row->is_found || row->kind == BLOCK_DELETE || is_hidden(batch->merge, row->key, row->seq))
    return LUMA_OK;
  status code = pin_row(batch->merge, source, row, err);
  if (row->file && sorted_passes_over(row->file, code, err)) return LUMA_OK;
  TRY(code);
  rows->keys[rows->count] = row->key;
  rows->values[rows->count] = row->value;
  batch->merge->seqs[rows->count++] = row->seq;
  return LUMA_OK;
}

static void release_row(struct merge__row *row) {
  if (row->block) cache_block_release(row->block);
}

static uint32_t count_same_key(const struct merge *merge) {
  uint32_t same = 1;
  while (same < merge->live_count && slice_is_equal(merge->live[same]->key, merge->live[0]->key))
    same++;
  return same;
}

/* Resolves the next key in the first `same` sources, which all have it: the newest version of all
 * is the answer. */
static status resolve(struct merge *merge, uint32_t same, struct merge__row *best,
                      struct merge__source **owner, struct err *err) {
  for (uint32_t i = 0; i < same; i++) {
    struct merge__row row;
    status code = merge__source_resolve(merge->live[i], &row, err);
    if (code != LUMA_OK) return code;
    bool is_better = row.is_found && (!best->is_found || row.seq > best->seq);
    if (is_better) *owner = merge->live[i];
    release_row(is_better ? best : &row);
    if (is_better) *best = row;
  }
  for (uint32_t i = same; i-- > 0;) merge__sift(merge, i);
  return LUMA_OK;
}

static status take_key(struct batch *batch, struct err *err) {
  struct merge__row best = {0};
  struct merge__source *owner = NULL;
  status code = resolve(batch->merge, count_same_key(batch->merge), &best, &owner, err);
  if (code == LUMA_OK && owner) code = emit(batch, owner, &best, err);
  release_row(&best);
  return code;
}

/* ---- runs of a block ---- */

/* Entries of a block that can be handed out one after another without a look at anything else:
 * [first, first + count). */
struct run {
  uint32_t first, count;
};

/* Every entry of the block is the only version of its key, a value that stands here, visible and
 * not deleted. */
static bool is_plain(const struct merge *merge, const struct merge__source *source) {
  const struct block_view *view = &source->cursor.view;
  unsigned plain = BLOCK_ALL_PUT | BLOCK_UNIQUE_KEYS;
  return (view->flags & plain) == plain && view->seq_max <= source->seq_max &&
         !may_hide(merge, view->seq_min);
}

/* The first entry of the block at or behind `key`; the common answers need no search. */
static uint32_t find_in_block(const struct block_view *view, struct slice key) {
  if (slice_compare(block_key(view, view->count - 1), key) < 0) return view->count;
  if (slice_compare(block_key(view, 0), key) >= 0) return 0;
  return block_seek(view, key, UINT64_MAX);
}

/* The last entry is left out: the next block may go on with older versions of its key. */
static struct run run_forwards(const struct merge *merge, const struct merge__source *source) {
  const struct block_view *view = &source->cursor.view;
  uint32_t at = source->cursor.index, end = view->count - 1, stop = end;
  if (merge->live_count > 1) stop = find_in_block(view, merge->live[1]->key);
  end = stop < end ? stop : end;
  if (merge->to.bytes) stop = find_in_block(view, merge->to);
  end = stop < end ? stop : end;
  return (struct run){at, end > at ? end - at : 0};
}

/* The first entry is left out: the block before may end with newer versions of its key. */
static struct run run_backwards(const struct merge *merge, const struct merge__source *source) {
  const struct block_view *view = &source->cursor.view;
  uint32_t at = source->cursor.index, first = find_in_block(view, merge->from);
  if (first == 0) first = 1;
  if (merge->live_count > 1) {
    struct slice other = merge->live[1]->key;
    uint32_t stop = find_in_block(view, other);
    if (stop < view->count && slice_is_equal(block_key(view, stop), other)) stop++;
    if (stop > first) first = stop;
  }
  return (struct run){first, at >= first ? at - first + 1 : 0};
}

static void copy_forwards(struct batch *batch, const struct block_view *view, struct run run) {
  struct store_rows *rows = batch->rows;
  uint64_t *seqs = batch->merge->seqs;
  for (uint32_t i = 0; i < run.count; i++) {
    rows->keys[rows->count] = block_key(view, run.first + i);
    rows->values[rows->count] = block_value(view, run.first + i);
    seqs[rows->count++] = block_seq(view, run.first + i);
  }
}

static void copy_backwards(struct batch *batch, const struct block_view *view, struct run run) {
  struct store_rows *rows = batch->rows;
  uint64_t *seqs = batch->merge->seqs;
  for (uint32_t i = run.first + run.count; i-- > run.first;) {
    rows->keys[rows->count] = block_key(view, i);
    rows->values[rows->count] = block_value(view, i);
    seqs[rows->count++] = block_seq(view, i);
  }
}

/* Where sources alternate key by key, looking for runs would cost more than they give. */
static bool is_run_likely(const struct merge *merge, const struct merge__source *source) {
  const struct block_view *view = &source->cursor.view;
  uint32_t at = source->cursor.index;
  bool is_at_end = merge->backwards ? at == 0 : at + 1 == view->count;
  if (is_at_end || merge->live_count == 1) return !is_at_end;
  int order =
      slice_compare(block_key(view, merge->backwards ? at - 1 : at + 1), merge->live[1]->key);
  return merge->backwards ? order > 0 : order < 0;
}

/* Hands out what it can of the block the first source stands in; `*taken` 0 when that is nothing.
 */
static status take_run(struct batch *batch, uint32_t *taken, struct err *err) {
  struct merge *merge = batch->merge;
  struct merge__source *source = merge->live[0];
  *taken = 0;
  if (source->kind != MERGE_FILES || !is_plain(merge, source) || !is_run_likely(merge, source))
    return LUMA_OK;
  struct run run = merge->backwards ? run_backwards(merge, source) : run_forwards(merge, source);
  uint32_t room = batch->max - batch->rows->count, over = run.count > room ? run.count - room : 0;
  run.count -= over;
  if (run.count == 0) return LUMA_OK;
  TRY(pin_block(merge, source, source->cursor.block, err));
  if (merge->backwards) {
    run.first += over;
    copy_backwards(batch, &source->cursor.view, run);
    source->cursor.index -= run.count;
  } else {
    copy_forwards(batch, &source->cursor.view, run);
    source->cursor.index += run.count;
  }
  merge__source_moved(source);
  merge__sift(merge, 0);
  *taken = run.count;
  return LUMA_OK;
}

/* ---- batches ---- */

status merge__take(struct merge *merge, uint32_t max, struct store_rows *rows, struct err *err) {
  struct batch batch = {merge, rows, max};
  while (rows->count < max && merge->live_count > 0 && merge->batch_bytes < BATCH_BYTES_MAX) {
    uint32_t taken;
    TRY(take_run(&batch, &taken, err));
    if (taken == 0) TRY(take_key(&batch, err));
  }
  return LUMA_OK;
}

static status fill(struct merge *merge, uint32_t max, struct store_rows *rows, struct err *err) {
  TRY(merge__place_at_start(merge, err));
  return merge__take(merge, max, rows, err);
}

status merge_rows(struct merge *merge, uint32_t max, struct store_rows *rows, struct err *err) {
  ASSERT(max > 0);
  if (merge->failed) FAIL(err, merge->failed, "an earlier step of the cursor failed");
  rows->count = 0;
  merge__let_go(merge);
  merge->failed = fill(merge, max < STORE_BATCH_MAX ? max : STORE_BATCH_MAX, rows, err);
  return merge->failed;
}
