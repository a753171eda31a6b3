/* SPDX-License-Identifier: MIT */
/* Finding files in a view: shared by looking up one key and many. */
#ifndef STORE_LSM_ENGINE_VIEW_INT_H
#define STORE_LSM_ENGINE_VIEW_INT_H

#include "store/lsm/engine/view.h"

/** The file of a sorted level that may hold the key, or NULL. */
static inline struct sorted_file *view__level_find(const struct view_level *level,
                                                   struct slice key) {
  uint32_t low = 0, high = level->count;
  while (low < high) {
    uint32_t middle = (low + high) / 2;
    if (slice_compare(sorted_get_info(level->files[middle])->key_max, key) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == level->count || slice_compare(sorted_get_info(level->files[low])->key_min, key) > 0)
    return NULL;
  return level->files[low];
}

/** Whether the key lies between the file's first and last. */
static inline bool view__file_spans(const struct sorted_file *file, struct slice key) {
  const struct sorted_info *info = sorted_get_info(file);
  return slice_compare(info->key_min, key) <= 0 && slice_compare(key, info->key_max) <= 0;
}

#endif
