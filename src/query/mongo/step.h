/* SPDX-License-Identifier: MIT */
/* Steps along numbers and dates, and the series of preferred numbers: what $densify and $bucketAuto
 * go by. Pure; any thread. */
#ifndef QUERY_MONGO_STEP_H
#define QUERY_MONGO_STEP_H

#include "query/locale/zones.h"
#include "value/val/val.h"

/** The value one step on: `step` units of a date (UTC), or added to a number. `unit` without data
 * is for numbers. False when there is none. */
bool step_next(struct zones *zones, const struct val *from, const struct val *step,
               struct slice unit, struct val *next);
/** The least of a series (R5 … R80, E6 … E192, 1-2-5, POWERSOF2) that is above `value`, or the
 * greatest that is below it; 0 of 0. */
double step_series_above(struct slice name, double value);
double step_series_below(struct slice name, double value);

#endif
