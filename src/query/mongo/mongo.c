/* SPDX-License-Identifier: MIT */
/* The table of operators, and what all of them share. */
#include "query/mongo/mongo.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "query/locale/collation.h"
#include "query/mongo/mongo_int.h"
#include "query/plan/expr.h"

const struct func *mongo_function(struct slice name) {
  for (uint32_t i = 0; i < mongo__table_count; i++)
    if (slice_is_equal(name, slice_of_text(mongo__table[i].name))) return &mongo__table[i];
  return NULL;
}

status mongo_fail(struct err *err, uint32_t code, const char *format, ...) {
  char message[ERR_MESSAGE_BYTES];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "%s", message);
  if (err) err->foreign = code;
  return LUMA_INVALID_ARGUMENT;
}

status mongo_fail_as(struct err *err, status status_code, uint32_t code, const char *format, ...) {
  char message[ERR_MESSAGE_BYTES];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  err_raise(err, status_code, __FILE__, __LINE__, "%s", message);
  if (err) err->foreign = code;
  return status_code;
}

bool mongo_is_true(const struct val *v) {
  if (val_is_null(v)) return false;
  if (v->type == VAL_BOOL) return v->boolean;
  if (v->type == VAL_DECIMAL) {
    struct decimal_parts parts;
    return decimal_unpack(v->decimal, &parts) != DECIMAL_FINITE || parts.coefficient != 0;
  }
  return !val_is_number(v) || val_to_float64(v) != 0;
}

status mongo__key(struct func_env *env, const struct val *v, struct val *key, struct err *err) {
  struct val collated;
  *key = *v;
  if (!env->collation || !collation_concerns(v)) return LUMA_OK;
  TRY(collation_key(env->collation, 0, v, &collated, err));
  if (collated.bytes == 0) return LUMA_OK;
  void *copy = arena_copy(env->arena, collated.data, collated.bytes);
  TRY(plan_check_memory(env->arena, copy, err));
  *key = collated;
  key->data = copy;
  return LUMA_OK;
}

/* ---- building ---- */

void mongo__begin(struct mongo_build *made, struct func_env *env) {
  made->env = env;
  build_init(&made->build, env->scratch, NULL);
}

status mongo__abandon(struct mongo_build *made, status failed) {
  build_deinit(&made->build);
  buf_reset(made->env->scratch);
  return failed;
}

status mongo__end(struct mongo_build *made, struct val *out, struct err *err) {
  struct slice built;
  status done = build_finish(&made->build, &built, err);
  if (done == LUMA_OK) {
    void *copy = arena_copy(made->env->arena, built.data, built.bytes);
    done = plan_check_memory(made->env->arena, copy, err);
    if (done == LUMA_OK) *out = val_decode(slice_of(copy, built.bytes), NULL);
  }
  return mongo__abandon(made, done);
}

void mongo__put(struct mongo_build *made, const struct val *v) {
  struct val null = val_null();
  build_put(&made->build, v->type == VAL_MISSING ? &null : v);
}

status mongo__room(struct func_env *env, size_t count, size_t bytes, void *room, struct err *err) {
  void *made = arena_zalloc(env->arena, count ? count : 1, bytes);
  memcpy(room, &made, sizeof made); /* `room` is the address of a pointer of any type */
  return plan_check_memory(env->arena, made, err);
}

status mongo__text(struct func_env *env, struct slice text, struct val *out, struct err *err) {
  void *copy = arena_alloc_text(env->arena, text.bytes ? text.bytes : 1);
  TRY(plan_check_memory(env->arena, copy, err));
  if (text.bytes) memcpy(copy, text.data, text.bytes);
  *out = val_text(slice_of(copy, text.bytes));
  return LUMA_OK;
}

status mongo__scratch_text(struct func_env *env, struct val *out, struct err *err) {
  status made = buf_check(env->scratch, "the text", err);
  if (made == LUMA_OK) made = mongo__text(env, buf_slice(env->scratch), out, err);
  buf_reset(env->scratch);
  return made;
}

/* ---- numbers ---- */

bool mongo__whole64(const struct val *v, int64_t *out) {
  return val_is_number(v) && val_to_int64(v, out);
}

bool mongo__whole32(const struct val *v, int32_t *out) {
  int64_t whole = 0;
  if (!mongo__whole64(v, &whole) || whole < INT32_MIN || whole > INT32_MAX) return false;
  *out = (int32_t)whole;
  return true;
}

status mongo__search_bound(const char *name, const struct val *args, uint32_t count, uint32_t nth,
                           int64_t *bound, struct err *err) {
  int32_t whole = 0;
  if (nth >= count || !word_is_given(&args[nth])) return LUMA_OK;
  const char *which = nth == 2 ? "starting" : "ending";
  if (!mongo__whole32(&args[nth], &whole))
    return mongo_fail(err, 40096, "%s requires an integral %s index, found a value of type: %s",
                      name, which, mongo_type_name(&args[nth]));
  if (whole < 0)
    return mongo_fail(err, 40097, "%s requires a nonnegative %s index, found: %d", name, which,
                      whole);
  *bound = whole;
  return LUMA_OK;
}

struct val mongo__integer(int64_t v) {
  return v >= INT32_MIN && v <= INT32_MAX ? val_int32((int32_t)v) : val_int64(v);
}

enum val_type mongo__wider(const struct val *a, const struct val *b) {
  return (enum val_type)(a->type > b->type ? a->type : b->type);
}

bool mongo__is_nan(const struct val *v) {
  struct decimal_parts parts;
  if (v->type == VAL_FLOAT64) return isnan(v->real);
  return v->type == VAL_DECIMAL && decimal_unpack(v->decimal, &parts) == DECIMAL_NAN;
}

bool mongo__is_finite(const struct val *v) {
  struct decimal_parts parts;
  if (v->type == VAL_FLOAT64) return isfinite(v->real);
  return v->type != VAL_DECIMAL || decimal_unpack(v->decimal, &parts) == DECIMAL_FINITE;
}

bool mongo__moment(const struct val *v, int64_t *ms) {
  if (v->type == VAL_TIMESTAMP) {
    *ms = v->integer / 1000 - (v->integer % 1000 < 0);
  } else if (v->type == VAL_DATE) {
    *ms = v->integer * 86400000;
  } else if (v->type == VAL_BSONTIME) {
    *ms = (int64_t)((uint64_t)v->integer >> 32) * 1000;
  } else if (v->type == VAL_OBJECTID) {
    uint32_t seconds =
        (uint32_t)v->id[0] << 24 | (uint32_t)v->id[1] << 16 | (uint32_t)v->id[2] << 8 | v->id[3];
    *ms = (int64_t)(int32_t)seconds * 1000;
  } else {
    return false;
  }
  return true;
}
