/* SPDX-License-Identifier: MIT */
/* Numbers in keys: 8 bytes that order as doubles do, which for nearly every number is all, and the
 * exact digits of those that no double equals. */
#include <math.h>

#include "base/core/assert.h"
#include "value/key/key_int.h"

enum { DIGITS_MAX = 40, PAIRS_MAX = DIGITS_MAX / 2 + 1 };

/* The head of a number and whether the number equals it. */
struct head {
  uint64_t order;
  bool is_exact;
};

/* The head of a value that lies below the double `nearest`, the nearest to it. */
static struct head head_below(double nearest) {
  const uint64_t below_zero =
      0x7ffffffffffffffe; /* the least negative double: one down from +0 would be -0 */
  return (struct head){nearest == 0 ? below_zero : order_f64(nearest) - 1, false};
}

static struct head head_of_integer(int64_t v) {
  double nearest = (double)v;
  int order = order_int64_float64(v, nearest);
  if (order < 0) return head_below(nearest);
  return (struct head){order_f64(nearest), order == 0};
}

/* Finite decimals beyond the doubles lie between the greatest double and infinity: one below the
 * infinity they round to. */
static struct head head_of_decimal(struct decimal v) {
  double nearest = decimal_to_float64(v);
  int order = decimal_compare_float64(v, nearest);
  if (order < 0) return head_below(nearest);
  return (struct head){order_f64(nearest), order == 0};
}

static struct head head_of(const struct val *v) {
  if (v->type == VAL_FLOAT64) return (struct head){order_f64(v->real), true};
  return v->type == VAL_DECIMAL ? head_of_decimal(v->decimal) : head_of_integer(v->integer);
}

/* The digits of a coefficient at the end of `digits`; answers where they begin. */
static uint32_t write_digits(uint128 coefficient, uint8_t digits[DIGITS_MAX]) {
  uint32_t at = DIGITS_MAX;
  for (; coefficient; coefficient /= 10) digits[--at] = (uint8_t)(coefficient % 10);
  return at;
}

/* 0.d1d2d3… x 100^exponent in base 100: u16 exponent, digits + 1 without trailing zeroes, end. So
 * written, more is more; all complemented for negatives. */
static void encode_digits(struct buf *out, struct decimal_parts parts) {
  uint8_t room[1 + DIGITS_MAX + 1] = {0}; /* a zero before the digits and one after them */
  uint8_t *digits = room + 1, bytes[2 + PAIRS_MAX + 1];
  uint32_t at = write_digits(parts.coefficient, digits), end = DIGITS_MAX;
  int32_t point = (int32_t)(DIGITS_MAX - at) + parts.exponent; /* of 0.digits x 10^point */
  while (digits[end - 1] == 0) end--;
  if (point & 1) { /* pairs begin at the point: the first has one digit */
    at--;
    point++;
  }
  int32_t exponent = point / 2 + KEY_EXPONENT_BIAS;
  size_t count = 0;
  bytes[count++] = (uint8_t)(exponent >> 8);
  bytes[count++] = (uint8_t)exponent;
  for (; at < end; at += 2)
    bytes[count++] = (uint8_t)(digits[at] * 10 + (at + 1 < end ? digits[at + 1] : 0) + 1);
  bytes[count++] = KEY_DIGITS_END;
  for (size_t i = 0; parts.negative && i < count; i++) bytes[i] = (uint8_t)~bytes[i];
  (void)buf_append(out, bytes, count);
}

void key__encode_number(struct buf *out, const struct val *v) {
  struct head head = head_of(v);
  uint8_t bytes[9];
  store64be(bytes, head.order);
  bytes[8] = head.is_exact ? KEY_EXACT : KEY_INEXACT;
  if (!buf_append(out, bytes, sizeof bytes) || head.is_exact) return;
  struct decimal_parts parts;
  enum decimal_class class = decimal_unpack(val_to_decimal(v), &parts);
  ASSERT(class == DECIMAL_FINITE && parts.coefficient != 0);
  encode_digits(out, parts);
}

/* Reads the digits back; the zero that fills the last pair goes into the exponent. */
static struct decimal decode_digits(const uint8_t **p, bool negative) {
  uint8_t flip = negative ? 0xff : 0;
  const uint8_t *at = *p;
  int32_t exponent = ((at[0] ^ flip) << 8 | (at[1] ^ flip)) - KEY_EXPONENT_BIAS;
  struct decimal_parts parts = {.negative = negative, .exponent = exponent * 2};
  for (at += 2; (*at ^ flip) != KEY_DIGITS_END; at++) {
    parts.coefficient = parts.coefficient * 100 + ((*at ^ flip) - 1u);
    parts.exponent -= 2;
  }
  if (parts.coefficient % 10 == 0) {
    parts.coefficient /= 10;
    parts.exponent++;
  }
  *p = at + 1;
  return decimal_pack(parts, NULL);
}

struct val key__decode_number(const uint8_t **p) {
  const uint8_t *at = *p;
  uint64_t head = load64be(at);
  struct val v = val_float64(head == ORDER_F64_NAN ? (double)NAN : order_f64_back(head));
  *p = at + 9;
  if (at[8] == KEY_INEXACT) v = val_decimal(decode_digits(p, !(head >> 63)));
  int64_t integer;
  return val_to_int64(&v, &integer) ? val_int64(integer) : v;
}
