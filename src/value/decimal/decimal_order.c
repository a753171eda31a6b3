/* SPDX-License-Identifier: MIT */
/* The order of decimals, and of decimals and doubles, by exact value. */
#include <math.h>

#include "base/core/assert.h"
#include "value/decimal/decimal.h"
#include "value/decimal/decimal_int.h"

/* -2 NaN, -1 and 1 the infinities, 0 finite: already in order. */
static int rank_of(enum decimal_class class, bool negative) {
  if (class == DECIMAL_NAN) return -2;
  if (class == DECIMAL_FINITE) return 0;
  return negative ? -1 : 1;
}

static int sign_of(const struct decimal_parts *p) {
  if (p->coefficient == 0) return 0;
  return p->negative ? -1 : 1;
}

static int compare_int(int64_t a, int64_t b) {
  return (a > b) - (a < b);
}

/* Both nonzero. With their first digits on the same place, the exponents differ by less than 34. */
static int compare_magnitude(struct decimal_parts a, struct decimal_parts b) {
  int64_t top_a = a.exponent + (int64_t)decimal__digits(a.coefficient);
  int64_t top_b = b.exponent + (int64_t)decimal__digits(b.coefficient);
  if (top_a != top_b) return compare_int(top_a, top_b);
  if (a.exponent > b.exponent) a.coefficient *= decimal__power((unsigned)(a.exponent - b.exponent));
  if (b.exponent > a.exponent) b.coefficient *= decimal__power((unsigned)(b.exponent - a.exponent));
  return (a.coefficient > b.coefficient) - (a.coefficient < b.coefficient);
}

int decimal_compare(struct decimal a, struct decimal b) {
  struct decimal_parts pa, pb;
  enum decimal_class class_a = decimal_unpack(a, &pa), class_b = decimal_unpack(b, &pb);
  int rank_a = rank_of(class_a, pa.negative), rank_b = rank_of(class_b, pb.negative);
  if (rank_a != rank_b || rank_a != 0) return compare_int(rank_a, rank_b);
  int sign_a = sign_of(&pa), sign_b = sign_of(&pb);
  if (sign_a != sign_b || sign_a == 0) return compare_int(sign_a, sign_b);
  return sign_a * compare_magnitude(pa, pb);
}

/* ---- a decimal and the double nearest to it: whole numbers of up to 2,560 bits, lowest limb first
 * ---- */

enum { BIG_LIMBS = 40 };

struct big {
  uint64_t limbs[BIG_LIMBS];
};

static void big_multiply(struct big *big, uint64_t factor) {
  uint128 carry = 0;
  for (unsigned i = 0; i < BIG_LIMBS; i++) {
    carry += (uint128)big->limbs[i] * factor;
    big->limbs[i] = (uint64_t)carry;
    carry >>= 64;
  }
  ASSERT(carry == 0);
}

static void big_multiply_power5(struct big *big, uint32_t power) {
  static const uint64_t FIVE_27 = UINT64_C(7450580596923828125);
  for (; power >= 27; power -= 27) big_multiply(big, FIVE_27);
  uint64_t rest = 1;
  for (; power > 0; power--) rest *= 5;
  big_multiply(big, rest);
}

static void big_shift_left(struct big *big, uint32_t bits) {
  uint32_t limbs = bits / 64, rest = bits % 64;
  for (uint32_t i = BIG_LIMBS; i-- > 0;) {
    uint64_t here = i >= limbs ? big->limbs[i - limbs] : 0;
    uint64_t below = i > limbs ? big->limbs[i - limbs - 1] : 0;
    big->limbs[i] = rest ? (here << rest) | (below >> (64 - rest)) : here;
  }
}

static int big_compare(const struct big *a, const struct big *b) {
  for (unsigned i = BIG_LIMBS; i-- > 0;) {
    if (a->limbs[i] != b->limbs[i]) return a->limbs[i] < b->limbs[i] ? -1 : 1;
  }
  return 0;
}

/* Magnitudes of a nonzero decimal and a finite nonzero double of about the same size:
 * c x 10^e against m x 2^k, both sides cleared of their negative powers of 5 and 2. */
static int compare_close(const struct decimal_parts *p, double magnitude) {
  int exponent2;
  double fraction = frexp(magnitude, &exponent2);
  struct big left = {.limbs = {(uint64_t)p->coefficient, (uint64_t)(p->coefficient >> 64)}};
  struct big right = {.limbs = {(uint64_t)ldexp(fraction, 53)}};
  int32_t shift = p->exponent - (exponent2 - 53);
  if (p->exponent >= 0) {
    big_multiply_power5(&left, (uint32_t)p->exponent);
  } else {
    big_multiply_power5(&right, (uint32_t)-p->exponent);
  }
  big_shift_left(shift >= 0 ? &left : &right, (uint32_t)(shift >= 0 ? shift : -shift));
  return big_compare(&left, &right);
}

int decimal_compare_float64(struct decimal a, double b) {
  struct decimal_parts p;
  enum decimal_class class = decimal_unpack(a, &p);
  int rank_a = rank_of(class, p.negative);
  int rank_b = isnan(b) ? -2 : isinf(b) ? (b < 0 ? -1 : 1) : 0;
  if (rank_a != rank_b || rank_a != 0) return compare_int(rank_a, rank_b);
  int sign_a = sign_of(&p), sign_b = (b > 0) - (b < 0);
  if (sign_a != sign_b || sign_a == 0) return compare_int(sign_a, sign_b);
  /* Rounding to nearest keeps order, so only a tie needs the exact comparison. */
  double nearest = decimal_to_float64(a);
  if (nearest != b) return nearest < b ? -1 : 1;
  return sign_a * compare_close(&p, fabs(b));
}
