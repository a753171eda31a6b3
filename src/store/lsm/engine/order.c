/* SPDX-License-Identifier: MIT */
/* From the order of commits to what is visible: a commit that was ordered becomes visible once it
 * and all before it are in memory and, in the modes that promise it, durable. */
#include "base/core/assert.h"
#include "store/lsm/engine/engine.h"

/* ---- what is visible ---- */

/* A commit's count of payloads stands beside those of the last few. It is overwritten once that
 * many more are visible, after which whoever reads tries again. */
struct store_pos engine_newest(struct engine *engine) {
  for (;;) {
    uint64_t seq = atomic_load(&engine->visible);
    uint64_t emits = atomic_load(&engine->order.newest[seq % ENGINE_NEWEST]);
    if (atomic_load(&engine->visible) - seq < ENGINE_NEWEST - 1)
      return (struct store_pos){seq, emits};
  }
}

static void show(struct engine *engine, uint64_t seq, uint64_t emits) {
  atomic_store(&engine->order.newest[seq % ENGINE_NEWEST], emits);
  atomic_store(&engine->visible, seq);
}

void engine_order_begin(struct engine *engine) {
  show(engine, engine->last_seq, engine->last_emits);
  engine->order.inserted = engine->last_seq;
}

/* ---- commits under way ---- */

static struct engine_commit *slot_of(struct engine *engine, uint64_t seq) {
  return &engine->order.commits[seq % ENGINE_UNSEEN_MAX];
}

/* A slot that another commit took over was inserted and visible long before. */
static bool is_inserted(struct engine *engine, uint64_t seq) {
  return atomic_load_explicit(&slot_of(engine, seq)->state, memory_order_acquire) >= 2 * seq + 1;
}

/* Everything up to `seq` that is in memory becomes visible, in order, one by one. */
static void publish(struct engine *engine, uint64_t seq_max) {
  const struct store_listener *listener = &engine->options.listener;
  bool shown = false;
  mutex_lock(&engine->order.publishing);
  for (uint64_t seq = atomic_load(&engine->visible) + 1; seq <= seq_max && is_inserted(engine, seq);
       seq++) {
    struct store_pos position = {seq, slot_of(engine, seq)->emits};
    show(engine, seq, position.low);
    if (listener->committed) listener->committed(listener->context, position);
    shown = true;
  }
  if (shown && engine->order.waiting > 0) cond_broadcast(&engine->order.shown);
  mutex_unlock(&engine->order.publishing);
}

status engine_order_reserve(struct engine *engine, struct err *err) {
  uint64_t seq = engine->last_seq + 1;
  while (seq - atomic_load(&engine->visible) >= ENGINE_UNSEEN_MAX) {
    if (engine->visible_when_durable)
      TRY(wal_write(engine->wal, seq - ENGINE_UNSEEN_MAX + 1, true, err));
    else
      thread_yield();
  }
  return LUMA_OK;
}

void engine_order(struct engine *engine, uint64_t seq, uint64_t emits) {
  struct engine_commit *slot = slot_of(engine, seq);
  slot->emits = emits;
  atomic_store_explicit(&slot->state, 2 * seq, memory_order_release);
  atomic_fetch_add_explicit(&engine->counts.commits, 1, memory_order_relaxed);
}

void engine_inserted(struct engine *engine, uint64_t seq) {
  atomic_store_explicit(&slot_of(engine, seq)->state, 2 * seq + 1, memory_order_release);
}

/* One before it is on its way, and will make this one visible as well. It takes a moment, unless
 * its thread was put off the processor: then it needs it. */
static void wait_shown(struct engine *engine, uint64_t seq) {
  enum { SPINS = 200 };
  for (int spins = 0; spins < SPINS && atomic_load(&engine->visible) < seq; spins++) thread_pause();
  if (atomic_load(&engine->visible) >= seq) return;
  mutex_lock(&engine->order.publishing);
  engine->order.waiting++;
  while (atomic_load(&engine->visible) < seq)
    cond_wait(&engine->order.shown, &engine->order.publishing);
  engine->order.waiting--;
  mutex_unlock(&engine->order.publishing);
}

void engine_show(struct engine *engine, uint64_t seq) {
  if (engine->visible_when_durable) return;
  publish(engine, UINT64_MAX / 4);
  wait_shown(engine, seq);
}

void engine_wait_inserted(struct engine *engine, uint64_t seq) {
  uint32_t steps = 0;
  for (uint64_t *inserted = &engine->order.inserted; *inserted < seq; ++*inserted)
    while (!is_inserted(engine, *inserted + 1)) thread_wait_step(&steps);
}

void engine_synced(void *context, uint64_t seq) {
  struct engine *engine = context;
  if (engine->visible_when_durable) publish(engine, seq);
}
