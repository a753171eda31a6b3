/* SPDX-License-Identifier: MIT */
/* Decimals against published values, against 128-bit integer arithmetic, and against the laws of
 * order. */
#include "value/decimal/decimal.h"

#include <math.h>
#include <stdio.h>

#include "base/text/num.h"
#include "tests/lib/test.h"

static struct decimal dec(const char *text) {
  struct decimal d = {0, 0};
  if (!decimal_parse(slice_of_text(text), &d, NULL)) fail_msg("not a decimal: %s", text);
  return d;
}

static void assert_text(const char *expected, struct decimal d) {
  char text[DECIMAL_TEXT_BYTES_MAX + 1];
  text[decimal_format(d, text)] = '\0';
  assert_string_equal(expected, text);
}

/* Text in, text out: what the standard's to-scientific-string gives. */
static void prints_as_the_standard(void) {
  static const char *const same[] = {"0",
                                     "-0",
                                     "0.00",
                                     "0E+3",
                                     "0E-6176",
                                     "1",
                                     "-1",
                                     "1.0",
                                     "1.00",
                                     "123.456",
                                     "0.000001",
                                     "1E-7",
                                     "0.00000100",
                                     "1.23E-7",
                                     "1E+1",
                                     "1.5E+10",
                                     "9.999999999999999999999999999999999E+6144",
                                     "1E-6176",
                                     "1.234567890123456789012345678901234E-6143",
                                     "9999999999999999999999999999999999",
                                     "Infinity",
                                     "-Infinity",
                                     "NaN",
                                     "-7.50",
                                     "12345678901234567890123456789012.34"};
  for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) assert_text(same[i], dec(same[i]));
  static const char *const other[][2] = {{"+5", "5"},
                                         {".5", "0.5"},
                                         {"5.", "5"},
                                         {"007", "7"},
                                         {"1e3", "1E+3"},
                                         {"inf", "Infinity"},
                                         {"-INF", "-Infinity"},
                                         {"nan", "NaN"},
                                         {"-nan", "NaN"},
                                         {"1e6144", "1.000000000000000000000000000000000E+6144"},
                                         {"0e999999999999999999999", "0E+6111"},
                                         {"0e-999999999999999999999", "0E-6176"}};
  for (size_t i = 0; i < sizeof other / sizeof other[0]; i++)
    assert_text(other[i][1], dec(other[i][0]));
}

static void refuses_what_is_no_number(void) {
  static const char *const wrong[] = {"",        "-",     "+",   ".",     "e5",  "1e",
                                      "1e+",     "1.2.3", "1 ",  " 1",    "0x1", "1_000",
                                      "infinit", "1e5x",  "--1", "1e5.0", "na"};
  struct decimal d;
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
    assert_false(decimal_parse(slice_of_text(wrong[i]), &d, NULL));
}

/* The bits as BSON stores them (values of the MongoDB decimal128 corpus). */
static void encodes_as_bson(void) {
  static const struct {
    const char *text;
    uint64_t high, low;
  } known[] = {
      {"0", 0x3040000000000000, 0},
      {"1", 0x3040000000000000, 1},
      {"-1", 0xb040000000000000, 1},
      {"0.1", 0x303e000000000000, 1},
      {"1.000000000000000000000000000000000", 0x2ffe314dc6448d93, 0x38c15b0a00000000},
      {"9.999999999999999999999999999999999E+6144", 0x5fffed09bead87c0, 0x378d8e63ffffffff},
      {"1E-6176", 0x0000000000000000, 1},
      {"Infinity", 0x7800000000000000, 0},
      {"-Infinity", 0xf800000000000000, 0},
      {"NaN", 0x7c00000000000000, 0}};
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    struct decimal d = dec(known[i].text);
    assert_true(d.high == known[i].high && d.low == known[i].low);
  }
  /* Coefficients above 34 digits, small and large form, are not canonical and read as zero. */
  assert_text("0", (struct decimal){.high = 0x3041ed09bead87c0, .low = 0x378d8e6400000000});
  assert_text("-0E+3", (struct decimal){.high = 0xb0460000deadbeef | 0x0001ffff00000000, .low = 5});
  assert_int_equal(
      0, decimal_compare((struct decimal){.high = 0x6c10000000000000, .low = 7}, dec("0")));
}

static void rounds_half_to_even(void) {
  static const struct {
    const char *text, *rounded;
    bool inexact;
  } cases[] = {
      {"12345678901234567890123456789012345", "1.234567890123456789012345678901234E+34", true},
      {"12345678901234567890123456789012355", "1.234567890123456789012345678901236E+34", true},
      {"123456789012345678901234567890123450000000000001",
       "1.234567890123456789012345678901235E+47", true},
      {"123456789012345678901234567890123450000000000000",
       "1.234567890123456789012345678901234E+47", true},
      {"12345678901234567890123456789012340", "1.234567890123456789012345678901234E+34", false},
      {"99999999999999999999999999999999995", "1.000000000000000000000000000000000E+35", true},
      {"99999999999999999999999999999999994", "9.999999999999999999999999999999999E+34", true},
      {"1e-6177", "0E-6176", true},
      {"5e-6177", "0E-6176", true},
      {"15e-6177", "2E-6176", true},
      {"51e-6178", "1E-6176", true},
      {"1e-99999", "0E-6176", true},
      {"9.9999999999999999999999999999999995e6144", "Infinity", true},
      {"1e6145", "Infinity", true},
      {"-1e99999999999999999999", "-Infinity", true}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct decimal d;
    bool inexact = !cases[i].inexact;
    assert_true(decimal_parse(slice_of_text(cases[i].text), &d, &inexact));
    assert_text(cases[i].rounded, d);
    assert_int_equal(cases[i].inexact, inexact);
  }
}

static void follows_the_standard_in_arithmetic(void) {
  assert_text("3.0", decimal_add(dec("1.0"), dec("2")));
  assert_text("0.0", decimal_subtract(dec("1.5"), dec("1.5")));
  assert_text("0", decimal_add(dec("-0"), dec("0")));
  assert_text("-0", decimal_add(dec("-0"), dec("-0")));
  assert_text("1E+50", decimal_add(dec("1E+50"), dec("0E+60")));
  assert_text("1.000000000000000000000000000000000E+50", decimal_add(dec("1E+50"), dec("1")));
  assert_text("1.000000000000000000000000000000000E+50", decimal_subtract(dec("1E+50"), dec("1")));
  assert_text("9999999999999999999999999999999999", decimal_subtract(dec("1E+34"), dec("1.4")));
  assert_text("9999999999999999999999999999999998", decimal_subtract(dec("1E+34"), dec("1.6")));
  assert_text("6.00", decimal_multiply(dec("1.20"), dec("5")));
  assert_text("1E-6143", decimal_multiply(dec("1E-3000"), dec("1E-3143")));
  assert_text("0E-6176", decimal_multiply(dec("1E-4000"), dec("1E-3000")));
  assert_text("Infinity", decimal_multiply(dec("1E+4000"), dec("1E+3000")));
  assert_text("0.3333333333333333333333333333333333", decimal_divide(dec("1"), dec("3")));
  assert_text("0.6666666666666666666666666666666667", decimal_divide(dec("2"), dec("3")));
  assert_text("2.5", decimal_divide(dec("10"), dec("4")));
  assert_text("5", decimal_divide(dec("10.0"), dec("2.0")));
  assert_text("2E+2", decimal_divide(dec("6E+2"), dec("3")));
  assert_text("-Infinity", decimal_divide(dec("-1"), dec("0")));
  assert_text("NaN", decimal_divide(dec("0"), dec("0")));
  assert_text("NaN", decimal_subtract(dec("Infinity"), dec("Infinity")));
  assert_text("NaN", decimal_multiply(dec("0"), dec("-Infinity")));
  assert_text("-0E-6176", decimal_divide(dec("1"), dec("-Infinity")));
  assert_text("NaN", decimal_add(dec("NaN"), dec("1")));
  assert_text("-1.5", decimal_negate(dec("1.5")));
}

static void rounds_to_places(void) {
  assert_text("2.34", decimal_round(dec("2.345"), 2));
  assert_text("2.36", decimal_round(dec("2.355"), 2));
  assert_text("2.35", decimal_round(dec("2.3450000000001"), 2));
  assert_text("2.5", decimal_round(dec("2.5"), 3));
  assert_text("-2", decimal_round(dec("-2.5"), 0));
  assert_text("1.2E+3", decimal_round(dec("1250"), -2));
  assert_text("0E+9", decimal_round(dec("1250"), -9));
  assert_text("0E+6111", decimal_round(dec("1"), -100000));
  assert_text("Infinity", decimal_round(dec("Infinity"), 1));
}

static uint128 random_coefficient(struct rng *rng) {
  uint128 v = (uint128)rng_next(rng) << 64 | rng_next(rng);
  return v >> rng_below(rng, 128);
}

static struct decimal_parts random_parts(struct rng *rng, int32_t exponent_reach) {
  struct decimal_parts p = {.coefficient = random_coefficient(rng), .negative = rng_below(rng, 2)};
  p.coefficient %= ((uint128)1 << 113) / 2; /* below 34 digits: exact */
  p.exponent = (int32_t)rng_range(rng, -exponent_reach, exponent_reach);
  return p;
}

static struct decimal random_decimal(struct rng *rng) {
  int32_t reach = rng_below(rng, 3) ? 20 : 6150;
  return decimal_pack(random_parts(rng, reach), NULL);
}

/* Sums and products of 32-bit integers with small exponents are exact in 128 bits. */
static void agrees_with_integers(void) {
  __extension__ typedef __int128 int128;
  for (size_t i = 0; i < test_rounds(200000); i++) {
    int64_t a = rng_range(test_rng(), -1000000000000, 1000000000000);
    int64_t b = rng_range(test_rng(), -1000000000000, 1000000000000);
    struct decimal da = decimal_from_int64(a), db = decimal_from_int64(b);
    int64_t sum = 0;
    assert_true(decimal_to_int64(decimal_add(da, db), &sum) && sum == a + b);
    assert_true(decimal_to_int64(decimal_subtract(da, db), &sum) && sum == a - b);
    struct decimal_parts p;
    assert_int_equal(DECIMAL_FINITE, decimal_unpack(decimal_multiply(da, db), &p));
    int128 product = (int128)a * b;
    assert_true(p.exponent == 0 &&
                (p.negative ? -(int128)p.coefficient : (int128)p.coefficient) == product);
    assert_int_equal((a > b) - (a < b), decimal_compare(da, db));
    if (b != 0)
      assert_int_equal(0, decimal_compare(decimal_divide(decimal_multiply(da, db), db), da));
  }
}

static void reads_back_what_it_prints(void) {
  for (size_t i = 0; i < test_rounds(100000); i++) {
    struct decimal d = random_decimal(test_rng()), again;
    char text[DECIMAL_TEXT_BYTES_MAX];
    bool inexact = true;
    assert_true(decimal_parse(slice_of(text, decimal_format(d, text)), &again, &inexact));
    assert_true(!inexact && again.low == d.low && again.high == d.high);
  }
}

static int sign(int v) {
  return (v > 0) - (v < 0);
}

static bool is_infinite(struct decimal d) {
  return decimal_compare(d, dec("Infinity")) == 0 || decimal_compare(d, dec("-Infinity")) == 0;
}

/* Order, addition and multiplication agree: a < b iff a - b < 0 wherever nothing is lost, sums
 * commute, doubling is adding. */
static void keeps_the_laws(void) {
  struct rng *rng = test_rng();
  for (size_t i = 0; i < test_rounds(100000); i++) {
    struct decimal a = random_decimal(rng), b = random_decimal(rng), c = random_decimal(rng);
    int order = decimal_compare(a, b);
    assert_int_equal(-order, decimal_compare(b, a));
    if (order <= 0 && decimal_compare(b, c) <= 0) assert_true(decimal_compare(a, c) <= 0);
    struct decimal difference = decimal_subtract(a, b);
    bool is_none = order == 0 && is_infinite(a); /* inf - inf is no number */
    if (is_none)
      assert_int_equal(0, decimal_compare(difference, dec("NaN")));
    else
      assert_int_equal(order, sign(decimal_compare(difference, dec("0"))));
    assert_int_equal(0, decimal_compare(decimal_add(a, b), decimal_add(b, a)));
    assert_int_equal(0, decimal_compare(decimal_multiply(a, b), decimal_multiply(b, a)));
    assert_int_equal(0, decimal_compare(decimal_add(a, a), decimal_multiply(a, dec("2"))));
  }
}

/* A rounded sum lies within half a unit of its last place of the exact sum: checked where the exact
 * sum fits 128 bits. */
static void rounds_sums_to_nearest(void) {
  for (size_t i = 0; i < test_rounds(100000); i++) {
    uint128 big = ((uint128)1 << 112) + random_coefficient(test_rng()) % ((uint128)1 << 110);
    uint128 small = random_coefficient(test_rng()) % ((uint128)1 << 111);
    unsigned shift = (unsigned)rng_below(test_rng(), 4);
    uint128 scale = shift == 0 ? 1 : shift == 1 ? 10 : shift == 2 ? 100 : 1000;
    struct decimal sum = decimal_add(
        decimal_pack((struct decimal_parts){.coefficient = big, .exponent = (int32_t)shift}, NULL),
        decimal_pack((struct decimal_parts){.coefficient = small}, NULL));
    uint128 exact = big * scale + small;
    struct decimal_parts p;
    assert_int_equal(DECIMAL_FINITE, decimal_unpack(sum, &p));
    uint128 unit = 1;
    for (int32_t e = 0; e < p.exponent; e++) unit *= 10;
    uint128 rounded = p.coefficient * unit;
    uint128 error = rounded > exact ? rounded - exact : exact - rounded;
    assert_true(error * 2 <= unit);
    if (error * 2 == unit && unit > 1) assert_true(p.coefficient % 2 == 0);
  }
}

static void converts_integers(void) {
  int64_t v = 0;
  assert_true(decimal_to_int64(dec("9223372036854775807"), &v) && v == INT64_MAX);
  assert_true(decimal_to_int64(dec("-9223372036854775808"), &v) && v == INT64_MIN);
  assert_false(decimal_to_int64(dec("9223372036854775808"), &v));
  assert_false(decimal_to_int64(dec("-9223372036854775809"), &v));
  assert_true(decimal_to_int64(dec("1.50E+2"), &v) && v == 150);
  assert_true(decimal_to_int64(dec("2500E-2"), &v) && v == 25);
  assert_true(decimal_to_int64(dec("0E+6000"), &v) && v == 0);
  assert_false(decimal_to_int64(dec("0.5"), &v));
  assert_false(decimal_to_int64(dec("1E+19"), &v));
  assert_false(decimal_to_int64(dec("NaN"), &v));
  assert_text("-9223372036854775808", decimal_from_int64(INT64_MIN));
}

static void converts_doubles_by_fifteen_digits(void) {
  assert_text("2.50000000000000", decimal_from_float64_15(2.5));
  assert_text("-5.50000000000000", decimal_from_float64_15(-5.5));
  assert_text("0.300000000000000", decimal_from_float64_15(0.1 + 0.2));
  assert_text("100.000000000000", decimal_from_float64_15(100));
  assert_text("1.00000000000000E+22", decimal_from_float64_15(1e22));
  assert_text("1.00000000000000", decimal_from_float64_15(0.99999999999999989));
  assert_text("0", decimal_from_float64_15(0));
  assert_text("Infinity", decimal_from_float64_15((double)INFINITY));
  assert_text("NaN", decimal_from_float64_15((double)NAN));
}

static double random_double(struct rng *rng) {
  uint64_t bits = rng_next(rng);
  double v;
  memcpy(&v, &bits, sizeof v);
  if (!isfinite(v)) return 0.1;
  return rng_below(rng, 2) ? v : (double)rng_range(rng, -1000000, 1000000) / 64;
}

static void converts_doubles(void) {
  assert_text("0.1", decimal_from_float64(0.1));
  assert_text("5", decimal_from_float64(5.0));
  assert_text("-0", decimal_from_float64(-0.0));
  assert_text("NaN", decimal_from_float64((double)NAN));
  assert_text("-Infinity", decimal_from_float64(-(double)INFINITY));
  assert_true(decimal_to_float64(dec("1e400")) == (double)INFINITY);
  assert_true(decimal_to_float64(dec("-1e310")) == -(double)INFINITY);
  assert_true(decimal_to_float64(dec("1e-400")) == 0);
  assert_true(decimal_to_float64(dec("4.9406564584124654E-324")) == 4.9406564584124654E-324);
  assert_true(decimal_to_float64(dec("9007199254740993")) == 9007199254740992.0);
  for (size_t i = 0; i < test_rounds(50000); i++) {
    double v = random_double(test_rng());
    assert_true(decimal_to_float64(decimal_from_float64(v)) == v);
  }
}

/* Doubles that are exact decimals compare like those decimals; a unit more or less of the 34th
 * digit tips the scale. */
static void compares_with_doubles_exactly(void) {
  assert_int_equal(-1, decimal_compare_float64(dec("0.1"), 0.1)); /* the double is a little more */
  assert_int_equal(1, decimal_compare_float64(dec("0.3"), 0.3));  /* and here a little less */
  assert_int_equal(0, decimal_compare_float64(dec("0.5"), 0.5));
  assert_int_equal(0, decimal_compare_float64(dec("9007199254740992"), 9007199254740992.0));
  assert_int_equal(1, decimal_compare_float64(dec("9007199254740993"), 9007199254740992.0));
  assert_int_equal(-1, decimal_compare_float64(dec("1e400"), (double)INFINITY));
  assert_int_equal(1, decimal_compare_float64(dec("1e400"), 1.7976931348623157e308));
  assert_int_equal(1, decimal_compare_float64(dec("1e-400"), 0.0));
  assert_int_equal(-1, decimal_compare_float64(dec("1e-400"), 4.9406564584124654E-324));
  assert_int_equal(1, decimal_compare_float64(dec("-1e-400"), -4.9406564584124654E-324));
  assert_int_equal(0, decimal_compare_float64(dec("-0E+5"), 0.0));
  assert_int_equal(0, decimal_compare_float64(dec("NaN"), (double)NAN));
  assert_int_equal(-1, decimal_compare_float64(dec("NaN"), -(double)INFINITY));
  assert_int_equal(1, decimal_compare_float64(dec("1.797693134862315708145274237317044E+308"),
                                              1.7976931348623157e308));
  for (size_t i = 0; i < test_rounds(100000); i++) {
    int64_t m = rng_range(test_rng(), -(INT64_C(1) << 52), INT64_C(1) << 52);
    int e = (int)rng_below(test_rng(), 20);
    /* m / 2^e is m x 5^e / 10^e, which has at most 16 + 14 digits: exact. */
    struct decimal_parts p = {
        .coefficient = (uint128)(m < 0 ? -m : m), .exponent = -e, .negative = m < 0};
    for (int k = 0; k < e; k++) p.coefficient *= 5;
    bool inexact = true;
    struct decimal exact = decimal_pack(p, &inexact);
    double v = ldexp((double)m, -e);
    assert_false(inexact);
    assert_int_equal(0, decimal_compare_float64(exact, v));
    p.coefficient = p.coefficient * 10 + 1;
    p.exponent -= 1;
    assert_int_equal(m < 0 ? -1 : 1, decimal_compare_float64(decimal_pack(p, NULL), v));
  }
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"prints_as_the_standard", prints_as_the_standard, 0},
      {"refuses_what_is_no_number", refuses_what_is_no_number, 0},
      {"encodes_as_bson", encodes_as_bson, 0},
      {"rounds_half_to_even", rounds_half_to_even, 0},
      {"follows_the_standard_in_arithmetic", follows_the_standard_in_arithmetic, 0},
      {"rounds_to_places", rounds_to_places, 0},
      {"agrees_with_integers", agrees_with_integers, 0},
      {"reads_back_what_it_prints", reads_back_what_it_prints, 0},
      {"keeps_the_laws", keeps_the_laws, 0},
      {"rounds_sums_to_nearest", rounds_sums_to_nearest, 0},
      {"converts_integers", converts_integers, 0},
      {"converts_doubles", converts_doubles, 0},
      {"converts_doubles_by_fifteen_digits", converts_doubles_by_fifteen_digits, 0},
      {"compares_with_doubles_exactly", compares_with_doubles_exactly, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
