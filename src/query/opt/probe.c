/* SPDX-License-Identifier: MIT */
/* Where several ways fit, how much their ranges hold is counted, up to a limit: values are not
 * spread evenly, and nothing else tells a rare one from one that half of all documents have. */
#include <math.h>

#include "model/model.h"
#include "query/opt/access.h"

enum { PROBE_MAX = 256, PROBE_VALUES_MAX = 8, COUNT_LEAST = 2000 };
static const double cost_fetch = 4, cost_range = 8;

struct probing {
  struct opt *opt;
  const struct plan_access *access;
  struct val equal[INDEX_KEYS_MAX];
  uint32_t found; /* entries so far, at most PROBE_MAX */
};

/** What has one place in an index. */
static bool is_plain(const struct val *value) {
  return val_is_number(value) || value->type == VAL_TEXT || value->type == VAL_BOOL ||
         value->type == VAL_OBJECTID || value->type == VAL_TIMESTAMP;
}

static bool is_plain_expr(const struct expr *expr) {
  return expr->kind == EXPR_CONST && is_plain(&expr->value);
}

static void probe(struct probing *probing, struct index_bounds *bounds) {
  bounds->equal = probing->equal;
  probing->found +=
      model_probe(probing->opt->txn, probing->access->index, bounds, PROBE_MAX - probing->found);
}

/** The values of a part, each of which is looked for; 0: they are none, or too many. */
static uint32_t values_of(const struct plan_part *part, struct val values[PROBE_VALUES_MAX]) {
  const struct expr *first = part->is_equal && part->values_count ? part->values[0] : NULL;
  bool is_list = first && part->spread && part->values_count == 1 && first->kind == EXPR_CONST &&
                 first->value.type == VAL_LIST;
  uint32_t count = is_list ? val_count(&first->value) : first ? part->values_count : 0;
  if (count > PROBE_VALUES_MAX || (first && part->spread && !is_list)) return 0;
  for (uint32_t i = 0; i < count; i++) {
    if (!is_list && !is_plain_expr(part->values[i])) return 0;
    values[i] = is_list ? val_at(&first->value, i) : part->values[i]->value;
    if (!is_plain(&values[i])) return 0;
  }
  return count;
}

static bool take_range(const struct plan_part *part, struct index_bounds *bounds) {
  if (part->is_equal || part->is_null || part->prefix) return false;
  bounds->has_low = part->low && is_plain_expr(part->low);
  bounds->has_high = part->high && is_plain_expr(part->high);
  if (bounds->has_low) bounds->low = part->low->value;
  if (bounds->has_high) bounds->high = part->high->value;
  bounds->low_open = part->low_open;
  bounds->high_open = part->high_open;
  return bounds->has_low || bounds->has_high;
}

/** Counts part for part; behind one of several values no further. False: nothing bounds it. */
static bool count(struct probing *probing) {
  const struct plan_access *access = probing->access;
  struct index_bounds bounds = {0};
  struct val values[PROBE_VALUES_MAX];
  for (uint32_t i = 0; i < access->parts_count; i++) {
    uint32_t several = values_of(&access->parts[i], values);
    if (several == 1) {
      probing->equal[bounds.equal_count++] = values[0];
      continue;
    }
    uint32_t at = bounds.equal_count;
    bounds.equal_count += several > 0;
    for (uint32_t v = 0; v < several; v++) {
      probing->equal[at] = values[v];
      probe(probing, &bounds);
    }
    if (several) return true;
    (void)take_range(&access->parts[i], &bounds);
    break;
  }
  if (!bounds.equal_count && !bounds.has_low && !bounds.has_high) return false;
  probe(probing, &bounds);
  return true;
}

/** Where there are more than were counted they are many, but still fewer than all; of two such ways
 * the guess decides. */
static void weigh(struct plan_access *access, uint32_t found, double all) {
  static const double many = 4, most = 0.2, hint = 0.01;
  double least = fmax(access->rows, fmin(PROBE_MAX * many, all * most));
  double rows = found < PROBE_MAX ? found : least + access->rows * hint;
  double ranges = access->cost - access->rows * cost_fetch;
  access->rows = fmin(rows, all);
  access->cost = access->rows * cost_fetch + fmax(ranges, cost_range);
}

void access_probe(struct opt *opt, const struct collection *collection,
                  struct plan_access *access) {
  const struct catalog_index *index = access->index;
  static const double few = 2;
  double all = access_count(opt, collection);
  struct probing probing = {.opt = opt, .access = access};
  bool fits = opt->txn && index && !index->def.wildcard.bytes && !index->def.collation.bytes &&
              access->parts_count && !access->with_lists && access->rows >= few &&
              all >= COUNT_LEAST;
  if (fits && count(&probing)) weigh(access, probing.found, all);
}
