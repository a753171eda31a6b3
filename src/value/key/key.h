/* SPDX-License-Identifier: MIT */
/* Order-preserving keys: memcmp order of the bytes is the total order of the values, ascending or
 * descending per part (spec/keys.md). Each part delimits itself, so parts concatenate into compound
 * keys and a prefix is a range. Equal values have equal bytes: 1, 1.0 and decimal 1.00 collide,
 * which is what a unique index needs; kinds are not recovered. Pure. */
#ifndef VALUE_KEY_KEY_H
#define VALUE_KEY_KEY_H

#include "base/text/buf.h"
#include "value/val/val.h"

enum { KEY_BYTES_MAX = 4096 };

/** Appends the encoding of `v` (MISSING too); `descending` complements the bytes. LUMA_TOO_LARGE
 * past KEY_BYTES_MAX. */
status key_encode(struct buf *out, const struct val *v, bool descending, struct err *err);
/** Bytes of the part at the front of `key`; 0 if it is not one. */
size_t key_part_bytes(struct slice key, bool descending);
/** The value back, for EXPLAIN, check and diagnostics: numbers come as int64 where integral, else
 * float64 or decimal. Text and bytes go to `scratch`. */
status key_decode(struct slice part, bool descending, struct buf *scratch, struct val *out,
                  struct err *err);
/** The value of the part at the front of `key`, where it is a number, a text, a bool, null,
 * MISSING, a time or an id; answers the bytes of the part, 0 for another or none. Texts go to
 * `scratch`, which must have room for the part: it does not grow. */
size_t key_decode_scalar(struct slice key, bool descending, struct buf *scratch, struct val *out);
/** The smallest byte string above every string with this prefix; false when there is none (all
 * 0xff). In place on `prefix`. */
bool key_successor(struct buf *prefix);

#endif
