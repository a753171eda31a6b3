/* SPDX-License-Identifier: MIT */
/* A walk over text for small fixed grammars (dates, durations). Pure. */
#ifndef BASE_TEXT_SCAN_INT_H
#define BASE_TEXT_SCAN_INT_H

#include "base/text/slice.h"

/** What is left to read. */
struct scan {
  const uint8_t *at, *end;
};

static inline struct scan scan_of(struct slice text) {
  return (struct scan){text.data, text.data + text.bytes};
}

static inline bool scan_is_end(const struct scan *scan) {
  return scan->at == scan->end;
}

static inline bool scan_has_digit(const struct scan *scan) {
  return scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9';
}

/** Passes `byte` if it is next. */
static inline bool scan_byte(struct scan *scan, char byte) {
  bool is_next = scan->at < scan->end && *scan->at == (uint8_t)byte;
  scan->at += is_next;
  return is_next;
}

/** Exactly `count` digits (at most 9). */
static inline bool scan_digits(struct scan *scan, unsigned count, int32_t *v) {
  int32_t result = 0;
  for (unsigned i = 0; i < count; i++) {
    if (!scan_has_digit(scan)) return false;
    result = result * 10 + (*scan->at++ - '0');
  }
  *v = result;
  return true;
}

/** One digit or more after a point, as millionths; what is smaller is cut off. */
static inline bool scan_fraction(struct scan *scan, int32_t *millionths) {
  if (!scan_has_digit(scan)) return false;
  int32_t result = 0;
  for (int32_t unit = 100000; scan_has_digit(scan); unit /= 10)
    result += (*scan->at++ - '0') * unit;
  *millionths = result;
  return true;
}

#endif
