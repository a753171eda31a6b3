/* SPDX-License-Identifier: MIT */
/* How much of each blob file is still referred to. Every sorted file says how much it refers to;
 * what no file of the view does was replaced or deleted. */
#include <stdlib.h>

#include "base/mem/mem.h"
#include "store/lsm/engine/view.h"

static int compare_shares(const void *left, const void *right) {
  const struct view_share *a = left, *b = right;
  return (a->number > b->number) - (a->number < b->number);
}

static size_t count_parts(const struct view *view) {
  size_t count = 0;
  for (int depth = 0; depth < VIEW_LEVELS; depth++) {
    const struct view_level *level = &view->levels[STORE_RECORDS][depth];
    for (uint32_t i = 0; i < level->count; i++)
      count += sorted_get_info(level->files[i])->blobs_count;
  }
  return count;
}

/* One file's part in each blob file it refers to. */
static void take_parts(const struct sorted_file *file, struct view_share *parts, size_t *count) {
  const struct sorted_info *info = sorted_get_info(file);
  for (size_t i = 0; i < info->blobs_count; i++) {
    const struct blob_info *blob = blob_get_info(sorted_get_blob(file, i));
    parts[(*count)++] = (struct view_share){.number = info->blobs[i].number,
                                            .live_values = info->blobs[i].values,
                                            .live_bytes = info->blobs[i].value_bytes,
                                            .values = blob->values,
                                            .value_bytes = blob->value_bytes};
  }
}

/* Parts in the same blob file become one share; answers how many are left. */
static size_t add_up(struct view_share *parts, size_t count) {
  size_t kept = 0;
  for (size_t i = 0; i < count; i++) {
    if (kept > 0 && parts[kept - 1].number == parts[i].number) {
      parts[kept - 1].live_values += parts[i].live_values;
      parts[kept - 1].live_bytes += parts[i].live_bytes;
    } else {
      parts[kept++] = parts[i];
    }
  }
  return kept;
}

status view_shares(const struct view *view, struct view_share **shares, size_t *count,
                   struct err *err) {
  size_t parts = count_parts(view), taken = 0;
  *shares = NULL;
  *count = 0;
  if (parts == 0) return LUMA_OK;
  struct view_share *made = mem_alloc(parts * sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to look at blob files");
  for (int depth = 0; depth < VIEW_LEVELS; depth++)
    for (uint32_t i = 0; i < view->levels[STORE_RECORDS][depth].count; i++)
      take_parts(view->levels[STORE_RECORDS][depth].files[i], made, &taken);
  qsort(made, taken, sizeof *made, compare_shares);
  *count = add_up(made, taken);
  *shares = made;
  return LUMA_OK;
}
