/* SPDX-License-Identifier: MIT */
/* The changes of an update, of which some are about elements of lists that only the document tells:
 * they are written out as changes of places, which are ordered as those of paths are. */
#include <stdlib.h>

#include "query/exec/write/change.h"
#include "query/mongo/mongo.h"

/** One place, and what is to happen there. */
struct place {
  struct path path;
  const struct change *change;
  const struct val *operand;
};

struct places {
  struct place *items;
  uint32_t count, capacity;
};

static status add_places(struct places *places, const struct place *place,
                         const struct positional_paths *paths, struct err *err) {
  if (places->capacity - places->count < paths->count) {
    uint32_t capacity = 2 * places->capacity + paths->count;
    struct place *items = arena_alloc(paths->arena, capacity * sizeof *items);
    TRY(plan_check_memory(paths->arena, items, err));
    if (places->count) memcpy(items, places->items, places->count * sizeof *items);
    places->items = items;
    places->capacity = capacity;
  }
  for (uint32_t i = 0; i < paths->count; i++) {
    places->items[places->count] = *place;
    places->items[places->count++].path = paths->items[i];
  }
  return LUMA_OK;
}

/** The places of one change; a $rename stands where it puts its field. */
static status expand(const struct change_site *site, const struct change *change,
                     struct places *places, struct err *err) {
  struct positional_paths paths = {.arena = site->arena};
  struct place place = {.change = change};
  struct path own = change->item->op == PLAN_RENAME ? change->renamed : change->item->path;
  TRY(change__operand(site, change, &place.operand, err));
  if (change->item->positional) {
    TRY(positional_expand(change->positional, &site->batch->columns[0][0], &own, &paths, err));
  } else {
    paths.items = &own;
    paths.count = 1;
  }
  return add_places(places, &place, &paths, err);
}

static int compare_places(const void *a, const void *b) {
  const struct place *left = a, *right = b;
  int order = path_compare(&left->path, &right->path);
  if (order) return order;
  uint32_t l = left->change->item->written, r = right->change->item->written;
  return (l > r) - (l < r);
}

static status fail_conflict(const struct path *path, struct err *err) {
  enum { CONFLICTING_UPDATE_OPERATORS = 40 };
  struct buf text;
  buf_init(&text, ERR_MESSAGE_BYTES);
  path_format(path, &text);
  status failed = mongo_fail(err, CONFLICTING_UPDATE_OPERATORS,
                             "Update created a conflict at '%.*s'", SLICE_ARG(buf_slice(&text)));
  buf_deinit(&text);
  return failed;
}

/** In their order one that is another, or below another, stands behind it. */
static status order_places(struct exec *exec, const struct places *places, struct err *err) {
  if (places->count) qsort(places->items, places->count, sizeof *places->items, compare_places);
  for (uint32_t i = 1; i < places->count; i++) {
    const struct place *place = &places->items[i];
    if (path_has_prefix(&place->path, &place[-1].path))
      return expr_env_fail(exec->env, place->change->item->offset, fail_conflict(&place->path, err),
                           err);
  }
  return LUMA_OK;
}

static status apply_place(const struct change_site *site, const struct place *place,
                          struct err *err) {
  const struct change *change = place->change;
  const struct path *path = change->item->op == PLAN_RENAME ? &change->item->path : &place->path;
  return change__apply_at(site, change, path, place->operand, err);
}

static bool has_positional(const struct change *changes, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    if (changes[i].item->positional) return true;
  return false;
}

static status apply_places(const struct change_site *site, const struct change *changes,
                           uint32_t count, struct err *err) {
  struct places places = {0};
  for (uint32_t i = 0; i < count; i++) {
    if (changes[i].item->op == PLAN_SET_ON_INSERT && !site->inserting) continue;
    TRY(expr_env_fail(site->exec->env, changes[i].item->offset,
                      expand(site, &changes[i], &places, err), err));
  }
  if (count > 1) TRY(order_places(site->exec, &places, err));
  for (uint32_t i = 0; i < places.count; i++) TRY(apply_place(site, &places.items[i], err));
  return LUMA_OK;
}

static struct slice first_name(const struct change *change) {
  const struct path *path = &change->item->path;
  return path->count ? path->steps[0].name : (struct slice){0};
}

/** An upsert may insert a field whose name begins with a dollar; no update changes one. */
static status check_dollar(const struct change_site *site, const struct change *change,
                           struct err *err) {
  enum { DOLLAR_PREFIXED_FIELD_NAME = 52 };
  struct slice name = first_name(change);
  bool is_meant = change->item->op != PLAN_SET_ON_INSERT && !site->inserting;
  if (!is_meant || !name.bytes || name.data[0] != '$') return LUMA_OK;
  return mongo_fail(err, DOLLAR_PREFIXED_FIELD_NAME,
                    "The dollar ($) prefixed field '%.*s' is not valid for storage.",
                    SLICE_ARG(name));
}

/** Where an upsert has no key there is nothing that one could be computed of. */
static status check_key(const struct change_site *site, const struct change *change,
                        struct err *err) {
  enum { IMMUTABLE_FIELD = 66 };
  enum plan_update_op op = change->item->op;
  struct val key;
  if (!site->inserting || op == PLAN_SET || op == PLAN_SET_ON_INSERT) return LUMA_OK;
  if (!slice_is_equal(first_name(change), slice_of_text("_id"))) return LUMA_OK;
  TRY(edit_get(site->edit, &change->item->path, &key, err));
  if (key.type != VAL_MISSING) return LUMA_OK;
  return mongo_fail(err, IMMUTABLE_FIELD, "the key of a document cannot be changed");
}

static status check_names(const struct change_site *site, const struct change *change,
                          struct err *err) {
  if (site->exec->language != PLAN_JQL) return LUMA_OK;
  TRY(check_dollar(site, change, err));
  return check_key(site, change, err);
}

status change_apply_all(const struct change_site *site, const struct change *changes,
                        uint32_t count, struct err *err) {
  for (uint32_t i = 0; i < count; i++)
    TRY(expr_env_fail(site->exec->env, changes[i].item->offset, check_names(site, &changes[i], err),
                      err));
  if (has_positional(changes, count)) return apply_places(site, changes, count, err);
  for (uint32_t i = 0; i < count; i++) TRY(change_apply(site, &changes[i], err));
  return LUMA_OK;
}
