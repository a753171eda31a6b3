/* SPDX-License-Identifier: MIT */
/* Making and freeing views. */
#include "store/lsm/engine/view.h"

#include <stdlib.h>
#include <string.h>

#include "base/core/assert.h"
#include "base/mem/mem.h"

static status fail_memory(struct err *err) {
  FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the list of files");
}

/* ---- ranges ---- */

static uint8_t *copy_key(uint8_t *room, struct slice *key) {
  if (key->bytes) memcpy(room, key->data, key->bytes);
  *key = slice_of(room, key->bytes);
  return room + key->bytes;
}

status view_ranges_create(const struct manifest_range *items, uint32_t count,
                          struct view_ranges **ranges, struct err *err) {
  size_t bytes = sizeof(struct view_ranges) + count * sizeof *items;
  for (uint32_t i = 0; i < count; i++) bytes += items[i].from.bytes + items[i].to.bytes;
  struct view_ranges *made = mem_alloc(bytes);
  if (!made) return fail_memory(err);
  made->references = 1;
  made->count = count;
  uint8_t *room = (uint8_t *)&made->items[count];
  for (uint32_t i = 0; i < count; i++) {
    made->items[i] = items[i];
    room = copy_key(room, &made->items[i].from);
    room = copy_key(room, &made->items[i].to);
  }
  *ranges = made;
  return LUMA_OK;
}

void view_ranges_release(struct view_ranges *ranges) {
  if (ranges && atomic_fetch_sub(&ranges->references, 1) == 1) mem_free(ranges);
}

/* ---- views ---- */

void view_acquire_rest(struct view *view) {
  atomic_fetch_add_explicit(&view->references, 1, memory_order_relaxed);
}

void view_acquire(struct view *view) {
  view_acquire_rest(view);
  atomic_fetch_add_explicit(&view->holds, 1, memory_order_relaxed);
}

static void level_free(struct view_level *level) {
  for (uint32_t i = 0; i < level->count; i++) sorted_release(level->files[i]);
  mem_free(level->files);
  mem_free(level->cleaned);
  *level = (struct view_level){0};
}

void view_strip(struct view *view) {
  if (atomic_fetch_sub_explicit(&view->holds, 1, memory_order_acq_rel) != 1) return;
  view_ranges_release(view->ranges);
  view->ranges = NULL;
  for (int space = 0; space < VIEW_SPACES; space++)
    for (int level = 0; level < VIEW_LEVELS; level++) level_free(&view->levels[space][level]);
}

void view_release_rest(struct view *view) {
  if (atomic_fetch_sub_explicit(&view->references, 1, memory_order_acq_rel) != 1) return;
  if (view->active.memtable) memtable_release(view->active.memtable);
  for (uint32_t i = 0; i < view->immutables_count; i++)
    memtable_release(view->immutables[i].memtable);
  mem_free(view);
}

void view_release(struct view *view) {
  if (!view) return;
  view_strip(view);
  view_release_rest(view);
}

status view_create(struct view_memtable active, struct view **view, struct err *err) {
  struct view *made = mem_zalloc(1, sizeof *made);
  if (!made) return fail_memory(err);
  made->references = made->holds = 1;
  memtable_acquire(active.memtable);
  made->active = active;
  *view = made;
  return LUMA_OK;
}

static bool is_removed(const struct view_change *change, const struct sorted_file *file) {
  uint64_t number = sorted_get_info(file)->number;
  for (size_t i = 0; i < change->removed_count; i++)
    if (change->removed[i] == number) return true;
  return false;
}

static status level_reserve(struct view_level *level, size_t count, struct err *err) {
  if (count == 0) return LUMA_OK;
  level->files = mem_alloc(count * sizeof(struct sorted_file *));
  level->cleaned = mem_alloc(count * sizeof *level->cleaned);
  return level->files && level->cleaned ? LUMA_OK : fail_memory(err);
}

static void level_push(struct view_level *level, struct sorted_file *file, uint64_t cleaned) {
  sorted_acquire(file);
  level->files[level->count] = file;
  level->cleaned[level->count++] = cleaned;
}

/* Level 0: newest first, so that the first answer is the newest. Below: by key. */
static bool stands_before(const struct sorted_file *left, const struct sorted_file *right,
                          int level) {
  const struct sorted_info *a = sorted_get_info(left), *b = sorted_get_info(right);
  if (level > 0) return slice_compare(a->key_min, b->key_min) < 0;
  return a->seq_max != b->seq_max ? a->seq_max > b->seq_max
                                  : slice_compare(a->key_min, b->key_min) < 0;
}

/* New files are few and come last: each sinks to its place. */
static void level_settle(struct view_level *level, int depth) {
  for (uint32_t i = 1; i < level->count; i++) {
    struct sorted_file *file = level->files[i];
    uint64_t cleaned = level->cleaned[i];
    uint32_t at = i;
    for (; at > 0 && stands_before(file, level->files[at - 1], depth); at--) {
      level->files[at] = level->files[at - 1];
      level->cleaned[at] = level->cleaned[at - 1];
    }
    level->files[at] = file;
    level->cleaned[at] = cleaned;
  }
}

static status level_change(const struct view_level *old, const struct view_change *change,
                           int space, int depth, struct view_level *level, struct err *err) {
  TRY(level_reserve(level, old->count + change->added_count, err));
  for (uint32_t i = 0; i < old->count; i++)
    if (!is_removed(change, old->files[i])) level_push(level, old->files[i], old->cleaned[i]);
  for (size_t i = 0; i < change->added_count; i++) {
    const struct view_added *added = &change->added[i];
    if (added->level == depth && sorted_get_info(added->file)->space == space)
      level_push(level, added->file, added->cleaned);
  }
  level_settle(level, depth);
  return LUMA_OK;
}

static void change_memtables(const struct view *old, const struct view_change *change,
                             struct view *made) {
  uint32_t kept = old->immutables_count - (change->drop_oldest ? 1 : 0);
  made->active = change->rotate ? *change->rotate : old->active;
  if (change->rotate) {
    struct view_memtable full = {old->active.memtable, old->active.start, change->rotate_seq,
                                 change->rotate_emits};
    made->immutables[made->immutables_count++] = full;
  }
  for (uint32_t i = 0; i < kept; i++)
    made->immutables[made->immutables_count++] = old->immutables[i];
  memtable_acquire(made->active.memtable);
  for (uint32_t i = 0; i < made->immutables_count; i++)
    memtable_acquire(made->immutables[i].memtable);
}

status view_change(const struct view *old, const struct view_change *change, struct view **view,
                   struct err *err) {
  ASSERT(!change->rotate || old->immutables_count < VIEW_IMMUTABLES_MAX);
  ASSERT(!change->drop_oldest || old->immutables_count > 0);
  struct view *made = mem_zalloc(1, sizeof *made);
  if (!made) return fail_memory(err);
  made->references = made->holds = 1;
  change_memtables(old, change, made);
  made->ranges = change->has_ranges ? change->ranges : old->ranges;
  if (made->ranges) atomic_fetch_add(&made->ranges->references, 1);
  status answer = LUMA_OK;
  for (int space = 0; space < VIEW_SPACES && answer == LUMA_OK; space++)
    for (int level = 0; level < VIEW_LEVELS && answer == LUMA_OK; level++)
      answer = level_change(&old->levels[space][level], change, space, level,
                            &made->levels[space][level], err);
  if (answer != LUMA_OK) {
    view_release(made);
    return answer;
  }
  *view = made;
  return LUMA_OK;
}

/* ---- blob files ---- */

static bool file_refers(const struct sorted_file *file, uint64_t blob) {
  const struct sorted_info *info = sorted_get_info(file);
  for (size_t i = 0; i < info->blobs_count; i++)
    if (info->blobs[i].number == blob) return true;
  return false;
}

bool view_refers(const struct view *view, uint64_t blob) {
  for (int space = 0; space < VIEW_SPACES; space++)
    for (int depth = 0; depth < VIEW_LEVELS; depth++) {
      const struct view_level *level = &view->levels[space][depth];
      for (uint32_t i = 0; i < level->count; i++)
        if (file_refers(level->files[i], blob)) return true;
    }
  return false;
}
