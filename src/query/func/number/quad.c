/* SPDX-License-Identifier: MIT */
#include "query/func/number/quad.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Where the compiler knows 128-bit floats the C library has the functions; on arm64 `long double`
 * is one. clang knows the type by its older name, and no prototypes. */
#if defined __x86_64__
#define QUAD(name) name##f128
#if defined __clang__
__extension__ typedef __float128 quad;
quad sinf128(quad), cosf128(quad), tanf128(quad), asinf128(quad), acosf128(quad), atanf128(quad);
quad sinhf128(quad), coshf128(quad), tanhf128(quad), asinhf128(quad), acoshf128(quad);
quad atanhf128(quad), expf128(quad), logf128(quad), log10f128(quad), sqrtf128(quad);
quad atan2f128(quad, quad), powf128(quad, quad), fmodf128(quad, quad), fabsf128(quad);
quad strtof128(const char *, char **);
int strfromf128(char *, size_t, const char *, quad);
#else
__extension__ typedef _Float128 quad;
#endif
#define QUAD_READ(text)       strtof128(text, NULL)
#define QUAD_PRINT(out, n, v) strfromf128(out, n, "%.33e", v)
#else
#include <stdio.h>
typedef long double quad;
#define QUAD(name)            name##l
#define QUAD_READ(text)       strtold(text, NULL)
#define QUAD_PRINT(out, n, v) snprintf(out, n, "%.33Le", v)
#endif

static quad pi(void) {
  return QUAD(acos)(-1);
}

static quad read_decimal(struct decimal d) {
  char text[DECIMAL_TEXT_BYTES_MAX + 1];
  text[decimal_format(d, text)] = 0;
  return QUAD_READ(text);
}

/** Zeroes at the end say nothing where a result is exact: 0.5 stays 0.5. */
static struct decimal without_zeroes(struct decimal d) {
  struct decimal_parts parts;
  if (decimal_unpack(d, &parts) != DECIMAL_FINITE) return d;
  if (parts.coefficient == 0) parts.exponent = 0;
  while (parts.exponent < 0 && parts.coefficient && parts.coefficient % 10 == 0) {
    parts.coefficient /= 10;
    parts.exponent++;
  }
  return decimal_pack(parts, NULL);
}

/** With all its digits. */
static struct decimal make_inexact(quad v) {
  char text[64];
  struct decimal d = decimal_from_int64(0);
  int bytes = QUAD_PRINT(text, sizeof text, v);
  if (bytes < 0 || (size_t)bytes >= sizeof text) return d;
  if (strstr(text, "nan"))
    (void)decimal_parse(slice_of_text("NaN"), &d, NULL);
  else if (strstr(text, "inf"))
    (void)decimal_parse(slice_of_text(text[0] == '-' ? "-Infinity" : "Infinity"), &d, NULL);
  else
    (void)decimal_parse(slice_of_text(text), &d, NULL);
  return d;
}

static struct decimal make_decimal(quad v) {
  return without_zeroes(make_inexact(v));
}

static quad apply_more(enum quad_function function, quad v) {
  switch ((int)function) {
  case QUAD_ASINH: return QUAD(asinh)(v);
  case QUAD_ACOSH: return QUAD(acosh)(v);
  case QUAD_ATANH: return QUAD(atanh)(v);
  case QUAD_EXP: return QUAD(exp)(v);
  case QUAD_LN: return QUAD(log)(v);
  case QUAD_LOG10: return QUAD(log10)(v);
  case QUAD_SQRT: return QUAD(sqrt)(v);
  case QUAD_RADIANS: return v * pi() / 180;
  default: return v * 180 / pi();
  }
}

static quad apply(enum quad_function function, quad v) {
  switch ((int)function) {
  case QUAD_SIN: return QUAD(sin)(v);
  case QUAD_COS: return QUAD(cos)(v);
  case QUAD_TAN: return QUAD(tan)(v);
  case QUAD_ASIN: return QUAD(asin)(v);
  case QUAD_ACOS: return QUAD(acos)(v);
  case QUAD_ATAN: return QUAD(atan)(v);
  case QUAD_SINH: return QUAD(sinh)(v);
  case QUAD_COSH: return QUAD(cosh)(v);
  case QUAD_TANH: return QUAD(tanh)(v);
  default: return apply_more(function, v);
  }
}

static struct decimal take(enum quad_function function, struct decimal v) {
  quad result = apply(function, read_decimal(v));
  struct decimal made = make_decimal(result);
  struct decimal_parts parts;
  /* But for roots no function has a value of finitely many digits here that is not whole: zeroes
   * at the end are digits like any other. */
  bool is_exact = function == QUAD_SQRT || decimal_unpack(made, &parts) != DECIMAL_FINITE ||
                  parts.exponent >= 0;
  return is_exact ? made : make_inexact(result);
}

/* ---- beyond the range of quad: 10^4932, where decimals reach to 10^6145 ---- */

enum { FAR_EXPONENT = 4850, FAR_POWER = 11000 };

/** v is a number other than zero that quad, or what it is the root or the logarithm of, may not
 * hold. */
static bool is_far(struct decimal v, struct decimal_parts *parts) {
  bool is_finite = decimal_unpack(v, parts) == DECIMAL_FINITE && parts->coefficient;
  return is_finite && (parts->exponent > FAR_EXPONENT || parts->exponent < -FAR_EXPONENT);
}

/** e^|v| is half of what quad may not hold, and more: it is made of two roots. */
static struct decimal far_exp(quad v) {
  struct decimal root = make_inexact(QUAD(exp)(v / 2));
  return decimal_multiply(root, root);
}

static struct decimal far_root(struct decimal_parts parts) {
  int32_t odd = parts.exponent & 1;
  struct decimal root = make_decimal(QUAD(sqrt)((quad)parts.coefficient * (odd ? 10 : 1)));
  struct decimal_parts of_root;
  (void)decimal_unpack(root, &of_root);
  of_root.exponent += (parts.exponent - odd) / 2;
  return decimal_pack(of_root, NULL);
}

/** The functions of which a far number has a value that is near, or as far. */
static bool take_far(enum quad_function function, struct decimal v, struct decimal_parts parts,
                     struct decimal *out) {
  quad coefficient = (quad)parts.coefficient, exponent = parts.exponent;
  quad logarithm = QUAD(log)(coefficient) + exponent * QUAD(log)(10);
  quad of_double = logarithm + QUAD(log)(2);
  bool is_great = exponent > 0;
  switch ((int)function) {
  case QUAD_LN: *out = make_inexact(logarithm); return true;
  case QUAD_LOG10: *out = make_decimal(QUAD(log10)(coefficient) + exponent); return true;
  case QUAD_SQRT: *out = far_root(parts); return true;
  case QUAD_RADIANS: *out = decimal_multiply(v, make_inexact(pi() / 180)); return true;
  case QUAD_DEGREES: *out = decimal_multiply(v, make_inexact(180 / pi())); return true;
  case QUAD_ASINH:
  case QUAD_ACOSH: *out = make_inexact(parts.negative ? -of_double : of_double); return is_great;
  default: return false;
  }
}

/** e^v, and what grows like it. */
static bool take_grown(enum quad_function function, quad v, struct decimal *out) {
  struct decimal half;
  bool is_far_power = (v > FAR_POWER || v < -FAR_POWER) && v < 2 * FAR_POWER && v > -2 * FAR_POWER;
  if (!is_far_power) return false;
  if (function == QUAD_EXP) {
    *out = far_exp(v);
    return true;
  }
  if (function != QUAD_SINH && function != QUAD_COSH) return false;
  half = decimal_divide(far_exp(v < 0 ? -v : v), decimal_from_int64(2));
  *out = function == QUAD_SINH && v < 0 ? decimal_negate(half) : half;
  return true;
}

struct decimal quad_apply(enum quad_function function, struct decimal v) {
  struct decimal_parts parts;
  struct decimal far;
  if (is_far(v, &parts) && take_far(function, v, parts, &far)) return far;
  if (take_grown(function, read_decimal(v), &far)) return far;
  return take(function, v);
}

struct decimal quad_atan2(struct decimal y, struct decimal x) {
  return make_decimal(QUAD(atan2)(read_decimal(y), read_decimal(x)));
}

/** A whole power of a power of ten is one. */
static bool raise_ten(struct decimal base, struct decimal exponent, struct decimal *out) {
  struct decimal_parts parts;
  int64_t times = 0;
  (void)decimal_unpack(base, &parts);
  for (; parts.coefficient % 10 == 0; parts.exponent++) parts.coefficient /= 10;
  if (parts.coefficient != 1 || !decimal_to_int64(exponent, &times)) return false;
  if (times > FAR_POWER || times < -FAR_POWER) return false;
  parts.exponent *= (int32_t)times;
  parts.negative = parts.negative && times % 2;
  *out = decimal_pack(parts, NULL);
  return true;
}

struct decimal quad_power(struct decimal base, struct decimal exponent) {
  quad b = read_decimal(base), e = read_decimal(exponent), power = QUAD(pow)(b, e);
  bool is_held = b == 0 || b * 0 != 0 || QUAD(fabs)(b) == 1 || power != power ||
                 (power != 0 && power * 0 == 0);
  struct decimal far;
  if (is_held) return make_decimal(power);
  if (raise_ten(base, exponent, &far)) return far;
  struct decimal root = make_decimal(QUAD(pow)(QUAD(fabs)(b), e / 2));
  struct decimal square = decimal_multiply(root, root);
  return b < 0 && QUAD(fmod)(e, 2) != 0 ? decimal_negate(square) : square;
}

double quad_of_float64(enum quad_function function, double v) {
  typedef double real_function(double);
  static real_function *const functions[] = {
      [QUAD_SIN] = sin,   [QUAD_COS] = cos,     [QUAD_TAN] = tan,     [QUAD_ASIN] = asin,
      [QUAD_ACOS] = acos, [QUAD_ATAN] = atan,   [QUAD_SINH] = sinh,   [QUAD_COSH] = cosh,
      [QUAD_TANH] = tanh, [QUAD_ASINH] = asinh, [QUAD_ACOSH] = acosh, [QUAD_ATANH] = atanh,
      [QUAD_EXP] = exp,   [QUAD_LN] = log,      [QUAD_LOG10] = log10, [QUAD_SQRT] = sqrt,
  };
  if (function == QUAD_RADIANS) return v * (M_PI / 180);
  if (function == QUAD_DEGREES) return v * (180 / M_PI);
  return functions[function](v);
}
