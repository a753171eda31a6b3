/* SPDX-License-Identifier: MIT */
#include "query/mongo/bytes_vector.h"

enum { SUBTYPE = 9, HEAD_BYTES = 2, INT8 = 0x03, FLOAT32 = 0x27, BITS = 0x10 };

bool bytes_vector_count(const struct val *v, uint32_t *count) {
  if (v->type != VAL_BYTES || v->sub != SUBTYPE || v->bytes < HEAD_BYTES) return false;
  uint32_t bytes = v->bytes - HEAD_BYTES, unused = v->data[1];
  if (v->data[0] == BITS) {
    if (unused > 7 || (unused && bytes == 0) || bytes > UINT32_MAX / 8) return false;
    *count = bytes * 8 - unused;
    return true;
  }
  if (unused) return false;
  *count = v->data[0] == FLOAT32 ? bytes / 4 : bytes;
  return v->data[0] == INT8 || (v->data[0] == FLOAT32 && bytes % 4 == 0);
}

struct val bytes_vector_at(const struct val *v, uint32_t nth) {
  const uint8_t *elements = v->data + HEAD_BYTES;
  if (v->data[0] == BITS) return val_int32(elements[nth / 8] >> (7 - nth % 8) & 1);
  if (v->data[0] == INT8) return val_int32((int8_t)elements[nth]);
  const uint8_t *at = elements + (size_t)nth * 4;
  uint32_t bits =
      (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | (uint32_t)at[0];
  float real = 0;
  memcpy(&real, &bits, sizeof real);
  return val_float64((double)real);
}
