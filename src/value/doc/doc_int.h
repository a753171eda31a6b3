/* SPDX-License-Identifier: MIT */
/* The encoded form of values (spec/document.md), as the files of this folder share it.
 *
 * A value is a tag byte and a payload. The tag's low five bits are the type (enum val_type), the
 * high three the variant: bool                      variant = the value integers and times variant
 * = log2 of the bytes of the two's complement payload (0-3) text, regex, code         0: u8 length;
 * 1: u32 length; then the bytes bytes, vector             sub, then as text list, map 0: empty, the
 * tag is all; 1: narrow, 16-bit words; 2: wide, 32-bit words: tag, total bytes, count, [map:
 * names[count]], offsets[count], heap the rest                  0 Total and offsets count from the
 * tag. A name word is an id, or its highest bit set and the offset of an inline name, which is an
 * encoded text. Invariant: the heap holds, in order and without gaps, each field's inline name (if
 * so) and value. */
#ifndef VALUE_DOC_DOC_INT_H
#define VALUE_DOC_DOC_INT_H

#include "base/core/assert.h"
#include "base/core/bytes.h"
#include "value/doc/doc.h"

enum { FORM_TYPE_MASK = 31, FORM_VARIANT_SHIFT = 5 };
enum { FORM_EMPTY = 0, FORM_NARROW = 1, FORM_WIDE = 2 };
enum { FORM_LIGHT_BYTES = 44, FORM_OBJECTID_BYTES = 12 };
/* Days a DATE may have either side of 1970: those whose midnight a TIMESTAMP can express. */
enum { FORM_DATE_DAYS_MAX = 106751991 };

/** Bytes of a value by its tag; 0 when they depend on what follows, or no value has the tag. */
extern const uint8_t form_fixed_bytes[256];

static inline uint8_t form_tag(enum val_type type, uint32_t variant) {
  return (uint8_t)(variant << FORM_VARIANT_SHIFT | (uint32_t)type);
}

/** The directory of a list or map. `word` is 2 or 4; 0 and no fields for an empty one. */
struct form_directory {
  const uint8_t *start; /* the tag */
  const uint8_t *names; /* maps only */
  const uint8_t *offsets;
  uint32_t count, word;
};

static inline uint32_t form_word(const uint8_t *words, uint32_t word, uint32_t index) {
  return word == 2 ? load16le(words + (size_t)index * 2) : load32le(words + (size_t)index * 4);
}

static inline struct form_directory form_directory(const uint8_t *p) {
  uint32_t variant = *p >> FORM_VARIANT_SHIFT;
  struct form_directory d = {.start = p, .word = variant * 2};
  if (variant == FORM_EMPTY) return d;
  d.count = form_word(p + 1, d.word, 1);
  d.names = p + 1 + 2 * d.word;
  bool is_map = (*p & FORM_TYPE_MASK) == VAL_MAP;
  d.offsets = d.names + (is_map ? (size_t)d.count * d.word : 0);
  return d;
}

static inline const uint8_t *form_child(const struct form_directory *d, uint32_t index) {
  ASSERT_DEEP(index < d->count && d->offsets);
  return d->start + form_word(d->offsets, d->word, index);
}

/** The bit that tells an inline name's offset from an id. */
static inline uint32_t form_inline_bit(uint32_t word) {
  return word == 2 ? 0x8000u : 0x80000000u;
}

enum { FORM_LANES = 4 };
static const uint32_t form_not_found = UINT32_MAX;
static const uint64_t form_lane_ones = 0x0001000100010001u, form_lane_tops = 0x8000800080008000u;

/** The place of a name id among narrow name words, four at a time; form_not_found. */
static inline uint32_t form_find(const uint8_t *words, uint32_t count, uint16_t wanted) {
  uint64_t pattern = wanted * form_lane_ones;
  uint32_t i = 0;
  for (; i + FORM_LANES <= count; i += FORM_LANES) {
    /* The highest bit of each lane that is equal; exact up to the first such lane. */
    uint64_t differs = load64le(words + (size_t)i * 2) ^ pattern;
    uint64_t equal = (differs - form_lane_ones) & ~differs & form_lane_tops;
    if (equal) return i + (uint32_t)__builtin_ctzll(equal) / 16;
  }
  for (; i < count; i++)
    if (load16le(words + (size_t)i * 2) == wanted) return i;
  return form_not_found;
}

/** True at once for most maps of a collection: all their names are ids. */
static inline bool form_has_no_inline(const struct form_directory *d) {
  if (d->word != 2) return false;
  uint64_t seen = 0;
  uint32_t i = 0;
  for (; i + FORM_LANES <= d->count; i += FORM_LANES) seen |= load64le(d->names + i * 2);
  for (; i < d->count; i++) seen |= load16le(d->names + i * 2);
  return (seen & form_lane_tops) == 0;
}

/** The text of an encoded TEXT. */
static inline struct slice form_text(const uint8_t *p) {
  return *p >> FORM_VARIANT_SHIFT == 0 ? slice_of(p + 2, p[1]) : slice_of(p + 5, load32le(p + 1));
}

static inline int64_t form_integer(const uint8_t *p) {
  switch (*p >> FORM_VARIANT_SHIFT) {
  case 0: return (int8_t)p[1];
  case 1: return (int16_t)load16le(p + 1);
  case 2: return (int32_t)load32le(p + 1);
  default: return (int64_t)load64le(p + 1);
  }
}

/** The value at `p`. */
struct val doc__decode(const uint8_t *p, const struct names *names);

/** Writes a value of a fixed size, of at most 17 bytes; answers its bytes. */
uint32_t doc__write_fixed(uint8_t *p, const struct val *v);

/** Fills a header: `bytes` of the whole document, everything else 0 but the dictionary's number. */
void doc__write_header(uint8_t *data, uint32_t bytes, uint32_t dictionary);

#endif
