/* SPDX-License-Identifier: MIT */
/* Looking up many keys. When they ascend, as the record keys of an index's equal entries do, a
 * place knows from the key before where the next one can be: a memtable that had nothing up to some
 * key need not be searched below it, and a level's file is walked on from where it was left. Keys
 * in any other order are found as well, each from the start. */
#include "store/lsm/engine/view_many.h"

#include "store/lsm/engine/view_int.h"

/* So many keys found one after the other in a level make the next one likely to be there too. */
enum { HITS_EXPECTED = 3 };

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
  many->levels_used = 0;
  add_fence(many, view->active.memtable);
  for (uint32_t i = 0; i < view->immutables_count; i++)
    add_fence(many, view->immutables[i].memtable);
}

static void forget_places(struct view_many *many) {
  for (uint32_t i = 0; i < many->fences_count; i++) many->fences[i].is_set = false;
  for (int level = 1; level < VIEW_LEVELS; level++)
    if (many->levels_used & 1u << level) sorted_cursor_deinit(&many->levels[level].cursor);
  many->levels_used = 0;
}

void view_many_end(struct view_many *many) {
  forget_places(many);
}

/* What one key waits for between the two steps of its lookup. */
struct view_slot {
  struct cache_block *block; /* NULL: nothing */
  struct sorted_file *file;
  int level;
};

/* What is inserted after the seek has sequences above the reader's. */
static bool get_in_memtable(struct view_many *many, struct view_fence *fence, struct slice key,
                            struct entry_found *found) {
  if (fence->is_set && (!fence->next || slice_compare(key, memtable_entry_key(fence->next)) < 0))
    return false;
  struct memtable_cursor cursor;
  memtable_cursor_init(&cursor, fence->memtable, many->space);
  fence->next = memtable_cursor_seek(&cursor, key);
  fence->is_set = true;
  if (!fence->next || !slice_is_equal(memtable_entry_key(fence->next), key)) return false;
  const struct memtable_entry *entry = memtable_entry_at(fence->next, many->seq_max);
  if (!entry) return false;
  *found = (struct entry_found){true, (enum entry_kind)entry->kind, entry->seq,
                                memtable_entry_value(entry)};
  return true;
}

/* The place in a level where the key can be; NULL: in none. */
static struct view_place *find_place(struct view_many *many, int level, struct slice key) {
  struct view_place *place = &many->levels[level];
  bool is_used = many->levels_used & 1u << level;
  if (is_used && slice_compare(key, sorted_get_info(place->cursor.file)->key_max) <= 0)
    return place;
  struct sorted_file *file = view__level_find(&many->view->levels[many->space][level], key);
  if (!file) return NULL;
  if (is_used) sorted_cursor_deinit(&place->cursor);
  sorted_cursor_init(&place->cursor, file, false);
  place->hits = 0;
  many->levels_used |= 1u << level;
  return place;
}

/* The first level with a block that may hold the key. */
static status find_block(struct view_many *many, struct slice key, struct view_slot *slot,
                         struct err *err) {
  const struct view_level *levels = many->view->levels[many->space];
  for (slot->level = 1; slot->level < VIEW_LEVELS; slot->level++) {
    struct view_place *place =
        levels[slot->level].count ? find_place(many, slot->level, key) : NULL;
    if (!place) continue;
    slot->file = place->cursor.file;
    TRY(sorted_find_block(&place->cursor, key, many->seq_max, place->hits >= HITS_EXPECTED,
                          &slot->block, err));
    if (!slot->block) continue;
    block_prefetch(slot->block->data);
    return LUMA_OK;
  }
  return LUMA_OK;
}

/* Looks where no block of a sorted level is needed, then for the first such block. */
static status begin_one(struct view_many *many, struct slice key, struct view_slot *slot,
                        struct entry_found *found, struct store_pins *pins, struct err *err) {
  const struct view_level *top = &many->view->levels[many->space][0];
  found->found = false;
  slot->block = NULL;
  if (slice_compare(key, many->previous) < 0) forget_places(many);
  many->previous = key;
  for (uint32_t i = 0; i < many->fences_count; i++)
    if (get_in_memtable(many, &many->fences[i], key, found)) return LUMA_OK;
  for (uint32_t i = 0; i < top->count; i++) {
    if (!view__file_spans(top->files[i], key)) continue;
    TRY(sorted_get(top->files[i], key, many->seq_max, found, pins, err));
    if (found->found) return LUMA_OK;
  }
  return find_block(many, key, slot, err);
}

/* Looks in the levels below one. The places there have gone on to later keys. */
static status get_below(const struct view_many *many, int level, struct slice key,
                        struct entry_found *found, struct store_pins *pins, struct err *err) {
  const struct view_level *levels = many->view->levels[many->space];
  for (level++; level < VIEW_LEVELS && !found->found; level++) {
    struct sorted_file *file = view__level_find(&levels[level], key);
    if (file) TRY(sorted_get(file, key, many->seq_max, found, pins, err));
  }
  return LUMA_OK;
}

/* Looks in the block that begin_one found. */
static status end_one(struct view_many *many, struct slice key, struct view_slot *slot,
                      struct entry_found *found, struct store_pins *pins, struct err *err) {
  if (!slot->block) return LUMA_OK;
  uint32_t *hits = &many->levels[slot->level].hits;
  status answer =
      sorted_get_in_block(slot->file, slot->block, key, many->seq_max, found, pins, err);
  cache_block_release(slot->block);
  slot->block = NULL;
  TRY(answer);
  *hits = found->found ? *hits + 1 : 0;
  if (!found->found) TRY(get_below(many, slot->level, key, found, pins, err));
  return LUMA_OK;
}

status view_many_get(struct view_many *many, const struct slice *keys, uint32_t count,
                     struct entry_found *found, struct store_pins *pins, struct err *err) {
  struct view_slot slots[VIEW_MANY_MAX];
  status answer = LUMA_OK;
  uint32_t begun = 0, ended = 0;
  for (; begun < count && answer == LUMA_OK; begun++)
    answer = begin_one(many, keys[begun], &slots[begun], &found[begun], pins, err);
  for (uint32_t i = 0; i < begun; i++)
    if (slots[i].block) block_prefetch_entry(slots[i].block->data, keys[i]);
  for (; ended < begun && answer == LUMA_OK; ended++)
    answer = end_one(many, keys[ended], &slots[ended], &found[ended], pins, err);
  for (; ended < begun; ended++)
    if (slots[ended].block) cache_block_release(slots[ended].block);
  return answer;
}
