/* SPDX-License-Identifier: MIT */
/* The one total order over all values (spec/order.md): MongoDB's type order with our types placed
 * in it. Numbers compare by exact value across kinds; text and bytes bytewise; lists element by
 * element; maps field by field (type, name, value). MISSING sorts below NULL here only so that the
 * order is total; languages that equate them do so in the plan. Key encoding (value/key) agrees
 * with this order, always: a property test says so. Pure; any thread. */
#ifndef VALUE_ORDER_ORDER_H
#define VALUE_ORDER_ORDER_H

#include "value/val/val.h"

/** <0, 0, >0. Stack depth is bounded by DOC_DEPTH_MAX. */
int val_compare(const struct val *a, const struct val *b);
/** Equal in the total order: 1 = 1.0. */
bool val_is_equal(const struct val *a, const struct val *b);
/** Equal values hash equal (so 1 and 1.0 do). */
uint64_t val_hash(const struct val *v, uint64_t seed);
/** The rank of a value's type class in the order: numbers share one, text has one, … Classes are
 * MongoDB's type brackets. */
int val_order_class(enum val_type type);

#endif
