/* SPDX-License-Identifier: MIT */
#include "query/exec/accumulate.h"

#include <math.h>

#include "query/exec/gather.h"
#include "query/expr/field.h"
#include "value/order/order.h"

/* ---- sums ---- */

static void add_real(struct accumulator *a, double v) {
  double sum = a->reals + v;
  a->lost += fabs(a->reals) >= fabs(v) ? (a->reals - sum) + v : (v - sum) + a->reals;
  a->reals = sum;
  a->has_real = true;
}

static void add_number(struct accumulator *a, const struct val *v) {
  if (v->type == VAL_FLOAT64) {
    add_real(a, v->real);
  } else if (v->type == VAL_DECIMAL) {
    a->decimals = a->has_decimal ? decimal_add(a->decimals, v->decimal) : v->decimal;
    a->has_decimal = true;
  } else {
    a->integers += v->integer;
    a->has_wide |= v->type == VAL_INT64;
  }
  a->count++;
}

static double sum_of_reals(const struct accumulator *a) {
  return isfinite(a->reals) ? a->reals + a->lost : a->reals;
}

/** A 128-bit integer as a decimal: 34 digits are exact, which sums of 2^32 64-bit integers do not
 * reach. */
static struct decimal decimal_of(accumulator_int v) {
  uint128 magnitude = v < 0 ? -(uint128)v : (uint128)v;
  struct decimal_parts parts = {.coefficient = magnitude, .negative = v < 0};
  return decimal_pack(parts, NULL);
}

static struct decimal decimal_total(const struct accumulator *a) {
  struct decimal total = decimal_add(decimal_of(a->integers), a->decimals);
  return a->has_real ? decimal_add(total, decimal_from_float64(sum_of_reals(a))) : total;
}

static struct val sum_of(const struct expr *aggregate, const struct accumulator *a) {
  if (a->count == 0) return aggregate->mongo ? val_int32(0) : val_null();
  if (a->has_decimal) return val_decimal(decimal_total(a));
  if (a->has_real) return val_float64((double)a->integers + sum_of_reals(a));
  bool fits = a->integers >= INT64_MIN && a->integers <= INT64_MAX;
  if (!fits)
    return aggregate->mongo ? val_float64((double)a->integers)
                            : val_decimal(decimal_of(a->integers));
  int64_t whole = (int64_t)a->integers;
  bool small = aggregate->mongo && !a->has_wide && whole >= INT32_MIN && whole <= INT32_MAX;
  return small ? val_int32((int32_t)whole) : val_int64(whole);
}

static struct val average_of(const struct accumulator *a) {
  if (a->count == 0) return val_null();
  if (a->has_decimal)
    return val_decimal(decimal_divide(decimal_total(a), decimal_from_int64((int64_t)a->count)));
  return val_float64(((double)a->integers + sum_of_reals(a)) / (double)a->count);
}

/* ---- kept values ---- */

/** Keeps a copy of a value, reusing the room of the one before. */
static status keep(struct exec *exec, struct accumulator *a, const struct val *v, struct err *err) {
  a->count++;
  a->value = *v;
  if (v->bytes == 0) return LUMA_OK;
  if (v->bytes > a->room_bytes) {
    a->room = arena_alloc_text(exec->arena, (size_t)v->bytes * 2);
    TRY(op__memory(exec, a->room, err));
    a->room_bytes = v->bytes * 2;
  }
  memcpy(a->room, v->data, v->bytes);
  a->value.data = a->room;
  return LUMA_OK;
}

static status keep_extreme(struct exec *exec, struct accumulator *a, const struct val *v, int sign,
                           struct err *err) {
  if (val_is_null(v)) return LUMA_OK;
  if (a->count && val_compare(v, &a->value) * sign <= 0) return LUMA_OK;
  return keep(exec, a, v, err);
}

static status push(struct exec *exec, struct accumulator *a, const struct val *v, struct err *err) {
  if (v->type == VAL_MISSING) return LUMA_OK;
  if (!a->list) {
    a->list = arena_alloc(exec->arena, sizeof *a->list);
    TRY(op__memory(exec, a->list, err));
    rows_init(a->list, exec, 1);
  }
  struct val *place = NULL;
  TRY(rows_add(a->list, &place, err));
  a->count++;
  return expr_copy_value(exec->arena, v, place, err);
}

/** True when the value was not met before. */
static status is_new_value(struct exec *exec, struct accumulator *a, const struct val *v,
                           bool *is_new, struct err *err) {
  uint32_t number = 0;
  if (!a->seen) {
    a->seen = arena_alloc(exec->arena, sizeof *a->seen);
    TRY(op__memory(exec, a->seen, err));
    tuple_table_init(a->seen, exec, 1);
  }
  return tuple_table_put(a->seen, v, tuple_table_hash(v, 1), &number, is_new, err);
}

status accumulate(struct exec *exec, const struct expr *aggregate, struct accumulator *a,
                  const struct val *value, struct err *err) {
  bool is_set = aggregate->distinct || aggregate->aggregate == EXPR_ADD_TO_SET;
  bool counts = value && (aggregate->mongo ? value->type != VAL_MISSING : !val_is_null(value));
  if (is_set && counts) {
    bool is_new = false;
    TRY(is_new_value(exec, a, value, &is_new, err));
    if (!is_new) return LUMA_OK;
  }
  switch (aggregate->aggregate) {
  case EXPR_COUNT: a->count += !value || !val_is_null(value); return LUMA_OK;
  case EXPR_SUM:
  case EXPR_AVG:
    if (val_is_number(value))
      add_number(a, value);
    else if (!val_is_null(value) && !aggregate->mongo)
      exec->env->clashes++;
    return LUMA_OK;
  case EXPR_MIN: return keep_extreme(exec, a, value, -1, err);
  case EXPR_MAX: return keep_extreme(exec, a, value, 1, err);
  case EXPR_FIRST: return a->count ? LUMA_OK : keep(exec, a, value, err);
  case EXPR_LAST: return keep(exec, a, value, err);
  case EXPR_PUSH:
  case EXPR_ADD_TO_SET: return push(exec, a, value, err);
  case EXPR_GATHER: return gather_add(exec, aggregate, &a->gather, value, err);
  case EXPR_GROUPING: break; /* the AGGREGATE's own */
  }
  return LUMA_OK;
}

static status list_of(struct exec *exec, const struct accumulator *a, struct arena *arena,
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

status accumulate_result(struct exec *exec, const struct expr *aggregate,
                         const struct accumulator *a, struct arena *arena, struct val *out,
                         struct err *err) {
  switch (aggregate->aggregate) {
  case EXPR_COUNT: *out = val_int64((int64_t)a->count); return LUMA_OK;
  case EXPR_SUM: *out = sum_of(aggregate, a); return LUMA_OK;
  case EXPR_AVG: *out = average_of(a); return LUMA_OK;
  case EXPR_MIN:
  case EXPR_MAX:
  case EXPR_FIRST:
  case EXPR_LAST:
    *out = a->count && a->value.type != VAL_MISSING ? a->value : val_null();
    return LUMA_OK;
  case EXPR_PUSH:
  case EXPR_ADD_TO_SET: return list_of(exec, a, arena, out, err);
  case EXPR_GATHER: return gather_result(exec, aggregate, a->gather, arena, out, err);
  case EXPR_GROUPING: break;
  }
  return LUMA_OK;
}
