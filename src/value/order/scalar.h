/* SPDX-License-Identifier: MIT */
/* Scalars as unsigned integers whose order is the total order of spec/order.md. Comparison, hashing
 * and keys all go through these, so that they cannot disagree. Pure. */
#ifndef VALUE_ORDER_SCALAR_H
#define VALUE_ORDER_SCALAR_H

#include "base/core/bytes.h"
#include "value/val/val.h"

/** 128-bit signed, a compiler extension. */
__extension__ typedef __int128 int128;

/** Classes of types that compare by value; their order is the order of the types. MongoDB's
 * brackets, ours placed among them. */
enum order_class {
  ORDER_MINKEY,
  ORDER_MISSING,
  ORDER_NULL,
  ORDER_NUMBER,
  ORDER_TEXT,
  ORDER_MAP,
  ORDER_LIST,
  ORDER_VECTOR,
  ORDER_LIGHT,
  ORDER_BYTES,
  ORDER_OBJECTID,
  ORDER_ULID,
  ORDER_UUID,
  ORDER_BOOL,
  ORDER_TIME, /* dates and timestamps on one time line */
  ORDER_BSONTIME,
  ORDER_DURATION,
  ORDER_INTERVAL,
  ORDER_REGEX,
  ORDER_CODE,
  ORDER_MAXKEY,
  ORDER_CLASSES
};

enum { ORDER_F64_NAN = 0, ORDER_LIGHT_BYTES = 44 };

/** A double: NaN (all alike) is 0, below -infinity; -0 is 0. */
static inline uint64_t order_f64(double v) {
  uint64_t bits, sign = 1ull << 63;
  if (v != v) return ORDER_F64_NAN;
  if (v == 0) return sign;
  memcpy(&bits, &v, sizeof bits);
  return bits & sign ? ~bits : bits | sign;
}

/** Back from order_f64. */
static inline double order_f64_back(uint64_t order) {
  uint64_t sign = 1ull << 63, bits = order & sign ? order ^ sign : ~order;
  double v;
  memcpy(&v, &bits, sizeof v);
  return v;
}

/** The bits of a 32-bit float, in the same way. */
static inline uint32_t order_f32(uint32_t bits) {
  uint32_t sign = 1u << 31, magnitude = bits & ~sign;
  if (magnitude > 0x7f800000u) return 0;
  if (magnitude == 0) return sign;
  return bits & sign ? ~bits : bits | sign;
}

/** The bits of a 16-bit float, in the same way. */
static inline uint16_t order_f16(uint16_t bits) {
  uint16_t sign = 1u << 15, magnitude = bits & 0x7fff;
  if (magnitude > 0x7c00) return 0;
  if (magnitude == 0) return sign;
  return (uint16_t)(bits & sign ? ~bits : bits | sign);
}

static inline uint64_t order_i64(int64_t v) {
  return (uint64_t)v ^ 1ull << 63;
}

/** A DATE (its midnight) or TIMESTAMP in µs since 1970 UTC, kept within 64 bits. */
static inline int64_t order_time_us(const struct val *v) {
  int64_t day_us = 86400000000, us;
  if (v->type != VAL_DATE) return v->integer;
  if (__builtin_mul_overflow(v->integer, day_us, &us))
    return v->integer < 0 ? INT64_MIN : INT64_MAX;
  return us;
}

/** The length of an interval with months of 30 days and days of 24 hours. */
static inline int128 order_interval_us(struct val_interval v) {
  int64_t day_us = 86400000000;
  return ((int128)v.months * 30 + v.days) * day_us + v.us;
}

/** One element of a vector at `p` (of `bytes` 4, 2 or 1). */
static inline uint32_t order_element(const uint8_t *p, uint32_t bytes) {
  if (bytes == 4) return order_f32(load32le(p));
  return bytes == 2 ? order_f16(load16le(p)) : *p ^ 0x80u;
}

/** Bytes of an element of a vector by its kind. */
static inline uint32_t order_element_bytes(uint8_t kind) {
  return kind == VAL_VECTOR_F32 ? 4 : kind == VAL_VECTOR_F16 ? 2 : 1;
}

/** Exact order of an integer and a double, NaN least. */
int order_int64_float64(int64_t a, double b);

#endif
