/* SPDX-License-Identifier: MIT */
#include "query/exec/group/gather.h"

#include <stdlib.h>

#include "query/exec/group/tuple_table.h"
#include "query/expr/field.h"
#include "query/expr/program.h"
#include "query/locale/collation.h"
#include "query/mongo/mongo.h"
#include "query/mongo/sort_by.h"
#include "query/mongo/statistics.h"
#include "value/order/order.h"

enum gather_kind {
  GATHER_DEVIATION_POP,
  GATHER_DEVIATION_SAMP,
  GATHER_MERGE,
  GATHER_CONCAT,
  GATHER_UNION,
  GATHER_FIRST_N,
  GATHER_LAST_N,
  GATHER_MIN_N,
  GATHER_MAX_N,
  GATHER_TOP,
  GATHER_TOP_N,
  GATHER_BOTTOM,
  GATHER_BOTTOM_N,
  GATHER_PERCENTILE,
  GATHER_MEDIAN
};

/** One value kept, and for what orders what it is ordered by, under the run's collation. */
struct kept {
  struct val value;
  const struct val *keys;
  uint64_t number; /* in the order of coming */
};

struct gather {
  enum gather_kind kind;
  struct statistics statistics;
  struct sort_by by;
  uint32_t n;
  struct kept *kept;
  size_t count, capacity;
  double *numbers;
  struct tuple_table *seen; /* the elements of a set */
};

static enum gather_kind kind_of(const struct expr *aggregate) {
  static const char *const names[] = {[GATHER_DEVIATION_POP] = "$stdDevPop",
                                      [GATHER_DEVIATION_SAMP] = "$stdDevSamp",
                                      [GATHER_MERGE] = "$mergeObjects",
                                      [GATHER_CONCAT] = "$concatArrays",
                                      [GATHER_UNION] = "$setUnion",
                                      [GATHER_FIRST_N] = "$firstN",
                                      [GATHER_LAST_N] = "$lastN",
                                      [GATHER_MIN_N] = "$minN",
                                      [GATHER_MAX_N] = "$maxN",
                                      [GATHER_TOP] = "$top",
                                      [GATHER_TOP_N] = "$topN",
                                      [GATHER_BOTTOM] = "$bottom",
                                      [GATHER_BOTTOM_N] = "$bottomN",
                                      [GATHER_PERCENTILE] = "$percentile",
                                      [GATHER_MEDIAN] = "$median"};
  uint32_t kind = 0;
  while (kind < GATHER_MEDIAN && !slice_is_equal(aggregate->name, slice_of_text(names[kind])))
    kind++;
  return (enum gather_kind)kind;
}

static bool is_ordered(enum gather_kind kind) {
  return kind >= GATHER_TOP && kind <= GATHER_BOTTOM_N;
}

static bool has_n(enum gather_kind kind) {
  return kind >= GATHER_FIRST_N && kind <= GATHER_BOTTOM_N;
}

/** `n` of the first row: it may depend on what all rows of the group share. */
static status read_n(const struct val *v, uint32_t *n, struct err *err) {
  int64_t whole = 0;
  if (!val_is_number(v) || !val_to_int64(v, &whole))
    return mongo_fail(err, 5787902, "Value for 'n' must be of integral type, but found %s",
                      mongo_type_name(v));
  if (whole <= 0)
    return mongo_fail(err, 5787908, "'n' must be greater than 0, found %lld", (long long)whole);
  *n = whole > UINT32_MAX ? UINT32_MAX : (uint32_t)whole;
  return LUMA_OK;
}

static status create(struct exec *exec, const struct expr *aggregate, const struct val *value,
                     struct gather **gather, struct err *err) {
  struct gather *made = arena_zalloc(exec->arena, 1, sizeof *made);
  struct val order;
  TRY(op__memory(exec, made, err));
  made->kind = kind_of(aggregate);
  if (has_n(made->kind)) {
    struct val n = val_at(value, 0);
    TRY(read_n(&n, &made->n, err));
  }
  if (is_ordered(made->kind)) {
    TRY(program_constant(exec->env, aggregate->args[1], &order, err));
    TRY(sort_by_read(exec->arena, &order, "$top", &made->by, err));
  }
  *gather = made;
  return LUMA_OK;
}

/* ---- taking ---- */

static int compare_numbers(const struct kept *a, const struct kept *b) {
  return (a->number > b->number) - (a->number < b->number);
}

static int compare_keys(const struct gather *gather, const struct kept *a, const struct kept *b) {
  for (uint32_t i = 0; i < gather->by.count; i++) {
    int order = val_compare(&a->keys[i], &b->keys[i]);
    if (order) return gather->by.descending[i] ? -order : order;
  }
  return 0;
}

/** The order in which a kind's values come out; by coming where they are equal. */
static int compare_kept(const struct gather *gather, const struct kept *a, const struct kept *b) {
  int order = 0;
  if (is_ordered(gather->kind)) order = compare_keys(gather, a, b);
  if (gather->kind == GATHER_MIN_N) order = val_compare(&a->keys[0], &b->keys[0]);
  if (gather->kind == GATHER_MAX_N) order = val_compare(&b->keys[0], &a->keys[0]);
  return order ? order : compare_numbers(a, b);
}

/** The order in which values are given up from the start: of equal ones those that came first stay,
 * at the bottom as at the top. */
static int compare_bottom(const void *a, const void *b, void *gather) {
  int order = compare_keys(gather, a, b);
  return order ? order : compare_numbers(b, a);
}

static int compare_pointed(const void *a, const void *b, void *gather) {
  return compare_kept(gather, a, b);
}

static bool keeps_last(enum gather_kind kind) {
  return kind == GATHER_LAST_N || kind == GATHER_BOTTOM || kind == GATHER_BOTTOM_N;
}

/** Only the best n can come out: the others are given up now and then. */
static void prune(struct gather *gather) {
  if (gather->count <= gather->n) return;
  bool is_bottom = gather->kind == GATHER_BOTTOM || gather->kind == GATHER_BOTTOM_N;
  qsort_r(gather->kept, gather->count, sizeof *gather->kept,
          is_bottom ? compare_bottom : compare_pointed, gather);
  if (keeps_last(gather->kind))
    memmove(gather->kept, gather->kept + (gather->count - gather->n),
            gather->n * sizeof *gather->kept);
  gather->count = gather->n;
}

static status make_room(struct exec *exec, struct gather *gather, struct err *err) {
  if (gather->count < gather->capacity) return LUMA_OK;
  if (gather->kind >= GATHER_FIRST_N && gather->count >= 2 * (size_t)gather->n) {
    prune(gather);
    return LUMA_OK;
  }
  size_t capacity = gather->capacity ? gather->capacity * 2 : 8;
  struct kept *kept = arena_alloc(exec->arena, capacity * sizeof *kept);
  TRY(op__memory(exec, kept, err));
  if (gather->count) memcpy(kept, gather->kept, gather->count * sizeof *kept);
  gather->kept = kept;
  gather->capacity = capacity;
  return LUMA_OK;
}

static bool is_extreme(enum gather_kind kind) {
  return kind == GATHER_MIN_N || kind == GATHER_MAX_N;
}

/** What a row is ordered by: the sort keys of its document, or the value itself. */
static status make_keys(struct exec *exec, const struct gather *gather, const struct val *value,
                        const struct val *document, struct val *keys, struct err *err) {
  struct collation *collation = exec->env->collation;
  struct val collated = *(document ? document : value);
  bool is_collated = collation && collation_concerns(&collated);
  if (is_collated) TRY(collation_key(collation, 0, document ? document : value, &collated, err));
  if (!document && !is_collated) {
    keys[0] = *value; /* in the run's arena already */
    return LUMA_OK;
  }
  for (uint32_t i = 0; i < (document ? gather->by.count : 1); i++) {
    struct val key = document ? sort_by_key(&gather->by, i, &collated) : collated;
    TRY(expr_copy_value(exec->arena, &key, &keys[i], err));
  }
  return LUMA_OK;
}

static status keep(struct exec *exec, struct gather *gather, const struct val *value,
                   const struct val *document, uint64_t number, struct err *err) {
  TRY(make_room(exec, gather, err));
  struct kept *kept = &gather->kept[gather->count];
  struct val *keys = NULL;
  *kept = (struct kept){.number = number};
  TRY(expr_copy_value(exec->arena, value, &kept->value, err));
  if (document || is_extreme(gather->kind)) {
    keys = arena_zalloc(exec->arena, gather->by.count + 1, sizeof *keys);
    TRY(op__memory(exec, keys, err));
    TRY(make_keys(exec, gather, &kept->value, document, keys, err));
  }
  kept->keys = keys;
  gather->count++;
  return LUMA_OK;
}

static status keep_number(struct exec *exec, struct gather *gather, const struct val *value,
                          struct err *err) {
  double real = val_is_number(value) ? val_to_float64(value) : 0;
  if (!val_is_number(value) || real != real) return LUMA_OK;
  if (gather->count == gather->capacity) {
    size_t capacity = gather->capacity ? gather->capacity * 2 : 16;
    double *numbers = arena_alloc(exec->arena, capacity * sizeof *numbers);
    TRY(op__memory(exec, numbers, err));
    if (gather->count) memcpy(numbers, gather->numbers, gather->count * sizeof *numbers);
    gather->numbers = numbers;
    gather->capacity = capacity;
  }
  gather->numbers[gather->count++] = real;
  return LUMA_OK;
}

/** False for an element that the set has. */
static status is_new_element(struct exec *exec, struct gather *gather, const struct val *element,
                             bool *is_new, struct err *err) {
  uint32_t number = 0;
  struct val key;
  *is_new = true;
  if (gather->kind != GATHER_UNION) return LUMA_OK;
  if (!gather->seen) {
    gather->seen = arena_alloc(exec->arena, sizeof *gather->seen);
    TRY(op__memory(exec, gather->seen, err));
    tuple_table_init_few(gather->seen, exec, 1);
  }
  TRY(op__collate(exec, exec->arena, element, &key, err));
  return tuple_table_put(gather->seen, &key, tuple_table_hash(&key, 1), &number, is_new, err);
}

/** The elements of a list; what is missing adds none. */
static status keep_elements(struct exec *exec, struct gather *gather, const struct expr *aggregate,
                            const struct val *list, struct err *err) {
  if (list->type == VAL_MISSING) return LUMA_OK;
  if (list->type != VAL_LIST)
    return mongo_fail(err, 14, "%.*s requires array inputs, but input is of type %s",
                      SLICE_ARG(aggregate->name), mongo_type_name(list));
  for (uint32_t i = 0; i < val_count(list); i++) {
    struct val element = val_at(list, i);
    bool is_new = false;
    TRY(is_new_element(exec, gather, &element, &is_new, err));
    if (is_new) TRY(keep(exec, gather, &element, NULL, gather->count, err));
  }
  return LUMA_OK;
}

status gather_add(struct exec *exec, const struct expr *aggregate, struct gather **gather,
                  const struct val *value, struct err *err) {
  if (!*gather) TRY(create(exec, aggregate, value, gather, err));
  struct gather *at = *gather;
  struct val null = val_null(), v = *value;
  uint64_t number = at->statistics.count;
  if (at->kind <= GATHER_DEVIATION_SAMP) {
    statistics_add(&at->statistics, value);
    return LUMA_OK;
  }
  if (at->kind >= GATHER_PERCENTILE) return keep_number(exec, at, value, err);
  if (at->kind == GATHER_CONCAT || at->kind == GATHER_UNION)
    return keep_elements(exec, at, aggregate, value, err);
  at->statistics.count++;
  if (is_ordered(at->kind)) {
    struct val output = val_at(value, 1), document = val_at(value, 2);
    return keep(exec, at, &output, &document, number, err);
  }
  if (at->kind == GATHER_MERGE) {
    if (val_is_null(value)) return LUMA_OK;
    if (value->type != VAL_MAP)
      return mongo_fail(err, 40400, "$mergeObjects requires object inputs, but input is of type %s",
                        mongo_type_name(value));
  }
  if (has_n(at->kind)) v = val_at(value, 1);
  if (is_extreme(at->kind) && val_is_null(&v)) return LUMA_OK;
  if (v.type == VAL_MISSING) v = null;
  return keep(exec, at, &v, NULL, number, err);
}

/* ---- answering ---- */

static status put_list(struct exec *exec, struct gather *gather, struct arena *arena,
                       struct val *out, struct err *err) {
  struct build build;
  build_init(&build, &exec->env->scratch, NULL);
  build_begin_list(&build);
  for (size_t i = 0; gather && i < gather->count; i++) build_put(&build, &gather->kept[i].value);
  build_end(&build);
  status done = field_take_built(exec->env, arena, &build, out, err);
  build_deinit(&build);
  return done;
}

static status put_merged(struct exec *exec, const struct gather *gather, struct arena *arena,
                         struct val *out, struct err *err) {
  struct build build;
  build_init(&build, &exec->env->scratch, NULL);
  build_begin_map(&build);
  for (size_t i = 0; gather && i < gather->count; i++)
    build_put_fields(&build, &gather->kept[i].value);
  build_end(&build);
  status done = field_take_built(exec->env, arena, &build, out, err);
  build_deinit(&build);
  return done;
}

static status put_percentiles(struct exec *exec, const struct expr *aggregate,
                              const struct gather *gather, struct arena *arena, struct val *out,
                              struct err *err) {
  struct val p;
  struct build build;
  TRY(program_constant(exec->env, aggregate->args[1], &p, err));
  build_init(&build, &exec->env->scratch, NULL);
  build_begin_list(&build);
  for (uint32_t i = 0; i < val_count(&p); i++) {
    struct val at = val_at(&p, i);
    struct val v = gather ? statistics_percentile(gather->numbers, (uint32_t)gather->count,
                                                  val_to_float64(&at))
                          : val_null();
    build_put(&build, &v);
  }
  build_end(&build);
  status done = field_take_built(exec->env, arena, &build, out, err);
  build_deinit(&build);
  return done;
}

status gather_result(struct exec *exec, const struct expr *aggregate, struct gather *gather,
                     struct arena *arena, struct val *out, struct err *err) {
  enum gather_kind kind = gather ? gather->kind : kind_of(aggregate);
  *out = val_null();
  if (kind <= GATHER_DEVIATION_SAMP) {
    if (gather) *out = statistics_deviation(&gather->statistics, kind == GATHER_DEVIATION_SAMP);
    return LUMA_OK;
  }
  if (kind == GATHER_MERGE) return put_merged(exec, gather, arena, out, err);
  if (kind >= GATHER_PERCENTILE) {
    if (gather) statistics_sort(gather->numbers, (uint32_t)gather->count);
    if (kind == GATHER_PERCENTILE) return put_percentiles(exec, aggregate, gather, arena, out, err);
    if (gather) *out = statistics_percentile(gather->numbers, (uint32_t)gather->count, 0.5);
    return LUMA_OK;
  }
  if (kind == GATHER_CONCAT || kind == GATHER_UNION) return put_list(exec, gather, arena, out, err);
  if (gather) prune(gather);
  if (gather && kind != GATHER_FIRST_N && kind != GATHER_LAST_N)
    qsort_r(gather->kept, gather->count, sizeof *gather->kept, compare_pointed, gather);
  bool is_single = kind == GATHER_TOP || kind == GATHER_BOTTOM;
  if (!is_single) return put_list(exec, gather, arena, out, err);
  if (gather && gather->count) *out = gather->kept[0].value;
  if (out->type == VAL_MISSING) *out = val_null();
  return LUMA_OK;
}
