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

static status place(const struct jql *jql, const struct jql_node *at,
                    const struct plan_update_item *item, struct placed *placed) {
  *placed = (struct placed){.place = item->path, .item = *item};
  if (item->op != PLAN_RENAME) return LUMA_OK;
  return jql__path(jql, at, val_slice(&item->value->value), &placed->place);
}

/** A path that a change is about. */
struct claim {
  const struct path *path;
  uint32_t written; /* which change */
};

static int compare_claims(const void *a, const void *b) {
  const struct claim *left = a, *right = b;
  return path_compare(left->path, right->path);
}

static bool is_of_elements(const struct path_step *step) {
  return step->name.bytes > 2 && step->name.data[0] == '$' && step->name.data[1] == '[';
}

/** Whether two that stand side by side do not go together, and at which step of theirs: one is the
 * other, or leads through it; or one goes on through the elements of a list and the other does not.
 */
static bool meet(const struct path *a, const struct path *b, uint32_t *at) {
  uint32_t least = a->count < b->count ? a->count : b->count;
  for (*at = 0; *at < least; ++*at)
    if (!slice_is_equal(a->steps[*at].name, b->steps[*at].name))
      return is_of_elements(&a->steps[*at]) != is_of_elements(&b->steps[*at]);
  return true;
}

static void put_dotted(const struct path *path, uint32_t steps, struct buf *out) {
  for (uint32_t i = 0; i < steps; i++) {
    if (i) buf_append_byte(out, '.');
    buf_append_slice(out, path->steps[i].name);
  }
}

static status fail_meeting(const struct jql *jql, const struct jql_node *at,
                           const struct claim *pair, uint32_t step) {
  enum { CONFLICTING_UPDATE_OPERATORS = 40 };
  const struct path *path = pair[pair[1].written > pair[0].written].path;
  struct buf whole, shared;
  buf_init(&whole, ERR_MESSAGE_BYTES);
  buf_init(&shared, ERR_MESSAGE_BYTES);
  put_dotted(path, path->count, &whole);
  put_dotted(path, step, &shared);
  status failed = jql__fail_code(jql, at, CONFLICTING_UPDATE_OPERATORS,
                                 "Updating the path '%.*s' would create a conflict at '%.*s'",
                                 SLICE_ARG(buf_slice(&whole)), SLICE_ARG(buf_slice(&shared)));
  buf_deinit(&whole);
  buf_deinit(&shared);
  return failed;
}

static status check_conflicts(const struct jql *jql, const struct jql_node *at,
                              const struct placed *changes, uint32_t changes_count) {
  struct claim *claims = arena_alloc(jql->arena, 2 * (size_t)changes_count * sizeof *claims);
  uint32_t count = 0, step = 0;
  TRY(jql__made(jql, claims));
  for (uint32_t i = 0; i < changes_count; i++) {
    const struct placed *change = &changes[i];
    claims[count++] = (struct claim){&change->place, change->item.written};
    if (change->item.op != PLAN_RENAME) continue;
    claims[count++] = (struct claim){&change->item.path, change->item.written};
  }
  qsort(claims, count, sizeof *claims, compare_claims);
  for (uint32_t i = 1; i < count; i++)
    if (meet(claims[i - 1].path, claims[i].path, &step))
      return fail_meeting(jql, at, &claims[i - 1], step);
  return LUMA_OK;
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
