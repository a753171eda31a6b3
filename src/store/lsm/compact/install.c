/* SPDX-License-Identifier: MIT */
/* Putting a change of files in place: one edit of the manifest, one new view. */
#include <string.h>

#include "base/core/canary.h"
#include "base/mem/mem.h"
#include "store/lsm/compact/compact_int.h"
#include "store/lsm/feed/feed.h"

struct installing {
  struct engine *engine;
  const struct compact_install *install;
  struct manifest_file *added;
  uint64_t *removed;
  size_t removed_count;
  struct manifest_log log;
  struct store_pos trim;
  struct manifest_range *ranges; /* what the manifest keeps */
  size_t ranges_count;
  struct view *next;
  uint64_t *blobs; /* that nothing refers to any more */
  size_t blobs_count, blobs_capacity;
};

static status fail_memory(struct err *err) {
  FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to change the list of files");
}

/* ---- where flushed files go ---- */

static bool meets_level(const struct view_level *level, const struct sorted_info *info) {
  for (uint32_t i = 0; i < level->count; i++) {
    const struct sorted_info *other = sorted_get_info(level->files[i]);
    if (slice_compare(info->key_min, other->key_max) <= 0 &&
        slice_compare(other->key_min, info->key_max) <= 0)
      return true;
  }
  return false;
}

static bool meets_compaction(const struct engine_span *span, const struct sorted_info *info) {
  return span->busy && span->space == info->space &&
         slice_compare(info->key_min, span->last) <= 0 &&
         slice_compare(span->from, info->key_max) <= 0;
}

/* The deepest level such that the file meets nothing there nor above. */
static uint8_t place(const struct engine *engine, const struct sorted_info *info) {
  const struct view_level *levels = engine->view->levels[info->space];
  if (info->space == VIEW_FEED) return 1;
  if (meets_compaction(&engine->compacting, info) || meets_level(&levels[0], info)) return 0;
  uint8_t level = 0;
  while (level + 1 < VIEW_LEVELS && !meets_level(&levels[level + 1], info)) level++;
  return level;
}

/* ---- the feed's limit ---- */

static uint64_t feed_bytes(const struct installing *installing) {
  const struct view_level *feed = &installing->engine->view->levels[VIEW_FEED][1];
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < feed->count; i++) bytes += sorted_get_info(feed->files[i])->file_bytes;
  for (size_t i = 0; i < installing->install->added_count; i++) {
    const struct sorted_info *info = sorted_get_info(installing->install->added[i].file);
    if (info->space == VIEW_FEED) bytes += info->file_bytes;
  }
  return bytes;
}

/* Files wholly trimmed go; so do the oldest while there is too much, which trims. Not while some of
 * them are being joined. */
static void drop_feed(struct installing *installing) {
  const struct engine_span *compacting = &installing->engine->compacting;
  if (compacting->busy && compacting->space == VIEW_FEED) return;
  const struct view_level *feed = &installing->engine->view->levels[VIEW_FEED][1];
  uint64_t bytes = feed_bytes(installing);
  for (uint32_t i = 0; i < feed->count; i++) {
    const struct sorted_info *info = sorted_get_info(feed->files[i]);
    struct store_pos last = feed_position_of(info->key_max);
    bool trimmed = feed_compare(last, installing->trim) <= 0;
    if (!trimmed && bytes <= installing->engine->options.feed_bytes_max) break;
    installing->removed[installing->removed_count++] = info->number;
    if (!trimmed) installing->trim = last;
    bytes -= info->file_bytes;
  }
}

/* ---- range deletes ---- */

static bool may_hide(const struct view *view, const struct manifest_range *range) {
  for (int depth = 0; depth < VIEW_LEVELS; depth++) {
    const struct view_level *level = &view->levels[range->space][depth];
    for (uint32_t i = 0; i < level->count; i++) {
      const struct sorted_info *info = sorted_get_info(level->files[i]);
      if (info->seq_min < range->seq && level->cleaned[i] < range->seq &&
          range_meets(range->from, range->to, info))
        return true;
    }
  }
  return false;
}

/* Leaves in the next view the range deletes that still matter; the manifest keeps those the log
 * will not repeat. */
static status keep_ranges(struct installing *installing, struct err *err) {
  const struct view_ranges *old = installing->next->ranges;
  uint64_t horizon = engine_conflict_horizon(installing->engine);
  uint32_t kept = 0;
  if (!old) return LUMA_OK;
  struct manifest_range *ranges = installing->ranges = mem_alloc((old->count + 1) * sizeof *ranges);
  if (!ranges) return fail_memory(err);
  for (uint32_t i = 0; i < old->count; i++) {
    const struct manifest_range *range = &old->items[i];
    bool needed = range->seq > horizon || range->seq > installing->log.seq ||
                  may_hide(installing->next, range);
    if (!needed) continue;
    ranges[kept++] = *range;
    if (range->seq <= installing->log.seq)
      installing->ranges_count = kept; /* they ascend by sequence */
  }
  if (kept == old->count) return LUMA_OK;
  struct view_change change = {.has_ranges = true};
  if (kept) TRY(view_ranges_create(ranges, kept, &change.ranges, err));
  struct view *next;
  status answer = view_change(installing->next, &change, &next, err);
  view_ranges_release(change.ranges);
  if (answer != LUMA_OK) return answer;
  /* `ranges` borrows its keys from the first list */
  for (uint32_t i = 0; i < kept; i++) ranges[i] = next->ranges->items[i];
  view_release(installing->next);
  installing->next = next;
  return LUMA_OK;
}

/* ---- blob files ---- */

static bool is_noted(const struct installing *installing, uint64_t blob) {
  for (size_t i = 0; i < installing->blobs_count; i++)
    if (installing->blobs[i] == blob) return true;
  return false;
}

/* What memory fails to hold is left to the next opening, as an orphan. */
static void note_blob(struct installing *installing, uint64_t blob) {
  void *blobs = installing->blobs;
  if (is_noted(installing, blob) || view_refers(installing->next, blob) ||
      !mem_grow(&blobs, &installing->blobs_capacity, installing->blobs_count + 1,
                sizeof *installing->blobs))
    return;
  installing->blobs = blobs;
  installing->blobs[installing->blobs_count++] = blob;
}

/* Blob files that only removed files referred to. */
static void note_blobs(struct installing *installing) {
  const struct view *old = installing->engine->view;
  for (int depth = 0; depth < VIEW_LEVELS; depth++) {
    const struct view_level *level = &old->levels[STORE_RECORDS][depth];
    for (uint32_t i = 0; i < level->count; i++) {
      const struct sorted_info *info = sorted_get_info(level->files[i]);
      for (size_t r = 0; r < installing->removed_count; r++)
        for (size_t b = 0; installing->removed[r] == info->number && b < info->blobs_count; b++)
          note_blob(installing, info->blobs[b].number);
    }
  }
}

/* ---- the edit ---- */

static void describe(const struct view_added *added, struct manifest_file *file) {
  const struct sorted_info *info = sorted_get_info(added->file);
  *file = (struct manifest_file){.space = info->space,
                                 .level = added->level,
                                 .number = info->number,
                                 .bytes = info->file_bytes,
                                 .entries = info->entries,
                                 .seq_min = info->seq_min,
                                 .seq_max = info->seq_max,
                                 .cleaned_seq = added->cleaned,
                                 .key_min = info->key_min,
                                 .key_max = info->key_max};
  memcpy(file->uuid, info->uuid, sizeof file->uuid);
}

static void take_log(struct installing *installing) {
  const struct view *view = installing->engine->view;
  installing->log = manifest_get_state(installing->engine->manifest)->log;
  if (!installing->install->flushed) return;
  uint32_t last = view->immutables_count - 1;
  const struct view_memtable *flushed = &view->immutables[last];
  const struct view_memtable *follower = last > 0 ? &view->immutables[last - 1] : &view->active;
  installing->log = (struct manifest_log){flushed->seq, flushed->emits, follower->start};
}

static status collect(struct installing *installing, struct err *err) {
  struct engine *engine = installing->engine;
  const struct compact_install *install = installing->install;
  size_t feed_files = engine->view->levels[VIEW_FEED][1].count;
  installing->added = mem_alloc((install->added_count + 1) * sizeof *installing->added);
  installing->removed =
      mem_alloc((install->removed_count + feed_files + 1) * sizeof *installing->removed);
  if (!installing->added || !installing->removed) return fail_memory(err);
  for (size_t i = 0; i < install->added_count; i++) {
    struct view_added *added = &install->added[i];
    if (install->flushed) added->level = place(engine, sorted_get_info(added->file));
    describe(added, &installing->added[i]);
  }
  for (size_t i = 0; i < install->removed_count; i++)
    installing->removed[installing->removed_count++] = install->removed[i];
  take_log(installing);
  mutex_lock(&engine->note_lock);
  installing->trim = engine->trimmed;
  mutex_unlock(&engine->note_lock);
  /* A trim of commits that a crash may undo must not outlive them: their positions are given again.
   */
  if (installing->trim.high > installing->log.seq)
    installing->trim = (struct store_pos){installing->log.seq, UINT64_MAX};
  if (install->flushed) drop_feed(installing);
  return LUMA_OK;
}

static status make_view(struct installing *installing, struct err *err) {
  const struct compact_install *install = installing->install;
  struct view_change change = {.drop_oldest = install->flushed,
                               .added = install->added,
                               .added_count = install->added_count,
                               .removed = installing->removed,
                               .removed_count = installing->removed_count};
  TRY(view_change(installing->engine->view, &change, &installing->next, err));
  return keep_ranges(installing, err);
}

static status apply(struct installing *installing, struct err *err) {
  struct engine *engine = installing->engine;
  const struct manifest_state *state = manifest_get_state(engine->manifest);
  struct manifest_edit edit = {.added = installing->added,
                               .added_count = installing->install->added_count,
                               .removed = installing->removed,
                               .removed_count = installing->removed_count,
                               .log = &installing->log,
                               .trim = &installing->trim,
                               .ranges = installing->ranges,
                               .ranges_count = installing->ranges_count,
                               .has_ranges =
                                   installing->ranges_count > 0 || state->ranges_count > 0};
  TRY(manifest_apply(engine->manifest, &edit, err));
  wal_witness(engine->wal, manifest_get_state(engine->manifest)->edits);
  feed_set_trimmed(engine, installing->trim);
  note_blobs(installing);
  engine_set_view(engine, installing->next);
  installing->next = NULL;
  return LUMA_OK;
}

/* ---- after it ---- */

static bool is_moved(const struct installing *installing, uint64_t number) {
  for (size_t i = 0; i < installing->install->added_count; i++)
    if (installing->added[i].number == number) return true;
  return false;
}

/* The edit is durable: what it made needless goes. Those who read the files have them open. */
static void clean_up(const struct installing *installing) {
  struct engine *engine = installing->engine;
  struct dbfile_path path;
  for (size_t i = 0; i < installing->removed_count; i++) {
    uint64_t number = installing->removed[i];
    if (is_moved(installing, number)) continue;
    if (dbfile_make(engine->directory, DBFILE_SORTED, number, &path, NULL) == LUMA_OK)
      os_remove(engine->os, path.text, NULL);
  }
  for (size_t i = 0; i < installing->blobs_count; i++)
    if (dbfile_make(engine->directory, DBFILE_BLOB, installing->blobs[i], &path, NULL) == LUMA_OK)
      os_remove(engine->os, path.text, NULL);
  if (!installing->install->flushed) return;
  wal_release(engine->wal, installing->log.wal);
  engine_ballast(engine);
}

status compact__install(struct engine *engine, const struct compact_install *install,
                        struct err *err) {
  struct installing installing = {.engine = engine, .install = install};
  mutex_lock(&engine->edit_lock);
  status answer = collect(&installing, err);
  if (answer == LUMA_OK) answer = make_view(&installing, err);
  if (canary_sings(CANARY_TRIM_TOO_EARLY)) wal_release(engine->wal, installing.log.wal);
  if (answer == LUMA_OK) answer = apply(&installing, err);
  mutex_unlock(&engine->edit_lock);
  if (answer == LUMA_OK) clean_up(&installing);
  if (answer == LUMA_READ_ONLY && err) engine_fail(engine, err);
  view_release(installing.next);
  mem_free(installing.added);
  mem_free(installing.removed);
  mem_free(installing.ranges);
  mem_free(installing.blobs);
  return answer;
}
