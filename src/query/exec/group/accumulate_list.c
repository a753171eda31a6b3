/* SPDX-License-Identifier: MIT */
/* Accumulators of all values: lists, maps, texts, percentiles, the most frequent. */
#include <math.h>
#include <stdlib.h>

#include "query/exec/group/accumulate_int.h"
#include "query/expr/field.h"
#include "query/func/func.h"
#include "value/order/order.h"

status accumulate__push(struct exec *exec, struct accumulator *a, const struct val *values,
                        uint32_t columns, struct err *err) {
  if (!a->list) {
    a->list = arena_alloc(exec->arena, sizeof *a->list);
    TRY(op__memory(exec, a->list, err));
    rows_init_few(a->list, exec, columns);
  }
  struct val *place = NULL;
  TRY(rows_add(a->list, &place, err));
  a->count++;
  for (uint32_t i = 0; i < columns; i++) {
    TRY(expr_copy_value(exec->arena, &values[i], &place[i], err));
    if (place[i].type == VAL_MISSING) place[i] = val_null();
  }
  return LUMA_OK;
}

status accumulate__list(struct exec *exec, const struct accumulator *a, struct arena *arena,
                        struct val *out, struct err *err) {
  struct build build;
  build_init(&build, &exec->env->scratch, NULL);
  build_begin_list(&build);
  for (uint64_t i = 0; a->list && i < a->list->count; i++) build_put(&build, rows_at(a->list, i));
  build_end(&build);
  status done = field_take_built(exec->env, arena, &build, out, err);
  build_deinit(&build);
  return done;
}

/** The names as texts of their own: the scratch holds what is being built. */
static status make_names(struct exec *exec, const struct accumulator *a, struct arena *arena,
                         struct val **names, struct err *err) {
  struct func_env env = expr_env_call(exec->env, arena);
  *names = arena_alloc(arena, (a->list->count + 1) * sizeof **names);
  TRY(plan_check_memory(arena, *names, err));
  for (uint64_t i = 0; i < a->list->count; i++) {
    const struct val *name = rows_at(a->list, i);
    if (val_is_null(name)) FAIL(err, LUMA_INVALID_ARGUMENT, "the name of an attribute is NULL");
    TRY(func_cast(&env, name, VAL_TEXT, &(*names)[i], err));
  }
  return LUMA_OK;
}

status accumulate__object(struct exec *exec, const struct accumulator *a, struct arena *arena,
                          struct val *out, struct err *err) {
  struct val *names = NULL;
  struct build build;
  *out = val_null();
  if (!a->count) return LUMA_OK;
  TRY(make_names(exec, a, arena, &names, err));
  build_init(&build, &exec->env->scratch, NULL);
  build_begin_map(&build);
  for (uint64_t i = 0; i < a->list->count; i++) {
    build_name(&build, val_slice(&names[i]));
    build_put(&build, &rows_at(a->list, i)[1]);
  }
  build_end(&build);
  status done = field_take_built(exec->env, arena, &build, out, err);
  build_deinit(&build);
  return done;
}

/* ---- texts ---- */

static status append_text(struct exec *exec, struct accumulator *a, struct slice text,
                          struct err *err) {
  uint64_t needed = a->text_bytes + text.bytes;
  if (needed > EXPR_SCRATCH_BYTES_MAX)
    FAIL(err, LUMA_TOO_LARGE, "the text is longer than %d bytes", EXPR_SCRATCH_BYTES_MAX);
  if (needed > a->text_capacity || !a->text) {
    uint64_t capacity = needed < 32 ? 64 : needed * 2;
    uint8_t *room = arena_alloc_text(exec->arena, capacity);
    TRY(op__memory(exec, room, err));
    if (a->text) memcpy(room, a->text, a->text_bytes);
    a->text = room;
    a->text_capacity = capacity;
  }
  if (text.bytes) memcpy(a->text + a->text_bytes, text.data, text.bytes);
  a->text_bytes = needed;
  return LUMA_OK;
}

static status append_value(struct exec *exec, struct accumulator *a, const struct val *v,
                           struct err *err) {
  struct buf *scratch = &exec->env->scratch;
  if (val_is_null(v)) return LUMA_OK;
  if (v->type == VAL_TEXT) return append_text(exec, a, val_slice(v), err);
  func_append_text(scratch, v);
  status done = buf_check(scratch, "a text", err);
  if (done == LUMA_OK) done = append_text(exec, a, buf_slice(scratch), err);
  buf_reset(scratch);
  return done;
}

/** The separator of a value stands before it. */
status accumulate__take_text(struct exec *exec, struct accumulator *a, const struct val *values,
                             uint32_t count, struct err *err) {
  if (val_is_null(&values[0])) return LUMA_OK;
  if (a->count && count < 2) TRY(append_text(exec, a, slice_of_text(","), err));
  if (a->count && count > 1) TRY(append_value(exec, a, &values[1], err));
  a->count++;
  if (a->count == 1) TRY(append_text(exec, a, slice_of(NULL, 0), err));
  return append_value(exec, a, &values[0], err);
}

/* ---- percentiles, mode ---- */

static bool is_continuous(const struct expr *aggregate) {
  return aggregate->aggregate == EXPR_PERCENTILE_CONT || aggregate->aggregate == EXPR_MEDIAN;
}

static bool fits_between(const struct val *v) {
  return val_is_number(v) || v->type == VAL_TIMESTAMP || v->type == VAL_DATE ||
         v->type == VAL_DURATION;
}

status accumulate__take_ordered(struct exec *exec, const struct expr *aggregate,
                                struct accumulator *a, const struct val *values, struct err *err) {
  bool of_key = aggregate_is_of_key(aggregate);
  const struct val *v = values, *fraction = &values[1];
  if (of_key) {
    v += aggregate->over->operands + aggregate->over->has_filter;
    fraction = &values[0];
  }
  if (val_is_null(v)) return LUMA_OK;
  if (is_continuous(aggregate) && !fits_between(v)) {
    exec->env->clashes++;
    return LUMA_OK;
  }
  bool has_fraction = expr_operands(aggregate) > !of_key;
  if (has_fraction && a->count == 0) TRY(expr_copy_value(exec->arena, fraction, &a->fraction, err));
  return accumulate__push(exec, a, v, 1, err);
}

static int compare_values(const void *a, const void *b) {
  return val_compare(a, b);
}

/** The values in order: as they came when the ORDER BY is theirs. */
static status sorted_of(const struct expr *aggregate, const struct accumulator *a,
                        struct arena *arena, struct val **sorted, struct err *err) {
  *sorted = arena_alloc(arena, (a->count + 1) * sizeof **sorted);
  TRY(plan_check_memory(arena, *sorted, err));
  for (uint64_t i = 0; i < a->count; i++) (*sorted)[i] = *rows_at(a->list, i);
  if (!aggregate_is_of_key(aggregate)) qsort(*sorted, a->count, sizeof **sorted, compare_values);
  return LUMA_OK;
}

static struct val most_frequent(const struct val *sorted, uint64_t count) {
  uint64_t best = 0, best_run = 0, start = 0;
  for (uint64_t i = 0; i < count; i++) {
    if (val_compare(&sorted[i], &sorted[start]) != 0) start = i;
    if (i - start + 1 <= best_run) continue;
    best = start;
    best_run = i - start + 1;
  }
  return sorted[best];
}

static struct val between(const struct val *low, const struct val *high, double part) {
  if (val_is_number(low)) {
    double a = val_to_float64(low), b = val_to_float64(high);
    return val_float64(part == 0 ? a : a + (b - a) * part);
  }
  struct val found = *low;
  if (low->type == high->type)
    found.integer += (int64_t)llround((double)(high->integer - low->integer) * part);
  return found;
}

static status percentile(const struct expr *aggregate, const struct val *sorted, uint64_t count,
                         const struct val *fraction, struct val *out, struct err *err) {
  *out = val_null();
  if (val_is_null(fraction)) return LUMA_OK;
  double p = val_is_number(fraction) ? val_to_float64(fraction) : -1;
  if (!(p >= 0 && p <= 1))
    FAIL(err, LUMA_INVALID_ARGUMENT, "a percentile is asked for by a number from 0 to 1");
  if (!is_continuous(aggregate)) {
    double rank = ceil(p * (double)count);
    *out = sorted[rank < 1 ? 0 : (uint64_t)rank - 1];
    return LUMA_OK;
  }
  double place = p * (double)(count - 1), low = floor(place);
  *out = between(&sorted[(uint64_t)low], &sorted[(uint64_t)ceil(place)], place - low);
  return LUMA_OK;
}

/** Several fractions: the list of their percentiles. */
static status percentiles(struct exec *exec, const struct expr *aggregate, const struct val *sorted,
                          const struct accumulator *a, struct arena *arena, struct val *out,
                          struct err *err) {
  struct build build;
  status done = LUMA_OK;
  build_init(&build, &exec->env->scratch, NULL);
  build_begin_list(&build);
  for (uint32_t i = 0; i < val_count(&a->fraction) && done == LUMA_OK; i++) {
    struct val fraction = val_at(&a->fraction, i), found;
    done = percentile(aggregate, sorted, a->count, &fraction, &found, err);
    if (done == LUMA_OK) build_put(&build, &found);
  }
  build_end(&build);
  if (done == LUMA_OK)
    done = field_take_built(exec->env, arena, &build, out, err);
  else
    buf_reset(&exec->env->scratch);
  build_deinit(&build);
  return done;
}

status accumulate__ordered(struct exec *exec, const struct expr *aggregate,
                           const struct accumulator *a, struct arena *arena, struct val *out,
                           struct err *err) {
  struct val *sorted = NULL, half = val_float64(0.5);
  *out = val_null();
  if (!a->count) return LUMA_OK;
  TRY(sorted_of(aggregate, a, arena, &sorted, err));
  if (aggregate->aggregate == EXPR_MODE) {
    *out = most_frequent(sorted, a->count);
    return LUMA_OK;
  }
  if (aggregate->aggregate == EXPR_MEDIAN)
    return percentile(aggregate, sorted, a->count, &half, out, err);
  if (a->fraction.type == VAL_LIST) return percentiles(exec, aggregate, sorted, a, arena, out, err);
  return percentile(aggregate, sorted, a->count, &a->fraction, out, err);
}
