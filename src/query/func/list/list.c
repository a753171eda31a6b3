/* SPDX-License-Identifier: MIT */
/* Functions of lists (SQL's arrays). Elements count from 1. A list is NULL for most of them only
 * where SQL says so. */
#include <stdlib.h>

#include "query/func/compare.h"
#include "query/func/func_int.h"
#include "value/doc/build.h"
#include "value/order/order.h"

static bool is_same(const struct val *a, const struct val *b) {
  if (val_is_null(a) || val_is_null(b)) return val_is_null(a) && val_is_null(b);
  int order = 1;
  return compare_sql(a, b, &order) && order == 0;
}

static void put_all(struct build *build, const struct val *list) {
  for (uint32_t i = 0; list->type == VAL_LIST && i < val_count(list); i++) {
    struct val element = val_at(list, i);
    build_put(build, &element);
  }
}

static void put_one(struct build *build, const struct val *element) {
  struct val null = val_null();
  build_put(build, val_is_null(element) ? &null : element);
}

static bool is_list(const struct val *v) {
  return v->type == VAL_LIST;
}

status func__array_append(struct func_env *env, const struct val *args, uint32_t count,
                          struct val *out, struct err *err) {
  (void)count;
  struct build build;
  if (!val_is_null(&args[0]) && !is_list(&args[0])) return func__clash(env, out);
  func__list_begin(env, &build);
  put_all(&build, &args[0]);
  put_one(&build, &args[1]);
  return func__built(env, &build, out, err);
}

status func__array_prepend(struct func_env *env, const struct val *args, uint32_t count,
                           struct val *out, struct err *err) {
  (void)count;
  struct build build;
  if (!val_is_null(&args[1]) && !is_list(&args[1])) return func__clash(env, out);
  func__list_begin(env, &build);
  put_one(&build, &args[0]);
  put_all(&build, &args[1]);
  return func__built(env, &build, out, err);
}

status func__array_cat(struct func_env *env, const struct val *args, uint32_t count,
                       struct val *out, struct err *err) {
  struct build build;
  *out = val_null();
  for (uint32_t i = 0; i < count; i++)
    if (!val_is_null(&args[i]) && !is_list(&args[i])) return func__clash(env, out);
  if (val_is_null(&args[0]) && val_is_null(&args[1])) return LUMA_OK;
  func__list_begin(env, &build);
  put_all(&build, &args[0]);
  put_all(&build, &args[1]);
  return func__built(env, &build, out, err);
}

/** Elements of a list; with a dimension, of the first list that deep. */
status func__array_length(struct func_env *env, const struct val *args, uint32_t count,
                          struct val *out, struct err *err) {
  (void)err;
  struct val list = args[0];
  int64_t depth = 1;
  if (!is_list(&list) || (count > 1 && !val_to_int64(&args[1], &depth)))
    return func__clash(env, out);
  for (; depth > 1 && is_list(&list) && val_count(&list); depth--) list = val_at(&list, 0);
  bool has = depth == 1 && is_list(&list) && (count == 1 || val_count(&list) > 0);
  *out = has ? val_int64(val_count(&list)) : val_null();
  return LUMA_OK;
}

/* Elements at every depth: lists in lists are dimensions. */
static int64_t count_leaves(const struct val *list) {
  int64_t leaves = 0;
  for (uint32_t i = 0; i < val_count(list); i++) {
    struct val element = val_at(list, i);
    leaves += is_list(&element) ? count_leaves(&element) : 1;
  }
  return leaves;
}

status func__cardinality(struct func_env *env, const struct val *args, uint32_t count,
                         struct val *out, struct err *err) {
  (void)count, (void)err;
  bool is_map = args[0].type == VAL_MAP;
  if (!is_map && !is_list(&args[0])) return func__clash(env, out);
  *out = val_int64(is_map ? val_count(&args[0]) : count_leaves(&args[0]));
  return LUMA_OK;
}

status func__array_ndims(struct func_env *env, const struct val *args, uint32_t count,
                         struct val *out, struct err *err) {
  (void)count, (void)err;
  struct val list = args[0];
  int64_t depth = 0;
  if (!is_list(&list)) return func__clash(env, out);
  for (; is_list(&list) && val_count(&list); depth++) list = val_at(&list, 0);
  *out = depth ? val_int64(depth) : val_null();
  return LUMA_OK;
}

/** The first place of an element at or after `start`; NULL when it is not there. */
status func__array_position(struct func_env *env, const struct val *args, uint32_t count,
                            struct val *out, struct err *err) {
  (void)err;
  int64_t start = 1;
  *out = val_null();
  if (val_is_null(&args[0])) return LUMA_OK;
  if (!is_list(&args[0]) || (count > 2 && !val_to_int64(&args[2], &start)))
    return func__clash(env, out);
  for (uint32_t i = start > 1 ? (uint32_t)start - 1 : 0; i < val_count(&args[0]); i++) {
    struct val element = val_at(&args[0], i);
    if (!is_same(&element, &args[1])) continue;
    *out = val_int64(i + INT64_C(1));
    break;
  }
  return LUMA_OK;
}

status func__array_positions(struct func_env *env, const struct val *args, uint32_t count,
                             struct val *out, struct err *err) {
  (void)count;
  struct build build;
  *out = val_null();
  if (val_is_null(&args[0])) return LUMA_OK;
  if (!is_list(&args[0])) return func__clash(env, out);
  func__list_begin(env, &build);
  for (uint32_t i = 0; i < val_count(&args[0]); i++) {
    struct val element = val_at(&args[0], i), place = val_int64(i + INT64_C(1));
    if (is_same(&element, &args[1])) build_put(&build, &place);
  }
  return func__built(env, &build, out, err);
}

/* Every element that is `from` becomes `to`, or goes when `to` is NULL. */
static status change(struct func_env *env, const struct val *list, const struct val *from,
                     const struct val *to, struct val *out, struct err *err) {
  struct build build;
  *out = val_null();
  if (val_is_null(list)) return LUMA_OK;
  if (!is_list(list)) return func__clash(env, out);
  func__list_begin(env, &build);
  for (uint32_t i = 0; i < val_count(list); i++) {
    struct val element = val_at(list, i);
    if (!is_same(&element, from))
      build_put(&build, &element);
    else if (to)
      put_one(&build, to);
  }
  return func__built(env, &build, out, err);
}

status func__array_remove(struct func_env *env, const struct val *args, uint32_t count,
                          struct val *out, struct err *err) {
  (void)count;
  return change(env, &args[0], &args[1], NULL, out, err);
}

status func__array_replace(struct func_env *env, const struct val *args, uint32_t count,
                           struct val *out, struct err *err) {
  (void)count;
  return change(env, &args[0], &args[1], &args[2], out, err);
}

/* Elements from..to of the list, counted from 0, `to` not among them. */
static status part_of(struct func_env *env, const struct val *list, uint32_t from, uint32_t to,
                      struct val *out, struct err *err) {
  struct build build;
  func__list_begin(env, &build);
  for (uint32_t i = from; i < to; i++) {
    struct val element = val_at(list, i);
    build_put(&build, &element);
  }
  return func__built(env, &build, out, err);
}

status func__trim_array(struct func_env *env, const struct val *args, uint32_t count,
                        struct val *out, struct err *err) {
  (void)count;
  int64_t cut = 0;
  if (!is_list(&args[0]) || !val_to_int64(&args[1], &cut)) return func__clash(env, out);
  uint32_t all = val_count(&args[0]);
  if (cut < 0 || cut > all)
    FAIL(err, LUMA_OUT_OF_RANGE, "%lld elements cannot be cut off %u", (long long)cut, all);
  return part_of(env, &args[0], 0, all - (uint32_t)cut, out, err);
}

/** Elements from one place to another, both among them. */
status func__array_slice(struct func_env *env, const struct val *args, uint32_t count,
                         struct val *out, struct err *err) {
  (void)count;
  int64_t from = 0, to = 0;
  if (!is_list(&args[0]) || !val_to_int64(&args[1], &from) || !val_to_int64(&args[2], &to))
    return func__clash(env, out);
  int64_t all = val_count(&args[0]);
  if (from < 1) from = 1;
  if (to > all) to = all;
  uint32_t start = from > to ? 0 : (uint32_t)from - 1, end = from > to ? 0 : (uint32_t)to;
  return part_of(env, &args[0], start, end, out, err);
}

status func__array_to_string(struct func_env *env, const struct val *args, uint32_t count,
                             struct val *out, struct err *err) {
  const struct val *for_null = count > 2 && args[2].type == VAL_TEXT ? &args[2] : NULL;
  bool is_first = true;
  *out = val_null();
  if (val_is_null(&args[0]) || val_is_null(&args[1])) return LUMA_OK;
  if (!is_list(&args[0]) || args[1].type != VAL_TEXT) return func__clash(env, out);
  for (uint32_t i = 0; i < val_count(&args[0]); i++) {
    struct val element = val_at(&args[0], i);
    const struct val *shown = val_is_null(&element) ? for_null : &element;
    if (!shown) continue;
    if (!is_first) buf_append_slice(env->scratch, val_slice(&args[1]));
    func_append_text(env->scratch, shown);
    is_first = false;
  }
  return func__scratch_text(env, out, err);
}

/* ---- order ---- */

static int compare_elements(const void *a, const void *b) {
  return val_compare(a, b);
}

/** The elements in order; NULLs last, as ORDER BY has them. */
static status sorted_elements(struct func_env *env, const struct val *list, struct val **elements,
                              uint32_t *count, struct err *err) {
  uint32_t all = val_count(list), nulls = 0;
  struct val *made = arena_alloc(env->arena, (all + (size_t)1) * sizeof *made);
  if (!made) return func__fail_memory(env, err);
  for (uint32_t i = 0; i < all; i++) {
    struct val element = val_at(list, i);
    if (val_is_null(&element))
      made[all - ++nulls] = val_null();
    else
      made[i - nulls] = element;
  }
  qsort(made, all - nulls, sizeof *made, compare_elements);
  *elements = made;
  *count = all;
  return LUMA_OK;
}

static status sorted_list(struct func_env *env, const struct val *list, bool distinct, bool turned,
                          struct val *out, struct err *err) {
  struct val *elements = NULL;
  uint32_t count = 0;
  struct build build;
  if (!is_list(list)) return func__clash(env, out);
  TRY(sorted_elements(env, list, &elements, &count, err));
  func__list_begin(env, &build);
  for (uint32_t i = 0; i < count; i++) {
    bool again = distinct && i > 0 && is_same(&elements[i], &elements[i - 1]);
    if (!again) build_put(&build, &elements[turned ? count - 1 - i : i]);
  }
  return func__built(env, &build, out, err);
}

status func__array_sort(struct func_env *env, const struct val *args, uint32_t count,
                        struct val *out, struct err *err) {
  bool turned = count > 1 && args[1].type == VAL_BOOL && args[1].boolean;
  return sorted_list(env, &args[0], false, turned, out, err);
}

status func__array_distinct(struct func_env *env, const struct val *args, uint32_t count,
                            struct val *out, struct err *err) {
  (void)count;
  return sorted_list(env, &args[0], true, false, out, err);
}

/** Whether the lists share an element. */
status func__array_overlap(struct func_env *env, const struct val *args, uint32_t count,
                           struct val *out, struct err *err) {
  (void)count, (void)err;
  if (!is_list(&args[0]) || !is_list(&args[1])) return func__clash(env, out);
  *out = val_bool(false);
  for (uint32_t i = 0; i < val_count(&args[0]) && !out->boolean; i++) {
    struct val element = val_at(&args[0], i);
    for (uint32_t k = 0; k < val_count(&args[1]) && !out->boolean; k++) {
      struct val other = val_at(&args[1], k);
      *out = val_bool(!val_is_null(&element) && is_same(&element, &other));
    }
  }
  return LUMA_OK;
}
