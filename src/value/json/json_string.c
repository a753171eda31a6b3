/* SPDX-License-Identifier: MIT */
/* Escapes in JSON texts (RFC 8259 section 7). */
#include "base/text/num.h"
#include "base/text/utf8.h"
#include "value/json/json_int.h"

/* Four hexadecimal digits; -1 if they are not. */
static int32_t code_unit(const uint8_t *at, const uint8_t *end) {
  if (end - at < 4) return -1;
  int32_t unit = 0;
  for (int i = 0; i < 4; i++) {
    int digit = num_hex_digit(at[i]);
    if (digit < 0) return -1;
    unit = unit << 4 | digit;
  }
  return unit;
}

static bool is_high_surrogate(int32_t unit) {
  return unit >= 0xd800 && unit < 0xdc00;
}
static bool is_low_surrogate(int32_t unit) {
  return unit >= 0xdc00 && unit < 0xe000;
}

/* The code point of \uXXXX or of a pair of them; `*at` stands behind the first `u`. -1 when there
 * is none. */
static int32_t code_point(const uint8_t **at, const uint8_t *end) {
  int32_t unit = code_unit(*at, end);
  if (unit < 0 || is_low_surrogate(unit)) return -1;
  *at += 4;
  if (!is_high_surrogate(unit)) return unit;
  if (end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u') return -1;
  int32_t low = code_unit(*at + 2, end);
  if (low < 0 || !is_low_surrogate(low)) return -1;
  *at += 6;
  return 0x10000 + ((unit - 0xd800) << 10 | (low - 0xdc00));
}

/* What stands for the byte after a backslash; 0 for those that mean nothing. */
static uint8_t short_escape(uint8_t c) {
  switch (c) {
  case '"':
  case '\\':
  case '/': return c;
  case 'b': return '\b';
  case 'f': return '\f';
  case 'n': return '\n';
  case 'r': return '\r';
  case 't': return '\t';
  default: return 0;
  }
}

bool json__unescape(struct slice escaped, uint8_t *out, size_t *bytes) {
  const uint8_t *at = escaped.data, *end = at + escaped.bytes;
  uint8_t *to = out;
  while (at < end) {
    const uint8_t *slash = memchr(at, '\\', (size_t)(end - at));
    size_t run = (size_t)((slash ? slash : end) - at);
    memcpy(to, at, run);
    to += run;
    if (!slash) break;
    if (end - slash < 2) return false;
    at = slash + 2;
    if (slash[1] == 'u') {
      int32_t point = code_point(&at, end);
      if (point < 0) return false;
      to += utf8_encode((uint32_t)point, to);
    } else {
      *to = short_escape(slash[1]);
      if (*to++ == 0) return false;
    }
  }
  *bytes = (size_t)(to - out);
  return true;
}
