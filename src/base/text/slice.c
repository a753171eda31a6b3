/* SPDX-License-Identifier: MIT */
#include "base/text/slice.h"

static uint8_t lower(uint8_t byte) {
  return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20) : byte;
}

bool slice_is_equal_nocase(struct slice a, struct slice b) {
  if (a.bytes != b.bytes) return false;
  for (size_t i = 0; i < a.bytes; i++)
    if (lower(a.data[i]) != lower(b.data[i])) return false;
  return true;
}
