/* SPDX-License-Identifier: MIT */
#include "base/text/utf8.h"

#include "tests/lib/fault.h"
#include "tests/lib/test.h"

static bool is_scalar(uint32_t v) {
  return v < 0xd800 || (v > 0xdfff && v <= 0x10ffff);
}

/* Every code point there is: encoded, valid, decoded, and invalid with any of its bytes missing. */
static void every_code_point_reads_back(void) {
  for (uint32_t v = 0; v <= 0x10ffff; v++) {
    if (!is_scalar(v)) continue;
    uint8_t encoded[4];
    size_t bytes = utf8_encode(v, encoded), expected = v < 0x80      ? 1
                                                       : v < 0x800   ? 2
                                                       : v < 0x10000 ? 3
                                                                     : 4;
    if (bytes != expected) fail_msg("U+%04X takes %zu bytes", v, bytes);
    uint32_t back;
    if (utf8_decode(slice_of(encoded, bytes), &back) != bytes || back != v)
      fail_msg("U+%04X reads as U+%04X", v, back);
    if (!utf8_is_valid(slice_of(encoded, bytes), NULL)) fail_msg("U+%04X is refused", v);
    for (size_t cut = 1; cut < bytes; cut++)
      if (utf8_is_valid(slice_of(encoded, cut), NULL))
        fail_msg("U+%04X is taken without its end", v);
  }
}

/* A slow decoder written from RFC 3629: the value by the lead's size, then the shortest form, range
 * and surrogates. */
static bool is_valid_by_definition(const uint8_t *p, size_t bytes) {
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  while (bytes) {
    size_t size = p[0] < 0x80       ? 1
                  : p[0] >> 5 == 6  ? 2
                  : p[0] >> 4 == 14 ? 3
                  : p[0] >> 3 == 30 ? 4
                                    : 0;
    if (size == 0 || size > bytes) return false;
    uint32_t v = size == 1 ? p[0] : p[0] & (0xffu >> (size + 1));
    for (size_t i = 1; i < size; i++) {
      if (p[i] >> 6 != 2) return false;
      v = v << 6 | (p[i] & 0x3f);
    }
    if (v < least[size] || !is_scalar(v)) return false;
    p += size;
    bytes -= size;
  }
  return true;
}

/* All leads with all second bytes and the bytes around each boundary in the third and fourth place.
 */
static void every_boundary_is_decided(void) {
  static const uint8_t edges[] = {0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff};
  uint8_t text[4];
  for (unsigned lead = 0; lead < 256; lead++)
    for (unsigned second = 0; second < 256; second++)
      for (size_t i = 0; i < sizeof edges * sizeof edges; i++) {
        text[0] = (uint8_t)lead;
        text[1] = (uint8_t)second;
        text[2] = edges[i / sizeof edges];
        text[3] = edges[i % sizeof edges];
        for (size_t bytes = 1; bytes <= 4; bytes++)
          if (utf8_is_valid(slice_of(text, bytes), NULL) != is_valid_by_definition(text, bytes))
            fail_msg("%02x %02x %02x %02x, %zu bytes", text[0], text[1], text[2], text[3], bytes);
      }
}

/* Whole words are skipped: a bad byte is found wherever it lies, in text that begins at any
 * alignment. */
static void bad_bytes_are_found_anywhere(void) {
  uint8_t text[100];
  for (size_t begin = 0; begin < 9; begin++)
    for (size_t at = begin; at < 90; at++) {
      memset(text, 'a', sizeof text);
      text[at] = 0xff;
      size_t offset = SIZE_MAX;
      assert_false(utf8_is_valid(slice_of(text + begin, 90 - begin), &offset));
      assert_int_equal(offset, at - begin);
      assert_true(utf8_is_valid(slice_of(text + begin, at - begin), NULL));
    }
  assert_true(utf8_is_valid(slice_of(NULL, 0), NULL));
}

static void code_points_are_counted(void) {
  for (size_t round = 0; round < test_rounds(2000); round++) {
    uint8_t text[400];
    size_t bytes = 0, count = rng_below(test_rng(), 100);
    for (size_t i = 0; i < count; i++) {
      uint32_t v = (uint32_t)rng_below(test_rng(), 0x110000) >> rng_below(test_rng(), 16);
      bytes += utf8_encode(is_scalar(v) ? v : 'x', text + bytes);
    }
    assert_int_equal(utf8_count(slice_of(text, bytes)), count);
    assert_true(utf8_is_valid(slice_of(text, bytes), NULL));
  }
}

static void invalid_text_is_walked_safely(void) {
  uint32_t v;
  assert_int_equal(utf8_decode(slice_of("", 0), &v), 0);
  assert_int_equal(utf8_decode(slice_of("\xf0\x9f", 2), &v), 1);
  assert_int_equal(v, 0xfffd);
}

static void widths_on_a_terminal(void) {
  assert_int_equal(utf8_width(slice_of_text("abc")), 3);
  assert_int_equal(utf8_width(slice_of_text("东京")), 4);
  assert_int_equal(utf8_width(slice_of_text("e\xcc\x81")), 1); /* a combining accent */
  assert_int_equal(utf8_width(slice_of_text("")), 0);
}

static void expect_cases(const char *text, const char *lower, const char *upper) {
  struct buf out;
  buf_init(&out, 1000);
  assert_true(utf8_append_lower(&out, slice_of_text(text)));
  assert_true(slice_is_equal(buf_slice(&out), slice_of_text(lower)));
  buf_reset(&out);
  assert_true(utf8_append_upper(&out, slice_of_text(text)));
  assert_true(slice_is_equal(buf_slice(&out), slice_of_text(upper)));
  buf_deinit(&out);
}

static void letters_change_case(void) {
  expect_cases("Hello, World 1", "hello, world 1", "HELLO, WORLD 1");
  expect_cases("ÄÖé Ωσ Жж 东", "äöé ωσ жж 东", "ÄÖÉ ΩΣ ЖЖ 东");
  expect_cases("", "", "");
}

static status lower_long_text(void *context) {
  (void)context;
  struct buf out;
  buf_init(&out, 1000);
  for (int i = 0; i < 50; i++) utf8_append_lower(&out, slice_of_text("ÄÖÜabc"));
  status result = buf_check(&out, "the text", NULL);
  buf_deinit(&out);
  return result;
}

static void memory_may_run_out(void) {
  assert_true(fault_sweep_alloc(lower_long_text, NULL) > 2);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"every_code_point_reads_back", every_code_point_reads_back, 0},
      {"every_boundary_is_decided", every_boundary_is_decided, 0},
      {"bad_bytes_are_found_anywhere", bad_bytes_are_found_anywhere, 0},
      {"code_points_are_counted", code_points_are_counted, 0},
      {"invalid_text_is_walked_safely", invalid_text_is_walked_safely, 0},
      {"widths_on_a_terminal", widths_on_a_terminal, 0},
      {"letters_change_case", letters_change_case, 0},
      {"memory_may_run_out", memory_may_run_out, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
