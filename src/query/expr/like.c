/* SPDX-License-Identifier: MIT */
#include "query/expr/like.h"

status like_check(struct slice pattern, struct err *err) {
  for (size_t i = 0; i < pattern.bytes; i++) {
    if (pattern.data[i] != LIKE_ESCAPE_DEFAULT) continue;
    if (i + 1 == pattern.bytes) {
      status failed = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                                "the LIKE pattern ends with its escape");
      err_hint(err, "write \\\\ for a backslash");
      return failed;
    }
    i++;
  }
  return LUMA_OK;
}

/** Bytes of the code point at the front of valid UTF-8. */
static size_t code_point_bytes(uint8_t first) {
  return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* Greedy with one point of return: a later % makes the earlier ones final, because any match that
 * begins with the shortest text for the earlier % leaves the most for what follows. */
bool like_matches(struct slice pattern, struct slice text) {
  size_t p = 0, t = 0, retry_p = SIZE_MAX, retry_t = 0;
  for (;;) {
    if (p < pattern.bytes && pattern.data[p] == '%') {
      retry_p = ++p;
      retry_t = t;
      if (p == pattern.bytes) return true;
      continue;
    }
    if (p == pattern.bytes && t == text.bytes) return true;
    bool step = p < pattern.bytes && t < text.bytes;
    if (step && pattern.data[p] == '_') {
      t += code_point_bytes(text.data[t]);
      p++;
      continue;
    }
    size_t literal = p + (step && pattern.data[p] == LIKE_ESCAPE_DEFAULT);
    if (step && literal < pattern.bytes && pattern.data[literal] == text.data[t]) {
      p = literal + 1;
      t++;
      continue;
    }
    if (retry_p == SIZE_MAX || retry_t >= text.bytes) return false;
    retry_t += code_point_bytes(text.data[retry_t]);
    p = retry_p;
    t = retry_t;
  }
}

size_t like_prefix(struct slice pattern, uint8_t *out, bool *exact, bool *prefix_only) {
  size_t bytes = 0, i = 0;
  for (; i < pattern.bytes; i++) {
    uint8_t c = pattern.data[i];
    if (c == '%' || c == '_') break;
    if (c == LIKE_ESCAPE_DEFAULT && i + 1 < pattern.bytes) c = pattern.data[++i];
    out[bytes++] = c;
  }
  *exact = i == pattern.bytes;
  *prefix_only = i + 1 == pattern.bytes && pattern.data[i] == '%';
  return bytes;
}
