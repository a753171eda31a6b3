/* SPDX-License-Identifier: MIT */
/* The order in which an update's changes are done, and whether they can be done together. */
#include <stdlib.h>

#include "query/lang/jql/jql_int.h"

/** A change, and the path that it is about: of a $rename where it puts its field. */
struct placed {
  struct path place;
  struct plan_update_item item;
};

static int compare_placed(const void *a, const void *b) {
  const struct placed *left = a, *right = b;
  return path_compare(&left->place, &right->place);
}

static int compare_paths(const void *a, const void *b) {
  return path_compare(*(const struct path *const *)a, *(const struct path *const *)b);
}

static status place(const struct jql *jql, const struct jql_node *at,
                    const struct plan_update_item *item, struct placed *placed) {
  *placed = (struct placed){.place = item->path, .item = *item};
  if (item->op != PLAN_RENAME) return LUMA_OK;
  return jql__path(jql, at, val_slice(&item->value->value), &placed->place);
}

/** One that is another, or below another, stands beside it among the sorted; NULL: there is none.
 */
static const struct path *find_clash(const struct path **paths, uint32_t count) {
  qsort(paths, count, sizeof *paths, compare_paths);
  for (uint32_t i = 1; i < count; i++)
    if (path_has_prefix(paths[i], paths[i - 1])) return paths[i];
  return NULL;
}

/** No two changes may concern the same path, or one below the other. */
static status check_conflicts(const struct jql *jql, const struct jql_node *at,
                              const struct placed *changes, uint32_t changes_count) {
  const struct path **paths = arena_zalloc(jql->arena, 2 * (size_t)changes_count, sizeof *paths);
  uint32_t count = 0;
  TRY(jql__made(jql, paths));
  for (uint32_t i = 0; i < changes_count; i++) {
    paths[count++] = &changes[i].place;
    if (changes[i].item.op == PLAN_RENAME) paths[count++] = &changes[i].item.path;
  }
  const struct path *clash = find_clash(paths, count);
  if (!clash) return LUMA_OK;
  struct buf text;
  buf_init(&text, ERR_MESSAGE_BYTES);
  path_format(clash, &text);
  status failed = jql__fail(jql, at, LUMA_INVALID_ARGUMENT, "two changes concern `%.*s`",
                            SLICE_ARG(buf_slice(&text)));
  if (jql->err) jql->err->foreign = 40;
  buf_deinit(&text);
  return failed;
}

status jql__order_changes(const struct jql *jql, const struct jql_node *at,
                          struct plan_update_item *items, uint32_t count) {
  struct placed *placed = arena_zalloc(jql->arena, count, sizeof *placed);
  TRY(jql__made(jql, placed));
  for (uint32_t i = 0; i < count; i++) TRY(place(jql, at, &items[i], &placed[i]));
  TRY(check_conflicts(jql, at, placed, count));
  qsort(placed, count, sizeof *placed, compare_placed);
  for (uint32_t i = 0; i < count; i++) items[i] = placed[i].item;
  return LUMA_OK;
}
