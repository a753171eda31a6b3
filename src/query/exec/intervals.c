/* SPDX-License-Identifier: MIT */
#include "query/exec/intervals.h"

#include <math.h>
#include <stdlib.h>

#include "query/expr/like.h"
#include "query/expr/program.h"
#include "query/func/compare.h"
#include "query/locale/collation.h"
#include "query/regex/regex.h"
#include "value/doc/doc.h"

static status add(struct intervals *set, struct interval interval, struct err *err) {
  if (set->count == set->capacity) {
    uint32_t capacity = set->capacity ? set->capacity * 2 : 8;
    struct interval *items = arena_alloc(set->arena, capacity * sizeof *items);
    TRY(plan_check_memory(set->arena, items, err));
    if (set->count) memcpy(items, set->items, set->count * sizeof *items);
    set->items = items;
    set->capacity = capacity;
  }
  set->items[set->count++] = interval;
  return LUMA_OK;
}

/** The value as the index has it. */
status intervals_fold(const struct intervals *set, const struct val *v, struct val *folded,
                      struct err *err) {
  struct val key;
  *folded = *v;
  if (!set->collation || !collation_concerns(v)) return LUMA_OK;
  TRY(collation_key(set->collation, 0, v, &key, err));
  return expr_copy_value(set->arena, &key, folded, err);
}

static status add_point(struct intervals *set, const struct val *v, struct err *err) {
  struct interval point = {.has_low = true, .has_high = true};
  TRY(intervals_fold(set, v, &point.low, err));
  point.high = point.low;
  return add(set, point, err);
}

static struct val empty_text(void) {
  return val_text(slice_of_text(""));
}

/** The least value of the type class, where there is one worth knowing. */
static bool class_low(enum val_type type, struct val *low) {
  if (type >= VAL_INT32 && type <= VAL_DECIMAL)
    *low = val_float64((double)NAN);
  else if (type == VAL_TEXT)
    *low = empty_text();
  else
    return false;
  return true;
}

/** A value above the class, with nothing of it at or past: numbers end where texts begin, texts
 * where maps do. */
static bool class_high(enum val_type type, struct val *high) {
  static const uint8_t empty_map[] = {VAL_MAP};
  if (type >= VAL_INT32 && type <= VAL_DECIMAL)
    *high = empty_text();
  else if (type == VAL_TEXT)
    *high = val_decode(slice_of(empty_map, sizeof empty_map), NULL);
  else
    return false;
  return true;
}

/** All values of the class of `type`; more where its ends are not known. */
static struct interval whole_class(enum val_type type) {
  struct interval all = {.high_open = true};
  if (type == VAL_BOOL) {
    const struct interval truths = {
        .low = val_bool(false), .high = val_bool(true), .has_low = true, .has_high = true};
    return truths;
  }
  all.has_low = class_low(type, &all.low);
  all.has_high = class_high(type, &all.high);
  return all;
}

static status add_class(struct intervals *set, enum val_type type, struct err *err) {
  set->all_points = false;
  return add(set, whole_class(type), err);
}

static bool is_spelled(enum val_type type) {
  return type == VAL_ULID || type == VAL_UUID || type == VAL_OBJECTID || type == VAL_TIMESTAMP ||
         type == VAL_DATE;
}

/** What equals a value: itself; what its text may spell; any text when texts may spell it. */
static status add_equal(struct intervals *set, const struct val *v, bool mongo, struct err *err) {
  static const enum val_type types[] = {VAL_ULID, VAL_UUID, VAL_OBJECTID, VAL_TIMESTAMP};
  struct val read, first = v->type == VAL_LIST ? val_at(v, 0) : val_null();
  TRY(add_point(set, v, err));
  if (set->multikey && v->type == VAL_LIST) TRY(add_point(set, &first, err));
  for (size_t i = 0; v->type == VAL_TEXT && i < sizeof types / sizeof types[0]; i++) {
    if (mongo && types[i] != VAL_ULID && types[i] != VAL_UUID) continue;
    if (compare_read_text(val_slice(v), types[i], &read)) TRY(add_point(set, &read, err));
  }
  if (!mongo && is_spelled(v->type)) return add_class(set, VAL_TEXT, err);
  return LUMA_OK;
}

static status add_missing(struct intervals *set, struct err *err) {
  struct val missing = val_missing(), null = val_null();
  if (set->splits) TRY(add_point(set, &missing, err));
  if (set->splits) return add_point(set, &null, err);
  set->all_points = false;
  return add(
      set, (struct interval){.low = missing, .high = null, .has_low = true, .has_high = true}, err);
}

/** Texts that begin so, up to the next one that does not. `text` has room for as much again. */
static status add_beginning(struct intervals *set, uint8_t *text, size_t bytes, struct err *err) {
  struct interval range = whole_class(VAL_TEXT);
  range.low = val_text(slice_of(text, bytes));
  uint8_t *above = text + bytes;
  if (bytes) memcpy(above, text, bytes);
  while (bytes && above[bytes - 1] == 0xff) bytes--;
  if (bytes) {
    above[bytes - 1]++;
    range.high = val_text(slice_of(above, bytes));
  }
  set->all_points = false;
  return add(set, range, err);
}

/** Texts that a regular expression may match, and the expression itself as a value. */
static status add_regex(struct intervals *set, const struct val *v, struct err *err) {
  struct slice options, pattern = val_regex(v, &options);
  uint8_t *text = arena_alloc_text(set->arena, 2 * pattern.bytes + 1);
  TRY(plan_check_memory(set->arena, text, err));
  size_t bytes = set->is_collated ? 0 : regex_prefix(pattern, options, text, pattern.bytes + 1);
  TRY(add_point(set, v, err));
  return bytes ? add_beginning(set, text, bytes, err) : add_class(set, VAL_TEXT, err);
}

status intervals_add_value(struct intervals *set, const struct val *v, bool mongo,
                           struct err *err) {
  if (v->type == VAL_REGEX && mongo) return add_regex(set, v, err);
  if (!val_is_null(v)) return add_equal(set, v, mongo, err);
  return mongo ? add_missing(set, err) : LUMA_OK;
}

static status add_equals(struct intervals *set, struct expr_env *env, const struct plan_part *part,
                         struct err *err) {
  for (uint32_t i = 0; i < part->values_count; i++) {
    struct val v;
    TRY(program_constant(env, part->values[i], &v, err));
    if (!part->spread || v.type != VAL_LIST) {
      TRY(intervals_add_value(set, &v, part->mongo, err));
      continue;
    }
    for (uint32_t e = 0; e < val_count(&v); e++) {
      struct val element = val_at(&v, e);
      TRY(intervals_add_value(set, &element, part->mongo, err));
    }
  }
  return LUMA_OK;
}

/** The range within the class of its ends; texts and what they spell stand in for each other as in
 * add_equal. */
static status add_bounded(struct intervals *set, enum val_type type, const struct val *low,
                          const struct val *high, const struct plan_part *part, struct err *err) {
  struct interval range = whole_class(type);
  set->all_points = false;
  if (low) {
    TRY(intervals_fold(set, low, &range.low, err));
    range.has_low = true;
    range.low_open = part->low_open;
  }
  if (high) {
    TRY(intervals_fold(set, high, &range.high, err));
    range.has_high = true;
    range.high_open = part->high_open;
  }
  return add(set, range, err);
}

/** A text bound may also bound moments and ids, and those may be bounded where texts spell them:
 * the classes are read whole. */
static status add_spelled_classes(struct intervals *set, const struct val *bound, struct err *err) {
  static const enum val_type types[] = {VAL_ULID, VAL_UUID, VAL_OBJECTID, VAL_TIMESTAMP};
  struct val read;
  if (is_spelled(bound->type)) return add_class(set, VAL_TEXT, err);
  for (size_t i = 0; bound->type == VAL_TEXT && i < sizeof types / sizeof types[0]; i++) {
    struct interval all = {.low_open = true, .high_open = true};
    static const uint8_t least[16],
        most[16] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
    if (!compare_read_text(val_slice(bound), types[i], &read)) continue;
    all.low = all.high = (struct val){.type = (uint8_t)types[i]};
    memcpy(all.low.id, least, sizeof least);
    memcpy(all.high.id, most, sizeof most);
    if (types[i] == VAL_TIMESTAMP) {
      all.low = val_timestamp(INT64_MIN);
      all.high = val_timestamp(INT64_MAX);
    }
    all.has_low = all.has_high = true;
    all.low_open = all.high_open = false;
    set->all_points = false;
    TRY(add(set, all, err));
  }
  return LUMA_OK;
}

/** MongoDB's comparison with texts, which may spell ids: between what they spell, and else up to
 * the end of the ids. */
static status add_spelled_range(struct intervals *set, const struct plan_part *part,
                                const struct val *low, const struct val *high, struct err *err) {
  static const enum val_type types[] = {VAL_ULID, VAL_UUID};
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
    struct interval range = {.has_low = true, .has_high = true};
    range.low = range.high = (struct val){.type = (uint8_t)types[i]};
    memset(range.high.id, UINT8_MAX, sizeof range.high.id);
    bool spells =
        (!part->low ||
         (low->type == VAL_TEXT && compare_read_text(val_slice(low), types[i], &range.low))) &&
        (!part->high ||
         (high->type == VAL_TEXT && compare_read_text(val_slice(high), types[i], &range.high)));
    if (!spells) continue;
    range.low_open = part->low && part->low_open;
    range.high_open = part->high && part->high_open;
    TRY(add(set, range, err));
  }
  return LUMA_OK;
}

static status add_range(struct intervals *set, struct expr_env *env, const struct plan_part *part,
                        struct err *err) {
  struct val low = val_null(), high = val_null();
  set->all_points = false;
  if (part->low) TRY(program_constant(env, part->low, &low, err));
  if (part->high) TRY(program_constant(env, part->high, &high, err));
  bool is_nothing = (part->low && val_is_null(&low)) || (part->high && val_is_null(&high));
  if (is_nothing && !part->mongo) return LUMA_OK; /* SQL: compared with NULL, nothing is true */
  bool is_list = low.type == VAL_LIST || high.type == VAL_LIST;
  if (is_nothing || (is_list && set->multikey))
    return add(set, (struct interval){0}, err); /* everything */
  if (part->low && part->high &&
      val_order_class((enum val_type)low.type) != val_order_class((enum val_type)high.type)) {
    TRY(add_bounded(set, (enum val_type)low.type, &low, NULL, part, err));
    TRY(add_bounded(set, (enum val_type)high.type, NULL, &high, part, err));
  } else {
    enum val_type type = (enum val_type)(part->low ? low.type : high.type);
    TRY(add_bounded(set, type, part->low ? &low : NULL, part->high ? &high : NULL, part, err));
  }
  if (part->mongo) return add_spelled_range(set, part, &low, &high, err);
  if (part->low) TRY(add_spelled_classes(set, &low, err));
  return part->high ? add_spelled_classes(set, &high, err) : LUMA_OK;
}

/** LIKE: what begins as the pattern does. */
static status add_prefix(struct intervals *set, struct expr_env *env, const struct plan_part *part,
                         struct err *err) {
  struct val pattern, besides;
  bool exact = false, prefix_only = false;
  TRY(program_constant(env, part->low, &pattern, err));
  if (part->high) TRY(program_constant(env, part->high, &besides, err));
  if (part->high) TRY(add_point(set, &besides, err));
  if (pattern.type != VAL_TEXT) return add_class(set, VAL_TEXT, err);
  uint8_t *text = arena_alloc_text(set->arena, 2 * (size_t)pattern.bytes + 1);
  TRY(plan_check_memory(set->arena, text, err));
  return add_beginning(set, text, like_prefix(val_slice(&pattern), text, &exact, &prefix_only),
                       err);
}

/* ---- sets of intervals in order ---- */

static int compare_lows(const struct interval *a, const struct interval *b) {
  if (!a->has_low || !b->has_low) return a->has_low - b->has_low;
  int order = val_compare(&a->low, &b->low);
  return order ? order : a->low_open - b->low_open;
}

static int compare_intervals(const void *a, const void *b) {
  return compare_lows(a, b);
}

/** Whether `next`, whose low end is not below, begins within or right at the end of `last`. */
static bool touches(const struct interval *last, const struct interval *next) {
  if (!last->has_high || !next->has_low) return true;
  int order = val_compare(&next->low, &last->high);
  return order < 0 || (order == 0 && !(next->low_open && last->high_open));
}

static bool ends_later(const struct interval *a, const struct interval *b) {
  if (!a->has_high || !b->has_high) return !a->has_high && b->has_high;
  int order = val_compare(&a->high, &b->high);
  return order > 0 || (order == 0 && !a->high_open && b->high_open);
}

void intervals_join(struct intervals *set) {
  uint32_t kept = 0;
  if (set->count == 0) return;
  qsort(set->items, set->count, sizeof *set->items, compare_intervals);
  for (uint32_t i = 1; i < set->count; i++) {
    struct interval *last = &set->items[kept], *next = &set->items[i];
    if (!touches(last, next)) {
      set->items[++kept] = *next;
    } else if (ends_later(next, last)) {
      last->high = next->high;
      last->has_high = next->has_high;
      last->high_open = next->high_open;
    }
  }
  set->count = kept + 1;
}

status intervals_make(struct intervals *set, struct expr_env *env, const struct plan_access *access,
                      const struct plan_part *part, struct err *err) {
  set->all_points = true;
  if (part->is_null) TRY(add_missing(set, err));
  if (part->prefix)
    TRY(add_prefix(set, env, part, err));
  else if (part->is_equal)
    TRY(add_equals(set, env, part, err));
  else if (part->low || part->high)
    TRY(add_range(set, env, part, err));
  if (access->with_lists) {
    static const uint8_t empty[] = {VAL_LIST};
    struct val list = val_decode(slice_of(empty, sizeof empty), NULL);
    struct val vector = {.type = VAL_VECTOR, .data = empty}; /* the class after lists */
    set->all_points = false;
    TRY(add(set,
            (struct interval){
                .low = list, .has_low = true, .high = vector, .has_high = true, .high_open = true},
            err));
  }
  if (access->with_missing) TRY(add_missing(set, err));
  intervals_join(set);
  return LUMA_OK;
}
