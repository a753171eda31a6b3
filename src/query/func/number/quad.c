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
quad atan2f128(quad, quad), powf128(quad, quad), strtof128(const char *, char **);
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

struct decimal quad_apply(enum quad_function function, struct decimal v) {
  quad result = apply(function, read_decimal(v));
  struct decimal made = make_decimal(result);
  struct decimal_parts parts;
  /* But for roots no function has a value of finitely many digits here that is not whole: zeroes
   * at the end are digits like any other. */
  bool is_exact = function == QUAD_SQRT || decimal_unpack(made, &parts) != DECIMAL_FINITE ||
                  parts.exponent >= 0;
  return is_exact ? made : make_inexact(result);
}

struct decimal quad_atan2(struct decimal y, struct decimal x) {
  return make_decimal(QUAD(atan2)(read_decimal(y), read_decimal(x)));
}

struct decimal quad_power(struct decimal base, struct decimal exponent) {
  return make_decimal(QUAD(pow)(read_decimal(base), read_decimal(exponent)));
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
