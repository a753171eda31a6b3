/* SPDX-License-Identifier: MIT */
#include "query/func/number/numeric.h"

#include <math.h>

#include "query/func/number/quad.h"

enum {
  SIGNIFICANT = 16, /* digits a result has at least */
  LIMB = 4,         /* decimal digits of PostgreSQL's digit, by which scales are chosen */
  SCALE_MAX = 1000
};

/** The place of the first digit: 0 for 1 to 9; zero has 0. */
static int first_place(const struct decimal_parts *p) {
  int digits = 0;
  for (uint128 rest = p->coefficient; rest; rest /= 10) digits++;
  return digits ? digits - 1 + p->exponent : 0;
}

static int floor_divide(int a, int b) {
  return a >= 0 ? a / b : -((b - 1 - a) / b);
}

/** The number of the first group of four digits, and those digits as a number. */
static int first_limb(const struct decimal_parts *p, int *digit) {
  int place = first_place(p), limb = floor_divide(place, LIMB);
  uint128 v = p->coefficient;
  *digit = 0;
  if (v == 0) return 0;
  int32_t drop = limb * LIMB - p->exponent;
  for (; drop > 0; drop--) v /= 10;
  for (; drop < 0; drop++) v *= 10;
  *digit = (int)v;
  return limb;
}

static int at_least(int scale, int other) {
  int most = scale > other ? scale : other;
  most = most > 0 ? most : 0;
  return most < SCALE_MAX ? most : SCALE_MAX;
}

int numeric_scale(struct decimal v) {
  struct decimal_parts p;
  if (decimal_unpack(v, &p) != DECIMAL_FINITE) return 0;
  return p.exponent < 0 ? -p.exponent : 0;
}

struct decimal numeric_divide(struct decimal a, struct decimal b) {
  struct decimal_parts pa, pb;
  if (decimal_unpack(a, &pa) != DECIMAL_FINITE || decimal_unpack(b, &pb) != DECIMAL_FINITE)
    return decimal_divide(a, b);
  int digit_a, digit_b;
  int limbs = first_limb(&pa, &digit_a) - first_limb(&pb, &digit_b);
  if (digit_a <= digit_b) limbs--; /* the quotient may begin one group later */
  int scale = at_least(SIGNIFICANT - limbs * LIMB, numeric_scale(a));
  return decimal_divide_to(a, b, at_least(scale, numeric_scale(b)));
}

struct decimal numeric_sqrt(struct decimal v) {
  struct decimal_parts p;
  if (decimal_unpack(v, &p) != DECIMAL_FINITE) return v;
  int place = (floor_divide(first_place(&p), LIMB) + 1) * LIMB / 2 - 1;
  return decimal_quantize(quad_apply(QUAD_SQRT, v),
                          at_least(SIGNIFICANT - place, numeric_scale(v)));
}

/** The power of ten nearest below e^v, kept within bounds. */
static int exp_place(double v) {
  double place = v * 0.43429448190325182765; /* log10(e) */
  return (int)fmax(-2000, fmin(2000, place));
}

struct decimal numeric_exp(struct decimal v) {
  int scale = at_least(SIGNIFICANT - exp_place(decimal_to_float64(v)), numeric_scale(v));
  return decimal_quantize(quad_apply(QUAD_EXP, v), scale);
}

/** ln of the first two groups of four digits, which decide about scales. */
static double ln_of_front(struct decimal v) {
  struct decimal_parts p;
  int digit;
  if (decimal_unpack(v, &p) != DECIMAL_FINITE) return 1;
  int place = (first_limb(&p, &digit) - 1) * LIMB;
  for (; p.exponent < place; p.exponent++) p.coefficient /= 10;
  return log((double)p.coefficient) + p.exponent * M_LN10;
}

/** About the place of ln(v)'s first digit. Near 1 ln(v) is v - 1. */
static int ln_place(struct decimal v) {
  struct decimal_parts p;
  struct decimal above = decimal_subtract(v, decimal_from_int64(1));
  double near = decimal_to_float64(above);
  if (fabs(near) > 0.1) return (int)log10(fabs(ln_of_front(v)));
  if (decimal_unpack(above, &p) != DECIMAL_FINITE || p.coefficient == 0) return 0;
  int digit, limb = first_limb(&p, &digit);
  return limb * LIMB + (int)log10(digit);
}

struct decimal numeric_ln(struct decimal v) {
  int scale = at_least(SIGNIFICANT - ln_place(v), numeric_scale(v));
  return decimal_quantize(quad_apply(QUAD_LN, v), scale);
}

struct decimal numeric_log(struct decimal base, struct decimal v) {
  int scale = at_least(SIGNIFICANT - (ln_place(v) - ln_place(base)), numeric_scale(v));
  struct decimal quotient = decimal_divide(quad_apply(QUAD_LN, v), quad_apply(QUAD_LN, base));
  return decimal_quantize(quotient, at_least(scale, numeric_scale(base)));
}

/** By squaring, in decimals: whole numbers stay exact while they have 34 digits. */
static struct decimal whole_power(struct decimal base, int64_t exponent) {
  struct decimal result = decimal_from_int64(1);
  for (uint64_t rest = exponent < 0 ? 0 - (uint64_t)exponent : (uint64_t)exponent; rest;
       rest >>= 1) {
    if (rest & 1) result = decimal_multiply(result, base);
    base = decimal_multiply(base, base);
  }
  return result;
}

struct decimal numeric_power(struct decimal base, struct decimal exponent) {
  int64_t whole = 0;
  bool is_whole = decimal_to_int64(exponent, &whole) && whole >= INT32_MIN && whole <= INT32_MAX;
  if (is_whole) {
    int scale = at_least(SIGNIFICANT, numeric_scale(base));
    struct decimal power = whole_power(base, whole);
    if (whole >= 0) return decimal_quantize(power, scale);
    /* of what is too large for a decimal nothing is left at this scale */
    struct decimal_parts parts;
    bool is_finite = decimal_unpack(power, &parts) == DECIMAL_FINITE;
    return is_finite ? decimal_divide_to(decimal_from_int64(1), power, scale)
                     : decimal_quantize(decimal_from_int64(0), scale);
  }
  if (decimal_compare(base, decimal_from_int64(0)) == 0) return decimal_quantize(base, SIGNIFICANT);
  double ln = decimal_to_float64(quad_apply(QUAD_LN, base)) * decimal_to_float64(exponent);
  int scale = at_least(SIGNIFICANT - exp_place(ln), numeric_scale(base));
  return decimal_quantize(quad_power(base, exponent), at_least(scale, numeric_scale(exponent)));
}

/* ---- text ---- */

static void append_zeroes(struct buf *out, int32_t count) {
  for (; count > 0; count--) buf_append_byte(out, '0');
}

void numeric_append(struct buf *out, struct decimal v) {
  struct decimal_parts p;
  char text[DECIMAL_TEXT_BYTES_MAX], digits[DECIMAL_TEXT_BYTES_MAX];
  if (decimal_unpack(v, &p) != DECIMAL_FINITE) {
    buf_append(out, text, decimal_format(v, text));
    return;
  }
  int32_t at = DECIMAL_TEXT_BYTES_MAX;
  for (uint128 rest = p.coefficient; rest || at == DECIMAL_TEXT_BYTES_MAX; rest /= 10)
    digits[--at] = (char)('0' + (int)(rest % 10));
  int32_t count = DECIMAL_TEXT_BYTES_MAX - at, whole = count + p.exponent;
  if (p.negative && p.coefficient) buf_append_byte(out, '-');
  if (p.exponent >= 0) {
    buf_append(out, digits + at, (size_t)count);
    if (p.coefficient) append_zeroes(out, p.exponent);
    return;
  }
  if (whole > 0)
    buf_append(out, digits + at, (size_t)whole);
  else
    buf_append_byte(out, '0');
  buf_append_byte(out, '.');
  append_zeroes(out, -whole);
  int32_t skipped = whole > 0 ? whole : 0;
  buf_append(out, digits + at + skipped, (size_t)(count - skipped));
}
