/* SPDX-License-Identifier: MIT */
/* Conversions to arrays and objects: of JSON text, and of vectors in binary data. */
#include "query/mongo/parts_of.h"

#include "query/mongo/bytes_vector.h"
#include "query/plan/expr.h"
#include "value/json/json.h"

enum { CONVERSION_FAILED = 241 };

static status read_json(struct func_env *env, struct slice text, struct val *out, struct err *err) {
  const struct json_read_options options = {.form = JSON_PLAIN};
  struct val read;
  buf_reset(env->scratch);
  status done = json_read_once(text, &options, env->scratch, &read, err);
  if (done == LUMA_OK) {
    struct slice encoded = buf_slice(env->scratch);
    void *copy = arena_copy(env->arena, encoded.data, encoded.bytes);
    done = plan_check_memory(env->arena, copy, err);
    if (copy) *out = val_decode(slice_of(copy, encoded.bytes), NULL);
  }
  buf_reset(env->scratch);
  return done;
}

static bool is_memory(status done) {
  return done == LUMA_OUT_OF_MEMORY || done == LUMA_BUDGET_EXCEEDED;
}

status parts_of_text(struct func_env *env, const struct val *text, enum val_type type,
                     struct val *out, struct err *err) {
  struct err why = {0};
  status done = read_json(env, val_slice(text), out, &why);
  if (is_memory(done)) {
    if (err) *err = why;
    return done;
  }
  if (done == LUMA_OK && out->type == type) return LUMA_OK;
  return mongo_fail(err, CONVERSION_FAILED,
                    "Input doesn't represent valid JSON of %s in $convert with no onError value",
                    type == VAL_LIST ? "an array" : "an object");
}

status parts_of_bytes(struct func_env *env, const struct val *bytes, struct val *out,
                      struct err *err) {
  uint32_t count = 0;
  struct mongo_build made;
  if (!bytes_vector_count(bytes, &count))
    return mongo_fail(err, CONVERSION_FAILED,
                      "only binData of subtype 9 that holds a vector converts to an array");
  mongo__begin(&made, env);
  build_begin_list(&made.build);
  for (uint32_t i = 0; i < count; i++) {
    struct val item = bytes_vector_at(bytes, i);
    mongo__put(&made, &item);
  }
  build_end(&made.build);
  return mongo__end(&made, out, err);
}
