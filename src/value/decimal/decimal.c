/* SPDX-License-Identifier: MIT */
/* The encoding of decimal128 and the rounding every operation ends with. */
#include "value/decimal/decimal.h"

#include "base/core/assert.h"
#include "value/decimal/decimal_int.h"

/* Bits of the high word. The five bits below the sign are the combination field: 11110 infinity,
 * 11111 NaN, 11xxx a coefficient with an implied 100 in front, which for 128 bits always exceeds 34
 * digits and therefore reads as zero. */
static const uint64_t SIGN_BIT = UINT64_C(1) << 63;
static const uint64_t INFINITE_BITS = UINT64_C(0x7800000000000000);
static const uint64_t NAN_BITS = UINT64_C(0x7c00000000000000);
static const uint64_t LARGE_BITS = UINT64_C(0x6000000000000000);
enum { EXPONENT_SHIFT = 49, LARGE_EXPONENT_SHIFT = 47, EXPONENT_MASK = 0x3fff };

static const uint64_t TEN_19 = UINT64_C(10000000000000000000);

uint128 decimal__power(unsigned n) {
  static const uint64_t small[] = {UINT64_C(1),
                                   UINT64_C(10),
                                   UINT64_C(100),
                                   UINT64_C(1000),
                                   UINT64_C(10000),
                                   UINT64_C(100000),
                                   UINT64_C(1000000),
                                   UINT64_C(10000000),
                                   UINT64_C(100000000),
                                   UINT64_C(1000000000),
                                   UINT64_C(10000000000),
                                   UINT64_C(100000000000),
                                   UINT64_C(1000000000000),
                                   UINT64_C(10000000000000),
                                   UINT64_C(100000000000000),
                                   UINT64_C(1000000000000000),
                                   UINT64_C(10000000000000000),
                                   UINT64_C(100000000000000000),
                                   UINT64_C(1000000000000000000),
                                   UINT64_C(10000000000000000000)};
  ASSERT(n < DECIMAL__POWERS);
  return n < 20 ? small[n] : (uint128)small[n - 19] * TEN_19;
}

static unsigned bits_of(uint128 v) {
  uint64_t high = (uint64_t)(v >> 64), low = (uint64_t)v;
  if (high) return 128 - (unsigned)__builtin_clzll(high);
  return low ? 64 - (unsigned)__builtin_clzll(low) : 0;
}

unsigned decimal__digits(uint128 v) {
  if (v == 0) return 1;
  /* 1233 / 4096 is log10(2) from below, near enough for 128 bits to be off by at most one. */
  unsigned guess = (bits_of(v) * 1233) >> 12;
  return guess < DECIMAL__POWERS && v >= decimal__power(guess) ? guess + 1 : guess;
}

struct decimal__wide decimal__multiply_wide(uint128 a, uint128 b) {
  uint128 a0 = (uint64_t)a, a1 = a >> 64, b0 = (uint64_t)b, b1 = b >> 64;
  uint128 middle = a1 * b0 + ((a0 * b0) >> 64);
  uint128 carry = a0 * b1 + (uint64_t)middle;
  return (struct decimal__wide){.low = (carry << 64) | (uint64_t)(a0 * b0),
                                .high = a1 * b1 + (middle >> 64) + (carry >> 64)};
}

/* Divides in place by a 64-bit divisor, limb by limb from the top; answers the remainder. */
static uint64_t wide_divide(struct decimal__wide *v, uint64_t divisor) {
  uint64_t limbs[4] = {(uint64_t)(v->high >> 64), (uint64_t)v->high, (uint64_t)(v->low >> 64),
                       (uint64_t)v->low};
  uint128 remainder = 0;
  for (unsigned i = 0; i < 4; i++) {
    uint128 part = (remainder << 64) | limbs[i];
    limbs[i] = (uint64_t)(part / divisor);
    remainder = part % divisor;
  }
  v->high = ((uint128)limbs[0] << 64) | limbs[1];
  v->low = ((uint128)limbs[2] << 64) | limbs[3];
  return (uint64_t)remainder;
}

void decimal__shrink(struct decimal__wide v, struct decimal__exact *exact) {
  if (v.high != 0) {
    /* At least this many digits, so that 36 to 38 remain and they fit 128 bits. */
    unsigned digits_least = ((128 + bits_of(v.high) - 1) * 1233 >> 12) + 1;
    unsigned drop = digits_least - 36;
    exact->exponent += drop;
    for (unsigned step; drop > 0; drop -= step) {
      step = drop < 19 ? drop : 19;
      if (wide_divide(&v, (uint64_t)decimal__power(step)) != 0) exact->sticky = true;
    }
    ASSERT(v.high == 0);
  }
  exact->coefficient = v.low;
}

uint128 decimal__drop_digits(uint128 coefficient, int64_t drop, bool sticky, bool *inexact) {
  if (drop <= 0) return coefficient;
  if (drop > DECIMAL__POWERS) {
    *inexact |= sticky || coefficient != 0;
    return 0;
  }
  uint128 power = decimal__power((unsigned)drop - 1);
  uint128 kept = coefficient / power;
  sticky |= coefficient % power != 0;
  unsigned last = (unsigned)(kept % 10);
  kept /= 10;
  *inexact |= sticky || last != 0;
  bool up = last > 5 || (last == 5 && (sticky || (kept & 1)));
  return kept + (up ? 1 : 0);
}

static struct decimal encode(bool negative, int64_t exponent, uint128 coefficient) {
  uint64_t biased = (uint64_t)(exponent - DECIMAL__EXPONENT_MIN);
  return (struct decimal){.low = (uint64_t)coefficient,
                          .high = (negative ? SIGN_BIT : 0) | (biased << EXPONENT_SHIFT) |
                                  (uint64_t)(coefficient >> 64)};
}

struct decimal decimal__finish(struct decimal__exact exact, bool *inexact) {
  bool lost = false;
  int64_t over = (int64_t)decimal__digits(exact.coefficient) - DECIMAL_DIGITS_MAX;
  int64_t under = DECIMAL__EXPONENT_MIN - exact.exponent;
  int64_t drop = over > under ? over : under;
  ASSERT(!exact.sticky || over > 0);
  uint128 c = exact.coefficient;
  int64_t exponent = exact.exponent;
  if (drop > 0) {
    c = decimal__drop_digits(c, drop, exact.sticky, &lost);
    exponent += drop;
    if (c == decimal__power(DECIMAL_DIGITS_MAX)) { /* 99…9 rounded up to one digit more */
      c /= 10;
      exponent++;
    }
  }
  if (c == 0 && exponent > DECIMAL__EXPONENT_MAX) exponent = DECIMAL__EXPONENT_MAX;
  /* A small coefficient with a large exponent may still fit with zeroes behind it (the standard's
   * clamping). */
  while (exponent > DECIMAL__EXPONENT_MAX && c < decimal__power(DECIMAL_DIGITS_MAX - 1)) {
    c *= 10;
    exponent--;
  }
  bool overflow = exponent > DECIMAL__EXPONENT_MAX;
  if (inexact) *inexact = lost || overflow;
  return overflow ? decimal__infinity(exact.negative) : encode(exact.negative, exponent, c);
}

struct decimal decimal__infinity(bool negative) {
  return (struct decimal){.low = 0, .high = INFINITE_BITS | (negative ? SIGN_BIT : 0)};
}

struct decimal decimal__nan(void) {
  return (struct decimal){.low = 0, .high = NAN_BITS};
}

enum decimal_class decimal_unpack(struct decimal d, struct decimal_parts *parts) {
  *parts = (struct decimal_parts){.negative = (d.high & SIGN_BIT) != 0};
  if ((d.high & NAN_BITS) == NAN_BITS) return DECIMAL_NAN;
  if ((d.high & NAN_BITS) == INFINITE_BITS) return DECIMAL_INFINITE;
  bool large = (d.high & LARGE_BITS) == LARGE_BITS;
  unsigned shift = large ? LARGE_EXPONENT_SHIFT : EXPONENT_SHIFT;
  parts->exponent = (int32_t)((d.high >> shift) & EXPONENT_MASK) + DECIMAL__EXPONENT_MIN;
  uint128 c = ((uint128)(d.high & ((UINT64_C(1) << EXPONENT_SHIFT) - 1)) << 64) | d.low;
  bool canonical = !large && c < decimal__power(DECIMAL_DIGITS_MAX);
  parts->coefficient = canonical ? c : 0;
  return DECIMAL_FINITE;
}

struct decimal decimal_pack(struct decimal_parts parts, bool *inexact) {
  return decimal__finish((struct decimal__exact){.coefficient = parts.coefficient,
                                                 .exponent = parts.exponent,
                                                 .negative = parts.negative},
                         inexact);
}

struct decimal decimal_from_int64(int64_t v) {
  uint64_t magnitude = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
  return encode(v < 0, 0, magnitude);
}

bool decimal_to_int64(struct decimal d, int64_t *out) {
  struct decimal_parts p;
  if (decimal_unpack(d, &p) != DECIMAL_FINITE) return false;
  while (p.exponent < 0 && p.coefficient != 0 && p.coefficient % 10 == 0) {
    p.coefficient /= 10;
    p.exponent++;
  }
  if (p.coefficient == 0) p.exponent = 0;
  if (p.exponent < 0 || p.exponent > 18) return false;
  uint128 limit = (uint128)INT64_MAX + (p.negative ? 1 : 0);
  uint128 power = decimal__power((unsigned)p.exponent);
  if (p.coefficient > limit / power) return false;
  uint64_t magnitude = (uint64_t)(p.coefficient * power);
  *out = (int64_t)(p.negative ? 0 - magnitude : magnitude);
  return true;
}
