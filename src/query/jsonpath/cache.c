/* SPDX-License-Identifier: MIT */
#include "query/jsonpath/cache.h"

enum { ARENA_BYTES_MAX = 1 << 20 };

static void drop(struct jsonpath_cached *item) {
  if (item->path) arena_deinit(&item->arena);
  item->path = NULL;
}

void jsonpath_cache_deinit(struct jsonpath_cache *cache) {
  for (uint32_t i = 0; i < JSONPATH_CACHE_SIZE; i++) drop(&cache->items[i]);
}

static status fill(struct jsonpath_cached *item, struct slice text, struct err *err) {
  const struct jsonpath *path = NULL;
  arena_init(&item->arena, 0, ARENA_BYTES_MAX);
  status done = jsonpath_parse(&item->arena, text, &path, err);
  void *copy = done == LUMA_OK ? arena_copy(&item->arena, text.data, text.bytes) : NULL;
  if (done == LUMA_OK && !copy)
    done = err_raise(err, LUMA_OUT_OF_MEMORY, __FILE__, __LINE__, "no memory is left for a path");
  if (done != LUMA_OK) {
    arena_deinit(&item->arena);
    return done;
  }
  item->text = slice_of(copy, text.bytes);
  item->path = path;
  return LUMA_OK;
}

status jsonpath_cache_get(struct jsonpath_cache *cache, struct slice text,
                          const struct jsonpath **path, struct err *err) {
  for (uint32_t i = 0; i < JSONPATH_CACHE_SIZE; i++) {
    *path = cache->items[i].path;
    if (*path && slice_is_equal(cache->items[i].text, text)) return LUMA_OK;
  }
  struct jsonpath_cached *item = &cache->items[cache->next];
  cache->next = (cache->next + 1) % JSONPATH_CACHE_SIZE;
  drop(item);
  TRY(fill(item, text, err));
  *path = item->path;
  return LUMA_OK;
}
