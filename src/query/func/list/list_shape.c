/* SPDX-License-Identifier: MIT */
/* Functions of lists that tell their shape, make them, or put them in another order. */
#include "base/ds/rng.h"
#include "query/func/func_int.h"
#include "value/doc/build.h"

enum { DIMENSIONS_MAX = 6, FILL_MAX = 1000000 };

/** "[1:2][1:3]", as PostgreSQL tells the dimensions. */
status func__array_dims(struct func_env *env, const struct val *args, uint32_t count,
                        struct val *out, struct err *err) {
  struct val list = args[0];
  (void)count;
  if (list.type != VAL_LIST) return func__clash(env, out);
  *out = val_null();
  if (val_count(&list) == 0) return LUMA_OK;
  for (; list.type == VAL_LIST && val_count(&list); list = val_at(&list, 0))
    buf_append_format(env->scratch, "[1:%u]", val_count(&list));
  return func__scratch_text(env, out, err);
}

/** 1, where the list is that deep. */
status func__array_lower(struct func_env *env, const struct val *args, uint32_t count,
                         struct val *out, struct err *err) {
  TRY(func__array_length(env, args, count, out, err));
  if (!val_is_null(out)) *out = val_int64(1);
  return LUMA_OK;
}

/** generate_subscripts(list, dimension): 1 to its length. */
status func__generate_subscripts(struct func_env *env, const struct val *args, uint32_t count,
                                 struct val *out, struct err *err) {
  struct val bounds[2] = {val_int64(1), val_null()};
  TRY(func__array_length(env, args, count, &bounds[1], err));
  if (val_is_null(&bounds[1])) bounds[1] = val_int64(0);
  return func__generate_series(env, bounds, 2, out, err);
}

static void put_filled(struct build *build, const struct val *value, const uint32_t *sizes,
                       uint32_t depth) {
  for (uint32_t i = 0; i < sizes[0]; i++) {
    if (depth == 1) {
      build_put(build, value);
      continue;
    }
    build_begin_list(build);
    put_filled(build, value, sizes + 1, depth - 1);
    build_end(build);
  }
}

static status read_sizes(const struct val *list, uint32_t *sizes, struct err *err) {
  uint64_t all = 1;
  for (uint32_t i = 0; i < val_count(list); i++) {
    struct val size = val_at(list, i);
    int64_t number = -1;
    if (!val_is_number(&size) || !val_to_int64(&size, &number) || number < 0 || number > FILL_MAX)
      FAIL(err, LUMA_INVALID_ARGUMENT, "a dimension is a number from 0 to %d", FILL_MAX);
    sizes[i] = (uint32_t)number;
    all *= sizes[i] ? sizes[i] : 1;
    if (all > FILL_MAX)
      FAIL(err, LUMA_TOO_LARGE, "a list is filled with at most %d values", FILL_MAX);
  }
  return LUMA_OK;
}

/** array_fill(value, [2, 3]) */
status func__array_fill(struct func_env *env, const struct val *args, uint32_t count,
                        struct val *out, struct err *err) {
  struct val null = val_null(), value = args[0].type == VAL_MISSING ? null : args[0];
  uint32_t sizes[DIMENSIONS_MAX] = {0};
  struct build build;
  (void)count;
  if (args[1].type != VAL_LIST) return func__clash(env, out);
  if (val_count(&args[1]) > DIMENSIONS_MAX)
    FAIL(err, LUMA_INVALID_ARGUMENT, "a list has at most %d dimensions", DIMENSIONS_MAX);
  TRY(read_sizes(&args[1], sizes, err));
  func__list_begin(env, &build);
  if (val_count(&args[1])) put_filled(&build, &value, sizes, val_count(&args[1]));
  return func__built(env, &build, out, err);
}

status func__array_reverse(struct func_env *env, const struct val *args, uint32_t count,
                           struct val *out, struct err *err) {
  struct build build;
  (void)count;
  if (args[0].type != VAL_LIST) return func__clash(env, out);
  func__list_begin(env, &build);
  for (uint32_t i = val_count(&args[0]); i > 0; i--) {
    struct val element = val_at(&args[0], i - 1);
    build_put(&build, &element);
  }
  return func__built(env, &build, out, err);
}

/* Some elements, each at most once, in any order: the first steps of Fisher and Yates's shuffle. */
static status take_any(struct func_env *env, const struct val *list, uint32_t wanted,
                       struct val *out, struct err *err) {
  uint32_t count = val_count(list), *order = arena_alloc(env->arena, (count + 1u) * sizeof *order);
  struct build build;
  if (!order) return func__fail_memory(env, err);
  for (uint32_t i = 0; i < count; i++) order[i] = i;
  func__list_begin(env, &build);
  for (uint32_t i = 0; i < wanted; i++) {
    uint32_t pick = i + (uint32_t)rng_below(env->chance, count - i), kept = order[pick];
    struct val element = val_at(list, kept);
    order[pick] = order[i];
    build_put(&build, &element);
  }
  return func__built(env, &build, out, err);
}

status func__array_shuffle(struct func_env *env, const struct val *args, uint32_t count,
                           struct val *out, struct err *err) {
  (void)count;
  if (args[0].type != VAL_LIST) return func__clash(env, out);
  return take_any(env, &args[0], val_count(&args[0]), out, err);
}

/** array_sample(list, count) */
status func__array_sample(struct func_env *env, const struct val *args, uint32_t count,
                          struct val *out, struct err *err) {
  int64_t wanted = 0;
  (void)count;
  if (args[0].type != VAL_LIST || !val_is_number(&args[1]) || !val_to_int64(&args[1], &wanted))
    return func__clash(env, out);
  if (wanted < 0 || wanted > val_count(&args[0]))
    FAIL(err, LUMA_OUT_OF_RANGE, "%lld elements cannot be taken from %u", (long long)wanted,
         val_count(&args[0]));
  return take_any(env, &args[0], (uint32_t)wanted, out, err);
}
