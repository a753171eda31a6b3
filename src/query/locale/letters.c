/* SPDX-License-Identifier: MIT */
#include "query/locale/letters.h"

#include <unicode/ucasemap.h>

/* A code point becomes at most three, of at most four bytes. */
enum { GROWTH_MAX = 3 };

static bool is_ascii(struct slice text) {
  for (size_t i = 0; i < text.bytes; i++)
    if (text.data[i] >= 0x80) return false;
  return true;
}

static status append_ascii(struct buf *out, struct slice text, bool upper, struct err *err) {
  uint8_t *to = text.bytes ? buf_extend(out, text.bytes) : NULL;
  for (size_t i = 0; to && i < text.bytes; i++) {
    uint8_t c = text.data[i];
    bool changes = upper ? c >= 'a' && c <= 'z' : c >= 'A' && c <= 'Z';
    to[i] = changes ? c ^ 0x20 : c;
  }
  return buf_check(out, "a text", err);
}

static int32_t map(const UCaseMap *cases, struct buf *out, struct slice text, bool upper,
                   size_t room, UErrorCode *code) {
  uint8_t *to = buf_reserve(out, room);
  if (!to) return -1;
  *code = U_ZERO_ERROR;
  return (upper ? ucasemap_utf8ToUpper : ucasemap_utf8ToLower)(
      cases, (char *)to, (int32_t)room, (const char *)text.data, (int32_t)text.bytes, code);
}

status letters_append(struct buf *out, struct slice text, bool upper, struct err *err) {
  if (is_ascii(text)) return append_ascii(out, text, upper, err);
  UErrorCode code = U_ZERO_ERROR;
  UCaseMap *cases = ucasemap_open("", 0, &code);
  if (!cases || U_FAILURE(code)) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory is left for a text");
  int32_t bytes = map(cases, out, text, upper, text.bytes + 16, &code);
  if (code == U_BUFFER_OVERFLOW_ERROR)
    bytes = map(cases, out, text, upper, text.bytes * GROWTH_MAX, &code);
  ucasemap_close(cases);
  if (bytes > 0 && U_SUCCESS(code)) buf_extend(out, (size_t)bytes);
  if (bytes >= 0 && U_FAILURE(code)) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory is left for a text");
  return buf_check(out, "a text", err);
}
