/* SPDX-License-Identifier: MIT */
/* Looking up keys. By the table of places: one bucket of it says in which block the key stands and
 * where there; many lookups go through these steps side by side, each step fetching ahead what the
 * next one reads, and the first that has to wait for the disk telling it what the others will need.
 * Without a table, or when there is no room to keep it: filter, index, block. */
#include "base/core/assert.h"
#include "store/lsm/filter/filter.h"
#include "store/lsm/sorted/sorted_int.h"

enum {
  GROUP = 16, /* lookups side by side: about as many misses as a core has on the way at once */
  LINE_BYTES = 64,
  ENTRY_LINES = 4 /* of an entry fetched ahead: a small document */
};

/* ---- what was found ---- */

/* Fills `found` from an entry of `block`. */
static status take_found(struct sorted_file *file, const struct block_view *view, uint32_t index,
                         struct cache_block *block, struct entry_found *found,
                         struct store_pins *pins, struct err *err) {
  enum block_kind kind = block_kind_of(view, index);
  struct entry_found here = {.found = true, .kind = ENTRY_DELETE, .seq = block_seq(view, index)};
  if (kind != BLOCK_DELETE) {
    struct cache_block *holder = block;
    here.kind = ENTRY_PUT;
    here.value = block_value(view, index);
    if (block_kind_is_apart(kind)) {
      TRY(sorted_apart(file, kind, here.value, false, &holder, err));
      here.value = slice_of(holder->data, holder->bytes);
    } else {
      cache_block_acquire(holder);
    }
    status code = store_pins_add(pins, holder, cache_block_release, err);
    if (code != LUMA_OK) cache_block_release(holder);
    TRY(code);
  }
  *found = here;
  return LUMA_OK;
}

/* ---- by filter and index ---- */

static bool page_may_have(const struct cache_block *page, uint64_t at, uint64_t hash) {
  return filter_block_may_have(page->data + at % FILTER_PAGE_BLOCKS * FILTER_BLOCK_BYTES, hash);
}

static status may_have(struct sorted_file *file, struct slice key, bool *may, struct err *err) {
  uint64_t hash = filter_hash(key), at = filter_block_of(hash, file->tail.filter_blocks);
  uint64_t number = at / FILTER_PAGE_BLOCKS;
  struct cache_block *page;
  TRY(sorted__keep_page(file, number, &page, err));
  if (page) {
    *may = page_may_have(page, at, hash);
    return LUMA_OK;
  }
  struct block_handle handle = sorted__page_handle(file, number);
  TRY(sorted__load(file, &handle, SORTED_PAGE, SORTED_FILL, &page, err));
  *may = page_may_have(page, at, hash);
  cache_block_release(page);
  return LUMA_OK;
}

status sorted__search(struct sorted_file *file, struct slice key, uint64_t seq_max,
                      struct entry_found *found, struct store_pins *pins, struct err *err) {
  bool may;
  struct sorted_cursor cursor;
  TRY(may_have(file, key, &may, err));
  if (!may) return LUMA_OK;
  sorted_cursor_init(&cursor, file, false);
  status code = sorted_cursor_seek(&cursor, key, seq_max, err);
  if (code == LUMA_OK && cursor.block && slice_is_equal(block_key(&cursor.view, cursor.index), key))
    code = take_found(file, &cursor.view, cursor.index, cursor.block, found, pins, err);
  sorted_cursor_deinit(&cursor);
  return code;
}

/* ---- by the table of places ---- */

enum find_state {
  FIND_DONE,
  FIND_SEARCH, /* to be looked for by filter and index */
  FIND_WALK,   /* among the places of the table */
};

/** A lookup on its way. */
struct find {
  const struct sorted_lookup *lookup;
  const struct sorted__directory *directory;
  const struct cache_block *page;
  enum find_state state;
  uint32_t number, index; /* of `block` and of the entry to look at in it */
  uint64_t hash;
  struct places_walk walk;
  struct cache_block *block; /* one reference; NULL: there is no place left */
  struct block_view view;
};

static bool is_in_range(const struct sorted_info *info, struct slice key, uint64_t seq_max) {
  return info->seq_min <= seq_max && slice_compare(key, info->key_min) >= 0 &&
         slice_compare(key, info->key_max) <= 0;
}

/* What the table needs; NULL when it cannot be kept. Damage to it loses nothing: the keys are found
 * without it, and a check will tell. */
static status find_table(struct find *find, struct err *err) {
  struct sorted_file *file = find->lookup->file;
  const struct sorted__tail *tail = &file->tail;
  struct sorted__directory *directory = NULL;
  struct cache_block *page = NULL;
  uint64_t number =
      sorted__filter_pages(tail->filter_blocks) + places_page_of(&tail->places, find->hash);
  status code = sorted__keep_page(file, number, &page, err);
  if (code == LUMA_OK && page) code = sorted__keep_directory(file, &directory, err);
  if (code == LUMA_CORRUPT) {
    if (err) err_reset(err);
    code = LUMA_OK;
  }
  find->page = page;
  find->directory = directory;
  return code;
}

/* Finds the page of the table and fetches the bucket. */
static status find_begin(struct find *find, struct err *err) {
  struct sorted_file *file = find->lookup->file;
  const struct places_shape *places = &file->tail.places;
  *find->lookup->found = (struct entry_found){0};
  find->state = FIND_DONE;
  if (!is_in_range(&file->info, find->lookup->key, find->lookup->seq_max)) return LUMA_OK;
  find->state = FIND_SEARCH;
  if (places->pages == 0) return LUMA_OK;
  find->hash = filter_hash(find->lookup->key);
  TRY(find_table(find, err));
  if (!find->page || !find->directory) return LUMA_OK;
  find->state = FIND_WALK;
  size_t bucket = places_bucket_of(places, find->hash);
  __builtin_prefetch(find->page->data + bucket * PLACES_BUCKET_BYTES);
  return LUMA_OK;
}

static void leave_block(struct find *find) {
  if (find->block) cache_block_release(find->block);
  find->block = NULL;
}

/** Lookups that come after one, of the same group. */
struct followers {
  const struct find *finds;
  uint32_t count;
  bool is_told; /* the disk knows of them */
};

static bool first_number(const struct find *find, uint32_t *number) {
  const struct places_shape *places = &find->lookup->file->tail.places;
  struct places_walk walk;
  uint32_t place;
  places_walk_init(&walk, places, find->page->data, find->hash);
  if (!places_next(&walk, &place)) return false;
  *number = (uint32_t)((uint64_t)place >> places->index_bits);
  return *number < find->directory->count;
}

static void tell_disk(struct followers *followers) {
  followers->is_told = true;
  for (uint32_t i = 0; i < followers->count; i++) {
    const struct find *find = &followers->finds[i];
    uint32_t number;
    if (find->state == FIND_WALK && first_number(find, &number))
      sorted__will_read(find->lookup->file, &find->directory->handles[number]);
  }
}

/* Blocks that lookups side by side will ask the cache for. What one step fetches the next reads. */
static void tell_processor(const struct find *finds, uint32_t count) {
  const struct block_handle *handles[GROUP];
  for (uint32_t i = 0; i < count; i++) {
    uint32_t number;
    bool has = finds[i].state == FIND_WALK && first_number(&finds[i], &number);
    handles[i] = has ? &finds[i].directory->handles[number] : NULL;
    if (has) __builtin_prefetch(handles[i]);
  }
  for (uint32_t i = 0; i < count; i++)
    if (handles[i]) sorted__will_ask(finds[i].lookup->file, handles[i]);
  for (uint32_t i = 0; i < count; i++)
    if (handles[i]) sorted__will_get(finds[i].lookup->file, handles[i]);
}

static status load_block(struct find *find, struct followers *followers, struct err *err) {
  const struct sorted_file *file = find->lookup->file;
  const struct block_handle *handle = &find->directory->handles[find->number];
  find->block = sorted__cached(file, handle, SORTED_BLOCK);
  if (find->block) return LUMA_OK;
  if (followers && !followers->is_told) tell_disk(followers);
  return sorted__read(file, handle, SORTED_BLOCK, SORTED_FILL, &find->block, err);
}

/* Loads the block of the next place; `last`: a lookup that may stand in the same one. */
static status find_block(struct find *find, const struct find *last, struct followers *followers,
                         struct err *err) {
  struct sorted_file *file = find->lookup->file;
  uint8_t bits = file->tail.places.index_bits;
  uint32_t place;
  leave_block(find);
  if (!places_next(&find->walk, &place)) return LUMA_OK;
  find->number = (uint32_t)((uint64_t)place >> bits);
  find->index = place & (uint32_t)((UINT64_C(1) << bits) - 1);
  if (find->number >= find->directory->count)
    FAIL(err, LUMA_CORRUPT, "`%s`: the table of places names no block", file->path);
  if (last && last->block && last->lookup->file == file && last->number == find->number) {
    find->block = last->block;
    cache_block_acquire(find->block);
    return LUMA_OK;
  }
  return load_block(find, followers, err);
}

static status find_first_block(struct find *find, const struct find *last,
                               struct followers *followers, struct err *err) {
  places_walk_init(&find->walk, &find->lookup->file->tail.places, find->page->data, find->hash);
  TRY(find_block(find, last, followers, err));
  if (!find->block) return LUMA_OK;
  __builtin_prefetch(find->block->data);
  __builtin_prefetch(find->block->data + BLOCK_HEADER_BYTES - 1);
  return LUMA_OK;
}

static status find_view(struct find *find, struct err *err) {
  block_view_init(&find->view, find->block->data);
  if (find->index >= find->view.count)
    FAIL(err, LUMA_CORRUPT, "`%s`: the table of places names no entry", find->lookup->file->path);
  __builtin_prefetch(block_place(&find->view, find->index));
  __builtin_prefetch(find->view.deltas + (size_t)find->view.delta_bytes * find->index);
  return LUMA_OK;
}

static void find_entry(struct find *find) {
  const uint8_t *key = block_key(&find->view, find->index).data;
  for (size_t line = 0; line < ENTRY_LINES; line++) __builtin_prefetch(key + line * LINE_BYTES);
}

/* The entry is the newest version of the key looked for, or of another with the same mark. */
static status find_judge(struct find *find, struct store_pins *pins, struct err *err) {
  const struct sorted_lookup *lookup = find->lookup;
  while (find->block) {
    if (slice_is_equal(block_key(&find->view, find->index), lookup->key)) {
      if (block_seq(&find->view, find->index) > lookup->seq_max) {
        find->state = FIND_SEARCH; /* an older version may stand behind it */
        return LUMA_OK;
      }
      return take_found(lookup->file, &find->view, find->index, find->block, lookup->found, pins,
                        err);
    }
    TRY(find_block(find, NULL, NULL, err));
    if (find->block) TRY(find_view(find, err));
  }
  return LUMA_OK;
}

/* ---- side by side ---- */

static status find_together(struct find *finds, uint32_t count, struct store_pins *pins,
                            struct err *err) {
  for (uint32_t i = 0; i < count; i++) TRY(find_begin(&finds[i], err));
  if (count > 1) tell_processor(finds, count);
  struct followers followers = {0};
  for (uint32_t i = 0; i < count; i++) {
    followers.finds = &finds[i + 1];
    followers.count = count - i - 1;
    if (finds[i].state == FIND_WALK)
      TRY(find_first_block(&finds[i], i ? &finds[i - 1] : NULL, &followers, err));
  }
  for (uint32_t i = 0; i < count; i++)
    if (finds[i].block) TRY(find_view(&finds[i], err));
  for (uint32_t i = 0; i < count; i++)
    if (finds[i].block) find_entry(&finds[i]);
  for (uint32_t i = 0; i < count; i++) {
    const struct sorted_lookup *lookup = finds[i].lookup;
    if (finds[i].block) TRY(find_judge(&finds[i], pins, err));
    if (finds[i].state == FIND_SEARCH)
      TRY(sorted__search(lookup->file, lookup->key, lookup->seq_max, lookup->found, pins, err));
  }
  return LUMA_OK;
}

static status find_group(const struct sorted_lookup *lookups, uint32_t count,
                         struct store_pins *pins, struct err *err) {
  struct find finds[GROUP];
  for (uint32_t i = 0; i < count; i++) {
    finds[i].lookup = &lookups[i];
    finds[i].block = NULL;
  }
  status code = find_together(finds, count, pins, err);
  for (uint32_t i = 0; i < count; i++) leave_block(&finds[i]);
  return code;
}

status sorted_get_many(const struct sorted_lookup *lookups, uint32_t count, struct store_pins *pins,
                       struct err *err) {
  for (uint32_t at = 0; at < count; at += GROUP)
    TRY(find_group(lookups + at, count - at < GROUP ? count - at : GROUP, pins, err));
  return LUMA_OK;
}

status sorted_get(struct sorted_file *file, struct slice key, uint64_t seq_max,
                  struct entry_found *found, struct store_pins *pins, struct err *err) {
  struct sorted_lookup lookup = {file, key, seq_max, found};
  return sorted_get_many(&lookup, 1, pins, err);
}
