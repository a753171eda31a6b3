/* SPDX-License-Identifier: MIT */
/* What survives a merge. */
#include <string.h>

#include "base/mem/mem.h"
#include "store/lsm/compact/compact_int.h"

status compact__ranges_collect(const struct view *view, uint8_t space, uint64_t seq_max,
                               struct compact_ranges *ranges, struct err *err) {
  *ranges = (struct compact_ranges){0};
  if (!view->ranges || view->ranges->count == 0) return LUMA_OK;
  ranges->items = mem_alloc(view->ranges->count * sizeof *ranges->items);
  if (!ranges->items) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for range deletes");
  for (uint32_t i = 0; i < view->ranges->count; i++) {
    const struct manifest_range *range = &view->ranges->items[i];
    if (range->seq > seq_max) continue;
    if (range->seq > ranges->cleaned) ranges->cleaned = range->seq;
    if (range->space == space)
      ranges->items[ranges->count++] =
          (struct merge_range_delete){range->from, range->to, range->seq};
  }
  return LUMA_OK;
}

void compact__ranges_deinit(struct compact_ranges *ranges) {
  mem_free(ranges->items);
}

static bool is_covered(const struct compact_ranges *ranges, const struct lsm_entry *entry) {
  for (uint32_t i = 0; i < ranges->count; i++) {
    const struct merge_range_delete *range = &ranges->items[i];
    if (entry->seq < range->seq && range_has(range->from, range->to, entry->key)) return true;
  }
  return false;
}

/* May a file below `bottom` hold an older version of the key? */
static bool is_below(const struct compact_merge *merge, struct slice key) {
  for (int depth = merge->bottom + 1; depth < VIEW_LEVELS; depth++) {
    const struct view_level *level = &merge->view->levels[merge->space][depth];
    for (uint32_t i = 0; i < level->count; i++) {
      const struct sorted_info *info = sorted_get_info(level->files[i]);
      if (slice_compare(info->key_min, key) <= 0 && slice_compare(key, info->key_max) <= 0)
        return true;
    }
  }
  return false;
}

struct filter {
  const struct compact_merge *merge;
  struct compact_ranges ranges;
  struct store_pos trimmed;
  uint64_t conflict_horizon;
  struct buf last; /* the key met last */
  bool has_last;
};

/* A delete hides nothing any more once nothing older lies below, and tells nothing once no
 * transaction is older. */
static bool is_needless_delete(const struct filter *filter, const struct lsm_entry *entry) {
  return entry->kind == ENTRY_DELETE && filter->merge->bottom < VIEW_LEVELS &&
         entry->seq <= filter->conflict_horizon && !is_below(filter->merge, entry->key);
}

static bool is_trimmed(const struct filter *filter, const struct lsm_entry *entry) {
  if (filter->merge->space != VIEW_FEED) return false;
  uint64_t high = load64be(entry->key.data), low = load64be(entry->key.data + 8);
  return high != filter->trimmed.high ? high < filter->trimmed.high : low <= filter->trimmed.low;
}

static status take_entry(struct filter *filter, const struct lsm_entry *entry, struct err *err) {
  if (filter->has_last && slice_is_equal(buf_slice(&filter->last), entry->key)) return LUMA_OK;
  buf_reset(&filter->last);
  buf_append_slice(&filter->last, entry->key);
  TRY(buf_check(&filter->last, "a key", err));
  filter->has_last = true;
  if (is_covered(&filter->ranges, entry) || is_needless_delete(filter, entry) ||
      is_trimmed(filter, entry))
    return LUMA_OK;
  return compact__outputs_add(filter->merge->outputs, entry, err);
}

static status take_all(struct filter *filter, struct merge *entries, struct err *err) {
  for (;;) {
    struct lsm_entry entry;
    bool found;
    TRY(merge_entry(entries, &entry, &found, err));
    if (!found) return compact__outputs_finish(filter->merge->outputs, err);
    TRY(take_entry(filter, &entry, err));
  }
}

status compact__merge(const struct compact_merge *merge, struct err *err) {
  struct engine *engine = merge->engine;
  struct filter filter = {.merge = merge, .conflict_horizon = engine_conflict_horizon(engine)};
  struct merge_options options = {.space = merge->space,
                                  .no_fill = true,
                                  .keeps_references = true,
                                  .sources = merge->sources,
                                  .sources_count = merge->sources_count};
  struct merge *entries;
  mutex_lock(&engine->note_lock);
  filter.trimmed = engine->trimmed;
  mutex_unlock(&engine->note_lock);
  TRY(compact__ranges_collect(merge->view, merge->space, merge->ranges_seq, &filter.ranges, err));
  merge->outputs->cleaned = filter.ranges.cleaned;
  buf_init(&filter.last, STORE_KEY_BYTES_MAX);
  status answer = merge_open(&options, &entries, err);
  if (answer == LUMA_OK) {
    answer = take_all(&filter, entries, err);
    merge_close(entries);
  }
  buf_deinit(&filter.last);
  compact__ranges_deinit(&filter.ranges);
  return answer;
}
