/* SPDX-License-Identifier: MIT */
/* The small grammars of base/text: UTF-8, numbers, dates, durations. Whatever the bytes: what is
 * read prints as text that reads as the same. */
#include "base/core/assert.h"
#include "base/text/date.h"
#include "base/text/duration.h"
#include "base/text/num.h"
#include "base/text/suggest.h"
#include "base/text/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* Copies the text code point by code point: valid text comes out as it was, other text comes out
 * valid. */
static void walk_utf8(struct slice text) {
  struct buf copy;
  buf_init(&copy, 1 << 20);
  uint32_t letter;
  for (size_t at = 0, step;
       (step = utf8_decode(slice_of(text.data + at, text.bytes - at), &letter)); at += step) {
    uint8_t encoded[4];
    buf_append(&copy, encoded, utf8_encode(letter, encoded));
  }
  size_t bad = 0;
  bool is_valid = utf8_is_valid(text, &bad);
  ASSERT(copy.failed || utf8_is_valid(buf_slice(&copy), NULL));
  ASSERT(copy.failed || !is_valid || slice_is_equal(text, buf_slice(&copy)));
  ASSERT(is_valid || bad < text.bytes);
  buf_deinit(&copy);
}

static uint64_t float64_bits(double real) {
  uint64_t bits;
  memcpy(&bits, &real, sizeof bits);
  return bits;
}

static void read_numbers(struct slice text) {
  char out[NUM_TEXT_BYTES_MAX];
  int64_t integer, integer_back;
  double real, real_back;
  if (num_parse_int64(text, &integer)) {
    size_t bytes = num_format_int64(integer, out);
    ASSERT(num_parse_int64(slice_of(out, bytes), &integer_back) && integer == integer_back);
  }
  if (num_parse_float64(text, &real)) {
    size_t bytes = num_format_float64(real, out);
    bool is_infinite = real - real != 0;
    ASSERT(is_infinite || (num_parse_float64(slice_of(out, bytes), &real_back) &&
                           float64_bits(real) == float64_bits(real_back)));
  }
}

static void read_dates(struct slice text) {
  char out[DATE_TEXT_BYTES_MAX];
  int64_t v, back;
  if (date_parse(text, &v))
    ASSERT(date_parse(slice_of(out, date_format(v, out)), &back) && back == v);
  if (date_parse_timestamp(text, &v))
    ASSERT(date_parse_timestamp(slice_of(out, date_format_timestamp(v, out)), &back) && back == v);
}

static void read_durations(struct slice text) {
  char out[DURATION_TEXT_BYTES_MAX];
  int64_t us, back;
  struct duration_interval interval, again;
  if (duration_parse(text, &us))
    ASSERT(duration_parse(slice_of(out, duration_format(us, out)), &back) && back == us);
  if (!duration_parse_interval(text, &interval)) return;
  ASSERT(duration_parse_interval(slice_of(out, duration_format_interval(interval, out)), &again));
  ASSERT(again.months == interval.months && again.days == interval.days && again.us == interval.us);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  struct slice text = slice_of(data, bytes);
  walk_utf8(text);
  read_numbers(text);
  read_dates(text);
  read_durations(text);
  struct suggest suggest;
  suggest_init(&suggest, slice_of(data, bytes / 2));
  suggest_offer(&suggest, slice_of(data + bytes / 2, bytes - bytes / 2));
  return 0;
}
