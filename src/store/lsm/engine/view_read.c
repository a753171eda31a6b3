/* SPDX-License-Identifier: MIT */
/* Looking things up in a view, newest places first. */
#include "base/mem/mem.h"
#include "store/lsm/engine/view_int.h"

uint64_t view_cover(const struct view *view, uint8_t space, struct slice key, uint64_t seq_max) {
  const struct view_ranges *ranges = view->ranges;
  if (!ranges) return 0;
  for (uint32_t i = ranges->count; i > 0; i--) {
    const struct manifest_range *range = &ranges->items[i - 1];
    if (range->space == space && range->seq <= seq_max && range_has(range->from, range->to, key))
      return range->seq;
  }
  return 0;
}

/** What is looked for: the newest version of a key within some sequences. */
struct lookup {
  struct slice key;
  uint64_t seq_min, seq_max;
  uint8_t space;
};

static status get_in_file(struct sorted_file *file, const struct lookup *lookup,
                          struct entry_found *found, struct store_pins *pins, struct err *err) {
  const struct sorted_info *info = sorted_get_info(file);
  if (info->seq_max < lookup->seq_min || info->seq_min > lookup->seq_max) return LUMA_OK;
  return sorted_get(file, lookup->key, lookup->seq_max, found, pins, err);
}

static status get_in_files(const struct view *view, const struct lookup *lookup,
                           struct entry_found *found, struct store_pins *pins, struct err *err) {
  const struct view_level *levels = view->levels[lookup->space];
  for (uint32_t i = 0; i < levels[0].count; i++) {
    if (!view__file_spans(levels[0].files[i], lookup->key)) continue;
    TRY(get_in_file(levels[0].files[i], lookup, found, pins, err));
    if (found->found) return LUMA_OK;
  }
  for (int level = 1; level < VIEW_LEVELS; level++) {
    struct sorted_file *file = view__level_find(&levels[level], lookup->key);
    if (!file) continue;
    TRY(get_in_file(file, lookup, found, pins, err));
    if (found->found) return LUMA_OK;
  }
  return LUMA_OK;
}

static bool get_in_memory(const struct view *view, const struct lookup *lookup,
                          struct entry_found *found) {
  if (memtable_seq_max(view->active.memtable) >= lookup->seq_min) {
    memtable_get(view->active.memtable, lookup->space, lookup->key, lookup->seq_max, found);
    if (found->found) return true;
  }
  for (uint32_t i = 0; i < view->immutables_count; i++) {
    struct memtable *memtable = view->immutables[i].memtable;
    if (memtable_seq_max(memtable) < lookup->seq_min) continue;
    memtable_get(memtable, lookup->space, lookup->key, lookup->seq_max, found);
    if (found->found) return true;
  }
  return false;
}

status view_get(const struct view *view, uint8_t space, struct slice key, uint64_t seq_max,
                struct entry_found *found, struct store_pins *pins, struct err *err) {
  struct lookup lookup = {.space = space, .key = key, .seq_max = seq_max};
  found->found = false;
  if (get_in_memory(view, &lookup, found)) return LUMA_OK;
  return get_in_files(view, &lookup, found, pins, err);
}

status view_is_newer(const struct view *view, uint8_t space, struct slice key, uint64_t seq,
                     bool *newer, struct err *err) {
  struct lookup lookup = {.space = space, .key = key, .seq_min = seq + 1, .seq_max = ENTRY_SEQ_MAX};
  struct entry_found found = {0};
  struct store_pins pins = {0};
  *newer = true;
  if (view_cover(view, space, key, ENTRY_SEQ_MAX) > seq) return LUMA_OK;
  status answer = LUMA_OK;
  if (!get_in_memory(view, &lookup, &found))
    answer = get_in_files(view, &lookup, &found, &pins, err);
  store_pins_release(&pins);
  *newer = found.found && found.seq > seq;
  return answer;
}

/* ---- ranges ---- */

static bool ranges_meet(struct store_range a, struct slice from, struct slice to) {
  return (a.to.bytes == 0 || slice_compare(from, a.to) < 0) &&
         (to.bytes == 0 || slice_compare(a.from, to) < 0);
}

static bool is_covered_since(const struct view *view, uint8_t space, struct store_range range,
                             uint64_t seq) {
  for (uint32_t i = 0; view->ranges && i < view->ranges->count; i++) {
    const struct manifest_range *item = &view->ranges->items[i];
    if (item->space == space && item->seq > seq && ranges_meet(range, item->from, item->to))
      return true;
  }
  return false;
}

static bool source_is_newer(const struct merge_source *source, uint64_t seq) {
  if (source->kind == MERGE_MEMTABLE) return memtable_seq_max(source->memtable) > seq;
  for (uint32_t i = 0; i < source->files_count; i++)
    if (sorted_get_info(source->files[i])->seq_max > seq) return true;
  return false;
}

static status scan_for_newer(const struct merge_options *options, uint64_t seq, bool *newer,
                             struct err *err) {
  struct merge *merge;
  TRY(merge_open(options, &merge, err));
  status answer = LUMA_OK;
  for (bool found = true; found && !*newer && answer == LUMA_OK;) {
    struct lsm_entry entry;
    answer = merge_entry(merge, &entry, &found, err);
    if (answer == LUMA_OK && found) *newer = entry.seq > seq;
  }
  merge_close(merge);
  return answer;
}

status view_range_is_newer(const struct view *view, uint8_t space, struct store_range range,
                           uint64_t seq, bool *newer, struct err *err) {
  *newer = is_covered_since(view, space, range, seq);
  if (*newer) return LUMA_OK;
  struct merge_source *sources = mem_zalloc(view_sources_count(view, space), sizeof *sources);
  if (!sources) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to look for conflicts");
  uint32_t all = view_sources(view, space, ENTRY_SEQ_MAX, sources), count = 0;
  for (uint32_t i = 0; i < all; i++)
    if (source_is_newer(&sources[i], seq)) sources[count++] = sources[i];
  struct merge_options options = {
      .space = space, .range = range, .sources = sources, .sources_count = count};
  status answer = count ? scan_for_newer(&options, seq, newer, err) : LUMA_OK;
  mem_free(sources);
  return answer;
}

/* ---- sources ---- */

uint32_t view_sources_count(const struct view *view, uint8_t space) {
  return 1 + view->immutables_count + view->levels[space][0].count + VIEW_LEVELS - 1;
}

static struct merge_source memory_source(struct memtable *memtable, uint64_t seq_max) {
  return (struct merge_source){.kind = MERGE_MEMTABLE, .seq_max = seq_max, .memtable = memtable};
}

static struct merge_source file_source(struct sorted_file *const *files, uint32_t count,
                                       uint64_t seq_max) {
  return (struct merge_source){
      .kind = MERGE_FILES, .seq_max = seq_max, .files = files, .files_count = count};
}

uint32_t view_sources(const struct view *view, uint8_t space, uint64_t seq_max,
                      struct merge_source *room) {
  const struct view_level *levels = view->levels[space];
  uint32_t count = 0;
  if (memtable_entries(view->active.memtable, space))
    room[count++] = memory_source(view->active.memtable, seq_max);
  for (uint32_t i = 0; i < view->immutables_count; i++)
    if (memtable_entries(view->immutables[i].memtable, space))
      room[count++] = memory_source(view->immutables[i].memtable, seq_max);
  for (uint32_t i = 0; i < levels[0].count; i++)
    room[count++] = file_source(&levels[0].files[i], 1, seq_max);
  for (int level = 1; level < VIEW_LEVELS; level++)
    if (levels[level].count)
      room[count++] = file_source(levels[level].files, levels[level].count, seq_max);
  return count;
}
