/* SPDX-License-Identifier: MIT */
/* Most text is ASCII: validation and counting go eight bytes at a time as long as no byte has its
 * high bit set. */
#include "base/text/utf8.h"

#include <utf8proc.h>

#include "base/core/bytes.h"
#include "base/mem/mem.h"

enum { REPLACEMENT = 0xfffd };

static const uint64_t high_bits = 0x8080808080808080u;

/* The ASCII bytes at the front of [p, end), counted in whole words: the rest may begin with more.
 */
static size_t ascii_words(const uint8_t *p, const uint8_t *end) {
  const uint8_t *start = p;
  for (; end - p >= 32; p += 32) {
    uint64_t any = load64le(p) | load64le(p + 8) | load64le(p + 16) | load64le(p + 24);
    if (any & high_bits) break;
  }
  while (end - p >= 8 && !(load64le(p) & high_bits)) p += 8;
  return (size_t)(p - start);
}

static bool is_continuation(uint8_t byte) {
  return (byte & 0xc0) == 0x80;
}

/* Bytes of the well-formed sequence at `p` by table 3-7 of the Unicode standard, 0 when there is
 * none. */
static size_t sequence_bytes(const uint8_t *p, size_t left) {
  uint8_t lead = p[0];
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  size_t bytes = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (left < bytes) return 0;
  uint8_t least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80; /* no longer than needed */
  uint8_t most = lead == 0xed   ? 0x9f
                 : lead == 0xf4 ? 0x8f
                                : 0xbf; /* no surrogates, nothing over 10FFFF */
  if (p[1] < least || p[1] > most) return 0;
  for (size_t i = 2; i < bytes; i++)
    if (!is_continuation(p[i])) return 0;
  return bytes;
}

bool utf8_is_valid(struct slice text, size_t *bad_offset) {
  const uint8_t *p = text.data, *end = p + text.bytes;
  while (p < end) {
    if (*p < 0x80) p += ascii_words(p, end);
    if (p == end) break;
    size_t bytes = sequence_bytes(p, (size_t)(end - p));
    if (bytes == 0) {
      if (bad_offset) *bad_offset = (size_t)(p - text.data);
      return false;
    }
    p += bytes;
  }
  return true;
}

/* Of eight bytes, those that continue a letter: their two highest bits are 1 and 0. */
static inline size_t continuations(uint64_t word) {
  const uint64_t ones = 0x0101010101010101u;
  uint64_t found = (word >> 7) & (~word >> 6) & ones;
  return (size_t)((found * ones) >> 56); /* the sum of its bytes */
}

/* Characters that begin in the last `bytes`, fewer than eight, of a text that has eight or more. */
static size_t count_last(const uint8_t *end, size_t bytes) {
  if (bytes == 0) return 0;
  uint64_t word = load64le(end - 8) >> (8 * (8 - bytes));
  return bytes - continuations(word);
}

/* Whether a text of eight bytes or more is all of one byte a letter, which most are. */
static bool is_ascii(const uint8_t *p, const uint8_t *end) {
  uint64_t seen = load64le(end - 8);
  for (; end - p >= 8; p += 8) seen |= load64le(p);
  return (seen & 0x8080808080808080u) == 0;
}

size_t utf8_count(struct slice text) {
  const uint8_t *p = text.data, *end = p + text.bytes;
  size_t count = 0;
  if (text.bytes >= 8 && is_ascii(p, end)) return text.bytes;
  for (; end - p >= 8; p += 8) {
    count += 8 - continuations(load64le(p));
  }
  if (text.bytes < 8) {
    for (; p < end; p++) count += !is_continuation(*p);
    return count;
  }
  return count + count_last(end, (size_t)(end - p));
}

size_t utf8_decode(struct slice text, uint32_t *code_point) {
  if (text.bytes == 0) return 0;
  const uint8_t *p = text.data;
  size_t bytes = sequence_bytes(p, text.bytes);
  switch (bytes) {
  case 1: *code_point = p[0]; return 1;
  case 2: *code_point = (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu); return 2;
  case 3: *code_point = (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu); return 3;
  case 4:
    *code_point =
        (p[0] & 0x07u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
    return 4;
  default: *code_point = REPLACEMENT; return 1;
  }
}

size_t utf8_encode(uint32_t code_point, uint8_t *out) {
  if (code_point < 0x80) {
    out[0] = (uint8_t)code_point;
    return 1;
  }
  size_t bytes = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
  for (size_t i = bytes - 1; i > 0; i--, code_point >>= 6)
    out[i] = (uint8_t)(0x80 | (code_point & 0x3f));
  static const uint8_t leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
  out[0] = (uint8_t)(leads[bytes] | code_point);
  return bytes;
}

size_t utf8_width(struct slice text) {
  size_t width = 0;
  uint32_t code_point;
  for (size_t at = 0, bytes;
       (bytes = utf8_decode(slice_of(text.data + at, text.bytes - at), &code_point)); at += bytes)
    width += (size_t)utf8proc_charwidth((utf8proc_int32_t)code_point);
  return width;
}

typedef utf8proc_int32_t mapping(utf8proc_int32_t code_point);

static bool append_mapped(struct buf *out, struct slice text, mapping *map) {
  uint32_t code_point;
  for (size_t at = 0, bytes;
       (bytes = utf8_decode(slice_of(text.data + at, text.bytes - at), &code_point)); at += bytes) {
    uint8_t encoded[4];
    uint32_t mapped = (uint32_t)map((utf8proc_int32_t)code_point);
    if (!buf_append(out, encoded, utf8_encode(mapped, encoded))) return false;
  }
  return true;
}

bool utf8_append_lower(struct buf *out, struct slice text) {
  return append_mapped(out, text, utf8proc_tolower);
}

bool utf8_append_upper(struct buf *out, struct slice text) {
  return append_mapped(out, text, utf8proc_toupper);
}

/** The library writes code points, then their text over them. */
static bool append_transformed(struct buf *out, struct slice text, utf8proc_option_t options) {
  utf8proc_ssize_t room = (utf8proc_ssize_t)text.bytes + 1, count = 0;
  utf8proc_int32_t *points = NULL;
  for (int attempt = 0; attempt < 2; attempt++) {
    mem_free(points);
    points = mem_alloc(((size_t)room + 1) * sizeof *points);
    if (!points) return false;
    count = utf8proc_decompose(text.data, (utf8proc_ssize_t)text.bytes, points, room, options);
    if (count <= room) break;
    room = count;
  }
  bool done = count >= 0 && count <= room;
  utf8proc_ssize_t bytes = done ? utf8proc_reencode(points, count, options) : -1;
  done = bytes >= 0 && buf_append(out, points, (size_t)bytes);
  mem_free(points);
  return done;
}

bool utf8_append_form(struct buf *out, struct slice text, enum utf8_form form) {
  static const utf8proc_option_t options[] = {
      [UTF8_NFC] = UTF8PROC_STABLE | UTF8PROC_COMPOSE,
      [UTF8_NFD] = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE,
      [UTF8_NFKC] = UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT,
      [UTF8_NFKD] = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT,
      [UTF8_BARE] = UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_STRIPMARK,
  };
  return append_transformed(out, text, options[form]);
}
