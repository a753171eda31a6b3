/* SPDX-License-Identifier: MIT */
/* An order behind parts that are one of several values: `a IN (1, 2) ORDER BY b` by an index of a
 * and b is read as two ranges, each in the order of b, that are merged. A disjunction, whose
 * alternatives are ranges of indexes of their own, is merged so, too. */
#include <stdlib.h>

#include "query/opt/order.h"
#include "value/order/order.h"

/* A cursor stands in each range, as in MongoDB's internalQueryMaxScansToExplode. */
enum { EXPLODED_MAX = 200 };

/* ---- values ---- */

struct exploding {
  struct opt *opt;
  const struct plan_access *access;
  struct expr **values[INDEX_KEYS_MAX]; /* of each part; NULL: it stays as it is */
  uint32_t counts[INDEX_KEYS_MAX];
  uint32_t points;
  struct plan_access *out;
  uint32_t out_count;
};

/** MongoDB's equality with anything but a pattern is some points; SQL's with what nothing else
 * spells. */
static bool is_value(const struct val *value, bool mongo) {
  return mongo ? value->type != VAL_REGEX : val_is_number(value) || value->type == VAL_BOOL;
}

static uint32_t count_values(const struct plan_part *part) {
  const struct expr *first = part->is_equal && part->values_count ? part->values[0] : NULL;
  if (part->is_null) return part->mongo;
  if (!first || part->also) return 0;
  if (part->spread) {
    bool is_list =
        part->values_count == 1 && first->kind == EXPR_CONST && first->value.type == VAL_LIST;
    uint32_t count = is_list ? val_count(&first->value) : 0;
    for (uint32_t i = 0; i < count; i++) {
      struct val element = val_at(&first->value, i);
      if (!is_value(&element, part->mongo)) return 0;
    }
    return count;
  }
  for (uint32_t i = 0; i < part->values_count; i++) {
    const struct expr *value = part->values[i];
    bool is = value->kind == EXPR_CONST && is_value(&value->value, part->mongo);
    if (!is && !access_is_point(value)) return 0;
  }
  return part->values_count;
}

static int compare_values(const void *a, const void *b) {
  const struct expr *const *left = a, *const *right = b;
  return val_compare(&(*left)->value, &(*right)->value);
}

/** In order, each once. */
static uint32_t sort_values(struct expr **values, uint32_t count) {
  uint32_t kept = 0;
  if (count) qsort(values, count, sizeof(struct expr *), compare_values);
  for (uint32_t i = 0; i < count; i++)
    if (!kept || compare_values(&values[kept - 1], &values[i]) != 0) values[kept++] = values[i];
  return kept;
}

static status take_values(struct exploding *all, uint32_t nth, struct err *err) {
  const struct plan_part *part = &all->access->parts[nth];
  uint32_t count = count_values(part);
  all->counts[nth] = 1;
  if (part->is_null) return LUMA_OK;
  struct expr **values = arena_alloc(all->opt->arena, (count + 1u) * sizeof *values);
  TRY(opt__memory(all->opt, values, err));
  for (uint32_t i = 0; i < count; i++) {
    values[i] = part->values[part->spread ? 0 : i];
    if (!part->spread) continue;
    values[i] = arena_copy(all->opt->arena, part->values[0], sizeof **values);
    TRY(opt__memory(all->opt, values[i], err));
    values[i]->value = val_at(&part->values[0]->value, i);
  }
  all->values[nth] = values;
  all->counts[nth] = sort_values(values, count);
  return LUMA_OK;
}

/* ---- ranges ---- */

/** One value of each part, for each choice of them. */
static status cross(struct exploding *all, struct plan_part *parts, uint32_t nth, struct err *err) {
  const struct plan_access *access = all->access;
  if (nth < all->points) {
    for (uint32_t i = 0; i < all->counts[nth]; i++) {
      parts[nth] = access->parts[nth];
      if (all->values[nth]) {
        parts[nth].values = &all->values[nth][i];
        parts[nth].values_count = 1;
        parts[nth].spread = false;
      }
      TRY(cross(all, parts, nth + 1, err));
    }
    return LUMA_OK;
  }
  struct plan_part *copy = arena_copy(all->opt->arena, parts, access->parts_count * sizeof *parts);
  TRY(opt__memory(all->opt, copy, err));
  all->out[all->out_count] = *access;
  all->out[all->out_count].parts = copy;
  all->out[all->out_count].points = all->points;
  all->out[all->out_count].refused_count = 0;
  all->out_count++;
  return LUMA_OK;
}

/** The ranges that the first `points` parts of `access` are, each of one value of each. */
static status explode(struct exploding *all, struct err *err) {
  const struct plan_access *access = all->access;
  uint64_t count = 1;
  for (uint32_t i = 0; i < all->points; i++) {
    TRY(take_values(all, i, err));
    count *= all->counts[i];
  }
  struct plan_part *parts =
      arena_copy(all->opt->arena, access->parts, access->parts_count * sizeof *parts);
  all->out = arena_zalloc(all->opt->arena, count + 1, sizeof *all->out);
  TRY(opt__memory(all->opt, parts ? all->out : NULL, err));
  TRY(cross(all, parts, 0, err));
  for (uint32_t i = 0; i < all->out_count; i++) {
    all->out[i].rows = access->rows / all->out_count;
    all->out[i].cost = access->cost / all->out_count;
  }
  return LUMA_OK;
}

/** How many leading parts must be taken value by value for the order to stand behind them; 0: none
 * will do. */
static status find_points(struct opt *opt, const struct chain *chain, struct plan_access *access,
                          uint32_t *points, struct err *err) {
  uint64_t count = 1;
  *points = 0;
  for (uint32_t i = 0; i < access->parts_count; i++) {
    bool is = false;
    count *= count_values(&access->parts[i]);
    if (count == 0 || count > EXPLODED_MAX) return LUMA_OK;
    TRY(order_is_given(opt, chain, access, i + 1, &is, err));
    if (!is || access->nulls_apart) continue;
    *points = i + 1;
    return LUMA_OK;
  }
  return LUMA_OK;
}

static void merge(const struct chain *chain, struct plan_access *access,
                  struct plan_access *branches, uint32_t count) {
  access->branches = branches;
  access->branches_count = count;
  access->merges = true;
  access->order = chain->sort.sort;
  access->order_count = chain->sort.sort_count;
}

status order_explode(struct opt *opt, const struct chain *chain, struct plan_access *access,
                     bool *fits, struct err *err) {
  struct exploding all = {.opt = opt, .access = access};
  *fits = false;
  TRY(find_points(opt, chain, access, &all.points, err));
  if (!all.points) return LUMA_OK;
  TRY(explode(&all, err));
  *fits = true;
  bool is_one = all.out_count == 1 && order_points(&all.out[0]) >= all.points;
  if (is_one)
    *access = all.out[0];
  else
    merge(chain, access, all.out, all.out_count);
  return LUMA_OK;
}

/* ---- unions ---- */

struct uniting {
  struct opt *opt;
  const struct chain *chain;
  struct plan_access *branches; /* of all alternatives so far */
  uint32_t count;
  double cost, rows;
};

static bool add_branches(struct uniting *all, const struct plan_access *access) {
  bool is_exploded = access->merges;
  uint32_t count = is_exploded ? access->branches_count : 1;
  if (all->count + count > EXPLODED_MAX) return false;
  for (uint32_t i = 0; i < count; i++)
    all->branches[all->count++] = is_exploded ? access->branches[i] : *access;
  all->cost += access->cost;
  all->rows += access->rows;
  return true;
}

/** Whether the way yields the order, whole or exploded. */
static status is_in_order(struct uniting *all, struct plan_access *way, bool *is, struct err *err) {
  *is = order_is_told(all->opt, way);
  if (!*is) return LUMA_OK;
  way->points = order_points(way);
  TRY(order_is_given(all->opt, all->chain, way, way->points, is, err));
  if (*is && !way->nulls_apart) return LUMA_OK;
  return order_explode(all->opt, all->chain, way, is, err);
}

/** Reading by the key, where the order is its own. */
static status find_by_key(const struct uniting *all, const struct asks *asks,
                          struct plan_access *best, bool *found, struct err *err) {
  const struct chain *chain = all->chain;
  enum access_refusal refusal = ACCESS_FITS;
  bool backwards = false;
  *found = !all->opt->is_collated && order_is_of_key(&chain->sort, chain->scan, &backwards);
  if (!*found) return LUMA_OK;
  TRY(access_make(all->opt, chain->scan->collection, NULL, asks, best, &refusal, err));
  best->backwards = backwards;
  *found = refusal == ACCESS_FITS && best->parts_count > 0;
  return LUMA_OK;
}

/** The cheapest way to read an alternative in the order. */
static status add_alternative(void *context, struct asks *asks, bool *fits, struct err *err) {
  struct uniting *all = context;
  const struct collection *collection = all->chain->scan->collection;
  struct plan_access best;
  bool found = false;
  TRY(find_by_key(all, asks, &best, &found, err));
  for (uint32_t i = 0; i < collection->indexes_count; i++) {
    struct plan_access way;
    enum access_refusal refusal = ACCESS_FITS;
    bool is = false;
    TRY(access_make(all->opt, collection, &collection->indexes[i], asks, &way, &refusal, err));
    if (refusal != ACCESS_FITS || !way.parts_count) continue;
    access_probe(all->opt, collection, &way);
    if (found && best.cost <= way.cost) continue;
    TRY(is_in_order(all, &way, &is, err));
    if (!is) continue;
    best = way;
    found = true;
  }
  *fits = found && add_branches(all, &best);
  return LUMA_OK;
}

/** Where all alternatives are of the key it is read as one. */
static bool has_index(const struct uniting *all) {
  for (uint32_t i = 0; i < all->count; i++)
    if (all->branches[i].index) return true;
  return false;
}

status order_unite(struct opt *opt, const struct chain *chain, const struct plan_access *chosen,
                   struct plan_access *access, bool *fits, struct err *err) {
  struct uniting all = {.opt = opt, .chain = chain};
  *access = *chosen;
  all.branches = arena_alloc(opt->arena, EXPLODED_MAX * sizeof *all.branches);
  TRY(opt__memory(opt, all.branches, err));
  TRY(access_each_alternative(opt, chain->filter->condition, add_alternative, &all, fits, err));
  *fits = *fits && has_index(&all) && order_is_worth(chain, all.cost, chosen->cost);
  if (!*fits) return LUMA_OK;
  access->cost = all.cost;
  access->rows = all.rows < chosen->rows ? all.rows : chosen->rows;
  merge(chain, access, all.branches, all.count);
  return LUMA_OK;
}
