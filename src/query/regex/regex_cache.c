/* SPDX-License-Identifier: MIT */
#include "query/regex/regex_cache.h"

void regex_cache_init(struct regex_cache *cache) {
  *cache = (struct regex_cache){0};
  for (uint32_t i = 0; i < REGEX_CACHE_SIZE; i++)
    buf_init(&cache->items[i].key, 2 * REGEX_PATTERN_BYTES_MAX);
}

void regex_cache_deinit(struct regex_cache *cache) {
  for (uint32_t i = 0; i < REGEX_CACHE_SIZE; i++) {
    regex_destroy(cache->items[i].regex);
    cache->items[i].regex = NULL;
    buf_deinit(&cache->items[i].key);
  }
}

static bool is_it(const struct regex_cached *item, struct slice pattern, struct slice options) {
  struct slice key = buf_slice(&item->key);
  if (!item->regex || key.bytes != pattern.bytes + options.bytes + 1) return false;
  return slice_is_equal(slice_of(key.data, options.bytes), options) &&
         slice_is_equal(slice_of(key.data + options.bytes + 1, pattern.bytes), pattern);
}

status regex_cache_get(struct regex_cache *cache, struct slice pattern, struct slice options,
                       struct regex **regex, struct err *err) {
  for (uint32_t i = 0; i < REGEX_CACHE_SIZE; i++) {
    *regex = cache->items[i].regex;
    if (is_it(&cache->items[i], pattern, options)) return LUMA_OK;
  }
  struct regex_cached *item = &cache->items[cache->next];
  cache->next = (cache->next + 1) % REGEX_CACHE_SIZE;
  regex_destroy(item->regex);
  item->regex = NULL;
  buf_reset(&item->key);
  TRY(regex_create(pattern, options, regex, err));
  item->regex = *regex;
  buf_append_slice(&item->key, options);
  buf_append_byte(&item->key, 0);
  buf_append_slice(&item->key, pattern);
  return buf_check(&item->key, "a regular expression", err);
}
