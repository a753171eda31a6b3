/* SPDX-License-Identifier: MIT */
#include "tests/unit/store/entries.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/core/bytes.h"
#include "tests/lib/test.h"

static struct slice random_bytes(struct entries *entries, struct rng *rng, size_t bytes) {
  uint8_t *data = arena_alloc_text(&entries->arena, bytes + 1);
  assert_non_null(data);
  bool is_even = rng_below(rng, 2);
  rng_fill(rng, data, bytes);
  if (is_even) memset(data, 'v', bytes); /* compressible */
  return slice_of(data, bytes);
}

/* One of the shapes real keys have: a prefix, a number, a tail. */
static struct slice random_key(struct entries *entries, struct rng *rng, uint32_t keys) {
  uint8_t room[128];
  size_t bytes = rng_below(rng, 3) * 6;
  memset(room, 'k', bytes);
  store32be(room + bytes, (uint32_t)rng_below(rng, 2 * (uint64_t)keys) << (8 * rng_below(rng, 4)));
  bytes += rng_below(rng, 5);
  size_t tail = rng_below(rng, 8) ? 0 : rng_below(rng, 60);
  memset(room + bytes, (int)('a' + rng_below(rng, 2)), tail);
  struct slice key = slice_of(arena_copy(&entries->arena, room, bytes + tail + 1), bytes + tail);
  assert_non_null(key.data);
  return key;
}

static int compare_entries(const void *a, const void *b) {
  const struct lsm_entry *x = a, *y = b;
  return entry_compare(x->key, x->seq, y->key, y->seq);
}

static void drop_doubles(struct entries *entries) {
  size_t kept = 1;
  for (size_t i = 1; i < entries->count; i++)
    if (compare_entries(&entries->items[kept - 1], &entries->items[i]) != 0)
      entries->items[kept++] = entries->items[i];
  entries->count = kept;
}

void entries_init(struct entries *entries, struct rng *rng, const struct entries_shape *shape) {
  *entries = (struct entries){0};
  arena_init(&entries->arena, 0, 0);
  size_t capacity = (size_t)shape->keys * shape->versions_max;
  entries->items = arena_zalloc(&entries->arena, capacity, sizeof *entries->items);
  assert_non_null(entries->items);
  entries->seq_max = 1 + rng_below(rng, 2) * 255 + rng_below(rng, 2) * 65536 +
                     (rng_below(rng, 4) ? 0 : UINT64_C(1) << 40);
  for (uint32_t key_number = 0; key_number < shape->keys; key_number++) {
    struct slice key = random_key(entries, rng, shape->keys);
    uint64_t versions = rng_below(rng, 2) ? 1 : 1 + rng_below(rng, shape->versions_max);
    for (uint64_t i = 0; i < versions; i++) {
      struct lsm_entry *entry = &entries->items[entries->count++];
      *entry = (struct lsm_entry){ENTRIES_SPACE,
                                  rng_below(rng, 6) ? ENTRY_PUT : ENTRY_DELETE,
                                  1 + rng_below(rng, entries->seq_max),
                                  key,
                                  {0},
                                  NULL};
      if (entry->kind == ENTRY_DELETE) continue;
      bool is_large = shape->large_one_in && rng_below(rng, shape->large_one_in) == 0;
      entry->value = random_bytes(entries, rng,
                                  rng_below(rng, shape->value_bytes_max + 1) * (is_large ? 20 : 1));
    }
  }
  qsort(entries->items, entries->count, sizeof *entries->items, compare_entries);
  drop_doubles(entries);
}

void entries_deinit(struct entries *entries) {
  arena_deinit(&entries->arena);
}

static void make_path(uint64_t number, char path[64]) {
  int bytes = snprintf(path, 64, "%llu.sorted", (unsigned long long)number);
  assert_in_range(bytes, 1, 63);
}

status entries_write(const struct entries_disk *disk, uint64_t number,
                     const struct lsm_entry *items, size_t count, struct sorted_info *info,
                     struct err *err) {
  char path[64];
  make_path(number, path);
  struct sorted_writer_options options = {.os = disk->os,
                                          .path = path,
                                          .number = number,
                                          .uuid = {1, 2, 3, (uint8_t)number},
                                          .space = ENTRIES_SPACE,
                                          .codec = disk->codec,
                                          .block_bytes = disk->block_bytes,
                                          .has_places = disk->has_places};
  struct sorted_writer *writer;
  TRY(sorted_writer_create(&options, &writer, err));
  status code = LUMA_OK;
  for (size_t i = 0; i < count && code == LUMA_OK; i++)
    code = sorted_writer_add(writer, &items[i], err);
  if (code == LUMA_OK) code = sorted_writer_finish(writer, info, err);
  sorted_writer_destroy(writer);
  info->key_min = info->key_max = slice_of(NULL, 0); /* were the writer's */
  return code;
}

status entries_open(const struct entries_disk *disk, uint64_t number, struct sorted_file **file,
                    struct err *err) {
  char path[64];
  uint8_t uuid[SORTED_UUID_BYTES] = {1, 2, 3, (uint8_t)number};
  make_path(number, path);
  struct sorted_open_options options = {disk->os, path, disk->cache, number, uuid, NULL};
  return sorted_open(&options, file, err);
}

bool entries_is_equal(const struct lsm_entry *a, const struct lsm_entry *b) {
  return a->space == b->space && a->kind == b->kind && a->seq == b->seq &&
         slice_is_equal(a->key, b->key) && slice_is_equal(a->value, b->value);
}
