/* SPDX-License-Identifier: MIT */
#include "value/doc/splice.h"

#include "base/core/assert.h"
#include "value/doc/doc_int.h"

_Static_assert((int)SPLICE_TAG == ((int)FORM_NARROW << FORM_VARIANT_SHIFT | (int)VAL_MAP),
               "the tag of a narrow map");

enum {
  WORD = SPLICE_NAME_BYTES,
  NARROW_MAX = 0xffff,
  INLINE_BIT = 0x8000,
  COPY_BYTES = 48,
  FLOAT_BITS = 53
};

/* The narrow root map of a document. */
struct root {
  const uint8_t *tag, *offsets;
  uint32_t total, count; /* bytes; fields */
};

static struct root open_root(const uint8_t *tag) {
  struct root root = {.tag = tag};
  root.total = load16le(root.tag + 1);
  root.count = load16le(root.tag + 3);
  root.offsets = root.tag + SPLICE_MAP_BYTES + (size_t)root.count * WORD;
  return root;
}

uint16_t splice_shape_id(struct slice shape, uint32_t i) {
  return load16le(shape.data + (size_t)i * WORD);
}

bool splice_shape(const struct doc *document, struct slice *shape) {
  if (document->data[DOC_HEADER_BYTES] >> FORM_VARIANT_SHIFT != FORM_NARROW) return false;
  struct root root = open_root(document->data + DOC_HEADER_BYTES);
  if (root.count > SPLICE_FIELDS_MAX) return false;
  *shape = slice_of(root.tag + SPLICE_MAP_BYTES, (size_t)root.count * WORD);
  uint32_t seen = 0;
  for (uint32_t i = 0; i < root.count; i++) seen |= splice_shape_id(*shape, i);
  return (seen & INLINE_BIT) == 0;
}

static bool is_copied(const struct splice_field *field) {
  return field->from < SPLICE_MADE && !field->convert && !field->widens;
}

/* Whether a field and the next one are copied together. */
static bool goes_together(const struct splice_field *field, const struct splice_field *next) {
  if (field->from == SPLICE_MADE)
    return next->from == SPLICE_MADE && next->number == field->number + 1;
  return is_copied(field) && is_copied(next) && next->from == field->from + 1;
}

void splice_settle(struct splice *splice, struct splice_field *fields, uint8_t *ids) {
  splice->fields = fields;
  splice->ids = ids;
  splice->more_bytes = COPY_BYTES;
  for (uint32_t i = splice->count; i > 0; i--) {
    struct splice_field *field = &fields[i - 1], *next = field + 1;
    store16le(ids + (size_t)(i - 1) * WORD, field->id);
    bool goes_on = i < splice->count && goes_together(field, next);
    field->run = (uint16_t)(goes_on ? next->run + 1 : 1);
    splice->more_bytes += 2 * WORD + (uint32_t)field->value.bytes;
    if (field->convert || field->widens) splice->more_bytes += SPLICE_SCALAR_BYTES_MAX;
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

bool splice_widen(enum splice_widening widens, const uint8_t *place, struct val *value) {
  const int64_t most = 1ll << FLOAT_BITS, us_per_day = 86400ll * 1000000;
  uint8_t type = *place & FORM_TYPE_MASK;
  if (widens == SPLICE_TO_TIMESTAMP && type == VAL_DATE) {
    *value = val_timestamp(form_integer(place) * us_per_day);
    return true;
  }
  bool is_integer = type == VAL_INT64 || type == VAL_INT32;
  if (!is_integer || widens == SPLICE_TO_TIMESTAMP || widens == SPLICE_STAYS) return false;
  int64_t integer = form_integer(place);
  if (widens == SPLICE_TO_DECIMAL)
    *value = val_decimal(decimal_from_int64(integer));
  else
    *value = val_float64((double)integer);
  return widens == SPLICE_TO_DECIMAL || (integer < most && integer > -most);
}

/* A value that may become another one; its bytes, 0 when it stays. */
static uint32_t write_converted(const struct splice_field *field, const uint8_t *place,
                                uint8_t *heap) {
  struct val value;
  if (splice_widen(field->widens, place, &value)) return splice_encode(&value, heap);
  if (!field->convert) return 0;
  value = doc__decode(place, NULL);
  return field->convert(field->context, &value) ? splice_encode(&value, heap) : 0;
}

/* ---- values that are made ---- */

/* The most bytes of one; 0: it cannot be written. */
static uint32_t room_of(const struct splice_field *field, const struct splice_made *made) {
  if (made->record) return (uint32_t)made_value(made->record, field->number).bytes;
  const struct val *value = &made->values[field->made];
  return made_takes(value) ? made_bytes_max(value) : 0;
}

bool splice_takes(const struct splice *splice, const struct splice_made *made,
                  uint32_t *more_bytes) {
  uint32_t more = 0;
  for (uint32_t i = 0; made && i < splice->count; i++) {
    const struct splice_field *field = &splice->fields[i];
    if (field->from != SPLICE_MADE) continue;
    uint32_t bytes = room_of(field, made);
    if (bytes == 0) return false;
    more += bytes;
  }
  if (more_bytes) *more_bytes = more;
  return true;
}

/* ---- writing ---- */

/* One field that is not copied as it is; its bytes. */
static uint32_t write_other(const struct root *root, const struct splice_field *field,
                            const struct splice_made *made, uint8_t *heap) {
  struct slice value = field->value;
  if (field->from == SPLICE_MADE) {
    ASSERT(made); /* else the document would not have been taken */
    return made_encode(&made->values[field->made], heap);
  }
  if (field->from != SPLICE_NEW) {
    uint32_t from = value_at(root, field->from), end = value_at(root, field->from + 1u);
    value = slice_of(root->tag + from, end - from);
    uint32_t converted = write_converted(field, value.data, heap);
    if (converted) return converted;
  }
  if (value.bytes) memcpy(heap, value.data, value.bytes);
  return (uint32_t)value.bytes;
}

/* Where the values of a new document go. */
struct writing {
  const struct root *root;
  const uint8_t *record; /* of what is made; NULL: there is none */
  uint8_t *tag, *offsets;
  uint32_t heap; /* bytes behind the tag */
};

/* Fields from `i` on that stand together in the old document. */
static void write_run(struct writing *writing, const struct splice_field *field, uint32_t i) {
  const struct root *root = writing->root;
  uint32_t from = value_at(root, field->from), end = value_at(root, field->from + field->run);
  uint32_t moved = writing->heap - from; /* modulo 2^32 */
  for (uint32_t k = 0; k < field->run; k++)
    store16le(writing->offsets + (size_t)(i + k) * WORD,
              (uint16_t)(value_at(root, field->from + k) + moved));
  copy(writing->tag + writing->heap, root->tag + from, end - from, root->total - from);
  writing->heap += end - from;
}

/* Fields from `i` on that stand together in the record. */
static void write_made_run(struct writing *writing, const struct splice_field *field, uint32_t i) {
  struct slice first = made_value(writing->record, field->number);
  uint32_t at = 0;
  for (uint32_t k = 0; k < field->run; k++) {
    store16le(writing->offsets + (size_t)(i + k) * WORD, (uint16_t)(writing->heap + at));
    at += (uint32_t)made_value(writing->record, field->number + k).bytes;
  }
  ASSERT(first.data);
  memcpy(writing->tag + writing->heap, first.data, at);
  writing->heap += at;
}

/* Values one after the other; where they end, in bytes behind the tag. */
static uint32_t write_values(const struct splice *splice, const struct splice_made *made,
                             struct writing *writing) {
  for (uint32_t i = 0; i < splice->count;) {
    const struct splice_field *field = &splice->fields[i];
    if (is_copied(field)) {
      write_run(writing, field, i);
      i += field->run;
    } else if (field->from == SPLICE_MADE && writing->record) {
      write_made_run(writing, field, i);
      i += field->run;
    } else {
      store16le(writing->offsets + (size_t)i++ * WORD, (uint16_t)writing->heap);
      writing->heap += write_other(writing->root, field, made, writing->tag + writing->heap);
    }
  }
  return writing->heap;
}

uint32_t splice_map(const struct splice *splice, const struct splice_made *made, const uint8_t *tag,
                    uint8_t *room) {
  struct root root = open_root(tag);
  *room = *tag;
  store16le(room + 3, (uint16_t)splice->count);
  memcpy(room + SPLICE_MAP_BYTES, splice->ids, (size_t)splice->count * WORD);
  struct writing writing = {.root = &root,
                            .record = made ? made->record : NULL,
                            .tag = room,
                            .offsets = room + SPLICE_MAP_BYTES + (size_t)splice->count * WORD,
                            .heap = SPLICE_MAP_BYTES + 2 * WORD * splice->count};
  uint32_t total = write_values(splice, made, &writing);
  if (total > NARROW_MAX) return 0;
  store16le(room + 1, (uint16_t)total);
  return total;
}

uint32_t splice_document(const struct splice *splice, const struct splice_made *made,
                         const struct doc *document, uint8_t *room) {
  memcpy(room, document->data, DOC_HEADER_BYTES);
  uint32_t total =
      splice_map(splice, made, document->data + DOC_HEADER_BYTES, room + DOC_HEADER_BYTES);
  if (total == 0) return 0;
  store32le(room, DOC_HEADER_BYTES + total);
  return DOC_HEADER_BYTES + total;
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
