/* SPDX-License-Identifier: MIT */
/* "read in order": a SORT over one collection is dropped when the way it is read yields its order.
 * Either the index that the FILTER chose goes on with the sort keys behind its equal parts, or,
 * when only the first rows are needed, another index in that order (or the key) is worth reading
 * instead of everything. */
#include "query/opt/order.h"

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

static bool find_chain(struct opt *opt, const struct plan *sort, bool only_first,
                       struct chain *chain) {
  struct plan *at = sort->input;
  *chain = (struct chain){.sort = *sort, .only_first = only_first};
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

/** Whether part `nth` of what is read is of this attribute. That of a wildcard index behind its
 * path is of the one path that the access is bound to. */
static bool is_of_path(const struct plan_access *access, uint32_t nth, const struct path *path) {
  const struct index_def *def = &access->index->def;
  uint32_t at = index_wildcard_at(def);
  if (!def->wildcard.bytes || nth < at || nth > at + 1)
    return path_is_equal(path, &def->keys[nth].path);
  return nth == at + 1 && access_wildcard_is_of(access, path);
}

/** Whether the sort key is what the index has there: an attribute, or what is `computed`. */
static bool is_sorted_by(const struct plan_sort_key *key, const struct plan_access *access,
                         uint32_t nth, const struct expr *computed) {
  const struct path *path = path_of_key(key);
  if (index_key_is_computed(&access->index->def.keys[nth]))
    return computed && expr_is_equal(key->expr, computed);
  return path && !key->expr->key && is_of_path(access, nth, path);
}

/** Whether lists may have been met at the part. */
static bool has_lists(const struct opt *opt, const struct chain *chain,
                      const struct plan_access *access, uint32_t nth) {
  const struct index_def *def = &access->index->def;
  bool is_any = def->wildcard.bytes && nth == index_wildcard_at(def) + 1;
  if (is_any) return access_wildcard_has_lists(opt, chain->scan->collection, access);
  return access_part_has_lists(opt, chain->scan->collection, access->index, nth);
}

/** A bound on one attribute within lists says nothing of which of their elements another one is
 * sorted by. */
static bool shares_list(const struct plan_access *access, const struct path *path) {
  const struct path first =
      path ? (struct path){.steps = path->steps, .count = 1} : (struct path){0};
  for (uint32_t i = 0; path && i < access->parts_count; i++)
    if (path_has_prefix(&access->index->def.keys[i].path, &first)) return true;
  return false;
}

/** Whether what the part is bounded to is something. */
static bool excludes_nothing(const struct plan_part *part) {
  const struct expr *ends[] = {part->low, part->high};
  bool is_range = !part->is_equal && !part->is_null && (part->low || part->high);
  for (size_t i = 0; is_range && i < 2; i++)
    is_range = !ends[i] || (ends[i]->kind == EXPR_CONST && !val_is_null(&ends[i]->value) &&
                            ends[i]->value.type != VAL_LIST);
  return is_range || is_point(part);
}

/** Null and what is missing have one place in the order and two in the index, and a list of none,
 * which comes before them, is not told from the latter there. */
static bool tells_nothing_apart(const struct opt *opt, const struct chain *chain,
                                const struct plan_access *access, uint32_t part, bool is_last) {
  const uint8_t all = INDEX_KIND_MISSING | INDEX_KIND_NULL | INDEX_KIND_EMPTY;
  uint8_t kinds = collection_kinds(chain->scan->collection, access->index, part);
  const struct index_def *def = &access->index->def;
  if (def->wildcard.bytes && part == index_wildcard_at(def) + 1) return true; /* it has values */
  if (part < access->parts_count && excludes_nothing(&access->parts[part])) return true;
  if (opt->is_several) kinds = all;
  if (!access->index->def.multikey) kinds &= (uint8_t)~INDEX_KIND_EMPTY;
  if (!(kinds & INDEX_KIND_MISSING)) return true;
  return !(kinds & INDEX_KIND_EMPTY) && (is_last || !(kinds & INDEX_KIND_NULL));
}

/** Whether key `i` of the SORT is part `part` of the index, the way round that the others are. */
static bool is_key_given(const struct opt *opt, const struct chain *chain, struct expr *const *keys,
                         struct plan_access *access, uint32_t i, uint32_t part) {
  bool lists = has_lists(opt, chain, access, part);
  const struct plan_sort_key *key = &chain->sort.sort[i];
  const struct index_key *in_index = &access->index->def.keys[part];
  bool backwards = key->descending != in_index->descending;
  if (!is_sorted_by(key, access, part, keys ? keys[part] : NULL) ||
      !respects_lists(access->index, key, lists))
    return false;
  if (i && backwards != access->backwards) return false;
  access->backwards = backwards;
  /* Entries of nulls come before all others: for the first key they can be read apart, for others
   * not. */
  bool natural = key->mongo || is_nulls_first(key) != key->descending;
  bool bounded = part < access->parts_count && !access->parts[part].is_null;
  if (i == 0) access->nulls_apart = !natural && !bounded;
  /* Within bounds a list is met at an element that need not be its extreme one. */
  if (lists && (part < access->parts_count || shares_list(access, path_of_key(key)))) return false;
  return i == 0 || natural || bounded;
}

/** Entries that are equal in all parts stand in the order of their documents' keys, but in a unique
 * index. Nothing can follow a key. */
static bool is_key_behind(const struct opt *opt, const struct chain *chain,
                          struct plan_access *access, uint32_t i, uint32_t part) {
  const struct plan_sort_key *key = &chain->sort.sort[i];
  const struct path *path = path_of_key(key);
  bool is = part == access->index->def.keys_count && !access->index->def.unique &&
            !opt->is_collated && i + 1 == chain->sort.sort_count && path &&
            access_is_key(chain->scan->collection, path, key->expr->key);
  if (!is) return false;
  if (i == 0) access->nulls_apart = false;
  if (i == 0) access->backwards = key->descending;
  return access->backwards == key->descending;
}

bool order_is_told(const struct opt *opt, const struct plan_access *access) {
  return access->index && access_collates(opt, access->index) && !access->with_lists &&
         !access->with_missing && !access->index->def.sparse && access_is_of_one_path(access);
}

status order_is_given(struct opt *opt, const struct chain *chain, struct plan_access *access,
                      uint32_t first, bool *is, struct err *err) {
  struct expr *const *keys = NULL;
  TRY(opt__index_keys(opt, access->index, &keys, err));
  *is = true;
  for (uint32_t i = 0; *is && i < chain->sort.sort_count; i++) {
    bool is_last = i + 1 == chain->sort.sort_count;
    *is = first + i < access->index->def.keys_count
              ? is_key_given(opt, chain, keys, access, i, first + i) &&
                    tells_nothing_apart(opt, chain, access, first + i, is_last)
              : is_key_behind(opt, chain, access, i, first + i);
  }
  /* Several ranges follow each other in order only on the part that is sorted by. */
  *is = *is && (!access->nulls_apart || access->parts_count == first);
  return LUMA_OK;
}

uint32_t order_points(const struct plan_access *access) {
  uint32_t points = 0;
  while (points < access->parts_count && is_point(&access->parts[points])) points++;
  return points;
}

/** Of a list the sort key is an extreme element, whatever it is bounded to. */
static bool is_fixed(const struct opt *opt, const struct chain *chain,
                     const struct plan_sort_key *key, const struct plan_access *access,
                     uint32_t points) {
  const struct path *path = path_of_key(key);
  for (uint32_t i = 0; path && !key->expr->key && i < points; i++)
    if (is_of_path(access, i, path)) return !has_lists(opt, chain, access, i);
  return false;
}

/** Without the keys that have one value in all that is read. */
static status drop_fixed(struct opt *opt, struct chain *chain, const struct plan_access *access,
                         struct err *err) {
  uint32_t points = order_points(access), kept = 0;
  struct plan_sort_key *keys = NULL;
  if (!points) return LUMA_OK;
  keys = arena_alloc(opt->arena, chain->sort.sort_count * sizeof *keys);
  TRY(opt__memory(opt, keys, err));
  for (uint32_t i = 0; i < chain->sort.sort_count; i++)
    if (!is_fixed(opt, chain, &chain->sort.sort[i], access, points))
      keys[kept++] = chain->sort.sort[i];
  chain->sort.sort = keys;
  chain->sort.sort_count = kept;
  return LUMA_OK;
}

/** Equal parts of one value each lead; the sort keys stand behind them. What is one of several
 * values is read value by value, and merged. */
static status fits_order(struct opt *opt, const struct chain *chain, struct plan_access *access,
                         bool *fits, struct err *err) {
  struct chain rest = *chain;
  *fits = order_is_told(opt, access);
  if (!*fits) return LUMA_OK;
  TRY(drop_fixed(opt, &rest, access, err));
  TRY(order_is_given(opt, &rest, access, order_points(access), fits, err));
  return *fits ? LUMA_OK : order_explode(opt, &rest, access, fits, err);
}

bool order_is_of_key(const struct plan *sort, const struct plan *scan, bool *backwards) {
  const struct plan_sort_key *key = &sort->sort[0];
  const struct path *path = path_of_key(key);
  *backwards = key->descending;
  return sort->sort_count == 1 && path && access_is_key(scan->collection, path, key->expr->key);
}

static status keep_rejected(struct opt *opt, const struct plan_access *before,
                            struct plan_access *kept, struct err *err) {
  struct plan_access *ways = arena_alloc(opt->arena, (before->rejected_count + 1u) * sizeof *ways);
  TRY(opt__memory(opt, ways, err));
  kept->rejected_count = 0;
  kept->rejected = ways;
  if (before->index && before->index != kept->index && !before->branches_count)
    ways[kept->rejected_count++] = *before;
  for (uint32_t i = 0; i < before->rejected_count; i++)
    if (!kept->index || before->rejected[i].index != kept->index)
      ways[kept->rejected_count++] = before->rejected[i];
  return LUMA_OK;
}

/** Why the others were not chosen: what was chosen before is one of them, and no longer is what is
 * chosen now. */
static status keep_refused(struct opt *opt, const struct plan_access *before,
                           struct plan_access *kept, struct err *err) {
  uint32_t count = before->refused_count;
  struct slice *lines = arena_alloc(opt->arena, (count + 2u) * sizeof *lines);
  TRY(opt__memory(opt, lines, err));
  kept->refused_count = 0;
  kept->refused = lines;
  TRY(keep_rejected(opt, before, kept, err));
  if (before->index && before->index != kept->index && !before->branches_count)
    TRY(access_note_refusal(opt, kept, before->index, ACCESS_NO_ORDER, err));
  for (uint32_t i = 0; i < count; i++)
    if (!kept->index || !access_refuses(before->refused[i], kept->index))
      lines[kept->refused_count++] = before->refused[i];
  return LUMA_OK;
}

static status drop_sort(struct opt *opt, struct plan **node, struct plan *scan,
                        const struct plan_access *access, struct err *err) {
  struct plan_physical *physical = NULL;
  TRY(opt__physical(opt, scan, &physical, err));
  struct plan_access *kept = arena_copy(opt->arena, access, sizeof *access);
  TRY(opt__memory(opt, kept, err));
  if (opt->is_explained && physical->access) TRY(keep_refused(opt, physical->access, kept, err));
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
      order_is_of_key(&chain->sort, chain->scan, &backwards)) {
    access.backwards = backwards;
    return drop_sort(opt, node, chain->scan, &access, err);
  }
  *done = false;
  return LUMA_OK;
}

bool order_is_worth(const struct chain *chain, double ordered, double cost) {
  static const double first_rows = 10;
  return ordered <= cost * (chain->only_first ? first_rows : 1);
}

/** Another index in the order: one that narrows as well as the chosen one does or, when only the
 * first rows are wanted, any. */
static status try_others(struct opt *opt, struct plan **node, const struct chain *chain,
                         struct err *err) {
  const struct collection *collection = chain->scan->collection;
  const struct plan_access *chosen = chain->scan->physical ? chain->scan->physical->access : NULL;
  struct asks *asks = arena_zalloc(opt->arena, 1, sizeof *asks);
  TRY(opt__memory(opt, asks, err));
  bool is_narrowed = chosen && chosen->parts_count; /* sorting the few is cheap */
  if (chain->scan->hint || (chosen && chosen->branches_count)) return LUMA_OK;
  if (!is_narrowed && !chain->only_first) return LUMA_OK;
  if (chain->filter) TRY(asks_collect(opt, chain->filter->condition, asks, err));
  for (uint32_t i = 0; i < collection->indexes_count; i++) {
    struct plan_access access;
    enum access_refusal refusal = ACCESS_FITS;
    TRY(access_make(opt, collection, &collection->indexes[i], asks, &access, &refusal, err));
    bool usable = refusal == ACCESS_FITS || (refusal == ACCESS_NO_CONDITION && !is_narrowed);
    if (is_narrowed && usable) access_probe(opt, collection, &access);
    if (is_narrowed) usable &= order_is_worth(chain, access.cost, chosen->cost);
    if (usable) TRY(fits_order(opt, chain, &access, &usable, err));
    if (usable) return drop_sort(opt, node, chain->scan, &access, err);
  }
  return LUMA_OK;
}

/** A union, whose branches may each be read in the order by another index than the cheapest. */
static status try_union(struct opt *opt, struct plan **node, const struct chain *chain, bool *done,
                        struct err *err) {
  const struct plan_access *chosen = chain->scan->physical ? chain->scan->physical->access : NULL;
  struct plan_access access;
  *done = false;
  if (!chosen || !chosen->branches_count || !chain->filter) return LUMA_OK;
  TRY(order_unite(opt, chain, chosen, &access, done, err));
  return *done ? drop_sort(opt, node, chain->scan, &access, err) : LUMA_OK;
}

static status order_sort(struct opt *opt, struct plan **node, bool only_first, struct err *err) {
  struct chain chain;
  bool done = false;
  if ((*node)->limit || !find_chain(opt, *node, only_first, &chain))
    return LUMA_OK; /* WITH TIES compares */
  TRY(try_chosen(opt, node, &chain, &done, err));
  if (!done) TRY(try_union(opt, node, &chain, &done, err));
  return done ? LUMA_OK : try_others(opt, node, &chain, err);
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
