/* SPDX-License-Identifier: MIT */
/* Keys make equal numbers of all kinds equal. While a part has met only kinds that can be told from
 * the number itself, its values come back exactly. */
#include <math.h>

#include "index/index.h"

/* Whole floats up to here are read back as integers of the same value. */
static const double float_whole_max = 9007199254740992.0; /* 2^53 */

static bool fits_int32(int64_t integer) {
  return integer >= INT32_MIN && integer <= INT32_MAX;
}

static uint8_t kind_of_float(double real) {
  if (isnan(real) || isinf(real) || (real == 0 && signbit(real))) return INDEX_KIND_OTHER;
  if (real != floor(real)) return 0;
  return fabs(real) <= float_whole_max ? INDEX_KIND_WHOLE_FLOAT : INDEX_KIND_OTHER;
}

uint8_t index_kind_of(const struct val *value) {
  switch ((int)value->type) {
  case VAL_MISSING: return INDEX_KIND_MISSING;
  case VAL_NULL: return INDEX_KIND_NULL;
  case VAL_BOOL:
  case VAL_TEXT:
  case VAL_TIMESTAMP: /* a date of the same moment has its key, and does not come back */
  case VAL_OBJECTID:
  case VAL_ULID:
  case VAL_UUID: return 0;
  case VAL_INT32: return INDEX_KIND_INT32;
  case VAL_INT64:
    return fits_int32(value->integer) ? INDEX_KIND_SMALL_INT64 : INDEX_KIND_LARGE_INT64;
  case VAL_FLOAT64: return kind_of_float(value->real);
  default: return INDEX_KIND_OTHER;
  }
}

bool index_kinds_return(uint8_t kinds) {
  const uint8_t integers = INDEX_KIND_INT32 | INDEX_KIND_SMALL_INT64 | INDEX_KIND_LARGE_INT64;
  const uint8_t small = INDEX_KIND_INT32 | INDEX_KIND_SMALL_INT64;
  if (kinds & INDEX_KIND_OTHER) return false;
  if (kinds & INDEX_KIND_WHOLE_FLOAT) return !(kinds & integers);
  return (kinds & small) != small;
}

struct val index_number(uint8_t kinds, struct val number) {
  if (number.type != VAL_INT64) return number;
  if (kinds & INDEX_KIND_WHOLE_FLOAT) return val_float64((double)number.integer);
  if (kinds & INDEX_KIND_SMALL_INT64 || !fits_int32(number.integer)) return number;
  return val_int32((int32_t)number.integer);
}
