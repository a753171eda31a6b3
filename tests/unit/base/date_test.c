/* SPDX-License-Identifier: MIT */
#include "base/text/date.h"

#include "tests/lib/test.h"

static int64_t day(int32_t year, uint8_t month, uint8_t day_of_month) {
  int64_t days;
  assert_true(date_from_civil((struct date_civil){year, month, day_of_month}, &days));
  return days;
}

static void known_days(void) {
  assert_int_equal(day(1970, 1, 1), 0);
  assert_int_equal(day(1969, 12, 31), -1);
  assert_int_equal(day(2000, 3, 1), 11017);
  assert_int_equal(day(0, 3, 1), -719468);
  assert_int_equal(day(DATE_YEAR_MIN, 1, 1), DATE_DAYS_MIN);
  assert_int_equal(day(DATE_YEAR_MAX, 12, 31), DATE_DAYS_MAX);
}

/* Walks the calendar day by day for more than an era and counts on its own. */
static void days_follow_the_calendar(void) {
  int64_t days = day(-401, 1, 1);
  for (int32_t year = -401; year <= 2500; year++)
    for (unsigned month = 1; month <= 12; month++)
      for (unsigned of_month = 1; of_month <= date_days_in_month(year, month); of_month++, days++) {
        struct date_civil civil = date_to_civil(days);
        assert_int_equal(civil.year, year);
        assert_int_equal(civil.month, month);
        assert_int_equal(civil.day, of_month);
        assert_int_equal(day(year, (uint8_t)month, (uint8_t)of_month), days);
      }
}

static void impossible_days_are_refused(void) {
  static const struct date_civil bad[] = {{2023, 2, 29}, {1900, 2, 29},   {2024, 2, 30},
                                          {2024, 0, 1},  {2024, 13, 1},   {2024, 4, 31},
                                          {2024, 1, 0},  {1000000, 1, 1}, {-1000000, 1, 1}};
  int64_t days;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    assert_false(date_from_civil(bad[i], &days));
}

static void months_are_added(void) {
  int64_t result;
  assert_true(date_add_months(day(2024, 1, 31), 1, &result));
  assert_int_equal(result, day(2024, 2, 29));
  assert_true(date_add_months(day(2024, 3, 31), -13, &result));
  assert_int_equal(result, day(2023, 2, 28));
  assert_true(date_add_months(day(1, 1, 15), -12 * 2 - 1, &result));
  assert_int_equal(result, day(-2, 12, 15));
  assert_false(date_add_months(day(DATE_YEAR_MAX, 12, 1), 1, &result));
  assert_false(date_add_months(0, INT64_MAX, &result));
  assert_false(date_add_months(DATE_DAYS_MAX + 1, 0, &result));
}

static void expect_date(int64_t days, const char *text) {
  char out[DATE_TEXT_BYTES_MAX];
  size_t bytes = date_format(days, out);
  assert_true(slice_is_equal(slice_of(out, bytes), slice_of_text(text)));
  int64_t back;
  assert_true(date_parse(slice_of_text(text), &back));
  assert_int_equal(back, days);
}

static void dates_as_text(void) {
  expect_date(0, "1970-01-01");
  expect_date(day(0, 1, 1), "0000-01-01");
  expect_date(day(9999, 12, 31), "9999-12-31");
  expect_date(day(10000, 1, 1), "+010000-01-01");
  expect_date(day(-1, 12, 31), "-000001-12-31");
  expect_date(DATE_DAYS_MIN, "-999999-01-01");
  char out[DATE_TEXT_BYTES_MAX];
  assert_int_equal(date_format(DATE_DAYS_MAX + 1, out), 0);
  assert_int_equal(date_format(INT64_MIN, out), 0);
}

static void expect_timestamp(int64_t us, const char *text) {
  char out[DATE_TEXT_BYTES_MAX];
  size_t bytes = date_format_timestamp(us, out);
  assert_true(slice_is_equal(slice_of(out, bytes), slice_of_text(text)));
  int64_t back;
  assert_true(date_parse_timestamp(slice_of_text(text), &back));
  assert_int_equal(back, us);
}

static void timestamps_as_text(void) {
  expect_timestamp(0, "1970-01-01T00:00:00Z");
  expect_timestamp(-1, "1969-12-31T23:59:59.999999Z");
  expect_timestamp(1709210096123000, "2024-02-29T12:34:56.123Z");
  expect_timestamp(1709210096000001, "2024-02-29T12:34:56.000001Z");
  expect_timestamp(INT64_MAX, "+294247-01-10T04:00:54.775807Z");
  expect_timestamp(INT64_MIN, "-290308-12-21T19:59:05.224192Z");
}

static void expect_reads(const char *text, int64_t us) {
  int64_t parsed;
  assert_true(date_parse_timestamp(slice_of_text(text), &parsed));
  assert_int_equal(parsed, us);
}

static void forms_of_timestamps(void) {
  expect_reads("1970-01-01t00:00:01z", 1000000);
  expect_reads("1970-01-01 00:00:01", 1000000);
  expect_reads("1970-01-01T00:01", 60000000);
  expect_reads("1970-01-01T01:30:00+01:30", 0);
  expect_reads("1970-01-01T01:30:00+0130", 0);
  expect_reads("1969-12-31T19:00:00-05", 0);
  expect_reads("1970-01-01T00:00:00.1234569Z", 123456);
  expect_reads("2016-12-31T23:59:60Z", 1483228800000000);
}

static void bad_timestamps_are_refused(void) {
  static const char *const bad[] = {
      "",
      "1970-01-01",
      "1970-01-01T",
      "1970-01-01T0:00:00Z",
      "1970-01-01T24:00:00Z",
      "1970-01-01T00:60:00Z",
      "1970-01-01T00:00:61Z",
      "1970-01-01T00:00:00.Z",
      "1970-01-01T00:00:00+1:00",
      "1970-01-01T00:00:00+24:00",
      "1970-01-01T00:00:00+01:",
      "1970-01-01T00:00:00ZZ",
      "1970-02-30T00:00:00Z",
      "-000000-01-01T00:00:00Z",
      "+294247-01-10T04:00:54.775808Z",
      "-290308-12-21T19:59:05.224191Z",
      "+999999-01-01T00:00:00Z",
  };
  int64_t us;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    if (date_parse_timestamp(slice_of_text(bad[i]), &us)) fail_msg("taken: %s", bad[i]);
}

static void every_timestamp_reads_back(void) {
  for (size_t i = 0; i < test_rounds(100000); i++) {
    int64_t us = (int64_t)(rng_next(test_rng()) >> rng_below(test_rng(), 64)), back;
    if (rng_below(test_rng(), 2)) us = -us;
    char out[DATE_TEXT_BYTES_MAX];
    size_t bytes = date_format_timestamp(us, out);
    assert_true(bytes <= sizeof out && date_parse_timestamp(slice_of(out, bytes), &back));
    assert_int_equal(back, us);
  }
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"known_days", known_days, 0},
      {"days_follow_the_calendar", days_follow_the_calendar, 0},
      {"impossible_days_are_refused", impossible_days_are_refused, 0},
      {"months_are_added", months_are_added, 0},
      {"dates_as_text", dates_as_text, 0},
      {"timestamps_as_text", timestamps_as_text, 0},
      {"forms_of_timestamps", forms_of_timestamps, 0},
      {"bad_timestamps_are_refused", bad_timestamps_are_refused, 0},
      {"every_timestamp_reads_back", every_timestamp_reads_back, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
