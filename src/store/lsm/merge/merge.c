/* SPDX-License-Identifier: MIT */
#include "store/lsm/merge/merge.h"

#include <string.h>

#include "base/core/assert.h"
#include "base/mem/mem.h"
#include "store/lsm/merge/merge_int.h"

/* ---- open and close ---- */

static bool is_overlapping(const struct merge *merge,
                           const struct merge_range_delete *range_delete) {
  bool is_before = range_delete->to.bytes && slice_compare(range_delete->to, merge->from) <= 0;
  bool is_behind = merge->to.bytes && slice_compare(range_delete->from, merge->to) >= 0;
  return !is_before && !is_behind;
}

static status copy_range_deletes(struct merge *merge, const struct merge_options *options,
                                 struct err *err) {
  if (options->range_deletes_count == 0) return LUMA_OK;
  merge->range_deletes = mem_zalloc(options->range_deletes_count, sizeof *merge->range_deletes);
  if (!merge->range_deletes) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a cursor");
  for (uint32_t i = 0; i < options->range_deletes_count; i++)
    if (is_overlapping(merge, &options->range_deletes[i]))
      merge->range_deletes[merge->range_deletes_count++] = options->range_deletes[i];
  return LUMA_OK;
}

static status copy_range(struct merge *merge, const struct store_range *range, struct err *err) {
  buf_init(&merge->bounds, 2 * (UINT16_MAX + 1));
  buf_init(&merge->seek_key, UINT16_MAX + 1);
  buf_append_slice(&merge->bounds, range->from);
  buf_append_slice(&merge->bounds, range->to);
  TRY(buf_check(&merge->bounds, "the range", err));
  merge->from = slice_of(merge->bounds.data, range->from.bytes);
  if (range->to.bytes)
    merge->to = slice_of(merge->bounds.data + range->from.bytes, range->to.bytes);
  return LUMA_OK;
}

static status init_merge(struct merge *merge, const struct merge_options *options,
                         struct err *err) {
  merge->space = options->space;
  merge->backwards = options->backwards;
  merge->no_fill = options->no_fill;
  merge->keeps_references = options->keeps_references;
  TRY(copy_range(merge, &options->range, err));
  TRY(copy_range_deletes(merge, options, err));
  merge->sources = mem_zalloc(options->sources_count + 1, sizeof *merge->sources);
  merge->live = mem_zalloc(options->sources_count + 1, sizeof(struct merge__source *));
  if (!merge->sources || !merge->live) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a cursor");
  merge->sources_count = options->sources_count;
  for (uint32_t i = 0; i < options->sources_count; i++)
    merge__source_init(&merge->sources[i], &options->sources[i], options);
  return LUMA_OK;
}

status merge_open(const struct merge_options *options, struct merge **merge, struct err *err) {
  struct merge *made = mem_alloc(sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a cursor");
  memset(made, 0, offsetof(struct merge, seqs));
  status code = init_merge(made, options, err);
  if (code != LUMA_OK) {
    merge_close(made);
    return code;
  }
  *merge = made;
  return LUMA_OK;
}

void merge__let_go(struct merge *merge) {
  store_pins_release(&merge->pins);
  merge->batch_bytes = 0;
  for (uint32_t i = 0; i < merge->sources_count; i++) merge->sources[i].pinned = NULL;
  if (merge->value) cache_block_release(merge->value);
  merge->value = NULL;
}

void merge_close(struct merge *merge) {
  if (!merge) return;
  merge__let_go(merge);
  for (uint32_t i = 0; i < merge->sources_count; i++) merge__source_deinit(&merge->sources[i]);
  mem_free(merge->sources);
  mem_free((void *)merge->live);
  for (uint32_t i = 0; merge->ahead && i < merge->sources_count; i++)
    merge__ahead_let_go(&merge->ahead[i]);
  mem_free(merge->ahead);
  mem_free(merge->range_deletes);
  buf_deinit(&merge->bounds);
  buf_deinit(&merge->seek_key);
  mem_free(merge);
}

/* ---- the order of sources ---- */

static int compare_sources(const struct merge *merge, const struct merge__source *a,
                           const struct merge__source *b) {
  int order = slice_compare(a->key, b->key);
  if (order == 0) return (a->seq < b->seq) - (a->seq > b->seq);
  return merge->backwards ? -order : order;
}

static bool is_in_range(const struct merge *merge, const struct merge__source *source) {
  if (!source->is_live) return false;
  if (merge->backwards) return slice_compare(source->key, merge->from) >= 0;
  return merge->to.bytes == 0 || slice_compare(source->key, merge->to) < 0;
}

void merge__add_live(struct merge *merge, struct merge__source *source) {
  if (!is_in_range(merge, source)) return;
  uint32_t at = merge->live_count++;
  for (; at > 0 && compare_sources(merge, merge->live[at - 1], source) > 0; at--)
    merge->live[at] = merge->live[at - 1];
  merge->live[at] = source;
}

void merge__sift(struct merge *merge, uint32_t at) {
  struct merge__source *moved = merge->live[at];
  bool is_out = !is_in_range(merge, moved);
  for (; at + 1 < merge->live_count; at++) {
    if (!is_out && compare_sources(merge, merge->live[at + 1], moved) >= 0) break;
    merge->live[at] = merge->live[at + 1];
  }
  if (is_out)
    merge->live_count--;
  else
    merge->live[at] = moved;
}

status merge__place_at(struct merge *merge, const struct slice *key, struct err *err) {
  merge->live_count = 0;
  for (uint32_t i = 0; i < merge->sources_count; i++) {
    TRY(merge__source_place(&merge->sources[i], key, err));
    merge__add_live(merge, &merge->sources[i]);
  }
  merge->is_placed = true;
  return LUMA_OK;
}

status merge__place_at_start(struct merge *merge, struct err *err) {
  if (merge->is_placed) return LUMA_OK;
  if (!merge->backwards) return merge__place_at(merge, &merge->from, err);
  return merge__place_at(merge, merge->to.bytes ? &merge->to : NULL, err);
}

/* ---- seeking and keeping ---- */

/* Where sources are placed for `key`: backwards they go to the last entry before a place, and the
 * key itself must be included. */
static status make_target(struct merge *merge, struct slice key, struct slice *target,
                          struct err *err) {
  buf_reset(&merge->seek_key);
  buf_append_slice(&merge->seek_key, key);
  if (merge->backwards) buf_append_byte(&merge->seek_key, 0);
  TRY(buf_check(&merge->seek_key, "the key to seek", err));
  *target = buf_slice(&merge->seek_key);
  bool is_outside = merge->backwards ? merge->to.bytes && slice_compare(*target, merge->to) > 0
                                     : slice_compare(*target, merge->from) < 0;
  if (is_outside) *target = merge->backwards ? merge->to : merge->from;
  return LUMA_OK;
}

static bool is_behind(const struct merge *merge, const struct merge__source *source,
                      struct slice target) {
  int order = slice_compare(source->key, target);
  return merge->backwards ? order >= 0 : order < 0;
}

static status seek(struct merge *merge, struct slice target, struct err *err) {
  if (!merge->is_placed) return merge__place_at(merge, &target, err);
  merge->live_count = 0;
  for (uint32_t i = 0; i < merge->sources_count; i++) {
    struct merge__source *source = &merge->sources[i];
    if (source->is_live && is_behind(merge, source, target))
      TRY(merge__source_seek(source, target, err));
    merge__add_live(merge, source);
  }
  return LUMA_OK;
}

status merge_seek(struct merge *merge, struct slice key, struct err *err) {
  if (merge->failed) FAIL(err, merge->failed, "an earlier step of the cursor failed");
  struct slice target;
  TRY(make_target(merge, key, &target, err));
  merge->failed = seek(merge, target, err);
  return merge->failed;
}

status merge_keep(struct merge *merge, struct store_pins *pins, struct err *err) {
  struct store_pins *kept = &merge->pins;
  const struct store_pin *items = kept->capacity > STORE_PINS_INLINE ? kept->more : kept->room;
  while (kept->count > 0) {
    struct store_pin last = items[kept->count - 1];
    TRY(store_pins_add(pins, last.object, last.release, err));
    kept->count--;
  }
  merge__let_go(merge);
  return LUMA_OK;
}

const uint64_t *merge_seqs(const struct merge *merge) {
  return merge->seqs;
}

/* ---- entries ---- */

static void entry_of_memtable(const struct merge__source *source, struct lsm_entry *entry) {
  entry->kind = (enum entry_kind)source->entry->kind;
  entry->value = memtable_entry_value(source->entry);
}

static status entry_of_files(struct merge *merge, struct merge__source *source,
                             struct lsm_entry *entry, struct err *err) {
  struct sorted_cursor *cursor = &source->cursor;
  enum block_kind kind = block_kind_of(&cursor->view, cursor->index);
  entry->kind = kind == BLOCK_DELETE ? ENTRY_DELETE : ENTRY_PUT;
  entry->value = block_value(&cursor->view, cursor->index);
  if (kind == BLOCK_BLOB && merge->keeps_references) {
    entry->blob_uuid = sorted_blob_uuid(cursor->file, entry->value);
    if (entry->blob_uuid) return LUMA_OK;
    FAIL(err, LUMA_CORRUPT, "a value stands in a blob file that its file does not list");
  }
  if (!block_kind_is_apart(kind)) return LUMA_OK;
  TRY(sorted_apart(cursor->file, kind, entry->value, merge->no_fill, &merge->value, err));
  entry->value = slice_of(merge->value->data, merge->value->bytes);
  return LUMA_OK;
}

static status next_entry(struct merge *merge, struct lsm_entry *entry, bool *found,
                         struct err *err) {
  merge__let_go(merge);
  TRY(merge__place_at_start(merge, err));
  if (merge->is_at_entry) {
    TRY(merge__source_step(merge->live[0], err));
    merge__sift(merge, 0);
  }
  merge->is_at_entry = *found = merge->live_count > 0;
  if (!*found) return LUMA_OK;
  struct merge__source *source = merge->live[0];
  *entry = (struct lsm_entry){.space = merge->space, .seq = source->seq, .key = source->key};
  if (source->kind == MERGE_FILES) return entry_of_files(merge, source, entry, err);
  entry_of_memtable(source, entry);
  return LUMA_OK;
}

status merge_entry(struct merge *merge, struct lsm_entry *entry, bool *found, struct err *err) {
  ASSERT(!merge->backwards);
  if (merge->failed) FAIL(err, merge->failed, "an earlier step of the cursor failed");
  merge->failed = next_entry(merge, entry, found, err);
  return merge->failed;
}
