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

int slice_compare_known(struct slice name, const char *known) {
  for (size_t i = 0; i < name.bytes; i++) {
    int a = lower(name.data[i]), b = (uint8_t)known[i];
    if (a != b) return a - b; /* the end of `known` too */
  }
  return known[name.bytes] ? -1 : 0;
}

bool slice_begins_nocase(struct slice s, const char *word) {
  size_t bytes = strlen(word);
  return s.bytes >= bytes && slice_is_equal_nocase(slice_of(s.data, bytes), slice_of_text(word));
}

bool slice_ends_nocase(struct slice s, const char *word) {
  size_t bytes = strlen(word);
  return s.bytes >= bytes && slice_begins_nocase(slice_of(s.data + s.bytes - bytes, bytes), word);
}
