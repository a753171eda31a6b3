/* SPDX-License-Identifier: MIT */
/* What the files of decimal share: powers of ten, 256-bit products and the one place where rounding
 * happens.
 *
 * Every operation computes its result exactly, or keeps at least 35 leading digits and a `sticky`
 * flag that says whether anything nonzero lies below them, and then calls decimal__finish once. So
 * there is no double rounding. */
#ifndef VALUE_DECIMAL_DECIMAL_INT_H
#define VALUE_DECIMAL_DECIMAL_INT_H

#include "value/decimal/decimal.h"

enum {
  DECIMAL__EXPONENT_MIN = -6176,
  DECIMAL__EXPONENT_MAX = 6111,
  DECIMAL__POWERS = 39 /* 10^0 to 10^38: all that fit 128 bits */
};

/** 256 bits: the product of two coefficients. */
struct decimal__wide {
  uint128 low, high;
};

/** A result before rounding: magnitude (coefficient + something in [0, 1) that is nonzero when
 * sticky) x 10^exponent. */
struct decimal__exact {
  uint128 coefficient;
  int64_t exponent;
  bool negative, sticky; /* sticky needs a coefficient of at least 35 digits */
};

/** 10^n, n below DECIMAL__POWERS. */
uint128 decimal__power(unsigned n);
/** Decimal digits of v; 1 for zero. */
unsigned decimal__digits(uint128 v);
struct decimal__wide decimal__multiply_wide(uint128 a, uint128 b);
/** `v` cut to at most 38 digits (never below 35 when digits are dropped): the dropped ones go to
 * exponent and sticky. */
void decimal__shrink(struct decimal__wide v, struct decimal__exact *exact);
/** Rounds half to even to 34 digits and the exponent range; `*inexact` may be NULL. */
struct decimal decimal__finish(struct decimal__exact exact, bool *inexact);
/** Drops `drop` digits, rounding half to even; `*inexact` is set when they were not all zero, else
 * left. */
uint128 decimal__drop_digits(uint128 coefficient, int64_t drop, bool sticky, bool *inexact);

struct decimal decimal__infinity(bool negative);
struct decimal decimal__nan(void);

#endif
