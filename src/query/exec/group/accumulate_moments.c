/* SPDX-License-Identifier: MIT */
/* Variances, covariances and the line of least squares, by Welford's update (Technometrics 4.3,
 * 1962): means and what is around them. All is counted from the first value on, so that large
 * numbers close to each other lose nothing. */
#include <math.h>

#include "query/exec/group/accumulate_int.h"

bool accumulate__is_moments(enum expr_aggregate kind) {
  return kind >= EXPR_VAR_POP && kind <= EXPR_REGR_SYY;
}

/** Aggregates of y and x; the others are of one number, taken as x. */
static bool is_of_two(enum expr_aggregate kind) {
  return kind >= EXPR_COVAR_POP;
}

static double first_of(union origin first, bool is_integer) {
  return is_integer ? (double)first.integer : first.real;
}

/** Differences of integers are taken before they are rounded: nanoseconds of our time are closer to
 * each other than doubles of their size. */
static double distance(union origin first, bool is_integer, const struct val *to) {
  if (is_integer && val_is_integer(to))
    return (double)((accumulator_int)to->integer - first.integer);
  return val_to_float64(to) - first_of(first, is_integer);
}

static union origin origin_of(const struct val *v, bool *is_integer) {
  *is_integer = val_is_integer(v);
  if (*is_integer) return (union origin){.integer = v->integer};
  double real = val_to_float64(v);
  return (union origin){.real = isfinite(real) ? real : 0};
}

/** What finite numbers add up to is finite, or an error as in PostgreSQL; MongoDB has infinity. */
static status check_sums(const struct expr *aggregate, const struct accumulator *a, double x,
                         double y, struct err *err) {
  bool is_lost = isinf(a->xx) || isinf(a->yy) || isinf(a->xy);
  if (!is_lost || aggregate->mongo || !isfinite(x) || !isfinite(y)) return LUMA_OK;
  FAIL(err, LUMA_OUT_OF_RANGE, "the squares do not fit a double");
}

status accumulate__take_moments(struct exec *exec, const struct expr *aggregate,
                                struct accumulator *a, const struct val *values, struct err *err) {
  bool of_two = is_of_two(aggregate->aggregate);
  const struct val *x = of_two ? &values[1] : &values[0], *y = &values[0];
  if (val_is_null(x) || val_is_null(y)) return LUMA_OK;
  if (!val_is_number(x) || !val_is_number(y)) {
    exec->env->clashes++;
    return LUMA_OK;
  }
  double n = (double)++a->count;
  if (aggregate->aggregate == EXPR_REGR_COUNT) return LUMA_OK;
  if (a->count == 1) {
    a->first_x = origin_of(x, &a->is_x_integer);
    a->first_y = origin_of(y, &a->is_y_integer);
  }
  double real_x = distance(a->first_x, a->is_x_integer, x);
  double real_y = distance(a->first_y, a->is_y_integer, y);
  double dx = real_x - a->mean_x, dy = real_y - a->mean_y;
  a->mean_x += dx / n;
  a->mean_y += dy / n;
  a->xx += dx * (real_x - a->mean_x);
  a->yy += dy * (real_y - a->mean_y);
  a->xy += dx * (real_y - a->mean_y);
  return check_sums(aggregate, a, real_x, real_y, err);
}

static struct val correlation(const struct accumulator *a) {
  if (a->xx == 0 || a->yy == 0) return val_null();
  double r = a->xy / (sqrt(a->xx) * sqrt(a->yy));
  return val_float64(r > 1 ? 1 : r < -1 ? -1 : r);
}

static struct val determination(const struct accumulator *a) {
  if (a->xx == 0) return val_null();
  return val_float64(a->yy == 0 ? 1 : a->xy / a->xx * (a->xy / a->yy));
}

/** Those of the line: NULL when all x are the same. */
static struct val line(enum expr_aggregate kind, const struct accumulator *a) {
  if (a->xx == 0) return val_null();
  double slope = a->xy / a->xx;
  double mean_x = first_of(a->first_x, a->is_x_integer) + a->mean_x;
  double mean_y = first_of(a->first_y, a->is_y_integer) + a->mean_y;
  return val_float64(kind == EXPR_REGR_SLOPE ? slope : mean_y - slope * mean_x);
}

struct val accumulate__moments(enum expr_aggregate kind, const struct accumulator *a) {
  bool of_sample = kind == EXPR_VAR_SAMP || kind == EXPR_STDDEV_SAMP || kind == EXPR_COVAR_SAMP;
  double n = (double)a->count - of_sample;
  if (kind == EXPR_REGR_COUNT) return val_int64((int64_t)a->count);
  if (a->count == 0 || n == 0) return val_null();
  switch ((int)kind) {
  case EXPR_VAR_POP:
  case EXPR_VAR_SAMP: return val_float64(a->xx / n);
  case EXPR_STDDEV_POP:
  case EXPR_STDDEV_SAMP: return val_float64(sqrt(a->xx / n));
  case EXPR_COVAR_POP:
  case EXPR_COVAR_SAMP: return val_float64(a->xy / n);
  case EXPR_CORR: return correlation(a);
  case EXPR_REGR_R2: return determination(a);
  case EXPR_REGR_SLOPE:
  case EXPR_REGR_INTERCEPT: return line(kind, a);
  case EXPR_REGR_AVGX: return val_float64(first_of(a->first_x, a->is_x_integer) + a->mean_x);
  case EXPR_REGR_AVGY: return val_float64(first_of(a->first_y, a->is_y_integer) + a->mean_y);
  case EXPR_REGR_SXX: return val_float64(a->xx);
  case EXPR_REGR_SYY: return val_float64(a->yy);
  default: return val_float64(a->xy);
  }
}
