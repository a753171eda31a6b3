/* SPDX-License-Identifier: MIT */
/* Operators of arrays that order their elements: $sortArray, $minN and its kin, $max, $min, $sum,
 * $avg, $stdDevPop, $stdDevSamp, $median, $percentile. */
#include <math.h>

#include "query/mongo/mongo_int.h"
#include "query/mongo/sort_by.h"
#include "query/mongo/statistics.h"

/** The elements of a list, in the call's arena. */
static status take_elements(struct func_env *env, const struct val *list, struct val **elements,
                            struct err *err) {
  uint32_t count = val_count(list);
  TRY(mongo__room(env, count, sizeof **elements, elements, err));
  for (uint32_t i = 0; i < count; i++) (*elements)[i] = val_at(list, i);
  return LUMA_OK;
}

static status put_list(struct func_env *env, const struct val *elements, uint32_t count,
                       struct val *out, struct err *err) {
  struct mongo_build made;
  mongo__begin(&made, env);
  build_begin_list(&made.build);
  for (uint32_t i = 0; i < count; i++) mongo__put(&made, &elements[i]);
  build_end(&made.build);
  return mongo__end(&made, out, err);
}

status mongo__sort_array(struct func_env *env, const struct val *args, uint32_t count,
                         struct val *out, struct err *err) {
  (void)count;
  struct val *elements = NULL;
  struct sort_by by;
  *out = val_null();
  TRY(sort_by_read(env->arena, &args[1], "$sortArray", &by, err));
  if (val_is_null(&args[0])) return LUMA_OK;
  if (args[0].type != VAL_LIST)
    return mongo_fail(err, 2942504,
                      "The input argument to $sortArray must be an array, but was of type: %s",
                      mongo_type_name(&args[0]));
  TRY(take_elements(env, &args[0], &elements, err));
  TRY(sort_by_order(&by, env->arena, env->collation, elements, val_count(&args[0]), err));
  return put_list(env, elements, val_count(&args[0]), out, err);
}

/* ---- $firstN, $lastN, $minN, $maxN: input, n ---- */

static status read_n(const char *name, const struct val *args, int64_t *n, struct err *err) {
  if (!word_is_given(&args[1])) return mongo_fail(err, 5787906, "%s requires an 'n' field", name);
  if (!word_is_given(&args[0]))
    return mongo_fail(err, 5787907, "%s requires an 'input' field", name);
  if (!mongo__whole64(&args[1], n))
    return mongo_fail(err, 5787902, "Value for 'n' must be of integral type, but found %s",
                      mongo_type_name(&args[1]));
  if (*n <= 0)
    return mongo_fail(err, 5787908, "'n' must be greater than 0, found %lld", (long long)*n);
  if (args[0].type != VAL_LIST) return mongo_fail(err, 5788200, "%s: input must be an array", name);
  return LUMA_OK;
}

static status ends_of(struct func_env *env, const char *name, const struct val *args, bool last,
                      struct val *out, struct err *err) {
  int64_t n = 0;
  struct val *elements = NULL;
  TRY(read_n(name, args, &n, err));
  TRY(take_elements(env, &args[0], &elements, err));
  uint32_t size = val_count(&args[0]), wanted = n < size ? (uint32_t)n : size;
  return put_list(env, last ? elements + (size - wanted) : elements, wanted, out, err);
}

status mongo__first_n(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                      struct err *err) {
  (void)count;
  return ends_of(env, "$firstN", args, false, out, err);
}

status mongo__last_n(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                     struct err *err) {
  (void)count;
  return ends_of(env, "$lastN", args, true, out, err);
}

/** The n least or greatest that are neither null nor missing. */
static status extremes_of(struct func_env *env, const char *name, const struct val *args,
                          bool greatest, struct val *out, struct err *err) {
  int64_t n = 0;
  struct val *elements = NULL;
  TRY(read_n(name, args, &n, err));
  TRY(take_elements(env, &args[0], &elements, err));
  uint32_t kept = 0;
  struct sort_by by = {.whole = true, .descending = {greatest}};
  for (uint32_t i = 0; i < val_count(&args[0]); i++)
    if (!val_is_null(&elements[i])) elements[kept++] = elements[i];
  TRY(sort_by_order(&by, env->arena, env->collation, elements, kept, err));
  return put_list(env, elements, n < kept ? (uint32_t)n : kept, out, err);
}

status mongo__min_n(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)count;
  return extremes_of(env, "$minN", args, false, out, err);
}

status mongo__max_n(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)count;
  return extremes_of(env, "$maxN", args, true, out, err);
}

/* ---- over arguments, or over the one list that is given ---- */

/** What an operator that is an accumulator too looks at. */
struct looked {
  const struct val *args;
  uint32_t count;
  bool is_list;
};

static struct looked look_at(const struct val *args, uint32_t count) {
  bool is_list = count == 1 && args[0].type == VAL_LIST;
  return (struct looked){args, is_list ? val_count(&args[0]) : count, is_list};
}

static struct val looked_at(const struct looked *looked, uint32_t nth) {
  return looked->is_list ? val_at(&looked->args[0], nth) : looked->args[nth];
}

static status extreme(struct func_env *env, const struct val *args, uint32_t count, int sign,
                      struct val *out, struct err *err) {
  struct looked looked = look_at(args, count);
  struct val best = val_null(), key;
  *out = val_null();
  for (uint32_t i = 0; i < looked.count; i++) {
    struct val v = looked_at(&looked, i);
    if (val_is_null(&v)) continue;
    TRY(mongo__key(env, &v, &key, err));
    if (!val_is_null(out) && val_compare(&key, &best) * sign <= 0) continue;
    *out = v;
    best = key;
  }
  return LUMA_OK;
}

status mongo__max(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  return extreme(env, args, count, 1, out, err);
}

status mongo__min(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  return extreme(env, args, count, -1, out, err);
}

static struct statistics gather(const struct val *args, uint32_t count) {
  struct looked looked = look_at(args, count);
  struct statistics of = {0};
  for (uint32_t i = 0; i < looked.count; i++) {
    struct val v = looked_at(&looked, i);
    statistics_add(&of, &v);
  }
  return of;
}

status mongo__sum(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  (void)env, (void)err;
  struct statistics sum = gather(args, count);
  *out = statistics_sum(&sum);
  return LUMA_OK;
}

status mongo__avg(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  (void)env, (void)err;
  struct statistics sum = gather(args, count);
  *out = statistics_average(&sum);
  return LUMA_OK;
}

static status deviation(const struct val *args, uint32_t count, bool sample, struct val *out) {
  struct statistics of = gather(args, count);
  *out = statistics_deviation(&of, sample);
  return LUMA_OK;
}

status mongo__std_dev_pop(struct func_env *env, const struct val *args, uint32_t count,
                          struct val *out, struct err *err) {
  (void)env, (void)err;
  return deviation(args, count, false, out);
}

status mongo__std_dev_samp(struct func_env *env, const struct val *args, uint32_t count,
                           struct val *out, struct err *err) {
  (void)env, (void)err;
  return deviation(args, count, true, out);
}

/* ---- $median, $percentile: input, p, method ---- */

/** The numbers of `input` (a list, or one number), ascending. */
static status take_numbers(struct func_env *env, const struct val *input, double **numbers,
                           uint32_t *count, struct err *err) {
  uint32_t most = input->type == VAL_LIST ? val_count(input) : 1;
  *count = 0;
  TRY(mongo__room(env, most, sizeof **numbers, numbers, err));
  for (uint32_t i = 0; i < most; i++) {
    struct val v = input->type == VAL_LIST ? val_at(input, i) : *input;
    if (val_is_number(&v) && !mongo__is_nan(&v)) (*numbers)[(*count)++] = val_to_float64(&v);
  }
  statistics_sort(*numbers, *count);
  return LUMA_OK;
}

status mongo__percentile(struct func_env *env, const struct val *args, uint32_t count,
                         struct val *out, struct err *err) {
  (void)count;
  double *numbers = NULL;
  uint32_t found = 0;
  struct mongo_build made;
  TRY(statistics_check_method(&args[2], "$percentile", err));
  TRY(statistics_check_p(&args[1], err));
  TRY(take_numbers(env, &args[0], &numbers, &found, err));
  mongo__begin(&made, env);
  build_begin_list(&made.build);
  for (uint32_t i = 0; i < val_count(&args[1]); i++) {
    struct val p = val_at(&args[1], i);
    struct val v = statistics_percentile(numbers, found, val_to_float64(&p));
    build_put(&made.build, &v);
  }
  build_end(&made.build);
  return mongo__end(&made, out, err);
}

status mongo__median(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                     struct err *err) {
  (void)count;
  double *numbers = NULL;
  uint32_t found = 0;
  TRY(statistics_check_method(&args[1], "$median", err));
  TRY(take_numbers(env, &args[0], &numbers, &found, err));
  *out = statistics_percentile(numbers, found, 0.5);
  return LUMA_OK;
}
