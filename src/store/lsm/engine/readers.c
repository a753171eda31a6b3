/* SPDX-License-Identifier: MIT */
#include "store/lsm/engine/readers.h"

#include <string.h>

#include "base/core/assert.h"
#include "base/mem/mem.h"

void readers_init(struct readers *readers) {
  mutex_init(&readers->grow);
}

void readers_deinit(struct readers *readers) {
  uint32_t count = atomic_load(&readers->groups_count);
  ASSERT(readers_count(readers) == 0);
  for (uint32_t i = 0; i < count; i++) mem_free(atomic_load(&readers->groups[i]));
  mutex_deinit(&readers->grow);
}

/* The lowest free place of a group. The bit is set before anything is read for the snapshot: see
 * engine_reader_begin. */
static struct readers_place *take_of(struct readers_group *group) {
  uint64_t taken = atomic_load_explicit(&group->taken, memory_order_relaxed);
  while (~taken != 0) {
    uint64_t bit = UINT64_C(1) << __builtin_ctzll(~taken);
    taken = atomic_fetch_or(&group->taken, bit);
    if (!(taken & bit)) return &group->places[__builtin_ctzll(bit)];
  }
  return NULL;
}

static bool grow(struct readers *readers, uint32_t count) {
  bool has_more = true;
  mutex_lock(&readers->grow);
  if (atomic_load(&readers->groups_count) == count) {
    struct readers_group *group =
        count < READERS_GROUPS_MAX ? mem_alloc_aligned(READERS_LINE_BYTES, sizeof *group) : NULL;
    has_more = group != NULL;
    if (group) {
      memset(group, 0, sizeof *group);
      atomic_store(&readers->groups[count], group);
      atomic_store(&readers->groups_count, count + 1);
    }
  }
  mutex_unlock(&readers->grow);
  return has_more;
}

struct readers_place *readers_take(struct readers *readers) {
  for (;;) {
    uint32_t count = atomic_load(&readers->groups_count);
    for (uint32_t i = 0; i < count; i++) {
      struct readers_place *place = take_of(atomic_load(&readers->groups[i]));
      if (place) return place;
    }
    if (!grow(readers, count)) return NULL;
  }
}

static struct readers_group *group_of(struct readers *readers, const struct readers_place *place) {
  uint32_t count = atomic_load(&readers->groups_count);
  for (uint32_t i = 0; i < count; i++) {
    struct readers_group *group = atomic_load(&readers->groups[i]);
    if (place >= group->places && place < group->places + READERS_PLACES) return group;
  }
  return NULL;
}

/* `seq` and `view` are let go of before the bit is. */
void readers_give(struct readers *readers, struct readers_place *place) {
  struct readers_group *group = group_of(readers, place);
  ASSERT(group);
  atomic_store_explicit(&place->seq, 0, memory_order_release);
  atomic_store_explicit(&place->users, 0, memory_order_release);
  atomic_store_explicit(&place->view, NULL, memory_order_release);
  atomic_fetch_and(&group->taken, ~(UINT64_C(1) << (place - group->places)));
}

uint64_t readers_count(struct readers *readers) {
  uint32_t count = atomic_load(&readers->groups_count);
  uint64_t taken = 0;
  for (uint32_t i = 0; i < count; i++) {
    struct readers_group *group = atomic_load(&readers->groups[i]);
    taken += (uint64_t)__builtin_popcountll(atomic_load(&group->taken));
  }
  return taken;
}

static bool visit_group(struct readers_group *group, readers_visit *visit, void *context) {
  bool goes_on = true;
  for (uint64_t taken = atomic_load(&group->taken); taken && goes_on; taken &= taken - 1)
    goes_on = visit(context, &group->places[__builtin_ctzll(taken)]);
  return goes_on;
}

void readers_visit_all(struct readers *readers, readers_visit *visit, void *context) {
  uint32_t count = atomic_load(&readers->groups_count);
  for (uint32_t i = 0; i < count; i++)
    if (!visit_group(atomic_load(&readers->groups[i]), visit, context)) return;
}
