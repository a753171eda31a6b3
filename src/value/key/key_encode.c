/* SPDX-License-Identifier: MIT */
/* Values into keys. */
#include "value/doc/doc.h"
#include "value/key/key_int.h"
#include "value/order/order.h"

static void encode_value(struct buf *out, const struct val *v);
static void encode_payload(struct buf *out, const struct val *v);

/* A key that has already become too long takes no more, whatever is left of the value. */
static bool is_full(const struct buf *out) {
  return out->failed != LUMA_OK;
}

static void append_escaped(struct buf *out, struct slice text) {
  static const uint8_t zero[] = {KEY_ESCAPE, KEY_ESCAPED_ZERO}, end[] = {KEY_ESCAPE, KEY_TEXT_END};
  while (text.bytes && !is_full(out)) {
    const uint8_t *found = memchr(text.data, 0, text.bytes);
    size_t plain = found ? (size_t)(found - text.data) : text.bytes;
    (void)buf_append(out, text.data, plain);
    if (found) (void)buf_append(out, zero, sizeof zero);
    text = slice_of(text.data + plain + (found != NULL), text.bytes - plain - (found != NULL));
  }
  (void)buf_append(out, end, sizeof end);
}

static void append64be(struct buf *out, uint64_t v) {
  uint8_t bytes[8];
  store64be(bytes, v);
  (void)buf_append(out, bytes, sizeof bytes);
}

static void append_elements(struct buf *out, const uint8_t *data, uint32_t bytes,
                            uint32_t element_bytes) {
  for (uint32_t at = 0; at + element_bytes <= bytes && !is_full(out); at += element_bytes) {
    uint8_t word[4];
    store32be(word, order_element(data + at, element_bytes));
    (void)buf_append(out, word + 4 - element_bytes, element_bytes);
  }
}

static void append_vector(struct buf *out, const struct val *v) {
  uint8_t prefix[5] = {v->sub};
  store32be(prefix + 1, v->bytes);
  (void)buf_append(out, prefix, sizeof prefix);
  append_elements(out, v->data, v->bytes, order_element_bytes(v->sub));
}

static void append_blob(struct buf *out, const struct val *v) {
  uint8_t prefix[5] = {[4] = v->sub};
  store32be(prefix, v->bytes);
  (void)buf_append(out, prefix, sizeof prefix);
  (void)buf_append_slice(out, val_slice(v));
}

/* The estimated length in 128 bits, then months and days. */
static void append_interval(struct buf *out, struct val_interval v) {
  int128 length = order_interval_us(v);
  append64be(out, order_i64((int64_t)(length >> 64)));
  append64be(out, (uint64_t)length);
  uint64_t sign = 1u << 31;
  append64be(out, ((uint32_t)v.months ^ sign) << 32 | ((uint32_t)v.days ^ sign));
}

static void append_list(struct buf *out, const struct val *list) {
  uint32_t count = val_count(list);
  for (uint32_t i = 0; i < count && !is_full(out); i++) {
    struct val element = val_at(list, i);
    encode_value(out, &element);
  }
  (void)buf_append_byte(out, KEY_END);
}

static void append_map(struct buf *out, const struct val *map) {
  uint32_t count = val_count(map);
  for (uint32_t i = 0; i < count && !is_full(out); i++) {
    struct slice name;
    struct val field = val_field_at(map, i, &name);
    (void)buf_append_byte(out, key_class_byte((enum order_class)val_order_class(field.type)));
    append_escaped(out, name);
    encode_payload(out, &field);
  }
  (void)buf_append_byte(out, KEY_END);
}

static void encode_payload(struct buf *out, const struct val *v) {
  switch ((enum order_class)val_order_class(v->type)) {
  case ORDER_NUMBER: key__encode_number(out, v); break;
  case ORDER_TEXT:
  case ORDER_REGEX:
  case ORDER_CODE: append_escaped(out, val_slice(v)); break;
  case ORDER_MAP: append_map(out, v); break;
  case ORDER_LIST: append_list(out, v); break;
  case ORDER_VECTOR: append_vector(out, v); break;
  case ORDER_LIGHT: append_elements(out, v->data, ORDER_LIGHT_BYTES, 4); break;
  case ORDER_BYTES: append_blob(out, v); break;
  case ORDER_OBJECTID: (void)buf_append(out, v->id, KEY_OBJECTID_BYTES); break;
  case ORDER_ULID:
  case ORDER_UUID: (void)buf_append(out, v->id, KEY_ID_BYTES); break;
  case ORDER_BOOL: (void)buf_append_byte(out, v->boolean); break;
  case ORDER_TIME: append64be(out, order_i64(order_time_us(v))); break;
  case ORDER_BSONTIME: append64be(out, (uint64_t)v->integer); break;
  case ORDER_DURATION: append64be(out, order_i64(v->integer)); break;
  case ORDER_INTERVAL: append_interval(out, v->interval); break;
  case ORDER_MINKEY:
  case ORDER_MISSING:
  case ORDER_NULL:
  case ORDER_MAXKEY:
  case ORDER_CLASSES: break; /* the class says all */
  }
}

static void encode_value(struct buf *out, const struct val *v) {
  (void)buf_append_byte(out, key_class_byte((enum order_class)val_order_class(v->type)));
  encode_payload(out, v);
}

/* The buffer is lent a lower limit, so that a long value stops growing the key where it may not go.
 */
status key_encode(struct buf *out, const struct val *v, bool descending, struct err *err) {
  TRY(buf_check(out, "the key", err));
  size_t start = out->bytes, limit = out->bytes_max;
  if (limit - start > KEY_BYTES_MAX) out->bytes_max = start + KEY_BYTES_MAX;
  encode_value(out, v);
  out->bytes_max = limit;
  if (out->failed != LUMA_OK) {
    status failed = out->failed;
    out->failed = LUMA_OK;
    out->bytes = start;
    if (failed != LUMA_TOO_LARGE) FAIL(err, failed, "out of memory for a key");
    err_raise(err, LUMA_TOO_LARGE, __FILE__, __LINE__, "a %s is over %d bytes as a key",
              val_type_name((enum val_type)v->type), KEY_BYTES_MAX);
    err_hint(err, "keys and indexed values are small: index a part of it, or a hash");
    return LUMA_TOO_LARGE;
  }
  for (size_t i = start; descending && i < out->bytes; i++) out->data[i] = (uint8_t)~out->data[i];
  return LUMA_OK;
}

bool key_successor(struct buf *prefix) {
  while (prefix->bytes && prefix->data[prefix->bytes - 1] == 0xff) prefix->bytes--;
  if (prefix->bytes) prefix->data[prefix->bytes - 1]++;
  return prefix->bytes > 0;
}
