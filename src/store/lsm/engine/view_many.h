/* SPDX-License-Identifier: MIT */
/* Many lookups in one view. One thread; lives within one call: the keys given stay in place until
 * the end. */
#ifndef STORE_LSM_ENGINE_VIEW_MANY_H
#define STORE_LSM_ENGINE_VIEW_MANY_H

#include "store/lsm/engine/view.h"

enum { VIEW_MANY_MAX = 16 };

/** A memtable and the first of its keys at or after the one looked for last. */
struct view_fence {
  const struct memtable *memtable;
  const struct memtable_entry *next; /* NULL: there is none */
  struct memtable_cursor cursor;     /* at it */
  bool is_set;
};

/** Fields are private. */
struct view_many {
  const struct view *view;
  uint8_t space;
  uint64_t seq_max;
  struct slice previous;
  uint32_t fences_count;
  struct view_fence fences[1 + VIEW_IMMUTABLES_MAX];
};

/** The view is borrowed; what is found is as of `seq_max`, which the caller's snapshot keeps in
 * place. */
void view_many_begin(struct view_many *many, const struct view *view, uint8_t space,
                     uint64_t seq_max);
/** As view_get for `count` keys, at most VIEW_MANY_MAX. Memory that one lookup waits for is asked
 * for while the others go on. */
status view_many_get(struct view_many *many, const struct slice *keys, uint32_t count,
                     struct entry_found *found, struct store_pins *pins, struct err *err);

#endif
