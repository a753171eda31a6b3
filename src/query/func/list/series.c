/* SPDX-License-Identifier: MIT */
/* generate_series: numbers or moments from one to another. A list, so that it stands in FROM. */
#include "query/func/arith.h"
#include "query/func/compare.h"
#include "query/func/func_int.h"
#include "value/doc/build.h"

enum { SERIES_MAX = 8000000 };

/** Which way a step goes: 1, -1, or 0 when it is none. */
static int direction_of(const struct val *step) {
  double size = 0;
  if (val_is_number(step)) size = val_to_float64(step);
  if (step->type == VAL_DURATION) size = (double)step->integer;
  if (step->type == VAL_INTERVAL)
    size = step->interval.months * 2592e9 + step->interval.days * 864e8 + (double)step->interval.us;
  return (size > 0) - (size < 0);
}

static status fill(struct build *build, const struct val *args, const struct val *step,
                   struct err *err) {
  struct val v = args[0];
  int way = direction_of(step);
  for (uint32_t made = 0;; made++) {
    int order = 0;
    bool clash = false;
    if (!compare_sql(&v, &args[1], &order) || order * way > 0) return LUMA_OK;
    if (made == SERIES_MAX)
      FAIL(err, LUMA_TOO_LARGE, "a series has more than %d elements", SERIES_MAX);
    build_put(build, &v);
    struct val sum;
    if (val_is_integer(&v) && val_is_integer(step) &&
        __builtin_add_overflow(v.integer, step->integer, &sum.integer))
      return LUMA_OK;
    TRY(arith_binary(EXPR_OP_ADD, &v, step, &sum, &clash, err));
    if (clash) return LUMA_OK;
    v = sum;
  }
}

static bool read_moment(struct val *v) {
  int64_t us = 0;
  if (!func__moment(v, &us)) return false;
  *v = val_timestamp(us);
  return true;
}

status func__generate_series(struct func_env *env, const struct val *args, uint32_t count,
                             struct val *out, struct err *err) {
  struct val ends[2] = {args[0], args[1]}, step = count > 2 ? args[2] : val_int64(1);
  struct build build;
  bool numbers = val_is_number(&ends[0]) && val_is_number(&ends[1]) && val_is_number(&step);
  bool spans = step.type == VAL_INTERVAL || step.type == VAL_DURATION || step.type == VAL_TEXT;
  if (step.type == VAL_TEXT) TRY(func_cast(env, &step, VAL_INTERVAL, &step, err));
  if (!numbers && !(spans && read_moment(&ends[0]) && read_moment(&ends[1])))
    return func__clash(env, out);
  if (direction_of(&step) == 0)
    FAIL(err, LUMA_INVALID_ARGUMENT, "the step of a series is not zero");
  func__list_begin(env, &build);
  status failed = fill(&build, ends, &step, err);
  if (failed == LUMA_OK) return func__built(env, &build, out, err);
  build_deinit(&build);
  buf_reset(env->scratch);
  return failed;
}
