/* SPDX-License-Identifier: MIT */
#include "query/exec/sort/sort_key.h"

#include "value/doc/doc.h"
#include "value/order/order.h"

/** Below null: an empty list, and only in this order. */
static const struct val empty_list_key = {.type = VAL_MISSING};

/** The extreme of the values seen: the least (sign -1) or the greatest. */
struct extreme {
  int sign;
  bool has;
  struct val best;
};

static void see(struct extreme *extreme, const struct val *v) {
  if (extreme->has && val_compare(v, &extreme->best) * extreme->sign <= 0) return;
  extreme->best = *v;
  extreme->has = true;
}

/** A list counts by its elements, an empty one as less than null, what is missing as null. */
static void see_value(struct extreme *extreme, const struct val *v) {
  struct val null = val_null();
  uint32_t count = v->type == VAL_LIST ? val_count(v) : 0;
  if (v->type == VAL_MISSING)
    see(extreme, &null);
  else if (v->type != VAL_LIST)
    see(extreme, v);
  else if (count == 0)
    see(extreme, &empty_list_key);
  for (uint32_t i = 0; i < count; i++) {
    struct val element = val_at(v, i);
    see(extreme, &element);
  }
}

static struct extreme extreme_of(const struct plan_sort_key *key) {
  return (struct extreme){.sign = key->descending ? 1 : -1, .best = val_null()};
}

/** Every branch of the path counts: what ends early, and an element that is no map, as null. */
static void see_branches(struct extreme *extreme, const struct path *path, uint32_t at,
                         const struct val *v) {
  const struct val nothing = val_missing();
  const struct path_step *step = &path->steps[at];
  uint32_t count = v->type == VAL_LIST ? val_count(v) : 0;
  bool is_indexed =
      v->type == VAL_LIST && at < path->count && step->is_index && (uint32_t)step->index < count;
  if (at == path->count || (v->type != VAL_MAP && count == 0)) {
    see_value(extreme, at == path->count ? v : &nothing);
  } else if (v->type == VAL_MAP || is_indexed) {
    struct val next = is_indexed ? val_at(v, (uint32_t)step->index) : val_field(v, step->name);
    see_branches(extreme, path, at + 1, &next);
  } else {
    for (uint32_t i = 0; i < count; i++) {
      struct val element = val_at(v, i);
      see_branches(extreme, path, element.type == VAL_MAP ? at : path->count,
                   element.type == VAL_MAP ? &element : &nothing);
    }
  }
}

struct val sort_key_of_path(const struct plan_sort_key *key, const struct path *path,
                            const struct val *document) {
  struct extreme extreme = extreme_of(key);
  see_branches(&extreme, path, 0, document);
  return extreme.best;
}

struct val sort_key_of(const struct plan_sort_key *key, const struct val *value) {
  if (value->type == VAL_MISSING) return val_null();
  if (!key->mongo || value->type != VAL_LIST) return *value;
  struct extreme extreme = extreme_of(key);
  see_value(&extreme, value);
  return extreme.best;
}

static int compare_one(const struct plan_sort_key *key, const struct val *a, const struct val *b) {
  if (!key->mongo && (val_is_null(a) || val_is_null(b))) {
    bool first = key->nulls_first || (key->descending && !key->nulls_last);
    int order = val_is_null(a) - val_is_null(b);
    return first ? -order : order;
  }
  int order = val_compare(a, b);
  return key->descending ? -order : order;
}

int sort_key_compare(const struct plan_sort_key *keys, uint32_t count, const struct val *a,
                     const struct val *b) {
  for (uint32_t i = 0; i < count; i++) {
    int order = compare_one(&keys[i], &a[i], &b[i]);
    if (order) return order;
  }
  return 0;
}

/* ---- keys that share a list ---- */

static bool begin_alike(const struct path *a, const struct path *b) {
  return a && b && slice_is_equal(a->steps[0].name, b->steps[0].name);
}

/** The first key that begins like another behind it; `count`: none does. */
static uint32_t find_shared(const struct path *const *paths, uint32_t count) {
  for (uint32_t k = 0; k < count; k++)
    for (uint32_t other = k + 1; other < count; other++)
      if (begin_alike(paths[k], paths[other])) return k;
  return count;
}

bool sort_key_is_shared(const struct path *const *paths, uint32_t count) {
  return count <= SORT_KEY_SHARED_MAX && find_shared(paths, count) < count;
}

static struct val key_of_element(const struct plan_sort_key *key, const struct path *path,
                                 const struct val *element) {
  const struct val nothing = val_missing();
  bool is_map = element->type == VAL_MAP;
  struct extreme extreme = extreme_of(key);
  see_branches(&extreme, path, is_map ? 1 : path->count, is_map ? element : &nothing);
  return extreme.best;
}

void sort_key_share(const struct plan_sort_key *keys, const struct path *const *paths,
                    uint32_t count, const struct val *document, struct val *found) {
  struct val tuple[SORT_KEY_SHARED_MAX];
  uint32_t first = find_shared(paths, count);
  struct val list = val_field(document, paths[first]->steps[0].name);
  uint32_t elements = list.type == VAL_LIST ? val_count(&list) : 0;
  memcpy(tuple, found, count * sizeof *tuple);
  for (uint32_t i = 0; i < elements; i++) {
    struct val element = val_at(&list, i);
    for (uint32_t k = first; k < count; k++)
      if (begin_alike(paths[first], paths[k]))
        tuple[k] = key_of_element(&keys[k], paths[k], &element);
    if (i == 0 || sort_key_compare(keys, count, tuple, found) < 0)
      memcpy(found, tuple, count * sizeof *tuple);
  }
}
