/* SPDX-License-Identifier: MIT */
#include "model/db/model_int.h"

static bool is_about_values(status result) {
  return result == LUMA_INVALID_VALUE || result == LUMA_INVALID_ARGUMENT ||
         result == LUMA_OUT_OF_RANGE || result == LUMA_TYPE_MISMATCH;
}

status model__hide_values(const struct collection *collection, status result, struct err *err) {
  const struct soul *soul = collection->genotype;
  bool hides = false;
  for (uint32_t i = 0; soul && i < soul->attributes_count; i++)
    hides |= soul->attributes[i].is_masked;
  if (!hides || !err || !is_about_values(result)) return result;
  return err_raise(err, result, __FILE__, __LINE__,
                   "a value of `%.*s`, which has sensitive attributes, does not fit an expression",
                   SLICE_ARG(collection->name));
}
