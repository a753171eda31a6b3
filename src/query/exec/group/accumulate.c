/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "base/core/assert.h"
#include "query/exec/group/accumulate_int.h"
#include "query/exec/group/gather.h"
#include "query/exec/group/sketch.h"
#include "query/expr/tell.h"
#include "query/func/number/numeric.h"
#include "query/locale/collation.h"
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
    a->reals_count++;
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

static double total_of(const struct accumulator *a) {
  double total = (double)a->integers + sum_of_reals(a);
  return a->has_decimal ? decimal_to_float64(decimal_total(a)) : total;
}

static struct val average_of(const struct expr *aggregate, const struct accumulator *a) {
  if (a->count == 0) return val_null();
  struct decimal count = decimal_from_int64((int64_t)a->count);
  if (a->has_decimal)
    return val_decimal(aggregate->mongo ? decimal_divide(decimal_total(a), count)
                                        : numeric_divide(decimal_total(a), count));
  return val_float64(((double)a->integers + sum_of_reals(a)) / (double)a->count);
}

/* ---- kept values ---- */

static status keep(struct exec *exec, struct accumulator *a, const struct val *v, struct err *err) {
  a->count++;
  return accumulate__keep(exec, &a->kept, v, err);
}

static status keep_extreme(struct exec *exec, struct accumulator *a, const struct val *v, int sign,
                           struct err *err) {
  struct collation *collation = exec->env->collation;
  int order = sign;
  if (val_is_null(v)) return LUMA_OK;
  if (a->count && collation && collation_concerns(v))
    TRY(collation_compare(collation, v, &a->kept.value, &order, err));
  else if (a->count)
    order = val_compare(v, &a->kept.value);
  return order * sign > 0 ? keep(exec, a, v, err) : LUMA_OK;
}

/** True when the value was not met before. */
static status is_new_value(struct exec *exec, struct accumulator *a, const struct val *v,
                           bool *is_new, struct err *err) {
  uint32_t number = 0;
  if (!a->seen) {
    a->seen = arena_alloc(exec->arena, sizeof *a->seen);
    TRY(op__memory(exec, a->seen, err));
    tuple_table_init_few(a->seen, exec, 1);
  }
  return tuple_table_put(a->seen, v, tuple_table_hash(v, 1), &number, is_new, err);
}

static void take_number(struct exec *exec, const struct expr *aggregate, struct accumulator *a,
                        const struct val *v) {
  if (val_is_number(v))
    add_number(a, v);
  else if (!val_is_null(v) && !aggregate->mongo)
    exec->env->clashes++;
}

static status take(struct exec *exec, const struct expr *aggregate, struct accumulator *a,
                   const struct val *values, struct err *err) {
  enum expr_aggregate kind = aggregate->aggregate;
  ASSERT(values || kind == EXPR_COUNT);
  switch ((int)kind) {
  case EXPR_COUNT: a->count += !values || !val_is_null(values); return LUMA_OK;
  case EXPR_SUM:
  case EXPR_AVG:
  case EXPR_TOTAL: take_number(exec, aggregate, a, values); return LUMA_OK;
  case EXPR_MIN: return keep_extreme(exec, a, values, -1, err);
  case EXPR_MAX: return keep_extreme(exec, a, values, 1, err);
  case EXPR_ANY_VALUE:
    return a->count || val_is_null(values) ? LUMA_OK : keep(exec, a, values, err);
  case EXPR_FIRST: return a->count ? LUMA_OK : keep(exec, a, values, err);
  case EXPR_LAST: return keep(exec, a, values, err);
  case EXPR_PUSH:
  case EXPR_ADD_TO_SET:
    if (values->type == VAL_MISSING) return LUMA_OK;
    return accumulate__push(exec, a, values, 1, err);
  case EXPR_GATHER: return gather_add(exec, aggregate, &a->gather, values, err);
  case EXPR_ARRAY_AGG: return accumulate__push(exec, a, values, 1, err);
  case EXPR_OBJECT_AGG: return accumulate__push(exec, a, values, 2, err);
  case EXPR_STRING_AGG:
    return accumulate__take_text(exec, a, values, expr_operands(aggregate), err);
  case EXPR_MEDIAN:
  case EXPR_MODE:
  case EXPR_PERCENTILE_CONT:
  case EXPR_PERCENTILE_DISC: return accumulate__take_ordered(exec, aggregate, a, values, err);
  case EXPR_APPROX_COUNT: return accumulate__take_sketch(exec, a, values, err);
  case EXPR_APPROX_PERCENTILE: return accumulate__take_digest(exec, a, values, err);
  case EXPR_BOOL_AND:
  case EXPR_BOOL_OR: accumulate__take_truth(exec, kind == EXPR_BOOL_AND, a, values); return LUMA_OK;
  case EXPR_BIT_AND:
  case EXPR_BIT_OR:
  case EXPR_BIT_XOR: accumulate__take_bits(exec, kind, a, values); return LUMA_OK;
  case EXPR_MIN_BY: return accumulate__take_by(exec, a, values, -1, err);
  case EXPR_MAX_BY: return accumulate__take_by(exec, a, values, 1, err);
  default: /* GROUPING is the AGGREGATE's own */
    if (accumulate__is_moments(kind))
      return accumulate__take_moments(exec, aggregate, a, values, err);
    return LUMA_OK;
  }
}

/** The values did not fit, and were counted. */
static void tell_clash_of(struct expr_env *env, const struct expr *aggregate,
                          const struct val *values, uint64_t before) {
  env->clashes = before;
  tell_clash(env, aggregate, values, expr_operands(aggregate));
}

status accumulate(struct exec *exec, const struct expr *aggregate, struct accumulator *a,
                  const struct val *values, struct err *err) {
  struct val key;
  bool is_set = aggregate->distinct || aggregate->aggregate == EXPR_ADD_TO_SET;
  bool counts = values && (aggregate->mongo ? values->type != VAL_MISSING : !val_is_null(values));
  if (is_set && counts) {
    bool is_new = false;
    TRY(op__collate(exec, exec->arena, values, &key, err));
    TRY(is_new_value(exec, a, &key, &is_new, err));
    if (!is_new) return LUMA_OK;
  }
  uint64_t before = exec->env->clashes;
  TRY(take(exec, aggregate, a, values, err));
  if (exec->env->clashes != before) tell_clash_of(exec->env, aggregate, values, before);
  return LUMA_OK;
}

/* ---- joining ---- */

static void join_sums(struct accumulator *a, const struct accumulator *b) {
  if (b->has_real) add_real(a, b->reals);
  if (b->has_decimal) {
    a->decimals = a->has_decimal ? decimal_add(a->decimals, b->decimals) : b->decimals;
    a->has_decimal = true;
  }
  a->lost += b->lost;
  a->reals_count += b->reals_count;
  a->integers += b->integers;
  a->has_wide |= b->has_wide;
  a->count += b->count;
}

static status join_values(struct exec *exec, const struct expr *aggregate, struct accumulator *a,
                          const struct tuple_table *values, struct err *err) {
  for (uint64_t i = 0; i < values->tuples.count; i++)
    TRY(accumulate(exec, aggregate, a, rows_at(&values->tuples, i), err));
  return LUMA_OK;
}

status accumulate_join(struct exec *exec, const struct expr *aggregate, struct accumulator *a,
                       const struct accumulator *other, struct err *err) {
  if (other->seen) return join_values(exec, aggregate, a, other->seen, err);
  switch ((int)aggregate->aggregate) {
  case EXPR_COUNT: a->count += other->count; return LUMA_OK;
  case EXPR_MIN:
  case EXPR_MAX: return other->count ? take(exec, aggregate, a, &other->kept.value, err) : LUMA_OK;
  default: join_sums(a, other); return LUMA_OK;
  }
}

/* ---- taking back ---- */

static bool take_back_number(struct accumulator *a, const struct val *v) {
  bool is_real = v->type == VAL_FLOAT64;
  if (a->has_decimal || (is_real && !isfinite(v->real)) || !isfinite(a->reals)) return false;
  a->count--;
  if (!is_real) {
    a->integers -= v->integer;
    return true;
  }
  add_real(a, -v->real);
  if (--a->reals_count) return true;
  a->reals = a->lost = 0; /* the last of them: nothing may be left */
  a->has_real = false;
  return true;
}

bool accumulate_take_back(const struct expr *aggregate, struct accumulator *a,
                          const struct val *values) {
  enum expr_aggregate kind = aggregate->aggregate;
  if (aggregate->distinct || aggregate->mongo) return false;
  if (kind == EXPR_COUNT) {
    a->count -= !values || !val_is_null(values);
    return true;
  }
  if (kind != EXPR_SUM && kind != EXPR_AVG && kind != EXPR_TOTAL) return false;
  return !val_is_number(values) || take_back_number(a, values);
}

/* ---- results ---- */

static struct val kept_value(const struct accumulator *a, const struct kept *kept) {
  return a->count && kept->value.type != VAL_MISSING ? kept->value : val_null();
}

/** Results that need nothing made. */
static struct val plain_result(const struct expr *aggregate, const struct accumulator *a) {
  enum expr_aggregate kind = aggregate->aggregate;
  switch ((int)kind) {
  case EXPR_COUNT: return val_int64((int64_t)a->count);
  case EXPR_SUM: return sum_of(aggregate, a);
  case EXPR_AVG: return average_of(aggregate, a);
  case EXPR_TOTAL: return val_float64(total_of(a));
  case EXPR_MIN:
  case EXPR_MAX:
  case EXPR_FIRST:
  case EXPR_LAST:
  case EXPR_ANY_VALUE: return kept_value(a, &a->kept);
  case EXPR_MIN_BY:
  case EXPR_MAX_BY: return a->count ? kept_value(a, &a->by[0]) : val_null();
  case EXPR_STRING_AGG: return a->count ? val_text(slice_of(a->text, a->text_bytes)) : val_null();
  case EXPR_APPROX_COUNT: return val_int64(a->count ? (int64_t)sketch_count(a->sketch) : 0);
  case EXPR_APPROX_PERCENTILE:
    return a->count ? val_float64(digest_at(a->digest, a->part)) : val_null();
  case EXPR_BOOL_AND:
  case EXPR_BOOL_OR: return a->count ? val_bool(a->bits) : val_null();
  case EXPR_BIT_AND:
  case EXPR_BIT_OR:
  case EXPR_BIT_XOR: return a->count ? val_int64(a->bits) : val_null();
  default: return accumulate__is_moments(kind) ? accumulate__moments(kind, a) : val_null();
  }
}

status accumulate_result(struct exec *exec, const struct expr *aggregate,
                         const struct accumulator *a, struct arena *arena, struct val *out,
                         struct err *err) {
  switch ((int)aggregate->aggregate) {
  case EXPR_PUSH:
  case EXPR_ADD_TO_SET: return accumulate__list(exec, a, arena, out, err);
  case EXPR_GATHER: return gather_result(exec, aggregate, a->gather, arena, out, err);
  case EXPR_ARRAY_AGG:
    *out = val_null();
    return a->count ? accumulate__list(exec, a, arena, out, err) : LUMA_OK;
  case EXPR_OBJECT_AGG: return accumulate__object(exec, a, arena, out, err);
  case EXPR_MEDIAN:
  case EXPR_MODE:
  case EXPR_PERCENTILE_CONT:
  case EXPR_PERCENTILE_DISC: return accumulate__ordered(exec, aggregate, a, arena, out, err);
  default: *out = plain_result(aggregate, a); return LUMA_OK;
  }
}
