/* SPDX-License-Identifier: MIT */
#include "base/text/num.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/test.h"

static void expect_float(double v, const char *text) {
  char out[NUM_TEXT_BYTES_MAX + 1];
  size_t bytes = num_format_float64(v, out);
  assert_true(bytes <= NUM_TEXT_BYTES_MAX);
  out[bytes] = 0;
  assert_string_equal(out, text);
}

static void floats_as_text(void) {
  expect_float(0.0, "0.0");
  expect_float(-0.0, "-0.0");
  expect_float(1.0, "1.0");
  expect_float(-1.5, "-1.5");
  expect_float(0.1, "0.1");
  expect_float(100000.0, "100000.0");
  expect_float(1e20, "100000000000000000000.0");
  expect_float(1e21, "1e+21");
  expect_float(0.000001, "0.000001");
  expect_float(0.0000001, "1e-07");
  expect_float(1e300, "1e+300");
  expect_float(-1.2345e-300, "-1.2345e-300");
  expect_float(5e-324, "5e-324");
  expect_float(1.7976931348623157e308, "1.7976931348623157e+308");
  expect_float((double)NAN, "NaN");
  expect_float(HUGE_VAL, "Infinity");
  expect_float(-HUGE_VAL, "-Infinity");
}

static double random_float(size_t i) {
  uint64_t bits = rng_next(test_rng());
  double v;
  memcpy(&v, &bits, sizeof v);
  if (i % 2) v = ldexp(rng_float(test_rng()) - 0.5, (int)rng_range(test_rng(), -30, 75));
  if (i % 5 == 0) v = (double)rng_range(test_rng(), -1000000, 1000000) / 100;
  return isfinite(v) ? v : 0;
}

static void floats_read_back(void) {
  for (size_t i = 0; i < test_rounds(100000); i++) {
    char out[NUM_TEXT_BYTES_MAX];
    double v = random_float(i), back;
    size_t bytes = num_format_float64(v, out);
    assert_true(bytes <= sizeof out && num_parse_float64(slice_of(out, bytes), &back));
    assert_memory_equal(&v, &back, sizeof v);
    assert_true(memchr(out, '.', bytes) || memchr(out, 'e', bytes));
  }
}

/* The C library reads the same double from any decimal. */
static void floats_are_correctly_rounded(void) {
  for (size_t i = 0; i < test_rounds(50000); i++) {
    char text[80];
    int bytes =
        snprintf(text, sizeof text, "%.*e", (int)rng_below(test_rng(), 40), random_float(i));
    double v;
    assert_true(num_parse_float64(slice_of(text, (size_t)bytes), &v));
    double expected = strtod(text, NULL);
    assert_memory_equal(&v, &expected, sizeof v);
  }
}

static void expect_parse(const char *text, double expected) {
  double v;
  assert_true(num_parse_float64(slice_of_text(text), &v));
  assert_memory_equal(&v, &expected, sizeof v);
}

static void what_no_double_holds(void) {
  expect_parse("1e400", HUGE_VAL);
  expect_parse("-1e400", -HUGE_VAL);
  expect_parse("1e-400", 0.0);
  expect_parse("-1e-400", -0.0);
  expect_parse("0e99999999999999999999999999", 0.0);
  expect_parse("1e99999999999999999999999999", HUGE_VAL);
  expect_parse("1e-99999999999999999999999999", 0.0);
  expect_parse("2.4e-324", 0.0);
  expect_parse("1.8e308", HUGE_VAL);
  char text[1000] = "0.";
  memset(text + 2, '0', 900);
  memcpy(text + 902, "1e1300", 7);
  expect_parse(text, HUGE_VAL);
  memcpy(text + 902, "1e800", 6);
  expect_parse(text, 1e-101);
  memset(text, '9', 900);
  memcpy(text + 900, "e-1300", 7);
  expect_parse(text, 0.0);
}

static void what_is_no_number(void) {
  static const char *const bad[] = {"",    "-",        "+1",    "--1", " 1",  "1 ",   "e5",
                                    "1e",  "1e+",      "1.5.5", "0x1", "inf", "-inf", "nan",
                                    "NaN", "Infinity", "1,5",   ".",   "-.",  "1_000"};
  double v;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    if (num_parse_float64(slice_of_text(bad[i]), &v)) fail_msg("taken: %s", bad[i]);
}

static void integers_read_back(void) {
  for (size_t i = 0; i < test_rounds(50000); i++) {
    uint64_t bits = rng_next(test_rng()) >> rng_below(test_rng(), 64);
    int64_t v = i == 0   ? INT64_MIN
                : i == 1 ? INT64_MAX
                : i % 2  ? (int64_t)bits
                         : (int64_t)(0 - bits),
            back;
    char out[NUM_TEXT_BYTES_MAX + 1], expected[NUM_TEXT_BYTES_MAX];
    size_t bytes = num_format_int64(v, out);
    assert_int_equal(snprintf(expected, sizeof expected, "%lld", (long long)v), bytes);
    assert_memory_equal(out, expected, bytes);
    assert_true(num_parse_int64(slice_of(out, bytes), &back));
    assert_int_equal(back, v);
    out[num_format_uint64(bits, out)] = 0;
    assert_true(strtoull(out, NULL, 10) == bits);
  }
}

static void what_is_no_integer(void) {
  static const char *const bad[] = {"",
                                    "-",
                                    "+1",
                                    "1.0",
                                    " 1",
                                    "1 ",
                                    "9223372036854775808",
                                    "-9223372036854775809",
                                    "99999999999999999999",
                                    "0x10",
                                    "1e3"};
  int64_t v;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    if (num_parse_int64(slice_of_text(bad[i]), &v)) fail_msg("taken: %s", bad[i]);
  assert_true(num_parse_int64(slice_of_text("-000000000000000000000000000012"), &v));
  assert_int_equal(v, -12);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"floats_as_text", floats_as_text, 0},
      {"floats_read_back", floats_read_back, 0},
      {"floats_are_correctly_rounded", floats_are_correctly_rounded, 0},
      {"what_no_double_holds", what_no_double_holds, 0},
      {"what_is_no_number", what_is_no_number, 0},
      {"integers_read_back", integers_read_back, 0},
      {"what_is_no_integer", what_is_no_integer, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
