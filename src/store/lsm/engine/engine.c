/* SPDX-License-Identifier: MIT */
#include "store/lsm/engine/engine.h"

#include <stdio.h>

#include "base/core/assert.h"
#include "base/mem/mem.h"

/* ---- trouble ---- */

void engine_fail(struct engine *engine, const struct err *err) {
  mutex_lock(&engine->note_lock);
  if (engine->failed == LUMA_OK) {
    engine->failed = err->code;
    snprintf(engine->reason, sizeof engine->reason, "%s", err->message);
    atomic_store(&engine->has_failed, true);
  }
  mutex_unlock(&engine->note_lock);
}

static status fail_read_only(struct engine *engine, struct err *err) {
  mutex_lock(&engine->note_lock);
  err_raise(err, LUMA_READ_ONLY, __FILE__, __LINE__, "the database takes no more writes: %s",
            engine->reason);
  mutex_unlock(&engine->note_lock);
  err_hint(err, "everything acknowledged is safe; make the disk sound and open the database again");
  return LUMA_READ_ONLY;
}

status engine_check_writable(struct engine *engine, struct err *err) {
  if (engine->options.read_only)
    FAIL(err, LUMA_READ_ONLY, "`%s` is open for reading only", engine->directory);
  return atomic_load(&engine->has_failed) ? fail_read_only(engine, err) : LUMA_OK;
}

/* ---- memtable rotation and range deletes ---- */

static status change_view(struct engine *engine, const struct view_change *change,
                          struct err *err) {
  struct view *next;
  TRY(view_change(engine->view, change, &next, err));
  engine_set_view(engine, next);
  return LUMA_OK;
}

static status rotate_locked(struct engine *engine, struct err *err) {
  if (atomic_load(&engine->immutables_count) == VIEW_IMMUTABLES_MAX)
    FAIL(err, LUMA_BUSY, "%d memtables wait to be written to files", VIEW_IMMUTABLES_MAX);
  struct view_memtable next = {.start = wal_mark(engine->wal)};
  TRY(memtable_create(&next.memtable, err));
  struct view_change change = {
      .rotate = &next, .rotate_seq = engine->last_seq, .rotate_emits = engine->last_emits};
  status answer = change_view(engine, &change, err);
  memtable_release(next.memtable);
  return answer;
}

status engine_rotate(struct engine *engine, struct err *err) {
  mutex_lock(&engine->edit_lock);
  status answer = rotate_locked(engine, err);
  mutex_unlock(&engine->edit_lock);
  return answer;
}

status engine_view_with_ranges(struct engine *engine, const struct manifest_range *more,
                               uint32_t count, struct view **next, struct err *err) {
  const struct view_ranges *old = engine->view->ranges;
  uint32_t before = old ? old->count : 0;
  struct manifest_range *all = mem_alloc((before + count) * sizeof *all);
  if (!all) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a range delete");
  for (uint32_t i = 0; i < before; i++) all[i] = old->items[i];
  for (uint32_t i = 0; i < count; i++) all[before + i] = more[i];
  struct view_ranges *ranges;
  status answer = view_ranges_create(all, before + count, &ranges, err);
  mem_free(all);
  TRY(answer);
  answer = view_change(engine->view, &(struct view_change){.ranges = ranges, .has_ranges = true},
                       next, err);
  view_ranges_release(ranges);
  return answer;
}
