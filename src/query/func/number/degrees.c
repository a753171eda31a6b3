/* SPDX-License-Identifier: MIT */
/* Angles in degrees, exact at the multiples of 30 that are exact, as PostgreSQL has them; and what
 * numbers are. */
#include <math.h>

#include "query/func/func_int.h"
#include "query/func/number/numeric.h"

static const double radian = M_PI / 180, infinite = HUGE_VAL;

static status fail_domain(double v, struct err *err) {
  FAIL(err, LUMA_OUT_OF_RANGE, "%g is outside of what the function takes", v);
}

/* In [0, 360). */
static double turned(double degrees) {
  double rest = fmod(degrees, 360);
  return rest < 0 ? rest + 360 : rest;
}

static double sine(double degrees) {
  double at = turned(degrees);
  if (at == 180) return 0;
  if (at > 180) return -sine(at - 180);
  if (at > 90) at = 180 - at;
  if (at == 0) return 0;
  if (at == 30) return 0.5;
  return at == 90 ? 1 : sin(at * radian);
}

static double cosine(double degrees) {
  double at = turned(degrees);
  if (at > 180) at = 360 - at;
  if (at > 90) return -cosine(180 - at);
  if (at == 60) return 0.5;
  return at == 90 ? 0 : at == 0 ? 1 : cos(at * radian);
}

static double tangent(double degrees) {
  double at = turned(degrees);
  if (at == 45 || at == 225) return 1;
  if (at == 135 || at == 315) return -1;
  if (at == 0 || at == 180) return 0;
  return at == 90 ? infinite : at == 270 ? -infinite : sine(at) / cosine(at);
}

static double cotangent(double degrees) {
  double at = turned(degrees);
  if (at == 0) return infinite;
  return at == 180 ? -infinite : at == 90 || at == 270 ? 0 : 1 / tangent(at);
}

static double arc_sine(double v) {
  return v == 0.5 ? 30 : v == -0.5 ? -30 : asin(v) / radian;
}
static double arc_cosine(double v) {
  return v == 0.5 ? 60 : v == -0.5 ? 120 : acos(v) / radian;
}
static double arc_tangent(double v) {
  return atan(v) / radian;
}

typedef double angle_fn(double);

static status apply(struct func_env *env, const struct val *args, angle_fn *function,
                    struct val *out, struct err *err) {
  if (!val_is_number(&args[0])) return func__clash(env, out);
  double v = val_to_float64(&args[0]);
  if (isinf(v) && function != arc_tangent) return fail_domain(v, err);
  double result = function(v);
  if (isnan(result) && !isnan(v)) return fail_domain(v, err);
  *out = val_float64(result);
  return LUMA_OK;
}

status func__sind(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  (void)count;
  return apply(env, args, sine, out, err);
}
status func__cosd(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  (void)count;
  return apply(env, args, cosine, out, err);
}
status func__tand(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  (void)count;
  return apply(env, args, tangent, out, err);
}
status func__cotd(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  (void)count;
  return apply(env, args, cotangent, out, err);
}
status func__asind(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)count;
  return apply(env, args, arc_sine, out, err);
}
status func__acosd(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)count;
  return apply(env, args, arc_cosine, out, err);
}
status func__atand(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)count;
  return apply(env, args, arc_tangent, out, err);
}

status func__atan2d(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)count, (void)err;
  if (!val_is_number(&args[0]) || !val_is_number(&args[1])) return func__clash(env, out);
  *out = val_float64(atan2(val_to_float64(&args[0]), val_to_float64(&args[1])) / radian);
  return LUMA_OK;
}

/* ---- what numbers are ---- */

status func__isnan(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)count, (void)err;
  if (!val_is_number(&args[0])) return func__clash(env, out);
  *out = val_bool(isnan(val_to_float64(&args[0])));
  return LUMA_OK;
}

status func__isinf(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)count, (void)err;
  if (!val_is_number(&args[0])) return func__clash(env, out);
  *out = val_bool(isinf(val_to_float64(&args[0])));
  return LUMA_OK;
}

/* The decimal without zeroes at its end. */
static struct decimal trimmed(struct decimal v) {
  int scale = numeric_scale(v);
  while (scale > 0 && decimal_compare(decimal_quantize(v, scale - 1), v) == 0) scale--;
  return decimal_quantize(v, scale);
}

status func__trim_scale(struct func_env *env, const struct val *args, uint32_t count,
                        struct val *out, struct err *err) {
  (void)count, (void)err;
  if (!val_is_number(&args[0])) return func__clash(env, out);
  *out = args[0];
  if (args[0].type == VAL_DECIMAL) *out = val_decimal(trimmed(args[0].decimal));
  return LUMA_OK;
}

/** The digits behind the point that the number needs. */
status func__min_scale(struct func_env *env, const struct val *args, uint32_t count,
                       struct val *out, struct err *err) {
  (void)count, (void)err;
  if (!val_is_number(&args[0])) return func__clash(env, out);
  *out = val_int64(numeric_scale(trimmed(val_to_decimal(&args[0]))));
  return LUMA_OK;
}

/* ---- how many ---- */

status func__num_nulls(struct func_env *env, const struct val *args, uint32_t count,
                       struct val *out, struct err *err) {
  int64_t nulls = 0;
  (void)env, (void)err;
  for (uint32_t i = 0; i < count; i++) nulls += val_is_null(&args[i]);
  *out = val_int64(nulls);
  return LUMA_OK;
}

status func__num_nonnulls(struct func_env *env, const struct val *args, uint32_t count,
                          struct val *out, struct err *err) {
  TRY(func__num_nulls(env, args, count, out, err));
  *out = val_int64(count - out->integer);
  return LUMA_OK;
}

/** pg_size_pretty(bytes): '10 kB', the unit from 10 of them on, rounded. */
status func__pg_size_pretty(struct func_env *env, const struct val *args, uint32_t count,
                            struct val *out, struct err *err) {
  static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB", "PB"};
  enum { FROM = 10240, LAST = sizeof units / sizeof units[0] - 1 };
  int64_t bytes = 0;
  size_t unit = 0;
  (void)count;
  if (!val_is_number(&args[0]) || !val_to_int64(&args[0], &bytes)) return func__clash(env, out);
  double size = fabs((double)bytes);
  while (size >= FROM && unit < LAST) {
    size /= 1024;
    unit++;
    if (size < FROM) size = floor(size + 0.5);
  }
  buf_append_format(env->scratch, "%s%.0f %s", bytes < 0 ? "-" : "", floor(size + 0.5),
                    units[unit]);
  return func__scratch_text(env, out, err);
}
