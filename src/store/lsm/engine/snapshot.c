/* SPDX-License-Identifier: MIT */
/* Snapshots, and the views they hold. */
#include "base/core/assert.h"
#include "base/core/canary.h"
#include "store/lsm/engine/engine.h"

/* ---- freeing views ---- */

/* Who names a view that is no longer in place. */
struct holders {
  const struct view *view;
  bool any, any_reads; /* any at all; one that was not revoked */
};

static bool count_holder(void *context, struct readers_place *place) {
  struct holders *holders = context;
  if (atomic_load(&place->view) != holders->view) return true;
  holders->any = true;
  holders->any_reads = !readers_is_revoked(place);
  return !holders->any_reads;
}

/* What of the retired views nobody reads any more: to free, and to take the files from. */
struct sweep {
  struct view *dead, *stripped;
};

static void sweep_retired(struct engine *engine, struct sweep *sweep) {
  struct view **at = &engine->retired;
  while (*at) {
    struct view *view = *at;
    struct holders holders = {.view = view};
    readers_visit_all(&engine->readers, count_holder, &holders);
    if (!holders.any) {
      *at = view->next_retired;
      view->next_retired = sweep->dead;
      sweep->dead = view;
      continue;
    }
    if (!holders.any_reads && !view->is_stripped && !sweep->stripped) {
      view->is_stripped = true;
      view_acquire_rest(view);
      sweep->stripped = view;
    }
    at = &view->next_retired;
  }
}

/* Closing files takes its time: it is done without the lock. True when there may be more. */
static bool sweep_once(struct engine *engine, struct view *retire) {
  struct sweep sweep = {0};
  mutex_lock(&engine->retire_lock);
  if (retire) {
    retire->next_retired = engine->retired;
    engine->retired = retire;
  }
  sweep_retired(engine, &sweep);
  mutex_unlock(&engine->retire_lock);
  for (struct view *view = sweep.dead, *next; view; view = next) {
    next = view->next_retired;
    if (view->is_stripped)
      view_release_rest(view);
    else
      view_release(view);
  }
  if (!sweep.stripped) return false;
  view_strip(sweep.stripped);
  view_release_rest(sweep.stripped);
  return true;
}

static void sweep_all(struct engine *engine, struct view *retire) {
  while (sweep_once(engine, retire)) retire = NULL;
}

/* ---- the view in place ---- */

struct view *engine_view(struct engine *engine) {
  mutex_lock(&engine->retire_lock);
  struct view *view = atomic_load(&engine->view);
  view_acquire(view);
  mutex_unlock(&engine->retire_lock);
  return view;
}

void engine_set_view(struct engine *engine, struct view *view) {
  atomic_store(&engine->immutables_count, view->immutables_count);
  struct view *old = atomic_exchange(&engine->view, view);
  if (old) sweep_all(engine, old);
}

void engine_free_views(struct engine *engine) {
  struct view *view = atomic_exchange(&engine->view, NULL);
  if (view) sweep_all(engine, view);
  ASSERT(!engine->retired);
}

/* ---- reading ---- */

/* The view is named before it is looked at again, and still in place then: whoever replaces it
 * later sees the name and does not free it. From then on the pointer cannot come to mean another
 * view, so when it is in place once more after `visible` was read, it was all the while: the two
 * fit. */
static bool try_snapshot(struct engine *engine, struct engine_reader *reader) {
  struct view *view = atomic_load(&engine->view);
  atomic_store(&reader->place->view, view);
  if (atomic_load(&engine->view) != view) return false;
  reader->position = engine_newest(engine);
  reader->seq = reader->position.high;
  reader->view = view;
  return atomic_load(&engine->view) == view;
}

static status fail_no_place(struct engine *engine, struct err *err) {
  if (atomic_load(&engine->readers.groups_count) < READERS_GROUPS_MAX)
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for another snapshot");
  err_raise(err, LUMA_BUSY, __FILE__, __LINE__,
            "%d snapshots are open, which is the most there can be",
            READERS_GROUPS_MAX * READERS_PLACES);
  err_hint(err, "end transactions that are not used any more");
  return LUMA_BUSY;
}

status engine_reader_begin(struct engine *engine, struct engine_reader *reader, struct err *err) {
  struct readers_place *place = readers_take(&engine->readers);
  if (!place) return fail_no_place(engine, err);
  reader->place = place;
  reader->begun_us = os_monotonic_us(engine->os);
  atomic_store_explicit(&place->begun_us, reader->begun_us, memory_order_relaxed);
  atomic_store_explicit(&place->read_only, reader->read_only, memory_order_relaxed);
  atomic_store_explicit(&place->users, reader->is_one_call, memory_order_relaxed);
  bool again = false;
  while (!try_snapshot(engine, reader)) again = true;
  atomic_store_explicit(&place->seq, reader->seq, memory_order_release);
  if (again) sweep_all(engine, NULL); /* it named a view for a moment that was to be freed */
  return LUMA_OK;
}

void engine_reader_end(struct engine *engine, struct engine_reader *reader) {
  struct view *view = reader->view;
  readers_give(&engine->readers, reader->place);
  if (atomic_load(&engine->view) != view) sweep_all(engine, NULL);
}

/* ---- the oldest ---- */

struct oldest {
  uint64_t seq;
  bool of_writers;
};

static bool take_older(void *context, struct readers_place *place) {
  struct oldest *oldest = context;
  uint64_t seq = atomic_load(&place->seq);
  bool counts = seq == 0 || !oldest->of_writers ||
                !(atomic_load(&place->read_only) || readers_is_revoked(place));
  if (counts && seq < oldest->seq) oldest->seq = seq;
  return true;
}

/* `visible` is read first: who is not among the places yet will read it later, and so has no older
 * snapshot. */
static uint64_t oldest_seq(struct engine *engine, bool of_writers) {
  struct oldest oldest = {atomic_load(&engine->visible), of_writers};
  readers_visit_all(&engine->readers, take_older, &oldest);
  return oldest.seq;
}

uint64_t engine_horizon(struct engine *engine) {
  if (canary_sings(CANARY_HORIZON_TOO_NEW)) return atomic_load(&engine->visible);
  return oldest_seq(engine, false);
}

uint64_t engine_conflict_horizon(struct engine *engine) {
  return oldest_seq(engine, true);
}

/* ---- age ---- */

struct aging {
  uint64_t visible, begun_before_us, oldest_us;
};

static bool revoke_old(void *context, struct readers_place *place) {
  struct aging *aging = context;
  uint64_t seq = atomic_load(&place->seq), begun_us = atomic_load(&place->begun_us);
  if (seq == 0) return true;
  if (begun_us < aging->oldest_us) aging->oldest_us = begun_us;
  if (seq != aging->visible && begun_us < aging->begun_before_us) readers_revoke(place);
  return true;
}

uint64_t engine_revoke_old(struct engine *engine) {
  uint64_t now = os_monotonic_us(engine->os), most = engine->options.snapshot_age_max_us;
  struct aging aging = {atomic_load(&engine->visible), now > most ? now - most : 0, UINT64_MAX};
  readers_visit_all(&engine->readers, revoke_old, &aging);
  sweep_all(engine, NULL);
  return aging.oldest_us == UINT64_MAX ? 0 : now - aging.oldest_us;
}
