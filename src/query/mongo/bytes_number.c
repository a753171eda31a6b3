/* SPDX-License-Identifier: MIT */
/* Numbers in binary data. */
#include "query/mongo/bytes_number.h"

#include <string.h>

static uint64_t read_bits(const struct val *bytes, bool is_big) {
  uint64_t bits = 0;
  for (uint32_t i = 0; i < bytes->bytes; i++)
    bits = bits << 8 | bytes->data[is_big ? i : bytes->bytes - 1 - i];
  return bits;
}

static bool read_real(const struct val *bytes, uint64_t bits, struct val *out) {
  uint32_t short_bits = (uint32_t)bits;
  float single = 0;
  *out = val_float64(0);
  if (bytes->bytes == sizeof single) {
    memcpy(&single, &short_bits, sizeof single);
    out->real = (double)single;
    return true;
  }
  memcpy(&out->real, &bits, sizeof bits);
  return bytes->bytes == sizeof bits;
}

bool bytes_number_read(const struct val *bytes, enum val_type type, bool is_big, struct val *out) {
  uint32_t size = bytes->bytes, most = type == VAL_INT32 ? 4 : 8;
  bool is_size = size == 1 || size == 2 || size == 4 || size == 8;
  if (!is_size || size > most) return false;
  uint64_t bits = read_bits(bytes, is_big);
  if (type == VAL_FLOAT64) return read_real(bytes, bits, out);
  unsigned unused = 64 - 8 * size;
  *out = (struct val){.type = (uint8_t)type, .integer = (int64_t)(bits << unused) >> unused};
  return true;
}

size_t bytes_number_write(const struct val *number, bool is_big, uint8_t out[BYTES_NUMBER_MAX]) {
  bool is_short = number->type != VAL_FLOAT64 && number->integer >= INT32_MIN &&
                  number->integer <= INT32_MAX; /* an int, however it is stored */
  size_t size = is_short ? 4 : 8;
  uint64_t bits = 0;
  if (number->type == VAL_FLOAT64)
    memcpy(&bits, &number->real, sizeof bits);
  else
    bits = (uint64_t)number->integer;
  for (size_t i = 0; i < size; i++) out[is_big ? size - 1 - i : i] = (uint8_t)(bits >> (8 * i));
  return size;
}
