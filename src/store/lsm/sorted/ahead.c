/* SPDX-License-Identifier: MIT */
/* Many places of a file found together, for a cursor that will go to each: every step is taken for
 * all of them and fetches what the next one reads. */
#include "store/lsm/sorted/sorted_int.h"

struct looking {
  struct sorted_file *file;
  const struct block_view *level; /* the index block that the cursor stands in, or the root */
  uint32_t count;
  struct sorted_ahead *aheads;
  bool is_known[SORTED_TOGETHER];
  struct block_handle handles[SORTED_TOGETHER];
};

/* Where in `level` each key's block is told. */
static void find_handles(struct looking *looking, const struct sorted_cursor *cursor,
                         const struct slice *keys) {
  bool is_below = cursor->file->tail.levels == 2;
  for (uint32_t i = 0; i < looking->count; i++) {
    uint32_t at = block_seek(looking->level, keys[i], UINT64_MAX);
    struct sorted__child child;
    looking->aheads[i] = (struct sorted_ahead){.file = cursor->file,
                                               .root_at = is_below ? cursor->root_at : at,
                                               .index_at = is_below ? at : cursor->index_at};
    looking->is_known[i] =
        at < looking->level->count && sorted__child_decode(block_value(looking->level, at), &child);
    if (!looking->is_known[i]) continue;
    looking->handles[i] = child.handle;
    sorted__will_ask(looking->file, &looking->handles[i]);
  }
}

static void take_blocks(struct looking *looking) {
  for (uint32_t i = 0; i < looking->count; i++)
    if (looking->is_known[i]) sorted__will_get(looking->file, &looking->handles[i]);
  struct cache_block *block = NULL; /* of the key before; it stands at `offset` */
  uint64_t offset = 0;
  for (uint32_t i = 0; i < looking->count; i++) {
    const struct block_handle *handle = &looking->handles[i];
    if (!looking->is_known[i]) continue;
    if (block && handle->offset == offset)
      cache_block_acquire(block);
    else
      block = sorted__cached(looking->file, handle, SORTED_BLOCK);
    offset = handle->offset;
    looking->aheads[i].block = block;
    if (block) __builtin_prefetch(block->data);
  }
}

static void search_blocks(struct looking *looking, const struct slice *keys) {
  struct block_search searches[SORTED_TOGETHER];
  struct sorted_ahead *found[SORTED_TOGETHER];
  uint32_t count = 0;
  for (uint32_t i = 0; i < looking->count; i++) {
    struct sorted_ahead *ahead = &looking->aheads[i];
    if (!ahead->block) continue;
    block_view_init(&ahead->view, ahead->block->data);
    searches[count] = (struct block_search){&ahead->view, keys[i], 0};
    found[count++] = ahead;
  }
  block_seek_many(searches, count);
  for (uint32_t i = 0; i < count; i++) found[i]->index = searches[i].index;
}

void sorted_cursor_look_ahead(const struct sorted_cursor *cursor, const struct slice *keys,
                              uint32_t count, struct sorted_ahead *aheads) {
  struct looking looking = {.file = cursor->file, .count = count, .aheads = aheads};
  if (!cursor->block) {
    for (uint32_t i = 0; i < count; i++) aheads[i] = (struct sorted_ahead){0};
    return;
  }
  looking.level = cursor->file->tail.levels == 2 ? &cursor->index_view : &cursor->file->root;
  find_handles(&looking, cursor, keys);
  take_blocks(&looking);
  search_blocks(&looking, keys);
}

void sorted_ahead_let_go(struct sorted_ahead *ahead) {
  if (ahead->block) cache_block_release(ahead->block);
  ahead->block = NULL;
}
