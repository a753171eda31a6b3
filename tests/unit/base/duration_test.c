/* SPDX-License-Identifier: MIT */
#include "base/text/duration.h"

#include "tests/lib/test.h"

enum { SECOND = 1000000 };

static void expect_duration(int64_t us, const char *text) {
  char out[DURATION_TEXT_BYTES_MAX];
  size_t bytes = duration_format(us, out);
  assert_true(slice_is_equal(slice_of(out, bytes), slice_of_text(text)));
  int64_t back;
  assert_true(duration_parse(slice_of_text(text), &back));
  assert_int_equal(back, us);
}

static void durations_as_text(void) {
  expect_duration(0, "PT0S");
  expect_duration(1, "PT0.000001S");
  expect_duration(-500000, "-PT0.5S");
  expect_duration(INT64_C(36) * 3600 * SECOND, "PT36H");
  expect_duration(INT64_C(-5445) * SECOND, "-PT1H30M45S");
  expect_duration(INT64_MAX, "PT2562047788H54.775807S");
  expect_duration(INT64_MIN, "-PT2562047788H54.775808S");
}

static void expect_reads(const char *text, int64_t us) {
  int64_t parsed;
  assert_true(duration_parse(slice_of_text(text), &parsed));
  assert_int_equal(parsed, us);
}

static void forms_of_durations(void) {
  expect_reads("P1DT1S", INT64_C(86401) * SECOND);
  expect_reads("P2W", INT64_C(14) * 86400 * SECOND);
  expect_reads("-PT-1S", SECOND);
  expect_reads("PT1M-1S", INT64_C(59) * SECOND);
  expect_reads("PT0,25S", SECOND / 4);
  expect_reads("PT+1.0000019S", SECOND + 1);
}

static void bad_durations_are_refused(void) {
  static const char *const bad[] = {
      "",
      "P",
      "PT",
      "P1",
      "1S",
      "PT1",
      "P1S",
      "PT1D",
      "P1M",
      "P1Y",
      "PT1S1M",
      "PT1S1S",
      "PT1.5M",
      "PT1.S",
      "PT.5S",
      "P1DT",
      "P1D ",
      "--PT1S",
      "PT1H\0",
      "PT1HT1M",
      "pt1s",
      "P1D1W",
      "PT99999999999999999999S",
      "PT2562047788H54.775808S",
      "P106751992D",
  };
  int64_t us;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    size_t bytes = strcmp(bad[i], "PT1H") == 0 ? 5 : strlen(bad[i]); /* one has a NUL at its end */
    if (duration_parse(slice_of(bad[i], bytes), &us)) fail_msg("taken: %s", bad[i]);
  }
}

static void expect_interval(struct duration_interval interval, const char *text) {
  char out[DURATION_TEXT_BYTES_MAX];
  size_t bytes = duration_format_interval(interval, out);
  assert_true(slice_is_equal(slice_of(out, bytes), slice_of_text(text)));
}

static void intervals_as_text(void) {
  expect_interval((struct duration_interval){0}, "PT0S");
  expect_interval((struct duration_interval){14, 3, INT64_C(14706500000)}, "P1Y2M3DT4H5M6.5S");
  expect_interval((struct duration_interval){-1, 2, -SECOND}, "P-1M2DT-1S");
  expect_interval((struct duration_interval){INT32_MIN, INT32_MIN, INT64_MIN},
                  "P-178956970Y-8M-2147483648DT-2562047788H-54.775808S");
}

static void intervals_out_of_range_are_refused(void) {
  struct duration_interval interval;
  assert_true(duration_parse_interval(slice_of_text("P2147483647M"), &interval));
  assert_false(duration_parse_interval(slice_of_text("P2147483648M"), &interval));
  assert_true(duration_parse_interval(slice_of_text("-P2147483648M"), &interval));
  assert_false(duration_parse_interval(slice_of_text("P306783379W"), &interval));
  assert_true(duration_parse_interval(slice_of_text("P306783379W-6D"), &interval));
  assert_int_equal(interval.days, 2147483647);
}

static int64_t random_integer(void) {
  int64_t v = (int64_t)(rng_next(test_rng()) >> rng_below(test_rng(), 64));
  return rng_below(test_rng(), 2) ? v : (int64_t)(0 - (uint64_t)v);
}

static void everything_reads_back(void) {
  for (size_t i = 0; i < test_rounds(100000); i++) {
    struct duration_interval interval = {(int32_t)random_integer(), (int32_t)random_integer(),
                                         random_integer()},
                             back;
    char out[DURATION_TEXT_BYTES_MAX];
    size_t bytes = duration_format_interval(interval, out);
    assert_true(bytes <= sizeof out && duration_parse_interval(slice_of(out, bytes), &back));
    assert_true(back.months == interval.months && back.days == interval.days &&
                back.us == interval.us);
    int64_t us = 0;
    bytes = duration_format(interval.us, out);
    assert_true(bytes <= sizeof out && duration_parse(slice_of(out, bytes), &us));
    assert_int_equal(us, interval.us);
  }
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"durations_as_text", durations_as_text, 0},
      {"forms_of_durations", forms_of_durations, 0},
      {"bad_durations_are_refused", bad_durations_are_refused, 0},
      {"intervals_as_text", intervals_as_text, 0},
      {"intervals_out_of_range_are_refused", intervals_out_of_range_are_refused, 0},
      {"everything_reads_back", everything_reads_back, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
