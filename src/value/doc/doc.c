/* SPDX-License-Identifier: MIT */
/* The header, and values out of their encoded form. */
#include "value/doc/doc.h"

#include "value/doc/doc_int.h"

enum {
  FORM_NUMBER = 1,
  AT_FORM = 4,
  AT_FLAGS = 5,
  AT_HEADER_BYTES = 6,
  AT_ROW = 16,
  AT_SOUL = 24,
  AT_DICTIONARY = 28
};

#define TAG(type, variant) [(variant) << FORM_VARIANT_SHIFT | (type)]
#define TAG_INTEGER(type)  TAG(type, 0) = 2, TAG(type, 1) = 3, TAG(type, 2) = 5, TAG(type, 3) = 9

const uint8_t form_fixed_bytes[256] = {
    TAG(VAL_NULL, 0) = 1,
    TAG(VAL_BOOL, 0) = 1,
    TAG(VAL_BOOL, 1) = 1,
    TAG(VAL_INT32, 0) = 2,
    TAG(VAL_INT32, 1) = 3,
    TAG(VAL_INT32, 2) = 5,
    TAG_INTEGER(VAL_INT64),
    TAG_INTEGER(VAL_TIMESTAMP),
    TAG_INTEGER(VAL_DATE),
    TAG_INTEGER(VAL_DURATION),
    TAG_INTEGER(VAL_BSONTIME),
    TAG(VAL_FLOAT64, 0) = 9,
    TAG(VAL_DECIMAL, 0) = 17,
    TAG(VAL_INTERVAL, 0) = 17,
    TAG(VAL_ULID, 0) = 17,
    TAG(VAL_UUID, 0) = 17,
    TAG(VAL_OBJECTID, 0) = 1 + FORM_OBJECTID_BYTES,
    TAG(VAL_LIGHT, 0) = 1 + FORM_LIGHT_BYTES,
    TAG(VAL_LIST, FORM_EMPTY) = 1,
    TAG(VAL_MAP, FORM_EMPTY) = 1,
    TAG(VAL_MINKEY, 0) = 1,
    TAG(VAL_MAXKEY, 0) = 1,
};

uint32_t val_encoded_bytes(const uint8_t *p) {
  uint32_t fixed = form_fixed_bytes[*p];
  if (fixed) return fixed;
  uint32_t variant = *p >> FORM_VARIANT_SHIFT;
  switch (*p & FORM_TYPE_MASK) {
  case VAL_LIST:
  case VAL_MAP: return variant == FORM_NARROW ? load16le(p + 1) : load32le(p + 1);
  case VAL_BYTES:
  case VAL_VECTOR: return variant == 0 ? 3u + p[2] : 6u + load32le(p + 2);
  default: return variant == 0 ? 2u + p[1] : 5u + load32le(p + 1);
  }
}

static struct val decode_container(const uint8_t *p, const struct names *names) {
  return (struct val){
      .type = *p & FORM_TYPE_MASK, .bytes = val_encoded_bytes(p), .data = p, .names = names};
}

static struct val decode_bytes(const uint8_t *p) {
  bool is_short = *p >> FORM_VARIANT_SHIFT == 0;
  return (struct val){
      .type = *p & FORM_TYPE_MASK,
      .sub = p[1],
      .bytes = is_short ? p[2] : load32le(p + 2),
      .data = is_short ? p + 3 : p + 6,
  };
}

static struct val decode_text(const uint8_t *p) {
  struct slice text = form_text(p);
  return (struct val){
      .type = *p & FORM_TYPE_MASK, .bytes = (uint32_t)text.bytes, .data = text.data};
}

/* Types of fixed size whose payload is copied into the value as it is. */
static struct val decode_copied(const uint8_t *p) {
  struct val v = {.type = *p & FORM_TYPE_MASK};
  memcpy(v.id, p + 1, form_fixed_bytes[*p] - 1u);
  return v;
}

static struct val decode_interval(const uint8_t *p) {
  return (struct val){
      .type = VAL_INTERVAL,
      .interval = {(int32_t)load32le(p + 1), (int32_t)load32le(p + 5), (int64_t)load64le(p + 9)},
  };
}

struct val doc__decode(const uint8_t *p, const struct names *names) {
  enum val_type type = *p & FORM_TYPE_MASK;
  switch (type) {
  case VAL_BOOL: return val_bool(*p >> FORM_VARIANT_SHIFT);
  case VAL_INT32:
  case VAL_INT64:
  case VAL_TIMESTAMP:
  case VAL_DATE:
  case VAL_DURATION:
  case VAL_BSONTIME: return (struct val){.type = (uint8_t)type, .integer = form_integer(p)};
  case VAL_FLOAT64:
  case VAL_ULID:
  case VAL_UUID:
  case VAL_OBJECTID: return decode_copied(p);
  case VAL_DECIMAL: return val_decimal((struct decimal){load64le(p + 1), load64le(p + 9)});
  case VAL_INTERVAL: return decode_interval(p);
  case VAL_TEXT:
  case VAL_REGEX:
  case VAL_CODE: return decode_text(p);
  case VAL_BYTES:
  case VAL_VECTOR: return decode_bytes(p);
  case VAL_LIGHT: return (struct val){.type = VAL_LIGHT, .bytes = FORM_LIGHT_BYTES, .data = p + 1};
  case VAL_LIST:
  case VAL_MAP: return decode_container(p, names);
  case VAL_MISSING:
  case VAL_NULL:
  case VAL_MINKEY:
  case VAL_MAXKEY:
  case VAL_TYPES: break;
  }
  return (struct val){.type = (uint8_t)type};
}

struct val val_decode(struct slice bytes, const struct names *names) {
  return doc__decode(bytes.data, names);
}

static inline void put_float64(struct val *out, const uint8_t *p) {
  double real;
  memcpy(&real, p, sizeof real);
  val_put_float64(out, real);
}

/* The commonest kinds need no call. */
static inline void decode_to(const uint8_t *p, const struct names *names, struct val *out) {
  enum { SHORT = 0, BYTES_2 = 1 << FORM_VARIANT_SHIFT, BYTES_4 = 2 << FORM_VARIANT_SHIFT };
  switch (*p) {
  case VAL_TEXT | SHORT: val_put_text(out, p + 2, p[1]); return;
  case VAL_INT64 | SHORT: val_put_int64(out, (int8_t)p[1]); return;
  case VAL_INT64 | BYTES_2: val_put_int64(out, (int16_t)load16le(p + 1)); return;
  case VAL_INT64 | BYTES_4: val_put_int64(out, (int32_t)load32le(p + 1)); return;
  case VAL_FLOAT64: put_float64(out, p + 1); return;
  default: *out = doc__decode(p, names);
  }
}

void doc_read_place(const uint8_t *map, uint32_t index, struct val *value) {
  enum { COUNT_OFFSET = 3, NAMES_OFFSET = 5, WORD = 2 };
  size_t offsets = NAMES_OFFSET + (size_t)load16le(map + COUNT_OFFSET) * WORD;
  decode_to(map + load16le(map + offsets + (size_t)index * WORD), NULL, value);
}

uint32_t val_fields(const struct val *map, struct val *values, uint32_t max) {
  struct slice name;
  if (map->type != VAL_MAP) return 0;
  uint32_t all = val_count(map), count = all < max ? all : max;
  if (map->is_lensed) {
    for (uint32_t i = 0; i < count; i++) values[i] = val_field_at(map, i, &name);
    return count;
  }
  struct form_directory d = form_directory(map->data);
  for (uint32_t i = 0; i < count; i++) decode_to(form_child(&d, i), map->names, &values[i]);
  return count;
}

status doc_open(struct slice bytes, const struct names *names, struct doc *doc, struct err *err) {
  const uint8_t *p = bytes.data;
  if (bytes.bytes <= DOC_HEADER_BYTES || bytes.bytes > DOC_BYTES_MAX || load32le(p) != bytes.bytes)
    FAIL(err, LUMA_CORRUPT, "a document's length does not match its %zu bytes", bytes.bytes);
  if (p[AT_FORM] != FORM_NUMBER)
    FAIL(err, LUMA_CORRUPT, "a document has the unknown form %u", p[AT_FORM]);
  if (p[AT_FLAGS] != 0 || load16le(p + AT_HEADER_BYTES) != DOC_HEADER_BYTES)
    FAIL(err, LUMA_CORRUPT, "a document's header has unknown flags or size");
  if ((p[DOC_HEADER_BYTES] & FORM_TYPE_MASK) != VAL_MAP)
    FAIL(err, LUMA_CORRUPT, "a document does not hold a map");
  *doc = (struct doc){.data = p, .bytes = (uint32_t)bytes.bytes, .names = names};
  return LUMA_OK;
}

struct val doc_root(const struct doc *doc) {
  const uint8_t *p = doc->data + DOC_HEADER_BYTES;
  return (struct val){.type = *p & FORM_TYPE_MASK,
                      .is_lensed = doc->is_lensed,
                      .bytes = val_encoded_bytes(p),
                      .data = p,
                      .names = doc->names};
}

struct doc_header doc_header(const struct doc *doc) {
  const uint8_t *p = doc->data;
  return (struct doc_header){
      .version = load64le(p + DOC_VERSION_OFFSET),
      .row = load64le(p + AT_ROW),
      .soul = load32le(p + AT_SOUL),
      .dictionary = load32le(p + AT_DICTIONARY),
  };
}

void doc_set_header(uint8_t *data, const struct doc_header *header) {
  store64le(data + DOC_VERSION_OFFSET, header->version);
  store64le(data + AT_ROW, header->row);
  store32le(data + AT_SOUL, header->soul);
  store32le(data + AT_DICTIONARY, header->dictionary);
}

void doc__write_header(uint8_t *data, uint32_t bytes, uint32_t dictionary) {
  store32le(data, bytes);
  data[AT_FORM] = FORM_NUMBER;
  data[AT_FLAGS] = 0;
  store16le(data + AT_HEADER_BYTES, DOC_HEADER_BYTES);
  doc_set_header(data, &(struct doc_header){.dictionary = dictionary});
}
