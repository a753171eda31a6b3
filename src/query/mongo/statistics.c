/* SPDX-License-Identifier: MIT */
#include "query/mongo/statistics.h"

#include <math.h>
#include <stdlib.h>

#include "query/mongo/mongo_int.h"

static void add_real(struct statistics *of, double v) {
  double sum = of->reals + v;
  of->lost += fabs(of->reals) >= fabs(v) ? (of->reals - sum) + v : (v - sum) + of->reals;
  of->reals = sum;
  of->has_real = true;
}

/** Welford's update: https://doi.org/10.1080/00401706.1962.10490022 */
static void add_square(struct statistics *of, double v) {
  if (!isfinite(v)) {
    of->not_finite = true;
    return;
  }
  of->finite++;
  double delta = v - of->mean;
  of->mean += delta / (double)of->finite;
  of->squares += delta * (v - of->mean);
}

void statistics_add(struct statistics *of, const struct val *v) {
  if (!val_is_number(v)) return;
  if (v->type == VAL_FLOAT64) {
    add_real(of, v->real);
  } else if (v->type == VAL_DECIMAL) {
    of->decimals = of->has_decimal ? decimal_add(of->decimals, v->decimal) : v->decimal;
    of->has_decimal = true;
  } else {
    of->integers += v->integer;
    of->has_wide |= v->type == VAL_INT64;
  }
  of->count++;
  add_square(of, val_to_float64(v));
}

static double sum_of_reals(const struct statistics *of) {
  return isfinite(of->reals) ? of->reals + of->lost : of->reals;
}

/** A 128-bit integer as a decimal: 34 digits are exact. */
static struct decimal decimal_of(statistics_int v) {
  uint128 magnitude = v < 0 ? -(uint128)v : (uint128)v;
  return decimal_pack((struct decimal_parts){.coefficient = magnitude, .negative = v < 0}, NULL);
}

static struct decimal decimal_total(const struct statistics *of) {
  struct decimal total = decimal_of(of->integers);
  if (of->has_decimal) total = decimal_add(total, of->decimals);
  return of->has_real ? decimal_add(total, decimal_from_float64(sum_of_reals(of))) : total;
}

struct val statistics_sum(const struct statistics *of) {
  if (of->has_decimal) return val_decimal(decimal_total(of));
  if (of->has_real) return val_float64((double)of->integers + sum_of_reals(of));
  bool fits = of->integers >= INT64_MIN && of->integers <= INT64_MAX;
  if (!fits) return val_float64((double)of->integers);
  return of->has_wide ? val_int64((int64_t)of->integers) : mongo__integer((int64_t)of->integers);
}

struct val statistics_average(const struct statistics *of) {
  if (of->count == 0) return val_null();
  if (of->has_decimal)
    return val_decimal(decimal_divide(decimal_total(of), decimal_from_int64((int64_t)of->count)));
  return val_float64(((double)of->integers + sum_of_reals(of)) / (double)of->count);
}

struct val statistics_deviation(const struct statistics *of, bool sample) {
  if (of->count < 1u + sample) return val_null();
  if (of->not_finite) return of->count > 1 || !sample ? val_float64((double)NAN) : val_null();
  return val_float64(sqrt(of->squares / (double)(of->finite - sample)));
}

static int compare_reals(const void *a, const void *b) {
  double left = *(const double *)a, right = *(const double *)b;
  return (left > right) - (left < right);
}

void statistics_sort(double *numbers, uint32_t count) {
  qsort(numbers, count, sizeof *numbers, compare_reals);
}

struct val statistics_percentile(const double *sorted, uint32_t count, double p) {
  if (count == 0) return val_null();
  double rank = ceil(p * count) - 1;
  if (rank < 0) rank = 0;
  uint32_t at = rank >= count ? count - 1 : (uint32_t)rank;
  return val_float64(sorted[at]);
}

status statistics_check_method(const struct val *method, const char *name, struct err *err) {
  if (method->type != VAL_TEXT)
    return mongo_fail(err, 14, "BSON field '%s.method' is the wrong type, expected type 'string'",
                      name);
  if (slice_is_equal(val_slice(method), slice_of_text("approximate"))) return LUMA_OK;
  return mongo_fail(err, 2,
                    "Currently only 'approximate' can be used as percentile 'method', not '%.*s'",
                    SLICE_ARG(val_slice(method)));
}

status statistics_check_p(const struct val *p, struct err *err) {
  if (p->type != VAL_LIST)
    return mongo_fail(err, 7750301, "The $percentile 'p' field must be an array of numbers");
  if (val_count(p) == 0)
    return mongo_fail(err, 7750301, "The $percentile 'p' field must not be empty");
  for (uint32_t i = 0; i < val_count(p); i++) {
    struct val v = val_at(p, i);
    if (!val_is_number(&v))
      return mongo_fail(err, 7750302, "'p' must be an array of numbers, found %s",
                        mongo_type_name(&v));
    double real = val_to_float64(&v);
    if (!(real >= 0 && real <= 1))
      return mongo_fail(err, 7750303, "'p' must be in the range [0.0, 1.0], found %g", real);
  }
  return LUMA_OK;
}
