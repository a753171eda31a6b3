/* SPDX-License-Identifier: MIT */
/* Elementary functions of decimals, computed in 128-bit floating point (113 bits, one digit more
 * than a decimal's 34) by the C library's functions for that type (ISO/IEC TS 18661-3), then
 * rounded to a decimal. Pure; any thread. */
#ifndef QUERY_FUNC_QUAD_H
#define QUERY_FUNC_QUAD_H

#include "value/decimal/decimal.h"

enum quad_function {
  QUAD_SIN,
  QUAD_COS,
  QUAD_TAN,
  QUAD_ASIN,
  QUAD_ACOS,
  QUAD_ATAN,
  QUAD_SINH,
  QUAD_COSH,
  QUAD_TANH,
  QUAD_ASINH,
  QUAD_ACOSH,
  QUAD_ATANH,
  QUAD_EXP,
  QUAD_LN,
  QUAD_LOG10,
  QUAD_SQRT,
  QUAD_RADIANS, /* of degrees */
  QUAD_DEGREES, /* of radians */
  QUAD_FUNCTIONS
};

struct decimal quad_apply(enum quad_function function, struct decimal v);
struct decimal quad_atan2(struct decimal y, struct decimal x);
struct decimal quad_power(struct decimal base, struct decimal exponent);
/** The same function of a double. */
double quad_of_float64(enum quad_function function, double v);

#endif
