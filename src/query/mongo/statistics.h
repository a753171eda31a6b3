/* SPDX-License-Identifier: MIT */
/* Sums, averages, deviations and percentiles as MongoDB has them: integers exactly, floats with
 * compensation, decimals as decimals; values that are no numbers are passed over. Shared by
 * expressions, accumulators and windows. Pure; any thread. */
#ifndef QUERY_MONGO_STATISTICS_H
#define QUERY_MONGO_STATISTICS_H

#include "base/core/err.h"
#include "value/val/val.h"

__extension__ typedef __int128 statistics_int;

/** Begins zeroed. */
struct statistics {
  uint64_t count;
  statistics_int integers;
  double reals, lost; /* Neumaier's sum and what it lost */
  struct decimal decimals;
  bool has_wide, has_real, has_decimal; /* kinds met */
  uint64_t finite;                      /* numbers that took part in mean and squares */
  double mean, squares;                 /* Welford's */
  bool not_finite;                      /* NaN or infinity was met */
};

/** Takes a value; what is no number does nothing. */
void statistics_add(struct statistics *of, const struct val *v);
/** int32 0 when nothing was met. */
struct val statistics_sum(const struct statistics *of);
/** NULL when nothing was met. */
struct val statistics_average(const struct statistics *of);
/** NULL over nothing; `sample`: also over one. */
struct val statistics_deviation(const struct statistics *of, bool sample);

void statistics_sort(double *numbers, uint32_t count);
/** The percentile of sorted numbers by the nearest rank, as MongoDB answers for little data; NULL
 * of nothing. */
struct val statistics_percentile(const double *sorted, uint32_t count, double p);
/** 'approximate' is what MongoDB takes. */
status statistics_check_method(const struct val *method, const char *name, struct err *err);
/** A list, not empty, of numbers from 0 to 1. */
status statistics_check_p(const struct val *p, struct err *err);

#endif
