/* SPDX-License-Identifier: MIT */
/* What becomes of population limits in an evolution. One that asks for the same as before, of
 * values that stay what they are, keeps its counters: only a lower number of beings has to be
 * looked at, in the counters themselves. Others are counted anew: over many beings beforehand
 * (evolve_count.c), else as the evolution looks at them. */
#include "base/mem/mem.h"
#include "model/db/evolve/evolve_int.h"

/* ---- whether it is the same ---- */

struct touching {
  const struct evolving *evolving;
  bool touches;
};

static bool is_touched(const struct evolving *evolving, struct slice name) {
  for (uint32_t i = 0; i < evolving->diff.ops_count; i++) {
    const struct evolution_op *op = &evolving->diff.ops[i];
    if (slice_is_equal(op->name, name)) return true;
    if (slice_is_equal(op->to, name) && op->kind != EVOLUTION_RENAME) return true;
  }
  return false;
}

static void look_at_path(void *context, const struct path *path) {
  struct touching *touching = context;
  const struct evolving *evolving = touching->evolving;
  bool is_whole = path->count == 0; /* the being itself */
  bool touches = is_whole && evolving->diff.ops_count > 0;
  if (!is_whole) touches = is_touched(evolving, path->steps[0].name);
  touching->touches |= touches;
}

/* Whether the step gives other values to what the limit reads. */
static status limit_is_touched(const struct evolving *evolving, const struct soul_limit *limit,
                               bool *touches, struct err *err) {
  struct touching touching = {.evolving = evolving};
  const struct soul *fresh = evolving->fresh;
  struct soul_program *program;
  for (uint32_t i = 0; i < limit->per_count; i++) look_at_path(&touching, &limit->per_paths[i]);
  *touches = touching.touches;
  if (limit->where_rule == SOUL_NONE) return LUMA_OK;
  TRY(soul_take_program(fresh, &program, err));
  fresh->ops->reads(program, limit->where_rule, look_at_path, &touching);
  soul_give_program(fresh, program);
  *touches = touching.touches;
  return LUMA_OK;
}

static struct slice condition_of(const struct soul *soul, const struct soul_limit *limit) {
  struct slice none = {0};
  return limit->where_rule == SOUL_NONE ? none : soul->rules[limit->where_rule].text;
}

static bool is_alike(const struct soul *old, const struct soul_limit *a, const struct soul *fresh,
                     const struct soul_limit *b) {
  bool same =
      a->per_count == b->per_count && slice_is_equal(condition_of(old, a), condition_of(fresh, b));
  for (uint32_t i = 0; same && i < a->per_count; i++) same = slice_is_equal(a->per[i], b->per[i]);
  return same;
}

/* ---- what was counted beforehand ---- */

static bool has_same_limits(const struct soul *a, const struct soul *b) {
  struct buf mine, other;
  buf_init(&mine, SOUL_TEXT_BYTES_MAX);
  buf_init(&other, SOUL_TEXT_BYTES_MAX);
  soul_write_limits(&mine, a->settings.limits, a->settings.limits_count);
  soul_write_limits(&other, b->settings.limits, b->settings.limits_count);
  bool sound = mine.failed == LUMA_OK && other.failed == LUMA_OK;
  bool same = sound && slice_is_equal(buf_slice(&mine), buf_slice(&other));
  buf_deinit(&mine);
  buf_deinit(&other);
  return same;
}

static bool serves(const struct evolving *evolving, const struct catalog_counting *counting) {
  return counting->is_ready &&
         memcmp(counting->soul->hash, evolving->fresh->hash, SOUL_HASH_BYTES) == 0 &&
         has_same_limits(counting->soul, evolving->fresh) &&
         evolve__is_same_step(evolving, counting->through);
}

/* ---- following ---- */

/* The one among the base's that it goes on from; SOUL_NONE. */
static status find_kept(const struct evolving *evolving, uint32_t nth, const bool *kept,
                        uint32_t *place, struct err *err) {
  const struct collection *base = evolving->base;
  const struct soul *old = evolving->renamed ? evolving->renamed : base->genotype;
  const struct soul_limit *limit = &evolving->fresh->settings.limits[nth];
  bool touches;
  *place = SOUL_NONE;
  for (uint32_t i = 0; i < base->limits_count && *place == SOUL_NONE; i++)
    if (!kept[i] && is_alike(old, &old->settings.limits[i], evolving->fresh, limit)) *place = i;
  if (*place == SOUL_NONE) return LUMA_OK;
  TRY(limit_is_touched(evolving, limit, &touches, err));
  if (touches) *place = SOUL_NONE;
  return LUMA_OK;
}

static status follow_one(struct evolving *evolving, uint32_t nth, bool *kept,
                         struct catalog_counting *counted, struct err *err) {
  const struct collection *base = evolving->base;
  const struct soul_limit *limit = &evolving->fresh->settings.limits[nth];
  uint32_t *number = &evolving->with.limits[nth], place;
  bool is_plain = limit->per_count == 0 && limit->where_rule == SOUL_NONE;
  TRY(find_kept(evolving, nth, kept, &place, err));
  if (place != SOUL_NONE) {
    kept[place] = true;
    *number = base->limits[place];
    evolving->judges[nth] = !is_plain && limit->max < base->genotype->settings.limits[place].max;
  } else if (nth < counted->numbers_count && counted->numbers[nth]) {
    *number = counted->numbers[nth];
    counted->numbers[nth] = 0; /* it goes no more */
    evolving->judges[nth] = true;
  } else {
    TRY(model__number_limit(evolving->txn->model, number, err));
    evolving->counts[nth] = !is_plain;
  }
  evolving->counts_limits |= evolving->counts[nth];
  evolving->judges_limits |= evolving->judges[nth];
  return LUMA_OK;
}

static status fail_over(const struct evolving *evolving, uint64_t count, uint64_t most,
                        struct err *err) {
  FAIL(err, LUMA_CONSTRAINT, "`%.*s` has %llu beings: a population of %llu is too small",
       SLICE_ARG(evolving->base->name), (unsigned long long)count, (unsigned long long)most);
}

/* How many there may be in all. Whoever makes more makes the evolution begin again. */
static status judge_count(struct evolving *evolving, struct err *err) {
  const struct collection *base = evolving->base;
  uint64_t count, most = model__population_max(&evolving->with);
  struct keyspace_key key = keyspace_count(base->number);
  if (most >= model__population_max(base)) return LUMA_OK;
  evolving->judges_limits = true;
  TRY(store_guard(evolving->txn->store, STORE_COUNTERS, keyspace_slice(&key), err));
  TRY(model_count(evolving->txn, base, &count, err));
  return count > most ? fail_over(evolving, count, most, err) : LUMA_OK;
}

status evolve__follow_limits(struct evolving *evolving, struct err *err) {
  const struct collection *base = evolving->base;
  struct collection *with = &evolving->with;
  struct catalog_counting left = base->counting;
  bool kept[SOUL_LIMITS_MAX] = {0};
  struct catalog_counting none = {0};
  bool is_served = serves(evolving, &base->counting);
  with->counting = none;
  with->limits_count = evolving->fresh->settings.limits_count;
  for (uint32_t i = 0; i < with->limits_count; i++)
    TRY(follow_one(evolving, i, kept, is_served ? &left : &none, err));
  TRY(model__delete_counted(evolving->txn, &left, err));
  for (uint32_t i = 0; i < base->limits_count; i++)
    if (!kept[i])
      TRY(model__delete_prefix(evolving->txn, STORE_COUNTERS, keyspace_limit(base->limits[i]),
                               err));
  return judge_count(evolving, err);
}

/* ---- judging ---- */

static status find_higher(struct evolving *evolving, uint32_t number, uint64_t most,
                          struct store_rows *rows, bool *is_over, struct err *err) {
  struct keyspace_key prefix = keyspace_limit(number), end;
  struct store_cursor *cursor;
  struct store_range range = model__prefix_range(&prefix, &end);
  TRY(store_cursor_open(evolving->txn->store, STORE_COUNTERS, range, false, &cursor, err));
  status result;
  do {
    result = store_cursor_next(cursor, STORE_BATCH_MAX, rows, err);
    for (uint32_t i = 0; result == LUMA_OK && i < rows->count; i++)
      *is_over |= (int64_t)load64le(rows->values[i].data) > (int64_t)most;
    if (result == LUMA_OK) result = model__go_on(evolving->txn, err);
  } while (result == LUMA_OK && rows->count > 0 && !*is_over);
  store_cursor_close(cursor);
  return result;
}

status evolve__judge_limits(struct evolving *evolving, struct err *err) {
  const struct soul *fresh = evolving->fresh;
  struct store_rows *rows = mem_alloc(sizeof *rows);
  if (!rows) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to look at counters");
  status result = LUMA_OK;
  for (uint32_t i = 0; i < evolving->with.limits_count && result == LUMA_OK; i++) {
    bool is_over = false;
    if (!evolving->judges[i]) continue;
    result = find_higher(evolving, evolving->with.limits[i], fresh->settings.limits[i].max, rows,
                         &is_over, err);
    if (result == LUMA_OK && is_over)
      result = model__number_limit(evolving->txn->model, &evolving->over[i], err);
    evolving->lists_over |= is_over;
  }
  mem_free(rows);
  return result;
}

status evolve__take_into_limits(struct evolving *evolving, const struct doc *document,
                                struct err *err) {
  struct model_txn *txn = evolving->txn;
  if (!evolving->counts_limits && !evolving->lists_over) return LUMA_OK;
  for (uint32_t i = 0; i < evolving->now->limits_count; i++) {
    if (evolving->counts[i]) TRY(model__count_limit(txn, evolving->now, i, document, err));
    if (evolving->over[i])
      TRY(model__find_over(txn, evolving->now, i, evolving->over[i], document, err));
  }
  return LUMA_OK;
}
