/* SPDX-License-Identifier: MIT */
/* Where a range can be cut for several readers: at what the root indexes of its sorted files and
 * the upper nodes of its memtables know anyway, where each key stands for some megabytes at most;
 * and where those are too few, at what the indexes below say. That parts differ in size is made up
 * for by there being more parts than readers. */
#include <stdlib.h>

#include "base/mem/mem.h"
#include "store/lsm/txn/txn.h"

enum { MEMTABLE_CUTS = 16 };

struct list {
  struct slice *items;
  size_t count, capacity;
  struct store_range range;
  struct arena arena; /* of keys that do not stay where they are */
};

static status add(struct list *list, struct slice key, struct err *err) {
  struct store_range range = list->range;
  bool is_inside = slice_compare(key, range.from) > 0 &&
                   (range.to.bytes == 0 || slice_compare(key, range.to) < 0);
  if (!is_inside) return LUMA_OK;
  if (!mem_grow((void **)&list->items, &list->capacity, list->count + 1, sizeof *list->items))
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to read in parallel");
  list->items[list->count++] = key;
  return LUMA_OK;
}

static status add_copy(void *context, struct slice key, struct err *err) {
  struct list *list = context;
  const void *copy = arena_copy(&list->arena, key.data, key.bytes);
  if (!copy) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to read in parallel");
  return add(list, slice_of(copy, key.bytes), err);
}

static status add_memtable(struct list *list, const struct memtable *memtable, uint8_t space,
                           struct err *err) {
  struct slice keys[MEMTABLE_CUTS];
  uint32_t count = memtable_cuts(memtable, space, keys, MEMTABLE_CUTS);
  for (uint32_t i = 0; i < count; i++) TRY(add(list, keys[i], err));
  return LUMA_OK;
}

static status add_file(struct list *list, const struct sorted_file *file, struct err *err) {
  uint32_t count = sorted_cuts_count(file);
  for (uint32_t i = 0; i < count; i++) TRY(add(list, sorted_cut(file, i), err));
  return add(list, sorted_get_info(file)->key_min, err);
}

static status add_finely(struct list *list, const struct sorted_file *file, struct err *err) {
  return sorted_cut_finely(file, list->range, add_copy, list, err);
}

static status add_files(struct list *list, const struct view *view, uint8_t space,
                        status (*add_one)(struct list *, const struct sorted_file *, struct err *),
                        struct err *err) {
  for (int level = 0; level < VIEW_LEVELS; level++)
    for (uint32_t i = 0; i < view->levels[space][level].count; i++)
      TRY(add_one(list, view->levels[space][level].files[i], err));
  return LUMA_OK;
}

static status collect(struct list *list, const struct view *view, uint8_t space, uint32_t wanted,
                      struct err *err) {
  TRY(add_memtable(list, view->active.memtable, space, err));
  for (uint32_t i = 0; i < view->immutables_count; i++)
    TRY(add_memtable(list, view->immutables[i].memtable, space, err));
  TRY(add_files(list, view, space, add_file, err));
  return list->count < wanted ? add_files(list, view, space, add_finely, err) : LUMA_OK;
}

static int compare_slices(const void *a, const void *b) {
  return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

/* Evenly chosen, each once; copied, for what they stand in may go before the transaction does. */
static status choose(struct txn *txn, struct list *list, struct store_cuts *cuts, struct err *err) {
  size_t parts = list->count < cuts->max ? list->count + 1 : (size_t)cuts->max + 1;
  if (list->count == 0) return LUMA_OK;
  qsort(list->items, list->count, sizeof *list->items, compare_slices);
  for (size_t i = 1; i < parts; i++) {
    struct slice key = list->items[i * list->count / parts];
    if (cuts->count > 0 && slice_compare(cuts->keys[cuts->count - 1], key) >= 0) continue;
    const void *copy = arena_copy(&txn->arena, key.data, key.bytes);
    if (!copy) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to read in parallel");
    cuts->keys[cuts->count++] = slice_of(copy, key.bytes);
  }
  return LUMA_OK;
}

/* Own writes are read through a memtable that is made when first needed, and what a serializable
 * transaction reads is noted: both by one thread. */
static bool has_writer(const struct txn *txn) {
  return txn->serializable || txn->writes.count > 0 || txn->writes.own_ranges_count > 0;
}

status txn_cut(struct store_txn *txn, enum store_space space, struct store_range range,
               struct store_cuts *cuts, struct err *err) {
  struct txn *own = (struct txn *)txn;
  struct list list = {.range = range};
  if (cuts->notes)
    TRY(txn__note_range(own, (uint8_t)space, range, err));
  else if (has_writer(own))
    return LUMA_OK;
  TRY(txn__enter(own, err));
  arena_init(&list.arena, 0, 0);
  status answer = collect(&list, own->reader.view, (uint8_t)space, cuts->max, err);
  if (answer == LUMA_OK) answer = choose(own, &list, cuts, err);
  txn__leave(own);
  mem_free(list.items);
  arena_deinit(&list.arena);
  return answer;
}
