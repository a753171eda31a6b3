/* SPDX-License-Identifier: MIT */
/* IEEE 754-2008 decimal128: 34 digits, exponent -6176 to 6111, binary integer (BID) form as BSON
 * stores it. Arithmetic rounds half to even and answers infinity or NaN as the standard has it. Our
 * own: no fit C library is packaged. Pure; any thread. */
#ifndef VALUE_DECIMAL_DECIMAL_H
#define VALUE_DECIMAL_DECIMAL_H

#include "base/text/slice.h"

/** The 16 bytes of the BID encoding, low word first. */
struct decimal {
  uint64_t low, high;
};

/** 128-bit unsigned, a compiler extension. */
__extension__ typedef unsigned __int128 uint128;

enum { DECIMAL_TEXT_BYTES_MAX = 48, DECIMAL_DIGITS_MAX = 34 };

/** sign x coefficient x 10^exponent; the canonical fields of a finite value. */
struct decimal_parts {
  uint128 coefficient;
  int32_t exponent;
  bool negative;
};

enum decimal_class { DECIMAL_FINITE, DECIMAL_INFINITE, DECIMAL_NAN };

enum decimal_class decimal_unpack(struct decimal d, struct decimal_parts *parts);
/** Rounds half to even to 34 digits; overflow gives infinity, underflow zero; `*inexact` (may be
 * NULL) tells. */
struct decimal decimal_pack(struct decimal_parts parts, bool *inexact);

/** Reads digits with optional point and exponent, "NaN", "Infinity"; false if not a number.
 * `*inexact` (may be NULL): digits were lost. */
bool decimal_parse(struct slice text, struct decimal *out, bool *inexact);
/** Scientific string form of the standard (to-scientific-string), which keeps trailing zeroes; not
 * terminated; answers the bytes. */
size_t decimal_format(struct decimal d, char out[DECIMAL_TEXT_BYTES_MAX]);

struct decimal decimal_from_int64(int64_t v);
/** By the shortest text of the double. */
struct decimal decimal_from_float64(double v);
/** By its 15 significant digits, zeros at the end with them (2.5 is 2.50000000000000; zero is 0):
 * how MongoDB makes decimals of doubles (its documentation of $toDecimal). */
struct decimal decimal_from_float64_15(double v);
/** Nearest double. */
double decimal_to_float64(struct decimal d);
/** True when integral and within 64 bits. */
bool decimal_to_int64(struct decimal d, int64_t *out);

/** By value (1.0 equals 1.00, -0 equals 0); NaN equals NaN and is least. */
int decimal_compare(struct decimal a, struct decimal b);
/** Exact order of a decimal and a double, never through rounding; NaN is least. */
int decimal_compare_float64(struct decimal a, double b);
struct decimal decimal_add(struct decimal a, struct decimal b);
struct decimal decimal_subtract(struct decimal a, struct decimal b);
struct decimal decimal_multiply(struct decimal a, struct decimal b);
struct decimal decimal_divide(struct decimal a, struct decimal b);
struct decimal decimal_negate(struct decimal a);
/** Rounded half to even to `places` digits after the point (may be negative). */
struct decimal decimal_round(struct decimal a, int places);

/* SQL's numerics: halves go away from zero, and results have a scale, the digits they are written
 * with. Past 34 digits in all the scale gives way. */

/** Rounded half away from zero to `places` digits after the point (may be negative), and written
 * with as many. */
struct decimal decimal_quantize(struct decimal a, int places);
/** The quotient, as decimal_quantize makes it; what is not finite and zeroes as decimal_divide. */
struct decimal decimal_divide_to(struct decimal a, struct decimal b, int places);
/** a - trunc(a / b) * b, exact; a when b is infinite, NaN when a is or b is zero. */
struct decimal decimal_remainder(struct decimal a, struct decimal b);

#endif
