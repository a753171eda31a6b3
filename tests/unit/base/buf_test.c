/* SPDX-License-Identifier: MIT */
#include "base/text/buf.h"

#include "base/mem/mem.h"
#include "base/text/spare.h"
#include "tests/lib/fault.h"
#include "tests/lib/test.h"

static void appends_add_up(void) {
  struct buf buf;
  buf_init(&buf, 1 << 20);
  assert_true(buf_append(&buf, NULL, 0));
  assert_true(buf_append_text(&buf, "ab"));
  assert_true(buf_append_byte(&buf, 'c'));
  assert_true(buf_append_slice(&buf, slice_of_text("de")));
  assert_true(buf_append_format(&buf, "<%d>", 42));
  assert_true(buf_append_varint(&buf, 300));
  assert_true(buf_append16le(&buf, 0x0102) && buf_append32le(&buf, 0x03040506) &&
              buf_append64le(&buf, 7));
  static const char expected[] = "abcde<42>\xac\x02\x02\x01\x06\x05\x04\x03\x07\0\0\0\0\0\0\0";
  assert_true(slice_is_equal(buf_slice(&buf), slice_of(expected, sizeof expected - 1)));
  assert_ok(buf_check(&buf, "the text", test_err()));
  buf_deinit(&buf);
}

static void the_maximum_is_exact_and_sticky(void) {
  struct buf buf;
  buf_init(&buf, 10);
  assert_true(buf_append(&buf, "0123456789", 10));
  assert_non_null(buf_reserve(&buf, 0));
  assert_false(buf_append_byte(&buf, 'x'));
  assert_false(buf_append(&buf, "", 0));
  assert_null(buf_extend(&buf, SIZE_MAX));
  assert_int_equal(buf.bytes, 10);
  struct err err = {0};
  assert_int_equal(buf_check(&buf, "the text", &err), LUMA_TOO_LARGE);
  assert_string_equal(err.message, "the text is larger than 10 bytes");
  buf_reset(&buf);
  assert_true(buf_append_text(&buf, "again"));
  assert_false(buf_append(&buf, "", SIZE_MAX));
  buf_deinit(&buf);
}

static void formats_of_any_length(void) {
  static char text[5000];
  struct buf buf;
  buf_init(&buf, sizeof text);
  for (size_t bytes = 0; bytes < sizeof text; bytes += 1 + rng_below(test_rng(), 40)) {
    memset(text, 'x', bytes);
    text[bytes] = 0;
    buf_reset(&buf);
    assert_true(buf_append_format(&buf, "%s", text));
    assert_true(slice_is_equal(buf_slice(&buf), slice_of(text, bytes)));
  }
  assert_false(buf_append_format(&buf, "%5000d", 1));
  assert_false(buf_append_format(&buf, "%d", 1));
  buf_deinit(&buf);
}

static void taking_moves_the_memory_out(void) {
  struct buf buf;
  buf_init(&buf, 100);
  buf_append_text(&buf, "mine");
  size_t bytes;
  uint8_t *data = buf_take(&buf, &bytes);
  assert_int_equal(bytes, 4);
  assert_memory_equal(data, "mine", 4);
  assert_int_equal(buf.bytes, 0);
  assert_true(buf_append_text(&buf, "next"));
  mem_free(data);
  buf_deinit(&buf);
}

/* Small appends cost few allocations. */
static void capacity_doubles(void) {
  struct buf buf;
  buf_init(&buf, 1 << 24);
  fault_alloc_off();
  for (int i = 0; i < 1 << 20; i++) buf_append_byte(&buf, 'x');
  assert_in_range(fault_alloc_count(), 1, 20);
  buf_deinit(&buf);
}

static status fill(void *context) {
  (void)context;
  struct buf buf;
  buf_init(&buf, 1 << 20);
  for (int i = 0; i < 100; i++) buf_append_format(&buf, "%200d,%200d", i, i);
  status result = buf_check(&buf, "the text", NULL);
  if (result == LUMA_OK) assert_int_equal(buf.bytes, 100 * 401);
  buf_deinit(&buf);
  return result;
}

static void memory_may_run_out(void) {
  assert_true(fault_sweep_alloc(fill, NULL) > 100);
}

static void put_bytes(struct buf *buf, size_t bytes, uint8_t with) {
  uint8_t *at = buf_extend(buf, bytes);
  assert_non_null(at);
  memset(at, with, bytes);
}

/* The memory of a large buffer serves the next large one, which keeps what it had. */
static void spare_memory_moves_on(void) {
  struct spare spare = {0};
  struct buf first, second, small;
  buf_init(&first, 1 << 30);
  buf_init(&second, 1 << 30);
  buf_init(&small, 1 << 30);
  put_bytes(&first, 4 * SPARE_BYTES_MIN, 1);
  const uint8_t *memory = first.data;
  spare_take(&spare, &first);
  assert_null(first.data);
  assert_int_equal(first.capacity, 0);
  put_bytes(&small, 100, 3);
  spare_lend(&spare, &small, 1 << 20); /* small ones grow by themselves */
  assert_true(small.data != memory);
  put_bytes(&second, SPARE_BYTES_MIN, 2);
  spare_lend(&spare, &second, second.capacity - second.bytes); /* there is room */
  assert_true(second.data != memory);
  spare_lend(&spare, &second, second.capacity - second.bytes + 1);
  assert_true(second.data == memory);
  assert_int_equal(second.capacity, 4 * SPARE_BYTES_MIN);
  assert_int_equal(second.bytes, SPARE_BYTES_MIN);
  for (size_t i = 0; i < second.bytes; i++) assert_int_equal(second.data[i], 2);
  spare_lend(&spare, &second, 5 * SPARE_BYTES_MIN); /* nothing is kept any more */
  assert_true(second.data == memory);
  spare_take(&spare, &small);
  spare_take(&spare, &second);
  put_bytes(&first, 8 * SPARE_BYTES_MIN, 1);
  spare_lend(&spare, &first, first.capacity); /* what is kept is smaller, and stays */
  assert_int_equal(first.capacity, 8 * SPARE_BYTES_MIN);
  spare_take(&spare, &first); /* and gives way */
  put_bytes(&first, (size_t)SPARE_BYTES_MAX + 1, 1);
  spare_take(&spare, &first); /* too large to be kept */
  assert_null(first.data);
  spare_deinit(&spare);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"appends_add_up", appends_add_up, 0},
      {"the_maximum_is_exact_and_sticky", the_maximum_is_exact_and_sticky, 0},
      {"formats_of_any_length", formats_of_any_length, 0},
      {"taking_moves_the_memory_out", taking_moves_the_memory_out, 0},
      {"capacity_doubles", capacity_doubles, 0},
      {"memory_may_run_out", memory_may_run_out, 0},
      {"spare_memory_moves_on", spare_memory_moves_on, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
