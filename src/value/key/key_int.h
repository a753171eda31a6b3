/* SPDX-License-Identifier: MIT */
/* The bytes of keys (spec/keys.md), as the files of this folder share them. A part is a class byte
 * and what the class needs:
 *
 *   number            8 bytes: the largest double <= the value; 0x00 if equal, else 0x01 and the
 * digits of the value text, regex, code bytes with 00 as 00 FF, end 00 01 list              each
 * element's part; end 00 map               per field: class byte, name as text, what the class
 * needs; end 00 bytes             u32 length, subtype, the bytes vector            kind, u32
 * length, elements as ordered integers light, ids, bool, times: fixed size
 *
 * All integers big-endian. No part is the beginning of another, so parts concatenate, and stay
 * ordered when complemented. */
#ifndef VALUE_KEY_KEY_INT_H
#define VALUE_KEY_KEY_INT_H

#include "value/key/key.h"
#include "value/order/scalar.h"

/* Class bytes lie apart for types to come; 0 ends lists and maps; none is 0xff, so every class has
 * a successor. */
enum { KEY_CLASS_FIRST = 0x10, KEY_CLASS_STEP = 8, KEY_END = 0 };
enum { KEY_ESCAPE = 0, KEY_ESCAPED_ZERO = 0xff, KEY_TEXT_END = 1 };
enum { KEY_EXACT = 0, KEY_INEXACT = 1 };
enum { KEY_DIGITS_END = 0, KEY_EXPONENT_BIAS = 0x8000 };
enum { KEY_INTERVAL_BYTES = 24, KEY_ID_BYTES = 16, KEY_OBJECTID_BYTES = 12 };

static inline uint8_t key_class_byte(enum order_class class) {
  return (uint8_t)(KEY_CLASS_FIRST + KEY_CLASS_STEP * (int)class);
}

/** The class of a byte; ORDER_CLASSES if it is none. */
static inline enum order_class key_class_of(uint8_t byte) {
  if (byte < KEY_CLASS_FIRST || (byte - KEY_CLASS_FIRST) % KEY_CLASS_STEP) return ORDER_CLASSES;
  int class = (byte - KEY_CLASS_FIRST) / KEY_CLASS_STEP;
  return class < ORDER_CLASSES ? (enum order_class) class : ORDER_CLASSES;
}

/** What follows the class byte of a number. */
void key__encode_number(struct buf *out, const struct val *v);
/** A number from what follows its class byte, which is whole; moves `*p` past it. */
struct val key__decode_number(const uint8_t **p);

#endif
