/* SPDX-License-Identifier: MIT */
#include "value/doc/splice.h"

#include "value/doc/doc_int.h"

enum { WORD = 2, MAP_BYTES = 5, NARROW_MAX = 0xffff, INLINE_BIT = 0x8000, COPY_BYTES = 48 };

/* The narrow root map of a document. */
struct root {
  const uint8_t *tag, *offsets;
  uint32_t total, count; /* bytes; fields */
};

static struct root open_root(const uint8_t *tag) {
  struct root root = {.tag = tag};
  root.total = load16le(root.tag + 1);
  root.count = load16le(root.tag + 3);
  root.offsets = root.tag + MAP_BYTES + (size_t)root.count * WORD;
  return root;
}

uint16_t splice_shape_id(struct slice shape, uint32_t i) {
  return load16le(shape.data + (size_t)i * WORD);
}

bool splice_shape(const struct doc *document, struct slice *shape) {
  if (document->data[DOC_HEADER_BYTES] >> FORM_VARIANT_SHIFT != FORM_NARROW) return false;
  struct root root = open_root(document->data + DOC_HEADER_BYTES);
  if (root.count > SPLICE_FIELDS_MAX) return false;
  *shape = slice_of(root.tag + MAP_BYTES, (size_t)root.count * WORD);
  uint32_t seen = 0;
  for (uint32_t i = 0; i < root.count; i++) seen |= splice_shape_id(*shape, i);
  return (seen & INLINE_BIT) == 0;
}

/* Shapes are short: a word at a time is quicker than a call. */
static bool is_equal(const uint8_t *a, const uint8_t *b, size_t bytes) {
  uint64_t differs = 0;
  for (; bytes >= sizeof differs; bytes -= sizeof differs) {
    differs |= load64le(a) ^ load64le(b);
    a += sizeof differs;
    b += sizeof differs;
  }
  for (; bytes > 0; bytes -= WORD) {
    differs |= (uint64_t)(load16le(a) ^ load16le(b));
    a += WORD;
    b += WORD;
  }
  return differs == 0;
}

bool splice_has_shape(const struct doc *document, struct slice shape) {
  const uint8_t *tag = document->data + DOC_HEADER_BYTES;
  return *tag >> FORM_VARIANT_SHIFT == FORM_NARROW && load16le(tag + 3) * WORD == shape.bytes &&
         is_equal(tag + MAP_BYTES, shape.data, shape.bytes);
}

bool splice_integer(struct slice value, int64_t *integer) {
  uint8_t type = *value.data & FORM_TYPE_MASK;
  if (type != VAL_INT64 && type != VAL_INT32) return false;
  *integer = form_integer(value.data);
  return true;
}

static bool is_copied(const struct splice_field *field) {
  return field->from < SPLICE_MADE && !field->convert;
}

void splice_settle(struct splice *splice, struct splice_field *fields, uint8_t *ids) {
  splice->fields = fields;
  splice->ids = ids;
  splice->more_bytes = COPY_BYTES;
  for (uint32_t i = splice->count; i > 0; i--) {
    struct splice_field *field = &fields[i - 1], *next = field + 1;
    store16le(ids + (size_t)(i - 1) * WORD, field->id);
    bool goes_on =
        i < splice->count && is_copied(field) && is_copied(next) && next->from == field->from + 1;
    field->run = (uint16_t)(goes_on ? next->run + 1 : 1);
    splice->more_bytes += 2 * WORD + (uint32_t)field->value.bytes;
    if (field->convert) splice->more_bytes += SPLICE_SCALAR_BYTES_MAX;
  }
}

/* Where the value in place `i` of the old document begins; past the last one: its end. */
static uint32_t value_at(const struct root *root, uint32_t i) {
  return i < root->count ? load16le(root->offsets + (size_t)i * WORD) : root->total;
}

/* Most values are short: copied with a few bytes behind them, which are written over or cut off
 * (`more_bytes` has room for them), they need no call. `left`: readable bytes from `from` on. */
static void copy(uint8_t *to, const uint8_t *from, size_t bytes, size_t left) {
  if (bytes <= COPY_BYTES && left >= COPY_BYTES)
    memcpy(to, from, COPY_BYTES);
  else
    memcpy(to, from, bytes);
}

/* One field that is not copied as it is; its bytes. */
static uint32_t write_made(const struct root *root, const struct splice_field *field,
                           uint8_t *heap) {
  struct slice value = field->value;
  if (field->convert) {
    uint32_t from = value_at(root, field->from), end = value_at(root, field->from + 1u);
    value = slice_of(root->tag + from, end - from);
    uint32_t made = field->convert(field->context, value, heap);
    if (made) return made;
  }
  memcpy(heap, value.data, value.bytes);
  return (uint32_t)value.bytes;
}

/* Values one after the other from `at` on, which is `heap` bytes behind the tag; where they end. */
static uint32_t write_values(const struct splice *splice, const struct root *root, uint8_t *tag,
                             uint32_t heap) {
  uint8_t *offsets = tag + MAP_BYTES + (size_t)splice->count * WORD;
  for (uint32_t i = 0; i < splice->count;) {
    const struct splice_field *field = &splice->fields[i];
    store16le(offsets + (size_t)i * WORD, (uint16_t)heap);
    if (!is_copied(field)) {
      heap += write_made(root, field, tag + heap);
      i++;
      continue;
    }
    uint32_t from = value_at(root, field->from), end = value_at(root, field->from + field->run);
    uint32_t moved = heap - from; /* modulo 2^32 */
    for (uint32_t k = 1; k < field->run; k++)
      store16le(offsets + (size_t)(i + k) * WORD,
                (uint16_t)(value_at(root, field->from + k) + moved));
    copy(tag + heap, root->tag + from, end - from, root->total - from);
    heap += end - from;
    i += field->run;
  }
  return heap;
}

uint32_t splice_map(const struct splice *splice, const uint8_t *tag, uint8_t *room) {
  struct root root = open_root(tag);
  *room = *tag;
  store16le(room + 3, (uint16_t)splice->count);
  memcpy(room + MAP_BYTES, splice->ids, (size_t)splice->count * WORD);
  uint32_t total = write_values(splice, &root, room, MAP_BYTES + 2 * WORD * splice->count);
  if (total > NARROW_MAX) return 0;
  store16le(room + 1, (uint16_t)total);
  return total;
}

uint32_t splice_document(const struct splice *splice, const struct doc *document, uint8_t *room) {
  memcpy(room, document->data, DOC_HEADER_BYTES);
  uint32_t total =
      splice_map(splice, document->data + DOC_HEADER_BYTES, room + DOC_HEADER_BYTES);
  if (total == 0) return 0;
  store32le(room, DOC_HEADER_BYTES + total);
  return DOC_HEADER_BYTES + total;
}

uint32_t splice_float64(double value, uint8_t room[SPLICE_SCALAR_BYTES_MAX]) {
  *room = VAL_FLOAT64;
  memcpy(room + 1, &value, sizeof value);
  return 1 + sizeof value;
}

uint32_t splice_encode(const struct val *value, uint8_t room[SPLICE_SCALAR_BYTES_MAX]) {
  bool is_date = value->type == VAL_DATE;
  if (is_date && (value->integer < -FORM_DATE_DAYS_MAX || value->integer > FORM_DATE_DAYS_MAX))
    return 0;
  switch ((int)value->type) {
  case VAL_BOOL:
  case VAL_INT32:
  case VAL_INT64:
  case VAL_FLOAT64:
  case VAL_DECIMAL:
  case VAL_TIMESTAMP:
  case VAL_DATE:
  case VAL_DURATION: return doc__write_fixed(room, value);
  default: return 0;
  }
}
