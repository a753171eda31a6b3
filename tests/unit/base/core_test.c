/* SPDX-License-Identifier: MIT */
#include "base/core/bytes.h"
#include "base/core/err.h"
#include "base/core/status.h"

#include <string.h>

#include "tests/lib/test.h"

static uint64_t random_width(void) {
  return rng_next(test_rng()) >> rng_below(test_rng(), 64);
}

static void varints_read_back(void) {
  for (size_t i = 0; i < test_rounds(100000); i++) {
    uint8_t encoded[VARINT_BYTES_MAX];
    uint64_t v = i == 0 ? UINT64_MAX : i == 1 ? 0 : random_width(), back;
    size_t bytes = varint_encode(encoded, v);
    size_t bits = v ? 64 - (size_t)__builtin_clzll(v) : 1;
    assert_int_equal(bytes, (bits + 6) / 7);
    assert_int_equal(varint_decode(encoded, encoded + bytes, &back), bytes);
    assert_int_equal(back, v);
    for (size_t cut = 0; cut < bytes; cut++)
      assert_int_equal(varint_decode(encoded, encoded + cut, &back), 0);
  }
}

static void varints_over_64_bits_are_refused(void) {
  uint8_t encoded[11];
  uint64_t v;
  memset(encoded, 0xff, sizeof encoded);
  assert_int_equal(varint_decode(encoded, encoded + sizeof encoded, &v), 0);
  encoded[9] = 1;
  assert_int_equal(varint_decode(encoded, encoded + sizeof encoded, &v), 10);
  assert_true(v == UINT64_MAX);
  encoded[9] = 2;
  assert_int_equal(varint_decode(encoded, encoded + sizeof encoded, &v), 0);
}

static void integers_keep_their_order_of_bytes(void) {
  uint8_t at[9] = {0};
  store32le(at + 1, 0x01020304);
  assert_memory_equal(at + 1, "\x04\x03\x02\x01", 4);
  store64be(at + 1, 0x0102030405060708);
  assert_memory_equal(at + 1, "\x01\x02\x03\x04\x05\x06\x07\x08", 8);
  assert_int_equal(load64be(at + 1), 0x0102030405060708);
  assert_int_equal(load32be(at + 1), 0x01020304);
  assert_int_equal(load16le(at + 1), 0x0201);
}

static status refuse(struct err *err, int n) {
  FAIL(err, LUMA_NOT_FOUND, "there is no %d", n);
}

static status refuse_higher(struct err *err) {
  TRY(refuse(err, 7));
  return LUMA_OK;
}

static void failures_tell_what_and_where(void) {
  struct err err = {.line = 9, .hint = "old"};
  assert_int_equal(refuse_higher(&err), LUMA_NOT_FOUND);
  assert_int_equal(refuse_higher(NULL), LUMA_NOT_FOUND);
  assert_int_equal(err.code, LUMA_NOT_FOUND);
  assert_string_equal(err.message, "there is no 7");
  assert_string_equal(err.hint, "");
  assert_int_equal(err.line, 0);
  assert_non_null(strstr(err.file, "core_test.c"));
  err_hint(&err, "try %d", 8);
  err_wrap(&err, "looking for %s", "it");
  assert_string_equal(err.message, "looking for it: there is no 7");
  assert_string_equal(err.hint, "try 8");
  err_reset(&err);
  assert_int_equal(err.code, LUMA_OK);
}

static void errors_begin_and_begin_again_empty(void) {
  struct err err;
  struct buf *faults = (struct buf *)(void *)&err;
  memset(&err, 0xa5, sizeof err);
  err_init(&err);
  assert_true(err.code == LUMA_OK && !err.line && !err.column && !err.offset && !err.foreign);
  assert_true(!err.file && !err.source_line && !err.faults && !err.faults_count);
  assert_true(err.message[0] == 0 && err.hint[0] == 0 && err.detail[0] == 0);
  err.faults = faults;
  assert_int_equal(refuse(&err, 3), LUMA_NOT_FOUND);
  err_hint(&err, "less");
  err_detail(&err, (const uint8_t *)"\"a\":1", 5);
  err_reset(&err);
  assert_true(err.code == LUMA_OK && err.faults == faults);
  assert_true(err.message[0] == 0 && err.hint[0] == 0 && err.detail[0] == 0);
}

static void nothing_is_written_without_an_error(void) {
  err_hint(NULL, "x");
  err_wrap(NULL, "x");
  err_position(NULL, "x", 1, 0);
  err_reset(NULL);
}

/* Long texts are cut, and never inside a sequence of UTF-8. */
static void long_messages_are_cut(void) {
  char text[2 * ERR_MESSAGE_BYTES];
  for (size_t shift = 0; shift < 4; shift++) {
    memset(text, 'a', shift);
    size_t bytes = shift;
    for (; bytes + 4 < sizeof text; bytes += 4) memcpy(text + bytes, "😀", 4);
    text[bytes] = 0;
    struct err err = {0};
    err_raise(&err, LUMA_INTERNAL, __FILE__, __LINE__, "%s", text);
    assert_int_equal(strlen(err.message), (ERR_MESSAGE_BYTES - 1 - shift) / 4 * 4 + shift);
    err_wrap(&err, "wrapped");
    assert_int_equal((strlen(err.message) - strlen("wrapped: ") - shift) % 4, 0);
    err_wrap(&err, "%s", text);
    assert_true(strlen(err.message) < sizeof err.message);
    err_hint(&err, "%s", text);
    assert_int_equal((strlen(err.hint) - shift) % 4, 0);
  }
}

static void positions_count_lines_and_code_points(void) {
  const char *text = "ab\ncdé𝄞x\n";
  struct err err = {0};
  err_position(&err, text, strlen(text), 0);
  assert_true(err.line == 1 && err.column == 1);
  err_position(&err, text, strlen(text), 2);
  assert_true(err.line == 1 && err.column == 3);
  err_position(&err, text, strlen(text), 3);
  assert_true(err.line == 2 && err.column == 1);
  size_t x = (size_t)(strchr(text, 'x') - text);
  err_position(&err, text, strlen(text), x);
  assert_true(err.line == 2 && err.column == 5 && err.offset == x);
  err_position(&err, text, strlen(text), 1000);
  assert_true(err.line == 3 && err.column == 1 && err.offset == strlen(text));
}

static void every_status_has_a_row(void) {
  int count = 0;
  while (status_info((status)count)->number == count) count++;
  assert_true(count > LUMA_MAX_AFFECTED); /* which stands behind INTERNAL */
  for (int code = 0; code < count; code++) {
    const struct status_info *info = status_info((status)code);
    assert_int_equal(status_by_name(info->name, strlen(info->name)), code);
    assert_true(info->http >= 200 && strlen(info->name) > 0 && strlen(info->text) > 0);
  }
  assert_string_equal(status_info((status)10000)->name, "internal");
  assert_int_equal(status_by_name("", 0), LUMA_INTERNAL);
  assert_int_equal(status_by_name("syntax_err", 10), LUMA_INTERNAL);
}

static void random_numbers_are_repeatable(void) {
  struct rng a, b;
  rng_init(&a, 42);
  rng_init(&b, 42);
  assert_true(rng_next(&a) ==
              0x15780b2e0c2ec716); /* the reference implementation's first from this seed */
  assert_true(rng_next(&b) == 0x15780b2e0c2ec716);
  uint8_t from_a[21], from_b[21];
  rng_fill(&a, from_a, sizeof from_a);
  rng_fill(&b, from_b, sizeof from_b);
  assert_memory_equal(from_a, from_b, sizeof from_a);
}

static void random_numbers_keep_their_bounds(void) {
  size_t counts[7] = {0}, lows = 0;
  for (int i = 0; i < 70000; i++) {
    counts[rng_below(test_rng(), 7)]++;
    int64_t v = rng_range(test_rng(), -3, 3);
    assert_true(v >= -3 && v <= 3);
    double f = rng_float(test_rng());
    assert_true(f >= 0 && f < 1);
    lows += f < 0.5;
  }
  for (size_t i = 0; i < 7; i++)
    assert_in_range(counts[i], 9400, 10600); /* over six standard deviations */
  assert_in_range(lows, 34000, 36000);
  assert_int_equal(rng_below(test_rng(), 0), 0);
  assert_int_equal(rng_below(test_rng(), 1), 0);
  assert_true(rng_range(test_rng(), INT64_MIN, INT64_MAX) !=
              rng_range(test_rng(), INT64_MIN, INT64_MAX));
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"varints_read_back", varints_read_back, 0},
      {"varints_over_64_bits_are_refused", varints_over_64_bits_are_refused, 0},
      {"integers_keep_their_order_of_bytes", integers_keep_their_order_of_bytes, 0},
      {"failures_tell_what_and_where", failures_tell_what_and_where, 0},
      {"errors_begin_and_begin_again_empty", errors_begin_and_begin_again_empty, 0},
      {"nothing_is_written_without_an_error", nothing_is_written_without_an_error, 0},
      {"long_messages_are_cut", long_messages_are_cut, 0},
      {"positions_count_lines_and_code_points", positions_count_lines_and_code_points, 0},
      {"every_status_has_a_row", every_status_has_a_row, 0},
      {"random_numbers_are_repeatable", random_numbers_are_repeatable, 0},
      {"random_numbers_keep_their_bounds", random_numbers_keep_their_bounds, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
