/* SPDX-License-Identifier: MIT */
/* Comparison in the total order. Types first by class, then values within the class. */
#include "value/order/order.h"

#include "base/core/assert.h"
#include "value/doc/doc.h"
#include "value/order/scalar.h"

static const uint8_t class_of[VAL_TYPES] = {
    [VAL_MISSING] = ORDER_MISSING,   [VAL_NULL] = ORDER_NULL,
    [VAL_BOOL] = ORDER_BOOL,         [VAL_INT32] = ORDER_NUMBER,
    [VAL_INT64] = ORDER_NUMBER,      [VAL_FLOAT64] = ORDER_NUMBER,
    [VAL_DECIMAL] = ORDER_NUMBER,    [VAL_TEXT] = ORDER_TEXT,
    [VAL_BYTES] = ORDER_BYTES,       [VAL_TIMESTAMP] = ORDER_TIME,
    [VAL_DATE] = ORDER_TIME,         [VAL_DURATION] = ORDER_DURATION,
    [VAL_INTERVAL] = ORDER_INTERVAL, [VAL_ULID] = ORDER_ULID,
    [VAL_UUID] = ORDER_UUID,         [VAL_LIST] = ORDER_LIST,
    [VAL_MAP] = ORDER_MAP,           [VAL_VECTOR] = ORDER_VECTOR,
    [VAL_LIGHT] = ORDER_LIGHT,       [VAL_OBJECTID] = ORDER_OBJECTID,
    [VAL_REGEX] = ORDER_REGEX,       [VAL_BSONTIME] = ORDER_BSONTIME,
    [VAL_CODE] = ORDER_CODE,         [VAL_MINKEY] = ORDER_MINKEY,
    [VAL_MAXKEY] = ORDER_MAXKEY,
};

int val_order_class(enum val_type type) {
  ASSERT((unsigned)type < VAL_TYPES);
  return class_of[type];
}

static int compare_u64(uint64_t a, uint64_t b) {
  return (a > b) - (a < b);
}
static int compare_i64(int64_t a, int64_t b) {
  return (a > b) - (a < b);
}

/* The integral part of a double within range is an exact integer, and what is left of it has a
 * sign. */
int order_int64_float64(int64_t a, double b) {
  if (b != b || b < -0x1p63) return 1;
  if (b >= 0x1p63) return -1;
  int64_t whole = (int64_t)b;
  if (a != whole) return a < whole ? -1 : 1;
  double rest = b - (double)whole;
  return (rest < 0) - (rest > 0);
}

static int compare_decimal(struct decimal a, const struct val *b) {
  if (b->type == VAL_FLOAT64) return decimal_compare_float64(a, b->real);
  return decimal_compare(a, b->type == VAL_DECIMAL ? b->decimal : decimal_from_int64(b->integer));
}

static int compare_numbers(const struct val *a, const struct val *b) {
  bool a_is_integer = val_is_integer(a), b_is_integer = val_is_integer(b);
  if (a_is_integer && b_is_integer) return compare_i64(a->integer, b->integer);
  if (a->type == VAL_DECIMAL) return compare_decimal(a->decimal, b);
  if (b->type == VAL_DECIMAL) return -compare_decimal(b->decimal, a);
  if (a_is_integer) return order_int64_float64(a->integer, b->real);
  if (b_is_integer) return -order_int64_float64(b->integer, a->real);
  return compare_u64(order_f64(a->real), order_f64(b->real));
}

static int compare_elements(const uint8_t *a, const uint8_t *b, uint32_t bytes,
                            uint32_t element_bytes) {
  for (uint32_t at = 0; at + element_bytes <= bytes; at += element_bytes) {
    uint32_t left = order_element(a + at, element_bytes),
             right = order_element(b + at, element_bytes);
    if (left != right) return left < right ? -1 : 1;
  }
  return 0;
}

/* By kind, length, then elements as numbers. */
static int compare_vectors(const struct val *a, const struct val *b) {
  if (a->sub != b->sub) return a->sub < b->sub ? -1 : 1;
  if (a->bytes != b->bytes) return a->bytes < b->bytes ? -1 : 1;
  return compare_elements(a->data, b->data, a->bytes, order_element_bytes(a->sub));
}

/* As MongoDB: length, subtype, bytes. */
static int compare_blobs(const struct val *a, const struct val *b) {
  if (a->bytes != b->bytes) return a->bytes < b->bytes ? -1 : 1;
  if (a->sub != b->sub) return a->sub < b->sub ? -1 : 1;
  return slice_compare(val_slice(a), val_slice(b));
}

/* By estimated length; of equal ones, more months are more, then more days. */
static int compare_intervals(const struct val_interval *a, const struct val_interval *b) {
  int128 left = order_interval_us(*a), right = order_interval_us(*b);
  if (left != right) return left < right ? -1 : 1;
  if (a->months != b->months) return a->months < b->months ? -1 : 1;
  return (a->days > b->days) - (a->days < b->days);
}

static int compare_lists(const struct val *a, const struct val *b) {
  uint32_t a_count = val_count(a), b_count = val_count(b);
  uint32_t both = a_count < b_count ? a_count : b_count;
  for (uint32_t i = 0; i < both; i++) {
    struct val left = val_at(a, i), right = val_at(b, i);
    int order = val_compare(&left, &right);
    if (order) return order;
  }
  return compare_u64(a_count, b_count);
}

/* Field by field, each by type class, then name, then value. */
static int compare_maps(const struct val *a, const struct val *b) {
  uint32_t a_count = val_count(a), b_count = val_count(b);
  uint32_t both = a_count < b_count ? a_count : b_count;
  for (uint32_t i = 0; i < both; i++) {
    struct slice left_name, right_name;
    struct val left = val_field_at(a, i, &left_name), right = val_field_at(b, i, &right_name);
    int order = class_of[left.type] - class_of[right.type];
    if (!order) order = slice_compare(left_name, right_name);
    if (!order) order = val_compare(&left, &right);
    if (order) return order;
  }
  return compare_u64(a_count, b_count);
}

int val_compare(const struct val *a, const struct val *b) {
  int order = class_of[a->type] - class_of[b->type];
  if (order) return order;
  switch ((enum order_class)class_of[a->type]) {
  case ORDER_NUMBER: return compare_numbers(a, b);
  case ORDER_TEXT:
  case ORDER_REGEX:
  case ORDER_CODE: return slice_compare(val_slice(a), val_slice(b));
  case ORDER_MAP: return compare_maps(a, b);
  case ORDER_LIST: return compare_lists(a, b);
  case ORDER_VECTOR: return compare_vectors(a, b);
  case ORDER_LIGHT: return compare_elements(a->data, b->data, ORDER_LIGHT_BYTES, 4);
  case ORDER_BYTES: return compare_blobs(a, b);
  case ORDER_OBJECTID: return memcmp(a->id, b->id, 12);
  case ORDER_ULID:
  case ORDER_UUID: return memcmp(a->id, b->id, 16);
  case ORDER_BOOL: return a->boolean - b->boolean;
  case ORDER_TIME: return compare_i64(order_time_us(a), order_time_us(b));
  case ORDER_BSONTIME: return compare_u64((uint64_t)a->integer, (uint64_t)b->integer);
  case ORDER_DURATION: return compare_i64(a->integer, b->integer);
  case ORDER_INTERVAL: return compare_intervals(&a->interval, &b->interval);
  case ORDER_MINKEY:
  case ORDER_MISSING:
  case ORDER_NULL:
  case ORDER_MAXKEY:
  case ORDER_CLASSES: break;
  }
  return 0; /* classes of one value */
}

bool val_is_equal(const struct val *a, const struct val *b) {
  return val_compare(a, b) == 0;
}
