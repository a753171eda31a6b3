/* SPDX-License-Identifier: MIT */
/* Decimals as text, and by way of text the doubles nearest to them. */
#include <math.h>

#include "base/core/assert.h"
#include "base/text/num.h"
#include "value/decimal/decimal.h"
#include "value/decimal/decimal_int.h"

/* Exponents are cut here while reading: far outside the range, far inside what 64 bits add up
 * without overflow. */
static const int64_t EXPONENT_CUT = INT64_C(1) << 40;

/* Digits of a number being read. The first 37 are kept; of the rest it matters how many and whether
 * one is not zero. */
struct digits {
  struct decimal__exact exact;
  bool any;
};

enum { DIGITS_KEPT = 37 };

static void take_digit(struct digits *digits, uint8_t c, bool after_point) {
  struct decimal__exact *e = &digits->exact;
  unsigned digit = (unsigned)(c - '0');
  digits->any = true;
  if (e->coefficient < decimal__power(DIGITS_KEPT - 1)) {
    e->coefficient = e->coefficient * 10 + digit;
    e->exponent -= after_point;
  } else {
    e->sticky |= digit != 0;
    e->exponent += !after_point;
  }
}

static bool is_digit(uint8_t c) {
  return c >= '0' && c <= '9';
}

/* "e", sign, digits: adds to the exponent. False if the text is not all of that. */
static bool take_exponent(struct slice text, int64_t *exponent) {
  size_t i = 1;
  bool negative = i < text.bytes && text.data[i] == '-';
  if (i < text.bytes && (text.data[i] == '-' || text.data[i] == '+')) i++;
  if (i == text.bytes) return false;
  int64_t v = 0;
  for (; i < text.bytes; i++) {
    if (!is_digit(text.data[i])) return false;
    if (v < EXPONENT_CUT) v = v * 10 + (text.data[i] - '0');
  }
  *exponent += negative ? -v : v;
  return true;
}

static bool parse_special(struct slice text, bool negative, struct decimal *out) {
  if (slice_is_equal_nocase(text, slice_of_text("nan"))) {
    *out = decimal__nan();
    return true;
  }
  bool infinite = slice_is_equal_nocase(text, slice_of_text("infinity")) ||
                  slice_is_equal_nocase(text, slice_of_text("inf"));
  if (infinite) *out = decimal__infinity(negative);
  return infinite;
}

bool decimal_parse(struct slice text, struct decimal *out, bool *inexact) {
  struct digits digits = {0};
  if (inexact) *inexact = false;
  if (text.bytes > 0 && (text.data[0] == '-' || text.data[0] == '+')) {
    digits.exact.negative = text.data[0] == '-';
    text = slice_of(text.data + 1, text.bytes - 1);
  }
  if (parse_special(text, digits.exact.negative, out)) return true;
  bool after_point = false;
  size_t i = 0;
  for (; i < text.bytes; i++) {
    uint8_t c = text.data[i];
    if (is_digit(c)) {
      take_digit(&digits, c, after_point);
    } else if (c == '.' && !after_point) {
      after_point = true;
    } else {
      break;
    }
  }
  if (!digits.any) return false;
  if (i < text.bytes) {
    if (text.data[i] != 'e' && text.data[i] != 'E') return false;
    if (!take_exponent(slice_of(text.data + i, text.bytes - i), &digits.exact.exponent))
      return false;
  }
  *out = decimal__finish(digits.exact, inexact);
  return true;
}

/* Digits of `v`, most significant first; answers how many. */
static size_t put_digits(uint128 v, char *out) {
  size_t count = decimal__digits(v);
  for (size_t i = count; i-- > 0; v /= 10) out[i] = (char)('0' + (unsigned)(v % 10));
  return count;
}

static size_t put_text(char *out, const char *text) {
  size_t bytes = strlen(text);
  memcpy(out, text, bytes);
  return bytes;
}

/* d.ddd followed by E and the exponent of the first digit. */
static size_t put_scientific(const char *digits, size_t count, int64_t adjusted, char *out) {
  size_t n = 0;
  out[n++] = digits[0];
  if (count > 1) {
    out[n++] = '.';
    memcpy(out + n, digits + 1, count - 1);
    n += count - 1;
  }
  out[n++] = 'E';
  if (adjusted >= 0) out[n++] = '+';
  return n + num_format_int64(adjusted, out + n);
}

/* ddd.ddd, with zeroes in front where the point lies left of the digits. `exponent` is at most 0.
 */
static size_t put_plain(const char *digits, size_t count, int32_t exponent, char *out) {
  size_t fraction = (size_t)-exponent, n = 0;
  if (fraction >= count) {
    n += put_text(out, "0.");
    memset(out + n, '0', fraction - count);
    n += fraction - count;
    memcpy(out + n, digits, count);
    return n + count;
  }
  size_t whole = count - fraction;
  memcpy(out, digits, whole);
  n = whole;
  if (fraction > 0) {
    out[n++] = '.';
    memcpy(out + n, digits + whole, fraction);
  }
  return n + fraction;
}

size_t decimal_format(struct decimal d, char out[DECIMAL_TEXT_BYTES_MAX]) {
  struct decimal_parts p;
  enum decimal_class class = decimal_unpack(d, &p);
  if (class == DECIMAL_NAN) return put_text(out, "NaN");
  size_t n = 0;
  if (p.negative) out[n++] = '-';
  if (class == DECIMAL_INFINITE) return n + put_text(out + n, "Infinity");
  char digits[DECIMAL__POWERS] = {0};
  size_t count = put_digits(p.coefficient, digits);
  int64_t adjusted = (int64_t)p.exponent + (int64_t)count - 1;
  bool plain = p.exponent <= 0 && adjusted >= -6;
  n += plain ? put_plain(digits, count, p.exponent, out + n)
             : put_scientific(digits, count, adjusted, out + n);
  ASSERT(n <= DECIMAL_TEXT_BYTES_MAX);
  return n;
}

struct decimal decimal_from_float64(double v) {
  if (isnan(v)) return decimal__nan();
  if (isinf(v)) return decimal__infinity(v < 0);
  char text[NUM_TEXT_BYTES_MAX];
  struct decimal d;
  bool is_number = decimal_parse(slice_of(text, num_format_float64(v, text)), &d, NULL);
  ASSERT(is_number);
  struct decimal_parts p;
  decimal_unpack(d, &p);
  /* The text says "5.0" so that it reads as a double; the decimal is just 5. */
  while (p.exponent < 0 && p.coefficient % 10 == 0) {
    p.coefficient /= 10;
    p.exponent++;
  }
  return decimal_pack(p, NULL);
}

struct decimal decimal_from_float64_15(double v) {
  enum { DIGITS = 15 };
  struct decimal_parts p;
  struct decimal d = decimal_from_float64(v);
  if (decimal_unpack(d, &p) != DECIMAL_FINITE || p.coefficient == 0) return d;
  int32_t over = (int32_t)decimal__digits(p.coefficient) - DIGITS;
  if (over > 0) {
    d = decimal_round(d, -(p.exponent + over));
    decimal_unpack(d, &p);
  }
  /* Rounding up may have made a digit more, all zeros. */
  for (; decimal__digits(p.coefficient) > DIGITS; p.exponent++) p.coefficient /= 10;
  for (; decimal__digits(p.coefficient) < DIGITS; p.exponent--) p.coefficient *= 10;
  return decimal_pack(p, NULL);
}

double decimal_to_float64(struct decimal d) {
  struct decimal_parts p;
  enum decimal_class class = decimal_unpack(d, &p);
  if (class == DECIMAL_NAN) return (double)NAN;
  double sign = p.negative ? -1.0 : 1.0;
  int64_t adjusted = (int64_t)p.exponent + decimal__digits(p.coefficient) - 1;
  if (class == DECIMAL_INFINITE) return sign * (double)INFINITY;
  if (p.coefficient == 0 || adjusted < -330) return sign * 0.0;
  if (adjusted > 310) return sign * (double)INFINITY;
  if (p.exponent == 0 && p.coefficient <= (UINT64_C(1) << 53)) {
    return sign * (double)(uint64_t)p.coefficient;
  }
  char text[DECIMAL_TEXT_BYTES_MAX];
  double v = 0;
  bool is_number = num_parse_float64(slice_of(text, decimal_format(d, text)), &v);
  ASSERT(is_number);
  return v;
}
