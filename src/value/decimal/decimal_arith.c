/* SPDX-License-Identifier: MIT */
/* Arithmetic on decimals: exact integers first, one rounding last. The exponent of an exact result
 * is the one the standard prefers: the smaller of the operands' for sums, their sum for products,
 * their difference for quotients. */
#include "base/core/assert.h"
#include "value/decimal/decimal.h"
#include "value/decimal/decimal_int.h"

static struct decimal__wide wide_add(struct decimal__wide a, struct decimal__wide b) {
  struct decimal__wide sum = {.low = a.low + b.low, .high = a.high + b.high};
  sum.high += sum.low < a.low;
  return sum;
}

static struct decimal__wide wide_subtract(struct decimal__wide a, struct decimal__wide b) {
  return (struct decimal__wide){.low = a.low - b.low, .high = a.high - b.high - (a.low < b.low)};
}

static bool wide_is_less(struct decimal__wide a, struct decimal__wide b) {
  return a.high != b.high ? a.high < b.high : a.low < b.low;
}

static struct decimal__wide wide_of(uint128 v) {
  return (struct decimal__wide){.low = v};
}

/* Brings the exponent of `p` down towards `exponent` by writing zeroes behind the coefficient, to
 * 34 digits at most. */
static void stretch(struct decimal_parts *p, int32_t exponent) {
  int32_t room = DECIMAL_DIGITS_MAX - (int32_t)decimal__digits(p->coefficient);
  int32_t want = p->exponent - exponent;
  int32_t step = want < room ? want : room;
  if (p->coefficient == 0) step = want;
  if (step <= 0) return;
  if (p->coefficient != 0) p->coefficient *= decimal__power((unsigned)step);
  p->exponent -= step;
}

/* The sum when `b` lies wholly below a hundredth of the last digit of `a`, which has 34 digits: two
 * guard digits and a sticky remainder decide the rounding just as the exact sum would. */
static struct decimal add_tiny(struct decimal_parts a, struct decimal_parts b) {
  struct decimal__exact exact = {.coefficient = a.coefficient * 100,
                                 .exponent = (int64_t)a.exponent - 2,
                                 .negative = a.negative,
                                 .sticky = true};
  if (a.negative != b.negative) exact.coefficient -= 1;
  return decimal__finish(exact, NULL);
}

static struct decimal add_aligned(struct decimal_parts a, struct decimal_parts b) {
  struct decimal__wide wide_a =
      decimal__multiply_wide(a.coefficient, decimal__power((unsigned)(a.exponent - b.exponent)));
  struct decimal__wide wide_b = wide_of(b.coefficient);
  struct decimal__exact exact = {.exponent = b.exponent, .negative = a.negative};
  if (a.negative == b.negative) {
    decimal__shrink(wide_add(wide_a, wide_b), &exact);
  } else if (wide_is_less(wide_a, wide_b)) {
    exact.negative = b.negative;
    decimal__shrink(wide_subtract(wide_b, wide_a), &exact);
  } else {
    decimal__shrink(wide_subtract(wide_a, wide_b), &exact);
    bool is_zero = exact.coefficient == 0 && !exact.sticky;
    if (is_zero) exact.negative = false; /* x - x is +0 when rounding to nearest */
  }
  return decimal__finish(exact, NULL);
}

static struct decimal add_finite(struct decimal_parts a, struct decimal_parts b) {
  if (a.exponent < b.exponent) {
    struct decimal_parts swap = a;
    a = b;
    b = swap;
  }
  stretch(&a, b.exponent);
  if (a.exponent - b.exponent <= 36) return add_aligned(a, b);
  return b.coefficient == 0 ? decimal_pack(a, NULL) : add_tiny(a, b);
}

struct decimal decimal_add(struct decimal a, struct decimal b) {
  struct decimal_parts pa, pb;
  enum decimal_class class_a = decimal_unpack(a, &pa), class_b = decimal_unpack(b, &pb);
  if (class_a == DECIMAL_FINITE && class_b == DECIMAL_FINITE) return add_finite(pa, pb);
  if (class_a == DECIMAL_NAN || class_b == DECIMAL_NAN) return decimal__nan();
  if (class_a == class_b && pa.negative != pb.negative) return decimal__nan();
  return decimal__infinity(class_a == DECIMAL_INFINITE ? pa.negative : pb.negative);
}

struct decimal decimal_subtract(struct decimal a, struct decimal b) {
  return decimal_add(a, decimal_negate(b));
}

struct decimal decimal_negate(struct decimal a) {
  struct decimal_parts p;
  if (decimal_unpack(a, &p) == DECIMAL_NAN) return decimal__nan();
  a.high ^= UINT64_C(1) << 63;
  return a;
}

static bool is_zero(enum decimal_class class, const struct decimal_parts *p) {
  return class == DECIMAL_FINITE && p->coefficient == 0;
}

struct decimal decimal_multiply(struct decimal a, struct decimal b) {
  struct decimal_parts pa, pb;
  enum decimal_class class_a = decimal_unpack(a, &pa), class_b = decimal_unpack(b, &pb);
  bool negative = pa.negative != pb.negative;
  if (class_a == DECIMAL_NAN || class_b == DECIMAL_NAN) return decimal__nan();
  if (class_a == DECIMAL_INFINITE || class_b == DECIMAL_INFINITE) {
    bool undefined = is_zero(class_a, &pa) || is_zero(class_b, &pb);
    return undefined ? decimal__nan() : decimal__infinity(negative);
  }
  struct decimal__exact exact = {.exponent = (int64_t)pa.exponent + pb.exponent,
                                 .negative = negative};
  decimal__shrink(decimal__multiply_wide(pa.coefficient, pb.coefficient), &exact);
  return decimal__finish(exact, NULL);
}

/* Long division, four digits at a time (a remainder below 10^34 times 10^4 still fits), until it
 * comes out even or there are 35 digits and what is left only matters as a sticky remainder. */
static struct decimal__exact quotient_of(struct decimal_parts a, struct decimal_parts b) {
  struct decimal__exact exact = {.coefficient = a.coefficient / b.coefficient,
                                 .exponent = (int64_t)a.exponent - b.exponent,
                                 .negative = a.negative != b.negative};
  uint128 remainder = a.coefficient % b.coefficient;
  while (remainder != 0 && exact.coefficient < decimal__power(DECIMAL_DIGITS_MAX)) {
    remainder *= 10000;
    exact.coefficient = exact.coefficient * 10000 + remainder / b.coefficient;
    remainder %= b.coefficient;
    exact.exponent -= 4;
  }
  exact.sticky = remainder != 0;
  return exact;
}

static struct decimal divide_finite(struct decimal_parts a, struct decimal_parts b) {
  struct decimal__exact exact = quotient_of(a, b);
  int64_t preferred = (int64_t)a.exponent - b.exponent;
  while (!exact.sticky && exact.exponent < preferred && exact.coefficient % 10 == 0) {
    exact.coefficient /= 10;
    exact.exponent++;
  }
  return decimal__finish(exact, NULL);
}

struct decimal decimal_divide(struct decimal a, struct decimal b) {
  struct decimal_parts pa, pb;
  enum decimal_class class_a = decimal_unpack(a, &pa), class_b = decimal_unpack(b, &pb);
  bool negative = pa.negative != pb.negative;
  if (class_a == DECIMAL_NAN || class_b == DECIMAL_NAN) return decimal__nan();
  if (class_a == DECIMAL_INFINITE) {
    return class_b == DECIMAL_INFINITE ? decimal__nan() : decimal__infinity(negative);
  }
  if (class_b == DECIMAL_INFINITE) {
    return decimal_pack(
        (struct decimal_parts){.exponent = DECIMAL__EXPONENT_MIN, .negative = negative}, NULL);
  }
  if (pb.coefficient == 0) {
    return pa.coefficient == 0 ? decimal__nan() : decimal__infinity(negative);
  }
  return divide_finite(pa, pb);
}

struct decimal decimal_round(struct decimal a, int places) {
  struct decimal_parts p;
  if (decimal_unpack(a, &p) != DECIMAL_FINITE) return a;
  int64_t drop = -(int64_t)places - p.exponent;
  if (drop <= 0) return a;
  bool inexact = false;
  uint128 c = decimal__drop_digits(p.coefficient, drop, false, &inexact);
  return decimal__finish((struct decimal__exact){.coefficient = c,
                                                 .exponent = -(int64_t)places,
                                                 .negative = p.negative},
                         NULL);
}

/* ---- SQL's numerics ---- */

/** Drops digits, halves away from zero. */
static uint128 drop_away(uint128 coefficient, int64_t drop) {
  if (drop >= DECIMAL__POWERS) return 0;
  uint128 power = decimal__power((unsigned)drop);
  return (coefficient + power / 2) / power;
}

/** An exact value, rounded and written with so many places. What is dropped below its digits is
 * less than a half of the last one. */
static struct decimal with_places(struct decimal__exact exact, int places) {
  int64_t drop = -(int64_t)places - exact.exponent;
  if (drop > 0) {
    exact.coefficient = drop_away(exact.coefficient, drop);
    exact.exponent += drop;
    exact.sticky = false;
  }
  struct decimal_parts parts;
  struct decimal rounded = decimal__finish(exact, NULL);
  if (decimal_unpack(rounded, &parts) != DECIMAL_FINITE) return rounded;
  if (parts.coefficient == 0) parts.negative = false; /* SQL has one zero */
  stretch(&parts, places > 0 ? -places : 0);
  return decimal_pack(parts, NULL);
}

struct decimal decimal_quantize(struct decimal a, int places) {
  struct decimal_parts p;
  if (decimal_unpack(a, &p) != DECIMAL_FINITE) return a;
  struct decimal__exact exact = {
      .coefficient = p.coefficient, .exponent = p.exponent, .negative = p.negative};
  return with_places(exact, places);
}

struct decimal decimal_divide_to(struct decimal a, struct decimal b, int places) {
  struct decimal_parts pa, pb;
  enum decimal_class class_a = decimal_unpack(a, &pa), class_b = decimal_unpack(b, &pb);
  bool is_plain = class_a == DECIMAL_FINITE && class_b == DECIMAL_FINITE && pb.coefficient != 0;
  return is_plain ? with_places(quotient_of(pa, pb), places) : decimal_divide(a, b);
}

/** a.coefficient x 10^shift modulo b: digit by digit, for the product may not fit. */
static uint128 shifted_remainder(uint128 a, int64_t shift, uint128 b) {
  uint128 rest = a % b;
  for (; shift > 0 && rest != 0; shift--) rest = rest * 10 % b;
  return rest;
}

struct decimal decimal_remainder(struct decimal a, struct decimal b) {
  struct decimal_parts pa, pb;
  enum decimal_class class_a = decimal_unpack(a, &pa), class_b = decimal_unpack(b, &pb);
  bool is_plain = class_a == DECIMAL_FINITE && class_b == DECIMAL_FINITE && pb.coefficient != 0;
  if (class_a == DECIMAL_FINITE && class_b == DECIMAL_INFINITE) return a;
  if (!is_plain) return decimal__nan();
  int64_t shift = (int64_t)pa.exponent - pb.exponent;
  if (shift >= 0) {
    pa.coefficient = shifted_remainder(pa.coefficient, shift, pb.coefficient);
    pa.exponent = pb.exponent;
    return decimal_pack(pa, NULL);
  }
  bool is_above = -shift >= DECIMAL__POWERS;
  struct decimal__wide wide = {0};
  if (!is_above) wide = decimal__multiply_wide(pb.coefficient, decimal__power((unsigned)-shift));
  if (is_above || wide.high != 0) return a; /* |b| is more than |a| */
  pa.coefficient %= wide.low;
  return decimal_pack(pa, NULL);
}
