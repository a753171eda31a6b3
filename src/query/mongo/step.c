/* SPDX-License-Identifier: MIT */
#include "query/mongo/step.h"

#include <math.h>

#include "query/mongo/moment.h"
#include "query/mongo/mongo_int.h"

bool step_next(struct zones *zones, const struct val *from, const struct val *step,
               struct slice unit, struct val *next) {
  enum moment_unit parsed = MOMENT_MS;
  int64_t ms = 0, amount = 0, later = 0;
  if (!unit.data) {
    *next = mongo__add_numbers(from, step);
    return mongo__is_finite(next) && !mongo__is_nan(next);
  }
  if (!moment_unit_parse(unit, &parsed) || !mongo__moment(from, &ms)) return false;
  if (!mongo__whole64(step, &amount)) return false;
  if (!moment_add(zones, slice_of(NULL, 0), ms, parsed, amount, &later)) return false;
  return mongo__date(later, next);
}

/* ---- preferred numbers ---- */

/** ISO 3, R80: in hundredths; R40, R20, R10 and R5 are every 2nd, 4th, 8th and 16th of it. */
static const uint16_t renard[] = {
    100, 103, 106, 109, 112, 115, 118, 122, 125, 128, 132, 136, 140, 145, 150, 155,
    160, 165, 170, 175, 180, 185, 190, 195, 200, 206, 212, 218, 224, 230, 236, 243,
    250, 258, 265, 272, 280, 290, 300, 307, 315, 325, 335, 345, 355, 365, 375, 387,
    400, 412, 425, 437, 450, 462, 475, 487, 500, 515, 530, 545, 560, 580, 600, 615,
    630, 650, 670, 690, 710, 730, 750, 775, 800, 825, 850, 875, 900, 925, 950, 975};

/** IEC 60063, E24: in hundredths; E12 and E6 are every 2nd and 4th of it. */
static const uint16_t resistor[] = {100, 110, 120, 130, 150, 160, 180, 200, 220, 240, 270, 300,
                                    330, 360, 390, 430, 470, 510, 560, 620, 680, 750, 820, 910};

static const uint16_t coin[] = {100, 200, 500};

struct series {
  const char *name;
  const uint16_t *hundredths; /* NULL: IEC 60063's rounded powers, `count` to a decade */
  uint32_t count, stride;
};

static const struct series all_series[] = {
    {"R5", renard, 80, 16},  {"R10", renard, 80, 8},   {"R20", renard, 80, 4},
    {"R40", renard, 80, 2},  {"R80", renard, 80, 1},   {"1-2-5", coin, 3, 1},
    {"E6", resistor, 24, 4}, {"E12", resistor, 24, 2}, {"E24", resistor, 24, 1},
    {"E48", NULL, 192, 4},   {"E96", NULL, 192, 2},    {"E192", NULL, 192, 1},
};

/** NULL: the powers of two. */
static const struct series *find_series(struct slice name) {
  for (size_t i = 0; i < sizeof all_series / sizeof all_series[0]; i++)
    if (slice_is_equal(name, slice_of_text(all_series[i].name))) return &all_series[i];
  return NULL;
}

/** In hundredths, from 100 to below 1,000. */
static double member(const struct series *series, uint32_t nth) {
  uint32_t at = nth * series->stride;
  if (series->hundredths) return series->hundredths[at];
  if (at == 185) return 920; /* the standard's own exception: 919 by the formula */
  return round(100 * pow(10, (double)at / 192));
}

/** hundredths x 10^exponent, rounded once: 63 x 10^-2 is 0.63. */
static double scaled(double hundredths, int exponent) {
  return exponent < 0 ? hundredths / pow(10, -exponent) : hundredths * pow(10, exponent);
}

double step_series_above(struct slice name, double value) {
  const struct series *series = find_series(name);
  if (value == 0) return 0;
  if (!series) return exp2(floor(log2(value)) + 1);
  for (int exponent = (int)floor(log10(value)) - 3;; exponent++)
    for (uint32_t i = 0; i < series->count / series->stride; i++)
      if (scaled(member(series, i), exponent) > value) return scaled(member(series, i), exponent);
}

double step_series_below(struct slice name, double value) {
  const struct series *series = find_series(name);
  if (value == 0) return 0;
  if (!series) return exp2(ceil(log2(value)) - 1);
  for (int exponent = (int)floor(log10(value));; exponent--)
    for (uint32_t i = series->count / series->stride; i-- > 0;)
      if (scaled(member(series, i), exponent) < value) return scaled(member(series, i), exponent);
}
