/* SPDX-License-Identifier: MIT */
/* Hashing that agrees with equality: what compares equal is brought to one form first. */
#include "value/doc/doc.h"
#include "value/order/hash.h"
#include "value/order/order.h"

/* A double that no int64 equals. */
static uint64_t hash_float64(double v, uint64_t seed) {
  return order_mix(order_mix(seed, 1), order_f64(v));
}

/* A decimal that neither an int64 nor a double equals: digits without trailing zeroes, and
 * exponent. */
static uint64_t hash_decimal(struct decimal_parts parts, uint64_t seed) {
  while (parts.coefficient % 10 == 0) {
    parts.coefficient /= 10;
    parts.exponent++;
  }
  uint64_t hash = order_mix(order_mix(seed, 2), (uint64_t)parts.coefficient);
  hash = order_mix(hash, (uint64_t)(parts.coefficient >> 64));
  return order_mix(hash, (uint64_t)(int64_t)parts.exponent << 1 | parts.negative);
}

/* Equal numbers of any kind go the same way: as int64 if they are one, else as double if they are
 * one, else as decimal. */
static uint64_t hash_number(const struct val *v, uint64_t seed) {
  int64_t integer;
  if (val_to_int64(v, &integer)) return order_hash_integer(seed, integer);
  if (v->type == VAL_FLOAT64) return hash_float64(v->real, seed);
  struct decimal_parts parts;
  double nearest = decimal_to_float64(v->decimal);
  bool is_double = decimal_unpack(v->decimal, &parts) != DECIMAL_FINITE;
  if (!is_double) is_double = decimal_compare_float64(v->decimal, nearest) == 0;
  return is_double ? hash_float64(nearest, seed) : hash_decimal(parts, seed);
}

static uint64_t hash_elements(const uint8_t *data, uint32_t bytes, uint32_t element_bytes,
                              uint64_t seed) {
  uint64_t hash = order_mix(seed, bytes);
  for (uint32_t at = 0; at + element_bytes <= bytes; at += element_bytes)
    hash = order_mix(hash, order_element(data + at, element_bytes));
  return hash;
}

static uint64_t hash_interval(struct val_interval v, uint64_t seed) {
  uint64_t dates = (uint64_t)(uint32_t)v.months << 32 | (uint32_t)v.days;
  return order_mix(order_mix(seed, dates), (uint64_t)v.us);
}

static uint64_t hash_list(const struct val *list, uint64_t seed) {
  uint32_t count = val_count(list);
  uint64_t hash = order_mix(seed, count);
  for (uint32_t i = 0; i < count; i++) {
    struct val element = val_at(list, i);
    hash = val_hash(&element, hash);
  }
  return hash;
}

static uint64_t hash_map(const struct val *map, uint64_t seed) {
  uint32_t count = val_count(map);
  uint64_t hash = order_mix(seed, count);
  for (uint32_t i = 0; i < count; i++) {
    struct slice name;
    struct val field = val_field_at(map, i, &name);
    hash = val_hash(&field, hash64(name, hash));
  }
  return hash;
}

uint64_t val_hash(const struct val *v, uint64_t seed) {
  enum order_class class = (enum order_class)val_order_class(v->type);
  uint64_t hash = order_mix(seed, class);
  switch (class) {
  case ORDER_NUMBER: return hash_number(v, hash);
  case ORDER_TEXT:
  case ORDER_REGEX:
  case ORDER_CODE: return hash64(val_slice(v), hash);
  case ORDER_MAP: return hash_map(v, hash);
  case ORDER_LIST: return hash_list(v, hash);
  case ORDER_VECTOR:
    return hash_elements(v->data, v->bytes, order_element_bytes(v->sub), order_mix(hash, v->sub));
  case ORDER_LIGHT: return hash_elements(v->data, ORDER_LIGHT_BYTES, 4, hash);
  case ORDER_BYTES: return hash64(val_slice(v), order_mix(hash, v->sub));
  case ORDER_OBJECTID: return hash64(slice_of(v->id, 12), hash);
  case ORDER_ULID:
  case ORDER_UUID: return hash64(slice_of(v->id, 16), hash);
  case ORDER_BOOL: return order_mix(hash, v->boolean);
  case ORDER_TIME: return order_mix(hash, (uint64_t)order_time_us(v));
  case ORDER_BSONTIME:
  case ORDER_DURATION: return order_mix(hash, (uint64_t)v->integer);
  case ORDER_INTERVAL: return hash_interval(v->interval, hash);
  case ORDER_MINKEY:
  case ORDER_MISSING:
  case ORDER_NULL:
  case ORDER_MAXKEY:
  case ORDER_CLASSES: break;
  }
  return hash; /* classes of one value */
}
