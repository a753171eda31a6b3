/* SPDX-License-Identifier: MIT */
/* Numbers in binary data, as $convert reads and writes them: integers of 1, 2, 4 and 8 bytes with
 * their sign, reals of 4 and 8 (IEEE 754), the least byte first unless asked otherwise. Pure; any
 * thread. */
#ifndef QUERY_MONGO_BYTES_NUMBER_H
#define QUERY_MONGO_BYTES_NUMBER_H

#include "value/val/val.h"

enum { BYTES_NUMBER_MAX = 8 };

/** BYTES as INT32, INT64 or FLOAT64; false when they are not as many as such a number has. */
bool bytes_number_read(const struct val *bytes, enum val_type type, bool is_big, struct val *out);
/** INT32, INT64 or FLOAT64: answers how many bytes were written. */
size_t bytes_number_write(const struct val *number, bool is_big, uint8_t out[BYTES_NUMBER_MAX]);

#endif
