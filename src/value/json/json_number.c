/* SPDX-License-Identifier: MIT */
/* The kind and value of a JSON number (spec/json.md): integers are exact, as int64 or as decimals;
 * a point or an exponent makes a double, unless its magnitude is beyond one. */
#include <math.h>

#include "base/text/num.h"
#include "value/json/json_int.h"

/* A number taken apart. `digits` counts those of the mantissa without leading zeroes; the mantissa
 * is right up to 19. */
struct parts {
  uint64_t mantissa;
  uint32_t digits, fraction_digits;
  bool negative, is_integer, has_exponent;
};

static bool is_digit(const uint8_t *at, const uint8_t *end) {
  return at < end && *at >= '0' && *at <= '9';
}

static const uint8_t *take_digits(const uint8_t *at, const uint8_t *end, struct parts *parts) {
  for (; is_digit(at, end); at++) {
    parts->mantissa = parts->mantissa * 10 + (uint64_t)(*at - '0');
    parts->digits += parts->digits > 0 || *at != '0';
  }
  return at;
}

/* The grammar of RFC 8259 section 6 over the whole token. */
static bool take_apart(struct slice token, struct parts *parts) {
  const uint8_t *at = token.data, *end = at + token.bytes;
  *parts = (struct parts){.negative = *at == '-', .is_integer = true};
  at += parts->negative;
  if (!is_digit(at, end)) return false;
  if (*at == '0') {
    at++;
  } else {
    at = take_digits(at, end, parts);
  }
  if (at == end) return true;
  parts->is_integer = false;
  if (*at == '.') {
    const uint8_t *fraction = at + 1;
    at = take_digits(fraction, end, parts);
    if (at == fraction) return false;
    parts->fraction_digits = (uint32_t)(at - fraction);
  }
  if (at < end && (*at == 'e' || *at == 'E')) {
    parts->has_exponent = true;
    at++;
    if (at < end && (*at == '+' || *at == '-')) at++;
    if (!is_digit(at, end)) return false;
    while (is_digit(at, end)) at++;
  }
  return at == end;
}

static enum json__number parse_decimal(struct slice token, struct val *out, bool *inexact) {
  struct decimal d;
  struct decimal_parts parts;
  bool is_number = decimal_parse(token, &d, inexact);
  if (!is_number || decimal_unpack(d, &parts) != DECIMAL_FINITE || parts.coefficient == 0)
    return JSON_NUMBER_RANGE;
  *out = val_decimal(d);
  return JSON_NUMBER_OK;
}

static enum json__number parse_big_integer(struct slice token, struct val *out) {
  bool inexact = false;
  if (parse_decimal(token, out, &inexact) != JSON_NUMBER_OK) return JSON_NUMBER_RANGE;
  if (!inexact) return JSON_NUMBER_OK;
  double v = 0;
  if (num_parse_float64(token, &v) && isfinite(v)) *out = val_float64(v);
  return JSON_NUMBER_ROUNDED;
}

static enum json__number parse_integer(struct slice token, const struct parts *parts,
                                       struct val *out) {
  if (parts->digits == 0 && parts->negative) {
    *out = val_float64(-0.0);
    return JSON_NUMBER_OK;
  }
  uint64_t limit = (uint64_t)INT64_MAX + parts->negative;
  if (parts->digits > 19 || parts->mantissa > limit) return parse_big_integer(token, out);
  *out = val_int64((int64_t)(parts->negative ? 0 - parts->mantissa : parts->mantissa));
  return JSON_NUMBER_OK;
}

static enum json__number parse_real(struct slice token, const struct parts *parts,
                                    struct val *out) {
  static const double powers[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                  1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  /* Two exact doubles and one correctly rounded division give the correctly rounded result. */
  if (!parts->has_exponent && parts->digits <= 15 && parts->fraction_digits <= 15) {
    double v = (double)parts->mantissa / powers[parts->fraction_digits];
    *out = val_float64(parts->negative ? -v : v);
    return JSON_NUMBER_OK;
  }
  double v = 0;
  if (!num_parse_float64(token, &v)) return JSON_NUMBER_FAULT;
  *out = val_float64(v);
  bool vanished = v == 0 && parts->digits > 0;
  bool inexact;
  return isinf(v) || vanished ? parse_decimal(token, out, &inexact) : JSON_NUMBER_OK;
}

enum json__number json__parse_number(struct slice token, struct val *out) {
  struct parts parts;
  if (!take_apart(token, &parts)) return JSON_NUMBER_FAULT;
  return parts.is_integer ? parse_integer(token, &parts, out) : parse_real(token, &parts, out);
}
