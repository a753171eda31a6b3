/* SPDX-License-Identifier: MIT */
/* JavaScript's escapes: \n, \x41, \u0041, \u{1F600}, pairs of surrogates; any other character
 * stands for itself. */
#include "base/text/utf8.h"
#include "query/jsonpath/jsonpath_int.h"

static int digit_of(uint8_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  uint8_t small = c | 32;
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

/* From `least` to `most` digits; false if there are fewer. */
static bool read_hex(struct slice text, uint32_t *at, int least, int most, uint32_t *code) {
  int count = 0;
  *code = 0;
  for (; count < most && *at < text.bytes && digit_of(text.data[*at]) >= 0; count++, (*at)++)
    *code = *code * 16 + (uint32_t)digit_of(text.data[*at]);
  return count >= least;
}

static bool read_braces(struct slice text, uint32_t *at, uint32_t *code) {
  (*at)++;
  if (!read_hex(text, at, 1, 6, code) || *at >= text.bytes || text.data[*at] != '}') return false;
  (*at)++;
  return true;
}

/* Behind \u. */
static bool read_unicode(struct slice text, uint32_t *at, uint32_t *code) {
  uint32_t low = 0;
  if (*at < text.bytes && text.data[*at] == '{') return read_braces(text, at, code);
  if (!read_hex(text, at, 4, 4, code)) return false;
  if (*code < 0xd800 || *code > 0xdbff) return true;
  if (*at + 1 >= text.bytes || text.data[*at] != '\\' || text.data[*at + 1] != 'u') return false;
  *at += 2;
  if (!read_hex(text, at, 4, 4, &low) || low < 0xdc00 || low > 0xdfff) return false;
  *code = 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00);
  return true;
}

static uint8_t brief_of(uint8_t c) {
  static const char pairs[] = "b\bf\fn\nr\rt\tv\v";
  for (size_t i = 0; i + 1 < sizeof pairs; i += 2)
    if ((uint8_t)pairs[i] == c) return (uint8_t)pairs[i + 1];
  return 0;
}

status jsonpath__escape(const struct jsonpath_lexer *lexer, uint32_t *at, uint8_t *out,
                        size_t *bytes) {
  struct slice text = lexer->text;
  uint32_t start = *at, code = 0;
  if (start >= text.bytes)
    return jsonpath__refuse(lexer, start - 1, "", "nothing stands behind the `\\`");
  uint8_t c = text.data[start];
  *bytes = 1;
  *out = brief_of(c);
  if (*out) {
    (*at)++;
    return LUMA_OK;
  }
  if (c != 'x' && c != 'u') { /* itself, whole */
    *bytes = utf8_decode(slice_of(text.data + start, text.bytes - start), &code);
    memcpy(out, text.data + start, *bytes);
    *at += (uint32_t)*bytes;
    return LUMA_OK;
  }
  (*at)++;
  bool good = c == 'x' ? read_hex(text, at, 2, 2, &code) : read_unicode(text, at, &code);
  bool is_scalar = code && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  if (!good || !is_scalar)
    return jsonpath__refuse(lexer, start - 1, "write \\u0041, \\u{1F600} or \\x41",
                            "the escape stands for no character");
  *bytes = utf8_encode(code, out);
  return LUMA_OK;
}
