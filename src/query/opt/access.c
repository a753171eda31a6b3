/* SPDX-License-Identifier: MIT */
/* "choose an index": for a FILTER over a SCAN, the key or the index that reads least. The FILTER
 * stays: what is read may be more than what it keeps, and never less. */
#include "query/opt/access.h"

#include <math.h>

#include "base/core/assert.h"
#include "model/model.h"
#include "query/func/compare.h"
#include "query/opt/implies.h"

/* Costs are in documents read in sequence. Fetching a document by key from an index entry is
 * several times that. */
static const double cost_fetch = 4, cost_range = 8, cost_by_key = 1.5;
static const double share_equal = 0.01, share_half = 0.2, share_range = 0.1, share_null = 0.1;
static const double rows_unknown = 100000;
/* A plan outlives the moment at which a collection is small. */
static const double rows_least = 1000;

double access_count(const struct opt *opt, const struct collection *collection) {
  double count = opt->txn ? (double)model_estimate_count(opt->txn, collection) : rows_unknown;
  return count < rows_least ? rows_least : count;
}

bool access_is_key(const struct collection *collection, const struct path *path, bool is_alias) {
  if (path->count != 1) return false;
  if (slice_is_equal(path->steps[0].name, slice_of_text("_id"))) return true;
  return is_alias && slice_is_equal(path->steps[0].name, slice_of_text("id")) &&
         !collection_has_own_id(collection);
}

bool access_has_lists(const struct opt *opt, const struct collection *collection,
                      const struct catalog_index *index) {
  return index->def.multikey && (opt->is_several || collection_has_lists(collection, index));
}

bool access_is_point(const struct expr *expr) {
  static const enum val_type types[] = {VAL_ULID, VAL_UUID, VAL_OBJECTID, VAL_TIMESTAMP};
  const struct val *value = &expr->value;
  struct val read;
  if (expr->kind != EXPR_CONST) return false;
  for (size_t i = 0; value->type == VAL_TEXT && i < sizeof types / sizeof types[0]; i++)
    if (compare_read_text(val_slice(value), types[i], &read)) return false;
  return val_is_number(value) || value->type == VAL_BOOL || value->type == VAL_TEXT;
}

bool access_part_has_lists(const struct opt *opt, const struct collection *collection,
                           const struct catalog_index *index, uint32_t part) {
  return index->def.multikey &&
         (opt->is_several || collection_part_has_lists(collection, index, part));
}

/* ---- partial indexes ---- */

/** Whether the index has every document that is asked for. */
static status has_all(struct opt *opt, const struct catalog_index *index, const struct asks *asks,
                      bool *has, struct err *err) {
  struct expr *filter = NULL;
  *has = true;
  if (!index || !catalog_index_is_partial(index)) return LUMA_OK;
  *has = false;
  if (!asks->condition && !asks->also && !asks->also_match) return LUMA_OK;
  TRY(opt__index_condition(opt, index, &filter, err));
  if (!filter) return LUMA_OK;
  *has = (asks->condition && implies_condition(asks->condition, filter)) ||
         (asks->also && implies_condition(asks->also, filter)) ||
         (asks->also_match && implies_match(asks->also_match, filter));
  return LUMA_OK;
}

/* ---- from asks to parts ---- */

struct making {
  struct opt *opt;
  const struct collection *collection;
  const struct catalog_index *index;
  struct expr *const *keys; /* of the index: expressions; NULL: paths alone */
  const struct asks *asks;
  struct plan_access *access;
  bool has_lists; /* an ask was passed over because lists make it unsafe */
  bool is_other;  /* … because its texts are compared otherwise */
};

static bool is_about(const struct making *making, const struct ask *ask, uint32_t part) {
  if (!making->index) return access_is_key(making->collection, &ask->path, ask->is_key);
  if (ask->computed || (making->keys && making->keys[part]))
    return making->keys && ask->computed && expr_is_equal(ask->computed, making->keys[part]);
  /* An index of `id` has the attributes of that name, and not the keys that go by it. */
  return !ask->is_key && path_is_equal(&ask->path, &making->index->def.keys[part].path);
}

bool access_collates(const struct opt *opt, const struct catalog_index *index) {
  return slice_is_equal(index ? index->def.collation : slice_of(NULL, 0), opt->collation);
}

bool access_is_plain(const struct val *value) {
  return value->type != VAL_TEXT && value->type != VAL_LIST && value->type != VAL_MAP;
}

/** A value that is the same in each collation, and stands for no texts. */
static bool is_uncollated(const struct expr *value) {
  return !value || (value->kind == EXPR_CONST && access_is_plain(&value->value) &&
                    value->value.type != VAL_REGEX);
}

bool access_is_uncollated(const struct ask *ask) {
  bool is_plain = is_uncollated(ask->low) && is_uncollated(ask->high) && ask->kind != ASK_PREFIX;
  for (uint32_t i = 0; i < ask->values_count && is_plain; i++) {
    const struct expr *value = ask->values[i];
    bool is_list = ask->spread && value->kind == EXPR_CONST && value->value.type == VAL_LIST;
    is_plain = is_list || is_uncollated(value);
    for (uint32_t e = 0; is_list && is_plain && e < val_count(&value->value); e++) {
      struct val element = val_at(&value->value, e);
      is_plain = access_is_plain(&element) && element.type != VAL_REGEX;
    }
  }
  return is_plain;
}

/** Whether entries of the index show all documents that the ask is true of. */
static bool is_safe(const struct making *making, const struct ask *ask) {
  if (!making->index) return ask->kind != ASK_NULL;
  if ((ask->kind == ASK_NULL || ask->may_be_missing) && making->index->def.sparse) return false;
  if (ask->kind == ASK_PREFIX && making->index->def.collation.bytes) return false;
  bool nested = ask->path.count > 1;
  /* Read strictly, a path through a list is null; an index of the elements has no entry that says
   * so. */
  return ask->mongo || !making->index->def.multikey || ask->kind != ASK_NULL || !nested;
}

static const struct ask *find_ask(struct making *making, uint32_t part, enum ask_kind kind,
                                  bool wants_low) {
  for (uint32_t i = 0; i < making->asks->count; i++) {
    const struct ask *ask = &making->asks->items[i];
    if (ask->kind != kind || !is_about(making, ask, part)) continue;
    if (kind == ASK_RANGE && !(wants_low ? ask->low : ask->high)) continue;
    bool is_right = access_collates(making->opt, making->index) || access_is_uncollated(ask);
    if (is_right && is_safe(making, ask)) return ask;
    making->has_lists |= is_right;
    making->is_other |= !is_right;
  }
  return NULL;
}

static bool is_one(const struct ask *ask) {
  return ask->values_count == 1 && !ask->spread && access_is_point(ask->values[0]);
}

/** Another value that a list must hold: entries of one value stand in the order of keys, so that
 * those of two are compared in passing. */
static struct expr *find_also(const struct making *making, const struct ask *equal) {
  const struct index_def *def = making->index ? &making->index->def : NULL;
  if (!def || !def->multikey || def->collation.bytes || def->unique || def->keys_count != 1 ||
      !is_one(equal))
    return NULL;
  for (uint32_t i = 0; i < making->asks->count; i++) {
    const struct ask *ask = &making->asks->items[i];
    if (ask != equal && ask->kind == ASK_EQUAL && is_about(making, ask, 0) && is_one(ask))
      return ask->values[0];
  }
  return NULL;
}

static void use_equal(const struct making *making, struct plan_part *part, const struct ask *ask) {
  *part = (struct plan_part){.is_equal = true,
                             .spread = ask->spread,
                             .mongo = ask->mongo,
                             .values = ask->values,
                             .values_count = ask->values_count,
                             .also = find_also(making, ask)};
}

/** Two ends from two asks bound one value; in a list of MongoDB's one element may satisfy the one
 * and another the other. */
static bool may_combine(const struct making *making, uint32_t part, const struct ask *low,
                        const struct ask *high) {
  bool lists =
      making->index && access_part_has_lists(making->opt, making->collection, making->index, part);
  return low == high || !lists || (!low->mongo && !high->mongo);
}

static void use_range(const struct making *making, uint32_t nth, struct plan_part *part,
                      const struct ask *low, const struct ask *high) {
  if (low && high && !may_combine(making, nth, low, high)) high = NULL;
  *part = (struct plan_part){0};
  if (high) {
    part->mongo = high->mongo;
    part->high = high->high;
    part->high_open = high->high_open;
  }
  if (low) {
    part->mongo = low->mongo;
    part->low = low->low;
    part->low_open = low->low_open;
  }
}

/** The narrowest of what is asked of one part; false when nothing is. */
static bool make_part(struct making *making, uint32_t nth, struct plan_part *part) {
  const struct ask *equal = find_ask(making, nth, ASK_EQUAL, false);
  if (equal) {
    use_equal(making, part, equal);
    return true;
  }
  const struct ask *prefix = find_ask(making, nth, ASK_PREFIX, false),
                   *null = find_ask(making, nth, ASK_NULL, false);
  if (prefix) {
    *part = (struct plan_part){.prefix = true, .mongo = prefix->mongo, .low = prefix->values[0]};
    if (prefix->values_count > 1) part->high = prefix->values[1];
    return true;
  }
  if (null) {
    *part = (struct plan_part){.is_null = true, .mongo = null->mongo};
    return true;
  }
  const struct ask *low = find_ask(making, nth, ASK_RANGE, true),
                   *high = find_ask(making, nth, ASK_RANGE, false);
  if (low || high) use_range(making, nth, part, low, high);
  return low || high;
}

/** There are two truths: one of them is no rare value. */
static bool is_truth(const struct plan_part *part) {
  return part->values_count == 1 && part->values[0]->kind == EXPR_CONST &&
         part->values[0]->value.type == VAL_BOOL;
}

/** Whether some of what the part is equal to are patterns; `*share`: of all documents that they may
 * match. */
static bool has_patterns(const struct plan_part *part, double *share) {
  const struct expr *first = part->is_equal && part->mongo && part->values_count == 1 &&
                                     part->values[0]->kind == EXPR_CONST
                                 ? part->values[0]
                                 : NULL;
  bool is_list = first && part->spread && first->value.type == VAL_LIST;
  uint32_t count = is_list ? val_count(&first->value) : first != NULL;
  *share = 0;
  for (uint32_t i = 0; i < count; i++) {
    struct val value = is_list ? val_at(&first->value, i) : first->value;
    if (value.type == VAL_REGEX) *share += asks_share_of_regex(&value);
  }
  return *share > 0;
}

static double share_of(const struct plan_part *part) {
  double of_patterns = 0;
  if (has_patterns(part, &of_patterns)) return fmin(of_patterns + share_equal, 1);
  if (part->is_equal)
    return (is_truth(part) ? share_half : share_equal) *
           (part->values_count ? part->values_count : 1) * (part->spread ? 4 : 1);
  if (part->is_null) return share_null;
  return part->prefix || (part->low && part->high) ? share_range : share_half;
}

static void estimate(struct making *making) {
  struct plan_access *access = making->access;
  double count = access_count(making->opt, making->collection), share = 1, ranges = 1, several = 0;
  bool all_equal = access->parts_count > 0;
  for (uint32_t i = 0; i < access->parts_count; i++) {
    share *= share_of(&access->parts[i]);
    all_equal =
        all_equal && access->parts[i].is_equal && !has_patterns(&access->parts[i], &several);
    if (access->parts[i].is_equal && !access->parts[i].spread)
      ranges *= access->parts[i].values_count;
  }
  bool is_unique =
      all_equal && (!making->index || (making->index->def.unique &&
                                       access->parts_count == making->index->def.keys_count));
  access->rows = is_unique ? fmin(ranges, count) : fmin(count * fmin(share, 1), count);
  double each = making->index ? cost_fetch : access->parts_count ? cost_by_key : 1;
  access->cost = access->rows * each + (access->parts_count ? ranges * cost_range : 0);
}

/** What the scan must read besides, because the predicates look into lists and the entries do not.
 */
static void add_lists(struct making *making) {
  struct plan_access *access = making->access;
  for (uint32_t i = 0; making->index && !making->index->def.multikey && i < access->parts_count;
       i++) {
    if (!access->parts[i].mongo) continue;
    access->with_lists = true;
    access->with_missing |= making->index->def.keys[i].path.count > 1;
  }
}

/** It never has all documents: without a bound it cannot be read instead of them. */
static status make_wildcard(struct making *making, enum access_refusal *refusal, struct err *err) {
  static const double cost_of_paths = 1.2; /* another index of the attribute alone comes first */
  struct plan_access *access = making->access;
  double share = 1, count = access_count(making->opt, making->collection);
  bool has = true;
  TRY(has_all(making->opt, making->index, making->asks, &has, err));
  uint32_t at = index_wildcard_at(&making->index->def), prefix = 0;
  while (prefix < at && make_part(making, prefix, &access->parts[prefix]) &&
         access->parts[prefix].is_equal)
    share *= share_of(&access->parts[prefix++]);
  access->parts_count = 0;
  if (prefix == at)
    TRY(access_make_wildcard(making->opt, making->collection, making->index, making->asks, access,
                             &share, err));
  if (!has)
    *refusal = ACCESS_PARTIAL;
  else if (access->parts_count == 0)
    *refusal = ACCESS_NO_PATH;
  access->rows = count * fmin(share, 1);
  access->cost = cost_of_paths * access->rows * cost_fetch + cost_range;
  return LUMA_OK;
}

status access_make(struct opt *opt, const struct collection *collection,
                   const struct catalog_index *index, const struct asks *asks,
                   struct plan_access *access, enum access_refusal *refusal, struct err *err) {
  struct making making = {
      .opt = opt, .collection = collection, .index = index, .asks = asks, .access = access};
  uint32_t keys_count = index ? index->def.keys_count : 1;
  TRY(opt__index_keys(opt, index, &making.keys, err));
  *access = (struct plan_access){.index = index};
  *refusal = ACCESS_FITS;
  if (index && (index->hidden || index->state != CATALOG_INDEX_PUBLIC)) {
    *refusal = index->hidden ? ACCESS_HIDDEN : ACCESS_NOT_READY;
    return LUMA_OK;
  }
  access->parts = arena_zalloc(opt->arena, keys_count, sizeof *access->parts);
  TRY(opt__memory(opt, access->parts, err));
  for (uint32_t i = 0; i < keys_count && !(index && index->def.wildcard.bytes); i++) {
    if (!make_part(&making, i, &access->parts[i])) break;
    access->parts_count++;
    if (!access->parts[i].is_equal) break;
  }
  add_lists(&making);
  if (index && index->def.wildcard.bytes) return make_wildcard(&making, refusal, err);
  bool reads_nulls = access->with_missing || access->parts_count == 0, has = true;
  TRY(has_all(opt, index, asks, &has, err));
  if (!has)
    *refusal = ACCESS_PARTIAL;
  else if (index && index->def.sparse && reads_nulls)
    *refusal = ACCESS_SPARSE;
  else if (access->parts_count == 0)
    *refusal = making.is_other    ? ACCESS_COLLATION
               : making.has_lists ? ACCESS_LISTS
                                  : ACCESS_NO_CONDITION;
  estimate(&making);
  return LUMA_OK;
}

/* ---- the choice ---- */

static void name_refused(const struct catalog_index *index, struct buf *line) {
  buf_append_format(line, "index %.*s: ", SLICE_ARG(index->name));
}

bool access_refuses(struct slice line, const struct catalog_index *index) {
  struct buf name;
  buf_init(&name, 1024);
  name_refused(index, &name);
  bool is = slice_has_prefix(line, buf_slice(&name));
  buf_deinit(&name);
  return is;
}

static status note_refusal(struct opt *opt, struct plan_access *chosen,
                           const struct catalog_index *index, enum access_refusal refusal,
                           double cost, double best, struct err *err) {
  static const char *const reasons[] = {
      [ACCESS_NOT_READY] = "it is still being built",
      [ACCESS_NO_CONDITION] = "no condition bounds its first attribute",
      [ACCESS_LISTS] = "it indexes the elements of lists, the condition looks at whole values",
      [ACCESS_SPARSE] = "it is sparse and lacks documents that the condition may keep",
      [ACCESS_HIDDEN] = "it is hidden",
      [ACCESS_COLLATION] = "it has texts by another collation than the statement compares by",
      [ACCESS_NO_PATH] = "no condition asks for a value at a path that it has",
      [ACCESS_PARTIAL] = "it is partial, and the condition does not say that its own holds",
      [ACCESS_NO_ORDER] = "what it finds does not come in the order that is asked for",
  };
  struct buf line;
  buf_init(&line, 1024);
  if (index)
    name_refused(index, &line);
  else
    buf_append_text(&line, "the key: ");
  if (refusal == ACCESS_COSTLIER)
    buf_append_format(&line, "cost ~%.0f, chosen ~%.0f", cost, best);
  else
    buf_append_text(&line, reasons[refusal]);
  void *copy = line.bytes ? arena_copy(opt->arena, line.data, line.bytes) : NULL;
  chosen->refused[chosen->refused_count++] = slice_of(copy, line.bytes);
  buf_deinit(&line);
  return opt__memory(opt, copy, err);
}

status access_note_refusal(struct opt *opt, struct plan_access *chosen,
                           const struct catalog_index *index, enum access_refusal refusal,
                           struct err *err) {
  return note_refusal(opt, chosen, index, refusal, 0, 0, err);
}

/** All ways: [0] everything, [1] by key, then the indexes. */
struct ways {
  struct plan_access items[CATALOG_INDEXES_MAX + 2];
  enum access_refusal refusals[CATALOG_INDEXES_MAX + 2];
  uint32_t count, best;
};

static const struct catalog_index *index_of(const struct collection *collection, uint32_t way) {
  return way >= 2 ? &collection->indexes[way - 2] : NULL;
}

static status weigh(struct opt *opt, const struct collection *collection, const struct asks *asks,
                    struct ways *ways, struct err *err) {
  const struct asks nothing = {0};
  ways->best = 0;
  ways->count = collection->indexes_count + 2;
  for (uint32_t i = 0; i < ways->count; i++) {
    const struct asks *asked = i == 0 ? &nothing : asks;
    TRY(access_make(opt, collection, index_of(collection, i), asked, &ways->items[i],
                    &ways->refusals[i], err));
    if (i == 0) ways->refusals[i] = ACCESS_FITS;
    bool fits = ways->refusals[i] == ACCESS_FITS;
    if (fits && ways->items[i].cost < ways->items[ways->best].cost) ways->best = i;
  }
  return LUMA_OK;
}

static bool is_narrow(const struct ways *ways, uint32_t way) {
  return ways->refusals[way] == ACCESS_FITS && ways->items[way].parts_count > 0;
}

/** Whether what was guessed decides: several indexes narrow what is asked, and none to a few. */
static bool is_open(const struct ways *ways, bool may_unite) {
  static const double few = 2;
  uint32_t fitting = may_unite;
  for (uint32_t i = 1; i < ways->count; i++) {
    fitting += is_narrow(ways, i);
    if (is_narrow(ways, i) && ways->items[i].rows < few) return false;
  }
  return fitting > 1;
}

/** Weighs again, by what there is. */
static void probe(struct opt *opt, const struct collection *collection, struct ways *ways) {
  for (uint32_t i = 2; i < ways->count; i++)
    if (is_narrow(ways, i)) access_probe(opt, collection, &ways->items[i]);
  for (uint32_t i = 0; i < ways->count; i++)
    if (ways->refusals[i] == ACCESS_FITS && ways->items[i].cost < ways->items[ways->best].cost)
      ways->best = i;
}

static status explain_refusals(struct opt *opt, const struct collection *collection,
                               const struct ways *ways, struct plan_access *chosen,
                               struct err *err) {
  chosen->refused = arena_zalloc(opt->arena, ways->count, sizeof *chosen->refused);
  chosen->rejected = arena_zalloc(opt->arena, ways->count, sizeof *chosen->rejected);
  TRY(opt__memory(opt, chosen->refused ? chosen->rejected : NULL, err));
  for (uint32_t i = 1; i < ways->count; i++) {
    enum access_refusal refusal = ways->refusals[i];
    bool is_worth_saying = i >= 2 || refusal == ACCESS_FITS;
    if (i == ways->best || !is_worth_saying) continue;
    if (refusal == ACCESS_FITS) chosen->rejected[chosen->rejected_count++] = ways->items[i];
    if (refusal == ACCESS_FITS) refusal = ACCESS_COSTLIER;
    TRY(note_refusal(opt, chosen, index_of(collection, i), refusal, ways->items[i].cost,
                     ways->items[ways->best].cost, err));
  }
  return LUMA_OK;
}

/** A union of indexes, where it is cheaper than the best single way. Either is counted where what
 * is guessed would decide. */
static status consider_union(struct opt *opt, const struct plan *scan, struct expr *condition,
                             struct ways *ways, struct plan_access **chosen, struct err *err) {
  struct plan_access *made = arena_alloc(opt->arena, sizeof *made);
  bool fits = false;
  TRY(opt__memory(opt, made, err));
  TRY(access_make_union(opt, scan, condition, made, &fits, err));
  if (is_open(ways, fits)) probe(opt, scan->collection, ways);
  if (fits && made->cost < ways->items[ways->best].cost) *chosen = made;
  return LUMA_OK;
}

/** Room for a choice, made once a statement. */
static status make_room(struct opt *opt, struct err *err) {
  if (!opt->asks) opt->asks = arena_alloc(opt->arena, sizeof *opt->asks);
  if (!opt->ways) opt->ways = arena_alloc(opt->arena, sizeof *opt->ways);
  return opt__memory(opt, opt->asks ? opt->ways : NULL, err);
}

static status choose(struct opt *opt, struct plan *scan, struct expr *condition, struct err *err) {
  struct plan_physical *physical = NULL;
  struct plan_access *chosen = NULL;
  TRY(make_room(opt, err));
  struct ways *ways = opt->ways;
  TRY(asks_collect(opt, condition, opt->asks, err));
  TRY(weigh(opt, scan->collection, opt->asks, ways, err));
  TRY(consider_union(opt, scan, condition, ways, &chosen, err));
  if (!chosen && ways->best == 0 && ways->count == 2) return LUMA_OK; /* there was no choice */
  TRY(opt__physical(opt, scan, &physical, err));
  if (!chosen) chosen = arena_copy(opt->arena, &ways->items[ways->best], sizeof *chosen);
  TRY(opt__memory(opt, chosen, err));
  physical->access = chosen;
  return opt->is_explained ? explain_refusals(opt, scan->collection, ways, chosen, err) : LUMA_OK;
}

static bool is_scan(const struct plan *node) {
  return node->kind == PLAN_SCAN && node->collection;
}

status opt__access(struct opt *opt, struct plan **node, struct err *err) {
  struct plan *filter = *node;
  if (is_scan(filter) && filter->hint) return access_follow_hint(opt, filter, NULL, err);
  if (filter->kind != PLAN_FILTER || !is_scan(filter->input)) return LUMA_OK;
  if (filter->input->hint) return access_follow_hint(opt, filter->input, filter->condition, err);
  return choose(opt, filter->input, filter->condition, err);
}
