/* SPDX-License-Identifier: MIT */
/* The literal beginning of an expression, read off its text: less is always right, so whatever is
 * not plain ends it. */
#include <ctype.h>
#include <string.h>

#include "query/regex/regex.h"

/** Options under which ^ is the beginning of the text and letters stand for themselves. */
static bool are_plain(struct slice options) {
  for (size_t i = 0; i < options.bytes; i++)
    if (options.data[i] != 's' && options.data[i] != 'u') return false;
  return true;
}

/** Takes the last character off, which what follows it makes optional. */
static size_t without_last(const uint8_t *text, size_t bytes) {
  enum { CONTINUES_MASK = 0xc0, CONTINUES = 0x80 };
  if (bytes) bytes--;
  while (bytes && (text[bytes] & CONTINUES_MASK) == CONTINUES) bytes--;
  return bytes;
}

/** The character that the one at `*at` stands for; false: it is more than a character. */
static bool take_literal(struct slice pattern, size_t *at, uint8_t *literal) {
  static const char special[] = "^$.*+?()[]{}|";
  uint8_t c = pattern.data[*at];
  if (c == 0 || memchr(special, c, sizeof special - 1)) return false;
  if (c == '\\') {
    if (*at + 1 == pattern.bytes) return false;
    c = pattern.data[++*at];
    if (!ispunct(c)) return false;
  }
  *literal = c;
  ++*at;
  return true;
}

size_t regex_prefix(struct slice pattern, struct slice options, uint8_t *out, size_t bytes_max) {
  size_t at = 1, bytes = 0;
  bool is_anchored = pattern.bytes && pattern.data[0] == '^' && are_plain(options);
  if (!is_anchored || memchr(pattern.data, '|', pattern.bytes)) return 0;
  while (at < pattern.bytes && bytes < bytes_max && take_literal(pattern, &at, &out[bytes]))
    bytes++;
  bool is_optional = at < pattern.bytes && strchr("*?{", pattern.data[at]) && pattern.data[at];
  bool is_cut = bytes == bytes_max; /* perhaps within a character */
  return is_optional || is_cut ? without_last(out, bytes) : bytes;
}

bool regex_is_prefix(struct slice pattern, struct slice options) {
  enum { BYTES_MAX = 255 };
  uint8_t text[BYTES_MAX + 1];
  size_t at = 1, bytes = 0;
  bool is_anchored = pattern.bytes > 1 && pattern.data[0] == '^' && are_plain(options);
  if (!is_anchored) return false;
  while (at < pattern.bytes && bytes < BYTES_MAX && take_literal(pattern, &at, &text[bytes]))
    bytes++;
  return at == pattern.bytes;
}
