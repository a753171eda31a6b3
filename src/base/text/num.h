/* SPDX-License-Identifier: MIT */
/* Numbers as text, exactly and fast. The shortest text that reads back as the same double
 * (std::to_chars, std::from_chars behind num_face.cc). Locale-independent. Pure; any thread. */
#ifndef BASE_TEXT_NUM_H
#define BASE_TEXT_NUM_H

#include "base/text/slice.h"

enum { NUM_TEXT_BYTES_MAX = 40 };

/** Prints with at most NUM_TEXT_BYTES_MAX bytes at `out`, not terminated; answers the bytes. */
size_t num_format_int64(int64_t v, char *out);
size_t num_format_uint64(uint64_t v, char *out);
/** Shortest round trip; always reads as a floating number: 1.0 is "1.0", 1e300 "1e+300". NaN,
 * Infinity, -Infinity for the rest. */
size_t num_format_float64(double v, char *out);
/** The same for a float's own precision: 0.1f is "0.1". */
size_t num_format_float32(float v, char *out);

/** The whole of `text` must be a number: optional minus, digits. False if not, or out of range. */
bool num_parse_int64(struct slice text, int64_t *v);
/** Decimal or scientific, no leading plus, correctly rounded; false if not a number. Overflow
 * answers true with infinity. */
bool num_parse_float64(struct slice text, double *v);

/** 0 to 15; -1: it is no hexadecimal digit. */
static inline int num_hex_digit(uint8_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

#endif
