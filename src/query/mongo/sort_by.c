/* SPDX-License-Identifier: MIT */
#include "query/mongo/sort_by.h"

#include "query/locale/collation.h"
#include "query/mongo/mongo_int.h"
#include "query/plan/expr.h"

static status read_direction(const struct val *v, const char *name, bool *descending,
                             struct err *err) {
  int64_t direction = 0;
  bool is_whole = val_is_number(v) && val_to_int64(v, &direction);
  if (!is_whole || (direction != 1 && direction != -1))
    return mongo_fail(
        err, 15975, "%s: sort key ordering must be 1 (for ascending) or -1 (for descending)", name);
  *descending = direction < 0;
  return LUMA_OK;
}

static bool has_operator(const struct path *path) {
  for (uint32_t i = 0; i < path->count; i++)
    if (path->steps[i].name.bytes && path->steps[i].name.data[0] == '$') return true;
  return false;
}

status sort_by_read(struct arena *arena, const struct val *spec, const char *name,
                    struct sort_by *by, struct err *err) {
  *by = (struct sort_by){.whole = spec->type != VAL_MAP};
  if (by->whole) {
    if (!val_is_number(spec))
      return mongo_fail(err, 2942505, "%s: invalid sortBy: it must be 1, -1 or an object", name);
    return read_direction(spec, name, &by->descending[0], err);
  }
  by->count = val_count(spec);
  if (by->count == 0)
    return mongo_fail(err, 15976, "%s: sort must have at least one sort key", name);
  if (by->count > SORT_BY_KEYS_MAX) return mongo_fail(err, 13103, "%s: too many sort keys", name);
  for (uint32_t i = 0; i < by->count; i++) {
    struct slice path;
    struct val direction = val_field_at(spec, i, &path);
    TRY(read_direction(&direction, name, &by->descending[i], err));
    if (path.bytes == 0) return mongo_fail(err, 15998, "%s: FieldPath cannot be empty", name);
    if (path.data[path.bytes - 1] == '.')
      return mongo_fail(err, 40353, "%s: FieldPath must not end with a '.'", name);
    TRY(path_parse(arena, path, true, &by->paths[i], err));
    if (has_operator(&by->paths[i]))
      return mongo_fail(err, 16410, "%s: FieldPath field names may not start with '$'", name);
  }
  return LUMA_OK;
}

struct key_search {
  struct val best;
  bool descending, found;
};

static void offer(struct key_search *search, const struct val *v) {
  int order = search->found ? val_compare(v, &search->best) : 0;
  bool better = !search->found || (search->descending ? order > 0 : order < 0);
  if (better) search->best = *v;
  search->found = true;
}

static bool visit_key(void *context, const struct val *v) {
  struct key_search *search = context;
  struct val null = val_null();
  if (v->type == VAL_LIST && val_count(v)) {
    for (uint32_t i = 0; i < val_count(v); i++) {
      struct val element = val_at(v, i);
      offer(search, &element);
    }
    return true;
  }
  offer(search, v->type == VAL_MISSING ? &null : v);
  return true;
}

struct val sort_by_key(const struct sort_by *by, uint32_t nth, const struct val *v) {
  struct key_search search = {.best = val_null(), .descending = by->descending[nth]};
  if (by->straight) {
    struct val straight = path_get(&by->paths[nth], v);
    return straight.type == VAL_MISSING ? val_null() : straight;
  }
  path_visit(&by->paths[nth], v, visit_key, &search);
  return search.best;
}

static int compare(const struct sort_by *by, const struct val *a, const struct val *b) {
  if (by->whole) {
    int order = val_compare(a, b);
    return by->descending[0] ? -order : order;
  }
  for (uint32_t i = 0; i < by->count; i++) {
    struct val left = sort_by_key(by, i, a), right = sort_by_key(by, i, b);
    int order = val_compare(&left, &right);
    if (order) return by->descending[i] ? -order : order;
  }
  return 0;
}

/** A value, and what it is ordered by: itself, or under a collation its texts as sort keys. */
struct keyed {
  struct val key, value;
};

/** Merges [from, middle) and [middle, to) of `items` through `room`. */
static void merge(const struct sort_by *by, struct keyed *items, struct keyed *room, uint32_t from,
                  uint32_t middle, uint32_t to) {
  uint32_t left = from, right = middle;
  for (uint32_t at = from; at < to; at++) {
    bool takes_left =
        right == to || (left < middle && compare(by, &items[left].key, &items[right].key) <= 0);
    room[at] = takes_left ? items[left++] : items[right++];
  }
  memcpy(items + from, room + from, (to - from) * sizeof *items);
}

static status make_key(struct arena *arena, struct collation *collation, struct keyed *item,
                       struct err *err) {
  struct val collated;
  item->key = item->value;
  if (!collation || !collation_concerns(&item->value)) return LUMA_OK;
  TRY(collation_key(collation, 0, &item->value, &collated, err));
  if (collated.bytes == 0) return LUMA_OK;
  void *copy = arena_copy(arena, collated.data, collated.bytes);
  TRY(plan_check_memory(arena, copy, err));
  item->key = collated;
  item->key.data = copy;
  return LUMA_OK;
}

status sort_by_order(const struct sort_by *by, struct arena *arena, struct collation *collation,
                     struct val *values, uint32_t count, struct err *err) {
  struct keyed *items = arena_zalloc(arena, 2 * (size_t)count + 1, sizeof *items);
  TRY(plan_check_memory(arena, items, err));
  for (uint32_t i = 0; i < count; i++) {
    items[i].value = values[i];
    TRY(make_key(arena, collation, &items[i], err));
  }
  for (uint32_t width = 1; width < count; width *= 2)
    for (uint32_t from = 0; from + width < count; from += 2 * width) {
      uint32_t to = from + 2 * width < count ? from + 2 * width : count;
      merge(by, items, items + count, from, from + width, to);
    }
  for (uint32_t i = 0; i < count; i++) values[i] = items[i].value;
  return LUMA_OK;
}
