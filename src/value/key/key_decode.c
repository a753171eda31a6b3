/* SPDX-License-Identifier: MIT */
/* Parts of keys back into values, which a builder writes in document form. A part is first found
 * whole, then read without further bounds, then the values made of it are checked: any bytes may
 * come. */
#include "value/doc/build.h"
#include "value/key/key_int.h"

/* Reads an ascending part that key_part_bytes has found whole and puts its values into a builder.
 */
struct decode {
  const uint8_t *at;
  struct build *build;
  struct buf texts; /* one text at a time */
};

static void decode_payload(struct decode *d, enum order_class class);

static struct slice take_text(struct decode *d) {
  d->texts.bytes = 0; /* a failure stays */
  for (;; d->at++) {
    if (d->at[0] == KEY_ESCAPE && d->at[1] == KEY_TEXT_END) break;
    (void)buf_append_byte(&d->texts, *d->at);
    if (d->at[0] == KEY_ESCAPE) d->at++;
  }
  d->at += 2;
  return buf_slice(&d->texts);
}

static struct val take_fixed(struct decode *d, enum val_type type, size_t bytes) {
  struct val v = {.type = (uint8_t)type};
  memcpy(v.id, d->at, bytes);
  d->at += bytes;
  return v;
}

static struct val take_integer(struct decode *d, enum val_type type) {
  uint64_t order = load64be(d->at);
  d->at += 8;
  int64_t integer = type == VAL_BSONTIME ? (int64_t)order : (int64_t)(order ^ 1ull << 63);
  return (struct val){.type = (uint8_t)type, .integer = integer};
}

static struct val take_interval(struct decode *d) {
  uint128 length = (uint128)(load64be(d->at) ^ 1ull << 63) << 64 | load64be(d->at + 8);
  struct val v = {.type = VAL_INTERVAL};
  v.interval.months = (int32_t)(load32be(d->at + 16) ^ 1u << 31);
  v.interval.days = (int32_t)(load32be(d->at + 20) ^ 1u << 31);
  v.interval.us = (int64_t)(length - (uint128)order_interval_us(v.interval));
  d->at += KEY_INTERVAL_BYTES;
  return v;
}

static struct val take_blob(struct decode *d) {
  struct val v = {.type = VAL_BYTES, .sub = d->at[4], .bytes = load32be(d->at), .data = d->at + 5};
  d->at += 5 + (size_t)v.bytes;
  return v;
}

/* One element from its ordered integer. */
static void restore_element(uint8_t *out, const uint8_t *p, uint32_t bytes) {
  uint32_t sign = 1u << (bytes * 8 - 1), order = 0;
  for (uint32_t i = 0; i < bytes; i++) order = order << 8 | p[i];
  bool is_nan = order == 0 && bytes != 1;
  uint32_t bits = bytes == 1 || (order & sign) ? order ^ sign : ~order;
  if (is_nan) bits = bytes == 4 ? 0x7fc00000u : 0x7e00u;
  memcpy(out, &bits, bytes);
}

/* Elements written back into `texts`, `bytes` of them. */
static const uint8_t *take_elements(struct decode *d, uint32_t bytes, uint32_t element_bytes) {
  d->texts.bytes = 0; /* a failure stays */
  uint8_t *out = buf_extend(&d->texts, (size_t)bytes + 1);
  for (uint32_t at = 0; out && at + element_bytes <= bytes; at += element_bytes)
    restore_element(out + at, d->at + at, element_bytes);
  d->at += bytes;
  return out;
}

static struct val take_vector(struct decode *d) {
  struct val v = {.type = VAL_VECTOR, .sub = d->at[0], .bytes = load32be(d->at + 1)};
  d->at += 5;
  v.data = take_elements(d, v.bytes, order_element_bytes(v.sub));
  return v;
}

static struct val take_light(struct decode *d) {
  return (struct val){.type = VAL_LIGHT,
                      .bytes = ORDER_LIGHT_BYTES,
                      .data = take_elements(d, ORDER_LIGHT_BYTES, 4)};
}

static struct val take_text_value(struct decode *d, enum val_type type) {
  struct val v = val_text(take_text(d));
  v.type = (uint8_t)type;
  return v;
}

static void decode_list(struct decode *d) {
  build_begin_list(d->build);
  while (*d->at != KEY_END) {
    enum order_class class = key_class_of(*d->at++);
    decode_payload(d, class);
  }
  d->at++;
  build_end(d->build);
}

static void decode_map(struct decode *d) {
  build_begin_map(d->build);
  while (*d->at != KEY_END) {
    enum order_class class = key_class_of(*d->at++);
    build_name(d->build, take_text(d));
    decode_payload(d, class);
  }
  d->at++;
  build_end(d->build);
}

static struct val take_scalar(struct decode *d, enum order_class class) {
  switch (class) {
  case ORDER_MINKEY: return (struct val){.type = VAL_MINKEY};
  case ORDER_MAXKEY: return (struct val){.type = VAL_MAXKEY};
  case ORDER_NULL: return val_null();
  case ORDER_NUMBER: return key__decode_number(&d->at);
  case ORDER_TEXT: return take_text_value(d, VAL_TEXT);
  case ORDER_REGEX: return take_text_value(d, VAL_REGEX);
  case ORDER_CODE: return take_text_value(d, VAL_CODE);
  case ORDER_VECTOR: return take_vector(d);
  case ORDER_LIGHT: return take_light(d);
  case ORDER_BYTES: return take_blob(d);
  case ORDER_OBJECTID: return take_fixed(d, VAL_OBJECTID, KEY_OBJECTID_BYTES);
  case ORDER_ULID: return take_fixed(d, VAL_ULID, KEY_ID_BYTES);
  case ORDER_UUID: return take_fixed(d, VAL_UUID, KEY_ID_BYTES);
  case ORDER_BOOL: return val_bool(*d->at++ != 0);
  case ORDER_TIME: return take_integer(d, VAL_TIMESTAMP);
  case ORDER_BSONTIME: return take_integer(d, VAL_BSONTIME);
  case ORDER_DURATION: return take_integer(d, VAL_DURATION);
  case ORDER_INTERVAL: return take_interval(d);
  case ORDER_MISSING:
  case ORDER_MAP:
  case ORDER_LIST:
  case ORDER_CLASSES: break;
  }
  return val_missing();
}

static void decode_payload(struct decode *d, enum order_class class) {
  if (class == ORDER_LIST) {
    decode_list(d);
  } else if (class == ORDER_MAP) {
    decode_map(d);
  } else {
    struct val v = take_scalar(d, class), nothing = val_null();
    build_put(d->build,
              d->texts.failed == LUMA_OK ? &v : &nothing); /* the failure is told at the end */
  }
}

/* A part read as it stands in ascending keys. */
static status decode_ascending(const uint8_t *part, struct buf *scratch, struct val *out,
                               struct err *err) {
  enum order_class class = key_class_of(*part);
  if (class == ORDER_MISSING) {
    *out = val_missing();
    return LUMA_OK;
  }
  struct build build;
  build_init(&build, scratch, NULL);
  struct decode d = {.at = part + 1, .build = &build};
  buf_init(&d.texts, KEY_BYTES_MAX + 1);
  decode_payload(&d, class);
  struct slice encoded = {0};
  status built = buf_check(&d.texts, "a value of a key", err);
  if (built == LUMA_OK) built = build_finish(&build, &encoded, err);
  if (built == LUMA_OK) built = doc_check_value(encoded, NULL, err);
  if (built == LUMA_OK) *out = val_decode(encoded, NULL);
  build_deinit(&build);
  buf_deinit(&d.texts);
  return built;
}

status key_decode(struct slice part, bool descending, struct buf *scratch, struct val *out,
                  struct err *err) {
  uint8_t ascending[KEY_BYTES_MAX];
  size_t bytes = part.bytes <= KEY_BYTES_MAX ? key_part_bytes(part, descending) : 0;
  if (bytes == 0 || bytes != part.bytes)
    FAIL(err, LUMA_CORRUPT, "%zu bytes are not one part of a key", part.bytes);
  for (size_t i = 0; i < bytes; i++) ascending[i] = part.data[i] ^ (descending ? 0xff : 0);
  return decode_ascending(ascending, scratch, out, err);
}

/* ---- one scalar ---- */

static bool is_simple(enum order_class class) {
  return class == ORDER_MISSING || class == ORDER_NULL || class == ORDER_BOOL ||
         class == ORDER_NUMBER || class == ORDER_TEXT || class == ORDER_OBJECTID ||
         class == ORDER_ULID || class == ORDER_UUID || class == ORDER_TIME;
}

/* Between its escapes a text stands as it is. */
static struct val copy_text(const uint8_t *at, const uint8_t *end, struct buf *scratch) {
  uint8_t *out = scratch->data + scratch->bytes, *start = out;
  while (at < end && !(at[0] == KEY_ESCAPE && at[1] == KEY_TEXT_END)) {
    *out++ = *at;
    at += at[0] == KEY_ESCAPE ? 2 : 1;
  }
  scratch->bytes += (size_t)(out - start);
  return val_text(slice_of(start, (size_t)(out - start)));
}

size_t key_decode_scalar(struct slice key, bool descending, struct buf *scratch, struct val *out) {
  uint8_t turned[KEY_BYTES_MAX];
  size_t bytes = key_part_bytes(key, descending);
  const uint8_t *part = key.data;
  if (bytes == 0 || bytes > KEY_BYTES_MAX || scratch->capacity - scratch->bytes < bytes) return 0;
  for (size_t i = 0; descending && i < bytes; i++) turned[i] = key.data[i] ^ 0xff;
  if (descending) part = turned;
  enum order_class class = key_class_of(*part);
  bool is_bare = class == ORDER_MISSING || class == ORDER_NULL;
  if (!is_simple(class) || (bytes < 2 && !is_bare)) return 0;
  if (class == ORDER_TEXT) {
    *out = copy_text(part + 1, part + bytes, scratch);
    return bytes;
  }
  struct decode d = {.at = part + 1};
  *out = take_scalar(&d, class);
  return bytes;
}
