/* SPDX-License-Identifier: MIT */
/* Window functions of numbers: $derivative, $integral, $covariancePop and -Samp, $minMaxScaler,
 * $expMovingAvg, $linearFill, $locf. */
#include <math.h>

#include "query/exec/window/stage_window.h"
#include "query/mongo/mongo.h"

static bool is_date(const struct val *v) {
  return v->type == VAL_TIMESTAMP || v->type == VAL_DATE;
}

/** A result of the kind that its inputs had. */
static struct val number_of(double v, bool is_decimal) {
  return is_decimal ? val_decimal(decimal_from_float64(v)) : val_float64(v);
}

/** The sort key as a number, milliseconds of a date; a date where a unit is asked for, else none.
 */
static status key_number(const struct stage_window *window, const struct val *key, double *out,
                         struct err *err) {
  if (is_date(key)) {
    if (!window->unit_ms)
      return mongo_fail(err, 5624901, "%s (with no 'unit') expects the sortBy field to be numeric",
                        window->name);
    int64_t ms = key->integer / 1000;
    *out = key->type == VAL_DATE ? (double)key->integer * 86400000 : (double)ms;
    return LUMA_OK;
  }
  if (!val_is_number(key) || window->unit_ms)
    return mongo_fail(err, 5624900, "%s%s expects the sortBy field to be %s, not %s", window->name,
                      window->unit_ms ? " with 'unit'" : "", window->unit_ms ? "a date" : "numeric",
                      mongo_type_name(key));
  *out = val_to_float64(key);
  return LUMA_OK;
}

/** How far two keys are apart, in units. */
static double distance(const struct stage_window *window, double from, double to) {
  return window->unit_ms ? (to - from) / (double)window->unit_ms : to - from;
}

static status input_number(const struct stage_window *window, const struct val *v, double *out,
                           struct err *err) {
  if (!val_is_number(v))
    return mongo_fail(err, 5624903, "%s: the input value must be numeric, not %s", window->name,
                      mongo_type_name(v));
  *out = val_to_float64(v);
  return LUMA_OK;
}

static status point(const struct stage_partition *partition, const struct stage_window *window,
                    uint64_t row, double *x, double *y, struct err *err) {
  TRY(key_number(window, stage_key(partition, row), x, err));
  return input_number(window, stage_argument(partition, window, row), y, err);
}

static status derivative(const struct stage_partition *partition, const struct stage_window *window,
                         struct stage_frame frame, struct val *out, struct err *err) {
  double x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  *out = val_null();
  if (frame.to == frame.from) return LUMA_OK;
  TRY(point(partition, window, frame.from, &x0, &y0, err));
  TRY(point(partition, window, frame.to - 1, &x1, &y1, err));
  if (x1 == x0) return LUMA_OK;
  bool is_decimal = stage_argument(partition, window, frame.from)->type == VAL_DECIMAL ||
                    stage_argument(partition, window, frame.to - 1)->type == VAL_DECIMAL;
  *out = number_of((y1 - y0) / distance(window, x0, x1), is_decimal);
  return LUMA_OK;
}

/** By trapezoids. */
static status integral(const struct stage_partition *partition, const struct stage_window *window,
                       struct stage_frame frame, struct val *out, struct err *err) {
  double sum = 0, x0 = 0, y0 = 0;
  bool is_decimal = false;
  *out = val_null();
  if (frame.to == frame.from) return LUMA_OK;
  for (uint64_t r = frame.from; r < frame.to; r++) {
    double x = 0, y = 0;
    TRY(point(partition, window, r, &x, &y, err));
    is_decimal |= stage_argument(partition, window, r)->type == VAL_DECIMAL;
    if (r > frame.from) sum += distance(window, x0, x) * (y + y0) / 2;
    x0 = x;
    y0 = y;
  }
  *out = number_of(sum, is_decimal);
  return LUMA_OK;
}

/** Of the rows whose pair has two numbers; in one pass (Welford's, for two variables). */
static void covariance(const struct stage_partition *partition, const struct stage_window *window,
                       struct stage_frame frame, struct val *out) {
  double mean_x = 0, mean_y = 0, products = 0, count = 0;
  bool is_decimal = false, not_finite = false, sample = window->function == STAGE_COVARIANCE_SAMP;
  for (uint64_t r = frame.from; r < frame.to; r++) {
    const struct val *pair = stage_argument(partition, window, r);
    struct val x = val_at(pair, 0), y = val_at(pair, 1);
    bool is_pair =
        pair->type == VAL_LIST && val_count(pair) == 2 && val_is_number(&x) && val_is_number(&y);
    if (!is_pair) continue;
    double real_x = val_to_float64(&x), real_y = val_to_float64(&y), delta = real_x - mean_x;
    is_decimal |= x.type == VAL_DECIMAL || y.type == VAL_DECIMAL;
    not_finite |= !isfinite(real_x) || !isfinite(real_y);
    count++;
    mean_x += delta / count;
    products += (real_x - mean_x) * (real_y - mean_y);
    mean_y += (real_y - mean_y) / count;
  }
  *out = val_null();
  if (count < 1 + (double)sample) return;
  *out = not_finite && !is_decimal ? val_float64((double)NAN)
                                   : number_of(products / (count - sample), is_decimal);
}

/** Where the row's value stands between the least and the greatest of its window; a window without
 * width puts all at the low end. */
static status scale(const struct stage_partition *partition, const struct stage_window *window,
                    uint64_t row, struct stage_frame frame, struct val *out, struct err *err) {
  double here = 0, low = 0, high = 0;
  *out = val_null();
  TRY(input_number(window, stage_argument(partition, window, row), &here, err));
  low = high = here;
  for (uint64_t r = frame.from; r < frame.to; r++) {
    double v = 0;
    TRY(input_number(window, stage_argument(partition, window, r), &v, err));
    if (v < low) low = v;
    if (v > high) high = v;
  }
  double share = high > low ? (here - low) / (high - low) : 0;
  *out = val_float64(window->scale_low + share * (window->scale_high - window->scale_low));
  return LUMA_OK;
}

status stage_window_number(const struct stage_partition *partition,
                           const struct stage_window *window, uint64_t row,
                           struct stage_frame frame, struct val *out, struct err *err) {
  if (window->function == STAGE_MIN_MAX_SCALER)
    return scale(partition, window, row, frame, out, err);
  if (window->function == STAGE_DERIVATIVE) return derivative(partition, window, frame, out, err);
  if (window->function == STAGE_INTEGRAL) return integral(partition, window, frame, out, err);
  covariance(partition, window, frame, out);
  return LUMA_OK;
}

/* ---- row after row ---- */

static void moving_average(const struct stage_partition *partition,
                           const struct stage_window *window, struct val *outputs) {
  struct val average = val_null();
  for (uint64_t r = 0; r < partition->rows.count; r++) {
    const struct val *v = stage_argument(partition, window, r);
    outputs[r] = val_null();
    if (val_is_number(v)) {
      bool is_decimal = v->type == VAL_DECIMAL || average.type == VAL_DECIMAL;
      double here = val_to_float64(v);
      average =
          val_is_null(&average)
              ? *v
              : number_of(here * window->alpha + val_to_float64(&average) * (1 - window->alpha),
                          is_decimal);
      outputs[r] = average;
    }
  }
}

static void last_value(const struct stage_partition *partition, const struct stage_window *window,
                       struct val *outputs) {
  struct val last = val_null();
  for (uint64_t r = 0; r < partition->rows.count; r++) {
    const struct val *v = stage_argument(partition, window, r);
    if (!val_is_null(v)) last = *v;
    outputs[r] = last;
  }
}

static status check_keys(const struct stage_partition *partition, const struct stage_window *window,
                         struct err *err) {
  for (uint64_t r = 0; r < partition->rows.count; r++) {
    const struct val *key = stage_key(partition, r);
    const struct val *first = stage_key(partition, 0), *v = stage_argument(partition, window, r);
    if (!val_is_number(key) && !is_date(key))
      return mongo_fail(err, 605001,
                        "The sort key of $linearFill must be numeric or a date, not %s",
                        mongo_type_name(key));
    if (is_date(key) != is_date(first))
      return mongo_fail(err, 6050106,
                        "Conflicting sort value types, previous and current types "
                        "don't match");
    if (r && val_compare(key, stage_key(partition, r - 1)) == 0)
      return mongo_fail(err, 6050106, "There can be no repeated values in the sort field");
    if (!val_is_null(v) && !val_is_number(v))
      return mongo_fail(err, 605001, "Value to be filled must be numeric or nullish, not %s",
                        mongo_type_name(v));
  }
  return LUMA_OK;
}

static double position(const struct val *key) {
  return is_date(key) ? (double)key->integer / (key->type == VAL_DATE ? 1 : 1000)
                      : val_to_float64(key);
}

static struct val between(const struct val *a, const struct val *b, double share) {
  double from = val_to_float64(a), to = val_to_float64(b);
  if (a->type != VAL_DECIMAL && b->type != VAL_DECIMAL)
    return val_float64(from + (to - from) * share);
  struct decimal low = val_to_decimal(a), way = decimal_subtract(val_to_decimal(b), low);
  return val_decimal(decimal_add(low, decimal_multiply(way, decimal_from_float64(share))));
}

/** Between the values before and after, along the sort key. */
static status linear_fill(const struct stage_partition *partition,
                          const struct stage_window *window, struct val *outputs, struct err *err) {
  uint64_t before = UINT64_MAX;
  TRY(check_keys(partition, window, err));
  for (uint64_t r = 0; r < partition->rows.count; r++) {
    const struct val *v = stage_argument(partition, window, r);
    outputs[r] = val_is_null(v) ? val_null() : *v;
    if (val_is_null(v)) continue;
    for (uint64_t gap = before + 1; before != UINT64_MAX && gap < r; gap++) {
      double x0 = position(stage_key(partition, before)), x1 = position(stage_key(partition, r));
      double x = position(stage_key(partition, gap));
      outputs[gap] = between(&outputs[before], v, (x - x0) / (x1 - x0));
    }
    before = r;
  }
  return LUMA_OK;
}

status stage_window_fill(const struct stage_partition *partition, const struct stage_window *window,
                         struct val *outputs, struct err *err) {
  if (window->function == STAGE_LINEAR_FILL) return linear_fill(partition, window, outputs, err);
  if (window->function == STAGE_LOCF)
    last_value(partition, window, outputs);
  else
    moving_average(partition, window, outputs);
  return LUMA_OK;
}
