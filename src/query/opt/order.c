/* SPDX-License-Identifier: MIT */
/* "read in order": a SORT over one collection is dropped when the way it is read yields its order.
 * Either the index that the FILTER chose goes on with the sort keys behind its equal parts, or,
 * when only the first rows are needed, another index in that order (or the key) is worth reading
 * instead of everything. */
#include "query/opt/access.h"

/** A SORT, its keys over the documents of a SCAN, and what stands between: nodes that keep rows and
 * their order. */
struct chain {
  struct plan sort; /* a copy with the keys as the SCAN sees them */
  struct plan *scan, *filter;
};

/** What a sort key over a PROJECT is over its input; NULL when that is neither an attribute nor
 * what the PROJECT computes. */
static struct expr *see_through(struct opt *opt, const struct plan *project,
                                const struct expr *key) {
  if (key->kind != EXPR_FIELD) return NULL;
  const struct expr *item = project->exprs[key->slot];
  if (item->kind != EXPR_FIELD) return key->path.count ? NULL : project->exprs[key->slot];
  if (item->path.count && key->path.count) return NULL;
  struct expr *seen = arena_copy(opt->arena, item->path.count ? item : key, sizeof *seen);
  if (seen) seen->slot = item->slot;
  return seen;
}

static bool lower_keys(struct opt *opt, const struct plan *project, struct plan *sort) {
  struct plan_sort_key *keys = arena_copy(opt->arena, sort->sort, sort->sort_count * sizeof *keys);
  for (uint32_t i = 0; keys && i < sort->sort_count; i++) {
    keys[i].expr = see_through(opt, project, keys[i].expr);
    if (!keys[i].expr) return false;
  }
  sort->sort = keys;
  return keys != NULL;
}

static bool find_chain(struct opt *opt, const struct plan *sort, struct chain *chain) {
  struct plan *at = sort->input;
  *chain = (struct chain){.sort = *sort};
  for (; at->kind == PLAN_PROJECT; at = at->input)
    if (!lower_keys(opt, at, &chain->sort)) return false;
  if (at->kind == PLAN_FILTER) {
    chain->filter = at;
    at = at->input;
  }
  chain->scan = at->kind == PLAN_SCAN && at->collection ? at : NULL;
  return chain->scan != NULL;
}

/** Equal to exactly one value, whatever it is spelled as: what follows it in the index is then in
 * order. */
static bool is_point(const struct plan_part *part) {
  return part->is_equal && part->values_count == 1 && !part->spread &&
         access_is_point(part->values[0]);
}

/** The attribute a sort key is, in the documents of the scan. */
static const struct path *path_of_key(const struct plan_sort_key *key) {
  const struct expr *expr = key->expr;
  bool fits = expr->kind == EXPR_FIELD && expr->path.count && (!expr->dotted || key->mongo);
  for (uint32_t i = 0; fits && i < expr->path.count; i++) fits = !expr->path.steps[i].is_index;
  return fits ? &expr->path : NULL;
}

static bool is_nulls_first(const struct plan_sort_key *key) {
  return key->nulls_first || (key->descending && !key->nulls_last);
}

/** Whether the order of the entries is the order of the language. MongoDB sorts lists by an extreme
 * element, which is the entry met first in an index of elements; SQL by the whole list, which is
 * the entry in one of values. */
static bool respects_lists(const struct catalog_index *index, const struct plan_sort_key *key,
                           bool lists) {
  return key->mongo == index->def.multikey || (!key->mongo && !lists);
}

/** Whether the sort key is what the index has there: an attribute, or what is `computed`. */
static bool is_sorted_by(const struct plan_sort_key *key, const struct index_key *part,
                         const struct expr *computed) {
  const struct path *path = path_of_key(key);
  if (index_key_is_computed(part)) return computed && expr_is_equal(key->expr, computed);
  return path && !key->expr->key && path_is_equal(path, &part->path);
}

/** Whether `access` yields the order from its part `first` on; sets its direction. */
static bool gives_order(const struct opt *opt, const struct chain *chain, struct expr *const *keys,
                        struct plan_access *access, uint32_t first) {
  const struct plan *sort = &chain->sort;
  const struct index_def *def = &access->index->def;
  bool lists = access_has_lists(opt, chain->scan->collection, access->index);
  if (def->wildcard.bytes) return false; /* documents may lack a path, or have several */
  if (first + sort->sort_count > def->keys_count) return false;
  for (uint32_t i = 0; i < sort->sort_count; i++) {
    const struct plan_sort_key *key = &sort->sort[i];
    bool backwards = key->descending != def->keys[first + i].descending;
    if (!is_sorted_by(key, &def->keys[first + i], keys ? keys[first + i] : NULL) ||
        !respects_lists(access->index, key, lists))
      return false;
    if (i == 0)
      access->backwards = backwards;
    else if (backwards != access->backwards)
      return false;
    /* Entries of nulls come before all others: for the first key they can be read apart, for others
     * not. */
    bool natural = key->mongo || is_nulls_first(key) != key->descending;
    bool bounded = first + i < access->parts_count && !access->parts[first + i].is_null;
    /* Within bounds a list is met at an element that need not be its extreme one. */
    if (lists && first + i < access->parts_count) return false;
    if (i == 0)
      access->nulls_apart = !natural && !bounded;
    else if (!natural && !bounded)
      return false;
  }
  /* Several ranges follow each other in order only on the part that is sorted by. */
  return !access->nulls_apart || access->parts_count == first;
}

/** Equal parts of one value each lead; the sort keys stand behind them. */
static status fits_order(struct opt *opt, const struct chain *chain, struct plan_access *access,
                         bool *fits, struct err *err) {
  struct expr *const *keys = NULL;
  uint32_t points = 0;
  *fits = false;
  if (!access_collates(opt, access->index)) return LUMA_OK;
  if (!access->index || access->with_lists || access->with_missing || access->index->def.sparse)
    return LUMA_OK;
  while (points < access->parts_count && is_point(&access->parts[points])) points++;
  if (points < access->parts_count && points + 1 != access->parts_count) return LUMA_OK;
  TRY(opt__index_keys(opt, access->index, &keys, err));
  *fits = gives_order(opt, chain, keys, access, points);
  return LUMA_OK;
}

/** ORDER BY the key itself: the collection's own order. */
static bool fits_key_order(const struct plan *sort, const struct plan *scan, bool *backwards) {
  const struct plan_sort_key *key = &sort->sort[0];
  const struct path *path = path_of_key(key);
  *backwards = key->descending;
  return sort->sort_count == 1 && path && access_is_key(scan->collection, path, key->expr->key);
}

static status drop_sort(struct opt *opt, struct plan **node, struct plan *scan,
                        const struct plan_access *access, struct err *err) {
  struct plan_physical *physical = NULL;
  TRY(opt__physical(opt, scan, &physical, err));
  struct plan_access *kept = arena_copy(opt->arena, access, sizeof *access);
  TRY(opt__memory(opt, kept, err));
  if (physical->access && !kept->refused_count) {
    kept->refused = physical->access->refused;
    kept->refused_count = physical->access->refused_count;
  }
  kept->is_ordered = true;
  physical->access = kept;
  *node = (*node)->input;
  return LUMA_OK;
}

/** The index already chosen, or the key order. */
static status try_chosen(struct opt *opt, struct plan **node, const struct chain *chain, bool *done,
                         struct err *err) {
  const struct plan_access *chosen = chain->scan->physical ? chain->scan->physical->access : NULL;
  struct plan_access access =
      chosen ? *chosen : (struct plan_access){.rows = access_count(opt, chain->scan->collection)};
  bool backwards = false;
  TRY(fits_order(opt, chain, &access, done, err));
  if (*done) return drop_sort(opt, node, chain->scan, &access, err);
  *done = true;
  bool one_range =
      access.parts_count == 0 || !access.parts[0].is_equal || is_point(&access.parts[0]);
  if (!access.index && !opt->is_collated && !access.branches_count && one_range &&
      fits_key_order(&chain->sort, chain->scan, &backwards)) {
    access.backwards = backwards;
    return drop_sort(opt, node, chain->scan, &access, err);
  }
  *done = false;
  return LUMA_OK;
}

/** Another index in the order, when only the first rows are wanted. */
static status try_others(struct opt *opt, struct plan **node, const struct chain *chain,
                         struct err *err) {
  const struct collection *collection = chain->scan->collection;
  const struct plan_access *chosen = chain->scan->physical ? chain->scan->physical->access : NULL;
  struct asks *asks = arena_zalloc(opt->arena, 1, sizeof *asks);
  TRY(opt__memory(opt, asks, err));
  if (chain->scan->hint || (chosen && chosen->branches_count)) return LUMA_OK;
  if (chosen && chosen->parts_count) return LUMA_OK; /* narrowed: sorting the few is cheap */
  if (chain->filter) TRY(asks_collect(opt, chain->filter->condition, asks, err));
  for (uint32_t i = 0; i < collection->indexes_count; i++) {
    struct plan_access access;
    enum access_refusal refusal = ACCESS_FITS;
    TRY(access_make(opt, collection, &collection->indexes[i], asks, &access, &refusal, err));
    bool usable = refusal == ACCESS_FITS || refusal == ACCESS_NO_CONDITION;
    if (usable) TRY(fits_order(opt, chain, &access, &usable, err));
    if (usable) return drop_sort(opt, node, chain->scan, &access, err);
  }
  return LUMA_OK;
}

static status order_sort(struct opt *opt, struct plan **node, bool only_first, struct err *err) {
  struct chain chain;
  bool done = false;
  if ((*node)->limit || !find_chain(opt, *node, &chain)) return LUMA_OK; /* WITH TIES compares */
  TRY(try_chosen(opt, node, &chain, &done, err));
  return done || !only_first ? LUMA_OK : try_others(opt, node, &chain, err);
}

status opt__order(struct opt *opt, struct plan **node, struct err *err) {
  struct plan **at = node;
  bool only_first = (*node)->kind == PLAN_LIMIT && (*node)->limit;
  if ((*node)->kind == PLAN_SORT) return order_sort(opt, node, false, err);
  if (!only_first) return LUMA_OK;
  at = &(*at)->input;
  while ((*at)->kind == PLAN_PROJECT) at = &(*at)->input;
  return (*at)->kind == PLAN_SORT ? order_sort(opt, at, true, err) : LUMA_OK;
}
