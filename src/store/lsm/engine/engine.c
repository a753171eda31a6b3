/* SPDX-License-Identifier: MIT */
#include "store/lsm/engine/engine.h"

#include <stdio.h>

#include "base/core/assert.h"
#include "base/mem/mem.h"

/* ---- views and readers ---- */

struct view *engine_view(struct engine *engine) {
  mutex_lock(&engine->view_lock);
  struct view *view = engine->view;
  view_acquire(view);
  mutex_unlock(&engine->view_lock);
  return view;
}

void engine_set_view(struct engine *engine, struct view *view) {
  mutex_lock(&engine->view_lock);
  struct view *old = engine->view;
  engine->view = view;
  mutex_unlock(&engine->view_lock);
  view_release(old);
}

void engine_reader_begin(struct engine *engine, struct engine_reader *reader) {
  reader->begun_us = os_monotonic_us(engine->os);
  mutex_lock(&engine->view_lock);
  reader->view = engine->view;
  view_acquire(reader->view);
  reader->seq = engine->visible;
  reader->position = engine->newest;
  reader->older = engine->newest_reader;
  reader->newer = NULL;
  if (reader->older)
    reader->older->newer = reader;
  else
    engine->oldest_reader = reader;
  engine->newest_reader = reader;
  engine->counts.snapshots_open++;
  mutex_unlock(&engine->view_lock);
}

void engine_reader_end(struct engine *engine, struct engine_reader *reader) {
  mutex_lock(&engine->view_lock);
  if (reader->older)
    reader->older->newer = reader->newer;
  else
    engine->oldest_reader = reader->newer;
  if (reader->newer)
    reader->newer->older = reader->older;
  else
    engine->newest_reader = reader->older;
  engine->counts.snapshots_open--;
  mutex_unlock(&engine->view_lock);
  view_release(reader->view);
}

uint64_t engine_horizon(struct engine *engine) {
  mutex_lock(&engine->view_lock);
  uint64_t seq = engine->oldest_reader ? engine->oldest_reader->seq : engine->visible;
  mutex_unlock(&engine->view_lock);
  return seq;
}

uint64_t engine_conflict_horizon(struct engine *engine) {
  mutex_lock(&engine->view_lock);
  const struct engine_reader *reader = engine->oldest_reader;
  while (reader && reader->read_only) reader = reader->newer;
  uint64_t seq = reader ? reader->seq : engine->visible;
  mutex_unlock(&engine->view_lock);
  return seq;
}

/* ---- visibility ---- */

/* The ring doubles; what stood at its end goes behind what stood at its beginning. */
static status unseen_grow(struct engine *engine, struct err *err) {
  ASSERT(engine->unseen_count <= engine->unseen_capacity);
  size_t capacity = engine->unseen_capacity ? engine->unseen_capacity * 2 : 16;
  struct engine_unseen *ring = mem_alloc(capacity * sizeof *ring);
  if (!ring) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the commits under way");
  for (size_t i = 0; i < engine->unseen_count; i++)
    ring[i] = engine->unseen[(engine->unseen_first + i) % engine->unseen_capacity];
  mem_free(engine->unseen);
  engine->unseen = ring;
  engine->unseen_first = 0;
  engine->unseen_capacity = capacity;
  return LUMA_OK;
}

status engine_order_reserve(struct engine *engine, struct err *err) {
  mutex_lock(&engine->view_lock);
  status answer =
      engine->unseen_count < engine->unseen_capacity ? LUMA_OK : unseen_grow(engine, err);
  mutex_unlock(&engine->view_lock);
  return answer;
}

/* The oldest unseen commit up to `seq` becomes visible; false when there is none. */
static bool publish_one(struct engine *engine, uint64_t seq, struct store_pos *position) {
  bool due = false;
  mutex_lock(&engine->view_lock);
  if (engine->unseen_count > 0 && engine->unseen[engine->unseen_first].seq <= seq) {
    struct engine_unseen unseen = engine->unseen[engine->unseen_first];
    engine->unseen_first = (engine->unseen_first + 1) % engine->unseen_capacity;
    engine->unseen_count--;
    engine->visible = unseen.seq;
    engine->newest = *position = (struct store_pos){unseen.seq, unseen.emits};
    due = true;
  }
  mutex_unlock(&engine->view_lock);
  return due;
}

static void publish(struct engine *engine, uint64_t seq) {
  const struct store_listener *listener = &engine->options.listener;
  struct store_pos position;
  while (publish_one(engine, seq, &position))
    if (listener->committed) listener->committed(listener->context, position);
}

void engine_order(struct engine *engine, uint64_t seq, uint64_t emits) {
  mutex_lock(&engine->view_lock);
  ASSERT(engine->unseen_count < engine->unseen_capacity);
  size_t at = (engine->unseen_first + engine->unseen_count) % engine->unseen_capacity;
  engine->unseen[at] = (struct engine_unseen){seq, emits};
  engine->unseen_count++;
  engine->counts.commits++;
  mutex_unlock(&engine->view_lock);
  if (!engine->visible_when_durable) publish(engine, seq);
}

void engine_synced(void *context, uint64_t seq) {
  struct engine *engine = context;
  if (engine->visible_when_durable) publish(engine, seq);
}

/* ---- trouble ---- */

void engine_fail(struct engine *engine, const struct err *err) {
  mutex_lock(&engine->view_lock);
  if (engine->failed == LUMA_OK) {
    engine->failed = err->code;
    snprintf(engine->reason, sizeof engine->reason, "%s", err->message);
  }
  mutex_unlock(&engine->view_lock);
}

static status fail_read_only(const struct engine *engine, struct err *err) {
  err_raise(err, LUMA_READ_ONLY, __FILE__, __LINE__, "the database takes no more writes: %s",
            engine->reason);
  err_hint(err, "everything acknowledged is safe; make the disk sound and open the database again");
  return LUMA_READ_ONLY;
}

status engine_check_writable(struct engine *engine, struct err *err) {
  if (engine->options.read_only)
    FAIL(err, LUMA_READ_ONLY, "`%s` is open for reading only", engine->directory);
  mutex_lock(&engine->view_lock);
  status answer = engine->failed == LUMA_OK ? LUMA_OK : fail_read_only(engine, err);
  mutex_unlock(&engine->view_lock);
  return answer;
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
  if (engine->view->immutables_count == VIEW_IMMUTABLES_MAX)
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
