/* SPDX-License-Identifier: MIT */
#include "query/exec/ranges.h"

#include "model/catalog/catalog.h"
#include "query/exec/intervals.h"
#include "query/mongo/mongo.h"
#include "value/order/order.h"

/* ---- from parts to ranges ---- */

struct maker {
  struct expr_env *env;
  const struct plan_access *access;
  struct intervals parts[INDEX_KEYS_MAX];
  uint32_t parts_count; /* those used: points, then at most one of ranges */
  struct ranges *ranges;
  uint32_t capacity;
};

static bool is_descending(const struct maker *maker, uint32_t part) {
  return maker->access->index && maker->access->index->def.keys[part].descending;
}

static status emit(struct maker *maker, const struct val *equal, uint32_t equal_count,
                   const struct interval *range, struct err *err) {
  struct ranges *ranges = maker->ranges;
  if (ranges->count == RANGES_MAX)
    FAIL(err, LUMA_TOO_LARGE, "the condition asks for more than %d ranges of an index", RANGES_MAX);
  struct index_bounds *bounds = &ranges->items[ranges->count];
  *bounds = (struct index_bounds){.equal_count = equal_count};
  if (equal_count)
    bounds->equal = arena_copy(maker->env->arena, equal, equal_count * sizeof *equal);
  if (equal_count) TRY(plan_check_memory(maker->env->arena, bounds->equal, err));
  if (range) {
    bounds->has_low = range->has_low;
    bounds->has_high = range->has_high;
    bounds->low_open = range->low_open;
    bounds->high_open = range->high_open;
    bounds->low = range->low;
    bounds->high = range->high;
  }
  ranges->count++;
  return LUMA_OK;
}

/** The cross product of the parts' points, with the last part's ranges, in the order of the index.
 */
static status cross(struct maker *maker, uint32_t part, struct val *equal, struct err *err) {
  if (part == maker->parts_count) return emit(maker, equal, part, NULL, err);
  const struct intervals *set = &maker->parts[part];
  for (uint32_t i = 0; i < set->count; i++) {
    const struct interval *item = &set->items[is_descending(maker, part) ? set->count - 1 - i : i];
    if (!set->all_points) {
      TRY(emit(maker, equal, part, item, err));
      continue;
    }
    equal[part] = item->low;
    TRY(cross(maker, part + 1, equal, err));
  }
  return LUMA_OK;
}

static uint64_t count_ranges(const struct maker *maker) {
  uint64_t product = 1;
  for (uint32_t i = 0; i < maker->parts_count && product <= RANGES_MAX; i++)
    product *= maker->parts[i].count;
  return product;
}

static void reverse(struct ranges *ranges) {
  for (uint32_t i = 0; i < ranges->count / 2; i++) {
    struct index_bounds swap = ranges->items[i];
    ranges->items[i] = ranges->items[ranges->count - 1 - i];
    ranges->items[ranges->count - 1 - i] = swap;
  }
}

/** An order with NULLs at the other end: the entries of nulls are read apart, after (ascending) or
 * before (descending) the rest. */
static status split_nulls(struct maker *maker, struct err *err) {
  struct val null = val_null();
  struct interval nulls = {.low = val_missing(), .high = null, .has_low = true, .has_high = true};
  struct interval rest = {.low = null, .has_low = true, .low_open = true};
  bool rest_first = !maker->access->backwards != is_descending(maker, maker->parts_count);
  struct val equal[INDEX_KEYS_MAX];
  for (uint32_t i = 0; i < maker->parts_count; i++)
    if (maker->parts[i].count == 0) return LUMA_OK;
  for (uint32_t i = 0; i < maker->parts_count; i++) equal[i] = maker->parts[i].items[0].low;
  TRY(emit(maker, equal, maker->parts_count, rest_first ? &rest : &nulls, err));
  return emit(maker, equal, maker->parts_count, rest_first ? &nulls : &rest, err);
}

status ranges_make(struct expr_env *env, const struct plan_access *access, struct ranges *ranges,
                   struct err *err) {
  struct maker maker = {.env = env, .access = access, .ranges = ranges};
  struct val equal[INDEX_KEYS_MAX];
  *ranges = (struct ranges){.count = 1};
  if (access->parts_count == 0 && !access->nulls_apart) return LUMA_OK;
  for (uint32_t i = 0; i < access->parts_count; i++) {
    struct intervals *set = &maker.parts[i];
    set->arena = env->arena;
    set->multikey = access->index && access->index->def.multikey;
    set->splits = i < access->points;
    bool is_path = access->index && access->index->def.wildcard.bytes &&
                   i == index_wildcard_at(&access->index->def);
    set->is_collated = access->index && access->index->def.collation.bytes && !is_path;
    set->collation = set->is_collated ? env->collation : NULL;
    TRY(intervals_make(set, env, access, &access->parts[i], err));
    maker.parts_count++;
    if (!set->all_points) break;
  }
  while (maker.parts_count > 1 && count_ranges(&maker) > RANGES_MAX) maker.parts_count--;
  if (count_ranges(&maker) > RANGES_MAX) return LUMA_OK; /* everything: the filter decides */
  ranges->count = 0;
  ranges->items = arena_zalloc(env->arena, count_ranges(&maker) + 2, sizeof *ranges->items);
  TRY(plan_check_memory(env->arena, ranges->items, err));
  if (access->nulls_apart) return split_nulls(&maker, err);
  TRY(cross(&maker, 0, equal, err));
  if (access->backwards) reverse(ranges);
  return LUMA_OK;
}

/* ---- min and max ---- */

static status fold_edge(const struct intervals *set, const struct index_def *def,
                        const struct val *values, const struct val **edge, struct err *err) {
  struct val *folded = arena_alloc(set->arena, def->keys_count * sizeof *folded);
  TRY(plan_check_memory(set->arena, folded, err));
  for (uint32_t i = 0; i < def->keys_count; i++)
    TRY(intervals_fold(set, &values[i], &folded[i], err));
  *edge = folded;
  return LUMA_OK;
}

static bool is_before(const struct index_def *def, const struct val *a, const struct val *b) {
  int order = 0;
  for (uint32_t i = 0; order == 0 && i < def->keys_count; i++) {
    order = val_compare(&a[i], &b[i]);
    if (def->keys[i].descending) order = -order;
  }
  return order < 0;
}

status ranges_edges_make(struct expr_env *env, const struct plan_access *access,
                         struct ranges_edges *edges, struct err *err) {
  enum { WRONG_ORDER = 51175 };
  const struct intervals set = {.arena = env->arena, .collation = env->collation};
  *edges = (struct ranges_edges){access->from, access->to};
  if (!access->index || !access->index->def.collation.bytes || !env->collation) return LUMA_OK;
  const struct index_def *def = &access->index->def;
  if (edges->from) TRY(fold_edge(&set, def, edges->from, &edges->from, err));
  if (edges->to) TRY(fold_edge(&set, def, edges->to, &edges->to, err));
  if (!edges->from || !edges->to || is_before(def, edges->from, edges->to)) return LUMA_OK;
  return mongo_fail(err, WRONG_ORDER,
                    "The value provided for min() does not come before the value provided for "
                    "max() in the hinted index");
}
