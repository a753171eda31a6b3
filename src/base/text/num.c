/* SPDX-License-Identifier: MIT */
/* Integers are printed and read here; floating numbers go through num_face.cc, whose
 * std::from_chars leaves to us which way a number is out of range. */
#include "base/text/num.h"

#include <math.h>

#include "base/text/num_int.h"

size_t num_format_uint64(uint64_t v, char *out) {
  char digits[20];
  size_t count = 0;
  do digits[count++] = (char)('0' + v % 10);
  while (v /= 10);
  for (size_t i = 0; i < count; i++) out[i] = digits[count - 1 - i];
  return count;
}

size_t num_format_int64(int64_t v, char *out) {
  if (v >= 0) return num_format_uint64((uint64_t)v, out);
  out[0] = '-';
  return 1 + num_format_uint64(0 - (uint64_t)v, out + 1);
}

static size_t copy_text(char *out, const char *text) {
  size_t bytes = strlen(text);
  memcpy(out, text, bytes);
  return bytes;
}

/* Plain digits between these bounds, an exponent beyond: what ECMAScript prints, and people expect.
 */
static bool is_plain(double v) {
  double size = fabs(v);
  return size == 0 || (size >= 1e-6 && size < 1e21);
}

static size_t format_special(double v, char *out) {
  if (isnan(v)) return copy_text(out, "NaN");
  return copy_text(out, v < 0 ? "-Infinity" : "Infinity");
}

/* Digits without a point get one, so that they read back as a floating number. */
static size_t mark_real(bool plain, char *out, size_t bytes) {
  if (plain && !memchr(out, '.', bytes)) bytes += copy_text(out + bytes, ".0");
  return bytes;
}

size_t num_format_float64(double v, char *out) {
  if (!isfinite(v)) return format_special(v, out);
  bool plain = is_plain(v);
  return mark_real(plain, out, num__print_shortest(v, plain, out));
}

size_t num_format_float32(float v, char *out) {
  if (!isfinite(v)) return format_special((double)v, out);
  bool plain = is_plain((double)v);
  return mark_real(plain, out, num__print_shortest_float32(v, plain, out));
}

static bool is_digit(uint8_t byte) {
  return byte >= '0' && byte <= '9';
}

bool num_parse_int64(struct slice text, int64_t *v) {
  bool negative = text.bytes && text.data[0] == '-';
  if (text.bytes == (size_t)negative) return false;
  int64_t result = 0;
  for (size_t i = negative; i < text.bytes; i++) {
    if (!is_digit(text.data[i])) return false;
    int digit = text.data[i] - '0'; /* built as a negative number: INT64_MIN has no positive twin */
    if (__builtin_mul_overflow(result, 10, &result)) return false;
    if (__builtin_sub_overflow(result, digit, &result)) return false;
  }
  if (!negative && __builtin_sub_overflow(0, result, &result)) return false;
  *v = result;
  return true;
}

/* The exponent written after `e`, held within what can matter. `at` is past the sign of the
 * exponent. */
static int64_t written_exponent(struct slice text, size_t at, bool negative) {
  int64_t exponent = 0;
  for (; at < text.bytes && exponent < INT64_MAX / 16; at++)
    exponent = exponent * 10 + (text.data[at] - '0');
  return negative ? -exponent : exponent;
}

/* Whether a well-formed number that no double can hold is too large (else it is too small): the
 * power of ten of its first digit other than 0 decides. */
static bool is_overflow(struct slice text) {
  int64_t places =
      0; /* digits from the first other than 0 to the point; negative for zeroes after the point */
  bool seen_point = false, seen_digit = false;
  for (size_t i = text.data[0] == '-'; i < text.bytes; i++) {
    uint8_t byte = text.data[i];
    if (byte == 'e' || byte == 'E') {
      bool is_signed = text.data[i + 1] == '-' || text.data[i + 1] == '+';
      return written_exponent(text, i + 1 + is_signed, text.data[i + 1] == '-') + places > 0;
    }
    if (byte == '.')
      seen_point = true;
    else if (byte != '0' || seen_digit) {
      seen_digit = true;
      if (!seen_point) places++;
    } else if (seen_point) {
      places--;
    }
  }
  return places > 0;
}

bool num_parse_float64(struct slice text, double *v) {
  bool negative = text.bytes && text.data[0] == '-';
  if (text.bytes == (size_t)negative) return false;
  uint8_t first = text.data[negative];
  if (!is_digit(first) && first != '.') return false; /* std::from_chars would take inf and nan */
  enum num__reading reading = num__read(text.data, text.bytes, v);
  if (reading == NUM__OUT_OF_RANGE) {
    double size = is_overflow(text) ? HUGE_VAL : 0.0;
    *v = negative ? -size : size;
  }
  return reading != NUM__NOT_A_NUMBER;
}
