/* SPDX-License-Identifier: MIT */
/* Looking up many keys: in memtables one by one, then in the files of each place together. When
 * keys ascend, as the record keys of an index's equal entries do, a memtable that had nothing up to
 * some key need not be searched below it. Keys in any other order are found as well, each from the
 * start. */
#include "store/lsm/engine/view_many.h"

#include "store/lsm/engine/view_int.h"

static void add_fence(struct view_many *many, const struct memtable *memtable) {
  if (memtable_entries(memtable, many->space) == 0) return;
  many->fences[many->fences_count++] = (struct view_fence){.memtable = memtable};
}

void view_many_begin(struct view_many *many, const struct view *view, uint8_t space,
                     uint64_t seq_max) {
  many->view = view;
  many->space = space;
  many->seq_max = seq_max;
  many->previous = (struct slice){0};
  many->fences_count = 0;
  add_fence(many, view->active.memtable);
  for (uint32_t i = 0; i < view->immutables_count; i++)
    add_fence(many, view->immutables[i].memtable);
}

/* What is inserted after the seek has sequences above the reader's. */
static bool get_in_memtable(struct view_many *many, struct view_fence *fence, struct slice key,
                            struct entry_found *found) {
  if (fence->is_set && (!fence->next || slice_compare(key, memtable_entry_key(fence->next)) < 0))
    return false;
  if (fence->is_set) {
    fence->next = memtable_cursor_seek_on(&fence->cursor, key);
  } else {
    memtable_cursor_init(&fence->cursor, fence->memtable, many->space);
    fence->next = memtable_cursor_seek(&fence->cursor, key);
    fence->is_set = true;
  }
  if (!fence->next || !slice_is_equal(memtable_entry_key(fence->next), key)) return false;
  const struct memtable_entry *entry = memtable_entry_at(fence->next, many->seq_max);
  if (!entry) return false;
  *found = (struct entry_found){true, (enum entry_kind)entry->kind, entry->seq,
                                memtable_entry_value(entry)};
  return true;
}

static void get_in_memory(struct view_many *many, struct slice key, struct entry_found *found) {
  found->found = false;
  bool is_back = slice_compare(key, many->previous) < 0;
  for (uint32_t i = 0; is_back && i < many->fences_count; i++) many->fences[i].is_set = false;
  many->previous = key;
  for (uint32_t i = 0; i < many->fences_count && !found->found; i++)
    get_in_memtable(many, &many->fences[i], key, found);
}

/** Keys asked of the files of one place. */
struct asked {
  uint32_t count;
  struct sorted_lookup lookups[VIEW_MANY_MAX];
};

static void ask(struct asked *asked, struct sorted_file *file, struct slice key, uint64_t seq_max,
                struct entry_found *found) {
  asked->lookups[asked->count++] = (struct sorted_lookup){file, key, seq_max, found};
}

/* The file of a level that may have the key, most often the one that the key before was asked of.
 */
static struct sorted_file *find_file(const struct view_level *level, const struct asked *asked,
                                     struct slice key) {
  struct sorted_file *last = asked->count ? asked->lookups[asked->count - 1].file : NULL;
  return last && view__file_spans(last, key) ? last : view__level_find(level, key);
}

status view_many_get(struct view_many *many, const struct slice *keys, uint32_t count,
                     struct entry_found *found, struct store_pins *pins, struct err *err) {
  const struct view_level *levels = many->view->levels[many->space];
  struct asked asked;
  for (uint32_t k = 0; k < count; k++) get_in_memory(many, keys[k], &found[k]);
  for (uint32_t i = 0; i < levels[0].count; i++) {
    asked.count = 0;
    for (uint32_t k = 0; k < count; k++)
      if (!found[k].found && view__file_spans(levels[0].files[i], keys[k]))
        ask(&asked, levels[0].files[i], keys[k], many->seq_max, &found[k]);
    TRY(sorted_get_many(asked.lookups, asked.count, pins, err));
  }
  for (int depth = 1; depth < VIEW_LEVELS; depth++) {
    asked.count = 0;
    for (uint32_t k = 0; levels[depth].count && k < count; k++) {
      struct sorted_file *file = found[k].found ? NULL : find_file(&levels[depth], &asked, keys[k]);
      if (file) ask(&asked, file, keys[k], many->seq_max, &found[k]);
    }
    TRY(sorted_get_many(asked.lookups, asked.count, pins, err));
  }
  return LUMA_OK;
}
